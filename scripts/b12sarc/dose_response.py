"""Dose-response curves: each outcome over the range of a continuous exposure, by restricted cubic splines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from b12sarc.design import Domain
from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.exposure_scale import Scale
from b12sarc.fit import FAMILY, Analysed, Arrays, Fitter
from b12sarc.frames import FrameMeta
from b12sarc.glm import GlmFit, fit_glm
from b12sarc.inference import FTest, NotEstimableError, t_quantile
from b12sarc.model_matrix import ModelMatrix
from b12sarc.pooling import Pooled, ScalarFit
from b12sarc.sample import Sample
from b12sarc.spec import DoseResponse, Project
from b12sarc.specification import MODEL, Specification
from b12sarc.splines import Bin, Spline, binned, knots_at

CURVES = (
    *("cohort", *MODEL, "value", "unit", "reference"),
    *("estimate", "conf_low", "conf_high", "coef", "se", "df"),
)
"""Columns of the curves, in order."""

TESTS = (
    *("cohort", *MODEL, "unit", "reference", "knots", "n", "events", "n_psu", "n_strata", "df"),
    *("f_overall", "df_num_overall", "df_denom_overall", "p_overall"),
    *("f_nonlinear", "df_num_nonlinear", "df_denom_nonlinear", "p_nonlinear", "reason"),
)
"""Columns of the tests, in order."""

DISTRIBUTION = ("cohort", "exposure", "unit", "low", "high", "share")
"""Columns of the distributions, in order."""

_INTEGERS = (SMALLEST_CELL, "n", "events", "n_psu", "n_strata")


@dataclass(frozen=True, eq=False)
class DoseResponseTables:
    """What :func:`dose_response` returns."""

    curves: pd.DataFrame
    tests: pd.DataFrame
    distribution: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _Range:
    """Where the curve of an exposure bends and is drawn, the same for every outcome.

    Attributes:
        scale: on which it was measured.
        spline: with its knots, as the model sees the exposure.
        grid: where the curve is drawn, as the model sees the exposure; holds the reference.
        reference: the same of the reference value.
        bins: distribution of the exposure in the domain.
    """

    scale: Scale
    spline: Spline
    grid: np.ndarray
    reference: float
    bins: tuple[Bin, ...]


def dose_response(
    frame: pd.DataFrame,
    meta: FrameMeta,
    project: Project,
    imputed: pd.DataFrame | None = None,
    completed: pd.DataFrame | None = None,
) -> DoseResponseTables:
    """Fit the curves of ``dose_response`` that the cohort can answer.

    The knots of an exposure, and the range in which its curves are drawn, are weighted percentiles of it in
    the domain, the same for every outcome. Curves of imputed variables are fitted in each imputation and
    pooled by Rubin's rules.

    Args:
        frame: analysis frame, every row of the survey.
        meta: what its columns are.
        project: the configuration, with ``dose_response``.
        imputed: long frame of the cohort's imputed variables.
        completed: long frame of what was imputed by the project (completed.parquet).

    Returns:
        Tables with a column more, of the fewest people that a row rests on, which is never published.
        ``curves`` (columns :data:`CURVES`): at each ``value`` of the exposure, in the unit in which it was
        measured, the difference from the ``reference`` value (linear), or the ratio to it, with pointwise
        intervals; ``coef`` and ``se`` are on the link scale. ``tests`` (columns :data:`TESTS`): one row a
        model, with the knots in the same unit, the Wald F tests of any association and of non-linearity, or
        the reason why there are none. ``distribution`` (columns :data:`DISTRIBUTION`): weighted share (0-1)
        of people in each bin, none of which holds fewer than ``min_people``.
    """
    asked = project.analysis.dose_response
    if asked is None:
        raise ValueError("the configuration has no dose_response")
    sample = Sample.of(frame, meta, project, imputed)
    fitter = Fitter(sample, None if completed is None else sample.completed_by(completed))
    curves: list[dict[str, object]] = []
    tests: list[dict[str, object]] = []
    distribution: list[dict[str, object]] = []
    for exposure in asked.exposures:
        over = _range_or_reason(sample, exposure, asked)
        if isinstance(over, _Range):
            distribution += _distribution_rows(sample.cohort, exposure, over)
        for spec in _specifications(fitter, exposure, asked):
            key: dict[str, object] = {"cohort": sample.cohort, **spec.key()}
            found = _fit(fitter, spec, over) if isinstance(over, _Range) else over
            if isinstance(found, str) or isinstance(over, str):
                tests.append({**key, "reason": found})
                continue
            least = {SMALLEST_CELL: found.smallest_cell}
            curves += [{**key, **row, **least} for row in _curve_rows(found, spec, over, project)]
            tests.append({**key, **_test_row(found, over), **least})
    return DoseResponseTables(
        pd.DataFrame(curves, columns=[*CURVES, SMALLEST_CELL]),
        pd.DataFrame(tests, columns=[*TESTS, SMALLEST_CELL]).astype(dict.fromkeys(_INTEGERS, "Int64")),
        pd.DataFrame(distribution, columns=[*DISTRIBUTION, SMALLEST_CELL]),
    )


def _specifications(fitter: Fitter, exposure: str, asked: DoseResponse) -> Iterator[Specification]:
    """Yield the models of an exposure in the order of the outcomes, each with its one estimator."""
    models = fitter.sample.project.analysis.models
    subgroup, missing = models.subgroups[0], models.treatments(asked.missing)
    found: dict[Specification, None] = {}
    for spec in fitter.specifications():
        wanted = (spec.exposure, spec.adjustment) == (exposure, asked.adjustment)
        wanted = wanted and spec.subgroup == subgroup and spec.missing in missing and not spec.option
        if wanted and spec.outcome in asked.outcomes:
            continuous = fitter.sample.quantity(spec.outcome).kind == "continuous"
            estimator = asked.continuous_outcomes if continuous else asked.binary_outcomes
            found[replace(spec, estimator=estimator)] = None
    yield from sorted(found, key=lambda spec: asked.outcomes.index(spec.outcome))


def _range_or_reason(sample: Sample, exposure: str, asked: DoseResponse) -> _Range | str:
    try:
        return _range(sample, exposure, asked)
    except NotEstimableError as error:
        return error.reason


def _range(sample: Sample, exposure: str, asked: DoseResponse) -> _Range:
    """Take knots, limits and distribution of an exposure from everybody of the domain in whom it is known.

    Raises:
        NotEstimableError: the cohort does not have it, or too few people have it or differ in it; the
            reference value lies outside what is drawn.
    """
    if not sample.has(exposure):
        raise NotEstimableError(sample.why_not(exposure))
    scale = Scale.of(sample.project, exposure)
    if scale is None:
        raise ValueError(f"{exposure} is not made of one variable")
    x, weights, times = _values(sample, exposure)
    least = asked.min_people * times
    if len(x) < 2 * least:
        raise NotEstimableError(f"{exposure}: known in {len(x) // times} people; too few for a curve")
    spline = Spline(knots_at(x, weights, asked.knots))
    low, high = knots_at(x, weights, asked.drawn)
    ordered = np.sort(x)
    low, high = max(low, ordered[least - 1]), min(high, ordered[-least])
    given = asked.exposures[exposure].value
    reference = float(scale.to_model(given))
    if not low < reference < high:
        limits = " to ".join(f"{v:.4g}" for v in scale.to_measured(np.array([low, high])))
        what = f"the reference value {given:g} {scale.unit} lies outside the values drawn ({limits})"
        raise NotEstimableError(what)
    grid = np.unique(np.append(np.linspace(low, high, asked.points), reference))
    edges = np.linspace(low, high, asked.bins + 1)
    return _Range(scale, spline, grid, reference, binned(x, weights, edges, least))


def _values(sample: Sample, exposure: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Return values and weights of the exposure, and how often each person is among them (imputations)."""
    domain: Domain = sample.domain_for([exposure]).restrict(sample.known([exposure]))
    if not sample.is_imputed(exposure):
        return domain.take(sample.values(exposure)), domain.weights, 1
    stacked: list[np.ndarray] = []

    def collect(completed: Sample) -> ScalarFit:
        stacked.append(domain.take(completed.values(exposure)))
        return ScalarFit(0.0, 0.0, 1.0)

    sample.pool(collect)
    return np.concatenate(stacked), np.tile(domain.weights, len(stacked)), len(stacked)


