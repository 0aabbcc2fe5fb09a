"""Files of SAS, Stata and SPSS, by ReadStat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from b12sarc.errors import B12SarcError
from b12sarc.readers.table import MissingRange, Overview, Reader, Table, by_upper_case, wanted_of
from b12sarc.spec import File
from b12sarc.xport import read_layout

# CDC writes cp1252; files written again by others are often UTF-8, which cp1252 text is never by chance.
_ENCODINGS = ("UTF-8", "WINDOWS-1252")
_AS_THE_FILE_SAYS = (None, "WINDOWS-1252")
_FIX = "give encoding in cohort.yaml, or convert the text of the file to UTF-8"


def _reader(read: Callable[..., Any], name: str, **more: Any) -> Reader:
    """Return the reader of a format in which ReadStat finds everything."""

    def overview(path: Path, described: File | None) -> Overview:
        _, meta = _decoded(read, path, name, described, metadataonly=True)
        return Overview(int(meta.number_rows or 0), by_upper_case(path, meta.column_names))

    def table(path: Path, columns: Sequence[str] | None, described: File | None) -> Table:
        stored = overview(path, described).stored
        wanted = wanted_of(path, columns, stored)
        keep = described is not None and described.user_missing == "keep"
        options = {**more, **({"user_missing": True} if keep else {})}
        names = [stored[column] for column in wanted]
        frame, meta = _decoded(read, path, name, described, usecols=names, **options)
        return _as_table(frame, meta, wanted, stored)

    return Reader(table, overview)


def _decoded(
    read: Callable[..., Any], path: Path, name: str, described: File | None, **options: Any
) -> tuple[pd.DataFrame, Any]:
    """Read a file in the first encoding in which it can be read."""
    given = described.encoding if described else None
    for encoding in (given,) if given else _AS_THE_FILE_SAYS:
        try:
            return read(path, encoding=encoding, disable_datetime_conversion=True, **options)
        except UnicodeDecodeError as error:
            failure = f"its text cannot be read: {error.reason}"
            continue
        except pyreadstat.ReadstatError as error:
            failure = " ".join(str(error).split())
            continue
    what = f"cannot be read as {name}: {failure}"
    raise B12SarcError.at(str(path), what, f"check the format, or {_FIX}")


def _as_table(frame: pd.DataFrame, meta: Any, wanted: list[str], stored: dict[str, str] | Any) -> Table:
    values = {column: _plain(frame[stored[column]]) for column in wanted}
    upper = {stored[column]: column for column in wanted}
    labels = {upper[n]: label or "" for n, label in meta.column_names_to_labels.items() if n in upper}
    return Table(
        pd.DataFrame(values, index=frame.index),
        {column: labels.get(column, "") for column in wanted},
        {upper[n]: dict(codes) for n, codes in meta.variable_value_labels.items() if n in upper},
        {upper[n]: _ranges(found) for n, found in meta.missing_ranges.items() if n in upper},
    )


def _ranges(found: list[dict[str, Any]]) -> tuple[MissingRange, ...]:
    return tuple((one["lo"], one["hi"]) for one in found)


def _plain(values: pd.Series) -> pd.Series:
    """Return numbers as float64 and text as text, blanks at its end cut; missing is NaN or an empty text."""
    known = values.dropna()
    if pd.api.types.is_numeric_dtype(values):
        return values.astype("float64")
    if len(known) and not known.map(lambda value: isinstance(value, str)).any():
        return pd.to_numeric(values).astype("float64")
    return values.fillna("").astype("str").str.rstrip()


def _read_xport(path: Path, columns: Sequence[str] | None, described: File | None) -> Table:
    stored = by_upper_case(path, [variable.name for variable in read_layout(path).variables])
    wanted = wanted_of(path, columns, stored)
    given = described.encoding if described else None
    for encoding in (given,) if given else _ENCODINGS:
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


def _overview_of_xport(path: Path, described: File | None) -> Overview:
    del described
    layout = read_layout(path)
    return Overview(layout.n_records, by_upper_case(path, [variable.name for variable in layout.variables]))


def _read_sav(path: Path, **options: Any) -> tuple[pd.DataFrame, Any]:
    """Read an SPSS file; what it declares missing is told also where it is made blank."""
    frame, meta = pyreadstat.read_sav(path, **options)
    if not options.get("metadataonly") and not options.get("user_missing"):
        options = {k: v for k, v in options.items() if k != "usecols"}
        _, told = pyreadstat.read_sav(path, metadataonly=True, user_missing=True, **options)
        meta.missing_ranges = told.missing_ranges
    return frame, meta


XPORT = Reader(_read_xport, _overview_of_xport)
SAS7BDAT = _reader(pyreadstat.read_sas7bdat, "a SAS data set (sas7bdat)")
STATA = _reader(pyreadstat.read_dta, "a Stata file")
SPSS = _reader(_read_sav, "an SPSS file")
