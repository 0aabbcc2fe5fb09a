from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from b12sarc.imputed import Imputed
from b12sarc.nested import NestedPooled, pool_nested
from b12sarc.pooling import ScalarFit, pool

RTOL = 1e-12
NESTS, INSIDE = 5, 4
NEST = np.repeat(np.arange(1, NESTS + 1), INSIDE)


def scalars(values, se=1.0, df=30.0):
    return [ScalarFit(float(value), se, df) for value in np.ravel(values)]


@pytest.fixture(scope="module")
def estimates() -> np.ndarray:
    """Estimates of five nests of four that differ between nests and inside them."""
    rng = np.random.default_rng(8)
    return 2 + rng.normal(size=(NESTS, 1)) + 0.4 * rng.normal(size=(NESTS, INSIDE))


def test_rules_of_shen_and_rubin_by_their_printed_formulas(estimates):
    pooled = pool_nested(scalars(estimates), NEST)
    means = [sum(nest) / INSIDE for nest in estimates]
    grand = sum(means) / NESTS
    b = sum((mean - grand) ** 2 for mean in means) / (NESTS - 1)
    w = sum((q - m) ** 2 for nest, m in zip(estimates, means, strict=True) for q in nest) / (
        NESTS * (INSIDE - 1)
    )
    total = 1.0 + (1 + 1 / NESTS) * b + (1 - 1 / INSIDE) * w
    rubin = 1 / (
        ((1 + 1 / NESTS) * b / total) ** 2 / (NESTS - 1)
        + ((1 - 1 / INSIDE) * w / total) ** 2 / (NESTS * (INSIDE - 1))
    )
    observed = 31 / 33 * 30 * (1.0 / total)
    assert isinstance(pooled, NestedPooled)
    assert_allclose(pooled.coef, [grand], rtol=RTOL)
    assert_allclose(pooled.cov, [[total]], rtol=RTOL)
    assert_allclose(pooled.df, [1 / (1 / rubin + 1 / observed)], rtol=RTOL)
    assert_allclose(pooled.variance_increase, [total - 1], rtol=RTOL)
    endless = 1 + (b - w / INSIDE) + w
    assert_allclose(pooled.relative_efficiency, [endless / total], rtol=RTOL)


def test_one_imputation_a_nest_is_rubins_rules(estimates):
    fits = scalars(estimates[:, 0])
    nested = NestedPooled(np.array([f.coef for f in fits]), np.eye(1), 30.0, nests=NESTS)
    plain = pool_nested(fits, range(NESTS))
    assert not isinstance(plain, NestedPooled)
    for name in ("coef", "cov", "df", "fmi", "p_value"):
        assert_allclose(getattr(nested, name), getattr(plain, name), rtol=RTOL)
        assert_allclose(getattr(plain, name), getattr(pool(fits), name), rtol=RTOL)


def test_one_nest_is_rubins_rules(estimates):
    fits = scalars(estimates)
    assert_allclose(pool_nested(fits, [1] * 20).df, pool(fits).df, rtol=RTOL)


def test_without_missing_information_the_df_are_those_of_barnard_and_rubin():
    pooled = pool_nested(scalars(np.full((NESTS, INSIDE), 3.0)), NEST)
    assert_allclose(pooled.df, [31 / 33 * 30], rtol=RTOL)
    assert_allclose(pooled.cov, [[1.0]], rtol=RTOL)
    assert_allclose(pooled.relative_efficiency, [1.0], rtol=RTOL)


def test_joint_test_of_one_contrast_is_the_square_of_its_t(estimates):
    pooled = pool_nested(scalars(estimates), NEST)
    test = pooled.wald_test([0])
    assert_allclose([test.f, test.p_value], [pooled.t[0] ** 2, pooled.p_value[0]], rtol=RTOL)


def test_joint_test_of_two_with_the_same_increase_in_variance_has_twice_the_df_of_the_imputations(estimates):
    class Two:
        def __init__(self, value):
            self.coef, self.cov, self.df = np.array([value, 0.5]), np.eye(2), 1e9

    values = estimates.ravel()
    both = NestedPooled(np.column_stack([values, values]), np.eye(2), 1e9, nests=NESTS)
    one = NestedPooled(values[:, None], np.eye(1), 1e9, nests=NESTS)
    assert_allclose(both.wald_test([0, 1]).df_denom, 2 * one.df[0], rtol=1e-6)
    assert pool_nested([Two(v) for v in values], NEST).wald_test([0, 1]).df_num == 2


@pytest.mark.parametrize("nest", [[1, 1, 1, 2], [1, 2, 1, 2]])
def test_nests_of_different_size_or_in_pieces_are_refused(nest):
    with pytest.raises(ValueError, match="nests must be of one size"):
        pool_nested(scalars(range(4)), nest)


def test_imputed_values_know_their_nests(estimates):
    values = {"x": estimates.ravel()}
    imputed = Imputed.from_long(
        np.array([7]), np.full(20, 7), np.arange(1, 21), values, m=20, where="made up", nest=NEST
    )
    pooled = imputed.pool(lambda data: ScalarFit(float(data["x"][0]), 1.0, 30.0))
    assert_allclose(pooled.df, pool_nested(scalars(estimates), NEST).df, rtol=RTOL)


# ---- simulated coverage: the mean of n normal values, some of them missing twice over


def posterior_draw(rng: np.random.Generator, known: np.ndarray, k: int) -> np.ndarray:
    n = len(known)
    variance = known.var() * n / rng.chisquare(n - 1)
    return rng.normal(known.mean() + np.sqrt(variance / n) * rng.normal(), np.sqrt(variance), k)


def nested_fits(rng: np.random.Generator, n: int, first: int, second: int) -> list[ScalarFit]:
    """Impute ``first`` gaps five times, and ``second`` ones four times in each; the truth is 0."""
    known, fits = rng.normal(size=n - first - second), []
    for _ in range(NESTS):
        with_first = np.concatenate([known, posterior_draw(rng, known, first)])
        for _ in range(INSIDE):
            y = np.concatenate([with_first, posterior_draw(rng, with_first, second)])
            fits.append(ScalarFit(y.mean(), y.std(ddof=1) / np.sqrt(n), n - 1))
    return fits


@pytest.mark.parametrize(("n", "first", "second"), [(31, 12, 3), (101, 40, 20)])
def test_nested_intervals_cover_the_truth_and_rubins_rules_for_independent_imputations_do_not(
    n, first, second
):
    rng = np.random.default_rng(20261123)
    covered = np.zeros(2)
    for _ in range(1500):
        fits = nested_fits(rng, n, first, second)
        limits = [pooled.conf_int()[0] for pooled in (pool_nested(fits, NEST), pool(fits))]
        covered += [low <= 0 <= high for low, high in limits]
    nested, flat = covered / 1500
    assert (
        0.938 <= nested <= 0.975
    )  # 0.95 give or take two simulation errors of 0.0056; a little wide with few df
    assert flat < nested - 0.01
