"""Forest plots by the levels of each modifier, a panel for each exposure."""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from b12sarc.figures.forest import Group, Line, Panel, draw_forest
from b12sarc.figures.modification import SUBGROUP, shown_rows, tests_in_words
from b12sarc.figures.planned import Planned
from b12sarc.results import Run
from b12sarc.spec import Project
from b12sarc.wording import MEASURES, contrast, modifier_label, modifier_level, plain, unit


def draw_modification(run: Run, planned: Planned) -> Figure:
    """Draw the subgroups of an outcome, with the tests for interaction in the headings."""
    asked, cohort = run.project.analysis.effect_modification, run.cohorts[planned.cohort]
    assert asked is not None
    rows = shown_rows(run.project, asked, cohort.effect_modification, planned.outcome)
    panels = [_panel(run.project, of_one) for _, of_one in rows.groupby("exposure", sort=False)]
    drawn = [panel for panel in panels if any(not math.isnan(line.estimate) for line in panel.lines())]
    return draw_forest(planned.title, drawn, synthetic=cohort.cohort.synthetic)


def _panel(project: Project, rows: pd.DataFrame) -> Panel:
    exposure, outcome = rows["exposure"].iloc[0], rows["outcome"].iloc[0]
    said = [text for text in rows["contrast"] if text]
    groups = []
    for modifier, of_one in rows.groupby("modifier", sort=False):
        subgroups = of_one[of_one["measure"] == SUBGROUP]
        several = subgroups["term"][subgroups["term"] != ""].nunique() > 1
        lines = tuple(_line(project, r, several=several) for _, r in subgroups.iterrows())
        if lines:
            heading = f"{modifier_label(project, str(modifier))}: {tests_in_words(of_one)}"
            groups.append(Group(heading, lines))
    heading = contrast(project, exposure, said[0]) if said else exposure
    return Panel(heading, MEASURES[rows["estimator"].iloc[0]], unit(project, outcome), tuple(groups))


def _line(project: Project, r: pd.Series, *, several: bool) -> Line:
    level = modifier_level(project, r["modifier"], r["level"])
    words = f"{level}: {plain(r['contrast'])}" if several and r["contrast"] else level
    return Line(
        label=words,
        n=float(r["n"]),
        events=float(r["events"]),
        estimate=float(r["estimate"]),
        low=float(r["conf_low"]),
        high=float(r["conf_high"]),
        p=float(r["p_value"]),
        reason="not estimable" if pd.isna(r["estimate"]) else "",
    )
