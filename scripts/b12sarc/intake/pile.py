"""Values at the end of a range that look like codes for "no answer"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from b12sarc.intake.words import Code

FEW_CODES = 15
"""Whole numbers up to which a column is taken for codes."""
PILED = 3
"""People from which a value at the end of the range is a pile."""
SPIKE = 5
"""Times that a code has as many people as any value near it."""
_NINES = (
    7,
    8,
    9,
    77,
    88,
    99,
    97,
    98,
    777,
    888,
    999,
    997,
    998,
    7777,
    8888,
    9999,
    9997,
    9998,
    77777,
    88888,
    99999,
)
_DECIMALS = (77.7, 88.8, 99.9, 777.7, 888.8, 999.9)
_NEGATIVE = tuple(-n for n in (*range(1, 10), *_NINES))
CANDIDATES = frozenset(map(float, (*_NINES, *_DECIMALS, *_NEGATIVE)))
"""Values by which surveys say refused, do not know, not asked."""


def likely_missing(counts: Mapping[float, int], declared: Iterable[Code] = ()) -> list[float]:
    """Return values that look like codes for "no answer": usual for it, piled up, apart from all the others.

    Args:
        counts: value -> people who have it.
        declared: codes whose meaning is known.
    """
    known = {float(code) for code in declared if not isinstance(code, str)}
    values = sorted(value for value in counts if value not in known)
    usual = [value for value in values if value in CANDIDATES and counts[value] >= PILED]
    if len(values) <= FEW_CODES and all(float(value).is_integer() for value in values):
        return [value for value in usual if _apart_from_codes(value, values)]
    others = [value for value in values if value not in usual]
    if len(others) < 3:
        return []
    low, high = others[0], others[-1]
    reach = max(high - float(np.median(others)), (high - low) / 2)
    return [v for v in usual if v < 0 <= low or v - high > reach / 2 or _is_spike(v, counts, others)]


def _is_spike(value: float, counts: Mapping[float, int], others: list[float]) -> bool:
    """Whether far more people have a value than have any other from half of it upwards, where few are."""
    people = np.repeat(others, [counts[v] for v in others])
    tail = [v for v in others if v > value / 2]
    rare = bool(tail) and value > np.quantile(people, 0.9)
    return rare and counts[value] >= SPIKE * max(counts[v] for v in tail)


def _apart_from_codes(value: float, values: list[float]) -> bool:
    """Whether a code stands apart from the row of the others: 1, 2, then 7 and 9; or a negative one."""
    row = [v for v in values if v >= 0]
    if value < 0:
        return bool(row)
    gap = next((b for a, b in pairwise(row) if b - a > 1), None)
    return gap is not None and value >= gap and row.index(gap) >= 2
