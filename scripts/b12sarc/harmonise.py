"""Make one frame of a cohort: every person of the survey, harmonised variables, combined weight, provenance.

What becomes what is data (``cohort.yaml``, ``dictionary.yaml``); nothing here knows a cohort.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as AnyMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction

import pandas as pd
from pandas.api.types import is_numeric_dtype

from b12sarc.errors import B12SarcError, Problem, nearest
from b12sarc.frames import IMPUTATION, ColumnInfo, FrameMeta
from b12sarc.imputed_tables import check_imputations, long_frame
from b12sarc.mapping_ops import Harvest, harvest
from b12sarc.readers import Table, check_key
from b12sarc.spec import Cohort, Dictionary, Mapping, Variable

Read = Callable[[str, str], Table]
"""(file id of the cohort, cycle) -> the table, with at least the columns ``Cohort.raw_columns`` names."""

Absent = AnyMapping[tuple[str, str], str]
"""(cycle, table) -> why an optional table is not there."""


@dataclass(frozen=True)
class Harmonised:
    """A cohort harmonised.

    Attributes:
        frame: one row for each person of the survey: the design columns, then the variables that the cohort
            has, in the order of the dictionary.
        meta: labels, units, sources and design.
        report: a row for each variable and cycle (harmonisation.csv). ``n_rows`` counts the persons in the
            source table, or its rows where it holds imputations;
            ``n_valid + n_missing + n_missing_code + n_implausible = n_rows``.
        imputed: a row for each person and imputation: ``person_id``, ``imputation``, then the imputed
            variables, which ``frame`` does not have. Without any, no rows.
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


def harmonise(cohort: Cohort, dictionary: Dictionary, read: Read, absent: Absent | None = None) -> Harmonised:
    """Return one row for each person of the design file over all cycles, with every variable the cohort maps.

    Args:
        cohort: what the cohort's files are and how they map.
        dictionary: the harmonised dictionary.
        read: gives the source tables; called once for each file and cycle.
        absent: optional tables that could not be had, (cycle, table) -> why; what needs them is left out.

    Raises:
        B12SarcError: everything that is wrong with the tables, or with the variables, all at once.
    """
    cohort = cohort.without(absent or {})
    mapped = [(n, cohort.mapped()[n], v) for n, v in dictionary.variables.items() if n in cohort.mapped()]
    problems, frames, rows = _Problems(), [], []
    imputed, long = cohort.imputed(), []
    tables = {cycle: _read_cycle(cohort, cycle, read, problems) for cycle in cohort.cycles}
    problems.stop_if_any()
    for cycle in cohort.cycles:
        columns: dict[str, pd.Series] = {}
        beside: dict[str, dict[str, pd.Series]] = {}
        with problems.collected():
            columns = _design_columns(cohort, cycle, tables[cycle])
        for name, mapping, variable in mapped:
            file = str(mapping.file)
            where = f"{_where(cohort, cycle, file)}: {name}"
            with problems.collected():
                got = harvest(mapping, variable, tables[cycle][file], cycle, where)
                if name in imputed:
                    beside.setdefault(file, {})[name] = got.values
                else:
                    columns[name] = got.values.reindex(tables[cycle][_base(cohort)].index)
                rows.append(_report_row(cohort, cycle, name, variable, got))
        frames.append(pd.DataFrame(columns))
        long += _imputed_part(cohort, tables[cycle], beside)
    problems.stop_if_any()
    frame = pd.concat(frames, ignore_index=True)
    frame["cycle"] = frame["cycle"].astype(pd.CategoricalDtype(list(cohort.cycles)))
    _check_cycles_apart(cohort, frame)
    beside_it = long_frame(long, [name for name, _, _ in mapped if name in imputed])
    return Harmonised(frame, _meta(cohort, mapped, frame, absent or {}), pd.DataFrame(rows), beside_it)


def _imputed_part(
    cohort: Cohort, tables: dict[str, pd.DataFrame], variables: dict[str, dict[str, pd.Series]]
) -> list[pd.DataFrame]:
    """Return the imputed variables of one cycle, one table for all files: person and imputation by row."""
    parts = []
    for file, columns in variables.items():
        number = tables[file][str(cohort.files[file].imputation).upper()].astype("int64")
        parts.append(pd.DataFrame({IMPUTATION: number, **columns}).set_index(IMPUTATION, append=True))
    return [pd.concat(parts, axis=1).reset_index()] if parts else []


