"""Sensitivity analyses as tables for people."""

from __future__ import annotations

import pandas as pd

from b12sarc.report.human import Column, HumanTable, human_table
from b12sarc.results import CohortResults, Run
from b12sarc.wording import (
    MEASURES,
    NOT_AVAILABLE,
    contrast,
    count,
    interval,
    label,
    number,
    p_value,
    plain,
)

_MODEL = [Column("Outcome", filtered=True), Column("Comparison", filtered=True)]


def _model(run: Run, r: pd.Series) -> tuple[str, str]:
    return label(run.project, r["outcome"]), contrast(run.project, r["exposure"], r["contrast"])


def _effect(r: pd.Series, end: str = "", names: tuple[str, str, str] | None = None) -> str:
    estimate, low, high = names or tuple(f"{n}{end}" for n in ("estimate", "conf_low", "conf_high"))
    if pd.isna(r[estimate]):
        return NOT_AVAILABLE
    return interval(r[estimate], r[low], r[high], MEASURES[r["estimator"]])


def options(run: Run, cohort: CohortResults) -> HumanTable:
    """Every option beside the main estimate."""
    columns = [Column("Changed", filtered=True), *_MODEL, Column("Main (95 % CI)", True)]
    columns += [
        Column("Changed (95 % CI)", True),
        Column("p", True),
        Column("n", True),
        Column("Events", True),
    ]
    columns += [
        Column("Dropped", True),
        Column("Of these unknown", True),
        Column("What happens", filtered=True),
    ]
    columns += [Column("Why", wide=True)]
    rows = [
        (
            plain(r["label"]),
            *_model(run, r),
            _effect(r, "_main"),
            _effect(r),
            p_value(r["p_value"]),
            count(r["n"]),
            count(r["events"]),
            count(r["n_dropped"]),
            count(r["n_unknown"]),
            r["status"],
            plain(r["reason"]),
        )
        for _, r in cohort.options.iterrows()
    ]
    note = (
        "One departure from the main analysis in each row. “Does not apply”: nothing in the model to "
        "change, or the cohort lacks it. “Changes nobody”: the same people with the same values, so no "
        "second opinion. The same for machines: sensitivity.csv."
    )
    return human_table(
        cohort, "sensitivity", "How much estimates depend on decisions", columns, rows, note=note
    )


def e_values(run: Run, cohort: CohortResults) -> HumanTable:
    """E-values of the headline estimates."""
    columns = [*_MODEL, Column("Estimate (95 % CI)", True), Column("Taken as"), Column("n", True)]
    columns += [
        Column("As a risk ratio", True),
        Column("E-value", True),
        Column("E-value of the limit", True),
    ]
    rows = [
        (
            *_model(run, r),
            _effect(r),
            r["scale"] or r["reason"],
            count(r["n"]),
            *(number(r[name], 2) for name in ("risk_ratio", "e_value", "e_value_limit")),
        )
        for _, r in cohort.e_values.iterrows()
    ]
    note = (
        "How strongly something that was not measured would have to go with both the exposure and the "
        "outcome, as a risk ratio above all covariates, to be the whole of the association (E-value), or "
        "to bring its interval to no association (of the limit; 1 if the interval holds it). VanderWeele "
        "and Ding 2017, Ann Intern Med 167:268. A large E-value does not say that there is no such thing. "
        "The same for machines: e_values.csv."
    )
    return human_table(cohort, "e_values", "Unmeasured confounding: E-values", columns, rows, note=note)


def measurement_error(run: Run, cohort: CohortResults) -> HumanTable:
    """Coefficients corrected for regression dilution."""
    columns = [*_MODEL, Column("As estimated (95 % CI)", True), Column("Reliability (SE)", True)]
    columns += [Column("Measured twice", True), Column("Corrected (95 % CI)", True), Column("p", True)]
    columns += [Column("Why not", wide=True)]
    names = ("estimate_corrected", "conf_low_corrected", "conf_high_corrected")
    rows = [
        (
            *_model(run, r),
            _effect(r),
            f"{number(r['reliability'], 3)} ({number(r['se_reliability'], 3)})",
            count(r["n_replicates"]),
            _effect(r, names=names),
            p_value(r["p_corrected"]),
            plain(r["reason"]),
        )
        for _, r in cohort.measurement_error.iterrows()
    ]
    asked = run.project.analysis.sensitivity
    transport = asked.measurement_error.transport if asked and asked.measurement_error else ""
    note = (
        "A marker measured once varies from day to day, which draws its associations towards none. The "
        "coefficient is divided by the reliability of one measurement (the share of its variance between "
        f"people), with the error of both. {transport}. The same for machines: measurement_error.csv and "
        "reliability.csv."
    )
    return human_table(cohort, "measurement_error", "Regression dilution", columns, rows, note=note)


