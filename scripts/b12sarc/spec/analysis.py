"""What is estimated, the same in every cohort (config/analysis.yaml)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from b12sarc.spec.base import Model, Name
from b12sarc.spec.rules import Rule

Estimator = Literal["linear", "logistic", "poisson"]
Missing = Literal["complete_case"]


class Step(Model):
    """One step of the eligibility flow."""

    id: Name
    description: str
    keep: Rule | None = Field(None, description="rule that a person must meet")
    examined: bool = Field(False, description="keep persons with a positive weight")
    measured: tuple[Name, ...] = Field((), description="keep persons in whom all of these are known")
    covariates_of: Name | None = Field(None, description="keep persons with every covariate of this set")


class Population(Model):
    """Whom the estimates are about: domain steps define the domain, analytic steps only show the losses."""

    id: Name
    title: str
    domain: tuple[Step, ...]
    analytic: tuple[Step, ...] = Field(
        (), description="further steps, shown in the flow, not part of the domain"
    )


class Term(Model):
    """One covariate term."""

    var: Name
    form: Literal["linear", "categorical"] = "linear"


class AdjustmentSet(Model):
    """Covariates of a model."""

    label: str
    extends: Name | None = None
    terms: tuple[Term, ...] = ()


class Models(Model):
    """A grid of models: every exposure x outcome x adjustment set that the cohort can answer."""

    exposures: tuple[Name, ...]
    outcomes: tuple[Name, ...]
    adjustments: tuple[Name, ...]
    continuous_outcomes: tuple[Estimator, ...] = ("linear",)
    binary_outcomes: tuple[Estimator, ...] = ("poisson", "logistic")
    missing: tuple[Missing, ...] = ("complete_case",)
    subgroups: tuple[Name, ...] = ("all",)


class Family(Model):
    """Tests that are adjusted for multiplicity together."""

    label: str
    method: Literal["holm", "fdr_bh"]
    exposures: tuple[Name, ...] = Field((), description="empty: any")
    outcomes: tuple[Name, ...] = ()
    adjustments: tuple[Name, ...] = ()
    estimators: tuple[Estimator, ...] = ()
    cohorts: tuple[Name, ...] = ()
    group_by: tuple[str, ...] = Field((), description="columns of estimates.csv that split it into families")


class Subgroup(Model):
    """Rows of a table of prevalences."""

    label: str
    var: Name | None = Field(None, description="categorical variable; none for everybody")


class Table1(Model):
    """The baseline table."""

    by: Name = Field(description="categorical or binary definition whose levels are the columns")
    rows: tuple[Name, ...]


class Describe(Model):
    """Descriptive outputs."""

    table1: Table1
    prevalence_of: tuple[Name, ...] = Field(description="binary and categorical definitions")
    subgroups: dict[Name, Subgroup]


class Headline(Model):
    """The estimates that the report's first page speaks of."""

    exposures: tuple[Name, ...]
    outcomes: tuple[Name, ...]
    adjustment: Name


class Analysis(Model):
    """config/analysis.yaml."""

    population: Population
    adjustment_sets: dict[Name, AdjustmentSet]
    models: Models
    families: dict[Name, Family] = Field(description="in order: a test belongs to the first that takes it")
    describe: Describe
    headline: Headline
    confidence_level: float = Field(0.95, gt=0.5, lt=1)

    def terms(self, adjustment: str) -> tuple[Term, ...]:
        """Return the covariate terms of an adjustment set, those it extends first."""
        chosen = self.adjustment_sets[adjustment]
        inherited = self.terms(chosen.extends) if chosen.extends else ()
        return inherited + chosen.terms
