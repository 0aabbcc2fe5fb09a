"""Read a file of which nobody has said anything yet: its format by its ending, a CSV by its first lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyreadstat

from b12sarc.errors import B12SarcError, nearest
from b12sarc.readers import read_table

FORMATS = {
    ".xpt": "xport",
    ".sas7bdat": "sas7bdat",
    ".dta": "stata",
    ".sav": "spss",
    ".zsav": "spss",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
}
_SAMPLE = 200_000


@dataclass(frozen=True)
class Found:
    """A file as read.

    Attributes:
        path: the file.
        format: as cohort.yaml calls it.
        csv: how a CSV is written, where that is not the usual way.
        frame: its rows; missing is NaN, or "" of text.
        labels: column -> label.
        value_labels: column -> code -> words.
    """

    path: Path
    format: str
    frame: pd.DataFrame
    labels: Mapping[str, str] = field(default_factory=dict)
    value_labels: Mapping[str, Mapping[float | str, str]] = field(default_factory=dict)
    csv: Mapping[str, str] = field(default_factory=dict)


def read_whole(path: Path) -> Found:
    """Read all of a file.

    Raises:
        B12SarcError: no such file, an ending that says nothing, or not a file of that format.
    """
    if not path.is_file():
        there = [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else []
        raise B12SarcError.at(str(path), "no such file", nearest(path.name, there))
    format = FORMATS.get(path.suffix.lower())
    if format is None:
        known = ", ".join(FORMATS)
        raise B12SarcError.at(str(path), f"what kind of file ends in '{path.suffix}'?", f"known: {known}")
    csv = guess_csv(path) if format == "csv" else {}
    try:
        return _upper(_read(path, format, csv))
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, OSError, ValueError) as error:
        what = f"cannot be read as {format}: {' '.join(str(error).split())}"
        raise B12SarcError.at(str(path), what, "is it whole, and of that format?") from None


def _read(path: Path, format: str, csv: Mapping[str, str]) -> Found:
    if format == "xport":
        table = read_table(path)
        return Found(path, format, table.frame, table.labels)
    if format == "csv":
        frame = pd.read_csv(
            path,
            sep={"tab": "\t"}.get(csv.get("delimiter", ","), csv.get("delimiter", ",")),
            decimal=csv.get("decimal", "."),
            encoding=csv.get("encoding", "utf-8-sig"),
            na_values=["", "NA", "."],
            keep_default_na=False,
            low_memory=False,
        )
        return Found(path, format, frame, csv=csv)
    if format == "parquet":
        return Found(path, format, pd.read_parquet(path))
    readers = {
        "spss": pyreadstat.read_sav,
        "stata": pyreadstat.read_dta,
        "sas7bdat": pyreadstat.read_sas7bdat,
    }
    frame, meta = readers[format](str(path), disable_datetime_conversion=True)
    labels = {name: label or "" for name, label in meta.column_names_to_labels.items()}
    return Found(path, format, frame, labels, meta.variable_value_labels)


def _upper(found: Found) -> Found:
    """Return the file with upper-case column names, as the pipeline reads it."""
    frame = found.frame.set_axis([str(c).upper() for c in found.frame.columns], axis=1)
    labels = {name.upper(): label for name, label in found.labels.items()}
    values = {name.upper(): dict(labelled) for name, labelled in found.value_labels.items()}
    return Found(found.path, found.format, frame, labels, values, found.csv)


def guess_csv(path: Path) -> dict[str, str]:
    """Return how a CSV is written as far as it is not the usual way (comma, point, UTF-8)."""
    raw = path.read_bytes()[:_SAMPLE]
    raw = raw[: raw.rfind(b"\n") + 1] or raw
    encoding, text = _decoded(raw)
    lines = [line for line in text.splitlines()[:200] if line.strip()] or [""]
    counts = {mark: min(line.count(mark) for line in lines[:20]) for mark in (",", ";", "\t", "|")}
    first = {mark: lines[0].count(mark) for mark in counts}
    delimiter = max(counts, key=lambda mark: (counts[mark], first[mark]))
    guessed = {} if encoding == "utf-8" else {"encoding": encoding}
    if delimiter != ",":
        guessed["delimiter"] = {"\t": "tab"}.get(delimiter, delimiter)
        body = "\n".join(lines[1:])
        if len(re.findall(r"\d,\d", body)) > len(re.findall(r"\d\.\d", body)):
            guessed["decimal"] = ","
    return guessed


def _decoded(raw: bytes) -> tuple[str, str]:
    for encoding in ("utf-8", "euc-kr", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "euc-kr" or re.search(r"[가-힣]{2}", text):
            return encoding, text.removeprefix("\ufeff")
    return "latin-1", raw.decode("latin-1")
