"""Direct age standardisation with design-based standard errors (R: ``svystandardize``, then ``svymean``).

The standardised mean is sum over bands of W_a m_a, with m_a the weighted mean in band a and W_a the band's
share of the standard population. Its score is W_a (x - m_a) / N_a for a row of band a, N_a being the band's
weighted size, so the covariance between bands, which share PSUs, is all there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from b12sarc.design import AnalysisDomain
from b12sarc.estimators import Estimate, Proportion, adjusted_n, korn_graubard
from b12sarc.estimators._domain import column, standard_error, t_estimate
from b12sarc.inference import TOO_FEW_DF, NotEstimableError


@dataclass(frozen=True, eq=False)
class JointMeans:
    """Means of several groups, and how they vary together.

    Attributes:
        levels: the groups, ascending, shape (g,).
        estimate: their means, shape (g,).
        cov: design-based covariance, shape (g, g).
        df: design degrees of freedom of the whole domain.
        n: rows of each group, shape (g,).
    """

    levels: np.ndarray
    estimate: np.ndarray
    cov: np.ndarray
    df: int
    n: np.ndarray


def age_bands(age: np.ndarray, starts: Sequence[float]) -> np.ndarray:
    """Position (0..b-1) of the band of each age; the last band has no end.

    Args:
        age: ages in years, shape (n,), none below the first band or NaN.
        starts: first age of each band, ascending. Start the last one at or below every cycle's top code.

    Raises:
        ValueError: an age below the first band, NaN, or starts that do not ascend.
    """
    age, edges = np.asarray(age, dtype=float), np.asarray(starts, dtype=float)
    if (np.diff(edges) <= 0).any():
        raise ValueError(f"bands must start at ascending ages, got {edges}")
    if not (age >= edges[0]).all():
        raise ValueError(f"ages must be {edges[0]:g} or over: restrict the domain first")
    return np.searchsorted(edges, age, side="right") - 1


def standardised_mean(
    domain: AnalysisDomain,
    x: np.ndarray,
    band: np.ndarray,
    population: Sequence[float] | np.ndarray,
    *,
    level: float = 0.95,
) -> Estimate:
    """Age-standardised mean of ``x``, with a t interval on the design df.

    Args:
        domain: the rows and their design.
        x: values over the domain's rows, shape (n,).
        band: age band of each row, 0..b-1, shape (n,) (:func:`age_bands`).
        population: standard population of each band, shape (b,), in any unit.
        level: confidence level.

    Raises:
        NotEstimableError: the domain is empty, or nobody in it is of some band.
        ValueError: NaN, a wrong length, a band without a population, or a population that is not above zero.
    """
    parts, se = _with_se(domain, column(domain, x), band, population)
    return t_estimate(domain, parts.mean, se, level)


def standardised_proportion(
    domain: AnalysisDomain,
    event: np.ndarray,
    band: np.ndarray,
    population: Sequence[float] | np.ndarray,
    *,
    level: float = 0.95,
) -> Proportion:
    """Age-standardised proportion with its Korn-Graubard interval.

    The effective sample size is n over the design effect, whose denominator is the variance that the
    standardised proportion would have in a simple random sample, sum of W_a^2 p_a (1 - p_a) / n_a, as in
    NCHS's macro ``calculate_KornGraubard_CIs`` (version 2.0, 2021); from there on as in
    :func:`b12sarc.estimators.proportion`. NCHS's rules of presentation apply to the result.

    Args:
        domain: the rows and their design.
        event: booleans or 0/1 over the domain's rows, shape (n,).
        band: age band of each row, as for :func:`standardised_mean`.
        population: standard population of each band.
        level: confidence level.

    Raises:
        NotEstimableError: as for :func:`standardised_mean`.
        ValueError: as there, or values other than 0 and 1.
    """
    x = column(domain, event, "event")
    if not np.isin(x, (0, 1)).all():
        raise ValueError("event must be 0/1 or booleans")
    parts, se = _with_se(domain, x, band, population)
    events, n = int(x.sum()), domain.n
    p, se = (float(events == n), 0.0) if events in (0, n) else (parts.mean, se)
    random_sample = float(_shares(population) ** 2 @ (parts.means * (1 - parts.means) / parts.n))
    n_eff = min(n * random_sample / se**2, float(n)) if se > 0 else float(n)
    reason = "" if domain.df >= 1 else TOO_FEW_DF
    n_star = adjusted_n(n_eff, n, domain.df, level)
    low, high = (np.nan, np.nan) if reason else korn_graubard(p, n_star, level)
    return Proportion(p, se, domain.df, low, high, n, reason, events=events, n_eff=n_eff)


def joint_means(
    domain: AnalysisDomain,
    x: np.ndarray,
    group: np.ndarray,
    band: np.ndarray | None = None,
    population: Sequence[float] | np.ndarray | None = None,
) -> JointMeans:
    """Means of ``x`` in each group, crude or age-standardised, with their joint covariance.

    Args:
        domain: the rows and their design.
        x: values over the domain's rows, shape (n,).
        group: group of each row, shape (n,), sortable (a survey cycle).
        band: age band of each row; without it the means are crude.
        population: standard population of each band.

    Raises:
        NotEstimableError: the domain is empty, or nobody of a group is of some band.
        ValueError: as for :func:`standardised_mean`.
    """
    x, group = column(domain, x), np.asarray(group)
    if group.shape != (domain.n,):
        raise ValueError(f"group must hold the domain's {domain.n} rows, got shape {group.shape}")
    if band is None and population is None:
        band, population = np.zeros(domain.n, dtype=int), np.ones(1)
    if band is None or population is None:
        raise ValueError("standardised means need both the bands and their population")
    band, share = _checked_band(domain, band, population), _shares(population)
    levels, position = np.unique(group, return_inverse=True)
    scores = np.zeros((domain.n, len(levels)))

    def means(weights: np.ndarray) -> list[_Parts]:
        groups = ((label, position == g) for g, label in enumerate(levels))
        return [_standardise(x[at], weights[at], band[at], share, f" in {label}") for label, at in groups]

    parts = means(domain.weights)
    for g, of_group in enumerate(parts):
        scores[position == g, g] = of_group.scores
    cov = domain.covariance(scores, lambda w: np.array([one.mean for one in means(w)]))
    return JointMeans(levels, np.array([one.mean for one in parts]), cov, domain.df, np.bincount(position))


class _Parts(NamedTuple):
    mean: float
    scores: np.ndarray
    means: np.ndarray
    n: np.ndarray


def _with_se(
    domain: AnalysisDomain, x: np.ndarray, band: np.ndarray, population: Sequence[float] | np.ndarray
) -> tuple[_Parts, float]:
    band, share = _checked_band(domain, band, population), _shares(population)
    parts = _standardise(x, domain.weights, band, share)
    return parts, standard_error(domain, parts.scores, lambda w: _standardise(x, w, band, share).mean)


def _standardise(
    x: np.ndarray, weights: np.ndarray, band: np.ndarray, share: np.ndarray, where: str = ""
) -> _Parts:
    """Standardised mean, its score at each row, and the mean and number of rows of each band."""
    n = np.bincount(band, minlength=len(share))
    if (n == 0).any():
        empty = ", ".join(str(a + 1) for a in np.flatnonzero(n == 0))
        raise NotEstimableError(f"nobody{where} in age band {empty} of {len(share)}: no standardised mean")
    size = np.bincount(band, weights, minlength=len(share))
    if (size == 0).any():
        empty = ", ".join(str(a + 1) for a in np.flatnonzero(size == 0))
        raise NotEstimableError(f"nobody{where} in age band {empty} has a weight: no standardised mean")
    means = np.bincount(band, weights * x, minlength=len(share)) / size
    return _Parts(float(share @ means), (share / size)[band] * (x - means[band]), means, n)


def _checked_band(
    domain: AnalysisDomain, band: np.ndarray, population: Sequence[float] | np.ndarray
) -> np.ndarray:
    band, bands = np.asarray(band), len(population)
    if band.shape != (domain.n,) or band.dtype.kind not in "iu":
        raise ValueError(f"band must be {domain.n} integers, got {band.dtype} of shape {band.shape}")
    if domain.n and (band.min() < 0 or band.max() >= bands):
        raise ValueError(f"bands run from {band.min()} to {band.max()}, with {bands} populations")
    return band


def _shares(population: Sequence[float] | np.ndarray) -> np.ndarray:
    population = np.asarray(population, dtype=float)
    if population.ndim != 1 or not (np.isfinite(population) & (population > 0)).all():
        raise ValueError("the standard population of every band must be above zero")
    return population / population.sum()
