"""Probabilistic bias analysis: the truth is found again, impossible draws are counted, seeds repeat."""

from __future__ import annotations

import numpy as np
import pytest

from b12sarc.design import SurveyDesign
from b12sarc.glm import fit_glm
from b12sarc.inference import NotEstimableError
from b12sarc.misclassification import (
    Accuracy,
    BiasAnalysis,
    bias_analysis,
    correlated_uniforms,
    predictive_values,
)

N = 6000


def accuracy(sensitivity: float, specificity: float, draws: int = 60) -> Accuracy:
    return Accuracy(np.full((draws, 2), sensitivity), np.full((draws, 2), specificity))


@pytest.fixture(scope="module")
def people() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(8)
    true = rng.random(N) < 0.3
    outcome = rng.random(N) < 0.1 * np.exp(np.log(2.5) * true)
    classified = np.where(true, rng.random(N) < 0.7, rng.random(N) < 0.05)
    return {"true": true, "outcome": outcome, "classified": classified, "weights": rng.uniform(1, 3, N)}


def analysed(people: dict[str, np.ndarray], how: Accuracy, seed: int = 1) -> BiasAnalysis:
    stratum, psu = np.arange(N) % 30, np.arange(N) // 30 % 2
    domain = SurveyDesign.from_arrays(people["weights"], stratum, psu).domain(np.ones(N, dtype=bool))
    y = people["outcome"].astype(float)

    def fit(true: np.ndarray) -> tuple[float, float, float]:
        found = fit_glm(domain, y, np.column_stack([np.ones(N), true]), family="poisson", names=["a", "b"])
        return found.coef[1], found.se[1], found.df

    rng = np.random.default_rng(seed)
    held = [np.bincount(people["classified"][people["outcome"] == y], minlength=2) + 0.5 for y in (0, 1)]
    draws = [rng.beta(yes, no, len(how.sensitivity)) for no, yes in held]
    given = (people["classified"], people["outcome"], people["weights"], how, np.column_stack(draws))
    return bias_analysis(*given, fit, rng=rng)


def test_predictive_values_turn_the_truth_into_what_was_classified() -> None:
    how = Accuracy(np.array([[0.8, 0.7]]), np.array([[0.95, 0.9]]))
    true = np.array([0.2, 0.5])
    classified = true * how.sensitivity[0] + (1 - true) * (1 - how.specificity[0])
    found = predictive_values(classified, how)
    np.testing.assert_allclose(found.positive[0] * classified, true * how.sensitivity[0])
    np.testing.assert_allclose(found.negative[0] * (1 - classified), (1 - true) * how.specificity[0])


def test_known_accuracy_finds_the_true_ratio_again(people: dict[str, np.ndarray]) -> None:
    found = analysed(people, accuracy(0.7, 0.95))
    assert found.systematic.median == pytest.approx(np.log(2.5), abs=0.15)
    classified = np.average(people["outcome"], weights=people["weights"] * people["classified"])
    other = np.average(people["outcome"], weights=people["weights"] * ~people["classified"])
    assert np.log(classified / other) < 0.85 * np.log(2.5)  # without it, the ratio is diluted


def test_a_perfect_classification_changes_nothing_and_leaves_the_random_error(
    people: dict[str, np.ndarray],
) -> None:
    found = analysed(people, accuracy(1.0, 1.0))
    assert found.systematic.low == found.systematic.high
    assert found.total.low < found.systematic.median < found.total.high


def test_draws_that_the_data_rule_out_are_counted(people: dict[str, np.ndarray]) -> None:
    how = accuracy(0.7, 0.95)
    how.specificity[:7] = 0.5  # more false positives than there are positives
    how.sensitivity[7:9] = 0.04  # no better than chance
    found = analysed(people, how)
    assert (found.draws, found.rejected, found.rejected_total, found.not_fitted) == (60, 9, 9, 0)


def test_when_nearly_every_draw_is_ruled_out_nothing_is_estimated(people: dict[str, np.ndarray]) -> None:
    with pytest.raises(NotEstimableError, match="0 of 60 draws are left: the data rule out 60"):
        analysed(people, accuracy(0.7, 0.5))


def test_a_seed_gives_the_same_numbers_and_another_one_others(people: dict[str, np.ndarray]) -> None:
    how = accuracy(0.7, 0.95, draws=30)
    assert analysed(people, how) == analysed(people, how)
    assert analysed(people, how) != analysed(people, how, seed=2)


def test_nobody_classified_as_exposed_in_a_group_has_its_reason(people: dict[str, np.ndarray]) -> None:
    none = people | {"classified": people["classified"] & ~people["outcome"]}
    with pytest.raises(NotEstimableError, match="among one of the outcome groups"):
        analysed(none, accuracy(0.7, 0.95))


def test_draws_of_two_groups_are_as_correlated_as_asked() -> None:
    u = correlated_uniforms(np.random.default_rng(1), 20_000, 0.8)
    assert np.corrcoef(u.T)[0, 1] == pytest.approx(0.786, abs=0.01)  # 6 / pi asin(0.8 / 2)
    assert np.ptp(u) < 1
    same = correlated_uniforms(np.random.default_rng(1), 10, 1.0)
    np.testing.assert_array_equal(same[:, 0], same[:, 1])


def corrected_log_ratio(exposed: np.ndarray, outcome: np.ndarray, se: float, sp: float) -> float:
    """Log prevalence ratio with the true exposure, in closed form, of people without weights."""
    true = {y: (exposed[outcome == y].mean() - (1 - sp)) / (se + sp - 1) for y in (0, 1)}
    people = {y: (outcome == y).sum() for y in (0, 1)}
    risk = [
        share(true[1]) * people[1] / (share(true[1]) * people[1] + share(true[0]) * people[0])
        for share in (lambda t: t, lambda t: 1 - t)
    ]
    return float(np.log(risk[0] / risk[1]))


def test_the_total_interval_is_as_wide_as_the_corrected_estimate_varies_over_samples(
    people: dict[str, np.ndarray],
) -> None:
    """The bootstrap of the closed form: classified shares and the model vary together."""
    alike = people | {"weights": np.ones(N)}
    rng = np.random.default_rng(5)
    rows = [rng.integers(0, N, N) for _ in range(300)]
    again = [corrected_log_ratio(alike["classified"][r], alike["outcome"][r], 0.7, 0.95) for r in rows]
    found = analysed(alike, accuracy(0.7, 0.95, draws=250))
    width = (found.total.high - found.total.low) / (2 * 1.96)
    assert width == pytest.approx(np.std(again), rel=0.15)
    assert found.systematic.high - found.systematic.low < found.total.high - found.total.low
