"""DXA as five imputations, from a made-up file to estimates: SYNTHETIC values of nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from b12sarc.derive import Derived
from b12sarc.describe import describe
from b12sarc.errors import B12SarcError
from b12sarc.estimators import mean, proportion
from b12sarc.fit import fit_grid
from b12sarc.frames import read_frame, write_frame
from b12sarc.pooling import ScalarFit, pool
from b12sarc.sample import Sample
from b12sarc.tables import write_csv
from made_dxa import COHORT, LIMBS, WAITS, M, derived, dxa_project, half_scanned, harmonised, with_step

FROM_DXA = ("alm_ht2", "low_alm_ht2", "sarcopenia")


@pytest.fixture(scope="module")
def cohort() -> Derived:
    return derived(half_scanned())


@pytest.fixture(scope="module")
def without() -> Derived:
    return derived(None)


@pytest.fixture(scope="module")
def sample(cohort) -> Sample:
    return Sample.of(cohort.frame, cohort.meta, dxa_project(), cohort.imputed)


def refused(dxa: pd.DataFrame) -> str:
    with pytest.raises(B12SarcError) as caught:
        harmonised(dxa)
    return str(caught.value)


# ---- the file


def test_lean_mass_of_arms_and_legs_is_added_up_in_each_imputation_and_nothing_lowers_it_again():
    dxa = half_scanned()
    long = harmonised(dxa).imputed
    assert list(long.columns) == ["person_id", "imputation", "alm_kg"]
    assert_allclose(long["alm_kg"], dxa[list(LIMBS)].sum(axis=1) / 1000, rtol=1e-12)


def test_the_frame_of_persons_has_no_imputed_column():
    assert "alm_kg" not in harmonised(half_scanned()).frame


def test_a_person_with_four_rows_is_refused_and_not_named():
    dxa = half_scanned()
    message = refused(dxa.drop(index=dxa.index[dxa["SEQN"] == 77][2]))
    assert "DXX" in message
    assert "1 of 350 persons" in message
    assert "77" not in message


def test_an_imputation_that_comes_twice_is_refused():
    dxa = half_scanned()
    dxa.loc[(dxa["SEQN"] == 77) & (dxa["_MULT_"] == 2), "_MULT_"] = 1.0
    assert "1 of 350 persons" in refused(dxa)


@pytest.mark.parametrize("number", [0.0, 6.0, 1.5, np.nan])
def test_a_row_without_a_number_from_one_to_five_is_refused(number):
    dxa = half_scanned()
    dxa.loc[0, "_MULT_"] = number
    assert "_MULT_" in refused(dxa)


def test_a_file_of_four_imputations_is_refused():
    dxa = half_scanned()
    assert "350 of 350 persons" in refused(dxa[dxa["_MULT_"] < M])


def test_a_file_without_the_column_of_imputations_is_refused():
    assert "_MULT_" in refused(half_scanned().drop(columns="_MULT_"))


def test_persons_of_another_cycle_are_refused():
    dxa = half_scanned()
    assert "not in the design file" in refused(dxa.assign(SEQN=dxa["SEQN"] + 1000))


# ---- without the file


def test_without_the_file_the_definitions_that_need_it_say_what_they_wait_for(without):
    table = without.definitions.set_index("definition")
    assert not table.loc[list(FROM_DXA), "available"].any()
    assert all(WAITS in reason for reason in table.loc[list(FROM_DXA), "reason"])
    assert table.loc["tall", "available"]


def test_without_the_file_there_is_no_column_of_it_and_the_other_models_are_fitted(without):
    assert not {"alm_kg", *FROM_DXA} & {*without.frame, *without.imputed}
    fitted = fit_grid(without.frame, without.meta, dxa_project(), imputed=without.imputed)
    assert set(fitted.estimates["outcome"]) == {"tall"}
    assert set(fitted.estimates["missing"]) == {"complete_case"}
    assert all(WAITS in reason for reason in fitted.not_estimable["reason"])
    assert fitted.imputation.empty


def test_what_has_no_imputations_is_the_same_with_and_without_the_file(cohort, without):
    pd.testing.assert_frame_equal(cohort.frame, without.frame)


# ---- what is made from it


def test_a_definition_is_made_in_each_imputation(cohort):
    long = cohort.imputed.merge(cohort.frame[["person_id", "height_cm", "gait_ms"]], on="person_id")
    assert len(long) == M * 350
    assert_allclose(long["alm_ht2"], long["alm_kg"] / (long["height_cm"] / 100) ** 2)
    low = long["alm_ht2"] < 7
    assert (long["low_alm_ht2"] == low).all()
    assert (long["sarcopenia"] == (low & (long["gait_ms"] < 1))).all()


def test_of_who_was_not_scanned_nothing_is_said_even_where_a_normal_gait_could_say_no(cohort, sample):
    assert cohort.imputed["person_id"].min() == 51
    unscanned = (cohort.frame["person_id"] <= 50).to_numpy()
    assert not sample.known(["sarcopenia"])[unscanned].any()
    assert (cohort.frame.loc[unscanned, "gait_ms"] >= 1).any()


def test_the_flow_counts_those_whose_every_imputation_is_known(cohort):
    flow = cohort.flow.set_index("step")
    frame = cohort.frame
    assert flow.loc["dxa", "n_remaining"] == (frame["in_domain"] & (frame["person_id"] > 50)).sum()


def test_a_population_that_depends_on_an_imputed_value_is_refused():
    step = {"id": "lean", "description": "Lean", "keep": {"var": "low_alm_ht2", "op": "==", "value": True}}
    with pytest.raises(B12SarcError, match=r"population\.domain\.lean: low_alm_ht2 is imputed"):
        derived(half_scanned(), with_step(dxa_project(), **step))


def test_imputations_survive_the_file_between_the_rules(cohort, tmp_path):
    write_frame(tmp_path / "long.parquet", cohort.imputed, cohort.meta)
    read, meta = read_frame(tmp_path / "long.parquet")
    pd.testing.assert_frame_equal(read, cohort.imputed)
    assert meta == cohort.meta
    assert {name for name, info in meta.columns.items() if info.imputed} == {"alm_kg", *FROM_DXA}


# ---- the average of a person's imputations cannot be had


@pytest.mark.parametrize("name", ["alm_kg", *FROM_DXA])
def test_the_sample_gives_no_values_of_an_imputed_variable(sample, name):
    with pytest.raises(TypeError, match="is imputed: analyse each imputation, then pool"):
        sample.values(name)


def test_the_imputed_variables_are_no_array(sample):
    with pytest.raises(TypeError):
        np.mean(sample.imputed)


def test_pooling_hands_out_one_imputation_at_a_time(sample):
    seen = []

    def analyse(completed: Sample) -> ScalarFit:
        seen.append(completed.values("alm_kg")[100:103].tolist())
        return ScalarFit(0.0, 1.0, 10)

    sample.pool(analyse)
    assert len(seen) == M
    assert all(seen[0] != other for other in seen[1:])


def test_nothing_to_pool_where_nothing_is_imputed(without):
    with pytest.raises(TypeError, match="nothing is imputed"):
        Sample.of(without.frame, without.meta, dxa_project(), without.imputed).pool(
            lambda _: ScalarFit(0, 1, 9)
        )


# ---- models


@pytest.fixture(scope="module")
def fitted(cohort):
    return fit_grid(cohort.frame, cohort.meta, dxa_project(), imputed=cohort.imputed)


def test_models_with_an_imputed_variable_are_pooled_and_the_others_are_not(fitted):
    by_outcome = fitted.estimates.groupby("outcome")["missing"].unique().map(list)
    assert by_outcome.to_dict() == {
        "tall": ["complete_case"],
        **{name: ["mi_dxa"] for name in FROM_DXA},
    }
    assert set(fitted.imputation["outcome"]) == set(FROM_DXA)


def test_a_crude_pooled_difference_is_the_mean_of_the_differences_with_rubins_variance(cohort, fitted):
    frame, each = cohort.frame, []
    long = cohort.imputed.set_index("person_id")
    for number in range(1, M + 1):
        completed = long[long["imputation"] == number]["alm_ht2"].reindex(frame["person_id"]).to_numpy()
        rows = (frame["in_domain"] & ~np.isnan(completed)).to_numpy()
        low = frame["b12_low"].to_numpy(bool)
        w = frame["weight"].to_numpy()
        averages = [np.average(completed[rows & g], weights=w[rows & g]) for g in (low, ~low)]
        each.append(averages[0] - averages[1])
    row = fitted.estimates.query("outcome == 'alm_ht2' and adjustment == 'crude'").iloc[0]
    shown = fitted.imputation.query("outcome == 'alm_ht2' and adjustment == 'crude'")
    assert row["coef"] == pytest.approx(np.mean(each), rel=1e-10)
    within = (shown["se"].iloc[:M] ** 2).mean()
    assert row["se"] ** 2 == pytest.approx(within + (1 + 1 / M) * np.var(each, ddof=1), rel=1e-10)
    assert 0 < shown["fmi"].iloc[M] < 1
    assert row["df"] < shown["df"].iloc[0]


def test_degrees_of_freedom_are_printed_whole_where_they_are_whole(fitted, tmp_path):
    write_csv(tmp_path / "estimates.csv", fitted.estimates)
    printed = pd.read_csv(tmp_path / "estimates.csv", dtype=str).set_index("outcome")["df"]
    assert all(df.isdigit() for df in printed.loc[["tall"]])
    assert all("." in df for df in printed.loc[["alm_ht2"]])


# ---- descriptions


@pytest.fixture(scope="module")
def described(cohort):
    return describe(cohort.frame, cohort.meta, dxa_project(), cohort.imputed)


def completed_values(cohort: Derived, name: str, number: int) -> np.ndarray:
    long = cohort.imputed[cohort.imputed["imputation"] == number].set_index("person_id")
    return long[name].reindex(cohort.frame["person_id"]).to_numpy(dtype=float, na_value=np.nan)


def test_prevalence_of_an_imputed_definition_is_pooled_with_the_interval_of_its_total_variance(
    cohort, sample, described
):
    domain = sample.domain.restrict(sample.known(["low_alm_ht2"]))
    each = [
        proportion(domain, domain.take(completed_values(cohort, "low_alm_ht2", j))) for j in range(1, M + 1)
    ]
    pooled = pool(ScalarFit(one.estimate, one.se, one.df) for one in each)
    row = described.prevalence.query("variable == 'low_alm_ht2' and subgroup == 'all'").iloc[0]
    assert (row["estimate"], row["se"], row["df"]) == pytest.approx(
        (pooled.coef[0], pooled.se[0], pooled.df[0])
    )
    p, total = pooled.coef[0], pooled.se[0] ** 2
    assert row["n_eff"] == pytest.approx(p * (1 - p) / total)
    assert row["conf_low"] < min(one.conf_low for one in each) + 0.05
    assert row["conf_low"] < p < row["conf_high"]
    assert row["n"] == domain.n


def test_the_pooled_interval_is_wider_than_the_intervals_of_the_imputations(cohort, sample, described):
    domain = sample.domain.restrict(sample.known(["low_alm_ht2"]))
    widths = []
    for j in range(1, M + 1):
        one = proportion(domain, domain.take(completed_values(cohort, "low_alm_ht2", j)))
        widths.append(one.conf_high - one.conf_low)
    row = described.prevalence.query("variable == 'low_alm_ht2' and subgroup == 'all'").iloc[0]
    assert row["conf_high"] - row["conf_low"] > np.mean(widths)


def test_table_1_pools_the_mean_and_tests_it_by_d1(cohort, sample, described):
    groups = sample.domain.restrict(sample.known(["b12_low", "alm_kg"]))
    each = [mean(groups, groups.take(completed_values(cohort, "alm_kg", j))) for j in range(1, M + 1)]
    row = described.table1.query("variable == 'alm_kg' and group == 'all'").iloc[0]
    assert row["estimate"] == pytest.approx(np.mean([one.estimate for one in each]))
    assert row["se"] > np.sqrt(np.mean([one.se**2 for one in each]))
    assert row["test"] == "D1"
    assert 0 < row["p_value"] <= 1


def test_missing_are_those_of_whom_an_imputation_is_missing(cohort, described):
    row = described.missingness.set_index("variable").loc["alm_kg"]
    frame = cohort.frame
    assert row["n_missing"] == (frame["in_domain"] & (frame["person_id"] <= 50)).sum()
    assert row["cohort"] == COHORT


def test_the_estimates_that_stand_for_a_model_are_of_complete_cases_or_pooled():
    assert dxa_project().analysis.models.main_treatments() == ("complete_case", "mi_dxa")
