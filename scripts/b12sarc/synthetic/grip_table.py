"""Six readings of a dynamometer whose best is the grip strength of a person."""

from __future__ import annotations

import numpy as np

from b12sarc.synthetic.answers import asked_if

TRIALS, HANDS = 3, 2
LOWEST_KG = 5.0


def grip_table(
    best: np.ndarray, age: np.ndarray, untested: np.ndarray, one_hand: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return the columns of MGX.

    Args:
        best: highest single reading, kg, shape (n,).
        age: years.
        untested: who did not perform the test.
        one_hand: share of the tested who could use one hand only.
        rng: random numbers.
    """
    n = len(best)
    readings, hands = _readings(best, one_hand, rng)
    readings[untested] = np.nan
    largest = np.fmax.reduce(readings, axis=1)
    seated = rng.random(n) < np.where(age >= 65, 0.12, 0.03)
    columns = {
        "MGDEXSTS": np.select([untested, hands == 1], [3.0, 2.0], 1.0),
        "MGD130": asked_if(~untested, 1.0 + np.searchsorted([0.89, 0.965], rng.random(n))),
        "MGDSEAT": asked_if(~untested & (age >= 20), 1.0 + seated),
        "MGATHAND": asked_if(~untested, 1.0 + (rng.random(n) < 0.5)),
    }
    for trial in range(TRIALS):
        for hand in range(HANDS):
            reading = readings[:, trial, hand]
            name = f"MGXH{hand + 1}T{trial + 1}"
            columns[name] = reading
            questionable = rng.random(n) < (0.045 if trial == 0 else 0.015)
            columns[f"{name}E"] = asked_if(~np.isnan(reading), 1.0 + questionable)
    columns["MGDCGSZ"] = largest.sum(axis=1).round(1)
    return columns


def _readings(best: np.ndarray, one_hand: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return readings (n, trials, hands), NaN where none, and how many hands were tested.

    One reading is ``best`` itself. A few others were never made, or are a zero, which readers of SAS
    transport are apt to spoil.
    """
    n = len(best)
    less = 0.09 * best[:, None, None] * rng.exponential(size=(n, TRIALS, HANDS))
    less[:, :, 1] += 0.02 * best[:, None]
    readings = np.maximum(best[:, None, None] - less, LOWEST_KG).round(1)
    odd = rng.random(readings.shape)
    readings[odd < 0.002] = np.nan
    readings[(odd > 0.9995) & (np.arange(HANDS) == 1)] = 0.0
    hands = np.where(rng.random(n) < one_hand, 1, 2)
    missing_hand = (rng.random(n) < 0.97).astype(int)
    best_hand = np.where(hands == 1, 1 - missing_hand, (rng.random(n) < 0.45).astype(int))
    best_trial = np.searchsorted([0.28, 0.64], rng.random(n))
    readings[np.arange(n), best_trial, best_hand] = best
    single = np.flatnonzero(hands == 1)
    readings[single, :, missing_hand[single]] = np.nan
    return readings, hands
