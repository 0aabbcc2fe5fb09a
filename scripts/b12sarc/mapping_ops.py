"""The closed set of operations by which raw columns become one harmonised variable of one cycle."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from b12sarc.bridging import Measured, bridged, n_outside
from b12sarc.errors import B12SarcError, nearest
from b12sarc.spec import Condition, Equation, Factor, Mapping, Scalar, Variable

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class Harvest:
    """The values of one variable in one cycle, one for each person in the source table.

    Attributes:
        values: indexed by person; missing is NaN or NA.
        n_missing_code: persons without a value who gave a code that means missing.
        n_implausible: persons whose value lay outside the plausible range and was set missing.
        raw: of bridged values, what they were before the equation, in the harmonised unit.
        n_outside: bridged values outside the range for which the equation was established.
    """

    values: pd.Series
    n_missing_code: int = 0
    n_implausible: int = 0
    raw: pd.Series | None = None
    n_outside: int = 0


@dataclass(frozen=True)
class Source:
    """What one variable is made from in one cycle.

    Attributes:
        frame: source table indexed by person, upper-case columns; several rows a person for ``any_row`` and
            ``sum_rows`` only.
        cycle: cycle that the table belongs to.
        where: cohort, cycle, table and variable, for messages.
        equation: bridging equation, if the cycle has one.
        assay: method of the raw values.
        answered: table in which the answer to a question stands, where it is another one.
    """

    frame: pd.DataFrame
    cycle: str
    where: str
    equation: Equation | None = None
    assay: str | None = None
    answered: pd.DataFrame | None = None


def harvest(mapping: Mapping, variable: Variable, source: Source) -> Harvest:
    """Return the harmonised values of one variable in one cycle.

    Args:
        mapping: how the cohort delivers the variable in this cycle.
        variable: what the dictionary says it is.
        source: the tables.

    Raises:
        B12SarcError: a column that is absent, or holds text for numbers (or the reverse); a code that is
            neither mapped nor missing; a unit that does not convert; an equation that does not fit.
    """
    frame, where = source.frame, source.where
    absent = [column for column in mapping.columns(source.cycle) if column not in frame.columns]
    if absent:
        raise B12SarcError.at(
            where, f"the table has no column {absent[0]}", nearest(absent[0], frame.columns)
        )
    valid = pd.Series(True, index=frame.index)
    for condition in mapping.valid_if:
        valid &= _holds(condition, frame, where)
    if mapping.any_row is not None:
        return Harvest(_some_row(mapping, mapping.any_row, source, valid))
    if mapping.sum_rows is not None:
        values, coded = _sum_of_rows(mapping, mapping.sum_rows, source, valid)
        return _number(mapping, variable, source, values, coded)
    if mapping.product_of is not None:
        values, hidden = _product(mapping.product_of, source, valid)
        values = values.where(valid)
        return _number(mapping, variable, source, values, int((hidden & values.isna()).sum()))
    parts = frame[list(mapping.own_columns(source.cycle))]
    values, coded = _combine(mapping, parts, where)
    values = values.where(valid)
    if variable.type == "continuous":
        harvested = _number(mapping, variable, source, values, coded)
    elif mapping.cut is not None:
        _check_numbers(values.to_frame(), where)
        answers = _COMPARE[mapping.cut.op](values, mapping.cut.value).astype("boolean")
        harvested = Harvest(answers.mask(values.isna()), coded)
    else:
        harvested = Harvest(_recode(mapping, variable, values, where), coded)
    return _with_blanks(mapping, harvested, parts, frame, where)


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


def _who_answered(mapping: Mapping, source: Source) -> pd.Series | None:
    """Return for each person whether they answered; None: everybody in the table did."""
    condition = mapping.answered_if
    if condition is None:
        return None
    frame = source.frame if source.answered is None else source.answered
    column = condition.column.upper()
    if column not in frame:
        hint = nearest(column, frame.columns)
        raise B12SarcError.at(source.where, f"the table has no column {column}", hint)
    return _holds(condition, frame, source.where).groupby(level=0, sort=False).any()


def _some_row(mapping: Mapping, wanted: Condition, source: Source, valid: pd.Series) -> pd.Series:
    """Return for each person whether some row meets the condition; NA for one who did not answer."""
    meets = _holds(wanted, source.frame, source.where) & valid
    some = meets.groupby(level=0, sort=False).any().astype("boolean")
    answered = _who_answered(mapping, source)
    if answered is None:
        return some
    return some.reindex(answered.index, fill_value=False).where(answered)


def _sum_of_rows(
    mapping: Mapping, factors: tuple[Factor, ...], source: Source, valid: pd.Series
) -> tuple[pd.Series, int]:
    """Return the sum over a person's valid rows of the product of the factors, and how many codes hide one.

    Missing as soon as a factor of a valid row is; 0 for who answered and has no valid row.
    """
    product, coded = _product(factors, source, valid)
    product = product.where(valid, 0.0)
    people = product.groupby(level=0, sort=False)
    totals = people.sum().mask(product.isna().groupby(level=0, sort=False).any())
    hidden = coded.groupby(level=0, sort=False).any() & totals.isna()
    answered = _who_answered(mapping, source)
    if answered is not None:
        totals = totals.reindex(answered.index, fill_value=0.0).where(answered)
    return totals, int(hidden.sum())


def _product(factors: tuple[Factor, ...], source: Source, valid: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the product of the factors of each row, and in which valid rows a code hides one."""
    parts = [_factor(factor, source.frame, source.where, valid) for factor in factors]
    product = reduce(operator.mul, (values for values, _ in parts))
    return product, reduce(operator.or_, (codes for _, codes in parts)) & valid


