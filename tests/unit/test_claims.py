"""The verdict rules on made-up estimates, boundary cases included, and the ledger that they fill: SYNTHETIC."""

# ruff: noqa: E501 (each case is one line of a table)

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from b12sarc.claims.ledger import CLAIMS, EVIDENCE, Tables, ledger
from b12sarc.claims.models import of_claims
from b12sarc.claims.verdicts import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_TESTABLE,
    SUPPORTED,
    of_claim,
    of_estimate,
    of_share,
)
from b12sarc.spec import Claims, Project
from b12sarc.spec.loading import load_project

NAN = np.nan


@pytest.mark.parametrize(
    ("low", "high", "expected", "share", "verdict"),
    [
        (0.1, 0.9, "higher", 0.8, SUPPORTED),
        (0.1, 0.9, "higher", 1.0, SUPPORTED),
        (0.1, 0.9, "higher", 0.799, INCONCLUSIVE),
        (0.1, 0.9, "higher", NAN, INCONCLUSIVE),
        (0.0, 0.9, "higher", 1.0, INCONCLUSIVE),
        (-0.1, 0.9, "higher", 1.0, INCONCLUSIVE),
        (-0.9, 0.0, "higher", 0.0, INCONCLUSIVE),
        (-0.9, -0.1, "higher", 0.0, CONTRADICTED),
        (-0.9, -0.1, "higher", 1.0, CONTRADICTED),
        (-0.9, -0.1, "lower", 0.8, SUPPORTED),
        (0.1, 0.9, "lower", 0.0, CONTRADICTED),
        (-0.9, 0.0, "lower", 1.0, INCONCLUSIVE),
        (NAN, NAN, "higher", 1.0, INCONCLUSIVE),
    ],
)
def test_an_estimate_is_judged_by_its_interval_and_its_multiverse(
    low: float, high: float, expected: str, share: float, verdict: str
) -> None:
    assert of_estimate(low, high, expected, share, 10, 0.8).verdict == verdict  # type: ignore[arg-type]


def test_a_share_just_short_is_not_rounded_up_in_words() -> None:
    said = of_estimate(0.1, 0.9, "higher", 0.7999, 1000, 0.8)
    assert said.verdict == INCONCLUSIVE
    assert "only 79 % of 1000 specifications do (80 % are needed)" in said.reason


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.30, 0.40, SUPPORTED),
        (0.31, 0.40, SUPPORTED),
        (0.20, 0.29, CONTRADICTED),
        (0.20, 0.30, INCONCLUSIVE),
        (0.29, 0.31, INCONCLUSIVE),
        (NAN, NAN, INCONCLUSIVE),
    ],
)
def test_a_share_is_judged_by_whether_its_interval_reaches_what_is_claimed(
    low: float, high: float, verdict: str
) -> None:
    assert of_share(low, high, 0.3).verdict == verdict


S, C, I = SUPPORTED, CONTRADICTED, INCONCLUSIVE  # noqa: E741


@pytest.mark.parametrize(
    ("deciding", "combine", "verdict"),
    [
        ([S], "all", S),
        ([S, S], "all", S),
        ([S, I], "all", I),
        ([S, C], "all", I),
        ([C, I], "all", C),
        ([C, C], "all", C),
        ([I, I], "all", I),
        ([S, I], "any", S),
        ([S, C], "any", S),
        ([C, I], "any", I),
        ([C, C], "any", C),
        ([I], "any", I),
        ([], "all", NOT_TESTABLE),
        ([], "any", NOT_TESTABLE),
    ],
)
def test_a_claim_is_judged_by_the_estimates_that_decide_it(
    deciding: list[str], combine: str, verdict: str
) -> None:
    assert of_claim(deciding, combine).verdict == verdict  # type: ignore[arg-type]


def test_the_reason_counts_the_estimates_by_verdict() -> None:
    assert of_claim([S, I, I], "all").reason == "of 3 deciding estimates: 1 supported, 2 inconclusive"


# ---- the ledger


@pytest.fixture(scope="module")
def shipped(project: Path) -> Project:
    return load_project(yaml.safe_load((project / "config/config.yaml").read_text(encoding="utf-8")), project)


def claims_of(**claims: object) -> Claims:
    every = {name: {"claim": name, "would_change": "x", **claim} for name, claim in claims.items()}  # type: ignore[dict-item]
    return Claims.model_validate({"claims": every})


