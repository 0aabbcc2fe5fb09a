"""Forest plots: one line an estimate, its people, effect, interval and p beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import blended_transform_factory

from b12sarc import style
from b12sarc.figures.canvas import text_width, wrapped
from b12sarc.wording import Measure, count, interval, p_value

LINE_IN = 0.185
GROUP_IN = 0.25
WIDTH_IN = 8.4
EDGE_IN = 0.15
MAX_LABEL_IN = 3.0
COUNT_IN = 0.95
EFFECT_IN = 1.65
P_IN = 0.55
HEAD_IN = 0.42
FOOT_IN = 0.55
LADDERS = (
    (0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5),
    (0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0),
    (0.25, 0.33, 0.5, 0.67, 1.0, 1.5, 2.0, 3.0, 4.0),
    (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
    (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0),
)
"""Ticks of a ratio axis; the ladder that puts most of them on it is used."""
MAX_RATIO = 20.0


@dataclass(frozen=True)
class Line:
    """One estimate.

    Attributes:
        label: words in front.
        n: people; NaN if ``people`` says it.
        events: people with the outcome; NaN for continuous outcomes.
        estimate: the estimate, with ``low`` and ``high`` its interval and ``p``.
        strong: of the primary adjustment set.
        reason: stands in for a missing estimate.
        pooled: drawn as a diamond that spans the interval.
        prediction: limits of the prediction interval of a pooled estimate.
        people: people as printed by others.
    """

    label: str
    n: float
    events: float
    estimate: float
    low: float
    high: float
    p: float
    strong: bool = True
    reason: str = ""
    pooled: bool = False
    prediction: tuple[float, float] | None = None
    people: str = ""


@dataclass(frozen=True)
class Group:
    """Lines under a heading; an empty heading takes no room."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Panel:
    """One axis: its estimates are on the same scale."""

    heading: str
    measure: Measure
    unit: str
    groups: tuple[Group, ...]

    def lines(self) -> list[Line]:
        """Return the lines of every group."""
        return [line for group in self.groups for line in group.lines]


def draw_forest(heading: str, panels: Sequence[Panel], *, synthetic: bool) -> Figure:
    """Draw the panels one below the other."""
    label_in = max(_label_width(panel) for panel in panels)
    bodies = [_body_height(panel, label_in) for panel in panels]
    top_in = 0.38
    height = top_in + sum(bodies) + len(panels) * (HEAD_IN + FOOT_IN)
    figure = Figure(figsize=(WIDTH_IN, height))
    style.title(figure, heading, synthetic=synthetic)
    plot_in = WIDTH_IN - 2 * EDGE_IN - label_in - COUNT_IN - EFFECT_IN - P_IN - 0.2
    y = height - top_in
    for panel, body in zip(panels, bodies, strict=True):
        y -= HEAD_IN + body
        box = (EDGE_IN + label_in + 0.1, y, plot_in, body)
        axes = figure.add_axes(
            (box[0] / WIDTH_IN, box[1] / height, box[2] / WIDTH_IN, box[3] / height), label=panel.heading
        )
        _draw_panel(axes, panel, body, plot_in, label_in)
        y -= FOOT_IN
    return figure


def _label_width(panel: Panel) -> float:
    widest = max(text_width(line.label, style.TEXT_PT) for line in panel.lines())
    return min(widest + 0.15, MAX_LABEL_IN)


def _body_height(panel: Panel, label_in: float) -> float:
    total = 0.0
    for group in panel.groups:
        total += GROUP_IN if group.heading else 0
        total += sum(_line_height(line, label_in) for line in group.lines)
    return total


def _line_height(line: Line, label_in: float) -> float:
    rows = wrapped(line.label, label_in, style.TEXT_PT).count("\n") + 1
    return LINE_IN * rows + (0.06 if rows > 1 else 0)


