"""Every kind of design equals R's survey on made-up data (tests/golden/designs.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from b12sarc.design import Domain, ReplicateDesign, SurveyDesign
from b12sarc.errors import B12SarcError
from b12sarc.estimators import chi_square, mean, proportion, quantile, ratio, total, variance
from b12sarc.glm import fit_glm
from b12sarc.inference import NotEstimableError
from b12sarc.margins import margins
from b12sarc.spec import Replicates
from b12sarc.standardise import joint_means, standardised_mean
from b12sarc.trend import linear_trend
from survey_models import ROWS, RTOL, model_matrix, simple_survey, with_intercept

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
METHODS = {
    "brr": {},
    "fay": {"rho": 0.3},
    "jkn": {"rscales": 0.5},
    "jk1": {},
    "bootstrap": {},
}
KINDS = ["clustered", "weights_only", "simple", *METHODS, *(f"{method}_no_mse" for method in METHODS)]
MODELS = {
    "gaussian": ("DSST", ["PTA", "RIDAGEYR", "f(DMDEDUC2)"]),
    "binomial": ("FALL", ["HL", "RIDAGEYR", "FEMALE"]),
    "poisson": ("FALL", ["HL", "RIDAGEYR", "FEMALE"]),
}


@pytest.fixture(scope="module")
def golden() -> dict:
    return json.loads((GOLDEN / "designs.json").read_text())


@pytest.fixture(scope="module")
def factors(sim: dict) -> pd.DataFrame:
    """The factor of each replicate for each row, from those of the PSUs."""
    table = pd.read_csv(GOLDEN / "designs_replicates.csv").set_index("UNIT")
    return table.loc[sim["SDMVSTRA"] * 10 + sim["SDMVPSU"]].reset_index(drop=True)


@pytest.fixture(scope="module")
def domains(sim: dict, factors: pd.DataFrame) -> dict[str, Domain]:
    """People of 60 and over in each kind of design."""
    weight, old = sim["WTMEC4YR"], sim["OLD"] == 1
    unit = sim["SDMVSTRA"] * 10 + sim["SDMVPSU"]
    examined = np.flatnonzero(weight > 0)
    found: dict[str, Domain] = {
        "clustered": SurveyDesign.from_arrays(weight, psu=unit).domain(old),
        "weights_only": SurveyDesign.from_arrays(weight).domain(old),
        "simple": SurveyDesign.from_arrays(np.ones(len(examined))).domain(old[examined]),
    }
    for method, given in METHODS.items():
        made = factors.filter(regex=f"^{method}_").to_numpy() * weight[:, None]
        names = tuple(f"RW{n}" for n in range(made.shape[1]))
        spec = Replicates(method=method, columns=names, **given)
        for mse in (True, False):
            design = ReplicateDesign.from_arrays(
                weight, made, scale=spec.total_scale(), rscales=spec.scales(), mse=mse
            )
            found[method if mse else f"{method}_no_mse"] = design.domain(old)
    return found


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def columns(sim: dict, kind: str) -> dict[str, np.ndarray]:
    """The columns of the survey; R's volunteers are those who were examined."""
    if kind != "simple":
        return sim
    return {name: values[sim["WTMEC4YR"] > 0] for name, values in sim.items()}


def known(domain: Domain, columns: dict, *names: str) -> tuple[Domain, ...]:
    mask = np.logical_and.reduce([~np.isnan(columns[name].astype(float)) for name in names])
    narrow = domain.restrict(mask)
    return (narrow, *(narrow.take(columns[name]) for name in names))


def numbers(estimate, *fields: str) -> list[float]:
    return [getattr(estimate, field) for field in fields]


@pytest.mark.parametrize("name", ["PTA", "HL", "DSST"])
def test_means_totals_and_variances(kind, domains, columns, golden, name):
    domain, x = known(domains[kind], columns, name)
    wanted = golden[kind]
    for estimator in (mean, total, variance):
        expected = wanted[estimator.__name__][name]
        found = numbers(estimator(domain, x), "estimate", "se")
        assert_allclose(found, [expected["est"], expected["se"]], rtol=RTOL)
    assert mean(domain, x).df == wanted["mean"][name]["df"]


