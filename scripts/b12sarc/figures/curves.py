"""Which dose-response figures a cohort has, and predicted prevalences; title, caption and alt text of each.

Knows no drawing library, so that the report can ask it cheaply.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from b12sarc.figures.planned import Planned
from b12sarc.headline import binary_outcomes
from b12sarc.results import CohortResults, Run
from b12sarc.spec import Project
from b12sarc.style import marked
from b12sarc.wording import (
    MEASURES,
    count,
    interval,
    label,
    lower_first,
    number,
    p_value,
    percent,
    plain,
    short_label,
    unit,
)

MOST_OUTCOMES = 2
"""Outcomes side by side in the figure of predicted prevalences."""


def curve_figures(run: Run, cohort: CohortResults) -> Iterator[Planned]:
    """Yield one figure for each exposure of which the cohort has a curve, and the predicted prevalences."""
    for exposure in dict.fromkeys(cohort.curves.get("exposure", ())):
        if len(drawn_tests(run.project, cohort, exposure)):
            yield _dose_response(run.project, cohort, exposure)
    if predicted_outcomes(run.project, cohort):
        yield _predicted(run.project, cohort)


def measured(project: Project, exposure: str) -> str:
    """Return the words for the variable that an exposure is made of."""
    made = project.definitions.definitions[exposure].value_of
    return label(project, made.var if made else exposure)


def drawn_tests(project: Project, cohort: CohortResults, exposure: str) -> pd.DataFrame:
    """Return the tests of the curves that the figure of an exposure shows: one a panel."""
    asked, tests = project.analysis.dose_response, cohort.curve_tests
    if asked is None:
        raise ValueError("the configuration has no dose_response")
    shown = project.analysis.models.treatments(asked.missing[:1])
    return tests[(tests["exposure"] == exposure) & tests["missing"].isin(shown) & tests["f_overall"].notna()]


def curve_of(cohort: CohortResults, test: pd.Series) -> pd.DataFrame:
    """Return the points of the curve that a test belongs to."""
    key = ["outcome", "exposure", "adjustment", "subgroup", "estimator", "missing"]
    c = cohort.curves
    return c[(c[key] == test[key]).all(axis=1)]


def tests_in_words(row: pd.Series) -> str:
    """Return ``n 1,819, 160 events; p 0.13, non-linear p 0.17``."""
    people = f"n {count(row['n'])}"
    people += f", {count(row['events'])} events" if pd.notna(row["events"]) else ""
    return f"{people}; p {p_value(row['p_overall'])}, non-linear p {p_value(row['p_nonlinear'])}"


def _dose_response(project: Project, cohort: CohortResults, exposure: str) -> Planned:
    tests = drawn_tests(project, cohort, exposure)
    first = tests.iloc[0]
    reference = f"{number(first['reference'], 0)} {plain(first['unit'])}"
    name = measured(project, exposure)
    asked = project.analysis.dose_response
    least = asked.min_people if asked else 0
    adjusted = lower_first(project.analysis.adjustment_sets[first["adjustment"]].label)
    return Planned(
        name=f"{cohort.cohort.id}_dose_response_{exposure}",
        kind="dose_response",
        cohort=cohort.cohort.id,
        title=marked(
            f"{cohort.cohort.title}: outcomes over the range of {lower_first(name)}",
            synthetic=cohort.cohort.synthetic,
        ),
        caption=(
            f"How each outcome differs from that at {reference} of {lower_first(name)} (open circle), by a "
            f"restricted cubic spline, adjustment set “{adjusted}”. Line: the difference in means, or the "
            f"ratio on a logarithmic axis; band: pointwise {100 * project.analysis.confidence_level:g} % "
            "intervals, cut off at the edge of the panel. Dashed: no difference. Triangles: the knots, where "
            f"the curve may bend. Grey: the weighted distribution, in bins of at least {least} people. p: of "
            "any association; non-linear p: of a departure from a straight line. Both were measured at about "
            "the same time: a curve does not say what a change would do."
        ),
        alt=marked(
            "Small multiples of dose-response curves. " + " ".join(_said(project, cohort, tests)),
            synthetic=cohort.cohort.synthetic,
        ),
        outcome=exposure,
        short_title=name,
    )


def _said(project: Project, cohort: CohortResults, tests: pd.DataFrame) -> Iterator[str]:
    """Yield the two ends of each curve in words."""
    for _, test in tests.iterrows():
        curve, measure = curve_of(cohort, test), MEASURES[test["estimator"]]
        ends = []
        for _, r in curve.iloc[[0, -1]].iterrows():
            effect = interval(r["estimate"], r["conf_low"], r["conf_high"], measure)
            units = "" if measure.ratio else f" {unit(project, test['outcome'])}".rstrip()
            ends.append(f"at {number(r['value'], 0)} {plain(r['unit'])} {effect}{units}")
        name = short_label(project, test["outcome"])
        yield f"{name}: {measure.name.lower()} {' and '.join(ends)} ({tests_in_words(test)})."


def predicted_rows(project: Project, cohort: CohortResults) -> pd.DataFrame:
    """Return the prevalences in the figure: by level and at chosen values, in the headline adjustment set."""
    asked, m = project.analysis.marginal_effects, cohort.margins
    if asked is None or m.empty:
        return m.iloc[:0]
    return m[
        (m["adjustment"] == project.analysis.headline.adjustment)
        & (m["estimator"] == asked.binary_outcomes[0])
        & m["missing"].isin(project.analysis.models.treatments(asked.missing[:1]))
        & (m["comparison"] != "change")
        & binary_outcomes(project, m)
        & m["mean_low"].notna()
    ]


def knots_of(test: pd.Series) -> tuple[float, ...]:
    """Return the knots of a curve; none where the cohort's data are restricted, which hides percentiles."""
    known = test["knots"].replace("; ", "").replace(".", "").isdigit()
    return tuple(float(knot) for knot in test["knots"].split("; ")) if known else ()


