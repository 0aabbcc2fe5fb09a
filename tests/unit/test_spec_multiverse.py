"""The multiverse in the configuration: what it names must be there and fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import ANALYSIS, MiniProject

MULTIVERSE = """\
sensitivity:
  adjustment: SET
  exposures: [low_b12]
  outcomes: [weak]
  options:
    older: {label: Older, reason: asked, keep: {var: age, op: ">", value: 70, unit: years}}
multiverse:
  markers: {b12: B12}
  domains: {strength: Strength}
  exposures:
    low_b12: {marker: b12, direction: 1}
    b12_group: {marker: b12, direction: 1, level: LEVEL}
  outcomes:
    weak: {domain: strength, direction: 1}
    grip: {domain: strength, direction: -1}
  grids:
    first: {adjustments: [SET], subgroups: [all], options: [main, older]}
"""


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    made = MiniProject(tmp_path)
    analysis = made.load().analysis
    group = made.load().definitions.definitions["b12_group"]
    level = next(name for name in group.levels or {} if name != group.reference)
    text = MULTIVERSE.replace("LEVEL", level).replace("SET", next(iter(analysis.adjustment_sets)))
    made.write(ANALYSIS, made.read(ANALYSIS) + text)
    return made


def test_a_multiverse_that_fits_is_taken(mini: MiniProject) -> None:
    multiverse = mini.load().analysis.multiverse
    assert multiverse is not None
    assert multiverse.outcomes["grip"].direction == -1
    assert multiverse.joint_null.draws == 500


def test_without_the_section_there_is_none(tmp_path: Path) -> None:
    assert MiniProject(tmp_path).load().analysis.multiverse is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("low_b12: {marker: b12", "low_b12: {marker: b13", "unknown marker: 'b13'"),
        ("low_b12: {marker", "low_b21: {marker", "unknown variable: 'low_b21'"),
        ("low_b12: {marker", "b12: {marker", "'b12' is a variable; an exposure is a definition"),
        ("low_b12: {marker", "weak: {marker", "'weak' is not defined as exposure"),
        ("weak: {domain: strength", "weak: {domain: size", "unknown domain: 'size'"),
        ("weak: {domain", "walk: {domain", "'walk' has categories; an outcome is continuous or binary"),
        ("weak: {domain", "low_b12: {domain", "'low_b12' is not defined as outcome"),
        ("direction: 1, level", "direction: 2, level", "direction"),
        (
            "direction: 1, level: ",
            "direction: 1, level: x",
            "unknown level of b12_group beside its reference",
        ),
        (
            "subgroups: [all]",
            "subgroups: [everybody]",
            "unknown subgroup (of describe.subgroups): 'everybody'",
        ),
        ("options: [main, older]", "options: [main, oldest]", "unknown sensitivity option: 'oldest'"),
        ("options: [main, older]", "options: [main, main]", "'main' is listed twice"),
        ("options: [main, older]", "cohorts: [nowhere]", "unknown cohort: 'nowhere'"),
        ("    older: {label", "    main: {label", "'main' means in the multiverse that nothing is changed"),
        ("first: {adjustments: [", "first: {adjustments: [nothing, ", "unknown adjustment set: 'nothing'"),
        ("grids:", "joint_null: {draws: 5}\n  grids:", "draws"),
    ],
)
def test_a_multiverse_that_does_not_fit_is_refused(mini: MiniProject, old: str, new: str, said: str) -> None:
    mini.edit(ANALYSIS, old, new)
    assert any(said in problem for problem in mini.problems()), mini.problems()


def test_a_categorical_exposure_says_which_level_stands_for_it(mini: MiniProject) -> None:
    text = mini.read(ANALYSIS)
    start = text.index(", level:")
    mini.write(ANALYSIS, text[:start] + text[text.index("}", start) :])
    assert any("'b12_group' has categories, of which one stands for it" in p for p in mini.problems())
