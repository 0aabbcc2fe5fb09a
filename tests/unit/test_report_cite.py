"""How the data files are cited: each cycle with its files, each file once."""

from __future__ import annotations

from typing import Any

import pytest

from b12sarc.report.cite import data_citations
from b12sarc.results import Run, read_run
from fake_results import fake_project, write_fake_results

COHORTS = ("nhanes_2011_2014", "synthetic")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = fake_project(COHORTS)
    return read_run(write_fake_results(tmp_path_factory.mktemp("run"), project), project)


def source(cohort: str, cycle: str, table: str, **more: Any) -> dict[str, Any]:
    made = {"sha256": f"{cycle}{table}", "retrieved": "2026-11-26T16:40:55Z"}
    return {"cohort": cohort, "cycle": cycle, "table": table, **made, **more}


def test_each_cycle_is_cited_with_its_files_in_order_and_the_days(run: Run) -> None:
    inputs = [
        source("nhanes_2011_2014", "2011-2012", "VITB12_G"),
        source("nhanes_2011_2014", "2011-2012", "DEMO_G", retrieved="2026-11-24T01:00:00Z"),
        source("nhanes_2011_2014", "2013-2014", "DEMO_H"),
    ]
    first, second = data_citations(run, inputs)
    assert first.startswith("Centers for Disease Control and Prevention (CDC)")
    assert first.endswith("Data files of 2011-2012: DEMO_G, VITB12_G. Retrieved 2026-11-24 to 2026-11-26.")
    assert second.endswith("Data files of 2013-2014: DEMO_H. Retrieved 2026-11-26.")


def test_a_file_that_two_cohorts_share_is_cited_once(run: Run) -> None:
    cycle = next(iter(run.cohorts["synthetic"].cohort.cycles))
    shared = [source(name, cycle, "DEMO_G", sha256="same") for name in COHORTS]
    said = data_citations(run, [s for s in shared if s["cycle"] in run.cohorts[s["cohort"]].cohort.cycles])
    assert sum("DEMO_G" in text for text in said) == 1


def test_a_file_that_was_not_there_is_not_cited(run: Run) -> None:
    assert data_citations(run, [source("nhanes_2011_2014", "2011-2012", "DXX_G", absent="waits")]) == []
