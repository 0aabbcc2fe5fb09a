"""The multiverse of one cohort: a table of specifications, and what they become in the replicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from b12sarc.bootstrap import deviations, rao_wu_factors
from b12sarc.design import SurveyDesign
from b12sarc.disclosure import SMALLEST_CELL, guarded
from b12sarc.fit import Fitter
from b12sarc.frames import FrameMeta
from b12sarc.inference import NotEstimableError
from b12sarc.multiverse.fitting import SameModelError, SpecificationFitter, Specified
from b12sarc.multiverse.grid import (
    NO_INTERVAL,
    NOT_ESTIMABLE,
    SAME_MODEL,
    WITHHELD,
    Feasibility,
    LeftOut,
    specifications,
    subgroup_names,
)
from b12sarc.sample import Sample
from b12sarc.spec import MAIN, Multiverse, Project
from b12sarc.specification import Specification

CHOICES = ("exposure", "outcome", "adjustment", "subgroup", "option", "missing", "estimator")
"""The choices that make a specification, as columns."""
LABELS = ("cohort", "marker", "domain", *CHOICES, "term", "contrast")
COUNTS = ("n", "events", "n_psu")
NUMBERS = (
    *("df", "coef", "se", "p_value", "coef_low", "coef_high"),
    *("estimate", "conf_low", "conf_high"),
)
EFFECTS = ("effect", "effect_low", "effect_high")
SPECIFICATIONS = (*LABELS, *COUNTS, *NUMBERS, *EFFECTS, "left_out", "reason")
"""Columns of the multiverse, in order."""
LEFT_OUT = ("cohort", "marker", "domain", "kind", "reason", "specifications")
"""Columns of what was left out, in order."""

_WITHHELD = "too few people to be shown (disclosure control)"

Found = Specified | LeftOut


@dataclass(frozen=True, eq=False)
class CohortMultiverse:
    """Every specification that a cohort could be asked.

    Attributes:
        table: a row for each that is feasible, columns :data:`SPECIFICATIONS`. A row without numbers says in
            ``left_out`` (a kind) and ``reason`` why it has none; it is no specification of its own.
        left_out: how many specifications have no estimate of their own, by kind and reason, columns
            :data:`LEFT_OUT`; those that are not feasible are counted here alone.
        replicates: oriented deviations under the null in standard errors, shape (draws, rows of ``table``
            with an interval), half precision; no columns where the design has no PSUs.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame
    replicates: np.ndarray


