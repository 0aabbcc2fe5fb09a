"""A run on a file that may not be passed on: where its persons get to, and what its logs and results say."""

from __future__ import annotations

import stat
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from checkout import Checkout, Result, copy_project
from hospital_cohort import ID, NAME, RUN, lay_into, marks, people

TABLES = ("flow", "harmonisation", "missingness", "table1", "prevalence", "estimates")


def leaks(folder: Path) -> list[str]:
    """Files, outside of data/ (and of these tests, which tell the marks), in which a mark is found."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        inside = path.relative_to(folder)
        if inside.parts[0] in ("data", "tests"):
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        if path.suffix == ".parquet":
            text += pq.read_table(path).to_pandas().to_csv()
        found += [f"{inside}: {mark}" for mark in marks() if mark in text]
    return found


def test_the_run_ends_well(hospital: tuple[Checkout, Result]) -> None:
    assert hospital[1].code == 0, hospital[1].output


def test_nobody_of_the_file_is_found_outside_of_data(hospital: tuple[Checkout, Result]) -> None:
    checkout, result = hospital
    assert leaks(checkout.folder) == []
    assert [mark for mark in marks() if mark in result.output] == []


def test_persons_are_in_the_intermediate_folder_alone_and_private(hospital: tuple[Checkout, Result]) -> None:
    folder = hospital[0].folder
    private = folder / "data/interim/hospital" / ID
    assert {p.name for p in private.iterdir()} >= {"harmonised.parquet", "analysis.parquet"}
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in private.iterdir()} == {0o600}
    persons = [p for p in (folder / "results").rglob("*.parquet") if "person_id" in pq.read_schema(p).names]
    assert persons == []
    assert sorted(p.name for p in (folder / "data/raw" / ID).iterdir()) == ["visit.csv"]


def test_every_table_says_what_is_not_shown_and_shows_no_small_count(
    hospital: tuple[Checkout, Result],
) -> None:
    folder = hospital[0].folder / "results/hospital" / ID
    tables = {path.stem: pd.read_csv(path) for path in folder.glob("*.csv") if path.stat().st_size > 20}
    assert set(tables) >= set(TABLES)
    for name, table in tables.items():
        assert "disclosure" in table, name
        counts = {"n", "events", *(c for c in table if c.startswith("n_"))} & set(table) - {
            "n_psu",
            "n_strata",
        }
        for column in counts:
            shown = pd.to_numeric(table[column]).dropna()
            assert (shown >= 10).all(), (name, column)
            if column != "n_weighted":
                assert (shown % 10 == 0).all(), (name, column)
        assert not {"min", "max"} & set(table.columns[table.notna().any()]), name
    assert any("suppressed" in said for said in tables["flow"]["disclosure"].dropna())


def test_the_report_says_that_the_data_are_restricted_and_what_is_suppressed(
    hospital: tuple[Checkout, Result],
) -> None:
    folder = hospital[0].folder / "results/hospital"
    for said in ((folder / "report.html").read_text(), (folder / "headline.txt").read_text()):
        words = said.replace("\u00a0", " ")
        assert "Restricted data, which may not be passed on" in words
        assert "are suppressed" in words
    table = pd.read_csv(folder / "tables" / f"{ID}_flow.csv", dtype=str)
    assert (table == "suppressed").any(axis=None)


def test_a_broken_file_stops_without_quoting_it(project: Path, tmp_path: Path) -> None:
    table = people().astype({"B12": object})
    table.loc[3, "B12"] = NAME
    checkout = copy_project(project, tmp_path / "b12")
    lay_into(checkout.folder, table)
    target = f"data/interim/hospital/{ID}/harmonised.parquet"
    result = checkout.snakemake("--cores", "1", *RUN, "--", target)
    assert result.code != 0
    assert any("visit.csv" in error for error in result.errors)
    assert [mark for mark in marks() if mark in result.output] == []
    assert leaks(checkout.folder) == []