def estimate(**changes: object) -> dict[str, object]:
    row = {
        "cohort": "nhanes_2011_2014",
        "outcome": "low_grip_ewgsop2",
        "exposure": "log2_mma",
        "term": "log2_mma",
        "contrast": "per doubling of MMA",
        "adjustment": "clinical",
        "subgroup": "all",
        "estimator": "poisson",
        "missing": "complete_case",
        "n": 1800,
        "events": 120,
        "coef_low": 0.1,
        "coef_high": 0.5,
        "estimate": 1.35,
        "conf_low": 1.1,
        "conf_high": 1.65,
    }
    return {**row, **changes}


def prevalence(**changes: object) -> dict[str, object]:
    row = {
        "cohort": "nhanes_2011_2014",
        "variable": "b12_low_148",
        "subgroup": "all",
        "n": 100,
        "events": 3,
        "flag": "",
    }
    return {**row, "estimate": 0.03, "conf_low": 0.01, "conf_high": 0.06, **changes}


def multiverse(*sides: float, **changes: object) -> pd.DataFrame:
    rows = [{"coef_low": side, "coef_high": side + 0.5} for side in sides]
    head = {"cohort": "nhanes_2011_2014", "exposure": "log2_mma", "outcome": "low_grip_ewgsop2"}
    return pd.DataFrame([{**head, **row, **changes} for row in rows])


