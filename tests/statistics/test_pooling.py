from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from b12sarc.errors import B12SarcError
from b12sarc.glm import fit_glm
from b12sarc.imputed import Imputed
from b12sarc.inference import NotEstimableError
from b12sarc.pooling import Pooled, ScalarFit, pool
from survey_models import model_matrix

RTOL = 1e-8
TESTS = Path(__file__).resolve().parent.parent
GOLDENS = TESTS / "data" / "survey_goldens"
D1 = json.loads((TESTS / "golden" / "pooling_d1.json").read_text())
MODELS = {
    "lin": ("DSST", ["PTA", "RIDAGEYR", "FEMALE", "f(DMDEDUC2)"], "gaussian"),
    "logit": ("FALL", ["PTA", "RIDAGEYR", "FEMALE", "DIAB"], "binomial"),
}


@dataclass(frozen=True)
class Fit:
    coef: np.ndarray
    cov: np.ndarray
    df: float


@pytest.fixture(scope="module")
def mi() -> dict:
    return json.loads((GOLDENS / "oracle_mi.json").read_text())


@pytest.fixture(scope="module")
def imputed(sim) -> Imputed:
    """The five data sets that R's mice completed, as a long table."""
    parts = [pd.read_csv(GOLDENS / f"mi_{j}.csv.gz").assign(_MULT_=j) for j in range(1, 6)]
    long = pd.concat(parts).sample(frac=1, random_state=3)
    values = {name: long[name].to_numpy() for name in long.columns.drop(["SEQN", "_MULT_"])}
    return Imputed.from_long(sim["SEQN"], long["SEQN"], long["_MULT_"], values, m=5, where="mi.csv")


def golden_fits(golden: dict) -> list[Fit]:
    pairs = zip(golden["est_each"], golden["vcov_each"], strict=True)
    return [Fit(np.array(coef), np.array(cov), golden["dfcom"]) for coef, cov in pairs]


def scalars(*values: float, se: float = 1.0, df: float = 20) -> Pooled:
    return pool(ScalarFit(value, se, df) for value in values)


class TestAgainstMice:
    @pytest.mark.parametrize("model", MODELS)
    def test_estimates_errors_df_and_missing_information(self, mi, model):
        golden = mi[model]["mice_pool"]
        pooled = pool(golden_fits(mi[model]))
        assert_allclose(pooled.coef, golden["est"], rtol=RTOL)
        assert_allclose(pooled.se, golden["se"], rtol=RTOL)
        assert_allclose(pooled.df, golden["df"], rtol=RTOL)
        assert_allclose(pooled.fmi, golden["fmi"], rtol=RTOL)

    @pytest.mark.parametrize("model", MODELS)
    def test_survey_fits_of_the_completed_data_give_the_same(self, mi, sim, old, imputed, model):
        outcome, terms, family = MODELS[model]
        known = np.logical_and.reduce([imputed.known(name) for name in imputed.names])
        domain = old.restrict(known)

        def analyse(completed):
            names, x = model_matrix(terms, sim | dict(completed))
            y = domain.take(completed[outcome])
            return fit_glm(domain, y, domain.take(x), family=family, names=names)

        pooled = imputed.pool(analyse)
        golden = mi[model]["mice_pool"]
        assert pooled.m == 5
        assert pooled.complete_df == mi[model]["dfcom"]
        assert_allclose(pooled.each, mi[model]["est_each"], rtol=RTOL)
        assert_allclose(pooled.se, golden["se"], rtol=RTOL)
        assert_allclose(pooled.df, golden["df"], rtol=RTOL)

    @pytest.mark.parametrize("case", D1)
    def test_joint_wald_test(self, mi, case):
        golden = D1[case]
        test = pool(golden_fits(mi[golden["model"]])).wald_test(golden["positions"])
        assert test.df_num == golden["df_num"]
        ours = [test.f, test.df_denom, test.p_value]
        assert_allclose(ours, [golden["F"], golden["df_denom"], golden["p"]], rtol=RTOL)


