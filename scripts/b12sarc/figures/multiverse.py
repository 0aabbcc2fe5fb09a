"""Specification curves: every estimate in order, and beneath it which choices lead where.

Thousands of specifications are drawn in bins of neighbours, and each choice as a silhouette over the same
axis, so that the file stays small, sharp and legible in both themes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Transform

from b12sarc import style
from b12sarc.figures.canvas import text_width
from b12sarc.figures.planned import Planned
from b12sarc.figures.specifications import (
    CHOICES,
    level_in_words,
    levels_in_order,
    made_up,
    pre_specified,
    shown_limits,
    specifications_of,
    which_of,
)
from b12sarc.results import Run
from b12sarc.wording import count, number, percent

BINS = 180
SILHOUETTE_BINS = 60
WIDTH_IN = 8.4
LEFT_IN = 2.75
RIGHT_IN = 1.75
TOP_IN = 0.95
CURVE_IN = 2.5
GAP_IN = 0.55
ROW_IN = 0.168
FOOT_IN = 0.2


@dataclass(frozen=True)
class Choice:
    """One level of a choice: words, and the positions of its specifications in the sorted curve."""

    label: str
    heading: bool = False
    positions: np.ndarray | None = None
    effects: np.ndarray | None = None
    clear: float = 0.0


def draw_multiverse(run: Run, planned: Planned) -> Figure:
    """Draw a curve and the panel of its choices."""
    table = specifications_of(run, which_of(planned))
    choices = list(_choices(run, table))
    height = TOP_IN + CURVE_IN + GAP_IN + len(choices) * ROW_IN + FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, height))
    style.title(figure, planned.title, synthetic=made_up(run))
    width = WIDTH_IN - LEFT_IN - RIGHT_IN
    box = (LEFT_IN / WIDTH_IN, (height - TOP_IN - CURVE_IN) / height, width / WIDTH_IN, CURVE_IN / height)
    curve = figure.add_axes(box, label="curve")
    _curve(curve, table, pre_specified(run, table))
    _legend(figure, height)
    box = (box[0], FOOT_IN / height, box[2], len(choices) * ROW_IN / height)
    _panel(figure.add_axes(box, label="choices"), choices, len(table))
    return figure


def _curve(axes: Axes, table: pd.DataFrame, marked: np.ndarray) -> None:
    n = len(table)
    of_bin = np.minimum(np.arange(n) * BINS // n, BINS - 1)
    bins = table[["effect", "effect_low", "effect_high"]].astype(float).groupby(of_bin)
    middle, x = bins.median(), np.arange(n)
    place = pd.Series(x).groupby(of_bin).mean().to_numpy()
    low, high = middle["effect_low"].to_numpy(), middle["effect_high"].to_numpy()
    side = np.where(low > 0, 1, np.where(high < 0, -1, 0))
    for value, color in ((0, style.FAINT), (1, style.VERMILION), (-1, style.BLUE)):
        here = side == value
        axes.vlines(place[here], low[here], high[here], color=color, linewidth=0.9, alpha=0.5)
        axes.plot(place[here], middle["effect"].to_numpy()[here], ".", color=color, markersize=2.4)
    axes.axhline(0, color=style.INK, linewidth=0.8, dashes=(4, 3))
    axes.set_ylim(*shown_limits(low, high))
    axes.set_xlim(-0.01 * n, 1.01 * n)
    at = table["effect"].to_numpy(float)[marked]
    axes.plot(marked, at, marker="D", linestyle="none", color=style.INK, markersize=3.6, zorder=5)
    axes.set_ylabel(
        "Standardised difference\n(SD; above 0: worse status, worse health)", fontsize=style.SMALL_PT
    )
    axes.set_xlabel(f"{count(n)} specifications, in order of the estimate", fontsize=style.SMALL_PT)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(labelsize=style.SMALL_PT)
    axes.grid(axis="y", color=style.GRID, linewidth=0.5)
    axes.set_axisbelow(True)


def _legend(figure: Figure, height: float) -> None:
    words = (
        (style.VERMILION, "worse, interval without 0"),
        (style.FAINT, "interval with 0"),
        (style.BLUE, "better, interval without 0"),
        (style.INK, "◆ pre-specified"),
    )
    at = LEFT_IN / WIDTH_IN
    for color, text in words:
        y = 1 - 0.62 / height
        if color != style.INK:
            figure.text(at, y, "■ ", color=color, fontsize=style.TEXT_PT, va="center")
            at += 0.15 / WIDTH_IN
        figure.text(at, y, text, fontsize=style.SMALL_PT, va="center")
        at += (text_width(text, style.SMALL_PT) + 0.16) / WIDTH_IN


def _panel(axes: Axes, choices: list[Choice], n: int) -> None:
    """Draw a silhouette for each choice: where its specifications lie in the curve above."""
    axes.set_xlim(-0.01 * n, 1.01 * n)
    axes.set_ylim(len(choices), 0)
    axes.axis("off")
    columns = {1.08: "n", 1.23: "median", 1.40: "clear, %"}
    for x, text in columns.items():
        axes.text(x, -0.3, text, transform=_across(axes), ha="right", va="bottom", fontsize=style.SMALL_PT)
    edges = np.linspace(0, n, SILHOUETTE_BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    for row, choice in enumerate(choices):
        weight = "bold" if choice.heading else "normal"
        indent = -0.595 if choice.heading else -0.57
        axes.text(
            indent, row + 0.55, choice.label, transform=_across(axes), fontsize=style.SMALL_PT,
            fontweight=weight, va="center",
        )  # fmt: skip
        if choice.positions is None or choice.effects is None:
            continue
        density = np.histogram(choice.positions, edges)[0] / max(len(choice.positions), 1)
        depth = 0.86 * density / max(density.max(), 1e-12)
        base = np.full(SILHOUETTE_BINS, row + 0.95)
        axes.fill_between(middles, base, base - depth, color=style.MUTED, alpha=0.75, linewidth=0)
        axes.plot([0, n], [row + 0.95] * 2, color=style.GRID, linewidth=0.4)
        numbers = (
            count(len(choice.positions)),
            number(float(np.median(choice.effects)), 2),
            percent(choice.clear),
        )
        for x, text in zip(columns, numbers, strict=True):
            axes.text(
                x, row + 0.55, text, transform=_across(axes), ha="right", va="center", fontsize=style.SMALL_PT
            )


def _across(axes: Axes) -> Transform:
    """Fractions of the axes across, rows down."""
    return axes.get_yaxis_transform()


def _choices(run: Run, table: pd.DataFrame) -> Iterator[Choice]:
    for column, heading in CHOICES.items():
        found = list(dict.fromkeys(levels_in_order(run, column, table[column])))
        if len(found) < 2:
            continue
        yield Choice(heading, heading=True)
        for level in found:
            here = np.flatnonzero((table[column] == level).to_numpy())
            of = table.iloc[here]
            clear = ((of["effect_low"] > 0) | (of["effect_high"] < 0)).mean()
            effects = of["effect"].to_numpy(float)
            yield Choice(_fitting(level_in_words(run, column, level)), False, here, effects, float(clear))


def _fitting(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
