"""Means, totals, ratios and spreads (R: svymean, svytotal, svyratio, svyvar)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from b12sarc.design import AnalysisDomain
from b12sarc.estimators._domain import Estimate, column, standard_error, t_estimate, weighted_mean
from b12sarc.inference import NotEstimableError


def mean(domain: AnalysisDomain, x: np.ndarray, *, level: float = 0.95) -> Estimate:
    """Weighted mean of ``x`` (n,) over the domain's rows, with a t interval on the design df.

    Raises:
        NotEstimableError: the domain is empty (so for every estimator here).
        ValueError: wrong length or NaN (so for every estimator here).
    """
    return t_estimate(domain, *weighted_mean(domain, column(domain, x)), level)


def total(domain: AnalysisDomain, x: np.ndarray, *, level: float = 0.95) -> Estimate:
    """Population total of ``x`` (n,); of a column of ones, the population size of the domain."""
    x = column(domain, x)
    se = float(np.sqrt(domain.covariance_of_total(x[:, None])[0, 0]))
    return t_estimate(domain, float(domain.weights @ x), se, level)


def ratio(
    domain: AnalysisDomain, numerator: np.ndarray, denominator: np.ndarray, *, level: float = 0.95
) -> Estimate:
    """Ratio of two population totals; score (numerator - ratio * denominator) / total of the denominator."""
    top, bottom = column(domain, numerator, "numerator"), column(domain, denominator, "denominator")
    size = domain.weights @ bottom
    if size == 0:
        raise NotEstimableError("the denominator's total is zero")
    value = float(domain.weights @ top / size)
    se = standard_error(domain, (top - value * bottom) / size, lambda w: w @ top / (w @ bottom))
    return t_estimate(domain, value, se, level)


def geometric_mean(domain: AnalysisDomain, x: np.ndarray, *, level: float = 0.95) -> Estimate:
    """exp of the mean of log ``x``; SE by the delta method (GM * SE of the log), interval exp(mean ± t SE).

    Raises:
        NotEstimableError: a value is zero or negative.
    """
    x = column(domain, x)
    if (x <= 0).any():
        raise NotEstimableError(f"{int((x <= 0).sum())} values are not above zero: no geometric mean")
    log = mean(domain, np.log(x), level=level)
    centre = float(np.exp(log.estimate))
    low, high = float(np.exp(log.conf_low)), float(np.exp(log.conf_high))
    return replace(log, estimate=centre, se=centre * log.se, conf_low=low, conf_high=high)


def variance(domain: AnalysisDomain, x: np.ndarray, *, level: float = 0.95) -> Estimate:
    """Population variance: weighted mean of (x - mean)^2 n / (n - 1), as R's svyvar.

    Raises:
        NotEstimableError: fewer than two rows.
    """
    x = column(domain, x)
    if domain.n < 2:
        raise NotEstimableError("one row: no variance")
    correction = domain.n / (domain.n - 1)

    def spread(weights: np.ndarray) -> float:
        centre = weights @ x / weights.sum()
        return float(weights @ (x - centre) ** 2 / weights.sum() * correction)

    value, total = spread(domain.weights), domain.weights.sum()
    centre = domain.weights @ x / total
    se = standard_error(domain, ((x - centre) ** 2 * correction - value) / total, spread)
    return t_estimate(domain, value, se, level)


def standard_deviation(domain: AnalysisDomain, x: np.ndarray, *, level: float = 0.95) -> Estimate:
    """Square root of :func:`variance`; SE by the delta method, SE(variance) / (2 SD).

    Raises:
        NotEstimableError: fewer than two rows, or all values equal.
    """
    squared = variance(domain, x, level=level)
    if squared.estimate == 0:
        raise NotEstimableError("all values are equal: no standard deviation")
    sd = float(np.sqrt(squared.estimate))
    return t_estimate(domain, sd, squared.se / (2 * sd), level)
