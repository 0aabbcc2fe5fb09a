"""The sentences of the first page: right numbers, right way round, no causal words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from b12sarc.headline import (
    CAVEAT,
    SYNTHETIC_LINE,
    answer,
    direction,
    finding,
    headline,
    headline_rows,
    plain_lines,
    prevalence,
    write_headline,
)
from b12sarc.results import Run, read_run
from causal_words import CAUSAL
from fake_results import fake_estimates, fake_project, write_fake_results


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = fake_project(("nhanes_2011_2014", "synthetic"))
    return read_run(write_fake_results(tmp_path_factory.mktemp("run"), project), project)


def row_with(run: Run, **values: object) -> pd.Series:
    """A headline row (binary outcome unless said otherwise) with some of its values replaced."""
    rows = headline_rows(run, "nhanes_2011_2014")
    row = rows[rows["outcome"] == values.get("outcome", "low_grip_ewgsop2")].iloc[0].copy()
    for name, value in values.items():
        row[name] = value
    return row


HIGHER = {"estimate": 1.32, "conf_low": 1.05, "conf_high": 1.66, "p_value": 0.018, "p_adjusted": 0.03}


def test_the_headline_rows_are_the_primary_family_in_the_order_of_the_configuration(run: Run) -> None:
    rows = headline_rows(run, "synthetic")
    wanted = run.project.analysis.headline
    pairs = [(o, e) for o in wanted.outcomes for e in wanted.exposures]
    assert list(zip(rows["outcome"], rows["exposure"], strict=True)) == pairs
    assert set(rows["adjustment"]) == {wanted.adjustment}
    assert set(rows["estimator"]) == {"poisson", "linear"}


@pytest.mark.parametrize(
    ("low", "high", "way"),
    [(1.0001, 2, "higher"), (1.0, 2, "unclear"), (0.5, 1.0, "unclear"), (0.5, 0.9999, "lower")],
)
def test_an_interval_that_touches_one_is_unclear_for_a_ratio(
    run: Run, low: float, high: float, way: str
) -> None:
    assert direction(row_with(run, conf_low=low, conf_high=high)) == way


def test_an_estimate_without_interval_is_unclear(run: Run) -> None:
    assert direction(row_with(run, conf_low=float("nan"), conf_high=float("nan"))) == "unclear"


def test_a_difference_is_compared_with_zero(run: Run) -> None:
    row = row_with(run, outcome="grip_max_kg", conf_low=-2.0, conf_high=-0.1)
    assert direction(row) == "lower"


def test_a_finding_gives_effect_interval_p_and_people(run: Run) -> None:
    beside = {"points": 3.14, "points_low": 0.42, "points_high": 5.86}
    said = finding(run, row_with(run, **HIGHER, n=2180, events=363.0, **beside))
    assert said == (
        "Serum B12 < 148 pmol/L was associated with a higher prevalence of probable sarcopenia (EWGSOP2 low "
        "grip): prevalence ratio 1.32 (95 % CI 1.05 to 1.66), p = 0.018 (0.030 adjusted); marginal "
        "difference 3.1 points (95 % CI 0.4 to 5.9); 2,180 people, 363 with the outcome."
    )


def test_a_finding_without_a_standardised_model_is_told_without_its_difference(run: Run) -> None:
    said = finding(run, row_with(run, **HIGHER, points=float("nan")))
    assert "marginal difference" not in said


def test_a_finding_that_fails_after_adjustment_says_so(run: Run) -> None:
    said = finding(run, row_with(run, **{**HIGHER, "p_adjusted": 0.05}))
    assert "though not clearly once the number of tests is taken into account" in said


def test_an_unclear_finding_says_neither_higher_nor_lower(run: Run) -> None:
    said = finding(run, row_with(run, conf_low=0.8, conf_high=1.6))
    assert "was not clearly associated with probable sarcopenia" in said
    assert "higher" not in said
    assert "lower" not in said


def test_a_continuous_outcome_has_its_unit_and_no_events(run: Run) -> None:
    row = row_with(run, outcome="grip_max_kg", exposure="log2_b12", term="log2_b12")
    row["contrast"] = "per halving of serum B12"
    row["estimate"], row["conf_low"], row["conf_high"] = -1.0, -1.8, -0.2
    said = finding(run, row)
    assert said.startswith("Each halving of serum B12 was associated with lower grip strength")
    assert "difference in means −1.00 kg (95 % CI −1.80 to −0.20)" in said
    assert "with the outcome" not in said


def test_without_a_p_value_the_sentence_says_why(run: Run) -> None:
    nan = float("nan")
    row = row_with(run, conf_low=nan, conf_high=nan, p_value=nan, p_adjusted=nan)
    assert "no p-value (fewer than one degree of freedom)" in finding(run, row)


def test_the_answer_counts_what_is_clear_before_and_after_adjustment(run: Run) -> None:
    rows = pd.DataFrame(
        [
            row_with(run, **HIGHER),
            row_with(run, **{**HIGHER, "p_adjusted": 0.2}),
            row_with(run, conf_low=0.5, conf_high=2.0),
        ]
    )
    said = answer(run.project, rows)
    assert said.startswith("2 of the 3 pre-specified exposures were associated with probable sarcopenia")
    assert said.endswith("1 of 2 still after adjustment for the number of tests.")


def test_the_answer_says_none_when_nothing_is_clear(run: Run) -> None:
    rows = pd.DataFrame([row_with(run, conf_low=0.5, conf_high=2.0)])
    assert answer(run.project, rows).startswith(
        "None of the 1 pre-specified exposures was clearly associated"
    )


def test_the_population_is_the_domain_of_the_flow(run: Run) -> None:
    cohort = run.cohorts["synthetic"]
    examined = cohort.flow.set_index("step").loc["examined", "n_remaining"]
    assert headline(run, cohort).population.startswith(f"{examined:,} people aged 65 or over and examined")


def test_a_suppressed_prevalence_is_not_said(run: Run) -> None:
    cohort = run.cohorts["synthetic"]
    hidden = cohort.prevalence.assign(flag="suppressed: n or effective n below 30")
    cohort = type(cohort)(**{**cohort.__dict__, "prevalence": hidden})
    assert prevalence(run.project, cohort) == ""


def test_only_made_up_cohorts_are_called_synthetic(run: Run) -> None:
    lines = plain_lines(run)
    assert lines.count(SYNTHETIC_LINE) == 1
    assert lines.index(SYNTHETIC_LINE) > next(i for i, x in enumerate(lines) if x.startswith("NHANES"))


def test_headline_txt_is_short_and_says_where_to_look(tmp_path: Path) -> None:
    project = fake_project()
    folder = write_fake_results(tmp_path / "fake", project)
    lines = write_headline(folder, project).read_text(encoding="utf-8").splitlines()
    assert lines[0] == SYNTHETIC_LINE
    assert lines[-1].startswith("Report: ")
    assert "report.html" in lines[-1]
    assert 4 <= len(lines) <= 10
    assert max(map(len, lines)) < 160


@pytest.mark.parametrize("seed", range(20))
def test_no_sentence_has_a_causal_verb(run: Run, seed: int) -> None:
    run = replace(run, estimates=fake_estimates(run.project, seed))
    said = headline(run, run.cohorts["synthetic"])
    sentences = [finding(run, row) for _, row in headline_rows(run, "synthetic").iterrows()]
    sentences += [*plain_lines(run), *said.answers, said.prevalence, said.adjusted_for, CAVEAT]
    assert len(sentences) > 15
    assert CAUSAL.findall(" ".join(sentences)) == []


def test_the_list_of_causal_words_catches_them() -> None:
    for words in (
        "B12 causes weakness",
        "leads to",
        "improves grip",
        "the effect of B12",
        "is due to",
        "reduces it",
    ):
        assert CAUSAL.search(words)
