"""Weights for those without the outcome: bias goes, the error knows that weights were estimated."""

from __future__ import annotations

import numpy as np
import pytest

from b12sarc.design import LinearisedDomain, SurveyDesign
from b12sarc.inference import NotEstimableError
from b12sarc.selection import SelectionFit, fit_weighted

NAMES, Z_NAMES = ("one", "x"), ("one", "x", "z")


def people(seed: int, n: int = 4000) -> tuple[LinearisedDomain, np.ndarray, np.ndarray, np.ndarray]:
    """People whose outcome is measured less often where z is high; z goes with x and with the outcome."""
    rng = np.random.default_rng(seed)
    x = (rng.random(n) < 0.4).astype(float)
    z = rng.normal(0, 1, n) + 0.5 * x
    y = 1 + 0.5 * x + 1.0 * z * (1 + x) + rng.normal(0, 1, n)
    measured = rng.random(n) < 1 / (1 + np.exp(-(1.0 - 1.0 * z)))
    psu, stratum = np.arange(n) % 40, np.arange(n) % 20
    domain = SurveyDesign.from_arrays(rng.uniform(1, 3, n), stratum, psu).domain(np.ones(n, dtype=bool))
    one = np.ones(n)
    return domain, np.where(measured, y, np.nan), np.column_stack([one, x]), np.column_stack([one, x, z])


def fitted(seed: int, truncate: tuple[float, float] = (0.0, 1.0), n: int = 4000) -> SelectionFit:
    domain, y, x, z = people(seed, n)
    return fit_weighted(domain, y, x, z, family="gaussian", names=NAMES, z_names=Z_NAMES, truncate=truncate)


DIFFERENCE = 0.5 + 2 * 0.5


def test_weights_undo_the_selection_that_the_tested_show() -> None:
    found = [fitted(seed) for seed in range(30)]
    weighted = np.mean([f.fit.coef[1] for f in found])
    naive = []
    for seed in range(30):
        domain, y, x, _ = people(seed)
        seen = ~np.isnan(y)
        naive.append(
            np.average(y[seen & (x[:, 1] == 1)], weights=domain.weights[seen & (x[:, 1] == 1)])
            - np.average(y[seen & (x[:, 1] == 0)], weights=domain.weights[seen & (x[:, 1] == 0)])
        )
    assert weighted == pytest.approx(DIFFERENCE, abs=0.06)
    assert abs(np.mean(naive) - DIFFERENCE) > 0.2


def test_the_error_is_the_spread_over_samples_and_takes_known_weights_for_worse() -> None:
    found = [fitted(seed, n=1500) for seed in range(150)]
    spread = np.std([f.fit.coef[1] for f in found])
    ours = np.mean([f.fit.se[1] for f in found])
    known = np.mean([f.known_weights.se[1] for f in found])
    assert ours == pytest.approx(spread, rel=0.15)
    assert known > ours  # estimated weights are better than known ones (Robins, Rotnitzky and Zhao 1994)


def test_weights_are_stabilised_truncated_and_counted() -> None:
    whole, cut = fitted(1), fitted(1, (0.05, 0.95))
    used = whole.weights.weights[whole.weights.weights > 0]
    domain, y, *_ = people(1)
    assert np.average(used, weights=domain.weights[~np.isnan(y)]) == pytest.approx(1, abs=0.05)
    assert whole.weights.truncated == 0
    kept = cut.weights.weights[cut.weights.weights > 0]
    np.testing.assert_allclose((kept.min(), kept.max()), np.quantile(used, [0.05, 0.95]))
    assert cut.weights.truncated == pytest.approx(0.1 * len(used), abs=2)
    assert (cut.weights.slope == 0).sum() == (y != y).sum() + cut.weights.truncated


def test_an_outcome_that_everybody_has_needs_no_weights() -> None:
    domain, y, x, z = people(1)
    with pytest.raises(NotEstimableError, match="measured in everybody"):
        fit_weighted(
            domain, np.nan_to_num(y), x, z, family="gaussian", names=NAMES, z_names=Z_NAMES, truncate=(0, 1)
        )
