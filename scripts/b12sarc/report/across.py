"""Tables of the whole run: cohorts put together, and what others have published."""

from __future__ import annotations

import pandas as pd

from b12sarc.report.human import Column, HumanTable
from b12sarc.report.multiverse import multiverse_tables
from b12sarc.report.tables import subgroup_label
from b12sarc.results import Run
from b12sarc.spec import Study
from b12sarc.style import marked
from b12sarc.wording import (
    MEASURES,
    NOT_AVAILABLE,
    PUBLISHED,
    adjustment,
    contrast,
    interval,
    number,
    p_value,
    plain,
    short_label,
)

DESIGNS = {
    "cross_sectional": "Cross-sectional",
    "longitudinal": "Longitudinal",
    "case_control": "Case-control",
    "trial": "Randomised trial",
}


def across_tables(run: Run) -> dict[str, HumanTable]:
    """Return the tables that belong to no single cohort, by name."""
    return {table.name: table for table in (synthesis(run), published(run), *multiverse_tables(run))}


def synthesis(run: Run) -> HumanTable:
    """Every meta-analysis, one a row."""
    combined = run.meta[run.meta["method"] != "none"]
    headings = ("Outcome", "Exposure, what is compared", "Adjusted for", "Measure", "Group", "Missing data")
    columns = [Column(h, filtered=True, wide=h.startswith("Exposure")) for h in headings]
    columns += [Column("Cohorts, weight", wide=True)]
    numeric = ("Estimate (95 % CI)", "Prediction interval", "p", "I², %", "τ²", "Q, p", "Without one cohort")
    columns += [Column(heading, True) for heading in numeric]
    columns += [Column("Note", wide=True)]
    alone = int((run.meta["k"] == 1).sum())
    note = (
        "Random effects; p and intervals by Hartung and Knapp (t with one degree of freedom fewer than there "
        "are cohorts: two cohorts give wide intervals). “Without one cohort”: lowest and highest estimate "
        f"when each is left out in turn. {alone:,} estimates were made in one cohort only; these are no "
        "meta-analysis and stand with their cohort. The same with all digits, for machines: meta.csv."
    )
    caption = marked("Cohorts put together", synthetic=run.synthetic)
    rows = tuple(_synthesis_row(run, row) for _, row in combined.iterrows())
    return HumanTable("synthesis", caption, tuple(columns), rows, note=note)


def _synthesis_row(run: Run, row: pd.Series) -> tuple[str, ...]:
    project, measure = run.project, MEASURES[row["estimator"]]
    titles = [run.cohorts[name].cohort.title for name in row["cohorts"].split(" ")]
    weights = [f"{100 * float(w):.0f} %" for w in row["weights"].split(" ")]
    spread = interval(row["estimate"], row["prediction_low"], row["prediction_high"], measure)
    return (
        short_label(project, row["outcome"]),
        contrast(project, row["exposure"], row["contrast"]),
        adjustment(project, row["adjustment"]),
        measure.name,
        subgroup_label(project, row["subgroup"]),
        row["missing"].replace("_", " "),
        "; ".join(f"{title}: {weight}" for title, weight in zip(titles, weights, strict=True)),
        interval(row["estimate"], row["conf_low"], row["conf_high"], measure),
        spread[spread.index("(") + 1 : -1],
        p_value(row["p_value"]),
        number(100 * row["i2"], 0),
        f"{row['tau2']:.2g}",
        p_value(row["q_p_value"]),
        _range(row),
        row["note"],
    )


def _range(row: pd.Series) -> str:
    low, high = row["leave_one_out_low"], row["leave_one_out_high"]
    return NOT_AVAILABLE if pd.isna(low) else f"{number(low, 2)} to {number(high, 2)}"


def published(run: Run) -> HumanTable:
    """What others have published, drawn or told in words; nothing beside made-up people alone."""
    headings = ("Study", "Design", "People", "n", "Compared", "In", "Result (95 % CI)", "Finding", "Source")
    columns = tuple(Column(h, filtered=h == "Design", wide=h in ("Finding", "Compared")) for h in headings)
    beside_real = not all(c.cohort.synthetic for c in run.cohorts.values())
    studies = run.project.evidence.studies.values() if beside_real else ()
    rows = tuple(_study_row(study) for study in sorted(studies, key=lambda s: s.design == "trial"))
    note = (
        "Numbers as printed, seen in the source; an empty result means that the source gives a direction but "
        "no number. Nothing here is pooled: the contrasts and scales differ."
    )
    return HumanTable("published", "What others have published", columns, rows, note=note)


def _study_row(study: Study) -> tuple[str, ...]:
    result = ""
    if study.estimate is not None and study.measure is not None:
        measure = PUBLISHED[study.measure]
        nan = float("nan")
        low, high = (nan if x is None else x for x in (study.conf_low, study.conf_high))
        limits = "" if study.conf_low is None else f" ({number(low, 2)} to {number(high, 2)})"
        result = (
            f"{measure.short} {number(study.estimate, 2)}{limits}{f' {study.unit}' if study.unit else ''}"
        )
    cells = (study.study, DESIGNS[study.design], study.population, study.n, study.exposure, study.outcome)
    return (*map(plain, cells), plain(result), plain(study.finding), study.source)
