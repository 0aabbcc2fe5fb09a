"""The survey columns of one cycle of a cohort: person, cycle, and the strata, PSUs and weights it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd
from pandas.api.types import is_numeric_dtype

from b12sarc.errors import B12SarcError, nearest
from b12sarc.frames import replicate_column
from b12sarc.source_tables import PERSON, CycleTables, describe_table
from b12sarc.spec import Cohort, SubsampleWeight

UNWEIGHTED = "1"
"""The weight where everybody counts alike."""
_LABELS = {"stratum": "Stratum", "psu": "Primary sampling unit"}
_NEEDED = {"stratum": "a stratum", "psu": "a PSU"}


@dataclass(frozen=True)
class SurveyColumn:
    """A column of the survey design: what it is called here, its file, and its raw column by cycle."""

    label: str
    file: str
    column: Callable[[str], str]


def base_file(cohort: Cohort) -> str:
    """Return the file that lists everybody in the survey."""
    return cohort.design.base_file()


def design_of(cohort: Cohort) -> dict[str, SurveyColumn]:
    """Return the design columns that come from the cohort's files, by their name in the frame."""
    columns = {
        name: SurveyColumn(_LABELS[name], part.file, _always(part.column.upper()))
        for name, part in cohort.design.columns().items()
    }
    weight, replicates = cohort.design.weighting(), cohort.design.replicate_weights()
    if weight is not None:
        columns["weight"] = SurveyColumn("Combined weight", weight.file, weight.column_in)
        for number, column in enumerate(replicates.names() if replicates else (), start=1):
            file = (replicates and replicates.file) or weight.file
            label = f"Combined replicate weight {number}"
            columns[replicate_column(number)] = SurveyColumn(label, file, _always(column))
    return columns


def _always(column: str) -> Callable[[str], str]:
    return lambda _: column


def subsample_column(name: str) -> str:
    """Return the column of the frame that holds a subsample's weight."""
    return f"weight_{name}"


def survey_columns(cohort: Cohort, cycle: str, tables: CycleTables) -> dict[str, pd.Series]:
    """Return the survey columns of one cycle, a row for each person of the survey.

    A subsample's weight is 0 for who is not in it. Where everybody counts alike the weight is 1.

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
            fix = f"everybody in the survey needs {_NEEDED.get(name, 'a weight')}"
            raise B12SarcError.at(where, what, fix)
        if name in _LABELS:
            whole = is_numeric_dtype(values) and (values % 1 == 0).all()
            columns[name] = values.astype("int64") if whole else values
        else:
            part = "weight" if name == "weight" else "replicates"
            _check_weight(values, where, f"check design.{part} in cohort.yaml")
            columns[name] = values.astype("float64") * cohort.weight_factor(cycle)
    if cohort.design.weighting() is None:
        columns["weight"] = pd.Series(1.0, index=people)
    for name in cohort.subsamples_used():
        columns[subsample_column(name)] = _subsample_weight(cohort, cycle, name, tables, people)
    return columns


def weight_in_words(cohort: Cohort, cycle: str) -> str:
    """Return the combined weight of a cycle as a formula: ``WTMEC2YR x 1/2``; ``1`` without weights."""
    column = cohort.weight_column(cycle)
    return UNWEIGHTED if column is None else _times(column, cohort.weight_factor(cycle))


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
    if not is_numeric_dtype(weight):
        raise B12SarcError.at(where, "the weight is text, where a number is wanted", fix)
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
