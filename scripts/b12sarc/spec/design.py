"""The survey design of a cohort: who was sampled how, as far as its files tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Flag, Model, Name, Number, Part, Text, Whole
from b12sarc.spec.files import Years
from b12sarc.spec.mapping import PerCycle

Positive = Annotated[Number, Field(gt=0)]
SinglePsu = Literal["fail", "adjust", "average", "remove", "certainty"]


class DesignColumn(Model):
    """A design column as the source calls it."""

    file: Name = Field(description="file that holds it, as named under files")
    column: Text = Field(description="raw column")


class Weight(Model):
    """The sampling weight; combined over cycles from the years it stands for, never typed in."""

    role: Literal["interview", "mec", "fasting", "diet_day1", "subsample", "sample"] = Field(
        "sample", description="which part of the survey the weight belongs to (mec: examined persons)"
    )
    file: Name = Field(description="file that holds it, as named under files")
    column: Text | PerCycle = Field(description="raw column, or cycle -> column")
    years: Years | dict[Part, Years] | None = Field(
        None,
        description="years of population the weight stands for (4 for WTMEC4YR), or cycle -> years; "
        "none: those of its cycle",
    )

    def column_in(self, cycle: str) -> str:
        """Return the raw column (upper case) of ``cycle``."""
        return (self.column if isinstance(self.column, str) else self.column[cycle]).upper()


class Numbered(Model):
    """Columns that are numbered: a prefix and how many there are (RW1 to RW80)."""

    prefix: Text = Field(description="what their names begin with")
    count: Whole = Field(ge=2, description="how many there are")
    first: Whole = Field(1, ge=0, description="number of the first")
    digits: Whole = Field(1, ge=1, description="digits of each number, zeros in front (3: RW001)")


class Replicates(Model):
    """Replicate weights: the sampling weight as it would be in each of many part samples.

    They are combined weights (the replicate factor is in them), as R's combined.weights = TRUE.
    """

    method: Literal["brr", "fay", "jk1", "jkn", "bootstrap"] = Field(
        description="how they were made: brr, fay (BRR with rho), jk1, jkn (jackknife), bootstrap"
    )
    file: Name | None = Field(None, description="file that holds them; none: that of the weight")
    columns: Annotated[tuple[Text, ...], Field(min_length=2)] | Numbered = Field(
        description="raw columns, listed or numbered"
    )
    rho: Number | None = Field(None, ge=0, lt=1, description="Fay's coefficient (method: fay)")
    scale: Positive | None = Field(
        None,
        description="factor of the sum of squares; brr, fay: from the method; "
        "none: (R - 1) / R for jk1, 1 for jkn, 1 / (R - 1) for bootstrap, of R replicates, as in R",
    )
    rscales: Positive | tuple[Positive, ...] | None = Field(
        None, description="factor of each replicate's square, or one for all; needed for jkn"
    )
    mse: Flag = Field(
        True, description="deviations from the estimate itself (R: mse = TRUE); false: from the mean of all"
    )
    df: Whole | None = Field(
        None,
        ge=1,
        description="degrees of freedom that the keeper of the data states; none: rank of the replicate "
        "weights less 1, in each domain, as in R",
    )

    @model_validator(mode="after")
    def _factors_of_the_method(self) -> Self:
        if (self.method == "fay") != (self.rho is not None):
            raise ValueError("rho goes with method: fay, which needs it")
        if self.method in ("brr", "fay") and (self.scale is not None or self.rscales is not None):
            raise ValueError(f"method: {self.method} has its own factor; scale and rscales are for others")
        if self.method == "jkn" and self.rscales is None:
            raise ValueError("method: jkn needs rscales ((n - 1) / n of each stratum; 0.5 with two PSUs)")
        if isinstance(self.rscales, tuple) and len(self.rscales) != len(self.names()):
            raise ValueError(f"{len(self.rscales)} rscales are given for {len(self.names())} replicates")
        return self

    def names(self) -> tuple[str, ...]:
        """Return the raw columns (upper case), in order."""
        if isinstance(self.columns, Numbered):
            prefix, digits = self.columns.prefix, self.columns.digits
            numbers = range(self.columns.first, self.columns.first + self.columns.count)
            return tuple(f"{prefix}{n:0{digits}}".upper() for n in numbers)
        return tuple(column.upper() for column in self.columns)

    def total_scale(self) -> float:
        """Return the factor of the whole sum of squares, as R's ``svrepdesign`` sets it by default."""
        n = len(self.names())
        if self.method in ("brr", "fay"):
            return 1 / (n * (1 - (self.rho or 0.0)) ** 2)
        default = {"jk1": (n - 1) / n, "jkn": 1.0, "bootstrap": 1 / (n - 1)}[self.method]
        return default if self.scale is None else self.scale

    def scales(self) -> tuple[float, ...]:
        """Return the factor of each replicate's square."""
        if isinstance(self.rscales, tuple):
            return self.rscales
        return (self.rscales or 1.0,) * len(self.names())


