"""Prevalence over time in the configuration: the standard population, and what is followed where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from b12sarc.errors import B12SarcError
from helpers_spec import ANALYSIS, COHORT, MiniProject

STANDARD = "config/standard.yaml"
POPULATION = """\
    id: standard
    label: A standard
    source: somebody
    total: 100
    bands:
      - {id: young, label: 65-74, from: 65, population: 60}
      - {id: old, label: 75 and over, from: 75, population: 40}
    """
OVER_TIME = """\
over_time:
  standard_population: config/standard.yaml
  age: age
  prevalence_of: [low_b12, b12_group]
  cohorts: [mini]
"""


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    made = MiniProject(tmp_path)
    made.write(STANDARD, dedent(POPULATION))
    made.write(ANALYSIS, made.read(ANALYSIS) + OVER_TIME)
    return made


def errors(mini: MiniProject) -> str:
    with pytest.raises(B12SarcError) as caught:
        mini.load()
    return str(caught.value)


def test_a_cohort_of_two_cycles_is_followed_with_the_standard_population(mini: MiniProject) -> None:
    project = mini.load()
    assert project.over_time_cohorts() == ["mini"]
    assert project.standard_population is not None
    assert project.standard_population.weights() == {"65-74": 0.6, "75 and over": 0.4}


def test_without_the_section_nobody_is_followed(tmp_path: Path) -> None:
    project = MiniProject(tmp_path).load()
    assert (project.over_time_cohorts(), project.standard_population) == ([], None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("total: 100", "total: 101", "the bands sum to 100, not to the total of 101"),
        ("from: 75", "from: 60", "the bands must begin at ascending ages; they begin at 65, 60"),
        ("id: old", "id: young", "two bands have the same id"),
        ("population: 40", "population: 0", "bands#2.population"),
        ("source: somebody\n", "", "source"),
    ],
)
def test_a_standard_population_that_is_not_sound_is_refused(
    mini: MiniProject, old: str, new: str, said: str
) -> None:
    mini.edit(STANDARD, old, new)
    message = errors(mini)
    assert said in message
    assert STANDARD in message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("config/standard.yaml", "config/standart.yaml", "there is no file 'config/standart.yaml'"),
        ("  age: age", "  age: agee", "over_time.age: unknown variable: 'agee'"),
        ("  age: age", "  age: grip", "over_time.age: 'grip' is not an age in years"),
        ("[low_b12, b12_group]\n  coh", "[low_b21]\n  coh", "prevalence_of#1: unknown variable: 'low_b21'"),
        ("[low_b12, b12_group]\n  coh", "[log2_b12]\n  coh", "'log2_b12' is continuous; expected a"),
        ("[low_b12, b12_group]\n  coh", "[walk]\n  coh", "'walk' is not a definition"),
        ("[low_b12, b12_group]\n  coh", "[weak, weak]\n  coh", "'weak' is listed twice"),
        ("  cohorts: [mini]\n", "  cohorts: [maxi]\n", "over_time.cohorts#1: unknown cohort: 'maxi'"),
    ],
)  # fmt: skip
def test_what_the_section_names_must_be_there_and_fit(
    mini: MiniProject, old: str, new: str, said: str
) -> None:
    text = mini.read(ANALYSIS)
    head, _, section = text.partition("over_time:\n")
    assert section.count(old) == 1
    mini.write(ANALYSIS, f"{head}over_time:\n{section.replace(old, new)}")
    assert said in errors(mini)


def test_a_cohort_of_one_cycle_cannot_be_followed(mini: MiniProject) -> None:
    text = mini.read(COHORT)
    for part in (
        "  2013-2014: {begin_year: 2013, years: 2}\n",
        *(f", 2013-2014: {table}_H" for table in ("DEMO", "LAB", "RX")),
        ", 2013-2014: B12H",
    ):
        text = text.replace(part, "")
    mini.write(COHORT, text)
    assert "over_time.cohorts#1: cohort 'mini' has one survey cycle; a trend needs two" in errors(mini)


@pytest.mark.parametrize(
    ("top", "refused"), [("80", False), ("75", False), ("74", True)], ids=["above", "at", "below"]
)
def test_the_last_band_begins_at_or_below_the_age_that_stands_for_all_older_ones(
    mini: MiniProject, top: str, refused: bool
) -> None:
    mini.edit(COHORT, "top_coded_at: 80", f"top_coded_at: {top}")
    said = "in cohort 'mini' nobody can be told to be of the last age band"
    outcome: Callable[[], str] = lambda: errors(mini) if refused else str(mini.load())  # noqa: E731
    assert (said in outcome()) == refused
