"""Equations that bring the values of one laboratory method to the scale of another (config/assays.yaml)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Name, Number, Text


class ValidRange(Model):
    """Values for which the equation was established; others are extrapolated, counted and reported."""

    min: Number | None = Field(None, description="smallest value compared; none: the source states none")
    max: Number | None = Field(None, description="largest value compared; none: the source states none")
    source: Text = Field(description="where the range comes from, or that the source states none")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise ValueError(f"min ({self.min:g}) is not below max ({self.max:g})")
        return self


class Equation(Model):
    """A published equation between two methods.

    With ``s = intercept + sum(coefficient x z^power)`` over ``terms`` (power -> coefficient):
    ``linear`` is ``y = s`` with z = x; ``log10`` is ``y = 10^s`` with z = log10(x); ``identity`` is
    ``y = x`` (the methods were compared and agree).
    """

    label: Text = Field(description="words for tables")
    form: Literal["linear", "log10", "identity"] = Field(description="form of the equation (see above)")
    intercept: Number = Field(0.0, description="intercept")
    terms: dict[Number, Number] = Field(default_factory=dict, description="power -> coefficient")
    from_: Name = Field(alias="from", description="method of the values that it takes")
    to: Name = Field(description="method whose scale the result is on")
    unit: Text = Field(description="unit of the values that it takes and gives")
    valid: ValidRange = Field(description="range of values for which it was established, in the same unit")
    source: Text = Field(description="where it is published")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.from_ == self.to:
            raise ValueError("from and to are the same method: there is nothing to bridge")
        if (self.form == "identity") != (not self.terms) or (self.form == "identity" and self.intercept):
            raise ValueError("linear and log10 have terms (power: coefficient); identity has no number")
        return self


class Assays(Model):
    """All bridging equations (config/assays.yaml)."""

    equations: dict[Name, Equation] = Field(default_factory=dict, description="name -> equation")
