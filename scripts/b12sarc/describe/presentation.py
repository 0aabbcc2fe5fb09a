"""A proportion as a table may show it, by NCHS's presentation standards."""

from __future__ import annotations

import numpy as np

from b12sarc.estimators import Proportion, nchs_presentation

SUPPRESSED = "suppressed"


def flag(estimate: Proportion) -> str:
    """Return ``""`` (show), or ``suppressed``, ``review`` or ``complement`` with the reason after a colon."""
    presentation = nchs_presentation(estimate)
    word = SUPPRESSED if presentation.flag == "suppress" else presentation.flag
    return f"{word}: {presentation.reason}" if word else ""


def shown_proportion(estimate: Proportion) -> dict[str, object]:
    """Columns of a proportion (0-1); of one that may not be shown, only n, df and the flag."""
    said = flag(estimate)
    hidden = said.startswith(SUPPRESSED)
    numbers = {
        "events": None if hidden else estimate.events,
        **{
            name: np.nan if hidden else getattr(estimate, name)
            for name in ("estimate", "se", "conf_low", "conf_high", "n_eff")
        },
    }
    return {"n": estimate.n, "df": estimate.df, **numbers, "flag": said}
