"""In whom associations differ, as tables for people: the levels of each modifier, and how they compare."""

from __future__ import annotations

import pandas as pd

from b12sarc.report.human import Column, HumanTable, human_table
from b12sarc.results import CohortResults, Run
from b12sarc.spec import Project
from b12sarc.wording import (
    MEASURES,
    NOT_AVAILABLE,
    adjustment,
    contrast,
    count,
    degrees,
    explained,
    interval,
    modifier_label,
    modifier_level,
    number,
    p_value,
    short_label,
)

MODEL = ["modifier", "outcome", "exposure", "adjustment", "estimator", "missing"]


def subgroups(run: Run, cohort: CohortResults) -> HumanTable:
    """The estimates within each level of each modifier, with the prevalence difference there."""
    project, table = run.project, _answered(cohort.effect_modification)
    within = table[table["measure"] == "subgroup"]
    key = [*MODEL, "level", "term"]
    differences = table[table["measure"] == "difference"].set_index(key)
    rows = [_of_level(project, r, differences, tuple(r[key])) for _, r in within.iterrows()]
    columns = [Column(h, filtered=True) for h in ("Outcome", "Exposure, what is compared", "Groups by")]
    columns += [Column("Group")]
    columns += [Column(h, filtered=True) for h in ("Measure", "Adjusted for", "Missing data")]
    columns += [Column(h, True) for h in ("n", "Events", "Estimate (95 % CI)", "p")]
    columns += [Column("Difference in prevalence, points (95 % CI)", True), Column("df", True)]
    columns += [Column("Why not", wide=True)]
    note = (
        "Estimates of the people of each group by themselves, in the whole survey design. The difference in "
        "prevalence is standardised to the group's own people, from the model of everybody in which exposure "
        "and group interact. The same for machines: effect_modification.csv."
    )
    return human_table(cohort, "subgroups", "Estimates in groups of people", columns, rows, note=note)


