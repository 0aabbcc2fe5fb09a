"""What a column of a data file holds, in numbers that are no person's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from b12sarc.disclosure.cells import rounded
from b12sarc.intake.pile import likely_missing
from b12sarc.intake.reading import Found
from b12sarc.intake.words import Code, means_missing

FEW = 25
"""Different values up to which a column is taken for codes, and its values are counted."""
SHOWN_FROM = 10
"""People from which a count, and the code they share, is shown; counts are rounded to a multiple of it."""


@dataclass(frozen=True)
class Column:
    """A column of a file.

    Attributes:
        file: name that the cohort gives the file.
        name: as the file has it.
        label: of the file (empty: none).
        is_number: whether it holds numbers.
        n: rows.
        n_missing: rows without a value.
        n_distinct: different values.
        is_whole: whether all numbers are whole.
        counts: value -> rows, of a column with few different values or with value labels.
        value_labels: code -> words, of the file.
        median: of a column of numbers, value labels that mean missing left out.
        spread: low and high percentile (at least ten people are beyond each); None: too few.
        piled: values that look as if they meant that there is no answer.
    """

    file: str
    name: str
    label: str
    is_number: bool
    n: int
    n_missing: int
    n_distinct: int
    is_whole: bool = False
    counts: Mapping[Code, int] = field(default_factory=dict)
    value_labels: Mapping[Code, str] = field(default_factory=dict)
    median: float | None = None
    spread: tuple[float, float] | None = None
    piled: tuple[float, ...] = ()

    @property
    def is_coded(self) -> bool:
        """Whether its values look like codes."""
        return bool(self.counts) and self.n_distinct <= FEW

    @property
    def is_identifier(self) -> bool:
        """Whether its values may name persons: whole numbers or texts that are nearly all different."""
        return (self.is_whole or not self.is_number) and self.n_distinct > 0.9 * max(
            1, self.n - self.n_missing
        )

    @property
    def where(self) -> str:
        """File and column."""
        return f"{self.file}.{self.name}"


def about(n: int) -> str:
    """Return a count as it may stand in a file that is passed on: rounded, or that it is a small one."""
    if n < SHOWN_FROM:
        return f"fewer than {SHOWN_FROM}"
    return f"{int(rounded(np.array([float(n)]), SHOWN_FROM)[0]):,}"


def describe(file: str, found: Found) -> list[Column]:
    """Return what each column of a file holds.

    Args:
        file: name that the cohort gives the file.
        found: all of it.
    """
    return list(_columns(file, found))


def _columns(file: str, found: Found) -> Iterator[Column]:
    table = found.table
    for name in map(str, table.frame.columns):
        values = table.frame[name]
        labels = {_code(code): str(words) for code, words in table.value_labels.get(name, {}).items()}
        number = is_numeric_dtype(values)
        known = values.dropna() if number else values[values.notna() & values.ne("")].astype(str)
        n_distinct = int(known.nunique())
        few = n_distinct <= FEW or bool(labels)
        counts = {_code(v): int(n) for v, n in known.value_counts().sort_index().items()} if few else {}
        yield Column(
            file,
            found.stored.get(name, name),
            table.labels.get(name, ""),
            number,
            len(values),
            len(values) - len(known),
            n_distinct,
            bool(number and (known % 1 == 0).all()),
            counts,
            labels,
            *(_middle(known, labels) if number else (None, None, ())),
        )


def _code(value: object) -> Code:
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return int(number) if number.is_integer() else number


def _middle(
    known: pd.Series, labels: Mapping[Code, str]
) -> tuple[float | None, tuple[float, float] | None, tuple[float, ...]]:
    """Return the median, the percentiles beyond which ten people are (three digits), and piled values.

    Values whose label means that there is no answer, and those that look so, are left out.
    """
    counts = {float(value): int(n) for value, n in known.value_counts().items()}
    out = [code for code, words in labels.items() if means_missing(words)]
    piled = tuple(likely_missing(counts, out))
    values = known[~known.isin([*out, *piled])].to_numpy(dtype=float)
    if len(values) < SHOWN_FROM:
        return None, None, piled
    if len(values) < 3 * SHOWN_FROM:
        return _rounded(float(np.median(values))), None, piled
    share = max(0.01, SHOWN_FROM / len(values))
    low, middle, high = np.quantile(values, [share, 0.5, 1 - share])
    return _rounded(middle), (_rounded(low), _rounded(high)), piled


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
