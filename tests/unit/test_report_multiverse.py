"""The specification curves and the section of the report about them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from b12sarc import style
from b12sarc.figures import draw
from b12sarc.figures.specifications import HEADLINE, pre_specified, specification_curves, specifications_of
from b12sarc.report.multiverse import in_words, left_out, multiverse_tables, summary
from b12sarc.results import Run, read_run
from causal_words import CAUSAL
from fake_results import fake_project, write_fake_results


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = fake_project(("nhanes_2011_2014", "synthetic"))
    folder = write_fake_results(tmp_path_factory.mktemp("run"), project)
    return read_run(folder, project)


def test_there_is_a_curve_of_the_headline_and_one_for_each_marker(run: Run) -> None:
    names = [planned.name for planned in specification_curves(run)]
    assert names == [f"multiverse_{n}" for n in (HEADLINE, "serum_b12", "mma", "homocysteine", "combined")]


def test_a_curve_is_sorted_and_has_no_specification_that_is_left_out(run: Run) -> None:
    table = specifications_of(run, "mma")
    assert (np.diff(table["effect"]) >= 0).all()
    assert set(table["left_out"]) == {""}
    assert set(table["marker"]) == {"mma"}


def test_the_pre_specified_estimates_are_marked(run: Run) -> None:
    table = specifications_of(run, HEADLINE)
    marked = table.iloc[pre_specified(run, table)]
    assert len(marked)
    assert set(marked["adjustment"]) == {run.project.analysis.headline.adjustment}
    assert set(marked["subgroup"]) == {"all"}


def test_made_up_people_are_never_on_one_curve_with_real_ones(run: Run) -> None:
    assert set(specifications_of(run, "mma")["cohort"]) == {"nhanes_2011_2014"}
    assert all(style.SYNTHETIC not in planned.title for planned in specification_curves(run))


def test_curves_of_made_up_people_say_so_and_none_speaks_of_causes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    project = fake_project()
    alone = read_run(write_fake_results(tmp_path_factory.mktemp("alone"), project), project)
    for planned in specification_curves(alone):
        assert planned.title.startswith(style.SYNTHETIC)
        assert planned.alt.startswith(style.SYNTHETIC)
        assert not CAUSAL.search(planned.caption)


def test_a_curve_is_drawn_small_and_the_same_twice(run: Run, tmp_path: Path) -> None:
    planned = next(iter(specification_curves(run)))
    with style.figure_style():
        first = style.save(draw(run, planned), tmp_path / "a", "m")[0].read_bytes()
        again = style.save(draw(run, planned), tmp_path / "b", "m")[0].read_bytes()
    assert first == again
    assert len(first) < 300_000
    for choice in (b"Adjusted for", b"Grip strength", b"median"):
        assert choice in first


def test_the_tables_count_specifications_and_say_why_others_are_left_out(run: Run) -> None:
    rows = [dict(zip([c.heading for c in summary(run).columns], r, strict=True)) for r in summary(run).rows]
    whole = {r["Cohort"]: r["Specifications"] for r in rows if r["Marker"] == r["Outcomes"] == "All together"}
    assert whole["All together"] == whole[run.project.cohorts["nhanes_2011_2014"].title]
    assert len(whole) == 3
    reasons = left_out(run).rows
    assert ("Not measured in the cohort", "40") in {row[1:3] for row in reasons}
    assert [table.name for table in multiverse_tables(run)] == ["multiverse", "multiverse_left_out"]


def test_the_joint_test_is_told_in_words(run: Run) -> None:
    said = in_words(run)
    assert len(said) == 5
    assert all("specifications" in sentence and "joint test, p" in sentence for sentence in said)
    assert not any(CAUSAL.search(sentence) for sentence in said)
