from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from b12sarc.errors import B12SarcError
from b12sarc.xport import read_layout
from b12sarc.xport_write import write_xport
from helpers_cdc import FRAME, LABELS, xport

HEADER_END = 640 + 560 + 80  # four NAMESTR records of 140 bytes fill seven lines exactly


def put(folder: Path, content: bytes) -> Path:
    path = folder / "TEST_G.xpt"
    path.write_bytes(content)
    return path


def error(path: Path) -> str:
    with pytest.raises(B12SarcError) as caught:
        read_layout(path)
    assert len(caught.value.problems) == 1
    return str(caught.value)


def test_layout_tells_member_variables_lengths_and_records(tmp_path: Path) -> None:
    layout = read_layout(put(tmp_path, xport(tmp_path)))

    assert layout.member == "TEST_G"
    assert layout.n_records == 4
    assert layout.observation_length == 8 + 8 + 8 + 5
    assert [(v.name, v.is_text, v.length, v.position) for v in layout.variables] == [
        ("SEQN", False, 8, 0),
        ("RIDAGEYR", False, 8, 8),
        ("BMXWT", False, 8, 16),
        ("RXDDRUG", True, 5, 24),
    ]
    assert layout.variables[2].label == "Weight (kg)"


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 9, 10, 11, 12])
def test_blank_padding_of_the_last_line_is_not_counted_as_records(tmp_path: Path, n: int) -> None:
    frame = pd.DataFrame({"SEQN": range(1, n + 1)}).astype(float)

    assert read_layout(put(tmp_path, xport(tmp_path, frame=frame))).n_records == n


def test_a_table_without_rows_has_no_records(tmp_path: Path) -> None:
    content = xport(tmp_path)[:HEADER_END]

    assert read_layout(put(tmp_path, content)).n_records == 0


def test_namestr_records_of_136_bytes_are_read(tmp_path: Path) -> None:
    content = xport(tmp_path)
    namestrs = b"".join(content[640 + 140 * i : 640 + 140 * i + 136] for i in range(4))
    header = content[:314] + b"0136" + content[318:640]
    short = header + namestrs + b" " * (-len(namestrs) % 80) + content[HEADER_END - 80 :]

    layout = read_layout(put(tmp_path, short))

    assert [v.name for v in layout.variables] == list(FRAME.columns)
    assert layout.n_records == 4


def test_labels_in_cp1252_are_read(tmp_path: Path) -> None:
    content = xport(tmp_path).replace(b"Weight (kg)", b"Poids \xe9lev\xe9")

    assert read_layout(put(tmp_path, content)).variables[2].label == "Poids élevé"


def test_a_web_page_is_called_one_with_its_title(tmp_path: Path) -> None:
    page = b"\xef\xbb\xbf\r\n<!DOCTYPE html><html><title>\n Page Not\n Found | CDC</title></html>"

    message = error(put(tmp_path, page))

    assert 'a web page titled "Page Not Found | CDC", not a data file' in message
    assert "check the table's name and the base URL" in message


def test_a_web_page_without_title_is_called_one(tmp_path: Path) -> None:
    assert "a web page, not a data file" in error(put(tmp_path, b"<html><body>Sorry</body></html>"))


def test_another_kind_of_file_is_not_sas_transport(tmp_path: Path) -> None:
    assert "not a SAS transport file: it begins with b'SEQN,RIDAGEYR" in error(
        put(tmp_path, b"SEQN,RIDAGEYR\n1,70\n")
    )


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    assert "the file is empty" in error(put(tmp_path, b""))


def test_version_8_is_refused_by_name(tmp_path: Path) -> None:
    content = xport(tmp_path).replace(b"LIBRARY HEADER", b"LIBV8   HEADER")

    assert "SAS transport version 8" in error(put(tmp_path, content))


def test_two_data_sets_in_a_file_are_refused(tmp_path: Path) -> None:
    content = xport(tmp_path)

    assert "more than one data set" in error(put(tmp_path, content + content[240:]))


