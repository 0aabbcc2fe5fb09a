"""Families of tests over the estimates of all cohorts: which test belongs where, and its adjusted p-value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from b12sarc.multiplicity import Method, adjust
from b12sarc.spec import Family

ADJUSTED: dict[str, Method] = {"p_holm": "holm", "p_bh": "bh"}
"""Column -> how its p-values are adjusted."""

_COLUMN = {"holm": "p_holm", "fdr_bh": "p_bh"}
_CRITERIA = {
    "cohort": "cohorts",
    "exposure": "exposures",
    "outcome": "outcomes",
    "adjustment": "adjustments",
    "estimator": "estimators",
}


def add_families(estimates: pd.DataFrame, families: Mapping[str, Family]) -> pd.DataFrame:
    """Add the columns ``p_adjusted``, ``p_holm``, ``p_bh`` and ``family``.

    A test belongs to the first family whose criteria it meets; ``group_by`` splits a family into parts that
    are adjusted each for itself, by Holm and by Benjamini and Hochberg; ``p_adjusted`` is the one of these
    that the family names. A row without a p-value (fewer than one degree of freedom) is no test: it is not
    adjusted, and does not count.

    Args:
        estimates: rows of all cohorts, with the columns of :data:`b12sarc.fit.ESTIMATES`.
        families: id -> family, in order of precedence.

    Returns:
        The same rows in the same order. ``family`` is the id of the family, empty if none takes the test.
    """
    family = pd.Series("", index=estimates.index, dtype="str")
    adjusted = pd.DataFrame(np.nan, estimates.index, ["p_adjusted", *ADJUSTED])
    for name, spec in families.items():
        taken = (family == "") & _meets(estimates, spec)
        family[taken] = name
        for part in _parts(estimates[taken], spec.group_by):
            for column, method in ADJUSTED.items():
                adjusted.loc[part.index, column] = adjust(part["p_value"].to_numpy(float), method)
        adjusted.loc[taken, "p_adjusted"] = adjusted.loc[taken, _COLUMN[spec.method]]
    return estimates.assign(**{c: adjusted[c] for c in adjusted}, family=family)


def _meets(estimates: pd.DataFrame, family: Family) -> pd.Series:
    """Whether each test meets every criterion of a family; an empty criterion takes any."""
    meets = pd.Series(True, index=estimates.index)
    for column, criterion in _CRITERIA.items():
        wanted = getattr(family, criterion)
        if wanted:
            meets &= estimates[column].isin(wanted)
    return meets


def _parts(estimates: pd.DataFrame, group_by: tuple[str, ...]) -> list[pd.DataFrame]:
    return [part for _, part in estimates.groupby(list(group_by), sort=False)] if group_by else [estimates]
