"""Numbers and names as people read them."""

from __future__ import annotations

import math

import pytest

from b12sarc.wording import (
    MEASURES,
    contrast,
    covariates,
    decimals_for,
    explained,
    full_label,
    interval,
    lower_first,
    number,
    p_statement,
    p_value,
    percent,
    plain,
    short_label,
    term_parts,
)
from fake_results import fake_project


@pytest.mark.parametrize(
    ("se", "decimals"),
    [(0.0123, 3), (0.123, 2), (0.99, 2), (1.0, 1), (1.23, 1), (12.3, 0), (1234.0, 0), (1e-9, 6), (0.0, 2)],
)
def test_decimals_show_two_significant_digits_of_the_standard_error(se: float, decimals: int) -> None:
    assert decimals_for(se) == decimals


def test_a_difference_is_rounded_by_its_interval_and_has_a_true_minus() -> None:
    assert interval(-1.2345, -2.1, -0.37, MEASURES["linear"]) == "−1.23 (−2.10 to −0.37)"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((1.234, 0.956, 1.593), "1.23 (0.96 to 1.59)"),
        ((0.0312, 0.0021, 0.456), "0.031 (0.002 to 0.46)"),
        ((12.34, 2.1, 123.4), "12.3 (2.10 to 123)"),
    ],
)
def test_ratios_keep_two_decimals_near_one_and_fewer_far_from_it(values: tuple, text: str) -> None:
    assert interval(*values, MEASURES["poisson"]) == text


def test_an_estimate_without_interval_stands_alone() -> None:
    assert interval(1.5, math.nan, math.nan, MEASURES["poisson"]) == "1.50"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.00099, "< 0.001"),
        (0.001, "0.0010"),
        (0.0123, "0.012"),
        (0.0999, "0.100"),
        (0.456, "0.46"),
        (0.9901, "> 0.99"),
        (math.nan, "–"),
    ],
)
def test_p_values_have_two_significant_digits(p: float, text: str) -> None:
    assert p_value(p) == text


def test_a_missing_p_value_is_said_in_words() -> None:
    assert p_statement(math.nan) == "no p-value (fewer than one degree of freedom)"
    assert p_statement(0.0001) == "p < 0.001"
    assert p_statement(0.02) == "p = 0.020"


def test_numbers_separate_thousands_and_never_show_minus_zero() -> None:
    assert number(-0.0001, 2) == "0.00"
    assert number(12345.6, 0) == "12,346"
    assert number(math.inf, 1) == "∞"
    assert percent(0.1234) == "12.3"


def test_ascii_stand_ins_become_signs_but_names_stay() -> None:
    assert plain("MMA >= 271 umol/L, kg/m2") == "MMA ≥ 271 µmol/L, kg/m²"
    assert plain("homocysteine_umol_l") == "homocysteine_umol_l"


def test_abbreviations_keep_their_capitals_inside_a_sentence() -> None:
    assert lower_first("Serum B12") == "serum B12"
    assert lower_first("MMA > 271") == "MMA > 271"


def test_terms_split_into_name_and_level() -> None:
    assert term_parts("b12_status[deficient]") == ("b12_status", "deficient")
    assert term_parts("b12_low_148") == ("b12_low_148", "")


def test_a_contrast_of_cut_offs_says_of_what() -> None:
    project = fake_project()
    said = contrast(project, "b12_low_148", "< 148 vs >= 148 pmol/L")
    assert said == "Serum vitamin B12: < 148 vs ≥ 148 pmol/L"
    assert contrast(project, "log2_b12", "per halving of serum B12") == "Per halving of serum B12"
    assert contrast(project, "b12_index", "per 1 lower index").startswith("B12 status index: per 1")


def test_labels_come_from_the_configuration_and_unknown_names_stand_for_themselves() -> None:
    project = fake_project()
    assert short_label(project, "grip_max_kg") == "Grip strength"
    assert short_label(project, "egfr_ckd_epi_2021").endswith("(CKD-EPI 2021, creatinine)")
    assert full_label(project, "b12_status[deficient]") == "Serum B12 status: deficient (< 148 pmol/L)"
    assert full_label(project, "not_there") == "not_there"


def test_reasons_name_variables_by_their_labels() -> None:
    said = explained(fake_project(), "homocysteine_umol_l: not assayed; some_other_name")
    assert said == "Homocysteine: not assayed; some_other_name"
    said = explained(fake_project(), "b12_status[deficient]: 4 people")
    assert said == "Serum B12 status: deficient (< 148 pmol/L): 4 people"


def test_covariates_are_listed_with_those_of_the_sets_below() -> None:
    project = fake_project()
    assert covariates(project, "crude") == "nothing"
    assert covariates(project, "socioeconomic").startswith(
        "age at screening, sex, race and ethnicity (where available), survey"
    )