def _where(cohort: Cohort, cycle: str, file: str) -> str:
    return f"{cohort.id}: {cycle}: {cohort.files[file].table[cycle]}"


def _base(cohort: Cohort) -> str:
    """Return the file that lists everybody in the survey."""
    return cohort.design.strata.file


def _read_cycle(cohort: Cohort, cycle: str, read: Read, problems: _Problems) -> dict[str, pd.DataFrame]:
    """Return every table that the cohort uses in one cycle, indexed by person."""
    design = cohort.design
    used = dict.fromkeys((design.strata.file, design.psu.file, design.weight.file))
    used |= dict.fromkeys(str(m.file) for m in cohort.mapped().values())
    tables: dict[str, pd.DataFrame] = {}
    for file in used:
        where = _where(cohort, cycle, file)
        with problems.collected():
            tables[file] = _by_person(cohort, file, read(file, cycle).frame, where)
            if _base(cohort) in tables:
                _check_known(tables[file].index, tables[_base(cohort)].index, where)
    return tables


def _by_person(cohort: Cohort, file: str, frame: pd.DataFrame, where: str) -> pd.DataFrame:
    key = cohort.files[file].key.upper()
    many = cohort.files[file].rows != "one" and key in frame
    found = check_key(frame[frame[key].isna() | ~frame[key].duplicated()] if many else frame, [key], where)
    if found:
        raise B12SarcError(found)
    if not is_numeric_dtype(frame[key]) or (frame[key] % 1 != 0).any():
        raise B12SarcError.at(where, f"the key {key} is not a whole number everywhere", "check the key")
    if cohort.files[file].rows == "imputed":
        check_imputations(frame, cohort.files[file], where)
    return frame.set_index(frame[key].astype("int64").rename("person_id"))


def _check_known(people: pd.Index, survey: pd.Index, where: str) -> None:
    strangers = people[~people.isin(survey)].unique()
    if len(strangers):
        what = f"{len(strangers)} of {people.nunique()} persons are not in the design file of this cycle"
        raise B12SarcError.at(where, what, "is this the table of another cycle? check files in cohort.yaml")


@dataclass(frozen=True)
class _DesignColumn:
    """A column of the survey design: what it is called here, its file, and its raw column by cycle."""

    label: str
    file: str
    column: Callable[[str], str]


def _design_of(cohort: Cohort) -> dict[str, _DesignColumn]:
    strata, psu, weight = cohort.design.strata, cohort.design.psu, cohort.design.weight
    return {
        "stratum": _DesignColumn("Stratum", strata.file, lambda _: strata.column.upper()),
        "psu": _DesignColumn("Primary sampling unit", psu.file, lambda _: psu.column.upper()),
        "weight": _DesignColumn("Combined weight", weight.file, cohort.weight_column),
    }


def _design_columns(cohort: Cohort, cycle: str, tables: dict[str, pd.DataFrame]) -> dict[str, pd.Series]:
    people = tables[_base(cohort)].index
    columns = {"person_id": people.to_series(), "cycle": pd.Series(cycle, index=people)}
    for name, source in _design_of(cohort).items():
        column = source.column(cycle)
        where = f"{_where(cohort, cycle, source.file)}.{column}: {name}"
        table = tables[source.file]
        if column not in table:
            raise B12SarcError.at(where, f"the table has no column {column}", nearest(column, table.columns))
        values = table[column].reindex(people)
        if values.isna().any():
            what = f"missing in {values.isna().sum()} of {len(values)} persons"
            raise B12SarcError.at(where, what, "everybody in the survey needs a stratum, a PSU and a weight")
        whole = is_numeric_dtype(values) and (values % 1 == 0).all()
        columns[name] = values.astype("int64") if whole else values
    columns["weight"] = _combined_weight(cohort, cycle, columns["weight"])
    return columns


def _combined_weight(cohort: Cohort, cycle: str, weight: pd.Series) -> pd.Series:
    negative, positive = int((weight < 0).sum()), int((weight > 0).sum())
    if negative or not positive:
        where = f"{_where(cohort, cycle, cohort.design.weight.file)}.{cohort.weight_column(cycle)}: weight"
        what = f"{negative} weights are below 0 and {positive} of {len(weight)} above"
        raise B12SarcError.at(where, what, "check design.weight in cohort.yaml")
    return weight.astype("float64") * cohort.weight_factor(cycle)


