"""Curves and predicted prevalences in figures and report: what is drawn, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from b12sarc import style
from b12sarc.figures import draw
from b12sarc.figures.curves import curve_figures, level_in_words
from b12sarc.headline import headline_rows, points
from b12sarc.report.human import HumanTable
from b12sarc.report.tables import human_tables
from b12sarc.results import CohortResults, Run, read_run
from causal_words import CAUSAL
from fake_results import UNAVAILABLE, fake_project, write_fake_results

SYNTHETIC = "synthetic"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    project = fake_project()
    return read_run(write_fake_results(tmp_path_factory.mktemp("fake"), project), project)


@pytest.fixture(scope="module")
def cohort(run: Run) -> CohortResults:
    return run.cohorts[SYNTHETIC]


@pytest.fixture(scope="module")
def figures(run: Run, cohort: CohortResults) -> dict[str, Figure]:
    with style.figure_style():
        return {planned.name: draw(run, planned) for planned in curve_figures(run, cohort)}


@pytest.fixture(scope="module")
def b12(figures: dict[str, Figure]) -> Figure:
    return figures["synthetic_dose_response_log2_b12"]


@pytest.fixture(scope="module")
def tables(run: Run, cohort: CohortResults) -> dict[str, HumanTable]:
    return human_tables(run, cohort)


def panel(figure: Figure, heading: str):
    return next(axes for axes in figure.axes if axes.get_label() == heading)


def test_each_exposure_with_a_curve_has_a_figure_and_the_cohort_one_of_prevalences(figures) -> None:
    assert list(figures) == [
        "synthetic_dose_response_log2_b12",
        "synthetic_dose_response_log2_mma",
        "synthetic_predicted",
    ]


def test_a_panel_is_one_outcome_that_could_be_fitted(run: Run, b12: Figure) -> None:
    asked = run.project.analysis.dose_response.outcomes
    curves = [axes for axes in b12.axes if not axes.get_label().endswith(": distribution")]
    assert len(curves) == len(set(asked) - set(UNAVAILABLE))


def test_axes_are_logarithmic_for_markers_and_ratios_only(b12: Figure) -> None:
    weak, grip = panel(b12, "Probable sarcopenia (EWGSOP2 low grip)"), panel(b12, "Grip strength")
    assert (weak.get_xscale(), weak.get_yscale()) == ("log", "log")
    assert (grip.get_xscale(), grip.get_yscale()) == ("log", "linear")
    assert grip.get_ylabel() == "Difference, kg"
    assert weak.get_ylabel() == "Prevalence ratio"


def test_the_reference_lies_on_the_line_of_no_difference(b12: Figure) -> None:
    for heading, null in (("Grip strength", 0), ("Anaemia (WHO)", 1)):
        points = [line for line in panel(b12, heading).lines if line.get_marker() == "o"]
        assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in points] == [(300, null)]


def test_band_and_knots_are_drawn_and_nobody_by_himself(b12: Figure, cohort: CohortResults) -> None:
    grip = panel(b12, "Grip strength")
    assert sum(isinstance(c, PolyCollection) for c in grip.collections) == 1
    below = panel(b12, "Grip strength: distribution")
    (knots,) = (line for line in below.lines if line.get_marker() == "v")
    expected = cohort.curve_tests.loc[cohort.curve_tests["exposure"] == "log2_b12", "knots"].iloc[0]
    np.testing.assert_allclose(knots.get_xdata(), [float(knot) for knot in expected.split("; ")])
    assert len(below.patches) == 1  # one outline of all bins
    assert not below.collections


def test_words_about_curves_name_the_reference_and_nothing_causal(run: Run, cohort: CohortResults) -> None:
    for planned in curve_figures(run, cohort):
        assert planned.title.startswith("SYNTHETIC DATA")
        assert planned.alt.startswith("SYNTHETIC DATA")
        assert not CAUSAL.search(f"{planned.title} {planned.caption} {planned.alt}")
    curves = next(iter(curve_figures(run, cohort)))
    assert "from that at 300 pmol/L of serum vitamin B12 (open circle)" in curves.caption
    assert "in bins of at least 10 people" in curves.caption


def test_without_curves_there_is_no_figure_and_no_table(run: Run, cohort: CohortResults) -> None:
    nothing = {name: getattr(cohort, name).iloc[:0] for name in ("curves", "curve_tests", "margins")}
    bare = replace(cohort, **nothing)
    assert list(curve_figures(run, bare)) == []
    assert {"dose_response", "marginal"} & set(
        human_tables(replace(run, cohorts={SYNTHETIC: bare}), bare)
    ) == set()


def test_levels_are_told_in_words(run: Run, cohort: CohortResults) -> None:
    crude = cohort.margins[(cohort.margins["adjustment"] == "crude")]
    of_grip = crude[crude["outcome"] == "grip_max_kg"]
    said = {(r["exposure"], r["level"]): level_in_words(run.project, r) for _, r in of_grip.iterrows()}
    assert said["b12_low_148", "true"] == "Yes"
    assert said["b12_status", "deficient"] == "Deficient (< 148 pmol/L)"
    assert said["log2_b12", "as_observed"] == "As it is"
    assert said["log2_b12", "changed"] == "Per halving of serum B12"
    assert said["log2_b12", "221"] == "221 pmol/L"


def test_of_restricted_data_curves_are_drawn_without_knots_and_distribution(
    run: Run, cohort: CohortResults
) -> None:
    hidden = cohort.curve_tests["knots"].str.replace(r"[\d.]+", "…", regex=True)
    bins = cohort.curve_distribution.assign(share=np.nan, low=np.nan, high=np.nan)
    bare = replace(cohort, curve_tests=cohort.curve_tests.assign(knots=hidden), curve_distribution=bins)
    of_bare = replace(run, cohorts={SYNTHETIC: bare})
    planned = next(iter(curve_figures(of_bare, bare)))
    with style.figure_style():
        below = panel(draw(of_bare, planned), "Grip strength: distribution")
    assert not below.patches
    assert human_tables(of_bare, bare)["dose_response"].frame()["Knots"].isin(["–"]).all()


# ---- tables and headline


def test_table_of_curves_has_every_curve_or_its_reason(run: Run, tables) -> None:
    table = tables["dose_response"].frame()
    asked = run.project.analysis.dose_response
    assert len(table) == len(asked.exposures) * len(asked.outcomes)
    refused = table[table["Note"] != ""]
    assert refused["Note"].str.contains("not assayed|no timed walk").all()
    assert (refused["n"] == "–").all()
    low = table.loc[table["Outcome"] == "Grip strength", "Low end (95 % CI)"].iloc[0]
    assert low.endswith(" at 120")


def test_table_of_margins_is_that_of_the_headline_adjustment_set(tables, cohort: CohortResults) -> None:
    table = tables["marginal"].frame()
    m = cohort.margins
    assert len(table) == (m["adjustment"] == "clinical").sum()
    weak = table[table["Outcome"].str.startswith("Probable sarcopenia") & (table["Level"] == "Yes")].iloc[0]
    assert weak["Predicted (95 % CI)"].count("%") == 2
    assert weak["Ratio (95 % CI)"] == "1.10 (1.00 to 1.20)"
    grip = table[(table["Outcome"] == "Grip strength") & (table["Level"] == "No")].iloc[0]
    assert " kg (" in grip["Predicted (95 % CI)"]
    assert grip["Difference (95 % CI)"] == "reference"


def test_the_difference_stands_beside_the_ratio_of_each_estimate(tables) -> None:
    table = tables["models"].frame()
    beside = table["Marginal difference, points (95 % CI)"]
    ratios = (table["Measure"] == "Prevalence ratio") & (table["Adjusted for"] == "+ clinical (primary)")
    assert (beside[ratios] != "").all()
    assert (beside[table["Measure"] != "Prevalence ratio"] == "").all()


def test_points_of_the_headline_are_those_of_the_same_comparison(run: Run, cohort: CohortResults) -> None:
    rows = headline_rows(run, SYNTHETIC).set_index(["outcome", "exposure"])
    m = cohort.margins
    same = m[
        (m["outcome"] == "low_grip_ewgsop2")
        & (m["exposure"] == "log2_b12")
        & (m["adjustment"] == "clinical")
        & (m["level"] == "changed")
    ]
    assert rows.loc[("low_grip_ewgsop2", "log2_b12"), "points"] == pytest.approx(
        100 * same["difference"].item()
    )
    assert np.isnan(rows.loc[("grip_max_kg", "log2_b12"), "points"])


def test_without_standardised_effects_the_headline_has_no_points(run: Run, cohort: CohortResults) -> None:
    bare = replace(run, cohorts={SYNTHETIC: replace(cohort, margins=cohort.margins.iloc[:0])})
    assert points(bare, SYNTHETIC).empty
    assert headline_rows(bare, SYNTHETIC)["points"].isna().all()
    assert (
        "Marginal difference, points (95 % CI)"
        not in human_tables(bare, bare.cohorts[SYNTHETIC])["models"].frame()
    )
