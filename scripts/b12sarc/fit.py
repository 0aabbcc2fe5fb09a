"""The grid of models: every exposure x outcome x adjustment set x subgroup x estimator of one cohort."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from b12sarc.asked import Asked, Asker, missing_subgroup
from b12sarc.design import Domain
from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.frames import FrameMeta
from b12sarc.glm import Family, GlmFit, Regressors
from b12sarc.inference import NotEstimableError
from b12sarc.model_matrix import (
    ExposureTerm,
    ModelMatrix,
    model_matrix,
    set_small_levels_apart,
    smallest_cell,
    usable_terms,
)
from b12sarc.pooled_models import IMPUTATION_NUMBERS, PooledFit
from b12sarc.pooling import CompleteDataFit, Pooled
from b12sarc.sample import Sample
from b12sarc.spec import MI_DXA, MULTIPLY_IMPUTED, WITH_DXA, Project, Term
from b12sarc.specification import MODEL, Specification

Notes = tuple[str, ...]

FAMILY: dict[str, Family] = {"linear": "gaussian", "logistic": "binomial", "poisson": "poisson"}
"""Estimator -> family, always with its canonical link."""

ESTIMATES = (
    *("cohort", "outcome", "exposure", "term", "contrast", "adjustment", "subgroup", "estimator", "missing"),
    *("n", "events", "n_psu", "n_strata", "df"),
    *("coef", "se", "p_value", "coef_low", "coef_high", "estimate", "conf_low", "conf_high"),
)
"""Columns of the estimates of one cohort, in order."""

_INTEGERS = ("n", "events", "n_psu", "n_strata")


NOT_ESTIMABLE = ("cohort", *MODEL, "reason")
NOTES = ("cohort", *MODEL, "note")
IMPUTATIONS = ("cohort", *MODEL, "term", *IMPUTATION_NUMBERS)


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A model that was fitted.

    Attributes:
        fit: coefficients of every column of the matrix, on the link scale; pooled where one is imputed.
        matrix: which columns are the exposure, and what was left out.
        apart: level of the exposure that too few people have -> why it is not compared.
        events: people with the outcome; None if it is continuous. Of an imputed outcome, the number in an
            imputation on average, rounded.
        smallest_cell: :func:`~b12sarc.model_matrix.smallest_cell`; of several imputations, the least.
    """

    fit: GlmFit | PooledFit
    matrix: ModelMatrix
    apart: dict[str, str]
    events: int | None
    smallest_cell: int


@dataclass(frozen=True, eq=False)
class Arrays:
    """What is estimated from: of a sample without imputations, or as one of them completes it.

    Attributes:
        domain: the people of the model in their design.
        y: the outcome over its rows, shape (n,).
        matrix: intercept, exposure and covariates over the same rows.
        apart: level of the exposure that too few people have -> why it is not compared.
        regressors: domain and matrix, with what fits of other outcomes to the same rows share.
    """

    domain: Domain
    y: np.ndarray
    matrix: ModelMatrix
    apart: dict[str, str]
    regressors: Regressors


@dataclass(frozen=True, eq=False)
class Analysed:
    """What :meth:`Fitter.analyse` returns: a result, pooled where something is imputed, and what it rests on.

    ``matrix``, ``apart``, ``events`` and ``smallest_cell`` are as in :class:`FittedModel`; the domain is that
    of the first imputation.
    """

    result: CompleteDataFit | Pooled
    domain: Domain
    matrix: ModelMatrix
    apart: dict[str, str]
    events: int | None
    smallest_cell: int


