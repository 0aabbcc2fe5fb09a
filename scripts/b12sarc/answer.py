"""The answer in five sentences, made by rule from the result tables; no person chooses a word.

Serum B12; the functional markers (MMA, homocysteine); how robust; what trials say; what cannot be said.
"""

from __future__ import annotations

import pandas as pd

from b12sarc.claims.ledger import ASSOCIATION
from b12sarc.headline import direction, headline_rows, subject
from b12sarc.results import Run
from b12sarc.wording import (
    MEASURES,
    count,
    interval,
    label,
    lower_first,
    percent,
    plain,
    short_label,
    unit,
)

SERUM, FUNCTIONAL = ("serum_b12",), ("mma", "homocysteine")
"""Markers of the multiverse that the first and the second sentence speak of."""


def five_sentences(run: Run) -> tuple[str, ...]:
    """Return the sentences, in order; one that has nothing to speak of says so.

    Args:
        run: the results; made-up cohorts are spoken of only where the run has no others.
    """
    cohorts = [c for c in run.cohorts.values() if not c.cohort.synthetic] or list(run.cohorts.values())
    names = [c.cohort.id for c in cohorts]
    main = _main_rows(run, names)
    serum = "Serum B12" + _said(run, main[_of_markers(run, main, SERUM)])
    rows = [main[_of_markers(run, main, FUNCTIONAL)], _other_markers(run, names, set(main["exposure"]))]
    functional = "Functional markers (MMA, homocysteine)" + _said(run, pd.concat(rows))
    return (serum, functional, _robust(run), _trials(run), _cannot(run, names))


def _main_rows(run: Run, names: list[str]) -> pd.DataFrame:
    """Return the headline estimates of the first headline outcome, in the first cohort that has it."""
    for name in names:
        rows = headline_rows(run, name)
        if len(rows):
            return rows[rows["outcome"] == rows["outcome"].iloc[0]]
    return headline_rows(run, names[0])


def _of_markers(run: Run, rows: pd.DataFrame, markers: tuple[str, ...]) -> pd.Series:
    multiverse = run.project.analysis.multiverse
    known = multiverse.exposures if multiverse else {}
    wanted = [name for name, exposure in known.items() if exposure.marker in markers]
    return rows["exposure"].isin(wanted)


def _other_markers(run: Run, names: list[str], told: set[str]) -> pd.DataFrame:
    """Return an estimate of each functional marker that the headline lacks: the first deciding a claim."""
    evidence = run.claims_evidence
    if evidence is None or evidence.empty:
        return pd.DataFrame()
    asked = evidence[
        (evidence["kind"] == ASSOCIATION)
        & evidence["decides"]
        & evidence["cohort"].isin(names)
        & _of_markers(run, evidence, FUNCTIONAL)
    ]
    multiverse = run.project.analysis.multiverse
    marker = {name: e.marker for name, e in multiverse.exposures.items()} if multiverse else {}
    told_markers = {marker[name] for name in told if name in marker}
    asked = asked.assign(term=asked["exposure"], _marker=asked["exposure"].map(marker))
    return asked[~asked["_marker"].isin(told_markers)].drop_duplicates("_marker")


def _said(run: Run, rows: pd.DataFrame) -> str:
    """Return what estimates say, one clause each: subject, direction, number, interval, people and cohort."""
    if rows.empty:
        return ": no estimate of this run speaks of it."
    clauses = []
    for (cohort, outcome), here in rows.groupby(["cohort", "outcome"], sort=False):
        said = [_clause(run, row) for _, row in here.iterrows()]
        title = run.cohorts[str(cohort)].cohort.title
        people = count(here["n"].max())
        words = lower_first(short_label(run.project, str(outcome)))
        clauses.append(f"{words} in {title} (up to {people} people): {'; '.join(said)}")
    return f" and {'. And '.join(clauses)}."


def _clause(run: Run, row: pd.Series) -> str:
    measure = MEASURES[row["estimator"]]
    shown = interval(row["estimate"], row["conf_low"], row["conf_high"], measure)
    units = "" if measure.ratio else f" {unit(run.project, row['outcome'])}".rstrip()
    number = shown.replace(" (", f"{units} (95 % CI ", 1)
    way = {"unclear": "no clear difference", "higher": "higher", "lower": "lower"}[direction(row)]
    return f"{lower_first(subject(run.project, row))}, {way}: {measure.name.lower()} {number}"


def _robust(run: Run) -> str:
    if run.multiverse is None:
        return "How robust: this run has no multiverse."
    summary = run.multiverse.summary
    every = summary[(summary["cohort"] == "") & (summary["marker"] == "") & (summary["domain"] == "")]
    if every.empty or pd.isna(every["share_worse"].iloc[0]):
        return "How robust: no specification could be fitted."
    row = every.iloc[0]
    clear = f"{percent(row['share_clear_worse'])} % had an interval wholly on that side and"
    every = f"{count(row['specifications'])} specifications over all cohorts, markers and outcomes"
    return (
        f"How robust: of {every}, "
        f"{percent(row['share_worse'])} % pointed to worse health with worse B12 status; {clear} "
        f"{percent(row['share_clear_better'])} % wholly on the other."
    )


def _trials(run: Run) -> str:
    if all(cohort.cohort.synthetic for cohort in run.cohorts.values()):
        return "Trials: published results do not stand beside made-up people."
    trials = [s for s in run.project.evidence.studies.values() if s.design == "trial"]
    if not trials:
        return "Trials: none is among the published results of this run."
    said = [f"{s.study} ({s.n} people) found {s.finding}" for s in trials]
    return plain(f"Trials: {'; '.join(said)}.")


def _cannot(run: Run, names: list[str]) -> str:
    """Return which outcomes no cohort can answer, and that the data were collected once."""
    table = run.feasibility[run.feasibility["cohort"].isin(names)]
    binary = table["definition"].map(lambda name: run.project.quantity(name).kind == "binary")
    outcomes = table[binary & table["roles"].str.split().map(lambda roles: "outcome" in roles)]
    answered = outcomes.groupby("definition", sort=False)["available"].any()
    lacking = [label(run.project, str(name)) for name in answered.index[~answered]]
    once = "which came first, nor what treatment would do: exposure and outcome were measured once, together"
    if not lacking:
        return f"What cannot be said: {once}."
    shown = [lower_first(words) for words in lacking[:6]]
    more = f" and {len(lacking) - 6} more" if len(lacking) > 6 else ""
    return f"What cannot be said: {', '.join(shown)}{more} (not measured in the same people); {once}."
