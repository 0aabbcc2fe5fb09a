"""E-values against the numbers that VanderWeele and Ding print, and against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from b12sarc.e_values import e_value, of_difference, of_hazard_ratio, of_odds_ratio, of_risk_ratio


@pytest.mark.parametrize(
    ("ratio", "expected"), [(3.9, 7.26303), (2.4, 4.23303), (1.8, 3.0), (0.7, 2.21103), (1.0, 1.0)]
)
def test_e_values_are_those_of_the_paper(ratio: float, expected: float) -> None:
    assert e_value(ratio) == pytest.approx(expected, abs=5e-6)


def test_a_confounder_as_strong_as_the_e_value_just_explains_the_ratio() -> None:
    for ratio in (1.1, 2.0, 0.4):
        e = e_value(ratio)
        bias = e * e / (2 * e - 1)  # the largest bias of a confounder with both ratios equal to e
        assert bias == pytest.approx(max(ratio, 1 / ratio), rel=1e-12)


def test_the_limit_nearer_to_1_counts_and_an_interval_that_holds_1_gives_1() -> None:
    assert of_risk_ratio(3.9, 2.4, 6.3).limit == pytest.approx(4.23303, abs=5e-6)
    assert of_risk_ratio(0.5, 0.3, 0.7).limit == pytest.approx(2.21103, abs=5e-6)
    assert of_risk_ratio(1.5, 0.9, 2.5).limit == 1.0


def test_the_odds_ratio_of_a_common_outcome_goes_by_its_square_root() -> None:
    assert of_odds_ratio(3.0, 2.0, 4.5, common=True).point == pytest.approx(2.85808, abs=5e-6)
    assert of_odds_ratio(3.0, 2.0, 4.5, common=False).point == e_value(3.0)


def test_the_hazard_ratio_of_a_common_outcome_goes_by_its_own_approximation() -> None:
    expected = (1 - 0.5 ** np.sqrt(2)) / (1 - 0.5 ** np.sqrt(0.5))
    assert of_hazard_ratio(2.0, 1.5, 2.7, common=True).ratio == pytest.approx(expected)
    assert of_hazard_ratio(2.0, 1.5, 2.7, common=False).ratio == 2.0


def test_a_difference_goes_by_standard_deviations_of_the_outcome() -> None:
    found = of_difference(-2.0, 0.5, 10.0)
    assert found.ratio == pytest.approx(np.exp(-0.91 * 0.2))
    assert found.high == pytest.approx(np.exp(-0.91 * 0.2 + 1.78 * 0.05))
    assert found.limit == e_value(found.high)


def test_a_ratio_of_0_has_no_e_value() -> None:
    with pytest.raises(ValueError, match="above 0"):
        e_value(0.0)
