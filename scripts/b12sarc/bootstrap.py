"""Rao-Wu rescaled bootstrap of a stratified cluster design, and a joint test of many estimates with it.

In each stratum of n_h PSUs, n_h - 1 are drawn with replacement; the weights of a PSU drawn r times are
multiplied by r n_h / (n_h - 1) (Rao, Wu and Yue 1992, Survey Methodology 18:209-217). What an estimate then
becomes is taken to first order, from its influence function: the sum over PSUs of (factor - 1) times the
PSU's total. So thousands of models under hundreds of replicates are one matrix product, not as many fits,
and the variance over the replicates is that of Taylor linearisation exactly.

The joint null hypothesis, that no specification has an effect, is put on the estimates by centring: what the
replicates deviate from the estimate is what the estimate would have deviated from nothing (the bootstrap of
Simonsohn, Simmons and Nelson 2020, Nature Human Behaviour 4:1208-1214, with the survey's design in place of
resampled rows). All specifications share the draws, so their dependence is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from b12sarc.design import SurveyDesign


def rao_wu_factors(design: SurveyDesign, *, draws: int, seed: int, sample: str) -> np.ndarray:
    """Return by what the weights of each PSU are multiplied in each replicate, shape (draws, PSUs).

    The draws of a stratum depend on the seed, the sample and the stratum's label alone: two cohorts that
    take people from the same survey share them, so their estimates are as dependent as they are.

    Args:
        design: every row of the survey; a stratum of one PSU is left as it is.
        draws: number of replicates.
        seed: seed of everything that is random.
        sample: what survey the strata are of.
    """
    factors = np.ones((draws, len(design.psu_stratum)))
    for code, label in enumerate(design.stratum_labels):
        members = np.flatnonzero(design.psu_stratum == code)
        n = len(members)
        if n > 1:
            rng = np.random.default_rng([seed, *f"{sample}/{label}".encode()])
            drawn = rng.multinomial(n - 1, np.full(n, 1 / n), size=draws)
            factors[:, members] = drawn * (n / (n - 1))
    return factors


def deviations(totals: np.ndarray, design: SurveyDesign, factors: np.ndarray) -> np.ndarray:
    """Return how estimates deviate in the replicates, in standard errors, shape (draws, estimates).

    One step of the influence function, over its standard deviation in all possible replicates: the square
    root of the sum over strata of n_h / (n_h - 1) times squared deviations from the stratum's mean.

    Args:
        totals: weighted PSU totals of each estimate's influence function, shape (estimates, PSUs).
        design: the design of the PSUs.
        factors: as :func:`rao_wu_factors` gives them, shape (draws, PSUs).

    Returns:
        The deviations; 0 for an estimate without variance.
    """
    stratum = design.psu_stratum
    members = np.bincount(stratum)
    belongs = (stratum[:, None] == np.arange(len(members))) / members  # (PSUs, strata)
    centred = totals - (totals @ belongs)[:, stratum]
    scale = members / np.maximum(members - 1, 1) * (members > 1)
    deviation = np.sqrt(np.square(centred) @ scale[stratum])
    raw = (factors - 1) @ totals.T
    return np.divide(raw, deviation, out=np.zeros_like(raw), where=deviation > 0)


@dataclass(frozen=True)
class Statistic:
    """One statistic of the joint test.

    Attributes:
        observed: its value in the data.
        p_value: share of the replicates under the null, the data counted among them, that reach it.
        error: Monte Carlo standard error of the p-value.
    """

    observed: float
    p_value: float
    error: float


@dataclass(frozen=True)
class JointTest:
    """Whether many estimates together are more than what chance makes of no effect at all.

    Attributes:
        median: absolute median of the effects.
        dominant: share of the effects that have the more frequent sign.
        significant: share of the effects that have the more frequent sign and an interval without the null.
        draws: replicates.
    """

    median: Statistic
    dominant: Statistic
    significant: Statistic
    draws: int


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates of one scale and orientation, with their replicates under the null.

    Attributes:
        effect: oriented effects, shape (s,); the null is 0.
        se: their standard errors, shape (s,).
        df: their degrees of freedom, shape (s,).
        replicates: oriented deviations in standard errors, shape (draws, s).
    """

    effect: np.ndarray
    se: np.ndarray
    df: np.ndarray
    replicates: np.ndarray


_NEAR = 1e-12  # of the observed value: replicates as near as this have reached it


def joint_null(estimates: Estimates, *, level: float, seed: int) -> JointTest:
    """Test that all effects are zero.

    A deviation in standard errors is normal in the replicates, but the standard error of the data was itself
    estimated, from few PSUs. Each replicate is therefore multiplied by sqrt(df / chi-squared(df)), with one
    uniform draw behind the chi-squared of every estimate: with a single specification the test is its t test.

    Args:
        estimates: with at least one estimate, every number finite and every df at least 1.
        level: confidence level of the intervals that exclude the null or not.
        seed: seed of the uniform draws.
    """
    draws = len(estimates.replicates)
    uniform = np.random.default_rng([seed, draws]).random(draws)
    df, which = np.unique(estimates.df, return_inverse=True)
    factor = np.sqrt(df / special.chdtri(df, uniform[:, None]))  # chdtri: upper tail
    t = estimates.replicates * factor[:, which]
    critical = special.stdtrit(df, (1 + level) / 2)[which]
    observed = _statistics((estimates.effect / estimates.se)[None], estimates.se, critical)
    null = _statistics(t, estimates.se, critical)
    median, dominant, significant = (_statistic(o, n) for o, n in zip(observed, null, strict=True))
    return JointTest(median, dominant, significant, draws)


def _statistics(t: np.ndarray, se: np.ndarray, critical: np.ndarray) -> tuple[np.ndarray, ...]:
    """Absolute median, share with the more frequent sign, share of clear ones with it; one for each row."""
    up = (t > 0).mean(axis=1)
    clear_up, clear_down = (t > critical).mean(axis=1), (t < -critical).mean(axis=1)
    median = np.abs(np.median(t * se, axis=1))
    return median, np.maximum(up, 1 - up), np.where(up >= 0.5, clear_up, clear_down)


def _statistic(observed: np.ndarray, null: np.ndarray) -> Statistic:
    value, draws = float(observed[0]), len(null)
    p = (1 + int((null >= value * (1 - _NEAR)).sum())) / (1 + draws)
    return Statistic(value, p, float(np.sqrt(p * (1 - p) / draws)))
