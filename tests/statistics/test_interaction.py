"""Interaction on both scales: what must hold of any data. With R: test_golden_effect_modification."""

from __future__ import annotations

import numpy as np
import pytest

from b12sarc.design import Domain, SurveyDesign
from b12sarc.glm import fit_glm
from b12sarc.inference import FTest
from b12sarc.interaction import Crossed, Effect, Interaction, interaction

N = 800
NAMES = ("(Intercept)", "e", "m", "age")


@pytest.fixture(scope="module")
def domain() -> Domain:
    rng = np.random.default_rng(3)
    design = SurveyDesign.from_arrays(rng.uniform(1, 3, N), np.arange(N) // 80, np.arange(N) // 20)
    return design.domain(np.ones(N, dtype=bool))


@pytest.fixture(scope="module")
def people() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Exposure (0/1), modifier (0/1), age, and a binary outcome in which they interact."""
    rng = np.random.default_rng(4)
    e, m = (rng.random(N) < 0.4).astype(float), (rng.random(N) < 0.5).astype(float)
    age = rng.uniform(-1, 1, N)
    y = (rng.random(N) < np.exp(-1.8 + 0.4 * e + 0.3 * m + 0.4 * e * m + 0.1 * age)).astype(float)
    return e, m, age, y


def crossed(domain: Domain, e, m, *rest, multiply=1.0, discrete=True) -> Crossed:
    x = np.column_stack([np.ones(N), e, m, *rest])
    names = NAMES[: x.shape[1]]
    return Crossed.of(x, names, [1], [2], [multiply], domain.weights, discrete=discrete)


def value(of: Interaction, measure: str, term: int = 0, level: int = 1) -> float:
    return float(of.coef[of.effects.index(Effect(measure, term, level))])


def se(of: Interaction, measure: str, term: int = 0, level: int = 1) -> float:
    at = of.effects.index(Effect(measure, term, level))
    return float(np.sqrt(of.cov[at, at]))


def prevalence(domain: Domain, y, inside) -> float:
    return float(np.average(y[inside], weights=domain.weights[inside]))


def test_without_covariates_all_follows_from_the_four_prevalences(domain: Domain, people) -> None:
    e, m, _, y = people
    found = interaction(domain, y, crossed(domain, e, m), "poisson")
    p = {(a, b): prevalence(domain, y, (e == a) & (m == b)) for a in (0, 1) for b in (0, 1)}
    r10, r01, r11 = p[1, 0] / p[0, 0], p[0, 1] / p[0, 0], p[1, 1] / p[0, 0]
    assert np.exp(value(found, "product")) == pytest.approx(r11 / r10 / r01)
    assert value(found, "reri") == pytest.approx(r11 - r10 - r01 + 1)
    assert value(found, "ap") == pytest.approx((r11 - r10 - r01 + 1) / r11)
    assert np.exp(value(found, "synergy")) == pytest.approx((r11 - 1) / (r10 + r01 - 2))
    assert value(found, "difference", level=0) == pytest.approx(p[1, 0] - p[0, 0])
    contrast = (p[1, 1] - p[0, 1]) - (p[1, 0] - p[0, 0])
    assert value(found, "difference_contrast") == pytest.approx(contrast)


@pytest.mark.parametrize("family", ["poisson", "binomial"])
def test_in_a_saturated_model_prevalence_contrasts_are_those_of_the_linear_model(
    domain: Domain, people, family
) -> None:
    e, m, _, y = people
    found = interaction(domain, y, crossed(domain, e, m), family)
    linear = fit_glm(domain, y, crossed(domain, e, m).x, family="gaussian", names=list("abcd"))
    assert value(found, "difference_contrast") == pytest.approx(linear.coef[3])
    assert se(found, "difference_contrast") == pytest.approx(linear.se[3])


def test_reri_and_contrast_have_the_same_sign_and_scale_without_covariates(domain: Domain, people) -> None:
    e, m, _, y = people
    found = interaction(domain, y, crossed(domain, e, m), "poisson")
    reference = prevalence(domain, y, (e == 0) & (m == 0))
    assert value(found, "reri") * reference == pytest.approx(value(found, "difference_contrast"))


def test_odds_ratios_have_no_reri_and_means_no_prevalence_differences(domain: Domain, people) -> None:
    e, m, age, y = people
    logistic = {x.measure for x in interaction(domain, y, crossed(domain, e, m, age), "binomial").effects}
    linear = {x.measure for x in interaction(domain, y, crossed(domain, e, m, age), "gaussian").effects}
    assert logistic == {"joint", "product", "difference", "difference_contrast"}
    assert linear == {"joint", "product"}


def test_synergy_is_nan_where_both_together_and_the_sum_of_both_differ_in_sign(
    domain: Domain, people
) -> None:
    e, m, _, _ = people
    rng = np.random.default_rng(6)
    y = (rng.random(N) < 0.3 - 0.1 * e - 0.1 * m + 0.35 * e * m).astype(float)
    found = interaction(domain, y, crossed(domain, e, m), "poisson")
    assert np.isnan(value(found, "synergy"))
    assert np.isfinite([value(found, "reri"), value(found, "ap")]).all()


def test_contrast_per_halving_is_that_per_doubling_with_its_sign_changed(domain: Domain, people) -> None:
    e, m, age, y = people
    doubled, halved = (
        interaction(domain, y, crossed(domain, age, m, e, multiply=c, discrete=False), "poisson")
        for c in (1.0, -1.0)
    )
    assert value(halved, "product") == -value(doubled, "product")
    assert se(halved, "product") == pytest.approx(se(doubled, "product"))


def test_a_continuous_exposure_is_at_its_mean_where_the_modifier_is_compared(domain: Domain, people) -> None:
    e, m, age, y = people
    shifted, plain = (
        interaction(domain, y, crossed(domain, age + c, m, e, discrete=False), "poisson") for c in (7.0, 0.0)
    )
    for measure in ("reri", "ap", "product", "difference_contrast"):
        assert value(shifted, measure) == pytest.approx(value(plain, measure), rel=1e-9)
        assert se(shifted, measure) == pytest.approx(se(plain, measure), rel=1e-9)


def test_slopes_of_reri_ap_and_log_s_are_those_of_finite_differences(domain: Domain, people) -> None:
    from b12sarc.interaction import _excess

    at, step = np.array([0.4, 0.3, 1.1]), 1e-6
    for i in range(3):
        shift = step * np.eye(3)[i]
        for (_, _, slope), (_, up, _), (_, down, _) in zip(
            _excess(at), _excess(at + shift), _excess(at - shift), strict=True
        ):
            assert slope[i] == pytest.approx((up - down) / (2 * step), rel=1e-7)


def test_three_levels_are_tested_together(domain: Domain, people) -> None:
    e, m, age, y = people
    third = (np.random.default_rng(8).random(N) < 0.3).astype(float)
    x = np.column_stack([np.ones(N), e, m * (1 - third), third, age])
    made = Crossed.of(x, ["i", "e", "b", "c", "age"], [1], [2, 3], [1.0], domain.weights, discrete=True)
    found = interaction(domain, y, made, "poisson")
    at = [i for i, effect in enumerate(found.effects) if effect.measure == "difference_contrast"]
    assert [found.effects[i].level for i in at] == [1, 2]
    test = FTest.wald(found.coef[at], found.cov[np.ix_(at, at)], found.df)
    assert (test.df_num, test.df_denom) == (2, domain.df + 1 - 7)
    assert 0 < test.p_value < 1
