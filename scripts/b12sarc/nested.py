"""Nested multiple imputation: imputations of one kind of gap inside each imputation of another.

NHANES DXA comes with M = 5 imputations. The gaps that CDC did not fill are filled N times inside each, which
gives M nests of N completed data sets. Two of a nest share its DXA values, so they are more alike than two of
different nests, and Rubin's rules for MN independent imputations would state too small a variance. With
estimates Q_jl and covariances U_jl, Q_j the mean of nest j and Q the mean of all (Shen 2000, Harvard
dissertation; Rubin 2003, Statistica Neerlandica 57:3-18, section 4):

- U = mean U_jl; B = sum_j (Q_j - Q)(Q_j - Q)' / (M - 1); W = sum_jl (Q_jl - Q_j)(Q_jl - Q_j)' / (M (N - 1));
- T = U + (1 + 1/M) B + (1 - 1/N) W. (Q_j varies by the nest and by W/N, so B has W/N in it.)
- 1 / nu_m = ((1 + 1/M) B / T)^2 / (M - 1) + ((1 - 1/N) W / T)^2 / (M (N - 1)).

These df suppose that the complete data have endless ones. A survey has fifteen or thirty, so we go on as
Barnard and Rubin (1999, Biometrika 86:948-955) do. Their argument does not ask how the imputations were made:
with lambda = 1 - U/T the share of the variance that is due to missing values, the observed data have
nu_obs = (nu + 1) / (nu + 3) * nu * (1 - lambda) df, and 1 / df = 1 / nu_m + 1 / nu_obs. With N = 1 this is
Rubin's rules and Barnard and Rubin's df to the letter; with B = W = 0 it is (nu + 1) / (nu + 3) * nu.
Simulated coverage: tests/statistics/test_nested.py and docs/explanation/imputation.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from b12sarc.inference import SINGULAR, FTest, singular
from b12sarc.pooling import CompleteDataFit, Pooled, pool


@dataclass(frozen=True, eq=False)
class NestedPooled(Pooled):
    """Estimates pooled over nested imputations; all of :class:`~b12sarc.pooling.Pooled`, by the nested rules.

    Attributes:
        nests: number of nests (M); ``each`` holds nest after nest, all of the same size (N).
    """

    nests: int

    @property
    def per_nest(self) -> int:
        """Imputations in a nest (N)."""
        return self.m // self.nests

    @cached_property
    def between(self) -> np.ndarray:
        """Covariance of the means of the nests (B), shape (p, p)."""
        deviations = self._means - self.coef
        return deviations.T @ deviations / (self.nests - 1)

    @cached_property
    def inside(self) -> np.ndarray:
        """Covariance of the estimates inside a nest (W), shape (p, p); nought if a nest has one."""
        deviations = self.each - np.repeat(self._means, self.per_nest, axis=0)
        return deviations.T @ deviations / max(self.nests * (self.per_nest - 1), 1)

    @cached_property
    def due_to_missing(self) -> np.ndarray:
        """What missing values add to the covariance, (1 + 1/M) B + (1 - 1/N) W, shape (p, p)."""
        return self._of_nests + self._of_each

    @property
    def per_df(self) -> np.ndarray:
        """One over the df that the imputations alone give, shape (p,)."""
        total = np.where(np.diag(self.cov) > 0, np.diag(self.cov), 1.0)
        return self._per_df(np.diag(self._of_nests) / total, np.diag(self._of_each) / total, 1)

    @cached_property
    def relative_efficiency(self) -> np.ndarray:
        """Variance that endless nests and imputations would have, over this one's, shape (p,).

        Endless ones: U + B - W/N + W, where B - W/N, not below 0, is what the nests add by themselves.
        """
        w = np.diag(self.inside)
        nests = np.maximum(np.diag(self.between) - w / self.per_nest, 0)
        total = np.diag(self.cov)
        endless = np.diag(self.within) + nests + w
        return np.divide(endless, total, out=np.ones_like(total), where=total > 0)

    def wald_test(self, what: Sequence[int] | np.ndarray) -> FTest:
        """Test that coefficients, or contrasts of them, are all zero.

        One contrast: the square of its t. More: D1 of Li, Raghunathan and Rubin (1991, JASA 86:1065-1073) as
        Shen (2000) carries it over: the relative increases in variance due to nests and to imputations are
        taken as equal for all q contrasts, with q (M - 1) and q M (N - 1) df, and ``complete_df`` enters as
        for one coefficient.
        """
        what = np.asarray(what)
        contrast = what if what.ndim == 2 else np.eye(len(self.coef))[what]
        inside = contrast @ self.within @ contrast.T
        of = NestedPooled(self.each @ contrast.T, inside, self.complete_df, self.nests)
        q = len(contrast)
        if singular(of.within):
            return FTest(np.nan, q, np.nan, np.nan, SINGULAR)
        if q == 1:
            return FTest.of(float(of.t[0] ** 2), 1, float(of.df[0]))
        inverse = np.linalg.inv(of.within)
        r_nests, r_each = (float(np.trace(v @ inverse)) / q for v in (of._of_nests, of._of_each))
        total = 1 + r_nests + r_each
        nu = self.complete_df
        observed = (nu + 1) / (nu + 3) * nu / total
        f = float(of.coef @ inverse @ of.coef) / q / total
        return FTest.of(f, q, float(1 / (self._per_df(r_nests / total, r_each / total, q) + 1 / observed)))

    @cached_property
    def _means(self) -> np.ndarray:
        return self.each.reshape(self.nests, self.per_nest, -1).mean(axis=1)

    @cached_property
    def _of_nests(self) -> np.ndarray:
        return (1 + 1 / self.nests) * self.between

    @cached_property
    def _of_each(self) -> np.ndarray:
        return (1 - 1 / self.per_nest) * self.inside

    def _per_df(self, of_nests: np.ndarray | float, of_each: np.ndarray | float, q: int) -> np.ndarray:
        """Satterthwaite's approximation for two independent parts of a variance, of q dimensions."""
        inside = max(self.nests * (self.per_nest - 1), 1)
        return np.asarray(of_nests**2 / (q * (self.nests - 1)) + of_each**2 / (q * inside))


def pool_nested(fits: Iterable[CompleteDataFit], nest: Sequence[int]) -> Pooled:
    """Pool the same analysis of each of several nested completed data sets.

    Args:
        fits: one fit a completed data set.
        nest: the nest of each. One nest, or nests of one: these are imputations like any other.

    Raises:
        B12SarcError: fewer than two imputations.
        NotEstimableError: the fits differ in their number of coefficients.
        ValueError: nests of different size, or fits of a nest that do not follow each other.
    """
    pooled = pool(fits)
    sizes = [len(part) for part in np.split(np.asarray(nest), np.flatnonzero(np.diff(nest)) + 1)]
    if len(sizes) != len(set(nest)) or len(set(sizes)) > 1 or sum(sizes) != pooled.m:
        raise ValueError(f"{pooled.m} fits in nests of {sizes}: nests must be of one size, each in one piece")
    if len(sizes) == 1 or sizes[0] == 1:
        return pooled
    return NestedPooled(pooled.each, pooled.within, pooled.complete_df, len(sizes))
