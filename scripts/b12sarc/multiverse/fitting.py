"""One specification after another: fitted once, however many choices lead to the same model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from b12sarc.design import SurveyDesign
from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.fit import FAMILY, Arrays, FittedModel, Fitter, term_rows
from b12sarc.glm import GlmFit
from b12sarc.inference import NotEstimableError
from b12sarc.model_matrix import ExposureTerm
from b12sarc.multiverse.orient import exposure_factor, outcome_factor
from b12sarc.pooled_models import PooledFit
from b12sarc.pooling import Pooled
from b12sarc.sample import Sample
from b12sarc.spec import Multiverse
from b12sarc.specification import Specification


class SameModelError(Exception):
    """Other choices have led to this model before."""

    def __init__(self, first: Specification):
        self.first = first
        super().__init__(str(first))


@dataclass(frozen=True, eq=False)
class Specified:
    """A fitted specification: its numbers alone, since thousands are held at once.

    Attributes:
        row: the row of the estimates that stands for it (columns of :data:`b12sarc.fit.ESTIMATES`).
        reason: why it has no interval; empty: it has.
        factor: what turns the coefficient of the contrast into an oriented standardised difference.
        totals: weighted PSU totals of the coefficient's influence function, shape (PSUs of the design,);
            of a pooled model the mean over the imputations; None: the design has no PSUs.
    """

    row: dict[str, object]
    reason: str
    factor: float
    totals: np.ndarray | None


@dataclass
class _Parts:
    """What the imputations of a model, or its only fit, leave behind."""

    fits: list[GlmFit] = field(default_factory=list)
    terms: list[ExposureTerm] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    totals: list[np.ndarray] = field(default_factory=list)


class SpecificationFitter:
    """Fits specifications; a model that was fitted before is refused by name."""

    def __init__(self, sample: Sample, multiverse: Multiverse, fitter: Fitter):
        self._sample, self._multiverse, self._fitter = sample, multiverse, fitter
        self._seen: dict[bytes, Specification] = {}

    def fit(self, spec: Specification) -> Specified:
        """Fit a specification.

        Raises:
            SameModelError: an earlier one has the same people, outcome, columns and estimator.
            NotEstimableError: the data cannot answer.
        """
        parts = _Parts()
        found = self._fitter.analyse(spec, lambda arrays: self._one(spec, arrays, parts))
        result, fits = found.result, tuple(parts.fits)
        fit = PooledFit(result, fits) if isinstance(result, Pooled) else fits[0]
        model = FittedModel(fit, found.matrix, found.apart, found.events, found.smallest_cell)
        totals = np.mean(parts.totals, axis=0) if parts.totals else None
        level = self._sample.project.analysis.confidence_level
        rows = term_rows(model, level, ratio=spec.estimator != "linear")
        row = next(row for row in rows if row["term"] == parts.terms[0].name)
        row[SMALLEST_CELL] = found.smallest_cell
        return Specified(row, fit.reason, float(np.mean(parts.factors)), totals)

    def _one(self, spec: Specification, arrays: Arrays, parts: _Parts) -> GlmFit:
        """Fit the model to the data as they are, or as one imputation completes them."""
        if not parts.fits:
            self._refuse_same(spec, arrays)
        family, term = FAMILY[spec.estimator], self._term(spec, arrays)
        fit = arrays.regressors.fit(arrays.y, family=family)
        parts.fits.append(fit)
        parts.terms.append(term)
        parts.factors.append(self._factor(spec, arrays, term))
        design = getattr(arrays.domain, "design", None)
        if isinstance(design, SurveyDesign):
            values = arrays.regressors.influence(arrays.y, fit, family=family, at=term.position)
            codes = design.psu[arrays.domain.rows]
            weighted = arrays.domain.weights * values * term.multiply
            parts.totals.append(np.bincount(codes, weighted, minlength=len(design.psu_stratum)))
        return fit

    def _refuse_same(self, spec: Specification, arrays: Arrays) -> None:
        """Refuse a model that was fitted before, and note this one.

        Of a model that is fitted in several imputations the first one tells: where nothing was imputed, it is
        the model of complete cases.
        """
        regressors = arrays.regressors
        content = hashlib.sha256(regressors.digest)
        content.update(np.ascontiguousarray(arrays.y).data)
        content.update(spec.estimator.encode())
        first = self._seen.setdefault(content.digest(), spec)
        if first != spec:
            raise SameModelError(first)

    def _term(self, spec: Specification, arrays: Arrays) -> ExposureTerm:
        """Return the term that stands for the specification.

        Raises:
            NotEstimableError: the level that stands for the exposure is set apart or empty.
        """
        level = self._multiverse.exposures[spec.exposure].level
        terms = arrays.matrix.exposure
        if level is None:
            return terms[0]
        for term in terms:
            if term.name.endswith(f"[{level}]"):
                return term
        name = f"{spec.exposure}[{level}]"
        raise NotEstimableError(arrays.apart.get(name, f"{name}: nobody here has this level"))

    def _factor(self, spec: Specification, arrays: Arrays, term: ExposureTerm) -> float:
        exposure = self._multiverse.exposures[spec.exposure]
        direction = exposure.direction * self._multiverse.outcomes[spec.outcome].direction
        weights = arrays.domain.weights
        continuous = self._sample.quantity(spec.exposure).kind == "continuous"
        of_exposure = exposure_factor(arrays.matrix.x[:, term.position], weights, continuous=continuous)
        of_outcome = outcome_factor(arrays.y, weights, spec.estimator)
        return direction * of_exposure * of_outcome / abs(term.multiply)
