"""Volunteers in a CSV file on this machine, from nothing to the report. SYNTHETIC values of nobody."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from checkout import Checkout, Result, copy_project
from local_cohort import N, volunteers, write_exam

pytestmark = pytest.mark.workflow

RUN = ("--config", "run=local", "cohorts=[passers_by]", "reproductions=[]")
FILE = "cohorts/passers_by/data/exam.csv"


@pytest.fixture(scope="module")
def finished(project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkout, Result]:
    checkout = copy_project(project, tmp_path_factory.mktemp("local") / "b12 sarc")
    dictionary = yaml.safe_load((checkout.folder / "config/dictionary.yaml").read_text(encoding="utf-8"))
    cohort = volunteers(dictionary["variables"], "passers_by")
    write_exam(checkout.folder / "cohorts/passers_by/data")
    text = yaml.safe_dump(cohort, sort_keys=False, allow_unicode=True)
    (checkout.folder / "cohorts/passers_by/cohort.yaml").write_text(text, encoding="utf-8")
    return checkout, checkout.snakemake("--cores", "1", *RUN)


def test_the_run_ends_well_and_touches_no_network(finished: tuple[Checkout, Result]) -> None:
    checkout, result = finished
    assert result.code == 0, result.output
    assert not checkout.connections.exists()
    assert checkout.half_written == set()


def test_the_file_is_used_where_it_lies_and_its_receipt_says_so(finished: tuple[Checkout, Result]) -> None:
    folder = finished[0].folder
    content = (folder / FILE).read_bytes()
    receipt = json.loads((folder / "results/local/receipts/passers_by/all/exam.csv.json").read_text())
    assert (receipt["path"], receipt["url"], receipt["origin"]) == (FILE, FILE, "local")
    assert receipt["sha256"] == hashlib.sha256(content).hexdigest()
    assert (receipt["bytes"], receipt["n_records"]) == (len(content), N + N // 5)
    assert [p for p in folder.rglob("exam*") if p.suffix == ".csv"] == [folder / FILE]
    assert not (folder / "cohorts/passers_by/sources.lock").exists()


def test_that_no_codebook_page_was_compared_is_stated(finished: tuple[Checkout, Result]) -> None:
    folder = finished[0].folder / "results/local"
    checks = pd.read_csv(folder / "passers_by/codebook_check.csv")
    assert checks["table"].tolist() == ["exam.csv"]
    assert checks["description"].tolist() == ["Not compared: there is no codebook page of the table"]
    assert "No codebook page was there to compare with" in (folder / "report.html").read_text(
        encoding="utf-8"
    )


def test_the_report_says_that_volunteers_describe_no_population(finished: tuple[Checkout, Result]) -> None:
    folder = finished[0].folder / "results/local"
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "nweighted volunteers: describes the participants, no population" in report
    assert "heteroscedasticity-robust" in report
    assert "stand for" not in (folder / "headline.txt").read_text(encoding="utf-8")
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["weights"] == {"passers_by": {"2015": "1 (unweighted)"}}
    assert provenance["inputs"][0]["url"] == "file:exam.csv"


def test_a_second_run_does_nothing_and_a_replaced_file_runs_all_that_follows(
    finished: tuple[Checkout, Result],
) -> None:
    checkout = finished[0]
    assert checkout.snakemake("--cores", "1", *RUN).nothing_to_do
    path = checkout.folder / FILE
    before = path.read_bytes()
    path.write_bytes(before.replace(b";65;", b";66;"))
    changed = checkout.snakemake("-n", *RUN)
    path.write_bytes(before)
    assert {"fetch", "check_codebook", "harmonise", "derive", "fit", "report"} <= changed.rules, (
        changed.output
    )


def test_a_file_that_is_gone_is_named_with_what_to_do(finished: tuple[Checkout, Result]) -> None:
    checkout = finished[0]
    path = checkout.folder / FILE
    content = path.read_bytes()
    path.unlink()
    result = checkout.snakemake("--cores", "1", *RUN)
    path.write_bytes(content)
    assert result.code != 0
    assert result.errors == [
        f"error: {FILE}: no such file (the cohort says it lies on this machine) -> put the file there, "
        "or correct archive.folder or files: ... path in cohort.yaml"
    ]
