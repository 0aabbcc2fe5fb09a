"""An estimate of a variable, imputed or not: once, or in each imputation and then pooled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from b12sarc.design import Domain
from b12sarc.estimators import (
    Estimate,
    Proportion,
    chi_square,
    compare_means,
    mean,
    pooled_mean,
    pooled_proportion,
    proportion,
    regress_on_group,
    standardised_difference,
    standardised_difference_categorical,
)
from b12sarc.inference import FTest
from b12sarc.pooling import CompleteDataFit, ScalarFit
from b12sarc.sample import Sample

T = TypeVar("T", bound=Estimate)
Event = Callable[[np.ndarray], np.ndarray]
"""Values of a variable in the rows of a domain -> whether the event holds."""


def share_of(sample: Sample, name: str, domain: Domain, event: Event) -> Proportion:
    """Return the proportion of a domain, all known in ``name``, in which the event holds.

    Raises:
        NotEstimableError: nobody in the domain.
    """
    level = sample.project.analysis.confidence_level

    def once(completed: Sample) -> Proportion:
        return proportion(domain, event(domain.take(completed.values(name))), level=level)

    return pooled_proportion(_each(sample, once), level=level) if sample.is_imputed(name) else once(sample)


def mean_of(sample: Sample, name: str, domain: Domain) -> Estimate:
    """Return the mean of a variable in a domain in which it is known.

    Raises:
        NotEstimableError: nobody in the domain.
    """
    level = sample.project.analysis.confidence_level

    def once(completed: Sample) -> Estimate:
        return mean(domain, domain.take(completed.values(name)), level=level)

    return pooled_mean(_each(sample, once), level=level) if sample.is_imputed(name) else once(sample)


def tested(sample: Sample, name: str, domain: Domain, group: np.ndarray, *, continuous: bool) -> FTest:
    """Test that a variable is the same in all groups of a domain.

    Wald F of the means, or Rao-Scott F. Of an imputed variable (continuous or 0/1), D1 of the regression on
    the groups in each imputation.

    Raises:
        NotEstimableError: one group, or a constant variable.
    """
    groups = domain.take(group)
    if not sample.is_imputed(name):
        return (compare_means if continuous else chi_square)(domain, domain.take(sample.values(name)), groups)
    pooled = sample.pool(
        lambda completed: regress_on_group(domain, domain.take(completed.values(name)), groups)
    )
    return pooled.wald_test(range(1, len(pooled.coef)))


def difference_of(sample: Sample, name: str, domain: Domain, group: np.ndarray, *, continuous: bool) -> float:
    """Return the absolute standardised difference of two groups; of an imputed variable, the mean of those.

    Raises:
        NotEstimableError: one group, or no spread.
    """
    compare = standardised_difference if continuous else standardised_difference_categorical

    def once(completed: Sample) -> float:
        return compare(domain, domain.take(completed.values(name)), domain.take(group)).estimate

    if not sample.is_imputed(name):
        return once(sample)
    pooled = sample.pool(lambda completed: ScalarFit(once(completed), 0.0, domain.df))
    return float(pooled.coef[0])


def _each(sample: Sample, once: Callable[[Sample], T]) -> list[T]:
    """Return an estimate of each imputation, in order."""
    found: list[T] = []

    def analyse(completed: Sample) -> CompleteDataFit:
        found.append(once(completed))
        return ScalarFit(found[-1].estimate, found[-1].se, found[-1].df)

    sample.pool(analyse)
    return found
