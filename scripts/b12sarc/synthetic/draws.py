"""Random draws that everything made-up is built from."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from b12sarc.synthetic.population import Mean

CENTRES = {"age": 73.0, "income": 2.5, "height": 165.0, "bmi": 28.0, "egfr": 70.0}
"""What is taken off a covariate before its coefficient applies; the others are 0 or 1."""

Columns = dict[str, np.ndarray]


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of one topic: a new topic leaves those of the others as they are."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def linear_predictor(model: Mean, people: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return intercept and terms, shape (n,); summed term by term: the same on any machine."""
    total = np.full(len(people["age"]), model.intercept)
    for name, coefficient in model.terms.items():
        values = np.maximum(people[name], model.age_floor) if name == "age" else people[name]
        total += coefficient * (values - CENTRES.get(name, 0.0))
    return total


def of_place(people: Mapping[str, np.ndarray], unit: str, sd: float, rng: np.random.Generator) -> np.ndarray:
    """Return a normal effect shared by all of a unit (``psu_index``, ``stratum_index``), shape (n,)."""
    return sd * rng.normal(size=people[unit].max() + 1)[people[unit]]


def expected(model: Mean, people: Mapping[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Return predictor and effects of place, shape (n,)."""
    place = of_place(people, "psu_index", model.sd_psu, rng) + of_place(
        people, "stratum_index", model.sd_stratum, rng
    )
    return linear_predictor(model, people) + place


def draw(model: Mean, people: Mapping[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Draw a value of ``model`` for each person: predictor, effects of place, error and tail, shape (n,).

    The normal error ends at three standard deviations, which leaves its mean at zero.
    """
    n = len(people["age"])
    sd = np.full(n, model.sd)
    if model.sd_female is not None:
        sd = np.where(people["female"] == 1, model.sd_female, sd)
    error = sd * np.clip(rng.normal(size=n), -3, 3)
    value = expected(model, people, rng) + error
    if model.tail is not None:
        has_tail = rng.random(n) < model.tail.share
        value += np.where(has_tail, model.tail.mean * rng.exponential(size=n), 0.0)
    return value


def pick(shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a column number for each row of relative shares (n, k)."""
    edges = np.cumsum(shares, axis=1)
    return (rng.random(len(shares))[:, None] * edges[:, -1:] >= edges[:, :-1]).sum(axis=1)


def truncated_normal(
    mean: np.ndarray, sd: float, low: np.ndarray, high: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw normal values between ``low`` and ``high`` by drawing again; values still outside are clipped."""
    value = rng.normal(mean, sd)
    for _ in range(20):
        outside = (value < low) | (value > high)
        value[outside] = rng.normal(mean[outside], sd)
    return np.clip(value, low, high)


def logistic(log_odds: np.ndarray) -> np.ndarray:
    """Return the probability of these log odds."""
    return 1 / (1 + np.exp(-log_odds))


def by_band(age: np.ndarray, firsts: Sequence[int]) -> np.ndarray:
    """Return the number of the band that each age falls in; bands begin at ``firsts``, ascending."""
    return np.searchsorted(np.asarray(firsts), age, side="right") - 1
