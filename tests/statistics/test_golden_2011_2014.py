"""Every number of NHANES 2011-2014 against R: tests/golden/fit_2011_2014.R, on the same files.

The R script shares nothing with the package: it reads CDC's files itself and derives each variable again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from b12sarc.describe import Described, describe
from b12sarc.families import add_families
from b12sarc.fit import Fitted, fit_grid
from golden_tables import (
    MODEL,
    assert_close,
    assert_equal,
    assert_flags_equal,
    assert_svyciprop_where_nchs_does_not_cap,
    beside,
    golden,
)
from real_cohort import RealCohort, read_real_cohort

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def real(nhanes_dir: Path, project: Path) -> RealCohort:
    return read_real_cohort(nhanes_dir, project)


@pytest.fixture(scope="module")
def fitted(real: RealCohort) -> Fitted:
    return fit_grid(real.derived.frame, real.derived.meta, real.project)


@pytest.fixture(scope="module")
def described(real: RealCohort) -> Described:
    return describe(real.derived.frame, real.derived.meta, real.project)


@pytest.fixture(scope="module")
def models(fitted: Fitted) -> pd.DataFrame:
    """Every estimate beside R's."""
    r = golden("fit_2011_2014.csv")
    return beside(fitted.estimates, r, [*MODEL, "term"])


# ---- models


def test_r_and_the_pipeline_hold_every_model_of_the_grid(models):
    per_exposure = 4 * (2 * 1 + 8 * 2)  # adjustment sets x (continuous + binary outcomes x estimators)
    of_mma = 4 * 4  # the exposures that are not made of MMA themselves, by adjustment set
    assert len(models[MODEL].drop_duplicates()) == 8 * per_exposure + of_mma


@pytest.mark.parametrize("column", ["coef", "se"])
def test_coefficients_and_standard_errors_are_those_of_svyglm(models, column):
    assert_close(models, column)


@pytest.mark.parametrize("column", ["n", "n_psu", "n_strata", "df"])
def test_counts_and_degrees_of_freedom_are_exactly_those_of_svyglm(models, column):
    assert_equal(models, column)


def test_df_is_the_one_that_svyglm_reports_itself(models):
    np.testing.assert_array_equal(models["df"].astype(float), models["df_residual"])


def test_events_are_those_of_binary_outcomes(models):
    binary = models["estimator"] != "linear"
    assert_equal(models[binary], "events")
    assert models.loc[~binary, "events"].isna().all()


def test_people_on_prescribed_b12_are_too_few_to_be_compared_in_every_model(fitted):
    refused = fitted.not_estimable
    measured = refused["outcome"].isin(fitted.estimates["outcome"])
    apart = refused[(refused["exposure"] == "b12_status") & measured]
    assert len(apart) == 4 * (3 * 1 + 8 * 2)
    assert (
        apart["reason"]
        .str.fullmatch(r"b12_status\[treated\]: [1-6] people; a level of fewer than 10 is not compared")
        .all()
    )


def test_homocysteine_models_are_refused_because_it_was_not_assayed(fitted):
    refused = fitted.not_estimable
    measured = refused["outcome"].isin(fitted.estimates["outcome"])
    refused = refused[refused["exposure"].str.contains("hcy") & measured]
    assert len(refused) == 2 * 4 * (3 * 1 + 8 * 2)
    assert refused["reason"].str.contains("not assayed in these cycles").all()


def test_mma_is_no_outcome_of_exposures_that_are_made_of_it(fitted):
    refused = fitted.not_estimable.query("outcome == 'log2_mma'")
    same = refused[refused["reason"].str.contains("made of the same measurement")]
    assert set(same["exposure"]) == {"mma_high_271", "log2_mma", "b12_functional", "b12_index"}


def test_the_primary_family_has_eight_tests(real, fitted):
    table = add_families(fitted.estimates, real.project.analysis.families)
    primary = table[table["family"] == "primary"]
    assert len(primary) == 8
    assert set(zip(primary["outcome"], primary["estimator"], strict=True)) == {
        ("grip_max_kg", "linear"),
        ("low_grip_ewgsop2", "poisson"),
    }
    assert primary["p_adjusted"].min() == pytest.approx(min(1, 8 * primary["p_value"].min()))


def test_every_test_belongs_to_a_family(real, fitted):
    table = add_families(fitted.estimates, real.project.analysis.families)
    assert set(table["family"]) == {"primary", "secondary"}
    assert table["p_adjusted"].notna().all()


# ---- prevalence


@pytest.fixture(scope="module")
def prevalences(described: Described) -> pd.DataFrame:
    return beside(described.prevalence, golden("prevalence_2011_2014.csv"), ["variable", "subgroup"])


def test_nchs_flags_are_those_of_the_rule_written_again_in_r(prevalences):
    assert_flags_equal(prevalences)


@pytest.mark.parametrize("column", ["n", "df"])
def test_prevalence_counts_are_exactly_those_of_r(prevalences, column):
    assert_equal(prevalences, column)


@pytest.mark.parametrize("column", ["events", "estimate", "se", "conf_low", "conf_high", "n_eff"])
def test_prevalences_and_their_intervals_are_those_of_r(prevalences, column):
    shown = prevalences[~prevalences["flag"].str.startswith("suppressed")]
    assert_close(shown, column)


def test_interval_is_svyciprop_beta_where_nchs_does_not_cap_the_effective_sample(prevalences):
    assert_svyciprop_where_nchs_does_not_cap(prevalences)


# ---- table 1


@pytest.fixture(scope="module")
def baseline(described: Described) -> pd.DataFrame:
    ours = described.table1[described.table1["variable"] != "persons"]
    ours = ours.assign(level=ours["level"].fillna(""))
    return beside(ours, golden("table1_2011_2014.csv"), ["variable", "level", "group"])


@pytest.mark.parametrize("column", ["n", "df"])
def test_table1_counts_are_exactly_those_of_r(baseline, column):
    assert_equal(baseline, column)


@pytest.mark.parametrize(
    "column", ["events", "n_weighted", "estimate", "se", "conf_low", "conf_high", "smd", "p_value"]
)
def test_table1_numbers_are_those_of_r(baseline, column):
    compared = baseline[baseline["group"] != "all"] if column == "smd" else baseline
    assert_close(compared, column)


def test_table1_flags_are_those_of_r(baseline):
    ours = baseline["flag"].str.partition(":")[0].replace("unreliable", "suppressed")
    assert list(ours) == list(baseline["flag_r"])


def test_largest_standardised_difference_stands_on_the_row_of_everybody(baseline):
    for _, rows in baseline.groupby(["variable", "level"]):
        everybody = rows.loc[rows["group"] == "all", "smd"].item()
        assert everybody == rows.loc[rows["group"] != "all", "smd"].max()


def test_the_six_treated_people_are_described_but_not_compared(baseline):
    treated = baseline[baseline["group"] == "treated"]
    assert treated["smd"].isna().all()
    assert treated["note"].str.contains(r"treated is not compared: \d people").all()
