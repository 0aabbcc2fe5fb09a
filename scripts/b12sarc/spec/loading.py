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
from b12sarc.spec.assays import Assays
from b12sarc.spec.base import Model
from b12sarc.spec.checks import Sources, check
from b12sarc.spec.claims import Claims
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.config import Config
from b12sarc.spec.definitions import Definitions
from b12sarc.spec.dictionary import Dictionary
from b12sarc.spec.evidence import Evidence
from b12sarc.spec.pools import pooled
from b12sarc.spec.project import Project
from b12sarc.spec.reproduction import Reproduction
from b12sarc.spec.salvage import Checked, check_model, nothing
from b12sarc.spec.standard_population import StandardPopulation
from b12sarc.spec.versions import check_version
from b12sarc.spec.yaml_lines import Document, KeyPath, Mark

CONFIG = "config/config.yaml"
REPRODUCTIONS = "config/reproductions"
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
        problems = check_answerable(sources, reader.elsewhere(sources))
    if problems:
        raise B12SarcError(_in_order(problems, sources))
    return sources.project()


def read_sources(config: Mapping[str, Any], root: Path) -> tuple[Sources, list[Problem]]:
    """Return the files of a run as far as they are sound, and everything that is wrong in and between them.

    Whether the cohorts can answer what is asked is not looked at.
    """
    reader = _Reader(root)
    sources = reader.sources(config)
    return sources, _in_order(reader.problems + check(sources), sources)


