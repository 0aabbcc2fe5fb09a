"""`b12sarc cohort check`: everything that can be said of a cohort and its data in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from b12sarc.cli.place import cohort_file
from b12sarc.cli.yaml_edit import YamlText
from b12sarc.errors import B12SarcError, Problem
from b12sarc.intake.task import Task, examined
from b12sarc.spec.answerable import check_cohort
from b12sarc.spec.checks import Sources
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.loading import CONFIG, read_sources
from b12sarc.spec.project import Project
from b12sarc.spec.yaml_lines import Document

if TYPE_CHECKING:
    from b12sarc.intake.examine import Examined, Odd

TO_DO = "TO DO"
_NEEDED = {"archive", "cycles", "files", "design", "variables"}


@dataclass(frozen=True)
class Finding:
    """A problem, or something worth a look.

    Attributes:
        problem: where, what, what to do.
        serious: whether it is a problem.
    """

    problem: Problem
    serious: bool = True


@dataclass
class Check:
    """What a check found.

    Attributes:
        cohort: the cohort as far as it is sound; None: it cannot be read.
        project: the configuration, with this cohort alone.
        findings: problems and what is worth a look, in the order of the file.
        examined: what the tables hold; empty: there was nothing to look at.
        no_data: why no table was looked at (empty: some were).
    """

    cohort: Cohort | None = None
    project: Project | None = None
    findings: list[Finding] = field(default_factory=list)
    examined: list[Examined] = field(default_factory=list)
    no_data: str = ""

    @property
    def fine(self) -> bool:
        """Whether there is no problem."""
        return not any(finding.serious for finding in self.findings)


def check(root: Path, name: str) -> Check:
    """Check a cohort: its file, its tables, and what they hold.

    Raises:
        UsageError: there is no such cohort.
        B12SarcError: config/config.yaml cannot be read.
    """
    file = cohort_file(root, name)
    sources, problems = read_sources(_config(root, name), root)
    found = Check(findings=[Finding(problem) for problem in problems])
    if name not in sources.cohorts:
        return found
    checked = sources.cohorts[name]
    told = {problem.where for problem in problems}
    found.findings += [Finding(problem) for problem in _to_do(file, root) if problem.where not in told]
    if checked.broken & _NEEDED:
        found.no_data = "the tables are looked at once the problems above are mended"
        return found
    found.cohort, found.project = checked.model, sources.project()
    _look(root, found, checked.document)
    if not problems:
        found.findings += [Finding(problem) for problem in _answers(sources, name, checked.document)]
    found.findings = _in_order(found.findings, checked.document)
    return found


def _config(root: Path, name: str) -> dict[str, Any]:
    try:
        config = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        what = f"cannot be read: {' '.join(str(error).split())}"
        raise B12SarcError.at(CONFIG, what, "mend it first") from None
    return {**config, "cohorts": [name], "require": []}


def _to_do(file: Path, root: Path) -> Iterable[Problem]:
    """Yield what a person has still to write in the file."""
    text = YamlText.read(file, file.relative_to(root).as_posix())
    for scalar in text.scalars():
        if scalar.value.startswith(TO_DO) and not scalar.is_key:
            where = f"{text.name}:{scalar.line}: {'.'.join(map(str, scalar.path))}"
            yield Problem(where, f"still says {TO_DO}", "write what belongs there")
    for number, line in enumerate(text.text.splitlines(), start=1):
        if f"# {TO_DO}" in line and not line.lstrip().startswith("#"):
            where = f"{text.name}:{number}: {line.split(':')[0].strip()}"
            yield Problem(where, f"still says {TO_DO}", "put it right, and delete the comment")


def _look(root: Path, found: Check, document: Document) -> None:
    """Look at the tables, and add what they hold to what was found."""
    assert found.cohort is not None
    assert found.project is not None
    cohort, paths = _tables(root, found, document)
    if not paths:
        return
    cycles = [c for c in cohort.cycles if _design_is_there(cohort, c, paths)]
    task = Task(cohort, tuple(cycles), found.project.dictionary, found.project.assays, paths, root)
    found.examined = examined(task)
    found.findings += [_finding(odd, document) for part in found.examined for odd in part.odd]
    found.findings += [_finding(odd, document) for odd in _across(cohort, found)]


def _tables(root: Path, found: Check, document: Document) -> tuple[Cohort, dict[tuple[str, str], Path]]:
    """Return the cohort without its absent tables, and the tables that are there."""
    from b12sarc.sources import local_folder, tables

    assert found.cohort is not None
    assert found.project is not None
    cohort, raw_dir = found.cohort, found.project.config.raw_dir
    local = {key for key, files in tables(cohort).items() if cohort.files[files[0]].local}
    paths, absent = {}, {}
    for key, files in tables(cohort).items():
        cycle, table = key
        folder = (
            local_folder(cohort.archive, raw_dir)
            if key in local
            else Path(raw_dir, cohort.archive.name, cycle)
        )
        path = folder / (table if key in local else f"{table}.xpt")
        if (root / path).is_file():
            paths[key] = root / path
            continue
        absent[key] = "not there"
        if not all(cohort.files[file].optional for file in files):
            fix = (
                "put it there, or correct path"
                if key in local
                else "run the pipeline, which fetches it, or put it there"
            )
            where = document.where(("files", files[0]))
            found.findings.append(Finding(Problem(where, f"{path.as_posix()}: no such file", fix)))
    if not paths and not local:
        found.findings = [f for f in found.findings if "no such file" not in f.problem.what]
        found.no_data = (
            f"no table of it is in {raw_dir}/{cohort.archive.name} yet: run the pipeline, which fetches them"
        )
    return cohort.without(absent), paths


def _design_is_there(cohort: Cohort, cycle: str, paths: dict[tuple[str, str], Path]) -> bool:
    needed = [cohort.files[file] for file in cohort.design.files()]
    return all((f.stored_under(cycle), str(f.table_in(cycle))) in paths for f in needed)


def _across(cohort: Cohort, found: Check) -> Iterable[Odd]:
    from b12sarc.cli.over_cycles import odd_over_cycles

    assert found.project is not None
    return odd_over_cycles(cohort, found.project, found.examined)


def _finding(odd: Odd, document: Document) -> Finding:
    return Finding(Problem(document.where(odd.path), odd.what, odd.fix), odd.serious)


def _answers(sources: Sources, name: str, document: Document) -> Iterable[Problem]:
    """Yield what keeps the cohort from saying anything in a run: no exposure, no outcome, no population."""
    for problem in check_cohort(sources, name):
        what = f"{problem.what}: a run would be refused ({problem.where})"
        yield Problem(document.where(("variables",)), what, f"map what is wanting; or {problem.fix}")


def _in_order(findings: Sequence[Finding], document: Document) -> list[Finding]:
    """Return each finding once: the cohort's own file last, line by line, as they came otherwise."""
    own = document.mark(()).file

    def key(finding: Finding) -> tuple[int, str, int]:
        file, _, rest = finding.problem.where.partition(":")
        line = rest.split(":")[0]
        return int(file == own), file, int(line) if line.isdigit() else 0

    return sorted(dict.fromkeys(findings), key=key)
