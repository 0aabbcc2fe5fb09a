"""Read a file of which nobody has said anything yet: its format by its ending, a CSV by its first lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from b12sarc.errors import B12SarcError, nearest
from b12sarc.readers import Table, overview, read_file
from b12sarc.spec import CsvFormat, File
from b12sarc.spec.files import SUFFIXES

_SAMPLE = 200_000


@dataclass(frozen=True)
class Found:
    """A file as read.

    Attributes:
        path: the file.
        format: as cohort.yaml calls it.
        table: all of it.
        stored: upper-case column -> name as the file has it.
        csv: how a CSV is written, where that is not the usual way.
    """

    path: Path
    format: str
    table: Table
    stored: Mapping[str, str]
    csv: Mapping[str, str]

    @property
    def n_rows(self) -> int:
        """Rows of the file."""
        return len(self.table.frame)


def read_whole(path: Path) -> Found:
    """Read all of a file.

    Raises:
        B12SarcError: no such file, an ending that says nothing, or not a file of that format.
    """
    if not path.is_file():
        there = [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else []
        raise B12SarcError.at(str(path), "no such file", nearest(path.name, there))
    format = SUFFIXES.get(path.suffix.lower())
    if format is None:
        known = ", ".join(SUFFIXES)
        raise B12SarcError.at(str(path), f"what kind of file ends in '{path.suffix}'?", f"known: {known}")
    csv = guess_csv(path) if format == "csv" else {}
    how = CsvFormat.model_validate(csv) if csv else None
    described = File(path=path.name, format=format, csv=how, key="?")
    table = read_file(path, described)
    return Found(path, format, table, overview(path, described).stored, csv)


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
