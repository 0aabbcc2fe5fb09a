"""The survey columns of one cycle of a cohort: person, cycle, stratum, PSU, combined weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd
from pandas.api.types import is_numeric_dtype

from b12sarc.errors import B12SarcError, nearest
from b12sarc.source_tables import PERSON, CycleTables, describe_table
from b12sarc.spec import Cohort, SubsampleWeight


@dataclass(frozen=True)
class SurveyColumn:
    """A column of the survey design: what it is called here, its file, and its raw column by cycle."""

    label: str
    file: str
    column: Callable[[str], str]


def base_file(cohort: Cohort) -> str:
    """Return the file that lists everybody in the survey."""
    return cohort.design.strata.file


def design_of(cohort: Cohort) -> dict[str, SurveyColumn]:
    """Return the design columns every cohort has, by their name in the frame."""
    strata, psu, weight = cohort.design.strata, cohort.design.psu, cohort.design.weight
    return {
        "stratum": SurveyColumn("Stratum", strata.file, lambda _: strata.column.upper()),
        "psu": SurveyColumn("Primary sampling unit", psu.file, lambda _: psu.column.upper()),
        "weight": SurveyColumn("Combined weight", weight.file, cohort.weight_column),
    }


def subsample_column(name: str) -> str:
    """Return the column of the frame that holds a subsample's weight."""
    return f"weight_{name}"


def survey_columns(cohort: Cohort, cycle: str, tables: CycleTables) -> dict[str, pd.Series]:
    """Return the survey columns of one cycle, a row for each person of the survey.

    A subsample's weight is 0 for who is not in it.

    Raises:
        B12SarcError: a design column is absent or has no value somewhere; a weight is below 0, or all are 0.
    """
    people = tables.frames[base_file(cohort)].index
    columns = {PERSON: people.to_series(), "cycle": pd.Series(cycle, index=people)}
    for name, source in design_of(cohort).items():
        where = f"{describe_table(cohort, cycle, source.file)}.{source.column(cycle)}: {name}"
        values = _column(tables, source.file, source.column(cycle), where).reindex(people)
        if values.isna().any():
            what = f"missing in {values.isna().sum()} of {len(values)} persons"
            raise B12SarcError.at(where, what, "everybody in the survey needs a stratum, a PSU and a weight")
        whole = is_numeric_dtype(values) and (values % 1 == 0).all()
        columns[name] = values.astype("int64") if whole else values
        if name == "weight":
            _check_weight(columns[name], where, "check design.weight in cohort.yaml")
            columns[name] = columns[name].astype("float64") * cohort.weight_factor(cycle)
    for name in cohort.subsamples_used():
        columns[subsample_column(name)] = _subsample_weight(cohort, cycle, name, tables, people)
    return columns


def weight_in_words(cohort: Cohort, cycle: str) -> str:
    """Return the combined weight of a cycle as a formula: ``WTMEC2YR x 1/2``."""
    return _times(cohort.weight_column(cycle), cohort.weight_factor(cycle))


def subsample_in_words(cohort: Cohort, name: str, cycle: str) -> str:
    """Return the combined weight of a subsample in a cycle as a formula; ``none`` where it has none."""
    formulas = [
        _times(columns[cycle], cohort.subsample_factor(weight, cycle))
        for weight in cohort.subsamples[name].weights
        if cycle in (columns := cohort.subsample_columns(weight))
    ]
    return ", else ".join(formulas) or "none"


def _times(column: str, factor: float) -> str:
    fraction = Fraction(factor).limit_denominator(1000)
    return column + (f" x {fraction}" if fraction != 1 else "")


def _column(tables: CycleTables, file: str, column: str, where: str) -> pd.Series:
    table = tables.frames[file]
    if column not in table:
        raise B12SarcError.at(where, f"the table has no column {column}", nearest(column, table.columns))
    return table[column]


def _check_weight(weight: pd.Series, where: str, fix: str) -> None:
    negative, positive = int((weight < 0).sum()), int((weight > 0).sum())
    if negative or not positive:
        what = f"{negative} weights are below 0 and {positive} of {len(weight)} above"
        raise B12SarcError.at(where, what, fix)


def _subsample_weight(
    cohort: Cohort, cycle: str, name: str, tables: CycleTables, people: pd.Index
) -> pd.Series:
    """Return the weight of a subsample: the first of its sources that a person has, else 0."""
    combined = pd.Series(float("nan"), index=people)
    for source in cohort.subsamples[name].weights:
        column = cohort.subsample_columns(source).get(cycle)
        if column is not None:
            combined = combined.fillna(_of_source(cohort, cycle, name, source, column, tables, people))
    return combined.fillna(0.0)


def _of_source(
    cohort: Cohort,
    cycle: str,
    name: str,
    source: SubsampleWeight,
    column: str,
    tables: CycleTables,
    people: pd.Index,
) -> pd.Series:
    where = f"{describe_table(cohort, cycle, source.file)}.{column}: weight of {name}"
    weight = _column(tables, source.file, column, where).astype("float64")
    _check_weight(weight.dropna(), where, "check subsamples in cohort.yaml")
    for condition in source.valid_if:
        values = _column(tables, source.file, condition.column.upper(), where)
        weight = weight.where(values.isin(list(condition.values)))
    return weight.reindex(people) * cohort.subsample_factor(source, cycle)
