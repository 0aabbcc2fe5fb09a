"""What every rule's script runs in: its words go to the log, and a user's mistake is one line there.

Of a restricted cohort nothing that was found in its data reaches the log, and no result table is written that
shows too few people. Both are seen to here, for every script, whatever it does.
"""

from __future__ import annotations

import os
import resource
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from b12sarc.disclosure import guarding
from b12sarc.errors import B12SarcError, user_errors
from b12sarc.progress import reporting
from b12sarc.restricted import Restrictions, discreet


@contextmanager
def job(log: Path | str, of: Any = None) -> Iterator[None]:
    """Write everything that the block prints to ``log``, and end the process with status 1 if it fails.

    Snakemake shows the log of a failed job (show-failed-logs in the profile). The last line of the log of a
    job that ended well says what it took; bench/rules.py gathers these. How far a long job is goes to the log
    and to the terminal (:mod:`b12sarc.progress`).

    Args:
        log: the file.
        of: Snakemake's job, which tells whether its cohort is restricted. A script has it as a global name,
            and it is found there, so that no script can forget to say.
    """
    path, terminal = Path(log), sys.stderr
    restrictions = Restrictions.of(of or getattr(sys.modules["__main__"], "snakemake", None))
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        file = stack.enter_context(path.open("w", encoding="utf-8"))
        said: TextIO = file
        if restrictions.in_log:
            said = stack.enter_context(discreet(file, restrictions.vocabulary))
        stack.enter_context(redirect_stdout(said))
        stack.enter_context(redirect_stderr(said))
        stack.enter_context(user_errors())
        if restrictions.in_log:
            terminal = stack.enter_context(_libraries_silent(terminal))
        stack.enter_context(reporting(_name(path), file, terminal))
        stack.enter_context(guarding(restrictions.guard))
        try:
            yield
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            file.write(f"done: {time.process_time():.1f} s of processor time, {peak_mb:.0f} MB at most\n")
        except B12SarcError:
            raise
        except Exception as bug:
            file.write(_places_of(bug) if restrictions.in_log else traceback.format_exc())
            sys.exit(1)


def _places_of(bug: BaseException) -> str:
    """Say where a bug is and of what class, not what it says: a message may quote data."""
    places = traceback.extract_tb(bug.__traceback__)
    lines = [f'  File "{place.filename}", line {place.lineno}, in {place.name}' for place in places]
    said = f"{type(bug).__name__} (its words may hold data of a restricted cohort, and are not written down)"
    return "\n".join(["Traceback (most recent call last):", *lines, said]) + "\n"


@contextmanager
def _libraries_silent(terminal: TextIO) -> Iterator[TextIO]:
    """Let what is written past Python (by a library in C) go nowhere; yield the terminal as it was."""
    terminal.flush()
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    try:
        with os.fdopen(os.dup(kept[1]), "w", encoding="utf-8") as as_it_was:
            yield as_it_was
    finally:
        for descriptor, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, descriptor)
            os.close(copy)


def _name(log: Path) -> str:
    """What a job is called: its log's path below ``logs``, such as ``synthetic/fit``."""
    parts = log.with_suffix("").parts
    return "/".join(parts[parts.index("logs") + 1 :] if "logs" in parts else parts[-1:])
