"""Published formulas: a closed registry, named from config/definitions.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd


def ckd_epi_2021_creatinine(
    *, creatinine_mg_dl: pd.Series, age_years: pd.Series, sex: pd.Series
) -> pd.Series:
    """Return the estimated glomerular filtration rate, mL/min/1.73 m2 (CKD-EPI 2021, race-free).

    ``142 min(Scr/k, 1)^a max(Scr/k, 1)^-1.200 0.9938^age (1.012 if female)``, with k 0.7 and a -0.241 in
    women, 0.9 and -0.302 in men. Developed in people aged 18 and over.

    Source: Inker 2021, N Engl J Med 385:1737 (kidney.org).

    Args:
        creatinine_mg_dl: serum creatinine traceable to IDMS, mg/dL.
        age_years: age in years.
        sex: categorical ``male`` / ``female``.
    """
    female = sex.eq("female")
    known = female | sex.eq("male")
    kappa, alpha = np.where(female, 0.7, 0.9), np.where(female, -0.241, -0.302)
    ratio = creatinine_mg_dl / kappa
    egfr = 142 * ratio.clip(upper=1) ** alpha * ratio.clip(lower=1) ** -1.200 * 0.9938**age_years
    return (egfr * np.where(female, 1.012, 1.0)).where(known)


def mass_over_height_squared(*, mass_kg: pd.Series, height_cm: pd.Series) -> pd.Series:
    """Return mass divided by the square of height, kg/m2.

    Source: Baumgartner 1998, Am J Epidemiol 147:755 (appendicular lean mass index).

    Args:
        mass_kg: mass, kg.
        height_cm: standing height, cm.
    """
    return mass_kg / (height_cm / 100) ** 2


def mass_over_bmi(*, mass_kg: pd.Series, bmi_kg_m2: pd.Series) -> pd.Series:
    """Return mass divided by the body mass index, m2.

    Source: Studenski 2014, J Gerontol A 69:547 (FNIH; appendicular lean mass adjusted for BMI).

    Args:
        mass_kg: mass, kg.
        bmi_kg_m2: body mass index, kg/m2.
    """
    return mass_kg / bmi_kg_m2


FORMULAS: Mapping[str, Callable[..., pd.Series]] = MappingProxyType(
    {
        "ckd_epi_2021_creatinine": ckd_epi_2021_creatinine,
        "mass_over_height_squared": mass_over_height_squared,
        "mass_over_bmi": mass_over_bmi,
    }
)
"""Name in a definition -> formula; arguments are given by name, a missing one makes the value missing."""
