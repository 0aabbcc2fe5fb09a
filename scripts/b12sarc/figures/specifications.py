"""Which specification curves a run has, of what they are, and what they say in words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from b12sarc.figures.planned import Planned
from b12sarc.results import Run
from b12sarc.spec import MAIN, Project
from b12sarc.specification_curve import counted, together_of
from b12sarc.style import marked
from b12sarc.wording import adjustment, count, number, percent, short_label

HEADLINE = "headline"
_PREFIX = "multiverse_"
CHOICES = {
    "cohort": "Cohort",
    "exposure": "Exposure",
    "outcome": "Outcome",
    "adjustment": "Adjusted for",
    "subgroup": "People",
    "option": "What is changed",
    "missing": "Missing values",
    "estimator": "Estimator",
}
"""Column of a choice -> its heading."""
_MISSING = {
    "complete_case": "Complete cases",
    "mi": "Gaps imputed",
    "mi_dxa": "DXA imputed",
    "mi_nested": "Gaps and DXA imputed",
}
_ESTIMATORS = {"linear": "Difference", "poisson": "Prevalence ratio", "logistic": "Odds ratio"}


def specification_curves(run: Run) -> Iterator[Planned]:
    """Yield the curve of the headline's question, and one for each marker that has specifications."""
    multiverse = run.project.analysis.multiverse
    if run.multiverse is None or multiverse is None:
        return
    for which in (HEADLINE, *multiverse.markers):
        table = specifications_of(run, which)
        if len(table):
            yield _planned(run, which, table)


def specifications_of(run: Run, which: str) -> pd.DataFrame:
    """Return the specifications of a marker, or of the headline's question, least effect first."""
    if run.multiverse is None:
        return pd.DataFrame()
    table = counted(run.multiverse.specifications)
    table = table[table["cohort"].isin(together_of(run.project))]
    asked = run.project.analysis.headline
    if which == HEADLINE:
        here = table["exposure"].isin(asked.exposures) & table["outcome"].isin(asked.outcomes)
    else:
        here = table["marker"] == which
    return table[here].sort_values("effect", kind="stable").reset_index(drop=True)


def made_up(run: Run) -> bool:
    """Return whether the curves are of made-up people."""
    return all(run.project.cohorts[name].synthetic for name in together_of(run.project))


def which_of(planned: Planned) -> str:
    """Return what a curve is of: a marker, or :data:`HEADLINE`."""
    return planned.name.removeprefix(_PREFIX)


def pre_specified(run: Run, table: pd.DataFrame) -> np.ndarray:
    """Return the positions of the headline's own estimates."""
    asked, models = run.project.analysis.headline, run.project.analysis.models
    first = (models.binary_outcomes[0], models.continuous_outcomes[0])
    here = (
        table["exposure"].isin(asked.exposures)
        & table["outcome"].isin(asked.outcomes)
        & (table["adjustment"] == asked.adjustment)
        & (table["subgroup"] == models.subgroups[0])
        & (table["option"] == MAIN)
        & table["estimator"].isin(first)
        & table["missing"].isin(models.main_treatments())
    )
    return np.flatnonzero(here.to_numpy())


def shown_limits(low: ArrayLike, high: ArrayLike) -> tuple[float, float]:
    """Return the ends of the axis of effects: all but the outermost 1 % of intervals, and both sides of 0."""
    inside = np.quantile(np.concatenate([np.asarray(low, float), np.asarray(high, float)]), [0.01, 0.99])
    return min(float(inside[0]), -0.05) * 1.12, max(float(inside[1]), 0.05) * 1.12


def levels_in_order(run: Run, column: str, values: pd.Series) -> list[str]:
    """Return the levels of a choice in the order of the configuration."""
    analysis = run.project.analysis
    multiverse = analysis.multiverse
    known = {
        "cohort": list(run.cohorts),
        "exposure": list(multiverse.exposures) if multiverse else [],
        "outcome": list(multiverse.outcomes) if multiverse else [],
        "adjustment": list(analysis.adjustment_sets),
        "subgroup": [v for name in analysis.describe.subgroups for v in sorted(set(values)) if _of(v, name)],
        "option": [MAIN, *(analysis.sensitivity.options if analysis.sensitivity else {})],
        "missing": list(_MISSING),
        "estimator": list(_ESTIMATORS),
    }.get(column, [])
    present = dict.fromkeys(values)
    return [*(level for level in known if level in present), *(v for v in sorted(present) if v not in known)]


def _of(label: str, name: str) -> bool:
    return label.partition("=")[0] == name


def level_in_words(run: Run, column: str, level: str) -> str:
    """Return the words for a level of a choice."""
    project = run.project
    if column == "cohort":
        return run.cohorts[level].cohort.title
    if column in ("exposure", "outcome"):
        return short_label(project, level)
    if column == "adjustment":
        return adjustment(project, level)
    if column == "subgroup":
        return _subgroup(project, level)
    if column == "option":
        sensitivity = project.analysis.sensitivity
        return "Nothing" if level == MAIN or sensitivity is None else sensitivity.options[level].label
    return {**_MISSING, **_ESTIMATORS}.get(level, level)


def _subgroup(project: Project, label: str) -> str:
    name, _, level = label.partition("=")
    subgroup = project.analysis.describe.subgroups[name]
    if subgroup.var is None or not level:
        return subgroup.label
    return project.quantity(subgroup.var).levels.get(level, level)


def _planned(run: Run, which: str, table: pd.DataFrame) -> Planned:
    multiverse = run.project.analysis.multiverse
    synthetic = made_up(run)
    if which == HEADLINE or multiverse is None:
        words = "Every specification of the pre-specified question"
    else:
        words = f"Every specification of {multiverse.markers[which]}"
    return Planned(
        name=f"{_PREFIX}{which}",
        kind="multiverse",
        cohort="",
        title=marked(words, synthetic=synthetic),
        caption=_caption(run),
        alt=marked(f"Specification curve. {_in_words(table)}", synthetic=synthetic),
        short_title=words,
    )


def _caption(run: Run) -> str:
    level = f"{100 * run.project.analysis.confidence_level:g} %"
    return (
        "Each way of doing the analysis gives one estimate; here they stand in order, the lowest on the "
        "left. Above the dashed line worse vitamin B12 status goes with worse health, in standard deviations "
        f"of the outcome. Bars: {level} confidence intervals (neighbours drawn together). Diamonds: the "
        "estimates that were fixed beforehand. Beneath, a line for each choice: the shape is high where many "
        "of the specifications that make it lie. On the right how many make it, their median, and in how "
        f"many per cent the {level} interval excludes 0."
    )


def _in_words(table: pd.DataFrame) -> str:
    effect = table["effect"].astype(float)
    worse, better = (table["effect_low"] > 0).mean(), (table["effect_high"] < 0).mean()
    return (
        f"{count(len(table))} specifications; median {number(float(effect.median()), 2)} "
        f"standard deviations, {percent(float((effect > 0).mean()))} % above 0; interval above 0 in "
        f"{percent(float(worse))} %, below 0 in {percent(float(better))} %."
    )
