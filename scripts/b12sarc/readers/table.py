"""A table as read, what every reader answers, and the checks that all formats share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from b12sarc.errors import B12SarcError, Problem, nearest
from b12sarc.spec import File

ValueLabels = Mapping[float | str, str]
"""Code -> label; a letter is a missing value of Stata or SAS."""

MissingRange = tuple[float | str, float | str]
"""First and last code that the file declares missing."""


@dataclass(frozen=True)
class Table:
    """A table as read: upper-case variable names, and what the file says of each variable.

    Attributes:
        frame: the values.
        labels: variable -> label (``""`` where none).
        value_labels: variable -> code -> label, for variables that have value labels.
        user_missing: variable -> ranges of codes that the file declares missing (SPSS), whether or not they
            are blank in ``frame``.
    """

    frame: pd.DataFrame
    labels: Mapping[str, str]
    value_labels: Mapping[str, ValueLabels] = field(default_factory=dict)
    user_missing: Mapping[str, Sequence[MissingRange]] = field(default_factory=dict)


@dataclass(frozen=True)
class Overview:
    """How many rows a file has, and upper-case name -> name as stored of its columns, in file order."""

    n_rows: int
    stored: Mapping[str, str]


@dataclass(frozen=True)
class Reader:
    """How one format is read.

    Attributes:
        read: (path, columns or None for all, what the cohort says of the file) -> table.
        overview: (path, what the cohort says of the file) -> overview.
    """

    read: Callable[[Path, Sequence[str] | None, File | None], Table]
    overview: Callable[[Path, File | None], Overview]


def check_key(frame: pd.DataFrame, key: Sequence[str], where: str) -> list[Problem]:
    """Say what keeps ``key`` from naming each row: no such column, values missing, values repeated."""
    absent = [name for name in key if name not in frame.columns]
    if absent:
        return [Problem(where, f"no key column '{name}'", nearest(name, frame.columns)) for name in absent]
    named = " + ".join(key)
    missing = int((frame[list(key)].isna() | frame[list(key)].eq("")).any(axis=1).sum())
    repeated = int(frame.duplicated(list(key), keep="first").sum())
    problems = []
    if missing:
        problems.append(Problem(where, f"{missing} of {len(frame)} rows have no {named}", "check the key"))
    if repeated:
        fix = (
            "if persons came several times, say in cohort.yaml which visit counts (files: ... visits); "
            "if the rows are prescriptions or the like, rows: many"
        )
        problems.append(Problem(where, f"{repeated} of {len(frame)} rows repeat an earlier {named}", fix))
    return problems


def by_upper_case(path: Path, names: Iterable[str]) -> dict[str, str]:
    """Return upper-case name -> name as stored, in file order.

    Raises:
        B12SarcError: two names that are the same but for case.
    """
    names = list(names)
    twice = sorted(name for name, n in Counter(name.upper() for name in names).items() if n > 1)
    if twice:
        raise B12SarcError(
            Problem(f"{path}: {name}", "two variables have this name but for upper and lower case")
            for name in twice
        )
    return {name.upper(): name for name in names}


def wanted_of(path: Path, columns: Sequence[str] | None, stored: Mapping[str, str]) -> list[str]:
    """Return the columns to read, upper case, each once; all of them when none are named."""
    wanted = list(stored) if columns is None else list(dict.fromkeys(name.upper() for name in columns))
    check_columns(path, wanted, stored)
    return wanted


def check_columns(path: Path, wanted: Iterable[str], stored: Mapping[str, str]) -> None:
    """Refuse columns that the file does not have, all at once."""
    absent = [name for name in wanted if name not in stored]
    if absent:
        raise B12SarcError(
            Problem(f"{path}: {name}", "no such variable in this file", nearest(name, stored))
            for name in absent
        )
