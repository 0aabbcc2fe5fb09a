"""What a report says of data that may not be passed on: that they are, how much is not shown, and why."""

from __future__ import annotations

import dataclasses
import re

import pandas as pd

from b12sarc.results import CohortResults, Run

_CELLS = re.compile(r"\[(\d+) cells\]")


def suppressed_cells(run: Run, cohort: CohortResults) -> tuple[int, int]:
    """Return how many cells of a cohort's tables are not shown, and in how many tables."""
    held = [getattr(cohort, field.name) for field in dataclasses.fields(cohort)]
    frames = [table for table in held if isinstance(table, pd.DataFrame)]
    per_table = [_cells(table) for table in (*frames, run.estimates_of(cohort.cohort.id))]
    return sum(per_table), sum(n > 0 for n in per_table)


def _cells(table: pd.DataFrame) -> int:
    if "disclosure" not in table:
        return 0
    return sum(int(n) for said in table["disclosure"] for n in _CELLS.findall(said))


def restriction(run: Run, cohort: CohortResults) -> str:
    """Return in words what is not shown of a cohort; ``""`` where everything may be."""
    least = cohort.cohort.least_shown
    if least is None:
        return ""
    cells, tables = suppressed_cells(run, cohort)
    kind = "Restricted data, which may not be passed on" if cohort.cohort.restricted else "Protected results"
    return (
        f"{kind}: no result rests on fewer than {least} people, and counts are rounded to {least}. "
        f"{cells:,} cells of {tables} tables are suppressed, because they are smaller or would give a "
        "smaller one back."
    )
