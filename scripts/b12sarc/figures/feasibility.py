"""The matrix of definitions and cohorts as a picture: filled, half-filled and empty circles with words."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from b12sarc import style
from b12sarc.figures.across import Cell, MatrixRow
from b12sarc.figures.canvas import wrapped

EDGE_IN = 0.2
LABEL_IN = 3.3
CELL_IN = 1.75
MIN_WIDTH_IN = 7.0
LINE_IN = 0.125
PAD_IN = 0.09
BAND_IN = 0.26
TOP_IN = 0.45
FOOT_IN = 0.5
MARK_IN = 0.13
FILL = {"yes": "full", "in some cycles": "left", "no": "none"}
LEGEND = {"yes": "can be answered", "in some cycles": "in some cycles only", "no": "cannot be answered"}


def draw_feasibility(
    heading: str, cohorts: Sequence[str], rows: Sequence[MatrixRow], *, synthetic: bool
) -> Figure:
    """Draw one row a definition and one column a cohort.

    Args:
        heading: title of the figure.
        cohorts: heading of each column.
        rows: each with as many cells as there are cohorts; rows of one band stand together.
        synthetic: whether some people are made up.
    """
    cell_in = max(CELL_IN, (MIN_WIDTH_IN - 2 * EDGE_IN - LABEL_IN) / len(cohorts))
    width = 2 * EDGE_IN + LABEL_IN + cell_in * len(cohorts)
    heads = [wrapped(cohort, cell_in - 0.15, style.TEXT_PT, bold=True) for cohort in cohorts]
    head_in = max(head.count("\n") + 1 for head in heads) * (LINE_IN + 0.02) + PAD_IN
    bands = len({row.band for row in rows})
    height = TOP_IN + head_in + sum(_height(row, cell_in) for row in rows) + bands * BAND_IN + FOOT_IN
    figure = Figure(figsize=(width, height))
    style.title(figure, heading, synthetic=synthetic)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    for number, head in enumerate(heads):
        x = EDGE_IN + LABEL_IN + number * cell_in
        axes.text(x, TOP_IN + head_in - PAD_IN, head, fontweight="bold", va="bottom", linespacing=1.15)
    y = _rows(axes, TOP_IN + head_in, rows, cell_in, width)
    _legend(axes, y + 0.25)
    return figure


def _rows(axes: Axes, y: float, rows: Sequence[MatrixRow], cell_in: float, width: float) -> float:
    """Draw the rows from ``y`` downwards; return where they end."""
    band = ""
    for row in rows:
        if row.band != band:
            band = row.band
            box = (EDGE_IN, y + 0.03), width - 2 * EDGE_IN, BAND_IN - 0.06
            axes.add_patch(Rectangle(*box, facecolor=style.BAND, edgecolor="none", zorder=0))
            axes.text(EDGE_IN + 0.06, y + BAND_IN / 2, band, fontweight="bold", va="center")
            y += BAND_IN
        tall = _height(row, cell_in)
        middle = y + tall / 2
        text = wrapped(row.label, LABEL_IN - 0.2, style.TEXT_PT)
        axes.text(EDGE_IN + 0.06, middle, text, va="center", linespacing=1.1)
        for number, cell in enumerate(row.cells):
            _draw_cell(axes, EDGE_IN + LABEL_IN + number * cell_in, middle, cell, cell_in)
        y += tall
        axes.plot(
            (EDGE_IN, width - EDGE_IN),
            (y, y),
            color=style.GRID,
            linewidth=0.5,
            zorder=0,
            solid_capstyle="butt",
        )
    return y


def _height(row: MatrixRow, cell_in: float) -> float:
    lines = [wrapped(row.label, LABEL_IN - 0.2, style.TEXT_PT)]
    lines += [_words(cell, cell_in) for cell in row.cells]
    return max(text.count("\n") + 1 for text in lines) * LINE_IN + PAD_IN


def _words(cell: Cell, cell_in: float) -> str:
    return wrapped(cell.words, cell_in - 2 * MARK_IN - 0.1, style.SMALL_PT)


def _draw_cell(axes: Axes, x: float, y: float, cell: Cell, cell_in: float) -> None:
    _mark(axes, x + MARK_IN / 2, y, cell)
    text = _words(cell, cell_in)
    color = style.MUTED if cell.answer == "no" else style.INK
    axes.text(x + 1.6 * MARK_IN, y, text, va="center", fontsize=style.SMALL_PT, color=color, linespacing=1.1)


def _mark(axes: Axes, x: float, y: float, cell: Cell) -> None:
    axes.plot(
        [x],
        [y],
        marker="o",
        markersize=6.5,
        fillstyle=FILL[cell.answer],
        color=style.FAINT if cell.answer == "no" else style.BLUE,
        markerfacecoloralt=style.PAPER,
        markeredgewidth=1.1,
    )


def _legend(axes: Axes, y: float) -> None:
    x = EDGE_IN + 0.06
    for answer, words in LEGEND.items():
        _mark(axes, x + MARK_IN / 2, y, Cell(answer))  # type: ignore[arg-type]
        axes.text(x + 1.6 * MARK_IN, y, words, va="center", fontsize=style.SMALL_PT)
        x += 1.7
