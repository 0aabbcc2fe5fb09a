"""What every chart shares: coded data, a chooser for each dimension, colours of the page, the library itself.

Altair makes the specification and vl-convert brings the library as one script, so that the page asks nothing
of the network. Colours are CSS variables of the page: a chart follows light and dark as the figures do.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import altair as alt
import vl_convert
from markupsafe import Markup

from b12sarc import style


def colour_of(colour: str) -> str:
    """Return a colour of the palette as the page's own, which follows light and dark."""
    return f"var(--{style.CSS_NAMES[colour]})"


COLOURS = tuple(map(colour_of, style.SERIES))
INK, MUTED, GRID, FAINT = map(colour_of, (style.INK, style.MUTED, style.GRID, style.FAINT))
ALL = -1
"""Code of "all" in a chooser."""
ROW_PX = 18
FONT = "system-ui, 'DejaVu Sans', sans-serif"
AnyChart = alt.LayerChart | alt.FacetChart


@dataclass(frozen=True)
class Chart:
    """A chart in the page.

    Attributes:
        name: unique in the page.
        title: words above it.
        caption: what the marks mean.
        alt: what it shows, for who cannot see it, and where the numbers stand as a table.
        spec: the Vega-Lite specification as JSON that is safe inside a script element.
    """

    name: str
    title: str
    caption: str
    alt: str
    spec: Markup


@cache
def library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script that sets ``window.vegaEmbed``."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


class Codes:
    """Words by number: data rows hold the number, the specification the words once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.words: list[str] = []
        self._of: dict[str, int] = {}

    def __call__(self, words: str) -> int:
        """Return the number of some words."""
        if words not in self._of:
            self._of[words] = len(self.words)
            self.words.append(words)
        return self._of[words]

    def param(self) -> alt.Parameter:
        """Return the words as a parameter, ``<name>_words[code]`` in expressions."""
        return alt.param(name=f"{self.name}_words", value=self.words)

    def column(self) -> str:
        """Return the expression for the words of a row."""
        return f"{self.name}_words[datum.{self.name}]"


def chooser(codes: Codes, heading: str, chosen: int | None = None, *, every: bool = True) -> alt.Parameter:
    """Return a parameter bound to a list of choices; what is chosen first is everything unless said."""
    options = [*([ALL] if every else []), *range(len(codes.words))]
    words = [*(["All"] if every else []), *codes.words]
    bind = alt.binding_select(options=options, labels=words, name=heading)
    return alt.param(name=codes.name, value=options[0] if chosen is None else chosen, bind=bind)


def said(codes: dict[str, Codes]) -> dict[str, str]:
    """Return the expressions of columns ``<name>_said``: the words of each row."""
    return {f"{name}_said": code.column() for name, code in codes.items()}


def tips(headings: dict[str, str]) -> list[alt.Tooltip]:
    """Return what is read of a row in words (see :func:`said`), under its headings."""
    return [alt.Tooltip(f"{name}_said:N", title=heading) for name, heading in headings.items()]


ROOM = alt.ExprRef("width < 420 ? 1 : 2")
"""Columns of the legend of a chart that is as wide as the page."""


def by_cohort(codes: Codes, *further: str, columns: int | alt.ExprRef) -> alt.Color:
    """Return the colour of each cohort; ``further`` are colours of what stands after the cohorts."""
    cohorts = len(codes.words) - len(further)
    colours = [*itertools.islice(itertools.cycle(COLOURS), cohorts), *further]
    legend = alt.Legend(columns=columns)
    return alt.Color("cohort_said:N", title=None, legend=legend).scale(domain=codes.words, range=colours)


def pointed_at(*fields: str) -> alt.Parameter:
    """Return the selection of the point that is nearest to the pointer."""
    return alt.selection_point(
        name="pointed", on="pointerover", nearest=True, fields=list(fields), empty=False, clear="pointerout"
    )


def chosen(names: Iterable[str]) -> str:
    """Return the expression that is true for the rows that the reader has chosen."""
    return " && ".join(f"({name} < 0 || datum.{name} == {name})" for name in names)


ROWS = alt.NamedData("rows")
"""The data of a chart; its rows stand in the page once, as lists (see :func:`finished`)."""


ONCE = alt.InlineData(values=[{}])
"""Data for what is drawn once: a line of no difference, a heading."""


def finished(chart: AnyChart, rows: Sequence[dict[str, Any]], name: str, words: dict[str, str]) -> Chart:
    """Return ``chart`` of ``rows`` in the page's colours, with ``words``: title, caption, alt.

    The rows are lists under their columns, a third of the bytes of objects; report.js makes objects of them.
    (As CSV they would be smaller still, but Vega reads CSV by evaluating code, which the page forbids.)
    """
    styled = (
        chart.configure(background="transparent", font=FONT)
        .configure_mark(aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=INK,
            domainColor=MUTED,
            tickColor=MUTED,
            gridColor=GRID,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        .configure_legend(
            labelColor=INK,
            titleColor=MUTED,
            labelFontSize=12,
            orient="top",
            labelLimit=320,
            columnPadding=18,
            symbolOpacity=1,
        )
        .configure_title(color=INK, anchor="start", fontSize=13)
    )
    spec = {**styled.to_dict(), "description": words["alt"]}
    spec["datasets"] = {
        **spec.get("datasets", {}),
        "rows": {"columns": list(rows[0]), "rows": [list(row.values()) for row in rows]},
    }
    spec.pop("$schema")
    text = json.dumps(spec, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return Chart(name=name, spec=Markup(text), **words)
