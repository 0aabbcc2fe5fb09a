"""What every rule's script runs in: its words go to the log, and a user's mistake is one line there."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from b12sarc.errors import B12SarcError, user_errors


@contextmanager
def job(log: Path | str) -> Iterator[None]:
    """Write everything that the block prints to ``log``, and end the process with status 1 if it fails.

    Snakemake shows the log of a failed job (show-failed-logs in the profile).
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open("w", encoding="utf-8") as file,
        redirect_stdout(file),
        redirect_stderr(file),
        user_errors(),
    ):
        try:
            yield
        except B12SarcError:
            raise
        except Exception:
            traceback.print_exc()
            sys.exit(1)
