"""Sensitivity options in the configuration: what they name must be there and fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import ANALYSIS, MiniProject

OPTIONS = """\
sensitivity:
  adjustment: full
  exposures: [low_b12, log2_b12]
  outcomes: [weak, grip]
  measurement_error:
    cohort: mini
    replicates: {b12: {first: b12, second: mma, exposures: [log2_b12]}}
    transport: nowhere
  misclassification:
    guess:
      label: Guess
      source: nobody
      exposure: low_b12
      outcomes: [weak]
      accuracy: {sensitivity: {uniform: [0.2, 0.6]}, specificity: {beta: [95, 5]}}
    data: {label: Data, source: mini, exposure: low_b12, outcomes: [weak], truth: smoker, differential: true}
  untested: {label: Weighted, outcomes: [grip], adjustment: full, also: [{var: walk, form: categorical}]}
  controls: {negative: [grip], positive: [weak], negative_exposures: [log2_b12]}
  options:
    older: {label: Older, reason: asked, keep: {var: age, op: ">", value: 70, unit: years}}
    other: {label: Other, reason: asked, replace: {weak: hard_walk}, outcomes: [weak]}
    bare: {label: Bare, reason: asked, without: [egfr]}
    raw: {label: Raw, reason: asked, as_measured: true}
"""


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    made = MiniProject(tmp_path)
    made.write(ANALYSIS, made.read(ANALYSIS) + OPTIONS)
    return made


def test_an_option_narrows_replaces_leaves_out_or_goes_back(mini: MiniProject) -> None:
    sensitivity = mini.load().analysis.sensitivity
    assert sensitivity is not None
    assert sensitivity.options["other"].replace == {"weak": "hard_walk"}
    assert sensitivity.options["older"].keep.variables() == {"age"}


def test_without_the_section_there_are_no_options(tmp_path: Path) -> None:
    assert MiniProject(tmp_path).load().analysis.sensitivity is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("as_measured: true", "as_measured: false", "an option changes something: keep, replace, without"),
        ("without: [egfr]", "without: [egfr], replace: {egfr: age}", "egfr is replaced and left out"),
        ("{var: age, op: \">\"", "{var: agee, op: \">\"", "unknown variable: 'agee'"),
        ("value: 70, unit: years", "value: 70, unit: months", "unit"),
        ("{weak: hard_walk}", "{weak: grip}", "'grip' cannot stand for 'weak': it is continuous, not binary"),
        ("{weak: hard_walk}", "{weak: weak}", "'weak' is replaced by itself"),
        ("{weak: hard_walk}", "{low_mass: weak}", "'low_mass' is in no model: nothing to replace"),
        ("{weak: hard_walk}", "{weak: hard_wolk}", "unknown variable: 'hard_wolk'"),
        ("{weak: hard_walk}", "{low_b12: weak}", "'weak' cannot stand for 'low_b12': it says no contrast"),
        ("{weak: hard_walk}", "{sex: walk}", "'walk' cannot stand for 'sex': it has other levels"),
        ("hard_walk}, outcomes: [weak]", "hard_walk}, outcomes: [low_mass]", "'low_mass' is not in"),
        ("without: [egfr]", "without: [mma]", "'mma' is a covariate of no adjustment set"),
        ("without: [egfr]", "without: [egfr, egfr]", "'egfr' is listed twice"),
        ("reason: asked, as", "resaon: asked, as", "resaon"),
        ("adjustment: full\n  exp", "adjustment: fulll\n  exp", "unknown adjustment set: 'fulll'"),
        ("[low_b12, log2_b12]\n", "[low_b21]\n", "'low_b21' is not in models.exposures"),
        ("[weak, grip]\n  mea", "[mass]\n  mea", "'mass' is not in models.outcomes"),
        ("cohort: mini\n", "cohort: maxi\n", "unknown cohort: 'maxi'"),
        ("first: b12, ", "first: mma, ", "'log2_b12' is not the logarithm of 'mma'"),
        ("second: mma,", "second: walk,", "'walk' is categorical; expected a continuous one"),
        ("exposures: [log2_b12]}}", "exposures: [weak]}}", "'weak' is no exposure: it says no contrast"),
        ("low_b12, outcomes: [weak], t", "log2_b12, outcomes: [weak], t", "expected a binary one"),
        ("truth: smoker,", "truth: age,", "'age' is continuous; expected a binary one"),
        ("differential: true", "accuracy_cases: {sensitivity: {fixed: 1}, specificity: {fixed: 1}}",
         "accuracy_cases goes with accuracy"),
        ("truth: smoker, ", "", "give exactly one of truth and accuracy"),
        ("{uniform: [0.2, 0.6]}", "{uniform: [0.6, 0.2]}", "the limits of a distribution ascend"),
        ("{uniform: [0.2, 0.6]}", "{}", "give exactly one of: fixed, uniform, triangular"),
        ("{uniform: [0.2, 0.6]}", "{uniform: [0.2, 1.6]}", "uniform"),
        ("var: walk, form: categorical", "var: walk, form: linear", "form linear does not fit"),
        ("adjustment: full, also", "adjustment: full, truncate: [0.9, 0.1], also", "truncate is a lower"),
        ("controls: {negative: [grip]", "controls: {negative: [walk]", "'walk' has categories; an outcome"),
    ],
)  # fmt: skip
def test_an_option_that_does_not_fit_is_refused(mini: MiniProject, old: str, new: str, said: str) -> None:
    mini.edit(ANALYSIS, old, new)
    assert any(said in problem for problem in mini.problems()), mini.problems()
