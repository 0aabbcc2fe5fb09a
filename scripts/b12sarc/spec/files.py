"""The archive, waves and tables of a cohort."""

from __future__ import annotations

import codecs
from pathlib import PurePosixPath
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from b12sarc.errors import nearest
from b12sarc.spec.base import Flag, Model, Name, Number, Part, Text, Url, Whole

PLACEHOLDERS = ("begin_year", "table")
ALL_CYCLES = "all"
"""Stands for the cycle of a table that serves every cycle: its folder under data/raw."""

Format = Literal["xport", "sas7bdat", "stata", "spss", "csv", "parquet"]
SUFFIXES: dict[str, Format] = {
    ".xpt": "xport",
    ".sas7bdat": "sas7bdat",
    ".dta": "stata",
    ".sav": "spss",
    ".zsav": "spss",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
"""How the files of a format usually end."""


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


def _local_path(path: str) -> str:
    if path.startswith("/") or ":" in path or "\\" in path or ".." in path.split("/"):
        raise ValueError(f"'{path}' must be a path below the folder, with / and without .. or a leading /")
    return path


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        raise ValueError(f"unknown encoding '{name}'; utf-8, latin-1, cp1252 and euc-kr are some") from None
    return name


Encoding = Annotated[str, AfterValidator(_encoding)]
SourcePath = Annotated[str, AfterValidator(_source_path)]
LocalPath = Annotated[str, Field(min_length=1), AfterValidator(_local_path)]
"""A path of this machine, below another folder."""
TablePath = Annotated[str, AfterValidator(_table_path)]
Years = Annotated[Number, Field(gt=0)]


class Archive(Model):
    """Where the files come from: a server, from which they go to a folder under data/raw; or this machine."""

    name: Name = Field(description="folder under data/raw; cohorts that share files share it")
    folder: LocalPath | None = Field(
        None,
        description="folder, below the project, of files that lie on this machine (files: path); "
        "none: data/raw/<name>",
    )
    base_url: Url | None = Field(
        None, description="http(s):// or file://; none when files are generated, or lie on this machine"
    )
    base_url_env: Text | None = Field(None, description="environment variable that overrides base_url")
    table_path: TablePath | None = Field(
        None, description="path below base_url, with {begin_year} and {table}; needed by files with a table"
    )
    codebook_path: TablePath | None = Field(
        None, description="path of the codebook page, with {begin_year} and {table}; none: there are no pages"
    )
    lock: Flag | None = Field(
        None,
        description="stop when a file is no longer the one of first use (sources.lock); none: yes for tables "
        "of a server, no for files on this machine, where a change re-runs what follows from it",
    )
    generated_by: Literal["synthetic"] | None = Field(
        None, description="the project makes the files itself; every output says SYNTHETIC DATA"
    )
    synthetic: Flag = Field(
        False, description="the people in its files are made up; every output says SYNTHETIC DATA"
    )

    def locks(self, local: bool) -> bool:
        """Whether a file must stay the one of first use."""
        if self.generated_by is not None:
            return False
        return (not local) if self.lock is None else self.lock


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


class CsvFormat(Model):
    """How a text file with columns is written."""

    delimiter: Literal[",", ";", "tab", "|"] = Field(",", description="what stands between columns")
    decimal: Literal[".", ","] = Field(".", description="decimal sign")
    encoding: Encoding = Field("utf-8", description="encoding of the text (utf-8, latin-1, cp1252, euc-kr)")
    missing: tuple[str, ...] = Field(("", "NA", "."), description="what stands for a blank")
    text: tuple[Text, ...] = Field(
        (), description="columns that are text although they look like numbers (01 is text by itself)"
    )

    @model_validator(mode="after")
    def _signs_differ(self) -> Self:
        if self.delimiter == self.decimal:
            raise ValueError("delimiter and decimal cannot both be a comma")
        return self


class Nearest(Model):
    """What the chosen visit is nearest to: a column of the same row, or a value for everybody."""

    column: Text | None = Field(None, description="column of the same file")
    value: Number | Text | None = Field(
        None, description='number, or date ("2015-06-30"), in the form of order_by'
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.column is None) == (self.value is None):
            raise ValueError("give column or value")
        return self


class Visits(Model):
    """Which visit counts, where persons came several times and each visit is a row.

    A person who has one row keeps it. A visit without a value of order_by (or without one that it could be
    near) is chosen only if the person has no other.
    """

    order_by: Text = Field(description="column that orders the visits: a number, or dates as 2015-06-30")
    choose: Literal["first", "last", "nearest"] = Field(description="which visit counts")
    nearest_to: Nearest | None = Field(None, description="with choose: nearest")
    require: tuple[Text, ...] = Field(
        (),
        description="columns that must not be blank; who has no such visit keeps the one that would be "
        "chosen otherwise, with its blanks",
    )
    ties: Literal["refuse", "first_in_file", "last_in_file"] = Field(
        "refuse", description="of two visits that the rule cannot tell apart: stop, or take one by its place"
    )

    @model_validator(mode="after")
    def _nearest_to_something(self) -> Self:
        if (self.choose == "nearest") != (self.nearest_to is not None):
            raise ValueError("nearest_to goes with choose: nearest, which needs it")
        return self

    def columns(self) -> tuple[str, ...]:
        """Return the raw columns that the rule reads, as they are written."""
        beside = self.nearest_to.column if self.nearest_to else None
        return (self.order_by, *([beside] if beside else []), *self.require)


class File(Model):
    """One table a cycle, all with the same content; or one table for all cycles.

    Exactly one of table (a table of the archive's server) and path (a file on this machine).
    """

    table: dict[Part, Part] | Part | None = Field(
        None,
        description="cycle -> table name (a cycle without the table is left out); or one name for all cycles",
    )
    path: dict[Part, LocalPath] | LocalPath | None = Field(
        None,
        description="file on this machine, below archive.folder; or cycle -> file. It is used where it lies: "
        "never copied, never deleted",
    )
    begin_year: Whole | None = Field(
        None, description="fills {begin_year} in the archive's paths, of a table for all cycles"
    )
    format: Format = Field(
        "xport", description="file format: SAS (xport, sas7bdat), Stata, SPSS, CSV, Parquet"
    )
    csv: CsvFormat | None = Field(None, description="how it is written (format: csv)")
    encoding: Encoding | None = Field(
        None, description="encoding of the text, where the file does not say it rightly (not of format: csv)"
    )
    user_missing: Literal["blank", "keep"] = Field(
        "blank",
        description="SPSS: codes that the file itself declares missing are blank; keep: they stay codes, "
        "for map and missing",
    )
    visits: Visits | None = Field(
        None, description="which row counts, where a person has several (rows: one)"
    )
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
        if self.visits is not None and self.rows != "one":
            raise ValueError("visits makes one row of several: it goes with rows: one")
        return self

    @model_validator(mode="after")
    def _where_and_how(self) -> Self:
        if (self.table is None) == (self.path is None):
            raise ValueError("give table (of the archive's server) or path (a file on this machine)")
        if self.table is not None and self.format != "xport":
            raise ValueError("a table of a server is SAS transport; other formats are read from a path")
        if self.csv is not None and self.format != "csv":
            raise ValueError("csv goes with format: csv")
        if self.encoding is not None and self.format in ("csv", "parquet"):
            raise ValueError("the encoding of a CSV file stands under csv; Parquet has no other than its own")
        if self.user_missing == "keep" and self.format != "spss":
            raise ValueError("user_missing: keep goes with format: spss")
        for path in self.sources().values() if self.path is not None else ():
            found = SUFFIXES.get(PurePosixPath(path).suffix.lower(), self.format)
            if found != self.format:
                raise ValueError(f"'{path}' is {found} by its name, not {self.format}; write format: {found}")
        return self

    @property
    def local(self) -> bool:
        """Whether it lies on this machine and is used there."""
        return self.path is not None

    @property
    def serves_all(self) -> bool:
        """Whether one table serves every cycle."""
        return isinstance(self.table if self.path is None else self.path, str)

    def table_in(self, cycle: str) -> str | None:
        """Return the table, or path, of ``cycle``; None: that cycle has none."""
        given = self.table if self.path is None else self.path
        return given.get(cycle) if isinstance(given, dict) else given

    def sources(self) -> dict[str, str]:
        """Return cycle -> table (or path) as they are stored; one for all cycles has the cycle ``all``."""
        given = self.table if self.path is None else self.path
        return dict(given) if isinstance(given, dict) else {ALL_CYCLES: str(given)}

    def stored_under(self, cycle: str) -> str:
        """Return the folder, a cycle, of the table that serves ``cycle``."""
        return ALL_CYCLES if self.serves_all else cycle
