"""In whom an association differs: modifiers, and the models in which they are looked at."""

from __future__ import annotations

from pydantic import Field

from b12sarc.spec.base import Model, Name, Text, Whole


class Modifier(Model):
    """A variable in whose levels the associations are estimated one by one, and compared."""

    var: Name = Field(description="categorical or binary variable or definition")
    label: Text = Field(description="words for tables and figures")
    level_labels: dict[Name, Text] = Field(
        default_factory=dict, description="level (of a binary one: false, true) -> words in place of its own"
    )
    replaces: tuple[Name, ...] = Field(
        (), description="covariates that it stands in for; the variable itself is never there twice"
    )


class EffectModification(Model):
    """Subgroup estimates and tests for interaction on both scales (effect_modification.csv)."""

    modifiers: dict[Name, Modifier] = Field(min_length=1, description="name -> modifier")
    exposures: tuple[Name, ...] = Field((), description="of models.exposures; empty: all")
    outcomes: tuple[Name, ...] = Field((), description="of models.outcomes; empty: all")
    adjustments: tuple[Name, ...] = Field((), description="of models.adjustments; empty: all")
    missing: tuple[Name, ...] = Field((), description="of models.missing; empty: the first of these")
    drawn: tuple[Name, ...] = Field((), description="exposures in the figures, a panel each; empty: all")
    min_n: Whole = Field(
        50, ge=1, description="people below which a level of a modifier is not looked at by itself"
    )
