from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from patsy import dmatrix
from scipy.special import expit
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from b12sarc.design import SurveyDesign
from b12sarc.glm import fit_glm
from b12sarc.inference import NotEstimableError
from survey_models import MODELS, fit, model_matrix

RTOL = 1e-8
ROWS = 400
PER_PSU = 20


def simple_survey(n: int = ROWS, seed: int = 1) -> tuple:
    """A domain of ten strata of two PSUs, and two standard normal covariates."""
    rng = np.random.default_rng(seed)
    cluster = np.arange(n) // (n // PER_PSU)
    design = SurveyDesign.from_arrays(rng.uniform(1, 5, n), cluster // 2, cluster % 2)
    return design.domain(np.ones(n, bool)), rng.normal(size=(n, 2)), rng


def with_intercept(*columns: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(columns[0])), *columns])


class TestAgainstR:
    @pytest.mark.parametrize("name", MODELS)
    def test_coefficients_errors_and_df(self, name, sim, old, oracle):
        golden = oracle["glm"][name]
        model, domain = fit(name, sim, old)
        assert list(model.names) == golden["names"]
        assert (model.df, model.design_df) == (golden["df_resid"], golden["degf"])
        assert_allclose(model.coef, golden["est"], rtol=RTOL)
        assert_allclose(model.se, golden["se"], rtol=RTOL)
        scale = np.outer(golden["se"], golden["se"])
        assert_allclose(model.cov / scale, golden["vcov"] / scale, rtol=0, atol=RTOL)
        assert model.n == domain.n

    @pytest.mark.parametrize("name", MODELS)
    def test_p_values_and_intervals(self, name, sim, old, oracle):
        golden = oracle["glm"][name]
        model, _ = fit(name, sim, old)
        assert_allclose(model.t, golden["t"], rtol=RTOL)
        assert_allclose(model.p_value, golden["p"], rtol=RTOL)
        assert_allclose(model.conf_int(), np.column_stack([golden["lci"], golden["uci"]]), rtol=RTOL)

    @pytest.mark.parametrize("name", [name for name in MODELS if name not in ("lin_old_nocov",)])
    def test_wald_f_by_term(self, name, sim, old, oracle):
        model, _ = fit(name, sim, old)
        for term, golden in oracle["glm"][name].get("term", {}).items():
            at = [i for i, coefficient in enumerate(model.names) if coefficient.startswith(term)]
            test = model.wald_test(at)
            assert (test.df_num, test.df_denom) == (golden["df"], golden["ddf"])
            assert_allclose([test.f, test.p_value], [golden["F"], golden["p"]], rtol=RTOL)

    def test_natural_spline_spans_the_space_of_rs_ns(self, sim, old, oracle):
        golden = oracle["glm"]["spline_old"]
        knots, bounds = oracle["spline"]["knots"], oracle["spline"]["boundary"]
        basis = f"cr(x, knots={knots}, lower_bound={bounds[0]}, upper_bound={bounds[1]}) - 1"
        y, pta = sim["DSST"], sim["PTA"]
        domain = old.restrict(~np.isnan(y) & ~np.isnan(pta))
        spline = np.asarray(dmatrix(basis, {"x": domain.take(pta)}))
        others = [domain.take(sim[name].astype(float)) for name in ("RIDAGEYR", "FEMALE")]
        names = [f"s{k}" for k in range(spline.shape[1])] + ["RIDAGEYR", "FEMALE"]
        x = np.column_stack([spline, *others])
        model = fit_glm(domain, domain.take(y), x, family="gaussian", names=names)
        assert_allclose(model.coef[-2:], golden["est"][-2:], rtol=RTOL)
        assert_allclose(model.se[-2:], golden["se"][-2:], rtol=RTOL)
        at = np.array(golden["pred"]["PTA"], dtype=float)
        new = np.column_stack([np.asarray(dmatrix(basis, {"x": at})), np.full(len(at), 70), np.ones(len(at))])
        assert_allclose(new @ model.coef, golden["pred"]["fit"], rtol=RTOL)
        se = np.sqrt(np.einsum("ij,jk,ik->i", new, model.cov, new))
        assert_allclose(se, golden["pred"]["se"], rtol=RTOL)
        shape = np.eye(len(names))[1 : spline.shape[1]] - np.eye(len(names))[0]
        term = golden["term"]["ns(PTA, knots = c(22, 28, 34, 40), Boundary.knots = c(12, 55))"]
        test = model.wald_test(shape)
        assert (test.df_num, test.df_denom) == (term["df"], term["ddf"])
        assert_allclose([test.f, test.p_value], [term["F"], term["p"]], rtol=RTOL)

    def test_predictions_by_the_delta_method(self, sim, old, oracle):
        golden = oracle["glm"]["predict_logit"]
        names, x = model_matrix(["HL", "RIDAGEYR", "FEMALE"], sim)
        y = sim["FALL"]
        domain = old.restrict(~np.isnan(y) & ~np.isnan(x).any(axis=1))
        model = fit_glm(domain, domain.take(y), domain.take(x), family="binomial", names=names)
        new = with_intercept(
            *(np.array([row[k] for row in golden["newdata"]]) for k in ("HL", "RIDAGEYR", "FEMALE"))
        )
        eta, se = new @ model.coef, np.sqrt(np.einsum("ij,jk,ik->i", new, model.cov, new))
        assert_allclose(
            np.column_stack([eta, se]), np.column_stack([golden["link"], golden["link_se"]]), RTOL
        )
        mu = expit(eta)
        assert_allclose(mu, golden["resp"], rtol=RTOL)
        assert_allclose(mu * (1 - mu) * se, golden["resp_se"], rtol=RTOL)

    @pytest.mark.parametrize("policy", ["adjust", "average", "remove", "certainty"])
    def test_single_psu_policies(self, policy, sim, oracle):
        golden = oracle["lonely"][policy]["glm"]
        keep = ~(np.isin(sim["SDMVSTRA"], (95, 110)) & (sim["SDMVPSU"] == 2))
        left = {name: values[keep] for name, values in sim.items()}
        design = SurveyDesign.from_arrays(
            left["WTMEC4YR"], left["SDMVSTRA"], left["SDMVPSU"], single_psu=policy
        )
        names, x = model_matrix(["PTA", "RIDAGEYR", "FEMALE"], left)
        y = left["DSST"]
        domain = design.domain((left["OLD"] == 1) & ~np.isnan(y) & ~np.isnan(x).any(axis=1))
        model = fit_glm(domain, domain.take(y), domain.take(x), family="gaussian", names=names)
        assert_allclose(model.coef, golden["est"], rtol=RTOL)
        assert_allclose(model.se, golden["se"], rtol=RTOL)
        assert model.df == golden["df_resid"]

    def test_small_domain(self, sim, old, oracle):
        golden = oracle["lonely"]["domain"]["glm"]
        names, x = model_matrix(["RIDAGEYR", "FEMALE"], sim)
        domain = old.restrict((sim["RIDRETH3"] == 7) & ~np.isnan(sim["PTA"]))
        model = fit_glm(domain, domain.take(sim["PTA"]), domain.take(x), family="gaussian", names=names)
        assert_allclose(model.coef, golden["est"], rtol=RTOL)
        assert_allclose(model.se, golden["se"], rtol=RTOL)
        assert model.df == golden["df_resid"]


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


