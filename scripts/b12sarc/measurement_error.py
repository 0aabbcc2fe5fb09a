"""Regression dilution: the reliability of a marker from replicates, and coefficients corrected for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from b12sarc.inference import NotEstimableError


@dataclass(frozen=True)
class Reliability:
    """Reliability ratio of a marker: the share of its variance that lies between people.

    Attributes:
        ratio: intraclass correlation of one measurement, from a one-way analysis of variance.
        se: its large-sample standard error.
        n: people measured twice.
        between: variance between people.
        within: variance within a person (laboratory and biology, from day to day).
    """

    ratio: float
    se: float
    n: int
    between: float
    within: float


@dataclass(frozen=True)
class Corrected:
    """A coefficient corrected for regression dilution, and its standard error."""

    coef: float
    se: float


def reliability(first: np.ndarray, second: np.ndarray) -> Reliability:
    """Return the reliability of a marker of which people have two measurements.

    One-way random effects: with ``MSB`` and ``MSW`` the mean squares between and within people, the
    intraclass correlation is ``(MSB - MSW) / (MSB + MSW)`` (ICC(1,1), Shrout and Fleiss 1979, Psychological
    Bulletin 86:420-428). Its standard error is ``(1 - r^2) / sqrt(n - 1)`` for pairs (Fisher 1925; Donner
    1986, International Statistical Review 54:67-82). Without weights: replicates are a convenience sample.

    Args:
        first: values of the first measurement, on the scale of the model (logarithms), shape (n,).
        second: of the second measurement of the same people, shape (n,).

    Raises:
        NotEstimableError: fewer than three pairs, or no more variance between people than within.
    """
    pairs = np.column_stack([first, second]).astype(float)
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    n = len(pairs)
    if n < 3:
        raise NotEstimableError(f"{n} people were measured twice")
    means = pairs.mean(axis=1)
    between = 2 * np.sum((means - means.mean()) ** 2) / (n - 1)
    within = np.sum((pairs - means[:, None]) ** 2) / n
    if between <= within:
        raise NotEstimableError("two measurements of a person differ as much as those of two people")
    ratio = (between - within) / (between + within)
    se = (1 - ratio**2) / np.sqrt(n - 1)
    return Reliability(float(ratio), float(se), n, float((between - within) / 2), float(within))


def corrected(coef: float, se: float, of: Reliability) -> Corrected:
    """Return ``coef / lambda``, its error by the delta method with both errors independent.

    ``var = se^2 / lambda^2 + coef^2 se_lambda^2 / lambda^4`` (Rosner, Willett and Spiegelman 1989, Statistics
    in Medicine 8:1051-1069, for one mismeasured covariate with the others measured without error).
    """
    variance = se**2 / of.ratio**2 + coef**2 * of.se**2 / of.ratio**4
    return Corrected(coef / of.ratio, float(np.sqrt(variance)))
