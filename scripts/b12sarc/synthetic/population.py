"""The made-up population as data (cohorts/synthetic/population.yaml), checked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Number, Whole
from b12sarc.synthetic.loading import load_model

Share = Annotated[float, Field(ge=0, le=1)]
Spread = Annotated[float, Field(ge=0)]
Race = Literal["nh_white", "nh_black", "hispanic", "other"]
TermName = Literal[
    "age", "female", "nh_black", "hispanic", "other", "second_cycle", "lt_high_school", "high_school",
    "income", "height", "bmi", "former", "current", "diabetes", "egfr",
]  # fmt: skip

_STEPS = {
    ("log2_mma", "log2_b12"),
    ("grip_max_kg", "log2_mma"),
    ("chair_rise_difficulty", "log2_mma"),
    ("anaemia_who", "log2_b12"),
    ("macrocytosis", "log2_b12"),
}
_CONTROLS = {("height_cm", "log2_b12"), ("height_cm", "log2_mma")}


def _same_length(model: Model, *names: str) -> None:
    lengths = {name: len(getattr(model, name)) for name in names}
    if len(set(lengths.values())) > 1:
        given = ", ".join(f"{name} {n}" for name, n in lengths.items())
        raise ValueError(f"lists of different length ({given})")


class PlantedEffect(Model):
    """A true value, named as the estimate that should find it.

    Attributes:
        coef: on the coefficient scale in the pipeline's contrast (per halving of B12, per doubling of MMA).
        by_way_of: the exposure between: ``coef`` is then the product of the two steps.
    """

    outcome: str
    exposure: str
    adjustment: Literal["clinical"]
    estimator: Literal["linear", "poisson"]
    coef: Number
    by_way_of: str | None = None


class CycleSample(Model):
    """The sample of one cycle; ``population`` is what its weights add up to."""

    release: Whole
    people: Annotated[int, Field(ge=1)]
    first_person: Whole
    first_stratum: Whole
    strata: Annotated[int, Field(ge=1)]
    strata_of_three_psus: Annotated[int, Field(ge=0)]
    population: Number


class SparsePsu(Model):
    """A PSU that keeps only this share of its people aged 65 and over."""

    stratum: Whole
    psu: Whole
    keep_from_65: Share


class AgeBand(Model):
    """Relative share of the sampled people in an age band, both ends included."""

    first: Whole
    last: Whole
    share: Spread


class RaceShares(Model):
    """Shares by code of RIDRETH3 from an age on."""

    from_age: Whole
    share: dict[Literal[1, 2, 3, 4, 6, 7], Share] = Field(min_length=6)


class Weights(Model):
    """Mean examination weight in thousands from each age on, by race, and its spread on the log scale."""

    from_age: tuple[Whole, ...]
    nh_white: tuple[Number, ...]
    nh_black: tuple[Number, ...]
    hispanic: tuple[Number, ...]
    other: tuple[Number, ...]
    sd: Spread
    sd_psu: Spread
    per_income: Number

    @model_validator(mode="after")
    def _one_weight_an_age(self) -> Self:
        _same_length(self, "from_age", "nh_white", "nh_black", "hispanic", "other")
        return self


class NotExamined(Model):
    """Share that was interviewed only."""

    under_80: Share
    from_80: Share


class Sample(Model):
    """Who is drawn, and how."""

    cycles: dict[str, CycleSample]
    psu_size_sd: Spread
    sparse_psu: SparsePsu
    ages: tuple[AgeBand, ...]
    female: Share
    race_ethnicity: tuple[RaceShares, ...]
    race_sd_stratum: Spread
    race_sd_psu: Spread
    weights: Weights
    not_examined: NotExamined


class Tail(Model):
    """An exponential part with this mean (its sign is the direction), which a share of people has."""

    share: Share
    mean: Number


class Mean(Model):
    """A linear predictor and what varies around it."""

    intercept: Number
    terms: dict[TermName, Number]
    age_floor: Number = 0.0
    sd: Spread = 0.0
    sd_female: Spread | None = None
    sd_psu: Spread = 0.0
    sd_stratum: Spread = 0.0
    tail: Tail | None = None


class Capped(Mean):
    """A mean of values that end at ``highest``."""

    highest: Number


class BySex(Model):
    """A number for each sex."""

    male: Number
    female: Number


class Anaemia(Mean):
    """Log prevalence of anaemia, the haemoglobin below which it is, and values on either side."""

    below_g_dl: BySex
    beyond: Spread
    usual: Mean


class Macrocytosis(Mean):
    """Log prevalence of macrocytosis, the cell volume above which it is, and volumes on either side."""

    above_fl: Number
    beyond: Spread
    usual: Mean


class SmokingShares(Model):
    """Shares of never, former and current smokers from an age on."""

    from_age: Whole
    male: tuple[Share, Share, Share]
    female: tuple[Share, Share, Share]


class Treated(Model):
    """People with a prescription for cyanocobalamin, and how much higher their B12 is."""

    share: Share
    share_under_65: Share
    log2_rise_mean: Number
    log2_rise_sd: Spread


class Children(Model):
    """Means by age under 20, with straight lines between the ages."""

    age: tuple[Whole, ...]
    height_male: tuple[Number, ...]
    height_female: tuple[Number, ...]
    bmi: tuple[Number, ...]
    grip_male: tuple[Number, ...]
    grip_female: tuple[Number, ...]
    egfr: tuple[Number, ...]
    haemoglobin: tuple[Number, ...]
    cell_volume: tuple[Number, ...]

    @model_validator(mode="after")
    def _one_value_an_age(self) -> Self:
        _same_length(self, *type(self).model_fields)
        return self


class Prescriptions(Model):
    """Who takes how many drugs from each age on, and the drugs: Multum code, name, relative frequency."""

    from_age: tuple[Whole, ...]
    any: tuple[Share, ...]
    more: tuple[Spread, ...]
    drugs: tuple[tuple[str, str, Whole], ...]

    @model_validator(mode="after")
    def _one_share_an_age(self) -> Self:
        _same_length(self, "from_age", "any", "more")
        return self


class People(Model):
    """What the people are like."""

    education: dict[Literal[1, 2, 3, 4, 5], tuple[Share, Share, Share, Share, Share]] = Field(min_length=5)
    log_income: Mean
    smoking: tuple[SmokingShares, ...]
    diabetes_log_odds: Mean
    height_cm: Mean
    log_bmi: Mean
    egfr: Mean
    log2_b12: Capped
    treated: Treated
    log2_mma: Mean
    grip_max_kg: Mean
    chair_rise_difficulty: Mean
    anaemia_who: Anaemia
    macrocytosis: Macrocytosis
    children: Children
    prescriptions: Prescriptions


class Missing(Model):
    """What is not known of whom; never depends on an outcome."""

    income: dict[Race, Share] = Field(min_length=4)
    blood: dict[Race, Share] = Field(min_length=4)
    serum: Share
    one_assay: Share
    height: Share
    weight: Share
    no_grip: Mean
    one_hand: Share
    refused_or_unknown: Share
    chair_rise_not_done: Share


class Population(Model):
    """The whole of population.yaml."""

    seed: Annotated[int, Field(ge=0)]
    planted: tuple[PlantedEffect, ...]
    sample: Sample
    people: People
    missing: Missing

    def effect(self, outcome: str, exposure: str) -> float:
        """Return the planted coefficient, per halving of B12 or doubling of MMA.

        Raises:
            KeyError: nothing is planted for this pair.
        """
        return {(e.outcome, e.exposure): e.coef for e in self.planted}[outcome, exposure]

    @model_validator(mode="after")
    def _planted_is_what_the_people_follow(self) -> Self:
        """Check that every step is there once, and that the others follow from the steps."""
        pairs = [(e.outcome, e.exposure) for e in self.planted]
        steps = [(e.outcome, e.exposure) for e in self.planted if e.by_way_of is None]
        wrong = [f"{o} on {x}: planted twice" for o, x in sorted({p for p in pairs if pairs.count(p) > 1})]
        wrong += [f"{o} on {x}: missing" for o, x in sorted(_STEPS - set(steps))]
        wrong += [
            f"{o} on {x}: the people do not follow it" for o, x in steps if (o, x) not in _STEPS | _CONTROLS
        ]
        if not wrong:
            wrong = [text for effect in self.planted if (text := self._contradiction(effect))]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _contradiction(self, effect: PlantedEffect) -> str:
        named = f"{effect.outcome} on {effect.exposure}"
        if (effect.outcome, effect.exposure) in _CONTROLS:
            return "" if effect.coef == 0 else f"{named}: a negative control has coef 0"
        if effect.by_way_of is None:
            return ""
        steps = {(effect.by_way_of, effect.exposure), (effect.outcome, effect.by_way_of)}
        if not steps <= _STEPS:
            return f"{named}: no way by way of {effect.by_way_of}"
        product = math.prod(self.effect(*step) for step in steps)
        close = math.isclose(effect.coef, product, rel_tol=1e-9)
        return (
            ""
            if close
            else f"{named}: the steps by way of {effect.by_way_of} give {product:.6g}, not {effect.coef}"
        )


def load_population(path: Path) -> Population:
    """Read and check population.yaml.

    Raises:
        B12SarcError: every problem at once, each with file, line and key.
    """
    return load_model(path, Population)
