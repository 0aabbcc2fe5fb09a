"""Made-up answers: the small imperfections that several tables share."""

from __future__ import annotations

import numpy as np

REFUSED, UNKNOWN = 7.0, 9.0


def ask(values: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return the answers, with this share of them refused (7) or not known (9)."""
    silent = rng.random(len(values)) < share
    return np.where(silent, np.where(rng.random(len(values)) < 0.3, REFUSED, UNKNOWN), values)


def asked_if(asked: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the values where they were asked for or measured, else NaN."""
    return np.where(asked, values, np.nan)


def yes_no(truth: np.ndarray) -> np.ndarray:
    """Code 1 for yes, 2 for no."""
    return np.where(truth, 1.0, 2.0)
