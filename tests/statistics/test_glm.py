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
from b12sarc.inference import FTest, singular, t_quantile
from survey_models import MODELS, ROWS, RTOL, fit, model_matrix, simple_survey, with_intercept


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
        assert (model.n, model.converged) == (domain.n, True)

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

    def covariance(self, scores: np.ndarray, refit: object) -> np.ndarray:
        return self.covariance_of_total(scores)


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


class TestFTest:
    def test_one_denominator_df_is_enough(self):
        assert_allclose(FTest.of(161.4476, 1, 1).p_value, 0.05, rtol=1e-6)

    def test_wald_of_what_does_not_vary_is_singular(self):
        test = FTest.wald(np.ones(1), np.zeros((1, 1)), 5)
        assert np.isnan(test.f)
        assert test.reason == "the contrasts' covariance is singular: no joint test"

    def test_units_do_not_make_a_covariance_singular(self):
        assert not singular(np.diag([1e-20, 1e20]))
        assert singular(np.array([[1e-20, 1.0], [1.0, 1e20]]))


@pytest.mark.parametrize("level", [0, 1, 95])
def test_confidence_level_is_a_share(level):
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        t_quantile(level, 10)
