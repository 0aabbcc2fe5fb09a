"""What every check works with: the files as far as they are sound, the names in them, and what was found."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from b12sarc.errors import Problem, nearest
from b12sarc.spec.analysis import Analysis
from b12sarc.spec.assays import Assays
from b12sarc.spec.claims import Claims
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.config import Config
from b12sarc.spec.definitions import Definition, Definitions
from b12sarc.spec.dictionary import Dictionary
from b12sarc.spec.evidence import Evidence
from b12sarc.spec.project import CYCLE, Project, Quantity
from b12sarc.spec.reproduction import Reproduction
from b12sarc.spec.salvage import Checked
from b12sarc.spec.standard_population import StandardPopulation
from b12sarc.spec.yaml_lines import Document, KeyPath


@dataclass(frozen=True)
class Sources:
    """Every file of a project as far as it is sound.

    Attributes:
        cohorts: the configured cohorts that could be read, by folder.
        shelf: every cohort that has a folder.
        standard: the standard population; None if the analysis asks for none.
        claims: the claims under test; None if the run judges none.
        reproductions: published tables, by the name of their file.
        borrowed: cohorts outside the run whose files these are computed from.
    """

    config: Checked[Config]
    dictionary: Checked[Dictionary]
    assays: Checked[Assays]
    definitions: Checked[Definitions]
    analysis: Checked[Analysis]
    evidence: Checked[Evidence]
    cohorts: dict[str, Checked[Cohort]]
    shelf: tuple[str, ...]
    standard: Checked[StandardPopulation] | None = None
    claims: Checked[Claims] | None = None
    reproductions: dict[str, Checked[Reproduction]] = field(default_factory=dict)
    borrowed: dict[str, Checked[Cohort]] = field(default_factory=dict)

    def project(self) -> Project:
        """Return the sound parts together."""
        cohorts = {name: checked.model for name, checked in self.cohorts.items()}
        return Project(
            config=self.config.model,
            dictionary=self.dictionary.model,
            definitions=self.definitions.model,
            analysis=self.analysis.model,
            cohorts=cohorts,
            assays=self.assays.model,
            evidence=self.evidence.model,
            standard_population=self.standard.model if self.standard else None,
            claims=self.claims.model if self.claims else None,
            reproductions={name: checked.model for name, checked in self.reproductions.items()},
            borrowed={name: checked.model for name, checked in self.borrowed.items()},
        )


@dataclass(frozen=True)
class Page:
    """One file under examination: where it says what, and the list that takes every problem."""

    document: Document
    problems: list[Problem]

    def add(self, path: KeyPath, what: str, fix: str = "") -> None:
        """Note a problem at ``path``."""
        self.problems.append(Problem(self.document.where(path), what, fix))

    def repeated(self, path: KeyPath, names: Iterable[object]) -> None:
        """Note every name that a list holds a second time."""
        seen: set[object] = set()
        for place, name in enumerate(names):
            if name in seen:
                self.add((*path, place), f"'{name}' is listed twice", "remove one of them")
            seen.add(name)

    def among(self, path: KeyPath, names: Iterable[str], listed: Iterable[str], where: str) -> None:
        """Note every name that another list of the same file does not hold, and every repeated one."""
        names, listed = list(names), list(listed)
        for place, name in enumerate(names):
            if name not in listed:
                fix = nearest(name, listed) or f"add it there, or choose from: {', '.join(listed)}"
                self.add((*path, place), f"'{name}' is not in {where}", fix)
        self.repeated(path, names)

    def member(self, path: KeyPath, name: str, known: Iterable[str], what: str) -> bool:
        """Note a name that is not among the known ones; return whether it is known."""
        known = list(known)
        if name in known:
            return True
        listed = f"known: {', '.join(known)}" if len(known) <= 12 else "look for it in docs/reference"
        self.add(path, f"unknown {what}: '{name}'", nearest(name, known) or listed)
        return False


def meant(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return ``names`` with each unknown one replaced by the nearest known name, if there is one."""
    known = list(known)
    return [name if name in known else (get_close_matches(name, known, 1) or [name])[0] for name in names]


class Names:
    """What the names of variables and definitions mean, as far as their own entries are sound."""

    def __init__(self, sources: Sources) -> None:
        self._project = sources.project()
        self.variables = sources.dictionary.names("variables")
        self.definitions = sources.definitions.names("definitions")
        self.every = [*self.variables, *self.definitions, CYCLE]
        self.complete = not (sources.dictionary.broken or sources.definitions.broken)

    def quantity(self, name: str) -> Quantity | None:
        """Return what ``name`` is; None: unknown, or its entry has problems of its own."""
        if name == CYCLE and not any(c.cycles for c in self._project.cohorts.values()):
            return None
        return self._project.quantity(name) if name in self._project.names() else None

    def definition(self, name: str) -> Definition | None:
        """Return a sound definition."""
        return self._project.definitions.definitions.get(name)

    def limits(self, name: str) -> tuple[float, float]:
        """Return the plausible range of a harmonised variable; without one, no limits."""
        variable = self._project.dictionary.variables.get(name)
        if variable is None or variable.plausible is None:
            return -math.inf, math.inf
        return variable.plausible.min, variable.plausible.max

    def factor(self, name: str, unit: str) -> float | None:
        """Return the factor from ``unit`` to the unit of a harmonised variable."""
        variable = self._project.dictionary.variables.get(name)
        return None if variable is None else variable.factor(unit)

    def check(self, page: Page, path: KeyPath, name: str) -> Quantity | None:
        """Return what ``name`` is, and note a problem on ``page`` when nothing has that name."""
        if self.complete and not page.member(path, name, self.every, "variable"):
            return None
        return self.quantity(name)