def bias_analysis(run: Run, cohort: CohortResults) -> HumanTable:
    """Probabilistic bias analyses."""
    columns = [Column("Analysis"), *_MODEL, Column("Conventional (95 % CI)", True)]
    columns += [Column("Sensitivity / specificity, without the outcome"), Column("With the outcome")]
    columns += [Column("Misclassification alone", True), Column("With random error", True)]
    columns += [Column("Draws", True), Column("Ruled out", True), Column("Monte Carlo SE (log)", True)]
    columns += [Column("Source, or why not", wide=True)]
    rows = [
        (
            plain(r["label"]),
            *_model(run, r),
            _effect(r),
            _accuracy(r, ""),
            _accuracy(r, "_cases"),
            _effect(r, names=("systematic", "systematic_low", "systematic_high")),
            _effect(r, names=("total", "total_low", "total_high")),
            count(r["draws"]),
            count(r["rejected"]),
            number(r["monte_carlo_se"], 3),
            plain(r["reason"] or r["source"]),
        )
        for _, r in cohort.bias_analysis.iterrows()
    ]
    note = (
        "What would have been estimated with the true exposure (Fox, MacLehose and Lash 2021): "
        "sensitivity and specificity are drawn, then a true exposure for each person, and the model is "
        "fitted again; medians and 95 % simulation intervals. Ruled out: draws under which more people "
        "would be classified as exposed than are. Accuracies are medians of the draws. The same for "
        "machines: bias_analysis.csv."
    )
    return human_table(cohort, "bias_analysis", "Misclassified exposure", columns, rows, note=note)


def _accuracy(r: pd.Series, end: str) -> str:
    if pd.isna(r[f"sensitivity{end}"]):
        return NOT_AVAILABLE
    return f"{number(r[f'sensitivity{end}'], 2)} / {number(r[f'specificity{end}'], 2)}"


def untested(run: Run, cohort: CohortResults) -> HumanTable:
    """The tested, weighted for the untested."""
    columns = [*_MODEL, Column("Main (95 % CI)", True), Column("Weighted (95 % CI)", True), Column("p", True)]
    columns += [Column("Tested", True), Column("Of", True), Column("Weights"), Column("Cut off", True)]
    columns += [Column("Why not", wide=True)]
    rows = [
        (
            *_model(run, r),
            _effect(r, "_main"),
            _effect(r),
            p_value(r["p_value"]),
            count(r["n"]),
            count(r["n_all"]),
            f"{number(r['weight_low'], 2)} to {number(r['weight_high'], 2)}",
            count(r["n_truncated"]),
            plain(r["reason"]),
        )
        for _, r in cohort.untested.iterrows()
    ]
    note = (
        "Those who were tested, weighted by the inverse of how likely each was to be tested, so that they "
        "stand for those who were not as far as the covariates tell. The error takes into account that "
        "the weights are estimated. The same for machines: untested.csv."
    )
    return human_table(cohort, "untested", "People who were not tested", columns, rows, note=note)


def controls(run: Run, cohort: CohortResults) -> HumanTable:
    """Negative and positive controls."""
    columns = [Column("Control", filtered=True), *_MODEL, Column("SD of the outcome (95 % CI)", True)]
    columns += [Column("p", True), Column("n", True), Column("Events", True), Column("Seen", filtered=True)]
    columns += [Column("Why not", wide=True)]
    rows = []
    for _, r in cohort.controls.iterrows():
        known = pd.notna(r["d"])
        numbers = f"{number(r['d'], 2)} ({number(r['d_low'], 2)} to {number(r['d_high'], 2)})"
        rows.append(
            (
                r["control"],
                label(run.project, r["outcome"]),
                contrast(run.project, r["exposure"], r["contrast"])
                if known
                else label(run.project, r["exposure"]),
                numbers if known else NOT_AVAILABLE,
                p_value(r["p_value"]),
                count(r["n"]),
                count(r["events"]),
                r["seen"],
                plain(r["reason"]),
            )
        )
    note = (
        "Negative controls should show no association, positive ones one above 0. Not adjusted for "
        "multiple testing. The same for machines: controls.csv."
    )
    return human_table(cohort, "controls", "Negative and positive controls", columns, rows, note=note)
