"""Exposures, outcomes and covariates made from harmonised variables (config/definitions.yaml)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Name, Number, Text
from b12sarc.spec.rules import Rule

Role = Literal["exposure", "outcome", "covariate", "flag"]
Transform = Literal["identity", "log2", "ln"]
FORMS = {"binary": "rule", "categorical": "levels", "continuous": "value_of", "index": "components"}


class ValueOf(Model):
    """A transformed variable."""

    var: Name = Field(description="continuous variable or definition")
    transform: Transform = Field("identity", description="identity, log2 or ln (natural logarithm)")


class Component(Model):
    """One part of an index: sign x z-score of the transformed variable."""

    var: Name = Field(description="continuous variable or definition")
    transform: Transform = Field(description="identity, log2 or ln (natural logarithm)")
    sign: Literal[-1, 1] = Field(description="1 or -1")


class Formula(Model):
    """A published formula out of the closed registry in b12sarc.formulas."""

    name: Literal["ckd_epi_2021_creatinine", "mass_over_height_squared", "mass_over_bmi"] = Field(
        description="which formula"
    )
    arguments: dict[str, Name] = Field(description="argument of the formula -> variable")


class Contrast(Model):
    """What one unit of the estimate means, in words, and the multiple of the coefficient that says it."""

    text: Text = Field(description="words, such as: per halving of serum B12")
    multiply: Number = Field(1.0, description="-1 turns 'per doubling' into 'per halving'")


class Definition(Model):
    """One exposure, outcome or covariate."""

    label: Text = Field(description="words for tables and figures")
    roles: tuple[Role, ...] = Field(min_length=1, description="what it may be used as")
    kind: Literal["binary", "categorical", "continuous", "index"] = Field(
        description="binary has rule; categorical levels; continuous value_of or formula; index components"
    )
    rule: Rule | None = Field(None, description="binary: the condition")
    levels: dict[Name, Rule] | None = Field(
        None, description="categorical: level -> condition; the first that holds; missing once one is missing"
    )
    level_labels: dict[Name, Text] = Field(
        default_factory=dict, description="level -> words; a level without them shows its name"
    )
    reference: Name | None = Field(None, description="categorical: reference level")
    value_of: ValueOf | None = Field(None, description="continuous: a transformed variable")
    formula: Formula | None = Field(None, description="continuous: a registered formula")
    components: tuple[Component, ...] | None = Field(
        None, description="index: mean z-score over the components that the cohort has"
    )
    unit: Text | None = Field(None, description="unit of the values (continuous and index)")
    contrast: Contrast | None = Field(None, description="exposures: what the estimate compares")
    contrasts: dict[Name, Text] = Field(
        default_factory=dict, description="categorical exposures: level -> words"
    )
    citation: Text = Field(description="where the cut-off or formula comes from")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [k for k in (*FORMS.values(), "formula") if getattr(self, k) is not None]
        wanted = FORMS[self.kind]
        if given not in ([wanted], ["formula"] if self.kind == "continuous" else [wanted]):
            wanted = "value_of or formula" if self.kind == "continuous" else wanted
            raise ValueError(f"a {self.kind} definition has {wanted}, and nothing else that makes values")
        if self.levels is not None and len(self.levels) < 2:
            raise ValueError("a categorical definition has two or more levels; one level compares nothing")
        if self.levels is not None and self.reference not in self.levels:
            raise ValueError(
                f"reference '{self.reference}' is not one of the levels: {', '.join(self.levels)}"
            )
        if (self.kind in ("continuous", "index")) != (self.unit is not None):
            raise ValueError("continuous and index definitions have a unit, the others none")
        if self.kind == "categorical" and self.contrast is not None:
            raise ValueError("a categorical definition has contrasts (level -> words), not contrast")
        if "exposure" in self.roles and self.contrast is None and not self.contrasts:
            raise ValueError("an exposure says in words what is compared: contrast, or contrasts for levels")
        if self.contrasts and set(self.contrasts) != set(self.levels or ()) - {self.reference}:
            raise ValueError("contrasts names every level except the reference")
        return self

    def variables(self) -> set[str]:
        """Return the names of the variables and definitions it is made from."""
        names = self.rule.variables() if self.rule else set()
        names = names.union(*(r.variables() for r in (self.levels or {}).values()))
        names |= {self.value_of.var} if self.value_of else set()
        names |= set(self.formula.arguments.values()) if self.formula else set()
        return names | {c.var for c in self.components or ()}


class Definitions(Model):
    """All exposures, outcomes and covariates made from harmonised variables (config/definitions.yaml)."""

    definitions: dict[Name, Definition] = Field(description="name -> definition")
