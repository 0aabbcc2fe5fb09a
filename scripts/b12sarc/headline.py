"""What a run found, in sentences made by rule from the pre-specified tests; no person chooses a word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from b12sarc.files import whole_file
from b12sarc.results import CohortResults, Run, is_suppressed, read_run
from b12sarc.spec import Project
from b12sarc.suppression import restriction
from b12sarc.wording import (
    MEASURES,
    SUPPRESSED,
    count,
    covariates,
    full_label,
    interval,
    label,
    lower_first,
    p_statement,
    percent,
    plain,
    short_label,
    stands_for,
    term_parts,
    unit,
    unweighted,
)

SYNTHETIC_LINE = "SYNTHETIC DATA: made-up people. Nothing below is a finding about anybody."
CAVEAT = (
    "These are associations in a cross-sectional survey: both were measured at about the same time, "
    "so they cannot say which came first, nor whether treating one would change the other."
)


@dataclass(frozen=True)
class Headline:
    """What is said first about a cohort.

    Attributes:
        population: who was studied, with counts.
        prevalence: how common the first headline exposure and outcome are.
        answers: for each outcome, which exposures were clearly associated with it.
        summary: how many of the pre-specified tests found a difference.
        adjusted_for: the covariates of the headline estimates.
        restriction: what is not shown, of data that may not be passed on; empty: everything is.
    """

    population: str
    prevalence: str
    answers: tuple[str, ...]
    summary: str
    adjusted_for: str
    restriction: str = ""


def write_headline(run_dir: Path, project: Project) -> Path:
    """Write ``run_dir/headline.txt``: what was found, in a few plain lines, and where to look."""
    run = read_run(run_dir, project)
    target = run_dir / "headline.txt"
    with whole_file(target) as temporary:
        temporary.write_text("\n".join([*plain_lines(run), *_where(run_dir)]) + "\n", encoding="utf-8")
    return target


def plain_lines(run: Run) -> list[str]:
    """Return the headline of every cohort as plain lines: the first headline outcome in numbers."""
    lines: list[str] = []
    for cohort in run.cohorts.values():
        said = headline(run, cohort)
        lines += [SYNTHETIC_LINE] if cohort.cohort.synthetic else []
        lines.append(f"{cohort.cohort.title}: {said.population}")
        lines += [said.restriction] if said.restriction else []
        rows = headline_rows(run, cohort.cohort.id)
        lines += _first_outcome(run.project, rows)
        lines.append(said.summary)
    return lines


def _first_outcome(project: Project, rows: pd.DataFrame) -> list[str]:
    if rows.empty:
        return []
    rows = rows[rows["outcome"] == rows["outcome"].iloc[0]]
    subjects = [subject(project, row) for _, row in rows.iterrows()]
    width = max(map(len, subjects))
    numbers = [_numbers(project, row) for _, row in rows.iterrows()]
    shown = [f"  {words:<{width}}  {said}" for words, said in zip(subjects, numbers, strict=True)]
    return [f"{label(project, rows['outcome'].iloc[0])}:", *shown]


def _where(run_dir: Path) -> list[str]:
    return [f"Report: {(run_dir / 'report.html').as_posix()} (figures/ and tables/ beside it)"]


def headline(run: Run, cohort: CohortResults) -> Headline:
    """Return what is said first about ``cohort``."""
    rows = headline_rows(run, cohort.cohort.id)
    adjustment = run.project.analysis.headline.adjustment
    return Headline(
        population=population(run.project, cohort),
        prevalence=prevalence(run.project, cohort),
        answers=tuple(
            answer(run.project, of_outcome) for _, of_outcome in rows.groupby("outcome", sort=False)
        ),
        summary=summary(run.project, rows),
        adjusted_for=f"Adjusted for {covariates(run.project, adjustment, cohort.cohort.id)}.",
        restriction=restriction(run, cohort),
    )


MARGIN_KEY = ("outcome", "exposure", "term", "adjustment", "subgroup", "missing")
"""What an estimate and its standardised difference have in common."""


def binary_outcomes(project: Project, table: pd.DataFrame) -> pd.Series:
    """Return which rows of a table are about a binary outcome (the events of a few people may be hidden)."""
    binary = {name for name in set(table["outcome"]) if project.quantity(name).kind == "binary"}
    return table["outcome"].isin(binary)


def points(run: Run, cohort: str) -> pd.DataFrame:
    """Return the standardised difference in prevalence of every binary outcome, in points.

    Returns:
        Columns :data:`MARGIN_KEY`, ``points``, ``points_low`` and ``points_high``: everybody with the level
        of the term against everybody with the reference, or with their exposure changed as the contrast
        says; of the first model that ``marginal_effects`` names. No rows if it was not asked for.
    """
    asked, m = run.project.analysis.marginal_effects, run.cohorts[cohort].margins
    if asked is None or m.empty:
        return pd.DataFrame(columns=[*MARGIN_KEY, "points", "points_low", "points_high"])
    of_ratios = m["comparison"].isin(("levels", "change")) & m["difference"].notna()
    of_ratios &= binary_outcomes(run.project, m)
    m = m[of_ratios & (m["estimator"] == asked.binary_outcomes[0])]
    names = {"difference": "points", "difference_low": "points_low", "difference_high": "points_high"}
    return m[[*MARGIN_KEY]].assign(**{new: 100 * m[old] for old, new in names.items()})


def headline_rows(run: Run, cohort: str, missing: str = "") -> pd.DataFrame:
    """Return the rows of the estimates that the headline speaks of, in the order of the configuration.

    Gaps are treated as ``missing`` says, by default as in the estimates that stand for a model.

    One estimator speaks for each kind of outcome: the first that the configuration names. Beside a ratio
    stands the standardised difference (:func:`points`), where there is one.
    """
    analysis = run.project.analysis
    first = {analysis.models.binary_outcomes[0], analysis.models.continuous_outcomes[0]}
    wanted = analysis.headline
    e = run.estimates_of(cohort)
    e = e[
        (e["adjustment"] == wanted.adjustment)
        & e["estimator"].isin(first)
        & e["exposure"].isin(wanted.exposures)
        & e["outcome"].isin(wanted.outcomes)
        & (e["subgroup"] == analysis.models.subgroups[0])
        & e["missing"].isin(analysis.models.treatments([missing or analysis.models.missing[0]]))
    ]
    order = {name: i for i, name in enumerate((*wanted.outcomes, *wanted.exposures))}
    place = e["outcome"].map(order) * len(order) + e["exposure"].map(order)
    e = e.assign(_place=place).sort_values("_place", kind="stable").drop(columns="_place")
    return e.merge(points(run, cohort), on=list(MARGIN_KEY), how="left").set_index(e.index)


def direction(row: pd.Series) -> str:
    """Return ``higher`` or ``lower`` when the interval excludes no difference, else ``unclear``."""
    null = MEASURES[row["estimator"]].null
    if row["conf_low"] > null:
        return "higher"
    return "lower" if row["conf_high"] < null else "unclear"


def population(project: Project, cohort: CohortResults) -> str:
    """Return who was studied, with the number of people and whom they stand for."""
    steps = cohort.flow.set_index("step")
    domain = project.analysis.population.domain[-1].id
    if domain not in steps.index:
        return f"{project.analysis.population.title.lower()}."
    people = steps.loc[domain]
    title = lower_first(project.analysis.population.title)
    if pd.isna(people["n_remaining"]):
        return f"People {title}; how many is {SUPPRESSED}."
    about = "About " if cohort.cohort.least_shown else ""
    others = stands_for(people["n_remaining"], people["weighted_remaining"])
    alike = unweighted(cohort.cohort)
    said = f", who stand for {others}" if others else f" ({alike})" if alike else ""
    return f"{about}{count(people['n_remaining'])} people {title}{said}."


def prevalence(project: Project, cohort: CohortResults) -> str:
    """Return how common the first headline exposure and the first headline outcome are."""
    said = []
    for name in (project.analysis.headline.exposures[0], project.analysis.headline.outcomes[0]):
        p = cohort.prevalence
        row = p[(p["variable"] == name) & (p["subgroup"] == "all")]
        if len(row) and not is_suppressed(row["flag"].iloc[0]):
            r = row.iloc[0]
            limits = f"{percent(r['conf_low'])} to {percent(r['conf_high'])}"
            said.append(f"{percent(r['estimate'])} % ({limits} %) had {lower_first(label(project, name))}")
    return f"{' and '.join(said)}." if said else ""


def answer(project: Project, rows: pd.DataFrame) -> str:
    """Return which exposures were clearly associated with the one outcome of ``rows``, and which way."""
    outcome = lower_first(short_label(project, rows["outcome"].iloc[0]))
    shown = rows[rows["estimate"].notna()]
    clear = [row for _, row in shown.iterrows() if direction(row) != "unclear"]
    many = f"of the {len(rows)} pre-specified exposures"
    hidden = f" {len(rows) - len(shown)} are {SUPPRESSED}." if len(shown) < len(rows) else ""
    if not clear:
        return (
            f"None {many} was shown to be clearly associated with {outcome}.{hidden}"
            if hidden
            else (f"None {many} was clearly associated with {outcome}.")
        )
    kept = sum(survives(project, row) for row in clear)
    named = ", ".join(f"{lower_first(subject(project, row))} ({direction(row)})" for row in clear)
    verb = "was" if len(clear) == 1 else "were"
    return (
        f"{len(clear)} {many} {verb} associated with {outcome}: {named}; "
        f"{kept or 'none'} of {len(clear)} still after adjustment for the number of tests.{hidden}"
    )


def summary(project: Project, rows: pd.DataFrame) -> str:
    """Return how many of the headline tests exclude no difference, before and after adjustment."""
    if rows.empty:
        return "Nothing was pre-specified for this cohort; what it shows stands in its own section."
    hidden = int(rows["estimate"].isna().sum())
    clear = sum(direction(row) != "unclear" for _, row in rows.iterrows())
    kept = sum(survives(project, row) for _, row in rows.iterrows())
    method = _method(project, rows)
    return (
        f"Of {len(rows)} pre-specified estimates, {clear} had a {_level(project)} interval that excludes no "
        f"difference; {kept} had p < {_alpha(project):g} after adjustment for the number of tests{method}."
        + (f" {hidden} are {SUPPRESSED}." if hidden else "")
    )


def survives(project: Project, row: pd.Series) -> bool:
    """Return whether the p-value that is adjusted for the number of tests is below 1 - confidence level."""
    return bool(row["p_adjusted"] < _alpha(project))


def _alpha(project: Project) -> float:
    return round(1 - project.analysis.confidence_level, 12)  # 1 - 0.95 is a little more than 0.05


def _level(project: Project) -> str:
    return f"{100 * project.analysis.confidence_level:g} %"


def _method(project: Project, rows: pd.DataFrame) -> str:
    """Return the name of the adjustment when one family holds every row."""
    names = {str(f).split(":")[0] for f in rows["family"]}
    families = project.analysis.families
    if len(names) != 1 or not names <= set(families):
        return ""
    return {"holm": " (Holm)", "fdr_bh": " (Benjamini-Hochberg)"}[families[names.pop()].method]


def subject(project: Project, row: pd.Series) -> str:
    """Return the exposure as a subject: ``Serum B12 < 148 pmol/L``, ``Each halving of serum B12``."""
    if row["contrast"].startswith("per "):
        return f"Each {plain(row['contrast'][4:])}"
    name, level = term_parts(row["term"])
    return full_label(project, row["term"]) if level else label(project, name)


def finding(run: Run, row: pd.Series) -> str:
    """Return one estimate as a sentence: words, effect, interval, p, difference, the people behind it."""
    if pd.isna(row["estimate"]):
        return f"{subject(run.project, row)}: {row.get('disclosure', '') or 'no estimate'}."
    numbers = _numbers(run.project, row, _points(run.project, row))
    return f"{subject(run.project, row)} {_association(run, row)}: {numbers}."


def _numbers(project: Project, row: pd.Series, beside: str = "") -> str:
    if pd.isna(row["estimate"]):
        return SUPPRESSED
    measure = MEASURES[row["estimator"]]
    units = "" if measure.ratio else f" {unit(project, row['outcome'])}".rstrip()
    effect = interval(row["estimate"], row["conf_low"], row["conf_high"], measure)
    effect = effect.replace(" (", f"{units} ({_level(project)} CI ", 1)
    people = f"{count(row['n'])} people"
    people += f", {count(row['events'])} with the outcome" if pd.notna(row["events"]) else ""
    return f"{measure.name.lower()} {effect}, {_p(row)}; {beside}{people}"


def _points(project: Project, row: pd.Series) -> str:
    """Return the standardised difference that stands beside a ratio, if there is one."""
    if not MEASURES[row["estimator"]].ratio or pd.isna(row["points"]):
        return ""
    text = interval(row["points"], row["points_low"], row["points_high"], MEASURES["linear"])
    return f"marginal difference {text.replace(' (', f' points ({_level(project)} CI ', 1)}; "


def _association(run: Run, row: pd.Series) -> str:
    """Return ``was associated with a higher prevalence of ...``, ``was not clearly associated with ...``."""
    project = run.project
    outcome = lower_first(short_label(project, row["outcome"]))
    way = direction(row)
    if way == "unclear":
        return f"was not clearly associated with {outcome}"
    amount = {"linear": way, "poisson": f"a {way} prevalence of", "logistic": f"{way} odds of"}[
        row["estimator"]
    ]
    words = f"was associated with {amount} {outcome}"
    if not survives(project, row):
        return f"{words}, though not clearly once the number of tests is taken into account"
    return words


def _p(row: pd.Series) -> str:
    said = p_statement(row["p_value"])
    if pd.isna(row["p_adjusted"]):
        return said
    return f"{said} ({p_statement(row['p_adjusted'])[2:].removeprefix('= ')} adjusted)"
