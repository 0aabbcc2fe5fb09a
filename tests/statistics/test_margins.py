"""Standardised means on a small made-up survey: what they are, and how each person moves them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import special

from b12sarc.design import Domain, SurveyDesign
from b12sarc.glm import GlmFit, fit_glm
from b12sarc.inference import NotEstimableError
from b12sarc.margins import Margins, from_link, linearised, margins

N = 240
NAMES = ("intercept", "exposed", "age")


def survey(weight: np.ndarray | None = None) -> Domain:
    rng = np.random.default_rng(5)
    drawn = rng.uniform(1, 4, N)
    stratum = np.arange(N) // 40
    return SurveyDesign.from_arrays(drawn if weight is None else weight, stratum, np.arange(N) % 2).domain(
        np.ones(N, bool)
    )


@pytest.fixture(scope="module")
def domain() -> Domain:
    return survey()


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    rng = np.random.default_rng(6)
    age = rng.normal(0, 1, N)
    exposed = (rng.random(N) < special.expit(age - 0.5)).astype(float)
    return np.column_stack([np.ones(N), exposed, age])


@pytest.fixture(scope="module")
def y(x: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(7)
    return (rng.random(N) < special.expit(x @ [-1.0, 0.8, 0.6])).astype(float)


def scenarios(x: np.ndarray) -> list[np.ndarray]:
    return [np.column_stack([x[:, 0], np.full(len(x), value), x[:, 2]]) for value in (0.0, 1.0)]


def standardised(domain: Domain, x: np.ndarray, y: np.ndarray, family: str) -> tuple[Margins, GlmFit]:
    fit = fit_glm(domain, y, x, family=family, names=NAMES)
    return margins(domain, y, x, fit, scenarios(x), family=family), fit


def test_mean_is_the_weighted_average_of_what_the_model_predicts_with_everybody_exposed(domain, x, y):
    found, fit = standardised(domain, x, y, "binomial")
    predicted = special.expit(scenarios(x)[1] @ fit.coef)
    assert found.mean[1] == pytest.approx(np.average(predicted, weights=domain.weights), rel=1e-12)


@pytest.mark.parametrize("family", ["gaussian", "binomial", "poisson"])
def test_linearised_value_is_how_the_mean_moves_with_a_persons_weight(domain, x, y, family):
    """The influence of a person is the derivative of the estimate in their weight (Deville 1999)."""
    fit = fit_glm(domain, y, x, family=family, names=NAMES)
    _, values = linearised(domain, y, x, fit.coef, scenarios(x), family)
    for person in (0, 17, 101, 239):
        step = 1e-4 * np.eye(N)[person]
        moved = [standardised(survey(domain.weights + sign * step), x, y, family)[0].mean for sign in (1, -1)]
        assert_allclose(values[person], (moved[0] - moved[1]) / 2e-4, rtol=1e-6, atol=1e-12)


def test_difference_of_a_linear_model_is_its_coefficient(domain, x, y):
    found, fit = standardised(domain, x, y, "gaussian")
    assert found.coef[4] == pytest.approx(fit.coef[1], rel=1e-10)
    assert np.sqrt(found.cov[4, 4]) == pytest.approx(fit.se[1], rel=1e-10)
    assert len(found.coef) == 5  # two means, the same on the link's scale, a difference: no ratio


def test_ratio_of_a_poisson_model_is_its_prevalence_ratio(domain, x, y):
    found, fit = standardised(domain, x, y, "poisson")
    assert found.coef[5] == pytest.approx(fit.coef[1], rel=1e-10)
    assert np.sqrt(found.cov[5, 5]) == pytest.approx(fit.se[1], rel=1e-10)


def test_without_covariates_the_means_are_the_weighted_shares_of_the_groups(domain, x, y):
    crude, exposed = x[:, :2], x[:, 1] == 1
    fit = fit_glm(domain, y, crude, family="binomial", names=NAMES[:2])
    given = [np.column_stack([crude[:, 0], np.full(N, value)]) for value in (0.0, 1.0)]
    found = margins(domain, y, crude, fit, given, family="binomial")
    shares = [np.average(y[who], weights=domain.weights[who]) for who in (~exposed, exposed)]
    assert_allclose(found.mean, shares, rtol=1e-12)


def test_mean_with_everybodys_own_exposure_is_the_weighted_prevalence(domain, x, y):
    fit = fit_glm(domain, y, x, family="binomial", names=NAMES)
    found = margins(domain, y, x, fit, [x, scenarios(x)[1]], family="binomial")
    prevalence = np.average(y, weights=domain.weights)
    own = (y - prevalence) / domain.weights.sum()
    assert found.mean[0] == pytest.approx(prevalence, rel=1e-12)
    assert found.mean_cov[0, 0] == pytest.approx(domain.covariance_of_total(own[:, None])[0, 0], rel=1e-9)


def test_sampling_of_the_covariates_is_part_of_the_error(domain, x, y):
    """With coefficients alone (the gradient's sandwich) the variance of a mean is another one."""
    found, fit = standardised(domain, x, y, "binomial")
    predicted = special.expit(scenarios(x)[0] @ fit.coef)
    slope = domain.weights * predicted * (1 - predicted)
    gradient = slope @ scenarios(x)[0] / domain.weights.sum()
    assert found.mean_cov[0, 0] != pytest.approx(gradient @ fit.cov @ gradient, rel=0.01)


def test_errors_of_differences_and_log_ratios_follow_by_the_delta_method(domain, x, y):
    found, _ = standardised(domain, x, y, "binomial")
    (a, b), v = found.mean, found.mean_cov
    assert found.coef[4:] == pytest.approx([b - a, np.log(b / a)])
    difference = v[0, 0] + v[1, 1] - 2 * v[0, 1]
    relative = v[0, 0] / a**2 + v[1, 1] / b**2 - 2 * v[0, 1] / (a * b)
    assert np.diag(found.cov)[4:] == pytest.approx([difference, relative], rel=1e-10)


def test_the_reference_is_the_scenario_that_is_named(domain, x, y):
    found, _ = standardised(domain, x, y, "binomial")
    turned = replace(found, reference=1)
    assert turned.coef[4] == pytest.approx(-found.coef[4])
    assert turned.coef[5] == pytest.approx(-found.coef[5])


@pytest.mark.parametrize("far", [-1e4, 1e4])
def test_a_prevalence_of_0_or_1_is_not_estimable(domain, x, y, far):
    fit = fit_glm(domain, y, x, family="binomial", names=NAMES)
    everybody = np.column_stack([np.full(N, far), x[:, 1:]])
    with pytest.raises(NotEstimableError, match="a predicted prevalence is 0 or 1"):
        margins(domain, y, x, fit, [x, everybody], family="binomial")


def test_the_links_are_undone():
    assert from_link(-1.5, "gaussian") == -1.5
    assert from_link(np.log(0.2), "poisson") == pytest.approx(0.2)
    assert from_link(0.0, "binomial") == 0.5
