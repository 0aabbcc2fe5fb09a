"""Tables for papers: what Word and LaTeX hold is what the report shows."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn

from b12sarc.report import write_tables
from b12sarc.report.human import Column, HumanTable
from b12sarc.report.paper import PAPER, as_latex, write_paper_tables
from b12sarc.report.tables import human_tables
from b12sarc.results import Run, read_run
from b12sarc.wording import MEASURES, adjustment, interval
from fake_results import fake_project, write_fake_results

COLUMNS = (
    Column("Characteristic"),
    Column("Men & women, % (95 % CI)", numeric=True),
    Column("p", numeric=True),
)
ROWS = (
    ("Age_at ≥ 65 #1", "73.0 (−1.5 to 2)", "< 0.001"),
    ("Level < 5 µmol", "50 % \\ {x} ~ ^ $", "0.20"),
)
TABLE = HumanTable("t", "SYNTHETIC DATA · Table 1, 5 %", COLUMNS, ROWS, frozenset({1}), "Weighted & † few.")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = fake_project()
    return read_run(write_fake_results(tmp_path_factory.mktemp("run"), project), project)


@pytest.fixture
def word(tmp_path: Path) -> docx.document.Document:
    return docx.Document(str(write_paper_tables(tmp_path, TABLE)[0]))


def test_word_has_caption_cells_and_note(word: docx.document.Document) -> None:
    [grid] = word.tables
    assert [[cell.text for cell in row.cells] for row in grid.rows] == [
        [column.heading for column in COLUMNS],
        *map(list, ROWS),
    ]
    said = [paragraph.text for paragraph in word.paragraphs]
    assert said[0] == TABLE.caption == word.core_properties.title
    assert said[-1] == TABLE.note


def test_word_aligns_numbers_indents_levels_and_repeats_its_head(word: docx.document.Document) -> None:
    rows = word.tables[0].rows
    numbers = [cell.paragraphs[0].alignment for row in rows for cell in row.cells[1:]]
    assert set(numbers) == {WD_ALIGN_PARAGRAPH.RIGHT}
    indents = [row.cells[0].paragraphs[0].paragraph_format.left_indent for row in rows]
    assert [bool(indent) for indent in indents] == [False, False, True]
    assert rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


@pytest.mark.parametrize(("columns", "across"), [(6, False), (7, True)])
def test_many_columns_are_set_across_the_page(tmp_path: Path, columns: int, across: bool) -> None:
    table = HumanTable("w", "Wide", tuple(Column(f"c{i}") for i in range(columns)), (("x",) * columns,))
    section = docx.Document(str(write_paper_tables(tmp_path, table)[0])).sections[0]
    assert (section.orientation == WD_ORIENT.LANDSCAPE) is across
    assert (section.page_width > section.page_height) is across
    assert ("begin{landscape}" in as_latex(table)) is across


def test_latex_escapes_what_is_a_command_and_writes_signs_as_commands() -> None:
    text = as_latex(TABLE)
    body = text[text.index("\\endhead") :]
    assert (
        "Age\\_at \\ensuremath{\\geq} 65 \\#1 & 73.0 (\\ensuremath{-}1.5 to 2) & \\textless{}~0.001" in body
    )
    assert "\\quad{}Level \\textless{}~5 \\ensuremath{\\mu}mol" in body
    assert "SYNTHETIC DATA" in text
    assert "Weighted \\& \\dag{} few." in body
    assert re.findall("[^\x00-\x7f]", text) == []


def test_latex_environments_and_columns_balance() -> None:
    text = as_latex(TABLE)
    opened = re.findall(r"\\begin\{(\w+)\}", text)
    closed = re.findall(r"\\end\{(\w+)\}", text)
    assert sorted(opened) == sorted(closed)
    shares = [float(x) for x in re.findall(r"dimexpr ([\d.]+)", text)]
    assert len(shares) == len(COLUMNS)
    assert sum(shares) == pytest.approx(1, abs=0.002)
    rows = [line for line in text.splitlines() if line.rstrip().endswith("\\\\") and " & " in line]
    assert len(rows) >= 3
    assert all(len(re.findall(r"(?<!\\)&", line)) == len(COLUMNS) - 1 for line in rows)


def test_the_same_table_is_the_same_bytes(tmp_path: Path) -> None:
    first, again = (write_paper_tables(tmp_path / name, TABLE) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    with zipfile.ZipFile(first[0]) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_each_cohort_has_them_all_beside_the_csv(run: Run) -> None:
    names = {path.name for path in write_tables(run.folder, run.project)}
    for name in PAPER:
        assert {f"synthetic_{name}.{ending}" for ending in ("csv", "docx", "tex")} <= names


def test_the_model_table_has_one_row_a_comparison_and_one_column_a_set(run: Run) -> None:
    table = human_tables(run, run.cohorts["synthetic"])["model_table"]
    models = run.project.analysis.models
    heads = [column.heading for column in table.columns]
    at = [heads.index(f"{adjustment(run.project, name)} (95 % CI)") for name in models.adjustments]
    keys = ["outcome", "exposure", "contrast"]
    main = run.estimates[run.estimates["missing"].isin(models.main_treatments())]
    main = main[main["estimator"] != "logistic"]
    assert len(table.rows) == len(main.drop_duplicates(keys))
    for row, (_, same) in zip(table.rows, main.groupby(keys, sort=False), strict=True):
        by_set = same.set_index("adjustment")
        for place, name in zip(at, models.adjustments, strict=True):
            r = by_set.loc[name]
            shown = interval(r["estimate"], r["conf_low"], r["conf_high"], MEASURES[r["estimator"]])
            assert row[place] == shown