def judged(
    shipped: Project,
    claims: Claims,
    estimates: list[dict[str, object]],
    shares: list[dict[str, object]] | None = None,
    of: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    shares = shares or [prevalence()]
    tables = Tables.of([pd.DataFrame(estimates)], [pd.DataFrame(shares)], of)
    table, evidence = ledger(replace(shipped, claims=claims), tables)
    assert tuple(table) == CLAIMS
    assert tuple(evidence) == EVIDENCE
    return table.set_index("id"), evidence.set_index("id")


ASSOCIATION = {"exposures": ["log2_mma"], "outcomes": {"low_grip_ewgsop2": "higher"}, "decides": True}


def test_a_claim_shows_the_estimate_that_decides_it_with_its_multiverse(shipped: Project) -> None:
    claims = claims_of(c={"associations": [ASSOCIATION]})
    table, evidence = judged(shipped, claims, [estimate()], of=multiverse(0.1, 0.2, 0.3, 0.4, -0.1))
    row = table.loc["c"]
    assert (row["verdict"], row["share_of_multiverse"], row["n_deciding"]) == (SUPPORTED, 0.8, 1)
    assert (row["cohort"], row["estimate"], row["conf_low"]) == ("nhanes_2011_2014", 1.35, 1.1)
    assert evidence.loc["c", "n_multiverse"] == 5


def test_the_multiverse_counts_against_the_claimed_side(shipped: Project) -> None:
    opposite = {**ASSOCIATION, "outcomes": {"low_grip_ewgsop2": "lower"}}
    table, _ = judged(
        shipped, claims_of(c={"associations": [opposite]}), [estimate()], of=multiverse(0.1, -0.6)
    )
    assert table.loc["c", "verdict"] == CONTRADICTED
    assert table.loc["c", "share_of_multiverse"] == 0.5


def test_specifications_without_an_interval_are_no_part_of_the_multiverse(shipped: Project) -> None:
    of = pd.concat([multiverse(0.1), multiverse(NAN)], ignore_index=True)
    _, evidence = judged(shipped, claims_of(c={"associations": [ASSOCIATION]}), [estimate()], of=of)
    assert (evidence.loc["c", "share_of_multiverse"], evidence.loc["c", "n_multiverse"]) == (1.0, 1)


def test_a_question_outside_the_multiverse_is_judged_by_every_model_fitted_for_it(shipped: Project) -> None:
    other = multiverse(0.1, outcome="grip_max_kg")
    rows = [estimate(), estimate(adjustment="crude", coef_low=-0.2), estimate(estimator="logistic")]
    _, evidence = judged(shipped, claims_of(c={"associations": [ASSOCIATION]}), rows, of=other)
    assert evidence.loc["c", "n_multiverse"] == 3
    assert evidence.loc["c", "share_of_multiverse"] == pytest.approx(2 / 3)
    assert evidence.loc["c", "verdict"] == INCONCLUSIVE


def test_only_the_main_model_is_judged(shipped: Project) -> None:
    rows = [
        estimate(),
        estimate(adjustment="crude", estimate=9.0),
        estimate(subgroup="sex=male", estimate=8.0),
        estimate(estimator="logistic", estimate=7.0),
        estimate(missing="mi", estimate=6.0),
    ]
    _, evidence = judged(shipped, claims_of(c={"associations": [ASSOCIATION]}), rows)
    assert evidence["estimate"].tolist() == [1.35]


def test_of_a_model_that_two_tables_hold_the_first_is_kept(shipped: Project) -> None:
    tables = Tables.of(
        [pd.DataFrame([estimate()]), pd.DataFrame([estimate(estimate=5.0), estimate(outcome="anaemia_who")])],
        [pd.DataFrame([prevalence()])],
        None,
    )
    assert tables.estimates["estimate"].tolist() == [1.35, 1.35]


def test_estimates_that_do_not_decide_are_shown_and_not_counted(shipped: Project) -> None:
    aside = {**ASSOCIATION, "outcomes": {"grip_max_kg": "lower"}, "decides": False}
    grip = estimate(outcome="grip_max_kg", estimator="linear", coef_low=0.1, coef_high=0.4)
    claims = claims_of(c={"associations": [ASSOCIATION, aside]})
    table, evidence = judged(shipped, claims, [estimate(), grip])
    assert table.loc["c", "verdict"] == SUPPORTED
    assert evidence.loc["c", "verdict"].tolist() == [SUPPORTED, CONTRADICTED]
    assert evidence.loc["c", "decides"].tolist() == [True, False]


def test_a_claim_of_which_no_cohort_has_an_estimate_says_so(shipped: Project) -> None:
    claims = claims_of(c={"associations": [{**ASSOCIATION, "cohorts": ["nhanes_1999_2002"]}]})
    table, evidence = judged(shipped, claims, [estimate()])
    assert table.loc["c", "verdict"] == NOT_TESTABLE
    assert table.loc["c", "reason"] == "no cohort of this run has an estimate that decides it"
    assert evidence.empty


def test_a_claim_that_these_data_cannot_test_names_the_study_that_would(shipped: Project) -> None:
    table, _ = judged(shipped, claims_of(c={"not_testable": "A trial would."}), [estimate()])
    assert table.loc["c", ["verdict", "reason"]].tolist() == [NOT_TESTABLE, "A trial would."]
    assert pd.isna(table.loc["c", "estimate"])


def test_shares_are_judged_cohort_by_cohort_and_suppressed_ones_are_not(shipped: Project) -> None:
    share = {"definitions": ["b12_low_148", "b12_status[marginal]"], "at_least": 0.3, "decides": True}
    rows = [
        prevalence(),
        prevalence(variable="b12_status[marginal]", cohort="nhanes_1999_2002", conf_low=0.31, conf_high=0.5),
        prevalence(variable="b12_status[marginal]", flag="suppress: n"),
        prevalence(subgroup="sex=male", conf_low=0.9, conf_high=0.95),
    ]
    table, evidence = judged(shipped, claims_of(c={"shares": [share], "combine": "any"}), [estimate()], rows)
    assert evidence["verdict"].tolist() == [CONTRADICTED, SUPPORTED, NOT_TESTABLE]
    assert table.loc["c", ["verdict", "n_deciding"]].tolist() == [SUPPORTED, 2]


def test_made_up_people_speak_only_where_there_are_no_others(shipped: Project, project: Path) -> None:
    claims = claims_of(c={"associations": [ASSOCIATION]})
    rows = [estimate(), estimate(cohort="synthetic", estimate=9.0)]
    config = yaml.safe_load((project / "config/config.yaml").read_text(encoding="utf-8"))
    both = load_project({**config, "cohorts": ["nhanes_2011_2014", "synthetic"]}, project)
    alone = load_project({**config, "cohorts": ["synthetic"]}, project)
    assert judged(both, claims, rows)[1]["cohort"].tolist() == ["nhanes_2011_2014"]
    assert judged(alone, claims, rows)[1]["cohort"].tolist() == ["synthetic"]


# ---- what is shipped


def test_all_sixteen_claims_of_the_analysis_plan_are_there(shipped: Project) -> None:
    assert shipped.claims is not None
    assert list(shipped.claims.claims) == [f"c{i}" for i in range(1, 17)]
    untestable = [name for name, claim in shipped.claims.claims.items() if claim.not_testable]
    assert untestable == ["c14", "c15", "c16"]
    assert shipped.claims.multiverse_share == 0.8


def test_prevalence_is_judged_by_every_definition_the_assay_equivalent_one_included(shipped: Project) -> None:
    assert shipped.claims is not None
    (share,) = shipped.claims.claims["c1"].shares
    assert {"b12_low_148", "b12_low_equiv", "b12_status[marginal]", "mma_high_271"} <= set(share.definitions)


def test_the_claims_models_are_a_grid_of_their_own(shipped: Project) -> None:
    own = of_claims(shipped).analysis.models
    assert shipped.claims is not None
    assert shipped.claims.models is not None
    assert own.exposures == shipped.claims.models.exposures
    assert own.adjustments == ("crude", "demographic", "socioeconomic", "clinical")
    assert own.subgroups == ("all",)
    shares = of_claims(shipped).analysis.describe.prevalence_of
    assert shares == ("adequate_b12_if_high_mma", "high_mma_if_low_b12")
    assert of_claims(replace(shipped, claims=None)).analysis.models.exposures == ()


@pytest.fixture
def written(project: Path, tmp_path: Path) -> Path:
    """A copy of the configuration, to change."""
    for folder in ("config", "cohorts"):
        for file in (project / folder).rglob("*.yaml"):
            target = tmp_path / file.relative_to(project)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


C2 = "exposures: [b12_low_148, log2_b12, mma_high_271, log2_mma]\n        outcomes: {knee_strength_n: lower, knee_torque"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (C2, C2.replace("log2_b12", "log2_b13"), "claims.c2.associations#2.exposures#2: unknown variable: 'log2_b13'"),
        (C2, C2.replace("log2_b12", "age_years"), "'age_years' does not have the role exposure"),
        (C2, C2.replace("log2_b12", "b12_status"), "'b12_status' is categorical; a claim needs one number"),
        ("macrocytosis: higher}\n      - exp", "walks_with_equipment: higher}\n      - exp", "no model of 'b12_low_148' and 'walks_with_equipment' is fitted with 'clinical'"),
        ("evidence: [leishear_2012_monofilament", "evidence: [leishear", "claims.c4.evidence#1: unknown published study: 'leishear'"),
        ("adjustment: demographic\n      - exposures: [low_iron", "adjustment: demografic\n      - exposures: [low_iron", "unknown adjustment set: 'demografic'"),
        ("[adequate_b12_if_high_mma]", "[adequate_b12]", "claims.c11.shares#1.definitions#1: unknown variable: 'adequate_b12'"),
        ("[adequate_b12_if_high_mma]", "[log2_mma]", "'log2_mma' is continuous; a share needs a binary one, or a level"),
        ("[adequate_b12_if_high_mma]", "[mma_level]", "unknown category of mma_level: ''"),
        ('"b12_status[marginal]"', '"b12_status[low]"', "unknown category of b12_status: 'low'"),
        ("adjustments: [crude, demographic", "adjustments: [crud, demographic", "models.adjustments#1: unknown adjustment set: 'crud'"),
        ("        decides: true\n        definitions: [adequate", "        definitions: [adequate", "no test decides: write decides: true"),
        ("    would_change: A cramp diary", "    combine: any\n    would_change: A cramp diary", ""),
        ("    not_testable: >-\n      NHANES did not ask for muscle cramps in these cycles. A cohort that asks for them, with B12 and MMA in the same\n      people, would test it.\n", "", "give associations or shares that speak to the claim, or not_testable: why"),
    ],
)  # fmt: skip
def test_wrong_claims_are_refused_with_their_place(written: Path, old: str, new: str, said: str) -> None:
    path = written / "config/claims.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    config = yaml.safe_load((written / "config/config.yaml").read_text(encoding="utf-8"))
    if not said:
        load_project(config, written)
        return
    with pytest.raises(Exception, match="claims") as error:
        load_project(config, written)
    problems = [str(problem) for problem in error.value.problems]  # type: ignore[attr-defined]
    assert all(problem.startswith("config/claims.yaml:") for problem in problems)
    assert any(said in problem for problem in problems), problems
