"""Two made-up cohorts are put together; what nobody can answer is refused before anything runs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from checkout import Checkout

pytestmark = pytest.mark.workflow

SECOND = """\
schema_version: 2
id: synthetic_two
extends: synthetic
title: Second synthetic cohort (SYNTHETIC DATA)
archive: {name: synthetic_two}
"""
BOTH = "cohorts=[synthetic,synthetic_two]"
TARGETS = ("results/demo/meta.csv", "results/demo/feasibility.csv")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_two_made_up_cohorts_are_put_together(demo: Checkout) -> None:
    home = demo.folder / "cohorts/synthetic_two"
    home.mkdir()
    (home / "cohort.yaml").write_text(SECOND, encoding="utf-8")
    population = (demo.folder / "cohorts/synthetic/population.yaml").read_text(encoding="utf-8")
    (home / "population.yaml").write_text(population.replace("\nseed: ", "\nseed: 1"), encoding="utf-8")

    result = demo.demo("--config", BOTH, "--cores", "2", *TARGETS)

    assert result.code == 0, result.output
    meta = rows(demo.folder / "results/demo/meta.csv")
    assert {row["synthetic"] for row in meta} == {"True"}
    combined = [row for row in meta if row["method"] == "reml"]
    assert len(combined) > 100
    assert {row["cohorts"] for row in combined} == {"synthetic synthetic_two"}
    cohorts = {row["cohort"] for row in rows(demo.folder / "results/demo/feasibility.csv")}
    assert cohorts == {"synthetic", "synthetic_two"}


def test_one_cohort_is_listed_and_nothing_is_combined(finished_demo: tuple[Checkout, object]) -> None:
    meta = rows(finished_demo[0].folder / "results/demo/meta.csv")

    assert {(row["k"], row["method"], row["estimate"]) for row in meta} == {("1", "none", "")}


@pytest.mark.parametrize(
    "name", ["sarcopenia_ewgsop2_confirmed", "sarcopenia_fnih", "sarcopenia_awgs2019", "sarcopenia_sdoc"]
)
def test_asking_for_what_nobody_can_answer_is_refused_before_anything_runs(
    finished_demo: tuple[Checkout, object], name: str
) -> None:
    result = finished_demo[0].demo("-n", "--config", f"require=[{name}]")

    assert result.code != 0
    assert len(result.errors) == 1
    assert f"no cohort of this run can answer '{name}'" in result.errors[0]


def test_an_outcome_that_no_cohort_of_the_project_has_is_refused(checkout: Checkout) -> None:
    checkout.replace(
        "config/analysis.yaml", "    - height_cm\n  adj", "    - height_cm\n    - sarcopenia_sdoc\n  adj"
    )

    result = checkout.demo("-n")

    assert result.code != 0
    assert "no cohort under cohorts/ can answer 'sarcopenia_sdoc'" in result.errors[0]
