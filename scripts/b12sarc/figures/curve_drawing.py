"""From the tables of curves and predicted prevalences to what is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from b12sarc import style
from b12sarc.figures.canvas import wrapped
from b12sarc.figures.curves import (
    curve_of,
    drawn_tests,
    knots_of,
    level_in_words,
    measured,
    predicted_outcomes,
    predicted_rows,
    tests_in_words,
)
from b12sarc.figures.dose_response import CurvePanel, Exposure, draw_dose_response
from b12sarc.figures.planned import Planned
from b12sarc.figures.prevalence import Dot, Facet, Row, draw_prevalence
from b12sarc.results import CohortResults, Run
from b12sarc.wording import MEASURES, count, label, plain, short_label, unit

HEADING_IN = 2.1
"""Room for the name of an outcome above its predicted prevalences."""


def draw_curves(run: Run, planned: Planned) -> Figure:
    """Draw the curves of one exposure of one cohort."""
    cohort = run.cohorts[planned.cohort]
    tests = drawn_tests(run.project, cohort, planned.outcome)
    panels = [_panel(run, cohort, test) for _, test in tests.iterrows()]
    exposure = _exposure(run, cohort, tests.iloc[0])
    return draw_dose_response(planned.title, exposure, panels, synthetic=cohort.cohort.synthetic)


def _panel(run: Run, cohort: CohortResults, test: pd.Series) -> CurvePanel:
    curve = curve_of(cohort, test)
    numbers = (curve[name].to_numpy(float) for name in ("value", "estimate", "conf_low", "conf_high"))
    outcome, measure = test["outcome"], MEASURES[test["estimator"]]
    heading = short_label(run.project, outcome)
    return CurvePanel(heading, tests_in_words(test), measure, unit(run.project, outcome), *numbers)


def _exposure(run: Run, cohort: CohortResults, test: pd.Series) -> Exposure:
    name = test["exposure"]
    made = run.project.definitions.definitions[name].value_of
    logarithmic = made is not None and made.transform != "identity"
    bins = cohort.curve_distribution
    bins = bins[bins["exposure"] == name]
    bins = bins if bins["share"].notna().all() else bins.iloc[:0]  # withheld in part: no distribution
    edges = np.append(bins["low"].to_numpy(float), bins["high"].iloc[-1:].to_numpy(float))
    height = bins["share"].to_numpy(float) / np.diff(np.log(edges) if logarithmic else edges)
    return Exposure(
        label=f"{measured(run.project, name)}, {plain(test['unit'])}",
        logarithmic=logarithmic,
        reference=float(test["reference"]),
        knots=knots_of(test),
        edges=edges,
        density=height / height.max() if len(height) else height,
    )


def _band(run: Run, of_exposure: pd.DataFrame, outcome: str) -> str:
    """Return the name of an exposure with the people of its model of the first outcome."""
    first = of_exposure.iloc[0]
    values = first["comparison"] == "values"
    name = measured(run.project, first["exposure"]) if values else label(run.project, first["exposure"])
    of_outcome = of_exposure[of_exposure["outcome"] == outcome]
    if of_outcome.empty:
        return name
    people = of_outcome.iloc[0]
    return f"{name} (n {count(people['n'])}, {count(people['events'])} events)"


def _in_order(of_exposure: pd.DataFrame) -> list[str]:
    """Return levels as the table has them, the reference first; chosen values ascending."""
    found = list(dict.fromkeys(of_exposure["level"]))
    return sorted(found, key=float) if (of_exposure["comparison"] == "values").any() else found


def _heading(run: Run, outcome: str) -> str:
    return wrapped(short_label(run.project, outcome), HEADING_IN, style.TEXT_PT, bold=True)


def draw_predicted(run: Run, planned: Planned) -> Figure:
    """Draw the predicted prevalences of one cohort: outcomes side by side, levels of exposures down."""
    cohort = run.cohorts[planned.cohort]
    outcomes = predicted_outcomes(run.project, cohort)
    facets = [Facet(_heading(run, name), {name: label(run.project, name)}) for name in outcomes]
    table = predicted_rows(run.project, cohort)
    table = table[table["outcome"].isin(outcomes)]
    rows: list[Row] = []
    for _, of_exposure in table.groupby("exposure", sort=False):
        rows.append(Row(_band(run, of_exposure, outcomes[0]), band=True))
        for level in _in_order(of_exposure):
            of_level = of_exposure[of_exposure["level"] == level]
            dots = tuple(
                Dot(r["outcome"], r["mean"], r["mean_low"], r["mean_high"], suppressed=False)
                for _, r in of_level.iterrows()
            )
            rows.append(Row(level_in_words(run.project, of_level.iloc[0]), dots))
    return draw_prevalence(planned.title, facets, rows, synthetic=cohort.cohort.synthetic)
