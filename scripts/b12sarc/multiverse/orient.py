"""Estimates of different exposures, outcomes and models on one axis: a standardised difference, oriented.

The axis is the difference between worse and better vitamin B12 status in standard deviations of the outcome;
above 0, worse status goes with worse health. It is for lining specifications up, not for quoting: the
estimate on its own scale stands beside it.

- Outcome, linear model: the coefficient over the weighted standard deviation of the outcome.
- Logistic model: log odds ratio x sqrt(3) / pi (Chinn 2000, Statistics in Medicine 19:3127-3131).
- Poisson model: a log prevalence ratio is a log odds ratio times (1 - prevalence), to first order, so it is
  divided by that and then treated as one. The two estimators of one outcome thus agree on the axis.
- Exposure: a continuous one is taken over two of its standard deviations, which makes it comparable with one
  that is there or not (Gelman 2008, Statistics in Medicine 27:2865-2873).

Every factor is positive and taken as known, so t and p are those of the model.
"""

from __future__ import annotations

import numpy as np

LOGISTIC_SD = np.pi / np.sqrt(3)
"""Standard deviation of the logistic distribution, by which a log odds ratio becomes a difference."""


def outcome_factor(y: np.ndarray, weights: np.ndarray, estimator: str) -> float:
    """Return what turns a coefficient into standard deviations of the outcome.

    Args:
        y: outcome among the people of the model, shape (n,).
        weights: their sampling weights, shape (n,).
        estimator: ``linear``, ``logistic`` or ``poisson``.
    """
    if estimator == "linear":
        return 1 / weighted_sd(y, weights)
    prevalence = float(weights @ y / weights.sum())
    return (1 if estimator == "logistic" else 1 / (1 - prevalence)) / LOGISTIC_SD


def exposure_factor(x: np.ndarray, weights: np.ndarray, *, continuous: bool) -> float:
    """Return over how many units of the exposure an effect is stated: two standard deviations, or one.

    Args:
        x: exposure among the people of the model, shape (n,).
        weights: their sampling weights, shape (n,).
        continuous: whether the exposure is continuous.
    """
    return 2 * weighted_sd(x, weights) if continuous else 1.0


def weighted_sd(x: np.ndarray, weights: np.ndarray) -> float:
    """Return the weighted standard deviation (of the population: no correction for the sample's size)."""
    share = weights / weights.sum()
    return float(np.sqrt(share @ np.square(x - share @ x)))
