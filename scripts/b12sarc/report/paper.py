"""Tables as papers want them: Word and LaTeX, from the same cells as the report.

Word comes from python-docx, LaTeX from great_tables. A LaTeX file is a fragment to ``\\input``; it needs the
packages longtable, array, booktabs, amssymb, and pdflscape for a table that is set across the page.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table, _Cell, _Row
from great_tables import GT

from b12sarc.files import whole_file
from b12sarc.report.human import HumanTable

PAPER = ("table1", "model_table", "prevalence")
"""Tables of a cohort that are written for papers too."""
WIDE = 6
"""More columns than this are set across the page."""
_POINTS = 8
_EM = "\u2003"
_IN_LATEX = {
    _EM: r"\quad{}",
    "\u00a0": "~",
    r"\textless{} ": r"\textless{}~",
    "−": r"\ensuremath{-}",
    "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}",
    "→": r"\ensuremath{\rightarrow}",
    "×": r"\ensuremath{\times}",
    "∞": r"\ensuremath{\infty}",
    "µ": r"\ensuremath{\mu}",
    "²": r"\ensuremath{^2}",
    "·": r"\ensuremath{\cdot}",
    "†": r"\dag{}",
    "‡": r"\ddag{}",
    "–": "--",
    "“": "``",
    "”": "''",
}
_LONGEST = 28
_COLUMNS = re.compile(r"\\begin\{longtable\}\{[lrc]+\}")
_HEAD_ENDS = r"\midrule\addlinespace[2.5pt]"


def write_paper_tables(folder: Path, table: HumanTable) -> list[Path]:
    """Write ``folder/<name>.docx`` and ``folder/<name>.tex``; return the paths.

    The same table gives the same bytes: a Word file carries no time of writing.
    """
    word, latex = folder / f"{table.name}.docx", folder / f"{table.name}.tex"
    with whole_file(word) as temporary:
        _timeless(_word(table), temporary)
    with whole_file(latex) as temporary:
        temporary.write_text(as_latex(table), encoding="utf-8", newline="\n")
    return [word, latex]


def _timeless(document: docx.document.Document, target: Path) -> None:
    """Save a document whose parts all bear the first time that a zip file knows."""
    made = io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for part in parts.infolist():
            out.writestr(zipfile.ZipInfo(part.filename), parts.read(part), zipfile.ZIP_DEFLATED)


def as_latex(table: HumanTable) -> str:
    """Return a longtable with caption, note, and headings that are repeated on each page."""
    names = [f"c{i}" for i in range(len(table.columns))]
    frame = table.frame().set_axis(names, axis="columns")
    frame["c0"] = [_EM * (i in table.indented) + text for i, text in enumerate(frame["c0"])]
    headings: dict[str, Any] = {
        name: column.heading for name, column in zip(names, table.columns, strict=True)
    }
    numeric = [name for name, column in zip(names, table.columns, strict=True) if column.numeric]
    made = GT(frame).tab_header(title=table.caption).cols_label(**headings).cols_align("right", numeric)
    made = made.tab_options(table_font_size=f"{_POINTS}pt")
    made = made.tab_source_note(table.note) if table.note else made
    text = made.as_latex(use_longtable=True).replace(_HEAD_ENDS, f"{_HEAD_ENDS}\n\\endhead", 1)
    text = _COLUMNS.sub(lambda _: f"\\begin{{longtable}}{{{_widths(table)}}}", text, count=1)
    for sign, command in _IN_LATEX.items():
        text = text.replace(sign, command)
    if len(table.columns) > WIDE:
        text = f"\\begin{{landscape}}\n{text}\n\\end{{landscape}}\n"
    return f"% needs \\usepackage{{longtable,array,booktabs,amssymb,pdflscape}}\n{text}"


def _widths(table: HumanTable) -> str:
    """Return columns of a longtable that fill the line and break their text, by what they have to hold."""
    texts = [
        [column.heading, *cells]
        for column, cells in zip(table.columns, zip(*table.rows, strict=True), strict=True)
    ]
    wanted = [min(max(map(len, cells)), _LONGEST) for cells in texts]
    least = [max(len(word) for text in cells for word in text.split() or [""]) for cells in texts]
    shares = [max(*pair, 4) for pair in zip(wanted, least, strict=True)]
    sides = [r"\raggedleft" if column.numeric else r"\raggedright" for column in table.columns]
    return "".join(
        rf">{{{side}\arraybackslash}}p{{\dimexpr {share / sum(shares):.3f}\linewidth-2\tabcolsep}}"
        for side, share in zip(sides, shares, strict=True)
    )


def _word(table: HumanTable) -> docx.document.Document:
    document = docx.Document()
    core = document.core_properties
    core.title, core.author, core.comments = table.caption, "b12sarc", ""
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(_POINTS)
    style.paragraph_format.space_after = Pt(2)
    section = document.sections[0]
    section.left_margin = section.right_margin = Cm(1.5)
    if len(table.columns) > WIDE:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = section.page_height, section.page_width
    caption = document.add_paragraph().add_run(table.caption)
    caption.bold, caption.font.size = True, Pt(_POINTS + 2)
    _fill(document.add_table(rows=len(table.rows) + 1, cols=len(table.columns)), table)
    if table.note:
        document.add_paragraph().add_run(table.note).italic = True
    return document


def _fill(grid: Table, table: HumanTable) -> None:
    rows = grid.rows
    for cell, column in zip(rows[0].cells, table.columns, strict=True):
        _put(cell, column.heading, right=column.numeric, bold=True)
    for i, texts in enumerate(table.rows):
        for j, (cell, text) in enumerate(zip(rows[i + 1].cells, texts, strict=True)):
            indent = Cm(0.4) if j == 0 and i in table.indented else None
            _put(cell, text, right=table.columns[j].numeric, indent=indent)
        _row_property(rows[i + 1], "w:cantSplit")
    _row_property(rows[0], "w:tblHeader")
    for row, edges in ((rows[0], ("top", "bottom")), (rows[-1], ("bottom",))):
        for cell in row.cells:
            _rule(cell, edges)


def _put(cell: _Cell, text: str, *, right: bool, bold: bool = False, indent: Cm | None = None) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.add_run(text).bold = bold
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if indent is not None:
        paragraph.paragraph_format.left_indent = indent


def _row_property(row: _Row, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _rule(cell: _Cell, edges: tuple[str, ...]) -> None:
    borders = OxmlElement("w:tcBorders")
    for edge in edges:
        line = OxmlElement(f"w:{edge}")
        line.set(qn("w:val"), "single")
        line.set(qn("w:sz"), "6")
        borders.append(line)
    cell._tc.get_or_add_tcPr().append(borders)
