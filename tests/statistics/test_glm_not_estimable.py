from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit

from b12sarc.glm import fit_glm
from b12sarc.inference import NotEstimableError
from survey_models import ROWS, simple_survey, with_intercept


class TestNotEstimable:
    @pytest.mark.parametrize("family", ["gaussian", "binomial", "poisson"])
    def test_outcome_with_one_level(self, family):
        domain, x, _ = simple_survey()
        with pytest.raises(NotEstimableError, match=r"the outcome has one level \(1\) among 400 rows"):
            fit_glm(domain, np.ones(ROWS), with_intercept(x), family=family, names=["a", "b", "c"])

    def test_exposure_with_one_level_is_named(self):
        domain, x, rng = simple_survey()
        matrix = with_intercept(x[:, 0], np.zeros(ROWS), np.full(ROWS, 7.0))
        with pytest.raises(NotEstimableError, match="other terms determine low_b12, cycle among"):
            fit_glm(
                domain,
                rng.normal(size=ROWS),
                matrix,
                family="gaussian",
                names=["1", "age", "low_b12", "cycle"],
            )

    def test_calendar_year_is_not_taken_for_a_constant(self):
        domain, x, rng = simple_survey()
        year = 2011 + (x[:, 0] > 0)
        model = fit_glm(
            domain, rng.normal(size=ROWS), with_intercept(year), family="gaussian", names=["1", "year"]
        )
        assert np.isfinite(model.se).all()

    def test_complete_separation(self):
        domain, x, _ = simple_survey()
        with pytest.raises(NotEstimableError, match=r"separation.*reach 0 and 1"):
            fit_glm(domain, x[:, 0] > 0, with_intercept(x[:, 0]), family="binomial", names=["1", "x"])

    @pytest.mark.parametrize("family", ["binomial", "poisson"])
    def test_a_group_without_events(self, family):
        domain, x, rng = simple_survey()
        exposed = x[:, 0] > 1
        event = (rng.uniform(size=ROWS) < 0.3) & ~exposed
        with pytest.raises(NotEstimableError, match=r"separation.*reach 0\)"):
            fit_glm(domain, event, with_intercept(exposed), family=family, names=["1", "x"])

    def test_a_group_in_which_everybody_has_the_event(self):
        domain, x, rng = simple_survey()
        exposed = x[:, 0] > 1
        event = (rng.uniform(size=ROWS) < 0.3) | exposed
        with pytest.raises(NotEstimableError, match=r"separation.*reach 1\)"):
            fit_glm(domain, event, with_intercept(exposed), family="binomial", names=["1", "x"])

    def test_one_event_in_the_exposed_is_no_separation(self):
        domain, x, rng = simple_survey()
        exposed = x[:, 0] > 1
        event = (rng.uniform(size=ROWS) < 0.3) & ~exposed
        event[np.flatnonzero(exposed)[0]] = True
        model = fit_glm(domain, event, with_intercept(exposed), family="binomial", names=["1", "x"])
        share = domain.weights @ (event & exposed) / (domain.weights @ exposed)
        assert_allclose(expit(model.coef.sum()), share, rtol=1e-10)

    def test_fitted_probabilities_near_1_are_no_separation_if_the_fit_converges(self):
        domain, x, rng = simple_survey()
        far = np.where(np.arange(ROWS) < 5, 40.0, x[:, 0])
        event = rng.uniform(size=ROWS) < expit(far)
        model = fit_glm(domain, event, with_intercept(far), family="binomial", names=["1", "x"])
        assert expit(model.coef @ [1, 40]) > 1 - 1e-10

    def test_as_many_coefficients_as_rows(self):
        domain, x, _ = simple_survey()
        small = domain.restrict(np.arange(ROWS) < 3)
        with pytest.raises(NotEstimableError, match="3 rows for 3 coefficients"):
            fit_glm(
                small, np.array([1.0, 2, 4]), with_intercept(x[:3]), family="gaussian", names=["1", "a", "b"]
            )

    def test_no_convergence_is_said(self):
        domain, x, rng = simple_survey()
        event = rng.uniform(size=ROWS) < 0.5
        with pytest.raises(NotEstimableError, match="the fit does not converge"):
            fit_glm(domain, event, with_intercept(x), family="binomial", names=list("abc"), max_iter=1)

    def test_empty_domain(self):
        domain, _, _ = simple_survey()
        nobody = domain.restrict(np.zeros(ROWS, bool))
        with pytest.raises(NotEstimableError, match="no rows"):
            fit_glm(nobody, np.empty(0), np.empty((0, 1)), family="gaussian", names=["1"])


