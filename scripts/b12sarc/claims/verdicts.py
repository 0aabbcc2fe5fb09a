"""The verdict rules: of one estimate, of one share, and of a claim over those that decide it.

They are the analysis plan's (section 11): *supported* where the interval excludes the null in the claimed
direction, in the main model and in at least a stated share of its multiverse; *contradicted* where it
excludes it in the other direction; *inconclusive* otherwise. Nobody reads a p-value.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Literal, NamedTuple

SUPPORTED, CONTRADICTED, INCONCLUSIVE = "supported", "contradicted", "inconclusive"
NOT_TESTABLE = "not testable here"


class Verdict(NamedTuple):
    """A verdict, and why, in plain words."""

    verdict: str
    reason: str


def of_estimate(
    low: float, high: float, expected: Literal["higher", "lower"], share: float, n: int, needed: float
) -> Verdict:
    """Return the verdict on one estimate.

    Args:
        low: lower limit of its interval, on a scale on which the null is 0.
        high: upper limit on that scale.
        expected: the side of 0 on which the claim says that it lies.
        share: share of its multiverse whose interval lies wholly on the claimed side.
        n: specifications in that multiverse.
        needed: least share that supports the claim.
    """
    if isnan(low) or isnan(high):
        return Verdict(INCONCLUSIVE, "no interval: too few degrees of freedom")
    towards, away = (low > 0, high < 0) if expected == "higher" else (high < 0, low > 0)
    if away:
        return Verdict(CONTRADICTED, "the interval lies wholly on the other side of no difference")
    if not towards:
        return Verdict(INCONCLUSIVE, "the interval includes no difference")
    said = f"{_whole_percent(share)} % of {n} specifications do ({100 * needed:g} % are needed)"
    if not share >= needed:
        return Verdict(INCONCLUSIVE, f"the interval excludes no difference as claimed, but only {said}")
    return Verdict(SUPPORTED, f"the interval excludes no difference as claimed, and {said}")


def _whole_percent(share: float) -> int:
    """Round down, so that 79.9 % is not told as the 80 % that would do."""
    return 0 if isnan(share) else int(100 * share + 1e-9)


def of_share(low: float, high: float, at_least: float) -> Verdict:
    """Return the verdict on how common something is.

    Args:
        low: lower limit of the share.
        high: its upper limit.
        at_least: the share that the claim names. It is reached if the interval reaches it.
    """
    if isnan(low) or isnan(high):
        return Verdict(INCONCLUSIVE, "no interval")
    named = f"{100 * at_least:g} %"
    if high < at_least:
        return Verdict(CONTRADICTED, f"the interval ends below {named}")
    if low >= at_least:
        return Verdict(SUPPORTED, f"the interval lies at or above {named}")
    return Verdict(INCONCLUSIVE, f"the interval includes {named}")


def of_claim(deciding: Sequence[str], combine: Literal["all", "any"]) -> Verdict:
    """Return the verdict on a claim from those of the estimates that decide it.

    Supported when all of them (or any, as the claim says) are; contradicted when some are and none is
    supported (of ``any``: when all are); inconclusive otherwise. Without a deciding estimate the claim is not
    testable in this run.
    """
    if not deciding:
        return Verdict(NOT_TESTABLE, "no cohort of this run has an estimate that decides it")
    counts = {v: sum(d == v for d in deciding) for v in (SUPPORTED, CONTRADICTED, INCONCLUSIVE)}
    n = len(deciding)
    said = ", ".join(f"{k} {word}" for word, k in counts.items() if k)
    reason = f"of {n} deciding estimate{'s' * (n != 1)}: {said}"
    if counts[SUPPORTED] == n or (combine == "any" and counts[SUPPORTED]):
        return Verdict(SUPPORTED, reason)
    against = counts[CONTRADICTED] == n if combine == "any" else counts[CONTRADICTED] > 0
    if against and not counts[SUPPORTED]:
        return Verdict(CONTRADICTED, reason)
    return Verdict(INCONCLUSIVE, reason)
