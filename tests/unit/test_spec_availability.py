"""Which definitions a cohort can answer, and the reason why not, through chains of definitions."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from b12sarc.spec import Term
from b12sarc.spec.availability import availability, missing_cycles, terms_left_out, why_unavailable
from b12sarc.spec.loading import load_project
from helpers_spec import ANALYSIS, COHORT, DEFINITIONS, MiniProject

NO_SCANNER = "mass: no scanner"


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    return MiniProject(tmp_path)


def lacking(mini: MiniProject) -> dict[str, str | None]:
    return availability(mini.load(), "mini")


def refuse(mini: MiniProject, variable: str, reason: str, status: str = "impossible") -> None:
    lines = [
        f"  {variable}: {{status: {status}, reason: {reason}}}"
        if line.startswith(f"  {variable}: ")
        else line
        for line in mini.read(COHORT).splitlines()
    ]
    mini.write(COHORT, "\n".join(lines))


def test_a_definition_whose_variables_are_mapped_is_available(mini: MiniProject) -> None:
    assert lacking(mini)["weak"] is None


def test_a_definition_without_its_variable_says_the_cohorts_own_reason(mini: MiniProject) -> None:
    assert lacking(mini)["low_mass"] == NO_SCANNER


def test_an_undetermined_variable_is_said_to_be_so(mini: MiniProject) -> None:
    refuse(mini, "mass", "nobody has looked", "undetermined")

    assert lacking(mini)["low_mass"] == "mass: nobody has looked (undetermined)"


def test_the_reason_comes_through_a_chain_of_definitions(mini: MiniProject) -> None:
    rule = '{all: [{var: weak, op: "==", value: true}, {var: low_mass, op: "==", value: true}]}'
    confirmed = f"  confirmed: {{label: C, roles: [outcome], kind: binary, rule: {rule}, citation: s}}\n"
    mini.write(DEFINITIONS, mini.read(DEFINITIONS) + confirmed)

    assert lacking(mini)["confirmed"] == NO_SCANNER


def test_every_missing_variable_is_named_once(mini: MiniProject) -> None:
    refuse(mini, "walk", "not asked")
    refuse(mini, "smoker", "not asked either")

    assert lacking(mini)["hard_walk"] == "smoker: not asked either; walk: not asked"


def test_an_index_is_available_with_two_of_its_three_components(mini: MiniProject) -> None:
    assert lacking(mini)["index"] is None


def test_an_index_is_not_available_with_one_component(mini: MiniProject) -> None:
    refuse(mini, "mma", "not assayed")

    assert lacking(mini)["index"] == f"fewer than 2 components (mma: not assayed; {NO_SCANNER})"


def test_a_formula_needs_every_argument(mini: MiniProject) -> None:
    refuse(mini, "creatinine", "not assayed")

    assert lacking(mini)["egfr"] == "creatinine: not assayed"


@pytest.mark.parametrize(
    ("op", "value", "known"),
    [
        (">=", 80, True),
        ("<", 80, True),
        (">", 80, False),
        ("<=", 80, False),
        (">=", 85, False),
        ("<", 79, True),
    ],
)
def test_a_cut_off_above_a_top_code_cannot_be_told(
    mini: MiniProject, op: str, value: int, known: bool
) -> None:
    mini.edit(
        DEFINITIONS,
        '{var: mass, op: "<", value: 10, unit: kg}',
        f'{{var: age, op: "{op}", value: {value}, unit: years}}',
    )

    reason = lacking(mini)["low_mass"]

    assert reason == (None if known else f"age: 80 stands for 80 or more, so {op} {value} cannot be told")


def test_the_lowest_top_code_of_all_cycles_counts(mini: MiniProject) -> None:
    mini.edit(COHORT, "top_coded_at: 80", "top_coded_at: {2011-2012: 85, 2013-2014: 80}")
    mini.edit(
        DEFINITIONS,
        '{var: mass, op: "<", value: 10, unit: kg}',
        '{var: age, op: ">=", value: 82, unit: years}',
    )

    assert "80 stands for 80 or more" in str(lacking(mini)["low_mass"])


def test_why_unavailable_answers_for_variables_and_for_the_cycle(mini: MiniProject) -> None:
    project = mini.load()

    assert why_unavailable(project, "mini", "mass") == NO_SCANNER
    assert why_unavailable(project, "mini", "age") is None
    assert why_unavailable(project, "mini", "cycle") is None


@pytest.mark.parametrize(
    "name",
    [
        "sarcopenia_ewgsop2_confirmed",
        "sarcopenia_sdoc",
        "low_alm_ht2_ewgsop2",
        "slow_gait_ewgsop2",
        "hcy_high_15",
    ],
)
def test_nhanes_2011_2014_cannot_answer(project: Path, name: str) -> None:
    config = yaml.safe_load((project / "config/config.yaml").read_text(encoding="utf-8"))

    reason = availability(load_project(config, project), "nhanes_2011_2014")[name]

    assert reason in (
        "alm_kg: whole-body DXA was offered only at ages 8-59 in these cycles",
        "gait_speed_ms: no timed walk in these cycles",
        "homocysteine_umol_l: not assayed in these cycles",
    )


@pytest.mark.parametrize("name", ["nhanes_1999_2002", "nhanes_2003_2006", "korean_style", "volunteers"])
def test_a_shipped_cohort_may_be_run_alone_whatever_the_headline_names(project: Path, name: str) -> None:
    config = yaml.safe_load((project / "config/config.yaml").read_text(encoding="utf-8"))

    assert list(load_project({**config, "cohorts": [name]}, project).cohorts) == [name]


# -- a run that could say nothing is refused


def test_a_cohort_without_any_exposure_is_refused(mini: MiniProject) -> None:
    refuse(mini, "b12", "not assayed")
    refuse(mini, "mma", "not assayed")
    mini.edit(ANALYSIS, "by: b12_group", "by: sex")
    mini.edit(
        ANALYSIS, "  analytic:\n    - {id: has_b12, description: B12, measured: [b12]}\n", "  analytic:\n"
    )

    assert [problem.split(": ", 1)[1] for problem in mini.problems()] == [
        "models.exposures: cohort 'mini' has none of the exposures (low_b12: b12: not assayed; ...)"
        " -> list one that it has, or leave the cohort out",
        "headline.exposures#1: no cohort under cohorts/ can answer 'low_b12' (mini: b12: not assayed)"
        " -> take it out, or add a cohort that has it",
    ]


def test_a_cohort_without_any_outcome_is_refused(mini: MiniProject) -> None:
    refuse(mini, "grip", "broken")

    assert [problem.split(": ")[1:3] for problem in mini.problems()] == [
        ["models.outcomes", "cohort 'mini' has none of the outcomes (weak"],
    ]


def test_a_run_that_cannot_answer_the_headline_or_a_step_of_the_flow_is_accepted(mini: MiniProject) -> None:
    mini.write(
        "cohorts/child/cohort.yaml",
        "schema_version: 2\nid: child\nextends: mini\nvariables: {mma: {status: impossible, reason: none}}\n",
    )
    mini.edit(ANALYSIS, "headline:\n  exposures: [low_b12]", "headline:\n  exposures: [index]")

    assert mini.problems(cohorts=["mini", "child"]) == []
    mini.edit(ANALYSIS, "measured: [b12]", "measured: [mma]")
    assert mini.problems(cohorts=["child"]) == []


@pytest.mark.parametrize(("status", "left_out"), [("impossible", True), ("undetermined", False)])
def test_a_term_that_is_used_where_available_is_left_out_where_it_is_stated_as_impossible(
    mini: MiniProject, status: str, left_out: bool
) -> None:
    refuse(mini, "mma", "not assayed", status)
    project = mini.load()
    optional, needed = Term(var="mma", where_available=True), Term(var="mma")

    reason = {"mma": "mma: not assayed"} if left_out else {}
    assert terms_left_out(project, "mini", [optional]) == reason
    assert terms_left_out(project, "mini", [needed]) == {}


def measured_within(mini: MiniProject, **limits: object) -> None:
    """Say in whom mma was measured in the second cycle."""
    said = yaml.safe_dump({"var": "age", "source": "the page", **limits}, default_flow_style=True).strip()
    old = "mma: {file: lab, column: MMA, unit: nmol/L}"
    mini.edit(COHORT, old, f"{old[:-1]}, measured_within: {{2013-2014: {said}}}}}")


@pytest.mark.parametrize("limits", [{"min": 8, "max": 69}, {"min": 66}])
def test_a_cycle_that_measured_only_a_part_of_the_population_cannot_answer(
    mini: MiniProject, limits: dict[str, int]
) -> None:
    measured_within(mini, **limits)
    words = "age 8 to 69" if "max" in limits else "age at least 66"

    assert missing_cycles(mini.load(), "mini")["mma"] == {
        "2013-2014": f"mma: measured only at {words}; the population goes beyond"
    }


@pytest.mark.parametrize("limits", [{"min": 8}, {"min": 65}, {"max": 75, "min": 40}])
def test_limits_that_the_population_keeps_to_change_nothing(
    mini: MiniProject, limits: dict[str, int]
) -> None:
    old = 'keep: {var: age, op: ">=", value: 65, unit: years}'
    younger = '{var: age, op: "<", value: 75, unit: years}'
    new = f'keep: {{all: [{{var: age, op: ">=", value: 65, unit: years}}, {younger}]}}'
    mini.edit(ANALYSIS, old, new)
    measured_within(mini, **limits)

    assert "mma" not in missing_cycles(mini.load(), "mini")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, "give min, max or both"),
        ({"min": 1, "var": "agee"}, "unknown continuous variable: 'agee'"),
        ({"min": 1, "var": "sex"}, "unknown continuous variable: 'sex'"),
    ],
)
def test_limits_that_say_nothing_are_refused(mini: MiniProject, limits: dict[str, object], said: str) -> None:
    measured_within(mini, **limits)

    assert any("variables.mma.measured_within.2013-2014" in p and said in p for p in mini.problems())


def test_limits_of_an_unknown_cycle_are_refused(mini: MiniProject) -> None:
    measured_within(mini, max=69)
    mini.edit(COHORT, "measured_within: {2013-2014", "measured_within: {2013-2015")

    assert any("unknown cycle: '2013-2015'" in p for p in mini.problems())
