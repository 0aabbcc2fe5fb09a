"""Values on the scale of another laboratory method, by a published equation, once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from b12sarc.errors import B12SarcError
from b12sarc.spec import Equation


@dataclass(frozen=True)
class Measured:
    """Values with the laboratory method on whose scale they are.

    Attributes:
        values: numbers, NaN missing.
        assay: name of the method; None: the cohort does not say.
    """

    values: pd.Series
    assay: str | None


def bridged(measured: Measured, equation: Equation, where: str) -> Measured:
    """Return the values on the scale of ``equation.to``.

    Values outside the range of the equation are converted as well: :func:`n_outside` counts them.

    Raises:
        B12SarcError: the values are not those that the equation takes; applied twice, they are not.
    """
    if measured.assay != equation.from_:
        what = f"the equation takes {equation.from_}, and the values are on the scale of {measured.assay}"
        fix = "an equation is applied once, to raw values"
        raise B12SarcError.at(where, what, fix)
    return Measured(pd.Series(_result(equation, measured.values), index=measured.values.index), equation.to)


def n_outside(equation: Equation, values: pd.Series) -> int:
    """Return how many values lie outside the range for which the equation was established."""
    low, high = equation.valid.min, equation.valid.max
    below = values < low if low is not None else values.isna() & False
    above = values > high if high is not None else values.isna() & False
    return int((below | above).sum())


def _result(equation: Equation, values: pd.Series) -> np.ndarray:
    x = values.to_numpy(dtype=float)
    if equation.form == "identity":
        return x.copy()
    z = np.log10(x) if equation.form == "log10" else x
    with np.errstate(invalid="ignore", divide="ignore"):
        total = equation.intercept + sum(c * z**power for power, c in equation.terms.items())
    total = np.where(np.isfinite(total), total, np.nan)
    return 10.0**total if equation.form == "log10" else total
