"""Five sentences, the claims page and the table of reproductions, made by rule: SYNTHETIC DATA."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from b12sarc.answer import five_sentences
from b12sarc.claims.verdicts import INCONCLUSIVE, NOT_TESTABLE
from b12sarc.report.ledger import (
    claims_table,
    judged_claims,
    reproduction_summary,
    reproduction_table,
)
from b12sarc.results import Run, read_run
from causal_words import CAUSAL
from fake_results import fake_project, write_fake_results

REAL = "nhanes_2011_2014"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = fake_project((REAL, "synthetic"))
    return read_run(write_fake_results(tmp_path_factory.mktemp("fake"), project), project)


def with_interval(run: Run, exposure: str, low: float, high: float) -> Run:
    e = run.estimates.copy()
    at = (e["exposure"] == exposure) & (e["cohort"] == REAL) & (e["outcome"] == "low_grip_ewgsop2")
    e.loc[at, ["estimate", "conf_low", "conf_high"]] = [(low + high) / 2, low, high]
    return replace(run, estimates=e)


def test_there_are_five_sentences_and_each_opens_with_what_it_is_about(run: Run) -> None:
    opens = [re.split(r"[:( ]and |:| \(", s)[0] for s in five_sentences(run)]
    assert opens[0].startswith("Serum B12")
    assert opens[1].startswith("Functional markers")
    assert opens[2:] == ["How robust", "Trials", "What cannot be said"]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(1.09, 2.21, "higher"), (0.4, 0.9, "lower"), (0.9, 1.5, "no clear difference"), (1.0, 2.0, "no clear")],
)
def test_the_direction_is_that_of_the_interval(run: Run, low: float, high: float, said: str) -> None:
    sentence = five_sentences(with_interval(run, "mma_high_271", low, high))[1]
    assert f"MMA > 271 nmol/L, {said}" in sentence
    assert f"(95 % CI {low:.2f} to {high:.2f})" in sentence


def test_only_real_people_are_spoken_of_where_there_are_some(run: Run) -> None:
    assert not any("Synthetic" in sentence for sentence in five_sentences(run))
    assert "NHANES 2011-2014" in five_sentences(run)[0]


def test_the_multiverse_is_told_in_its_own_numbers(run: Run) -> None:
    assert run.multiverse is not None
    summary = run.multiverse.summary
    every = summary[(summary["cohort"] == "") & (summary["marker"] == "") & (summary["domain"] == "")].iloc[0]
    sentence = five_sentences(run)[2]
    assert f"{every['specifications']:,} specifications" in sentence
    assert f"{100 * every['share_worse']:.1f} % pointed to worse health" in sentence


def test_a_run_without_a_multiverse_or_trials_says_so(run: Run) -> None:
    evidence = run.project.evidence.model_copy(update={"studies": {}})
    bare = replace(run, multiverse=None, project=replace(run.project, evidence=evidence))
    assert five_sentences(bare)[2:4] == (
        "How robust: this run has no multiverse.",
        "Trials: none is among the published results of this run.",
    )


def test_trials_are_told_with_their_people_and_finding(run: Run) -> None:
    assert "Swart 2016 (2,919 people) found no difference" in five_sentences(run)[3]
    assert "Dangour 2015 (201 people) found no difference" in five_sentences(run)[3]


def test_what_no_cohort_can_answer_is_named(run: Run) -> None:
    said = five_sentences(run)[4]
    assert "confirmed sarcopenia (EWGSOP2" in said
    assert said.endswith("exposure and outcome were measured once, together.")
    every = run.feasibility.assign(available=True)
    assert "(not measured" not in five_sentences(replace(run, feasibility=every))[4]


@pytest.mark.parametrize("seed", range(8))
def test_no_sentence_and_no_claim_says_that_one_thing_makes_another(tmp_path: Path, seed: int) -> None:
    project = fake_project((REAL,))
    run = read_run(write_fake_results(tmp_path, project, seed), project)
    assert [CAUSAL.findall(s) for s in five_sentences(run) if CAUSAL.search(s)] == []
    told = [text for c in judged_claims(run) for text in (c.claim, c.data, c.sure, c.would_change)]
    assert [text for text in told if CAUSAL.search(text)] == []


def test_all_sixteen_claims_are_told_in_plain_words(run: Run) -> None:
    told = judged_claims(run)
    assert [c.number for c in told] == [f"C{i}" for i in range(1, 17)]
    assert all(c.claim and c.data and c.sure and c.would_change for c in told)
    assert {c.verdict for c in told[13:]} == {NOT_TESTABLE}
    assert "Randomised trials" in told[13].data
    assert any("(trial, " in study for study in told[13].studies)


def test_a_claim_tells_its_estimates_and_the_share_of_its_multiverse(run: Run) -> None:
    c2 = judged_claims(run)[1]
    assert c2.verdict == INCONCLUSIVE
    assert "Serum B12 < 148 pmol/L" in c2.data
    assert "more in the table below" in c2.data
    assert re.search(
        r"In other reasonable analyses, [\d.]+ (% |to [\d.]+ % )find a clear difference", c2.sure
    )


def test_a_ratio_is_told_in_plain_words_before_its_number(run: Run) -> None:
    told = judged_claims(run)[1].data
    said = re.search(r"([\d.]+) times as common: prevalence ratio ([\d.]+) \(95 % CI", told)
    assert said is not None
    assert abs(float(said[1]) - float(said[2])) <= 0.06


def test_an_estimate_without_an_interval_says_why(run: Run) -> None:
    assert run.claims_evidence is not None
    rows = run.claims_evidence.copy()
    first = rows.index[(rows["id"] == "c2") & rows["decides"]][0]
    rows.loc[first, ["conf_low", "conf_high"]] = float("nan")
    rows.loc[first, "reason"] = "no interval: too few degrees of freedom"
    told = judged_claims(replace(run, claims_evidence=rows))[1].data
    assert ", no interval: too few degrees of freedom (NHANES" in told.split(";")[0]


def test_prevalence_is_told_by_every_definition_and_cohort(run: Run) -> None:
    assert run.claims_evidence is not None
    rows = run.claims_evidence[run.claims_evidence["id"] == "c1"]
    assert {"b12_low_148", "b12_low_equiv", "mma_high_271"} <= set(rows["outcome"])
    assert set(rows["cohort"]) == {REAL}


def test_every_row_of_the_evidence_is_in_the_table_of_the_page(run: Run) -> None:
    table = claims_table(run)
    assert table is not None
    assert run.claims_evidence is not None
    assert len(table.rows) == len(run.claims_evidence)
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_reproductions_are_counted_by_status_and_shown_with_their_digits(run: Run) -> None:
    assert reproduction_summary(run) == {
        "all": 4, "reproduced": 1, "within tolerance": 1, "differs": 1, "not computed": 1
    }  # fmt: skip
    table = reproduction_table(run)
    assert table is not None
    assert [row[3:6] for row in table.rows] == [
        ("5.0", "5.01", "0.01"),
        ("46", "45.1", "-0.9"),
        ("0.30", "0.400", "0.100"),
        ("7", "", ""),
    ]


def test_a_run_that_judges_nothing_has_neither_page(run: Run) -> None:
    project = replace(run.project, claims=None, reproductions={})
    bare = replace(run, project=project, claims=None, claims_evidence=None, reproduction=None)
    assert judged_claims(bare) == []
    assert claims_table(bare) is None
    assert reproduction_summary(bare) == {}
    assert reproduction_table(bare) is None
    assert len(five_sentences(bare)) == 5


def test_homocysteine_comes_from_the_estimate_that_decides_its_claim(run: Run) -> None:
    assert run.claims_evidence is not None
    row = run.claims_evidence[run.claims_evidence["kind"] == "association"].iloc[0].copy()
    row[["exposure", "outcome", "estimator"]] = ["log2_hcy", "gait_speed_ms", "linear"]
    row[["contrast", "decides"]] = ["per doubling of homocysteine", True]
    row[["estimate", "conf_low", "conf_high"]] = [-0.05, -0.08, -0.02]
    more = pd.concat([run.claims_evidence, row.to_frame().T], ignore_index=True)
    more = more.astype({"decides": bool, "estimate": float, "conf_low": float, "conf_high": float, "n": int})
    sentence = five_sentences(replace(run, claims_evidence=more))[1]
    assert "usual gait speed in NHANES 2011-2014" in sentence
    assert "each doubling of homocysteine, lower: difference in means −0.050 m/s (95 % CI" in sentence
