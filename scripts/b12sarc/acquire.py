"""Have a table's data file and codebook page in data/raw, whole and the right ones."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

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
        other_paths: of the data file, tried in order before ``path``.
        columns: of a table without a codebook page: what it must hold to be this table.
        n_bytes: size that the archive states; another one is logged, and used.
        optional: the run does without the table when the archive does not have it.
    """

    table: str
    cycle: str
    base_url: str
    path: str
    codebook_path: str | None = None
    n_records: int | None = None
    sha256: str | None = None
    other_paths: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    n_bytes: int | None = None
    optional: bool = False

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
        other_paths: Iterable[str] = (),
        **known: Any,
    ) -> TableSource:
        """Fill ``{table}``, ``{cycle}`` and ``{begin_year}`` into the paths.

        Raises:
            B12SarcError: a path asks for something else.
        """
        values = {"table": table, "cycle": cycle, "begin_year": begin_year}
        page = None if codebook_path is None else _fill(codebook_path, values)
        others = tuple(_fill(path, values) for path in other_paths)
        path = _fill(table_path, values)
        return cls(table, cycle, base_url, path, page, sha256=sha256, other_paths=others, **known)

    def url(self, path: str) -> str:
        """Return the URL of a path below the base."""
        return f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"

    def urls(self) -> tuple[str, ...]:
        """Return every URL at which the data file may be, in the order in which to try them."""
        return tuple(self.url(path) for path in (*self.other_paths, self.path))


def fetch_table(source: TableSource, raw_dir: Path, how: Download | None = None) -> Receipt:
    """Use the table's files in ``raw_dir`` if they are there and intact, else download them there.

    A download is checked before it takes its place: nothing half-written, wrong or changed is ever left under
    the name of a table. Names in ``raw_dir`` may be in any case (``DEMO_G.XPT``). Of an optional table that
    the archive does not have, the receipt says so.

    Raises:
        B12SarcError: a file can neither be found nor fetched, is not what it should be, or is not the one of
            first use.
    """
    how = how or Download()
    try:
        return _fetch(source, raw_dir, how)
    except NotThereError:
        if not source.optional or not _archive_is_there(source):
            raise
        urls = source.urls()
        _log.warning("%s is not there (%s); going on without it", source.table, ", ".join(urls))
        return Receipt.of_absent(source.table, source.cycle, urls[0])


def _fetch(source: TableSource, raw_dir: Path, how: Download) -> Receipt:
    codebook, page = None, None
    if source.codebook_path is not None:
        codebook, page = _obtain(
            (source.url(source.codebook_path),),
            raw_file(raw_dir, f"{source.table}.htm"),
            how,
            lambda path: read_codebook(path, source.table),
        )
    target = raw_file(raw_dir, f"{source.table}.xpt")
    layout, data = _obtain(
        source.urls(),
        target,
        how,
        lambda path: _check_layout(path, source, codebook),
        source.sha256,
        source.table,
    )
    if source.n_bytes not in (None, data.bytes):
        _log.warning("%s: %d bytes; the archive states %d", target, data.bytes, source.n_bytes)
    return Receipt(
        **vars(data),
        table=source.table,
        cycle=source.cycle,
        n_records=layout.n_records,
        cdc_first_published=codebook.first_published if codebook else None,
        cdc_last_revised=codebook.last_revised if codebook else None,
        codebook=page,
    )


def _archive_is_there(source: TableSource) -> bool:
    """Whether a missing file says something: a mirror that is not mounted has no files at all."""
    url = urlsplit(source.base_url)
    return url.scheme != "file" or Path(unquote(url.path)).is_dir()


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
    urls: Sequence[str],
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
            receipt = _receipt(target, urls[0], target)
            _check_sha256(str(target), table, sha256, receipt.sha256)
            return checked, receipt
    try:
        return _download_from(urls, target, how, check, sha256, table)
    except B12SarcError as error:
        if not damage:
            raise
        again = f"{damage}; and it could not be fetched again: {error.problems[0].what} ({urls[-1]})"
        raise B12SarcError.at(str(target), again, error.problems[0].fix) from None


def _download_from(
    urls: Sequence[str],
    target: Path,
    how: Download,
    check: Callable[[Path], _T],
    sha256: str | None,
    table: str,
) -> tuple[_T, FileReceipt]:
    """Download from the first URL that has the file."""
    for url in urls[:-1]:
        try:
            return _download(url, target, how, check, sha256, table)
        except NotThereError:
            _log.info("%s: not there; trying the next address", url)
    return _download(urls[-1], target, how, check, sha256, table)


def _download(
    url: str, target: Path, how: Download, check: Callable[[Path], _T], sha256: str | None, table: str
) -> tuple[_T, FileReceipt]:
    try:
        with whole_file(target) as temporary:
            last_modified = download(url, temporary, how)
            try:
                checked = check(temporary)
            except B12SarcError as error:
                # Some servers answer with a page that says "not found", and status 200.
                kind = NotThereError if table and _is_web_page(temporary) else B12SarcError
                raise kind(
                    replace(problem, where=problem.where.replace(str(temporary), url))
                    for problem in error.problems
                ) from None
            receipt = _receipt(temporary, url, target, last_modified, "downloaded")
            _check_sha256(url, table, sha256, receipt.sha256)
    except OSError as error:
        fix = "make room on the disk, or check who may write there"
        raise B12SarcError.at(str(target), f"cannot be written: {error.strerror}", fix) from None
    return checked, receipt


def _is_web_page(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _check_layout(path: Path, source: TableSource, codebook: Codebook | None) -> XportLayout:
    """Check that a file is whole and is this table.

    It is this table if its data set has that name, or if it has the variables and the number of records of
    the codebook page: CDC nowhere promises that the data set inside a file is named as the file is. Without a
    page, it is this table if it holds every column that is read of it.
    """
    layout = read_layout(path)
    expected = source.n_records or (codebook and codebook.n_records)
    right_length = expected in (None, layout.n_records)
    named = layout.member.upper() == source.table.upper()
    held = {v.name.upper() for v in layout.variables}
    described = codebook is not None and held <= set(codebook.variables)
    described = described or (codebook is None and bool(source.columns) and set(source.columns) <= held)
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
