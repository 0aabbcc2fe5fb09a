"""From result tables to what the drawing modules draw."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from matplotlib.figure import Figure

from b12sarc.figures.across import matrix_rows
from b12sarc.figures.curve_drawing import draw_curves, draw_predicted
from b12sarc.figures.dag import draw_dag
from b12sarc.figures.departed import draw_controls, draw_sensitivity
from b12sarc.figures.feasibility import draw_feasibility
from b12sarc.figures.flow import FlowStep, draw_flow
from b12sarc.figures.forest import Group, Line, Panel, draw_forest
from b12sarc.figures.imputed_drawing import draw_imputation, draw_imputed
from b12sarc.figures.missingness import draw_missingness
from b12sarc.figures.modified import draw_modification
from b12sarc.figures.multiverse import draw_multiverse
from b12sarc.figures.over_time import Point, Series, TrendPanel, draw_over_time
from b12sarc.figures.plan import followed, forest_rows, missingness_rows, trend_in_words
from b12sarc.figures.planned import Planned
from b12sarc.figures.prevalence import Dot, Facet, Row, draw_prevalence
from b12sarc.figures.synthesis import draw_synthesis
from b12sarc.headline import headline_rows
from b12sarc.results import Run, is_suppressed, withheld
from b12sarc.spec import Cohort
from b12sarc.wording import (
    MEASURES,
    SUPPRESSED,
    adjustment,
    contrast,
    explained,
    full_label,
    label,
    term_parts,
    unit,
)


def _headline(run: Run, planned: Planned) -> Figure:
    rows = headline_rows(run, planned.cohort)
    panels = [
        Panel(
            heading=label(run.project, outcome),
            measure=MEASURES[of_outcome["estimator"].iloc[0]],
            unit=unit(run.project, outcome),
            groups=(
                Group("", tuple(_line(_contrast(run, r), r, strong=True) for _, r in of_outcome.iterrows())),
            ),
        )
        for outcome, of_outcome in rows.groupby("outcome", sort=False)
    ]
    return draw_forest(planned.title, panels, synthetic=_synthetic(run, planned))


def _forest(run: Run, planned: Planned) -> Figure:
    rows = forest_rows(run, planned.cohort, planned.outcome)
    primary = run.project.analysis.headline.adjustment
    groups = []
    for _, of_term in rows.groupby("term", sort=False):
        lines = tuple(
            _line(adjustment(run.project, r["adjustment"]), r, strong=r["adjustment"] == primary)
            for _, r in of_term.iterrows()
        )
        groups.append(Group(_contrast(run, of_term.iloc[0]), lines))
    measure = MEASURES[rows["estimator"].iloc[0]]
    panel = Panel("Adjustment set", measure, unit(run.project, planned.outcome), tuple(groups))
    return draw_forest(planned.title, [panel], synthetic=_synthetic(run, planned))


def _contrast(run: Run, row: pd.Series) -> str:
    return contrast(run.project, row["exposure"], row["contrast"])


def _line(words: str, row: pd.Series, *, strong: bool) -> Line:
    return Line(
        label=words,
        n=float(row["n"]),
        events=float(row["events"]),
        estimate=float(row["estimate"]),
        low=float(row["conf_low"]),
        high=float(row["conf_high"]),
        p=float(row["p_value"]),
        strong=strong,
        reason=SUPPRESSED if withheld(row) and pd.isna(row["estimate"]) else "",
    )


def _flow(run: Run, planned: Planned) -> Figure:
    cohort = run.cohorts[planned.cohort]
    domain = {step.id for step in run.project.analysis.population.domain}
    steps = [
        FlowStep(
            description=explained(run.project, r["description"]),
            remaining=float(r["n_remaining"]),
            excluded=float(r["n_excluded"]) if pd.notna(r["n_excluded"]) or withheld(r) else 0.0,
            weighted=float(r["weighted_remaining"]),
            in_domain=r["step"] in domain,
        )
        for _, r in cohort.flow.iterrows()
    ]
    return draw_flow(planned.title, steps, synthetic=cohort.cohort.synthetic)


def _prevalence(run: Run, planned: Planned) -> Figure:
    cohort = run.cohorts[planned.cohort]
    facets = _facets(run, set(cohort.prevalence["subgroup"]))
    rows: list[Row] = []
    for heading, role in (("Exposures", "exposure"), ("Outcomes", "outcome")):
        of_role = [r for r in _prevalence_rows(run, cohort.prevalence) if role in _roles(run, r[0])]
        rows += [Row(heading, band=True), *(row for _, row in of_role)] if of_role else []
    weighted = cohort.cohort.design.weighting() is not None
    return draw_prevalence(planned.title, facets, rows, synthetic=cohort.cohort.synthetic, weighted=weighted)


def _prevalence_rows(run: Run, table: pd.DataFrame) -> list[tuple[str, Row]]:
    """Return name and row of every definition but reference levels: everybody else, and wide."""
    rows: list[tuple[str, Row]] = []
    for variable, of_variable in table.groupby("variable", sort=False):
        dots = tuple(
            Dot(r["subgroup"], r["estimate"], r["conf_low"], r["conf_high"], is_suppressed(r["flag"]))
            for _, r in of_variable.iterrows()
        )
        name, level = term_parts(variable)
        if level and level == run.project.quantity(name).reference:
            continue
        if level and name not in {n for n, _ in rows}:
            rows.append((name, Row(label(run.project, name))))
        rows.append((name, Row(label(run.project, variable), dots)))
    return rows


def _roles(run: Run, name: str) -> tuple[str, ...]:
    """Return the first role of a definition: a quantity is listed once."""
    return run.project.definitions.definitions[name].roles[:1]


def _facets(run: Run, present: set[str]) -> list[Facet]:
    facets = []
    for name, subgroup in run.project.analysis.describe.subgroups.items():
        if subgroup.var is None:
            shown = {name: subgroup.label}
        else:
            levels = run.project.quantity(subgroup.var).levels
            shown = {f"{name}={level}": text for level, text in levels.items()}
        shown = {subgroup_id: text for subgroup_id, text in shown.items() if subgroup_id in present}
        facets += [Facet(subgroup.label, shown)] if shown else []
    return facets


def _over_time(run: Run, planned: Planned) -> Figure:
    cohort = run.cohorts[planned.cohort]
    spans = _years(cohort.cohort)
    shown, trends = followed(run.project, cohort.by_cycle), followed(run.project, cohort.trends)
    panels = []
    for variable, rows in shown.groupby("variable", sort=False):
        series = tuple(
            _series(of_kind, as_measured=bridged == "as_measured", standardised=way == "age_standardised")
            for (bridged, way), of_kind in rows.groupby(["bridged", "standardisation"], sort=False)
        )
        tested = trends[(trends["variable"] == variable) & (trends["bridged"] == "harmonised")]
        trend = tested[tested["standardisation"] == "age_standardised"].iloc[0]
        gaps = _gaps(spans, set(rows["cycle"]))
        panels.append(TrendPanel(full_label(run.project, str(variable)), trend_in_words(trend), series, gaps))
    years = [year for span in spans.values() for year in span]
    span = (min(years), max(years))
    return draw_over_time(planned.title, panels, span, synthetic=cohort.cohort.synthetic)


def _series(rows: pd.DataFrame, *, as_measured: bool, standardised: bool) -> Series:
    points = tuple(
        Point(r["year"], r["estimate"], r["conf_low"], r["conf_high"], is_suppressed(r["flag"]))
        for _, r in rows.iterrows()
    )
    return Series(points, as_measured, standardised)


def _years(cohort: Cohort) -> dict[str, tuple[float, float]]:
    """Return cycle -> beginning and end in calendar years, in order."""
    spans = {c: (float(w.begin_year), w.begin_year + w.years) for c, w in cohort.cycles.items()}
    return dict(sorted(spans.items(), key=lambda item: item[1]))


def _gaps(spans: dict[str, tuple[float, float]], measured: set[str]) -> tuple[tuple[float, float], ...]:
    """Return the stretches of years, within all cycles, without a cycle in which it was measured."""
    gaps, last = [], min(begin for begin, _ in spans.values())
    for cycle, (begin, end) in spans.items():
        if cycle in measured:
            gaps += [(last, begin)] if begin > last else []
            last = end
    final = max(end for _, end in spans.values())
    return (*gaps, (last, final)) if final > last else tuple(gaps)


def _missingness(run: Run, planned: Planned) -> Figure:
    cohort = run.cohorts[planned.cohort]
    table = missingness_rows(run.project, cohort)
    return draw_missingness(planned.title, table, synthetic=cohort.cohort.synthetic)


def _feasibility(run: Run, planned: Planned) -> Figure:
    cohorts = [c.cohort.title for c in run.cohorts.values()]
    return draw_feasibility(planned.title, cohorts, matrix_rows(run), synthetic=run.synthetic)


def _synthetic(run: Run, planned: Planned) -> bool:
    return run.cohorts[planned.cohort].cohort.synthetic


DRAWERS: dict[str, Callable[[Run, Planned], Figure]] = {
    "headline": _headline,
    "forest": _forest,
    "flow": _flow,
    "prevalence": _prevalence,
    "over_time": _over_time,
    "missingness": _missingness,
    "feasibility": _feasibility,
    "dag": draw_dag,
    "modification": draw_modification,
    "imputed": draw_imputed,
    "imputation": draw_imputation,
    "sensitivity": draw_sensitivity,
    "controls": draw_controls,
    "multiverse": draw_multiverse,
    "synthesis": draw_synthesis,
    "dose_response": draw_curves,
    "predicted": draw_predicted,
}
