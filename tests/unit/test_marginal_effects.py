"""Standardised effects: which rows there are, what they compare, and what is refused with its reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from b12sarc.disclosure import SMALLEST_CELL
from b12sarc.fit import fit_grid
from b12sarc.marginal_effects import COLUMNS, marginal_effects
from b12sarc.pooling import ScalarFit, pool
from curves_project import curves_project, draws, imputed_frame
from small_cohort import UNAVAILABLE, small_frame, small_project


def made(frame: pd.DataFrame | None = None, **margins: object) -> pd.DataFrame:
    own, meta = small_frame()
    return marginal_effects(own if frame is None else frame, meta, curves_project(margins=margins))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return made(binary_outcomes=("logistic", "poisson"))


def rows(table: pd.DataFrame, **chosen: str) -> pd.DataFrame:
    chosen = {"adjustment": "demographic", **chosen}
    return table[(table[list(chosen)] == pd.Series(chosen)).all(axis=1)].reset_index(drop=True)


def test_the_table_has_its_columns(table):
    assert tuple(table) == (*COLUMNS, SMALLEST_CELL)


def test_every_model_of_the_grid_has_rows_or_its_reason(table):
    key = ["outcome", "exposure", "adjustment", "estimator"]
    models = small_project().analysis.models
    expected = {
        (outcome, exposure, adjustment, estimator)
        for outcome in models.outcomes
        for exposure in models.exposures
        for adjustment in models.adjustments
        for estimator in (("logistic", "poisson") if outcome == "weak" else ("linear",))
    }
    assert set(table[key].itertuples(index=False, name=None)) == expected
    refused = table[table["reason"].str.contains(UNAVAILABLE["hcy_high"])]
    assert set(refused["exposure"]) == {"hcy_high"}
    assert refused["mean"].isna().all()


def test_reference_comes_first_and_is_compared_with_nothing(table):
    low = rows(table, outcome="weak", exposure="b12_low", estimator="logistic")
    assert list(low["level"]) == ["false", "true"]
    assert low.loc[0, ["difference", "ratio"]].isna().all()
    assert low.loc[1, "difference"] == pytest.approx(low["mean"][1] - low["mean"][0])
    assert low.loc[1, "ratio"] == pytest.approx(low["mean"][1] / low["mean"][0])


def test_levels_of_a_categorical_exposure_are_compared_with_its_reference(table):
    status = rows(table, outcome="weak", exposure="b12_status", estimator="logistic")
    assert list(status["level"]) == ["adequate", "deficient", "marginal"]
    assert list(status["term"]) == [f"b12_status[{level}]" for level in status["level"]]
    assert list(status["contrast"]) == ["", "deficient vs adequate", "marginal vs adequate"]


def test_a_continuous_exposure_is_changed_as_its_contrast_says(table):
    change = rows(table, outcome="grip", exposure="log2_b12", comparison="change")
    estimates = fit_grid(*small_frame(), small_project()).estimates
    same = rows(estimates, outcome="grip", exposure="log2_b12").iloc[0]
    assert list(change["level"]) == ["as_observed", "changed"]
    assert change["contrast"][1] == "per halving"
    numbers = ["difference", "difference_se", "difference_low", "difference_high", "difference_p", "df"]
    expected = same[["estimate", "se", "conf_low", "conf_high", "p_value", "df"]].astype(float)
    assert_allclose(change.loc[1, numbers].astype(float), expected, rtol=1e-9)


def test_a_continuous_exposure_is_predicted_at_chosen_values(table):
    values = rows(table, outcome="weak", exposure="log2_b12", comparison="values", estimator="logistic")
    assert list(values["level"]) == ["250", "150", "400"]
    assert list(values["contrast"]) == ["", "150 vs 250 pmol/L", "400 vs 250 pmol/L"]
    assert values["mean"].is_monotonic_decreasing == (values["mean"][1] < values["mean"][0])
    assert (values["mean_low"] < values["mean"]).all()
    assert (values["mean"] < values["mean_high"]).all()


def test_ratio_of_a_poisson_model_is_its_prevalence_ratio_with_the_same_interval(table):
    ours = rows(table, outcome="weak", exposure="b12_low", estimator="poisson").iloc[1]
    estimates = fit_grid(*small_frame(), small_project()).estimates
    same = rows(estimates, outcome="weak", exposure="b12_low", estimator="poisson").iloc[0]
    assert_allclose(
        ours[["ratio", "log_ratio_se", "ratio_low", "ratio_high"]].astype(float),
        same[["estimate", "se", "conf_low", "conf_high"]].astype(float),
        rtol=1e-9,
    )


def test_means_of_continuous_outcomes_have_no_ratio(table):
    assert table.loc[table["outcome"] == "grip", ["ratio", "ratio_low", "events"]].isna().all(axis=None)


def test_prevalences_have_intervals_inside_0_and_1(table):
    weak = table[
        (table["outcome"] == "weak") & (table["estimator"] == "logistic") & table["mean_low"].notna()
    ]
    assert weak["mean_low"].gt(0).all()
    assert weak["mean_high"].lt(1).all()


def test_a_model_without_degrees_of_freedom_has_means_and_says_why_no_interval():
    few = made(frame=small_frame()[0].query("stratum < 4"), adjustments=("full",), exposures=("b12_low",))
    said = few[few["outcome"] == "grip"]
    assert said["mean"].notna().all()
    assert said[["mean_low", "mean_high"]].isna().all(axis=None)
    assert said["reason"].str.startswith("fewer than one degree of freedom").all()


def test_levels_that_too_few_people_have_are_named_with_the_reason():
    frame, _ = small_frame()
    few = frame["b12_status"] == "marginal"
    frame.loc[few & (few.cumsum() > 7), "b12_status"] = "adequate"
    status = rows(made(frame), outcome="grip", exposure="b12_status")
    apart = status[status["reason"] != ""]
    assert list(apart["term"]) == ["b12_status[marginal]"]
    assert apart["reason"].str.contains("is not compared").all()
    assert list(status["level"].dropna()) == ["adequate", "deficient"]


def test_only_what_is_asked_for_is_standardised():
    asked = made(outcomes=("weak",), exposures=("b12_low",), adjustments=("crude",))
    assert set(asked[["outcome", "exposure", "adjustment"]].itertuples(index=False, name=None)) == {
        ("weak", "b12_low", "crude")
    }


def test_progress_is_told_after_each_model():
    told: list[tuple[int, int]] = []
    project = curves_project(margins={"outcomes": ("weak",), "exposures": ("b12_low",)})
    marginal_effects(*small_frame(), project, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_effects_of_an_imputed_outcome_are_those_of_each_imputation_pooled():
    frame, meta, long = imputed_frame()
    project = curves_project(margins={"exposures": ("b12_low",), "adjustments": ("demographic",)})
    pooled = rows(marginal_effects(frame, meta, project, long), outcome="weak").iloc[1]
    whole, plain = small_frame()
    each = [rows(marginal_effects(draw, plain, project), outcome="weak").iloc[1] for draw in draws(whole)]
    assert pooled["missing"] == "mi_dxa"
    for number, error in (("difference", "difference_se"), ("mean", "mean_se")):
        expected = pool([ScalarFit(e[number], e[error], e["df"]) for e in each])
        assert_allclose([pooled[number], pooled[error]], [expected.coef[0], expected.se[0]], rtol=1e-9)
    log_ratio = pool([ScalarFit(np.log(e["ratio"]), e["log_ratio_se"], e["df"]) for e in each])
    assert pooled["ratio"] == pytest.approx(np.exp(log_ratio.coef[0]))
    assert pooled["events"] == round(np.mean([e["events"] for e in each]))


def test_without_the_section_there_is_nothing_to_standardise():
    with pytest.raises(ValueError, match="no marginal_effects"):
        marginal_effects(*small_frame(), small_project())
