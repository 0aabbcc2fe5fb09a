"""What is made from imputed variables: everything once in each imputation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from b12sarc.definitions import Made
from b12sarc.errors import B12SarcError, Problem
from b12sarc.frames import IMPUTATION, IMPUTED_KEY
from b12sarc.rules import Columns
from b12sarc.spec import Analysis, Definition

MakeAll = Callable[[dict[str, pd.Series]], dict[str, Made]]
"""Columns of one completed data set -> the definitions that were made from them (and added to them)."""


def imputed_names(imputed: pd.DataFrame | None) -> tuple[str, ...]:
    """Return the variables of a long frame."""
    return tuple(str(c) for c in imputed.columns if c not in IMPUTED_KEY) if imputed is not None else ()


def made_from(names: Iterable[str], definitions: Mapping[str, Definition]) -> set[str]:
    """Return every definition that is made from one of ``names``, directly or through another one."""
    found, before = set(names), -1
    while len(found) > before:
        before = len(found)
        found |= {name for name, d in definitions.items() if d.variables() & found}
    return found & set(definitions)


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


def make_imputed(
    imputed: pd.DataFrame, columns: Columns, make_all: MakeAll
) -> tuple[pd.DataFrame, dict[str, Made]]:
    """Make every definition in each imputation.

    Args:
        imputed: long frame: ``person_id``, ``imputation``, variables; every imputation of each person in it.
        columns: the other columns, over every row of the survey.
        make_all: makes the definitions of one completed data set, adding them to the columns it is given.

    Returns:
        The long frame with the definitions; and the definitions of the first imputation, for their notes. Who
        has no imputations has no value of a definition, even where three-valued logic could say "no": those
        of whom it could be said are not like the others.
    """
    persons, names = columns["person_id"], imputed_names(imputed)
    parts: list[pd.DataFrame] = []
    first: dict[str, Made] = {}
    for number, rows in imputed.groupby(IMPUTATION, sort=True):
        of_person = rows.set_index("person_id")[list(names)]
        there = persons.isin(of_person.index)
        of_person = of_person.reindex(persons)
        completed = dict(columns) | {name: of_person[name].set_axis(persons.index) for name in names}
        made = make_all(completed)
        first = first or made
        kept = {name: completed[name] for name in (*names, *made)}
        parts.append(pd.DataFrame({"person_id": persons, IMPUTATION: int(str(number)), **kept})[there])
    if not parts:
        return imputed, {}
    long = pd.concat(parts, ignore_index=True)
    return long.sort_values(list(IMPUTED_KEY), ignore_index=True), first


def known_in_all(long: pd.DataFrame, columns: Columns) -> dict[str, pd.Series]:
    """Return, for each variable, 1.0 in whom it is known in every imputation, else missing."""
    names = list(imputed_names(long))
    known = long[names].notna().groupby(long["person_id"]).all().reindex(columns["person_id"])
    marked = known.astype("boolean").fillna(False).astype(float).replace(0.0, np.nan)
    return {name: marked[name].set_axis(columns["person_id"].index) for name in names}
