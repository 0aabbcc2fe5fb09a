"""Means and proportions of imputed variables: one of each completed data set, pooled by Rubin's rules.

The estimate, its total variance T and its Barnard-Rubin degrees of freedom are those of
:mod:`b12sarc.pooling`, on the scale of the estimate itself; the complete-data df is the design df.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from b12sarc.estimators._domain import Estimate
from b12sarc.estimators.proportions import Proportion, adjusted_n, korn_graubard
from b12sarc.inference import t_quantile
from b12sarc.pooling import Pooled, ScalarFit, pool


def pooled_mean(each: Sequence[Estimate], *, level: float = 0.95) -> Estimate:
    """Pool a mean over imputations; a t interval on the Barnard-Rubin df.

    Args:
        each: the mean in each imputation, of the same rows.
        level: of the interval.
    """
    pooled = _pool(each)
    estimate, se, df = _numbers(pooled)
    half = t_quantile(level, df) * se
    return Estimate(estimate, se, df, estimate - half, estimate + half, each[0].n, pooled.reason)


def pooled_proportion(each: Sequence[Proportion], *, level: float = 0.95) -> Proportion:
    """Pool a proportion over imputations, with the interval of Korn and Graubard on its total variance.

    The steps are those of :func:`~b12sarc.estimators.proportions.proportion`, with the pooled proportion p,
    T in place of Var(p) and the Barnard-Rubin df in place of the design df: n_eff = p(1-p)/T, at most n;
    times (t_{n-1} / t_df)^2, at most n again; then Clopper-Pearson. Missing information thus widens the
    interval twice: T is larger, and df smaller. ``events`` is the mean of the counts, rounded.

    Args:
        each: the proportion in each imputation, of the same rows.
        level: of the interval.
    """
    pooled, n = _pool(each), each[0].n
    p, se, df = _numbers(pooled)
    events = round(sum(one.events for one in each) / len(each))
    n_eff = min(p * (1 - p) / se**2, float(n)) if se > 0 else float(n)
    limits = (np.nan, np.nan)
    if not pooled.reason:
        limits = korn_graubard(p, adjusted_n(n_eff, n, df, level), level)
    return Proportion(p, se, df, *limits, n, pooled.reason, events=events, n_eff=n_eff)


def _pool(each: Sequence[Estimate]) -> Pooled:
    return pool(ScalarFit(one.estimate, one.se, one.df) for one in each)


def _numbers(pooled: Pooled) -> tuple[float, float, float]:
    return float(pooled.coef[0]), float(pooled.se[0]), float(pooled.df[0])
