"""The one place that every result table of a restricted cohort passes: what a job may write of it.

:func:`b12sarc.job.job` sets the guard of a job; :func:`b12sarc.tables.write_csv` asks it. A table needs to do
nothing to be covered; to show estimates, it says in a column what they rest on (:mod:`.rules`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from b12sarc.disclosure.rules import SMALLEST_CELL
from b12sarc.disclosure.words import Vocabulary

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Guard:
    """What a job must not tell.

    Attributes:
        least: cohort -> the smallest count of its people that may be shown.
        vocabulary: what may be said in words.
    """

    least: Mapping[str, int]
    vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary.of({}))

    def protected(self, table: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a table as it may be shown.

        A table without a column ``cohort`` is of all cohorts of the job. (Every job imports this module, most
        of them without a table: what takes half a second to import waits until there is one.)
        """
        import pandas as pd

        from b12sarc.disclosure.protect import protect

        if "cohort" not in frame or frame.empty:
            return protect(table, frame, max(self.least.values()), self.vocabulary)
        parts = [
            protect(table, rows, self.least[str(cohort)], self.vocabulary)
            if str(cohort) in self.least
            else rows.assign(disclosure="")
            for cohort, rows in frame.groupby("cohort", sort=False)
        ]
        return pd.concat(parts).loc[frame.index] if frame.index.is_unique else pd.concat(parts)


_guard: ContextVar[Guard | None] = ContextVar("guard", default=None)


@contextmanager
def guarding(guard: Guard | None) -> Iterator[None]:
    """Let ``guard`` watch over what is written while the block runs; None: all may be shown."""
    token = _guard.set(guard if guard and guard.least else None)
    try:
        yield
    finally:
        _guard.reset(token)


def guarded(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table as the job may write it.

    Args:
        table: name of its file, without ending.
        frame: the table.
    """
    guard = _guard.get()
    shown = frame if guard is None else guard.protected(table, frame)
    return shown.drop(columns=SMALLEST_CELL, errors="ignore")
