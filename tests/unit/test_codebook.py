from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from b12sarc.codebook import Codebook, CodebookRow, CodebookVariable, read_codebook
from b12sarc.codebook_check import check_table, check_variable
from b12sarc.errors import B12SarcError
from b12sarc.readers import read_table
from helpers_cdc import FRAME, VARIABLES, page


def read(folder: Path, text: str | bytes, table: str | None = None) -> Codebook:
    path = folder / "TEST_G.htm"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_codebook(path, table)


def variable(*lines: tuple[str, str, int]) -> CodebookVariable:
    rows = [CodebookRow(*line, cumulative=0) for line in lines]
    return CodebookVariable("X", "", "", "", tuple(rows))


def failures(series: pd.Series, *lines: tuple[str, str, int]) -> list[tuple[str, str, str]]:
    """(description, expected, found) of each check that fails."""
    checks = check_variable(series, variable(*lines), "TEST_G")
    assert checks
    return [(check.description, check.expected, check.found) for check in checks if not check.ok]


def test_a_page_is_read_with_its_dates_variables_and_frequencies(tmp_path: Path) -> None:
    codebook = read(tmp_path, page(revised="March 2017"), "test_g")

    assert (codebook.table, codebook.cycle) == ("TEST_G", "2011-2012")
    assert (codebook.first_published, codebook.last_revised) == ("September 2013", "March 2017")
    assert codebook.n_records == 4
    assert list(codebook.variables) == list(VARIABLES)
    weight = codebook.variables["BMXWT"]
    assert (weight.label, weight.text) == ("Weight (kg)", "Weight (kg)?")
    assert weight.target == "Both males and females 0 YEARS - 150 YEARS"
    assert weight.rows == (
        CodebookRow("3.6 to 70.25", "Range of Values", 3, 3),
        CodebookRow(".", "Missing", 1, 4),
    )
    assert codebook.variables["SEQN"].rows == ()


def test_a_page_that_was_never_revised_has_no_date_of_revision(tmp_path: Path) -> None:
    assert read(tmp_path, page(revised="NA")).last_revised is None


def test_a_page_of_lower_case_names_is_read_as_upper_case(tmp_path: Path) -> None:
    codebook = read(tmp_path, page(variables={"PFQ060i": [("1", "Yes", 3)]}))

    assert codebook.variables["PFQ060I"].name == "PFQ060I"


def test_lines_that_the_page_repeats_are_read_once(tmp_path: Path) -> None:
    text = page(variables={"X": [("1", "Yes", 3)]})
    line = text[text.index("<tr><td") : text.index("</tbody>")]

    codebook = read(tmp_path, text.replace(line, line * 2))

    assert codebook.variables["X"].rows == (CodebookRow("1", "Yes", 3, 3),)


def test_a_page_in_cp1252_is_read(tmp_path: Path) -> None:
    text = page(variables={"X": [("1", "Ménière’s disease", 3)]}).removeprefix("\ufeff")

    codebook = read(tmp_path, text.encode("cp1252"))

    assert codebook.variables["X"].rows[0].description == "Ménière’s disease"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><title>Page Not Found | CDC</title></html>", 'it is titled "Page Not Found | CDC"'),
        (b"", "not a web page"),
        (page(table="DEMO_G"), "the codebook page of DEMO_G, not of TEST_G"),
        (page(variables={}), "the page has no codebook entries"),
        (page().replace(">SEQN</dd>", "></dd>"), "a codebook entry has no variable name"),
        (page().replace("'right'>3<", "'right'>3 people<", 1), "BMXWT: cannot read the line"),
    ],
)
def test_a_page_that_is_not_this_tables_codebook_is_an_error(
    tmp_path: Path, content: str | bytes, message: str
) -> None:
    with pytest.raises(B12SarcError) as caught:
        read(tmp_path, content, "TEST_G")

    assert message in str(caught.value)


