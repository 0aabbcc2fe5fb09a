"""Have a table's data file and codebook page in data/raw, whole and the right ones."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from b12sarc.codebook import Codebook, read_codebook
from b12sarc.download import Download, download
from b12sarc.errors import B12SarcError, NotThereError, nearest
from b12sarc.files import whole_file
from b12sarc.receipts import FileReceipt, Origin, Receipt, changed
from b12sarc.xport import XportLayout, read_layout

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TableSource:
    """A table, where it comes from, and what is known of it beforehand.

    Attributes:
        table: CDC's name (``"DEMO_G"``).
        cycle: survey cycle (``"2011-2012"``).
        base_url: ``https://``, ``http://`` or ``file://``; CDC's or a mirror's.
        path: of the data file, below ``base_url``.
        codebook_path: of the codebook page; ``None`` where there is none.
        n_records: rows, where the page is known to be wrong about them; it else says how many there must be.
        sha256: of the data file at first use.
        optional: the run does without the table when it cannot be had.
        columns: variables that tell the table where there is no page of it.
    """

    table: str
    cycle: str
    base_url: str
    path: str
    codebook_path: str | None = None
    n_records: int | None = None
    sha256: str | None = None
    optional: bool = False
    columns: tuple[str, ...] = ()

    @classmethod
    def from_template(
        cls,
        table: str,
        cycle: str,
        begin_year: int,
        base_url: str,
        table_path: str,
        codebook_path: str | None = None,
        sha256: str | None = None,
    ) -> TableSource:
        """Fill ``{table}``, ``{cycle}`` and ``{begin_year}`` into the paths.

        Raises:
            B12SarcError: a path asks for something else.
        """
        values = {"table": table, "cycle": cycle, "begin_year": begin_year}
        page = None if codebook_path is None else _fill(codebook_path, values)
        return cls(table, cycle, base_url, _fill(table_path, values), page, sha256=sha256)

    def url(self, path: str) -> str:
        """Return the URL of a path below the base."""
        return f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"


def fetch_table(source: TableSource, raw_dir: Path, how: Download | None = None) -> Receipt:
    """Use the table's files in ``raw_dir`` if they are there and intact, else download them there.

    A download is checked before it takes its place: nothing half-written, wrong or changed is ever left under
    the name of a table. Names in ``raw_dir`` may be in any case (``DEMO_G.XPT``).

    The receipt of an optional table that is neither there nor at its source says so (``absent``).

    Raises:
        B12SarcError: a file can neither be found nor fetched, is not what it should be, or is not the one of
            first use.
    """
    try:
        return _fetch(source, raw_dir, how or Download())
    except NotThereError as error:
        target = raw_file(raw_dir, f"{source.table}.xpt")
        if not source.optional or target.is_file():
            raise
        reason = error.problems[0].what
    _log.warning("%s: %s; the run goes on without this table", source.table, reason)
    nothing = FileReceipt(
        path=str(target), url=source.url(source.path), bytes=0, sha256="", origin="absent", retrieved=""
    )
    return Receipt(**vars(nothing), table=source.table, cycle=source.cycle, n_records=0, absent=reason)


def _fetch(source: TableSource, raw_dir: Path, how: Download) -> Receipt:
    codebook, page = None, None
    if source.codebook_path is not None:
        codebook, page = _obtain(
            source.url(source.codebook_path),
            raw_file(raw_dir, f"{source.table}.htm"),
            how,
            lambda path: read_codebook(path, source.table),
        )
    target = raw_file(raw_dir, f"{source.table}.xpt")
    url = source.url(source.path)
    layout, data = _obtain(
        url, target, how, lambda path: _check_layout(path, source, codebook), source.sha256, source.table
    )
    return Receipt(
        **vars(data),
        table=source.table,
        cycle=source.cycle,
        n_records=layout.n_records,
        cdc_first_published=codebook.first_published if codebook else None,
        cdc_last_revised=codebook.last_revised if codebook else None,
        codebook=page,
    )


def _fill(template: str, values: Mapping[str, object]) -> str:
    try:
        return template.format_map(values)
    except KeyError as error:
        known = ", ".join(f"{{{name}}}" for name in values)
        fix = nearest(error.args[0], values) or f"known: {known}"
        raise B12SarcError.at(template, f"unknown {{{error.args[0]}}}", fix) from None


def raw_file(raw_dir: Path, name: str) -> Path:
    """Return the file of this name, in whatever case it is there, or where it is to be."""
    found = [path for path in raw_dir.glob("*.*") if path.name.lower() == name.lower()]
    return min(found, key=lambda path: path.name != name, default=raw_dir / name)


def _obtain(
    url: str,
    target: Path,
    how: Download,
    check: Callable[[Path], _T],
    sha256: str | None = None,
    table: str = "",
) -> tuple[_T, FileReceipt]:
    """Return what ``check`` makes of the file, and its receipt; download it unless it is there and passes."""
    damage = ""
    if target.is_file():
        try:
            checked = check(target)
        except B12SarcError as error:
            damage = error.problems[0].what
            _log.warning("%s: %s; fetching it again", target, damage)
        else:
            receipt = _receipt(target, url, target)
            _check_sha256(str(target), table, sha256, receipt.sha256)
            return checked, receipt
    try:
        return _download(url, target, how, check, sha256, table)
    except B12SarcError as error:
        if not damage:
            raise
        again = f"{damage}; and it could not be fetched again: {error.problems[0].what} ({url})"
        raise B12SarcError.at(str(target), again, error.problems[0].fix) from None


def _download(
    url: str, target: Path, how: Download, check: Callable[[Path], _T], sha256: str | None, table: str
) -> tuple[_T, FileReceipt]:
    try:
        with whole_file(target) as temporary:
            last_modified = download(url, temporary, how)
            try:
                checked = check(temporary)
            except B12SarcError as error:
                raise type(error)(
                    replace(problem, where=problem.where.replace(str(temporary), url))
                    for problem in error.problems
                ) from None
            receipt = _receipt(temporary, url, target, last_modified, "downloaded")
            _check_sha256(url, table, sha256, receipt.sha256)
    except OSError as error:
        fix = "make room on the disk, or check who may write there"
        raise B12SarcError.at(str(target), f"cannot be written: {error.strerror}", fix) from None
    return checked, receipt


def _check_layout(path: Path, source: TableSource, codebook: Codebook | None) -> XportLayout:
    """Check that a file is whole and is this table.

    It is this table if its data set has that name, or if it has the variables and the number of records of
    the codebook page (without a page: the variables that are wanted of it): CDC nowhere promises that the data
    set inside a file is named as the file is.
    """
    layout = read_layout(path)
    expected = source.n_records or (codebook and codebook.n_records)
    right_length = expected in (None, layout.n_records)
    named = layout.member.upper() == source.table.upper()
    names = {variable.name.upper() for variable in layout.variables}
    if codebook is None:
        described = bool(source.columns) and names >= set(source.columns)
    else:
        described = names <= set(codebook.variables)
    if not named and not (described and right_length):
        raise B12SarcError.at(
            str(path),
            f"the wrong table: {source.table} was asked for, and the file holds {layout.member or 'no name'}",
            "put the right file there, or check its URL",
        )
    if not right_length:
        says = "as the cohort states" if source.n_records else "as CDC's codebook page says"
        raise B12SarcError.at(
            str(path),
            f"expected {expected} records ({says}), found {layout.n_records}",
            f"delete {source.table}.xpt and {source.table}.htm from data/raw to fetch both again",
        )
    return layout


def _check_sha256(where: str, table: str, expected: str | None, found: str) -> None:
    if expected is not None and found != expected:
        raise B12SarcError(changed(where, table, expected, found))


def _receipt(
    file: Path, url: str, target: Path, last_modified: str | None = None, origin: Origin = "data/raw"
) -> FileReceipt:
    status = file.stat()
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    written = datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return FileReceipt(
        path=str(target),
        url=url,
        bytes=status.st_size,
        sha256=digest,
        origin=origin,
        retrieved=written,
        last_modified=last_modified,
    )
