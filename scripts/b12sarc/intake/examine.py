"""Look at the tables of a cohort as they would be harmonised, and note what is odd, cycle by cycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from b12sarc.errors import B12SarcError, Problem
from b12sarc.intake.codes import labelled_missing
from b12sarc.intake.columns import about
from b12sarc.intake.pile import likely_missing
from b12sarc.intake.task import Task
from b12sarc.intake.words import Code
from b12sarc.mapping_ops import Harvest, Source, harvest
from b12sarc.readers import Table, overview, read_file
from b12sarc.source_tables import CycleTables, describe_table, read_cycle
from b12sarc.spec import Cohort, File
from b12sarc.spec import Mapping as MappingEntry
from b12sarc.survey_columns import base_file, survey_columns

KeyPath = tuple[Any, ...]


@dataclass(frozen=True)
class Odd:
    """Something that is wrong, or looks so.

    Attributes:
        path: keys of cohort.yaml that say it.
        what: what is wrong.
        fix: what to do.
        serious: whether it is a problem, or only worth a look.
    """

    path: KeyPath
    what: str
    fix: str
    serious: bool = True


@dataclass(frozen=True)
class Seen:
    """One variable in one cycle.

    Attributes:
        variable: the variable.
        cycle: the cycle.
        n: people in its table.
        n_missing: people without a value: blank, or not valid.
        n_code: people with a code that means missing.
        n_implausible: people whose value was outside the plausible range.
        values: of a continuous variable, the harmonised values (no order that means anything).
        levels: of another one, category -> people.
        every: of a continuous variable, the same with those outside the plausible range; None: no others.
    """

    variable: str
    cycle: str
    n: int
    n_missing: int
    n_code: int
    n_implausible: int
    values: np.ndarray | None = None
    levels: Mapping[str, int] = field(default_factory=dict)
    every: np.ndarray | None = None


@dataclass(frozen=True)
class Read:
    """A table that was read: its file ids, its cycle, its place, its rows and columns."""

    files: tuple[str, ...]
    cycle: str
    path: str
    n_rows: int
    n_columns: int


@dataclass
class Examined:
    """What was found in some cycles.

    Attributes:
        odd: what is wrong or looks so.
        seen: variables.
        read: tables.
        people: cycle -> persons in the survey, with weight above 0, and strata with a single PSU.
        ids: cycle -> persons, and strata, to compare the cycles with each other.
        domain: cycle -> frame of what the rules of the population need (harmonised variables, weight).
    """

    odd: list[Odd] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    read: list[Read] = field(default_factory=list)
    people: dict[str, tuple[int, int]] = field(default_factory=dict)
    ids: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    domain: dict[str, pd.DataFrame] = field(default_factory=dict)

    @contextmanager
    def noted(self, path: KeyPath, cycle: str) -> Iterator[None]:
        """Note a B12SarcError of the block at ``path``."""
        try:
            yield
        except B12SarcError as error:
            for problem in error.problems:
                self.odd.append(Odd(path, f"{_short(problem, cycle)}: {problem.what}", problem.fix))


def examine(task: Task) -> Examined:
    """Look at every table and variable of the cycles; nothing is raised for what the files hold."""
    found = Examined()
    references: dict[str, pd.DataFrame] = {}
    for cycle in task.cycles:
        tables = _tables(task, cycle, references, found)
        if base_file(task.cohort) not in tables.frames:
            continue
        frame = _survey(task, cycle, tables, found)
        for name in task.dictionary.variables:
            mapping = task.cohort.in_cycles(name).get(cycle) if name in task.cohort.variables else None
            if mapping is not None and str(mapping.file) in tables.frames:
                _variable(task, cycle, name, mapping, tables, frame, found)
        found.domain[cycle] = pd.DataFrame(frame)
    return found


def _short(problem: Problem, cycle: str) -> str:
    """Return where a problem is without the cohort, which the place in the file says already."""
    parts = problem.where.split(": ")
    return ": ".join(parts[parts.index(cycle) :]) if cycle in parts else f"{cycle}: {problem.where}"


def _tables(task: Task, cycle: str, references: dict[str, pd.DataFrame], found: Examined) -> CycleTables:
    """Read the tables of a cycle, each once, and note what is wrong with them."""
    cohort, kept = task.cohort, {}

    def read(file: str, at: str) -> Table:
        described = cohort.files[file]
        key = described.stored_under(at), str(described.table_in(at))
        if key not in kept:
            same = [name for name, f in cohort.files.items() if (f.stored_under(at), f.table_in(at)) == key]
            columns = dict.fromkeys(c for name in same for c in cohort.raw_columns(name, at))
            where = describe_table(cohort, at, file)
            kept[key] = _read(task.paths[key], described, list(columns), where)
            table = kept[key]
            shown = task.shown(task.paths[key])
            found.read.append(Read(tuple(same), key[0], shown, len(table.frame), len(table.frame.columns)))
        return kept[key]

    tables, problems = read_cycle(cohort, cycle, read, references)
    for problem in dict.fromkeys(problems):
        file = _file_of(cohort, cycle, problem)
        path: KeyPath = ("files", file) if file else ("files",)
        found.odd.append(Odd(path, f"{_short(problem, cycle)}: {problem.what}", problem.fix))
    for (_, table), got in kept.items():
        _labels(task, cycle, table, got, found)
    return tables


def _read(path: Path, described: File, columns: list[str], where: str) -> Table:
    """Read the columns that are there; what needs the others says so itself."""
    try:
        try:
            return read_file(path, described, columns)
        except B12SarcError:
            stored = overview(path, described).stored
            return read_file(path, described, [c for c in columns if c in stored])
    except B12SarcError as error:
        raise B12SarcError(Problem(where, p.what, p.fix) for p in error.problems) from None


def _file_of(cohort: Cohort, cycle: str, problem: Problem) -> str | None:
    for file, described in cohort.files.items():
        if described.table_in(cycle) is not None and problem.where.startswith(
            describe_table(cohort, cycle, file)
        ):
            return file
    return None


def _survey(task: Task, cycle: str, tables: CycleTables, found: Examined) -> dict[str, pd.Series]:
    """Read the design, and note strata with a single PSU where that stops a run."""
    columns: dict[str, pd.Series] = {}
    with found.noted(("design",), cycle):
        columns = survey_columns(task.cohort, cycle, tables)
    if not columns:
        return {}
    weighted = columns["weight"] > 0
    found.people[cycle] = len(weighted), int(weighted.sum())
    none = pd.Series([], dtype="int64")
    people = columns["weight"].index.to_numpy()
    found.ids[cycle] = people, columns.get("stratum", none).unique()
    if {"stratum", "psu"} <= set(columns) and task.cohort.design.single_psu_policy() == "fail":
        design = pd.DataFrame({name: columns[name][weighted] for name in ("stratum", "psu")})
        psus = design.groupby("stratum")["psu"].nunique()
        if (psus == 1).any():
            what = f"{cycle}: {int((psus == 1).sum())} of {len(psus)} strata have only one PSU: runs stop"
            fix = "set design.single_psu to what the survey's documentation says: adjust, average, certainty"
            found.odd.append(Odd(("design",), what, fix))
    return {"weight": columns["weight"]}


def _variable(
    task: Task,
    cycle: str,
    name: str,
    mapping: MappingEntry,
    tables: CycleTables,
    frame: dict[str, pd.Series],
    found: Examined,
) -> None:
    path = _path(task.cohort, name, cycle)
    with found.noted(path, cycle):
        variable, source = task.dictionary.variables[name], _source(task, cycle, name, mapping, tables)
        got = harvest(mapping, variable, source)
        every = None
        if got.n_implausible:
            every = _numbers(harvest(mapping, variable.model_copy(update={"plausible": None}), source).values)
        found.seen.append(_seen(name, cycle, got, variable.type == "continuous", every))
        if got.values.index.is_unique and "weight" in frame:
            frame[name] = got.values.reindex(frame["weight"].index)
    for column in mapping.own_columns(cycle):
        values = tables.frames[str(mapping.file)].get(column)
        if values is not None and mapping.map is None and is_numeric_dtype(values):
            _piles(path, cycle, column, mapping, values, found)


def _path(cohort: Cohort, name: str, cycle: str) -> KeyPath:
    by_cycle = cohort.variables[name].per_cycle is not None
    return ("variables", name, *(("per_cycle", cycle) if by_cycle else ()))


def _source(task: Task, cycle: str, name: str, mapping: MappingEntry, tables: CycleTables) -> Source:
    entry = task.cohort.variables[name]
    where = f"{describe_table(task.cohort, cycle, str(mapping.file))}: {name}"
    bridge = entry.bridge_in(cycle)
    answered = mapping.answered_if.file if mapping.answered_if else None
    return Source(
        tables.frames[str(mapping.file)],
        cycle,
        where,
        task.assays.equations.get(bridge) if bridge else None,
        entry.assay_in(cycle),
        tables.frames.get(answered) if answered else None,
    )


def _numbers(values: pd.Series) -> np.ndarray:
    return np.sort(values.dropna().to_numpy(dtype=float))


def _seen(name: str, cycle: str, got: Harvest, continuous: bool, every: np.ndarray | None) -> Seen:
    valid = got.values.dropna()
    n = len(got.values)
    missing = n - len(valid) - got.n_missing_code - got.n_implausible
    counts = (n, missing, got.n_missing_code, got.n_implausible)
    if continuous:
        return Seen(name, cycle, *counts, _numbers(valid), {}, every)
    levels = {str(level): int(n) for level, n in valid.value_counts(sort=False).items()}
    return Seen(name, cycle, *counts, None, levels)


def _piles(
    path: KeyPath, cycle: str, column: str, mapping: MappingEntry, values: pd.Series, found: Examined
) -> None:
    """Note codes for "no answer" that cohort.yaml does not declare."""
    counts = {float(value): int(n) for value, n in values.value_counts().items()}
    factors = [factor for factor in mapping.factors() if factor.column.upper() == column]
    declared: list[Code] = [*mapping.missing, *(code for factor in factors for code in factor.missing)]
    piled = [value for value in likely_missing(counts, declared) if value != mapping.top_in(cycle)]
    if piled:
        said = ", ".join(f"{value:g} ({about(counts[value])} people)" for value in piled)
        what = f"{cycle}: {column}: {said} stand apart at the end of the range: codes for no answer?"
        codes = ", ".join(f"{value:g}" for value in piled)
        found.odd.append(Odd(path, what, f"look them up; then write missing: [{codes}]", serious=False))


def _labels(task: Task, cycle: str, table: str, got: Table, found: Examined) -> None:
    """Note codes whose value label says that there is no answer, and that cohort.yaml does not declare."""
    for name in task.dictionary.variables:
        mapping = task.cohort.in_cycles(name).get(cycle) if name in task.cohort.variables else None
        if mapping is None or task.cohort.files[str(mapping.file)].table_in(cycle) != table:
            continue
        for column in mapping.own_columns(cycle):
            labels = {_plain(c): str(w) for c, w in got.value_labels.get(column, {}).items()}
            there = set(got.frame[column].dropna().unique()) if column in got.frame else set()
            known = {*mapping.missing, *(mapping.map or {})}
            odd = [c for c in labelled_missing(labels) if c in there and c not in known]
            if odd:
                said = ", ".join(f"{code} ({labels[code]})" for code in odd)
                what = f"{cycle}: {column}: {said}: the file's label says that this is no answer"
                fix = f"write missing: [{', '.join(map(str, odd))}]"
                found.odd.append(Odd(_path(task.cohort, name, cycle), what, fix))


def _plain(code: float | str) -> Code:
    return int(code) if isinstance(code, float) and code.is_integer() else code
