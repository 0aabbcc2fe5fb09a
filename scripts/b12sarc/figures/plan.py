"""Which figures a run has, with title, caption and the words for people who cannot see them.

Knows no drawing library, so that the report can ask it cheaply.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from b12sarc.figures.across import across_cohorts
from b12sarc.figures.curves import curve_figures
from b12sarc.figures.imputed import imputed_figures
from b12sarc.figures.modification import modification_figures
from b12sarc.figures.planned import Planned
from b12sarc.figures.sensitivity import sensitivity_figures
from b12sarc.figures.specifications import specification_curves
from b12sarc.headline import headline_rows
from b12sarc.results import CohortResults, Run, is_suppressed
from b12sarc.spec import Project
from b12sarc.style import marked
from b12sarc.wording import (
    MEASURES,
    NOT_AVAILABLE,
    SUPPRESSED,
    contrast,
    count,
    decimals_for,
    explained,
    full_label,
    interval,
    label,
    lower_first,
    number,
    p_statement,
    percent,
    term_parts,
    unit,
    unweighted,
    weighting,
)


def plan_figures(run: Run) -> list[Planned]:
    """Return every figure of the run, in the order of the report."""
    of_cohorts = [figure for cohort in run.cohorts.values() for figure in _of_cohort(run, cohort)]
    return [*across_cohorts(run), *specification_curves(run), *of_cohorts]


def _of_cohort(run: Run, cohort: CohortResults) -> Iterable[Planned]:
    rows = headline_rows(run, cohort.cohort.id)
    if len(rows):
        yield _headline(run, cohort, rows)
    yield _flow(run.project, cohort)
    yield _missingness(run.project, cohort)
    yield _prevalence(run.project, cohort)
    if len(cohort.by_cycle):
        yield _over_time(run.project, cohort)
    for outcome in run.project.analysis.models.outcomes:
        shown = forest_rows(run, cohort.cohort.id, outcome)
        if len(shown):
            yield _forest(run, cohort, outcome, shown)
    yield from curve_figures(run, cohort)
    yield from modification_figures(run, cohort)
    yield from imputed_figures(run, cohort)
    yield from sensitivity_figures(run, cohort)


def forest_rows(run: Run, cohort: str, outcome: str) -> pd.DataFrame:
    """Return the estimates in the forest plot of ``outcome``: everybody, with one estimator."""
    models = run.project.analysis.models
    e = run.estimates_of(cohort)
    estimators = models.binary_outcomes[:1] + models.continuous_outcomes[:1]
    return e[
        (e["outcome"] == outcome)
        & e["estimator"].isin(estimators)
        & (e["subgroup"] == models.subgroups[0])
        & e["missing"].isin(models.main_treatments())
    ]


def _titled(cohort: CohortResults, text: str) -> str:
    return marked(f"{cohort.cohort.title}: {text}", synthetic=cohort.cohort.synthetic)


def _alt(cohort: CohortResults, text: str) -> str:
    return marked(text, synthetic=cohort.cohort.synthetic)


def _headline(run: Run, cohort: CohortResults, rows: pd.DataFrame) -> Planned:
    return Planned(
        name=f"{cohort.cohort.id}_headline",
        kind="headline",
        cohort=cohort.cohort.id,
        title=_titled(cohort, "the pre-specified estimates"),
        caption=_reading(run.project),
        alt=_alt(cohort, f"Forest plot. {_in_words(run.project, rows)}"),
    )


def _forest(run: Run, cohort: CohortResults, outcome: str, rows: pd.DataFrame) -> Planned:
    measure = MEASURES[rows["estimator"].iloc[0]]
    primary = rows[rows["adjustment"] == run.project.analysis.headline.adjustment]
    name = label(run.project, outcome)
    return Planned(
        name=f"{cohort.cohort.id}_forest_{outcome}",
        kind="forest",
        cohort=cohort.cohort.id,
        title=_titled(cohort, name),
        caption=f"{measure.plural}: {lower_first(name)}, by exposure and adjustment. {_reading(run.project)}",
        alt=_alt(cohort, f"Forest plot of {len(rows)} estimates. {_in_words(run.project, primary)}"),
        outcome=outcome,
        short_title=name,
    )


def _reading(project: Project) -> str:
    primary = project.analysis.adjustment_sets[project.analysis.headline.adjustment].label
    return (
        f"Squares: adjustment set “{primary}”; open circles: the other sets. Lines: "
        f"{100 * project.analysis.confidence_level:g} % confidence intervals; an arrow: the interval goes "
        "beyond the axis. Dashed line: no difference."
    )


def _in_words(project: Project, rows: pd.DataFrame) -> str:
    said = []
    for _, r in rows.iterrows():
        measure = MEASURES[r["estimator"]]
        effect = interval(r["estimate"], r["conf_low"], r["conf_high"], measure)
        units = "" if measure.ratio else f" {unit(project, r['outcome'])}"
        said.append(
            f"{label(project, r['outcome'])}, {contrast(project, r['exposure'], r['contrast'])}: "
            f"{measure.name.lower()} {effect}{units}"
        )
    return "; ".join(said) + "." if said else "No estimate in the primary adjustment set."


def _few(cohort: CohortResults) -> str:
    """Return why else a proportion is not shown."""
    least = cohort.cohort.least_shown
    return f", or would tell of fewer than {least} people," if least is not None else ""


def _who(cohort: CohortResults) -> str:
    """Return what the boxes of the flow hold."""
    said = unweighted(cohort.cohort)
    if said:
        return f"People at each step ({said})."
    return "People at each step, and whom they stand for in the population."


def _flow(project: Project, cohort: CohortResults) -> Planned:
    steps = [
        f"{explained(project, r['description'])}: {_or_suppressed(count(r['n_remaining']))} people"
        for _, r in cohort.flow.iterrows()
    ]
    return Planned(
        name=f"{cohort.cohort.id}_flow",
        kind="flow",
        cohort=cohort.cohort.id,
        title=_titled(cohort, "who is in the analysis"),
        caption=(
            f"{_who(cohort)} Boxes with a thick edge "
            "define the domain of every estimate; the others show where people are lost on the way to the "
            "primary model."
        ),
        alt=_alt(cohort, "Flow diagram. " + "; ".join(steps) + "."),
    )


def _or_suppressed(number: str) -> str:
    return SUPPRESSED if number == NOT_AVAILABLE else number


def missingness_rows(project: Project, cohort: CohortResults) -> pd.DataFrame:
    """Return the missing values of the characteristics of Table 1; the report's table has every variable."""
    return cohort.missingness[cohort.missingness["variable"].isin(project.analysis.describe.table1.rows)]