class TestInputs:
    def test_nan_is_the_callers_error(self):
        domain, x, _ = simple_survey()
        y = x[:, 0].copy()
        y[3] = np.nan
        with pytest.raises(ValueError, match="restrict the domain to complete cases"):
            fit_glm(domain, y, with_intercept(x), family="gaussian", names=list("abc"))

    def test_rows_must_be_the_domains(self):
        domain, x, _ = simple_survey()
        with pytest.raises(ValueError, match=r"expected y \(399,\) and x \(399, 3\)"):
            fit_glm(
                domain.restrict(np.arange(ROWS) > 0),
                x[:, 0],
                with_intercept(x),
                family="gaussian",
                names=list("abc"),
            )

    @pytest.mark.parametrize(("family", "low"), [("binomial", 2.0), ("poisson", -1.0)])
    def test_outcome_must_suit_the_family(self, family, low):
        domain, x, _ = simple_survey()
        y = (x[:, 0] > 0).astype(float)
        y[0] = low
        with pytest.raises(ValueError, match=f"does not suit family {family}"):
            fit_glm(domain, y, with_intercept(x), family=family, names=list("abc"))


class TestWaldContrasts:
    def test_contrast_of_one_coefficient_is_its_squared_t(self):
        domain, x, rng = simple_survey()
        model = fit_glm(
            domain, rng.normal(size=ROWS), with_intercept(x), family="gaussian", names=list("abc")
        )
        test = model.wald_test([2])
        assert_allclose([test.f, test.p_value], [model.t[2] ** 2, model.p_value[2]], rtol=1e-10)

    def test_contrast_matrix_does_not_depend_on_how_the_hypothesis_is_written(self):
        domain, x, rng = simple_survey()
        model = fit_glm(
            domain, rng.normal(size=ROWS), with_intercept(x), family="gaussian", names=list("abc")
        )
        a = model.wald_test(np.array([[0.0, 1, 0], [0, 0, 1]]))
        b = model.wald_test(np.array([[0.0, 1, 1], [0, 1, -1]]))
        assert_allclose([a.f, a.p_value], [b.f, b.p_value], rtol=1e-10)
        assert a == model.wald_test([1, 2])


