"""Effect modification in NHANES 2011-2014 against R (tests/golden/effect_modification.R, the same files)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from b12sarc.effect_modification import effect_modification
from golden_tables import assert_close, assert_equal, beside, golden
from real_cohort import read_real_cohort

pytestmark = pytest.mark.real_data

MODEL = ["modifier", "outcome", "exposure", "estimator"]
NUMBER = [*MODEL, "measure", "level", "term"]


@pytest.fixture(scope="module")
def table(nhanes_dir: Path, project: Path) -> pd.DataFrame:
    real = read_real_cohort(nhanes_dir, project)
    derived = real.derived
    made = effect_modification(derived.frame, derived.meta, real.project, None, derived.imputed)
    return made.assign(**{c: made[c].astype("str").fillna("") for c in ("level", "term", "scale")})


@pytest.fixture(scope="module")
def numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Every number beside R's."""
    r = golden("effect_modification.csv")
    r = r.assign(term=r["term"].astype("str").fillna(""))
    return beside(table[table["coef"].notna()], r, NUMBER)


@pytest.fixture(scope="module")
def tests(table: pd.DataFrame) -> pd.DataFrame:
    ours = table[(table["measure"] == "test") & table["p_value"].notna()]
    return beside(ours, golden("effect_modification_tests.csv"), [*MODEL, "scale"])


@pytest.mark.parametrize(
    "measure",
    ["subgroup", "joint", "product", "reri", "ap", "synergy", "difference", "difference_contrast"],
)
def test_estimates_and_standard_errors_are_those_of_r(numbers: pd.DataFrame, measure: str) -> None:
    of_measure = numbers[numbers["measure"] == measure]
    assert len(of_measure) > 50
    assert_close(of_measure, "coef")
    assert_close(of_measure, "se")


@pytest.mark.parametrize("column", ["n", "df"])
def test_people_and_degrees_of_freedom_are_exactly_those_of_r(numbers: pd.DataFrame, column: str) -> None:
    assert_equal(numbers, column)


def test_events_are_those_of_binary_outcomes(numbers: pd.DataFrame) -> None:
    binary = numbers["estimator"] != "linear"
    assert_equal(numbers[binary], "events")
    assert numbers.loc[~binary, "events"].isna().all()


@pytest.mark.parametrize("column", ["f", "p_value"])
def test_tests_for_interaction_are_those_of_regtermtest(tests: pd.DataFrame, column: str) -> None:
    assert_close(tests, column)


@pytest.mark.parametrize("column", ["p_holm", "p_bh"])
def test_p_values_adjusted_within_a_scale_and_estimator_are_those_of_p_adjust(
    tests: pd.DataFrame, column: str
) -> None:
    assert_close(tests, column)
    assert (tests[column] >= tests["p_value"] * (1 - 1e-12)).all()


def test_what_r_does_not_estimate_has_its_reason(table: pd.DataFrame) -> None:
    silent = table[table["coef"].isna() & (table["measure"] != "test")]
    silent = pd.concat([silent, table[(table["measure"] == "test") & table["p_value"].isna()]])
    assert len(silent) > 50
    assert (silent["reason"].fillna("") != "").all()


def test_a_difference_of_differences_is_the_interaction_on_the_additive_scale_of_means(
    table: pd.DataFrame,
) -> None:
    linear = table[table["estimator"] == "linear"]
    assert set(linear["measure"]) == {"subgroup", "joint", "product", "test"}
    assert set(linear.loc[linear["measure"] == "product", "scale"]) == {"additive"}
    product = linear[linear["measure"] == "product"].set_index(MODEL)["p_value"].dropna()
    tested = linear[linear["measure"] == "test"].set_index(MODEL)["p_value"].dropna()
    np.testing.assert_allclose(product, tested.loc[product.index], rtol=1e-9)
