"""Tables without a codebook page, tables that a cohort can do without, and tables that serve all cycles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from b12sarc.acquire import TableSource, fetch_table
from b12sarc.cohort_check import check_cohort
from b12sarc.download import Download
from b12sarc.errors import B12SarcError
from b12sarc.receipts import LockEntry, Receipt, check_against_lock, write_lock
from b12sarc.sources import Key, table_sources, tables
from b12sarc.spec import Cohort
from helpers_cdc import FRAME, page, xport
from helpers_http import Server, ok, serving
from helpers_spec import COHORT, MiniProject

XPT = "/2001/DataFiles/DXX_B.xpt"
QUICK = Download(timeout_s=0.3, retries=0, backoff_s=0.01)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as server:
        yield server


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "raw"


def source(server: Server, **more: object) -> TableSource:
    made = TableSource.from_template(
        "DXX_B", "2001-2002", 2001, server.url, "{begin_year}/DataFiles/{table}.xpt"
    )
    return replace(made, **more)  # type: ignore[arg-type]


def test_without_a_page_the_wanted_variables_tell_the_table(
    server: Server, raw: Path, tmp_path: Path
) -> None:
    server.answers[XPT] = [ok(xport(tmp_path, "ANYNAME"))] * 2

    assert fetch_table(source(server, columns=("SEQN", "BMXWT")), raw, QUICK).n_records == len(FRAME)
    (raw / "DXX_B.xpt").unlink()
    with pytest.raises(B12SarcError, match="the wrong table"):
        fetch_table(source(server, columns=("SEQN", "DXDLALE")), raw, QUICK)


def test_an_optional_table_that_is_nowhere_leaves_a_receipt_that_says_so(server: Server, raw: Path) -> None:
    receipt = fetch_table(source(server, optional=True), raw, QUICK)

    assert receipt.absent == "not in the archive"
    assert (receipt.sha256, receipt.n_records, receipt.origin) == ("", 0, "absent")
    assert receipt.url == server.url + XPT
    with pytest.raises(B12SarcError, match="not there"):
        fetch_table(source(server), raw, QUICK)


def test_a_web_page_in_place_of_an_optional_table_means_that_it_is_not_there(
    server: Server, raw: Path
) -> None:
    server.answers[XPT] = [
        ok(b"<!DOCTYPE html><html><head><title>Page Not Found | CDC</title></head></html>")
    ]

    receipt = fetch_table(source(server, optional=True), raw, QUICK)

    assert receipt.absent == "not in the archive"
    assert not (raw / "DXX_B.xpt").exists()


def test_a_damaged_optional_table_is_an_error_not_an_absence(
    server: Server, raw: Path, tmp_path: Path
) -> None:
    raw.mkdir()
    (raw / "DXX_B.xpt").write_bytes(xport(tmp_path, "DXX_B")[:-300])

    with pytest.raises(B12SarcError, match="could not be fetched again"):
        fetch_table(source(server, optional=True), raw, QUICK)


def test_an_optional_table_placed_by_hand_is_used(server: Server, raw: Path, tmp_path: Path) -> None:
    raw.mkdir()
    (raw / "dxx_b.xpt").write_bytes(xport(tmp_path, "DXX_B"))

    assert fetch_table(source(server, optional=True), raw, QUICK).absent is None
    assert server.asked == []


@pytest.fixture
def absent(server: Server, raw: Path) -> Receipt:
    return fetch_table(source(server, optional=True), raw, QUICK)


def test_an_absent_table_is_not_locked(absent: Receipt, tmp_path: Path) -> None:
    assert write_lock(tmp_path / "sources.lock", [absent], date(2026, 11, 23)) == {}
    assert check_against_lock([absent], {"DXX_B": LockEntry("u", 1, 1, "abc", "2026-11-23")}) == []


def test_a_receipt_of_absence_survives_writing_and_reading(absent: Receipt, tmp_path: Path) -> None:
    absent.write(tmp_path / "receipt.json")

    assert Receipt.read(tmp_path / "receipt.json") == absent


# ---- tables that serve all cycles, and pages that are known to be wrong


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    """A cohort whose prescriptions join a list of drugs for all cycles; one lab page is wrong."""
    made = MiniProject(tmp_path)
    rx = "rx: {table: {2011-2012: RX_G, 2013-2014: RX_H}, key: SEQN, rows: many"
    made.edit(COHORT, rx, f"{rx}, joins: [{{file: drugs, by: DRUG, columns: [CLASS]}}]")
    drugs = "drugs: {table: DRUGS, begin_year: 1988, key: DRUG, rows: reference}"
    lab = "lab: {table: {2011-2012: LAB_G, 2013-2014: LAB_H}, key: SEQN"
    wrong = "page_differs: {2013-2014: {rows: 4, reason: the page counts three}}"
    made.edit(COHORT, f"{lab}}}", f"{lab}, {wrong}}}\n  {drugs}")
    return made


def test_a_table_for_all_cycles_is_fetched_once_from_its_own_year(mini: MiniProject, tmp_path: Path) -> None:
    found = table_sources(mini.load(), tmp_path, {}, {})

    key = Key("mini_files", "all", "DRUGS")
    assert found[key].path == "1988/DRUGS.xpt"
    assert [k for k in found if k.table == "DRUGS"] == [key]


def test_the_rows_that_a_table_really_has_are_expected_of_it(mini: MiniProject, tmp_path: Path) -> None:
    found = table_sources(mini.load(), tmp_path, {}, {})

    assert found[Key("mini_files", "2013-2014", "LAB_H")].n_records == 4
    assert found[Key("mini_files", "2011-2012", "LAB_G")].n_records is None


def test_the_columns_of_a_joined_table_are_asked_for_where_they_are(mini: MiniProject) -> None:
    cohort = mini.load().cohorts["mini"]

    assert cohort.raw_columns("drugs", "2011-2012") == ("DRUG", "CLASS")
    assert "CLASS" not in cohort.raw_columns("rx", "2011-2012")
    assert "DRUG" in cohort.raw_columns("rx", "2011-2012")
    assert cohort.stored_columns("all", "DRUGS") == ("DRUG", "CLASS")


def test_a_table_that_nothing_is_read_from_is_not_fetched(mini: MiniProject) -> None:
    drug = "drug: {file: rx, any_row: {column: DRUG, in: [d1]}, answered_if: {column: USE, in: [1, 2]}}"
    mini.edit(COHORT, drug, "drug: {status: impossible, reason: nobody asked}")

    assert {table for _, table in tables(mini.load().cohorts["mini"])} == {
        "DEMO_G",
        "DEMO_H",
        "LAB_G",
        "LAB_H",
    }


def test_one_table_under_two_names_is_fetched_once_and_checked_in_both(mini: MiniProject) -> None:
    mma = "mma: {file: lab, column: MMA, unit: nmol/L}"
    mini.edit(COHORT, mma, mma.replace("file: lab", "file: more"))
    mini.edit(
        COHORT, "  drugs: {", "  more: {table: {2011-2012: LAB_G, 2013-2014: LAB_H}, key: SEQN}\n  drugs: {"
    )
    cohort = mini.load().cohorts["mini"]

    assert tables(cohort)["2011-2012", "LAB_G"] == ("lab", "more")
    assert set(cohort.stored_columns("2011-2012", "LAB_G")) == {"SEQN", "B12", "CREA", "G1", "G2", "MMA"}


def checked(cohort: Cohort, tmp_path: Path, cycle: str) -> tuple[int, list[str]]:
    """Compare a table of four people with a page that counts one person more at the top age."""
    wrong = page().replace("<td align='right'>2</td>", "<td>9</td>")
    folder = tmp_path / cycle
    folder.mkdir()
    (folder / "TEST_G.xpt").write_bytes(xport(tmp_path))
    (folder / "TEST_G.htm").write_text(wrong, encoding="utf-8")
    url = folder.as_uri()
    receipt = fetch_table(TableSource("TEST_G", cycle, url, "TEST_G.xpt", "TEST_G.htm", 4), folder, QUICK)
    found, problems = check_cohort(cohort, [receipt])
    return int((~found["ok"]).sum()), [problem.where for problem in problems]


def test_differences_from_a_page_known_to_be_wrong_are_listed_and_not_refused(
    mini: MiniProject, tmp_path: Path
) -> None:
    text = mini.read(COHORT).replace("LAB_G", "TEST_G").replace("LAB_H", "TEST_G")
    for name in ("B12H", "B12", "MMA", "CREA", "G1", "G2"):
        text = (
            text.replace(f": {name}", ": BMXWT")
            .replace(f"[{name}", "[BMXWT")
            .replace(f"{name}]", "RIDAGEYR]")
        )
    mini.write(COHORT, text)
    cohort = mini.load().cohorts["mini"]

    n_wrong, refused = checked(cohort, tmp_path, "2011-2012")
    assert n_wrong > 0
    assert set(refused) == {"TEST_G.RIDAGEYR"}
    assert checked(cohort, tmp_path, "2013-2014") == (n_wrong, [])
