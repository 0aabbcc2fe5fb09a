"""The archive, waves and tables of a cohort."""

from __future__ import annotations

from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from b12sarc.errors import nearest
from b12sarc.spec.base import Flag, Model, Name, Number, Part, Text, Url, Whole

PLACEHOLDERS = ("begin_year", "table")
ALL_CYCLES = "all"
"""Stands for the cycle of a table that serves every cycle: its folder under data/raw."""


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


class Join(Model):
    """Columns of another table, added to each row of this one (what is in each product that was taken)."""

    file: Name = Field(description="file with rows: reference, as named under files")
    by: Text = Field(description="column that both have (here, perhaps, from a table joined before)")
    columns: tuple[Text, ...] = Field(min_length=1, description="columns of the other table that are added")


class PageDiffers(Model):
    """A codebook page that is known to disagree with its table; differences are listed, not refused."""

    rows: Whole = Field(gt=0, description="rows that the table really has")
    reason: Text = Field(description="what is known of it")


class File(Model):
    """One table a cycle, all with the same content; or one table for all cycles."""

    table: dict[Part, Part] | Part = Field(
        description="cycle -> table name (a cycle without the table is left out); or one name for all cycles"
    )
    begin_year: Whole | None = Field(
        None, description="fills {begin_year} in the archive's paths, of a table for all cycles"
    )
    format: Literal["xport"] = Field("xport", description="file format: SAS transport")
    key: Text = Field(description="column that identifies a person (of rows: reference, what it lists)")
    rows: Literal["one", "many", "imputed", "reference"] = Field(
        "one",
        description="rows a person: one; many (prescriptions); imputed (one for each imputation); "
        "reference: rows are no persons (products), and other files join them",
    )
    imputation: Text | None = Field(None, description="column that numbers the imputations (rows: imputed)")
    imputations: Whole | None = Field(None, ge=2, description="imputations that each person must have")
    joins: tuple[Join, ...] = Field((), description="columns of other tables, added to each row, in order")
    codebook: Flag = Field(True, description="whether the archive has a codebook page of the table")
    optional: Text | None = Field(
        None, description="what waits for the table, in words: the cohort does without it if it must"
    )
    paths: dict[Part, tuple[SourcePath, ...]] = Field(
        default_factory=dict,
        description="cycle -> paths below base_url, tried in order before the archive's table_path",
    )
    bytes: dict[Part, Whole] = Field(
        default_factory=dict, description="cycle -> size that the archive states; another one is warned of"
    )
    page_differs: dict[Part, PageDiffers] = Field(
        default_factory=dict, description="cycle (or 'all') -> a codebook page known to be wrong"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.rows == "imputed") != (self.imputation is not None and self.imputations is not None):
            raise ValueError("rows: imputed goes with imputation (a column) and imputations (how many)")
        if (self.begin_year is None) == isinstance(self.table, str):
            raise ValueError("a table for all cycles has a begin_year; a table by cycle has none of its own")
        if self.joins and self.rows != "many":
            raise ValueError("joins add columns to a file with rows: many")
        return self

    def table_in(self, cycle: str) -> str | None:
        """Return the table of ``cycle``; None: that cycle has none."""
        return self.table if isinstance(self.table, str) else self.table.get(cycle)

    def sources(self) -> dict[str, str]:
        """Return cycle -> table as they lie in data/raw; a table for all cycles has the cycle ``all``."""
        return {ALL_CYCLES: self.table} if isinstance(self.table, str) else dict(self.table)

    def stored_under(self, cycle: str) -> str:
        """Return the folder, a cycle, of the table that serves ``cycle``."""
        return ALL_CYCLES if isinstance(self.table, str) else cycle