def predicted_outcomes(project: Project, cohort: CohortResults) -> list[str]:
    """Return the first few binary outcomes that have predicted prevalences, those of the headline first."""
    analysis, rows = project.analysis, predicted_rows(project, cohort)
    if rows.empty:
        return []
    curves = analysis.dose_response.outcomes if analysis.dose_response else ()
    order = dict.fromkeys([*analysis.headline.outcomes, *curves, *analysis.models.outcomes])
    have = set(rows["outcome"])
    return [outcome for outcome in order if outcome in have][:MOST_OUTCOMES]


def level_in_words(project: Project, row: pd.Series) -> str:
    """Return the level of an exposure that everybody is given, in words."""
    if row["comparison"] == "values":
        made = project.definitions.definitions[row["exposure"]].value_of
        return f"{row['level']} {unit(project, made.var if made else row['exposure'])}"
    if row["comparison"] == "change":
        words = plain(str(row["contrast"]))
        return "As it is" if row["level"] == "as_observed" else words[:1].upper() + words[1:]
    if row["level"] in ("false", "true"):
        return "Yes" if row["level"] == "true" else "No"
    return label(project, row["term"])


def _predicted(project: Project, cohort: CohortResults) -> Planned:
    rows = predicted_rows(project, cohort)
    first = predicted_outcomes(project, cohort)[0]
    said = [
        f"{label(project, r['exposure'])}, {lower_first(level_in_words(project, r))}: "
        f"{percent(r['mean'])} % ({percent(r['mean_low'])} to {percent(r['mean_high'])} %)"
        for _, r in rows[rows["outcome"] == first].iterrows()
    ]
    adjusted = lower_first(project.analysis.adjustment_sets[project.analysis.headline.adjustment].label)
    return Planned(
        name=f"{cohort.cohort.id}_predicted",
        kind="predicted",
        cohort=cohort.cohort.id,
        title=marked(
            f"{cohort.cohort.title}: predicted prevalence by exposure", synthetic=cohort.cohort.synthetic
        ),
        caption=(
            "The prevalence that the model predicts if everybody had the exposure in the row and kept their "
            f"own covariates (adjustment set “{adjusted}”), averaged over the population, with "
            f"{100 * project.analysis.confidence_level:g} % intervals. Numbers, n and events belong to "
            "the first panel; every outcome, the differences and the ratios are in the table. A prediction "
            "of a model, not of what a treatment would do."
        ),
        alt=marked(
            f"Dot plot of predicted prevalences of {lower_first(label(project, first))}. {'; '.join(said)}.",
            synthetic=cohort.cohort.synthetic,
        ),
    )
