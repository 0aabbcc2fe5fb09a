"""CDC's documentation page of a table (the .htm beside the .xpt), as data. Reading it needs no pandas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree, html

from b12sarc.errors import B12SarcError

RANGE = "Range of Values"
RECORDED = "Value was recorded"
MISSING = "Missing"


@dataclass(frozen=True)
class CodebookRow:
    """One line of a variable's frequency table, as printed.

    Attributes:
        code: a code (``"1"``), a range (``"3.6 to 216.1"``), ``"."``, ``"< blank >"``, or words about text.
        description: CDC's words for it; :data:`RANGE`, :data:`RECORDED` and :data:`MISSING` are special.
        count: number of rows of the table.
        cumulative: running total.
    """

    code: str
    description: str
    count: int
    cumulative: int


@dataclass(frozen=True)
class CodebookVariable:
    """A variable's entry: SAS label, question text, whom it was asked of, and frequencies (may be none)."""

    name: str
    label: str
    text: str
    target: str
    rows: tuple[CodebookRow, ...]


@dataclass(frozen=True)
class Codebook:
    """A table's page; the dates are in CDC's words (``"March 2014"``), ``None`` where it prints "NA"."""

    table: str
    cycle: str
    first_published: str | None
    last_revised: str | None
    variables: Mapping[str, CodebookVariable]

    @property
    def n_records(self) -> int | None:
        """Number of rows of the table: where the frequencies of its variables end."""
        totals = [v.rows[-1].cumulative for v in self.variables.values() if v.rows]
        return max(totals, default=None)


def read_codebook(path: Path, table: str | None = None) -> Codebook:
    """Read a codebook page.

    Args:
        path: the page.
        table: the table that the page must be of, when that is known.

    Raises:
        B12SarcError: not a CDC codebook page, or that of another table, or with no variables.
    """
    page = _parse(path)
    header = _texts(page, "//div[@id='PageHeader']//*[self::h2 or self::h4 or self::h5]")
    heading = re.compile(r"Data File: (\S+?)\.xpt$", re.IGNORECASE)
    found = next((m[1].upper() for text in header if (m := heading.match(text))), None)
    if found is None:
        title = next(iter(_texts(page, "//title")), "")
        raise B12SarcError.at(
            str(path),
            f'not CDC\'s codebook page of a table: it is titled "{title}"',
            "the server answers so when it has no such page: check the table's name and the base URL",
        )
    if table is not None and found != table.upper():
        raise B12SarcError.at(str(path), f"the codebook page of {found}, not of {table}", "fetch it again")
    variables = [_variable(path, entry) for entry in page.xpath("//div[@id='Codebook']/div[.//dl]")]
    if not variables:
        raise B12SarcError.at(str(path), "the page has no codebook entries", "fetch it again")
    cycle = next((m[0] for text in header if (m := re.match(r"\d{4}-\d{4}", text))), "")
    return Codebook(
        found,
        cycle,
        _date(header, "First Published:"),
        _date(header, "Last Revised:"),
        {variable.name: variable for variable in variables},
    )


def _parse(path: Path) -> html.HtmlElement:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    try:
        return html.document_fromstring(text)
    except (etree.ParserError, ValueError) as error:
        raise B12SarcError.at(str(path), f"not a web page ({error})", "fetch the page again") from None


def _variable(path: Path, entry: html.HtmlElement) -> CodebookVariable:
    fields: dict[str, list[str]] = {}
    for term in entry.iter("dt"):
        value = term.getnext()
        fields.setdefault(_text(term), []).append("" if value is None else _text(value))
    name = " ".join(fields.get("Variable Name:", [])).upper()
    if not name:
        raise B12SarcError.at(str(path), "a codebook entry has no variable name", "fetch the page again")
    return CodebookVariable(
        name,
        label=" ".join(fields.get("SAS Label:", [])),
        text=" ".join(fields.get("English Text:", [])),
        target="; ".join(fields.get("Target:", [])),
        # Some of CDC's pages (DXX_H, L06MH_C) print each line twice.
        rows=tuple(dict.fromkeys(_row(path, name, row) for row in entry.xpath(".//table//tr[td]"))),
    )


def _row(path: Path, name: str, row: html.HtmlElement) -> CodebookRow:
    cells = [_text(cell) for cell in row.iter("td")]
    try:
        code, description, count, cumulative = cells[:4]
        return CodebookRow(code, description, int(count), int(cumulative))
    except ValueError:
        fix = "fetch the page again"
        raise B12SarcError.at(f"{path}: {name}", f"cannot read the line {cells} of its table", fix) from None


def _texts(page: html.HtmlElement, xpath: str) -> list[str]:
    return [_text(element) for element in page.xpath(xpath)]


def _text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _date(header: list[str], start: str) -> str | None:
    text = next((text.removeprefix(start).strip() for text in header if text.startswith(start)), "NA")
    return None if text in ("NA", "") else text
