"""Dose-response curves: one panel an outcome, the curve and its band, and beneath it whom it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter, NullLocator

from b12sarc import style
from b12sarc.figures.canvas import wrapped
from b12sarc.figures.curve_range import shown_range
from b12sarc.wording import MINUS, Measure

WIDTH_IN = 8.4
EDGE_IN = 0.15
LEFT_IN = 0.52
GAP_IN = 0.12
CURVE_IN = 1.35
DENSITY_IN = 0.3
HEAD_IN = 0.66
FOOT_IN = 0.46
TOP_IN = 0.26
ACROSS = 3
STEPS = ((1, 2, 5), (1, 1.5, 2, 3, 5, 7))
"""Round values of an axis of values; the finer ones where fewer than three of the others are on it."""
LADDERS = (
    (0.8, 0.9, 1.0, 1.1, 1.2),
    (0.6, 0.8, 1.0, 1.25, 1.6),
    (0.5, 0.7, 1.0, 1.4, 2.0),
    (0.25, 0.5, 1.0, 2.0, 4.0),
    (0.1, 0.3, 1.0, 3.0, 10.0),
    (0.05, 0.2, 1.0, 5.0, 20.0),
    (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0),
)
"""Ticks of a ratio axis; the first ladder that is about as long as the axis is used."""


@dataclass(frozen=True, eq=False)
class CurvePanel:
    """One outcome.

    Attributes:
        heading: the outcome.
        tests: n, events and p-values in words.
        measure: what is on the vertical axis, and the value of no difference.
        unit: of a difference.
        x: values of the exposure, ascending; ``estimate``, ``low`` and ``high`` are the curve and its band.
    """

    heading: str
    tests: str
    measure: Measure
    unit: str
    x: np.ndarray
    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, eq=False)
class Exposure:
    """What the panels have in common.

    Attributes:
        label: words and unit for the horizontal axis.
        logarithmic: whether that axis is.
        reference: the value that the curves are compared with.
        knots: where they may bend.
        edges: of the bins of the distribution, shape (b + 1,).
        density: height of each bin, shape (b,), the highest 1.
    """

    label: str
    logarithmic: bool
    reference: float
    knots: tuple[float, ...]
    edges: np.ndarray
    density: np.ndarray


def draw_dose_response(
    heading: str, exposure: Exposure, panels: Sequence[CurvePanel], *, synthetic: bool
) -> Figure:
    """Draw the panels in rows of three over the same values of the exposure."""
    rows = math.ceil(len(panels) / ACROSS)
    row_in = HEAD_IN + CURVE_IN + DENSITY_IN + FOOT_IN
    height = TOP_IN + rows * row_in + EDGE_IN
    figure = Figure(figsize=(WIDTH_IN, height))
    style.title(figure, heading, synthetic=synthetic)
    width = (WIDTH_IN - 2 * EDGE_IN) / ACROSS - LEFT_IN - GAP_IN
    for i, panel in enumerate(panels):
        row, column = divmod(i, ACROSS)
        left = EDGE_IN + LEFT_IN + column * (width + LEFT_IN + GAP_IN)
        bottom = height - TOP_IN - (row + 1) * row_in + FOOT_IN
        lower = (left / WIDTH_IN, bottom / height, width / WIDTH_IN, DENSITY_IN / height)
        upper = (left / WIDTH_IN, (bottom + DENSITY_IN) / height, width / WIDTH_IN, CURVE_IN / height)
        curve = figure.add_axes(upper, label=panel.heading)
        _curve(curve, panel, exposure)
        _headings(curve, panel, width)
        _density(figure.add_axes(lower, label=f"{panel.heading}: distribution"), panel, exposure)
    return figure


def _curve(axes: Axes, panel: CurvePanel, exposure: Exposure) -> None:
    _across(axes, panel, exposure)
    axes.tick_params(labelbottom=False, labelsize=style.SMALL_PT)
    _upright(axes, panel, exposure)
    null = panel.measure.null
    axes.axhline(null, color=style.MUTED, linewidth=0.8, dashes=(4, 3), zorder=1)
    axes.axvline(exposure.reference, color=style.FAINT, linewidth=0.7, dashes=(1, 2), zorder=1)
    axes.fill_between(
        panel.x, panel.low, panel.high, facecolor=style.BLUE, alpha=0.18, edgecolor="none", zorder=2
    )
    axes.plot(panel.x, panel.estimate, color=style.BLUE, linewidth=1.5, zorder=3)
    axes.plot(
        [exposure.reference], [null], marker="o", markersize=4, color=style.BLUE,
        markerfacecolor=style.PAPER, zorder=4,
    )  # fmt: skip
    measure = panel.measure
    words = measure.name if measure.ratio else f"Difference, {panel.unit}".rstrip(", ")
    axes.set_ylabel(words, fontsize=style.SMALL_PT, labelpad=2)


def _across(axes: Axes, panel: CurvePanel, exposure: Exposure) -> None:
    """Set the horizontal axis, with ticks at round values."""
    if exposure.logarithmic:
        axes.set_xscale("log")
    axes.set_xlim(panel.x[0], panel.x[-1])
    if exposure.logarithmic:
        axes.xaxis.set_major_locator(FixedLocator(round_values(panel.x[0], panel.x[-1])))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_formatter("{x:,g}")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))


def round_values(low: float, high: float) -> list[float]:
    """Return a few round values between two limits, evenly spread on a logarithmic axis.

    >>> round_values(119.6, 2760)
    [200.0, 500.0, 1000.0, 2000.0]
    >>> round_values(5.6, 27.4)
    [7.0, 10.0, 15.0, 20.0]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    inside: list[float] = []
    for steps in STEPS:
        values = [step * 10.0**power for power in powers for step in steps]
        inside = [value for value in values if low <= value <= high]
        if len(inside) >= 3:
            break
    return inside


