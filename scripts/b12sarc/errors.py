"""The one error class for everything a user can put right, and how it is shown."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Self


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, written for the person who must act.

    Attributes:
        where: file, line, key, table or variable, most general first,
            e.g. ``cohorts/x/cohort.yaml:12: variables.serum_b12.unit``.
        what: what is wrong, with what was expected and what was found.
        fix: what to do about it (may be empty).
    """

    where: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" -> {self.fix}" if self.fix else "")


class B12SarcError(Exception):
    """Bad input, stated as one or more problems, one line each.

    Raised for anything that a user, not a developer, must mend. It is shown without a traceback.
    """

    def __init__(self, problems: Problem | Iterable[Problem]):
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))

    @classmethod
    def at(cls, where: str, what: str, fix: str = "") -> Self:
        """Build an error that has a single problem."""
        return cls(Problem(where, what, fix))


class NotThereError(B12SarcError):
    """A file that its server, which was reached, does not have."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint ``did you mean 'x'?`` for the known name closest to ``name``, or ``""``."""
    match = get_close_matches(str(name), [str(k) for k in known], n=1, cutoff=0.6)
    return f"did you mean '{match[0]}'?" if match else ""


@contextmanager
def user_errors() -> Iterator[None]:
    """Show a :class:`B12SarcError` as plain ``error:`` lines on stderr and exit with status 1."""
    try:
        yield
    except B12SarcError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        raise SystemExit(1) from None
