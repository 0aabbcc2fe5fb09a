"""Draws what imputation did."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from b12sarc import style
from b12sarc.figures.canvas import text_width
from b12sarc.figures.forest import Group, Line, Panel, draw_forest
from b12sarc.figures.imputed import TREATMENTS, compared_values, side_by_side, term_of
from b12sarc.figures.planned import Planned
from b12sarc.results import Run
from b12sarc.wording import MEASURES, contrast, full_label, label, percent, unit

ROW_IN = 0.235
WIDTH_IN = 7.4
TOP_IN, FOOT_IN, EDGE_IN, GAP_IN = 0.5, 0.6, 0.2, 0.75


def draw_imputed(run: Run, planned: Planned) -> Figure:
    """Draw the headline estimates of complete cases and imputed in pairs."""
    cohort, main = run.cohorts[planned.cohort], run.project.analysis.models.main_treatments()
    rows = side_by_side(run, cohort)
    panels = []
    for outcome, of_outcome in rows.groupby("outcome", sort=False):
        groups = tuple(
            Group(
                contrast(run.project, pair["exposure"].iloc[0], pair["contrast"].iloc[0]),
                tuple(_line(r, strong=r["missing"] in main) for _, r in pair.iterrows()),
            )
            for _, pair in of_outcome.groupby("term", sort=False)
        )
        measure = MEASURES[of_outcome["estimator"].iloc[0]]
        panels.append(
            Panel(label(run.project, str(outcome)), measure, unit(run.project, str(outcome)), groups)
        )
    return draw_forest(planned.title, panels, synthetic=cohort.cohort.synthetic)


def _line(row: pd.Series, *, strong: bool) -> Line:
    words = TREATMENTS[row["missing"]]
    if not math.isnan(row["fmi"]):
        words += f" (FMI {percent(row['fmi'])} %)"
    return Line(
        label=words[0].upper() + words[1:],
        n=float(row["n"]),
        events=float(row["events"]),
        estimate=float(row["estimate"]),
        low=float(row["conf_low"]),
        high=float(row["conf_high"]),
        p=float(row["p_value"]),
        strong=strong,
        reason="suppressed" if pd.isna(row["estimate"]) else "",
    )


def draw_imputation(run: Run, planned: Planned) -> Figure:
    """Draw how much was imputed, and how far the imputed mean lies from the observed."""
    cohort = run.cohorts[planned.cohort]
    rows = compared_values(cohort)
    labels = [full_label(run.project, term_of(r)) for _, r in rows.iterrows()]
    body = ROW_IN * len(rows)
    height = TOP_IN + body + FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, height))
    style.title(figure, planned.title, synthetic=cohort.cohort.synthetic)
    left = EDGE_IN + max(text_width(text, style.TEXT_PT) for text in labels) + 0.15
    width = (WIDTH_IN - left - GAP_IN - EDGE_IN - 0.3) / 2
    place = [i + 0.5 for i in range(len(rows))]
    for i, (column, words) in enumerate(
        (
            ("weighted_fraction", "Imputed, % of the people (weighted)"),
            ("standardised_difference", "Imputed less observed mean, SD"),
        )
    ):
        box = ((left + i * (width + GAP_IN)) / WIDTH_IN, FOOT_IN / height, width / WIDTH_IN, body / height)
        axes = figure.add_axes(box, label=column)
        axes.set_ylim(len(rows), 0)
        axes.grid(axis="x", color=style.GRID, linewidth=0.5)
        axes.set_axisbelow(True)
        axes.set_xlabel(words, labelpad=3)
        axes.tick_params(axis="y", length=0)
        axes.set_yticks(place, labels if i == 0 else [""] * len(rows))
        if i == 0:
            axes.barh(place, 100 * rows[column], height=0.6, color=style.BLUE)
            for y, share in zip(place, rows[column], strict=True):
                text = f"{percent(share)} %"
                axes.annotate(text, (100 * share, y), (4, 0), textcoords="offset points", va="center")
        else:
            reach = max(0.5, 1.1 * float(rows[column].abs().max()))
            axes.set_xlim(-reach, reach)
            axes.axvline(0, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
            axes.hlines(place, 0, rows[column], color=style.BLUE, linewidth=1.4, zorder=2)
            axes.plot(rows[column], place, "o", color=style.BLUE, markersize=5, zorder=3)
    return figure
