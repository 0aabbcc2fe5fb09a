"""Sensitivity analyses of the real files against R: tests/golden/sensitivity.R, on the same files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from b12sarc.sample import Sample
from b12sarc.sensitivity.departures import CHANGED, CHANGES_NOBODY, SENSITIVITY, option_rows
from b12sarc.sensitivity.models import Departures
from b12sarc.sensitivity.reliability import reliability_table
from b12sarc.sensitivity.untested import untested_rows
from golden_tables import assert_close, assert_equal, beside, golden
from real_cohort import RealCohort, read_real_cohort

pytestmark = pytest.mark.real_data

MODEL = ["option", "outcome", "exposure", "term", "estimator"]


def departures(real: RealCohort, **asked: object) -> Departures:
    sensitivity = real.project.analysis.sensitivity
    assert sensitivity is not None
    analysis = real.project.analysis.model_copy(update={"sensitivity": sensitivity.model_copy(update=asked)})
    project = replace(real.project, analysis=analysis)
    return Departures.of(Sample.of(real.derived.frame, real.derived.meta, project))


@pytest.fixture(scope="module")
def of_2011(nhanes_dir: Path, project: Path) -> Departures:
    return departures(
        read_real_cohort(nhanes_dir, project),
        outcomes=("low_grip_ewgsop2", "grip_max_kg"),
        exposures=("b12_low_148", "log2_b12", "mma_high_271", "log2_mma"),
    )


@pytest.fixture(scope="module")
def real_1999(nhanes_dir: Path, project: Path) -> RealCohort:
    return read_real_cohort(nhanes_dir, project, "nhanes_1999_2002")


@pytest.fixture(scope="module")
def options(of_2011: Departures) -> pd.DataFrame:
    return pd.DataFrame(list(option_rows(of_2011)), columns=list(SENSITIVITY))


def answered(options: pd.DataFrame) -> pd.DataFrame:
    return options[options["status"].isin([CHANGED, CHANGES_NOBODY])]


def test_options_of_2011_2014_are_those_of_svyglm(options: pd.DataFrame) -> None:
    same = options["status"] == CHANGES_NOBODY
    of_roche = (options["option"] == "bridged") & (options["exposure"] == "log2_b12")
    assert (same == of_roche).all()  # this cohort is on the Roche scale already
    both = beside(answered(options[~of_roche]), golden("sensitivity_2011_2014.csv"), MODEL)
    assert len(both) == 4 * (2 * 6 + 2) + 2
    for column in ("coef", "se"):
        assert_close(both, column)
    for column in ("n", "df"):
        assert_equal(both, column)
    binary = both["estimator"] == "poisson"
    assert_equal(both[binary], "events")


def test_options_of_1999_2002_are_those_of_svyglm(real_1999: RealCohort) -> None:
    of = departures(real_1999, outcomes=("chair_rise_difficulty",))
    table = answered(pd.DataFrame(list(option_rows(of)), columns=list(SENSITIVITY)))
    ours = table[table["option"].isin(["egfr_cystatin", "no_bridging"])]
    both = beside(ours, golden("sensitivity_1999_2002.csv"), MODEL)
    assert len(both) == 2 * 6
    for column in ("coef", "se"):
        assert_close(both, column)
    for column in ("n", "df"):
        assert_equal(both, column)


def test_people_dropped_by_a_rule_are_those_that_are_no_more_in_the_model(options: pd.DataFrame) -> None:
    kept = options[options["option"].isin(["age_over_65", "exclude_treated", "both_hands_tested"])]
    assert (kept["n_dropped"] == kept["n_main"] - kept["n"]).all()
    assert (kept["n_unknown"] <= kept["n_dropped"]).all()


@pytest.fixture(scope="module")
def untested(of_2011: Departures) -> pd.DataFrame:
    ours = pd.DataFrame(list(untested_rows(of_2011)))
    return beside(ours, golden("untested_2011_2014.csv"), ["outcome", "exposure"])


@pytest.mark.parametrize("column", ["coef", "se", "se_known_weights", "weight_low", "weight_high"])
def test_the_tested_weighted_for_the_untested_are_as_in_r(untested: pd.DataFrame, column: str) -> None:
    assert len(untested) == 8
    assert_close(untested, column)


@pytest.mark.parametrize("column", ["n", "n_all", "n_truncated"])
def test_counts_of_the_tested_are_as_in_r(untested: pd.DataFrame, column: str) -> None:
    assert_equal(untested, column)


def test_the_linearised_error_is_near_the_jackknife_that_fits_both_models_again(
    untested: pd.DataFrame,
) -> None:
    ratio = untested["se"] / untested["se_jackknife"]
    assert ratio.between(0.90, 1.02).all(), ratio.describe()


def test_reliability_is_that_of_a_one_way_analysis_of_variance(real_1999: RealCohort) -> None:
    ours = reliability_table(real_1999.derived.frame, real_1999.derived.meta, real_1999.project)
    both = beside(ours, golden("reliability_2001_2002.csv"), ["marker"])
    assert_equal(both, "n")
    for column in ("ratio", "se", "between", "within"):
        assert_close(both, column)
    assert (ours["youngest"] >= 16).all()
    assert (ours["oldest"] <= 69).all()
    np.testing.assert_array_less(0.7, ours["ratio"])