def test_a_proportion_is_the_mean_of_an_indicator(kind, domains, columns, golden):
    domain, x = known(domains[kind], columns, "HL")
    expected = golden[kind]["mean"]["HL"]
    assert_allclose(
        numbers(proportion(domain, x), "estimate", "se"), [expected["est"], expected["se"]], rtol=RTOL
    )


def test_degrees_of_freedom_of_the_whole_and_of_small_domains(kind, domains, columns, golden):
    domain, wanted = domains[kind], golden[kind]
    assert domain.df == wanted["df_old"]
    assert domain.restrict(columns["RIDRETH3"] == 7).df == wanted["df_few"]
    if kind != "simple":
        assert domain.design.domain(np.ones(domain.design.n, bool)).df == wanted["df_whole"]


def test_a_small_domain_and_a_ratio(kind, domains, columns, golden):
    few, x = known(domains[kind].restrict(columns["RIDRETH3"] == 7), columns, "PTA")
    expected = golden[kind]["few"]
    assert_allclose(numbers(mean(few, x), "estimate", "se"), [expected["est"], expected["se"]], rtol=RTOL)
    both, top, bottom = known(domains[kind], columns, "LBXBPB", "PTA")
    expected = golden[kind]["ratio"]
    found = ratio(both, top, bottom)
    assert_allclose(numbers(found, "estimate", "se"), [expected["est"], expected["se"]], rtol=RTOL)
    assert found.df == expected["df"]


def test_quantiles_by_woodruff(kind, domains, columns, golden):
    domain, x = known(domains[kind], columns, "PTA")
    wanted = golden[kind]["quantile"]
    for place, p in enumerate(wanted["p"]):
        found = numbers(quantile(domain, x, p), "estimate", "conf_low", "conf_high", "se")
        assert_allclose(found, [wanted[key][place] for key in ("est", "low", "high", "se")], rtol=RTOL)


def test_rao_scott(kind, domains, columns, golden):
    domain, row, col = known(domains[kind], columns, "HL", "DMDEDUC2")
    found, wanted = chi_square(domain, row, col), golden[kind]["chisq"]
    assert_allclose(
        [found.f, found.df_num, found.df_denom, found.p_value],
        [wanted["f"], *wanted["df"], wanted["p"]],
        rtol=RTOL,
    )


@pytest.mark.parametrize("family", MODELS)
def test_models(kind, domains, columns, golden, family):
    outcome, terms = MODELS[family]
    names, x = model_matrix(terms, columns)
    y = columns[outcome].astype(float)
    domain = domains[kind].restrict(~np.isnan(y) & ~np.isnan(x).any(axis=1))
    fit = fit_glm(domain, domain.take(y), domain.take(x), family=family, names=names)
    wanted = golden[kind][family]
    assert_allclose(fit.coef, wanted["coef"], rtol=RTOL)
    assert_allclose(fit.se, np.sqrt(np.diag(wanted["vcov"])), rtol=RTOL)
    scale = np.sqrt(np.outer(np.diag(wanted["vcov"]), np.diag(wanted["vcov"])))
    assert_allclose(fit.cov / scale, np.array(wanted["vcov"]) / scale, atol=RTOL)
    assert fit.df == wanted["df"]
    if wanted.get("f") is not None and wanted["f"] != {}:
        factor = [place for place, name in enumerate(names) if name.startswith("f(")]
        assert_allclose(fit.wald_test(factor).f, wanted["f"], rtol=RTOL)


@pytest.mark.parametrize("method", METHODS)
def test_the_factors_of_a_method_are_those_of_svrepdesign(golden, domains, method):
    design = domains[method].design
    assert_allclose(design.scale, golden[method]["scale"], rtol=1e-12)
    assert_allclose(design.rscales, golden[method]["rscales"], rtol=1e-12)


