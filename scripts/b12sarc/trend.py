"""Trends over survey cycles, with the design's degrees of freedom.

Cycles have strata of their own, so one design over all of them knows that their estimates are independent;
its weight is the one combined over the cycles. Two ways:

- :func:`linear_trend`: people against calendar time. Each cycle counts by its (weighted) population.
- :func:`trend_of_estimates`: the cycles' estimates (age-standardised, say) against calendar time, by
  orthogonal polynomial contrasts at the cycles' true distances; each cycle counts alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from b12sarc.design import AnalysisDomain
from b12sarc.glm import fit_glm
from b12sarc.inference import TOO_FEW_DF, FTest, NotEstimableError, t_quantile, two_sided_p
from b12sarc.standardise import JointMeans

YEARS = 2.0
"""A trend is stated per two years, the length of a survey cycle."""


@dataclass(frozen=True)
class Trend:
    """A straight line over calendar time.

    Attributes:
        slope: change per two years, in the unit of the variable (0.01 is one point of a proportion).
        se: its standard error.
        df: degrees of freedom of t.
        conf_low: lower confidence limit.
        conf_high: upper one.
        p_value: of no change, two-sided.
        reason: empty, or why there is no interval and no p-value.
    """

    slope: float
    se: float
    df: int
    conf_low: float
    conf_high: float
    p_value: float
    reason: str = ""


@dataclass(frozen=True)
class TrendOfEstimates:
    """A trend through the estimates of the cycles.

    Attributes:
        linear: the straight line.
        departure: F test that the estimates lie on it; None with two cycles, which always do.
        change: F test that all cycles are equal.
    """

    linear: Trend
    departure: FTest | None
    change: FTest


def linear_trend(domain: AnalysisDomain, y: np.ndarray, year: np.ndarray, *, level: float = 0.95) -> Trend:
    """Regress ``y`` on calendar time (linear model; of an indicator, the change of its proportion).

    Args:
        domain: the rows of all cycles and their design.
        y: the variable over the domain's rows, shape (n,), no NaN.
        year: middle of the row's survey cycle in calendar years (2000.0 for 1999-2000), shape (n,).
        level: confidence level.

    Raises:
        NotEstimableError: one cycle, one value of ``y``, or an empty domain.
        ValueError: NaN or a wrong length.
    """
    year = np.asarray(year, dtype=float)
    if len(np.unique(year)) < 2:
        raise NotEstimableError("one survey cycle: no trend")
    time = (year - year.mean()) / YEARS
    x = np.column_stack([np.ones(len(time)), time])
    fit = fit_glm(domain, y, x, family="gaussian", names=("intercept", "two_years"))
    low, high = fit.conf_int(level)[1]
    slope, se, p_value = float(fit.coef[1]), float(fit.se[1]), float(fit.p_value[1])
    return Trend(slope, se, fit.df, float(low), float(high), p_value, fit.reason)


def trend_of_estimates(means: JointMeans, year: np.ndarray, *, level: float = 0.95) -> TrendOfEstimates:
    """Test the estimates of the cycles for a trend, with their joint covariance.

    The linear contrast is that of unweighted regression of the estimates on time. Its t, and both F tests,
    have the design df (``means.df``).

    Args:
        means: estimates by cycle (:func:`b12sarc.standardise.joint_means`).
        year: middle of each cycle in calendar years, shape (g,), in the order of ``means.levels``.
        level: confidence level.

    Raises:
        NotEstimableError: one cycle.
        ValueError: years that are not one a cycle, or the same twice.
    """
    year = np.asarray(year, dtype=float)
    if year.shape != means.estimate.shape or len(np.unique(year)) < len(year):
        raise ValueError(f"expected a different year for each of {len(means.estimate)} cycles, got {year}")
    if len(year) < 2:
        raise NotEstimableError("one survey cycle: no trend")
    contrasts = _orthogonal_polynomials(year)
    departure = _wald(means, contrasts[1:]) if len(year) > 2 else None
    return TrendOfEstimates(_line(means, year, level), departure, _wald(means, contrasts))


def _line(means: JointMeans, year: np.ndarray, level: float) -> Trend:
    centred = (year - year.mean()) / YEARS
    contrast = centred / (centred @ centred)
    slope = float(contrast @ means.estimate)
    se = float(np.sqrt(contrast @ means.cov @ contrast))
    half = t_quantile(level, means.df) * se
    t = slope / se if se > 0 else np.nan
    reason = TOO_FEW_DF if means.df < 1 else "" if se > 0 else "the estimates do not vary between PSUs"
    p_value = float(two_sided_p(t, means.df))
    return Trend(slope, se, means.df, slope - half, slope + half, p_value, reason)


def _wald(means: JointMeans, contrasts: np.ndarray) -> FTest:
    return FTest.wald(contrasts @ means.estimate, contrasts @ means.cov @ contrasts.T, means.df)


def _orthogonal_polynomials(year: np.ndarray) -> np.ndarray:
    """Contrasts of degree 1 to g - 1, one a row (R's ``contr.poly`` up to sign)."""
    scaled = (year - year.mean()) / np.ptp(year)
    q, _ = np.linalg.qr(np.vander(scaled, increasing=True))
    return q.T[1:]
