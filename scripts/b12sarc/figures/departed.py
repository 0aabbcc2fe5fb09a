"""Draws sensitivity analyses and controls as forest plots."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from b12sarc.figures.forest import Group, Line, Panel, draw_forest
from b12sarc.figures.planned import Planned
from b12sarc.figures.sensitivity import CHANGED, shown_options
from b12sarc.results import CohortResults, Run
from b12sarc.wording import MEASURES, Measure, contrast, label, unit

STANDARDISED = Measure("Association", "Associations", "SD", 0.0, False)
CONTROLS = {
    "negative": "Negative controls (should be 0)",
    "positive": "Positive controls (should be above 0)",
    "negative exposure": "Negative control exposure (should be 0)",
}
NUMBERS = ("n", "events", "estimate", "conf_low", "conf_high", "p_value")


def draw_sensitivity(run: Run, planned: Planned) -> Figure:
    """Draw the main estimate of each headline exposure, and below it each departure from it."""
    cohort = run.cohorts[planned.cohort]
    shown = shown_options(run, cohort)
    panels = []
    for outcome, of_outcome in shown.groupby("outcome", sort=False):
        groups = [
            Group(contrast(run.project, exposure, of["contrast"].iloc[0]), tuple(_lines(cohort, of)))
            for (exposure, _), of in of_outcome.groupby(["exposure", "term"], sort=False)
        ]
        measure = MEASURES[of_outcome["estimator"].iloc[0]]
        panels.append(Panel(label(run.project, outcome), measure, unit(run.project, outcome), tuple(groups)))
    return draw_forest(planned.title, panels, synthetic=cohort.cohort.synthetic)


def _lines(cohort: CohortResults, of: pd.DataFrame) -> Iterator[Line]:
    """Yield the main estimate, its options, and the analyses beside the options of the same model."""
    main = of.iloc[0]
    yield _line("Main estimate", [main[f"{name}_main"] for name in NUMBERS], strong=True)
    for _, r in of[(of["status"] == CHANGED) & of["estimate"].notna()].iterrows():
        yield _line(r["label"], [r[name] for name in NUMBERS])
    for _, r in _of_model(cohort.untested, main).iterrows():
        yield _line(r["label"], [r[name] for name in NUMBERS])
    for _, r in _of_model(cohort.measurement_error, main, "estimate_corrected").iterrows():
        names = ("n", "events", *(f"{n}_corrected" for n in ("estimate", "conf_low", "conf_high", "p")))
        yield _line("Corrected for regression dilution", [r.get(name, np.nan) for name in names])
    for _, r in _of_model(cohort.bias_analysis, main, "total").iterrows():
        numbers = [r[name] for name in ("n", "events", "total", "total_low", "total_high")]
        yield _line(f"True exposure drawn: {r['label']}", [*numbers, np.nan])


def _of_model(table: pd.DataFrame, main: pd.Series, estimate: str = "estimate") -> pd.DataFrame:
    if table.empty:
        return table
    same = (table["outcome"] == main["outcome"]) & (table["term"] == main["term"])
    return table[same & table[estimate].notna()]


def draw_controls(run: Run, planned: Planned) -> Figure:
    """Draw every control on one axis, in standard deviations of the outcome."""
    cohort = run.cohorts[planned.cohort]
    table = cohort.controls[cohort.controls["d"].notna()]
    groups = []
    for control, heading in CONTROLS.items():
        of_control = table[table["control"] == control]
        for outcome, of in of_control.groupby("outcome", sort=False):
            lines = tuple(
                _line(
                    contrast(run.project, r["exposure"], r["contrast"]),
                    [r[name] for name in ("n", "events", "d", "d_low", "d_high", "p_value")],
                    strong=r["seen"] != "not as expected",
                )
                for _, r in of.iterrows()
            )
            groups.append(Group(f"{heading}: {label(run.project, outcome)}", lines))
    panel = Panel(
        "Filled: as expected or unclear; open: not as expected",
        STANDARDISED,
        "SD of the outcome",
        tuple(groups),
    )
    return draw_forest(planned.title, [panel], synthetic=cohort.cohort.synthetic)


def _line(words: str, numbers: list[object], *, strong: bool = False) -> Line:
    n, events, estimate, low, high, p = (np.nan if pd.isna(x) else float(str(x)) for x in numbers)
    return Line(words, n, events, estimate, low, high, p, strong=strong)