def test_a_table_that_agrees_with_its_page_has_no_problem(tmp_path: Path) -> None:
    rows, problems = check_table(FRAME, read(tmp_path, page()), FRAME.columns)

    assert problems == []
    assert rows["ok"].all()
    assert list(rows.columns) == [
        "table",
        "variable",
        "code_or_range",
        "description",
        "expected",
        "found",
        "ok",
    ]
    assert rows.groupby("variable").size().to_dict() == {"": 1, "RIDAGEYR": 5, "BMXWT": 4, "RXDDRUG": 3}


def test_a_difference_names_table_variable_expected_and_found(tmp_path: Path) -> None:
    frame = FRAME.assign(RIDAGEYR=[0.0, 41.0, 80.0, np.nan])

    _, problems = check_table(frame, read(tmp_path, page()), ["RIDAGEYR"])

    assert [f"{problem.where}: {problem.what}" for problem in problems] == [
        "TEST_G.RIDAGEYR: 80 (80 years or older): CDC's codebook page says 2, the file has 1",
        "TEST_G.RIDAGEYR: . (Missing): CDC's codebook page says 0, the file has 1",
    ]


def test_a_missing_row_is_a_difference_of_the_table(tmp_path: Path) -> None:
    _, problems = check_table(FRAME[:3], read(tmp_path, page()), [])

    assert [f"{problem.where}: {problem.what}" for problem in problems] == [
        "TEST_G: Rows: CDC's codebook page says 4, the file has 3"
    ]


def test_a_page_without_frequencies_says_nothing_of_the_rows(tmp_path: Path) -> None:
    codebook = read(tmp_path, page(variables={"SEQN": []}))

    rows, problems = check_table(FRAME, codebook, ["SEQN"])

    assert codebook.n_records is None
    assert rows.empty
    assert problems == []


def test_a_variable_that_the_page_does_not_have_is_a_problem(tmp_path: Path) -> None:
    _, problems = check_table(FRAME.assign(BMXWTT=1.0), read(tmp_path, page()), ["BMXWTT"])

    assert str(problems[0]) == (
        "TEST_G.BMXWTT: not in CDC's codebook page of this table -> did you mean 'BMXWT'?"
    )


def test_a_code_inside_the_range_is_counted_apart_from_it() -> None:
    series = pd.Series([1.0, 5.0, 5.0, 9.0, np.nan])
    lines = (("1 to 9", "Range of Values", 2), ("5", "Fill value", 2), (".", "Missing", 1))

    assert failures(series, *lines) == []


def test_a_top_code_is_not_the_maximum_of_the_range() -> None:
    series = pd.Series([0.0, 84.0, 85.0])

    assert failures(series, ("0 to 84", "Range of Values", 2), ("85", ">= 85 years of age", 1)) == []
    assert failures(series, ("0 to 85", "Range of Values", 2), ("85", ">= 85 years of age", 1)) == [
        ("Maximum", "85", "84")
    ]


def test_a_fill_value_below_the_limit_of_detection_is_its_own_line() -> None:
    series = pd.Series([0.035, 0.035, 0.048, 10.558])
    lines = (("0.048 to 10.558", "Range of Values", 2), ("0.035", "Below Limit of Detection", 2))

    assert failures(series, *lines) == []


def test_minimum_and_maximum_hold_to_eleven_significant_digits() -> None:
    series = pd.Series([0.0, 100652.329635])

    assert failures(series, ("0 to 100652.32964", "Range of Values", 2)) == []
    assert failures(series, ("0 to 100652.3297", "Range of Values", 2)) == [
        ("Maximum", "100652.3297", "100652.32964")
    ]


def test_negative_limits_are_read() -> None:
    assert failures(pd.Series([-5.25, 65.5]), ("-5.25 to 65.5", "Range of Values", 2)) == []


def test_a_value_that_has_no_line_is_a_difference() -> None:
    assert failures(pd.Series([1.0, 2.0, 3.0]), ("1", "Yes", 1), ("2", "No", 1)) == [
        ("Any other value", "0", "1")
    ]


