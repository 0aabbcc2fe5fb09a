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


def ckd_epi_2012_cystatin(*, cystatin_c_mg_l: pd.Series, age_years: pd.Series, sex: pd.Series) -> pd.Series:
    """Return the estimated glomerular filtration rate from cystatin C, mL/min/1.73 m2 (CKD-EPI 2012).

    ``133 min(Scys/0.8, 1)^-0.499 max(Scys/0.8, 1)^-1.328 0.996^age (0.932 if female)``.

    Source: Inker 2012, N Engl J Med 367:20 (kidney.org).

    Args:
        cystatin_c_mg_l: serum cystatin C, mg/L.
        age_years: age in years.
        sex: categorical ``male`` / ``female``.
    """
    female = sex.eq("female")
    ratio = cystatin_c_mg_l / 0.8
    egfr = 133 * ratio.clip(upper=1) ** -0.499 * ratio.clip(lower=1) ** -1.328 * 0.996**age_years
    return (egfr * np.where(female, 0.932, 1.0)).where(female | sex.eq("male"))


def ckd_epi_2021_creatinine_cystatin(
    *, creatinine_mg_dl: pd.Series, cystatin_c_mg_l: pd.Series, age_years: pd.Series, sex: pd.Series
) -> pd.Series:
    """Return the estimated glomerular filtration rate from both markers, mL/min/1.73 m2 (CKD-EPI 2021).

    ``135 min(Scr/k, 1)^a max(Scr/k, 1)^-0.544 min(Scys/0.8, 1)^-0.323 max(Scys/0.8, 1)^-0.778 0.9961^age
    (0.963 if female)``, with k 0.7 and a -0.219 in women, 0.9 and -0.144 in men.

    Source: Inker 2021, N Engl J Med 385:1737 (kidney.org).

    Args:
        creatinine_mg_dl: serum creatinine traceable to IDMS, mg/dL.
        cystatin_c_mg_l: serum cystatin C, mg/L.
        age_years: age in years.
        sex: categorical ``male`` / ``female``.
    """
    female = sex.eq("female")
    kappa, alpha = np.where(female, 0.7, 0.9), np.where(female, -0.219, -0.144)
    creatinine, cystatin = creatinine_mg_dl / kappa, cystatin_c_mg_l / 0.8
    egfr = 135 * creatinine.clip(upper=1) ** alpha * creatinine.clip(lower=1) ** -0.544
    egfr = egfr * cystatin.clip(upper=1) ** -0.323 * cystatin.clip(lower=1) ** -0.778 * 0.9961**age_years
    return (egfr * np.where(female, 0.963, 1.0)).where(female | sex.eq("male"))


def mass_over_height_squared(*, mass_kg: pd.Series, height_cm: pd.Series) -> pd.Series:
    """Return mass divided by the square of height, kg/m2.

    Source: Baumgartner 1998, Am J Epidemiol 147:755 (appendicular lean mass index).

    Args:
        mass_kg: mass, kg.
        height_cm: standing height, cm.
    """
    return mass_kg / (height_cm / 100) ** 2


def mass_over_bmi(*, mass_kg: pd.Series, bmi_kg_m2: pd.Series) -> pd.Series:
    """Return mass divided by body mass index, kg per kg/m2.

    Source: FNIH, Studenski 2014, J Gerontol A 69:547.

    Args:
        mass_kg: appendicular lean mass, kg.
        bmi_kg_m2: body mass index, kg/m2.
    """
    return mass_kg / bmi_kg_m2


def before_nchs_lean_adjustment(*, mass_kg: pd.Series) -> pd.Series:
    """Return lean mass as the Hologic QDR-4500A gave it, kg: NCHS lowered it by 5 % before release.

    For sensitivity only: cut-offs from scans that were not adjusted are about 5 % stricter on NHANES.

    Source: Schoeller 2005, Am J Clin Nutr 81:1018; CDC DXX_2_B, Data Processing and Editing.

    Args:
        mass_kg: lean mass as NCHS released it, kg.
    """
    return mass_kg / 0.95


def force_times_lever(*, force_n: pd.Series, lever_cm: pd.Series) -> pd.Series:
    """Return torque, Nm: force (N) times lever arm (m).

    Args:
        force_n: peak force at the end of the lever, N.
        lever_cm: lever arm, cm.
    """
    return force_n * (lever_cm / 100)


FORMULAS: Mapping[str, Callable[..., pd.Series]] = MappingProxyType(
    {
        "ckd_epi_2021_creatinine": ckd_epi_2021_creatinine,
        "ckd_epi_2012_cystatin": ckd_epi_2012_cystatin,
        "ckd_epi_2021_creatinine_cystatin": ckd_epi_2021_creatinine_cystatin,
        "mass_over_height_squared": mass_over_height_squared,
        "mass_over_bmi": mass_over_bmi,
        "before_nchs_lean_adjustment": before_nchs_lean_adjustment,
        "force_times_lever": force_times_lever,
    }
)
"""Name in a definition -> formula; arguments are given by name, a missing one makes the value missing."""
