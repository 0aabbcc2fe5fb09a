"""Every number of NHANES 1999-2002 and 2003-2006 against R: tests/golden/fit_1999_2006.R, on the same files.

The R script shares nothing with the package: it reads CDC's files itself and derives each variable again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from b12sarc.describe.prevalence import prevalence
from b12sarc.fit import Fitted, fit_grid
from b12sarc.sample import Sample
from b12sarc.spec import Project
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

pytestmark = [pytest.mark.real_data]

COHORTS = ["1999_2002", "2003_2006"]
# Of what R leaves out, an outcome made of the same measurement as the exposure.
SAME_MARKER = {
    "log2_mma": {"mma_high_271", "log2_mma", "b12_functional", "b12_index"},
    "log2_hcy": {"hcy_high_15", "log2_hcy", "b12_index"},
}


def with_grid_of_r(project: Project, models: pd.DataFrame, prevalences: pd.DataFrame) -> Project:
    """The project with the outcomes, exposures and prevalences that R has, in R's order."""
    analysis = project.analysis
    described = prevalences["variable"].str.partition("[")[0]
    grid = {"outcomes": distinct(models["outcome"]), "exposures": distinct(models["exposure"])}
    update = {
        "models": analysis.models.model_copy(update=grid),
        "describe": analysis.describe.model_copy(update={"prevalence_of": distinct(described)}),
    }
    return replace(project, analysis=analysis.model_copy(update=update))


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


@pytest.fixture(scope="module", params=COHORTS)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def r_models(name: str) -> pd.DataFrame:
    return golden(f"fit_{name}.csv")


@pytest.fixture(scope="module")
def r_prevalences(name: str) -> pd.DataFrame:
    return golden(f"prevalence_{name}.csv")


@pytest.fixture(scope="module")
def real(nhanes_dir: Path, project: Path, name: str, r_models, r_prevalences) -> RealCohort:
    read = read_real_cohort(nhanes_dir, project, name=f"nhanes_{name}")
    return replace(read, project=with_grid_of_r(read.project, r_models, r_prevalences))


@pytest.fixture(scope="module")
def fitted(real: RealCohort) -> Fitted:
    return fit_grid(real.derived.frame, real.derived.meta, real.project)


@pytest.fixture(scope="module")
def models(fitted: Fitted, r_models: pd.DataFrame) -> pd.DataFrame:
    """Every estimate beside R's."""
    ours = fitted.estimates
    same = [e in SAME_MARKER.get(o, ()) for o, e in zip(ours["outcome"], ours["exposure"], strict=True)]
    return beside(ours[~np.array(same)], r_models, [*MODEL, "term"])


# ---- models


def test_r_and_the_pipeline_hold_every_model_of_the_grid(models, name):
    continuous, binary = {"1999_2002": (6, 9), "2003_2006": (3, 7)}[name]
    in_all = 10 * 4 * (continuous + 2 * binary)  # exposures x adjustment sets x (outcomes x estimators)
    same_marker = 4 * sum(len(exposures) for exposures in SAME_MARKER.values())
    assert len(models[MODEL].drop_duplicates()) == in_all - same_marker


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


def test_people_on_prescribed_b12_are_set_apart_from_every_model(fitted):
    apart = fitted.not_estimable[fitted.not_estimable["exposure"] == "b12_status"]
    models_of_it = fitted.estimates.loc[fitted.estimates["exposure"] == "b12_status", MODEL].drop_duplicates()
    said = apart[apart["reason"].str.fullmatch(r"b12_status\[treated\]: [1-6] people; .* not compared")]
    assert len(said) == len(models_of_it)


def test_homocysteine_is_not_the_exposure_of_itself(fitted):
    itself = fitted.not_estimable.query("outcome == exposure")
    assert itself["reason"].str.startswith("exposure and outcome are made of the same measurement").all()
    assert len(itself) == 2 * 4


def test_models_with_mma_rest_on_the_cycles_that_assayed_it(models, fitted, name):
    mma = models["exposure"].isin(["mma_high_271", "log2_mma", "b12_functional", "b12_index"])
    assert models.loc[mma, "n_strata"].eq({"1999_2002": 28, "2003_2006": 15}[name]).all()
    notes = fitted.notes.query("exposure == 'log2_mma' and outcome == 'macrocytosis'")["note"]
    assert notes.str.startswith("cycle has one level here").any() == (name == "2003_2006")


def test_one_cycle_has_too_few_psus_for_the_clinical_covariates_and_says_so(fitted, name):
    few = fitted.estimates[fitted.estimates["df"] < 1]
    assert set(few["adjustment"]) == ({"clinical"} if name == "2003_2006" else set())
    assert few[["p_value", "conf_low", "conf_high"]].isna().all(axis=None)
    reasons = fitted.not_estimable["reason"].str.startswith("fewer than one degree of freedom")
    assert reasons.sum() == len(few[MODEL].drop_duplicates())


# ---- prevalence


@pytest.fixture(scope="module")
def prevalences(real: RealCohort, r_prevalences: pd.DataFrame) -> pd.DataFrame:
    sample = Sample.of(real.derived.frame, real.derived.meta, real.project)
    return beside(prevalence(sample), r_prevalences, ["variable", "subgroup"])


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
