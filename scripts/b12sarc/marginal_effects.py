"""Standardised means and prevalences by exposure: marginal differences and ratios of every model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.exposure_scale import Scale
from b12sarc.fit import FAMILY, Analysed, Arrays, Fitter
from b12sarc.frames import FrameMeta
from b12sarc.glm import Family
from b12sarc.inference import TOO_FEW_DF, NotEstimableError, t_quantile, two_sided_p
from b12sarc.margins import Margins, from_link, margins
from b12sarc.model_matrix import ModelMatrix
from b12sarc.pooling import Pooled
from b12sarc.sample import YES_NO, Sample
from b12sarc.spec import MarginalEffects, Project
from b12sarc.specification import Specification

COLUMNS = (
    *("cohort", "outcome", "exposure", "comparison", "term", "level", "contrast"),
    *("adjustment", "subgroup", "estimator", "missing", "n", "events", "n_psu", "n_strata", "df"),
    *("mean", "mean_se", "mean_low", "mean_high"),
    *("difference", "difference_se", "difference_low", "difference_high", "difference_p"),
    *("ratio", "log_ratio_se", "ratio_low", "ratio_high", "reason"),
)
"""Columns of the marginal effects, in order."""

LEVELS, CHANGE, VALUES = "levels", "change", "values"
"""What is compared: levels; everybody's exposure changed as the contrast says; chosen values."""
AS_OBSERVED = "as_observed"
_INTEGERS = (SMALLEST_CELL, "n", "events", "n_psu", "n_strata")
_DIFFERENCE = ("df", "difference", "difference_se", "difference_low", "difference_high", "difference_p")
_RATIO = ("ratio", "log_ratio_se", "ratio_low", "ratio_high")


@dataclass(frozen=True)
class _Scenario:
    """One exposure that everybody is given.

    Attributes:
        level: its name in the table.
        term: of the exposure, as in the estimates.
        contrast: the comparison with the reference in words; empty for the reference itself.
        exposure: values of the exposure's columns in the model matrix; one number each, for everybody.
        change: what is added to everybody's own exposure instead.
    """

    level: str
    term: str
    contrast: str
    exposure: tuple[float, ...] = ()
    change: float | None = None

    def apply(self, matrix: ModelMatrix) -> np.ndarray:
        """Return the model matrix with this exposure."""
        x = matrix.x.copy()
        columns = [term.position for term in matrix.exposure]
        x[:, columns] = x[:, columns] + self.change if self.change is not None else self.exposure
        return x


