"""What is looked at in a check, and by how many processes.

Light, so that a second process can be started before this one has imported pandas.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from b12sarc.spec.assays import Assays
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.dictionary import Dictionary

if TYPE_CHECKING:
    from b12sarc.intake.examine import Examined

SEVERAL = 3
"""Cycles from which they are looked at by several processes at once."""
AT_MOST = 4


@dataclass(frozen=True)
class Task:
    """What is looked at.

    Attributes:
        cohort: the cohort, without its absent tables.
        cycles: which of its cycles.
        dictionary: the dictionary.
        assays: bridging equations.
        paths: (cycle under which a table is stored, table) -> the file.
        root: the project's folder, from which messages call the files.
    """

    cohort: Cohort
    cycles: tuple[str, ...]
    dictionary: Dictionary
    assays: Assays
    paths: Mapping[tuple[str, str], Path]
    root: Path = Path()

    def shown(self, path: Path) -> str:
        """Return how messages call a file."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()


def examined(task: Task) -> list[Examined]:
    """Look at every cycle, several at a time where there are many and the machine has the cores."""
    workers = min(len(task.cycles), AT_MOST, os.cpu_count() or 1)
    if len(task.cycles) < SEVERAL or workers < 2:
        return [_examine(task)]
    own, *others = (replace(task, cycles=task.cycles[n::workers]) for n in range(workers))
    with ProcessPoolExecutor(workers - 1, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_examine, other) for other in others]
        return [_examine(own), *(part.result() for part in waiting)]


def _examine(task: Task) -> Examined:
    from b12sarc.intake.examine import examine

    return examine(task)
