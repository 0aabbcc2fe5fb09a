"""Curves and standardised effects in the configuration: what is refused, with which words."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from helpers_spec import ANALYSIS, MiniProject

SECTIONS = """\
    dose_response:
      exposures:
        log2_b12: {value: 300, unit: pmol/L, source: somebody}
      outcomes: [weak, grip]
      adjustment: full
      knots: [5, 35, 65, 95]
      drawn: [1, 99]
      missing: [complete_case]
    marginal_effects:
      outcomes: [weak]
      at:
        log2_b12: {values: [148, 300], reference: 300, unit: pmol/L}
    """
AT = "values: [148, 300], reference: 300, unit: pmol/L"


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    made = MiniProject(tmp_path)
    made.write(ANALYSIS, made.read(ANALYSIS) + dedent(SECTIONS))
    return made


def test_the_sections_are_read(mini: MiniProject) -> None:
    analysis = mini.load().analysis
    assert analysis.dose_response is not None
    assert analysis.dose_response.exposures["log2_b12"].value == 300
    assert analysis.marginal_effects is not None
    assert analysis.marginal_effects.binary_outcomes == ("logistic",)


def test_without_the_sections_nothing_is_made(tmp_path: Path) -> None:
    analysis = MiniProject(tmp_path).load().analysis
    assert (analysis.dose_response, analysis.marginal_effects) == (None, None)


IN_FULL = "dose_response.exposures.log2_b12"
NOT_ONE = "'{}' is no continuous exposure made of one variable (value_of)"
CASES = [
    ("log2_b12: {value: 300,", "log2_b21: {value: 300,", "'log2_b21' is not in models.exposures"),
    ("log2_b12: {value: 300,", "low_b12: {value: 300,", NOT_ONE.format("low_b12")),
    ("log2_b12: {value: 300,", "index: {value: 300,", NOT_ONE.format("index")),
    ("value: 300, unit: pmol/L", "value: 300, unit: pg/mL", "which is in pmol/L, not in pg/mL"),
    ("value: 300, unit: pmol/L", "value: 0, unit: pmol/L", f"{IN_FULL}.value: 0 has no logarithm"),
    ("value: 300, unit: pmol/L", "value: 0.3, unit: pmol/L", "0.3 lies outside the plausible range of 'b12'"),
    ("outcomes: [weak, grip]", "outcomes: [weak, walk]", "dose_response.outcomes#2: 'walk' is not in models"),
    ("outcomes: [weak, grip]", "outcomes: [weak, weak]", "'weak' is listed twice"),
    ("adjustment: full\n  knots", "adjustment: ful\n  knots", "'ful' is not in models.adjustments"),
    ("adjustment: full\n  knots", "adjustment: basic\n  knots", "'basic' is not in models.adjustments"),
    ("[5, 35, 65, 95]", "[5, 65, 35, 95]", "knots: the percentiles must ascend; found 5"),
    ("[1, 99]", "[99, 1]", "drawn: the percentiles must ascend; found 99"),
    ("missing: [complete_case]", "missing: [mi]", "dose_response.missing#1: 'mi' is not in models.missing"),
    ("outcomes: [weak]\n", "outcomes: [week]\n", "marginal_effects.outcomes#1: 'week' is not in models"),
    (AT, AT.replace("reference: 300", "reference: 301"), "reference 301 is not one of the values"),
    (AT, AT.replace("148, 300", "300, 300"), "a value is listed twice"),
    (AT, AT.replace("148, 300", "-148, 300"), "values#1: -148 has no logarithm; expected a value above 0"),
    ("log2_b12: {values", "b12_group: {values", NOT_ONE.format("b12_group")),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), CASES)
def test_what_does_not_fit_is_refused_in_one_line(mini: MiniProject, old: str, new: str, said: str) -> None:
    head, section, own = mini.read(ANALYSIS).partition("dose_response:\n")
    assert own.count(old) == 1
    mini.write(ANALYSIS, head + section + own.replace(old, new))

    (problem,) = mini.problems()

    assert said in problem
    assert problem.startswith(f"{ANALYSIS}:")