def test_every_cut_that_is_not_a_whole_line_is_caught(tmp_path: Path) -> None:
    content = xport(tmp_path)
    for length in range(1, len(content)):
        if length % 80:
            with pytest.raises(B12SarcError):
                read_layout(put(tmp_path, content[:length]))


def test_a_cut_inside_a_record_is_caught_even_at_a_line_end(tmp_path: Path) -> None:
    content = xport(tmp_path, frame=pd.concat([FRAME] * 5))

    message = error(put(tmp_path, content[: HEADER_END + 160]))

    assert "ends after 15 of 29 bytes of record 6" in message


@pytest.mark.parametrize("width", [200, 232])
def test_a_record_that_begins_with_blanks_is_not_taken_for_padding(tmp_path: Path, width: int) -> None:
    frame = pd.DataFrame({"NAME": ["x" * width, ""], "SEQN": [1.0, 2.0]})
    content = xport(tmp_path, frame=frame)
    rows_at = content.index(b"OBS     HEADER") - 20 + 80

    message = error(put(tmp_path, content[: rows_at + 320]))

    assert f"ends after {320 - width - 8} of {width + 8} bytes of record 2" in message


def test_a_blank_record_that_fills_a_line_is_a_record(tmp_path: Path) -> None:
    frame = pd.DataFrame({"NAME": ["x" * 80, ""]})

    assert read_layout(put(tmp_path, xport(tmp_path, frame=frame))).n_records == 2


def test_a_cut_inside_the_header_tells_expected_and_found_bytes(tmp_path: Path) -> None:
    message = error(put(tmp_path, xport(tmp_path)[:800]))

    assert f"the header should be {HEADER_END} bytes long; the file has 800" in message


def test_a_header_of_another_shape_is_damaged(tmp_path: Path) -> None:
    content = xport(tmp_path).replace(b"OBS     HEADER", b"OBZ     HEADER")

    assert "no observations follow the variables" in error(put(tmp_path, content))


@pytest.mark.parametrize("count", [b"0000", b"abcd"])
def test_a_header_without_a_number_of_variables_is_damaged(tmp_path: Path, count: bytes) -> None:
    content = xport(tmp_path)

    assert "truncated or damaged" in error(put(tmp_path, content[:614] + count + content[618:]))


def test_a_variable_of_no_length_is_damaged(tmp_path: Path) -> None:
    content = xport(tmp_path)

    assert "a variable no length" in error(put(tmp_path, content[:644] + b"\0\0" + content[646:]))


def test_written_bytes_depend_on_content_and_stamp_alone(tmp_path: Path) -> None:
    write_xport(tmp_path / "a", FRAME, "TEST_G", LABELS, datetime(2013, 9, 5, 14, 29, 37))
    write_xport(tmp_path / "b", FRAME, "TEST_G", LABELS, datetime(2013, 9, 5, 14, 29, 37))

    written = (tmp_path / "a").read_bytes()
    assert written == (tmp_path / "b").read_bytes()
    assert written.count(b"05SEP13:14:29:37") == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_names_and_labels_too_long_for_version_5_are_all_named(tmp_path: Path) -> None:
    frame = FRAME.rename(columns={"BMXWT": "BMXWEIGHT"})

    with pytest.raises(B12SarcError) as caught:
        write_xport(tmp_path / "x", frame, "TEST_G", {"SEQN": "n" * 41, "BMXWT": "Weight"})

    assert [problem.where.rsplit(": ")[-1] for problem in caught.value.problems] == [
        "BMXWEIGHT",
        "SEQN",
        "BMXWT",
    ]
    assert not list(tmp_path.iterdir())


@pytest.mark.real_data
def test_all_real_tables_have_the_rows_and_columns_of_the_manifest(nhanes_dir: Path) -> None:
    from conftest import nhanes_archive

    with (nhanes_archive() / "MANIFEST.csv").open(newline="") as file:
        entries = list(csv.DictReader(file))
    assert len(entries) == 169
    for entry in entries:
        layout = read_layout(nhanes_dir / entry["path"])
        assert layout.member == entry["table"]
        assert (layout.n_records, len(layout.variables)) == (int(entry["rows"]), int(entry["columns"]))
