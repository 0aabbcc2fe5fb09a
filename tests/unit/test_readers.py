from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from b12sarc.errors import B12SarcError
from b12sarc.readers import check_key, read_table
from helpers_cdc import FRAME, LABELS, xport


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "TEST_G.xpt"
    file.write_bytes(xport(tmp_path))
    return file


def messages(caught: pytest.ExceptionInfo[B12SarcError]) -> list[str]:
    return [str(problem) for problem in caught.value.problems]


def test_values_and_labels_come_back_as_written(path: Path) -> None:
    table = read_table(path)

    pd.testing.assert_frame_equal(table.frame, FRAME)
    assert table.labels == {**LABELS, "RXDDRUG": ""}


def test_a_stored_zero_is_zero_where_pandas_reads_5e_minus_79(path: Path) -> None:
    by_pandas = pd.read_sas(path, format="xport", encoding="utf-8")["RIDAGEYR"][0]

    assert 0 < by_pandas < 1e-78
    assert read_table(path).frame["RIDAGEYR"][0] == 0.0


def test_text_in_cp1252_and_in_utf8_reads_the_same(path: Path) -> None:
    utf8 = path.read_bytes()
    path.write_bytes(utf8.replace("CAFÉ".encode(), "CAFÉ ".encode("cp1252")))
    assert path.read_bytes() != utf8

    assert read_table(path).frame["RXDDRUG"].tolist() == ["", "CAFÉ", "55555", "IRON"]


def test_text_in_neither_encoding_is_an_error(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace("CAFÉ".encode(), b"CAF\x81\x8d"))

    with pytest.raises(
        B12SarcError, match="neither with text in UTF-8 nor in Windows-1252: Unable to convert"
    ):
        read_table(path)


def test_lower_case_names_are_read_as_upper_case(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"BMXWT   ", b"bmxwt   "))

    table = read_table(path, columns=["BMXWT", "SEQN"])

    assert list(table.frame.columns) == ["BMXWT", "SEQN"]
    assert table.labels["BMXWT"] == "Weight (kg)"


def test_names_that_differ_by_case_alone_are_an_error(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"BMXWT   ", b"seqn    "))

    with pytest.raises(B12SarcError, match="SEQN: two variables have this name but for upper and lower case"):
        read_table(path)


def test_columns_come_once_in_the_order_asked_for(path: Path) -> None:
    frame = read_table(path, columns=["BMXWT", "seqn", "SEQN"]).frame

    pd.testing.assert_frame_equal(frame, FRAME[["BMXWT", "SEQN"]])


def test_absent_columns_are_all_named_with_the_nearest(path: Path) -> None:
    with pytest.raises(B12SarcError) as caught:
        read_table(path, columns=["SEQN", "BMXWTT", "ZZZ"])

    assert messages(caught) == [
        f"{path}: BMXWTT: no such variable in this file -> did you mean 'BMXWT'?",
        f"{path}: ZZZ: no such variable in this file",
    ]


def test_dates_stay_numbers(tmp_path: Path) -> None:
    import pyreadstat

    file = tmp_path / "DATES.xpt"
    frame = pd.DataFrame({"DAY": [0.0, 19000.0]})
    pyreadstat.write_xport(frame, file, file_format_version=5, variable_format={"DAY": "DATE9."})

    assert read_table(file).frame["DAY"].tolist() == [0.0, 19000.0]


def test_an_unknown_format_is_an_error_with_the_nearest(path: Path) -> None:
    with pytest.raises(B12SarcError, match="no reader for the format 'xprt' -> did you mean 'xport'"):
        read_table(path, format="xprt")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(B12SarcError, match=r"GONE\.xpt: no such file"):
        read_table(tmp_path / "GONE.xpt")


def test_a_key_that_names_every_row_has_no_problem() -> None:
    assert check_key(FRAME, ["SEQN"], "TEST_G") == []
    assert check_key(pd.DataFrame({"A": [1, 1], "B": ["x", "y"]}), ["A", "B"], "TEST_G") == []


def test_missing_and_repeated_keys_are_counted() -> None:
    frame = pd.DataFrame({"SEQN": [1.0, np.nan, 2.0, 2.0, 2.0]})

    problems = [str(problem) for problem in check_key(frame, ["SEQN"], "TEST_G")]

    assert problems[0].startswith("TEST_G: 1 of 5 rows have no SEQN")
    assert problems[1].startswith("TEST_G: 2 of 5 rows repeat an earlier SEQN")


def test_a_blank_text_key_is_missing() -> None:
    problems = check_key(pd.DataFrame({"ID": ["a", ""]}), ["ID"], "T")

    assert [problem.what for problem in problems] == ["1 of 2 rows have no ID"]


def test_an_absent_key_column_names_the_nearest() -> None:
    assert [str(problem) for problem in check_key(FRAME, ["SEQM"], "TEST_G")] == [
        "TEST_G: no key column 'SEQM' -> did you mean 'SEQN'?"
    ]


@pytest.mark.real_data
def test_all_real_tables_read_as_numbers_and_text(nhanes_dir: Path) -> None:
    from conftest import nhanes_archive

    with (nhanes_archive() / "MANIFEST.csv").open(newline="") as file:
        entries = list(csv.DictReader(file))
    for entry in entries:
        frame = read_table(nhanes_dir / entry["path"]).frame
        assert frame.shape == (int(entry["rows"]), int(entry["columns"])), entry["table"]
        assert {str(dtype) for dtype in frame.dtypes} <= {"float64", "str"}, entry["table"]


@pytest.mark.real_data
def test_accents_of_real_tables_are_read(nhanes_dir: Path) -> None:
    public = nhanes_dir / "Nchs/Data/Nhanes/Public"
    reasons = read_table(public / "2013/DataFiles/RXQ_RX_H.xpt", columns=["RXDRSD1"]).frame["RXDRSD1"]
    products = read_table(public / "1999/DataFiles/DSII.xpt", columns=["DSDSUPP"]).frame["DSDSUPP"]

    assert reasons.str.contains("Sjögren", regex=False).any()
    assert products.str.contains("CHILDREN’S", regex=False).any()


@pytest.mark.real_data
def test_real_stored_zeros_are_zero(nhanes_dir: Path) -> None:
    path = nhanes_dir / "Nchs/Data/Nhanes/Public/2013/DataFiles/DEMO_H.xpt"

    weights = read_table(path, columns=["WTMEC2YR"]).frame["WTMEC2YR"]

    assert (weights == 0).sum() == 362  # "Not MEC Examined" on CDC's page
    assert weights[weights != 0].min() > 1000
