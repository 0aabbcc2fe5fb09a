"""Published against computed numbers: all of them on one line, and how far each publication is off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from b12sarc import style
from b12sarc.figures.canvas import text_width, wrapped
from b12sarc.reproduce.tables import DIFFERS, NOT_COMPUTED, REPRODUCED, WITHIN

WIDTH_IN = 10.0
EDGE_IN, TOP_IN, FOOT_IN, ROW_IN, GAP_IN = 0.12, 0.62, 0.62, 0.40, 0.35
SQUARE_IN, MIN_BODY_IN = 3.4, 3.4
FARTHEST = 100.0
"""Differences beyond this many tolerances are drawn at the edge."""
LOOKS = {
    REPRODUCED: (style.BLUE, "o", "Rounds to the printed digits"),
    WITHIN: (style.GREEN, "D", "Within the stated tolerance"),
    DIFFERS: (style.VERMILION, "s", "Differs"),
}


def draw_reproduction(table: pd.DataFrame, svg: Path, png: Path) -> None:
    """Draw ``reproduction.csv`` and save it as ``svg`` and ``png`` (same folder, same name).

    Args:
        table: columns of :data:`b12sarc.reproduce.tables.COLUMNS`.
        svg: where the vector figure goes.
        png: where the 300-dpi figure goes.
    """
    if svg.with_suffix("") != png.with_suffix(""):
        raise ValueError(f"{svg} and {png} must have one name in one folder")
    with style.figure_style():
        style.save(reproduction_figure(table), svg.parent, svg.stem)


def reproduction_figure(table: pd.DataFrame) -> Figure:
    """Return the figure: left every number against its print, right the differences by publication."""
    titles = {name: str(rows["title"].iloc[0]) for name, rows in table.groupby("id", sort=False)}
    body = max(MIN_BODY_IN, ROW_IN * len(titles))
    height = TOP_IN + body + FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, height))
    computed = table[table["status"] != NOT_COMPUTED]
    heading = f"Published and computed: {(table['status'] == REPRODUCED).sum()} of {len(table)} numbers agree"
    style.title(figure, f"{heading} to the printed digits", synthetic=False)
    _line(figure, computed, height)
    _strips(figure, computed, titles, body, height)
    return figure


def _line(figure: Figure, rows: pd.DataFrame, height: float) -> None:
    box = (0.62 / WIDTH_IN, (height - TOP_IN - SQUARE_IN) / height, SQUARE_IN / WIDTH_IN, SQUARE_IN / height)
    axes = figure.add_axes(box)
    published, ours = rows["published"].astype(float), rows["computed"]
    positive = (published > 0) & (ours > 0)
    limits = (0.7 * min(published[positive].min(), ours[positive].min()), 1.4 * published[positive].max())
    axes.plot(limits, limits, color=style.FAINT, linewidth=0.8, zorder=1)
    for status, (colour, marker, words) in LOOKS.items():
        at = positive & (rows["status"] == status)
        label = f"{words} ({int((rows['status'] == status).sum())})"
        axes.scatter(
            published[at], ours[at], s=16, marker=marker, facecolors="none", edgecolors=colour, label=label
        )
    axes.set(xscale="log", yscale="log", xlim=limits, ylim=limits)
    axes.set_xlabel("Published number (its own unit, log scale)")
    axes.set_ylabel("Computed number", labelpad=2)
    axes.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.1)


def _strips(figure: Figure, rows: pd.DataFrame, titles: dict[str, str], body: float, height: float) -> None:
    left = 0.62 + SQUARE_IN + GAP_IN
    words = {name: wrapped(title, 2.6, style.SMALL_PT) for name, title in titles.items()}
    room = (
        max(text_width(line, style.SMALL_PT) for text in words.values() for line in text.split("\n")) + 0.12
    )
    width = WIDTH_IN - left - room - EDGE_IN
    box = ((left + room) / WIDTH_IN, FOOT_IN / height, width / WIDTH_IN, body / height)
    axes = figure.add_axes(box)
    for place, name in enumerate(titles):
        of_table = rows[rows["id"] == name]
        if of_table.empty:
            axes.annotate("not computed: the files are not here", (0, place), ha="center", va="center",
                          fontsize=style.SMALL_PT, color=style.MUTED)  # fmt: skip
        for status, (colour, marker, _) in LOOKS.items():
            at = of_table[of_table["status"] == status]
            off = (at["difference"] / at["tolerance"]).clip(-FARTHEST, FARTHEST)
            spread = np.linspace(-0.22, 0.22, len(at)) if len(at) > 1 else np.zeros(len(at))
            axes.scatter(off, place + spread, s=9, marker=marker, facecolors="none", edgecolors=colour)
    axes.axvspan(-1, 1, color=style.BAND, zorder=-1)
    axes.set_xscale("symlog", linthresh=1, linscale=1)
    axes.set_xlim(-1.3 * FARTHEST, 1.3 * FARTHEST)
    axes.set_xticks(
        [-FARTHEST, -10, -1, 0, 1, 10, FARTHEST], ["≤ -100", "-10", "-1", "0", "1", "10", "≥ 100"]
    )
    axes.set_yticks(range(len(titles)), list(words.values()), fontsize=style.SMALL_PT)
    axes.set_ylim(len(titles) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=style.GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel("Computed minus published, in tolerances (half the last digit)", fontsize=style.SMALL_PT)
