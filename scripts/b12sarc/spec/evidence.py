"""What others have published on the same question (config/evidence.yaml), shown beside the cohorts."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Flag, Model, Name, Number, Text

Measure = Literal["difference", "odds_ratio", "hazard_ratio"]


class Study(Model):
    """One published result. It is shown, and never pooled with the cohorts: its scale is its own."""

    study: Text = Field(description="first author and year")
    population: Text = Field(description="cohort and people")
    n: Text = Field(description="people, as printed")
    design: Literal["cross_sectional", "longitudinal", "case_control", "trial"] = Field(
        description="how the study was made; trials are set apart"
    )
    exposure: Text = Field(description="what was compared, in words")
    outcome: Text = Field(description="what it was compared in, in words")
    beside: tuple[Name, ...] = Field(
        (), description="outcomes of this project beside which it is shown; none: in the table only"
    )
    measure: Measure | None = Field(None, description="scale of the estimate; none: direction only")
    unit: Text | None = Field(None, description="unit of a difference")
    estimate: Number | None = Field(None, description="the published number")
    conf_low: Number | None = Field(None, description="lower 95 % limit")
    conf_high: Number | None = Field(None, description="upper 95 % limit")
    drawn: Flag = Field(
        False, description="verified, with an interval on a known scale: drawn in the forest plots"
    )
    finding: Text = Field(description="what it found, in words")
    source: Text = Field(description="where the numbers were read")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        numbers = self.numbers()
        if self.drawn and (self.measure is None or None in numbers):
            raise ValueError("a result that is drawn has measure, estimate, conf_low and conf_high")
        if (self.measure == "difference") != (self.unit is not None):
            raise ValueError("a difference has a unit, the others none")
        value, low, high = numbers
        if low is not None and value is not None and high is not None and not low <= value <= high:
            raise ValueError(f"the estimate {value:g} is not between its limits {low:g} and {high:g}")
        if self.measure in ("odds_ratio", "hazard_ratio") and any(x is not None and x <= 0 for x in numbers):
            raise ValueError("a ratio is above 0")
        return self

    def numbers(self) -> tuple[float | None, float | None, float | None]:
        """Return the estimate and its limits, as far as they were printed."""
        return self.estimate, self.conf_low, self.conf_high


class Evidence(Model):
    """Published results beside which the cohorts are shown (config/evidence.yaml)."""

    studies: dict[Name, Study] = Field(description="name -> published result")
