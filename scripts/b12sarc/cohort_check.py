"""Are the tables of a cohort those of their codebook pages, in every variable that the cohort uses?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from b12sarc.codebook import read_codebook
from b12sarc.codebook_check import check_table, not_compared
from b12sarc.errors import B12SarcError, Problem
from b12sarc.readers import read_file
from b12sarc.receipts import Receipt
from b12sarc.sources import tables
from b12sarc.spec import Cohort


def check_cohort(cohort: Cohort, receipts: Iterable[Receipt]) -> tuple[pd.DataFrame, list[Problem]]:
    """Compare every column that the cohort reads with its codebook page.

    Returns:
        One row for each printed number that was compared (cycle, then the attributes of
        :class:`b12sarc.codebook_check.Check`), and what differs as problems, except in tables of which the
        cohort says that their page is wrong. A table without a page has one row, which says so.
    """
    files = tables(cohort)
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for receipt in receipts:
        if receipt.absent:
            continue
        if receipt.codebook is None:
            none = not_compared(receipt.table)
            frames.append(none.assign(cycle=receipt.cycle)[["cycle", *none.columns]])
            continue
        described = [cohort.files[file] for file in files[receipt.cycle, receipt.table]]
        columns = cohort.stored_columns(receipt.cycle, receipt.table)
        try:
            table = read_file(Path(receipt.path), described[0], columns)
        except B12SarcError as error:
            problems += error.problems
            continue
        page = read_codebook(Path(receipt.codebook.path), receipt.table)
        checks, differences = check_table(table.frame, page, columns)
        frames.append(checks.assign(cycle=receipt.cycle)[["cycle", *checks.columns]])
        if not any(receipt.cycle in file.page_differs for file in described):
            problems += differences
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(), problems