def cohort_multiverse(
    frame: pd.DataFrame,
    meta: FrameMeta,
    project: Project,
    imputed: pd.DataFrame | None = None,
    completed: pd.DataFrame | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CohortMultiverse:
    """Fit every specification that a cohort can answer.

    Args:
        frame: analysis frame, every row of the survey.
        meta: what its columns are.
        project: the configuration; it has a multiverse.
        imputed: long frame of the cohort's imputed variables.
        completed: long frame of what the project imputed (completed.parquet).
        progress: called with (specifications done, specifications in all).
    """
    multiverse = _multiverse(project)
    sample = Sample.of(frame, meta, project, imputed)
    whole = None if completed is None else sample.completed_by(completed)
    fitter = Fitter(sample, whole, subgroup_names(multiverse, sample.cohort))
    asked = specifications(sample, multiverse, fitter.asker)
    found = dict(_found(SpecificationFitter(sample, multiverse, fitter), fitter, asked, progress))
    ordered = {spec: found[spec] for spec in asked}
    table = _table(sample, multiverse, ordered)
    return CohortMultiverse(table, _left_out(sample, multiverse, ordered), _replicates(sample, ordered))


def as_shown(found: CohortMultiverse) -> CohortMultiverse:
    """Return what a job may write: of a restricted cohort, nothing that rests on few people.

    Inside a job (:func:`b12sarc.job.job`); the column of smallest cells is gone afterwards in any case.
    """
    before = (found.table["left_out"] == "").to_numpy()
    table = guarded("multiverse", found.table).drop(columns="disclosure", errors="ignore")
    hidden = before & table["coef"].isna().to_numpy()
    table = table.assign(
        left_out=table["left_out"].mask(hidden, WITHHELD), reason=table["reason"].mask(hidden, _WITHHELD)
    )
    counts = table[hidden].groupby(["cohort", "marker", "domain"]).size().reset_index(name="specifications")
    counts = counts.assign(kind=WITHHELD, reason=_WITHHELD)[list(LEFT_OUT)]
    left_out = pd.concat([found.left_out, counts], ignore_index=True) if hidden.any() else found.left_out
    drawn = found.replicates.shape[1] > 0
    replicates = found.replicates[:, ~hidden[before]] if drawn else found.replicates
    return CohortMultiverse(table[list(SPECIFICATIONS)], left_out, replicates)


def _multiverse(project: Project) -> Multiverse:
    if project.analysis.multiverse is None:
        raise ValueError("the configuration has no multiverse")
    return project.analysis.multiverse


def _found(
    models: SpecificationFitter,
    fitter: Fitter,
    asked: list[Specification],
    progress: Callable[[int, int], None] | None,
) -> Iterator[tuple[Specification, Found]]:
    """Fit in an order in which models of the same people and columns follow each other."""
    feasibility = Feasibility(fitter.sample, fitter.asker)
    order = sorted(asked, key=lambda s: (s.missing, s.option, s.exposure, s.adjustment, s.subgroup))
    for done, spec in enumerate(order, start=1):
        yield spec, feasibility.why_not(spec) or _fitted(models, spec)
        if progress is not None:
            progress(done, len(order))


def _fitted(models: SpecificationFitter, spec: Specification) -> Found:
    try:
        return models.fit(spec)
    except SameModelError as error:
        return LeftOut(SAME_MODEL, f"same model as {_in_short(spec, error.first)}")
    except NotEstimableError as error:
        return LeftOut(NOT_ESTIMABLE, error.reason)


def _in_short(spec: Specification, first: Specification) -> str:
    """Return the choices in which another specification differs."""
    mine, other = vars(spec), vars(first)
    return ", ".join(f"{name} {other[name] or MAIN}" for name in mine if mine[name] != other[name])


def _table(sample: Sample, multiverse: Multiverse, found: dict[Specification, Found]) -> pd.DataFrame:
    rows = []
    for spec, result in found.items():
        key = _key(sample, multiverse, spec)
        if isinstance(result, Specified):
            rows.append({**key, **_numbers(result)})
        elif result.kind in (SAME_MODEL, NOT_ESTIMABLE):
            rows.append({**key, "left_out": result.kind, "reason": result.reason})
    table = pd.DataFrame(rows, columns=[*SPECIFICATIONS, SMALLEST_CELL])
    text = (*LABELS, "left_out", "reason")
    table = table.assign(**{name: table[name].fillna("").astype("str") for name in text})
    return table.astype(
        dict.fromkeys((*COUNTS, SMALLEST_CELL), "Int32") | dict.fromkeys((*NUMBERS, *EFFECTS), "float64")
    )


def _key(sample: Sample, multiverse: Multiverse, spec: Specification) -> dict[str, str]:
    return {
        "cohort": sample.cohort,
        "marker": multiverse.exposures[spec.exposure].marker,
        "domain": multiverse.outcomes[spec.outcome].domain,
        **vars(spec),
        "option": spec.option or MAIN,
    }


def _numbers(result: Specified) -> dict[str, object]:
    numbers = {name: result.row[name] for name in ("term", "contrast", *COUNTS, *NUMBERS, SMALLEST_CELL)}
    coef, low, high = (result.row[name] * result.factor for name in ("coef", "coef_low", "coef_high"))  # type: ignore[operator]
    numbers |= {"effect": coef, "effect_low": min(low, high), "effect_high": max(low, high)}
    return numbers | ({"left_out": NO_INTERVAL, "reason": result.reason} if result.reason else {})


def has_interval(result: Found) -> bool:
    """Whether a specification counts: it has an estimate with an interval."""
    return isinstance(result, Specified) and not result.reason


def _left_out(sample: Sample, multiverse: Multiverse, found: dict[Specification, Found]) -> pd.DataFrame:
    counted: Counter[tuple[str, ...]] = Counter()
    for spec, result in found.items():
        if has_interval(result):
            continue
        why = LeftOut(NO_INTERVAL, result.reason) if isinstance(result, Specified) else result
        exposure, outcome = multiverse.exposures[spec.exposure], multiverse.outcomes[spec.outcome]
        reason = "other choices lead to the same model" if why.kind == SAME_MODEL else why.reason
        counted[(sample.cohort, exposure.marker, outcome.domain, why.kind, reason)] += 1
    rows = [(*key, number) for key, number in counted.items()]
    return pd.DataFrame(rows, columns=list(LEFT_OUT)).astype({"specifications": "int64"})


def _replicates(sample: Sample, found: dict[Specification, Found]) -> np.ndarray:
    """Return what the estimates with an interval deviate in the replicates."""
    draws = _multiverse(sample.project).joint_null.draws
    kept = [r for r in found.values() if isinstance(r, Specified) and has_interval(r)]
    design = getattr(sample.domain, "design", None)
    totals = [r.totals for r in kept if r.totals is not None]
    if not isinstance(design, SurveyDesign) or len(totals) < len(kept) or not kept:
        return np.empty((draws, 0), dtype=np.float16)
    archive = sample.project.cohorts[sample.cohort].archive.name
    factors = rao_wu_factors(design, draws=draws, seed=sample.project.config.seed, sample=archive)
    sign = np.sign([r.factor for r in kept])
    return (deviations(np.array(totals), design, factors) * sign).astype(np.float16)
