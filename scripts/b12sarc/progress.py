"""How far a job is: a line in its log every few seconds, and one on the terminal once it takes over ten.

In a script, inside ``with job(...)``, hand a :class:`Progress` to whatever takes ``progress(done, total)``,
or go through a list with :meth:`Progress.each`; the library below it needs to know only the callback::

    fit_grid(..., progress=Progress("models"))
    for cohort in Progress("cohorts").each(cohorts): ...

A call costs well under a microsecond, so call it for every model. The lines are written by a thread of the
job: a step that says nothing, or a job that counts nothing, still shows that it is alive. Outside a job
nothing is written. One count at a time: the one that was made last is shown.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO, TypeVar

from tqdm.std import tqdm

from b12sarc.errors import B12SarcError

LOG_EVERY_S = 5.0
TERMINAL_EVERY_S = 10.0
SETTING = "B12SARC_PROGRESS"
"""Environment variable: seconds between two lines of a job on the terminal, 0 for none. Without it there are
lines every :data:`TERMINAL_EVERY_S` s on a real terminal, and none in CI or into a file."""

_T = TypeVar("_T")


class Progress:
    """What a job counts. Calling it with (done, total) says how far the count is.

    Args:
        what: what is counted, in the plural (``models``).
    """

    def __init__(self, what: str):
        self.what = what
        self.done = self.total = 0
        self.began = time.monotonic()
        if _current is not None:
            _current.counts = self

    def __call__(self, done: int, total: int) -> None:
        """Say how many of how many are done."""
        self.done, self.total = done, total

    def each(self, items: Collection[_T]) -> Iterator[_T]:
        """Yield the items one by one, counting those that are done with."""
        self(0, len(items))
        for done, item in enumerate(items, start=1):
            yield item
            self(done, len(items))

    def __str__(self) -> str:
        """Return how far it is, and when it will end if it goes on like this."""
        said = f"{self.done:,} of {self.total:,} {self.what}"
        if not self.total:
            return said
        said += f" ({100 * self.done // self.total} %)"
        if not 0 < self.done < self.total:
            return said
        left = (time.monotonic() - self.began) / self.done * (self.total - self.done)
        return f"{said}, about {tqdm.format_interval(left)} left"


@dataclass
class _Reporter:
    """Writes what a job counts until it is told that the job has ended."""

    name: str
    log: TextIO
    terminal: TextIO
    terminal_every_s: float
    counts: Progress | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Write to each stream when it is due, until the job has ended."""
        began = time.monotonic()
        every = {self.log: LOG_EVERY_S} | ({self.terminal: s} if (s := self.terminal_every_s) else {})
        due = dict(every)
        while due and not self.ended.wait(max(0.0, min(due.values()) - (time.monotonic() - began))):
            elapsed = time.monotonic() - began
            for stream in [stream for stream, at in due.items() if at <= elapsed]:
                due[stream] = elapsed + every[stream]
                try:
                    self._write(stream, elapsed)
                except OSError:  # a terminal that was closed is no reason for a job to stop
                    del due[stream]

    def _write(self, stream: TextIO, elapsed: float) -> None:
        name = f"{self.name}: " if stream is self.terminal else ""
        said = f"{self.counts}, " if self.counts is not None else ""
        tqdm.write(f"{name}{said}{tqdm.format_interval(elapsed)} so far", file=stream)  # above any bar
        stream.flush()


_current: _Reporter | None = None


@contextmanager
def reporting(name: str, log: TextIO, terminal: TextIO) -> Iterator[None]:
    """While the block runs, write how far it is. :func:`b12sarc.job.job` does this for every rule.

    Args:
        name: what the job is called on the terminal, where lines of several jobs mix.
        log: the job's log.
        terminal: what a person sees, the standard error that the job was started with.

    Raises:
        B12SarcError: :data:`SETTING` is not a number of seconds.
    """
    global _current
    _current = reporter = _Reporter(name, log, terminal, seconds_on_terminal(terminal))
    thread = threading.Thread(target=reporter.run, daemon=True, name="progress")
    thread.start()
    try:
        yield
    finally:
        reporter.ended.set()
        thread.join()
        _current = None


def seconds_on_terminal(terminal: TextIO) -> float:
    """Return the seconds between two lines on the terminal, 0 for none.

    Raises:
        B12SarcError: :data:`SETTING` is not a number of seconds.
    """
    setting = os.environ.get(SETTING)
    if setting is None:
        return TERMINAL_EVERY_S if terminal.isatty() and not os.environ.get("CI") else 0.0
    try:
        seconds = float(setting)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise B12SarcError.at(
            SETTING,
            f"'{setting}' is not a number of seconds",
            "write 30 for a line every 30 s, or 0 for none",
        )
    return seconds
