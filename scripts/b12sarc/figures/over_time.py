"""Prevalence by survey cycle: one small panel a definition, years across, with the gaps between surveys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from b12sarc import style
from b12sarc.figures.canvas import wrapped

WIDTH_IN = 8.4
EDGE_IN = 0.15
LEFT_IN = 0.38
GAP_IN = 0.18
PANEL_IN = 1.45
HEAD_IN = 0.7
FOOT_IN = 0.34
TOP_IN = 0.56
ACROSS = 3
STEP_YEARS = 0.32
"""Distance between the series of one cycle, so that intervals do not hide each other."""
ROOM = 1.12
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Point:
    """The prevalence (0-1) in one cycle, at its middle in calendar years."""

    year: float
    estimate: float
    low: float
    high: float
    suppressed: bool


@dataclass(frozen=True)
class Series:
    """Points of one kind: standardised (filled) or crude (open), on one scale or as measured."""

    points: tuple[Point, ...]
    as_measured: bool
    standardised: bool


@dataclass(frozen=True)
class TrendPanel:
    """One definition: heading, what the test for trend says, and its series."""

    heading: str
    trend: str
    series: tuple[Series, ...]
    gaps: tuple[tuple[float, float], ...]


def draw_over_time(
    heading: str, panels: Sequence[TrendPanel], span: tuple[float, float], *, synthetic: bool
) -> Figure:
    """Draw the panels in rows of three over the same years; each has its own axis of per cent, from 0."""
    rows = math.ceil(len(panels) / ACROSS)
    row_in = HEAD_IN + PANEL_IN + FOOT_IN
    height = TOP_IN + rows * row_in + EDGE_IN
    figure = Figure(figsize=(WIDTH_IN, height))
    style.title(figure, heading, synthetic=synthetic)
    _legend(figure, panels, height)
    width = (WIDTH_IN - 2 * EDGE_IN) / ACROSS - LEFT_IN - GAP_IN
    for i, panel in enumerate(panels):
        row, column = divmod(i, ACROSS)
        left = EDGE_IN + LEFT_IN + column * (width + LEFT_IN + GAP_IN)
        bottom = height - TOP_IN - (row + 1) * row_in + FOOT_IN
        box = (left / WIDTH_IN, bottom / height, width / WIDTH_IN, PANEL_IN / height)
        _panel(figure.add_axes(box, label=panel.heading), panel, span, width)
    return figure


def _panel(axes: Axes, panel: TrendPanel, span: tuple[float, float], width: float) -> None:
    shown = [p for s in panel.series for p in s.points if not p.suppressed]
    top = 100 * max((p.high for p in shown), default=0.1) * ROOM
    axes.set_xlim(*span)
    axes.set_ylim(0, top)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.tick_params(labelsize=style.SMALL_PT)
    axes.grid(axis="y", color=style.GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    for begin, end in panel.gaps:
        _gap(axes, begin, end, top, width / (span[1] - span[0]))
    for i, series in enumerate(panel.series):
        _draw_series(axes, series, (i - (len(panel.series) - 1) / 2) * STEP_YEARS, panel.gaps)
    heading = wrapped(panel.heading, width + LEFT_IN * 0.6, style.TEXT_PT, bold=True)
    trend = wrapped(panel.trend, width + LEFT_IN * 0.6, style.SMALL_PT)
    lines = trend.count("\n") + 1
    axes.annotate(
        trend, (0, 1), (0, 5), "axes fraction", textcoords="offset points", fontsize=style.SMALL_PT,
        color=style.MUTED, va="bottom", linespacing=1.1,
    )  # fmt: skip
    axes.annotate(
        heading, (0, 1), (0, 7 + lines * style.SMALL_PT * 1.25), "axes fraction",
        textcoords="offset points", fontsize=style.TEXT_PT, fontweight="bold", va="bottom", linespacing=1.1,
    )  # fmt: skip


def _gap(axes: Axes, begin: float, end: float, top: float, inches_a_year: float) -> None:
    axes.axvspan(begin, end, facecolor=style.BAND, edgecolor="none", zorder=0.6)
    wide = (end - begin) * inches_a_year > 0.8
    axes.text(
        (begin + end) / 2,
        top / 2,
        NOT_MEASURED,
        ha="center",
        va="center",
        rotation=0 if wide else 90,
        fontsize=style.SMALL_PT,
        style="italic",
        color=style.MUTED,
        zorder=0.7,
    )


def _draw_series(axes: Axes, series: Series, shift: float, gaps: Sequence[tuple[float, float]]) -> None:
    color, marker = _look(series.as_measured)
    face = color if series.standardised else style.PAPER
    before: Point | None = None
    for point in series.points:
        if point.suppressed:
            axes.plot([point.year + shift], [0], marker="x", color=color, markersize=4, clip_on=False)
            before = None
            continue
        x = point.year + shift
        if before is not None and series.standardised and not _apart(before.year, point.year, gaps):
            ends = (100 * before.estimate, 100 * point.estimate)
            axes.plot((before.year + shift, x), ends, color=color, linewidth=0.8, alpha=0.55, zorder=1.5)
        interval = (100 * point.low, 100 * point.high)
        axes.plot((x, x), interval, color=color, linewidth=1.0, solid_capstyle="butt", zorder=2)
        axes.plot(
            [x],
            [100 * point.estimate],
            marker=marker,
            color=color,
            markerfacecolor=face,
            markersize=3.8,
            markeredgewidth=0.9,
            zorder=3,
        )
        before = point


def _apart(first: float, second: float, gaps: Sequence[tuple[float, float]]) -> bool:
    """Whether a gap lies between two years."""
    return any(first <= begin and end <= second for begin, end in gaps)


def _look(as_measured: bool) -> tuple[str, str]:
    return (style.VERMILION, "s") if as_measured else (style.BLUE, "o")


def _legend(figure: Figure, panels: Sequence[TrendPanel], height: float) -> None:
    kinds = dict.fromkeys((s.as_measured, s.standardised) for panel in panels for s in panel.series)
    several = any(as_measured for as_measured, _ in kinds)
    handles = []
    for as_measured, standardised in kinds:
        color, marker = _look(as_measured)
        words = "age-standardised" if standardised else "crude"
        scale = ("as measured, " if as_measured else "on one scale, ") if several else ""
        face = color if standardised else style.PAPER
        handles.append(
            Line2D([], [], marker=marker, color=color, markerfacecolor=face, markersize=4.2, linewidth=1.0,
                   label=f"{scale}{words}")
        )  # fmt: skip
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(EDGE_IN * 0.4 / WIDTH_IN, 1 - 0.30 / height),
        ncols=len(handles),
        fontsize=style.SMALL_PT,
        handlelength=1.6,
        columnspacing=1.6,
    )
