"""Tables of what imputation did: estimates side by side, and imputed beside observed values."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from b12sarc.figures.imputed import MODEL, TREATMENTS, pooled_terms, term_of
from b12sarc.figures.imputed import side_by_side as pairs
from b12sarc.report.human import Column, HumanTable, human_table
from b12sarc.results import CohortResults, Run
from b12sarc.wording import (
    MEASURES,
    NOT_AVAILABLE,
    contrast,
    count,
    degrees,
    full_label,
    interval,
    number,
    p_value,
    percent,
    short_label,
)


def side_by_side(run: Run, cohort: CohortResults) -> HumanTable:
    """The headline estimates of complete cases and of completed data."""
    columns = [Column("Outcome", filtered=True), Column("Exposure, what is compared", wide=True)]
    columns += [Column("Missing data", filtered=True), Column("Measure")]
    columns += [Column(h, True) for h in ("n", "Events", "Estimate (95 % CI)", "p", "df", "FMI, %")]
    rows = []
    for _, r in pairs(run, cohort).iterrows():
        measure = MEASURES[r["estimator"]]
        rows.append(
            (
                short_label(run.project, r["outcome"]),
                contrast(run.project, r["exposure"], r["contrast"]),
                TREATMENTS[r["missing"]],
                measure.name,
                count(r["n"]),
                "" if pd.isna(r["events"]) else count(r["events"]),
                interval(r["estimate"], r["conf_low"], r["conf_high"], measure),
                p_value(r["p_value"]),
                degrees(r["df"]),
                "" if pd.isna(r["fmi"]) else percent(r["fmi"]),
            )
        )
    note = (
        "FMI: fraction of missing information. Events of completed data: the mean over imputations. "
        "Every other model is in the table of estimates."
    )
    return human_table(
        cohort, "side_by_side", "Complete cases and imputed, side by side", columns, rows, note=note
    )


def model_key(row: pd.Series) -> tuple[str, ...]:
    """Return what names a term of a model, but for how missing values are treated."""
    return tuple(str(row[name]) for name in MODEL if name != "missing")


def imputed_beside(run: Run, cohort: CohortResults) -> dict[tuple[str, ...], tuple[str, str]]:
    """Return for each term (:func:`model_key`) what it is with gaps imputed, and the share lost, in %."""
    main = run.project.analysis.models.main_treatments()
    estimates = run.estimates_of(cohort.cohort.id)
    other = estimates[~estimates["missing"].isin(main)]
    if other.empty:
        return {}
    other = other.merge(pooled_terms(cohort), on=MODEL, how="left")
    return {
        model_key(r): (
            interval(r["estimate"], r["conf_low"], r["conf_high"], MEASURES[r["estimator"]]),
            "" if pd.isna(r["fmi"]) else percent(r["fmi"]),
        )
        for _, r in other.iterrows()
    }


def imputed_values(run: Run, cohort: CohortResults) -> HumanTable:
    """How much was imputed of every variable, and what rests on it, beside what was observed."""
    columns = [Column("Variable"), Column("How", filtered=True), Column("People", True)]
    columns += [Column(h, True) for h in ("Imputed", "Imputed, weighted %", "Observed mean or %")]
    columns += [Column(h, True) for h in ("Imputed mean or %", "Difference, SD", "With it, observed")]
    columns += [Column(h, True) for h in ("With it, completed", "R-hat")]
    rows = []
    for _, r in cohort.imputed.iterrows():
        share = bool(r["level"]) or run.project.quantity(r["variable"]).kind != "continuous"
        shown = percent if share else _mean
        rows.append(
            (
                full_label(run.project, term_of(r)),
                r["made"],
                count(r["n"]),
                count(r["n_missing"]),
                _or_nothing(r["weighted_fraction"], percent),
                _or_nothing(r["observed_mean"], shown),
                _or_nothing(r["imputed_mean"], shown),
                _or_nothing(r["standardised_difference"], lambda v: number(v, 2)),
                "" if pd.isna(r["observed"]) else count(r["observed"]),
                _or_nothing(r["completed"], lambda v: number(v, 1)) if share else "",
                "" if pd.isna(r["rhat"]) else number(r["rhat"], 2),
            )
        )
    note = (
        "Means and percentages are weighted. R-hat near 1: the chains agree (over all rounds, from "
        "random starts). Derived: made anew in each completed data set. The course of every chain: "
        "imputation_chains.csv."
    )
    return human_table(
        cohort, "imputed_values", "What was imputed, beside what was observed", columns, rows, note=note
    )


def _mean(value: float) -> str:
    return f"{value:.4g}"


def _or_nothing(value: float, words: Callable[[float], str]) -> str:
    return NOT_AVAILABLE if pd.isna(value) else words(value)
