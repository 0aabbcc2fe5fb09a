"""A file of a cohort that lies on this machine: used where it is, never copied, never deleted."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from b12sarc.errors import B12SarcError
from b12sarc.receipts import Receipt, changed
from b12sarc.spec import File

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LocalSource:
    """A file on this machine.

    Attributes:
        table: its path below the folder of the archive, which is its name everywhere.
        cycle: survey cycle, or ``all``.
        path: where it lies, below the project's folder.
        described: what the cohort says of it.
        columns: columns that are read of it (upper case).
        sha256: digest at first use, if a changed file is to stop the run.
        optional: the run does without the file when it is not there.
    """

    table: str
    cycle: str
    path: Path
    described: File
    columns: Sequence[str] = ()
    sha256: str | None = None
    optional: bool = False


def use_file(source: LocalSource, root: Path = Path()) -> Receipt:
    """Check that the file is there, can be read and has the columns that are wanted; return its receipt.

    Args:
        source: the file.
        root: the project's folder.

    Raises:
        B12SarcError: no such file, not a file of its format, columns that it does not have, or not the file
            of first use.
    """
    from b12sarc.readers import overview  # pandas costs a second, which fetching from a server need not pay

    path, shown = root / source.path, source.path.as_posix()
    if not path.is_file():
        if source.optional:
            _log.warning("%s is not there; going on without it", shown)
            return Receipt.of_absent(source.table, source.cycle, shown, "no such file")
        fix = "put the file there, or correct archive.folder or files: ... path in cohort.yaml"
        raise B12SarcError.at(shown, "no such file (the cohort says it lies on this machine)", fix)
    found = overview(path, source.described, source.columns)
    status, digest = path.stat(), file_digest(path)
    if source.sha256 not in (None, digest):
        raise B12SarcError(changed(shown, source.table, str(source.sha256), digest, local=True))
    return Receipt(
        path=shown,
        url=shown,
        bytes=status.st_size,
        sha256=digest,
        origin="local",
        retrieved=datetime.fromtimestamp(status.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        table=source.table,
        cycle=source.cycle,
        n_records=found.n_rows,
    )


def file_state(path: Path, receipt: Path) -> str:
    """Say what lay at ``path`` when its receipt was written, or lies there now if it changed.

    As :func:`b12sarc.sources.raw_state` for a table of a server: what re-runs the rule that looks at it.
    """
    now = file_digest(path)
    if receipt.is_file():
        written = Receipt.read(receipt)
        if written.sha256 == now:
            return written.found
    return f"{path.name}:{now[:16] or 'absent'}"


def file_digest(path: Path) -> str:
    """Return the sha256 of a file; empty if there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
