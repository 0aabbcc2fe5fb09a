"""Figures of effect modification: which there are, and their words. Knows no drawing library."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from b12sarc.figures.planned import Planned
from b12sarc.results import CohortResults, Run
from b12sarc.spec import EffectModification, Project
from b12sarc.style import marked
from b12sarc.wording import (
    MEASURES,
    contrast,
    interval,
    label,
    lower_first,
    modifier_label,
    modifier_level,
    p_value,
    plain,
)

SUBGROUP, TEST = "subgroup", "test"


def modification_figures(run: Run, cohort: CohortResults) -> Iterator[Planned]:
    """Yield a figure for each outcome of which some level of a modifier has an estimate."""
    asked, spec = run.project.analysis.effect_modification, cohort.cohort
    if asked is None:
        return
    for outcome in asked.outcomes or run.project.analysis.models.outcomes:
        rows = shown_rows(run.project, asked, cohort.effect_modification, outcome)
        if rows["estimate"].notna().any():
            name = label(run.project, outcome)
            yield Planned(
                name=f"{spec.id}_modification_{outcome}",
                kind="modification",
                cohort=spec.id,
                title=marked(f"{spec.title}: {name}, in groups of people", synthetic=spec.synthetic),
                caption=_caption(run.project, name, rows),
                alt=marked(_alt(run.project, rows), synthetic=spec.synthetic),
                outcome=outcome,
                short_title=name,
            )


def shown_rows(
    project: Project, asked: EffectModification, table: pd.DataFrame, outcome: str
) -> pd.DataFrame:
    """Return the subgroups and tests in the figure of an outcome: one estimator, the drawn exposures."""
    models = project.analysis.models
    estimators = models.binary_outcomes[:1] + models.continuous_outcomes[:1]
    return table[
        (table["outcome"] == outcome)
        & table["estimator"].isin(estimators)
        & table["exposure"].isin(asked.drawn or asked.exposures or models.exposures)
        & (table["adjustment"] == shown_adjustment(project, asked))
        & table["missing"].isin(shown_treatments(project, asked))
        & table["measure"].isin([SUBGROUP, TEST])
    ]


def shown_adjustment(project: Project, asked: EffectModification) -> str:
    """Return the adjustment set of the figures: the headline's, if it is among those asked for."""
    primary = project.analysis.headline.adjustment
    chosen = asked.adjustments or project.analysis.models.adjustments
    return primary if primary in chosen else chosen[0]


def shown_treatments(project: Project, asked: EffectModification) -> tuple[str, ...]:
    """Return how missing values are treated in the figures."""
    return project.analysis.models.main_treatments() if not asked.missing else asked.missing[:1]


def tests_in_words(rows: pd.DataFrame) -> str:
    """Return the p-values of the tests for interaction of one exposure and modifier."""
    tests = rows[rows["measure"] == TEST]
    scales = {r["scale"]: p_value(r["p_value"]) for _, r in tests.iterrows() if pd.notna(r["p_value"])}
    if not scales:
        return "no test for interaction"
    if "multiplicative" not in scales:
        return f"p for interaction {scales['additive']}"
    said = f"p for interaction {scales['multiplicative']} (ratios)"
    return f"{said}, {scales['additive']} (differences)" if "additive" in scales else said


def _caption(project: Project, name: str, rows: pd.DataFrame) -> str:
    measure = MEASURES[rows["estimator"].iloc[0]]
    told = set(rows.loc[rows["measure"] == SUBGROUP, "modifier"])
    absent = [modifier_label(project, m) for m in dict.fromkeys(rows["modifier"]) if m not in told]
    without = f" Not known here: {', '.join(map(lower_first, absent))}." if absent else ""
    scales = (
        " The p-values are of tests whether the levels differ on the scale of ratios, and of prevalence "
        "differences; a difference on one scale only is common."
        if measure.ratio
        else " The p-values are of tests whether the levels differ."
    )
    return (
        f"{measure.plural}: {lower_first(name)}, by exposure, in the people of each level. Lines: "
        f"{100 * project.analysis.confidence_level:g} % confidence intervals; an arrow: the interval goes "
        f"beyond the axis. Dashed line: no difference.{scales} They are not adjusted for the number of "
        f"tests: of twenty one is below 0.05 by chance.{without}"
    )


def _alt(project: Project, rows: pd.DataFrame) -> str:
    said = []
    for (exposure, modifier), of_both in rows.groupby(["exposure", "modifier"], sort=False):
        estimates = of_both[(of_both["measure"] == SUBGROUP) & of_both["estimate"].notna()]
        parts = [
            f"{modifier_level(project, str(modifier), r['level'])} "
            f"{interval(r['estimate'], r['conf_low'], r['conf_high'], MEASURES[r['estimator']])}"
            for _, r in estimates.iterrows()
        ]
        if parts:
            words = contrast(project, str(exposure), estimates["contrast"].iloc[0])
            said.append(f"{words}: {', '.join(parts)}; {tests_in_words(of_both)}")
    return plain(f"Forest plot. {'. '.join(said)}.")
