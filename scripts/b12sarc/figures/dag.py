"""The causal diagram: what is assumed to act on what, which quantities are adjusted for."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from b12sarc import style
from b12sarc.causal_graph import adjusted
from b12sarc.figures.canvas import text_width, wrapped
from b12sarc.figures.planned import Planned
from b12sarc.results import Run
from b12sarc.spec.dag import Dag, DagNode

COLUMN_IN = 1.75
ROW_IN = 0.85
BOX_IN = (1.45, 0.46)
EDGE_IN = 0.35
TOP_IN = 0.5
FOOT_IN = 0.45
KEY = {
    "exposure": "Exposure",
    "outcome": "Outcome",
    "held": "Adjusted for (primary set)",
    "covariate": "Measured, not adjusted for",
    "unmeasured": "Not measured",
}
"""Look of a box -> what it means."""


def draw_dag(run: Run, planned: Planned) -> Figure:
    """Draw the diagram of the configuration."""
    dag = run.project.analysis.dag
    if dag is None:
        raise ValueError("the configuration has no dag")
    held = adjusted(run.project, dag, run.project.analysis.headline.adjustment).held
    columns = max(node.at[0] for node in dag.nodes.values())
    rows = max(node.at[1] for node in dag.nodes.values())
    width = 2 * EDGE_IN + columns * COLUMN_IN + BOX_IN[0]
    height = TOP_IN + rows * ROW_IN + BOX_IN[1] + FOOT_IN + EDGE_IN
    figure = Figure(figsize=(width, height))
    style.title(figure, planned.title, synthetic=run.synthetic)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    boxes = {
        name: _box(axes, *_place(node), node.label, _look(name, node, held))
        for name, node in dag.nodes.items()
    }
    _arrows(axes, dag, boxes)
    _key(axes, height)
    return figure


def _place(node: DagNode) -> tuple[float, float]:
    """Return the left and the top of a node's box."""
    return EDGE_IN + node.at[0] * COLUMN_IN, TOP_IN + node.at[1] * ROW_IN


def _look(name: str, node: DagNode, held: tuple[str, ...]) -> str:
    return "held" if name in held else node.role


def _box(
    axes: Axes, x: float, y: float, words: str, look: str, size: tuple[float, float] = BOX_IN
) -> FancyBboxPatch:
    edge = {"exposure": style.BLUE, "outcome": style.VERMILION, "held": style.INK}.get(look, style.FAINT)
    box = FancyBboxPatch(
        (x, y),
        *size,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=style.BAND if look == "held" else style.PAPER,
        edgecolor=edge,
        linewidth=1.8 if look in ("exposure", "outcome") else 1.0,
        linestyle=(0, (4, 3)) if look == "unmeasured" else "-",
        zorder=3,
    )
    axes.add_patch(box)
    shown = wrapped(words, size[0] - 0.1, style.TEXT_PT)
    axes.text(x + size[0] / 2, y + size[1] / 2, shown, ha="center", va="center", linespacing=1.1, zorder=4)
    return box


def _arrows(axes: Axes, dag: Dag, boxes: dict[str, FancyBboxPatch]) -> None:
    exposure = dag.the("exposure")
    for start, ends in dag.arrows.items():
        for end in ends:
            (x, y), (to_x, to_y) = (_middle(dag.nodes[name]) for name in (start, end))
            axes.add_patch(
                FancyArrowPatch(
                    (x, y),
                    (to_x, to_y),
                    patchA=boxes[start],
                    patchB=boxes[end],
                    arrowstyle="-|>",
                    mutation_scale=9,
                    linewidth=1.3 if start == exposure else 0.8,
                    color=style.BLUE if start == exposure else style.MUTED,
                    connectionstyle="arc3,rad=0.06",
                    shrinkA=0,
                    shrinkB=2,
                    zorder=2,
                )
            )


def _middle(node: DagNode) -> tuple[float, float]:
    x, y = _place(node)
    return x + BOX_IN[0] / 2, y + BOX_IN[1] / 2


def _key(axes: Axes, height: float) -> None:
    x, y = EDGE_IN, height - EDGE_IN
    for look, words in KEY.items():
        _box(axes, x, y - 0.08, "", look, (0.28, 0.16))
        axes.text(x + 0.36, y, words, ha="left", va="center", fontsize=style.SMALL_PT)
        x += 0.6 + text_width(words, style.SMALL_PT)
