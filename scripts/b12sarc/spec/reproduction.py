"""A published table or figure that is computed again from the files (config/reproductions/<id>.yaml)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator as After
from pydantic import Field, StrictFloat, StrictInt, StrictStr, model_validator

from b12sarc.spec.analysis import Estimator, Step, Term
from b12sarc.spec.base import Flag, Model, Name, Number, Part, Text
from b12sarc.spec.cohort import Weight
from b12sarc.spec.definitions import Definition
from b12sarc.spec.dictionary import Variable
from b12sarc.spec.files import File
from b12sarc.spec.mapping import Mapping
from b12sarc.spec.rules import Rule

COUNT = "count"
Kind = Literal[
    "count", "proportion", "mean", "geometric_mean", "quantile", "standard_deviation", "regression"
]
PART_OF_STATISTIC = ("printed", "se", "conf_low", "conf_high")


def _number(value: int | float | str) -> int | float | str:
    try:
        Decimal(str(value))
    except ArithmeticError:
        raise ValueError(f"'{value}' is no number") from None
    return value


Printed = Annotated[StrictInt | StrictFloat | StrictStr, After(_number)]
"""A number as printed; in quotes where its last digit is a nought (``"6.0"``)."""


def digits(printed: int | float | str) -> int:
    """Return how many digits stand behind the point of a printed number."""
    exponent = Decimal(str(printed)).as_tuple().exponent
    return max(-int(exponent), 0)


class PrintSource(Model):
    """Where the printed numbers stand."""

    citation: Text = Field(description="how the publication is cited")
    where: Text = Field(description="table, figure or sentence")
    checked: Text = Field(description="how the printed numbers were checked, and what could not be")


class OwnVariable(Variable):
    """A variable that only this reproduction uses: an entry of the dictionary and its mapping in one."""

    mapping: Mapping = Field(alias="from", description="where it comes from, as in a cohort's variables")

    def variable(self) -> Variable:
        """Return the entry of the dictionary alone."""
        return Variable(**{name: getattr(self, name) for name in Variable.model_fields})


class PopulationStep(Step):
    """A step of the chain of exclusions, with the people that the publication prints after it."""

    printed: Printed | None = Field(None, description="people left after this step, as printed")

    def step(self) -> Step:
        """Return the step alone."""
        return Step(**{name: getattr(self, name) for name in Step.model_fields})


class Standard(Model):
    """Direct standardisation by age."""

    age: Name = Field(description="age in years")
    people: dict[int, Number] = Field(
        min_length=1, description="first year of each band -> its people in the standard population"
    )
    source: Text = Field(description="standard population, and whether the publication says that it was used")


class Regression(Model):
    """The model behind a printed coefficient."""

    exposure: Name = Field(description="exposure (a level of it is named by the statistic)")
    terms: tuple[Term, ...] = Field((), description="covariates")
    estimator: Estimator = Field(description="linear, logistic (odds ratio) or poisson (prevalence ratio)")


class Statistic(Model):
    """One printed quantity, of everybody or of each group."""

    id: Name = Field(description="name of the quantity in reproduction.csv")
    label: Text = Field(description="words for tables")
    kind: Kind = Field(description="what was computed")
    of: Name | None = Field(None, description="variable or definition; of a regression, the outcome")
    level: Name | None = Field(None, description="category whose share is meant, or level of the exposure")
    at: Number | None = Field(None, gt=0, lt=1, description="of a quantile: its probability")
    rule: Literal["math", "school", "hf7", "distinct"] = Field(
        "distinct", description="how a quantile is read off (distinct: as SUDAAN interpolates)"
    )
    model: Regression | None = Field(None, description="of a regression: its model")
    standardise: Standard | None = Field(None, description="age adjustment")
    unweighted: Flag = Field(False, description="weights were not used (no standard error is then computed)")
    where: Rule | None = Field(None, description="part of the population")
    by: Name | None = Field(None, description="categorical or binary variable whose levels are printed")
    times: Number = Field(1.0, description="what is computed is multiplied by this (100: per cent)")
    unit: str = Field("", description="unit of the printed numbers")
    printed: Printed | dict[Text, Printed] | None = Field(
        None, description="the printed number, or level of 'by' -> number"
    )
    se: Printed | dict[Text, Printed] | None = Field(None, description="its printed standard error")
    conf_low: Printed | dict[Text, Printed] | None = Field(None, description="lower 95 % limit, as printed")
    conf_high: Printed | dict[Text, Printed] | None = Field(None, description="upper 95 % limit, as printed")
    note: str = Field("", description="what is known of a difference")
    tolerance: Number | None = Field(
        None, gt=0, description="difference that is not held against it, beyond rounding, with the reason"
    )
    tolerance_reason: Text | None = Field(None, description="why a difference of this size is expected")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not any(getattr(self, part) is not None for part in PART_OF_STATISTIC):
            raise ValueError(f"nothing is printed: give one of {', '.join(PART_OF_STATISTIC)}")
        for part in PART_OF_STATISTIC:
            value = getattr(self, part)
            if value is not None and isinstance(value, dict) != (self.by is not None):
                raise ValueError("with 'by' a printed number stands for each level, without it a single one")
        if (self.kind == "quantile") != (self.at is not None):
            raise ValueError("'at' is the probability of a quantile, and of nothing else")
        if (self.kind == "regression") != (self.model is not None):
            raise ValueError("'model' belongs to a regression, and a regression needs one")
        if self.kind != COUNT and self.of is None:
            raise ValueError(f"'{self.kind}' of what? give of: a variable or definition")
        if (self.tolerance is None) != (self.tolerance_reason is None):
            raise ValueError("tolerance goes with tolerance_reason")
        if self.unweighted and (self.kind in (COUNT, "regression") or self.standardise):
            raise ValueError("unweighted goes with a proportion, a mean or a quantile, without standardise")
        if self.unweighted and any(getattr(self, part) is not None for part in PART_OF_STATISTIC[1:]):
            raise ValueError("an unweighted statistic has no design-based standard error or interval")
        if self.standardise is not None and self.kind not in ("proportion", "mean"):
            raise ValueError("standardise goes with a proportion or a mean")
        return self

    def variables(self) -> set[str]:
        """Return the variables and definitions that it reads."""
        names = {name for name in (self.of, self.by) if name is not None}
        names |= self.where.variables() if self.where else set()
        names |= {self.standardise.age} if self.standardise else set()
        if self.model is not None:
            names |= {self.model.exposure, *(term.var for term in self.model.terms)}
        return names


class Reproduction(Model):
    """One published table or figure, and how its numbers come from the files."""

    id: Name = Field(description="name of the reproduction and of its file")
    title: Text = Field(description="words for tables and figures")
    source: PrintSource = Field(description="where the printed numbers stand")
    cohort: Name = Field(description="cohort whose files, design and variables are used")
    cycles: tuple[Part, ...] = Field((), description="its cycles that are used; empty: all")
    weight: Weight | None = Field(
        None, description="weight that the publication used, in place of the cohort's own"
    )
    files: dict[Name, File] = Field(default_factory=dict, description="further files, as in cohort.yaml")
    variables: dict[Name, OwnVariable] = Field(
        default_factory=dict, description="further variables, or others in place of the cohort's"
    )
    definitions: dict[Name, Definition] = Field(
        default_factory=dict, description="further definitions, as in definitions.yaml"
    )
    population: tuple[PopulationStep, ...] = Field(
        min_length=1, description="the chain of exclusions, in order"
    )
    statistics: tuple[Statistic, ...] = Field((), description="the printed quantities")

    def names(self) -> set[str]:
        """Return the variables and definitions that it reads itself."""
        names = {name for step in self.population for name in step.measured}
        names |= {name for step in self.population if step.keep for name in step.keep.variables()}
        return names.union(*(statistic.variables() for statistic in self.statistics))
