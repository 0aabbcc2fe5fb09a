"""What the report shows of imputation, from made-up results: SYNTHETIC DATA."""

from __future__ import annotations

import pytest

from b12sarc.figures.imputed import compared_values, imputed_figures, side_by_side
from b12sarc.report.tables import human_tables
from b12sarc.results import Run, read_run
from fake_results import fake_project, write_fake_results


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    project = fake_project()
    return read_run(write_fake_results(tmp_path_factory.mktemp("fake"), project), project)


@pytest.fixture(scope="module")
def cohort(run):
    return run.cohorts["synthetic"]


def test_each_headline_estimate_stands_beside_its_imputed_one(run, cohort):
    rows = side_by_side(run, cohort)
    assert list(rows["missing"]) == ["complete_case", "mi"] * (len(rows) // 2)
    for _, pair in rows.groupby(["outcome", "term"], sort=False):
        assert list(pair["fmi"].notna()) == [False, True]


def test_variables_with_few_gaps_and_first_levels_are_not_drawn(cohort):
    shown = compared_values(cohort)
    assert (shown["n_missing"] >= 10).all()
    assert "diabetes" not in set(shown["variable"])
    assert "lt_high_school" not in set(shown["level"])


def test_both_figures_say_their_numbers_in_words(run, cohort):
    beside, values = imputed_figures(run, cohort)
    assert "complete cases: prevalence ratio" in beside.alt
    assert "gaps imputed: prevalence ratio" in beside.alt
    assert "% imputed, difference" in values.alt
    assert beside.alt.startswith("SYNTHETIC DATA")


def test_tables_show_the_fraction_of_missing_information_and_what_was_imputed(run, cohort):
    tables = human_tables(run, cohort)
    table = tables["side_by_side"].frame()
    assert (table.loc[table["Missing data"] == "gaps imputed", "FMI, %"] != "").all()
    assert set(tables["imputed_values"].frame()["How"]) == {"imputed", "derived"}


def test_the_methods_say_how_gaps_were_filled(run, cohort):
    from b12sarc.report.methods import methods

    said = " ".join(
        p.text for p in methods(run.project, cohort.cohort, {"packages": {}, "python": "3", "commit": ""})
    )
    assert "filled 20 times in the domain by chained equations with predictive mean matching" in said


def test_the_table_of_estimates_has_a_row_a_model_with_the_imputed_one_beside_it(run, cohort):
    table = human_tables(run, cohort)["models"].frame()
    estimates = run.estimates_of("synthetic")
    assert len(table) == (estimates["missing"] == "complete_case").sum()
    beside = table["Gaps imputed (95 % CI)"] != ""
    assert beside.sum() == (estimates["missing"] == "mi").sum() > 0
    assert (table.loc[beside, "FMI, %"] != "").all()
    assert (table.loc[beside, "Gaps imputed (95 % CI)"] == table.loc[beside, "Estimate (95 % CI)"]).all()