class TestTooFewDegreesOfFreedom:
    def test_no_p_value_and_no_interval_but_an_estimate_and_the_reason(self):
        domain, x, rng = simple_survey()
        two_strata = domain.restrict(np.arange(ROWS) < 80)
        y = rng.normal(size=80)
        model = fit_glm(two_strata, y, with_intercept(x[:80]), family="gaussian", names=["1", "a", "b"])
        assert (model.design_df, model.df) == (2, 0)
        assert np.isfinite(model.coef).all()
        assert (model.se > 0).all()
        assert np.isnan(model.p_value).all()
        assert np.isnan(model.conf_int()).all()
        assert model.reason == "fewer than one degree of freedom: no interval and no p-value"

    def test_one_degree_of_freedom_is_enough(self):
        domain, x, rng = simple_survey()
        two_strata = domain.restrict(np.arange(ROWS) < 80)
        model = fit_glm(
            two_strata, rng.normal(size=80), with_intercept(x[:80, 0]), family="gaussian", names=["1", "a"]
        )
        assert model.df == 1
        assert model.reason == ""
        assert np.isfinite(model.p_value).all()

    def test_wald_test_keeps_its_f_and_has_no_p(self):
        domain, x, rng = simple_survey()
        two_strata = domain.restrict(np.arange(ROWS) < 80)
        model = fit_glm(
            two_strata, rng.normal(size=80), with_intercept(x[:80]), family="gaussian", names=list("abc")
        )
        test = model.wald_test([1])
        assert np.isfinite(test.f)
        assert np.isnan(test.p_value)
        assert test.reason.startswith("fewer than one degree of freedom")

    def test_wald_test_of_more_terms_than_psus_can_tell_apart(self):
        domain, _, rng = simple_survey()
        two_strata = domain.restrict(np.arange(ROWS) < 80)
        x = rng.normal(size=(80, 5))
        model = fit_glm(two_strata, rng.normal(size=80), x, family="gaussian", names=list("abcde"))
        test = model.wald_test(range(5))
        assert np.isnan(test.f)
        assert test.reason == "the contrasts' covariance is singular: no joint test"


class TestHardFits:
    @pytest.mark.parametrize("seed", [758, 3362, 3506])
    def test_a_covariate_with_an_enormous_outlier_is_no_separation(self, seed):
        rng = np.random.default_rng(seed)
        dose = rng.lognormal(5, 2.5, ROWS)
        x = with_intercept(dose, dose**2, rng.uniform(size=ROWS) < 0.3)
        y = rng.poisson(np.exp(rng.normal(-1, 0.5, ROWS))).astype(float)
        domain, _, _ = simple_survey(seed=seed)
        model = fit_glm(domain, y, x, family="poisson", names=list("abcd"))
        residual = domain.weights * (y - np.exp(x @ model.coef))
        assert_allclose((residual @ x)[[0, 3]] / domain.weights.sum(), 0, atol=1e-10)

    def test_no_events_in_a_small_group_beside_a_skewed_covariate(self):
        rng = np.random.default_rng(3185)
        exposed = np.arange(ROWS) < 7
        x = with_intercept(rng.lognormal(5, 2, ROWS), rng.normal(70, 5, ROWS), exposed)
        y = np.where(exposed, 0.0, rng.poisson(0.7, ROWS))
        domain, _, _ = simple_survey()
        with pytest.raises(NotEstimableError, match=r"separation.*reach 0\)"):
            fit_glm(domain, y, x, family="poisson", names=list("abcd"))

    def test_a_coefficient_that_has_run_to_where_steps_are_rounding_is_no_fit(self):
        """Scoring stood still at a log rate of -38 here, where the information is all rounding."""
        domain, _, _ = simple_survey(seed=132)
        rng = np.random.default_rng(132)
        exposed = rng.uniform(size=ROWS) < rng.uniform(0.01, 0.2)
        skewed = rng.normal(0, 10 ** rng.uniform(0, 3), ROWS)
        y = ((rng.uniform(size=ROWS) < 0.15) & ~exposed).astype(float)
        with pytest.raises(NotEstimableError, match=r"separation.*reach 0\)"):
            fit_glm(domain, y, with_intercept(skewed, exposed), family="poisson", names=list("abc"))
