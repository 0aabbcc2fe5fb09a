"""Data that may not be passed on: what cohort.yaml may say of them, and what it may not open."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers_spec import COHORT, CONFIG, MiniProject

LATER, POOL, CHILD = (f"cohorts/{name}/cohort.yaml" for name in ("later", "pool", "child"))
PUBLIC, RESTRICTED = "access: public", "access: restricted"


@pytest.fixture
def mini(tmp_path: Path) -> MiniProject:
    return MiniProject(tmp_path)


def restrict(mini: MiniProject, file: str = COHORT) -> None:
    mini.edit(file, PUBLIC, RESTRICTED)


def pool(mini: MiniProject, said: str = "") -> None:
    """A second cohort, of other cycles of the archive, and a pool of both."""
    text = mini.read(COHORT).replace("id: mini", "id: later")
    for old, new in (("2011", "2015"), ("2013", "2017"), ("2012", "2016"), ("2014", "2018")):
        text = text.replace(old, new)
    for table in ("DEMO", "LAB", "RX"):
        text = text.replace(f"{table}_G", f"{table}_I").replace(f"{table}_H", f"{table}_J")
    mini.write(LATER, text)
    head = "schema_version: 2\nid: pool\npools: [mini, later]\ntitle: Pool\npopulation: All\ncitation: us\n"
    mini.write(POOL, head + said)
    mini.edit(CONFIG, "cohorts: [mini]", "cohorts: [pool]")


def test_a_restricted_cohort_shows_ten_people_or_more_unless_it_says_another_number(
    mini: MiniProject,
) -> None:
    assert mini.load().cohorts["mini"].least_shown is None
    restrict(mini)
    assert mini.load().cohorts["mini"].least_shown == 10
    mini.edit(COHORT, RESTRICTED, f"{RESTRICTED}\nminimum_cell: 25")
    assert mini.load().cohorts["mini"].least_shown == 25


def test_a_public_cohort_may_ask_for_a_least_number_too(mini: MiniProject) -> None:
    mini.edit(COHORT, PUBLIC, f"{PUBLIC}\nminimum_cell: 5")
    assert mini.load().cohorts["mini"].least_shown == 5


def test_a_least_number_below_three_is_refused(mini: MiniProject) -> None:
    mini.edit(COHORT, PUBLIC, f"{RESTRICTED}\nminimum_cell: 2")
    assert ["minimum_cell" in problem for problem in mini.problems()] == [True]


def test_restricted_people_are_not_pooled_with_others(mini: MiniProject) -> None:
    pool(mini)
    restrict(mini, LATER)
    what = "later is restricted and others are public: pool less parts would give it back"
    fix = "leave it out of the pool; the meta-analysis puts cohorts together"
    assert f"{POOL}:3: pools: {what} -> {fix}" in mini.problems()


def test_a_pool_of_restricted_people_is_restricted(mini: MiniProject) -> None:
    pool(mini)
    restrict(mini)
    restrict(mini, LATER)
    assert mini.load().cohorts["pool"].restricted
    mini.write(POOL, mini.read(POOL) + f"{PUBLIC}\n")
    assert f"{POOL}:7: access: a pool of restricted people (mini, later) cannot be public" in " ".join(
        mini.problems()
    )


def test_restricted_people_are_in_one_cohort_of_a_run(mini: MiniProject) -> None:
    pool(mini)
    restrict(mini)
    restrict(mini, LATER)
    mini.edit(CONFIG, "cohorts: [pool]", "cohorts: [mini, pool]")
    said = " ".join(mini.problems())
    assert "cohort 'mini' has the people of 2011-2012 too, and they are restricted" in said


def test_what_is_built_on_restricted_files_is_restricted(mini: MiniProject) -> None:
    restrict(mini)
    mini.write(CHILD, "schema_version: 2\nid: child\nextends: mini\ntitle: Child\n")
    mini.edit(CONFIG, "cohorts: [mini]", "cohorts: [child]")
    assert mini.load().cohorts["child"].restricted
    mini.write(CHILD, mini.read(CHILD) + f"{PUBLIC}\n")
    what = "the files are those of a restricted cohort, which this one extends"
    assert [what in problem for problem in mini.problems()] == [True]
