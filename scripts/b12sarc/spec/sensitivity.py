"""What is changed to see how much an estimate depends on it (config/analysis.yaml, ``sensitivity``)."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Flag, Model, Name, Text
from b12sarc.spec.rules import Rule


class Option(Model):
    """One departure from the main analysis: other people, other variables, or values as measured."""

    label: Text = Field(description="words for tables and figures")
    reason: Text = Field(description="what it is to show, and where it comes from")
    keep: Rule | None = Field(
        None,
        description="only people in whom this holds; those in whom it is unknown are dropped, and counted",
    )
    replace: dict[Name, Name] = Field(
        default_factory=dict, description="exposure, outcome or covariate -> what stands in its place"
    )
    without: tuple[Name, ...] = Field((), description="covariates that are left out")
    outcomes: tuple[Name, ...] = Field((), description="outcomes that it is about; empty: any")
    as_measured: Flag = Field(
        False, description="values that were brought to the scale of another laboratory method, as they were"
    )

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.keep is None and not self.replace and not self.without and not self.as_measured:
            raise ValueError("an option changes something: keep, replace, without, or as_measured: true")
        if both := sorted(set(self.replace) & set(self.without)):
            raise ValueError(f"{both[0]} is replaced and left out: keep one of them")
        return self


class Sensitivity(Model):
    """Sensitivity analyses: what is changed, and in which models."""

    options: dict[Name, Option] = Field(
        min_length=1, description="name -> one departure from the main analysis"
    )
