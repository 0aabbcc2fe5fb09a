"""How much of a curve and of its band is shown."""

from __future__ import annotations

import numpy as np


def shown_range(
    x: np.ndarray, band: tuple[np.ndarray, np.ndarray, np.ndarray], knots: tuple[float, ...], null: float
) -> tuple[float, float]:
    """Return the least and the greatest value shown: the whole curve, its band between the outer knots.

    Args:
        x: values of the exposure, shape (n,), ascending.
        band: the curve and the lower and upper ends of its band, each of shape (n,).
        knots: where the curve may bend; with none the whole band is shown.
        null: the value of no difference, which is always shown.

    >>> x = np.array([1.0, 2, 3])
    >>> shown_range(x, (x, np.array([-9.0, 1, 2]), x + 1), (2.0, 3.0), 0.0)
    (0.0, 4.0)
    """
    estimate, low, high = band
    first, last = (knots[0], knots[-1]) if knots else (x[0], x[-1])
    inside = (x >= first) & (x <= last)
    shown = np.concatenate([estimate, low[inside], high[inside], [null]])
    shown = shown[np.isfinite(shown)]
    return float(shown.min()), float(shown.max())
