"""Which cells of a table are hidden, and how what is shown is rounded. Arrays only: no table is known here.

Suppression follows Hundepool et al., Statistical Disclosure Control (Wiley 2012), ch. 5: primary (small
cells and small complements), then secondary, until nothing that is hidden can be had by subtraction within a
table. Rounding to a base (the same chapter; every count that is shown of a cohort, alike in all its tables)
stands against subtraction between tables.
"""

from __future__ import annotations

import numpy as np

DIGITS = 3
"""Significant digits of numbers that are no counts and no shares."""


def small(counts: np.ndarray, least: int) -> np.ndarray:
    """Return which counts are below ``least``; zero is one of them, a missing count is not."""
    return np.isfinite(counts) & (counts < least)


def rounded(counts: np.ndarray, base: int) -> np.ndarray:
    """Round counts to the nearest multiple of ``base``, halves up, so that the same count is always the same.

    >>> rounded(np.array([10.0, 14, 15, 2798]), 10)
    array([  10.,   10.,   20., 2800.])
    """
    return np.floor(counts / base + 0.5) * base


def step_of_shares(n: np.ndarray, base: int) -> np.ndarray:
    """Return the step of a share (0-1) of ``n`` people that hides as much as rounding its count does.

    The smallest of 1, 2, 5 times a power of ten that is at least ``base / n``; at most 1.

    >>> step_of_shares(np.array([2800.0, 100]), 10)
    array([0.005, 0.1  ])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.minimum(_nice(np.minimum(base / n, 1.0)), 1.0)


def step_of_sums(sums: np.ndarray, n: np.ndarray, base: int) -> np.ndarray:
    """Return the step of weighted counts of ``n`` people: at least ``base`` people of average weight."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _nice(np.abs(sums) / n * base)


def _nice(least: np.ndarray) -> np.ndarray:
    """Return the smallest of 1, 2, 5 times a power of ten that is at least ``least``; NaN of 0 and NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        power = 10.0 ** np.floor(np.log10(least))
        leading = np.round(least / power, 9)
        return (
            np.select([leading <= 1, leading <= 2, leading <= 5, leading <= 10], [1, 2, 5, 10], np.nan)
            * power
        )


def to_steps(values: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Round values to multiples of ``step``; where there is no step, nothing is shown."""
    with np.errstate(invalid="ignore"):
        return np.round(np.floor(values / step + 0.5) * step, 12)


def significant(values: np.ndarray, digits: int = DIGITS) -> np.ndarray:
    """Round to significant digits.

    >>> significant(np.array([1234.5, -0.0012345, 0.0]))
    array([ 1.23e+03, -1.23e-03,  0.00e+00])
    """
    shown = [float(f"{v:.{digits - 1}e}") if np.isfinite(v) else v for v in np.asarray(values, dtype=float)]
    return np.array(shown, dtype=float)


def protect_sum(parts: np.ndarray, hidden: np.ndarray, least: int) -> np.ndarray:
    """Hide further cells of a sum whose total is known, until the total gives no hidden cell back.

    As long as a cell is hidden alone, or the hidden ones together are fewer than ``least``, the smallest
    that is shown is hidden too.

    Args:
        parts: counts that add up to a known total, shape (k,).
        hidden: which of them are hidden already, shape (k,).
        least: the least count that may be known.

    Returns:
        Which are hidden, shape (k,).
    """
    hidden, known = hidden.copy(), np.isfinite(parts)
    if not (hidden & known).any():
        return hidden
    for place in np.argsort(parts, kind="stable"):
        concealed = hidden & known
        if concealed.sum() > 1 and parts[concealed].sum() >= least:
            break
        if known[place]:
            hidden[place] = True
    return hidden
