"""Chained equations: what a step does, what comes out where the truth is known, and beside R's mice."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from b12sarc.chains import PRIOR, Chain, Column, LeastSquares
from b12sarc.design import Domain
from b12sarc.glm import fit_glm
from b12sarc.pooling import Pooled, pool
from imputation_simulation import WHAT, simulate, truth
from survey_models import model_matrix

GOLDEN = json.loads((Path(__file__).resolve().parent.parent / "golden" / "mice_sim.json").read_text())
MODELS = {
    "dsst": ("DSST", ["PTA", "RIDAGEYR", "FEMALE", "f(DMDEDUC2)"], "gaussian"),
    "fall": ("FALL", ["PTA", "INDFMPIR", "FEMALE", "DIAB"], "binomial"),
}
M = 12


def chain(columns: dict[str, Column], n: int, seed: int = 1, groups: np.ndarray | None = None) -> Chain:
    rng = np.random.default_rng(seed)
    groups = np.arange(n) % 4 if groups is None else groups
    return Chain(columns, np.empty((n, 0)), groups, donors=5, rng=rng)


@pytest.fixture
def table() -> dict[str, Column]:
    rng = np.random.default_rng(4)
    x = rng.normal(size=300)
    y = x + 0.1 * rng.normal(size=300)
    level = np.digitize(x + 0.1 * rng.normal(size=300), [-0.5, 0.5]).astype(float)
    yes = (x > 0).astype(float)
    for column in (y, level, yes):
        column[rng.random(300) < 0.2] = np.nan
    return {"x": Column(x), "y": Column(y), "level": Column(level, 3), "yes": Column(yes)}


def test_least_squares_is_ridge_regression_on_indicators_of_groups():
    rng = np.random.default_rng(2)
    x, group, y = rng.normal(size=(50, 3)), rng.integers(0, 4, 50), rng.normal(size=(50, 2))
    x[:, 0] = 1.0
    z = np.column_stack([np.eye(4)[group], x])
    ridge = np.diag([PRIOR] * 4 + [0] + [PRIOR] * 2)
    fitted = LeastSquares(y, np.column_stack([x, group]), 4).fit()
    assert_allclose(fitted.params, np.linalg.solve(z.T @ z + ridge, z.T @ y), rtol=1e-10)
    assert_allclose(fitted.predict(fitted.params, fitted.exog), z @ fitted.params, rtol=1e-10)


def test_draws_of_coefficients_have_the_posterior_mean_and_covariance():
    rng = np.random.default_rng(3)
    x, y = np.column_stack([np.ones(200), rng.normal(size=200), np.zeros(200)]), rng.normal(size=(200, 1))
    fitted = LeastSquares(y, x, 1).fit()
    draws = np.array([fitted.draw(rng)[:, 0] for _ in range(4000)])
    z = np.column_stack([np.ones(200), x[:, :-1]])
    inverse = np.linalg.inv(z.T @ z + np.diag([PRIOR, 0, PRIOR]))
    residual = y - fitted._fitted(fitted.params, x)
    covariance = (residual**2).sum() / 195 * inverse  # the mean of 1 / chi-square with 197 df is 1 / 195
    assert_allclose(draws.mean(axis=0), fitted.params[:, 0], atol=4 * np.sqrt(covariance.max() / 4000))
    assert_allclose(np.cov(draws.T), covariance, rtol=0.12, atol=0.02 * covariance.max())


def test_every_gap_gets_a_value_that_somebody_has_and_nothing_else_changes(table):
    made = chain(table, 300)
    for _ in range(3):
        made.iterate()
    assert set(made.order) == {"y", "level", "yes"}
    for name, column in table.items():
        known = ~np.isnan(column.values)
        completed = made.completed(name)
        assert_array_equal(completed[known], column.values[known])
        assert np.isin(completed[~known], column.values[known]).all()


def test_imputed_values_follow_what_predicts_them(table):
    made = chain(table, 300)
    for _ in range(5):
        made.iterate()
    x = table["x"].values
    for name, near, least in (
        ("y", x, 0.95),
        ("level", np.digitize(x, [-0.5, 0.5]), 0.8),
        ("yes", x > 0, 0.6),
    ):
        gaps = np.isnan(table[name].values)
        assert np.corrcoef(made.completed(name)[gaps], near[gaps])[0, 1] > least, name


def test_a_group_in_which_nobody_is_known_gets_sensible_values(table):
    values = table["y"].values.copy()
    groups = np.arange(300) % 4
    values[groups == 2] = np.nan
    made = chain({"x": table["x"], "y": Column(values)}, 300, groups=groups)
    for _ in range(3):
        made.iterate()
    there = groups == 2
    assert np.corrcoef(made.completed("y")[there], table["x"].values[there])[0, 1] > 0.5


def test_the_same_seed_gives_the_same_values_and_another_others(table):
    def values(seed: int) -> np.ndarray:
        made = chain(table, 300, seed)
        made.iterate()
        return made.completed("y")

    assert_array_equal(values(1), values(1))
    assert (values(1) != values(2)).any()


def test_imputation_takes_away_the_bias_of_complete_cases_and_its_intervals_cover():
    found, covered, complete = simulate(runs=20, n=1000, m=5, seed=20261123)
    bias, of_complete = (estimates.mean(axis=0) - truth() for estimates in (found, complete))
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    for name, ours, theirs, noise in zip(WHAT, bias, of_complete, error, strict=True):
        assert abs(theirs) > 0.05, name
        assert abs(ours) < 0.15 * abs(theirs) + 2 * noise, name
    assert covered.mean() > 0.85


# ---- against R's mice: the same people, variables, design, donors and models


@pytest.fixture(scope="module")
def pooled(sim, old: Domain) -> dict[str, Pooled]:
    return {name: pool(fits) for name, fits in _fits(sim, old).items()}


def _fits(sim: dict, old: Domain) -> dict[str, list]:
    rows = old.rows
    names = ("RIDAGEYR", "FEMALE", "INDFMPIR", "BMXBMI", "PTA", "DSST", "FALL", "DIAB")
    columns = {name: Column(sim[name][rows].astype(float)) for name in names}
    for name in ("RIDRETH3", "DMDEDUC2", "SMOKE"):
        values = sim[name][rows].astype(float)
        levels = np.unique(values[~np.isnan(values)])
        position = np.where(np.isnan(values), np.nan, np.searchsorted(levels, values))
        columns[name] = Column(position, len(levels))
    weight = np.log(old.weights)
    fixed = ((weight - weight.mean()) / weight.std())[:, None]
    psu = np.unique(sim["SDMVSTRA"][rows] * 10 + sim["SDMVPSU"][rows], return_inverse=True)[1]
    fits: dict[str, list] = {name: [] for name in MODELS}
    for k in range(M):
        made = Chain(columns, fixed, psu, donors=5, rng=np.random.default_rng((20261123, k)))
        for _ in range(5):
            made.iterate()
        full = {name: values.astype(float).copy() for name, values in sim.items()}
        for name in (*names, "DMDEDUC2"):
            full[name][rows] = made.completed(name) + (1 if name == "DMDEDUC2" else 0)
        for name, (outcome, terms, family) in MODELS.items():
            labels, x = model_matrix(terms, full)
            fits[name].append(fit_glm(old, old.take(full[outcome]), old.take(x), family=family, names=labels))
    return fits


@pytest.mark.parametrize("model", MODELS)
def test_pooled_estimates_are_those_of_mice_but_for_monte_carlo_error(pooled, model):
    golden, ours = GOLDEN[model], pooled[model]
    between = np.array(golden["between"])
    error = np.sqrt(between / GOLDEN["m"] + between / M)
    assert (np.abs(ours.coef - golden["est"]) < 4 * error + 0.01 * np.array(golden["se"])).all()
    # A variance between m imputations has itself a relative error of sqrt(2 / (m - 1)).
    noise = between * np.sqrt(2 / (M - 1) + 2 / (GOLDEN["m"] - 1))
    assert (np.abs(ours.se**2 - np.square(golden["se"])) < 4 * noise + 0.02 * np.square(golden["se"])).all()