def marginal_effects(
    frame: pd.DataFrame,
    meta: FrameMeta,
    project: Project,
    imputed: pd.DataFrame | None = None,
    progress: Callable[[int, int], None] | None = None,
    completed: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Standardise every model of ``marginal_effects`` to the covariates of its people.

    Args:
        frame: analysis frame, every row of the survey.
        meta: what its columns are.
        project: the configuration, with ``marginal_effects``.
        imputed: long frame of the cohort's imputed variables; a model with any of them is standardised in
            each imputation, and pooled by Rubin's rules on the scale of each number's interval.
        progress: called with (models done, models in all) after each model.
        completed: long frame of what was imputed by the project (completed.parquet).

    Returns:
        Columns :data:`COLUMNS`, and the fewest people that a row rests on, which is never published: one row
        for each level of the exposure in each model, the reference first. ``mean`` is the outcome that the
        model predicts if everybody had that level (of a binary outcome the prevalence, 0-1), with an interval
        on the scale of the model's link; ``difference`` and ``ratio`` compare it with the reference.
        ``comparison`` says what the levels are: those of a discrete exposure (``levels``), everybody's own
        value of a continuous one and the same changed as the contrast says (``change``), or chosen values of
        it (``values``). Where there is no number ``reason`` says why.
    """
    asked = project.analysis.marginal_effects
    if asked is None:
        raise ValueError("the configuration has no marginal_effects")
    sample = Sample.of(frame, meta, project, imputed)
    fitter = Fitter(sample, None if completed is None else sample.completed_by(completed))
    specifications = list(_specifications(fitter, asked))
    found: dict[Specification, list[dict[str, object]]] = {}
    # Models that share their people and their matrix come one after another; the table keeps the other order.
    for spec in sorted(specifications, key=lambda s: (s.exposure, s.adjustment)):
        key = {"cohort": sample.cohort, **spec.key()}
        found[spec] = [{**key, **row} for row in _rows(fitter, spec, asked)]
        if progress is not None:
            progress(len(found), len(specifications))
    rows = [row for spec in specifications for row in found[spec]]
    columns = [*COLUMNS, SMALLEST_CELL]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(_INTEGERS, "Int64"))


def _specifications(fitter: Fitter, asked: MarginalEffects) -> Iterator[Specification]:
    """Yield the chosen part of the grid of models, with the estimators of the margins."""
    models = fitter.sample.project.analysis.models
    seen: set[Specification] = set()
    for spec in fitter.specifications():
        chosen = (
            spec.exposure in (asked.exposures or models.exposures)
            and spec.outcome in (asked.outcomes or models.outcomes)
            and spec.adjustment in (asked.adjustments or models.adjustments)
            and spec.subgroup == models.subgroups[0]
            and not spec.option
            and spec.missing in models.treatments(asked.missing)
        )
        continuous = fitter.sample.quantity(spec.outcome).kind == "continuous"
        for estimator in (asked.continuous_outcomes if continuous else asked.binary_outcomes) * chosen:
            one = replace(spec, estimator=estimator)
            if one not in seen:
                seen.add(one)
                yield one


def _rows(fitter: Fitter, spec: Specification, asked: MarginalEffects) -> Iterator[dict[str, object]]:
    """Yield the rows of each comparison of a model, or why there are none."""
    apart: dict[str, str] = {}
    for comparison in _comparisons(fitter.sample, spec.exposure, asked):
        try:
            found, scenarios = _standardise(fitter, spec, comparison, asked)
        except NotEstimableError as error:
            yield {"comparison": comparison, "reason": error.reason}
            continue
        level = fitter.sample.project.analysis.confidence_level
        for row in _numbers(found, scenarios, FAMILY[spec.estimator], level):
            yield {"comparison": comparison, **row}
        apart |= found.apart
    for term, reason in apart.items():
        yield {"comparison": LEVELS, "term": term, "reason": reason}


def _comparisons(sample: Sample, exposure: str, asked: MarginalEffects) -> tuple[str, ...]:
    if sample.quantity(exposure).kind != "continuous":
        return (LEVELS,)
    return (CHANGE, VALUES) if exposure in asked.at else (CHANGE,)


def _standardise(
    fitter: Fitter, spec: Specification, comparison: str, asked: MarginalEffects
) -> tuple[Analysed, list[_Scenario]]:
    scenarios: list[_Scenario] = []

    def analyse(a: Arrays) -> Margins:
        scenarios[:] = _scenarios(fitter.sample, spec.exposure, a.matrix, comparison, asked)
        given = [scenario.apply(a.matrix) for scenario in scenarios]
        family = FAMILY[spec.estimator]
        fit = a.regressors.fit(a.y, family=family)
        return margins(a.domain, a.y, a.matrix.x, fit, given, family=family)

    return fitter.analyse(spec, analyse), scenarios


def _scenarios(
    sample: Sample, exposure: str, matrix: ModelMatrix, comparison: str, asked: MarginalEffects
) -> Iterator[_Scenario]:
    """Yield what everybody is given, the reference first."""
    quantity, terms = sample.quantity(exposure), matrix.exposure
    if comparison == VALUES:
        yield from _at_values(sample, exposure, asked)
    elif comparison == CHANGE:
        (term,) = terms
        yield _Scenario(AS_OBSERVED, term.name, "", change=0.0)
        yield _Scenario("changed", term.name, term.contrast, change=term.multiply)
    else:
        categorical = quantity.kind == "categorical"
        reference = str(quantity.reference) if categorical else next(iter(YES_NO))
        name = f"{exposure}[{reference}]" if categorical else exposure
        yield _Scenario(reference, name, "", (0.0,) * len(terms))
        for i, term in enumerate(terms):
            level = term.name.partition("[")[2].removesuffix("]") if categorical else list(YES_NO)[1]
            given = tuple(float(i == j) for j in range(len(terms)))
            yield _Scenario(level, term.name, term.contrast, given)


def _at_values(sample: Sample, exposure: str, asked: MarginalEffects) -> Iterator[_Scenario]:
    scale, chosen = Scale.of(sample.project, exposure), asked.at[exposure]
    if scale is None:
        raise ValueError(f"{exposure} is not made of one variable")
    others = [value for value in chosen.values if value != chosen.reference]
    for value in (chosen.reference, *others):
        words = f"{value:g} vs {chosen.reference:g} {scale.unit}" if value != chosen.reference else ""
        yield _Scenario(f"{value:g}", exposure, words, (float(scale.to_model(value)),))


def _numbers(
    found: Analysed, scenarios: list[_Scenario], family: Family, level: float
) -> Iterator[dict[str, object]]:
    """Yield one row a scenario out of the vector of all that was estimated (:attr:`Margins.coef`)."""
    coef, se, df = _vector(found.result)
    half = np.array([t_quantile(level, d) for d in df]) * se
    low, high, k = coef - half, coef + half, len(scenarios)
    for i, scenario in enumerate(scenarios):
        linked = k + i
        row: dict[str, object] = {
            "term": scenario.term,
            "level": scenario.level,
            "contrast": scenario.contrast,
            **{name: getattr(found.domain, name) for name in ("n", "n_psu", "n_strata")},
            "events": found.events,
            SMALLEST_CELL: found.smallest_cell,
            "df": df[i],
            "mean": coef[i],
            "mean_se": se[i],
            "mean_low": from_link(low[linked], family),
            "mean_high": from_link(high[linked], family),
            "reason": TOO_FEW_DF if df[i] < 1 else "",
        }
        at = 2 * k + i - 1
        if i > 0:
            p = float(two_sided_p(coef[at] / se[at], df[at])) if se[at] > 0 else np.nan
            numbers = (df[at], coef[at], se[at], low[at], high[at], p)
            row |= dict(zip(_DIFFERENCE, numbers, strict=True))
        if i > 0 and (at := at + k - 1) < len(coef):
            ratio = (np.exp(coef[at]), se[at], np.exp(low[at]), np.exp(high[at]))
            row |= dict(zip(_RATIO, ratio, strict=True))
        yield row


def _vector(result: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return estimates, standard errors and degrees of freedom of each."""
    if isinstance(result, Pooled):
        return result.coef, result.se, result.df
    assert isinstance(result, Margins)
    return result.coef, np.sqrt(np.diag(result.cov)), np.full(len(result.coef), float(result.df))
