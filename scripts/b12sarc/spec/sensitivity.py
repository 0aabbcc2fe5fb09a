"""What is changed to see how much an estimate depends on it (config/analysis.yaml, ``sensitivity``)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Flag, Model, Name, Number, Text
from b12sarc.spec.rules import Rule
from b12sarc.spec.terms import Term

Share = Annotated[float, Field(gt=0, lt=1)]
Quantile = Annotated[float, Field(ge=0, le=1)]


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


class Replicate(Model):
    """A marker that was measured twice in some people."""

    first: Name = Field(description="variable of the first measurement, as the models use it")
    second: Name = Field(description="variable of the second measurement")
    exposures: tuple[Name, ...] = Field(
        min_length=1, description="logarithmic exposures whose coefficients are corrected by its reliability"
    )


class MeasurementError(Model):
    """Correction for regression dilution, from people who were measured twice."""

    cohort: Name = Field(description="cohort that has the replicates; its reliability serves every cohort")
    replicates: dict[Name, Replicate] = Field(min_length=1, description="name -> marker measured twice")
    transport: Text = Field(description="who the people measured twice are, and what may not transport")


class Distribution(Model):
    """How an unknown share is drawn. Exactly one of: fixed, uniform, triangular, trapezoidal, beta."""

    fixed: Number | None = Field(None, ge=0, le=1, description="always this number")
    uniform: tuple[Quantile, Quantile] | None = Field(None, description="lowest and highest")
    triangular: tuple[Quantile, Quantile, Quantile] | None = Field(
        None, description="lowest, most likely, highest"
    )
    trapezoidal: tuple[Quantile, Quantile, Quantile, Quantile] | None = Field(
        None, description="lowest, first and last of the equally likely, highest"
    )
    beta: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] | None = Field(
        None, description="the two parameters of a beta distribution"
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        forms = (self.fixed, self.uniform, self.triangular, self.trapezoidal, self.beta)
        if sum(form is not None for form in forms) != 1:
            raise ValueError("give exactly one of: fixed, uniform, triangular, trapezoidal, beta")
        bounds = self.uniform or self.triangular or self.trapezoidal
        if bounds is not None and (list(bounds) != sorted(bounds) or bounds[0] == bounds[-1]):
            raise ValueError("the limits of a distribution ascend")
        return self


class Accuracy(Model):
    """How well a cut-off finds the truth."""

    sensitivity: Distribution = Field(description="share of the truly exposed that are classified so")
    specificity: Distribution = Field(description="share of the truly unexposed that are classified so")


class Misclassification(Model):
    """A probabilistic bias analysis of one binary exposure. Exactly one of truth and accuracy."""

    label: Text = Field(description="words for tables and figures")
    source: Text = Field(description="where sensitivity and specificity come from")
    exposure: Name = Field(description="binary exposure that may be misclassified")
    outcomes: tuple[Name, ...] = Field(min_length=1, description="binary outcomes")
    truth: Name | None = Field(
        None,
        description="binary definition that stands for the truth; the accuracy is estimated in the cohort",
    )
    accuracy: Accuracy | None = Field(None, description="accuracy among people without the outcome")
    accuracy_cases: Accuracy | None = Field(
        None, description="among people with the outcome, where it differs from the others"
    )
    differential: Flag = Field(False, description="with truth: estimate it by outcome group")
    correlation: Number = Field(
        0.8, ge=0, lt=1, description="with accuracy_cases: correlation of the draws of the two outcome groups"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.truth is None) == (self.accuracy is None):
            raise ValueError("give exactly one of truth and accuracy")
        if self.accuracy_cases is not None and self.accuracy is None:
            raise ValueError("accuracy_cases goes with accuracy; with truth write differential: true")
        if self.differential and self.truth is None:
            raise ValueError("differential goes with truth; with accuracy give accuracy_cases")
        return self

    def differs(self) -> bool:
        """Whether sensitivity and specificity differ between people with and without the outcome."""
        return self.differential or self.accuracy_cases is not None


class Untested(Model):
    """Weights for those in whom an outcome was not measured."""

    label: Text = Field(description="words for tables and figures")
    outcomes: tuple[Name, ...] = Field(min_length=1, description="outcomes that some people do not have")
    adjustment: Name = Field(description="adjustment set whose covariates say who was measured")
    also: tuple[Term, ...] = Field((), description="further covariates that say who was measured")
    truncate: tuple[Quantile, Quantile] = Field(
        (0.01, 0.99), description="quantiles at which weights are cut off"
    )

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if self.truncate[0] >= self.truncate[1]:
            raise ValueError("truncate is a lower and a higher quantile")
        return self


class Controls(Model):
    """Outcomes of which the answer is known beforehand."""

    negative: tuple[Name, ...] = Field(
        min_length=1, description="outcomes that B12 status cannot plausibly have anything to do with"
    )
    positive: tuple[Name, ...] = Field(
        min_length=1, description="outcomes that low B12 status is known to go with"
    )
    negative_exposures: tuple[Name, ...] = Field(
        (), description="exposures that share the confounding of B12 status, not its action"
    )


class Sensitivity(Model):
    """Sensitivity analyses: what is changed, and in which models."""

    adjustment: Name = Field(description="adjustment set of all of them")
    exposures: tuple[Name, ...] = Field(min_length=1, description="exposures, of models.exposures")
    outcomes: tuple[Name, ...] = Field(min_length=1, description="outcomes, of models.outcomes")
    options: dict[Name, Option] = Field(
        min_length=1, description="name -> one departure from the main analysis"
    )
    common_outcome: Share = Field(
        0.15, description="prevalence above which an odds ratio is no risk ratio (E-values)"
    )
    draws: int = Field(1000, ge=100, description="draws of a probabilistic bias analysis")
    measurement_error: MeasurementError | None = Field(
        None, description="regression dilution; none: not made"
    )
    misclassification: dict[Name, Misclassification] = Field(
        default_factory=dict, description="name -> probabilistic bias analysis"
    )
    untested: Untested | None = Field(None, description="weights for the untested; none: not made")
    controls: Controls | None = Field(None, description="negative and positive controls; none: not made")
