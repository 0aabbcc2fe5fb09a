"""The made-up people: what is true of each of them, before anything is missing."""

from __future__ import annotations

import numpy as np

from b12sarc.synthetic.draws import (
    Columns,
    by_band,
    draw,
    expected,
    linear_predictor,
    logistic,
    pick,
    stream,
    truncated_normal,
)
from b12sarc.synthetic.population import Population
from b12sarc.synthetic.sampling import add_weights, draw_sample

PG_ML_TO_PMOL_L = 0.738
"""CDC VITB12_G."""

B12_CENTRE, MMA_CENTRE = 8.7, 7.5
"""log2 pmol/L and log2 nmol/L at which the planted effects are nil: near the medians."""

MMA_DETECTED = 22.1
"""Lower limit of detection, nmol/L (CDC MMA_H)."""

_MOST_LIKELY = 0.95
_ADULT = 20


def draw_people(population: Population) -> Columns:
    """Draw the whole sample; arrays of shape (n,), as the tables need them.

    Measured values are rounded as CDC rounds them *before* anything depends on them, so that what is planted
    holds exactly in the values that the pipeline reads.
    """
    people = draw_sample(population)
    _add_social(people, population)
    _add_body(people, population)
    _add_markers(people, population)
    _add_grip(people, population)
    _add_chair_rise(people, population)
    _add_haemoglobin(people, population)
    _add_cell_volume(people, population)
    add_weights(people, population)
    return people


def creatinine_of_egfr(egfr: np.ndarray, age: np.ndarray, female: np.ndarray) -> np.ndarray:
    """Return the creatinine (mg/dL) that gives this eGFR by CKD-EPI 2021: the inverse of its equation.

    Source: Inker 2021, N Engl J Med 385:1737.
    """
    woman = female == 1
    kappa, alpha = np.where(woman, 0.7, 0.9), np.where(woman, -0.241, -0.302)
    relative = egfr / (142 * 0.9938**age * np.where(woman, 1.012, 1.0))
    return kappa * relative ** (1 / np.where(relative >= 1, alpha, -1.200))


def _add_social(people: Columns, population: Population) -> None:
    model, seed = population.people, population.seed
    age, n = people["age"], len(people["age"])
    ridreth1 = np.where(people["ridreth3"] >= 6, 5, people["ridreth3"])
    shares = np.array([model.education[code] for code in (1, 2, 3, 4, 5)])[ridreth1 - 1]
    people["education"] = 1.0 + pick(shares, stream(seed, "education"))
    people["lt_high_school"] = (people["education"] <= 2).astype(float)
    people["high_school"] = (people["education"] == 3).astype(float)
    income = np.exp(draw(model.log_income, people, stream(seed, "income")))
    people["income"] = np.minimum(income, 5.0).round(2)
    bands = by_band(age, [band.from_age for band in model.smoking])
    woman = people["female"].astype(int)
    habits = np.array([[band.male, band.female] for band in model.smoking])[np.maximum(bands, 0), woman]
    smoking = np.where(bands < 0, 0, pick(habits, stream(seed, "smoking")))
    people["former"], people["current"] = (smoking == 1).astype(float), (smoking == 2).astype(float)
    risk = logistic(linear_predictor(model.diabetes_log_odds, people))
    risk[age < _ADULT] = 0.003
    people["diabetes"] = (stream(seed, "diabetes").random(n) < risk).astype(float)


def _add_body(people: Columns, population: Population) -> None:
    model, seed, children = population.people, population.seed, population.people.children
    child = people["age"] < _ADULT
    years = people["age"] + 0.5
    rng = stream(seed, "body")
    height = draw(model.height_cm, people, rng)
    curve = np.where(
        people["female"] == 1,
        np.interp(years, children.age, children.height_female),
        np.interp(years, children.age, children.height_male),
    )
    height[child] = (curve * np.exp(0.045 * rng.normal(size=len(curve))))[child]
    people["height"] = height.round(1)
    bmi = np.exp(draw(model.log_bmi, people, rng))
    curve = np.interp(years, children.age, children.bmi)
    bmi[child] = (curve * np.exp(0.15 * rng.normal(size=len(curve))))[child]
    people["bmi"] = bmi.round(1)
    egfr = draw(model.egfr, people, rng)
    egfr[child] = (np.interp(years, children.age, children.egfr) + 12 * rng.normal(size=len(curve)))[child]
    # The lowest creatinine that is measured bounds the eGFR from above, dialysis from below.
    creatinine = creatinine_of_egfr(np.clip(egfr, 4, 150), people["age"], people["female"])
    people["creatinine"] = np.maximum(creatinine, 0.3).round(2)
    people["egfr"] = np.clip(egfr, 4, 150)


