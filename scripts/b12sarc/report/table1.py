"""Table 1 as it is printed: one column a group."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from b12sarc.report.human import Column, HumanTable, human_table
from b12sarc.results import CohortResults, Run
from b12sarc.spec import Cohort
from b12sarc.wording import (
    NOT_AVAILABLE,
    SUPPRESSED,
    count,
    decimals_for,
    label,
    number,
    p_value,
    percent,
    plain,
    weighting,
)

UNSHOWN = ("suppressed", "unreliable")
NOT_SHOWN = "†"
REVIEW = "‡"


def table1(run: Run, cohort: CohortResults) -> HumanTable:
    """Characteristics by exposure group: one column a group, then standardised difference and p."""
    long = cohort.table1
    groups = dict(zip(long["group"], long["group_label"], strict=True))
    persons = long[long["variable"] == "persons"].set_index("group")
    sizes = {group: persons["events"][group] for group in groups}
    shown = {group: SUPPRESSED if pd.isna(n) else count(n) for group, n in sizes.items()}
    heads = [f"{plain(words)} (n = {shown[group]})" for group, words in groups.items()]
    columns = [Column("Characteristic"), *(Column(h, numeric=True) for h in heads)]
    columns += [Column("Largest SMD", numeric=True), Column("p", numeric=True)]
    rows = list(_rows(long[long["variable"] != "persons"], list(groups)))
    indented = frozenset(i for i, (is_level, _) in enumerate(rows) if is_level)
    by, level = str(long["by"].iloc[0]), run.project.analysis.confidence_level
    caption = f"Characteristics by {label(run.project, by)}" if by else "Characteristics"
    note = _note(cohort.cohort, long, level) if by else _unsplit(cohort.cohort, long, level)
    return human_table(cohort, "table1", caption, columns, [cells for _, cells in rows], indented, note)


def _rows(long: pd.DataFrame, groups: list[str]) -> Iterator[tuple[bool, tuple[str, ...]]]:
    """Yield each row's cells, and whether it is a level of the row above it."""
    for _, of_variable in long.groupby("variable", sort=False):
        first = of_variable.iloc[0]
        tested = (number(first["smd"], 2), p_value(first["p_value"]))
        words = _characteristic(first)
        if first["level"]:
            yield False, (words, *("" for _ in groups), *tested)
        for level, of_level in of_variable.groupby("level", sort=False):
            by_group = of_level.set_index("group")
            shown = tuple(_cell(by_group.loc[group]) for group in groups)
            if level:
                yield True, (plain(of_level["level_label"].iloc[0]), *shown, "", "")
            else:
                yield False, (words, *shown, *tested)


def _note(cohort: Cohort, long: pd.DataFrame, level: float) -> str:
    tests = ", ".join(sorted(set(long["test"]) - {""}))
    return (
        f"{weighting(cohort)} Means with their standard error; percentages with their "
        f"{100 * level:g} % Korn-Graubard interval; n is unweighted. SMD: the largest absolute standardised "
        f"difference of a group from the reference group. p: design-based, over all groups ({tests}). "
        f"{NOT_SHOWN} not shown: unreliable by the NCHS standards for proportions (n or effective n below "
        f"30, or too wide an interval). {REVIEW} few people or a large standard error: read with care."
        f"{_not_compared(long)}"
    )


def _unsplit(cohort: Cohort, long: pd.DataFrame, level: float) -> str:
    """Return the note of a table of one column, with why there is no other."""
    return (
        f"{weighting(cohort)} Means with their standard error; percentages with their "
        f"{100 * level:g} % Korn-Graubard interval; n is unweighted. Not split into groups, and so without "
        f"differences: the cohort has none of those that were asked for ({plain(long['note'].iloc[0])}). "
        f"{NOT_SHOWN} not shown: unreliable by the NCHS standards for proportions. {REVIEW} few people or a "
        "large standard error: read with care."
    )


def _not_compared(long: pd.DataFrame) -> str:
    """Return which groups are too small for tests and differences."""
    labels = dict(zip(long["group"], long["group_label"], strict=True))
    few = {part.split(" is not compared")[0] for note in long["note"] for part in note.split("; ")}
    named = ", ".join(plain(words) for group, words in labels.items() if group in few)
    return f" Too small to be compared: {named}." if named else ""


def _characteristic(row: pd.Series) -> str:
    unit = "%" if row["statistic"] == "percent" else plain(row["unit"]).replace("ratio", "")
    return ", ".join(filter(None, (plain(row["label"]), unit)))


def _cell(row: pd.Series) -> str:
    flag = row["flag"].partition(":")[0]
    if flag in UNSHOWN:
        return NOT_SHOWN
    if pd.isna(row["estimate"]):
        return NOT_AVAILABLE
    if row["statistic"] == "mean":
        places = decimals_for(row["se"])
        shown = f"{number(row['estimate'], places)} ({number(row['se'], places)})"
    else:
        shown = f"{percent(row['estimate'])} ({percent(row['conf_low'])}–{percent(row['conf_high'])})"
    return f"{shown} {REVIEW}" if flag == "review" else shown
