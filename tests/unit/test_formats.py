"""Files of SAS, Stata, SPSS, CSV and Parquet: the same values, labels and blanks whatever the format."""

from __future__ import annotations

import gzip
import struct
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest

from b12sarc.errors import B12SarcError
from b12sarc.readers import FORMATS, overview, read_file, read_table
from b12sarc.spec import File
from helpers_cdc import xport

MADE = pd.DataFrame({"id": ["a1", "b2", "ç3"], "Age": [65.5, np.nan, 80.0], "sex": [1.0, 2.0, 1.0]})
LABELS = {"id": "Person", "Age": "Age in years", "sex": "Sex"}
SEXES = {"sex": {1.0: "man", 2.0: "woman"}}
SUFFIX = {"stata": "dta", "spss": "sav", "csv": "csv", "parquet": "parquet"}


def described(path: Path, format: str, **more: Any) -> File:
    return File.model_validate({"path": path.name, "format": format, "key": "ID", **more})


def write(folder: Path, format: str) -> Path:
    path = folder / f"made.{SUFFIX[format]}"
    if format == "stata":
        pyreadstat.write_dta(MADE, path, column_labels=LABELS, variable_value_labels=SEXES)
    elif format == "spss":
        pyreadstat.write_sav(MADE, path, column_labels=LABELS, variable_value_labels=SEXES)
    elif format == "csv":
        MADE.to_csv(path, index=False)
    else:
        MADE.to_parquet(path)
    return path


