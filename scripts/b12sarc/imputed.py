"""Imputed variables: m completed data sets that can be analysed one at a time, never averaged.

An imputed value is a draw, not a measurement. The mean of a person's draws has too little variance, and CDC
says of NHANES DXA not to take it. So :class:`Imputed` hands out one completed data set at a time, to a
function that returns a fit, and gives back the pooled fit; there is nothing else to ask of it. In a file,
imputations are rows (person, imputation) of a table of their own, never columns of the table of persons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from b12sarc.errors import B12SarcError, Problem
from b12sarc.inference import NotEstimableError
from b12sarc.nested import pool_nested
from b12sarc.pooling import CompleteDataFit, Pooled, require_two

Completed = Mapping[str, np.ndarray]
"""One completed data set: variable -> values over all rows of the survey (read-only)."""


class _Draw(Mapping[str, np.ndarray]):
    """A completed data set that holds the rows of its persons only; a survey has many more."""

    def __init__(self, n: int, rows: np.ndarray, values: dict[str, np.ndarray]) -> None:
        self.n, self.rows, self.values_there = n, rows, values

    def __getitem__(self, name: str) -> np.ndarray:
        column = np.full(self.n, np.nan)
        column[self.rows] = self.values_there[name]
        column.setflags(write=False)
        return column

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_there)

    def __len__(self) -> int:
        return len(self.values_there)


@dataclass(frozen=True, eq=False)
class Imputed:
    """Variables of which every person has m imputed values. Build it with :meth:`from_long`.

    There is no way to the values but :meth:`derive` and :meth:`pool`, which see one imputation at a time;
    numpy, iteration and arithmetic are refused.

    Attributes:
        m: number of imputations, at least two.
        n: rows of the survey.
        nest: for each imputation the number of the nest that it is in (the DXA imputation that it completes);
            all the same where there are none.
    """

    m: int
    n: int
    _completed: tuple[Completed, ...] = field(repr=False)
    nest: tuple[int, ...] = ()

    @classmethod
    def from_long(
        cls,
        persons: np.ndarray,
        person: np.ndarray,
        imputation: np.ndarray,
        values: Mapping[str, np.ndarray],
        *,
        m: int,
        where: str,
        nest: Sequence[int] = (),
    ) -> Imputed:
        """Arrange a long table, m rows a person, along the rows of the survey.

        Args:
            persons: id of each row of the survey, shape (n,), no id twice.
            person: id of each row of the long table, shape (r,); persons without rows have NaN.
            imputation: number of its imputation, shape (r,).
            values: variable -> numbers, shape (r,), NaN missing.
            m: imputations that every person must have.
            where: what the table is called in an error.
            nest: the nest of each imputation, in the order of their numbers; empty: there are none.

        Raises:
            B12SarcError: fewer than two imputations, another number of them than ``m``, a person with a row
                too few or too many, or one whom the survey does not have.
            ValueError: arrays of different length.
        """
        person, imputation = np.asarray(person), np.asarray(imputation)
        columns = {name: np.asarray(column, dtype=float) for name, column in values.items()}
        if any(len(column) != len(person) for column in (imputation, *columns.values())):
            raise ValueError("person, imputation and values must have one entry a row of the long table")
        require_two(m, where)
        labels, number = np.unique(imputation, return_inverse=True)
        problems = list(_long_problems(persons, person, labels, number, m, where))
        if problems:
            raise B12SarcError(problems)
        order = np.argsort(persons)
        row = order[np.searchsorted(np.asarray(persons)[order], person)]
        parts = [number == j for j in range(m)]
        completed = [
            _Draw(len(persons), row[at], {name: column[at] for name, column in columns.items()})
            for at in parts
        ]
        return cls(m, len(persons), tuple(completed), tuple(nest) or (1,) * m)

    @property
    def names(self) -> tuple[str, ...]:
        """The variables."""
        return tuple(self._completed[0])

    def known(self, name: str) -> np.ndarray:
        """Booleans over the rows of the survey: the variable is known in every imputation."""
        return np.logical_and.reduce([~np.isnan(data[name]) for data in self._completed])

    def derive(self, function: Callable[[Completed], Mapping[str, np.ndarray]]) -> Imputed:
        """Add variables that ``function`` computes from one completed data set (an index, a cut-off).

        Raises:
            ValueError: a column that has not n rows, or imputations that give different variables.
        """
        added = [function(data) for data in self._completed]
        if len({tuple(new) for new in added}) > 1:
            raise ValueError("the imputations give different variables")
        if any(np.shape(column) != (self.n,) for new in added for column in new.values()):
            raise ValueError(f"a derived variable must hold the survey's {self.n} rows")
        both = (dict(data) | dict(new) for data, new in zip(self._completed, added, strict=True))
        return Imputed(self.m, self.n, tuple(_sealed(data) for data in both), self.nest)

    def pool(self, analyse: Callable[[Completed], CompleteDataFit]) -> Pooled:
        """Run ``analyse`` in each completed data set and pool what it returns, nests by their rules.

        Raises:
            NotEstimableError: one of the analyses cannot be done; the reason names the imputation.
        """
        return pool_nested(self._fits(analyse), self.nest)

    def _fits(self, analyse: Callable[[Completed], CompleteDataFit]) -> Iterator[CompleteDataFit]:
        for j, data in enumerate(self._completed, start=1):
            try:
                yield analyse(data)
            except NotEstimableError as error:
                raise NotEstimableError(f"imputation {j}: {error.reason}") from error

    def __array__(self, *args: object, **kwargs: object) -> np.ndarray:
        raise TypeError("imputed values are not one array: analyse each imputation, then pool (Imputed.pool)")


def _sealed(data: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Copy the columns as floats that nobody can write to."""
    sealed = {name: np.array(column, dtype=float) for name, column in data.items()}
    for column in sealed.values():
        column.setflags(write=False)
    return sealed


def _long_problems(
    persons: np.ndarray, person: np.ndarray, labels: np.ndarray, number: np.ndarray, m: int, where: str
) -> Iterator[Problem]:
    """Everything that keeps a long table from being m complete versions of its persons."""
    if len(labels) != m:
        shown = ", ".join(str(label) for label in labels[:10])
        yield Problem(where, f"imputations {shown or 'none'}: expected {m} of them", "check the file")
        return
    unknown = np.setdiff1d(person, persons)
    if len(unknown):
        what = f"{len(unknown)} persons are not in the survey (first: {unknown[0]})"
        yield Problem(where, what, "check that the file is of the same survey cycle")
    ids, position = np.unique(person, return_inverse=True)
    rows = np.zeros((len(ids), m), dtype=int)
    np.add.at(rows, (position, number), 1)
    broken = np.flatnonzero((rows != 1).any(axis=1))
    if len(broken):
        first = broken[0]
        what = (
            f"{len(broken)} of {len(ids)} persons do not have one row for each of {m} imputations "
            f"(first: person {ids[first]} has {rows[first].sum()} rows)"
        )
        yield Problem(where, what, "fetch the file again; never fill in or drop an imputation")