def _missingness(project: Project, cohort: CohortResults) -> Planned:
    shown = missingness_rows(project, cohort).sort_values("fraction", ascending=False)
    said = [f"{r['label']} {_or_suppressed(percent(r['fraction']))} %" for _, r in shown.iterrows()]
    return Planned(
        name=f"{cohort.cohort.id}_missingness",
        kind="missingness",
        cohort=cohort.cohort.id,
        title=_titled(cohort, "missing values"),
        caption="Share of the people in the domain whose value is not known (characteristics of Table 1).",
        alt=_alt(cohort, "Bar chart of missing values. " + "; ".join(said) + "."),
    )


def _prevalence(project: Project, cohort: CohortResults) -> Planned:
    said = []
    for _, r in cohort.prevalence[cohort.prevalence["subgroup"] == "all"].iterrows():
        name = full_label(project, r["variable"])
        if is_suppressed(r["flag"]):
            said.append(f"{name}: suppressed")
        else:
            limits = f"{percent(r['conf_low'])} to {percent(r['conf_high'])}"
            said.append(f"{name}: {percent(r['estimate'])} % ({limits} %)")
    return Planned(
        name=f"{cohort.cohort.id}_prevalence",
        kind="prevalence",
        cohort=cohort.cohort.id,
        title=_titled(cohort, "how common each definition is"),
        caption=(
            f"{weighting(cohort.cohort)} Percentages with "
            f"{100 * project.analysis.confidence_level:g} % Korn-Graubard intervals. "
            f"“Suppressed”: the estimate does not meet the NCHS standards for proportions{_few(cohort)} and "
            "is not shown. Reference levels are in the table."
        ),
        alt=_alt(cohort, "Dot plot of prevalences, everybody. " + "; ".join(said) + "."),
    )


def followed(project: Project, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table over time that the figure shows: not the reference levels."""
    kept = []
    for variable in table["variable"]:
        name, level = term_parts(variable)
        kept.append(not level or level != project.quantity(name).reference)
    return table[kept]


def _over_time(project: Project, cohort: CohortResults) -> Planned:
    trends = followed(project, cohort.trends)
    shown = trends[(trends["standardisation"] == "age_standardised") & (trends["bridged"] == "harmonised")]
    said = [f"{full_label(project, r['variable'])}: {trend_in_words(r)}" for _, r in shown.iterrows()]
    standard = project.standard_population.label if project.standard_population else ""
    both = (
        " Where values of several laboratory methods were brought to one scale, blue circles show the "
        "definition on that scale and vermilion squares the same definition on the values as measured."
        if (cohort.by_cycle["bridged"] == "as_measured").any()
        else ""
    )
    return Planned(
        name=f"{cohort.cohort.id}_over_time",
        kind="over_time",
        cohort=cohort.cohort.id,
        title=_titled(cohort, "how common over time"),
        caption=(
            f"{weighting(cohort.cohort)} Percentage in each survey cycle, at the middle of the cycle, with "
            f"{100 * project.analysis.confidence_level:g} % Korn-Graubard intervals. Filled: standardised to "
            f"the ages of the {standard}; open: crude.{both} Each panel has an axis of its own, from 0. "
            "Grey: years in which it was not measured. A cross on the axis: suppressed by the NCHS standards "
            f"for proportions{_few(cohort)}. Under each heading how the standardised percentage changes per "
            "two years on a straight line, with its p-value."
        ),
        alt=_alt(cohort, "Small multiples of prevalence by survey cycle. " + "; ".join(said) + "."),
    )


def trend_in_words(row: pd.Series) -> str:
    """Return ``+0.31 points per 2 years, p = 0.034``, or that there is no trend."""
    if pd.isna(row["slope_per_2_years"]):
        return "no trend test"
    places = decimals_for(100 * row["se"])
    slope = number(100 * row["slope_per_2_years"], places)
    sign = "+" if row["slope_per_2_years"] > 0 else ""
    return f"{sign}{slope} points per 2 years, {p_statement(row['p_trend'])}"
