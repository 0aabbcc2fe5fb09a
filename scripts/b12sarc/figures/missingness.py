"""Missing values by variable, as bars."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from b12sarc import style
from b12sarc.figures.canvas import text_width
from b12sarc.wording import SUPPRESSED, count, percent

ROW_IN = 0.235
WIDTH_IN = 7.0
EDGE_IN = 0.2
NUMBER_IN = 1.2
TOP_IN = 0.5
FOOT_IN = 0.55


def draw_missingness(heading: str, table: pd.DataFrame, *, synthetic: bool) -> Figure:
    """Draw one bar a row of ``table`` (variable, label, n_missing, fraction), the emptiest variable first.

    A share that may not be shown (NaN) has no bar, and says so.
    """
    import seaborn as sns

    rows = table.sort_values(["fraction", "label"], ascending=[False, True], ignore_index=True)
    body = ROW_IN * len(rows)
    height = TOP_IN + body + FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, height))
    style.title(figure, heading, synthetic=synthetic)
    left = EDGE_IN + max(text_width(label, style.TEXT_PT) for label in rows["label"]) + 0.15
    width = WIDTH_IN - left - NUMBER_IN
    axes = figure.add_axes((left / WIDTH_IN, FOOT_IN / height, width / WIDTH_IN, body / height))
    sns.barplot(
        data=rows.assign(percent=100 * rows["fraction"]),
        x="percent",
        y="variable",
        ax=axes,
        color=style.BLUE,
        saturation=1,
        width=0.62,
        errorbar=None,
    )
    axes.set_yticks(range(len(rows)), rows["label"])
    axes.set_xlabel("Missing, % of the people in the domain (unweighted)", labelpad=3)
    axes.set_ylabel("")
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, max(1.0, 100 * float(rows["fraction"].fillna(0).max()) * 1.04))
    axes.grid(axis="x", color=style.GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    for i, row in rows.iterrows():
        shown = pd.notna(row["fraction"])
        text = f"{percent(row['fraction'])} %  ({count(row['n_missing'])})" if shown else SUPPRESSED
        end = 100 * row["fraction"] if shown else 0.0
        axes.annotate(text, (end, i), (4, 0), textcoords="offset points", va="center")
    return figure
