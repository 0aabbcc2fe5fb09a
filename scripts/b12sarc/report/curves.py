"""Dose-response tests, predicted prevalences and marginal differences, as tables for people."""

from __future__ import annotations

import pandas as pd

from b12sarc.figures.curves import curve_of, knots_of, level_in_words, measured
from b12sarc.headline import MARGIN_KEY, points
from b12sarc.report.human import Column, HumanTable, human_table
from b12sarc.results import CohortResults, Run
from b12sarc.spec import Project
from b12sarc.wording import (
    MEASURES,
    NOT_AVAILABLE,
    adjustment,
    count,
    degrees,
    explained,
    interval,
    label,
    number,
    p_value,
    percent,
    plain,
    short_label,
    unit,
)


def dose_response(run: Run, cohort: CohortResults) -> HumanTable:
    """The curves: both tests, and how the ends of the curve differ from its reference."""
    columns = [Column("Outcome", filtered=True), Column("Exposure", filtered=True)]
    columns += [Column("Measure"), Column("Compared with"), Column("Knots")]
    columns += [Column(h, True) for h in ("n", "Events", "Low end (95 % CI)", "High end (95 % CI)")]
    columns += [Column(h, True) for h in ("p of any association", "p non-linear", "df")]
    columns += [Column("Note", wide=True)]
    rows = [_of_curve(run.project, cohort, r) for _, r in cohort.curve_tests.iterrows()]
    note = (
        "Restricted cubic splines, straight beyond the outer knots; these are weighted percentiles of the "
        "exposure in the domain. Wald F tests with the degrees of freedom of the model. Not adjusted for "
        "multiple testing. Every point of the curves, for machines: dose_response.csv."
    )
    return human_table(cohort, "dose_response", "Dose-response curves", columns, rows, note=note)


def _of_curve(project: Project, cohort: CohortResults, r: pd.Series) -> tuple[str, ...]:
    head = (short_label(project, r["outcome"]), measured(project, r["exposure"]))
    curve = curve_of(cohort, r)
    if curve.empty or pd.isna(r["n"]):
        return (*head, *(NOT_AVAILABLE,) * 10, explained(project, r["reason"]))
    measure, units = MEASURES[r["estimator"]], plain(r["unit"])
    ends = [
        f"{interval(e['estimate'], e['conf_low'], e['conf_high'], measure)} at {number(e['value'], 0)}"
        for _, e in curve.iloc[[0, -1]].iterrows()
    ]
    knots = ", ".join(number(knot, 0) for knot in knots_of(r)) or NOT_AVAILABLE
    return (
        *head,
        measure.name,
        f"{number(r['reference'], 0)} {units}",
        knots,
        count(r["n"]),
        "" if pd.isna(r["events"]) else count(r["events"]),
        *ends,
        p_value(r["p_overall"]),
        p_value(r["p_nonlinear"]),
        degrees(r["df"]),
        explained(project, r["reason"]) if r["reason"] else "",
    )


def marginal(run: Run, cohort: CohortResults) -> HumanTable:
    """Standardised means and prevalences in the headline adjustment set."""
    project, asked = run.project, run.project.analysis.marginal_effects
    columns = [Column("Outcome", filtered=True), Column("Exposure", filtered=True), Column("Level")]
    columns += [Column("Model", filtered=True)]
    columns += [Column(h, True) for h in ("n", "Events", "Predicted (95 % CI)", "Difference (95 % CI)")]
    columns += [Column(h, True) for h in ("p", "Ratio (95 % CI)", "df")] + [Column("Note", wide=True)]
    m = cohort.margins
    shown = m[(m["adjustment"] == project.analysis.headline.adjustment) & m["mean"].notna()]
    treatments = project.analysis.models.treatments(asked.missing[:1]) if asked else ()
    shown = shown[shown["missing"].isin(treatments)]
    rows = [_of_level(project, r) for _, r in shown.iterrows()]
    note = (
        "What the model predicts if everybody had this exposure and kept their own covariates "
        f"(adjustment set: {adjustment(project, project.analysis.headline.adjustment)}), averaged over the "
        "population; of binary outcomes in per cent, differences in points. Errors hold the sampling of the "
        "coefficients, of the covariates, and their covariance. Every adjustment set, and what could not be "
        "estimated with its reason, for machines: marginal_effects.csv."
    )
    return human_table(cohort, "marginal", "Predicted means and prevalences", columns, rows, note=note)


def _of_level(project: Project, r: pd.Series) -> tuple[str, ...]:
    binary = project.quantity(r["outcome"]).kind == "binary"
    scale = 100 if binary else 1
    linear, ratio = MEASURES["linear"], MEASURES["poisson"]
    if binary:
        mean = f"{percent(r['mean'])} % ({percent(r['mean_low'])} to {percent(r['mean_high'])} %)"
    else:
        shown = interval(r["mean"], r["mean_low"], r["mean_high"], linear)
        mean = shown.replace(" (", f" {unit(project, r['outcome'])} (", 1)
    differs, relative = pd.notna(r["difference"]), pd.notna(r["ratio"])
    difference, low, high = (scale * r[c] for c in ("difference", "difference_low", "difference_high"))
    return (
        short_label(project, r["outcome"]),
        label(project, r["exposure"]),
        level_in_words(project, r),
        r["estimator"].capitalize(),
        count(r["n"]),
        count(r["events"]) if binary else "",
        mean,
        interval(difference, low, high, linear) if differs else "reference",
        p_value(r["difference_p"]) if differs else "",
        interval(r["ratio"], r["ratio_low"], r["ratio_high"], ratio) if relative else "",
        degrees(r["df"]),
        explained(project, r["reason"]) if r["reason"] else "",
    )


def points_beside(run: Run, cohort: CohortResults) -> dict[tuple[str, ...], str]:
    """Return the marginal difference in points of each model of a prevalence ratio, by :data:`MARGIN_KEY`."""
    table = points(run, cohort.cohort.id)
    linear = MEASURES["linear"]
    return {
        tuple(r[list(MARGIN_KEY)]): interval(r["points"], r["points_low"], r["points_high"], linear)
        for _, r in table.iterrows()
    }
