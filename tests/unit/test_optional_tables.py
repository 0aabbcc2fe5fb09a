"""Tables that a run can do without, at addresses outside the archive's tree (the DXA files of 1999-2006)."""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path

import pytest

from b12sarc.acquire import TableSource, fetch_table
from b12sarc.download import Download
from b12sarc.errors import B12SarcError
from b12sarc.receipts import Receipt, absent_tables, check_against_lock, write_lock
from b12sarc.sources import raw_state
from helpers_http import ok, port_with_nobody, serving, status
from made_dxa import half_scanned, write_dxa

HOW = Download(timeout_s=5, retries=0, backoff_s=0)
NEW, OLD, TREE = "/new/dxx.xpt", "/old/dxx.xpt", "/tree/DXX.xpt"
COLUMNS = ("SEQN", "_MULT_", "DXDLALE")
PAGE = b"<!DOCTYPE html><html><body>Page not found</body></html>"


def source(base_url: str, **changes: object) -> TableSource:
    known = {"other_paths": (NEW, OLD), "columns": COLUMNS, "optional": True}
    return TableSource("DXX", "1999-2000", base_url, TREE, **{**known, **changes})


@pytest.fixture
def body(tmp_path) -> bytes:
    return write_dxa(tmp_path / "made.xpt", half_scanned()).read_bytes()


@pytest.fixture
def raw(tmp_path) -> Path:
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"


def test_a_table_that_no_address_has_is_absent_and_the_receipt_says_so(raw):
    with serving() as server:
        receipt = fetch_table(source(server.url), raw, HOW)
        assert server.asked == [NEW, OLD, TREE]
    assert (receipt.origin, receipt.absent) == ("absent", "not in the archive")
    assert (receipt.sha256, receipt.n_records) == ("", 0)
    assert list(raw.iterdir()) == []


def test_the_same_table_is_an_error_when_it_is_not_optional(raw):
    with serving() as server, pytest.raises(B12SarcError, match="404"):
        fetch_table(source(server.url, optional=False), raw, HOW)


@pytest.mark.parametrize("code", [403, 500, 503])
def test_a_server_in_trouble_says_nothing_about_an_optional_table(raw, code):
    with serving() as server:
        server.answers[NEW] = [status(code)]
        with pytest.raises(B12SarcError, match=str(code)):
            fetch_table(source(server.url), raw, HOW)


def test_a_server_that_cannot_be_reached_is_an_error_for_an_optional_table_too(raw):
    with pytest.raises(B12SarcError, match="connection refused"):
        fetch_table(source(f"http://127.0.0.1:{port_with_nobody()}"), raw, HOW)


def test_a_mirror_that_is_not_mounted_is_an_error_and_one_without_the_file_is_not(raw, tmp_path):
    with pytest.raises(B12SarcError):
        fetch_table(source((tmp_path / "nowhere").as_uri()), raw, HOW)
    assert fetch_table(source(tmp_path.as_uri()), raw, HOW).absent


@pytest.mark.parametrize("path", [NEW, OLD, TREE])
def test_the_first_address_that_has_the_table_is_used(raw, body, path):
    with serving() as server:
        server.answers[path] = [ok(body)]
        receipt = fetch_table(source(server.url), raw, HOW)
        assert receipt.url == server.url + path
    assert (receipt.origin, receipt.absent, receipt.n_records) == ("downloaded", None, 1750)


def test_a_web_page_in_place_of_the_table_means_that_it_is_not_there(raw, body):
    with serving() as server:
        server.answers = {path: [ok(PAGE)] for path in (NEW, OLD, TREE)}
        assert fetch_table(source(server.url), raw, HOW).absent
        server.answers[OLD] = [ok(body)]
        assert fetch_table(source(server.url), raw, HOW).url == server.url + OLD


def test_a_damaged_table_is_an_error_for_an_optional_table_too(raw, body):
    with serving() as server:
        server.answers[NEW] = [ok(body[:-1000])]
        with pytest.raises(B12SarcError):
            fetch_table(source(server.url), raw, HOW)


def test_a_damaged_table_in_data_raw_is_not_called_absent(raw, body):
    (raw / "dxx.xpt").write_bytes(body[:-1000])
    with serving() as server, pytest.raises(B12SarcError, match="could not be fetched again"):
        fetch_table(source(server.url), raw, HOW)


def test_a_table_without_a_page_is_known_by_the_columns_that_are_read(raw, tmp_path):
    named_otherwise = write_dxa(tmp_path / "a.xpt", half_scanned(), member="MULTIMP").read_bytes()
    other = write_dxa(tmp_path / "b.xpt", half_scanned().drop(columns="DXDLALE"), member="BMX").read_bytes()
    with serving() as server:
        server.answers[NEW] = [ok(other)]
        with pytest.raises(B12SarcError, match="wrong table"):
            fetch_table(source(server.url), raw, HOW)
        server.answers[NEW] = [ok(named_otherwise)]
        assert fetch_table(source(server.url), raw, HOW).n_records == 1750


def test_a_size_that_the_archive_does_not_state_is_told_and_the_table_used(raw, body, caplog):
    with serving() as server, caplog.at_level(logging.WARNING):
        server.answers[NEW] = [ok(body)]
        receipt = fetch_table(source(server.url, n_bytes=24737440), raw, HOW)
    assert receipt.absent is None
    assert f"{len(body)} bytes; the archive states 24737440" in caplog.text


def test_a_table_put_in_data_raw_later_is_noticed_and_an_absent_one_stays_as_it_is(raw, body, tmp_path):
    at = tmp_path / "receipt.json"
    with serving() as server:
        before = raw_state(raw, "DXX", at)
        fetched = fetch_table(source(server.url), raw, HOW)
        Receipt(**{**vars(fetched), "found": before}).write(at)
        assert raw_state(raw, "DXX", at) == before
        (raw / "dxx.xpt").write_bytes(body)
        assert raw_state(raw, "DXX", at) != before
        assert fetch_table(source(server.url), raw, HOW).origin == "data/raw"


def test_an_absent_table_is_not_locked_and_breaks_no_lock(raw, tmp_path):
    with serving() as server:
        absent = fetch_table(source(server.url), raw, HOW)
    lock = tmp_path / "sources.lock"
    assert write_lock(lock, [absent], date(2026, 1, 1)) == {}
    assert not lock.exists()
    assert check_against_lock([absent], {}) == []
    assert absent_tables([vars(absent)]) == {("1999-2000", "DXX"): "not in the archive"}
