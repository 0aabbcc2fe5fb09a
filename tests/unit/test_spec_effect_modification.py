"""Effect modification in the configuration: what may modify, and where it is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest

from b12sarc.errors import B12SarcError
from b12sarc.wording import modifier_label, modifier_level
from helpers_spec import ANALYSIS, MiniProject

SECTION = """\
effect_modification:
  modifiers:
    sex: {var: sex, label: Sex}
    smoker: {var: smoker, label: Smoking, level_labels: {"true": Smokes}, replaces: [egfr]}
  exposures: [low_b12, log2_b12]
  outcomes: [weak]
  adjustments: [full]
  missing: [complete_case]
  drawn: [log2_b12]
"""


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    made = MiniProject(tmp_path)
    made.write(ANALYSIS, made.read(ANALYSIS) + SECTION)
    return made


def test_a_sound_section_is_read_with_its_defaults(mini: MiniProject) -> None:
    asked = mini.load().analysis.effect_modification
    assert asked is not None
    assert list(asked.modifiers) == ["sex", "smoker"]
    assert asked.min_n == 50


def test_without_the_section_nothing_is_asked_for(tmp_path: Path) -> None:
    assert MiniProject(tmp_path).load().analysis.effect_modification is None


def test_levels_have_the_words_of_the_modifier_else_their_own(mini: MiniProject) -> None:
    project = mini.load()
    assert modifier_label(project, "smoker") == "Smoking"
    words = [modifier_level(project, "smoker", level) for level in ("false", "true")]
    assert [*words, modifier_level(project, "sex", "female")] == ["No", "Smokes", "Women"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "{var: sex, label: Sex}",
            "{var: egfr, label: Kidney}",
            "'egfr' is continuous; a modifier has levels",
        ),
        (
            "{var: sex, label: Sex}",
            "{var: low_b12, label: B12}",
            "not defined as covariate, which a modifier is",
        ),
        (
            "{var: sex, label: Sex}",
            "{var: sexx, label: Sex}",
            "unknown variable: 'sexx' -> did you mean 'sex'?",
        ),
        ('"true": Smokes', '"yes": Smokes', "'yes' is no level of 'smoker' (false, true)"),
        ("replaces: [egfr]", "replaces: [efgr]", "'efgr' is in no adjustment set: nothing to stand in for"),
        ("replaces: [egfr]", "replaces: [egfr, egfr]", "'egfr' is listed twice"),
        (
            "exposures: [low_b12, log2_b12]\n  out",
            "exposures: [low_b13]\n  out",
            "'low_b13' is not in models",
        ),
        (
            "log2_b12]\n  outcomes: [weak]",
            "log2_b12]\n  outcomes: [week]",
            "'week' is not in models.outcomes",
        ),
        (
            "adjustments: [full]\n  miss",
            "adjustments: [basic]\n  miss",
            "'basic' is not in models.adjustments",
        ),
        ("missing: [complete_case]\n  dr", "missing: [mi]\n  dr", "'mi' is not in models.missing"),
        ("drawn: [log2_b12]", "drawn: [index]", "'index' is not in effect_modification.exposures"),
        ("drawn: [log2_b12]", "min_n: 0", "effect_modification.min_n"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(mini: MiniProject, old: str, new: str, said: str) -> None:
    mini.edit(ANALYSIS, old, new)
    with pytest.raises(B12SarcError) as caught:
        mini.load()
    assert said in str(caught.value)
    assert f"{ANALYSIS}:" in str(caught.value)