def said(path: Path, text: str, format: str = "csv", **more: Any) -> str:
    """What is wrong with a text file."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(B12SarcError) as caught:
        read_file(path, described(path, format, **more))
    return str(caught.value).replace(f"{path.parent}/", "")


@pytest.mark.parametrize("format", SUFFIX)
def test_every_format_gives_the_same_values(tmp_path: Path, format: str) -> None:
    frame = read_table(write(tmp_path, format), format).frame
    expected = MADE.rename(columns=str.upper)
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False)
    assert [str(kind) for kind in frame.dtypes] == ["str", "float64", "float64"]


@pytest.mark.parametrize("format", SUFFIX)
def test_columns_come_in_the_order_asked_for_and_absent_ones_are_refused(tmp_path: Path, format: str) -> None:
    path = write(tmp_path, format)
    assert list(read_table(path, format, ["sex", "AGE"]).frame) == ["SEX", "AGE"]
    with pytest.raises(B12SarcError, match="AGEE: no such variable in this file -> did you mean 'AGE'"):
        read_table(path, format, ["AGEE"])


@pytest.mark.parametrize("format", ["stata", "spss"])
def test_labels_and_value_labels_are_kept(tmp_path: Path, format: str) -> None:
    table = read_table(write(tmp_path, format), format)
    assert table.labels == {"ID": "Person", "AGE": "Age in years", "SEX": "Sex"}
    assert table.value_labels == {"SEX": {1: "man", 2: "woman"}}


@pytest.mark.parametrize("format", SUFFIX)
def test_an_overview_counts_rows_and_checks_columns(tmp_path: Path, format: str) -> None:
    path = write(tmp_path, format)
    found = overview(path, described(path, format), ["AGE"])
    assert (found.n_rows, dict(found.stored)) == (3, {"ID": "id", "AGE": "Age", "SEX": "sex"})
    with pytest.raises(B12SarcError, match="ZZZ: no such variable"):
        overview(path, described(path, format), ["ZZZ"])


@pytest.mark.parametrize("format", [f for f in FORMATS if f != "csv"])
def test_a_file_of_another_format_is_refused(tmp_path: Path, format: str) -> None:
    path = tmp_path / "made.bin"
    path.write_bytes(b"this is no data file " * 40)
    with pytest.raises(B12SarcError, match=r"cannot be read as|not a SAS transport file"):
        read_table(path, format)


@pytest.mark.parametrize("format", ["stata", "parquet"])
def test_names_that_differ_by_case_alone_are_refused(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"twice.{SUFFIX[format]}"
    frame = pd.DataFrame({"age": [1.0], "AGE": [2.0]})
    if format == "parquet":
        frame.to_parquet(path)
    else:
        pyreadstat.write_dta(frame, path)
    with pytest.raises(B12SarcError, match="AGE: two variables have this name but for upper and lower case"):
        read_table(path, format)


def test_spss_codes_declared_missing_are_blank_and_told(tmp_path: Path) -> None:
    path = tmp_path / "declared.sav"
    frame = pd.DataFrame({"ID": ["a", "b", "c"], "GRIP": [30.0, 998.0, 999.0], "Q": [1.0, 8.0, 2.0]})
    ranges = {"GRIP": [{"lo": 990, "hi": 999}], "Q": [8]}
    pyreadstat.write_sav(frame, path, missing_ranges=ranges, variable_value_labels={"Q": {8: "refused"}})
    blank = read_file(path, described(path, "spss"))
    assert blank.frame["GRIP"].tolist()[0] == 30.0
    assert blank.frame[["GRIP", "Q"]].isna().sum().tolist() == [2, 1]
    assert blank.user_missing == {"GRIP": ((990.0, 999.0),), "Q": ((8.0, 8.0),)}
    assert blank.value_labels == {"Q": {8.0: "refused"}}
    kept = read_file(path, described(path, "spss", user_missing="keep"))
    assert kept.frame["GRIP"].tolist() == [30.0, 998.0, 999.0]
    assert kept.frame["Q"].tolist() == [1.0, 8.0, 2.0]


def test_missing_values_of_stata_that_have_a_letter_are_blank(tmp_path: Path) -> None:
    path = tmp_path / "letters.dta"
    frame = pd.DataFrame({"id": [1, 2, 3, 4], "grip": [31, "a", "z", np.nan], "x": [0.5, "b", 2.5, 3.5]})
    letters = {"grip": ["a", "z"], "x": ["b"]}
    labels = {"grip": {"a": "refused", "z": "unable"}}
    pyreadstat.write_dta(frame, path, missing_user_values=letters, variable_value_labels=labels)
    table = read_table(path, "stata")
    assert [str(kind) for kind in table.frame.dtypes] == ["float64"] * 3
    assert table.frame["GRIP"].isna().tolist() == [False, True, True, True]
    assert table.frame["X"].isna().tolist() == [False, True, False, False]
    assert table.value_labels["GRIP"] == {"a": "refused", "z": "unable"}


def test_missing_values_of_sas_that_have_a_letter_are_blank_in_a_data_set(tmp_path: Path) -> None:
    path = tmp_path / "iris.sas7bdat"
    archived = Path(__file__).resolve().parent.parent / "data/formats/iris.sas7bdat.gz"
    content = gzip.decompress(archived.read_bytes())
    a = b"\0" * 5 + bytes([0xFF ^ ord("A")]) + b"\xff\xff"
    path.write_bytes(content.replace(struct.pack("<d", 7.9), a))
    table = read_table(path, "sas7bdat", ["species", "SEPAL_LENGTH"])
    assert table.frame.shape == (150, 2)
    assert table.frame["SPECIES"].value_counts().to_dict() == {
        "setosa": 50,
        "versic": 50,
        "virgin": 50,
    }
    assert table.frame["SEPAL_LENGTH"].isna().sum() == 1
    assert table.frame["SEPAL_LENGTH"].max() == 7.7
    assert overview(path, described(path, "sas7bdat")).n_rows == 150


def test_missing_values_of_sas_that_have_a_letter_are_blank_in_transport(tmp_path: Path) -> None:
    path = tmp_path / "TEST_G.xpt"
    weight = struct.pack(">Q", 0x423A000000000000)  # 58 in IBM's floating point
    content = xport(tmp_path)
    assert content.count(weight) == 1
    path.write_bytes(content.replace(weight, b"A" + b"\0" * 7))
    before = read_table(write_bytes(tmp_path / "BEFORE.xpt", content)).frame["BMXWT"]
    assert read_table(path).frame["BMXWT"].isna().sum() == before.isna().sum() + 1


def write_bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_an_encoding_that_the_file_does_not_say_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "old.dta"
    pyreadstat.write_dta(pd.DataFrame({"ID": ["Seoul"], "X": [1.0]}), path, version=8)
    path.write_bytes(path.read_bytes().replace(b"Seoul", "서울".encode("cp949") + b"\0"))
    assert read_file(path, described(path, "stata", encoding="CP949")).frame["ID"].tolist() == ["서울"]


class TestCsv:
    def test_numbers_codes_and_identifiers_are_told_apart(self, tmp_path: Path) -> None:
        path = tmp_path / "made.csv"
        lines = [
            "id,code,number,long,blank,mixed",
            "1,01,1.5,1234567890123456,,3",
            "2,02,-2e3,2234567890123456,NA,x",
        ]
        path.write_text("\n".join(lines) + "\n")
        frame = read_table(path, "csv").frame
        assert frame["ID"].tolist() == [1.0, 2.0]
        assert frame["CODE"].tolist() == ["01", "02"]
        assert frame["NUMBER"].tolist() == [1.5, -2000.0]
        assert frame["LONG"].tolist() == ["1234567890123456", "2234567890123456"]
        assert frame["BLANK"].isna().all()
        assert frame["MIXED"].tolist() == ["3", "x"]

    def test_delimiter_decimal_encoding_missing_and_text_are_as_the_cohort_says(self, tmp_path: Path) -> None:
        path = tmp_path / "made.csv"
        path.write_bytes("ID;Größe;GRIP;PLZ\n1; 1,75 ;30;1010\n2;-9;n/a;1020\n".encode("latin-1"))
        how = {
            "delimiter": ";",
            "decimal": ",",
            "encoding": "latin-1",
            "missing": ["n/a", "-9"],
            "text": ["plz"],
        }
        frame = read_file(path, described(path, "csv", csv=how)).frame
        assert frame["GRÖSSE"].tolist()[0] == 1.75
        assert frame["GRÖSSE"].isna().tolist() == [False, True]
        assert frame["GRIP"].isna().tolist() == [False, True]
        assert frame["PLZ"].tolist() == ["1010", "1020"]

    def test_a_sign_of_thousands_is_never_taken_for_a_decimal_sign(self, tmp_path: Path) -> None:
        path = tmp_path / "made.csv"
        path.write_text("ID;X\n1;1.234\n2;2,5\n")
        frame = read_file(path, described(path, "csv", csv={"delimiter": ";", "decimal": ","})).frame
        assert frame["X"].tolist() == ["1.234", "2,5"]

    def test_a_byte_order_mark_and_quotes_are_no_part_of_the_data(self, tmp_path: Path) -> None:
        path = tmp_path / "made.csv"
        path.write_bytes(b'\xef\xbb\xbf"ID","WORDS"\r\n"1","a, b"\r\n')
        assert read_table(path, "csv").frame.to_dict("list") == {"ID": [1.0], "WORDS": ["a, b"]}

    def test_tabs_can_stand_between_columns(self, tmp_path: Path) -> None:
        path = tmp_path / "made.tsv"
        path.write_text("ID\tX\n1\t2\n")
        assert read_file(path, described(path, "csv", csv={"delimiter": "tab"})).frame["X"].tolist() == [2.0]

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("", "made.csv: the file is empty -> its first line should name the columns"),
            (
                "A;B\n1;2\n",
                "made.csv: has one column in its first line, in which ';' stands -> "
                'write csv: {delimiter: ";"} in cohort.yaml',
            ),
            ("A,,C\n1,2,3\n", "made.csv: column 2 has no name -> give every column a name"),
            ("A,B,a\n1,2,3\n", "made.csv: A: two variables have this name but for upper and lower case"),
            ("A,A\n1,2\n", "made.csv: A: two variables have this name but for upper and lower case"),
            (
                "A,B\n1,2\n1,2,3\n",
                "made.csv: cannot be read as CSV: line 3 has 3 columns, the first 2 -> "
                "check delimiter and quotes in that line",
            ),
            (
                "A,B\n1,2\n1\n",
                "made.csv: cannot be read as CSV: line 3 has 1 columns, the first 2 -> "
                "check delimiter and quotes in that line",
            ),
        ],
    )
    def test_what_is_no_table_is_refused(self, tmp_path: Path, text: str, what: str) -> None:
        assert said(tmp_path / "made.csv", text) == what

    def test_text_in_another_encoding_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "made.csv"
        path.write_bytes("ID,Größe\n1,2\n".encode("latin-1"))
        with pytest.raises(B12SarcError, match=r"its text is not utf-8 \(.*\) -> write csv: {encoding"):
            read_table(path, "csv")


class TestParquet:
    def test_types_become_numbers_and_text(self, tmp_path: Path) -> None:
        path = tmp_path / "made.parquet"
        columns = {
            "whole": pa.array([1, None], pa.int32()),
            "long": pa.array([2**60 + 1, 5], pa.int64()),
            "flag": pa.array([True, None]),
            "money": pa.array([Decimal("1.25"), None]),
            "words": pa.array(["x", None]).dictionary_encode(),
            "day": pa.array([date(2015, 6, 30), None]),
            "moment": pa.array([datetime(2015, 6, 30, 12, 5), None]),
            "midnight": pa.array([datetime(2015, 6, 30), None]),
            "nothing": pa.nulls(2),
        }
        pq.write_table(pa.table(columns), path)
        frame = read_table(path, "parquet").frame.astype(object).where(lambda x: x.notna(), None)
        assert frame.iloc[0].tolist()[:5] == [1.0, "1152921504606846977", 1.0, 1.25, "x"]
        assert frame.iloc[0].tolist()[5:] == ["2015-06-30", "2015-06-30T12:05:00", "2015-06-30", None]
        assert frame.iloc[1].tolist() == [None, "5", None, None, "", "", "", "", None]

    def test_the_label_of_a_column_is_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "made.parquet"
        pq.write_table(
            pa.table([[1.0]], pa.schema([pa.field("b12", pa.float64(), metadata={"label": "B12"})])), path
        )
        assert read_table(path, "parquet").labels == {"B12": "B12"}

    def test_lists_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "made.parquet"
        pq.write_table(pa.table({"scans": [[1.0, 2.0]]}), path)
        with pytest.raises(B12SarcError, match=r"SCANS: holds list.*, which is neither number nor text"):
            read_table(path, "parquet")
