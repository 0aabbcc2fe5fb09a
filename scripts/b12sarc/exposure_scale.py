"""The scale on which an exposure was measured, and the one on which it enters a model (its logarithm)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from b12sarc.spec import Project

_Function = Callable[[np.ndarray], np.ndarray]
_TO_MODEL: Mapping[str, _Function] = {"identity": np.positive, "log2": np.log2, "ln": np.log}
_TO_MEASURED: Mapping[str, _Function] = {"identity": np.positive, "log2": np.exp2, "ln": np.exp}


@dataclass(frozen=True)
class Scale:
    """A continuous exposure that is made of one measured variable.

    Attributes:
        variable: the variable that was measured.
        unit: its unit.
        transform: identity, log2 or ln: what turns its values into those of the exposure.
    """

    variable: str
    unit: str
    transform: str

    @classmethod
    def of(cls, project: Project, exposure: str) -> Scale | None:
        """Return the scale of ``exposure``; None if it is not one variable's value or logarithm."""
        made = project.definitions.definitions[exposure].value_of
        if made is None:
            return None
        return cls(made.var, project.quantity(made.var).unit or "", made.transform)

    def to_model(self, value: np.ndarray | float) -> np.ndarray:
        """Return measured values as the model sees them."""
        return _TO_MODEL[self.transform](np.asarray(value, dtype=float))

    def to_measured(self, x: np.ndarray | float) -> np.ndarray:
        """Return values of the model in the unit of the variable."""
        return _TO_MEASURED[self.transform](np.asarray(x, dtype=float))
