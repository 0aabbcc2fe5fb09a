"""How gaps are filled, in the configuration: what it names must be there and fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import ANALYSIS, MiniProject

IMPUTATION = """\
imputation:
  auxiliary: [mma]
  log: [b12]
  whole: [hard_walk]
  together: {b12: [creatinine]}
  not_imputed: {mass: measured in few}
"""


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    made = MiniProject(tmp_path)
    made.write(ANALYSIS, made.read(ANALYSIS) + IMPUTATION)
    return made


def test_what_is_not_said_is_as_in_the_plan(mini: MiniProject) -> None:
    imputation = mini.load().analysis.imputation
    assert imputation is not None
    assert (imputation.m, imputation.iterations, imputation.donors, imputation.design) == (20, 5, 5, "psu")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("auxiliary: [mma]", "auxiliary: [nma]", "unknown variable: 'nma'"),
        ("auxiliary: [mma]", "auxiliary: [mma, mma]", "'mma' is listed twice"),
        ("log: [b12]", "log: [smoker]", "'smoker' is binary: it has no logarithm"),
        ("log: [b12]", "log: [grip]", "'grip' may be 0 or less: it has no logarithm"),
        ("whole: [hard_walk]", "whole: [walk]", "'walk' is a variable: it is imputed itself anyway"),
        ("together: {b12: [creatinine]}", "together: {b12: [mma], mma: [creatinine]}",
         "'mma' is itself taken with 'b12'"),
        ("{mass: measured", "{weak: measured", "'weak' is a definition; gaps are those of variables"),
        ("  auxiliary", "  m: 1\n  auxiliary", "imputation.m"),
        ("  auxiliary", "  design: cluster\n  auxiliary", "imputation.design"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(mini: MiniProject, old: str, new: str, said: str) -> None:
    mini.edit(ANALYSIS, old, new)
    assert any(said in problem for problem in mini.problems()), mini.problems()


def test_the_treatment_needs_the_section_that_says_how(tmp_path: Path) -> None:
    mini = MiniProject(tmp_path)
    mini.edit(ANALYSIS, "models:\n", "models:\n  missing: [complete_case, mi]\n")
    [problem] = mini.problems()
    assert "models.missing#2: 'mi' needs the section 'imputation', which says how" in problem
