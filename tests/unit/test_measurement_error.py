"""Reliability of a marker measured twice, and what the correction for it does."""

from __future__ import annotations

import numpy as np
import pytest

from b12sarc.inference import NotEstimableError
from b12sarc.measurement_error import Reliability, corrected, reliability


def replicates(n: int, between: float, within: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    usual = rng.normal(0, np.sqrt(between), n)
    return tuple(usual + rng.normal(0, np.sqrt(within), n) for _ in range(2))


def test_reliability_is_the_share_of_the_variance_between_people() -> None:
    found = reliability(*replicates(20_000, 3.0, 1.0))
    assert found.ratio == pytest.approx(0.75, abs=4 * found.se)
    assert (found.between, found.within) == pytest.approx((3.0, 1.0), rel=0.05)


def test_mean_squares_of_four_pairs_by_hand() -> None:
    found = reliability(np.array([1.0, 2.0, 3.0, 5.0]), np.array([1.0, 3.0, 3.0, 4.0]))
    # Means 1, 2.5, 3, 4.5 about 2.75: MSB = 2 x 6.25 / 3; MSW = (0 + 0.5 + 0 + 0.5) / 4.
    between, within = 12.5 / 3, 0.25
    assert found.ratio == pytest.approx((between - within) / (between + within), rel=1e-12)
    assert (found.n, found.within) == (4, within)


def test_the_standard_error_is_the_spread_of_the_ratio_over_samples() -> None:
    found = [reliability(*replicates(500, 3.0, 1.0, seed)) for seed in range(400)]
    spread = np.std([f.ratio for f in found])
    assert np.mean([f.se for f in found]) == pytest.approx(spread, rel=0.1)


def test_a_shift_between_the_examinations_counts_as_unreliability() -> None:
    first, second = replicates(2000, 3.0, 0.1)
    assert reliability(first, second + 1).ratio < reliability(first, second).ratio


def test_a_person_without_one_of_the_two_does_not_count() -> None:
    first, second = replicates(50, 3.0, 1.0)
    first[0], second[1] = np.nan, np.nan
    assert reliability(first, second) == reliability(first[2:], second[2:])


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [([1.0, 2.0], [1.0, 2.0], "2 people"), ([0.0, 0.0, 0.0], [1.0, 2.0, 1.0], "differ as much")],
)
def test_what_cannot_be_told_has_its_reason(first: list[float], second: list[float], reason: str) -> None:
    with pytest.raises(NotEstimableError, match=reason):
        reliability(np.array(first), np.array(second))


def test_the_correction_recovers_the_slope_that_the_error_diluted() -> None:
    rng = np.random.default_rng(3)
    n = 50_000
    usual = rng.normal(0, 1, n)
    first, second = (usual + rng.normal(0, 0.6, n) for _ in range(2))
    y = 0.5 * usual + rng.normal(0, 1, n)
    diluted = np.polyfit(first, y, 1)[0]
    better = corrected(diluted, 0.005, reliability(first, second))
    assert diluted == pytest.approx(0.5 / 1.36, abs=0.02)
    assert better.coef == pytest.approx(0.5, abs=4 * better.se)


def test_both_errors_enter_the_corrected_one() -> None:
    of = Reliability(0.8, 0.02, 100, 4.0, 1.0)
    better = corrected(2.0, 0.3, of)
    assert better.coef == 2.5
    assert better.se == pytest.approx(np.hypot(0.3 / 0.8, 2.0 * 0.02 / 0.64))
