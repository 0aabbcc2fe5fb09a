"""What the values of a variable look like: a histogram in text, and whether the unit can be right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from b12sarc.intake.units import fitting_units, short, usual_of
from b12sarc.spec.dictionary import Variable

BARS = "·▁▂▃▄▅▆▇█"
BINS = 20
ENOUGH = 30
"""People from which a median is compared with what is usual."""
TOO_MANY = 0.01
"""Share of values outside the plausible range that is no longer a matter of some errors of entry."""


def histogram(values: np.ndarray, smallest: int) -> tuple[float, float, str] | None:
    """Return the range that is drawn and a line of bars; None: fewer than twice ``smallest`` people.

    The range leaves out at least ``smallest`` people (and 1 %) at either end; a bar of fewer people than that
    is drawn as empty.

    Args:
        values: sorted.
        smallest: people below which nothing is shown.
    """
    if len(values) < max(ENOUGH, 3 * smallest):
        return None
    share = max(0.01, smallest / len(values))
    low, high = np.quantile(values, [share, 1 - share])
    if low == high:
        return float(low), float(high), BARS[-1]
    counts, _ = np.histogram(values, BINS, (low, high))
    counts = np.where(counts >= smallest, counts, 0)
    height = np.ceil(counts * (len(BARS) - 1) / max(1, counts.max())).astype(int)
    return float(low), float(high), "".join(BARS[h] for h in height)


def suspicious_unit(
    name: str, variable: Variable, unit: str, values: Sequence[np.ndarray]
) -> tuple[str, str] | None:
    """Return what is odd about a median for its unit and what to do; None: nothing is, or too few people.

    Args:
        name: of the variable.
        variable: the variable.
        unit: unit that cohort.yaml names.
        values: harmonised values, by cycle, those outside the plausible range too.
    """
    pooled = np.concatenate(list(values)) if values else np.array([])
    factor, usual = variable.factor(unit), usual_of(name, variable, unit)
    if len(pooled) < ENOUGH or factor is None or usual is None:
        return None
    median = float(np.median(pooled)) / factor
    if usual.low <= median <= usual.high:
        return None
    fits = [fit for fit in fitting_units(name, variable, median) if fit.unit != unit]
    what = f"a median of {short(median)} {unit} is unusual: elsewhere it is {usual.limits}"
    if not fits:
        return what, "look up the unit, and whether this is the column that is meant"
    units = " or ".join(fit.unit for fit in fits)
    what += f"; in {units} it would be usual"
    if fits[0].converts:
        return what, f"look it up; if so, write unit: {fits[0].unit}"
    return (
        what,
        f"look it up; if so, add {fits[0].unit} to accepts of {name} in the dictionary, with its factor",
    )
