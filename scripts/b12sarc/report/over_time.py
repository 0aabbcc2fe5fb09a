"""Prevalence by survey cycle and the tests for trend, as tables for people."""

from __future__ import annotations

import pandas as pd

from b12sarc.report.human import Column, HumanTable, human_table
from b12sarc.results import CohortResults, Run, is_suppressed
from b12sarc.spec import Project
from b12sarc.wording import NOT_AVAILABLE, count, full_label, number, p_value, percent, weighting

SCALES = {"harmonised": "One scale", "as_measured": "As measured"}
WAYS = {"crude": "Crude", "age_standardised": "Age-standardised"}


def over_time(run: Run, cohort: CohortResults) -> HumanTable:
    """Prevalence of every definition in every survey cycle."""
    columns = [Column(h, filtered=True) for h in ("Definition", "Laboratory values", "Ages", "Cycle")]
    columns += [Column(h, True) for h in ("n", "Events", "% (95 % CI)", "SE", "Effective n", "df")]
    columns += [Column("NCHS flag")]
    rows = [_of_cycle(run.project, r) for _, r in cohort.by_cycle.iterrows()]
    note = (
        f"{weighting(cohort.cohort)} {standard_in_words(run.project)} Korn-Graubard intervals, suppressed or "
        "flagged by the NCHS data presentation standards for proportions. The same for machines: "
        "over_time.csv."
    )
    return human_table(cohort, "over_time", "How common in each survey cycle", columns, rows, note=note)


def _of_cycle(project: Project, r: pd.Series) -> tuple[str, ...]:
    hidden = is_suppressed(r["flag"])
    interval = f"{percent(r['estimate'])} ({percent(r['conf_low'])} to {percent(r['conf_high'])})"
    return (
        full_label(project, r["variable"]),
        SCALES[r["bridged"]],
        WAYS[r["standardisation"]],
        r["cycle"],
        count(r["n"]),
        NOT_AVAILABLE if hidden else count(r["events"]),
        "suppressed" if hidden else interval,
        NOT_AVAILABLE if hidden else percent(r["se"]),
        NOT_AVAILABLE if hidden else number(r["n_eff"], 0),
        count(r["df"]),
        r["flag"],
    )


def trends(run: Run, cohort: CohortResults) -> HumanTable:
    """The tests for trend."""
    columns = [Column(h, filtered=True) for h in ("Definition", "Laboratory values", "Ages")]
    columns += [Column("Change per 2 years, points (95 % CI)", True)]
    columns += [
        Column(h, True) for h in ("p of a trend", "p of a departure from it", "p of any change", "df")
    ]
    columns += [Column("Cycles"), Column("Note", wide=True)]
    rows = [_of_trend(run.project, r) for _, r in cohort.trends.iterrows()]
    note = (
        "A straight line through the estimates of the cycles at their middles in calendar time, each cycle "
        "counting alike, with their joint design-based covariance; t and F tests with the design degrees of "
        "freedom. Two cycles cannot depart from a line. Not adjusted for multiple testing. The same for "
        "machines: trends.csv."
    )
    return human_table(cohort, "trends", "Change over the survey cycles", columns, rows, note=note)


def _of_trend(project: Project, r: pd.Series) -> tuple[str, ...]:
    tested = pd.notna(r["slope_per_2_years"])
    change = ""
    if tested:
        slope, low, high = (number(100 * r[c], 2) for c in ("slope_per_2_years", "conf_low", "conf_high"))
        change = f"{slope} ({low} to {high})"
    return (
        full_label(project, r["variable"]),
        SCALES[r["bridged"]],
        WAYS[r["standardisation"]],
        change if tested else NOT_AVAILABLE,
        *(p_value(r[c]) for c in ("p_trend", "p_departure", "p_any_change")),
        count(r["df"]) if tested else NOT_AVAILABLE,
        r["cycles"].replace("; ", ", "),
        r["reason"],
    )


def standard_in_words(project: Project) -> str:
    """Return whose ages the standardised percentages have, with the weight of each band."""
    standard = project.standard_population
    if standard is None:
        return ""
    bands = ", ".join(f"{label} {number(weight, 4)}" for label, weight in standard.weights().items())
    return f"Age-standardised directly to the {standard.label} (weights: {bands}; {standard.source})."
