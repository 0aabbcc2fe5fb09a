"""Read a table of a cohort into memory, whatever its file format, with its labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyreadstat

from b12sarc.errors import B12SarcError, Problem, nearest
from b12sarc.xport import read_layout

# CDC writes cp1252; files written again by others are often UTF-8, which cp1252 text is never by chance.
_ENCODINGS = ("UTF-8", "WINDOWS-1252")


@dataclass(frozen=True)
class Table:
    """A table as read: upper-case variable names, and the label of each variable (``""`` where none)."""

    frame: pd.DataFrame
    labels: Mapping[str, str]


def read_table(path: Path, format: str = "xport", columns: Sequence[str] | None = None) -> Table:
    """Read a table, or some of its columns in the order asked for.

    Numbers come as float64 (missing: NaN), text as ``str`` (missing: ``""``). Dates stay the numbers that the
    file holds.

    Args:
        path: the file.
        format: a key of :data:`FORMATS`.
        columns: names in any case; all columns when ``None``.

    Raises:
        B12SarcError: unknown format, not a file of that format, absent columns, or two names that differ by
            case alone.
    """
    if format not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise B12SarcError.at(
            str(path), f"no reader for the format '{format}'", nearest(format, FORMATS) or f"known: {known}"
        )
    if not path.is_file():
        raise B12SarcError.at(str(path), "no such file", "fetch it, or put it there")
    return FORMATS[format](path, columns)


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
        fix = "a table with several rows a person needs a longer key, or a rule that makes one row of them"
        problems.append(Problem(where, f"{repeated} of {len(frame)} rows repeat an earlier {named}", fix))
    return problems


def _read_xport(path: Path, columns: Sequence[str] | None) -> Table:
    stored = _by_upper_case(path, [variable.name for variable in read_layout(path).variables])
    wanted = list(stored) if columns is None else list(dict.fromkeys(name.upper() for name in columns))
    _check_columns(path, wanted, stored)
    for encoding in _ENCODINGS:
        try:
            frame, meta = pyreadstat.read_xport(
                path,
                usecols=[stored[name] for name in wanted],
                encoding=encoding,
                disable_datetime_conversion=True,
            )
        except (UnicodeDecodeError, pyreadstat.ReadstatError) as error:
            failure = error
            continue
        frame.columns = frame.columns.str.upper()
        labels = {name.upper(): label or "" for name, label in meta.column_names_to_labels.items()}
        return Table(frame[wanted], {name: labels[name] for name in wanted})
    what = f"cannot be read, neither with text in UTF-8 nor in Windows-1252: {failure}"
    raise B12SarcError.at(str(path), what, "fetch the file again, or convert its text to UTF-8")


def _by_upper_case(path: Path, names: Iterable[str]) -> dict[str, str]:
    """Return upper-case name -> name as stored, in file order."""
    names = list(names)
    twice = sorted(name for name, n in Counter(name.upper() for name in names).items() if n > 1)
    if twice:
        raise B12SarcError(
            Problem(f"{path}: {name}", "two variables have this name but for upper and lower case")
            for name in twice
        )
    return {name.upper(): name for name in names}


def _check_columns(path: Path, wanted: Iterable[str], stored: Mapping[str, str]) -> None:
    absent = [name for name in wanted if name not in stored]
    if absent:
        raise B12SarcError(
            Problem(f"{path}: {name}", "no such variable in this file", nearest(name, stored))
            for name in absent
        )


FORMATS: dict[str, Callable[[Path, Sequence[str] | None], Table]] = {"xport": _read_xport}
"""Format name -> reader of that format."""
