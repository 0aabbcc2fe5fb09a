"""Every table of a cohort is compared with its codebook page, and every difference is told at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from b12sarc.acquire import fetch_table
from b12sarc.cohort_check import check_cohort
from b12sarc.receipts import Receipt
from b12sarc.sources import table_sources
from b12sarc.spec import Cohort
from b12sarc.synthetic import make_archive
from synthetic_cohort import COHORT, project, shipped_population, smaller


@pytest.fixture
def cohort() -> Cohort:
    return project().cohorts[COHORT]


@pytest.fixture
def receipts(cohort: Cohort, tmp_path: Path) -> list[Receipt]:
    made = tmp_path / "made"
    make_archive(smaller(shipped_population(), seed=1, people=400), cohort, made)
    sources = table_sources(project(), tmp_path, {cohort.archive.name: made}, {})
    return [fetch_table(source, tmp_path / "raw") for source in sources.values()]


def misprint(receipt: Receipt, variable: str) -> None:
    """Print a wrong count in the first line of a variable's codebook table."""
    assert receipt.codebook is not None
    path = Path(receipt.codebook.path)
    at = (text := path.read_text(encoding="utf-8")).index(f'id="{variable}"')
    wrong = re.sub(r"(<td[^>]*right[^>]*>)\d+(</td>)", r"\g<1>99999\g<2>", text[at:], count=1)
    assert wrong != text[at:]
    path.write_text(text[:at] + wrong, encoding="utf-8")


def of(receipts: list[Receipt], table: str) -> Receipt:
    return next(r for r in receipts if r.table == table)


def test_tables_that_are_those_of_their_pages_give_no_problem(
    cohort: Cohort, receipts: list[Receipt]
) -> None:
    checks, problems = check_cohort(cohort, receipts)
    assert problems == []
    assert checks["ok"].all()
    assert set(checks["table"]) == {r.table for r in receipts}
    assert set(checks["cycle"]) == set(cohort.cycles)


def test_differences_in_several_tables_are_told_at_once(cohort: Cohort, receipts: list[Receipt]) -> None:
    misprint(of(receipts, "DIQ_G"), "DIQ010")
    misprint(of(receipts, "SMQ_H"), "SMQ020")
    problems = check_cohort(cohort, receipts)[1]
    assert {p.where for p in problems} == {"DIQ_G.DIQ010", "SMQ_H.SMQ020"}
    assert all("99999" in p.what for p in problems)


def test_a_column_that_is_absent_is_told_together_with_the_rest(
    cohort: Cohort, receipts: list[Receipt]
) -> None:
    wrong = cohort.variables["diabetes"].model_copy(update={"column": "DIQ011"})
    changed = cohort.model_copy(update={"variables": {**cohort.variables, "diabetes": wrong}})
    misprint(of(receipts, "SMQ_H"), "SMQ020")
    problems = [str(p) for p in check_cohort(changed, receipts)[1]]
    assert sum("DIQ011" in p and "DIQ010" in p for p in problems) == 2
    assert sum("SMQ020" in p for p in problems) == 1