class TestRubinsRules:
    def test_by_hand(self):
        pooled = scalars(1.0, 2.0, 3.0, se=2.0, df=20)
        total = 4 + (1 + 1 / 3) * 1
        share = (4 / 3) / total
        observed = 21 / 23 * 20 * (1 - share)
        df = 1 / (share**2 / 2 + 1 / observed)
        riv = (4 / 3) / 4
        fmi = (riv + 2 / (df + 3)) / (riv + 1)
        assert_allclose(pooled.coef, [2.0])
        assert_allclose(pooled.cov, [[total]])
        assert_allclose(pooled.df, [df])
        assert_allclose(pooled.variance_increase, [riv])
        assert_allclose(pooled.fmi, [fmi])
        assert_allclose(pooled.relative_efficiency, [1 / (1 + fmi / 3)])

    def test_interval_and_p_value_are_those_of_students_t(self):
        pooled = scalars(1.0, 2.0, 3.0)
        t = stats.t(pooled.df[0])
        assert_allclose(pooled.p_value, 2 * t.sf(2 / pooled.se))
        assert_allclose(pooled.conf_int(0.9)[0], 2 + np.array([-1, 1]) * t.ppf(0.95) * pooled.se[0])

    @given(st.lists(st.floats(-5, 5), min_size=2, max_size=8), st.floats(1, 200))
    def test_df_exceed_neither_the_complete_data_df_nor_rubins_own(self, values, complete_df):
        pooled = scalars(*values, df=complete_df)
        share = pooled.variance_share[0]
        assert 0 < pooled.df[0] < complete_df
        assert pooled.df[0] * share**2 <= len(values) - 1
        assert pooled.se[0] >= 1
        assert 0 < pooled.fmi[0] < 1

    def test_the_least_complete_data_df_counts(self):
        fits = [ScalarFit(1.0, 1.0, 12), ScalarFit(2.0, 1.0, 9)]
        assert pool(fits).complete_df == 9

    def test_coefficients_that_do_not_vary_keep_their_standard_error(self):
        pooled = scalars(1.5, 1.5, 1.5, se=0.5)
        assert_allclose(pooled.se, [0.5])
        assert pooled.variance_increase == 0

    def test_too_few_complete_data_df_give_no_interval_and_say_so(self):
        pooled = scalars(1.0, 2.0, df=0)
        assert pooled.df == [0]
        assert np.isnan(pooled.p_value).all()
        assert np.isnan(pooled.conf_int()).all()
        assert "fewer than one degree of freedom" in pooled.reason
        assert scalars(1.0, 2.0).reason == ""

    def test_half_a_degree_of_freedom_gives_no_p_value(self):
        pooled = scalars(1.5, 1.5, df=1)
        assert_allclose(pooled.df, [0.5])
        assert np.isnan(pooled.p_value).all()
        assert "fewer than one degree of freedom" in pooled.reason

    @pytest.mark.parametrize("number", [0, 1])
    def test_fewer_than_two_imputations_are_refused(self, number):
        with pytest.raises(B12SarcError, match=f"{number} imputation.*needs at least two"):
            scalars(*[1.0] * number)

    def test_models_of_different_size_are_not_pooled(self):
        fits = [Fit(np.zeros(p), np.eye(p), 10) for p in (2, 3)]
        with pytest.raises(NotEstimableError, match="different size"):
            pool(fits)


class TestJointTest:
    def test_one_contrast_is_the_square_of_its_t(self, mi):
        pooled = pool(golden_fits(mi["lin"]))
        by_position, by_contrast = pooled.wald_test([3]), pooled.wald_test(np.eye(8)[[3]])
        assert_allclose(by_position.p_value, pooled.p_value[3])
        assert_allclose(by_position.df_denom, pooled.df[3])
        assert by_contrast == by_position

    def test_a_change_of_basis_changes_nothing(self, mi):
        pooled = pool(golden_fits(mi["lin"]))
        contrast = np.array([[1.0, 2], [-1, 1]]) @ np.eye(8)[[6, 7]]
        assert_allclose(pooled.wald_test(contrast).f, pooled.wald_test([6, 7]).f)

    @pytest.mark.parametrize(("m", "complete_df"), [(3, 30), (5, 5)])
    def test_too_few_imputations_or_df_have_a_statistic_but_no_p_value(self, m, complete_df):
        fits = [Fit(np.array([1.0, j]), np.eye(2), complete_df) for j in range(m)]
        test = pool(fits).wald_test([0, 1])
        assert test.f > 0
        assert np.isnan(test.p_value)
        assert test.reason == f"too few imputations ({m}) or degrees of freedom for a joint test of 2"

    def test_contrasts_that_say_the_same_twice_are_refused(self):
        fits = [Fit(np.array([1.0, j]), np.eye(2), 20) for j in range(5)]
        test = pool(fits).wald_test(np.array([[1.0, 1], [2, 2]]))
        assert np.isnan(test.f)
        assert "singular" in test.reason


LONG = pd.DataFrame(
    {"person": np.repeat([30, 10], 3), "imputation": [1, 2, 3] * 2, "x": [1.0, 2, 3, 7, 8, 9]}
)


