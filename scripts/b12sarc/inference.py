"""What every estimate shares: t and F tails with design degrees of freedom, and how "no answer" is said.

Fewer than one degree of freedom is stated, never floored at one: a quantile or a p-value that does not exist
is NaN, and the result carries :data:`TOO_FEW_DF` as its reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

TOO_FEW_DF = "fewer than one degree of freedom: no interval and no p-value"
SINGULAR = "the contrasts' covariance is singular: no joint test"

_MAX_CONDITION = 1e12


class NotEstimableError(Exception):
    """The data cannot answer; the caller states ``reason`` in place of the estimate.

    Unlike :class:`~b12sarc.errors.B12SarcError` this is a result, not something a user must mend.
    """

    def __init__(self, reason: str):
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class FTest:
    """An F test.

    Attributes:
        f: statistic (already divided by ``df_num``).
        df_num: numerator degrees of freedom.
        df_denom: denominator degrees of freedom (design-based).
        p_value: upper tail; NaN if it does not exist, and ``reason`` then says why.
        reason: empty, or why there is no p-value.
    """

    f: float
    df_num: float
    df_denom: float
    p_value: float
    reason: str = ""

    @classmethod
    def of(cls, f: float, df_num: float, df_denom: float) -> FTest:
        """Build the test from its statistic; no p-value with fewer than one denominator df."""
        if df_denom < 1:
            return cls(f, df_num, df_denom, np.nan, TOO_FEW_DF)
        return cls(f, df_num, df_denom, float(special.fdtrc(df_num, df_denom, f)))

    @classmethod
    def wald(cls, value: np.ndarray, cov: np.ndarray, df_denom: float) -> FTest:
        """Test that ``value`` (q,) with covariance ``cov`` (q, q) is zero; NaN if ``cov`` is singular."""
        if singular(cov):
            return cls(np.nan, len(value), df_denom, np.nan, SINGULAR)
        return cls.of(float(value @ np.linalg.solve(cov, value)) / len(value), len(value), df_denom)


def singular(cov: np.ndarray) -> bool:
    """Whether a covariance matrix, brought to unit variances, is singular to working precision."""
    scale = np.sqrt(np.diag(cov))
    return not (scale > 0).all() or np.linalg.cond(cov / np.outer(scale, scale)) > _MAX_CONDITION


def t_quantile(level: float, df: float) -> float:
    """Two-sided critical value of Student's t at a confidence level (0-1); NaN if ``df`` < 1."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return float(special.stdtrit(df, (1 + level) / 2)) if df >= 1 else np.nan


def two_sided_p(t: np.ndarray | float, df: float) -> np.ndarray:
    """Two-sided p-value of ``t``; NaN if ``df`` < 1."""
    t = np.asarray(t, dtype=float)
    return 2 * special.stdtr(df, -np.abs(t)) if df >= 1 else np.full_like(t, np.nan)
