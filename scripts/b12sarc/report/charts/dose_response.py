"""Dose-response curves of which the reader chooses exposure, outcome and cohort."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from b12sarc.figures.curve_range import shown_range
from b12sarc.figures.curves import curve_of, drawn_tests, knots_of, measured, tests_in_words
from b12sarc.report.charts import vega
from b12sarc.results import CohortResults, Run
from b12sarc.style import marked
from b12sarc.wording import MEASURES, label, plain, unit

HEIGHT = 300
LINE_PX = 34
HEADING_PX, BELOW_PX = 26, 52
"""From the axis to its words, and to the first line of words beneath them."""
RATIOS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 20)
"""Ticks of an axis of ratios, as far as they are on it."""
DIMENSIONS = {"exposure": "Exposure", "outcome": "Outcome", "cohort": "Cohort"}
NUMBERS = {"value": "value", "at": "estimate", "low": "conf_low", "high": "conf_high"}
"""Column of the data in the page -> column of dose_response.csv."""


@dataclass
class _Curves:
    """The curves of one chart.

    Attributes:
        codes: of the words of each dimension.
        of: what is known of each curve, in the order of the curves.
        axes: outcome in words -> words for the vertical axis.
        rows: the points of all curves, with the number of their curve.
    """

    codes: dict[str, vega.Codes] = field(
        default_factory=lambda: {name: vega.Codes(name) for name in DIMENSIONS}
    )
    of: dict[str, list[Any]] = field(default_factory=dict)
    axes: dict[str, str] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, points: pd.DataFrame, words: dict[str, str], known: dict[str, Any]) -> None:
        coded = {name: self.codes[name](text) for name, text in words.items()}
        for name, value in (coded | known).items():
            self.of.setdefault(name, []).append(value)
        number = len(self.of["cohort"]) - 1
        for point in points.to_dict("records"):
            numbers = {name: float(f"{point[column]:.4g}") for name, column in NUMBERS.items()}
            self.rows.append({"curve": number, **numbers})


def dose_response_charts(run: Run) -> list[vega.Chart]:
    """Return a chart of the ratios and one of the differences, if there are such curves.

    Exposures on a logarithmic axis and others are apart, because an axis is one or the other.
    """
    found = []
    for ratio in (True, False):
        for logarithmic in (True, False):
            curves = _Curves()
            for cohort, test in _tests(run, ratio=ratio, logarithmic=logarithmic):
                _add(curves, run, cohort, test)
            if curves.rows:
                name = (
                    f"explore_curves_{'ratios' if ratio else 'differences'}{'' if logarithmic else '_linear'}"
                )
                drawn = _drawn(curves, ratio=ratio, logarithmic=logarithmic)
                found.append(vega.finished(drawn, curves.rows, name, _words(run, ratio=ratio)))
    return found


def _tests(run: Run, *, ratio: bool, logarithmic: bool) -> Iterator[tuple[CohortResults, pd.Series]]:
    """Yield the tests of the curves of a chart, outcomes of the headline first."""
    asked = run.project.analysis.headline.outcomes
    for cohort in run.cohorts.values():
        for exposure in dict.fromkeys(cohort.curves.get("exposure", ())):
            made = run.project.definitions.definitions[exposure].value_of
            if (made is not None and made.transform != "identity") != logarithmic:
                continue
            tests = drawn_tests(run.project, cohort, exposure)
            tests = tests[tests["estimator"].map(lambda name: MEASURES[name].ratio == ratio)]
            order = tests["outcome"].map(lambda name: asked.index(name) if name in asked else len(asked))
            for place in np.argsort(order.to_numpy(int), kind="stable"):
                yield cohort, tests.iloc[place]


def _add(curves: _Curves, run: Run, cohort: CohortResults, test: pd.Series) -> None:
    points = curve_of(cohort, test).dropna(subset=list(NUMBERS.values()))
    if points.empty:
        return
    measure, project = MEASURES[test["estimator"]], run.project
    x, *band = (points[column].to_numpy(float) for column in NUMBERS.values())
    bottom, top = shown_range(x, (band[0], band[1], band[2]), knots_of(test), measure.null)
    words = {
        "exposure": f"{measured(project, test['exposure'])}, {plain(test['unit'])}",
        "outcome": label(project, test["outcome"]),
        "cohort": cohort.cohort.title,
    }
    axis = measure.name if measure.ratio else f"Difference, {unit(project, test['outcome'])}".rstrip(", ")
    known = {
        "bottom": bottom,
        "top": top,
        "reference": float(test["reference"]),
        "tests": tests_in_words(test),
    }
    curves.add(points, words, known)
    curves.axes[words["outcome"]] = axis


def _drawn(curves: _Curves, *, ratio: bool, logarithmic: bool) -> vega.AnyChart:
    codes, null = curves.codes, 1 if ratio else 0
    used = [name for name in DIMENSIONS if len(codes[name].words) > 1 or name != "cohort"]
    params = [vega.chooser(codes[name], DIMENSIONS[name], every=name == "cohort") for name in used]
    params += [code.param() for code in codes.values()]
    params += [alt.param(name=f"{name}_of", value=values) for name, values in curves.of.items()]
    params.append(alt.param(name="outcome_axis", value=[curves.axes[o] for o in codes["outcome"].words]))
    read = [
        *vega.tips({name: DIMENSIONS[name] for name in ("cohort", "outcome", "exposure")}),
        alt.Tooltip("value:Q", title="At", format=",.4~g"),
        alt.Tooltip("shown:N", title="Compared with the reference (CI)"),
        alt.Tooltip("tests:N", title="The curve"),
    ]
    scale = alt.Scale(type="log", nice=False) if logarithmic else alt.Scale(zero=False, nice=False)
    x = alt.X("value:Q", scale=scale, title=None, axis=alt.Axis(grid=False, tickCount=6))
    upright = alt.Scale(type="log", nice=False) if ratio else alt.Scale(zero=False)
    ticks = alt.Axis(values=list(RATIOS), labelOverlap=True) if ratio else alt.Axis(tickCount=5)
    y = alt.Y("at:Q", scale=upright, title=None, axis=ticks)
    colour = vega.by_cohort(codes["cohort"], columns=vega.ROOM)
    pointed = vega.pointed_at("curve", "value")
    marks = alt.Chart()
    layers = [
        marks.mark_area(opacity=0.18).encode(x=x, y=alt.Y("band_low:Q"), y2="band_high:Q", color=colour),
        alt.Chart(vega.ONCE).mark_rule(color=vega.MUTED, strokeDash=[4, 3]).encode(y=alt.datum(null)),
        marks.mark_line(strokeWidth=2).encode(x=x, y=y, color=colour),
        marks.transform_aggregate(reference="min(reference)", groupby=["curve", "cohort_said"])
        .mark_point(filled=False, size=60, opacity=1)
        .encode(x="reference:Q", y=alt.datum(null), color=colour),
        marks.mark_point(filled=True, opacity=1)
        .encode(
            x=x, y=y, color=colour, size=alt.condition(pointed, alt.value(90), alt.value(8)), tooltip=read
        )
        .add_params(pointed),
        alt.Chart(vega.ONCE)
        .mark_text(text=alt.ExprRef("exposure_words[exposure]"), baseline="top", color=vega.INK, fontSize=12)
        .encode(x=alt.value(alt.ExprRef("width / 2")), y=alt.value(HEIGHT + HEADING_PX)),
        *(_beneath(place) for place in range(len(codes["cohort"].words))),
    ]
    return (
        alt.layer(*layers, data=vega.ROWS)
        .transform_calculate(**{name: f"{name}_of[datum.curve]" for name in curves.of})
        .transform_filter(vega.chosen(used))
        .transform_calculate(**_calculated(codes))
        .add_params(*params)
        .properties(
            width="container",
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding", resize=True),
            height=HEIGHT,
            title=alt.TitleParams(text=alt.ExprRef("[outcome_words[outcome], outcome_axis[outcome]]")),
        )
    )


def _beneath(place: int) -> alt.Chart:
    """Return the words of one of the curves shown, beneath the axis: cohort, n, events, p-values."""
    return (
        alt.Chart()
        .transform_aggregate(told="min(told)", groupby=["cohort"])
        .transform_window(place="row_number()")
        .transform_filter(f"datum.place == {place + 1}")
        .mark_text(align="left", baseline="top", color=vega.INK, fontSize=12, lineBreak="\n")
        .encode(x=alt.value(0), y=alt.value(HEIGHT + BELOW_PX + LINE_PX * place), text="told:N")
    )


def _calculated(codes: dict[str, vega.Codes]) -> dict[str, str]:
    """Return what each point shows: its words, its numbers in words, the part of its band that is drawn."""
    numbers = (
        "format(datum.at, '.2f') + ' (' + format(datum.low, '.2f') + ' to ' + format(datum.high, '.2f') + ')'"
    )
    return {
        **vega.said(codes),
        "shown": numbers,
        "band_low": "clamp(datum.low, datum.bottom, datum.top)",
        "band_high": "clamp(datum.high, datum.bottom, datum.top)",
        "told": f"{codes['cohort'].column()} + ':\\n' + datum.tests",
    }


def _words(run: Run, *, ratio: bool) -> dict[str, str]:
    level = f"{100 * run.project.analysis.confidence_level:g} %"
    axis = "ratios, on a logarithmic axis" if ratio else "differences in means"
    return {
        "title": marked(
            f"Over the range of an exposure, {'ratios' if ratio else 'differences'}: choose what to compare",
            synthetic=run.synthetic,
        ),
        "caption": (
            f"Restricted cubic splines: {axis}, compared with the reference value (open circle). Bands: "
            f"pointwise {level} confidence intervals, cut off where they leave the curve far behind; dashed: "
            "no difference. Point at a curve to read it; p: of any association, and of a departure from a "
            "straight line."
        ),
        "alt": "Dose-response curves of the chosen outcome. Figures of the cohorts say their ends in words.",
    }
