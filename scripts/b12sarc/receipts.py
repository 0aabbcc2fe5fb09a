"""What was fetched, from where and when: one receipt a table, and the lock that remembers first use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml

from b12sarc.errors import B12SarcError, Problem
from b12sarc.files import whole_file

Origin = Literal["downloaded", "data/raw", "local", "absent"]

_LOCK_HEADER = """\
# The files of this cohort as they were first used. A run stops when a file's sha256 is not the one here.
# Entries are added by the pipeline and never changed by it: delete one to accept a file that CDC has revised.
"""


@dataclass(frozen=True, kw_only=True)
class FileReceipt:
    """One file in data/raw.

    Attributes:
        path: where the file lies.
        url: where it came from, or would have.
        bytes: size.
        sha256: hexadecimal digest.
        origin: whether this job downloaded it or found it in data/raw, it is a file of this machine that is
            used where it lies, or it is absent.
        retrieved: when it was written into data/raw, UTC, ISO 8601.
        last_modified: the server's header, if it was downloaded now and gave one.
    """

    path: str
    url: str
    bytes: int
    sha256: str
    origin: Origin
    retrieved: str
    last_modified: str | None = None


@dataclass(frozen=True, kw_only=True)
class Receipt(FileReceipt):
    """A table's data file, with what its codebook page says of it.

    Attributes:
        table: CDC's name of the table.
        cycle: survey cycle, ``"2011-2012"``.
        n_records: rows of the table.
        cdc_first_published: CDC's words (``"March 2014"``), ``None`` if not given.
        cdc_last_revised: the same.
        codebook: the page's own receipt, ``None`` where there is no page.
        found: what lay in data/raw when the job was planned (:func:`b12sarc.sources.raw_state`).
        absent: that the archive does not have this optional table; ``None``: it is there.
    """

    table: str
    cycle: str
    n_records: int
    cdc_first_published: str | None = None
    cdc_last_revised: str | None = None
    codebook: FileReceipt | None = None
    found: str = ""
    absent: str | None = None

    @classmethod
    def of_absent(cls, table: str, cycle: str, url: str, why: str = "not in the archive") -> Receipt:
        """Return the receipt of a table that is not to be had, and that the run does without."""
        return cls(
            table=table,
            cycle=cycle,
            url=url,
            path="",
            bytes=0,
            sha256="",
            retrieved="",
            n_records=0,
            origin="absent",
            absent=why,
        )

    def rounded_to(self, least: int) -> Receipt:
        """Return the receipt with its rows rounded as restricted people are counted; 0: as it is.

        An exact number of rows less a rounded number of people would tell how many are left out.
        """
        if not least:
            return self
        return replace(self, n_records=least * ((2 * self.n_records + least) // (2 * least)))

    def write(self, path: Path) -> None:
        """Write the receipt as JSON."""
        with whole_file(path) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Receipt:
        """Read a receipt that :meth:`write` wrote."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        page = fields.pop("codebook")
        return cls(**fields, codebook=page and FileReceipt(**page))


def absent_tables(receipts: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Return (cycle, table) -> why it is not there, of what sources.json holds."""
    return {(r["cycle"], r["table"]): r["absent"] for r in receipts if r.get("absent")}


@dataclass(frozen=True)
class LockEntry:
    """A table's data file as it was first used; ``locked`` is that day, ISO 8601."""

    url: str
    bytes: int
    n_records: int
    sha256: str
    locked: str


SourcesLock = Mapping[str, LockEntry]
"""Table -> its file at first use (``cohorts/<id>/sources.lock``)."""


def read_lock(path: Path) -> SourcesLock:
    """Read a lock; a cohort that was never used has none, which is an empty one.

    Raises:
        B12SarcError: not YAML, or an entry lacks a field or has an unknown one.
    """
    if not path.is_file():
        return {}
    fix = "put the file back as it was, or delete it to lock the files as they are now"
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        return {table: LockEntry(**fields) for table, fields in entries.items()}
    except (yaml.YAMLError, TypeError, AttributeError) as error:
        raise B12SarcError.at(str(path), f"not a lock file: {' '.join(str(error).split())}", fix) from None


def check_against_lock(receipts: Iterable[Receipt], lock: SourcesLock) -> list[Problem]:
    """Say which files are not those of first use."""
    return [
        changed(
            receipt.path, receipt.table, lock[receipt.table].sha256, receipt.sha256, receipt.origin == "local"
        )
        for receipt in receipts
        if not receipt.absent and receipt.table in lock and lock[receipt.table].sha256 != receipt.sha256
    ]


def changed(where: str, table: str, expected: str, found: str, local: bool = False) -> Problem:
    """Word the problem of a file that is not the one of first use."""
    again = "delete the file from data/raw to fetch it again; or, if CDC has revised it, delete the entry "
    back = "put the file of first use back; or, if the new one is meant, delete the entry "
    return Problem(
        where,
        f"changed since it was first used: expected sha256 {expected}, found {found}",
        f"{back if local else again}{table} from sources.lock in the cohort's folder",
    )


def write_lock(path: Path, receipts: Iterable[Receipt], today: date) -> SourcesLock:
    """Add the tables that the lock does not have yet; entries that it has stay as they are.

    The file is left alone when there is nothing to add.
    """
    lock = dict(read_lock(path))
    known = set(lock)
    for receipt in receipts:
        if receipt.absent:
            continue
        entry = LockEntry(receipt.url, receipt.bytes, receipt.n_records, receipt.sha256, today.isoformat())
        lock.setdefault(receipt.table, entry)
    if set(lock) != known:
        entries = {table: asdict(lock[table]) for table in sorted(lock)}
        with whole_file(path) as temporary:
            temporary.write_text(_LOCK_HEADER + yaml.safe_dump(entries, sort_keys=False), encoding="utf-8")
    return lock
