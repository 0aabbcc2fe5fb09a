"""The tables that people read: the same cells in the report and in tables/*.csv."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from b12sarc.codebook_check import NOT_COMPARED
from b12sarc.headline import MARGIN_KEY
from b12sarc.report.curves import dose_response, marginal, points_beside
from b12sarc.report.human import Column, HumanTable, human_table
from b12sarc.report.imputed import imputed_beside, imputed_values, model_key, side_by_side
from b12sarc.report.modification import interactions, subgroups
from b12sarc.report.over_time import over_time, trends
from b12sarc.report.rules import definition_in_words
from b12sarc.report.sensitivity import (
    bias_analysis,
    controls,
    e_values,
    measurement_error,
    options,
    untested,
)
from b12sarc.report.table1 import table1
from b12sarc.results import CohortResults, Run, is_suppressed
from b12sarc.spec import Project
from b12sarc.wording import (
    MEASURES,
    NOT_AVAILABLE,
    Measure,
    adjustment,
    contrast,
    count,
    degrees,
    explained,
    full_label,
    interval,
    label,
    lower_first,
    number,
    p_value,
    percent,
    plain,
    short_label,
    weighting,
)

SUPPRESSED = "suppressed"


def human_tables(run: Run, cohort: CohortResults) -> dict[str, HumanTable]:
    """Return every table of a cohort by its short name, in the order of the report."""
    followed = (over_time, trends) if len(cohort.by_cycle) else ()
    curves = (dose_response,) if len(cohort.curve_tests) else ()
    margins = (marginal,) if len(cohort.margins) else ()
    imputed = (side_by_side, imputed_values) if len(cohort.imputed) else ()
    modified = (interactions, subgroups) if len(cohort.effect_modification) else ()
    departed = (options, e_values, measurement_error, bias_analysis, untested, controls)
    made = (
        table1,
        flow,
        missingness,
        prevalence,
        *followed,
        *curves,
        *margins,
        *modified,
        *imputed,
        *(departed if len(cohort.options) else ()),
        model_table,
        models,
        not_estimable,
        model_notes,
        availability,
        definitions,
        harmonisation,
    )
    return {make.__name__: make(run, cohort) for make in made}


def _percentage(row: pd.Series) -> str:
    return f"{percent(row['estimate'])} ({percent(row['conf_low'])} to {percent(row['conf_high'])})"


def flow(run: Run, cohort: CohortResults) -> HumanTable:
    """The eligibility flow."""
    columns = [Column("Step"), Column("Left out", True), Column("Remaining", True)]
    steps = list(zip(cohort.flow["n_remaining"], cohort.flow["weighted_remaining"], strict=True))
    millions = all(weighted >= 2 * people for people, weighted in steps)
    columns += [Column("Remaining, weighted (millions)", True)] if millions else []
    rows = [
        (
            explained(run.project, r["description"]),
            count(r["n_excluded"]),
            count(r["n_remaining"]),
            *([number(r["weighted_remaining"] / 1e6, 2)] if millions else []),
        )
        for _, r in cohort.flow.iterrows()
    ]
    note = "" if millions else weighting(cohort.cohort)
    return human_table(cohort, "flow", "Who is in the analysis", columns, rows, note=note)


def missingness(run: Run, cohort: CohortResults) -> HumanTable:
    """Missing values in the domain."""
    del run
    columns = [Column("Variable"), Column("People", True), Column("Missing", True)]
    alike = cohort.cohort.design.weighting() is None
    columns += [Column("Missing, %", True), *([] if alike else [Column("Missing, weighted %", True)])]
    rows = [
        (
            plain(r["label"]),
            count(r["n"]),
            count(r["n_missing"]),
            percent(r["fraction"]),
            *([] if alike else [percent(r["weighted_fraction"])]),
        )
        for _, r in cohort.missingness.iterrows()
    ]
    return human_table(cohort, "missingness", "Missing values in the domain", columns, rows)


def prevalence(run: Run, cohort: CohortResults) -> HumanTable:
    """Prevalence of every definition in every subgroup."""
    columns = [Column("Definition", filtered=True), Column("Group", filtered=True), Column("n", True)]
    columns += [Column("Events", True), Column("% (95 % CI)", True), Column("SE", True)]
    columns += [Column("Effective n", True), Column("df", True), Column("NCHS flag")]
    rows = []
    for _, r in cohort.prevalence.iterrows():
        hidden = is_suppressed(r["flag"])
        rows.append(
            (
                full_label(run.project, r["variable"]),
                subgroup_label(run.project, r["subgroup"]),
                count(r["n"]),
                NOT_AVAILABLE if hidden else count(r["events"]),
                SUPPRESSED if hidden else _percentage(r),
                NOT_AVAILABLE if hidden else percent(r["se"]),
                NOT_AVAILABLE if hidden else number(r["n_eff"], 0),
                degrees(r["df"]),
                r["flag"],
            )
        )
    note = (
        f"{weighting(cohort.cohort)} Korn-Graubard intervals, suppressed or flagged by the NCHS data "
        "presentation standards for proportions (Vital and Health Statistics, Series 2 No. 175)."
    )
    return human_table(cohort, "prevalence", "How common each definition is", columns, rows, note=note)


def subgroup_label(project: Project, subgroup: str) -> str:
    """Return the words for ``all`` or ``sex=male``."""
    name, _, level = subgroup.partition("=")
    spec = project.analysis.describe.subgroups.get(name)
    if spec is None:
        return subgroup
    if not level or spec.var is None:
        return spec.label
    return f"{spec.label}: {plain(project.quantity(spec.var).levels.get(level, level))}"


def model_table(run: Run, cohort: CohortResults) -> HumanTable:
    """The main estimates as papers print them: one row a comparison, one column an adjustment set."""
    project = run.project
    of_models, asked = project.analysis.models, project.analysis.headline
    first = of_models.binary_outcomes[:1] + of_models.continuous_outcomes[:1]
    estimates = run.estimates_of(cohort.cohort.id)
    estimates = estimates[
        estimates["missing"].isin(of_models.main_treatments())
        & estimates["estimator"].isin(first)
        & (estimates["subgroup"] == of_models.subgroups[0])
    ]
    rows = []
    for (outcome, exposure, said), same in estimates.groupby(["outcome", "exposure", "contrast"], sort=False):
        by_set = same.drop_duplicates("adjustment").set_index("adjustment")
        if asked.adjustment not in by_set.index:
            continue
        main = by_set.loc[asked.adjustment]
        measure = MEASURES[main["estimator"]]
        events = "" if pd.isna(main["events"]) else f" ({count(main['events'])})"
        shown = [
            _interval(by_set.loc[name], measure) if name in by_set.index else NOT_AVAILABLE
            for name in of_models.adjustments
        ]
        rows.append(
            (
                short_label(project, str(outcome)),
                contrast(project, str(exposure), str(said)),
                measure.name,
                f"{count(main['n'])}{events}",
                *shown,
                p_value(main["p_value"]),
                p_value(main["p_adjusted"]),
            )
        )
    columns = [Column("Outcome", filtered=True), Column("Exposure, what is compared", filtered=True)]
    columns += [Column("Measure", filtered=True), Column("n (events)", True)]
    columns += [Column(f"{adjustment(project, a)} (95 % CI)", True) for a in of_models.adjustments]
    columns += [Column("p", True), Column("p adjusted", True)]
    note = (
        f"n, events and p: of the adjustment set “{adjustment(project, asked.adjustment)}”. p adjusted: for "
        "the number of tests in its family. People in whom all of a model is known; lean mass by DXA as its "
        "imputations say. The sets and their covariates are in the methods."
    )
    return human_table(cohort, "model_table", "Estimates by adjustment set", columns, rows, note=note)


def _interval(row: pd.Series, measure: Measure) -> str:
    return interval(row["estimate"], row["conf_low"], row["conf_high"], measure)


def models(run: Run, cohort: CohortResults) -> HumanTable:
    """Every estimate, one a row; what it is with gaps imputed stands beside it."""
    project = run.project
    estimates = run.estimates_of(cohort.cohort.id)
    estimates = estimates[estimates["missing"].isin(project.analysis.models.main_treatments())]
    spread: dict[str, Callable[[pd.Series], str]] = {
        "subgroup": lambda r: subgroup_label(project, r["subgroup"]),
        "missing": lambda r: r["missing"].replace("_", " "),
    }
    spread = {name: words for name, words in spread.items() if estimates[name].nunique() > 1}
    columns = [
        Column("Outcome", filtered=True),
        Column("Exposure, what is compared", filtered=True, wide=True),
    ]
    columns += [Column("Adjusted for", filtered=True), Column("Measure", filtered=True)]
    columns += [
        Column({"subgroup": "Group", "missing": "Missing data"}[name], filtered=True) for name in spread
    ]
    beside, imputed, rows = points_beside(run, cohort), imputed_beside(run, cohort), []
    shown = ("Estimate (95 % CI)", *(["Marginal difference, points (95 % CI)"] if beside else []))
    shown += ("Gaps imputed (95 % CI)", "FMI, %") if imputed else ()
    numbers = ("n", "Events", *shown, "p", "p adjusted", "p Holm", "p BH", "df")
    columns += [Column(h, True) for h in numbers] + [Column("Family", filtered=True)]
    for _, r in estimates.iterrows():
        measure = MEASURES[r["estimator"]]
        of_margins = tuple(r[list(MARGIN_KEY)]) if r["estimator"] == "poisson" else ()
        rows.append(
            (
                short_label(project, r["outcome"]),
                contrast(project, r["exposure"], r["contrast"]),
                adjustment(project, r["adjustment"]),
                measure.name,
                *(words(r) for words in spread.values()),
                count(r["n"]),
                "" if pd.isna(r["events"]) else count(r["events"]),
                interval(r["estimate"], r["conf_low"], r["conf_high"], measure),
                *([beside.get(of_margins, "")] if beside else []),
                *(imputed.get(model_key(r), ("", "")) if imputed else ()),
                p_value(r["p_value"]),
                *(p_value(r[column]) for column in ("p_adjusted", "p_holm", "p_bh")),
                degrees(r["df"]),
                r["family"],
            )
        )
    return human_table(cohort, "models", "Every estimate", columns, rows, note=_of_models(project))


def _of_models(project: Project) -> str:
    """Return what a reader must know of the table of estimates."""
    families = "; ".join(f"{name}: {lower_first(f.label)}" for name, f in project.analysis.families.items())
    return (
        f"Families of tests: {families}. p Holm and p BH: adjusted within the family for the chance of any "
        "false finding (Holm), and for the expected share of false ones among the findings "
        "(Benjamini-Hochberg); p adjusted is the one that the family was to be judged by. Where gaps were "
        "imputed, the estimate of everybody in the domain stands beside that of complete cases, with the "
        "fraction of missing information (FMI). The same with all digits, for machines: estimates.csv."
    )


def not_estimable(run: Run, cohort: CohortResults) -> HumanTable:
    """What could not be estimated, with the reason; equal rows of the grid are counted, not repeated."""
    project = run.project
    keys = ["outcome", "exposure", "reason"]
    rows = [
        (label(project, outcome), label(project, exposure), explained(project, reason), count(len(same)))
        for (outcome, exposure, reason), same in cohort.not_estimable.groupby(keys, sort=False)
    ]
    columns = [
        Column("Outcome", filtered=True),
        Column("Exposure", filtered=True),
        Column("Reason", wide=True),
    ]
    columns += [Column("Estimates", True)]
    return human_table(cohort, "not_estimable", "Estimates that cannot be made", columns, rows)


def model_notes(run: Run, cohort: CohortResults) -> HumanTable:
    """What was left out of the covariates of a model, with the reason; equal rows are counted."""
    notes = cohort.model_notes
    rows = [
        (explained(run.project, note), label(run.project, outcome), count(len(same)))
        for (note, outcome), same in notes.groupby(["note", "outcome"], sort=False)
    ]
    columns = [
        Column("What was left out", wide=True),
        Column("Outcome", filtered=True),
        Column("Models", True),
    ]
    return human_table(cohort, "model_notes", "Covariates left out of some models", columns, rows)


def availability(run: Run, cohort: CohortResults) -> HumanTable:
    """Exposures and outcomes that the cohort cannot answer."""
    of_interest = cohort.definitions["roles"].str.contains("exposure|outcome")
    lacking = cohort.definitions[of_interest & ~cohort.definitions["available"].astype(bool)]
    rows = [
        (plain(r["label"]), r["roles"].replace(" ", ", "), explained(run.project, r["reason"]))
        for _, r in lacking.iterrows()
    ]
    columns = [Column("Definition"), Column("Role"), Column("Why not", wide=True)]
    return human_table(cohort, "availability", "What these data cannot answer", columns, rows)


def definitions(run: Run, cohort: CohortResults) -> HumanTable:
    """Every definition that was used, in words, with its source."""
    project = run.project
    available = set(cohort.definitions.loc[cohort.definitions["available"].astype(bool), "definition"])
    rows = [
        (plain(d.label), ", ".join(d.roles), definition_in_words(project, d), plain(d.citation))
        for name, d in project.definitions.definitions.items()
        if name in available
    ]
    columns = [
        Column("Definition"),
        Column("Role", filtered=True),
        Column("How it is made", wide=True),
        Column("Source", wide=True),
    ]
    return human_table(cohort, "definitions", "Definitions", columns, rows)


def harmonisation(run: Run, cohort: CohortResults) -> HumanTable:
    """Where each variable comes from, and what became missing on the way."""
    mappings = cohort.cohort.variables
    rows = []
    for _, r in cohort.harmonisation.iterrows():
        assay = mappings[r["variable"]].assay
        assay = assay.get(r["cycle"], "") if isinstance(assay, dict) else assay or ""
        units = r["unit_out"] if r["unit_in"] in ("", r["unit_out"]) else f"{r['unit_in']} → {r['unit_out']}"
        spread = "" if pd.isna(r["min"]) else f"{r['min']:.6g} to {r['max']:.6g}"
        rows.append(
            (
                label(run.project, r["variable"]),
                r["cycle"],
                f"{r['table']}: {r['columns']}",
                plain(units),
                assay,
                count(r["n_valid"]),
                count(r["n_missing"]),
                count(r["n_missing_code"]),
                count(r["n_implausible"]),
                spread,
            )
        )
    columns = [
        Column("Variable"),
        Column("Cycle", filtered=True),
        Column("Source"),
        Column("Unit"),
        Column("Assay"),
    ]
    numeric = ("Valid", "Missing", "Missing by code", "Set missing: implausible", "Range")
    columns += [Column(h, True) for h in numeric]
    note = (
        "Counts over every row of the source table, all ages. A value outside the plausible range of the "
        f"dictionary is set missing and counted, never dropped. {_checked(cohort)}{_visits(cohort)}"
    )
    return human_table(cohort, "harmonisation", "Where each variable comes from", columns, rows, note=note)


def _visits(cohort: CohortResults) -> str:
    """Return how many persons had several visits, and how many rows were set aside for it."""
    if "n_several_visits" not in cohort.harmonisation:
        return ""
    columns = ["n_several_visits", "n_rows_set_aside"]
    counts = cohort.harmonisation[columns].apply(pd.to_numeric, errors="coerce")
    several = cohort.harmonisation[["table", "cycle"]].join(counts).drop_duplicates()
    said = [
        f" {table} ({cycle}): {count(people)} people had several visits; of each one was used, by the rule "
        f"in the methods, and {count(rows)} rows were set aside."
        for table, cycle, people, rows in several[several["n_several_visits"] > 0].itertuples(index=False)
    ]
    return "".join(said)


def _checked(cohort: CohortResults) -> str:
    """Return how the source files compare with the counts in their codebook pages."""
    checks = cohort.codebook_check
    without = checks["description"].eq(NOT_COMPARED) if len(checks) else pd.Series(dtype=bool)
    compared = checks[~without]
    if compared.empty:
        return "No codebook page was there to compare with."
    differ = int((~compared["ok"].astype(bool)).sum())
    said = f"{count(differ)} differ" if differ else "all agree"
    pageless = ", ".join(dict.fromkeys(checks.loc[without, "table"].astype(str)))
    return f"{count(len(compared))} counts of the files were compared with their codebook pages: {said}." + (
        f" Without a page, and so not compared: {pageless}." if pageless else ""
    )
