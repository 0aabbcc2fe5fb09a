from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from b12sarc import estimators as est
from b12sarc.inference import NotEstimableError
from survey_models import RTOL, no_degrees_of_freedom, tiny


class TestComparisons:
    def test_t_test(self, sim, old, known, oracle):
        golden = oracle["tests"]["ttest"]
        domain, y = known(old, "DSST")
        result = est.t_test(domain, y, domain.take(sim["FEMALE"]))
        assert_allclose(
            [result.estimate, result.t, result.p_value, result.conf_low, result.conf_high],
            [golden["est"], golden["t"], golden["p"], *golden["ci"]],
            rtol=RTOL,
        )
        assert result.df == golden["df"]

    def test_t_test_refuses_three_groups(self, sim, old, known):
        domain, y = known(old, "DSST")
        with pytest.raises(ValueError, match="group must have two levels, got 3"):
            est.t_test(domain, y, domain.take(sim["SMOKE"]))

    def test_compare_means_is_the_wald_f_of_the_factor(self, old, known, extra):
        golden = extra["compare_means"]
        domain, _ = known(old, "DSST")
        domain, education = known(domain, "DMDEDUC2")
        _, y = known(domain, "DSST")
        result = est.compare_means(domain, y, education)
        assert (result.df_num, result.df_denom) == (golden["df"], golden["ddf"])
        assert_allclose([result.f, result.p_value], [golden["F"], golden["p"]], rtol=RTOL)

    def test_chi_square_is_rao_scotts_f(self, old, known, oracle):
        golden = oracle["tests"]["chisq_F"]
        domain, education = known(*known(old, "HL")[:1], "DMDEDUC2")
        _, hearing = known(domain, "HL")
        result = est.chi_square(domain, hearing, education)
        assert_allclose(
            [result.f, result.df_num, result.df_denom, result.p_value],
            [golden["stat"], *golden["par"], golden["p"]],
            rtol=RTOL,
        )

    def test_chi_square_of_six_by_three(self, sim, old, extra):
        golden = extra["chisq_race_smoke"]
        result = est.chi_square(old, old.take(sim["RIDRETH3"]), old.take(sim["SMOKE"]))
        assert_allclose(
            [result.f, result.df_num, result.df_denom, result.p_value],
            [golden["stat"], *golden["par"], golden["p"]],
            rtol=RTOL,
        )

    def test_chi_square_does_not_mind_which_variable_is_the_row(self, sim, old):
        race, smoke = old.take(sim["RIDRETH3"]), old.take(sim["SMOKE"])
        a, b = est.chi_square(old, race, smoke), est.chi_square(old, smoke, race)
        assert_allclose([a.f, a.df_num, a.p_value], [b.f, b.df_num, b.p_value], rtol=1e-9)

    def test_chi_square_of_two_strings(self, sim, old):
        smoke = old.take(sim["SMOKE"])
        named = np.array(["never", "former", "current"])[smoke.astype(int)]
        a = est.chi_square(old, old.take(sim["FEMALE"]), smoke)
        b = est.chi_square(old, old.take(sim["FEMALE"]), named)
        assert_allclose([a.f, a.p_value], [b.f, b.p_value], rtol=1e-9)

    def test_chi_square_needs_two_levels(self):
        domain, x = tiny()
        with pytest.raises(NotEstimableError, match=r"col has one level in the domain \(1\)"):
            est.chi_square(domain, x > 3, np.ones(8, int))

    def test_chi_square_needs_cells_that_vary_between_psus(self):
        domain, _ = tiny(weights=np.ones(8))
        with pytest.raises(NotEstimableError, match="do not vary between PSUs"):
            est.chi_square(domain, np.tile([0, 1], 4), np.tile([0, 1], 4))

    def test_chi_square_without_degrees_of_freedom_has_no_p_value(self):
        domain, x = no_degrees_of_freedom()
        result = est.chi_square(domain, x > 2, np.array([0, 1, 1, 1]))
        assert np.isnan(result.p_value)
        assert result.reason.startswith("fewer than one degree of freedom")


class TestStandardisedDifference:
    def test_continuous_matches_the_formula_on_svymean_and_svyvar(self, sim, old, known, extra):
        domain, x = known(old, "DSST")
        result = est.standardised_difference(domain, x, domain.take(sim["FEMALE"]))
        assert_allclose(result.estimate, extra["smd_DSST_by_sex"], rtol=RTOL)
        assert (result.between, result.n) == (("0", "1"), domain.n)

    @pytest.mark.parametrize("variable", ["DMDEDUC2", "DIAB"])
    def test_categorical_matches_the_formula_on_svymean(self, sim, old, known, extra, variable):
        domain, codes = known(old, variable)
        result = est.standardised_difference_categorical(domain, codes, domain.take(sim["FEMALE"]))
        assert_allclose(result.estimate, extra[f"smd_{variable}_by_sex"], rtol=RTOL)

    def test_binary_by_hand(self):
        domain, _ = tiny(weights=np.ones(8))
        group = np.repeat(["a", "b"], 4)
        event = np.array([1, 0, 0, 0, 1, 1, 0, 0])
        result = est.standardised_difference_categorical(domain, event, group)
        assert_allclose(result.estimate, 0.25 / np.sqrt((0.25 * 0.75 + 0.5 * 0.5) / 2), rtol=1e-12)

    def test_multilevel_does_not_mind_which_level_is_left_out(self, sim, old, known):
        domain, codes = known(old, "DMDEDUC2")
        sex = domain.take(sim["FEMALE"])
        a = est.standardised_difference_categorical(domain, codes, sex)
        b = est.standardised_difference_categorical(domain, -codes, sex)
        assert_allclose(a.estimate, b.estimate, rtol=1e-9)

    def test_of_three_groups_is_that_of_the_pair_furthest_apart(self):
        domain, _ = tiny(weights=np.ones(8))
        x = np.array([0.0, 2, 1, 3, 10, 12, 11, 13])
        group = np.array(["a", "a", "b", "b", "c", "c", "b", "b"])
        narrow = domain.restrict(np.array([1, 1, 1, 1, 1, 1, 0, 0], bool))
        result = est.standardised_difference(narrow, x[:6], group[:6])
        assert result.between == ("a", "c")
        assert_allclose(result.estimate, 10 / np.sqrt(2), rtol=1e-12)

    def test_a_level_that_a_pair_does_not_have_is_left_out_of_it(self):
        domain, _ = tiny(weights=np.ones(8))
        group = np.array(["a", "a", "a", "b", "b", "b", "c", "c"])
        codes = np.array([0, 1, 1, 0, 0, 1, 0, 2])
        result = est.standardised_difference_categorical(domain, codes, group)
        # a and c: differences (2/3, -1/2), mean covariance diag(1/9, 1/8); a and b have no level 2.
        assert result.between == ("a", "c")
        assert_allclose(result.estimate, np.sqrt(6), rtol=1e-12)

    def test_groups_without_a_common_level_have_none(self):
        domain, _ = tiny(weights=np.ones(8))
        group = np.repeat(["a", "b"], 4)
        with pytest.raises(NotEstimableError, match="no level in common"):
            est.standardised_difference_categorical(domain, np.repeat([0, 1], 4), group)

    def test_no_spread_has_none(self):
        domain, _ = tiny(weights=np.ones(8))
        with pytest.raises(NotEstimableError, match="no spread in either group"):
            est.standardised_difference(domain, np.repeat([0.0, 1], 4), np.repeat(["a", "b"], 4))
