"""What the formulas of the closed registry take and give; the code is in b12sarc.formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Argument:
    """One argument: continuous in ``unit``, or categorical with all of ``categories``."""

    unit: str | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """The arguments of a formula by name, and the unit of its result."""

    arguments: Mapping[str, Argument]
    unit: str


SIGNATURES: Mapping[str, Signature] = MappingProxyType(
    {
        "ckd_epi_2021_creatinine": Signature(
            {
                "creatinine_mg_dl": Argument("mg/dL"),
                "age_years": Argument("years"),
                "sex": Argument(categories=("male", "female")),
            },
            "mL/min/1.73 m2",
        ),
        "mass_over_height_squared": Signature(
            {"mass_kg": Argument("kg"), "height_cm": Argument("cm")}, "kg/m2"
        ),
        "mass_over_bmi": Signature({"mass_kg": Argument("kg"), "bmi_kg_m2": Argument("kg/m2")}, "m2"),
    }
)