def _add_markers(people: Columns, population: Population) -> None:
    model, seed, n = population.people, population.seed, len(people["age"])
    rng = stream(seed, "treated")
    share = np.where(people["age"] >= 65, model.treated.share, model.treated.share_under_65)
    people["treated"] = rng.random(n) < share
    rise = np.maximum(rng.normal(model.treated.log2_rise_mean, model.treated.log2_rise_sd, size=n), 0.0)
    log2_b12 = draw(model.log2_b12, people, stream(seed, "b12")) + np.where(people["treated"], rise, 0.0)
    pmol_l = 2 ** np.minimum(log2_b12, model.log2_b12.highest)
    people["b12_pg_ml"] = np.maximum((pmol_l / PG_ML_TO_PMOL_L).round(), 18.0)
    people["b12_pmol_l"] = (people["b12_pg_ml"] * PG_ML_TO_PMOL_L).round(1)
    log2_mma = draw(model.log2_mma, people, stream(seed, "mma"))
    log2_mma += population.effect("log2_mma", "log2_b12") * _halvings(people)
    mma = np.maximum(2**log2_mma, MMA_DETECTED)
    people["mma"] = np.where(mma < 1000, mma.round(1), (mma / 10).round() * 10)


def _halvings(people: Columns) -> np.ndarray:
    """Return how many times B12 is halved below its centre."""
    return B12_CENTRE - np.log2(people["b12_pmol_l"])


def _doublings(people: Columns) -> np.ndarray:
    """Return how many times MMA is doubled above its centre."""
    return np.log2(people["mma"]) - MMA_CENTRE


def _add_grip(people: Columns, population: Population) -> None:
    model, children = population.people, population.people.children
    rng = stream(population.seed, "grip")
    grip = draw(model.grip_max_kg, people, rng)
    grip += population.effect("grip_max_kg", "log2_mma") * _doublings(people)
    curve = np.where(
        people["female"] == 1,
        np.interp(people["age"], children.age, children.grip_female),
        np.interp(people["age"], children.age, children.grip_male),
    )
    child = people["age"] < _ADULT
    grip[child] = (curve * np.exp(0.17 * rng.normal(size=len(curve))))[child]
    # The dynamometer reads from 5 kg.
    people["grip"] = np.maximum(grip, 5.0).round(1)


def _event(log_prevalence: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.random(len(log_prevalence)) < np.minimum(np.exp(log_prevalence), _MOST_LIKELY)


def _add_chair_rise(people: Columns, population: Population) -> None:
    rng = stream(population.seed, "chair rise")
    log_prevalence = draw(population.people.chair_rise_difficulty, people, rng)
    log_prevalence += population.effect("chair_rise_difficulty", "log2_mma") * _doublings(people)
    people["chair_rise_difficulty"] = _event(log_prevalence, rng)


def _add_haemoglobin(people: Columns, population: Population) -> None:
    """Draw anaemia first, then a haemoglobin (g/dL) on its side of the cut-off; whole tenths throughout."""
    model, children = population.people.anaemia_who, population.people.children
    rng, n = stream(population.seed, "haemoglobin"), len(people["age"])
    log_prevalence = draw(model, people, rng)
    log_prevalence += population.effect("anaemia_who", "log2_b12") * _halvings(people)
    child = people["age"] < _ADULT
    anaemia = _event(log_prevalence, rng) & ~child
    cut = 10 * np.where(people["female"] == 1, model.below_g_dl.female, model.below_g_dl.male)
    cut[child] = 100.0
    below = cut - 1 - np.floor(10 * model.beyond * rng.exponential(size=n))
    usual = expected(model.usual, people, rng)
    usual[child] = np.interp(people["age"], children.age, children.haemoglobin)[child]
    above = truncated_normal(10 * usual, 10 * model.usual.sd, cut, np.full(n, 185.0), rng).round()
    people["haemoglobin"] = np.where(anaemia, np.maximum(below, 60.0), above) / 10


def _add_cell_volume(people: Columns, population: Population) -> None:
    """Draw macrocytosis first, then a mean cell volume (fL) on its side of the cut-off; in whole tenths."""
    model, children = population.people.macrocytosis, population.people.children
    rng, n = stream(population.seed, "cell volume"), len(people["age"])
    log_prevalence = draw(model, people, rng)
    log_prevalence += population.effect("macrocytosis", "log2_b12") * _halvings(people)
    child = people["age"] < _ADULT
    macrocytosis = _event(log_prevalence, rng) & ~child
    cut = 10 * model.above_fl
    above = cut + 1 + np.floor(10 * model.beyond * rng.exponential(size=n))
    usual = expected(model.usual, people, rng)
    usual[child] = np.interp(people["age"], children.age, children.cell_volume)[child]
    below = truncated_normal(10 * usual, 10 * model.usual.sd, np.full(n, 560.0), np.full(n, cut), rng).round()
    people["cell_volume"] = np.where(macrocytosis, np.minimum(above, 1350.0), below) / 10