def _draw_panel(axes: Axes, panel: Panel, body: float, plot_in: float, label_in: float) -> None:
    axes.set_ylim(body, 0)
    low, high = _scale(axes, panel, plot_in)
    axes.axvline(panel.measure.null, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.spines["left"].set_visible(False)
    axes.set_yticks([])
    axes.grid(axis="x", color=style.GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    units = "log scale" if panel.measure.ratio else panel.unit
    axes.set_xlabel(f"{panel.measure.name}{f', {units}' if units else ''}", labelpad=3)
    put = _Columns(axes, plot_in, label_in)
    put.heads(panel)
    y = 0.0
    for group in panel.groups:
        if group.heading:
            put.band(y, group.heading)
            y += GROUP_IN
        for line in group.lines:
            tall = _line_height(line, label_in)
            put.row(y + tall / 2, line, panel.measure)
            _mark(axes, y + tall / 2, line, low, high)
            y += tall


@dataclass(frozen=True)
class _Columns:
    """Text left and right of the axis; x in inches from its left end, y in inches from its top."""

    axes: Axes
    plot_in: float
    label_in: float

    def _text(self, x_in: float, y: float, text: str, **how: Any) -> None:
        across = blended_transform_factory(self.axes.transAxes, self.axes.transData)
        self.axes.text(x_in / self.plot_in, y, text, transform=across, va="center", **how)

    def _ends(self) -> tuple[float, float, float]:
        count_end = self.plot_in + COUNT_IN
        return count_end, count_end + EFFECT_IN, count_end + EFFECT_IN + P_IN

    def heads(self, panel: Panel) -> None:
        """Head the columns."""
        left = -self.label_in - 0.1
        self._text(left, -0.27, panel.heading, ha="left", fontweight="bold", color=style.INK)
        small: dict[str, Any] = {"ha": "right", "color": style.MUTED, "fontsize": style.SMALL_PT}
        events = any(not math.isnan(line.events) for line in panel.lines())
        words = ("n (events)" if events else "n", f"{panel.measure.short} (95 % CI)", "p")
        for x, text in zip(self._ends(), words, strict=True):
            self._text(x, -0.09, text, **small)
        for text, side, offset in (("← lower", "right", -5), ("higher →", "left", 5)):
            self.axes.annotate(
                text,
                (panel.measure.null, -0.09),
                (offset, 0),
                textcoords="offset points",
                va="center",
                annotation_clip=False,
                **{**small, "ha": side},
            )

    def band(self, y: float, heading: str) -> None:
        """Lay the heading of a group on a band over the whole width."""
        left, right = -self.label_in - 0.15, self._ends()[2] + 0.05
        across = blended_transform_factory(self.axes.transAxes, self.axes.transData)
        self.axes.add_patch(
            mpl.patches.Rectangle(
                (left / self.plot_in, y + 0.03),
                (right - left) / self.plot_in,
                GROUP_IN - 0.05,
                transform=across,
                clip_on=False,
                facecolor=style.BAND,
                edgecolor="none",
                zorder=1.5,
            )
        )
        self._text(left + 0.05, y + GROUP_IN / 2, heading, ha="left", fontweight="bold", zorder=3)

    def row(self, y: float, line: Line, measure: Measure) -> None:
        """Write one line: label, people, effect with interval, p."""
        label = wrapped(line.label, self.label_in, style.TEXT_PT)
        self._text(-self.label_in, y, label, ha="left", linespacing=1.15)
        events = "" if math.isnan(line.events) else f" ({count(line.events)})"
        people, effect, p = self._ends()
        self._text(people, y, line.people or f"{count(line.n)}{events}", ha="right")
        if line.reason:
            self._text(p, y, line.reason, ha="right", style="italic", color=style.MUTED)
            return
        shown = interval(line.estimate, line.low, line.high, measure)
        self._text(effect, y, shown, ha="right", fontweight="bold" if line.strong else "normal")
        self._text(p, y, p_value(line.p), ha="right")


def _mark(axes: Axes, y: float, line: Line, low: float, high: float) -> None:
    if line.reason or math.isnan(line.estimate):
        return
    if line.pooled:
        _diamond(axes, y, line, low, high)
        return
    color = style.BLUE if line.strong else style.MUTED
    if not math.isnan(line.low):
        ends = (max(line.low, low), min(line.high, high))
        axes.plot(
            ends, (y, y), color=color, linewidth=1.8 if line.strong else 1.0, solid_capstyle="butt", zorder=2
        )
        for beyond, at, marker in ((line.low < low, low, "<"), (line.high > high, high, ">")):
            if beyond:
                axes.plot([at], [y], marker=marker, color=color, markersize=4.5, clip_on=False, zorder=3)
    if low <= line.estimate <= high:
        fill = color if line.strong else style.PAPER
        marker, size = ("s", 5.5) if line.strong else ("o", 4.2)
        axes.plot(
            [line.estimate], [y], marker=marker, color=color, markerfacecolor=fill, markersize=size, zorder=4
        )


def _diamond(axes: Axes, y: float, line: Line, low: float, high: float) -> None:
    """Draw a pooled estimate: a diamond over its interval, on a dotted bar over the prediction interval."""
    color = style.VERMILION
    if line.prediction is not None:
        ends = [min(max(limit, low), high) for limit in line.prediction]
        axes.plot(ends, (y, y), color=color, linewidth=0.9, linestyle=(0, (1.5, 1)), zorder=2)
        for limit, end, beyond in zip(line.prediction, ends, ("<", ">"), strict=True):
            marker = "|" if low <= limit <= high else beyond
            axes.plot([end], [y], marker=marker, color=color, markersize=4, clip_on=False, zorder=3)
    middle = min(max(line.estimate, low), high)
    x = (max(line.low, low), middle, min(line.high, high), middle)
    corners = list(zip(x, (y, y - 0.06, y, y + 0.06), strict=True))
    axes.add_patch(mpl.patches.Polygon(corners, closed=True, color=color, linewidth=0.6, zorder=4))


def _scale(axes: Axes, panel: Panel, plot_in: float) -> tuple[float, float]:
    """Set the axis to hold the estimates and, as far as sensible, their intervals; return its limits."""
    lines = [x for x in panel.lines() if not x.pooled] or panel.lines()
    values = [v for x in lines for v in (x.estimate, x.low, x.high) if math.isfinite(v)]
    if panel.measure.ratio:
        low, high = _ratio_limits([v for v in values if v > 0])
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        ticks = _ratio_ticks(low, high, plot_in)
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    else:
        low, high = _linear_limits(values)
        axes.set_xlim(low, high)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.tick_params(axis="x", length=3)
    return low, high


def _ratio_limits(values: Sequence[float]) -> tuple[float, float]:
    low = max(min([*values, 0.8]), 1 / MAX_RATIO)
    high = min(max([*values, 1.25]), MAX_RATIO)
    return low / 1.08, high * 1.08


def _ratio_ticks(low: float, high: float, plot_in: float) -> list[float]:
    """Return the ladder that reaches furthest over the axis, of those whose labels have room."""
    inches = plot_in / math.log(high / low)
    inside = [[t for t in ladder if low <= t <= high] for ladder in LADDERS]
    roomy = [ticks for ticks in inside if _have_room(ticks, inches)] or inside[-1:]
    return max(roomy, key=lambda ticks: math.log(ticks[-1] / ticks[0]) + 0.15 * len(ticks))


def _have_room(ticks: Sequence[float], inches: float) -> bool:
    """Return whether the labels stay apart on an axis with so many inches for a factor of e."""
    widths = [text_width(f"{t:g}", style.TEXT_PT) for t in ticks]
    return all(
        inches * math.log(after / before) > (width_before + width_after) / 2 + 0.06
        for before, after, width_before, width_after in zip(
            ticks, ticks[1:], widths, widths[1:], strict=False
        )
    )


def _linear_limits(values: Sequence[float]) -> tuple[float, float]:
    low, high = min([*values, 0.0]), max([*values, 0.0])
    margin = 0.06 * (high - low or 1.0)
    return low - margin, high + margin
