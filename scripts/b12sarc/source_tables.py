"""The tables of one survey cycle of a cohort, each by person, with what they join."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from b12sarc.errors import B12SarcError, Problem, nearest
from b12sarc.readers import Table, check_key
from b12sarc.spec import Cohort, File
from b12sarc.visits import Chosen, choose_visit

Read = Callable[[str, str], Table]
"""(file id of the cohort, cycle) -> the table, with at least the columns ``Cohort.raw_columns`` names."""

PERSON, IMPUTATION = "person_id", "imputation"


@dataclass(frozen=True)
class CycleTables:
    """The tables of one cycle.

    Attributes:
        frames: file id -> table indexed by person, upper-case columns; a file with several rows a person
            repeats the person.
        imputation: file id -> number of the imputation of each row, 1 to m, for files of imputations.
        chosen: file id -> which visits were chosen, for files with several rows a person and a rule.
    """

    frames: dict[str, pd.DataFrame]
    imputation: dict[str, pd.Series]
    chosen: dict[str, Chosen]


def describe_table(cohort: Cohort, cycle: str, file: str) -> str:
    """Return how messages call a table: cohort, cycle, table."""
    return f"{cohort.id}: {cycle}: {cohort.files[file].table_in(cycle)}"


def read_cycle(
    cohort: Cohort, cycle: str, read: Read, references: dict[str, pd.DataFrame]
) -> tuple[CycleTables, list[Problem]]:
    """Return every table that the cohort uses in one cycle, and what is wrong with them.

    Args:
        cohort: the cohort.
        cycle: one of its cycles.
        read: gives the source tables.
        references: tables for all cycles that were read before; those read now are added.
    """
    base = cohort.design.base_file()
    tables = CycleTables({}, {}, {})
    problems: list[Problem] = []
    for file in _used(cohort, cycle):
        where = describe_table(cohort, cycle, file)
        try:
            frame = read(file, cycle).frame
            for join in cohort.files[file].joins:
                frame = _joined(frame, cohort, cycle, file, join.file, read, references)
            frame = _one_visit(cohort.files[file], frame, where, tables.chosen, file)
            frame = _by_person(cohort.files[file], frame, where)
            if cohort.files[file].rows == "imputed":
                tables.imputation[file] = _imputations(cohort.files[file], frame, where)
            if base in tables.frames:
                _check_alike(cohort, file, frame.index, tables.frames[base].index, where)
                _check_known(frame.index, tables.frames[base].index, where)
            tables.frames[file] = frame
        except B12SarcError as error:
            problems += error.problems
    return tables, problems


def _used(cohort: Cohort, cycle: str) -> list[str]:
    """Return the files that something is read from, the one that lists everybody first."""
    used = dict.fromkeys(cohort.design.files())
    for subsample in cohort.subsamples_used().values():
        used |= dict.fromkeys(w.file for w in subsample.weights if cycle in cohort.subsample_columns(w))
    for name in cohort.variables:
        mapping = cohort.in_cycles(name).get(cycle)
        if mapping is not None:
            asked = mapping.answered_if.file if mapping.answered_if else None
            used |= dict.fromkeys([str(mapping.file), *([asked] if asked else [])])
    return list(used)


def _by_person(file: File, frame: pd.DataFrame, where: str) -> pd.DataFrame:
    key = file.key.upper()
    several = file.rows != "one" and key in frame
    found = check_key(frame[frame[key].isna() | ~frame[key].duplicated()] if several else frame, [key], where)
    if found:
        raise B12SarcError(found)
    if not is_numeric_dtype(frame[key]):
        return frame.set_index(frame[key].astype("str").str.strip().rename(PERSON))
    if (frame[key] % 1 != 0).any():
        raise B12SarcError.at(where, f"the key {key} is not a whole number everywhere", "check the key")
    return frame.set_index(frame[key].astype("int64").rename(PERSON))


def _one_visit(
    file: File, frame: pd.DataFrame, where: str, chosen: dict[str, Chosen], name: str
) -> pd.DataFrame:
    """Return the table with the visits that count, if the file has several of a person."""
    if file.visits is None:
        return frame
    chosen[name] = choose_visit(frame, file.key.upper(), file.visits, where)
    return chosen[name].frame


def _check_alike(cohort: Cohort, file: str, people: pd.Index, survey: pd.Index, where: str) -> None:
    """Refuse keys that are text in one file and numbers in another: nobody would be found."""
    if is_numeric_dtype(people) != is_numeric_dtype(survey):
        base = cohort.design.base_file()
        held = {True: "numbers", False: "text"}
        what = (
            f"the key {cohort.files[file].key.upper()} holds {held[is_numeric_dtype(people)]}, and "
            f"{cohort.files[base].key.upper()} of {base} {held[is_numeric_dtype(survey)]}"
        )
        fix = "name the same key in both files (of a CSV file, csv: {text: [...]} makes it text)"
        raise B12SarcError.at(where, what, fix)


def _check_known(people: pd.Index, survey: pd.Index, where: str) -> None:
    strangers = people[~people.isin(survey)].unique()
    if len(strangers):
        what = f"{len(strangers)} of {people.nunique()} persons are not in the design file of this cycle"
        raise B12SarcError.at(where, what, "is this the table of another cycle? check files in cohort.yaml")


def _imputations(file: File, frame: pd.DataFrame, where: str) -> pd.Series:
    """Return the number of the imputation of each row; every person has each of them once."""
    column, m = str(file.imputation).upper(), int(file.imputations or 0)
    if column not in frame:
        raise B12SarcError.at(where, f"the table has no column {column}", nearest(column, frame.columns))
    numbers = frame[column]
    rows = pd.crosstab(frame.index, numbers) if len(frame) else pd.DataFrame()
    expected = np.arange(1, m + 1)
    odd = numbers[~numbers.isin(expected)]
    if len(odd):
        what = f"{column} is {odd.iloc[0]} in {len(odd)} rows; expected 1 to {m}"
        raise B12SarcError.at(where, what, "check imputation in cohort.yaml, or fetch the file again")
    broken = rows.index[(rows.reindex(columns=expected, fill_value=0) != 1).any(axis=1)]
    if len(broken):
        n = int(rows.loc[broken[0]].sum())
        what = (
            f"{len(broken)} of {len(rows)} persons do not have one row for each of {m} imputations "
            f"(the first of them has {n} rows)"
        )
        raise B12SarcError.at(where, what, "fetch the file again; never fill in or drop an imputation")
    return numbers.astype("int64")


def _joined(
    frame: pd.DataFrame,
    cohort: Cohort,
    cycle: str,
    file: str,
    other: str,
    read: Read,
    references: dict[str, pd.DataFrame],
) -> pd.DataFrame:
    """Return the rows with the columns of a reference table; a row that it does not know keeps blanks."""
    join = next(j for j in cohort.files[file].joins if j.file == other)
    shared = cohort.files[other].serves_all
    kept = other if shared else f"{other} {cycle}"
    if kept not in references:
        references[kept] = read(other, cycle).frame
    table, by = references[kept], join.by.upper()
    columns = [by, *(column.upper() for column in join.columns)]
    for name, source, wanted in ((file, frame, [by]), (other, table, columns)):
        absent = [column for column in wanted if column not in source]
        if absent:
            where = describe_table(cohort, cycle, name)
            hint = nearest(absent[0], source.columns)
            raise B12SarcError.at(where, f"the table has no column {absent[0]}", hint)
    if is_numeric_dtype(frame[by]) != is_numeric_dtype(table[by]):
        what = f"{by} holds numbers in one and text in the other of {file} and {other}"
        raise B12SarcError.at(describe_table(cohort, cycle, file), what, "check joins in cohort.yaml")
    known = table.loc[table[by].notna() & table[by].ne(""), list(dict.fromkeys(columns))]
    return frame.merge(known, on=by, how="left")