def small(frame: pd.DataFrame = LONG, m: int = 3) -> Imputed:
    persons = np.array([10, 20, 30])
    values = {"x": frame["x"].to_numpy()}
    return Imputed.from_long(persons, frame["person"], frame["imputation"], values, m=m, where="dxx.xpt")


def seen(imputed: Imputed, name: str) -> list[list[float]]:
    """What the analyses get to see."""
    collected = []

    def analyse(completed):
        collected.append(completed[name].tolist())
        return ScalarFit(0.0, 1.0, 5)

    imputed.pool(analyse)
    return collected


class TestImputed:
    def test_rows_follow_the_survey_and_persons_without_imputations_are_missing(self):
        assert_allclose(seen(small(), "x"), [[7, np.nan, 1], [8, np.nan, 2], [9, np.nan, 3]])
        assert small().known("x").tolist() == [True, False, True]

    def test_the_order_of_the_file_does_not_matter(self):
        assert_allclose(seen(small(LONG.iloc[::-1]), "x"), seen(small(), "x"))

    def test_a_value_missing_in_one_imputation_is_not_known(self):
        frame = LONG.assign(x=[1, np.nan, 3, 7, 8, 9])
        assert small(frame).known("x").tolist() == [True, False, False]

    @pytest.mark.parametrize(
        "average",
        [
            np.mean,
            np.nanmean,
            np.asarray,
            sum,
            list,
            lambda x: x + x,
            lambda x: x / 5,
            lambda x: np.zeros(3) + x,
            lambda x: x[0],
        ],
    )
    def test_imputations_cannot_be_averaged(self, average):
        with pytest.raises(TypeError):
            average(small())

    def test_numpy_is_told_what_to_do_instead(self):
        with pytest.raises(TypeError, match="analyse each imputation, then pool"):
            np.mean(small())

    def test_an_analysis_cannot_write_into_the_imputations(self):
        def analyse(completed):
            completed["x"][0] = 0

        with pytest.raises(ValueError, match="read-only"):
            small().pool(analyse)

    def test_a_variable_is_derived_in_each_imputation(self):
        height = np.array([2.0, 1, 1])
        derived = small().derive(lambda completed: {"index": completed["x"] / height**2})
        assert_allclose(seen(derived, "index"), [[7 / 4, np.nan, 1], [2, np.nan, 2], [9 / 4, np.nan, 3]])
        assert derived.names == ("x", "index")

    def test_a_derived_variable_needs_a_value_for_every_row(self):
        with pytest.raises(ValueError, match="survey's 3 rows"):
            small().derive(lambda completed: {"index": completed["x"][:2]})

    def test_imputations_with_different_variables_are_refused(self):
        names = iter("abc")
        with pytest.raises(ValueError, match="different variables"):
            small().derive(lambda completed: {next(names): completed["x"]})

    def test_an_analysis_that_cannot_be_done_names_its_imputation(self):
        def analyse(completed):
            if completed["x"][0] == 8:
                raise NotEstimableError("separation")
            return ScalarFit(0.0, 1.0, 5)

        with pytest.raises(NotEstimableError, match="imputation 2: separation"):
            small().pool(analyse)


class TestLongTable:
    def test_a_person_with_a_row_too_few_is_named(self):
        with pytest.raises(B12SarcError, match=r"dxx.xpt: 1 of 2 persons .*first: person 10 has 2 rows"):
            small(LONG.iloc[:-1])

    def test_a_row_twice_is_refused_though_the_number_of_rows_is_right(self):
        with pytest.raises(B12SarcError, match="first: person 30 has 3 rows"):
            small(LONG.assign(imputation=[1, 2, 2, 1, 2, 3]))

    def test_a_file_that_lacks_an_imputation_says_which_it_has(self):
        with pytest.raises(B12SarcError, match="imputations 1, 2, 3: expected 5 of them"):
            small(m=5)

    def test_persons_of_another_survey_are_refused(self):
        with pytest.raises(B12SarcError, match=r"1 persons are not in the survey \(first: 31\)"):
            small(LONG.replace({"person": {30: 31}}))

    def test_both_problems_are_told_at_once(self):
        with pytest.raises(B12SarcError) as raised:
            small(LONG.replace({"person": {30: 31}}).iloc[:-1])
        assert len(raised.value.problems) == 2

    def test_one_imputation_is_refused(self):
        with pytest.raises(B12SarcError, match="1 imputation:"):
            small(LONG[LONG["imputation"] == 1], m=1)

    def test_columns_of_different_length_are_a_programming_error(self):
        with pytest.raises(ValueError, match="one entry a row"):
            Imputed.from_long(
                np.array([1]), np.array([1, 1]), np.array([1, 2]), {"x": np.zeros(3)}, m=2, where="x"
            )
