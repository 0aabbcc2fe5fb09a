"""The specification curve that says of each point how it was made."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from b12sarc.figures.specifications import (
    CHOICES,
    HEADLINE,
    level_in_words,
    levels_in_order,
    made_up,
    pre_specified,
    shown_limits,
    specifications_of,
)
from b12sarc.report.charts import vega
from b12sarc.results import Run
from b12sarc.style import BLUE, VERMILION, marked
from b12sarc.wording import MEASURES, contrast, count, interval

HEIGHT = 300
SIDES = {
    "Worse, interval without 0": vega.colour_of(VERMILION),
    "Interval with 0": vega.FAINT,
    "Better, interval without 0": vega.colour_of(BLUE),
}
_SIDE = "datum.low > 0 ? '{}' : datum.high < 0 ? '{}' : '{}'"


def specification_chart(run: Run) -> vega.Chart | None:
    """Return the curve of the headline's question, to filter and to point at; none without specifications."""
    table = specifications_of(run, HEADLINE)
    if table.empty:
        return None
    codes = {column: vega.Codes(column) for column in CHOICES}
    for column, code in codes.items():
        for level in levels_in_order(run, column, table[column]):
            code(level_in_words(run, column, level))
    before = set(pre_specified(run, table))
    rows = [_row(run, r, codes, first=place in before) for place, r in enumerate(table.to_dict("records"))]
    used = [column for column, code in codes.items() if len(code.words) > 1]
    params = [vega.chooser(codes[column], CHOICES[column]) for column in used]
    params += [code.param() for code in codes.values()]
    limits = shown_limits(table["effect_low"], table["effect_high"])
    chart = _drawn(used, params, codes, limits)
    return vega.finished(chart, rows, "explore_specifications", _words(run, table))


def _row(run: Run, r: dict[str, Any], codes: dict[str, vega.Codes], *, first: bool) -> dict[str, Any]:
    return {
        **{column: code(level_in_words(run, column, r[column])) for column, code in codes.items()},
        **{key: round(float(r[column]), 3) for key, column in NUMBERS.items()},
        "compared": contrast(run.project, r["exposure"], r["contrast"]),
        "people": count(r["n"]),
        "shown": interval(r["estimate"], r["conf_low"], r["conf_high"], MEASURES[r["estimator"]]),
        "first": int(first),
    }


NUMBERS = {"value": "effect", "low": "effect_low", "high": "effect_high"}
"""Column of the data in the page -> column of multiverse.parquet."""


def _drawn(
    used: list[str], params: list[alt.Parameter], codes: dict[str, vega.Codes], limits: tuple[float, float]
) -> vega.AnyChart:
    read = [
        alt.Tooltip("compared:N", title="Compared"),
        *vega.tips({column: heading for column, heading in CHOICES.items() if column != "exposure"}),
        alt.Tooltip("shown:N", title="Estimate (CI)"),
        alt.Tooltip("people:N", title="n"),
        alt.Tooltip("value:Q", title="In SD, above 0 worse", format=".2f"),
    ]
    worse, unclear, better = SIDES
    title = "Specifications chosen, in order of the estimate"
    x = alt.X("rank:Q", title=title, scale=alt.Scale(nice=False), axis=alt.Axis(grid=False))
    y = alt.Y("value:Q", title="Standardised difference, SD (above 0: worse)").scale(
        domain=list(limits), clamp=True
    )
    colour = alt.Color("side:N", title=None, legend=alt.Legend(columns=vega.ROOM)).scale(
        domain=list(SIDES), range=list(SIDES.values())
    )
    pointed = vega.pointed_at("rank")
    marks = alt.Chart()
    size = alt.condition(pointed, alt.value(130), alt.value(14))
    layers = [
        marks.mark_rule(opacity=0.35, clip=True).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour),
        alt.Chart(vega.ONCE).mark_rule(color=vega.INK, strokeDash=[4, 3]).encode(y=alt.datum(0)),
        marks.mark_point(filled=True, opacity=1)
        .encode(x=x, y=y, color=colour, size=size, tooltip=read)
        .add_params(pointed),
        marks.transform_filter("datum.first == 1")
        .mark_point(shape="diamond", filled=True, size=70, color=vega.INK, opacity=1)
        .encode(x=x, y=y, tooltip=read),
        marks.transform_aggregate(median="median(value)", all="count()")
        .transform_calculate(
            said="format(datum.all, ',') + ' specifications, median ' + format(datum.median, '.2f') + ' SD'"
        )
        .mark_text(align="left", color=vega.MUTED, fontSize=12)
        .encode(x=alt.value(8), y=alt.value(10), text="said:N"),
    ]
    return (
        alt.layer(*layers, data=vega.ROWS)
        .transform_filter(vega.chosen(used))
        .transform_window(rank="row_number()", sort=[alt.SortField("value")])
        .transform_calculate(
            side=_SIDE.format(worse, better, unclear),
            **vega.said(codes),
        )
        .add_params(*params)
        .properties(width="container", height=HEIGHT)
    )


def _words(run: Run, table: pd.DataFrame) -> dict[str, str]:
    level = f"{100 * run.project.analysis.confidence_level:g} %"
    words = "The pre-specified question: choose specifications, point at one to read it"
    return {
        "title": marked(words, synthetic=made_up(run)),
        "caption": (
            f"Each point is one way of doing the analysis; lines: {level} confidence intervals; diamonds: "
            "the estimates that were fixed beforehand. A choice above leaves only its own specifications."
        ),
        "alt": (
            f"Specification curve of {count(len(table))} specifications. Which way they point stands in the "
            "table below; each one in multiverse.parquet."
        ),
    }
