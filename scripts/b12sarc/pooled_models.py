"""A model that was fitted in each imputation: pooled, and what each of them said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from b12sarc.glm import GlmFit
from b12sarc.pooling import Pooled

POOLED = "pooled"
IMPUTATION_NUMBERS = ("imputation", "coef", "se", "df", "fmi", "riv", "relative_efficiency")
"""What imputation.csv says of a term, after the columns that name the term."""


@dataclass(frozen=True, eq=False)
class PooledFit:
    """A model pooled by Rubin's rules; it answers as a :class:`~b12sarc.glm.GlmFit` does.

    Attributes:
        pooled: estimates over the imputations.
        each: the fit of each imputation, in order.
    """

    pooled: Pooled
    each: tuple[GlmFit, ...]

    @property
    def coef(self) -> np.ndarray:
        """Pooled coefficients on the link scale, shape (p,)."""
        return self.pooled.coef

    @property
    def se(self) -> np.ndarray:
        """Standard errors from the total variance, shape (p,)."""
        return self.pooled.se

    @property
    def df(self) -> np.ndarray:
        """Barnard-Rubin degrees of freedom of each coefficient, shape (p,)."""
        return self.pooled.df

    @property
    def p_value(self) -> np.ndarray:
        """Two-sided p-values, shape (p,)."""
        return self.pooled.p_value

    @property
    def n(self) -> int:
        """Rows fitted, in the imputation that has fewest."""
        return min(fit.n for fit in self.each)

    @property
    def n_psu(self) -> int | None:
        """PSUs among them; None: replicate weights do not tell."""
        return _least(fit.n_psu for fit in self.each)

    @property
    def n_strata(self) -> int | None:
        """Strata among them; None: replicate weights do not tell."""
        return _least(fit.n_strata for fit in self.each)

    @property
    def reason(self) -> str:
        """Empty, or why p-values and intervals are NaN."""
        return self.pooled.reason

    def conf_int(self, level: float = 0.95) -> np.ndarray:
        """Confidence limits on the link scale, shape (p, 2)."""
        return self.pooled.conf_int(level)

    def by_imputation(self, at: int, multiply: float, *, each: bool = True) -> Iterator[dict[str, object]]:
        """Yield what each imputation, and then all together, say of the coefficient at position ``at``.

        Args:
            at: position of the coefficient.
            multiply: multiple of the coefficient that the contrast states.
            each: False: only what they say together.
        """
        for number, fit in enumerate(self.each if each else (), start=1):
            coef, se = fit.coef[at] * multiply, fit.se[at] * abs(multiply)
            yield {"imputation": str(number), "coef": coef, "se": se, "df": fit.df}
        pooled = self.pooled
        yield {
            "imputation": POOLED,
            "coef": pooled.coef[at] * multiply,
            "se": pooled.se[at] * abs(multiply),
            "df": pooled.df[at],
            "fmi": pooled.fmi[at],
            "riv": pooled.variance_increase[at],
            "relative_efficiency": pooled.relative_efficiency[at],
        }


def _least(counts: Iterable[int | None]) -> int | None:
    """Return the smallest of counts that are all known, or none of them."""
    known = [count for count in counts if count is not None]
    return min(known) if known else None
