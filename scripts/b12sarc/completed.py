"""What imputed variables may and may not do to the population, and in whom they are known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from b12sarc.errors import B12SarcError, Problem
from b12sarc.frames import IMPUTED_KEY
from b12sarc.rules import Columns
from b12sarc.spec import Analysis


def imputed_names(imputed: pd.DataFrame | None) -> tuple[str, ...]:
    """Return the variables of a long frame."""
    return tuple(str(c) for c in imputed.columns if c not in IMPUTED_KEY) if imputed is not None else ()


def check_steps(analysis: Analysis, imputed: set[str], where: str) -> None:
    """Refuse steps of the population that compare an imputed value: who is in it cannot differ by imputation.

    Raises:
        B12SarcError: one problem for each such step.
    """
    problems = []
    for key in ("domain", "analytic"):
        for step in getattr(analysis.population, key):
            compared = sorted((step.keep.variables() if step.keep else set()) & imputed)
            compared += sorted(set(step.measured) & imputed) if key == "domain" else []
            for name in compared:
                what = f"{name} is imputed, so the people would not be the same in every imputation"
                fix = "define the population without it"
                problems.append(Problem(f"{where}: population.{key}.{step.id}", what, fix))
    if problems:
        raise B12SarcError(problems)


def known_in_all(long: pd.DataFrame, columns: Columns) -> dict[str, pd.Series]:
    """Return, for each variable, 1.0 in whom it is known in every imputation, else missing."""
    names = list(imputed_names(long))
    known = long[names].notna().groupby(long["person_id"]).all().reindex(columns["person_id"])
    marked = known.astype("boolean").fillna(False).astype(float).replace(0.0, np.nan)
    return {name: marked[name].set_axis(columns["person_id"].index) for name in names}
