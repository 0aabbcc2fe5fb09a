"""The claims and the published tables as a reader without statistics meets them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from b12sarc.claims.ledger import ASSOCIATION
from b12sarc.claims.verdicts import CONTRADICTED, INCONCLUSIVE, NOT_TESTABLE, SUPPORTED
from b12sarc.report.human import Column, HumanTable
from b12sarc.reproduce.tables import DIFFERS, NOT_COMPUTED, REPRODUCED, WITHIN
from b12sarc.results import Run
from b12sarc.style import marked
from b12sarc.wording import (
    MEASURES,
    adjustment,
    count,
    full_label,
    interval,
    lower_first,
    percent,
    plain,
    unit,
)

_MARKS = {SUPPORTED: "clear", CONTRADICTED: "clear", INCONCLUSIVE: "unclear", NOT_TESTABLE: "unclear"}
_TIMES = {"poisson": "times as common", "logistic": "times the odds"}
"""Estimator of a ratio -> how a ratio is said in plain words."""


@dataclass(frozen=True)
class JudgedClaim:
    """One claim as the page tells it: what the data say, how sure, and what would change the verdict."""

    number: str
    claim: str
    verdict: str
    mark: str
    data: str
    sure: str
    would_change: str
    studies: tuple[str, ...]


def judged_claims(run: Run) -> list[JudgedClaim]:
    """Return every claim of the run, in order; none if the run judges none."""
    claims = run.project.claims
    if claims is None or run.claims is None or run.claims_evidence is None:
        return []
    studies = run.project.evidence.studies
    told = []
    for _, row in run.claims.iterrows():
        claim = claims.claims[row["id"]]
        evidence = run.claims_evidence[run.claims_evidence["id"] == row["id"]]
        told.append(
            JudgedClaim(
                number=str(row["id"]).upper(),
                claim=claim.claim,
                verdict=str(row["verdict"]),
                mark=_MARKS[row["verdict"]],
                data=plain(claim.not_testable or _data(run, evidence[evidence["decides"]])),
                sure=_sure(row, evidence[evidence["decides"]]),
                would_change=plain(claim.would_change),
                studies=tuple(
                    plain(
                        f"{s.study} ({'trial, ' if s.design == 'trial' else ''}{s.population}): {s.finding}"
                    )
                    for s in (studies[name] for name in claim.evidence)
                ),
            )
        )
    return told


def _data(run: Run, rows: pd.DataFrame) -> str:
    if rows.empty:
        return "No cohort of this run has an estimate that decides it."
    said = [_estimate(run, row) for _, row in rows.iterrows()]
    return "; ".join(said[:4]) + (f"; and {len(said) - 4} more in the table below." if len(said) > 4 else ".")


def _estimate(run: Run, row: pd.Series) -> str:
    title = run.cohorts[row["cohort"]].cohort.title
    if row["kind"] != ASSOCIATION:
        limits = f"{percent(row['conf_low'])} to {percent(row['conf_high'])}"
        return (
            f"{full_label(run.project, row['outcome'])}: {percent(row['estimate'])} % ({limits} %) in {title}"
        )
    return f"{_what(run, row)}: {_plainly(run, row)} ({title})"


def _what(run: Run, row: pd.Series) -> str:
    outcome = lower_first(full_label(run.project, row["outcome"]))
    return f"{full_label(run.project, row['exposure'])} ({plain(row['contrast'])}) and {outcome}"


def _plainly(run: Run, row: pd.Series) -> str:
    """Return ``1.7 times as common: prevalence ratio 1.67 (95 % CI 0.93 to 3.01)``, or why no interval."""
    said = _number(run, row)
    if row["estimator"] in _TIMES and pd.notna(row["estimate"]):
        said = f"{row['estimate']:.2g} {_TIMES[row['estimator']]}: {said}"
    return said if pd.notna(row["conf_low"]) else f"{said}, {plain(row['reason'])}"


def _number(run: Run, row: pd.Series) -> str:
    measure = MEASURES[row["estimator"]]
    units = "" if measure.ratio else f" {unit(run.project, row['outcome'])}".rstrip()
    shown = interval(row["estimate"], row["conf_low"], row["conf_high"], measure)
    return f"{measure.name.lower()} {shown.replace(' (', f'{units} (95 % CI ', 1)}"


def _sure(row: pd.Series, rows: pd.DataFrame) -> str:
    if row["verdict"] == NOT_TESTABLE:
        return "Nothing in these data speaks to it."
    shares = rows["share_of_multiverse"].dropna()
    said = plain(f"{str(row['reason'])[:1].upper()}{str(row['reason'])[1:]}.")
    if shares.empty:
        return said
    low, high = percent(shares.min()), percent(shares.max())
    span = f"{low} %" if low == high else f"{low} to {high} %"
    return f"{said} In other reasonable analyses, {span} find a clear difference as claimed."


def ledgers(run: Run) -> dict[str, HumanTable]:
    """Return name -> table of the claims and of the reproductions, those that the run has."""
    found = {"claims": claims_table(run), "reproduction": reproduction_table(run)}
    return {name: table for name, table in found.items() if table is not None}


def claims_table(run: Run) -> HumanTable | None:
    """Return every estimate and share that speaks to a claim, with its own verdict."""
    if run.claims_evidence is None:
        return None
    headings = ("Claim", "Cohort", "What is compared", "Adjusted for")
    columns = [Column(h, filtered=h != "What is compared", wide=h == "What is compared") for h in headings]
    columns += [Column("Decides", filtered=True), Column("n", True), Column("Events", True)]
    columns += [Column("Estimate (95 % CI)", True), Column("As claimed in its multiverse, %", True)]
    columns += [Column("Verdict", filtered=True), Column("Why", wide=True)]
    rows = [_claim_row(run, row) for _, row in run.claims_evidence.iterrows()]
    note = (
        "A verdict of its own for every estimate; those that decide make the verdict of the claim by the "
        "rule in config/claims.yaml. The same with all digits, for machines: claims_evidence.csv."
    )
    caption = marked("What speaks to each claim", synthetic=run.synthetic)
    return HumanTable("claims_evidence", caption, tuple(columns), tuple(rows), note=note)


def _claim_row(run: Run, row: pd.Series) -> tuple[str, ...]:
    association = row["kind"] == ASSOCIATION
    share = row["share_of_multiverse"]
    limits = f"{percent(row['conf_low'])} to {percent(row['conf_high'])}"
    return (
        str(row["id"]).upper(),
        run.cohorts[row["cohort"]].cohort.title,
        _what(run, row) if association else f"Share with {full_label(run.project, row['outcome'])}",
        adjustment(run.project, row["adjustment"]) if association else "",
        "yes" if row["decides"] else "no",
        count(row["n"]),
        count(row["events"]) if pd.notna(row["events"]) else "",
        _number(run, row) if association else f"{percent(row['estimate'])} % ({limits} %)",
        "" if pd.isna(share) else f"{percent(share)} of {count(row['n_multiverse'])}",
        str(row["verdict"]),
        plain(str(row["reason"])),
    )


def reproduction_summary(run: Run) -> dict[str, int]:
    """Return status -> published numbers that have it, and how many there are in all (``all``)."""
    if run.reproduction is None:
        return {}
    counts = run.reproduction["status"].value_counts()
    found = {status: int(counts.get(status, 0)) for status in (REPRODUCED, WITHIN, DIFFERS, NOT_COMPUTED)}
    return {"all": len(run.reproduction), **found}


def reproduction_table(run: Run) -> HumanTable | None:
    """Return every published number beside the computed one."""
    if run.reproduction is None:
        return None
    columns = (
        Column("Table", filtered=True, wide=True),
        Column("Quantity", wide=True),
        Column("Group"),
        Column("Published", True),
        Column("Computed", True),
        Column("Difference", True),
        Column("Unit"),
        Column("n", True),
        Column("Status", filtered=True),
        Column("Note", wide=True),
    )
    rows = tuple(_reproduced_row(row) for _, row in run.reproduction.iterrows())
    note = (
        "A number is reproduced if it rounds to the printed digits. A difference is shown with its size; "
        "nothing was tuned to a printed number. The same with all digits, for machines: reproduction.csv."
    )
    return HumanTable("reproductions", "Published numbers, computed again", columns, rows, note=note)


def _reproduced_row(row: pd.Series) -> tuple[str, ...]:
    part = {"se": ", standard error", "conf_low": ", lower limit", "conf_high": ", upper limit"}
    behind = str(row["published"]).partition(".")[2]
    digits = len(behind) + 1
    numbers = ["" if pd.isna(x) else f"{x:,.{digits}f}" for x in (row["computed"], row["difference"])]
    if row["kind"] == "count":
        numbers = [number.partition(".")[0] for number in numbers]
    return (
        str(row["title"]),
        str(row["label"]) + part.get(str(row["part"]), ""),
        str(row["group"]).replace("_", " "),
        str(row["published"]),
        *numbers,
        plain(str(row["unit"])),
        "" if pd.isna(row["n"]) else count(row["n"]),
        str(row["status"]),
        plain(str(row["note"])),
    )
