"""Dose-response curves and standardised effects on the real files against R: tests/golden/curves.R.

R has the curves from svyglm on the basis of rms, the tests from regTermTest. The standardised effects are
linearised a second time in R and given to svytotal; beside them stand svypredmeans and a jackknife, which are
not the same thing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from b12sarc.dose_response import DoseResponseTables, dose_response
from b12sarc.marginal_effects import marginal_effects
from b12sarc.spec import Project
from golden_tables import assert_close, assert_equal, beside, golden
from real_cohort import RealCohort, read_real_cohort

pytestmark = [pytest.mark.real_data]
COHORTS = ["2011_2014", "1999_2002"]
CURVE = ["outcome", "exposure", "estimator"]
MARGIN = ["outcome", "exposure", "adjustment", "estimator", "comparison", "level"]
EVERY = 5
"""R has each fifth point of a curve."""


@pytest.fixture(scope="module", params=COHORTS)
def name(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def r_margins(name: str) -> pd.DataFrame:
    return golden(f"margins_{name}.csv").astype({"level": str})


def with_what_r_has(project: Project, curves: pd.DataFrame, margins: pd.DataFrame) -> Project:
    """The project with the outcomes, exposures and adjustment sets that R has."""
    distinct = {key: tuple(margins[key].unique()) for key in ("outcome", "exposure", "adjustment")}
    analysis = project.analysis
    update = {
        "dose_response": analysis.dose_response.model_copy(
            update={"outcomes": tuple(curves["outcome"].unique())}
        ),
        "marginal_effects": analysis.marginal_effects.model_copy(
            update={
                "outcomes": distinct["outcome"],
                "exposures": distinct["exposure"],
                "adjustments": distinct["adjustment"],
                "binary_outcomes": ("logistic", "poisson"),
            }
        ),
    }
    return replace(project, analysis=analysis.model_copy(update=update))


@pytest.fixture(scope="module")
def real(nhanes_dir: Path, project: Path, name: str, r_margins: pd.DataFrame) -> RealCohort:
    read = read_real_cohort(nhanes_dir, project, name=f"nhanes_{name}")
    r_curves = golden(f"curves_{name}.csv")
    return replace(read, project=with_what_r_has(read.project, r_curves, r_margins))


@pytest.fixture(scope="module")
def fitted(real: RealCohort) -> DoseResponseTables:
    return dose_response(real.derived.frame, real.derived.meta, real.project)


# ---- curves


@pytest.fixture(scope="module")
def points(fitted: DoseResponseTables, name: str) -> pd.DataFrame:
    """Each fifth point of every curve beside R's; the reference, which is no point of R's, left out."""
    ours = fitted.curves[fitted.curves["value"] != fitted.curves["reference"]]
    place = ours.groupby(CURVE).cumcount() + 1
    return beside(
        ours.assign(point=place)[place % EVERY == 1], golden(f"curves_{name}.csv"), [*CURVE, "point"]
    )


@pytest.fixture(scope="module")
def tests(fitted: DoseResponseTables, name: str) -> pd.DataFrame:
    ours = fitted.tests[fitted.tests["reason"] == ""]
    return beside(ours, golden(f"curve_tests_{name}.csv"), CURVE)


def test_r_and_the_pipeline_hold_every_curve(points, name):
    outcomes, exposures = {"2011_2014": (3, 2), "1999_2002": (4, 3)}[name]
    assert len(points) == outcomes * exposures * 13


@pytest.mark.parametrize("column", ["value", "coef", "se"])
def test_curve_and_its_standard_error_are_those_of_svyglm_on_the_basis_of_rms(points, column):
    assert_close(points, column)


@pytest.mark.parametrize("column", ["f_overall", "p_overall", "f_nonlinear", "p_nonlinear"])
def test_wald_tests_are_those_of_regtermtest(tests, column):
    assert_close(tests, column)


@pytest.mark.parametrize("column", ["n", "events", "df", "df_num_overall", "df_num_nonlinear"])
def test_counts_and_degrees_of_freedom_are_exactly_those_of_r(tests, column):
    assert_equal(tests, column)


def test_knots_are_weighted_percentiles_of_svyquantile(tests):
    ours = tests["knots"].str.split("; ", expand=True).astype(float)
    np.testing.assert_allclose(ours, tests[["knot1", "knot2", "knot3", "knot4"]], rtol=1e-5)


def test_shares_of_the_distribution_sum_to_the_weight_between_the_ends(fitted):
    shares = fitted.distribution.groupby("exposure")["share"].sum()
    assert shares.between(0.975, 0.99).all()


# ---- standardised effects


@pytest.fixture(scope="module")
def margins(real: RealCohort, r_margins: pd.DataFrame) -> pd.DataFrame:
    ours = marginal_effects(real.derived.frame, real.derived.meta, real.project)
    return beside(ours[ours["reason"] == ""], r_margins, MARGIN)


@pytest.mark.parametrize(
    "column", ["mean", "mean_se", "difference", "difference_se", "ratio", "log_ratio_se"]
)
def test_means_differences_and_ratios_are_those_linearised_in_r(margins, column):
    assert_close(margins, column)


@pytest.mark.parametrize("column", ["n", "events", "df"])
def test_margins_rest_on_exactly_the_people_of_the_models_in_r(margins, column):
    assert_equal(margins, column)


def test_standardised_means_are_those_of_svypredmeans(margins):
    there = margins[margins["predmeans_mean"].notna()]
    assert len(there) > 40
    np.testing.assert_allclose(there["mean"], there["predmeans_mean"], rtol=1e-8)


def test_standard_errors_of_crude_means_are_those_of_svypredmeans(margins):
    crude = margins[margins["predmeans_se"].notna() & (margins["adjustment"] == "crude")]
    assert len(crude) > 20
    np.testing.assert_allclose(crude["mean_se"], crude["predmeans_se"], rtol=1e-7)


def test_svypredmeans_leaves_out_what_links_coefficients_and_covariates(margins):
    """It adds two variances; the covariance between them moves an adjusted SE by up to a quarter."""
    adjusted = margins[margins["predmeans_se"].notna() & (margins["adjustment"] == "clinical")]
    ratio = adjusted["mean_se"] / adjusted["predmeans_se"]
    assert (ratio - 1).abs().max() > 0.1
    replicated = adjusted[adjusted["jackknife_mean_se"].notna()]
    ours = (replicated["mean_se"] / replicated["jackknife_mean_se"] - 1).abs().max()
    theirs = (replicated["predmeans_se"] / replicated["jackknife_mean_se"] - 1).abs().max()
    assert ours < 0.05 < theirs


@pytest.mark.parametrize("number", ["mean", "difference"])
def test_standard_errors_are_about_those_of_a_jackknife_over_psus(margins, number):
    there = margins[margins[f"jackknife_{number}_se"].notna()]
    ratio = there[f"{number}_se"] / there[f"jackknife_{number}_se"]
    assert len(there) > 4
    assert ratio.between(0.95, 1.01).all()