class _Design(Model):
    """What every kind of design answers, whatever it consists of."""

    def base_file(self) -> str:
        """Return the file that lists everybody in the survey."""
        return next(self.files())

    def files(self) -> Iterator[str]:
        """Yield the files that the design is read from, the one that lists everybody first."""
        for part in self.columns().values():
            yield part.file
        weight, replicates = self.weighting(), self.replicate_weights()
        if weight is not None:
            yield weight.file
            if replicates is not None:
                yield replicates.file or weight.file

    def columns(self) -> dict[str, DesignColumn]:
        """Return column of the frame (stratum, psu) -> raw column."""
        return {}

    def weighting(self) -> Weight | None:
        """Return the sampling weight; None: everybody counts alike."""
        return None

    def psus_nested(self) -> bool:
        """Whether PSU labels start again in each stratum."""
        return True

    def single_psu_policy(self) -> SinglePsu:
        """Return what a stratum with a single PSU adds to a variance."""
        return "fail"

    def in_short(self) -> dict[str, str]:
        """Return what else the statistics and the report want to know of it, as plain words."""
        weight = self.weighting()
        return {} if weight is None else {"weight_role": weight.role}

    def replicate_weights(self) -> Replicates | None:
        """Return the replicate weights, if variances come from them."""
        return None


class StratifiedCluster(_Design):
    """Strata with clusters (PSU) and weights: NHANES, KNHANES, most national surveys."""

    kind: Literal["stratified_cluster"] = Field(description="strata with clusters (PSU) and weights")
    strata: DesignColumn = Field(description="variance stratum")
    psu: DesignColumn = Field(description="variance unit (masked PSU)")
    nested: Flag = Field(True, description="PSU numbers start again in each stratum")
    single_psu: SinglePsu = Field(
        "fail", description="what to do with a stratum that has one PSU (R: survey.lonely.psu)"
    )
    weight: Weight = Field(description="sampling weight; combined over cycles by the years it stands for")

    def columns(self) -> dict[str, DesignColumn]:
        """Return column of the frame -> raw column."""
        return {"stratum": self.strata, "psu": self.psu}

    def psus_nested(self) -> bool:
        """Whether PSU labels start again in each stratum."""
        return self.nested

    def single_psu_policy(self) -> SinglePsu:
        """Return what a stratum with a single PSU adds to a variance."""
        return self.single_psu

    def in_short(self) -> dict[str, str]:
        """Return the policy for single PSUs beside the weight's role."""
        return {"single_psu": self.single_psu, **super().in_short()}

    def weighting(self) -> Weight:
        """Return the sampling weight."""
        return self.weight


class Clustered(_Design):
    """Clusters (PSU) that were drawn from one list, without strata; each cycle was drawn by itself."""

    kind: Literal["clustered"] = Field(description="clusters (PSU) without strata, and weights")
    psu: DesignColumn = Field(description="variance unit (clinic, village, masked PSU)")
    weight: Weight = Field(description="sampling weight; combined over cycles by the years it stands for")

    def columns(self) -> dict[str, DesignColumn]:
        """Return column of the frame -> raw column."""
        return {"psu": self.psu}

    def weighting(self) -> Weight:
        """Return the sampling weight."""
        return self.weight


class WeightsOnly(_Design):
    """Persons drawn one by one, with weights; the files tell no clusters."""

    kind: Literal["weights_only"] = Field(description="weights, but neither strata nor clusters")
    weight: Weight = Field(description="sampling weight; combined over cycles by the years it stands for")

    def weighting(self) -> Weight:
        """Return the sampling weight."""
        return self.weight


class Simple(_Design):
    """A simple random sample, or volunteers: no weights, robust standard errors."""

    kind: Literal["simple"] = Field(description="everybody counts alike; robust standard errors")
    file: Name = Field(description="file that lists everybody, as named under files")
    sample: Literal["volunteers", "random"] = Field(
        description="volunteers: describes the participants, no population; random: a simple random sample"
    )

    def files(self) -> Iterator[str]:
        """Yield the file that lists everybody."""
        yield self.file


class Replicate(_Design):
    """Weights with replicate weights, which stand for strata and clusters that the keeper does not give."""

    kind: Literal["replicate"] = Field(description="weights with replicate weights")
    weight: Weight = Field(description="sampling weight; combined over cycles by the years it stands for")
    replicates: Replicates = Field(description="the replicate weights")

    def weighting(self) -> Weight:
        """Return the sampling weight."""
        return self.weight

    def replicate_weights(self) -> Replicates:
        """Return the replicate weights."""
        return self.replicates


Design = StratifiedCluster | Clustered | WeightsOnly | Simple | Replicate
"""A design is told by its ``kind``."""