def _upright(axes: Axes, panel: CurvePanel, exposure: Exposure) -> None:
    """Show the whole curve, and its band between the outer knots; beyond these the axis cuts it off."""
    band = (panel.estimate, panel.low, panel.high)
    low, high = shown_range(panel.x, band, exposure.knots, panel.measure.null)
    if not panel.measure.ratio:
        room = 0.06 * (high - low)
        ticks = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        _scale(axes, low - room, high + room, ticks)
        return
    room = (high / low) ** 0.06
    axes.set_yscale("log")
    about = (ladder for ladder in LADDERS if ladder[0] <= 1.25 * low and ladder[-1] >= high / 1.25)
    ladder = next(about, LADDERS[-1])
    _scale(axes, low / room, high * room, ladder)
    axes.yaxis.set_minor_locator(NullLocator())


def _scale(axes: Axes, low: float, high: float, ticks: Iterable[float]) -> None:
    """Set the limits of the vertical axis, and those of the ticks that lie between them."""
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    axes.yaxis.set_major_formatter(lambda value, _: f"{round(value, 9):g}".replace("-", MINUS))


def _headings(axes: Axes, panel: CurvePanel, width: float) -> None:
    room = width + LEFT_IN * 0.8
    heading = wrapped(panel.heading, room, style.TEXT_PT, bold=True)
    tests = wrapped(panel.tests, room, style.SMALL_PT)
    across = -LEFT_IN * 0.75 * 72
    lines = tests.count("\n") + 1
    axes.annotate(
        tests, (0, 1), (across, 5), "axes fraction", textcoords="offset points", fontsize=style.SMALL_PT,
        color=style.MUTED, va="bottom", linespacing=1.1,
    )  # fmt: skip
    axes.annotate(
        heading, (0, 1), (across, 7 + lines * style.SMALL_PT * 1.25), "axes fraction",
        textcoords="offset points", fontsize=style.TEXT_PT, fontweight="bold", va="bottom", linespacing=1.1,
    )  # fmt: skip


def _density(axes: Axes, panel: CurvePanel, exposure: Exposure) -> None:
    """Draw the distribution, and the knots on its upper edge."""
    _across(axes, panel, exposure)
    axes.set_ylim(0, 1.35)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    if len(exposure.density):
        axes.stairs(exposure.density, exposure.edges, fill=True, color=style.FAINT, alpha=0.55)
    axes.plot(
        exposure.knots, np.full(len(exposure.knots), 1.35), linestyle="none", marker="v", markersize=3.6,
        color=style.INK, clip_on=False, zorder=5,
    )  # fmt: skip
    axes.tick_params(labelsize=style.SMALL_PT)
    axes.set_xlabel(exposure.label, fontsize=style.SMALL_PT, labelpad=2)