def _with_spline(matrix: ModelMatrix, spline: Spline) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return a model matrix with the spline in place of its one column of the exposure, and its names."""
    (term,) = matrix.exposure
    at = term.position
    basis = spline.basis(matrix.x[:, at])
    names = tuple(f"{term.name}{chr(39) * i}" for i in range(spline.columns))  # x, x', x'' as rms names them
    x = np.column_stack([matrix.x[:, :at], basis, matrix.x[:, at + 1 :]])
    return x, (*matrix.names[:at], *names, *matrix.names[at + 1 :])


def _fit(fitter: Fitter, spec: Specification, over: _Range) -> Analysed | str:
    def analyse(a: Arrays) -> GlmFit:
        x, names = _with_spline(a.matrix, over.spline)
        return fit_glm(a.domain, a.y, x, family=FAMILY[spec.estimator], names=names)

    try:
        return fitter.analyse(spec, analyse)
    except NotEstimableError as error:
        return error.reason


def _columns(found: Analysed, over: _Range) -> np.ndarray:
    """Return the positions of the spline among the coefficients."""
    (term,) = found.matrix.exposure
    return np.arange(term.position, term.position + over.spline.columns)


def _curve_rows(
    found: Analysed, spec: Specification, over: _Range, project: Project
) -> Iterator[dict[str, object]]:
    result = found.result
    contrast = np.zeros((len(over.grid), len(result.coef)))
    contrast[:, _columns(found, over)] = over.spline.contrast(over.grid, over.reference)
    coef, se, df = _contrasted(result, contrast)
    half = np.array([t_quantile(project.analysis.confidence_level, d) for d in df]) * se
    shown = np.exp if spec.estimator != "linear" else np.positive
    values = over.scale.to_measured(over.grid)
    at_reference = over.grid == over.reference
    reference = float(project.analysis.dose_response.exposures[spec.exposure].value)  # type: ignore[union-attr]
    for i, value in enumerate(values):
        yield {
            "value": reference if at_reference[i] else value,
            "unit": over.scale.unit,
            "reference": reference,
            "estimate": shown(coef[i]),
            "conf_low": shown(coef[i] - half[i]),
            "conf_high": shown(coef[i] + half[i]),
            "coef": coef[i],
            "se": se[i],
            "df": df[i],
        }


def _contrasted(result: object, contrast: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return contrasts of the coefficients, their standard errors and degrees of freedom, shape (g,) each."""
    if isinstance(result, Pooled):
        within = contrast @ result.within @ contrast.T
        pooled = Pooled(result.each @ contrast.T, within, result.complete_df)
        return pooled.coef, pooled.se, pooled.df
    assert isinstance(result, GlmFit)
    se = np.sqrt(np.einsum("gi,ij,gj->g", contrast, result.cov, contrast))
    return contrast @ result.coef, se, np.full(len(contrast), float(result.df))


