"""What is estimated, the same in every cohort (config/analysis.yaml)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Flag, Model, Name, Number, Text
from b12sarc.spec.curves import DoseResponse, Estimator, MarginalEffects, Missing
from b12sarc.spec.dag import Dag
from b12sarc.spec.effect_modification import EffectModification
from b12sarc.spec.imputation import Imputation
from b12sarc.spec.multiverse import Multiverse
from b12sarc.spec.rules import Rule
from b12sarc.spec.sensitivity import Sensitivity
from b12sarc.spec.terms import Term

MI_DXA = "mi_dxa"
"""``missing`` of a model with a variable that the data bring imputed (DXA), complete cases otherwise."""
MI_NESTED = "mi_nested"
"""``missing`` of a model with such a variable whose other gaps the project imputed, inside each of them."""
WITH_DXA = {"complete_case": MI_DXA, "mi": MI_NESTED}
"""How missing values are treated -> what that is called in a model with a variable that comes imputed."""
MULTIPLY_IMPUTED = ("mi", MI_NESTED)
"""``missing`` of the models that rest on the project's own imputations."""
EstimateColumn = Literal[
    "cohort", "outcome", "exposure", "term", "contrast", "adjustment", "subgroup", "estimator", "missing"
]


class Step(Model):
    """One step of the eligibility flow: exactly one of keep, examined, measured, covariates_of."""

    id: Name = Field(description="name of the step in flow.csv")
    description: Text = Field(description="words for the flow diagram")
    keep: Rule | None = Field(None, description="rule that a person must meet")
    examined: Flag = Field(False, description="keep persons with a positive weight")
    measured: tuple[Name, ...] = Field((), description="keep persons in whom all of these are known")
    covariates_of: Name | None = Field(None, description="keep persons with every covariate of this set")

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = (self.keep is not None, self.examined, bool(self.measured), self.covariates_of is not None)
        if sum(given) != 1:
            raise ValueError("a step has exactly one of: keep, examined: true, measured, covariates_of")
        return self


class Population(Model):
    """Whom the estimates are about: domain steps define the domain, analytic steps only show the losses."""

    id: Name = Field(description="name of the population")
    title: Text = Field(description="words for tables and figures")
    domain: tuple[Step, ...] = Field(min_length=1, description="steps that define the domain, in order")
    analytic: tuple[Step, ...] = Field(
        (), description="further steps, shown in the flow, not part of the domain"
    )


class AdjustmentSet(Model):
    """Covariates of a model."""

    label: Text = Field(description="words for tables and figures")
    extends: Name | None = Field(None, description="adjustment set whose terms come first")
    terms: tuple[Term, ...] = Field((), description="covariates; none for crude estimates")


class Models(Model):
    """A grid of models: every exposure x outcome x adjustment set that the cohort can answer."""

    exposures: tuple[Name, ...] = Field(min_length=1, description="definitions with the role exposure")
    outcomes: tuple[Name, ...] = Field(
        min_length=1, description="definitions with the role outcome, or harmonised variables"
    )
    adjustments: tuple[Name, ...] = Field(min_length=1, description="names of adjustment_sets")
    continuous_outcomes: tuple[Literal["linear"], ...] = Field(
        ("linear",), description="estimators for continuous outcomes"
    )
    binary_outcomes: tuple[Estimator, ...] = Field(
        ("poisson", "logistic"), description="estimators for binary outcomes; poisson gives prevalence ratios"
    )
    missing: tuple[Missing, ...] = Field(("complete_case",), description="how missing values are treated")
    subgroups: tuple[Name, ...] = Field(("all",), description="names of describe.subgroups")
    min_level_n: int = Field(
        10, ge=1, description="people below which a level of an exposure is set apart, not compared"
    )

    @staticmethod
    def treatments(missing: Iterable[str]) -> frozenset[str]:
        """Return what these ways to treat missing values are called, with and without a variable from DXA."""
        return frozenset(name for way in missing for name in (way, WITH_DXA[way]))

    def main_treatments(self) -> tuple[str, ...]:
        """Return how missing values are treated in the estimates that stand for a model: one of them each."""
        return self.missing[0], WITH_DXA[self.missing[0]]


