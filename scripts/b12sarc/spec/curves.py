"""Curves and standardised prevalences: ``dose_response`` and ``marginal_effects`` of the analysis."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Model, Name, Number, Text, Whole

Estimator = Literal["linear", "logistic", "poisson"]
Missing = Literal["complete_case", "mi"]
Percentile = Annotated[Number, Field(ge=0, le=100)]


class ReferenceValue(Model):
    """The value of an exposure that its curve is compared with."""

    value: Number = Field(description="in the unit of the variable that was measured, not of its logarithm")
    unit: Text = Field(description="unit of the value; must be the unit of the variable")
    source: Text = Field(description="why this value, or where it comes from")


class DoseResponse(Model):
    """Restricted cubic splines: the outcome over the whole range of an exposure."""

    exposures: dict[Name, ReferenceValue] = Field(
        min_length=1,
        description="exposure, out of models.exposures -> the value that its curve is compared with",
    )
    outcomes: tuple[Name, ...] = Field(min_length=1, description="out of models.outcomes, in order")
    adjustment: Name = Field(description="adjustment set of the curves, out of models.adjustments")
    knots: tuple[Percentile, ...] = Field(
        (5.0, 35.0, 65.0, 95.0),
        min_length=3,
        max_length=7,
        description="weighted percentiles of the exposure in the domain at which the curve may bend",
    )
    drawn: tuple[Percentile, ...] = Field(
        (1.0, 99.0),
        min_length=2,
        max_length=2,
        description="weighted percentiles between which the curve is drawn",
    )
    points: Whole = Field(61, ge=11, le=501, description="points of a curve, besides the reference")
    bins: Whole = Field(30, ge=5, le=100, description="bins of the distribution beneath a curve, at most")
    min_people: Whole = Field(
        10, ge=5, description="people in each bin, and beyond each end of the curve, at least"
    )
    missing: tuple[Missing, ...] = Field(
        ("complete_case",), min_length=1, description="how missing values are treated, out of models.missing"
    )
    continuous_outcomes: Literal["linear"] = Field("linear", description="estimator of continuous outcomes")
    binary_outcomes: Literal["poisson", "logistic"] = Field(
        "poisson", description="estimator of binary outcomes: prevalence ratios, or odds ratios"
    )

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        for key in ("knots", "drawn"):
            given = getattr(self, key)
            if any(a >= b for a, b in pairwise(given)):
                raise ValueError(f"{key}: the percentiles must ascend; found {', '.join(map(str, given))}")
        return self


class ChosenValues(Model):
    """Values of a continuous exposure for which the outcome is predicted."""

    values: tuple[Number, ...] = Field(
        min_length=2, description="in the unit of the variable that was measured, not of its logarithm"
    )
    reference: Number = Field(description="the one of them that the others are compared with")
    unit: Text = Field(description="unit of the values; must be the unit of the variable")

    @model_validator(mode="after")
    def _among_them(self) -> Self:
        if self.reference not in self.values:
            raise ValueError(f"reference {self.reference:g} is not one of the values")
        if len(set(self.values)) < len(self.values):
            raise ValueError("a value is listed twice")
        return self


class MarginalEffects(Model):
    """Standardised means and prevalences by exposure, their differences and ratios."""

    exposures: tuple[Name, ...] = Field((), description="out of models.exposures; empty: all of them")
    outcomes: tuple[Name, ...] = Field((), description="out of models.outcomes; empty: all of them")
    adjustments: tuple[Name, ...] = Field((), description="out of models.adjustments; empty: all of them")
    missing: tuple[Missing, ...] = Field(
        ("complete_case",), min_length=1, description="how missing values are treated, out of models.missing"
    )
    continuous_outcomes: tuple[Literal["linear"], ...] = Field(
        ("linear",), description="estimators for continuous outcomes; none: these are left out"
    )
    binary_outcomes: tuple[Estimator, ...] = Field(
        ("logistic",), min_length=1, description="models that the prevalences are predicted from"
    )
    at: dict[Name, ChosenValues] = Field(
        default_factory=dict, description="continuous exposure -> values at which the outcome is predicted"
    )