def _test_row(found: Analysed, over: _Range) -> dict[str, object]:
    result, columns = found.result, _columns(found, over)
    assert isinstance(result, GlmFit | Pooled)
    overall, bent = result.wald_test(columns), result.wald_test(columns[1:])
    knots = over.scale.to_measured(np.array(over.spline.knots))
    df = result.complete_df if isinstance(result, Pooled) else result.df
    reasons = dict.fromkeys(filter(None, [result.reason, overall.reason, bent.reason]))
    return {
        "unit": over.scale.unit,
        "reference": float(over.scale.to_measured(over.reference)),
        "knots": "; ".join(f"{knot:.6g}" for knot in knots),
        **{name: getattr(found.domain, name) for name in ("n", "n_psu", "n_strata")},
        "events": found.events,
        "df": df,
        **_numbers(overall, "overall"),
        **_numbers(bent, "nonlinear"),
        "reason": "; ".join(reasons),
    }


def _numbers(test: FTest, name: str) -> dict[str, float]:
    return {
        f"f_{name}": test.f,
        f"df_num_{name}": test.df_num,
        f"df_denom_{name}": test.df_denom,
        f"p_{name}": test.p_value,
    }


def _distribution_rows(cohort: str, exposure: str, over: _Range) -> Iterator[dict[str, object]]:
    for part in over.bins:
        low, high = (float(over.scale.to_measured(limit)) for limit in (part.low, part.high))
        row = (cohort, exposure, over.scale.unit, low, high, part.share)
        yield {**dict(zip(DISTRIBUTION, row, strict=True)), SMALLEST_CELL: part.n}
