"""What of a cohort may stand on a screen: of a restricted one no small count, and no exact one."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from b12sarc.disclosure.cells import rounded, small
from b12sarc.spec.cohort import MINIMUM_CELL, Cohort

_COUNTED = re.compile(r"\b(\d+)(?= (?:of \d+ )?(?:rows|people|persons|weights|values|strata)\b)")


@dataclass(frozen=True)
class Shown:
    """How counts and values of a cohort are shown.

    Attributes:
        least: smallest count that is shown, and the step to which counts are rounded, so that no difference
            of two of them is a small count; None: everything is shown as it is.
    """

    least: int | None

    @classmethod
    def of(cls, cohort: Cohort | None) -> Shown:
        """Return how a cohort is shown; one that cannot be read is taken for restricted."""
        return cls(MINIMUM_CELL if cohort is None else cohort.least_shown)

    @property
    def smallest(self) -> int:
        """People below which a bar of a histogram is empty."""
        return self.least or MINIMUM_CELL

    def count(self, n: int) -> int | str:
        """Return a count; of a restricted cohort to the nearest ``least``, or that it is smaller."""
        if self.least is None:
            return n
        counts = np.array([float(n)])
        return f"< {self.least}" if small(counts, self.least)[0] else int(rounded(counts, self.least)[0])

    def value(self, value: float) -> float:
        """Return a percentile; of a restricted cohort to three digits."""
        return value if self.least is None else float(f"{value:.3g}")

    def told(self, text: str) -> str:
        """Return a message without the small counts in it."""
        if self.least is None:
            return text
        least = self.least
        return _COUNTED.sub(lambda m: m[1] if int(m[1]) >= least else f"fewer than {least}", text)
