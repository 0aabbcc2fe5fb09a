"""Codebook pages of made-up tables, in the markup of CDC's pages, with the counts of the table.

CDC's pages are what the pipeline checks its input against; made-up tables must pass the same check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field, RootModel

from b12sarc.codebook import MISSING, RANGE, RECORDED
from b12sarc.spec.base import Flag, Model, Text
from b12sarc.synthetic.loading import load_model

SYNTHETIC = "SYNTHETIC DATA"
_BLANK = "< blank >"
Ages = int | dict[str, int]


class Entry(Model):
    """A variable as its codebook entry describes it; codebook.yaml says what the keys mean."""

    label: Text
    text: Text | None = None
    ages: Ages | None = None
    only: str | None = None
    range: Flag = False
    recorded: Flag = False
    codes: dict[int | str, Text] = Field(default_factory=dict)
    frequencies: Flag = True

    @property
    def sas_label(self) -> str:
        """The label inside the data file: CDC's lack the commas of the page."""
        return self.label.replace(",", "")


class TableEntry(Model):
    """A table: its title, the youngest in it, and its variables in order."""

    title: Text
    ages: Ages = 0
    variables: dict[str, Entry]

    def in_cycle(self, cycle: str) -> dict[str, Entry]:
        """Return the variables that the table has in ``cycle``."""
        return {name: entry for name, entry in self.variables.items() if entry.only in (None, cycle)}


Codebook = Mapping[str, TableEntry]
"""File of the cohort (``files`` of cohort.yaml) -> table."""


class TableEntries(RootModel[dict[str, TableEntry]]):
    """The whole of codebook.yaml: file of the cohort -> table."""


def load_codebook() -> Codebook:
    """Read and check codebook.yaml, which lies beside this module.

    Raises:
        B12SarcError: every problem at once, each with file, line and key.
    """
    return load_model(Path(__file__).with_name("codebook.yaml"), TableEntries).root


def codebook_page(frame: pd.DataFrame, table: str, cycle: str, entry: TableEntry) -> str:
    """Return the page of a table as HTML; ``frame`` holds all its rows.

    The same frame gives the same text.
    """
    variables = entry.in_cycle(cycle)
    title = f"NHANES {cycle}: {escape(entry.title)} Data Documentation, Codebook, and Frequencies"
    links = "".join(
        f'<li><a href="#{name}">{_heading(name, variable)}</a></li>\n' for name, variable in variables.items()
    )
    entries = "".join(
        _variable(name, variable, frame[name], _ages(variable.ages, entry.ages, cycle))
        for name, variable in variables.items()
    )
    return _PAGE.format(
        synthetic=SYNTHETIC,
        title=title,
        cycle=cycle,
        name=escape(entry.title),
        table=table,
        links=links,
        entries=entries,
    )


def _ages(own: Ages | None, of_table: Ages, cycle: str) -> int:
    ages = of_table if own is None else own
    return ages if isinstance(ages, int) else ages[cycle]


def _heading(name: str, variable: Entry) -> str:
    return f"{name:<8} - {escape(variable.label)}"


def _variable(name: str, variable: Entry, values: pd.Series, youngest: int) -> str:
    lines = "".join(_line(*line) for line in _frequencies(values, variable)) if variable.frequencies else ""
    return _VARIABLE.format(
        name=name,
        heading=_heading(name, variable),
        label=escape(variable.label),
        text=escape(variable.text or variable.label),
        youngest=youngest,
        table=_TABLE.format(lines=lines) if lines else "",
    )


def _frequencies(values: pd.Series, variable: Entry) -> Iterator[tuple[str, str, int, int]]:
    """Yield code or range, description, count and cumulative count, in CDC's order."""
    is_text = not pd.api.types.is_numeric_dtype(values)
    missing = values.eq("") if is_text else values.isna()
    coded = {code: int(values.eq(code if not is_text else str(code)).sum()) for code in variable.codes}
    rest = values[~missing & ~values.isin([*variable.codes])]
    counts: list[tuple[str, str, int]] = []
    if variable.recorded:
        counts.append((variable.label, RECORDED, len(rest)))
    if variable.range:
        counts.append((f"{_printed(rest.min())} to {_printed(rest.max())}", RANGE, len(rest)))
    counts += [(str(code), words, coded[code]) for code, words in variable.codes.items()]
    counts.append((_BLANK if is_text else ".", MISSING, int(missing.sum())))
    cumulative = np.cumsum([count for _, _, count in counts])
    for (code, words, count), total in zip(counts, cumulative, strict=True):
        yield code, words, count, int(total)


def _printed(value: float) -> str:
    """Return all the decimals that a made-up value has (6 at most)."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _line(code: str, words: str, count: int, cumulative: int) -> str:
    return _LINE.format(
        code=escape(code), words=escape(words, quote=False), count=count, cumulative=cumulative
    )


_PAGE = """\
<!DOCTYPE html><html xml:lang="en" lang="en" xmlns="http://www.w3c.org/1999/xhtml">
  <head>
    <meta http-equiv="content-type" content="text/html; charset=utf-8" />
    <title>{synthetic} - {title}</title>
  </head>
  <body>
    <div id="toc">
      <h3>Table of Contents</h3>
      <div id="toc-scroll">
        <ul>
          <li><a href="#Component_Description">Component Description</a></li>
          <li><a href="#Codebook">Codebook</a>
            <div id="CodebookLinks"><ul>
{links}            </ul></div>
          </li>
        </ul>
      </div>
    </div>
    <div id="wrapper">
      <div id="PageHeader">
        <h1>{synthetic} in the format of the National Health and Nutrition Examination Survey</h1>
        <h2>{cycle} Data Documentation, Codebook, and Frequencies</h2>
        <h3>{name} ({table})</h3>
        <h4> Data File: {table}.xpt</h4>
        <h5 class="left">First Published: NA</h5>
        <h5 class="right">Last Revised: NA</h5>
      </div>
      <div id="Sections">
        <h2 id="Component_Description">Component Description</h2>
        <p><strong>{synthetic}.</strong> The people of this table were made up by a program from a seed;
        none of them exists. Names, labels and codes are those of NHANES {cycle}, the counts are those of the
        made-up table. CDC has no part in it.</p>
      </div>
      <div id="Codebook">
        <h2>Codebook and Frequencies</h2>
{entries}      </div>
    </div>
  </body>
</html>
"""

_VARIABLE = """\
        <div class="pagebreak">
          <h3 class="vartitle" id="{name}">{heading}</h3>
          <dl>
            <dt>Variable Name: </dt>
            <dd class="info">{name}</dd>
            <dt>SAS Label: </dt>
            <dd>{label}</dd>
            <dt>English Text: </dt>
            <dd class="info">{text}</dd>
            <dt>Target: </dt>
            <dd> Both males and females {youngest} YEARS -
            150 YEARS</dd>
          </dl>
{table}        </div>
"""

_TABLE = """\
          <table class="values">
            <thead>
              <tr>
                <th scope="column" class="values">Code or Value</th>
                <th scope="column" class="values">Value Description</th>
                <th scope="column" class="values">Count</th>
                <th scope="column" class="values">Cumulative</th>
                <th scope="column" class="values">Skip to Item</th>
              </tr>
            </thead>
            <tbody>
{lines}            </tbody>
          </table>
"""

_LINE = """\
              <tr>
                <td scope="row" class="values">{code}</td>
                <td class="values">{words}</td>
                <td class="values" align="right">{count}</td>
                <td class="values" align="right">{cumulative}</td>
                <td class="values">
                </td>
              </tr>
"""
