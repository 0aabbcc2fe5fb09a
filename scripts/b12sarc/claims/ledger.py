"""What speaks to each claim, estimate by estimate, and the claims with their verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from b12sarc.claims.verdicts import NOT_TESTABLE, Verdict, of_claim, of_estimate, of_share
from b12sarc.spec import Claims, Project
from b12sarc.spec.claims import AssociationTest, Claim, Expected, ShareTest

CLAIMS = (
    *(
        "id",
        "claim",
        "cohort",
        "estimate",
        "conf_low",
        "conf_high",
        "share_of_multiverse",
        "verdict",
        "reason",
    ),
    *("kind", "exposure", "outcome", "contrast", "estimator", "n", "events", "n_deciding"),
)
"""Columns of claims.csv: one row a claim. The estimate shown is the first of those that decide it."""

EVIDENCE = (
    *("id", "decides", "kind", "cohort", "exposure", "outcome", "contrast", "adjustment", "estimator"),
    *("n", "events", "estimate", "conf_low", "conf_high", "expected", "share_of_multiverse"),
    *("n_multiverse", "verdict", "reason"),
)
"""Columns of claims_evidence.csv: every estimate and share that speaks to a claim, with its own verdict."""

ASSOCIATION, SHARE = "association", "share"


@dataclass(frozen=True)
class Tables:
    """The result tables that claims are judged by.

    Attributes:
        estimates: rows of estimates.csv and of the models that only claims need.
        prevalence: prevalence.csv of every cohort.
        multiverse: cohort, exposure, outcome, coef_low, coef_high of each specification; None: there is none.
    """

    estimates: pd.DataFrame
    prevalence: pd.DataFrame
    multiverse: pd.DataFrame | None

    @classmethod
    def of(
        cls, estimates: list[pd.DataFrame], prevalence: list[pd.DataFrame], multiverse: pd.DataFrame | None
    ) -> Tables:
        """Put tables together; of a model that two tables of estimates hold, the first is kept."""
        both = pd.concat([table for table in estimates if len(table)], ignore_index=True)
        keys = ["cohort", "outcome", "term", "adjustment", "subgroup", "estimator", "missing"]
        return cls(both.drop_duplicates(keys), pd.concat(prevalence, ignore_index=True), multiverse)

    def of_cohorts(self, names: list[str]) -> Tables:
        """Return the tables of these cohorts alone."""
        parts = (self.estimates, self.prevalence, self.multiverse)
        return Tables(*(None if t is None else t[t["cohort"].isin(names)] for t in parts))


def ledger(project: Project, tables: Tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return claims.csv and claims_evidence.csv, columns :data:`CLAIMS` and :data:`EVIDENCE`.

    Args:
        project: the configuration, with its claims; the main models are those of its headline.
        tables: what the run found.

    Raises:
        ValueError: the run judges no claims.
    """
    claims = project.claims
    if claims is None:
        raise ValueError("the run judges no claims")
    tables = tables.of_cohorts(_speaking(project))
    rows = {name: list(_evidence(project, claims, claim, tables)) for name, claim in claims.claims.items()}
    evidence = [{"id": name, **row} for name, found in rows.items() for row in found]
    judged = [{"id": name, **_judged(claim, rows[name])} for name, claim in claims.claims.items()]
    counts = {"n": "Int64", "events": "Int64"}
    return (
        pd.DataFrame(judged, columns=list(CLAIMS)).astype(counts),
        pd.DataFrame(evidence, columns=list(EVIDENCE)).astype(counts),
    )


def _speaking(project: Project) -> list[str]:
    """Return the cohorts that speak to claims: made-up people only where the run has no others."""
    real = [name for name, cohort in project.cohorts.items() if not cohort.synthetic]
    return real or list(project.cohorts)


