"""Sensitivity options in the configuration: what they name must be there and fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import ANALYSIS, MiniProject

OPTIONS = """\
sensitivity:
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
    ],
)  # fmt: skip
def test_an_option_that_does_not_fit_is_refused(mini: MiniProject, old: str, new: str, said: str) -> None:
    mini.edit(ANALYSIS, old, new)
    assert any(said in problem for problem in mini.problems()), mini.problems()
