"""Probabilistic bias analysis of a misclassified binary exposure.

Fox, MacLehose and Lash 2021 (Applying Quantitative Bias Analysis to Epidemiologic Data, 2nd edition, chapters
7 and 8); Fox, Lash and Greenland 2005 (International Journal of Epidemiology 34:1370-1376). Each draw of
sensitivity and specificity says how likely everybody's true exposure is, given the classified one and the
outcome; a true exposure is drawn for each person, and the model is fitted again.

Chance enters twice, as in a proper imputation (Rubin 1987): the share that is classified as exposed, from
which the predictive values follow, is drawn from its sampling distribution, and so is the coefficient.
Without the first, few people classified as exposed would become a narrow interval about a large effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from b12sarc.inference import NotEstimableError

BATCHES = 10


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Draws of how well the exposure was classified, by outcome group; each of shape (draws, 2).

    Column 0 is of people without the outcome, column 1 of people with it.
    """

    sensitivity: np.ndarray
    specificity: np.ndarray


@dataclass(frozen=True)
class Interval:
    """Median and simulation limits of a coefficient on the link scale."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class BiasAnalysis:
    """What the draws say together.

    Attributes:
        systematic: of the fitted coefficients alone: misclassification without chance.
        total: with the random error of the classified shares and of the coefficient.
        draws: draws of sensitivity and specificity.
        rejected: of these, how many the data rule out (a true prevalence below 0 or above 1).
        rejected_total: how many are ruled out by the shares as they were drawn.
        not_fitted: of all models of the others, how many could not be fitted.
        monte_carlo_se: standard error, over batches, of the least certain of the three numbers of ``total``.
    """

    systematic: Interval
    total: Interval
    draws: int
    rejected: int
    rejected_total: int
    not_fitted: int
    monte_carlo_se: float


@dataclass(frozen=True, eq=False)
class PredictiveValues:
    """How likely the classified exposure is the true one; shape (draws, 2), NaN in a draw that cannot be."""

    positive: np.ndarray
    negative: np.ndarray


def correlated_uniforms(rng: np.random.Generator, draws: int, correlation: float) -> np.ndarray:
    """Return two columns of uniform numbers with a Gaussian copula, shape (draws, 2)."""
    z = rng.standard_normal((draws, 2))
    z[:, 1] = correlation * z[:, 0] + np.sqrt(1 - correlation**2) * z[:, 1]
    return special.ndtr(z)


def predictive_values(classified: np.ndarray, accuracy: Accuracy) -> PredictiveValues:
    """Return the predictive values that fit a classified prevalence.

    With ``e`` the share classified as exposed, the true share is
    ``t = (e - (1 - specificity)) / (sensitivity + specificity - 1)``, the positive predictive value
    ``sensitivity t / e`` and the negative one ``specificity (1 - t) / (1 - e)``.

    Args:
        classified: weighted share classified as exposed among those without and with the outcome, shape (2,)
            or (draws, 2).
        accuracy: draws.
    """
    se, sp = accuracy.sensitivity, accuracy.specificity
    youden = se + sp - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        true = (classified - (1 - sp)) / youden
        ppv, npv = se * true / classified, sp * (1 - true) / (1 - classified)
    possible = ((youden > 0) & (true >= 0) & (true <= 1)).all(axis=1)
    blank = np.where(possible[:, None], 0.0, np.nan)
    return PredictiveValues(np.clip(ppv, 0, 1) + blank, np.clip(npv, 0, 1) + blank)


def bias_analysis(
    exposed: np.ndarray,
    outcome: np.ndarray,
    weights: np.ndarray,
    accuracy: Accuracy,
    classified: np.ndarray,
    fit: Callable[[np.ndarray], tuple[float, float, float]],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
) -> BiasAnalysis:
    """Return what would have been estimated with the true exposure.

    Args:
        exposed: classified exposure, booleans (n,).
        outcome: outcome, booleans (n,).
        weights: sampling weights (n,).
        accuracy: draws of sensitivity and specificity.
        classified: draws of the share classified as exposed, without and with the outcome, shape (draws, 2).
        fit: from a true exposure, 0/1 floats (n,), to coefficient, standard error and degrees of freedom.
        rng: random numbers.
        level: of the simulation intervals.

    Raises:
        NotEstimableError: the data rule out nearly every draw (fewer than 20 are left), or nobody is
            classified as exposed in a group.
    """
    observed = np.array([np.average(exposed[outcome == y], weights=weights[outcome == y]) for y in (0, 1)])
    if (observed <= 0).any() or (observed >= 1).any():
        raise NotEstimableError(
            "nobody, or everybody, is classified as exposed among one of the outcome groups"
        )
    group, draws = outcome.astype(int), len(accuracy.sensitivity)

    def fitted(values: PredictiveValues) -> tuple[list[tuple[float, float, float]], int]:
        """Fit the model with a true exposure for each draw that can be; also say how many cannot."""
        found, possible = [], np.flatnonzero(~np.isnan(values.positive[:, 0]))
        for draw in possible:
            chance = np.where(exposed, values.positive[draw, group], 1 - values.negative[draw, group])
            true = (rng.random(len(chance)) < chance).astype(float)
            try:
                found.append(fit(true))
            except NotEstimableError:
                continue
        return found, draws - len(possible)

    systematic, rejected = fitted(predictive_values(observed, accuracy))
    both, rejected_total = fitted(predictive_values(classified, accuracy))
    least = min(len(systematic), len(both))
    if least < 2 * BATCHES:
        what = f"{least} of {draws} draws are left: the data rule out {max(rejected, rejected_total)}"
        raise NotEstimableError(f"{what}, as fewer people are classified as exposed than they would give")
    totals = np.array([coef + se * _as_t(rng.standard_normal(), df) for coef, se, df in both])
    return BiasAnalysis(
        _interval(np.array([coef for coef, _, _ in systematic]), level),
        _interval(totals, level),
        draws,
        rejected,
        rejected_total,
        2 * draws - rejected - rejected_total - len(systematic) - len(both),
        _monte_carlo_se(totals, level),
    )


def _as_t(normal: float, df: float) -> float:
    """Turn a standard normal number into one of t with ``df``, by its quantile; if ``df`` < 1 leave it."""
    return float(special.stdtrit(df, special.ndtr(normal))) if df >= 1 else normal


def _interval(values: np.ndarray, level: float) -> Interval:
    low, median, high = np.quantile(values, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return Interval(float(median), float(low), float(high))


def _monte_carlo_se(values: np.ndarray, level: float) -> float:
    """Return the standard error of the least certain of median and limits, from ten batches of draws."""
    size = len(values) // BATCHES
    batches = [_interval(values[i * size : (i + 1) * size], level) for i in range(BATCHES)]
    numbers = np.array([(b.median, b.low, b.high) for b in batches])
    return float((numbers.std(axis=0, ddof=1) / np.sqrt(BATCHES)).max())