def _report_row(
    cohort: Cohort, cycle: str, name: str, variable: Variable, got: Harvest
) -> dict[str, str | int | float]:
    mapping = cohort.variables[name]
    valid = got.values.dropna()
    coded, implausible = got.n_missing_code, got.n_implausible
    spread = valid if variable.type == "continuous" else valid.iloc[:0].astype("float64")
    return {
        "cohort": cohort.id,
        "variable": name,
        "cycle": cycle,
        "table": cohort.files[str(mapping.file)].table[cycle],
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
    }


def _check_cycles_apart(cohort: Cohort, frame: pd.DataFrame) -> None:
    """Refuse cycles that share persons or strata: variances would be wrong, and nobody would see it."""
    fix = "give every cycle its own tables in cohort.yaml; numbers may not come again in another cycle"
    problems = []
    for column, word in (("person_id", "persons"), ("stratum", "strata")):
        cycles = frame.groupby(column)["cycle"].nunique()
        shared = cycles.index[cycles > 1]
        if len(shared):
            in_all = frame.loc[frame[column].isin(shared), "cycle"].astype(str).unique()
            what = f"{len(shared)} {word} occur in more than one of {', '.join(in_all)}"
            problems.append(Problem(f"{cohort.id}: {column}", what, fix))
    if problems:
        raise B12SarcError(problems)


def _meta(
    cohort: Cohort, mapped: list[tuple[str, Mapping, Variable]], frame: pd.DataFrame, absent: Absent
) -> FrameMeta:
    columns = _design_info(cohort)
    for name, mapping, variable in mapped:
        sources = _sources(cohort, str(mapping.file), {c: mapping.columns(c) for c in cohort.cycles})
        columns[name] = ColumnInfo(variable.label, variable.type, variable.unit, sources, _note(mapping))
    totals = frame.groupby("cycle", observed=True)["weight"].sum()
    design: dict[str, str | dict[str, str]] = {
        "kind": cohort.design.kind,
        "single_psu": cohort.design.single_psu,
        "weight_role": cohort.design.weight.role,
        "weight": {c: _weight_in_words(cohort, c) for c in cohort.cycles},
        "sum_of_weights": {str(c): f"{total:.12g}" for c, total in totals.items()},
    }
    reasons = {n: str(m.reason) for n, m in cohort.variables.items() if m.status is not None}
    if absent:
        design["absent"] = {f"{cycle} {table}": why for (cycle, table), why in absent.items()}
    return FrameMeta(cohort.id, cohort.title, cohort.synthetic, "harmonised", columns, design, reasons)


def _design_info(cohort: Cohort) -> dict[str, ColumnInfo]:
    base = _base(cohort)
    key = cohort.files[base].key.upper()
    info = {
        "person_id": ColumnInfo(
            "Person", "identifier", None, _sources(cohort, base, dict.fromkeys(cohort.cycles, (key,)))
        ),
        "cycle": ColumnInfo("Survey cycle", "categorical"),
    }
    for name, column in _design_of(cohort).items():
        sources = _sources(cohort, column.file, {c: (column.column(c),) for c in cohort.cycles})
        info[name] = ColumnInfo(column.label, "design", None, sources)
    formula = _by_cycle("", {c: _weight_in_words(cohort, c) for c in cohort.cycles})
    info["weight"] = replace(info["weight"], note=f"{formula.strip()}; 0: not examined")
    return info


def _sources(cohort: Cohort, file: str, columns: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    table = cohort.files[file].table
    return tuple(f"{table[cycle]}.{column}" for cycle in cohort.cycles for column in columns[cycle])


def _weight_in_words(cohort: Cohort, cycle: str) -> str:
    """Return the combined weight of a cycle as a formula: ``WTMEC2YR x 1/2``."""
    factor = Fraction(cohort.weight_factor(cycle)).limit_denominator(1000)
    return cohort.weight_column(cycle) + (f" x {factor}" if factor != 1 else "")


def _note(mapping: Mapping) -> str:
    """Return what an analyst should know of the values: assay, top-coding, and the note of the cohort."""
    parts = [_by_cycle("assay", mapping.assay)] if mapping.assay else []
    parts += [_by_cycle("top-coded at", mapping.top_coded_at)] if mapping.top_coded_at else []
    return "; ".join([*parts, *([mapping.note] if mapping.note else [])])


def _by_cycle(words: str, value: object) -> str:
    if isinstance(value, dict):
        value = ", ".join(f"{_by_cycle('', v).strip()} ({cycle})" for cycle, v in value.items())
    return f"{words} {value:g}" if isinstance(value, int | float) else f"{words} {value}"
