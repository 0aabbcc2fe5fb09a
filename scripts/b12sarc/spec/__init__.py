"""Configuration as typed, frozen data; the lowest floor of the house, next to the errors."""

from b12sarc.spec.analysis import (
    MI_DXA,
    MI_NESTED,
    MULTIPLY_IMPUTED,
    WITH_DXA,
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
from b12sarc.spec.assays import Assays, Equation, ValidRange
from b12sarc.spec.base import Operator, Scalar
from b12sarc.spec.cohort import (
    Answered,
    Archive,
    Blank,
    Cohort,
    Condition,
    Cut,
    Cycle,
    Design,
    Factor,
    File,
    Join,
    Mapping,
    Subsample,
    SubsampleWeight,
    Weight,
)
from b12sarc.spec.config import Config, Download
from b12sarc.spec.definitions import Component, Contrast, Definition, Definitions, Formula, ValueOf
from b12sarc.spec.dictionary import Dictionary, Plausible, Variable
from b12sarc.spec.evidence import Evidence, Study
from b12sarc.spec.imputation import Imputation
from b12sarc.spec.project import CYCLE, Project, Quantity
from b12sarc.spec.rules import ByVariable, Rule
from b12sarc.spec.sensitivity import Option, Sensitivity
from b12sarc.spec.standard_population import Band, StandardPopulation

__all__ = [
    "CYCLE",
    "MI_DXA",
    "MI_NESTED",
    "MULTIPLY_IMPUTED",
    "WITH_DXA",
    "AdjustmentSet",
    "Analysis",
    "Answered",
    "Archive",
    "Assays",
    "Band",
    "Blank",
    "ByVariable",
    "Cohort",
    "Component",
    "Condition",
    "Config",
    "Contrast",
    "Cut",
    "Cycle",
    "Definition",
    "Definitions",
    "Design",
    "Dictionary",
    "Download",
    "Equation",
    "Evidence",
    "Factor",
    "Family",
    "File",
    "Formula",
    "Imputation",
    "Join",
    "Mapping",
    "Models",
    "Operator",
    "Option",
    "OverTime",
    "Plausible",
    "Population",
    "Project",
    "Quantity",
    "Rule",
    "Scalar",
    "Sensitivity",
    "StandardPopulation",
    "Step",
    "Study",
    "Subsample",
    "SubsampleWeight",
    "Table1",
    "Term",
    "ValidRange",
    "ValueOf",
    "Variable",
    "Weight",
]
