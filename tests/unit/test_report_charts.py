"""The charts of the report: which rows they hold, what is chosen at first, no words that end the script."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from b12sarc.figures.curves import curve_of, drawn_tests
from b12sarc.figures.specifications import HEADLINE, specifications_of
from b12sarc.report.charts.curve import specification_chart
from b12sarc.report.charts.dose_response import NUMBERS, dose_response_charts
from b12sarc.report.charts.explorer import COMBINED, EVERYBODY, explorers
from b12sarc.report.charts.vega import Chart, Codes, library
from b12sarc.results import Run, read_run
from b12sarc.synthesise import synthesise
from b12sarc.wording import MEASURES, label
from fake_results import fake_estimates, fake_project, write_fake_results

RATIOS, DIFFERENCES = 0, 1


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two cohorts: made-up numbers under the names of a real and of a synthetic one."""
    project = fake_project(("synthetic", "nhanes_2011_2014"))
    return read_run(write_fake_results(tmp_path_factory.mktemp("run"), project), project)


@pytest.fixture(scope="module")
def charts(run: Run) -> list[Chart]:
    return explorers(run)


def spec_of(chart: Chart) -> dict[str, Any]:
    return json.loads(chart.spec)


def rows_of(chart: Chart) -> pd.DataFrame:
    """Return the rows of a chart with words in place of codes."""
    spec = spec_of(chart)
    table = pd.DataFrame(spec["datasets"]["rows"]["rows"], columns=spec["datasets"]["rows"]["columns"])
    for param in spec["params"]:
        name, coded, _ = param["name"].partition("_words")
        if coded:
            table[name] = [param["value"][code] for code in table[name]]
    return table


def params_of(chart: Chart) -> dict[str, dict[str, Any]]:
    return {param["name"]: param for param in spec_of(chart)["params"]}


def test_every_estimate_with_an_interval_is_in_a_chart_once(run: Run, charts: list[Chart]) -> None:
    everybody = [rows_of(chart).query("subgroup == @EVERYBODY") for chart in charts]
    assert sum(map(len, everybody)) == run.estimates["conf_low"].notna().sum()
    keys = ["outcome", "exposure", "adjustment", "cohort", "missing", "measure"]
    for table in everybody:
        assert not table.duplicated(keys).any()


def test_the_numbers_are_those_of_the_results(run: Run, charts: list[Chart]) -> None:
    table = rows_of(charts[RATIOS]).query("subgroup == @EVERYBODY")
    ratios = run.estimates[run.estimates["estimator"] != "linear"].dropna(subset=["conf_low"])
    for column, own in (("value", "estimate"), ("low", "conf_low"), ("high", "conf_high")):
        assert np.allclose(np.sort(table[column]), np.sort(ratios[own]), rtol=5.1e-4)


def test_groups_of_people_are_there(run: Run, charts: list[Chart]) -> None:
    found = set(rows_of(charts[RATIOS])["subgroup"]) - {EVERYBODY}
    assert len(found) > 5
    assert all(": " in words for words in found)


def test_at_first_it_shows_the_pre_specified_question(run: Run, charts: list[Chart]) -> None:
    params = params_of(charts[RATIOS])
    asked = run.project.analysis.headline
    first = next(o for o in asked.outcomes if run.project.quantity(o).kind == "binary")
    chosen = {name: params[name]["value"] for name in ("outcome", "adjustment", "subgroup", "cohort")}
    words = {name: params[f"{name}_words"]["value"][code] for name, code in chosen.items() if code >= 0}
    assert words["outcome"] == label(run.project, first)
    assert words["adjustment"] == run.project.analysis.adjustment_sets[asked.adjustment].label
    assert words["subgroup"] == EVERYBODY
    assert chosen["cohort"] == -1


def test_each_chooser_offers_all_and_every_level_but_one_outcome_at_a_time(charts: list[Chart]) -> None:
    for chart in charts:
        for name, param in params_of(chart).items():
            if "bind" not in param:
                continue
            words = params_of(chart)[f"{name}_words"]["value"]
            every = [] if name == "outcome" else ["All"]
            assert param["bind"]["labels"] == [*every, *words]


def test_an_outcome_that_is_a_mean_says_its_unit(charts: list[Chart]) -> None:
    params = params_of(charts[DIFFERENCES])
    units = dict(zip(params["outcome_words"]["value"], params["units"]["value"], strict=True))
    assert units["Grip strength, best single reading of either hand"] == "kg"


def test_made_up_people_are_marked_in_title_and_row(charts: list[Chart]) -> None:
    assert all(chart.title.startswith("SYNTHETIC DATA") for chart in charts)
    cohorts = params_of(charts[RATIOS])["cohort_words"]["value"]
    assert any("SYNTHETIC DATA" in words for words in cohorts)


