"""Published results as data: what is refused, and that the shipped file says what it must."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from b12sarc.spec import Evidence, Study
from b12sarc.spec.loading import load_project
from helpers_spec import CONFIG, MiniProject

STUDY = {
    "study": "Somebody 2020",
    "population": "a cohort",
    "n": "100",
    "design": "cross_sectional",
    "exposure": "B12, low vs not",
    "outcome": "grip strength",
    "beside": ["grip"],
    "measure": "difference",
    "unit": "kg",
    "estimate": -1.0,
    "conf_low": -2.0,
    "conf_high": -0.1,
    "drawn": True,
    "finding": "lower grip strength",
    "source": "read in the paper",
}


def with_evidence(root: Path, **changed: object) -> MiniProject:
    mini = MiniProject(root)
    studies = {"somebody": {k: v for k, v in (STUDY | changed).items() if v is not None}}
    mini.write("config/evidence.yaml", yaml.safe_dump({"studies": studies}))
    return mini


def problems(mini: MiniProject) -> list[str]:
    return mini.problems(evidence="config/evidence.yaml")


def test_a_run_needs_no_published_results(tmp_path: Path) -> None:
    assert MiniProject(tmp_path).load().evidence.studies == {}


def test_published_results_are_read_with_the_project(tmp_path: Path) -> None:
    project = with_evidence(tmp_path).load(evidence="config/evidence.yaml")

    assert project.evidence.studies["somebody"].numbers() == (-1.0, -2.0, -0.1)


def test_an_outcome_that_nothing_is_called_is_refused(tmp_path: Path) -> None:
    found = problems(with_evidence(tmp_path, beside=["gripp"]))

    assert len(found) == 1
    assert "studies.somebody.beside#1: unknown variable: 'gripp' -> did you mean 'grip'?" in found[0]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    found = MiniProject(tmp_path).problems(evidence="config/evidnce.yaml")

    assert len(found) == 1
    assert "there is no file 'config/evidnce.yaml'" in found[0]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"conf_high": None}, "a result that is drawn has measure, estimate, conf_low and conf_high"),
        ({"unit": None}, "a difference has a unit, the others none"),
        ({"measure": "odds_ratio"}, "a difference has a unit, the others none"),
        ({"estimate": 1.0}, "the estimate 1 is not between its limits -2 and -0.1"),
        ({"measure": "odds_ratio", "unit": None}, "a ratio is above 0"),
    ],
    ids=str,
)
def test_numbers_that_do_not_fit_are_refused(tmp_path: Path, changed: dict, words: str) -> None:
    found = problems(with_evidence(tmp_path, **changed))

    assert len(found) == 1
    assert words in found[0]


def test_a_direction_needs_no_number() -> None:
    told = {
        k: v for k, v in STUDY.items() if k not in ("measure", "unit", "estimate", "conf_low", "conf_high")
    }

    assert Study(**told | {"drawn": False}).numbers() == (None, None, None)
    with pytest.raises(ValidationError):
        Study(**told)


@pytest.fixture
def shipped(project: Path) -> Evidence:
    config = yaml.safe_load((project / CONFIG).read_text(encoding="utf-8"))
    return load_project(config, project).evidence


def test_trials_stand_among_the_published_results(shipped: Evidence) -> None:
    trials = {s.study for s in shipped.studies.values() if s.design == "trial"}

    assert trials == {"Swart 2016", "Dangour 2015"}


def test_what_was_never_read_in_the_source_is_left_out(shipped: Evidence) -> None:
    assert all("verified" in s.source for s in shipped.studies.values())
    assert {"Verlaan 2017", "Ates Bulut 2017"}.isdisjoint(s.study for s in shipped.studies.values())


def test_people_are_drawn_once(shipped: Evidence) -> None:
    drawn = [(s.study, s.exposure, s.outcome) for s in shipped.studies.values() if s.drawn]

    assert len(drawn) == len(set(drawn))
    assert not shipped.studies["van_schoor_2012_change"].drawn
