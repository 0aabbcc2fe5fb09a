"""The matrix of definitions and cohorts: what can be answered where, in which cycles, and why not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from b12sarc.feasibility import FEASIBILITY, feasibility
from b12sarc.figures.across import lacking
from b12sarc.spec import Project
from b12sarc.spec.availability import availability
from b12sarc.spec.loading import load_project
from helpers_spec import ANALYSIS, CONFIG, MiniProject

NEVER_AT_65 = [
    "sarcopenia_ewgsop2_confirmed",
    "sarcopenia_ewgsop2_severe",
    "sarcopenia_fnih",
    "sarcopenia_awgs2019_possible",
    "sarcopenia_awgs2019",
    "sarcopenia_awgs2019_severe",
    "sarcopenia_sdoc",
    "sarcopenia_ewgsop2010_severe",
]
"""Grip (2011-2014) is never in one cycle with gait (1999-2002) or with the lean mass of older people."""


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    return MiniProject(tmp_path)


def catalogue(project: Project, cohort: str) -> pd.DataFrame:
    reasons = availability(project, cohort)
    return pd.DataFrame(
        {"definition": name, "available": not reason, "reason": reason or ""}
        for name, reason in reasons.items()
    )


def matrix(project: Project, **replaced: pd.DataFrame) -> pd.DataFrame:
    catalogues = {cohort: catalogue(project, cohort) for cohort in project.cohorts} | replaced
    return feasibility(project, catalogues).set_index(["definition", "cohort"])


def shipped(project: Path, *cohorts: str) -> Project:
    config = yaml.safe_load((project / CONFIG).read_text(encoding="utf-8"))
    return load_project({**config, "cohorts": list(cohorts)}, project)


def shipped_cohorts(project: Path) -> list[str]:
    return sorted(path.parent.name for path in project.glob("cohorts/nhanes_*/cohort.yaml"))


def test_every_definition_has_a_row_for_every_cohort(mini: MiniProject) -> None:
    project = mini.load()

    found = matrix(project)

    wanted = [(name, "mini") for name in project.definitions.definitions]
    assert [key for key in found.index if key[0] != "grip"] == wanted
    assert list(found.reset_index().columns[[0, 2, 3, 1, 4, 5, 6]]) == list(FEASIBILITY)


def test_a_variable_that_is_an_outcome_itself_has_a_row(mini: MiniProject) -> None:
    row = matrix(mini.load()).loc[("grip", "mini")]

    assert (row["label"], row["roles"], row["available"]) == ("Grip", "outcome", True)


def test_what_can_be_answered_names_its_cycles_and_no_reason(mini: MiniProject) -> None:
    row = matrix(mini.load()).loc[("weak", "mini")]

    assert (row["available"], row["reason"]) == (True, "")
    assert row["cycles"] == "2011-2012 2013-2014"


def test_what_cannot_be_answered_says_why_and_names_no_cycle(mini: MiniProject) -> None:
    row = matrix(mini.load()).loc[("low_mass", "mini")]

    assert (row["available"], row["reason"], row["cycles"]) == (False, "mass: no scanner", "")


def test_what_the_run_found_missing_counts(mini: MiniProject) -> None:
    project = mini.load()
    waiting = catalogue(project, "mini")
    waiting.loc[waiting["definition"] == "weak", ["available", "reason"]] = [False, "grip: file not there"]

    row = matrix(project, mini=waiting).loc[("weak", "mini")]

    assert (row["available"], row["reason"], row["cycles"]) == (False, "grip: file not there", "")


@pytest.mark.parametrize("name", NEVER_AT_65)
def test_no_nhanes_cohort_can_answer_at_65(project: Path, name: str) -> None:
    cohorts = shipped_cohorts(project)
    assert cohorts
    found = matrix(shipped(project, *cohorts)).loc[name]

    assert not found["available"].any()
    assert (found["reason"] != "").all()
    assert (found["cycles"] == "").all()


# -- asking for what nobody has is refused


def test_a_required_definition_that_no_cohort_can_answer_is_refused(mini: MiniProject) -> None:
    assert mini.problems(require=["low_mass"]) == [
        "config/config.yaml: require#1: no cohort of this run can answer 'low_mass' (mini: mass: no scanner)"
        " -> require something else, or add a cohort that has it"
    ]


def test_a_required_definition_that_a_cohort_can_answer_is_accepted(mini: MiniProject) -> None:
    assert mini.problems(require=["weak"]) == []


def test_a_required_definition_must_exist(mini: MiniProject) -> None:
    assert mini.problems(require=["low_mas"]) == [
        "config/config.yaml: require#1: unknown definition: 'low_mas' -> did you mean 'low_mass'?"
    ]


def test_an_outcome_that_no_cohort_of_the_project_can_answer_is_refused(mini: MiniProject) -> None:
    mini.edit(ANALYSIS, "outcomes: [weak, grip]", "outcomes: [weak, grip, low_mass]")

    assert mini.problems() == [
        f"{mini.at(ANALYSIS, 'outcomes: [weak, grip')}: models.outcomes#3: "
        "no cohort under cohorts/ can answer 'low_mass' (mini: mass: no scanner)"
        " -> take it out, or add a cohort that has it"
    ]


def test_an_outcome_that_another_cohort_of_the_project_can_answer_stays(mini: MiniProject) -> None:
    mini.edit(ANALYSIS, "outcomes: [weak, grip]", "outcomes: [weak, grip, low_mass]")
    scanner = "mass: {file: lab, column: DXA, unit: kg}"
    mini.write(
        "cohorts/scanned/cohort.yaml",
        f"schema_version: 2\nid: scanned\nextends: mini\nvariables:\n  {scanner}\n",
    )

    assert mini.problems() == []


def test_a_required_definition_is_not_answered_by_a_cohort_outside_the_run(project: Path) -> None:
    config = yaml.safe_load((project / CONFIG).read_text(encoding="utf-8"))
    with pytest.raises(Exception, match="no cohort of this run can answer 'sarcopenia_sdoc'"):
        load_project({**config, "require": ["sarcopenia_sdoc"]}, project)


def test_lean_mass_that_waits_for_its_files_says_so_as_variable_and_as_definition(project: Path) -> None:
    loaded = shipped(project, "nhanes_2011_2014", "nhanes_1999_2002")
    waiting = "alm_kg: waits for the whole-body DXA files (not in the archive)"
    absent = catalogue(loaded, "nhanes_1999_2002")
    absent.loc[absent["definition"] == "alm_ht2", ["available", "reason"]] = [False, waiting]

    found = matrix(loaded, nhanes_1999_2002=absent)

    for name in ("alm_ht2", "alm_kg"):
        assert not found.loc[(name, "nhanes_1999_2002"), "available"]
        assert found.loc[(name, "nhanes_1999_2002"), "reason"] == waiting


def test_in_the_picture_a_variable_that_is_mapped_waits_for_its_file(project: Path) -> None:
    loaded = shipped(project, "nhanes_2011_2014", "nhanes_1999_2002")
    words = lacking(loaded, "nhanes_1999_2002", "alm_kg: waits for the whole-body DXA files")
    assert words == "waits for files: appendicular lean mass by DXA"
