"""Files that are there whole or not at all."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STALE_AFTER_S = 3600.0


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``target`` that takes its place only if the block ends well.

    Whatever ends the block (also Ctrl-C), no half-written file is left. What a killed process could not
    clear away is cleared by the next one that writes the same file, an hour later at the earliest, so that
    two processes never clear each other's.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f".{target.name}.*.part"):
        if time.time() - leftover.stat().st_mtime > _STALE_AFTER_S:
            leftover.unlink(missing_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
