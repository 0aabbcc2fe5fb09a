"""The closed set of operations by which raw columns become one harmonised variable of one cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from pandas.api.types import is_numeric_dtype

from b12sarc.errors import B12SarcError, nearest
from b12sarc.spec import Condition, Mapping, Scalar, Variable


@dataclass(frozen=True)
class Harvest:
    """The values of one variable in one cycle, one for each person in the source table.

    Attributes:
        values: indexed by person; missing is NaN or NA.
        n_missing_code: persons without a value who gave a code that means missing.
        n_implausible: persons whose value lay outside the plausible range and was set missing.
    """

    values: pd.Series
    n_missing_code: int = 0
    n_implausible: int = 0


def harvest(mapping: Mapping, variable: Variable, frame: pd.DataFrame, cycle: str, where: str) -> Harvest:
    """Return the harmonised values of one variable in one cycle.

    Args:
        mapping: how the cohort delivers the variable.
        variable: what the dictionary says it is.
        frame: source table indexed by person, upper-case columns; several rows a person for ``any_row`` only.
        cycle: cycle that the table belongs to.
        where: cohort, cycle, table and variable, for messages.

    Raises:
        B12SarcError: a column that is absent, or holds text for numbers (or the reverse); a code that is
            neither mapped nor missing; a unit that does not convert.
    """
    absent = [column for column in mapping.columns(cycle) if column not in frame.columns]
    if absent:
        hint = nearest(absent[0], frame.columns)
        raise B12SarcError.at(where, f"the table has no column {absent[0]}", hint)
    valid = pd.Series(True, index=frame.index)
    for condition in mapping.valid_if:
        valid &= _holds(condition, frame, where)
    if mapping.any_row is not None:
        return Harvest(_some_row(mapping, mapping.any_row, frame, valid, where))
    values, coded = _combine(mapping, frame[list(mapping.own_columns(cycle))], where)
    values = values.where(valid)
    if variable.type != "continuous":
        return Harvest(_recode(mapping, variable, values, where), coded)
    values = _convert(mapping, variable, values, where)
    limits = variable.plausible
    outside = values.notna() & ~values.between(limits.min, limits.max) if limits else values.isna() & False
    return Harvest(values.mask(outside), coded, int(outside.sum()))


def _is_in(values: pd.Series, codes: Sequence[Scalar], where: str) -> pd.Series:
    """Return where ``values`` are among ``codes``; a code of the wrong type would never match in silence."""
    numbers = is_numeric_dtype(values)
    odd = [code for code in codes if isinstance(code, str) == numbers]
    if odd:
        held = "numbers" if numbers else "text"
        what = f"column {values.name} holds {held}, which the code {odd[0]!r} can never equal"
        raise B12SarcError.at(where, what, f"write the code as {held}, as the file holds it")
    return values.isin(list(codes))


def _holds(condition: Condition, frame: pd.DataFrame, where: str) -> pd.Series:
    return _is_in(frame[condition.column.upper()], condition.values, where)


def _some_row(
    mapping: Mapping, wanted: Condition, frame: pd.DataFrame, valid: pd.Series, where: str
) -> pd.Series:
    """Return for each person whether some row meets the condition; NA for one who did not answer."""
    some = (_holds(wanted, frame, where) & valid).groupby(level=0, sort=False).any().astype("boolean")
    if mapping.answered_if is None:
        return some
    return some.where(_holds(mapping.answered_if, frame, where).groupby(level=0, sort=False).any())


def _combine(mapping: Mapping, parts: pd.DataFrame, where: str) -> tuple[pd.Series, int]:
    """Return one value a person out of its columns, and how many have none because of a missing code."""
    coded = pd.DataFrame({c: _is_in(parts[c], mapping.missing, where) for c in parts})
    known = parts.mask(coded | parts.eq(""))
    if mapping.column is not None:
        values = known.iloc[:, 0]
    else:
        _check_numbers(parts, where)
        if mapping.max_of:
            values = known.max(axis=1)
        elif mapping.min_of:
            values = known.min(axis=1)
        elif mapping.mean_of:
            values = known.mean(axis=1)
        else:
            values = known.sum(axis=1, skipna=False)
    return values, int((coded.any(axis=1) & values.isna()).sum())


def _check_numbers(parts: pd.DataFrame, where: str) -> None:
    text = [str(c) for c in parts if not is_numeric_dtype(parts[c])]
    if text:
        raise B12SarcError.at(
            where, f"column {text[0]} holds text, where numbers are wanted", "check the column"
        )


def _recode(mapping: Mapping, variable: Variable, values: pd.Series, where: str) -> pd.Series:
    targets = mapping.map or {}
    known = values.dropna()
    unmapped = known[~_is_in(known, list(targets), where)].value_counts().sort_index()
    if len(unmapped):
        found = ", ".join(f"{code:g}" if is_numeric_dtype(values) else repr(code) for code in unmapped.index)
        what = f"code {found} of {values.name} is neither in 'map' nor in 'missing' ({unmapped.sum()} rows)"
        raise B12SarcError.at(where, what, "look it up in the codebook and add it to one of them")
    recoded = values.astype(object).map(dict(targets), na_action="ignore")
    if variable.type == "binary":
        return recoded.astype("boolean")
    return recoded.astype(pd.CategoricalDtype(list(variable.categories)))


def _convert(mapping: Mapping, variable: Variable, values: pd.Series, where: str) -> pd.Series:
    _check_numbers(values.to_frame(), where)
    factor = variable.factor(mapping.unit or "")
    if factor is None:
        known = ", ".join([str(variable.unit), *variable.accepts])
        what = f"unit '{mapping.unit or ''}' does not convert to {variable.unit}"
        raise B12SarcError.at(where, what, f"give one of: {known}; or add a factor to the dictionary")
    if mapping.unit == variable.unit:
        return values.astype("float64")
    converted = values.astype("float64") * factor
    return converted if variable.decimals is None else converted.round(variable.decimals)