def _answered(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out an exposure with an outcome of which nothing is estimated: why is said of the main models."""
    some = table["estimate"].notna().groupby([table["outcome"], table["exposure"]]).transform("any")
    return table[some]


def _of_level(project: Project, r: pd.Series, differences: pd.DataFrame, key: tuple) -> tuple[str, ...]:
    measure = MEASURES[r["estimator"]]
    missing = pd.isna(r["estimate"])
    points = _points(differences.loc[key]) if key in differences.index else NOT_AVAILABLE
    return (
        short_label(project, r["outcome"]),
        _compared(project, r),
        modifier_label(project, r["modifier"]),
        modifier_level(project, r["modifier"], r["level"]),
        *_how(project, r),
        count(r["n"]),
        "" if pd.isna(r["events"]) else count(r["events"]),
        NOT_AVAILABLE if missing else interval(r["estimate"], r["conf_low"], r["conf_high"], measure),
        p_value(r["p_value"]),
        "" if not measure.ratio else points,
        NOT_AVAILABLE if pd.isna(r["df"]) else degrees(r["df"]),
        explained(project, r["reason"]) if r["reason"] else "",
    )


def _compared(project: Project, r: pd.Series) -> str:
    if r["contrast"]:
        return contrast(project, r["exposure"], r["contrast"])
    return short_label(project, r["exposure"])


def _how(project: Project, r: pd.Series) -> tuple[str, str, str]:
    treatment = r["missing"].replace("_", " ")
    return MEASURES[r["estimator"]].name, adjustment(project, r["adjustment"]), treatment


def _points(r: pd.Series) -> str:
    """A difference in prevalence in points of per cent."""
    value, low, high = (number(100 * r[c], 1) for c in ("estimate", "conf_low", "conf_high"))
    return value if pd.isna(r["conf_low"]) else f"{value} ({low} to {high})"


def interactions(run: Run, cohort: CohortResults) -> HumanTable:
    """How the levels of each modifier compare, on both scales."""
    project, table = run.project, _answered(cohort.effect_modification)
    rows = [row for _, model in table.groupby(MODEL, sort=False) for row in _of_model(project, model)]
    columns = [Column(h, filtered=True) for h in ("Outcome", "Exposure, what is compared", "Groups by")]
    columns += [Column("Compared")]
    columns += [Column(h, filtered=True) for h in ("Measure", "Adjusted for", "Missing data")]
    columns += [Column("Ratio of ratios, or difference of differences (95 % CI)", True)]
    columns += [Column(h, True) for h in ("p", "p Holm", "p BH")]
    columns += [Column("Difference of prevalence differences, points (95 % CI)", True)]
    columns += [Column(h, True) for h in ("p (additive)", "p Holm (additive)", "p BH (additive)")]
    columns += [Column(h, True) for h in ("RERI (95 % CI)", "AP (95 % CI)", "Synergy index (95 % CI)", "df")]
    columns += [Column("Note", wide=True)]
    note = (
        "From models of everybody in which exposure and group interact. p: Wald F tests of all such terms, "
        "on the scale of ratios (of means: differences) and of prevalence differences (additive); p Holm and "
        "p BH adjust for all tests of the cohort on that scale with the same measure. RERI: the excess "
        "with both, beyond the sum of the excesses with either; AP: its share of the ratio with both; "
        "synergy index: excess with both over the sum of the excesses. They compare with those who have "
        "neither, and mean little where either ratio is below 1, which the note says. The same for machines: "
        "effect_modification.csv."
    )
    return human_table(cohort, "interactions", "How the groups compare", columns, rows, note=note)


def _of_model(project: Project, model: pd.DataFrame) -> list[tuple[str, ...]]:
    """One row for each product of exposure and modifier; one with the reason if there is no model."""
    tests = model[model["measure"] == "test"].set_index("scale")
    products = model[(model["measure"] == "product") & model["estimate"].notna()]
    if products.empty:
        r = tests.iloc[0]
        words = (short_label(project, r["outcome"]), _compared(project, r))
        empty = (NOT_AVAILABLE,) * 12
        said = (modifier_label(project, r["modifier"]), "", *_how(project, r))
        return [(*words, *said, *empty, explained(project, r["reason"]))]
    return [_of_product(project, r, model, tests) for _, r in products.iterrows()]


def _of_product(project: Project, r: pd.Series, model: pd.DataFrame, tests: pd.DataFrame) -> tuple[str, ...]:
    measure = MEASURES[r["estimator"]]
    same = model[(model["level"] == r["level"]) & (model["term"] == r["term"])].set_index("measure")
    reference = model.loc[(model["measure"] == "joint") & (model["term"] != ""), "level"].iloc[0]
    levels = [modifier_level(project, r["modifier"], level) for level in (r["level"], reference)]
    first = "multiplicative" if measure.ratio else "additive"
    additive = tests.loc["additive"] if measure.ratio else None
    return (
        short_label(project, r["outcome"]),
        _compared(project, r),
        modifier_label(project, r["modifier"]),
        " vs ".join(levels),
        *_how(project, r),
        interval(r["estimate"], r["conf_low"], r["conf_high"], measure),
        *(p_value(tests.loc[first, c]) for c in ("p_value", "p_holm", "p_bh")),
        _points(same.loc["difference_contrast"]) if measure.ratio else "",
        *("" if additive is None else p_value(additive[c]) for c in ("p_value", "p_holm", "p_bh")),
        *(_excess(same, name) for name in ("reri", "ap", "synergy")),
        degrees(r["df"]),
        "; ".join(dict.fromkeys(x for x in [*same["reason"], *same.get("note", [])] if x)),
    )


def _excess(same: pd.DataFrame, name: str) -> str:
    if name not in same.index:
        return ""
    r = same.loc[name]
    if pd.isna(r["estimate"]):
        return NOT_AVAILABLE
    value, low, high = (number(r[c], 2) for c in ("estimate", "conf_low", "conf_high"))
    return f"{value} ({low} to {high})"
