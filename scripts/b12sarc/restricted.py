"""What a job must keep to itself: told by the configuration that the job sees, whatever its script does."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import PurePosixPath
from typing import Any, TextIO, cast

from b12sarc.disclosure import Guard, Vocabulary
from b12sarc.persons import reads_persons
from b12sarc.spec.cohort import Cohort


@dataclass(frozen=True)
class Restrictions:
    """What a job must keep to itself.

    Attributes:
        in_log: nothing that was found in data may be in its log.
        guard: what its tables may show; None: everything.
        vocabulary: what may be said all the same.
    """

    in_log: bool = False
    guard: Guard | None = None
    vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary(frozenset(), frozenset()))

    @classmethod
    def of(cls, job: Any) -> Restrictions:
        """Return those of a job of Snakemake; None: a job that is run by itself has none.

        A job of one cohort has those of the cohort. One of the whole run is silent if any cohort of it is
        restricted; its tables are guarded if it reads persons, and not if it reads tables that have passed
        the guard already.
        """
        if job is None:
            return cls()
        params, one = dict(job.params.items()), dict(job.wildcards.items()).get("cohort")
        cohorts = _cohorts(params.get("parts", {}))
        chosen = {name: c for name, c in cohorts.items() if one in (None, name)}
        in_log = any(c.restricted for c in chosen.values()) or bool(params.get("restricted"))
        guarded = one is not None or any(reads_persons(PurePosixPath(str(path))) for path in job.input)
        least = {name: c.least_shown for name, c in chosen.items() if c.least_shown is not None}
        if not in_log and not (guarded and least):
            return cls()
        seen = [params, dict(job.wildcards.items()), *map(list, (job.input, job.output))]
        vocabulary = Vocabulary.of([_plain(part) for part in seen])
        return cls(in_log, Guard(least, vocabulary) if guarded and least else None, vocabulary)


class Discreet(io.TextIOBase):
    """A log that hides what is in no configuration and no message of the program, line by line."""

    def __init__(self, log: TextIO, vocabulary: Vocabulary):
        self._log, self._vocabulary, self._line = log, vocabulary, ""

    def writable(self) -> bool:
        """Whether one can write to it."""
        return True

    def write(self, text: str) -> int:
        """Write whole lines; what is no whole line waits."""
        *lines, self._line = (self._line + text).split("\n")
        self._log.write("".join(f"{self._vocabulary.in_log(line)}\n" for line in lines))
        return len(text)

    def flush(self) -> None:
        """Write out what was said; a line that has not ended goes on waiting."""
        self._log.flush()

    def close(self) -> None:
        """Write the last line, though it has not ended; the log stays open."""
        if self._line:
            self._log.write(f"{self._vocabulary.in_log(self._line)}\n")
        self._line = ""
        super().close()


@contextmanager
def discreet(log: TextIO, vocabulary: Vocabulary) -> Iterator[TextIO]:
    """Yield what stands in for ``log``: it hides, line by line, what may not be said."""
    said = Discreet(log, vocabulary)
    try:
        yield cast(TextIO, said)
    finally:
        said.close()


def _cohorts(parts: Mapping[str, Any]) -> dict[str, Cohort]:
    return {name: Cohort.model_validate(value) for name, value in parts.get("cohorts", {}).items()}


def _plain(value: Any) -> Any:
    """Return dataclasses within plain values as plain values too."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return {key: _plain(held) for key, held in value.items()}
    return value
