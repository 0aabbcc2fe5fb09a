"""NCHS Data Brief 179 (Looker and Wang 2015), from CDC's files of 2011-2012 by the pipeline's functions.

Published: whole per cents of people aged 60 and over by their best grip reading: weak (< 26 kg men, < 16 kg
women), normal (>= 32, >= 20), intermediate; reduced is weak or intermediate. Those by sex at all ages, and by
race and Hispanic origin, are age-adjusted: as they are they miss by 2 to 5 points; with the 2000 standard
population (60-69, 70-79, 80 and over) men and women come to 20 % each, as published, and the rest as below.

Two are not met to the rounded integer, by less than the point that published-targets.tsv allows: men of 80
and over (45.1, published 46) and non-Hispanic Black people (19.7, published 19).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from b12sarc.estimators import Proportion, proportion
from b12sarc.readers import read_table
from b12sarc.sample import Sample
from real_cohort import read_real_cohort

pytestmark = pytest.mark.real_data

STANDARD_2000 = {60: 73104, 70: 58772, 80: 33350}
"""People per million of the 2000 US standard population, by first year of age (Klein and Schoenborn 2001)."""


class Brief:
    """The 2011-2012 sample, and the weighted per cent of one group of it in another."""

    def __init__(self, sample: Sample, ridreth3: np.ndarray):
        self.men = sample.values("sex") == list(sample.levels("sex")).index("male")
        self.sample, self.ridreth3, self.age = sample, ridreth3, sample.values("age_years")
        self.tested = (self.age >= 60) & sample.known(["grip_max_kg"])
        grip = sample.values("grip_max_kg")
        self.weak = grip < np.where(self.men, 26, 16)
        self.normal = grip >= np.where(self.men, 32, 20)
        self.intermediate = ~self.weak & ~self.normal
        self.reduced = ~self.normal

    def share(self, event: np.ndarray, among: np.ndarray | bool = True) -> Proportion:
        domain = self.sample.domain.design.domain(self.tested & among)
        return proportion(domain, domain.take(event))

    def percent(self, event: np.ndarray, among: np.ndarray | bool = True) -> float:
        return 100 * self.share(event, among).estimate

    def age_adjusted_percent(self, event: np.ndarray, among: np.ndarray) -> float:
        decade = np.minimum(self.age // 10 * 10, 80)
        people = np.array(list(STANDARD_2000.values()))
        return float(
            people @ [self.percent(event, among & (decade == d)) for d in STANDARD_2000] / people.sum()
        )


@pytest.fixture(scope="module")
def brief(nhanes_dir: Path, project: Path) -> Brief:
    real = read_real_cohort(nhanes_dir, project, cycles=("2011-2012",))
    sample = Sample.of(real.derived.frame, real.derived.meta, real.project)
    demo = nhanes_dir / "Nchs/Data/Nhanes/Public/2011/DataFiles/DEMO_G.xpt"
    race = read_table(demo, "xport", ["SEQN", "RIDRETH3"]).frame.set_index("SEQN")["RIDRETH3"]
    return Brief(sample, race.reindex(sample.frame["person_id"]).to_numpy())


def test_weights_of_one_cycle_are_the_two_year_weights(brief):
    assert 305e6 < brief.sample.frame["weight"].sum() < 308e6  # civilian residents of the United States


def test_standard_errors_use_every_stratum_of_the_cycle(brief):
    assert brief.share(brief.weak).df == 31 - 14


@pytest.mark.parametrize(("group", "published"), [("weak", 5), ("intermediate", 13), ("normal", 82)])
def test_strength_of_everybody(brief, group, published):
    assert round(brief.percent(getattr(brief, group))) == published


@pytest.mark.parametrize(("group", "published"), [("weak", 55), ("intermediate", 26), ("normal", 13)])
def test_difficulty_rising_from_an_armless_chair_by_strength(brief, group, published):
    known = brief.sample.known(["chair_rise_difficulty"])
    difficulty = brief.sample.values("chair_rise_difficulty") == 1
    assert round(brief.percent(difficulty, getattr(brief, group) & known)) == published


def test_reduced_strength_of_women_of_80_and_over(brief):
    assert round(brief.percent(brief.reduced, (brief.age >= 80) & ~brief.men)) == 58


def test_reduced_strength_of_men_of_80_and_over_is_within_a_point(brief):
    ours = brief.percent(brief.reduced, (brief.age >= 80) & brief.men)
    assert abs(ours - 46) < 1
    assert ours == pytest.approx(45.12, abs=0.005)


@pytest.mark.parametrize(
    ("codes", "published"), [([6], 40), ([1, 2], 32), ([3], 18)], ids=["asian", "hispanic", "white"]
)
def test_reduced_strength_by_race_and_hispanic_origin(brief, codes, published):
    assert round(brief.age_adjusted_percent(brief.reduced, np.isin(brief.ridreth3, codes))) == published


def test_reduced_strength_of_non_hispanic_black_people_is_within_a_point(brief):
    ours = brief.age_adjusted_percent(brief.reduced, brief.ridreth3 == 4)
    assert abs(ours - 19) < 1
    assert ours == pytest.approx(19.69, abs=0.005)


@pytest.mark.parametrize("men", [True, False], ids=["men", "women"])
def test_reduced_strength_is_20_percent_in_either_sex(brief, men):
    assert round(brief.age_adjusted_percent(brief.reduced, brief.men == men)) == 20
