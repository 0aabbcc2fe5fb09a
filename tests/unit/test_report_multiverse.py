"""The specification curves and the section of the report about them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
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


def test_curves_of_made_up_people_say_so_and_none_speaks_of_causes(run: Run) -> None:
    for planned in specification_curves(run):
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
    every = next(r for r in rows if {r["Cohort"], r["Marker"], r["Outcomes"]} == {"All together"})
    counted = pd.Series([r["Specifications"] for r in rows if r["Outcomes"] == r["Marker"] == "All together"])
    assert every["Specifications"] == counted.str.replace(",", "").astype(int).max().__format__(",")
    reasons = left_out(run).rows
    assert ("Not measured in the cohort", "40") in {row[1:3] for row in reasons}
    assert [table.name for table in multiverse_tables(run)] == ["multiverse", "multiverse_left_out"]


def test_the_joint_test_is_told_in_words(run: Run) -> None:
    said = in_words(run)
    assert len(said) == 5
    assert all("specifications" in sentence and "joint test, p" in sentence for sentence in said)
    assert not any(CAUSAL.search(sentence) for sentence in said)