class SimpleSample:
    """A simple random sample: all that a fit asks of a design."""

    def __init__(self, n: int):
        self.n = self.n_psu = n
        self.n_strata = 1
        self.df = n - 1
        self.weights = np.full(n, 3.0)

    def covariance_of_total(self, scores: np.ndarray) -> np.ndarray:
        return self.n * np.cov(scores * self.weights[:, None], rowvar=False)


@pytest.mark.parametrize(
    ("family", "reference"),
    [("gaussian", families.Gaussian), ("binomial", families.Binomial), ("poisson", families.Poisson)],
)
def test_a_fit_needs_only_the_protocol_and_agrees_with_statsmodels_robust(family, reference):
    _, x, rng = simple_survey()
    y = (rng.uniform(size=ROWS) < expit(x[:, 0])).astype(float)
    matrix = with_intercept(x)
    ours = fit_glm(SimpleSample(ROWS), y, matrix, family=family, names=list("abc"))
    theirs = GLM(y, matrix, family=reference()).fit(tol=1e-14, cov_type="HC0")
    assert_allclose(ours.coef, theirs.params, rtol=RTOL)
    assert_allclose(ours.cov, theirs.cov_params() * ROWS / (ROWS - 1), rtol=RTOL)


class TestInvariance:
    @given(st.integers(0, 10_000), st.sampled_from(["gaussian", "binomial", "poisson"]))
    @settings(max_examples=40, deadline=None)
    def test_to_weights_scale_row_order_and_labels(self, seed, family):
        rng = np.random.default_rng(seed)
        n = 120
        weight, stratum, psu = rng.uniform(1, 9, n), rng.integers(0, 4, n), rng.integers(0, 3, n)
        x = with_intercept(rng.normal(size=n), rng.uniform(size=n) < 0.4)
        y = (rng.uniform(size=n) < 0.5).astype(float)
        order = rng.permutation(n)
        everybody = np.ones(n, bool)
        a = fit_glm(
            SurveyDesign.from_arrays(weight, stratum, psu).domain(everybody),
            y,
            x,
            family=family,
            names=list("abc"),
        )
        relabelled = SurveyDesign.from_arrays(
            1e4 * weight[order], 50 - stratum[order], np.array(["z", "k", "b"])[psu[order]]
        )
        b = fit_glm(relabelled.domain(everybody), y[order], x[order], family=family, names=list("abc"))
        assert_allclose(b.coef, a.coef, rtol=1e-8, atol=1e-12)
        assert_allclose(b.se, a.se, rtol=1e-8)
        assert a.df == b.df

    @pytest.mark.parametrize("family", ["gaussian", "binomial", "poisson"])
    def test_to_units_and_origin_of_a_covariate(self, family):
        domain, x, rng = simple_survey()
        y = (rng.uniform(size=ROWS) < 0.4).astype(float)
        a = fit_glm(domain, y, with_intercept(x), family=family, names=list("abc"))
        moved = np.column_stack([x[:, 0] * 1e-6, x[:, 1] * 1e3 + 2e6])
        b = fit_glm(domain, y, with_intercept(moved), family=family, names=list("abc"))
        assert_allclose(b.coef[1:] * [1e-6, 1e3], a.coef[1:], rtol=1e-8)
        assert_allclose(b.t[1:], a.t[1:], rtol=1e-8)

    def test_of_a_domain_to_values_outside_it(self):
        domain, x, rng = simple_survey()
        y = rng.normal(size=ROWS)
        half = domain.restrict(x[:, 1] > 0)
        changed = np.where(x[:, 1] > 0, y, 1e9)
        fits = [
            fit_glm(half, half.take(v), half.take(with_intercept(x)), family="gaussian", names=list("abc"))
            for v in (y, changed)
        ]
        assert (fits[0].cov == fits[1].cov).all()


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
