"""The figures and tables of a whole run. SYNTHETIC DATA: every number is made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from b12sarc import style
from b12sarc.figures import draw, plan_figures
from b12sarc.figures.across import lacking, matrix_rows, of_cohorts, published, synthesis_rows
from b12sarc.report.across import across_tables
from b12sarc.results import Run, read_run
from b12sarc.spec import Project
from fake_results import fake_project, write_fake_results


def split(project: Project, *, synthetic: bool) -> Project:
    """The fake cohort twice, as if it came from two archives."""
    cohort = project.cohorts["synthetic"]
    made = "synthetic" if synthetic else None
    cohorts = {
        name: cohort.model_copy(
            update={
                "id": name,
                "title": f"Cohort {name}",
                "archive": cohort.archive.model_copy(update={"name": name, "generated_by": made}),
            }
        )
        for name in ("first", "second")
    }
    return replace(
        project, cohorts=cohorts, config=project.config.model_copy(update={"cohorts": tuple(cohorts)})
    )


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = split(fake_project(), synthetic=True)
    return read_run(write_fake_results(tmp_path_factory.mktemp("made_up"), project), project)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = split(fake_project(), synthetic=False)
    return read_run(write_fake_results(tmp_path_factory.mktemp("real"), project), project)


def texts(run: Run, name: str) -> list[str]:
    planned = next(f for f in plan_figures(run) if f.name == name)
    with style.figure_style():
        figure = draw(run, planned)
        return [t.get_text() for t in figure.findobj(match=lambda a: hasattr(a, "get_text"))]


def test_diagram_and_matrix_come_first_and_belongs_to_the_run(real: Run) -> None:
    first = [(figure.kind, figure.cohort) for figure in plan_figures(real)[:2]]

    assert first == [("dag", ""), ("feasibility", "")]


def test_the_matrix_has_a_cell_for_every_cohort(real: Run) -> None:
    rows = {row.name: row for row in matrix_rows(real)}

    assert [cell.answer for cell in rows["low_grip_ewgsop2"].cells] == ["yes", "yes"]
    assert [cell.answer for cell in rows["sarcopenia_ewgsop2_confirmed"].cells] == ["no", "no"]


def test_a_cell_says_in_words_what_is_lacking(real: Run) -> None:
    rows = {row.name: row for row in matrix_rows(real)}

    assert rows["slow_gait_ewgsop2"].cells[0].words == "no usual gait speed"


def test_variables_that_are_never_in_one_cycle_are_said_to_be_so(real: Run) -> None:
    words = lacking(real.project, "first", "grip_max_kg: later (1999-2000); mma_nmol_l: earlier (2011-2012)")

    assert words == "never in one cycle: grip strength, methylmalonic acid"


def test_the_matrix_does_not_speak_by_colour_alone(real: Run) -> None:
    said = texts(real, "feasibility")

    assert {"can be answered", "in some cycles only", "cannot be answered"} <= set(said)
    assert any("no appendicular" in text for text in said)


def test_a_forest_plot_shows_every_cohort_and_the_combined_estimate(made_up: Run) -> None:
    said = texts(made_up, "synthesis_synthetic_grip_max_kg")

    assert said.count("Cohort first") == said.count("Cohort second") > 5
    assert sum(text.startswith("Random effects (I²") for text in said) == said.count("Cohort first")


def test_made_up_cohorts_are_marked_and_stand_beside_no_published_result(made_up: Run) -> None:
    said = " ".join(texts(made_up, "synthesis_synthetic_grip_max_kg"))

    assert "SYNTHETIC DATA" in said
    assert "Swart" not in said


def test_real_cohorts_have_published_results_beneath_and_trials_apart(real: Run) -> None:
    said = texts(real, "synthesis_grip_max_kg")

    assert {"Cohort", "Published", "Published trials"} <= set(said)
    assert not any("SYNTHETIC" in text for text in said)


def test_each_scale_of_published_results_has_its_own_axis(real: Run) -> None:
    said = texts(real, "synthesis_chair_rise_difficulty")

    axes = ["Prevalence ratio, log scale", "Difference, points", "Odds ratio, log scale"]
    assert {*axes, "Hazard ratio, log scale"} <= set(said)


def test_estimates_behind_a_combined_one_are_found_in_the_order_of_its_weights(real: Run) -> None:
    row = synthesis_rows(real, "grip_max_kg", synthetic=False).iloc[0]

    found = of_cohorts(real, row)

    assert list(found["cohort"]) == ["first", "second"]
    assert set(found["term"]) == {row["term"]}


def test_direction_only_results_are_beside_their_outcome(real: Run) -> None:
    told = [study.study for study in published(real, "grip_max_kg") if not study.drawn]

    assert "Chae 2021" in told


def test_the_tables_hold_every_combined_estimate_and_every_published_result(real: Run) -> None:
    tables = across_tables(real)

    assert len(tables["synthesis"].rows) == (real.meta["method"] != "none").sum() > 0
    assert len(tables["published"].rows) == len(real.project.evidence.studies)


def test_every_row_of_a_table_has_a_cell_for_each_column(real: Run) -> None:
    for table in across_tables(real).values():
        assert {len(row) for row in table.rows} == {len(table.columns)}
