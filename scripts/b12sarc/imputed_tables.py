"""A table of imputations as its file holds it: m rows a person, numbered 1 to m, none missing or twice."""

from __future__ import annotations

import numpy as np
import pandas as pd

from b12sarc.errors import B12SarcError, Problem
from b12sarc.frames import IMPUTATION
from b12sarc.spec import File


def check_imputations(frame: pd.DataFrame, file: File, where: str) -> None:
    """Refuse a table in which a person does not have each imputation once.

    Args:
        frame: the table, upper-case columns, without a missing key.
        file: what the cohort says of it.
        where: cohort, cycle and table, for messages; persons are counted, never named.

    Raises:
        B12SarcError: everything that is wrong with the imputations.
    """
    column, m = str(file.imputation).upper(), int(file.imputations or 0)
    if column not in frame:
        raise B12SarcError.at(
            where, f"no column {column}, which numbers the imputations", "fetch the file again"
        )
    number = frame[column]
    known = number.isin(range(1, m + 1))
    if not known.all():
        what = f"{column}: {int((~known).sum())} of {len(frame)} rows are not numbered 1 to {m}"
        raise B12SarcError.at(where, what, "check imputation and imputations in cohort.yaml, and the file")
    person = frame[file.key.upper()]
    repeated = person[frame.duplicated([file.key.upper(), column])].nunique()
    distinct = number.groupby(person).nunique()
    short = int((distinct < m).sum())
    problems = []
    fix = "fetch the file again; never fill in or drop an imputation"
    if repeated:
        what = f"{repeated} of {len(distinct)} persons have an imputation twice"
        problems.append(Problem(where, what, fix))
    if short:
        rows = ", ".join(str(n) for n in sorted(distinct[distinct < m].unique()))
        what = f"{short} of {len(distinct)} persons do not have all {m} imputations (but {rows})"
        problems.append(Problem(where, what, fix))
    if problems:
        raise B12SarcError(problems)


def long_frame(parts: list[pd.DataFrame], names: list[str]) -> pd.DataFrame:
    """Return the imputed variables of all cycles: ``person_id``, ``imputation``, then ``names``.

    Args:
        parts: for each cycle, the variables by row of its table, with ``person_id`` and ``imputation``.
        names: the variables; one that a cycle lacks is missing there. None: a table without rows.
    """
    kinds = {"person_id": "int64", IMPUTATION: "int64", **dict.fromkeys(names, "float64")}
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(kinds))
    frame = frame.reindex(columns=list(kinds), fill_value=np.nan).astype(kinds)
    return frame.sort_values(["person_id", IMPUTATION], ignore_index=True)
