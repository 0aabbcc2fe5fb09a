"""How common each definition is: a dot with its interval, for everybody, by sex and by age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from b12sarc import style
from b12sarc.figures.canvas import wrapped
from b12sarc.wording import percent

ROW_IN = 0.33
GROUP_IN = 0.27
WIDTH_IN = 8.4
LABEL_IN = 2.45
EDGE_IN = 0.15
NUMBER_IN = 1.1
GAP_IN = 0.24
TOP_IN = 0.98
FOOT_IN = 0.55


@dataclass(frozen=True)
class Dot:
    """The prevalence (0-1) of one definition in one subgroup."""

    subgroup: str
    estimate: float
    low: float
    high: float
    suppressed: bool


@dataclass(frozen=True)
class Facet:
    """One panel: its heading and its subgroups, id -> label."""

    heading: str
    subgroups: dict[str, str]


@dataclass(frozen=True)
class Row:
    """One definition; without dots the heading of those below it, on a band if they are a whole group."""

    label: str
    dots: tuple[Dot, ...] = ()
    band: bool = False

    @property
    def height(self) -> float:
        """Inches that the row takes."""
        return ROW_IN if self.dots else GROUP_IN


def draw_prevalence(
    heading: str, facets: Sequence[Facet], rows: Sequence[Row], *, synthetic: bool, weighted: bool = True
) -> Figure:
    """Draw one panel a facet, with the definitions down the side and one axis in per cent."""
    body = sum(row.height for row in rows)
    height = TOP_IN + body + FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, height))
    style.title(figure, heading, synthetic=synthetic)
    panel_in = (WIDTH_IN - 2 * EDGE_IN - LABEL_IN - NUMBER_IN) / len(facets) - GAP_IN
    top = 100 * max((d.high for row in rows for d in row.dots if not d.suppressed), default=1.0)
    for i, facet in enumerate(facets):
        left = EDGE_IN + LABEL_IN + i * (panel_in + GAP_IN) + (NUMBER_IN if i else 0)
        box = (left / WIDTH_IN, FOOT_IN / height, panel_in / WIDTH_IN, body / height)
        axes = figure.add_axes(box, label=facet.heading)
        axes.set_xlim(0, top * 1.05)
        axes.set_ylim(body, 0)
        axes.set_xlabel("% (weighted)" if weighted else "% (unweighted)", labelpad=3)
        _draw_facet(axes, facet, rows, numbers=i == 0)
        if i == 0:
            _labels(axes, rows, panel_in)
    return figure


def _draw_facet(axes: Axes, facet: Facet, rows: Sequence[Row], *, numbers: bool) -> None:
    axes.set_yticks([])
    axes.spines["left"].set_color(style.GRID)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    axes.grid(axis="x", color=style.GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    _legend(axes, facet)
    y = 0.0
    for row in rows:
        places = _places(y, row, facet)
        for dot in row.dots:
            if dot.subgroup in places:
                series = list(facet.subgroups).index(dot.subgroup)
                _draw_dot(axes, places[dot.subgroup], dot, series, numbers=numbers)
        y += row.height


def _places(y: float, row: Row, facet: Facet) -> dict[str, float]:
    """Return the height of each subgroup's dot inside the row."""
    number = len(facet.subgroups)
    step = row.height / (number + 1)
    return {subgroup: y + (i + 1) * step for i, subgroup in enumerate(facet.subgroups)}


def _draw_dot(axes: Axes, y: float, dot: Dot, series: int, *, numbers: bool) -> None:
    color = style.SERIES[series % len(style.SERIES)]
    if dot.suppressed:
        axes.text(
            axes.get_xlim()[1] * 0.02, y, "suppressed", va="center", style="italic", color=color, fontsize=6.5
        )
        return
    axes.plot((100 * dot.low, 100 * dot.high), (y, y), color=color, linewidth=1.4, solid_capstyle="butt")
    axes.plot(
        [100 * dot.estimate],
        [y],
        marker=style.MARKERS[series % len(style.MARKERS)],
        color=color,
        markersize=4.5,
    )
    if numbers:
        across = blended_transform_factory(axes.transAxes, axes.transData)
        text = f"{percent(dot.estimate)} ({percent(dot.low)} to {percent(dot.high)})"
        axes.text(1.03, y, text, transform=across, va="center", ha="left", fontsize=style.SMALL_PT)


def _legend(axes: Axes, facet: Facet) -> None:
    axes.set_title(facet.heading, loc="left", fontsize=style.TEXT_PT, fontweight="bold", pad=28)
    if len(facet.subgroups) == 1:
        return
    handles = [
        Line2D([], [], marker=marker, color=color, linewidth=1.4, markersize=4.5, label=text)
        for marker, color, text in zip(style.MARKERS, style.SERIES, facet.subgroups.values(), strict=False)
    ]
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        fontsize=style.SMALL_PT,
        handlelength=1.4,
        handletextpad=0.4,
        labelspacing=0.25,
        borderaxespad=0.1,
        borderpad=0.1,
    )


def _labels(axes: Axes, rows: Sequence[Row], panel_in: float) -> None:
    across = blended_transform_factory(axes.transAxes, axes.transData)
    y = 0.0
    for row in rows:
        if row.band:
            _band(axes, row, y, panel_in)
        else:
            text = wrapped(row.label, LABEL_IN - 0.15, style.TEXT_PT)
            weight = "normal" if row.dots else "bold"
            at = (-0.1 / panel_in, y + row.height / 2)
            axes.text(
                *at, text, transform=across, ha="right", va="center", linespacing=1.05, fontweight=weight
            )
        y += row.height


def _band(axes: Axes, row: Row, y: float, panel_in: float) -> None:
    across = blended_transform_factory(axes.transAxes, axes.transData)
    left, right = -LABEL_IN / panel_in, (WIDTH_IN - 2 * EDGE_IN - LABEL_IN) / panel_in
    axes.add_patch(
        Rectangle(
            (left, y + 0.02),
            right - left,
            row.height - 0.06,
            transform=across,
            clip_on=False,
            facecolor=style.BAND,
            edgecolor="none",
            zorder=0,
        )
    )
    axes.text(
        left + 0.06 / panel_in,
        y + row.height / 2 - 0.01,
        row.label,
        transform=across,
        fontweight="bold",
        va="center",
        fontsize=style.TEXT_PT,
    )
