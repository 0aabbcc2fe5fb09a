"""Proportions by the NCHS rule: Korn-Graubard intervals, and which of them may be shown.

Source: NCHS Data Presentation Standards for Proportions, Vital and Health Statistics Series 2 No. 175 (2017),
as set down in the project's methods reference, section 6.1. The interval itself is Korn and Graubard (1998,
Survey Methodology 24:193-201).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from b12sarc.design import AnalysisDomain
from b12sarc.estimators._domain import Estimate, column, weighted_mean
from b12sarc.inference import TOO_FEW_DF, t_quantile

MIN_N = 30
SHOW_WIDTH = 0.05
SUPPRESS_WIDTH = 0.30
SUPPRESS_RELATIVE_WIDTH = 1.30
REVIEW_DF = 8

Flag = Literal["", "suppress", "review", "complement"]


@dataclass(frozen=True, kw_only=True)
class Proportion(Estimate):
    """A proportion (0-1) with its Korn-Graubard interval.

    Attributes:
        events: rows in which the event holds (unweighted).
        n_eff: effective sample size p(1-p)/Var(p), at most n; n if p is 0 or 1.
    """

    events: int
    n_eff: float


@dataclass(frozen=True)
class Presentation:
    """What NCHS's standards say about showing a proportion.

    Attributes:
        flag: ``"suppress"`` (do not show), ``"review"`` (a statistician decides), ``"complement"`` (show, and
            footnote that 1 - p is unreliable) or ``""`` (show).
        reason: the rule or rules that set the flag.
    """

    flag: Flag
    reason: str


def proportion(domain: AnalysisDomain, event: np.ndarray, *, level: float = 0.95) -> Proportion:
    """Weighted proportion of rows in which ``event`` (n,; booleans or 0/1) holds.

    The interval has three steps: n_eff = p(1-p)/Var(p), at most n, and n if p is 0 or 1; times
    (t_{n-1} / t_df)^2, at most n again; then Clopper-Pearson with that n* and x = n* p. (NCHS's SAS macro of
    2021 caps only once, after the adjustment, and does not adjust if p is 0 or 1; the interval here is then
    the wider of the two.)
    R's ``svyciprop(method = "beta")`` differs: no cap on n_eff, rows of weight zero counted in n, and no
    interval if p is 0 or 1.

    Returns:
        The estimate; with fewer than one df its limits are NaN and ``reason`` says so.

    Raises:
        ValueError: values other than 0 and 1, NaN, or a wrong length.
        NotEstimableError: the domain is empty.
    """
    x = column(domain, event, "event")
    if not np.isin(x, (0, 1)).all():
        raise ValueError("event must be 0/1 or booleans")
    events, n, df = int(x.sum()), domain.n, domain.df
    p, se = weighted_mean(domain, x)
    if events in (0, n):
        p, se = float(events == n), 0.0
    n_eff = min(p * (1 - p) / se**2, float(n)) if se > 0 else float(n)
    reason = "" if df >= 1 else TOO_FEW_DF
    low, high = (np.nan, np.nan) if reason else korn_graubard(p, adjusted_n(n_eff, n, df, level), level)
    return Proportion(p, se, df, low, high, n, reason, events=events, n_eff=n_eff)


def adjusted_n(n_eff: float, n: int, df: float, level: float = 0.95) -> float:
    """Effective sample size after Korn and Graubard's adjustment for the design df, at most n."""
    return min(n_eff * (t_quantile(level, n - 1) / t_quantile(level, df)) ** 2, float(n))


def korn_graubard(p: float, n_star: float, level: float = 0.95) -> tuple[float, float]:
    """Clopper-Pearson limits of a proportion ``p`` in an effective sample of ``n_star``."""
    x, alpha = n_star * p, 1 - level
    low = float(special.betaincinv(x, n_star - x + 1, alpha / 2)) if p > 0 else 0.0
    high = float(special.betaincinv(x + 1, n_star - x, 1 - alpha / 2)) if p < 1 else 1.0
    return low, high


def nchs_presentation(estimate: Proportion) -> Presentation:
    """Apply NCHS's standards to a proportion with a 95 % interval.

    Suppress if n or n_eff is below 30, if the interval is 0.30 wide or wider, or if it is wider than 0.05
    and its width over p exceeds 130 % (not asked if p is 0). Otherwise a statistician reviews it if df < 8 or
    p is 0 or 1. Otherwise it is shown, with a footnote on the complement if it is wider than 0.05 and its
    width over 1 - p exceeds 130 %. A proportion without an interval is suppressed.
    """
    p = estimate.estimate
    width = round(estimate.conf_high - estimate.conf_low, 12)  # 1.00 - 0.95 is 0.05 here, not a bit more
    rules = {
        f"n or effective n below {MIN_N}": min(estimate.n, estimate.n_eff) < MIN_N,
        estimate.reason: bool(estimate.reason),
        "interval 30 points wide or wider": width >= SUPPRESS_WIDTH,
        "interval wider than 130 % of the estimate": width > SHOW_WIDTH and _relative(width, p),
    }
    if any(rules.values()):
        return Presentation("suppress", _broken(rules))
    review = {
        f"fewer than {REVIEW_DF} degrees of freedom": estimate.df < REVIEW_DF,
        "0 or 100 %": p in (0, 1),
    }
    if any(review.values()):
        return Presentation("review", _broken(review))
    if width > SHOW_WIDTH and _relative(width, 1 - p):
        return Presentation("complement", "interval wider than 130 % of the complement")
    return Presentation("", "")


def _relative(width: float, p: float) -> bool:
    return p > 0 and width / p > SUPPRESS_RELATIVE_WIDTH


def _broken(rules: dict[str, bool]) -> str:
    return "; ".join(rule for rule, broken in rules.items() if broken)
