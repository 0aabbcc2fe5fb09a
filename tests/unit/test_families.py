from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from b12sarc.families import add_families
from b12sarc.spec import Family

PRIMARY = Family(label="Primary", method="holm", exposures=["x"], adjustments=["full"], group_by=["cohort"])
REST = Family(label="Rest", method="fdr_bh", group_by=["cohort", "outcome"])


def estimates(rows):
    columns = ["cohort", "outcome", "exposure", "adjustment", "estimator", "p_value"]
    return pd.DataFrame(rows, columns=columns)


ROWS = estimates(
    [
        ("a", "grip", "x", "full", "linear", 0.01),
        ("a", "weak", "x", "full", "poisson", 0.04),
        ("b", "grip", "x", "full", "linear", 0.02),
        ("a", "grip", "z", "full", "linear", 0.03),
        ("a", "grip", "x", "crude", "linear", 0.05),
        ("a", "weak", "z", "crude", "poisson", 0.5),
    ]
)


def test_a_test_belongs_to_the_first_family_that_takes_it():
    table = add_families(ROWS, {"primary": PRIMARY, "rest": REST})
    assert list(table["family"]) == ["primary", "primary", "primary", "rest", "rest", "rest"]


def test_holm_multiplies_the_smallest_p_value_by_the_size_of_its_family():
    table = add_families(ROWS, {"primary": PRIMARY, "rest": REST})
    assert list(table["p_adjusted"][:2]) == pytest.approx([0.02, 0.04])


def test_group_by_splits_a_family_into_parts_that_are_adjusted_alone():
    table = add_families(ROWS, {"primary": PRIMARY, "rest": REST})
    assert table["p_adjusted"][2] == pytest.approx(0.02)  # the only test of cohort b


def test_benjamini_hochberg_within_a_part():
    table = add_families(ROWS, {"primary": PRIMARY, "rest": REST})
    assert list(table["p_adjusted"][3:]) == pytest.approx([0.05, 0.05, 0.5])


def test_row_without_a_p_value_is_no_test():
    rows = ROWS.assign(p_value=[0.01, np.nan, 0.02, 0.03, 0.05, 0.5])
    table = add_families(rows, {"primary": PRIMARY})
    assert table["p_adjusted"][0] == pytest.approx(0.01)
    assert np.isnan(table["p_adjusted"][1])
    assert table["family"][1] == "primary"


def test_test_that_no_family_takes_has_none():
    table = add_families(ROWS, {"primary": PRIMARY})
    assert list(table["family"][3:]) == ["", "", ""]
    assert table["p_adjusted"][3:].isna().all()


def test_family_without_group_by_is_one_over_all_cohorts():
    together = PRIMARY.model_copy(update={"group_by": ()})
    table = add_families(ROWS, {"primary": together})
    assert table["p_adjusted"][0] == pytest.approx(0.03)


def test_rows_keep_their_order_and_their_other_columns():
    table = add_families(ROWS, {"primary": PRIMARY, "rest": REST})
    pd.testing.assert_frame_equal(table[ROWS.columns], ROWS)


def test_both_adjustments_stand_beside_the_one_that_the_family_names():
    table = add_families(ROWS, {"primary": PRIMARY, "rest": REST})
    assert list(table["p_holm"][3:]) == pytest.approx([0.06, 0.06, 0.5])
    assert list(table["p_bh"][:2]) == pytest.approx([0.02, 0.04])
    assert list(table["p_adjusted"][:3]) == list(table["p_holm"][:3])
    assert list(table["p_adjusted"][3:]) == list(table["p_bh"][3:])


def test_group_by_missing_keeps_complete_cases_and_imputed_apart():
    twice = pd.concat([ROWS.assign(missing="complete_case"), ROWS.assign(missing="mi")], ignore_index=True)
    apart = PRIMARY.model_copy(update={"group_by": ("cohort", "missing")})
    table = add_families(twice, {"primary": apart})
    alone = add_families(ROWS, {"primary": PRIMARY})
    assert list(table["p_holm"][:3]) == list(alone["p_holm"][:3])
    assert list(table["p_holm"][6:9]) == list(alone["p_holm"][:3])