def test_the_curve_has_every_specification_of_the_question_and_its_choices(run: Run) -> None:
    chart = specification_chart(run)
    assert chart is not None
    table = rows_of(chart)
    own = specifications_of(run, HEADLINE)
    assert len(table) == len(own) > 10
    assert np.allclose(table["value"], own["effect"], atol=5.1e-4)
    assert table["first"].sum() > 0
    assert {"exposure", "outcome", "adjustment", "subgroup"} <= {
        n for n, p in params_of(chart).items() if "bind" in p
    }


def test_a_meta_analysis_stands_beside_its_cohorts_with_all_their_people(run: Run) -> None:
    project = fake_project(("nhanes_2011_2014", "nhanes_2003_2006"))
    estimates = fake_estimates(project, seed=1)
    meta = synthesise(estimates, project)
    run = replace(run, project=project, cohorts={}, estimates=estimates, meta=meta)
    table = rows_of(explorers(run)[RATIOS])
    combined = table[table["cohort"] == COMBINED[False]]
    meta = run.meta[(run.meta["method"] != "none") & (run.meta["estimator"] != "linear")]
    assert len(combined) == len(meta) > 10
    assert np.allclose(np.sort(combined["value"]), np.sort(meta["estimate"]), rtol=5.1e-4)
    key = ["outcome", "exposure", "adjustment", "subgroup", "missing", "measure"]
    one = combined.iloc[0]
    own = table[(table[key] == one[key]).all(axis=1) & (table["cohort"] != COMBINED[False])]
    people = [int(text.split(" ")[0].replace(",", "")) for text in own["people"]]
    assert len(people) == 2
    assert one["people"].startswith(f"{sum(people):,} (")
    assert "Diamonds" in explorers(run)[RATIOS].caption


def test_cohorts_that_are_not_combined_have_no_such_row(charts: list[Chart]) -> None:
    assert "Diamonds" not in charts[RATIOS].caption
    assert not set(COMBINED.values()) & set(params_of(charts[RATIOS])["cohort_words"]["value"])


def test_every_drawn_curve_is_in_a_chart_with_its_numbers(run: Run) -> None:
    made = {chart.name: chart for chart in dose_response_charts(run)}
    assert set(made) == {"explore_curves_ratios", "explore_curves_differences"}
    for name, chart in made.items():
        ratio = name == "explore_curves_ratios"
        drawn = pd.concat(
            curve_of(cohort, test)
            for cohort in run.cohorts.values()
            for exposure in cohort.curves["exposure"].unique()
            for _, test in drawn_tests(run.project, cohort, exposure).iterrows()
            if MEASURES[test["estimator"]].ratio == ratio
        ).dropna(subset=["conf_low"])
        points = spec_of(chart)["datasets"]["rows"]
        rows = pd.DataFrame(points["rows"], columns=points["columns"])
        assert len(rows) == len(drawn) > 50
        for column, own in NUMBERS.items():
            assert np.allclose(np.sort(rows[column]), np.sort(drawn[own]), rtol=5.1e-4, atol=1e-9)


def test_a_curve_chart_opens_with_one_exposure_and_one_outcome_of_every_cohort(run: Run) -> None:
    for chart in dose_response_charts(run):
        params = params_of(chart)
        assert {n: params[n]["value"] for n in ("exposure", "outcome", "cohort")} == {
            "exposure": 0, "outcome": 0, "cohort": -1,
        }  # fmt: skip
        assert "pmol/L" in params["exposure_words"]["value"][0]
        curves = len(params["cohort_of"]["value"])
        assert {len(p["value"]) for n, p in params.items() if n.endswith("_of")} == {curves}
        assert len(params["outcome_axis"]["value"]) == len(params["outcome_words"]["value"])


def test_without_curves_there_is_no_chart_of_them(run: Run) -> None:
    cohorts = {name: replace(c, curves=c.curves.iloc[:0]) for name, c in run.cohorts.items()}
    assert dose_response_charts(replace(run, cohorts=cohorts)) == []


def test_without_specifications_there_is_no_curve(run: Run) -> None:
    assert specification_chart(replace(run, multiverse=None)) is None


def test_nothing_in_a_chart_ends_its_script_early(charts: list[Chart]) -> None:
    assert all("<" not in chart.spec for chart in charts)
    assert any("< 148" in words for words in params_of(charts[RATIOS])["exposure_words"]["value"])


def test_codes_give_each_words_one_number() -> None:
    codes = Codes("x")
    assert [codes(words) for words in ("a", "b", "a")] == [0, 1, 0]
    assert codes.words == ["a", "b"]


def test_the_library_is_whole_and_asks_nothing_of_the_network_by_itself() -> None:
    script = library()
    assert "window.vegaEmbed" in script
    assert "import(" not in script
    assert "<script src" not in script
