"""What every rule's script runs in: its words go to the log, and a user's mistake is one line there."""

from __future__ import annotations

import resource
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from b12sarc.errors import B12SarcError, user_errors
from b12sarc.progress import reporting


@contextmanager
def job(log: Path | str) -> Iterator[None]:
    """Write everything that the block prints to ``log``, and end the process with status 1 if it fails.

    Snakemake shows the log of a failed job (show-failed-logs in the profile). The last line of the log of a
    job that ended well says what it took; bench/rules.py gathers these. How far a long job is goes to the log
    and to the terminal (:mod:`b12sarc.progress`).
    """
    path, terminal = Path(log), sys.stderr
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open("w", encoding="utf-8") as file,
        redirect_stdout(file),
        redirect_stderr(file),
        user_errors(),
        reporting(_name(path), file, terminal),
    ):
        try:
            yield
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"done: {time.process_time():.1f} s of processor time, {peak_mb:.0f} MB at most")
        except B12SarcError:
            raise
        except Exception:
            traceback.print_exc()
            sys.exit(1)


def _name(log: Path) -> str:
    """What a job is called: its log's path below ``logs``, such as ``synthetic/fit``."""
    parts = log.with_suffix("").parts
    return "/".join(parts[parts.index("logs") + 1 :] if "logs" in parts else parts[-1:])