def share_of_multiverse(
    tables: Tables, cohort: str, exposure: str, outcome: str, expected: Expected
) -> tuple[float, int]:
    """Return the share of a question's specifications whose interval lies on the claimed side of 0.

    The specifications are those of the multiverse; of a question that it does not ask, every model that was
    fitted to answer it (adjustment sets, estimators, missing values).

    Returns:
        The share, NaN without any interval, and the number of specifications.
    """
    for table in (tables.multiverse, tables.estimates):
        if table is None:
            continue
        asked = table[
            (table["cohort"] == cohort)
            & (table["exposure"] == exposure)
            & (table["outcome"] == outcome)
            & table["coef_low"].notna()
        ]
        if len(asked):
            side = asked["coef_low"] > 0 if expected == "higher" else asked["coef_high"] < 0
            return float(side.mean()), len(asked)
    return np.nan, 0


def _evidence(project: Project, claims: Claims, claim: Claim, tables: Tables) -> Iterator[dict[str, Any]]:
    for association in claim.associations:
        yield from _associations(project, claims, association, tables)
    for share in claim.shares:
        yield from _shares(share, tables)


def _associations(
    project: Project, claims: Claims, test: AssociationTest, tables: Tables
) -> Iterator[dict[str, Any]]:
    analysis = project.analysis
    adjustment = test.adjustment or analysis.headline.adjustment
    main = (*analysis.models.continuous_outcomes[:1], *analysis.models.binary_outcomes[:1])
    table = tables.estimates
    asked = table[
        (table["adjustment"] == adjustment)
        & (table["subgroup"] == "all")
        & table["estimator"].isin(main)
        & table["missing"].isin(analysis.models.main_treatments())
    ]
    for outcome, expected in test.outcomes.items():
        for exposure in test.exposures:
            found = asked[(asked["exposure"] == exposure) & (asked["outcome"] == outcome)]
            found = found[found["cohort"].isin(test.cohorts)] if test.cohorts else found
            for _, row in found.iterrows():
                share, n = share_of_multiverse(tables, row["cohort"], exposure, outcome, expected)
                interval = row["coef_low"], row["coef_high"]
                verdict = of_estimate(*interval, expected, share, n, claims.multiverse_share)
                numbers = ("contrast", "estimator", "n", "events", "estimate", "conf_low", "conf_high")
                yield {
                    "decides": test.decides,
                    "kind": ASSOCIATION,
                    "cohort": row["cohort"],
                    "exposure": exposure,
                    "outcome": outcome,
                    "adjustment": adjustment,
                    "expected": expected,
                    "share_of_multiverse": share,
                    "n_multiverse": n,
                    **{name: row[name] for name in numbers},
                    **verdict._asdict(),
                }


def _shares(test: ShareTest, tables: Tables) -> Iterator[dict[str, Any]]:
    table = tables.prevalence[tables.prevalence["subgroup"] == "all"]
    for name in test.definitions:
        found = table[table["variable"] == name]
        found = found[found["cohort"].isin(test.cohorts)] if test.cohorts else found
        for _, row in found.iterrows():
            verdict = of_share(row["conf_low"], row["conf_high"], test.at_least)
            if str(row["flag"]).startswith("suppress"):
                verdict = Verdict(NOT_TESTABLE, "too few people to show the share")
            numbers = ("n", "events", "estimate", "conf_low", "conf_high")
            yield {
                "decides": test.decides,
                "kind": SHARE,
                "cohort": row["cohort"],
                "exposure": "",
                "outcome": name,
                "contrast": "",
                "adjustment": "",
                "estimator": "",
                "expected": f"at least {test.at_least:g}",
                "share_of_multiverse": np.nan,
                "n_multiverse": 0,
                **{number: row[number] for number in numbers},
                **verdict._asdict(),
            }


def _judged(claim: Claim, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the claim's row: its verdict, and the first estimate that decides it."""
    if claim.not_testable is not None:
        return {"claim": claim.claim, "verdict": NOT_TESTABLE, "reason": claim.not_testable, "n_deciding": 0}
    deciding = [row for row in rows if row["decides"] and row["verdict"] != NOT_TESTABLE]
    verdict = of_claim([row["verdict"] for row in deciding], claim.combine)
    shown = deciding[0] if deciding else {}
    kept = {name: shown[name] for name in CLAIMS if name in shown and name not in ("verdict", "reason")}
    return {**kept, "claim": claim.claim, **verdict._asdict(), "n_deciding": len(deciding)}
