"""Which specifications the multiverse has: every combination of each grid, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from b12sarc.asked import Asker, missing_subgroup
from b12sarc.inference import NotEstimableError
from b12sarc.model_matrix import usable_terms
from b12sarc.options import DoesNotApplyError
from b12sarc.sample import Sample
from b12sarc.spec import MAIN, WITH_DXA, Grid, Multiverse
from b12sarc.specification import Specification

NOT_MEASURED = "not_measured"
SAME_MEASUREMENT = "same_measurement"
OPTION = "option_does_not_apply"
NOT_ESTIMABLE = "not_estimable"
NO_INTERVAL = "no_interval"
SAME_MODEL = "same_model"
WITHHELD = "withheld"


@dataclass(frozen=True)
class LeftOut:
    """Why a specification has no estimate of its own: a kind (``specification_curve.KINDS``) and words."""

    kind: str
    reason: str


def grids_of(multiverse: Multiverse, cohort: str) -> list[Grid]:
    """Return the grids that are for a cohort."""
    return [grid for grid in multiverse.grids.values() if not grid.cohorts or cohort in grid.cohorts]


def subgroup_names(multiverse: Multiverse, cohort: str) -> tuple[str, ...]:
    """Return the subgroups of all grids of a cohort, each once."""
    return tuple(dict.fromkeys(name for grid in grids_of(multiverse, cohort) for name in grid.subgroups))


def specifications(sample: Sample, multiverse: Multiverse, asker: Asker) -> list[Specification]:
    """Return every combination of every grid, each once, in the order of the configuration.

    A subgroup is split into the levels that the cohort has; one that it has not stays whole, to be refused.
    A model with variables that the data's own source imputed is fitted in each imputation, so ``missing`` is
    then ``mi_dxa`` or ``mi_nested``.
    """
    found = (
        spec
        for grid in grids_of(multiverse, sample.cohort)
        for outcome in multiverse.outcomes
        for exposure in multiverse.exposures
        for spec in _of_grid(sample, grid, asker, outcome, exposure)
    )
    return list(dict.fromkeys(found))


def _of_grid(
    sample: Sample, grid: Grid, asker: Asker, outcome: str, exposure: str
) -> Iterator[Specification]:
    continuous = sample.quantity(outcome).kind == "continuous"
    estimators = grid.continuous_outcomes if continuous else grid.binary_outcomes
    labels = [label for name in grid.subgroups for label in _levels(sample, asker, name)]
    for adjustment, label, option in product(grid.adjustments, labels, grid.options):
        for missing in _treatments(sample, grid, outcome, exposure, adjustment):
            for estimator in estimators:
                option = "" if option == MAIN else option
                yield Specification(outcome, exposure, adjustment, label, estimator, missing, option)


def _levels(sample: Sample, asker: Asker, name: str) -> list[str]:
    found = [label for label in asker.subgroups if label.partition("=")[0] == name]
    return [name] if missing_subgroup(sample, name) else found


def _treatments(sample: Sample, grid: Grid, outcome: str, exposure: str, adjustment: str) -> tuple[str, ...]:
    terms, _ = usable_terms(sample, sample.project.analysis.terms(adjustment), exposure, outcome)
    names = (outcome, exposure, *(term.var for term in terms))
    imputed = any(map(sample.is_imputed, names))
    return tuple(WITH_DXA[m] if imputed else m for m in grid.missing)


class Feasibility:
    """Which specifications a cohort can answer at all, before anything is fitted."""

    def __init__(self, sample: Sample, asker: Asker):
        self._sample, self._asker = sample, asker
        self._main: dict[Specification, LeftOut | None] = {}

    def why_not(self, spec: Specification) -> LeftOut | None:
        """Return why the cohort cannot answer a specification; None: it may be fitted."""
        main = replace(spec, option="", estimator="", missing="")
        if main not in self._main:
            self._main[main] = self._without_option(main)
        if self._main[main] is not None or not spec.option:
            return self._main[main]
        try:
            self._asker.asked(spec)
        except DoesNotApplyError as error:
            return LeftOut(OPTION, f"{spec.option}: {error.reason}")
        except NotEstimableError as error:
            return LeftOut(NOT_MEASURED, f"{spec.option}: {error.reason}")
        return None

    def _without_option(self, spec: Specification) -> LeftOut | None:
        lacking = [name for name in (spec.exposure, spec.outcome) if not self._sample.has(name)]
        if lacking:
            return LeftOut(NOT_MEASURED, "; ".join(map(self._sample.why_not, lacking)))
        if shared := self._sample.project.measured_in_both(spec.exposure, spec.outcome):
            what = f"exposure and outcome are made of the same measurement ({', '.join(shared)})"
            return LeftOut(SAME_MEASUREMENT, what)
        try:
            self._asker.asked(spec)
        except NotEstimableError as error:
            return LeftOut(NOT_MEASURED, error.reason)
        return None
