"""Small tables as CDC releases them: a SAS transport file and its codebook page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

import pandas as pd

from b12sarc.xport_write import write_xport

Line = tuple[str, str, int]

_PAGE = """\ufeff<!DOCTYPE html><html lang="en"><head>
    <link rel="Prev" href="datapage"><title>NHANES 2011-2012: {table} Data Documentation</title></link>
</head><body>
<div id="PageHeader">
  <h1>National Health and Nutrition Examination Survey</h1>
  <h2>2011-2012 Data Documentation, Codebook, and Frequencies</h2>
  <h3>Body Measures ({table})</h3><h4>
            Data File: {table}.xpt
        </h4>
  <h5 class="left">First Published:
            {published}</h5>
  <h5 class="right">Last Revised: {revised}</h5>
</div>
<div id="Codebook"><h2>Codebook and Frequencies</h2>{entries}</div></body></html>
"""
_ENTRY = """
<div class="pagebreak"><h3 class="vartitle" id="{name}">{name} - {label}</h3>
  <dl><dt>Variable Name: </dt><dd class="info">{name}</dd><dt>SAS Label: </dt><dd>{label}</dd>
      <dt>English Text: </dt><dd class="info">{label}?</dd>
      <dt>Target: </dt><dd> Both males and females 0 YEARS -
            150 YEARS</dd></dl>{table}
</div>"""
_TABLE = """
  <table class="values"><thead><tr><th>Code or Value</th><th>Value Description</th><th>Count</th>
  <th>Cumulative</th><th>Skip to Item</th></tr></thead><tbody>{lines}</tbody></table>"""
_LINE = (
    "<tr><td scope='row'>{}</td><td>{}</td><td align='right'>{}</td><td align='right'>{}</td><td></td></tr>"
)

# Four people; a stored zero, a missing weight, a coded top age, text with an accent.
FRAME = pd.DataFrame(
    {
        "SEQN": [1.0, 2.0, 3.0, 4.0],
        "RIDAGEYR": [0.0, 41.0, 80.0, 80.0],
        "BMXWT": [3.6, 70.25, float("nan"), 58.0],
        "RXDDRUG": ["", "CAFÉ", "55555", "IRON"],
    }
)
LABELS = {"SEQN": "Respondent sequence number", "RIDAGEYR": "Age in years", "BMXWT": "Weight (kg)"}
VARIABLES: dict[str, list[Line]] = {
    "SEQN": [],
    "RIDAGEYR": [("0 to 41", "Range of Values", 2), ("80", "80 years or older", 2), (".", "Missing", 0)],
    "BMXWT": [("3.6 to 70.25", "Range of Values", 3), (".", "Missing", 1)],
    "RXDDRUG": [
        ("Generic drug name", "Value was recorded", 2),
        ("55555", "Unknown", 1),
        ("< blank >", "Missing", 1),
    ],
}


def page(
    table: str = "TEST_G",
    variables: Mapping[str, Sequence[Line]] = VARIABLES,
    published: str = "September 2013",
    revised: str = "NA",
) -> str:
    """A codebook page in CDC's markup; ``variables``: name -> lines of (code, description, count)."""
    entries = "".join(_entry(name, lines) for name, lines in variables.items())
    return _PAGE.format(table=table, published=published, revised=revised, entries=entries)


def _entry(name: str, lines: Sequence[Line]) -> str:
    total = 0
    rows = []
    for code, description, count in lines:
        total += count
        rows.append(_LINE.format(escape(code), escape(description), count, total))
    table = _TABLE.format(lines="".join(rows)) if rows else ""
    return _ENTRY.format(name=name, label=escape(LABELS.get(name, "")), table=table)


def xport(folder: Path, table: str = "TEST_G", frame: pd.DataFrame = FRAME) -> bytes:
    """The bytes of a transport file, made in ``folder`` under a name of no table."""
    scratch = folder / "scratch"
    labels = {name: label for name, label in LABELS.items() if name in frame}
    write_xport(scratch, frame, table, labels)
    content = scratch.read_bytes()
    scratch.unlink()
    return content
