"""Multiple imputation: one analysis in each completed data set, pooled by Rubin's rules.

For m imputations with estimates Q_i and design-based covariances U_i: Q = mean Q_i, U = mean U_i,
B = sum (Q_i - Q)(Q_i - Q)' / (m - 1), T = U + (1 + 1/m) B (Rubin, Multiple Imputation for Nonresponse in
Surveys, 1987). For one coefficient, with lambda = (1 + 1/m) B / T:

- df: 1 / (lambda^2 / (m - 1) + 1 / nu_obs), nu_obs = (nu + 1) / (nu + 3) * nu * (1 - lambda), where nu is the
  df of the analysis with nothing missing, here the design-based df of the fit (Barnard and Rubin 1999,
  Biometrika 86:948-955). Leaving nu out would promise a hundred df where a survey has fifteen PSU pairs.
- fraction of missing information: (r + 2 / (df + 3)) / (r + 1) with r = (1 + 1/m) B / U, as
  ``mice::pool.scalar``; relative efficiency 1 / (1 + FMI / m).

The imputations themselves live in :class:`~b12sarc.imputed.Imputed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import special

from b12sarc.errors import B12SarcError
from b12sarc.inference import SINGULAR, TOO_FEW_DF, FTest, NotEstimableError, singular, t_quantile


class CompleteDataFit(Protocol):
    """What pooling needs of an analysis; :class:`~b12sarc.glm.GlmFit` has it."""

    @property
    def coef(self) -> np.ndarray:
        """Estimates, shape (p,)."""

    @property
    def cov(self) -> np.ndarray:
        """Their covariance, shape (p, p)."""

    @property
    def df(self) -> float:
        """Degrees of freedom of the analysis (design-based)."""


@dataclass(frozen=True, eq=False)
class ScalarFit:
    """A single number (a mean, a proportion) as something that can be pooled.

    Attributes:
        estimate: the number, on a scale on which it is roughly normal.
        se: its standard error.
        df: its design degrees of freedom.
    """

    estimate: float
    se: float
    df: float

    @property
    def coef(self) -> np.ndarray:
        """The estimate, shape (1,)."""
        return np.array([self.estimate])

    @property
    def cov(self) -> np.ndarray:
        """The squared standard error, shape (1, 1)."""
        return np.array([[self.se**2]])


@dataclass(frozen=True, eq=False)
class Pooled:
    """Estimates pooled over imputations.

    Attributes:
        each: estimates of each imputation, shape (m, p).
        within: mean of their covariances (U), shape (p, p).
        complete_df: df of the analysis with nothing missing (the least of the imputations' fits).
    """

    each: np.ndarray
    within: np.ndarray
    complete_df: float

    @property
    def m(self) -> int:
        """Number of imputations."""
        return len(self.each)

    @cached_property
    def coef(self) -> np.ndarray:
        """Pooled estimates, shape (p,)."""
        return self.each.mean(axis=0)

    @cached_property
    def between(self) -> np.ndarray:
        """Covariance of the estimates between imputations (B), shape (p, p)."""
        deviations = self.each - self.coef
        return deviations.T @ deviations / (self.m - 1)

    @cached_property
    def due_to_missing(self) -> np.ndarray:
        """What missing values add to the covariance, (1 + 1/m) B, shape (p, p)."""
        return (1 + 1 / self.m) * self.between

    @cached_property
    def cov(self) -> np.ndarray:
        """Total covariance (T), shape (p, p)."""
        return self.within + self.due_to_missing

    @cached_property
    def se(self) -> np.ndarray:
        """Standard errors, shape (p,)."""
        return np.sqrt(np.diag(self.cov))

    @cached_property
    def variance_share(self) -> np.ndarray:
        """Share of the total variance that is due to missing values (lambda), shape (p,)."""
        total = np.diag(self.cov)
        due = np.diag(self.due_to_missing)
        return np.divide(due, total, out=np.zeros_like(total), where=total > 0)

    @cached_property
    def variance_increase(self) -> np.ndarray:
        """Relative increase in variance due to missing values (r, or RIV), shape (p,)."""
        with np.errstate(divide="ignore"):
            return self.variance_share / (1 - self.variance_share)

    @cached_property
    def df(self) -> np.ndarray:
        """Barnard-Rubin degrees of freedom, shape (p,); ``complete_df`` itself where that is below 1."""
        if self.complete_df < 1:
            return np.full(len(self.coef), float(self.complete_df))
        observed = (1 - 2 / (self.complete_df + 3)) * self.complete_df * (1 - self.variance_share)
        with np.errstate(divide="ignore"):
            return 1 / (self.per_df + 1 / observed)

    @property
    def per_df(self) -> np.ndarray:
        """One over the df that the imputations alone give (Rubin 1987), lambda^2 / (m - 1), shape (p,)."""
        return self.variance_share**2 / (self.m - 1)

    @cached_property
    def fmi(self) -> np.ndarray:
        """Fraction of missing information, shape (p,)."""
        share = self.variance_share
        return share + (1 - share) * 2 / (self.df + 3)

    @cached_property
    def relative_efficiency(self) -> np.ndarray:
        """Efficiency of m imputations relative to infinitely many, shape (p,)."""
        return 1 / (1 + self.fmi / self.m)

    @cached_property
    def t(self) -> np.ndarray:
        """Estimates over standard errors, shape (p,)."""
        return np.divide(self.coef, self.se, out=np.full(len(self.coef), np.nan), where=self.se > 0)

    @cached_property
    def p_value(self) -> np.ndarray:
        """Two-sided p-values of t with ``df``, shape (p,); NaN where ``df`` < 1."""
        return np.where(self.df >= 1, 2 * special.stdtr(self.df, -np.abs(self.t)), np.nan)

    @property
    def reason(self) -> str:
        """Empty, or why some p-values and intervals are NaN."""
        return TOO_FEW_DF if (self.df < 1).any() else ""

    def conf_int(self, level: float = 0.95) -> np.ndarray:
        """Confidence limits, shape (p, 2); NaN where ``df`` < 1."""
        half = np.array([t_quantile(level, df) for df in self.df]) * self.se
        return np.column_stack([self.coef - half, self.coef + half])

    def wald_test(self, what: Sequence[int] | np.ndarray) -> FTest:
        """Test that coefficients, or contrasts of them, are all zero.

        One contrast: the square of its t, with Barnard-Rubin df. More: D1 of Li, Raghunathan and Rubin (1991,
        JASA 86:1065-1073), which takes the relative increase in variance as equal for all contrasts, with
        Reiter's (2007, Biometrika 94:502-508) df for a finite ``complete_df``; ``mice::D1`` does the same.

        Args:
            what: positions of the coefficients, or a contrast matrix of shape (q, p).

        Returns:
            The test. It is NaN, with its reason, where the covariance is singular, or Reiter's expansion does
            not hold: q (m - 1) <= 4, or more missing information than ``complete_df`` can bear.
        """
        what = np.asarray(what)
        contrast = what if what.ndim == 2 else np.eye(len(self.coef))[what]
        of = Pooled(self.each @ contrast.T, contrast @ self.within @ contrast.T, self.complete_df)
        q = len(contrast)
        if singular(of.within):
            return FTest(np.nan, q, np.nan, np.nan, SINGULAR)
        if q == 1:
            return FTest.of(float(of.t[0] ** 2), 1, float(of.df[0]))
        inverse = np.linalg.inv(of.within)
        increase = (1 + 1 / self.m) * float(np.trace(of.between @ inverse)) / q
        f = float(of.coef @ inverse @ of.coef) / q / (1 + increase)
        df = _reiter(increase, q * (self.m - 1), self.complete_df)
        if df is None:
            reason = f"too few imputations ({self.m}) or degrees of freedom for a joint test of {q}"
            return FTest(f, q, np.nan, np.nan, reason)
        return FTest.of(f, q, df)


def pool(fits: Iterable[CompleteDataFit]) -> Pooled:
    """Pool the same analysis of each completed data set (nested ones: :func:`b12sarc.nested.pool_nested`).

    Raises:
        B12SarcError: fewer than two imputations.
        NotEstimableError: the fits differ in their number of coefficients.
    """
    fits = list(fits)
    require_two(len(fits), "multiple imputation")
    if len({len(fit.coef) for fit in fits}) > 1:
        raise NotEstimableError("the imputations give models of different size: nothing to pool")
    return Pooled(
        each=np.array([fit.coef for fit in fits], dtype=float),
        within=np.mean([fit.cov for fit in fits], axis=0),
        complete_df=min(fit.df for fit in fits),
    )


def require_two(m: int, where: str) -> None:
    """Refuse a number of imputations that has no variance between them.

    Raises:
        B12SarcError: ``m`` is below 2.
    """
    if m < 2:
        raise B12SarcError.at(
            where,
            f"{m} imputation{'s' * (m != 1)}: the variance between imputations needs at least two",
            "give every imputation that was made (NHANES DXA has five)",
        )


def _reiter(increase: float, t: int, complete_df: float) -> float | None:
    """Denominator df of D1 (Reiter 2007, equations 1 and 2); None where the expansion does not hold."""
    if t <= 4:
        return None
    a = increase * t / (t - 2)
    observed = (complete_df + 1) / (complete_df + 3) * complete_df
    two, four = observed - 2 * (1 + a), observed - 4 * (1 + a)
    if four <= 0:
        return None
    terms = (
        a**2 * two / ((1 + a) ** 2 * four)
        + 8 * a**2 * two / ((1 + a) * four**2)
        + 4 * a**2 / ((1 + a) * four)
        + 4 * a**2 / (four * two)
        + 16 * a**2 * two / four**3
        + 8 * a**2 / four**2
    )
    return 4 + 1 / (1 / four + terms / (t - 4))