@dataclass(frozen=True, eq=False)
class Fitted:
    """Every model of a cohort: in ``estimates``, in ``not_estimable``, or, in part, in both.

    Attributes:
        estimates: one row for each term of each exposure, columns :data:`ESTIMATES`. Every number of a row
            refers to its ``contrast``; ``estimate`` is the difference (linear), odds ratio (logistic) or
            prevalence ratio (poisson). ``events`` is empty for continuous outcomes. P-value and interval are
            empty with fewer than one degree of freedom.
        not_estimable: columns :data:`NOT_ESTIMABLE`: models, terms and p-values that there are not, and why.
        notes: columns :data:`NOTES`: what was left out of the covariates of a model, and levels of the
            exposure that few people have.
        imputation: columns :data:`IMPUTATIONS`: of each term of a pooled model what the imputations say
            together (``pooled``), with the fraction of missing information, the relative increase in variance
            and the relative efficiency; where they are the data's own, what each says too (1 to m).

    The tables of numbers have one column more, which is never written: what each row rests on
    (:data:`~b12sarc.disclosure.rules.SMALLEST_CELL`).
    """

    estimates: pd.DataFrame
    not_estimable: pd.DataFrame
    notes: pd.DataFrame
    imputation: pd.DataFrame


class Fitter:
    """Fits one model after another to a sample; what models have in common is set up once."""

    def __init__(
        self,
        sample: Sample,
        completed: Sample | None = None,
        subgroups: tuple[str, ...] | None = None,
    ):
        """Set up what models share.

        Args:
            sample: the cohort.
            completed: the same with its gaps filled (:meth:`Sample.completed_by`), for models whose
                ``missing`` is one of :data:`~b12sarc.spec.MULTIPLY_IMPUTED`; None: these are refused.
            subgroups: names of describe.subgroups; None: those of models.
        """
        self.sample = sample
        self.asker = Asker(sample, completed, subgroups)
        # Twenty completed data sets have a matrix each; models that share them come one after another.
        self._prepared = lru_cache(maxsize=128)(self._prepare)
        self._restricted = lru_cache(maxsize=32)(_restricted)

    def fit(self, spec: Specification) -> FittedModel:
        """Fit one model to the people of its subgroup in whom all that it needs is known.

        If any of it is imputed, in every imputation: all are fitted to the same people, and pooled.

        Raises:
            DoesNotApplyError: the model's option has nothing to change in it, or asks for what is not there.
            NotEstimableError: the cohort lacks something that it needs, or the data cannot answer.
        """
        fits: list[GlmFit] = []

        def analyse(a: Arrays) -> GlmFit:
            fits.append(a.regressors.fit(a.y, family=FAMILY[spec.estimator]))
            return fits[-1]

        found = self.analyse(spec, analyse)
        fit = PooledFit(found.result, tuple(fits)) if isinstance(found.result, Pooled) else fits[0]
        return FittedModel(fit, found.matrix, found.apart, found.events, found.smallest_cell)

    def analyse(self, spec: Specification, analyse: Callable[[Arrays], CompleteDataFit]) -> Analysed:
        """Run ``analyse`` on the arrays of a model; if any of it is imputed, in every imputation, and pool.

        Raises:
            NotEstimableError: as :meth:`fit`, or as ``analyse`` does; or imputations whose models have not
                the same columns.
        """
        asked = self.asker.asked(spec)
        arrays: list[Arrays] = []

        def one(sample: Sample) -> CompleteDataFit:
            arrays.append(self._arrays(sample, asked))
            return analyse(arrays[-1])

        imputed = asked.varies or any(map(asked.sample.is_imputed, asked.needed))
        result = asked.sample.pool(one) if imputed else one(asked.sample)
        binary = asked.sample.quantity(asked.spec.outcome).kind == "binary"
        return _analysed(result, arrays, binary=binary)

    def _arrays(self, sample: Sample, asked: Asked) -> Arrays:
        """Take the arrays of a model out of a sample without imputations, or as one of them completes it."""
        spec, terms = asked.spec, asked.terms
        drawn = any(sample.is_imputed(name) for name in (spec.exposure, *(t.var for t in terms)))
        shared = sample if drawn else asked.sample
        people = (asked.weighted, asked.mask_in(sample).tobytes())
        domain, matrix, apart, regressors = self._prepared(shared, spec.exposure, terms, *people)
        matrix = ModelMatrix(matrix.x, matrix.names, matrix.exposure, asked.left_out + matrix.notes)
        return Arrays(domain, domain.take(sample.values(spec.outcome)), matrix, apart, regressors)

    def specifications(self) -> list[Specification]:
        """Every model of the configured grid, in the order of the configuration.

        Those that rest on imputations are not among them if the sample's gaps are not filled.
        """
        every = _grid(self.sample, tuple(self.asker.subgroups))
        return [spec for spec in every if self.asker.fills or spec.missing not in MULTIPLY_IMPUTED]

    def treatments(self, outcome: str, exposure: str, adjustment: str) -> tuple[str, ...]:
        """How missing values of a model are treated: as configured, or by the imputations that there are."""
        return _treatments(self.sample, outcome, exposure, adjustment)

    def _prepare(
        self, sample: Sample, exposure: str, terms: tuple[Term, ...], weighted: Domain, mask: bytes
    ) -> tuple[Domain, ModelMatrix, dict[str, str], Regressors]:
        """Prepare what outcomes known in the same people, and estimators, share."""
        domain = self._restricted(weighted, mask)
        domain, apart = set_small_levels_apart(sample, domain, exposure, counted_in=self.sample)
        matrix = model_matrix(sample, domain, exposure, terms)
        return domain, matrix, apart, Regressors(domain, matrix.x, matrix.names)