def _factor(factor: Factor, frame: pd.DataFrame, where: str, valid: pd.Series) -> tuple[pd.Series, pd.Series]:
    values = frame[factor.column.upper()]
    coded = _is_in(values, factor.missing, where)
    known = values.mask(coded)
    if factor.map is not None:
        unmapped = known[valid].dropna()
        unmapped = unmapped[~_is_in(unmapped, list(factor.map), where)]
        if len(unmapped):
            raise _unmapped(unmapped, str(values.name), where)
        known = known.map(dict(factor.map), na_action="ignore")
    _check_numbers(known.to_frame(), where)
    number = known.astype("float64") / factor.over
    return (1 / number.mask(number == 0) if factor.inverse else number), coded


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
        values = values.rename(", ".join(map(str, parts)))
    return values, int((coded.any(axis=1) & values.isna()).sum())


def _check_numbers(parts: pd.DataFrame, where: str) -> None:
    text = [str(c) for c in parts if not is_numeric_dtype(parts[c])]
    if text:
        raise B12SarcError.at(
            where, f"column {text[0]} holds text, where numbers are wanted", "check the column"
        )


def _unmapped(values: pd.Series, column: str, where: str) -> B12SarcError:
    counts = values.value_counts().sort_index()
    found = ", ".join(f"{code:g}" if is_numeric_dtype(values) else repr(code) for code in counts.index)
    what = f"code {found} of {column} is neither in 'map' nor in 'missing' ({counts.sum()} rows)"
    return B12SarcError.at(where, what, "look it up in the codebook and add it to one of them")


def _recode(mapping: Mapping, variable: Variable, values: pd.Series, where: str) -> pd.Series:
    targets = mapping.map or {}
    known = values.dropna()
    unmapped = known[~_is_in(known, list(targets), where)]
    if len(unmapped):
        raise _unmapped(unmapped, str(values.name), where)
    recoded = values.astype(object).map(dict(targets), na_action="ignore")
    if variable.type == "binary":
        return recoded.astype("boolean")
    return recoded.astype(pd.CategoricalDtype(list(variable.categories)))


def _with_blanks(
    mapping: Mapping, harvested: Harvest, parts: pd.DataFrame, frame: pd.DataFrame, where: str
) -> Harvest:
    """Give blanks that have a meaning their value."""
    if mapping.blank_is is None:
        return harvested
    blank = (parts.isna() | parts.eq("")).all(axis=1) & _holds(mapping.blank_is.where, frame, where)
    values = harvested.values.mask(blank, mapping.blank_is.value)
    return Harvest(values, harvested.n_missing_code, harvested.n_implausible)


def _number(mapping: Mapping, variable: Variable, source: Source, values: pd.Series, coded: int) -> Harvest:
    """Return the values of a continuous variable: bridged, in the harmonised unit, plausible."""
    _check_numbers(values.to_frame(), source.where)
    values = values.astype("float64")
    if mapping.numerator is not None:
        values = mapping.numerator / values.mask(values == 0)
    raw, outside = None, 0
    if source.equation is not None:
        raw = _convert(mapping, variable, values, source.where)
        outside = n_outside(source.equation, values)
        values = bridged(Measured(values, source.assay), source.equation, source.where).values
    values = _convert(mapping, variable, values, source.where)
    if mapping.cap is not None:
        values = values.clip(upper=mapping.cap)
    limits = variable.plausible
    implausible = values.notna()
    implausible &= ~values.between(limits.min, limits.max) if limits else False
    return Harvest(
        values.mask(implausible),
        coded,
        int(implausible.sum()),
        None if raw is None else raw.mask(implausible),
        outside,
    )


def _convert(mapping: Mapping, variable: Variable, values: pd.Series, where: str) -> pd.Series:
    factor = variable.factor(mapping.unit or "")
    if factor is None:
        known = ", ".join([str(variable.unit), *variable.accepts])
        what = f"unit '{mapping.unit or ''}' does not convert to {variable.unit}"
        raise B12SarcError.at(where, what, f"give one of: {known}; or add a factor to the dictionary")
    if mapping.unit == variable.unit:
        return values
    converted = values * factor
    return converted if variable.decimals is None else converted.round(variable.decimals)
