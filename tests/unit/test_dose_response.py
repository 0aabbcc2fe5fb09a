"""Dose-response curves: which rows there are, what they say, and what is refused with its reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from b12sarc.disclosure import SMALLEST_CELL, Guard, guarded, guarding
from b12sarc.dose_response import CURVES, DISTRIBUTION, TESTS, DoseResponseTables, dose_response
from b12sarc.estimators import weighted_quantile
from b12sarc.pooling import ScalarFit, pool
from curves_project import M, curves_project, draws, imputed_frame
from small_cohort import small_frame


def made(frame: pd.DataFrame | None = None, **curves: object) -> DoseResponseTables:
    own, meta = small_frame()
    return dose_response(own if frame is None else frame, meta, curves_project(curves))


@pytest.fixture(scope="module")
def tables() -> DoseResponseTables:
    return made()


def of(table: pd.DataFrame, outcome: str) -> pd.DataFrame:
    return table[table["outcome"] == outcome].reset_index(drop=True)


def test_the_tables_have_their_columns(tables):
    assert tuple(tables.curves) == (*CURVES, SMALLEST_CELL)
    assert tuple(tables.tests) == (*TESTS, SMALLEST_CELL)
    assert tuple(tables.distribution) == (*DISTRIBUTION, SMALLEST_CELL)


def test_every_curve_goes_through_no_difference_at_its_reference(tables):
    at = tables.curves[tables.curves["value"] == tables.curves["reference"]]
    assert list(at["outcome"]) == ["grip", "weak"]
    assert list(at["estimate"]) == [0, 1]
    assert (at["se"] == 0).all()
    assert (at["conf_low"] == at["conf_high"]).all()


def test_the_curve_is_drawn_between_weighted_percentiles_in_natural_units(tables):
    frame, _ = small_frame()
    people = frame[frame["in_domain"] & (frame["weight"] > 0) & frame["log2_b12"].notna()]
    x, w = people["log2_b12"].to_numpy(), people["weight"].to_numpy()
    least = sorted(x)[9]
    grip = of(tables.curves, "grip")
    assert grip["value"].iloc[0] == pytest.approx(2 ** max(weighted_quantile(x, w, 0.01), least))
    knots = [float(knot) for knot in tables.tests["knots"].iloc[0].split("; ")]
    expected = [2 ** weighted_quantile(x, w, p) for p in (0.05, 0.35, 0.65, 0.95)]
    assert_allclose(knots, expected, rtol=1e-5)


def test_ten_people_lie_beyond_each_end_of_the_curve(tables):
    frame, _ = small_frame()
    known = 2 ** frame.loc[frame["in_domain"] & (frame["weight"] > 0), "log2_b12"].dropna()
    values = tables.curves["value"]
    assert (known <= values.min() * (1 + 1e-12)).sum() >= 10
    assert (known >= values.max() * (1 - 1e-12)).sum() >= 10


def test_estimates_are_exponentials_of_the_link_scale_for_ratios_only(tables):
    weak, grip = of(tables.curves, "weak"), of(tables.curves, "grip")
    assert_allclose(weak["estimate"], np.exp(weak["coef"]))
    assert_allclose(grip["estimate"], grip["coef"])
    assert set(weak["estimator"]) == {"poisson"}


def test_binary_outcomes_may_have_odds_ratios():
    odds = of(made(binary_outcomes="logistic").tests, "weak").iloc[0]
    assert odds["estimator"] == "logistic"


def test_tests_have_the_degrees_of_freedom_of_the_model(tables):
    grip = of(tables.tests, "grip").iloc[0]
    assert (grip["df_num_overall"], grip["df_num_nonlinear"]) == (3, 2)
    assert grip["df_denom_overall"] == grip["df"] == 10 + 1 - 7  # PSUs less strata, 7 coefficients
    assert 0 < grip["p_overall"] < 1
    assert grip["reason"] == ""


def test_a_curve_without_degrees_of_freedom_has_no_band_and_no_p_value_and_says_why():
    few = made(adjustment="full")
    grip = of(few.tests, "grip").iloc[0]
    assert grip["df"] == 10 + 1 - 11
    assert np.isnan(grip["p_overall"])
    assert grip["reason"].startswith("fewer than one degree of freedom")
    assert few.curves["estimate"].notna().all()
    assert few.curves[["conf_low", "conf_high"]].isna().all(axis=None)


def test_exposure_that_the_cohort_lacks_is_stated_with_its_reason():
    frame, meta = small_frame()
    refused = frame.drop(columns="log2_b12")
    lacking = type(meta)(**{**meta.__dict__, "unavailable": {"log2_b12": "not assayed here"}})
    tables = dose_response(refused, lacking, curves_project())
    assert set(tables.tests["reason"]) == {"log2_b12: not assayed here"}
    assert tables.curves.empty
    assert tables.distribution.empty


def test_reference_outside_what_is_drawn_gives_a_reason_and_no_curve():
    far = {"log2_b12": {"value": 5000.0, "unit": "pmol/L", "source": "made up"}}
    reasons = set(made(exposures=far).tests["reason"])
    assert len(reasons) == 1
    assert "the reference value 5000 pmol/L lies outside the values drawn (" in reasons.pop()


def test_too_few_people_give_a_reason_and_no_curve():
    frame, _ = small_frame()
    frame.loc[frame.index[15:], "log2_b12"] = np.nan
    said = set(made(frame).tests["reason"])
    assert len(said) == 1
    assert said.pop().endswith("people; too few for a curve")


def test_few_different_values_give_a_reason_and_no_curve():
    frame, _ = small_frame()
    frame["log2_b12"] = np.where(np.arange(len(frame)) % 2, 8.0, 7.0)
    assert set(made(frame).tests["reason"]) == {
        "too few different values: some of the knots of the spline coincide"
    }


def test_no_bin_of_the_distribution_is_of_a_few_people(tables):
    frame, _ = small_frame()
    known = 2 ** frame.loc[frame["in_domain"] & (frame["weight"] > 0), "log2_b12"].dropna()
    for _, part in tables.distribution.iterrows():
        assert ((known >= part["low"]) & (known <= part["high"])).sum() >= 10


def test_of_restricted_data_estimates_are_shown_and_percentiles_of_people_are_not(tables):
    with guarding(Guard({"made_up": 10})):
        curves = guarded("dose_response", tables.curves)
        tests = guarded("dose_response_tests", tables.tests)
        bins = guarded("dose_response_distribution", tables.distribution)
    assert curves["estimate"].notna().all()
    assert not tests["knots"].str.contains(r"\d").any()
    assert tests["p_overall"].notna().all()
    assert bins["share"].notna().all()
    assert SMALLEST_CELL not in curves


def test_of_restricted_data_bins_and_curves_of_few_people_are_withheld(tables):
    with guarding(Guard({"made_up": 50})):
        assert guarded("dose_response_distribution", tables.distribution)["share"].isna().any()


def test_curve_of_an_imputed_outcome_is_that_of_each_imputation_pooled():
    frame, meta, long = imputed_frame()
    project = curves_project()
    pooled = dose_response(frame, meta, project, long)
    whole, plain = small_frame()
    each = [dose_response(draw, plain, project) for draw in draws(whole)]
    ours = of(pooled.curves, "grip")
    assert set(ours["missing"]) == {"mi_dxa"}
    by_draw = [of(tables.curves, "grip") for tables in each]
    for i in (0, 20, 60):
        fits = [ScalarFit(d["coef"][i], d["se"][i], d["df"][i]) for d in by_draw]
        expected = pool(fits)
        got = ours.loc[i, ["coef", "se", "df"]].astype(float)
        assert_allclose(got, [expected.coef[0], expected.se[0], expected.df[0]], rtol=1e-9)
    assert len(by_draw) == M
    assert of(pooled.tests, "grip")["f_nonlinear"].notna().all()


def test_knots_of_an_imputed_exposure_are_percentiles_over_all_imputations():
    frame, meta = small_frame()
    columns = {**meta.columns, "log2_b12": type(meta.columns["grip"])("log2_b12", "any", imputed=True)}
    imputed = type(meta)(**{**meta.__dict__, "columns": columns})
    shifts = (0.0, 0.2, 0.4)
    long = pd.concat(
        [
            frame[["person_id"]].assign(imputation=i, log2_b12=frame["log2_b12"] + shift)
            for i, shift in enumerate(shifts, start=1)
        ]
    )
    tables = dose_response(frame.drop(columns="log2_b12"), imputed, curves_project(), long)
    people = frame[frame["in_domain"] & (frame["weight"] > 0) & frame["log2_b12"].notna()]
    x = np.concatenate([people["log2_b12"] + shift for shift in shifts])
    expected = [2 ** weighted_quantile(x, np.tile(people["weight"], 3), p) for p in (0.05, 0.35, 0.65, 0.95)]
    assert_allclose([float(k) for k in tables.tests["knots"].iloc[0].split("; ")], expected, rtol=1e-5)


def test_without_the_section_there_is_nothing_to_fit():
    from small_cohort import small_project

    with pytest.raises(ValueError, match="no dose_response"):
        dose_response(*small_frame(), small_project())