def _analysed(result: CompleteDataFit | Pooled, arrays: list[Arrays], *, binary: bool) -> Analysed:
    """Return a result with what all imputations have in common.

    Raises:
        NotEstimableError: they do not have the same columns (a level that nobody has in one imputation).
    """
    first = arrays[0].matrix
    if any(a.matrix.names != first.names for a in arrays):
        raise NotEstimableError("the imputations give models with different columns: nothing to pool")
    # How many people a level has differs by imputation: the first one's number is said.
    said = {re.sub(r"\d+", "", note): note for a in reversed(arrays) for note in reversed(a.matrix.notes)}
    matrix = ModelMatrix(first.x, first.names, first.exposure, tuple(reversed(said.values())))
    apart = {level: why for a in arrays for level, why in a.apart.items()}
    events = round(sum(int(a.y.sum()) for a in arrays) / len(arrays)) if binary else None
    least = min(smallest_cell(a.matrix, a.y, binary=binary) for a in arrays)
    return Analysed(result, arrays[0].domain, matrix, apart, events, least)


def fit_grid(
    frame: pd.DataFrame,
    meta: FrameMeta,
    project: Project,
    progress: Callable[[int, int], None] | None = None,
    imputed: pd.DataFrame | None = None,
    completed: pd.DataFrame | None = None,
) -> Fitted:
    """Fit every model of the configuration to one cohort: complete cases per model, and gaps imputed.

    A model with an imputed variable is fitted in each imputation and pooled (``missing`` is ``mi_dxa`` where
    only the data's own imputations are used, ``mi`` where the project's are, ``mi_nested`` where both are).

    Args:
        frame: analysis frame, every row of the survey.
        meta: what its columns are.
        project: the configuration.
        progress: called with (models done, models in all) after each model.
        imputed: long frame of the cohort's imputed variables.
        completed: long frame of what was imputed by the project (completed.parquet).
    """
    sample = Sample.of(frame, meta, project, imputed)
    fitter = Fitter(sample, None if completed is None else sample.completed_by(completed))
    specifications = fitter.specifications()
    found: dict[Specification, FittedModel | str] = {}
    # Models that share their people and their matrix come one after another; the tables keep the other order.
    for spec in sorted(specifications, key=lambda s: (s.exposure, s.adjustment, s.subgroup)):
        try:
            found[spec] = fitter.fit(spec)
        except NotEstimableError as error:
            found[spec] = error.reason
        if progress is not None:
            progress(len(found), len(specifications))
    return _tabulate(sample, {spec: found[spec] for spec in specifications})


def _restricted(weighted: Domain, mask: bytes) -> Domain:
    return weighted.restrict(np.frombuffer(mask, dtype=bool))


