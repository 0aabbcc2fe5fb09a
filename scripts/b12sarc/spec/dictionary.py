"""The harmonised dictionary: what a variable is called, measured in, and may hold, in every cohort."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Name, VariableType


class Plausible(Model):
    """Limits outside which a value is set missing, counted and reported."""

    min: float
    max: float
    source: str = Field(description="why these limits")


class Variable(Model):
    """One harmonised variable."""

    label: str
    type: VariableType
    unit: str | None = Field(None, description="unit of the harmonised values (continuous variables)")
    accepts: dict[str, float] = Field(
        default_factory=dict, description="other units a cohort may deliver -> factor to the harmonised unit"
    )
    decimals: int | None = Field(
        None, description="decimals kept after a unit conversion, so that a cut-off is met exactly"
    )
    plausible: Plausible | None = None
    categories: dict[Name, str] = Field(default_factory=dict, description="category -> label, in order")
    reference: Name | None = Field(None, description="reference category in models")
    source: str = Field("", description="where the definition comes from")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.type == "continuous" and (self.unit is None or self.categories or self.reference):
            raise ValueError("a continuous variable has a unit and no categories or reference")
        if self.type == "categorical" and (len(self.categories) < 2 or self.reference not in self.categories):
            raise ValueError("a categorical variable has two or more categories and a reference among them")
        if self.type != "continuous" and (self.unit or self.accepts or self.plausible):
            raise ValueError("unit, accepts and plausible belong to continuous variables only")
        return self

    def factor(self, unit: str) -> float | None:
        """Return the factor from ``unit`` to the harmonised unit; None: it does not convert."""
        return 1.0 if unit == self.unit else self.accepts.get(unit)


class Dictionary(Model):
    """All harmonised variables (config/dictionary.yaml)."""

    variables: dict[Name, Variable]