class Family(Model):
    """Tests that are adjusted for multiplicity together."""

    label: Text = Field(description="words for the report")
    method: Literal["holm", "fdr_bh"] = Field(description="Holm, or Benjamini-Hochberg")
    exposures: tuple[Name, ...] = Field((), description="exposures it takes; empty: any")
    outcomes: tuple[Name, ...] = Field((), description="outcomes it takes; empty: any")
    adjustments: tuple[Name, ...] = Field((), description="adjustment sets it takes; empty: any")
    estimators: tuple[Estimator, ...] = Field((), description="estimators it takes; empty: any")
    cohorts: tuple[Name, ...] = Field((), description="cohorts it takes; empty: any")
    group_by: tuple[EstimateColumn, ...] = Field(
        (), description="columns of estimates.csv that split it into families"
    )


class Subgroup(Model):
    """Rows of a table of prevalences."""

    label: Text = Field(description="words for the report")
    var: Name | None = Field(None, description="categorical variable; none for everybody")


class Table1(Model):
    """The baseline table."""

    by: Name | Annotated[tuple[Name, ...], Field(min_length=1)] = Field(
        description="categorical or binary definition whose levels are the columns; of several, each cohort "
        "takes the first that it can answer"
    )
    rows: tuple[Name, ...] = Field(min_length=1, description="variables and definitions, in order")

    def splits(self) -> tuple[str, ...]:
        """Return what the table may be split by, the preferred first."""
        return (self.by,) if isinstance(self.by, str) else self.by


class Describe(Model):
    """Descriptive outputs."""

    table1: Table1 = Field(description="the baseline table")
    prevalence_of: tuple[Name, ...] = Field(description="binary and categorical definitions")
    subgroups: dict[Name, Subgroup] = Field(min_length=1, description="name -> subgroups by one variable")


class OverTime(Model):
    """Prevalence of each definition by survey cycle, crude and age-standardised, with a test for trend."""

    standard_population: Text = Field(description="file of the standard population")
    age: Name = Field(description="age in years, by which people are sorted into its bands")
    prevalence_of: tuple[Name, ...] = Field(
        (), description="binary and categorical definitions; empty: those of describe"
    )
    cohorts: tuple[Name, ...] = Field(
        (), description="cohorts it is made for; empty: each of the run that has two or more cycles"
    )


class Headline(Model):
    """The estimates that the report's first page speaks of."""

    exposures: tuple[Name, ...] = Field(min_length=1, description="exposures, in order of importance")
    outcomes: tuple[Name, ...] = Field(min_length=1, description="outcomes, in order of importance")
    adjustment: Name = Field(description="adjustment set of the headline")


class Synthesis(Model):
    """How estimates of cohorts that share no people are put together."""

    tau2: Literal["reml", "dl", "pm"] = Field(
        "reml", description="estimator of the variance between cohorts: REML, DerSimonian-Laird, Paule-Mandel"
    )
    hartung_knapp: Flag = Field(True, description="interval by Hartung and Knapp, t with k - 1 df")


class Analysis(Model):
    """What is estimated (config/analysis.yaml), the same in every cohort."""

    population: Population = Field(description="whom the estimates are about")
    adjustment_sets: dict[Name, AdjustmentSet] = Field(min_length=1, description="name -> covariates")
    models: Models = Field(description="which exposures, outcomes and adjustment sets are fitted")
    families: dict[Name, Family] = Field(description="in order: a test belongs to the first that takes it")
    describe: Describe = Field(description="tables and prevalences")
    headline: Headline = Field(description="what the first page of the report speaks of")
    synthesis: Synthesis = Field(
        default_factory=Synthesis, description="meta-analysis across the cohorts of a run"
    )
    over_time: OverTime | None = Field(None, description="prevalence by survey cycle; none: not made")
    imputation: Imputation | None = Field(None, description="how gaps are filled; none: they are not")
    effect_modification: EffectModification | None = Field(
        None, description="subgroups and tests for interaction; none: not made"
    )
    dose_response: DoseResponse | None = Field(
        None, description="restricted cubic splines of the continuous exposures; none: not made"
    )
    marginal_effects: MarginalEffects | None = Field(
        None, description="standardised prevalences, differences and ratios; none: not made"
    )
    sensitivity: Sensitivity | None = Field(None, description="sensitivity analyses; none: not made")
    multiverse: Multiverse | None = Field(
        None, description="every combination of reasonable choices; none: not made"
    )
    dag: Dag | None = Field(None, description="the causal diagram that is assumed; none: not drawn")
    confidence_level: Number = Field(0.95, gt=0.5, lt=1, description="level of all intervals")

    def terms(self, adjustment: str) -> tuple[Term, ...]:
        """Return the covariate terms of an adjustment set, those it extends first."""
        chosen = self.adjustment_sets[adjustment]
        inherited = self.terms(chosen.extends) if chosen.extends else ()
        return inherited + chosen.terms
