"""Text files with columns (CSV)."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow

from b12sarc.errors import B12SarcError
from b12sarc.readers.table import Overview, Reader, Table, by_upper_case, wanted_of
from b12sarc.spec import CsvFormat, File

_NUMBER = r"[+-]?(\d+(\{0}\d*)?|\{0}\d+)([eE][+-]?\d+)?"
_CODE_WITH_ZEROS = re.compile(r"[+-]?0\d+")
_EXACT_DIGITS = 15
"""Digits that a float keeps; a longer whole number is an identifier, and text."""
_COUNT = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


def _overview(path: Path, described: File | None) -> Overview:
    how = _how(described)
    stored = _stored(path, how)
    return Overview(len(_cells(path, how, [next(iter(stored.values()))])), stored)


def _read(path: Path, columns: Sequence[str] | None, described: File | None) -> Table:
    how = _how(described)
    stored = _stored(path, how)
    wanted = wanted_of(path, columns, stored)
    cells = _cells(path, how, [stored[column] for column in wanted])
    as_text = {column.upper() for column in how.text}
    frame = {c: _typed(cells[stored[c]], how, c in as_text) for c in wanted}
    return Table(pd.DataFrame(frame, index=cells.index), dict.fromkeys(wanted, ""))


def _how(described: File | None) -> CsvFormat:
    return CsvFormat() if described is None or described.csv is None else described.csv


def _sign(how: CsvFormat) -> str:
    return "\t" if how.delimiter == "tab" else how.delimiter


def _encoding(how: CsvFormat) -> str:
    return "utf-8-sig" if how.encoding.lower() in ("utf-8", "utf8") else how.encoding


def _stored(path: Path, how: CsvFormat) -> Mapping[str, str]:
    """Return the names of the first line, upper case -> as stored."""
    try:
        with path.open(encoding=_encoding(how), newline="") as file:
            names = next(csv.reader(file, delimiter=_sign(how)), [])
    except UnicodeDecodeError as error:
        raise _not_decoded(path, how, error.reason) from None
    if not names:
        raise B12SarcError.at(str(path), "the file is empty", "its first line should name the columns")
    if len(names) == 1:
        other = next((sign for sign in (";", "\t", "|", ",") if sign in names[0]), None)
        if other is not None and other != _sign(how):
            word = "tab" if other == "\t" else other
            what = f"has one column in its first line, in which '{word}' stands"
            raise B12SarcError.at(str(path), what, f'write csv: {{delimiter: "{word}"}} in cohort.yaml')
    stored = by_upper_case(path, names)
    if "" in stored:
        place = list(stored).index("") + 1
        raise B12SarcError.at(str(path), f"column {place} has no name", "give every column a name")
    return stored


def _cells(path: Path, how: CsvFormat, names: list[str]) -> pd.DataFrame:
    """Return the cells of some columns as text, blanks around them cut; every line has all its columns."""
    utf8 = codecs.lookup(how.encoding).name == "utf-8"
    try:
        table = arrow.read_csv(
            path,
            arrow.ReadOptions(use_threads=False, encoding="utf8" if utf8 else how.encoding),
            arrow.ParseOptions(delimiter=_sign(how), newlines_in_values=True),
            arrow.ConvertOptions(
                include_columns=names,
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
            ),
        )
    except UnicodeDecodeError as error:
        raise _not_decoded(path, how, error.reason) from None
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error):
            raise _not_decoded(path, how, "invalid bytes") from None
        found = _COUNT.search(str(error))  # what else Arrow says quotes the line, which may be a person's
        why = "line {0} has {2} columns, the first {1}".format(*found.groups()) if found else "no table"
        what = f"cannot be read as CSV: {why}"
        raise B12SarcError.at(str(path), what, "check delimiter and quotes in that line") from None
    return table.to_pandas().astype("str").apply(lambda column: column.str.strip())


def _typed(cells: pd.Series, how: CsvFormat, as_text: bool) -> pd.Series:
    """Return a column of numbers as float64, and any other as text.

    A column is numeric if everything in it but what stands for a blank is a number; codes with zeros in front
    (007) and whole numbers of more than 15 digits are identifiers, and text.
    """
    known = cells.mask(cells.isin(how.missing), "")
    values = pd.Series(known.unique()).loc[lambda found: found != ""]
    number = values.str.fullmatch(_NUMBER.format(how.decimal)).all()
    code = values.str.fullmatch(_CODE_WITH_ZEROS.pattern).any()
    long = values.str.fullmatch(rf"[+-]?\d{{{_EXACT_DIGITS + 1},}}").any()
    if as_text or not number or code or long:
        return known.astype("str")
    return pd.to_numeric(known.mask(known == "").str.replace(how.decimal, ".", regex=False)).astype("float64")


def _not_decoded(path: Path, how: CsvFormat, reason: str) -> B12SarcError:
    what = f"its text is not {how.encoding} ({reason})"
    return B12SarcError.at(str(path), what, "write csv: {encoding: latin-1}, or what it was saved as")


CSV = Reader(_read, _overview)
