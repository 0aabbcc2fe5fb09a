"""A cohort: where its data are, what they are called, how they map to the dictionary, the survey design."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from b12sarc.errors import nearest
from b12sarc.spec.base import Code, Flag, Model, Name, Number, Part, Text, Url, Whole

PerCycle = dict[Part, Text]
PLACEHOLDERS = ("begin_year", "table")
Columns = Annotated[tuple[Text, ...], Field(min_length=1)]
CONTENT = ("column", "max_of", "min_of", "mean_of", "sum_of", "any_row")


def _source_path(path: str) -> str:
    try:
        fields = [field for _, field, _, _ in Formatter().parse(path) if field is not None]
    except ValueError as error:
        raise ValueError(f"'{path}' has an odd brace ({error})") from None
    for field in fields:
        if field not in PLACEHOLDERS:
            hint = nearest(field, PLACEHOLDERS) or "use {begin_year} and {table}"
            raise ValueError(f"'{path}' has an unknown placeholder {{{field}}}; {hint}")
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"'{path}' must be a path below base_url, without a leading / and without ..")
    return path


def _table_path(path: str) -> str:
    if "{table}" not in _source_path(path):
        raise ValueError(f"'{path}' does not say where {{table}} goes")
    return path


SourcePath = Annotated[str, AfterValidator(_source_path)]
TablePath = Annotated[str, AfterValidator(_table_path)]
Years = Annotated[Number, Field(gt=0)]


class Archive(Model):
    """Where the files come from and the folder under data/raw that keeps them."""

    name: Name = Field(description="folder under data/raw; cohorts that share files share it")
    base_url: Url | None = Field(None, description="http(s):// or file://; none when files are generated")
    base_url_env: Text | None = Field(None, description="environment variable that overrides base_url")
    table_path: TablePath = Field(description="path below base_url, with {begin_year} and {table}")
    codebook_path: TablePath = Field(description="path of the codebook page, with {begin_year} and {table}")
    generated_by: Literal["synthetic"] | None = Field(
        None, description="the project makes the files itself; every output says SYNTHETIC DATA"
    )


class Cycle(Model):
    """One wave of data collection."""

    begin_year: Whole = Field(description="first year; fills {begin_year} in the archive's paths")
    years: Years = Field(2, description="years of population that the wave stands for")


class File(Model):
    """One table a cycle, all with the same content."""

    table: dict[Part, Part] = Field(description="cycle -> table name")
    format: Literal["xport"] = Field("xport", description="file format: SAS transport")
    key: Text = Field(description="column that identifies a person")
    rows: Literal["one", "many", "imputed"] = Field(
        "one", description="rows a person: one; many (prescriptions); imputed (one for each imputation)"
    )
    imputation: Text | None = Field(None, description="column that numbers the imputations (rows: imputed)")
    imputations: Whole | None = Field(None, ge=2, description="imputations that each person must have")
    codebook: Flag = Field(True, description="whether the archive has a codebook page of the table")
    optional: Text | None = Field(
        None,
        description="the cohort does without the table when it cannot be had; what it waits for, in words",
    )
    paths: dict[Part, tuple[SourcePath, ...]] = Field(
        default_factory=dict,
        description="cycle -> paths below base_url, tried in order before the archive's table_path",
    )
    bytes: dict[Part, Whole] = Field(
        default_factory=dict, description="cycle -> size that the archive states; another one is warned of"
    )

    @model_validator(mode="after")
    def _imputations(self) -> Self:
        if (self.rows == "imputed") != (self.imputation is not None and self.imputations is not None):
            raise ValueError("rows: imputed goes with imputation (a column) and imputations (how many)")
        return self


class DesignColumn(Model):
    """A design column as the source calls it."""

    file: Name = Field(description="file that holds it, as named under files")
    column: Text = Field(description="raw column")


class Weight(Model):
    """The sampling weight; combined over cycles from the years it stands for, never typed in."""

    role: Literal["interview", "mec", "fasting", "diet_day1", "subsample"] = Field(
        description="which part of the survey the weight belongs to (mec: examined persons)"
    )
    file: Name = Field(description="file that holds it, as named under files")
    column: Text | PerCycle = Field(description="raw column, or cycle -> column")
    years: Years | dict[Part, Years] = Field(
        2,
        description="years of population the weight stands for (4 for WTMEC4YR), or cycle -> years",
    )


class Design(Model):
    """Survey design of the cohort."""

    kind: Literal["stratified_cluster"] = Field(description="strata with clusters (PSU) and weights")
    strata: DesignColumn = Field(description="variance stratum")
    psu: DesignColumn = Field(description="variance unit (masked PSU)")
    nested: Flag = Field(True, description="PSU numbers start again in each stratum")
    single_psu: Literal["fail", "adjust", "average", "remove", "certainty"] = Field(
        "fail", description="what to do with a stratum that has one PSU (R: survey.lonely.psu)"
    )
    weight: Weight = Field(description="sampling weight; combined over cycles by the years it stands for")


class Condition(Model):
    """A condition on a raw column of the same file."""

    column: Text = Field(description="raw column")
    values: tuple[Code, ...] = Field(alias="in", min_length=1, description="values for which it holds")


class Mapping(Model):
    """How one dictionary variable comes from the cohort's files: a closed set of operations.

    Exactly one of column, max_of, min_of, mean_of, sum_of, any_row; or a status with its reason.
    """

    file: Name | None = Field(None, description="file that holds it, as named under files")
    column: Text | PerCycle | None = Field(None, description="raw column, or cycle -> column")
    max_of: Columns | None = Field(None, description="largest non-missing value of these columns")
    min_of: Columns | None = Field(None, description="smallest non-missing value")
    mean_of: Columns | None = Field(None, description="mean of the non-missing values")
    sum_of: Columns | None = Field(None, description="sum; missing when any part is")
    any_row: Condition | None = Field(None, description="binary: some row of the person meets the condition")
    answered_if: Condition | None = Field(
        None, description="with any_row: the person answered when some row meets this, else missing"
    )
    valid_if: tuple[Condition, ...] = Field((), description="value kept only where every condition holds")
    missing: tuple[Code, ...] = Field((), description="codes of this variable that mean missing")
    map: dict[Code, Text | Flag] | None = Field(
        None, min_length=1, description="code -> category, or -> true / false"
    )
    unit: Text | None = Field(None, description="unit of the raw values (continuous variables)")
    assay: Text | PerCycle | None = Field(None, description="laboratory method, for bridging")
    top_coded_at: Number | dict[Part, Number] | None = Field(
        None, description="value that stands for it or more"
    )
    note: str = Field("", description="what a reader should know")
    status: Literal["impossible", "undetermined"] | None = Field(
        None, description="the cohort does not have it, or nobody has looked yet"
    )
    reason: Text | None = Field(None, description="why the cohort does not have it")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [k for k in CONTENT if getattr(self, k) is not None]
        if self.status is not None:
            if self.reason is None:
                raise ValueError(f"status: {self.status} needs a reason")
            fields = type(self).model_fields.items()
            said = {name for name, field in fields if getattr(self, name) != field.get_default()}
            if not said <= {"status", "reason", "note"}:
                raise ValueError("a variable with a status has a reason and nothing else but a note")
            return self
        if self.reason is not None:
            raise ValueError("reason goes with status: impossible | undetermined")
        if len(given) != 1 or self.file is None:
            raise ValueError(f"give file and exactly one of {', '.join(CONTENT)}; or status and reason")
        if self.answered_if is not None and self.any_row is None:
            raise ValueError("answered_if goes with any_row")
        return self

    def own_columns(self, cycle: str) -> tuple[str, ...]:
        """Return the raw columns that hold the value in ``cycle`` (upper case); none for any_row."""
        own: tuple[str, ...] = self.max_of or self.min_of or self.mean_of or self.sum_of or ()
        if self.column is not None:
            own = (self.column if isinstance(self.column, str) else self.column[cycle],)
        return tuple(c.upper() for c in own)

    def columns(self, cycle: str) -> tuple[str, ...]:
        """Return every raw column the variable needs in ``cycle`` (upper case), its own first."""
        conditions = [c for c in (self.any_row, self.answered_if, *self.valid_if) if c is not None]
        return tuple(dict.fromkeys((*self.own_columns(cycle), *(c.column.upper() for c in conditions))))


class Cohort(Model):
    """One cohort (cohorts/<id>/cohort.yaml)."""

    schema_version: Literal[1] = Field(description="version of this format")
    id: Name = Field(description="name of the cohort and of its folder")
    extends: Name | None = Field(
        None, description="cohort whose keys hold where this file gives none (see above)"
    )
    title: Text = Field(description="name for tables and figures")
    population: Text = Field(description="whom the cohort stands for, in words")
    citation: Text = Field(description="how its keeper wants it cited")
    access: Literal["public", "restricted"] = Field("public", description="whether the data may be passed on")
    archive: Archive = Field(description="where the files come from")
    cycles: dict[Part, Cycle] = Field(min_length=1, description="wave -> when it was")
    files: dict[Name, File] = Field(min_length=1, description="name of a file in this cohort -> tables")
    design: Design = Field(description="survey design")
    variables: dict[Name, Mapping] = Field(
        description="dictionary variable -> where it comes from, or why not"
    )

    @property
    def synthetic(self) -> bool:
        """Whether the people in it are made up."""
        return self.archive.generated_by is not None

    def mapped(self) -> dict[str, Mapping]:
        """Return the variables that the cohort has."""
        return {name: m for name, m in self.variables.items() if m.status is None}

    def imputed(self) -> dict[str, Mapping]:
        """Return the variables of which every person has several imputed values."""
        return {n: m for n, m in self.mapped().items() if self.files[str(m.file)].rows == "imputed"}

    def without(self, absent: AnyMapping[tuple[str, str], str]) -> Cohort:
        """Return the cohort as it is without some tables.

        Args:
            absent: (cycle, table) -> why it is not there.
        """
        variables = {name: self._waiting(mapping, absent) for name, mapping in self.variables.items()}
        return self.model_copy(update={"variables": variables})

    def _waiting(self, mapping: Mapping, absent: AnyMapping[tuple[str, str], str]) -> Mapping:
        file = self.files.get(str(mapping.file))
        if file is None:
            return mapping
        lacking = [absent[at] for at in file.table.items() if at in absent]
        if not lacking:
            return mapping
        return Mapping(status="impossible", reason=f"{file.optional or mapping.file} ({', '.join(lacking)})")

    def total_years(self) -> float:
        """Return the years of population that the pooled cycles stand for."""
        return sum(c.years for c in self.cycles.values())

    def weight_column(self, cycle: str) -> str:
        """Return the raw weight column of ``cycle``."""
        column = self.design.weight.column
        return (column if isinstance(column, str) else column[cycle]).upper()

    def weight_factor(self, cycle: str) -> float:
        """Return what multiplies the weight of ``cycle`` when the cohort's cycles are pooled.

        The years that the weight stands for over the years pooled: 1/2 for two two-year weights, 1 for a
        four-year weight alone, 2/3 and 1/3 for 1999-2002 (four-year) with 2003-2004 (NHANES tutorial).
        """
        years = self.design.weight.years
        return (years if isinstance(years, int | float) else years[cycle]) / self.total_years()

    def raw_columns(self, file: str, cycle: str) -> tuple[str, ...]:
        """Return every raw column of ``file`` that the cohort uses in ``cycle``, the key first."""
        described = self.files[file]
        names = [described.key.upper()]
        names += [described.imputation.upper()] if described.imputation else []
        for column in (self.design.strata, self.design.psu):
            names += [column.column.upper()] if column.file == file else []
        names += [self.weight_column(cycle)] if self.design.weight.file == file else []
        for mapping in self.mapped().values():
            names += mapping.columns(cycle) if mapping.file == file else ()
        return tuple(dict.fromkeys(names))