@pytest.mark.parametrize(
    ("family", "reference"),
    [("gaussian", families.Gaussian), ("binomial", families.Binomial), ("poisson", families.Poisson)],
)
def test_without_weights_the_errors_are_those_of_statsmodels_hc0_times_n_over_n_minus_1(family, reference):
    _, x, rng = simple_survey()
    y = (rng.uniform(size=ROWS) < expit(x[:, 0])).astype(float)
    matrix = with_intercept(x)
    domain = SurveyDesign.from_arrays(np.ones(ROWS)).domain(np.ones(ROWS, bool))
    fit = fit_glm(domain, y, matrix, family=family, names=list("abc"))
    robust = GLM(y, matrix, family=reference()).fit(tol=1e-14, cov_type="HC0")
    assert_allclose(fit.coef, robust.params, rtol=RTOL)
    assert_allclose(fit.cov, robust.cov_params() * ROWS / (ROWS - 1), rtol=RTOL)
    assert (fit.df, fit.n_psu, fit.n_strata) == (ROWS - 3, ROWS, 1)


def test_of_a_domain_without_weights_the_factor_is_that_of_all_volunteers():
    _, x, rng = simple_survey()
    y, inside = rng.normal(size=ROWS), np.arange(ROWS) < 150
    matrix = with_intercept(x)
    domain = SurveyDesign.from_arrays(np.ones(ROWS)).domain(inside)
    fit = fit_glm(domain, y[inside], matrix[inside], family="gaussian", names=list("abc"))
    robust = GLM(y[inside], matrix[inside]).fit(cov_type="HC0")
    assert_allclose(fit.cov, robust.cov_params() * ROWS / (ROWS - 1), rtol=RTOL)
    assert fit.df == 150 - 1 + 1 - 3


def test_weights_that_are_all_alike_change_nothing():
    _, x, _ = simple_survey()
    alike, plain = (
        SurveyDesign.from_arrays(np.full(ROWS, weight)).domain(x[:, 0] > 0) for weight in (7.5, 1.0)
    )
    kept = x[x[:, 0] > 0, 1]
    assert_allclose(
        numbers(mean(alike, kept), "estimate", "se"), numbers(mean(plain, kept), "estimate", "se"), rtol=1e-12
    )


def by_hand(domain, estimate) -> np.ndarray:
    """Sum of squares of an estimate over the replicates of a domain, about the estimate."""
    made = np.array([estimate(weights) for weights in domain.replicates.T])
    apart = made - estimate(domain.weights)
    return domain.design.scale * (domain.design.rscales[:, None] * apart).T @ apart


def test_means_of_groups_and_standardised_means_are_made_anew_in_each_replicate(domains, sim):
    domain, x = known(domains["fay"], sim, "DSST")
    group, band = domain.take(sim["FEMALE"]), (domain.take(sim["RIDAGEYR"]) >= 70).astype(int)

    def means(weights: np.ndarray) -> np.ndarray:
        shares = [0.6, 0.4]
        return np.array(
            [
                sum(
                    share * np.average(x[at], weights=weights[at])
                    for b, share in enumerate(shares)
                    for at in [(group == g) & (band == b)]
                )
                for g in (0, 1)
            ]
        )

    found = joint_means(domain, x, group, band, [60, 40])
    assert_allclose(found.estimate, means(domain.weights), rtol=1e-12)
    assert_allclose(found.cov, by_hand(domain, means), rtol=1e-10)
    women = domain.restrict(sim["FEMALE"] == 1)
    se = standardised_mean(women, x[group == 1], band[group == 1], [60, 40]).se
    assert_allclose(se, np.sqrt(found.cov[1, 1]), rtol=1e-10)


def test_a_trend_is_fitted_anew_in_each_replicate(domains, sim):
    domain, x = known(domains["brr"], sim, "DSST")
    year = domain.take(sim["SDDSRVYR"]) * 2.0 + 1998

    def slope(weights: np.ndarray) -> np.ndarray:
        return np.polyfit(year, x, 1, w=np.sqrt(weights))[:1] * 2

    trend = linear_trend(domain, x, year)
    assert_allclose(trend.slope, slope(domain.weights)[0], rtol=1e-9)
    assert_allclose(trend.se, np.sqrt(by_hand(domain, slope)[0, 0]), rtol=1e-8)


