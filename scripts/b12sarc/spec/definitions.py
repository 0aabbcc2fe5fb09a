"""Exposures, outcomes and covariates made from harmonised variables (config/definitions.yaml)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Name
from b12sarc.spec.rules import Rule

Role = Literal["exposure", "outcome", "covariate", "flag"]
Transform = Literal["identity", "log2", "ln"]
FORMS = {"binary": "rule", "categorical": "levels", "continuous": "value_of", "index": "components"}


class ValueOf(Model):
    """A transformed variable."""

    var: Name
    transform: Transform = "identity"


class Component(Model):
    """One part of an index: sign x z-score of the transformed variable."""

    var: Name
    transform: Transform
    sign: Literal[-1, 1]


class Formula(Model):
    """A published formula out of the closed registry in b12sarc.formulas."""

    name: Literal["ckd_epi_2021_creatinine", "mass_over_height_squared"]
    arguments: dict[str, Name] = Field(description="argument of the formula -> variable")


class Contrast(Model):
    """What one unit of the estimate means, in words, and the multiple of the coefficient that says it."""

    text: str
    multiply: float = Field(1.0, description="-1 turns 'per doubling' into 'per halving'")


class Definition(Model):
    """One exposure, outcome or covariate."""

    label: str
    roles: tuple[Role, ...]
    kind: Literal["binary", "categorical", "continuous", "index"]
    rule: Rule | None = Field(None, description="binary: the condition")
    levels: dict[Name, Rule] | None = Field(
        None, description="categorical: level -> condition; the first that holds; missing once one is missing"
    )
    level_labels: dict[Name, str] = Field(default_factory=dict)
    reference: Name | None = Field(None, description="categorical: reference level")
    value_of: ValueOf | None = Field(None, description="continuous: a transformed variable")
    formula: Formula | None = Field(None, description="continuous: a registered formula")
    components: tuple[Component, ...] | None = Field(
        None, description="index: mean z-score over the components that the cohort has"
    )
    unit: str | None = None
    contrast: Contrast | None = Field(None, description="exposures: what the estimate compares")
    contrasts: dict[Name, str] = Field(
        default_factory=dict, description="categorical exposures: level -> words"
    )
    citation: str = Field(description="where the cut-off or formula comes from")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [k for k in (*FORMS.values(), "formula") if getattr(self, k) is not None]
        wanted = FORMS[self.kind]
        if given not in ([wanted], ["formula"] if self.kind == "continuous" else [wanted]):
            raise ValueError(f"a {self.kind} definition has '{wanted}' and nothing else that makes values")
        if self.levels is not None and self.reference not in self.levels:
            raise ValueError("reference must be one of the levels")
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
    """All definitions (config/definitions.yaml)."""

    definitions: dict[Name, Definition]