def test_text_codes_blanks_and_recorded_text_are_counted() -> None:
    series = pd.Series(["DRUG 55555", " ", "", "55555", "* NO MATCH *"])
    lines = [
        ("Generic drug name", "Value was recorded", 1),
        ("55555", "Unknown", 1),
        ("* NO MATCH *", "No match", 1),
        ("< blank >", "Missing", 2),
    ]

    assert failures(series, *lines) == []
    lines[0] = ("Generic drug name", "Value was recorded", 2)
    assert failures(series, *lines) == [("Value was recorded", "2", "1")]


def test_a_worded_code_of_a_numeric_variable_matches_nothing() -> None:
    assert failures(pd.Series([1.0]), ("1", "Yes", 1), ("* NO MATCH *", "No match", 1)) == [
        ("No match", "1", "0")
    ]


def test_a_range_of_nobody_has_no_limits() -> None:
    assert failures(pd.Series([np.nan]), ("1 to 9", "Range of Values", 0), (".", "Missing", 1)) == []


def test_a_variable_without_frequencies_has_no_checks() -> None:
    assert check_variable(pd.Series([1.0]), variable(), "TEST_G") == []


def entries() -> list[dict[str, str]]:
    from conftest import nhanes_archive

    with (nhanes_archive() / "MANIFEST.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["table"] != "RXQ_DRUG"]  # it has no page


# Tables whose files differ from their own pages, and how: in variables, or (DSQ2_D, DSII) in rows as well.
KNOWN_DIFFERENCES = {
    "L25_B": {"LBDEONO", "LBDBANO"},  # the page counts every value under the code 0
    "SMQ_G": {"SMD100TR", "SMD100NI", "SMD100CO"},  # 825 cigarette brands measured; the page says 966
    "DSQ2_C": {"DSDSUPP"},  # the page counts 36 names as refused or unknown
    "DSPI": {"DSDSRCE"},  # two products moved from one source to another
}
ROWS_DIFFER = {"DSQ2_D": (7966, 7969), "DSII": (188572, 188552)}


@pytest.mark.real_data
def test_all_real_pages_are_those_of_their_tables(nhanes_dir: Path) -> None:
    for entry in entries():
        path = (nhanes_dir / entry["path"]).with_suffix(".htm")
        codebook = read_codebook(path, entry["table"])
        rows = ROWS_DIFFER.get(entry["table"], (int(entry["rows"]),))[0]
        assert codebook.n_records == rows, entry["table"]
        assert codebook.first_published, entry["table"]
        ends = {variable.rows[-1].cumulative for variable in codebook.variables.values() if variable.rows}
        assert ends == {rows}, entry["table"]


TABLES_2011_2014 = [
    f"{table}_{suffix}"
    for table in ["DEMO", "MGX", "VITB12", "MMA", "BIOPRO", "CBC", "BMX", "DIQ", "SMQ", "PFQ", "RXQ_RX"]
    for suffix in "GH"
]
EARLIER_TABLES = [
    "DEMO",
    "DEMO_B",
    "LAB06",
    "L06MH_C",
    "B12_D",
    "HCY_D",
    "LEXPN_C",
    "MSX",
    "MSX_B",
    "PFQ",
    "L25_B",
    "DSQ2_C",
    "DSPI",
    "SSCYST_A",
]


@pytest.mark.real_data
@pytest.mark.parametrize("table", [*TABLES_2011_2014, *EARLIER_TABLES])
def test_all_variables_of_a_real_table_agree_with_its_page(nhanes_dir: Path, table: str) -> None:
    entry = next(entry for entry in entries() if entry["table"] == table)
    path = nhanes_dir / entry["path"]
    frame = read_table(path).frame

    rows, _ = check_table(frame, read_codebook(path.with_suffix(".htm")), frame.columns)

    assert len(rows) > frame.shape[1]
    assert set(rows.loc[~rows["ok"], "variable"]) == KNOWN_DIFFERENCES.get(table, set())
