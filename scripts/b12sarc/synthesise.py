"""Meta-analysis of the estimates of a run, across cohorts in which no person is twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from b12sarc.inference import NotEstimableError
from b12sarc.meta import MetaAnalysis, leave_one_out, random_effects
from b12sarc.spec import Cohort, Project

ONE_SCALE = (
    *("exposure", "outcome", "term", "contrast", "adjustment", "estimator", "subgroup", "missing"),
    "synthetic",
)
"""What estimates must have in common to be on one scale, and about one kind of people: real or made up."""

_NUMBERS = (
    *("estimate", "conf_low", "conf_high", "coef", "se", "df", "p_value", "coef_low", "coef_high"),
    *("prediction_low", "prediction_high", "tau2", "tau2_low", "tau2_high", "i2", "q", "q_p_value"),
    *("hartung_knapp_factor", "leave_one_out_low", "leave_one_out_high"),
)
META = (*ONE_SCALE, "method", "k", "cohorts", "weights", "left_out", *_NUMBERS, "note")
"""Columns of meta.csv, in order."""

ALONE = "one cohort: not a meta-analysis"
NARROW = "the estimates agree so well that the interval is narrower than without Hartung and Knapp's scaling"
NOT_COMBINED = "none"


@dataclass(frozen=True)
class _How:
    tau2: str
    hartung_knapp: bool
    level: float


def synthesise(estimates: pd.DataFrame, project: Project) -> pd.DataFrame:
    """Combine what different cohorts say of one exposure term, outcome, adjustment set and estimator.

    Numbers are combined on the scale of the coefficients (log for ratios). Estimates on different scales
    (another contrast, estimator, subgroup or treatment of missing values) never meet, nor do made-up people
    and real ones, nor cohorts that share people.

    Args:
        estimates: rows of all cohorts, columns of :data:`b12sarc.fit.ESTIMATES`. Rows without a p-value
            (fewer than one degree of freedom) are not combined.
        project: ``cohorts``, ``analysis.synthesis`` and ``analysis.confidence_level`` of the run.

    Returns:
        One row for each estimate that some cohort has, columns :data:`META`. ``cohorts`` and ``weights`` are
        in the same order, with a space between two; ``left_out`` names cohorts that have the estimate but
        share people with others. ``i2`` lies between 0 and 1. ``estimate``, its limits and those of the
        prediction interval are ratios for ratio measures, as in estimates.csv; ``leave_one_out_*`` (lowest
        and highest estimate without one of three or more cohorts) too. With one cohort (``k`` 1) the numbers
        are empty and ``method`` is ``none``: its own estimate is in estimates.csv.
    """
    settings = project.analysis.synthesis
    how = _How(settings.tau2, settings.hartung_knapp, project.analysis.confidence_level)
    kept = independent(project.cohorts)
    made_up = {name: cohort.synthetic for name, cohort in project.cohorts.items()}
    usable = estimates[np.isfinite(estimates["p_value"]) & (estimates["se"] > 0)]
    usable = usable.assign(synthetic=usable["cohort"].map(made_up).astype(bool))
    rows = []
    for key, group in usable.groupby(list(ONE_SCALE), sort=False):
        apart = group["cohort"].isin(kept)
        if apart.any():
            left_out = " ".join(group.loc[~apart, "cohort"])
            rows.append(dict(zip(ONE_SCALE, key, strict=True)) | _combined(group[apart], how, left_out))
    return pd.DataFrame(rows, columns=list(META)).astype({"k": "int64", "synthetic": "bool"})


def independent(cohorts: Mapping[str, Cohort]) -> list[str]:
    """Return the cohorts of a run in which no person is twice: the parts, and pools only without their parts.

    Two cohorts share people if they take a cycle from the same archive. Those with fewer cycles come first;
    a cohort that shares people with one of these is left out.
    """
    kept: list[str] = []
    for name in sorted(cohorts, key=lambda name: len(cohorts[name].cycles)):
        if not any(share_people(cohorts[name], cohorts[other]) for other in kept):
            kept.append(name)
    return [name for name in cohorts if name in kept]


def share_people(one: Cohort, other: Cohort) -> bool:
    """Return whether two cohorts take a cycle from the same archive."""
    return one.archive.name == other.archive.name and not set(one.cycles).isdisjoint(other.cycles)


def _combined(group: pd.DataFrame, how: _How, left_out: str) -> dict[str, object]:
    said: dict[str, object] = {"k": len(group), "cohorts": " ".join(group["cohort"]), "left_out": left_out}
    if len(group) == 1:
        return said | {"method": NOT_COMBINED, "weights": "", "note": ALONE}
    y, se = group["coef"].to_numpy(float), group["se"].to_numpy(float)
    options = {"method": how.tau2, "hartung_knapp": how.hartung_knapp, "level": how.level}
    try:
        meta = random_effects(y, se, **options)  # type: ignore[arg-type]
        others = [m.estimate for m in leave_one_out(y, se, **options)] if len(y) > 2 else []  # type: ignore[arg-type]
    except NotEstimableError as error:
        return said | {"method": NOT_COMBINED, "weights": "", "note": str(error)}
    note = NARROW if how.hartung_knapp and _narrow(meta, how.level) else ""
    said |= {"method": how.tau2, "weights": " ".join(f"{w:.4f}" for w in meta.weights), "note": note}
    return said | _numbers(meta, others, ratio=group["estimator"].iloc[0] != "linear")


def _narrow(meta: MetaAnalysis, level: float) -> bool:
    """Whether the interval is narrower than the normal one about the same mean: luck, not knowledge."""
    normal = float(special.ndtri((1 + level) / 2)) * meta.se / np.sqrt(meta.hartung_knapp_factor)
    return bool(meta.conf_high - meta.estimate < normal)


def _numbers(meta: MetaAnalysis, others: list[float], *, ratio: bool) -> dict[str, object]:
    shown = np.exp if ratio else np.asarray
    return {
        "estimate": float(shown(meta.estimate)),
        "conf_low": float(shown(meta.conf_low)),
        "conf_high": float(shown(meta.conf_high)),
        "coef": meta.estimate,
        "se": meta.se,
        "df": meta.df,
        "p_value": meta.p_value,
        "coef_low": meta.conf_low,
        "coef_high": meta.conf_high,
        "prediction_low": float(shown(meta.prediction_low)),
        "prediction_high": float(shown(meta.prediction_high)),
        "tau2": meta.tau2,
        "tau2_low": meta.tau2_low,
        "tau2_high": meta.tau2_high,
        "i2": meta.i2_percent / 100,
        "q": meta.q,
        "q_p_value": meta.q_p_value,
        "hartung_knapp_factor": meta.hartung_knapp_factor,
        "leave_one_out_low": float(shown(min(others))) if others else np.nan,
        "leave_one_out_high": float(shown(max(others))) if others else np.nan,
    }
