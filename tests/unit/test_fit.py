from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from b12sarc.design import SurveyDesign
from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.fit import ESTIMATES, Fitter, Specification, fit_grid
from b12sarc.glm import fit_glm
from b12sarc.inference import NotEstimableError
from b12sarc.sample import Sample
from small_cohort import COHORT, UNAVAILABLE, small_frame, small_project

KEY = ["outcome", "exposure", "adjustment", "subgroup", "estimator", "missing"]


def fitted(frame=None, progress=None, **models):
    made, meta = small_frame()
    return fit_grid(made if frame is None else frame, meta, small_project(**models), progress)


@pytest.fixture(scope="module")
def grid():
    return fitted()


def row_of(table, **values):
    found = table[(table[list(values)] == pd.Series(values)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


def test_columns_are_those_of_the_contract(grid):
    assert tuple(grid.estimates.columns) == (*ESTIMATES, SMALLEST_CELL)
    assert list(grid.not_estimable.columns) == ["cohort", *KEY, "reason"]


def test_every_model_of_the_grid_is_estimated_or_has_its_reason(grid):
    models = small_project().analysis.models
    wanted = {
        (outcome, exposure, adjustment, "all", estimator, "complete_case")
        for outcome in models.outcomes
        for exposure in models.exposures
        for adjustment in models.adjustments
        for estimator in (("poisson", "logistic") if outcome == "weak" else ("linear",))
    }
    estimated = set(grid.estimates[KEY].itertuples(index=False, name=None))
    refused = set(grid.not_estimable[KEY].itertuples(index=False, name=None))
    assert estimated | refused == wanted
    assert not estimated & refused


def test_exposure_that_the_cohort_lacks_is_listed_with_the_reason(grid):
    refused = grid.not_estimable
    assert set(refused["exposure"]) == {"hcy_high"}
    assert set(refused["reason"]) == {f"hcy_high: {UNAVAILABLE['hcy_high']}"}
    assert (refused["cohort"] == COHORT).all()


def test_row_holds_the_linearised_fit_on_complete_cases_of_the_domain(grid):
    frame, _ = small_frame()
    complete = frame["in_domain"] & frame[["grip", "b12_low", "age_years"]].notna().all(axis=1)
    domain = SurveyDesign.from_arrays(frame["weight"], frame["stratum"], frame["psu"]).domain(
        complete.to_numpy(bool)
    )
    held = frame.iloc[domain.rows]
    x = np.column_stack(
        [
            np.ones(domain.n),
            held["b12_low"].astype(float),
            held["age_years"],
            held["sex"] == "female",
            held["cycle"] == "2013-2014",
        ]
    )
    expected = fit_glm(domain, held["grip"], x, family="gaussian", names=list("abcde"))
    row = row_of(grid.estimates, outcome="grip", exposure="b12_low", adjustment="demographic")
    assert (row["coef"], row["se"], row["p_value"]) == pytest.approx(
        (expected.coef[1], expected.se[1], expected.p_value[1]), rel=1e-12
    )
    assert (row["n"], row["n_psu"], row["n_strata"], row["df"]) == (
        domain.n,
        domain.n_psu,
        domain.n_strata,
        domain.df + 1 - 5,
    )


def test_people_outside_the_domain_or_of_weight_zero_are_not_counted(grid):
    frame, _ = small_frame()
    counted = (
        frame["in_domain"] & (frame["weight"] > 0) & frame["grip"].notna() & frame["b12_low"].notna()
    ).sum()
    assert row_of(grid.estimates, outcome="grip", exposure="b12_low", adjustment="crude")["n"] == counted


def test_every_number_of_a_per_halving_row_refers_to_the_halving(grid):
    plain = small_project()
    definitions = dict(plain.definitions.definitions)
    contrast = definitions["log2_b12"].contrast.model_copy(update={"multiply": 1.0})
    definitions["log2_b12"] = definitions["log2_b12"].model_copy(update={"contrast": contrast})
    doubling = fit_grid(
        *small_frame(),
        type(plain)(
            plain.config,
            plain.dictionary,
            plain.definitions.model_copy(update={"definitions": definitions}),
            plain.analysis,
            plain.cohorts,
        ),
    )
    where = {"outcome": "weak", "exposure": "log2_b12", "adjustment": "full", "estimator": "poisson"}
    halved, doubled = row_of(grid.estimates, **where), row_of(doubling.estimates, **where)
    assert halved["contrast"] == "per halving"
    assert halved["coef"] == -doubled["coef"]
    assert (halved["coef_low"], halved["coef_high"]) == (-doubled["coef_high"], -doubled["coef_low"])
    assert (halved["se"], halved["p_value"]) == (doubled["se"], doubled["p_value"])
    assert halved["conf_low"] == pytest.approx(1 / doubled["conf_high"])
    assert halved["conf_low"] < halved["estimate"] < halved["conf_high"]


def test_estimate_is_the_coefficient_for_linear_and_its_exponential_for_ratios(grid):
    table = grid.estimates
    linear = table["estimator"] == "linear"
    for shown, link in [("estimate", "coef"), ("conf_low", "coef_low"), ("conf_high", "coef_high")]:
        np.testing.assert_array_equal(table.loc[linear, shown], table.loc[linear, link])
        np.testing.assert_allclose(table.loc[~linear, shown], np.exp(table.loc[~linear, link]), rtol=1e-14)


def test_events_are_counted_for_binary_outcomes_and_empty_for_continuous_ones(grid):
    binary = grid.estimates["outcome"] == "weak"
    assert grid.estimates.loc[~binary, "events"].isna().all()
    assert (grid.estimates.loc[binary, "events"] > 0).all()
    assert str(grid.estimates["events"].dtype) == "Int64"


def test_height_is_not_adjusted_for_when_it_is_the_outcome(grid):
    notes = grid.notes
    own = notes[(notes["outcome"] == "height_cm") & (notes["adjustment"] == "full")]
    assert set(own["note"]) == {"height_cm is the outcome: not a covariate"}
    rows = grid.estimates[grid.estimates["adjustment"] == "full"]
    one = rows[rows["exposure"] == "b12_low"].set_index("outcome")
    assert one.loc["height_cm", "df"] == one.loc["grip", "df"] + 1


def test_rows_come_in_the_order_of_the_configuration(grid):
    models = small_project().analysis.models
    order = grid.estimates[["outcome", "exposure", "adjustment"]].drop_duplicates()
    wanted = [
        (o, e, a)
        for o in models.outcomes
        for e in models.exposures
        for a in models.adjustments
        if e not in UNAVAILABLE
    ]
    assert list(order.itertuples(index=False, name=None)) == wanted


def test_two_runs_give_the_same_numbers(grid):
    pd.testing.assert_frame_equal(fitted().estimates, grid.estimates)


def test_fewer_than_one_df_gives_coefficient_and_se_but_no_p_value_and_says_so():
    frame, _ = small_frame()
    frame["in_domain"] &= frame["stratum"] < 4
    result = fitted(frame, exposures=["log2_b12"], outcomes=["grip"], adjustments=["full"])
    (row,) = result.estimates.to_dict("records")
    assert row["df"] < 1
    assert np.isfinite([row["coef"], row["se"], row["estimate"]]).all()
    assert np.isnan([row["p_value"], row["coef_low"], row["conf_high"]]).all()
    assert list(result.not_estimable["reason"]) == [
        "fewer than one degree of freedom: no interval and no p-value"
    ]


def test_outcome_that_nobody_has_is_not_estimable_and_gives_no_row():
    frame, _ = small_frame()
    frame["weak"] = pd.array([False] * len(frame), dtype="boolean")
    result = fitted(frame, exposures=["b12_low"], outcomes=["weak"], adjustments=["crude"])
    assert len(result.estimates) == 0
    assert all("the outcome has one level" in reason for reason in result.not_estimable["reason"])


def test_exposure_level_that_nobody_has_is_listed_beside_the_estimates_of_the_others():
    frame, _ = small_frame()
    frame.loc[frame["b12_status"] == "marginal", "b12_status"] = "adequate"
    result = fitted(frame, exposures=["b12_status"], outcomes=["grip"], adjustments=["crude"])
    assert list(result.estimates["term"]) == ["b12_status[deficient]"]
    (reason,) = result.not_estimable["reason"]
    assert reason.startswith("b12_status[marginal]: 0 people; ")


def test_an_exposure_that_is_the_outcome_is_no_model():
    result = fitted(exposures=["log2_b12"], outcomes=["log2_b12"], adjustments=["crude"])
    assert list(result.not_estimable["reason"]) == [
        "exposure and outcome are made of the same measurement (b12)"
    ]


def test_categorical_outcome_is_no_model():
    result = fitted(exposures=["b12_low"], outcomes=["race"], adjustments=["crude"])
    assert set(result.not_estimable["reason"]) == {"a categorical variable cannot be an outcome"}


def test_subgroups_are_domains_of_the_whole_design_and_drop_their_own_covariate():
    result = fitted(
        exposures=["b12_low"], outcomes=["grip"], adjustments=["demographic"], subgroups=["all", "sex"]
    )
    table = result.estimates.set_index("subgroup")
    assert list(table.index) == ["all", "sex=male", "sex=female"]
    assert table.loc["sex=male", "n"] + table.loc["sex=female", "n"] == table.loc["all", "n"]
    assert table.loc["sex=male", "df"] == table.loc["all", "df"] + 1
    assert "sex has one level here: left out" in set(result.notes["note"])


def test_subgroup_of_a_variable_that_the_cohort_lacks_is_listed_with_the_reason():
    frame, meta = small_frame()
    project = small_project(
        exposures=["b12_low"], outcomes=["grip"], adjustments=["crude"], subgroups=["sex"]
    )
    meta.unavailable["sex"] = "nobody was asked"
    result = fit_grid(frame.drop(columns="sex"), meta, project)
    assert list(result.not_estimable["reason"]) == ["sex: nobody was asked"]


def test_progress_is_told_after_each_model():
    told = []
    fitted(progress=lambda done, total: told.append((done, total)), adjustments=["crude"])
    assert told == [(i + 1, 16) for i in range(16)]


def test_one_model_can_be_fitted_alone():
    frame, meta = small_frame()
    fitter = Fitter(Sample.of(frame, meta, small_project()))
    model = fitter.fit(Specification("weak", "b12_low", "crude", "all", "logistic", "complete_case"))
    assert model.fit.names == ("(Intercept)", "b12_low")
    assert model.events > 0


def test_one_model_that_cannot_be_fitted_raises_its_reason():
    frame, meta = small_frame()
    fitter = Fitter(Sample.of(frame, meta, small_project()))
    with pytest.raises(NotEstimableError, match="not assayed here"):
        fitter.fit(Specification("weak", "hcy_high", "crude", "all", "logistic", "complete_case"))
