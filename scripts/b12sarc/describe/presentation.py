"""Estimates as a table may show them, by NCHS's presentation standards."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from b12sarc.estimators import Estimate, Proportion, nchs_presentation
from b12sarc.estimators.proportions import MIN_N

SUPPRESSED = "suppressed"
UNRELIABLE = "unreliable"
MAX_RELATIVE_SE = 0.3
_NUMBERS = ("events", "estimate", "se", "conf_low", "conf_high", "n_eff")


def flagged_proportion(estimate: Proportion, word: str) -> dict[str, object]:
    """Columns of a proportion (0-1), with its flag.

    ``flag`` is ``""`` (show), or a word and, after a colon, NCHS's rules that set it: ``word`` where these
    say not to show the number, ``review`` where a statistician decides, ``complement`` where 1 - p is
    unreliable.
    """
    presentation = nchs_presentation(estimate)
    said = word if presentation.flag == "suppress" else presentation.flag
    columns = {name: getattr(estimate, name) for name in ("n", "df", *_NUMBERS)}
    return {**columns, "flag": f"{said}: {presentation.reason}" if said else ""}


def suppressed_proportion(estimate: Proportion) -> dict[str, object]:
    """Columns of a proportion with its flag; of one that NCHS would not show, only n and df."""
    columns = flagged_proportion(estimate, SUPPRESSED)
    hidden = str(columns["flag"]).startswith(SUPPRESSED)
    return columns | (dict.fromkeys(_NUMBERS, np.nan) if hidden else {})


def flagged_mean(estimate: Estimate) -> dict[str, object]:
    """Columns of a mean, flagged ``review`` if it rests on few people or has a large relative standard error.

    NCHS has no standard for means; this is its older rule (relative standard error above 30 %) with n.
    """
    columns = asdict(estimate)
    reason = columns.pop("reason")
    rules = {
        f"n below {MIN_N}": estimate.n < MIN_N,
        "standard error above 30 % of the mean": estimate.se > MAX_RELATIVE_SE * abs(estimate.estimate),
        reason: bool(reason),
    }
    broken = "; ".join(rule for rule, holds in rules.items() if holds)
    return {**columns, "flag": f"review: {broken}" if broken else ""}
