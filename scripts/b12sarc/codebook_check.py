"""Is a table the one that CDC's codebook page describes? Counts, missing, minimum, maximum, codes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from b12sarc.codebook import MISSING, RANGE, RECORDED, Codebook, CodebookRow, CodebookVariable
from b12sarc.errors import Problem, nearest

_NUMBER = r"-?\d*\.?\d+(?:E[-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER}) to ({_NUMBER})", re.IGNORECASE)
# CDC prints numbers with 11 significant digits (a weight of 100652.329635 as 100652.32964), never fewer than
# they have: in the pages of 1999-2006 and 2011-2014 no limit of 5,428 is farther from the data than 5e-11.
_PRINTED_RTOL = 1e-10


NOT_COMPARED = "Not compared: there is no codebook page of the table"
"""Description of the one row of a table without a page."""


@dataclass(frozen=True)
class Check:
    """One printed number compared with the data.

    Attributes:
        code_or_range: as printed; ``""`` for the whole variable or table.
        description: as printed, or what is compared ("Minimum", "Maximum", "Any other value", "Rows").
        expected: as printed.
        found: the same from the data.
    """

    table: str
    variable: str
    code_or_range: str
    description: str
    expected: str
    found: str
    ok: bool


def check_variable(series: pd.Series, variable: CodebookVariable, table: str) -> list[Check]:
    """Compare one variable with its printed frequencies.

    A value that has a line of its own (``85: >= 85 years``, a fill value below the limit of detection) is
    counted there and not in the range. Minimum and maximum must be those found, to the 11 significant digits
    that CDC prints.

    Returns:
        One check per line, two more per range, and, if all lines are codes, one for values that have no line.
        Empty if CDC prints no frequencies.
    """
    if not variable.rows:
        return []
    is_text = not pd.api.types.is_numeric_dtype(series)
    values = series.str.strip() if is_text else series
    missing = values.isna() | values.eq("")
    coded = {row: _equals(values, row.code, is_text) & ~missing for row in variable.rows if _is_code(row)}
    rest = ~missing
    for matches in coded.values():
        rest &= ~matches

    def line(row: CodebookRow, found: int) -> Check:
        return _check(table, variable.name, row.code, row.description, row.count, found)

    checks = []
    for row in variable.rows:
        if row in coded:
            checks.append(line(row, int(coded[row].sum())))
        elif row.description == MISSING:
            checks.append(line(row, int(missing.sum())))
        else:
            checks.append(line(row, int(rest.sum())))
            checks += _limits(table, variable.name, row, values[rest])
    if all(_is_code(row) or row.description == MISSING for row in variable.rows):
        checks.append(_check(table, variable.name, "", "Any other value", 0, int(rest.sum())))
    return checks


def check_table(
    frame: pd.DataFrame, codebook: Codebook, columns: Iterable[str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Compare the columns of a table, all its rows present, with its codebook page.

    Returns:
        One row per :class:`Check` (its attributes are the columns), and the checks that failed as problems.
    """
    checks = []
    problems = []
    if codebook.n_records is not None:
        checks.append(_check(codebook.table, "", "", "Rows", codebook.n_records, len(frame)))
    for name in columns:
        if name in codebook.variables:
            checks += check_variable(frame[name], codebook.variables[name], codebook.table)
        else:
            where = f"{codebook.table}.{name}"
            hint = nearest(name, codebook.variables)
            problems.append(Problem(where, "not in CDC's codebook page of this table", hint))
    problems += [_problem(check) for check in checks if not check.ok]
    fields = list(Check.__dataclass_fields__)
    return pd.DataFrame([vars(check) for check in checks], columns=fields), problems


def not_compared(table: str) -> pd.DataFrame:
    """Return what is said of a table without a codebook page: one row, with nothing expected."""
    return pd.DataFrame([vars(Check(table, "", "", NOT_COMPARED, "", "", True))])


def _is_code(row: CodebookRow) -> bool:
    return row.description not in (RANGE, RECORDED, MISSING)


def _equals(values: pd.Series, code: str, is_text: bool) -> pd.Series:
    if is_text:
        return values.eq(code)
    try:
        number = float(code)
    except ValueError:
        return pd.Series(False, index=values.index)
    return pd.Series(np.isclose(values, number, rtol=_PRINTED_RTOL, atol=0), index=values.index)


def _limits(table: str, variable: str, row: CodebookRow, values: pd.Series) -> list[Check]:
    printed = _RANGE.fullmatch(row.code)
    if printed is None or values.empty or not pd.api.types.is_numeric_dtype(values):
        return []
    found = {"Minimum": float(values.min()), "Maximum": float(values.max())}
    return [
        Check(
            table,
            variable,
            row.code,
            name,
            limit,
            f"{found[name]:.11g}",
            math.isclose(found[name], float(limit), rel_tol=_PRINTED_RTOL),
        )
        for name, limit in zip(found, printed.groups(), strict=True)
    ]


def _check(table: str, variable: str, code: str, description: str, expected: int, found: int) -> Check:
    return Check(table, variable, code, description, str(expected), str(found), expected == found)


def _problem(check: Check) -> Problem:
    where = f"{check.table}.{check.variable}" if check.variable else check.table
    code = f"{check.code_or_range} ({check.description})" if check.code_or_range else check.description
    what = f"{code}: CDC's codebook page says {check.expected}, the file has {check.found}"
    return Problem(where, what, "file and page are not of one release: delete both, fetch them again")
