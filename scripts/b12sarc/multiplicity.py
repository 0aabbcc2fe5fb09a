"""Adjusting p-values for the number of questions asked, within a family of tests."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from statsmodels.stats.multitest import multipletests

Method = Literal["holm", "bh"]
METHODS: tuple[Method, ...] = get_args(Method)


def adjust(p_values: np.ndarray, method: Method) -> np.ndarray:
    """Adjust the p-values of one family.

    Args:
        p_values: raw p-values, shape (m,). NaN (not estimable) is no test: it stays NaN and does not count.
        method: ``"holm"`` (family-wise error rate; Holm 1979, Scandinavian Journal of Statistics 6:65-70) or
            ``"bh"`` (false discovery rate; Benjamini and Hochberg 1995, JRSS B 57:289-300).

    Returns:
        Adjusted p-values in the order given, shape (m,).

    Raises:
        ValueError: a p-value outside 0-1 or an unknown method.
    """
    p = np.asarray(p_values, dtype=float)
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: choose {' or '.join(METHODS)}")
    known = ~np.isnan(p)
    if ((p[known] < 0) | (p[known] > 1)).any():
        raise ValueError("p-values must lie between 0 and 1")
    adjusted = np.full(p.shape, np.nan)
    if known.any():
        adjusted[known] = _holm(p[known]) if method == "holm" else multipletests(p[known], method="fdr_bh")[1]
    return adjusted


def _holm(p: np.ndarray) -> np.ndarray:
    """Step down. statsmodels collects garbage in every call: 20 ms for each of a thousand families."""
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted
