"""What a table for people is; its cells are the same in the report and in tables/*.csv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from b12sarc.results import CohortResults
from b12sarc.style import marked
from b12sarc.wording import NOT_AVAILABLE, SUPPRESSED


@dataclass(frozen=True)
class Column:
    """One column: its heading, whether it holds numbers or long text, whether the report filters by it."""

    heading: str
    numeric: bool = False
    filtered: bool = False
    wide: bool = False


@dataclass(frozen=True)
class HumanTable:
    """A table of text.

    Attributes:
        name: file name without ending, unique in the run.
        caption: what it shows; of made-up data it opens with SYNTHETIC DATA.
        columns: headings.
        rows: one text for each column; the first one heads the row.
        indented: positions of rows that belong to the row above them.
        note: what a reader must know to read it.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    indented: frozenset[int] = field(default_factory=frozenset)
    note: str = ""

    def frame(self) -> pd.DataFrame:
        """Return the cells as a data frame."""
        return pd.DataFrame(self.rows, columns=[c.heading for c in self.columns])


def _shown(cell: str, column: Column) -> str:
    return SUPPRESSED if column.numeric and cell == NOT_AVAILABLE else cell


def human_table(
    cohort: CohortResults,
    name: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[tuple[str, ...]],
    indented: frozenset[int] = frozenset(),
    note: str = "",
) -> HumanTable:
    """Return a table of a cohort; its name and caption say whose it is, and whether it is made up.

    Where few people may not be shown, a number that is not there says that it is suppressed, and the note
    that the others are rounded.
    """
    spec = cohort.cohort
    if spec.least_shown is not None:
        rows = [
            tuple(_shown(cell, column) for cell, column in zip(row, columns, strict=True)) for row in rows
        ]
        note = f"{note} Counts are rounded to {spec.least_shown}; smaller ones are suppressed.".strip()
    said = marked(f"{caption}, {spec.title}", synthetic=spec.synthetic)
    return HumanTable(f"{spec.id}_{name}", said, tuple(columns), tuple(rows), indented, note)
