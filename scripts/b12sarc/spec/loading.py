"""Read and check everything that configures a run, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from b12sarc.errors import B12SarcError, Problem, nearest
from b12sarc.spec import yaml_lines
from b12sarc.spec.analysis import Analysis
from b12sarc.spec.answerable import check_answerable
from b12sarc.spec.base import Model
from b12sarc.spec.checks import Sources, check
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.config import Config
from b12sarc.spec.definitions import Definitions
from b12sarc.spec.dictionary import Dictionary
from b12sarc.spec.project import Project
from b12sarc.spec.salvage import Checked, check_model, nothing
from b12sarc.spec.standard_population import StandardPopulation
from b12sarc.spec.yaml_lines import Document, KeyPath, Mark

CONFIG = "config/config.yaml"
REPLACED_WHOLE = ("variables",)
"""Sections in which a cohort's entry replaces the inherited one whole: no half of an operation remains."""

M = TypeVar("M", bound=Model)


def load_project(config: Mapping[str, Any], root: Path) -> Project:
    """Return everything that configures a run, checked.

    Args:
        config: what Snakemake hands over: config/config.yaml with --configfile and --config laid over it.
        root: the project's folder; paths in the configuration start there.

    Raises:
        B12SarcError: one problem for everything that is wrong, in the order of files and lines.
    """
    reader = _Reader(root)
    sources = reader.sources(config)
    problems = reader.problems + check(sources)
    if not problems:
        problems = check_answerable(sources)
    if problems:
        raise B12SarcError(_in_order(problems, sources))
    return sources.project()


class _Reader:
    """Reads the files of a project, and keeps what is wrong with each of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.shelf = tuple(sorted(f.parent.name for f in root.glob("cohorts/[!_.]*/cohort.yaml")))

    def sources(self, config: Mapping[str, Any]) -> Sources:
        run = self._checked(Config, self._config_document(config))
        cohorts = {}
        for place, name in enumerate(run.model.cohorts):
            where = run.document.where(("cohorts", place))
            document = self._cohort_document(name, where, ())
            if document is not None:
                self._check_id(name, document)
                cohorts[name] = self._checked(Cohort, document)
        analysis = self._file(Analysis, run.model.analysis, run.document.where(("analysis",)))
        return Sources(
            config=run,
            dictionary=self._file(Dictionary, run.model.dictionary, run.document.where(("dictionary",))),
            definitions=self._file(Definitions, run.model.definitions, run.document.where(("definitions",))),
            analysis=analysis,
            cohorts=cohorts,
            shelf=self.shelf,
            standard=self._standard(analysis),
        )

    def _standard(self, analysis: Checked[Analysis]) -> Checked[StandardPopulation] | None:
        """Read the standard population, if the analysis asks for one."""
        over_time = analysis.model.over_time
        if over_time is None:
            return None
        asked = analysis.document.where(("over_time", "standard_population"))
        return self._file(StandardPopulation, over_time.standard_population, asked)

    def _checked(self, kind: type[M], document: Document) -> Checked[M]:
        checked, found = check_model(kind, document)
        self.problems += found
        return checked

    def _file(self, kind: type[M], name: str, asked: str) -> Checked[M]:
        """Read a file of the configuration, which is asked for at ``asked``."""
        if not (self.root / name).is_file():
            there = [f.relative_to(self.root).as_posix() for f in self.root.glob("config/*.yaml")]
            self.problems.append(Problem(asked, f"there is no file '{name}'", nearest(name, there)))
            return nothing(kind, name)
        document, found = yaml_lines.read(self.root / name, name)
        self.problems += found
        return nothing(kind, name) if document is None else self._checked(kind, document)

    def _cohort_document(self, name: str, asked: str, below: tuple[str, ...]) -> Document | None:
        """Read a cohort, laid over the one that it extends.

        Args:
            name: folder of the cohort.
            asked: where it is asked for.
            below: the cohorts that extend it.
        """
        if name in below:
            chain = " extends ".join((*below[below.index(name) :], name))
            self.problems.append(Problem(asked, f"extends itself ({chain})", "break the circle"))
            return None
        if name not in self.shelf:
            fix = nearest(name, self.shelf) or f"cohorts here: {', '.join(self.shelf) or 'none'}"
            self.problems.append(
                Problem(asked, f"there is no cohort '{name}' (cohorts/{name}/cohort.yaml)", fix)
            )
            return None
        file = f"cohorts/{name}/cohort.yaml"
        document, found = yaml_lines.read(self.root / file, file)
        self.problems += found
        parent = None if document is None else document.value.get("extends")
        if document is None or not isinstance(parent, str):
            return document
        base = self._cohort_document(parent, document.where(("extends",)), (*below, name))
        return document.over(base, REPLACED_WHOLE) if base is not None else None

    def _check_id(self, name: str, document: Document) -> None:
        given = document.value.get("id")
        if given is not None and given != name:
            path = ("id",)
            mark = document.mark(path)
            own = (
                mark if mark.file == f"cohorts/{name}/cohort.yaml" else Mark(f"cohorts/{name}/cohort.yaml", 1)
            )
            what = f"the id is '{given}', but the folder is '{name}'"
            self.problems.append(Problem(document.where(path, own), what, f"write id: {name}"))

    def _config_document(self, config: Mapping[str, Any]) -> Document:
        """Return the merged configuration, with lines where the files under config/ say the same."""
        value = _plain(config)
        marks: dict[KeyPath, Mark] = {(): Mark(CONFIG)}
        document = Document(value, marks)
        if (self.root / CONFIG).is_file():
            base, found = yaml_lines.read(self.root / CONFIG, CONFIG)
            self.problems += found
            _adopt(document, base)
        named = [value.get(key) for key in ("dictionary", "definitions", "analysis")]
        for path in sorted(self.root.glob("config/*.yaml")):
            name = path.relative_to(self.root).as_posix()
            if len(marks) <= len(value) and name != CONFIG and name not in named:
                _adopt(document, yaml_lines.read(path, name)[0])
        return document


def _adopt(document: Document, origin: Document | None, path: KeyPath = ()) -> None:
    """Take over the lines of what ``origin`` says in the same words."""
    here = document.get(path) if path else document.value
    for key, value in here.items():
        at = (*path, key)
        if origin is None or at not in origin.marks or at in document.marks:
            continue
        if isinstance(value, dict):
            _adopt(document, origin, at)
        elif origin.get(at) == value:
            document.marks.update({p: m for p, m in origin.marks.items() if p[: len(at)] == at})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _in_order(problems: list[Problem], sources: Sources) -> list[Problem]:
    """Return each problem once: the run, the dictionary, definitions, analysis, cohorts; line by line."""
    read: tuple[Checked[Any], ...] = (
        sources.config,
        sources.dictionary,
        sources.definitions,
        sources.analysis,
        *([sources.standard] if sources.standard else []),
    )
    files = {checked.document.mark(()).file: place for place, checked in enumerate(read)}

    def key(problem: Problem) -> tuple[int, int]:
        found = re.match(r"(.*?)(?::(\d+))?(?:: |$)", problem.where)
        file, line = (found[1], int(found[2] or 0)) if found else (problem.where, 0)
        return files.setdefault(file, len(files)), line

    return sorted(dict.fromkeys(problems), key=key)
