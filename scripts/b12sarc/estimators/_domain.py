"""Checks and the interval that every estimator of a domain shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from b12sarc.design import AnalysisDomain
from b12sarc.inference import TOO_FEW_DF, NotEstimableError, t_quantile


@dataclass(frozen=True)
class Estimate:
    """One number about a population.

    Attributes:
        estimate: the point estimate, in the unit of the variable.
        se: design-based standard error, same unit.
        df: design degrees of freedom of the interval; of a pooled estimate, Barnard-Rubin (a fraction).
        conf_low: lower confidence limit.
        conf_high: upper confidence limit.
        n: rows it rests on (unweighted).
        reason: empty, or why a limit or the standard error is NaN.
    """

    estimate: float
    se: float
    df: float
    conf_low: float
    conf_high: float
    n: int
    reason: str = ""


def column(domain: AnalysisDomain, values: np.ndarray, name: str = "x") -> np.ndarray:
    """Return ``values`` as floats after checking that they are the domain's rows and finite.

    Raises:
        ValueError: another length, or NaN (restrict the domain to the rows where it is known).
        NotEstimableError: the domain is empty.
    """
    values = np.asarray(values, dtype=float)
    if values.shape != (domain.n,):
        raise ValueError(f"{name} must hold the domain's {domain.n} rows, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite: restrict the domain to the rows where it is known")
    if domain.n == 0:
        raise NotEstimableError("no rows in the domain")
    return values


def levels(domain: AnalysisDomain, codes: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the levels of a categorical column over the domain's rows, and each row's position in them.

    Raises:
        NotEstimableError: the domain is empty or the column has one level in it.
    """
    codes = np.asarray(codes)
    if codes.shape != (domain.n,):
        raise ValueError(f"{name} must hold the domain's {domain.n} rows, got shape {codes.shape}")
    if codes.dtype.kind == "f":
        column(domain, codes, name)
    if domain.n == 0:
        raise NotEstimableError("no rows in the domain")
    found, position = np.unique(codes, return_inverse=True)
    if len(found) < 2:
        raise NotEstimableError(f"{name} has one level in the domain ({found[0]})")
    return found, position


def weighted_mean(domain: AnalysisDomain, x: np.ndarray) -> tuple[float, float]:
    """Weighted mean and its standard error; score (x - mean) / sum of weights."""
    total = domain.weights.sum()
    mean = float(domain.weights @ x / total)
    se = standard_error(domain, (x - mean) / total, lambda w: w @ x / w.sum())
    return mean, se


def standard_error(domain: AnalysisDomain, scores: np.ndarray, refit: Callable[[np.ndarray], float]) -> float:
    """Standard error of one number, from its scores (n,) or from the number made under other weights."""
    covariance = domain.covariance(scores[:, None], lambda w: np.array([refit(w)]))
    return float(np.sqrt(covariance[0, 0]))


def t_estimate(domain: AnalysisDomain, estimate: float, se: float, level: float) -> Estimate:
    """Wrap an estimate with its t interval on the design degrees of freedom."""
    half = t_quantile(level, domain.df) * se
    reason = TOO_FEW_DF if domain.df < 1 else ""
    return Estimate(estimate, se, domain.df, estimate - half, estimate + half, domain.n, reason)
