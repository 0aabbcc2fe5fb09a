"""Configuration as typed, frozen data; the lowest floor of the house, next to the errors."""

from b12sarc.spec.analysis import (
    AdjustmentSet,
    Analysis,
    Family,
    Models,
    OverTime,
    Population,
    Step,
    Table1,
    Term,
)
from b12sarc.spec.base import Operator, Scalar
from b12sarc.spec.cohort import Archive, Cohort, Condition, Cycle, Design, File, Mapping, Weight
from b12sarc.spec.config import Config, Download
from b12sarc.spec.definitions import Component, Contrast, Definition, Definitions, Formula, ValueOf
from b12sarc.spec.dictionary import Dictionary, Plausible, Variable
from b12sarc.spec.project import CYCLE, Project, Quantity
from b12sarc.spec.rules import ByVariable, Rule
from b12sarc.spec.standard_population import Band, StandardPopulation

__all__ = [
    "CYCLE",
    "AdjustmentSet",
    "Analysis",
    "Archive",
    "Band",
    "ByVariable",
    "Cohort",
    "Component",
    "Condition",
    "Config",
    "Contrast",
    "Cycle",
    "Definition",
    "Definitions",
    "Design",
    "Dictionary",
    "Download",
    "Family",
    "File",
    "Formula",
    "Mapping",
    "Models",
    "Operator",
    "OverTime",
    "Plausible",
    "Population",
    "Project",
    "Quantity",
    "Rule",
    "Scalar",
    "StandardPopulation",
    "Step",
    "Table1",
    "Term",
    "ValueOf",
    "Variable",
    "Weight",
]