def _grid(sample: Sample, subgroups: tuple[str, ...]) -> Iterator[Specification]:
    models = sample.project.analysis.models
    lacking = tuple(name for name in models.subgroups if missing_subgroup(sample, name))
    for outcome in models.outcomes:
        continuous = sample.quantity(outcome).kind == "continuous"
        estimators = models.continuous_outcomes if continuous else models.binary_outcomes
        for exposure in models.exposures:
            for adjustment in models.adjustments:
                for subgroup in subgroups + lacking:
                    for estimator in estimators:
                        for missing in _treatments(sample, outcome, exposure, adjustment):
                            yield Specification(outcome, exposure, adjustment, subgroup, estimator, missing)


def _treatments(sample: Sample, outcome: str, exposure: str, adjustment: str) -> tuple[str, ...]:
    """How missing values of a model are treated: as configured, or by the imputations that the data have."""
    analysis = sample.project.analysis
    terms, _ = usable_terms(sample, analysis.terms(adjustment), exposure, outcome)
    names = (outcome, exposure, *(term.var for term in terms))
    imputed = any(map(sample.is_imputed, names))
    return tuple(WITH_DXA[m] if imputed else m for m in analysis.models.missing)


def _tabulate(sample: Sample, found: dict[Specification, FittedModel | str]) -> Fitted:
    estimates, reasons, notes, imputation = [], [], [], []
    level = sample.project.analysis.confidence_level
    for spec, model in found.items():
        key = {"cohort": sample.cohort, **spec.key()}
        if isinstance(model, str):
            reasons.append({**key, "reason": model})
            continue
        least = {SMALLEST_CELL: model.smallest_cell}
        ratio = spec.estimator != "linear"
        estimates += [{**key, **row, **least} for row in term_rows(model, level, ratio=ratio)]
        reasons += [{**key, "reason": reason} for reason in model.apart.values()]
        reasons += [{**key, "reason": model.fit.reason}] if model.fit.reason else []
        notes += [{**key, "note": note} for note in model.matrix.notes]
        rows = _imputation_rows(model, each=spec.missing == MI_DXA)
        imputation += [{**key, **row, **least} for row in rows]
    table = pd.DataFrame(estimates, columns=[*ESTIMATES, SMALLEST_CELL]).astype(
        dict.fromkeys(_INTEGERS, "Int64") | {"df": "float64"}
    )
    return Fitted(
        table,
        pd.DataFrame(reasons, columns=list(NOT_ESTIMABLE)),
        pd.DataFrame(notes, columns=list(NOTES)),
        pd.DataFrame(imputation, columns=[*IMPUTATIONS, SMALLEST_CELL]),
    )


def _imputation_rows(model: FittedModel, *, each: bool) -> Iterator[dict[str, object]]:
    if isinstance(model.fit, PooledFit):
        for term in model.matrix.exposure:
            for row in model.fit.by_imputation(term.position, term.multiply, each=each):
                yield {"term": term.name, **row}


def term_rows(model: FittedModel, level: float, *, ratio: bool) -> Iterator[dict[str, object]]:
    """Yield the numbers of each term of the exposure, as columns of the estimates."""
    fit = model.fit
    limits, se, p_value = fit.conf_int(level), fit.se, fit.p_value
    df = np.broadcast_to(np.asarray(fit.df, dtype=float), se.shape)
    for term in model.matrix.exposure:
        at = term.position
        numbers = _contrast(term, fit.coef[at], se[at], limits[at], ratio=ratio)
        yield {
            "term": term.name,
            "contrast": term.contrast,
            "n": fit.n,
            "events": model.events,
            "n_psu": fit.n_psu,
            "n_strata": fit.n_strata,
            "df": df[at],
            "p_value": p_value[at],
            **numbers,
        }


def _contrast(
    term: ExposureTerm, coef: float, se: float, limits: np.ndarray, *, ratio: bool
) -> dict[str, float]:
    """The numbers of a coefficient as its contrast states them; a negative multiple swaps the limits."""
    low, high = limits * term.multiply if term.multiply > 0 else limits[::-1] * term.multiply
    link = {"coef": coef * term.multiply, "coef_low": low, "coef_high": high}
    shown = dict(zip(("estimate", "conf_low", "conf_high"), link.values(), strict=True))
    if ratio:
        shown = {name: float(np.exp(value)) for name, value in shown.items()}
    return {**link, "se": se * abs(term.multiply), **shown}
