"""Restricted cubic splines: a smooth curve that is straight beyond its outer knots.

The basis is Harrell's truncated power basis (Regression Modeling Strategies, 2nd edition 2015, section
2.4.5), as ``Hmisc::rcspline.eval(inclx = TRUE)``: for knots t_1 < ... < t_k the columns x and, for
j = 1 .. k - 2,

    ((x - t_j)+^3 - (x - t_{k-1})+^3 (t_k - t_j) / (t_k - t_{k-1})
                  + (x - t_k)+^3 (t_{k-1} - t_j) / (t_k - t_{k-1})) / (t_k - t_1)^2.

The first coefficient alone is a straight line, so the curve is one where all others are zero: the Wald test
of these is the test of non-linearity, the test of all k - 1 that of any association.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from b12sarc.estimators import weighted_quantile
from b12sarc.inference import NotEstimableError


@dataclass(frozen=True)
class Spline:
    """A restricted cubic spline.

    Attributes:
        knots: at least three, ascending, in the units of x.
    """

    knots: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.knots) < 3 or not (np.diff(self.knots) > 0).all():
            raise ValueError(f"expected three or more ascending knots, got {self.knots}")

    @property
    def columns(self) -> int:
        """Columns of the basis: one fewer than knots."""
        return len(self.knots) - 1

    def basis(self, x: np.ndarray) -> np.ndarray:
        """Return the basis at ``x`` (n,), shape (n, k - 1): x itself, then the columns that bend."""
        x, knots = np.asarray(x, dtype=float), np.array(self.knots)
        last, before = knots[-1], knots[-2]
        cubes = np.maximum(x[:, None] - knots, 0) ** 3
        inner = knots[:-2]
        bent = (
            cubes[:, :-2]
            - cubes[:, [-2]] * (last - inner) / (last - before)
            + cubes[:, [-1]] * (before - inner) / (last - before)
        )
        return np.column_stack([x, bent / (last - knots[0]) ** 2])

    def contrast(self, x: np.ndarray, reference: float) -> np.ndarray:
        """Return the basis at ``x`` less the basis at ``reference``: what the curve's height is made of."""
        return self.basis(x) - self.basis(np.array([reference]))


def knots_at(x: np.ndarray, weights: np.ndarray, percentiles: Sequence[float]) -> tuple[float, ...]:
    """Return weighted percentiles (0-100) of ``x`` (n,): the smallest value with that share of the weight.

    Raises:
        NotEstimableError: no values, or two percentiles are the same value (many people share it).
    """
    knots = tuple(weighted_quantile(x, weights, p / 100) for p in percentiles)
    if not (np.diff(knots) > 0).all():
        raise NotEstimableError("too few different values: some of the knots of the spline coincide")
    return knots


@dataclass(frozen=True)
class Bin:
    """A stretch of a distribution: its limits, and the weighted share (0-1) of people in it."""

    low: float
    high: float
    share: float
    n: int


def binned(x: np.ndarray, weights: np.ndarray, edges: np.ndarray, least: int) -> tuple[Bin, ...]:
    """Return the weighted distribution of ``x`` (n,) in bins of at least ``least`` people each.

    Neighbouring bins are joined until that holds, so that no bin shows where a few people are; people outside
    the edges are in none.

    Args:
        x: values, shape (n,).
        weights: their weights, shape (n,).
        edges: ascending, shape (b + 1,); the last bin holds its upper edge.
        least: people a bin.
    """
    people, _ = np.histogram(x, edges)
    weight, _ = np.histogram(x, edges, weights=weights)
    bins: list[Bin] = []
    start, n, share = 0, 0, 0.0
    for i, (here, part) in enumerate(zip(people, weight / weights.sum(), strict=True)):
        n, share = n + int(here), share + float(part)
        if n >= least:
            bins.append(Bin(float(edges[start]), float(edges[i + 1]), share, n))
            start, n, share = i + 1, 0, 0.0
    if start < len(people) and bins:
        last = bins.pop()
        bins.append(Bin(last.low, float(edges[-1]), last.share + share, last.n + n))
    return tuple(bins)
