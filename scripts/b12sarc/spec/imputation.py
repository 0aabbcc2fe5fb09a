"""How gaps are filled: multiple imputation by chained equations (config/analysis.yaml, ``imputation``)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from b12sarc.spec.base import Model, Name, Text

DesignEffects = Literal["psu", "stratum", "none"]


class Imputation(Model):
    """Multiple imputation of every exposure, outcome and covariate of the models, in the domain."""

    m: int = Field(20, ge=2, description="completed data sets; a multiple of the imputations of DXA (5)")
    iterations: int = Field(5, ge=1, description="rounds of a chain before its values are taken")
    donors: int = Field(5, ge=1, description="nearest people of whom one gives the value")
    design: DesignEffects = Field(
        "psu",
        description="psu: log weight and an effect of each PSU (thereby of strata and cycles); stratum: log "
        "weight and an effect of each stratum; none: an effect of each cycle, to see what the design does",
    )
    auxiliary: tuple[Name, ...] = Field(
        (), description="variables that no model needs but that tell of those that models need"
    )
    log: tuple[Name, ...] = Field((), description="continuous variables that are taken as logarithms")
    whole: tuple[Name, ...] = Field(
        (), description="definitions imputed themselves: their parts were not asked of everybody"
    )
    together: dict[Name, tuple[Name, ...]] = Field(
        default_factory=dict, description="variable -> others of the same measurement, taken with it"
    )
    not_imputed: dict[Name, Text] = Field(
        default_factory=dict, description="variable -> why its gaps stay; it still tells of the others"
    )
