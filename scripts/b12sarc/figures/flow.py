"""The eligibility flow as a diagram: who stays at each step, and who is lost beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from b12sarc import style
from b12sarc.figures.canvas import wrapped
from b12sarc.wording import SUPPRESSED, count, stands_for

WIDTH_IN = 7.0
BOX_IN = 3.7
BOX_HEIGHT_IN = 0.62
GAP_IN = 0.42
SIDE_IN = 2.3
SIDE_HEIGHT_IN = 0.40
EDGE_IN = 0.2
TOP_IN = 0.55


@dataclass(frozen=True)
class FlowStep:
    """One step: words, people left, people lost on entering it, and whom those left stand for.

    A number that may not be shown is NaN.
    """

    description: str
    remaining: float
    excluded: float
    weighted: float
    in_domain: bool


def draw_flow(heading: str, steps: Sequence[FlowStep], *, synthetic: bool) -> Figure:
    """Draw the steps from top to bottom."""
    height = TOP_IN + len(steps) * BOX_HEIGHT_IN + (len(steps) - 1) * GAP_IN + EDGE_IN
    figure = Figure(figsize=(WIDTH_IN, height))
    style.title(figure, heading, synthetic=synthetic)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH_IN)
    axes.set_ylim(height, 0)
    for i, step in enumerate(steps):
        top = TOP_IN + i * (BOX_HEIGHT_IN + GAP_IN)
        if i:
            _exclusion(axes, top, step)
        _step(axes, top, step)
    return figure


def _step(axes: Axes, top: float, step: FlowStep) -> None:
    edge, width = (style.BLUE, 1.8) if step.in_domain else (style.FAINT, 0.9)
    _box(axes, EDGE_IN, top, BOX_IN, BOX_HEIGHT_IN, edge, width, style.PAPER)
    middle = EDGE_IN + BOX_IN / 2
    words = wrapped(step.description, BOX_IN - 0.2, style.TEXT_PT, bold=True)
    axes.text(middle, top + 0.20, words, ha="center", va="center", fontweight="bold", linespacing=1.1)
    people = f"n = {_people(step.remaining)}"
    others = "" if math.isnan(step.weighted) else stands_for(step.remaining, step.weighted)
    stands = f"stand for {others}" if others else ""
    axes.text(middle, top + 0.45, "   ·   ".join(filter(None, (people, stands))), ha="center", va="center")


def _exclusion(axes: Axes, top: float, step: FlowStep) -> None:
    middle = EDGE_IN + BOX_IN / 2
    _arrow(axes, (middle, top - GAP_IN), (middle, top))
    if not step.excluded:
        return
    y = top - GAP_IN / 2
    left = EDGE_IN + BOX_IN + 0.45
    _arrow(axes, (middle, y), (left, y))
    _box(axes, left, y - SIDE_HEIGHT_IN / 2, SIDE_IN, SIDE_HEIGHT_IN, style.GRID, 0.8, style.BAND)
    axes.text(left + SIDE_IN / 2, y, f"left out: n = {_people(step.excluded)}", ha="center", va="center")


def _people(number: float) -> str:
    return SUPPRESSED if math.isnan(number) else count(number)


def _box(
    axes: Axes, x: float, y: float, width: float, height: float, edge: str, line: float, fill: str
) -> None:
    shape = "round,pad=0,rounding_size=0.06"
    box = FancyBboxPatch(
        (x, y), width, height, boxstyle=shape, facecolor=fill, edgecolor=edge, linewidth=line, alpha=0.9
    )
    axes.add_patch(box)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=9,
            linewidth=0.9,
            color=style.MUTED,
            shrinkA=0,
            shrinkB=0,
        )
    )
