"""SYNTHETIC DATA: made-up people of the worked examples, with planted effects (their population.yaml)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Name, Number, Whole
from b12sarc.synthetic.draws import CENTRES, Columns, logistic, pick, stream
from b12sarc.synthetic.loading import load_model
from b12sarc.synthetic.people import creatinine_of_egfr
from b12sarc.synthetic.population import PlantedEffect

Share = Annotated[float, Field(ge=0, le=1)]
Shares = Annotated[tuple[Share, ...], Field(min_length=3, max_length=3)]
_CENTRES = {**CENTRES, "bmi": 24.5, "log2_b12": 8.6, "log2_hcy": 3.6}
_SIGN = {"log2_b12": -1, "log2_hcy": 1}
"""Multiple of a coefficient that the pipeline states: per halving of B12, per doubling of homocysteine."""


class Equation(Model):
    """How a value comes about: intercept, terms, an effect of the PSU, a normal error that ends at 3 SD.

    ``value``: the sum. ``logit`` and ``log``: 0 or 1, with the sum as log odds or as log of the share.
    """

    kind: Literal["value", "logit", "log"] = "value"
    intercept: Number
    terms: dict[Name, Number] = Field(default_factory=dict)
    sd: Annotated[float, Field(ge=0)] = 0.0
    sd_psu: Annotated[float, Field(ge=0)] = 0.0


class Example(Model):
    """Everything that shapes the people of one example."""

    seed: Whole
    people: Annotated[int, Field(ge=100)]
    ages: tuple[Whole, Whole]
    strata: Whole = 0
    psus: Whole = 1
    female: Share
    education: Shares
    smoking: Shares
    planted: tuple[PlantedEffect, ...]
    equations: dict[Name, Equation]
    missing: dict[Name, Share]

    @model_validator(mode="after")
    def _planted_as_drawn(self) -> Self:
        """What is planted must be what the equations draw, or the product of two of them."""
        for effect in self.planted:
            drawn = self.drawn(effect)
            if abs(drawn - effect.coef) > 1e-9:
                what = f"{effect.outcome} on {effect.exposure}: planted {effect.coef}, drawn {drawn:.6g}"
                raise ValueError(what)
        return self

    def drawn(self, effect: PlantedEffect) -> float:
        """Return the effect that the equations make, in the pipeline's contrast."""
        if effect.by_way_of is None:
            return self._step(effect.outcome, effect.exposure)
        between = effect.by_way_of
        return self._step(effect.outcome, between) * self._step(between, effect.exposure)

    def _step(self, outcome: str, exposure: str) -> float:
        return _SIGN[exposure] * self.equations[_DRAWN_AS.get(outcome, outcome)].terms.get(exposure, 0.0)


_DRAWN_AS = {
    "grip_max_kg": "grip",
    "height_cm": "height",
    "probable_sarcopenia_chair_ewgsop2": "slow_chair",
}
"""Outcome of the pipeline -> equation that draws it."""


def load_example(path: Path) -> Example:
    """Read population.yaml of an example.

    Raises:
        B12SarcError: every problem at once, each with file, line and key.
    """
    return load_model(path, Example)


def draw_example(example: Example) -> Columns:
    """Draw the people of an example.

    Returns:
        Arrays of shape (n,): ``age``, ``female``, ``stratum`` and ``psu`` (from 0), ``education`` and
        ``smoking`` (0-2), their indicators, every equation's value, ``creatinine`` (mg/dL), ``weight``.
    """
    n, seed = example.people, example.seed
    people: Columns = {
        "age": stream(seed, "age").integers(example.ages[0], example.ages[1] + 1, n).astype(float)
    }
    people["female"] = (stream(seed, "female").random(n) < example.female).astype(float)
    people["psu"] = stream(seed, "psu").integers(0, example.psus, n)
    people["stratum"] = people["psu"] * max(example.strata, 1) // example.psus
    for name, words in (
        ("education", ("lt_high_school", "high_school", "gt_high_school")),
        ("smoking", ("never", "former", "current")),
    ):
        shares = np.tile(getattr(example, name), (n, 1))
        people[name] = pick(shares, stream(seed, name))
        people |= {word: (people[name] == i).astype(float) for i, word in enumerate(words)}
    for name, equation in example.equations.items():
        people[name] = _value(name, equation, people, seed)
    egfr = np.clip(people["egfr"], 8, 125)
    people["creatinine"] = creatinine_of_egfr(egfr, people["age"], people["female"])
    people["weight"] = _weights(people, seed)
    return people


def blanks(example: Example, name: str) -> np.ndarray:
    """Return who has no value of ``name``: by chance alone, booleans of shape (n,)."""
    share = example.missing.get(name, 0.0)
    return stream(example.seed, f"missing {name}").random(example.people) < share


def _value(name: str, equation: Equation, people: Columns, seed: int) -> np.ndarray:
    rng = stream(seed, name)
    n = len(people["age"])
    total = np.full(n, equation.intercept)
    for term, coefficient in equation.terms.items():
        total += coefficient * (people[term] - _CENTRES.get(term, 0.0))
    total += equation.sd_psu * rng.normal(size=people["psu"].max() + 1)[people["psu"]]
    if equation.kind == "value":
        return total + equation.sd * np.clip(rng.normal(size=n), -3, 3)
    share = logistic(total) if equation.kind == "logit" else np.minimum(np.exp(total), 1)
    return (rng.random(n) < share).astype(float)


def _weights(people: Columns, seed: int) -> np.ndarray:
    """Persons whom each stands for: fewer for the old and for women, who came more often."""
    rng = stream(seed, "weight")
    log = (
        8.3
        - 0.02 * (people["age"] - 73)
        - 0.15 * people["female"]
        + 0.3 * rng.normal(size=len(people["age"]))
    )
    return np.exp(log).round(4)
