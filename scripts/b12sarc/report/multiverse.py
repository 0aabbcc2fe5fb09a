"""Tables and words of the multiverse: which way the specifications point, and what was left out, why."""

from __future__ import annotations

import pandas as pd

from b12sarc.report.human import Column, HumanTable
from b12sarc.results import Run
from b12sarc.specification_curve import EVERY, KINDS
from b12sarc.style import marked
from b12sarc.wording import NOT_AVAILABLE, count, lower_first, number, p_statement, p_value, percent, plain

ALL = "All together"
KIND_WORDS = {
    "not_measured": "Not measured in the cohort",
    "same_measurement": "Exposure and outcome are one measurement",
    "option_does_not_apply": "The option has nothing to change",
    "same_model": "The same model by other choices",
    "not_estimable": "Too few people, or no fit",
    "no_interval": "Too few degrees of freedom for an interval",
    "withheld": "Withheld: too few people to be shown",
}


def multiverse_tables(run: Run) -> list[HumanTable]:
    """Return the tables of the multiverse; none if the analysis does not ask for it."""
    return [] if run.multiverse is None else [summary(run), left_out(run)]


def summary(run: Run) -> HumanTable:
    """A row for each marker x domain, in each cohort and in all."""
    headings = ("Cohort", "Marker", "Outcomes")
    columns = [Column(heading, filtered=True) for heading in headings]
    numeric = ("Specifications", "Worse, %", "Better, %", "Clearly worse, %", "Clearly better, %")
    columns += [
        Column(h, True) for h in (*numeric, "Median (IQR), SD", "p: median", "p: direction", "p: clear")
    ]
    table = run.multiverse.summary if run.multiverse else pd.DataFrame()
    shown = table[table["specifications"] > 0]
    draws = int(shown["draws"].max()) if shown["draws"].notna().any() else 0
    note = (
        "Worse: worse vitamin B12 status goes with worse health; clearly: the confidence interval excludes "
        "no difference. Median in standard deviations of the outcome. p: of the joint null hypothesis of "
        f"nothing in any specification, from {draws:,} Rao-Wu replicates of the survey; for "
        "the median, the share in the more frequent direction, and the share that is clear in it; none can "
        f"be below 1 in {draws + 1:,}. Cohorts that share people are counted each; the test allows for it."
    )
    rows = tuple(_summary_row(run, row) for _, row in shown.iterrows())
    caption = marked("Which way the specifications point", synthetic=run.synthetic)
    return HumanTable("multiverse", caption, tuple(columns), rows, note=note)


def _summary_row(run: Run, row: pd.Series) -> tuple[str, ...]:
    shares = ("share_worse", "share_better", "share_clear_worse", "share_clear_better")
    spread = f"{number(row['median'], 2)} ({number(row['q25'], 2)} to {number(row['q75'], 2)})"
    tests = (row["p_median"], row["p_dominant"], row["p_significant"])
    return (
        *_names(run, row),
        count(row["specifications"]),
        *(percent(row[name]) for name in shares),
        spread,
        *(NOT_AVAILABLE if pd.isna(p) else p_value(p) for p in tests),
    )


def _names(run: Run, row: pd.Series) -> tuple[str, str, str]:
    multiverse = run.project.analysis.multiverse
    if multiverse is None:
        raise ValueError("the configuration has no multiverse")
    cohort = ALL if row["cohort"] == EVERY else run.cohorts[row["cohort"]].cohort.title
    marker = ALL if row["marker"] == EVERY else multiverse.markers[row["marker"]]
    domain = ALL if row["domain"] == EVERY else multiverse.domains[row["domain"]]
    return cohort, marker, domain


def left_out(run: Run) -> HumanTable:
    """How many combinations have no estimate of their own, by cohort and kind, with the commonest reason."""
    table = run.multiverse.left_out if run.multiverse else pd.DataFrame()
    rows = []
    for cohort, of_cohort in table.groupby("cohort", sort=False):
        for kind in KINDS:
            of_kind = of_cohort[of_cohort["kind"] == kind]
            if len(of_kind):
                reasons = of_kind.groupby("reason")["specifications"].sum().sort_values(ascending=False)
                title = run.cohorts[str(cohort)].cohort.title
                total = count(int(of_kind["specifications"].sum()))
                rows.append((title, KIND_WORDS[kind], total, plain(str(reasons.index[0]))))
    columns = (
        Column("Cohort", filtered=True),
        Column("Why", filtered=True),
        Column("Combinations", True),
        Column("Most often", wide=True),
    )
    note = "Every reason with its number, for machines: multiverse_left_out.csv."
    caption = marked("Combinations without an estimate of their own", synthetic=run.synthetic)
    return HumanTable("multiverse_left_out", caption, columns, tuple(rows), note=note)


def in_words(run: Run) -> list[str]:
    """Return what the specifications of the first domain say together, by marker and of all markers."""
    multiverse = run.project.analysis.multiverse
    if run.multiverse is None or multiverse is None:
        return []
    table = run.multiverse.summary
    every = table[(table["cohort"] == EVERY) & (table["specifications"] > 0)]
    said = []
    for _, row in every[every["domain"] == next(iter(multiverse.domains))].iterrows():
        said.append(_sentence(run, row))
    return said


def _sentence(run: Run, row: pd.Series) -> str:
    _, marker, domain = _names(run, row)
    of = "All markers" if marker == ALL else marker
    words = (
        f"{of} and {lower_first(domain)}: {count(row['specifications'])} specifications, "
        f"{percent(row['share_worse'])} % on the side where worse status goes with worse health, "
        f"{percent(row['share_clear_worse'])} % clearly so and {percent(row['share_clear_better'])} % "
        "clearly the other way"
    )
    if pd.isna(row["p_median"]):
        return f"{words}; the survey design gives no joint test."
    chance = "hardly ever" if row["p_median"] < 0.05 else "often enough"
    return (
        f"{words}. If nothing were there, chance alone would give a median as far from 0 {chance} "
        f"(joint test, {p_statement(row['p_median'])})."
    )
