from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pooch
import pytest
import yaml

from b12sarc.acquire import TableSource, fetch_table
from b12sarc.download import Download
from b12sarc.errors import B12SarcError
from b12sarc.receipts import Receipt, check_against_lock, read_lock, write_lock
from helpers_cdc import FRAME, page, xport
from helpers_http import Server, cut_short, ok, port_with_nobody, serving, silent, status

XPT, HTM = "/2011/DataFiles/TEST_G.xpt", "/2011/DataFiles/TEST_G.htm"
QUICK = Download(timeout_s=0.3, retries=2, backoff_s=0.01)
WEB_PAGE = b"<!DOCTYPE html><html><head><title>Page Not Found | CDC</title></head></html>"


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    return xport(tmp_path)


@pytest.fixture
def server(data: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that has the table; a test then changes an answer."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as server:
        server.answers[XPT] = [ok(data, Last_Modified="Thu, 05 Sep 2013 14:29:37 GMT")]
        server.answers[HTM] = [ok(page(revised="March 2017").encode())]
        yield server


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "data raw"


def source(base_url: str) -> TableSource:
    path = "{begin_year}/DataFiles/{table}"
    return TableSource.from_template("TEST_G", "2011-2012", 2011, base_url, f"{path}.xpt", f"{path}.htm")


def error(source: TableSource, raw: Path, how: Download = QUICK) -> str:
    """The message of a fetch that fails: one problem, one line."""
    with pytest.raises(B12SarcError) as caught:
        fetch_table(source, raw, how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_table_and_its_page_are_downloaded_with_a_receipt(server: Server, raw: Path, data: bytes) -> None:
    receipt = fetch_table(source(server.url), raw, QUICK)

    assert names(raw) == ["TEST_G.htm", "TEST_G.xpt"]
    assert (raw / "TEST_G.xpt").read_bytes() == data
    assert receipt.url == server.url + XPT
    assert (receipt.bytes, receipt.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (receipt.table, receipt.cycle, receipt.n_records) == ("TEST_G", "2011-2012", 4)
    assert (receipt.origin, receipt.last_modified) == ("downloaded", "Thu, 05 Sep 2013 14:29:37 GMT")
    assert (receipt.cdc_first_published, receipt.cdc_last_revised) == ("September 2013", "March 2017")
    assert receipt.codebook is not None
    assert receipt.codebook.url == server.url + HTM
    assert receipt.codebook.sha256 == hashlib.sha256(page(revised="March 2017").encode()).hexdigest()


def test_intact_files_in_data_raw_are_used_without_a_request(server: Server, raw: Path) -> None:
    first = fetch_table(source(server.url), raw, QUICK)
    for path in raw.iterdir():
        os.utime(path, (1378391377, 1378391377))
    server.asked.clear()

    receipt = fetch_table(source(server.url), raw, QUICK)

    assert server.asked == []
    assert (receipt.origin, receipt.retrieved) == ("data/raw", "2013-09-05T14:29:37Z")
    assert receipt.sha256 == first.sha256


def test_a_file_placed_by_hand_may_be_named_in_upper_case(raw: Path, data: bytes) -> None:
    raw.mkdir()
    (raw / "TEST_G.XPT").write_bytes(data)
    (raw / "test_g.htm").write_text(page())

    receipt = fetch_table(source("http://127.0.0.1:9"), raw, QUICK)

    assert receipt.path == str(raw / "TEST_G.XPT")


def test_a_damaged_copy_in_data_raw_is_fetched_again(
    server: Server, raw: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    raw.mkdir()
    (raw / "TEST_G.xpt").write_bytes(data[:-100])

    receipt = fetch_table(source(server.url), raw, QUICK)

    assert receipt.origin == "downloaded"
    assert (raw / "TEST_G.xpt").read_bytes() == data
    assert "truncated or damaged" in caplog.text


def test_a_damaged_copy_that_cannot_be_fetched_again_is_an_error_and_stays(raw: Path, data: bytes) -> None:
    raw.mkdir()
    (raw / "TEST_G.htm").write_text(page())
    (raw / "TEST_G.xpt").write_bytes(data[:-100])

    message = error(source(f"http://127.0.0.1:{port_with_nobody()}"), raw)

    assert message.startswith(f"{raw / 'TEST_G.xpt'}: truncated or damaged")
    assert "could not be fetched again: cannot be fetched: connection refused" in message
    assert (raw / "TEST_G.xpt").read_bytes() == data[:-100]


def test_a_web_page_with_status_200_in_place_of_the_file_is_caught(server: Server, raw: Path) -> None:
    server.answers[XPT] = [ok(WEB_PAGE)]

    message = error(source(server.url), raw)

    assert message.startswith(f'{server.url}{XPT}: a web page titled "Page Not Found | CDC", not a data file')
    assert names(raw) == ["TEST_G.htm"]


def test_a_web_page_in_place_of_the_codebook_page_is_caught(server: Server, raw: Path) -> None:
    server.answers[HTM] = [ok(WEB_PAGE)]

    message = error(source(server.url), raw)

    assert message.startswith(f"{server.url}{HTM}: not CDC's codebook page of a table")
    assert names(raw) == []


def test_a_body_shorter_than_announced_is_tried_again_and_named(
    server: Server, raw: Path, data: bytes
) -> None:
    server.answers[XPT] = [cut_short(data[:1000], len(data))]

    message = error(source(server.url), raw)

    assert f"{server.url}{XPT}: cannot be fetched: truncated: 1000 of {len(data)} bytes came" in message
    assert server.asked.count(XPT) == 3
    assert names(raw) == ["TEST_G.htm"]


def test_a_file_truncated_on_the_server_is_caught_by_its_structure(
    server: Server, raw: Path, data: bytes
) -> None:
    server.answers[XPT] = [ok(data[:-100])]

    assert f"{server.url}{XPT}: truncated or damaged" in error(source(server.url), raw)
    assert names(raw) == ["TEST_G.htm"]


def test_a_file_truncated_between_records_is_caught_by_the_page(
    server: Server, raw: Path, tmp_path: Path
) -> None:
    server.answers[XPT] = [ok(xport(tmp_path, frame=FRAME[:3]))]

    message = error(source(server.url), raw)

    assert "expected 4 records (as CDC's codebook page says), found 3" in message
    assert "delete TEST_G.xpt and TEST_G.htm from data/raw" in message
    assert names(raw) == ["TEST_G.htm"]


def test_the_number_of_records_may_be_stated_where_the_page_is_wrong(
    server: Server, raw: Path, tmp_path: Path
) -> None:
    server.answers[XPT] = [ok(xport(tmp_path, frame=FRAME[:3]))]
    stated = replace(source(server.url), n_records=3)

    assert fetch_table(stated, raw, QUICK).n_records == 3
    assert "expected 5 records (as the cohort states), found 3" in error(replace(stated, n_records=5), raw)


def test_another_table_under_the_name_is_caught(server: Server, raw: Path, tmp_path: Path) -> None:
    other = FRAME.rename(columns={"BMXWT": "LBXB12"})
    server.answers[XPT] = [ok(xport(tmp_path, "VITB12_G", other))]

    message = error(source(server.url), raw)

    assert "the wrong table: TEST_G was asked for, and the file holds VITB12_G" in message
    assert names(raw) == ["TEST_G.htm"]


def test_another_cycle_under_the_name_is_caught(server: Server, raw: Path, tmp_path: Path) -> None:
    server.answers[XPT] = [ok(xport(tmp_path, "TEST_H", FRAME[:3]))]

    assert "the wrong table: TEST_G was asked for, and the file holds TEST_H" in error(
        source(server.url), raw
    )


def test_another_data_set_name_passes_if_the_page_describes_the_file(
    server: Server, raw: Path, tmp_path: Path
) -> None:
    server.answers[XPT] = [ok(xport(tmp_path, "OLDNAME"))]

    assert fetch_table(source(server.url), raw, QUICK).n_records == 4


def test_without_a_page_the_data_set_must_have_the_tables_name(
    server: Server, raw: Path, tmp_path: Path
) -> None:
    pageless = replace(source(server.url), codebook_path=None)
    receipt = fetch_table(pageless, raw, QUICK)

    assert receipt.codebook is None
    assert receipt.cdc_first_published is None
    (raw / "TEST_G.xpt").unlink()
    server.answers[XPT] = [ok(xport(tmp_path, "OLDNAME"))]
    assert "the wrong table" in error(pageless, raw)


def test_the_page_of_another_table_is_caught(server: Server, raw: Path) -> None:
    server.answers[HTM] = [ok(page(table="DEMO_G").encode())]

    assert f"{server.url}{HTM}: the codebook page of DEMO_G, not of TEST_G" in error(source(server.url), raw)


def test_a_server_in_trouble_is_asked_again(
    server: Server, raw: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers[XPT] = [status(503), status(503), ok(data)]

    fetch_table(source(server.url), raw, QUICK)

    assert server.asked.count(XPT) == 3
    waits = [record.getMessage().split("; ")[1] for record in caplog.records]
    assert waits == ["trying again in 0.01 s (1 of 2)", "trying again in 0.02 s (2 of 2)"]


def test_a_server_that_stays_in_trouble_is_given_up(server: Server, raw: Path) -> None:
    server.answers[XPT] = [status(503)]

    assert f"{server.url}{XPT}: cannot be fetched: HTTP 503 Service Unavailable" in error(
        source(server.url), raw
    )
    assert server.asked.count(XPT) == 3


def test_a_missing_file_is_not_asked_for_again_and_names_the_two_ways_on(server: Server, raw: Path) -> None:
    server.answers[XPT] = [status(404)]

    message = error(source(server.url), raw)

    assert message.startswith(f"{server.url}{XPT}: cannot be fetched: not there (HTTP 404)")
    assert "NHANES_BASE_URL=" in message
    assert "base_url" in message
    assert "make demo" in message
    assert server.asked.count(XPT) == 1


def test_a_silent_server_is_given_up_after_the_time_out(server: Server, raw: Path) -> None:
    server.answers[XPT] = [silent]

    message = error(source(server.url), raw, replace(QUICK, retries=0))

    assert f"{server.url}{XPT}: cannot be fetched: no answer within the time-out of 0.3 s" in message
    assert names(raw) == ["TEST_G.htm"]


def test_a_refused_connection_names_the_url_and_the_two_ways_on(
    raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    url = f"http://127.0.0.1:{port_with_nobody()}"

    message = error(source(url), raw)

    assert message.startswith(f"{url}{HTM}: cannot be fetched: connection refused")
    assert "NHANES_BASE_URL=" in message
    assert "make demo" in message


def test_an_unknown_host_is_said_to_be_unknown(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    monkeypatch.setenv("NO_PROXY", "cdc.invalid")

    assert "the host's name is not known (is there a network?)" in error(source("https://cdc.invalid"), raw)


@pytest.mark.parametrize("url", ["ftp://wwwn.cdc.gov", "wwwn.cdc.gov"])
def test_a_base_url_that_cannot_be_fetched_is_an_error(url: str, raw: Path) -> None:
    assert "begin the base URL with https://, http:// or file://" in error(source(url), raw)


def test_a_malformed_url_is_not_tried_again(raw: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert "cannot be fetched: InvalidURL" in error(source("http://[cdc"), raw)
    assert caplog.records == []


def test_an_interrupt_in_the_middle_leaves_nothing(
    server: Server, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(self: object, url: str, output_file: str, pooch: object) -> None:
        Path(output_file).write_bytes(b"HEADER RECORD***")
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", stop)

    with pytest.raises(KeyboardInterrupt):
        fetch_table(source(server.url), raw, QUICK)

    assert names(raw) == []


def test_a_full_disk_is_an_error_and_leaves_nothing(
    server: Server, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, url: str, output_file: str, pooch: object) -> None:
        Path(output_file).write_bytes(b"HEADER RECORD***")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", full)

    assert "cannot be written: No space left on device" in error(source(server.url), raw)
    assert names(raw) == []


def test_a_file_url_with_a_space_stands_in_for_the_server(tmp_path: Path, raw: Path, data: bytes) -> None:
    mirror = tmp_path / "a mirror"
    (mirror / "2011" / "DataFiles").mkdir(parents=True)
    (mirror / XPT[1:]).write_bytes(data)
    (mirror / HTM[1:]).write_text(page())

    receipt = fetch_table(source(mirror.as_uri()), raw, QUICK)

    assert receipt.origin == "downloaded"
    assert (raw / "TEST_G.xpt").read_bytes() == data
    (mirror / XPT[1:]).unlink()
    (raw / "TEST_G.xpt").unlink()
    message = error(source(mirror.as_uri()), raw)
    assert message.startswith(f"{mirror.as_uri()}{XPT}: cannot be copied: No such file or directory")
    assert "NHANES_BASE_URL=" in message


def test_an_unknown_placeholder_in_a_path_names_the_nearest() -> None:
    with pytest.raises(B12SarcError, match=r"unknown \{tabel\} -> did you mean 'table'"):
        TableSource.from_template("TEST_G", "2011-2012", 2011, "https://x", "{tabel}.xpt")


def test_a_progress_bar_is_shown_when_asked_for(
    server: Server, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch_table(source(server.url), raw, replace(QUICK, progress=True))

    assert "TEST_G.xpt: 100%" in capsys.readouterr().err


def test_no_progress_bar_is_shown_where_stderr_is_not_a_terminal(
    server: Server, raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch_table(source(server.url), raw, QUICK)

    assert capsys.readouterr().err == ""


def test_a_download_that_is_not_the_file_of_first_use_is_not_kept(
    server: Server, raw: Path, data: bytes
) -> None:
    found = hashlib.sha256(data).hexdigest()

    message = error(replace(source(server.url), sha256="0" * 64), raw)

    assert message.startswith(f"{server.url}{XPT}: changed since it was first used: ")
    assert f"expected sha256 {'0' * 64}, found {found}" in message
    assert "delete the file from data/raw" in message
    assert "delete the entry TEST_G from sources.lock" in message
    assert names(raw) == ["TEST_G.htm"]


def test_a_copy_in_data_raw_that_is_not_the_file_of_first_use_is_an_error(server: Server, raw: Path) -> None:
    fetch_table(source(server.url), raw, QUICK)
    server.asked.clear()

    message = error(replace(source(server.url), sha256="0" * 64), raw)

    assert message.startswith(f"{raw / 'TEST_G.xpt'}: changed since it was first used")
    assert server.asked == []


def test_the_file_of_first_use_passes(server: Server, raw: Path, data: bytes) -> None:
    locked = replace(source(server.url), sha256=hashlib.sha256(data).hexdigest())

    assert fetch_table(locked, raw, QUICK).sha256 == locked.sha256
    assert fetch_table(locked, raw, QUICK).origin == "data/raw"


@pytest.fixture
def receipt(server: Server, raw: Path) -> Receipt:
    return fetch_table(source(server.url), raw, QUICK)


def test_a_receipt_survives_writing_and_reading(receipt: Receipt, tmp_path: Path) -> None:
    for written in (receipt, replace(receipt, codebook=None)):
        written.write(tmp_path / "TEST_G.json")

        assert Receipt.read(tmp_path / "TEST_G.json") == written


def test_the_lock_is_sorted_readable_and_says_what_was_used(receipt: Receipt, tmp_path: Path) -> None:
    path = tmp_path / "sources.lock"

    write_lock(path, [receipt, replace(receipt, table="AAA_G")], date(2026, 1, 31))

    text = path.read_text()
    assert text.startswith("# ")
    assert list(yaml.safe_load(text)) == ["AAA_G", "TEST_G"]
    assert yaml.safe_load(text)["TEST_G"] == {
        "url": receipt.url,
        "bytes": receipt.bytes,
        "n_records": 4,
        "sha256": receipt.sha256,
        "locked": "2026-01-31",
    }


def test_the_lock_adds_new_tables_and_never_changes_an_entry(receipt: Receipt, tmp_path: Path) -> None:
    path = tmp_path / "sources.lock"
    first = write_lock(path, [receipt], date(2026, 1, 31))
    revised, new = replace(receipt, sha256="f" * 64), replace(receipt, table="NEW_G")

    lock = write_lock(path, [revised, new], date(2027, 1, 31))

    assert lock["TEST_G"] == first["TEST_G"]
    assert lock["NEW_G"].locked == "2027-01-31"
    assert read_lock(path) == lock


def test_the_lock_is_not_written_again_when_nothing_is_new(receipt: Receipt, tmp_path: Path) -> None:
    path = tmp_path / "sources.lock"
    write_lock(path, [receipt], date(2026, 1, 31))
    os.utime(path, (1, 1))

    write_lock(path, [receipt], date(2027, 1, 31))

    assert path.stat().st_mtime == 1


def test_a_changed_file_is_a_problem_and_a_new_one_is_not(receipt: Receipt, tmp_path: Path) -> None:
    lock = write_lock(tmp_path / "sources.lock", [receipt], date(2026, 1, 31))
    changed, new = replace(receipt, sha256="f" * 64), replace(receipt, table="NEW_G")

    problems = check_against_lock([receipt, changed, new], lock)

    assert [problem.where for problem in problems] == [receipt.path]
    assert f"expected sha256 {receipt.sha256}, found {'f' * 64}" in problems[0].what


def test_a_cohort_that_was_never_used_has_an_empty_lock(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "sources.lock") == {}


@pytest.mark.parametrize("text", ["TEST_G: {sha: 1}", "TEST_G: [", "- TEST_G", "just words"])
def test_a_lock_that_was_edited_into_nonsense_is_an_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "sources.lock").write_text(text)

    with pytest.raises(B12SarcError, match="not a lock file"):
        read_lock(tmp_path / "sources.lock")


def test_a_fetch_job_does_not_import_pandas(project: Path) -> None:
    code = (
        "import sys, b12sarc.acquire as a; print(sorted({'pandas', 'numpy', 'requests'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=project / "scripts", capture_output=True, text=True, check=True
    )

    assert found.stdout == "[]\n"


@pytest.mark.real_data
def test_the_real_tables_of_2011_2014_are_fetched_from_a_folder(nhanes_dir: Path, raw: Path) -> None:
    path = "Nchs/Data/Nhanes/Public/{begin_year}/DataFiles/{table}"
    for table, cycle in (("VITB12_G", "2011-2012"), ("RXQ_RX_H", "2013-2014")):
        source = TableSource.from_template(
            table, cycle, int(cycle[:4]), nhanes_dir.as_uri(), f"{path}.xpt", f"{path}.htm"
        )
        receipt = fetch_table(source, raw)

        assert receipt.origin == "downloaded"
        assert receipt.cdc_first_published in ("March 2014", "December 2016")
    assert names(raw) == ["RXQ_RX_H.htm", "RXQ_RX_H.xpt", "VITB12_G.htm", "VITB12_G.xpt"]