def read_cohort(root: Path, name: str) -> tuple[Cohort | None, list[Problem]]:
    """Return a cohort alone (None: it is not sound in itself), and what is wrong with it."""
    reader = _Reader(root)
    document = reader._cohort_document(name, name, ())
    checked = None if document is None else reader._checked(Cohort, document)
    return (None if checked is None or reader.problems else checked.model), reader.problems


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
        analysis = self._asked(Analysis, "analysis", run)
        reproductions = self._reproductions(run)
        return Sources(
            config=run,
            dictionary=self._asked(Dictionary, "dictionary", run),
            assays=self._asked(Assays, "assays", run),
            definitions=self._asked(Definitions, "definitions", run),
            analysis=analysis,
            evidence=self._evidence(run),
            cohorts=cohorts,
            shelf=self.shelf,
            standard=self._standard(analysis),
            claims=self._asked(Claims, "claims", run) if getattr(run.model, "claims", None) else None,
            reproductions=reproductions,
            borrowed=self._borrowed(reproductions, cohorts),
        )

    def elsewhere(self, sources: Sources) -> dict[str, Cohort]:
        """Return the sound cohorts that have a folder but are not part of the run."""
        others = _Reader(self.root)
        found = {}
        for name in (name for name in self.shelf if name not in sources.cohorts):
            before = len(others.problems)
            document = others._cohort_document(name, name, ())
            checked = None if document is None else others._checked(Cohort, document)
            if checked is not None and len(others.problems) == before:
                found[name] = checked.model
        return found

    def _reproductions(self, run: Checked[Config]) -> dict[str, Checked[Reproduction]]:
        """Read the published tables that the run asks for."""
        asked = getattr(run.model, "reproductions", ())
        there = sorted(f.stem for f in self.root.glob(f"{REPRODUCTIONS}/*.yaml"))
        found = {}
        for place, name in enumerate(there if asked == "all" else asked):
            where = run.document.where(("reproductions",) if asked == "all" else ("reproductions", place))
            found[name] = self._file(Reproduction, f"{REPRODUCTIONS}/{name}.yaml", where)
        return found

    def _borrowed(
        self, reproductions: Mapping[str, Checked[Reproduction]], cohorts: Mapping[str, Checked[Cohort]]
    ) -> dict[str, Checked[Cohort]]:
        """Read the cohorts outside the run whose files published tables are computed from."""
        found: dict[str, Checked[Cohort]] = {}
        for checked in reproductions.values():
            name = checked.model.cohort
            if "cohort" in checked.broken or name in found or name in cohorts:
                continue
            document = self._cohort_document(name, checked.document.where(("cohort",)), ())
            if document is not None:
                found[name] = self._checked(Cohort, document)
        return found

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

    def _asked(self, kind: type[M], key: str, run: Checked[Config]) -> Checked[M]:
        """Read the file that a key of the run names."""
        return self._file(kind, getattr(run.model, key), run.document.where((key,)))

    def _file(self, kind: type[M], name: str, asked: str) -> Checked[M]:
        """Read a file of the configuration, which is asked for at ``asked``."""
        if not (self.root / name).is_file():
            there = [f.relative_to(self.root).as_posix() for f in self.root.glob("config/**/*.yaml")]
            self.problems.append(Problem(asked, f"there is no file '{name}'", nearest(name, there)))
            return nothing(kind, name)
        document, found = yaml_lines.read(self.root / name, name)
        self.problems += found
        return nothing(kind, name) if document is None else self._checked(kind, document)

    def _evidence(self, run: Checked[Config]) -> Checked[Evidence]:
        """Read the published results, if the run names a file of them."""
        if not getattr(run.model, "evidence", None):
            return nothing(Evidence, "")
        return self._asked(Evidence, "evidence", run)

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
        if document is None:
            return None
        other_version = check_version(name, document)
        if other_version is not None:
            self.problems.append(other_version)
            return None
        parent, members = document.value.get("extends"), document.value.get("pools")
        if parent is not None and members:
            what = "a cohort extends one cohort, or pools several; this one says both"
            self.problems.append(Problem(document.where(("pools",)), what, "remove one of the two"))
            return None
        if isinstance(parent, str):
            base = self._cohort_document(parent, document.where(("extends",)), (*below, name))
            self._check_access(document, base)
        elif isinstance(members, list) and members:
            base = self._pool(name, document, members, below)
        else:
            return document
        return document.over(base, REPLACED_WHOLE) if base is not None else None

    def _check_access(self, document: Document, base: Document | None) -> None:
        """Refuse to open the files of a restricted cohort by building a public one on it."""
        if base is None or base.get(("access",)) != "restricted" or document.get(("access",)) != "public":
            return
        if document.get(("archive",)) is None:
            what = "the files are those of a restricted cohort, which this one extends"
            where = document.where(("access",))
            self.problems.append(Problem(where, what, "write access: restricted, or name another archive"))

    def _pool(
        self, name: str, document: Document, members: list[Any], below: tuple[str, ...]
    ) -> Document | None:
        """Read the cohorts that one pools, and put together what they say."""
        asked = [(str(member), document.where(("pools", n))) for n, member in enumerate(members)]
        read = [self._cohort_document(member, where, (*below, name)) for member, where in asked]
        if None in read:
            return None
        base, found = pooled([member for member in read if member is not None], document)
        self.problems += found
        return base

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
        named = [value.get(key) for key in ("dictionary", "assays", "definitions", "analysis", "evidence")]
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
    """Return each problem once: run, dictionary, assays, definitions, analysis, cohorts; line by line."""
    read: tuple[Checked[Any], ...] = (
        sources.config,
        sources.dictionary,
        sources.assays,
        sources.definitions,
        sources.analysis,
        sources.evidence,
        *([sources.standard] if sources.standard else []),
        *([sources.claims] if sources.claims else []),
        *sources.reproductions.values(),
    )
    files = {checked.document.mark(()).file: place for place, checked in enumerate(read)}

    def key(problem: Problem) -> tuple[int, int]:
        found = re.match(r"(.*?)(?::(\d+))?(?:: |$)", problem.where)
        file, line = (found[1], int(found[2] or 0)) if found else (problem.where, 0)
        return files.setdefault(file, len(files)), line

    return sorted(dict.fromkeys(problems), key=key)
