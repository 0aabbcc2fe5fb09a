"""Weighted quantiles with Woodruff's interval (1952, JASA 47:635-646), as R's ``svyquantile``."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from scipy import special

from b12sarc.design import AnalysisDomain
from b12sarc.estimators._domain import Estimate, column, weighted_mean
from b12sarc.estimators.proportions import korn_graubard
from b12sarc.inference import TOO_FEW_DF, NotEstimableError, t_quantile

Rule = Literal["math", "school", "hf7", "distinct"]
Interval = Literal["mean", "xlogit", "beta"]

_NO_LIMIT = "the interval for the share at or below the estimate does not stay inside 0-1"


def weighted_quantile(x: np.ndarray, weights: np.ndarray, p: float, rule: Rule = "math") -> float:
    """Quantile of a weighted sample.

    Args:
        x: values, shape (n,), no NaN.
        weights: positive weights, shape (n,).
        p: probability, 0-1.
        rule: ``"math"``: the smallest value with at least ``p`` of the weight at or below it (inverse of the
            distribution function); ``"school"``: the same, averaged with the next value where the weight is
            exactly ``p``; ``"hf7"``: Hyndman and Fan's type 7 with weights (linear between values);
            ``"distinct"``: linear between the shares at or below each distinct value, as SUDAAN, which CDC
            prints (many people share a value, so that a step would jump).

    Raises:
        NotEstimableError: no values.
        ValueError: ``p`` outside 0-1 or an unknown rule.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p must lie between 0 and 1, got {p}")
    if rule not in get_args(Rule):
        raise ValueError(f"unknown quantile rule {rule!r}")
    if len(x) == 0:
        raise NotEstimableError("no rows in the domain")
    order = np.argsort(x, kind="stable")
    x, cumulated = x[order], np.cumsum(weights[order])
    if rule == "hf7":
        if len(x) == 1:
            return float(x[0])
        return float(np.interp(p, np.append(0.0, cumulated[:-1]) / cumulated[-2], x))
    if rule == "distinct":
        last = np.append(x[1:] != x[:-1], True)
        return float(np.interp(p, cumulated[last] / cumulated[-1], x[last]))
    at = min(int(np.searchsorted(cumulated, p * cumulated[-1])), len(x) - 1)
    if rule == "school" and cumulated[at] == p * cumulated[-1] and at + 1 < len(x):
        return float(x[at] + x[at + 1]) / 2
    return float(x[at])


def quantile(
    domain: AnalysisDomain,
    x: np.ndarray,
    p: float,
    *,
    rule: Rule = "math",
    interval: Interval = "mean",
    level: float = 0.95,
) -> Estimate:
    """Weighted quantile of ``x`` (n,) over the domain's rows.

    Woodruff: an interval for the proportion at or below the estimate, read back through the quantile rule.
    The SE is the interval's width over twice the critical t.

    Args:
        domain: the rows and their design.
        x: values over the domain's rows.
        p: probability, 0-1.
        rule: see :func:`weighted_quantile`.
        interval: for that proportion: ``"mean"`` (p ± t SE), ``"xlogit"`` (the same on the logit scale) or
            ``"beta"`` (Korn-Graubard without NCHS's cap on n_eff, as R has it here).
        level: confidence level.

    Returns:
        The estimate; a limit is NaN, and ``reason`` says so, where the share's interval leaves 0-1 or all
        rows lie at or below the estimate.

    Raises:
        NotEstimableError: the domain is empty.
        ValueError: NaN, a wrong length, an unknown rule or interval.
    """
    x = column(domain, x)
    value = weighted_quantile(x, domain.weights, p, rule)
    share, se = weighted_mean(domain, (x <= value).astype(float))
    limits = _limits_of_share(share, se, domain.n, domain.df, interval, level)
    low, high = (
        weighted_quantile(x, domain.weights, limit, rule) if 0 <= limit <= 1 else np.nan for limit in limits
    )
    width_se = (high - low) / (2 * t_quantile(level, domain.df))
    reason = "" if np.isfinite(width_se) else _NO_LIMIT
    return Estimate(value, width_se, domain.df, low, high, domain.n, TOO_FEW_DF if domain.df < 1 else reason)


def _limits_of_share(
    share: float, se: float, n: int, df: int, interval: Interval, level: float
) -> tuple[float, float]:
    """Confidence limits of a proportion, on the scale that ``interval`` names."""
    if interval not in ("mean", "xlogit", "beta"):
        raise ValueError(f"unknown interval {interval!r}")
    t = t_quantile(level, df)
    if se == 0 or not 0 < share < 1 or np.isnan(t):
        return np.nan, np.nan
    if interval == "mean":
        return share - t * se, share + t * se
    variance = share * (1 - share)
    if interval == "xlogit":
        centre, half = special.logit(share), t * se / variance
        return float(special.expit(centre - half)), float(special.expit(centre + half))
    return korn_graubard(share, variance / se**2 * (t_quantile(level, n - 1) / t) ** 2, level)
