"""How a dictionary variable comes from the files of a cohort: a closed set of operations."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from b12sarc.spec.base import Code, Flag, Model, Name, Number, Part, Scalar, Text

PerCycle = dict[Part, Text]
Columns = Annotated[tuple[Text, ...], Field(min_length=1)]
CONTENT = ("column", "max_of", "min_of", "mean_of", "sum_of", "product_of", "any_row", "sum_rows")


class Condition(Model):
    """A condition on a raw column of the same file."""

    column: Text = Field(description="raw column")
    values: tuple[Code, ...] = Field(alias="in", min_length=1, description="values for which it holds")


class Answered(Condition):
    """Who answered: a person with some row that meets the condition."""

    file: Name | None = Field(
        None, description="file with one row a person, where the rows themselves only list some people"
    )


class Cut(Model):
    """A number made true or false."""

    op: Literal["<", "<=", ">", ">=", "==", "!="] = Field(description="comparison operator")
    value: Number = Field(description="number to compare the raw value with, in its own unit")


class Blank(Model):
    """What a blank means for those in whom a condition holds (a question skipped by design)."""

    value: Scalar = Field(description="harmonised value: true / false, a number, a category")
    where: Condition = Field(description="condition under which a blank has that meaning")


class Within(Model):
    """People in whom something was measured at all, by the survey's protocol."""

    var: Name = Field(description="continuous variable of the dictionary (age)")
    min: Number | None = Field(None, description="least value of it; none: no limit")
    max: Number | None = Field(None, description="greatest value of it; none: no limit")
    source: Text = Field(description="where that is said")

    @model_validator(mode="after")
    def _some_limit(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("give min, max or both")
        return self

    def in_words(self) -> str:
        """Return the limits as a reader says them: ``age_years 8 to 69``."""
        if self.min is None or self.max is None:
            side = f"at most {self.max:g}" if self.min is None else f"at least {self.min:g}"
            return f"{self.var} {side}"
        return f"{self.var} {self.min:g} to {self.max:g}"


class Factor(Model):
    """One factor of a product over the columns of a row."""

    column: Text = Field(description="raw column (of the file or of a table that it joins)")
    map: dict[Code, Number] | None = Field(None, min_length=1, description="code -> number")
    missing: tuple[Code, ...] = Field((), description="codes that mean missing")
    over: Number = Field(1.0, gt=0, description="the factor is divided by this number")
    inverse: Flag = Field(False, description="divide by the column instead of multiplying with it")


class Mapping(Model):
    """How one dictionary variable comes from the cohort's files: a closed set of operations.

    Exactly one of column, max_of, min_of, mean_of, sum_of, product_of, any_row, sum_rows; or a status with
    its reason; or per_cycle, with a whole mapping for each cycle.
    """

    per_cycle: dict[Part, Mapping] | None = Field(
        None, min_length=1, description="cycle -> mapping (or status), where the cycles differ"
    )
    file: Name | None = Field(None, description="file that holds it, as named under files")
    column: Text | PerCycle | None = Field(None, description="raw column, or cycle -> column")
    max_of: Columns | None = Field(None, description="largest non-missing value of these columns")
    min_of: Columns | None = Field(None, description="smallest non-missing value")
    mean_of: Columns | None = Field(None, description="mean of the non-missing values")
    sum_of: Columns | None = Field(None, description="sum; missing when any part is")
    product_of: tuple[Factor, ...] | None = Field(
        None,
        min_length=1,
        description="product of these factors (body mass index of weight and height); missing when one is",
    )
    any_row: Condition | None = Field(None, description="binary: some row of the person meets the condition")
    sum_rows: tuple[Factor, ...] | None = Field(
        None,
        min_length=1,
        description="sum over the rows of a person of the product of these factors; missing when a factor is",
    )
    answered_if: Answered | None = Field(
        None, description="with any_row or sum_rows: who answered; false or 0 without a row, others missing"
    )
    valid_if: tuple[Condition, ...] = Field((), description="value kept only where every condition holds")
    missing: tuple[Code, ...] = Field((), description="codes of this variable that mean missing")
    blank_is: Blank | None = Field(None, description="what a blank means where a condition holds")
    map: dict[Code, Text | Flag] | None = Field(
        None, min_length=1, description="code -> category, or -> true / false"
    )
    cut: Cut | None = Field(None, description="binary: true where the number meets the comparison")
    numerator: Number | None = Field(
        None, gt=0, description="the value is this number divided by the column (distance over time)"
    )
    unit: Text | None = Field(None, description="unit of the values before any conversion (continuous)")
    assay: Name | dict[Part, Name] | None = Field(None, description="laboratory method, or cycle -> method")
    bridge: Name | dict[Part, Name] | None = Field(
        None, description="equation of config/assays.yaml, applied once; or cycle -> equation"
    )
    top_coded_at: Number | dict[Part, Number] | None = Field(
        None, description="value that stands for it or more"
    )
    cap: Number | None = Field(None, description="values above are set to this one (ages top-coded alike)")
    measured_within: dict[Part, Within] | None = Field(
        None,
        min_length=1,
        description="cycle -> people in whom it was measured; a population that goes beyond has no answer",
    )
    subsample: Name | None = Field(
        None, description="part of the sample in which it was measured, as named under subsamples"
    )
    note: str = Field("", description="what a reader should know")
    status: Literal["impossible", "undetermined"] | None = Field(
        None, description="the cohort does not have it, or nobody has looked yet"
    )
    reason: Text | None = Field(None, description="why the cohort does not have it")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.per_cycle is not None:
            if self._said() - {"per_cycle", "note"}:
                raise ValueError("with per_cycle, what holds in a cycle stands below it; only a note beside")
            if any(m.per_cycle is not None for m in self.per_cycle.values()):
                raise ValueError("per_cycle cannot hold another per_cycle")
            return self
        if self.status is not None:
            if self.reason is None:
                raise ValueError(f"status: {self.status} needs a reason")
            if not self._said() <= {"status", "reason", "note"}:
                raise ValueError("a variable with a status has a reason and nothing else but a note")
            return self
        if self.reason is not None:
            raise ValueError("reason goes with status: impossible | undetermined")
        given = [k for k in CONTENT if getattr(self, k) is not None]
        if len(given) != 1 or self.file is None:
            raise ValueError(f"give file and exactly one of {', '.join(CONTENT)}; or status and reason")
        if self.answered_if is not None and self.any_row is None and self.sum_rows is None:
            raise ValueError("answered_if goes with any_row or sum_rows")
        if self.numerator is not None and self.column is None:
            raise ValueError("numerator goes with column: it is divided by one")
        if self.map is not None and self.cut is not None:
            raise ValueError("give map (codes) or cut (a number), not both")
        return self

    def _said(self) -> set[str]:
        fields = type(self).model_fields.items()
        return {name for name, field in fields if getattr(self, name) != field.get_default()}

    def at(self, cycle: str) -> Mapping:
        """Return the mapping of one cycle."""
        return self if self.per_cycle is None else self.per_cycle[cycle]

    def assay_in(self, cycle: str) -> str | None:
        """Return the laboratory method of the raw values in ``cycle``."""
        assay = self.at(cycle).assay
        return assay.get(cycle) if isinstance(assay, dict) else assay

    def bridge_in(self, cycle: str) -> str | None:
        """Return the name of the equation that is applied in ``cycle``."""
        bridge = self.at(cycle).bridge
        return bridge.get(cycle) if isinstance(bridge, dict) else bridge

    def top_in(self, cycle: str) -> float | None:
        """Return the value that stands for it or more in ``cycle``, after the cap."""
        mapping = self.at(cycle)
        coded = mapping.top_coded_at
        tops = [coded.get(cycle) if isinstance(coded, dict) else coded, mapping.cap]
        return min((top for top in tops if top is not None), default=None)

    def within_in(self, cycle: str) -> Within | None:
        """Return in whom it was measured in ``cycle``; None: no limit is stated."""
        return (self.at(cycle).measured_within or {}).get(cycle)

    def own_columns(self, cycle: str) -> tuple[str, ...]:
        """Return the raw columns that hold the value in ``cycle`` (upper case); none for any_row."""
        own: tuple[str, ...] = self.max_of or self.min_of or self.mean_of or self.sum_of or ()
        if self.column is not None:
            own = (self.column if isinstance(self.column, str) else self.column[cycle],)
        own = own or tuple(factor.column for factor in self.factors())
        return tuple(c.upper() for c in own)

    def factors(self) -> tuple[Factor, ...]:
        """Return the factors of a product; none where it is no product."""
        return self.product_of or self.sum_rows or ()

    def columns(self, cycle: str) -> tuple[str, ...]:
        """Return every raw column of its file that it needs in ``cycle`` (upper case), its own first."""
        inside = self.answered_if if self.answered_if and self.answered_if.file is None else None
        skipped = self.blank_is.where if self.blank_is else None
        conditions = [c for c in (self.any_row, inside, skipped, *self.valid_if) if c is not None]
        return tuple(dict.fromkeys((*self.own_columns(cycle), *(c.column.upper() for c in conditions))))


Mapping.model_rebuild()
