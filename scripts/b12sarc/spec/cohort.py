"""A cohort: where its data are, what they are called, how they map to the dictionary, the survey design."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from typing import Literal

from pydantic import Field

from b12sarc.spec.base import Model, Name, Part, Text, Whole
from b12sarc.spec.design import Design, DesignColumn, Replicates, Weight
from b12sarc.spec.files import Archive, CsvFormat, Cycle, File, Join, Nearest, PageDiffers, Visits, Years
from b12sarc.spec.mapping import (
    Answered,
    Blank,
    Condition,
    Cut,
    Factor,
    Mapping,
    PerCycle,
)

__all__ = [
    "Answered",
    "Archive",
    "Blank",
    "Cohort",
    "Condition",
    "CsvFormat",
    "Cut",
    "Cycle",
    "Design",
    "DesignColumn",
    "Factor",
    "File",
    "Join",
    "Mapping",
    "Nearest",
    "PageDiffers",
    "Replicates",
    "Subsample",
    "SubsampleWeight",
    "Visits",
    "Weight",
]


MINIMUM_CELL = 10
"""Fewest people that a result shows of a restricted cohort that says no number."""


class SubsampleWeight(Model):
    """The weight of a part of the sample, combined over the cycles for which a column is given."""

    file: Name = Field(description="file that holds it, as named under files")
    column: Text | PerCycle = Field(description="raw column, or cycle -> column (other cycles have none)")
    years: Years | dict[Part, Years] | None = Field(
        None,
        description="years of population the weight stands for, or cycle -> years; none: those of its cycle",
    )
    valid_if: tuple[Condition, ...] = Field((), description="people for whom it is; others have none here")


class Subsample(Model):
    """A part of the sample in which something was measured, with weights of its own."""

    label: Text = Field(description="words for tables")
    weights: tuple[SubsampleWeight, ...] = Field(
        min_length=1, description="where the weight is; of several, the first that a person has"
    )


class Cohort(Model):
    """One cohort (cohorts/<id>/cohort.yaml)."""

    schema_version: Literal[2] = Field(description="version of this format (b12sarc.spec.versions)")
    id: Name = Field(description="name of the cohort and of its folder")
    extends: Name | None = Field(
        None, description="cohort whose keys hold where this file gives none (see above)"
    )
    pools: tuple[Name, ...] = Field(
        (), description="cohorts whose cycles are put together; keys given here hold instead of theirs"
    )
    title: Text = Field(description="name for tables and figures")
    population: Text = Field(description="whom the cohort stands for, in words")
    citation: Text = Field(description="how its keeper wants it cited")
    access: Literal["public", "restricted"] = Field(
        description="restricted: its people's data may not be passed on (see above)"
    )
    minimum_cell: Whole | None = Field(
        None,
        ge=3,
        description="fewest people that a result may show; 10 where access is restricted and nothing is said",
    )
    archive: Archive = Field(description="where the files come from")
    cycles: dict[Part, Cycle] = Field(min_length=1, description="wave -> when it was")
    files: dict[Name, File] = Field(min_length=1, description="name of a file in this cohort -> tables")
    design: Design = Field(discriminator="kind", description="survey design")
    subsamples: dict[Name, Subsample] = Field(
        default_factory=dict, description="part of the sample -> its weights"
    )
    variables: dict[Name, Mapping] = Field(
        description="dictionary variable -> where it comes from, or why not"
    )

    @property
    def restricted(self) -> bool:
        """Whether the data of its persons may not be passed on."""
        return self.access == "restricted"

    @property
    def least_shown(self) -> int | None:
        """The fewest people that a result may show; None: any number."""
        return self.minimum_cell or (MINIMUM_CELL if self.restricted else None)

    @property
    def synthetic(self) -> bool:
        """Whether the people in it are made up."""
        return self.archive.generated_by is not None or self.archive.synthetic

    def in_cycles(self, name: str) -> dict[str, Mapping]:
        """Return cycle -> mapping of a variable, for the cycles that have it."""
        mapping = self.variables[name]
        found = {cycle: mapping.at(cycle) for cycle in self.cycles}
        return {cycle: m for cycle, m in found.items() if m.status is None}

    def mapped(self) -> dict[str, Mapping]:
        """Return the variables that the cohort has in some cycle."""
        return {name: m for name, m in self.variables.items() if self.in_cycles(name)}

    def without(self, absent: AnyMapping[tuple[str, str], str]) -> Cohort:
        """Return the cohort as it is without some tables.

        Args:
            absent: (cycle under which the table is stored, table) -> why it is not there.
        """
        variables = {}
        for name, mapping in self.variables.items():
            cycles = {c: self._waiting(mapping.at(c), c, absent) for c in self.cycles}
            changed = any(cycles[c] is not mapping.at(c) for c in self.cycles)
            variables[name] = Mapping(per_cycle=cycles, note=mapping.note) if changed else mapping
        return self.model_copy(update={"variables": variables})

    def _waiting(self, mapping: Mapping, cycle: str, absent: AnyMapping[tuple[str, str], str]) -> Mapping:
        file = self.files.get(str(mapping.file))
        table = None if file is None else file.table_in(cycle)
        if file is None or table is None or (file.stored_under(cycle), table) not in absent:
            return mapping
        reason = f"{file.optional or table} ({absent[file.stored_under(cycle), table]})"
        return Mapping(status="impossible", reason=reason)

    def imputed(self) -> set[str]:
        """Return the variables of which each person has several imputed values."""
        return {
            name
            for name in self.variables
            for mapping in self.in_cycles(name).values()
            if self.files[str(mapping.file)].rows == "imputed"
        }

    def subsamples_used(self) -> dict[str, Subsample]:
        """Return the parts of the sample in which something was measured that the cohort maps."""
        used = {m.subsample for name in self.variables for m in self.in_cycles(name).values()}
        return {name: subsample for name, subsample in self.subsamples.items() if name in used}

    def files_read(self) -> set[str]:
        """Return the files that something is read from, in some cycle."""
        used = set(self.design.files())
        used |= {weight.file for subsample in self.subsamples_used().values() for weight in subsample.weights}
        for name in self.variables:
            for mapping in self.in_cycles(name).values():
                asked = mapping.answered_if.file if mapping.answered_if else None
                used |= {str(mapping.file), asked or str(mapping.file)}
        return used | {join.file for file in used for join in self.files[file].joins}

    def total_years(self) -> float:
        """Return the years of population that the pooled cycles stand for."""
        return sum(c.years for c in self.cycles.values())

    def weight_column(self, cycle: str) -> str | None:
        """Return the raw weight column of ``cycle``; None: everybody counts alike."""
        weight = self.design.weighting()
        return None if weight is None else weight.column_in(cycle)

    def weight_factor(self, cycle: str) -> float:
        """Return what multiplies the weight of ``cycle`` when the cohort's cycles are pooled.

        The years that the weight stands for over the years pooled: 1/2 for two two-year weights, 1 for a
        four-year weight alone, 2/3 and 1/3 for 1999-2002 (four-year) with 2003-2004 (NHANES tutorial).
        Without weights everybody counts alike: 1.
        """
        weight = self.design.weighting()
        return 1.0 if weight is None else self._years(weight.years, cycle) / self.total_years()

    def subsample_columns(self, weight: SubsampleWeight) -> dict[str, str]:
        """Return cycle -> raw column (upper case) of a subsample's weight, for the cycles that have one."""
        given = weight.column
        columns = {c: given if isinstance(given, str) else given.get(c) for c in self.cycles}
        return {cycle: column.upper() for cycle, column in columns.items() if column is not None}

    def subsample_factor(self, weight: SubsampleWeight, cycle: str) -> float:
        """Return what multiplies a subsample's weight in ``cycle``: its years over those of its cycles."""
        pooled = sum(self.cycles[c].years for c in self.subsample_columns(weight))
        return self._years(weight.years, cycle) / pooled

    def raw_columns(self, file: str, cycle: str) -> tuple[str, ...]:
        """Return every raw column of ``file`` that the cohort uses in ``cycle``, the key first."""
        described = self.files[file]
        names = [described.key.upper()]
        names += [described.imputation.upper()] if described.imputation else []
        names += self._visit_needs(described)
        names += self._design_needs(file, cycle)
        names += self._subsample_needs(file, cycle)
        for name in self.variables:
            mapping = self.in_cycles(name).get(cycle)
            names += _needs(mapping, file, cycle) if mapping is not None else ()
        added = {column.upper() for join in described.joins for column in join.columns}
        names += [join.by.upper() for join in described.joins]
        names = [name for name in names if name not in added]
        for other in self.files.values():
            for join in other.joins:
                names += [join.by.upper(), *(c.upper() for c in join.columns)] if join.file == file else []
        return tuple(dict.fromkeys(names))

    def stored_columns(self, cycle: str, table: str) -> tuple[str, ...]:
        """Return every raw column that the cohort uses of a table, under whatever file names."""
        names: list[str] = []
        for name, file in self.files.items():
            if file.sources().get(cycle) == table:
                served = self.cycles if file.serves_all else [cycle]
                names += [column for c in served for column in self.raw_columns(name, c)]
        return tuple(dict.fromkeys(names))

    def _design_needs(self, file: str, cycle: str) -> list[str]:
        """Return the raw columns of ``file`` that the design reads."""
        weight, replicates = self.design.weighting(), self.design.replicate_weights()
        names = [part.column.upper() for part in self.design.columns().values() if part.file == file]
        names += [weight.column_in(cycle)] if weight is not None and weight.file == file else []
        if weight is not None and replicates is not None and (replicates.file or weight.file) == file:
            names += replicates.names()
        return names

    @staticmethod
    def _visit_needs(described: File) -> list[str]:
        """Return the raw columns by which one visit of several is chosen."""
        visits = described.visits
        return [] if visits is None else [column.upper() for column in visits.columns()]

    def _years(self, years: float | dict[str, float] | None, cycle: str) -> float:
        """Return the years that a weight stands for in ``cycle``."""
        if years is None:
            return self.cycles[cycle].years
        return years if isinstance(years, int | float) else years[cycle]

    def _subsample_needs(self, file: str, cycle: str) -> list[str]:
        names = []
        for subsample in self.subsamples_used().values():
            for weight in subsample.weights:
                column = self.subsample_columns(weight).get(cycle)
                if weight.file == file and column is not None:
                    names += [column, *(c.column.upper() for c in weight.valid_if)]
        return names


def _needs(mapping: Mapping, file: str, cycle: str) -> tuple[str, ...]:
    """Return the raw columns of ``file`` that a mapping reads."""
    own = mapping.columns(cycle) if mapping.file == file else ()
    answered = mapping.answered_if
    return own + ((answered.column.upper(),) if answered is not None and answered.file == file else ())
