"""The harmonised dictionary: what a variable is called, measured in, and may hold, in every cohort."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Name, Number, Text, VariableType, Whole


class Plausible(Model):
    """Limits outside which a value is set missing, counted and reported."""

    min: Number = Field(description="smallest value that is kept, in the harmonised unit")
    max: Number = Field(description="largest value that is kept, in the harmonised unit")
    source: Text = Field(description="why these limits")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min >= self.max:
            raise ValueError(f"min ({self.min:g}) is not below max ({self.max:g})")
        return self


class Variable(Model):
    """One harmonised variable."""

    label: Text = Field(description="words for tables and figures")
    type: VariableType = Field(
        description="continuous has a unit, categorical has categories, binary neither"
    )
    unit: Text | None = Field(None, description="unit of the harmonised values (continuous variables)")
    accepts: dict[Text, Annotated[Number, Field(gt=0)]] = Field(
        default_factory=dict, description="other units a cohort may deliver -> factor to the harmonised unit"
    )
    decimals: Annotated[Whole, Field(ge=0)] | None = Field(
        None, description="decimals kept after a unit conversion, so that a cut-off is met exactly"
    )
    plausible: Plausible | None = Field(
        None, description="limits outside which a value is set missing, counted and reported"
    )
    categories: dict[Name, Text] = Field(default_factory=dict, description="category -> label, in order")
    reference: Name | None = Field(None, description="reference category in models")
    source: str = Field("", description="where the definition comes from")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.type == "continuous" and (self.unit is None or self.categories or self.reference):
            raise ValueError("a continuous variable has a unit and no categories or reference")
        if self.type == "categorical" and (len(self.categories) < 2 or self.reference not in self.categories):
            raise ValueError("a categorical variable has two or more categories and a reference among them")
        if self.type == "binary" and (self.categories or self.reference):
            raise ValueError("a binary variable is true or false: it has no categories and no reference")
        numeric = (self.unit, self.accepts, self.plausible, self.decimals is not None)
        if self.type != "continuous" and any(numeric):
            raise ValueError("unit, accepts, decimals and plausible belong to continuous variables only")
        if self.unit in self.accepts:
            raise ValueError(f"accepts lists other units; '{self.unit}' is the harmonised unit itself")
        return self

    def factor(self, unit: str) -> float | None:
        """Return the factor from ``unit`` to the harmonised unit; None: it does not convert."""
        return 1.0 if unit == self.unit else self.accepts.get(unit)


class Dictionary(Model):
    """All harmonised variables (config/dictionary.yaml).

    Every cohort maps each of them, or says why it cannot.
    """

    variables: dict[Name, Variable] = Field(description="name -> variable")
