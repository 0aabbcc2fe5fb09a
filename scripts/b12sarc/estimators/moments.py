"""Means, totals, ratios and spreads, by linearisation (R: svymean, svytotal, svyratio, svyvar)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from b12sarc.design import AnalysisDomain
from b12sarc.estimators._domain import Estimate, column, t_estimate, weighted_mean
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
    variance = domain.covariance_of_total(((top - value * bottom) / size)[:, None])[0, 0]
    return t_estimate(domain, value, float(np.sqrt(variance)), level)


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
    centre = domain.weights @ x / domain.weights.sum()
    return mean(domain, (x - centre) ** 2 * domain.n / (domain.n - 1), level=level)


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
