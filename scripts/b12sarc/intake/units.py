"""Which unit a median speaks for."""

from __future__ import annotations

from dataclasses import dataclass

from b12sarc.intake.words import Usual, usual_medians
from b12sarc.spec.dictionary import Variable


@dataclass(frozen=True)
class Fit:
    """A unit in which a median would be usual.

    Attributes:
        unit: the unit.
        low: lowest usual median in it.
        high: highest usual median in it.
        converts: whether the dictionary converts it.
    """

    unit: str
    low: float
    high: float
    converts: bool = True

    @property
    def limits(self) -> str:
        """Where the median usually lies, in words."""
        return f"{short(self.low)} to {short(self.high)}"

    def __str__(self) -> str:
        return f"{self.unit} (usual {self.limits})"


def fitting_units(name: str, variable: Variable, median: float) -> list[Fit]:
    """Return the units in which ``median`` would be usual for a variable; only if none converts, others.

    Nothing is returned too for a variable of which no usual median is known (:func:`usual_of`).
    """
    usual = usual_medians().get(name)
    if usual is None:
        return []
    fits = [fit for fit in _units(usual, variable) if fit.low <= median <= fit.high]
    return [fit for fit in fits if fit.converts] or fits


def usual_of(name: str, variable: Variable, unit: str) -> Fit | None:
    """Return where the median of a variable usually lies in ``unit``; None: not known."""
    usual = usual_medians().get(name)
    fits = [] if usual is None else _units(usual, variable)
    return next((fit for fit in fits if fit.unit == unit), None)


def _units(usual: Usual, variable: Variable) -> list[Fit]:
    factors = {str(variable.unit): 1.0, **variable.accepts}
    known = [Fit(unit, usual.low / f, usual.high / f) for unit, f in factors.items()]
    others = [
        Fit(u, usual.low / f, usual.high / f, False) for u, f in usual.others.items() if u not in factors
    ]
    return known + others


def short(value: float) -> str:
    """Return a limit to three digits, never as 1e+03."""
    return f"{float(f'{value:.3g}'):.12g}"
