"""The models that sensitivity analyses depart from, fitted once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from b12sarc.design import AnalysisDomain
from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.fit import FittedModel, Fitter, term_rows
from b12sarc.inference import NotEstimableError
from b12sarc.sample import Sample
from b12sarc.spec import Sensitivity
from b12sarc.specification import Specification

MODEL = ("cohort", "outcome", "exposure", "term", "contrast", "adjustment", "estimator", "missing")
"""Columns that name a model in every table of sensitivity analyses."""


@dataclass(frozen=True, eq=False)
class Departures:
    """A cohort whose models are departed from.

    Attributes:
        sample: the cohort.
        spec: what is asked.
        fitter: fits models, the main ones and others.
    """

    sample: Sample
    spec: Sensitivity
    fitter: Fitter
    _found: dict[Specification, FittedModel | str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, sample: Sample) -> Departures:
        """Return the cohort with what its configuration asks."""
        spec = sample.project.analysis.sensitivity
        if spec is None:
            raise ValueError("the configuration has no sensitivity analyses")
        return cls(sample, spec, Fitter(sample))

    @property
    def level(self) -> float:
        """Confidence level of all intervals."""
        return self.sample.project.analysis.confidence_level

    def specification(self, outcome: str, exposure: str, estimator: str = "") -> Specification:
        """Return the main model of an exposure and an outcome, by the first estimator or the one named."""
        models = self.sample.project.analysis.models
        binary = self.sample.quantity(outcome).kind == "binary"
        first = (models.binary_outcomes if binary else models.continuous_outcomes)[0]
        missing = self.fitter.treatments(outcome, exposure, self.spec.adjustment)[0]
        names = (outcome, exposure, self.spec.adjustment, models.subgroups[0])
        return Specification(*names, estimator or first, missing)

    def main(self) -> Iterator[tuple[Specification, FittedModel]]:
        """Yield every main model that the cohort can answer."""
        for outcome in self.spec.outcomes:
            for exposure in self.spec.exposures:
                spec = self.specification(outcome, exposure)
                model = self.fitted(spec)
                if isinstance(model, FittedModel):
                    yield spec, model

    def fitted(self, spec: Specification) -> FittedModel | str:
        """Return a model, fitted once, or the reason why there is none."""
        if spec not in self._found:
            try:
                self._found[spec] = self.fitter.fit(spec)
            except NotEstimableError as error:
                self._found[spec] = error.reason
        return self._found[spec]

    def rows(self, spec: Specification, model: FittedModel) -> list[dict[str, object]]:
        """Return the numbers of each term of the exposure, with the columns that name the model."""
        named = {"cohort": self.sample.cohort, **spec.key()}
        rows = term_rows(model, self.level, ratio=spec.estimator != "linear")
        return [{**named, **row, SMALLEST_CELL: model.smallest_cell} for row in rows]


def spread(domain: AnalysisDomain, x: np.ndarray) -> float:
    """Return the weighted standard deviation of ``x`` (n,) over a domain, as the root of R's ``svyvar``."""
    w, n = domain.weights, len(x)
    centre = np.average(x, weights=w)
    return float(np.sqrt(n / (n - 1) * np.average((x - centre) ** 2, weights=w)))
