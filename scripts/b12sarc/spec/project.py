"""All configuration of a run together, and one view of every quantity, whether mapped or derived."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from b12sarc.spec.analysis import Analysis
from b12sarc.spec.assays import Assays
from b12sarc.spec.claims import Claims
from b12sarc.spec.cohort import Cohort
from b12sarc.spec.config import Config
from b12sarc.spec.definitions import Contrast, Definitions
from b12sarc.spec.dictionary import Dictionary
from b12sarc.spec.evidence import Evidence
from b12sarc.spec.reproduction import Reproduction
from b12sarc.spec.standard_population import StandardPopulation

CYCLE = "cycle"
"""The survey cycle: a column of every cohort and a covariate of the demographic set."""


@dataclass(frozen=True)
class Quantity:
    """What tables, figures and models need to know of a variable or definition.

    Attributes:
        name: column in the analysis file.
        label: words for people.
        kind: how it is analysed; an index counts as continuous.
        unit: unit of a continuous quantity.
        levels: level -> label of a categorical quantity, in order; ``{}`` otherwise.
        reference: reference level of a categorical quantity.
        contrast: what one unit (or presence) of a continuous or binary exposure means.
        contrasts: the same for each non-reference level of a categorical exposure.
    """

    name: str
    label: str
    kind: Literal["continuous", "binary", "categorical"]
    unit: str | None = None
    levels: dict[str, str] = field(default_factory=dict)
    reference: str | None = None
    contrast: Contrast | None = None
    contrasts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """Everything that configures a run, checked.

    ``borrowed`` are cohorts that are not analysed in the run: published tables are computed from their files.
    """

    config: Config
    dictionary: Dictionary
    definitions: Definitions
    analysis: Analysis
    cohorts: dict[str, Cohort]
    assays: Assays = field(default_factory=Assays)
    evidence: Evidence = field(default_factory=lambda: Evidence(studies={}))
    standard_population: StandardPopulation | None = None
    claims: Claims | None = None
    reproductions: dict[str, Reproduction] = field(default_factory=dict)
    borrowed: dict[str, Cohort] = field(default_factory=dict)

    def names(self) -> set[str]:
        """Return every name that a rule, a model or a table may refer to."""
        return {*self.dictionary.variables, *self.definitions.definitions, CYCLE}

    def quantity(self, name: str) -> Quantity:
        """Return the view of a harmonised variable, a definition, or the survey cycle.

        Raises:
            KeyError: no such quantity (the checker has refused it before anything runs).
        """
        if name == CYCLE:
            cycles = {c: c for cohort in self.cohorts.values() for c in cohort.cycles}
            cycles = dict(sorted(cycles.items()))
            return Quantity(CYCLE, "Survey cycle", "categorical", None, cycles, next(iter(cycles)))
        if name in self.dictionary.variables:
            v = self.dictionary.variables[name]
            return Quantity(name, v.label, v.type, v.unit, dict(v.categories), v.reference)
        d = self.definitions.definitions[name]
        levels = {level: d.level_labels.get(level, level) for level in d.levels or {}}
        kind = "continuous" if d.kind == "index" else d.kind
        return Quantity(name, d.label, kind, d.unit, levels, d.reference, d.contrast, dict(d.contrasts))

    def made_of(self, name: str) -> set[str]:
        """Return the harmonised variables behind a definition; of a variable, itself."""
        definition = self.definitions.definitions.get(name)
        if definition is None:
            return {name}
        return set().union(*(self.made_of(part) for part in definition.variables()))

    def measured_in_both(self, exposure: str, outcome: str) -> list[str]:
        """Return the measurements behind both: what links exposure and outcome then is no finding."""
        shared = self.made_of(exposure) & self.made_of(outcome)
        return sorted(name for name in shared if self.quantity(name).kind == "continuous")

    def over_time_cohorts(self) -> list[str]:
        """Return the cohorts of the run whose prevalences are followed over their survey cycles."""
        asked = self.analysis.over_time
        if asked is None:
            return []
        several = [name for name, cohort in self.cohorts.items() if len(cohort.cycles) > 1]
        return [name for name in several if not asked.cohorts or name in asked.cohorts]
