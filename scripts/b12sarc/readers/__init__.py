"""Read a table of a cohort into memory, whatever its file format, with its labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from b12sarc.errors import B12SarcError, nearest
from b12sarc.readers.columnar import PARQUET
from b12sarc.readers.statistical import SAS7BDAT, SPSS, STATA, XPORT
from b12sarc.readers.table import Overview, Reader, Table, check_columns, check_key
from b12sarc.readers.text import CSV
from b12sarc.spec import File

__all__ = ["FORMATS", "Overview", "Table", "check_key", "overview", "read_file", "read_table"]

FORMATS: dict[str, Reader] = {
    "xport": XPORT,
    "sas7bdat": SAS7BDAT,
    "stata": STATA,
    "spss": SPSS,
    "csv": CSV,
    "parquet": PARQUET,
}
"""Format name -> reader of that format."""


def read_table(
    path: Path, format: str = "xport", columns: Sequence[str] | None = None, described: File | None = None
) -> Table:
    """Read a table, or some of its columns in the order asked for.

    Numbers come as float64 (missing: NaN), text as ``str`` (missing: ``""``; blanks at the end are cut).
    Missing values that have a letter (SAS ``.A``, Stata ``.a``) are missing. Dates stay the numbers that a
    statistical package keeps; in CSV and Parquet they are text (``2015-06-30``).

    Args:
        path: the file.
        format: a key of :data:`FORMATS`.
        columns: names in any case; all columns when ``None``.
        described: what the cohort says of how the file is written.

    Raises:
        B12SarcError: unknown format, not a file of that format, absent columns, or two names that differ by
            case alone.
    """
    reader = _reader(path, format)
    return reader.read(path, columns, described)


def read_file(path: Path, described: File, columns: Sequence[str] | None = None) -> Table:
    """Read a table as the cohort describes its file, see :func:`read_table`."""
    return read_table(path, described.format, columns, described)


def overview(path: Path, described: File, columns: Sequence[str] = ()) -> Overview:
    """Return how many rows a file has and what its columns are called, without reading its values.

    Raises:
        B12SarcError: as :func:`read_table`, for ``columns``.
    """
    found = _reader(path, described.format).overview(path, described)
    check_columns(path, [name.upper() for name in columns], found.stored)
    return found


def _reader(path: Path, format: str) -> Reader:
    if format not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        fix = nearest(format, FORMATS) or f"known: {known}"
        raise B12SarcError.at(str(path), f"no reader for the format '{format}'", fix)
    if not path.is_file():
        raise B12SarcError.at(str(path), "no such file", "fetch it, or put it there")
    return FORMATS[format]
