"""Published formulas reproduce the numbers that their sources print."""

from __future__ import annotations

from inspect import signature
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from b12sarc.formulas import (
    FORMULAS,
    before_nchs_lean_adjustment,
    ckd_epi_2012_cystatin,
    ckd_epi_2021_creatinine,
    ckd_epi_2021_creatinine_cystatin,
    force_times_lever,
    mass_over_bmi,
    mass_over_height_squared,
)
from b12sarc.spec import Formula
from b12sarc.spec.signatures import SIGNATURES

# creatinine mg/dL, age, sex, eGFR: the formula at kidney.org, to the printed digit
CKD_EPI_2021 = [
    (1.0, 70, "male", 80.967),
    (1.0, 70, "female", 60.606),
    (0.6, 70, "female", 96.501),
    (0.8, 70, "male", 95.206),
    (0.9, 55, "female", 75.499),
    (1.4, 85, "male", 49.254),
    (1.4, 85, "female", 36.868),
]


def egfr(creatinine: float, age: float, sex: str | None) -> float:
    result = ckd_epi_2021_creatinine(
        creatinine_mg_dl=pd.Series([creatinine]),
        age_years=pd.Series([float(age)]),
        sex=pd.Series(pd.Categorical([sex], categories=["male", "female"])),
    )
    return float(result.iloc[0])


@pytest.mark.parametrize(("creatinine", "age", "sex", "printed"), CKD_EPI_2021)
def test_ckd_epi_2021_gives_the_printed_digits(creatinine, age, sex, printed):
    assert round(egfr(creatinine, age, sex), 3) == printed


def person(age: float, sex: str | None) -> dict[str, pd.Series]:
    return {
        "age_years": pd.Series([float(age)]),
        "sex": pd.Series(pd.Categorical([sex], categories=["male", "female"])),
    }


# cystatin C mg/L, age, sex, eGFR
CYSTATIN_2012 = [(0.8, 70, "male", 100.463), (1.2, 70, "female", 54.648), (0.7, 65, "female", 102.109)]


@pytest.mark.parametrize(("cystatin", "age", "sex", "printed"), CYSTATIN_2012)
def test_ckd_epi_2012_cystatin_gives_the_printed_digits(cystatin, age, sex, printed):
    got = ckd_epi_2012_cystatin(cystatin_c_mg_l=pd.Series([cystatin]), **person(age, sex))
    assert round(float(got.iloc[0]), 3) == printed


# creatinine mg/dL, cystatin C mg/L, age, sex, eGFR
BOTH_2021 = [
    (1.0, 1.0, 70, "male", 81.518),
    (0.6, 0.7, 70, "female", 106.797),
    (1.2, 1.4, 80, "female", 45.896),
]


@pytest.mark.parametrize(("creatinine", "cystatin", "age", "sex", "printed"), BOTH_2021)
def test_ckd_epi_2021_of_both_markers_gives_the_printed_digits(creatinine, cystatin, age, sex, printed):
    got = ckd_epi_2021_creatinine_cystatin(
        creatinine_mg_dl=pd.Series([creatinine]), cystatin_c_mg_l=pd.Series([cystatin]), **person(age, sex)
    )
    assert round(float(got.iloc[0]), 3) == printed


@pytest.mark.parametrize("formula", [ckd_epi_2012_cystatin, ckd_epi_2021_creatinine_cystatin])
def test_an_equation_by_sex_is_missing_where_sex_is(formula):
    markers = {"cystatin_c_mg_l": pd.Series([1.0]), "creatinine_mg_dl": pd.Series([1.0])}
    taken = {name: markers[name] for name in signature(formula).parameters if name in markers}
    assert formula(**taken, **person(70, None)).isna().all()


def test_torque_is_force_times_the_lever_in_metres():
    torque = force_times_lever(force_n=pd.Series([400.0, 400.0]), lever_cm=pd.Series([35.0, np.nan]))
    assert torque.iloc[0] == pytest.approx(140)
    assert np.isnan(torque.iloc[1])


def test_lean_mass_over_bmi_and_before_the_adjustment():
    assert mass_over_bmi(mass_kg=pd.Series([20.0]), bmi_kg_m2=pd.Series([25.0])).iloc[0] == 0.8
    assert before_nchs_lean_adjustment(mass_kg=pd.Series([19.0])).iloc[0] == pytest.approx(20)


@pytest.mark.parametrize(("sex", "knot"), [("female", 0.7), ("male", 0.9)])
def test_ckd_epi_2021_bends_at_the_knot_of_each_sex_without_a_jump(sex, knot):
    slope_below = egfr(knot, 70, sex) / egfr(knot / 2, 70, sex)
    slope_above = egfr(knot * 2, 70, sex) / egfr(knot, 70, sex)
    exponent = {"female": -0.241, "male": -0.302}[sex]
    assert slope_below == pytest.approx(2**exponent, rel=1e-12)
    assert slope_above == pytest.approx(2**-1.2, rel=1e-12)


@pytest.mark.parametrize(
    ("creatinine", "age", "sex"), [(np.nan, 70, "male"), (1, np.nan, "male"), (1, 70, None)]
)
def test_ckd_epi_2021_is_missing_when_an_argument_is(creatinine, age, sex):
    assert np.isnan(egfr(creatinine, age, sex))


def test_mass_over_height_squared_takes_height_in_cm():
    index = mass_over_height_squared(mass_kg=pd.Series([20.28, 20.0]), height_cm=pd.Series([170.0, np.nan]))
    assert index.iloc[0] == pytest.approx(20.28 / 1.7**2, rel=1e-15)
    assert np.isnan(index.iloc[1])


def test_mass_over_bmi_divides_by_the_index():
    index = mass_over_bmi(mass_kg=pd.Series([20.0, 20.0]), bmi_kg_m2=pd.Series([25.0, np.nan]))
    assert index.iloc[0] == pytest.approx(0.8, rel=1e-15)
    assert np.isnan(index.iloc[1])


def test_the_registry_holds_what_a_definition_may_name_and_nothing_else():
    allowed = get_args(Formula.model_fields["name"].annotation)
    assert set(FORMULAS) == set(allowed)


def test_the_registry_is_closed():
    with pytest.raises(TypeError):
        FORMULAS["mine"] = mass_over_height_squared  # type: ignore[index]


def test_each_formula_takes_the_arguments_that_the_checker_allows():
    taken = {name: set(signature(formula).parameters) for name, formula in FORMULAS.items()}
    assert taken == {name: set(allowed.arguments) for name, allowed in SIGNATURES.items()}