def test_margins_are_standardised_anew_in_each_replicate(domains, sim):
    names, x = model_matrix(["HL", "RIDAGEYR", "FEMALE"], sim)
    y = sim["FALL"]
    domain = domains["brr"].restrict(~np.isnan(y) & ~np.isnan(x).any(axis=1))
    x, y = domain.take(x), domain.take(y)
    scenarios = [np.column_stack([x[:, :1], np.full((domain.n, 1), h), x[:, 2:]]) for h in (0.0, 1.0)]

    def standardised(weights: np.ndarray) -> np.ndarray:
        coef = (
            GLM(y, x, family=families.Binomial(), freq_weights=weights / weights.mean()).fit(tol=1e-14).params
        )
        return np.array([np.average(expit(scenario @ coef), weights=weights) for scenario in scenarios])

    fit = fit_glm(domain, y, x, family="binomial", names=names)
    found = margins(domain, y, x, fit, scenarios, family="binomial")
    assert_allclose(found.mean, standardised(domain.weights), rtol=1e-9)
    assert_allclose(found.mean_cov, by_hand(domain, standardised), rtol=1e-6)


def test_replicate_weights_tell_neither_psus_nor_strata(domains):
    domain = domains["jkn"]
    assert (domain.n_psu, domain.n_strata) == (None, None)
    x = np.arange(domain.n, dtype=float)
    fit = fit_glm(domain, x % 7, with_intercept(x), family="gaussian", names=["a", "b"])
    assert (fit.n_psu, fit.n_strata, fit.design_df) == (None, None, domain.df)


def test_degrees_of_freedom_that_are_stated_hold_in_every_domain(domains):
    of = domains["bootstrap"].design
    stated = ReplicateDesign.from_arrays(of.weight, of.replicates, scale=of.scale, rscales=of.rscales, df=17)
    assert stated.domain(np.arange(of.n) < 500).df == 17


def test_an_estimate_that_some_replicate_cannot_make_says_which(domains, sim):
    domain = domains["jkn"]
    alone = domain.restrict((sim["SDMVSTRA"] == sim["SDMVSTRA"].min()) & (sim["SDMVPSU"] == 1))
    with pytest.raises(NotEstimableError, match=r"in replicate \d+ of 58 nobody of these rows has a weight"):
        mean(alone, np.arange(alone.n, dtype=float))
    with pytest.raises(NotEstimableError, match="no rows in the domain"):
        domain.restrict(np.zeros(domain.design.n, bool)).covariance(np.empty((0, 1)), lambda w: w)


def test_a_model_that_some_replicate_cannot_fit_says_which():
    weight, replicates = np.ones(6), np.ones((6, 3))
    replicates[[0, 1], 1] = 0.0
    design = ReplicateDesign.from_arrays(weight, replicates, scale=1.0, rscales=[1, 1, 1])
    x = with_intercept(np.array([1.0, 1, 0, 0, 0, 0]))
    with pytest.raises(NotEstimableError, match="in replicate 2 of 3: the fit does not converge"):
        fit_glm(design.domain(weight > 0), np.arange(6.0) ** 2, x, family="gaussian", names=["a", "b"])


def test_everything_wrong_with_replicate_weights_is_told_at_once():
    weight, replicates = np.array([1.0, -1]), np.array([[1.0, np.nan], [-2, 0]])
    with pytest.raises(B12SarcError) as error:
        ReplicateDesign.from_arrays(weight, replicates, scale=1.0, rscales=[1, 1])
    assert [problem.what for problem in error.value.problems] == [
        "1 weights are negative",
        "1 replicate weights are negative",
        "1 replicate weights are missing or infinite",
    ]
    with pytest.raises(B12SarcError, match="in replicate 2 of 2 nobody has a weight"):
        ReplicateDesign.from_arrays(np.ones(2), np.array([[1.0, 0], [1, 0]]), scale=1.0, rscales=[1, 1])
    with pytest.raises(ValueError, match=r"must have shape \(2, 3\)"):
        ReplicateDesign.from_arrays(np.ones(2), np.ones((2, 2)), scale=1.0, rscales=[1, 1, 1])
