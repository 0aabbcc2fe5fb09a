"""Make one frame of a cohort: every person of the survey, harmonised variables, combined weight, provenance.

What becomes what is data (``cohort.yaml``, ``dictionary.yaml``); nothing here knows a cohort.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pandas as pd

from b12sarc.errors import B12SarcError, Problem
from b12sarc.frames import ColumnInfo, FrameMeta, no_imputations
from b12sarc.mapping_ops import Harvest, Source, harvest
from b12sarc.source_tables import IMPUTATION, PERSON, CycleTables, Read, describe_table, read_cycle
from b12sarc.spec import Assays, Cohort, Dictionary, Variable
from b12sarc.spec.availability import why_not_mapped
from b12sarc.survey_columns import (
    base_file,
    design_of,
    subsample_column,
    subsample_in_words,
    survey_columns,
    weight_in_words,
)
from b12sarc.visits import Chosen

__all__ = ["Harmonised", "Read", "harmonise"]


@dataclass(frozen=True)
class Harmonised:
    """A cohort harmonised.

    Attributes:
        frame: one row for each person of the survey: the survey columns, then the variables that the cohort
            has, in the order of the dictionary; ``<name>_raw`` follows a variable that was bridged. Imputed
            variables are not in it.
        imputed: long table (person_id, imputation, imputed variables), every imputation of each person who
            has them, so that nobody can mistake the draws for measurements; empty: the cohort has none.
        meta: labels, units, sources and design.
        report: a row for each variable and cycle (harmonisation.csv). ``n_rows`` counts the persons in the
            source table (of an imputed variable, its rows);
            ``n_valid + n_missing + n_missing_code + n_implausible = n_rows``. ``n_outside_bridge`` counts the
            values that were bridged outside the range of the equation. Of a table with several visits,
            ``n_several_visits`` persons had several, ``n_rows_set_aside`` rows were not chosen, and
            ``n_visits_incomplete`` of the persons have no visit with all that the rule requires.
    """

    frame: pd.DataFrame
    meta: FrameMeta
    report: pd.DataFrame
    imputed: pd.DataFrame


@dataclass
class _Problems:
    """What went wrong so far, to be told all at once."""

    found: list[Problem] = field(default_factory=list)

    @contextmanager
    def collected(self) -> Iterator[None]:
        try:
            yield
        except B12SarcError as error:
            self.found += error.problems

    def stop_if_any(self) -> None:
        if self.found:
            raise B12SarcError(self.found)


def harmonise(
    cohort: Cohort,
    dictionary: Dictionary,
    read: Read,
    assays: Assays | None = None,
    absent: AnyMapping[tuple[str, str], str] | None = None,
) -> Harmonised:
    """Return one row for each person of the design file over all cycles, with every variable the cohort maps.

    Args:
        cohort: what the cohort's files are and how they map.
        dictionary: the harmonised dictionary.
        read: gives the source tables; called once for each file and cycle.
        assays: the bridging equations that the cohort names.
        absent: optional tables that could not be had, (cycle, table) -> why; what needs them is left out.

    Raises:
        B12SarcError: everything that is wrong with the tables, or with the variables, all at once.
    """
    cohort = cohort.without(absent or {})
    mapped = {name: v for name, v in dictionary.variables.items() if name in cohort.mapped()}
    problems = _Problems()
    references: dict[str, pd.DataFrame] = {}
    tables: dict[str, CycleTables] = {}
    for cycle in cohort.cycles:
        tables[cycle], found = read_cycle(cohort, cycle, read, references)
        problems.found += found
    problems.stop_if_any()
    harvested = [
        _harvest_cycle(cohort, cycle, mapped, tables[cycle], assays or Assays(), problems)
        for cycle in cohort.cycles
    ]
    problems.stop_if_any()
    frame = pd.concat([part.frame for part in harvested], ignore_index=True)
    frame = frame[[c for c in _order(cohort, mapped) if c in frame]]
    for name in mapped:
        frame = _typed(frame, name, mapped[name])
    frame["cycle"] = frame["cycle"].astype(pd.CategoricalDtype(list(cohort.cycles)))
    _check_cycles_apart(cohort, frame)
    imputed = [part.imputed for part in harvested if part.imputed is not None]
    return Harmonised(
        frame,
        _meta(cohort, mapped, frame, absent or {}),
        pd.DataFrame([row for part in harvested for row in part.report]),
        pd.concat(imputed, ignore_index=True) if imputed else no_imputations(),
    )


@dataclass(frozen=True)
class _Cycle:
    """What one cycle gives."""

    frame: pd.DataFrame
    imputed: pd.DataFrame | None
    report: list[dict[str, str | int | float]]


def _harvest_cycle(
    cohort: Cohort,
    cycle: str,
    mapped: dict[str, Variable],
    tables: CycleTables,
    assays: Assays,
    problems: _Problems,
) -> _Cycle:
    columns: dict[str, pd.Series] = {}
    with problems.collected():
        columns = survey_columns(cohort, cycle, tables)
    people = tables.frames[base_file(cohort)].index
    imputed: dict[str, dict[str, pd.Series]] = {}
    rows = []
    for name, variable in mapped.items():
        mapping = cohort.in_cycles(name).get(cycle)
        if mapping is None:
            continue
        with problems.collected():
            got = harvest(mapping, variable, _source(cohort, cycle, name, tables, assays))
            visits = tables.chosen.get(str(mapping.file))
            rows.append(_report_row(cohort, cycle, name, variable, got, visits))
            if str(mapping.file) in tables.imputation:
                imputed.setdefault(str(mapping.file), {})[name] = got.values
                continue
            columns[name] = got.values.reindex(people)
            if got.raw is not None:
                columns[raw_name(name)] = got.raw.reindex(people)
    return _Cycle(pd.DataFrame(columns), _long(imputed, tables), rows)


def raw_name(name: str) -> str:
    """Return the column that holds a bridged variable as it was before the equation."""
    return f"{name}_raw"


def _source(cohort: Cohort, cycle: str, name: str, tables: CycleTables, assays: Assays) -> Source:
    mapping = cohort.variables[name].at(cycle)
    where = f"{describe_table(cohort, cycle, str(mapping.file))}: {name}"
    bridge = cohort.variables[name].bridge_in(cycle)
    if bridge is not None and bridge not in assays.equations:
        raise B12SarcError.at(where, f"unknown equation '{bridge}'", "add it to config/assays.yaml")
    answered = mapping.answered_if.file if mapping.answered_if else None
    return Source(
        tables.frames[str(mapping.file)],
        cycle,
        where,
        assays.equations[bridge] if bridge else None,
        cohort.variables[name].assay_in(cycle),
        tables.frames[answered] if answered else None,
    )


def _long(imputed: dict[str, dict[str, pd.Series]], tables: CycleTables) -> pd.DataFrame | None:
    """Return the imputed variables of a cycle, a row for each person and imputation."""
    parts = []
    for file, columns in imputed.items():
        keys = {PERSON: tables.frames[file].index.to_series(), IMPUTATION: tables.imputation[file]}
        part = pd.DataFrame({name: values.to_numpy() for name, values in {**keys, **columns}.items()})
        parts.append(part.set_index([PERSON, IMPUTATION]))
    if not parts:
        return None
    return pd.concat(parts, axis=1).sort_index().reset_index()


def _order(cohort: Cohort, mapped: dict[str, Variable]) -> list[str]:
    """Return the columns of the frame in order."""
    subsamples = map(subsample_column, cohort.subsamples_used())
    survey = dict.fromkeys([PERSON, "cycle", *design_of(cohort), "weight", *subsamples])
    return list(survey) + [column for name in mapped for column in (name, raw_name(name))]


def _typed(frame: pd.DataFrame, name: str, variable: Variable) -> pd.DataFrame:
    """Give a variable its type, which it loses where a cycle does not have it."""
    if name in frame and variable.type == "binary":
        return frame.astype({name: "boolean"})
    if name in frame and variable.type == "categorical":
        return frame.astype({name: pd.CategoricalDtype(list(variable.categories))})
    return frame


def _report_row(
    cohort: Cohort, cycle: str, name: str, variable: Variable, got: Harvest, visits: Chosen | None
) -> dict[str, str | int | float]:
    mapping = cohort.variables[name].at(cycle)
    valid = got.values.dropna()
    coded, implausible = got.n_missing_code, got.n_implausible
    spread = valid if variable.type == "continuous" else valid.iloc[:0].astype("float64")
    return {
        "cohort": cohort.id,
        "variable": name,
        "cycle": cycle,
        "table": str(cohort.files[str(mapping.file)].table_in(cycle)),
        "columns": " ".join(mapping.columns(cycle)),
        "unit_in": mapping.unit or "",
        "unit_out": variable.unit or "",
        "n_rows": len(got.values),
        "n_valid": len(valid),
        "n_missing": len(got.values) - len(valid) - coded - implausible,
        "n_missing_code": coded,
        "n_implausible": implausible,
        "min": spread.min(),
        "max": spread.max(),
        "bridge": cohort.variables[name].bridge_in(cycle) or "",
        "n_outside_bridge": got.n_outside,
        "n_several_visits": 0 if visits is None else visits.n_several,
        "n_rows_set_aside": 0 if visits is None else visits.n_set_aside,
        "n_visits_incomplete": 0 if visits is None else visits.n_incomplete,
    }


def _check_cycles_apart(cohort: Cohort, frame: pd.DataFrame) -> None:
    """Refuse cycles that share persons or strata: variances would be wrong, and nobody would see it."""
    fix = "give every cycle its own tables in cohort.yaml; numbers may not come again in another cycle"
    problems = []
    for column, word in (("person_id", "persons"), ("stratum", "strata")):
        if column not in frame:
            continue
        cycles = frame.groupby(column)["cycle"].nunique()
        shared = cycles.index[cycles > 1]
        if len(shared):
            in_all = frame.loc[frame[column].isin(shared), "cycle"].astype(str).unique()
            what = f"{len(shared)} {word} occur in more than one of {', '.join(in_all)}"
            problems.append(Problem(f"{cohort.id}: {column}", what, fix))
    if problems:
        raise B12SarcError(problems)


def _meta(
    cohort: Cohort,
    mapped: dict[str, Variable],
    frame: pd.DataFrame,
    absent: AnyMapping[tuple[str, str], str],
) -> FrameMeta:
    columns = _survey_info(cohort)
    for name, variable in mapped.items():
        found = cohort.in_cycles(name)
        sources = _sources(cohort, {c: (str(m.file), m.columns(c)) for c, m in found.items()})
        info = ColumnInfo(variable.label, variable.type, variable.unit, sources, _note(cohort, name))
        subsamples = dict.fromkeys(m.subsample for m in found.values() if m.subsample)
        imputed = name in cohort.imputed()
        columns[name] = replace(info, subsample=" ".join(subsamples), imputed=imputed)
        if raw_name(name) in frame:
            label = f"{variable.label}, before the equation between methods"
            columns[raw_name(name)] = replace(columns[name], label=label, note=_assays(cohort, name))
    totals = frame.groupby("cycle", observed=True)["weight"].sum()
    design: dict[str, str | dict[str, str]] = {
        "kind": cohort.design.kind,
        **cohort.design.in_short(),
        "weight": {c: weight_in_words(cohort, c) for c in cohort.cycles},
        "sum_of_weights": {str(c): f"{total:.12g}" for c, total in totals.items()},
    }
    if absent:
        design["absent"] = {f"{cycle} {table}": why for (cycle, table), why in absent.items()}
    reasons = {n: why for n in cohort.variables if (why := why_not_mapped(cohort, n))}
    return FrameMeta(
        cohort.id,
        cohort.title,
        cohort.synthetic,
        "harmonised",
        columns,
        design,
        reasons,
        cohort.restricted,
    )


def _survey_info(cohort: Cohort) -> dict[str, ColumnInfo]:
    base = base_file(cohort)
    key = cohort.files[base].key.upper()
    everywhere = dict.fromkeys(cohort.cycles, (base, (key,)))
    info = {
        PERSON: ColumnInfo("Person", "identifier", None, _sources(cohort, everywhere)),
        "cycle": ColumnInfo("Survey cycle", "categorical"),
    }
    for name, column in design_of(cohort).items():
        sources = _sources(cohort, {c: (column.file, (column.column(c),)) for c in cohort.cycles})
        info[name] = ColumnInfo(column.label, "design", None, sources)
    formula = _by_cycle({c: weight_in_words(cohort, c) for c in cohort.cycles})
    if "weight" in info:
        info["weight"] = replace(info["weight"], note=f"{formula}; 0: not examined")
    else:
        info["weight"] = ColumnInfo("Weight", "design", None, (), "everybody counts alike")
    for name, subsample in cohort.subsamples_used().items():
        formula = _by_cycle({c: subsample_in_words(cohort, name, c) for c in cohort.cycles})
        label = f"Combined weight: {subsample.label}"
        info[subsample_column(name)] = ColumnInfo(label, "design", None, (), f"{formula}; 0: not in it")
    return info


def _sources(cohort: Cohort, columns: AnyMapping[str, tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    return tuple(
        f"{cohort.files[file].table_in(cycle)}.{name}"
        for cycle, (file, names) in columns.items()
        for name in names
    )


def _note(cohort: Cohort, name: str) -> str:
    """Return what an analyst should know of the values: assay, top-coding, cycles without it, and notes."""
    mapping = cohort.variables[name]
    tops = {c: top for c in cohort.in_cycles(name) if (top := mapping.top_in(c)) is not None}
    entries = [mapping, *((mapping.per_cycle or {}).values())]
    lacking = {c: str(mapping.at(c).reason) for c in cohort.cycles if c not in cohort.in_cycles(name)}
    parts = [_assays(cohort, name)]
    parts += [f"top-coded at {_by_cycle({c: f'{top:g}' for c, top in tops.items()})}"] if tops else []
    parts += dict.fromkeys(entry.note for entry in entries if entry.note)
    parts += [f"not in {_by_cycle_first(lacking)}"] if lacking else []
    return "; ".join(part for part in parts if part)


def _assays(cohort: Cohort, name: str) -> str:
    mapping = cohort.variables[name]
    said = {}
    for cycle in cohort.in_cycles(name):
        bridge = mapping.bridge_in(cycle)
        if assay := mapping.assay_in(cycle):
            said[cycle] = assay + (f" by {bridge}" if bridge else "")
    return f"assay {_by_cycle(said)}" if said else ""


def _by_cycle(values: dict[str, str]) -> str:
    """Return what holds in each cycle: once where it is the same, else each with its cycle."""
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    return ", ".join(f"{value} ({cycle})" for cycle, value in values.items())


def _by_cycle_first(values: dict[str, str]) -> str:
    return ", ".join(f"{cycle} ({value})" for cycle, value in values.items())
