"""What is combined across cohorts, what never meets, what is only listed. All estimates are made up."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from b12sarc.meta import random_effects
from b12sarc.spec.analysis import Synthesis
from b12sarc.synthesise import META, independent, synthesise


def cohort(*cycles: str, archive: str = "nhanes", synthetic: bool = False) -> SimpleNamespace:
    return SimpleNamespace(
        cycles=dict.fromkeys(cycles), archive=SimpleNamespace(name=archive), synthetic=synthetic
    )


EARLY, LATE, LATEST = cohort("1999-2000", "2001-2002"), cohort("2003-2004"), cohort("2011-2012")
POOL = cohort("1999-2000", "2001-2002", "2003-2004", "2011-2012")


def estimate(cohort: str, coef: float, se: float, **changed: object) -> dict[str, object]:
    return {
        "cohort": cohort,
        "outcome": "height_cm",
        "exposure": "b12_low",
        "term": "b12_low",
        "contrast": "< 148 vs >= 148 pmol/L",
        "adjustment": "crude",
        "subgroup": "all",
        "estimator": "linear",
        "missing": "complete_case",
        "coef": coef,
        "se": se,
        "p_value": 0.5,
    } | changed


def run(cohorts: dict[str, SimpleNamespace], *rows: dict[str, object], **settings: object) -> pd.DataFrame:
    analysis = SimpleNamespace(synthesis=Synthesis(**settings), confidence_level=0.95)
    return synthesise(pd.DataFrame(rows), SimpleNamespace(cohorts=cohorts, analysis=analysis))


THREE = {"early": EARLY, "late": LATE, "latest": LATEST}
ROWS = (estimate("early", 0.10, 0.2), estimate("late", 0.60, 0.2), estimate("latest", 1.40, 0.3))


def test_three_cohorts_are_combined_by_reml_with_hartung_and_knapp() -> None:
    row = run(THREE, *ROWS).iloc[0]

    expected = random_effects(np.array([0.1, 0.6, 1.4]), np.array([0.2, 0.2, 0.3]))
    assert (row["k"], row["cohorts"], row["method"]) == (3, "early late latest", "reml")
    assert row["estimate"] == row["coef"] == expected.estimate
    assert (row["conf_low"], row["conf_high"]) == (expected.conf_low, expected.conf_high)
    assert (row["prediction_low"], row["prediction_high"]) == (
        expected.prediction_low,
        expected.prediction_high,
    )
    assert row["i2"] == pytest.approx(expected.i2_percent / 100, rel=1e-15)
    assert row["df"] == 2
    assert [float(w) for w in row["weights"].split()] == pytest.approx(expected.weights, abs=6e-5)


def test_columns_are_those_that_were_promised() -> None:
    assert list(run(THREE, *ROWS).columns) == list(META)


def test_ratios_are_combined_as_logarithms_and_shown_as_ratios() -> None:
    row = run(THREE, *({**r, "estimator": "poisson"} for r in ROWS)).iloc[0]

    assert row["estimate"] == pytest.approx(math.exp(row["coef"]), rel=1e-15)
    assert row["conf_low"] == pytest.approx(math.exp(row["coef_low"]), rel=1e-15)
    assert row["prediction_low"] > 0


def test_the_settings_of_the_analysis_are_used() -> None:
    row = run(THREE, *ROWS, tau2="pm", hartung_knapp=False).iloc[0]

    expected = random_effects(
        np.array([0.1, 0.6, 1.4]), np.array([0.2, 0.2, 0.3]), method="pm", hartung_knapp=False
    )
    assert row["method"] == "pm"
    assert row["conf_low"] == expected.conf_low
    assert row["hartung_knapp_factor"] == 1


def test_leaving_one_of_three_out_spans_the_lowest_and_highest_estimate() -> None:
    row = run(THREE, *ROWS).iloc[0]

    assert row["leave_one_out_low"] == random_effects(np.array([0.1, 0.6]), np.array([0.2, 0.2])).estimate
    assert row["leave_one_out_high"] == random_effects(np.array([0.6, 1.4]), np.array([0.2, 0.3])).estimate


def test_two_cohorts_are_combined_and_none_can_be_left_out() -> None:
    row = run(THREE, *ROWS[:2]).iloc[0]

    assert row["k"] == 2
    assert math.isnan(row["leave_one_out_low"])


def test_one_cohort_is_listed_and_is_no_meta_analysis() -> None:
    row = run(THREE, ROWS[0]).iloc[0]

    assert (row["k"], row["cohorts"], row["method"]) == (1, "early", "none")
    assert row["note"] == "one cohort: not a meta-analysis"
    assert math.isnan(row["estimate"])
    assert math.isnan(row["tau2"])


@pytest.mark.parametrize(
    "other",
    [
        {"contrast": "per halving"},
        {"estimator": "logistic"},
        {"adjustment": "clinical"},
        {"subgroup": "sex=male"},
        {"missing": "mi_dxa"},
        {"term": "b12_low[other]"},
        {"outcome": "macrocytosis"},
    ],
    ids=str,
)
def test_estimates_on_different_scales_never_meet(other: dict[str, object]) -> None:
    found = run(THREE, ROWS[0], ROWS[1] | other)

    assert list(found["k"]) == [1, 1]


def test_real_and_made_up_people_never_meet() -> None:
    cohorts = {"early": EARLY, "made_up": cohort("2011-2012", archive="synthetic", synthetic=True)}

    found = run(cohorts, estimate("early", 0.1, 0.2), estimate("made_up", 0.5, 0.2))

    assert list(found["k"]) == [1, 1]
    assert list(found["synthetic"]) == [False, True]


def test_two_made_up_cohorts_are_combined_with_each_other() -> None:
    cohorts = {name: cohort("2011-2012", archive=name, synthetic=True) for name in ("a", "b")}

    row = run(cohorts, estimate("a", 0.1, 0.2), estimate("b", 0.5, 0.2)).iloc[0]

    assert (row["k"], row["synthetic"]) == (2, True)


def test_a_pool_is_left_out_where_its_parts_are() -> None:
    rows = (*ROWS, estimate("pool", 0.7, 0.1))

    row = run({"pool": POOL, **THREE}, *rows).iloc[0]

    assert (row["k"], row["cohorts"], row["left_out"]) == (3, "early late latest", "pool")
    assert row["estimate"] == run(THREE, *ROWS)["estimate"].iloc[0]


def test_a_pool_never_stands_in_for_a_part_that_has_no_estimate() -> None:
    found = run({"pool": POOL, **THREE}, ROWS[0], estimate("pool", 0.7, 0.1))

    assert list(found["k"]) == [1]


def test_an_estimate_that_only_a_left_out_pool_has_is_not_listed() -> None:
    assert run({"pool": POOL, **THREE}, estimate("pool", 0.7, 0.1)).empty


def test_cohorts_that_share_one_cycle_share_people() -> None:
    overlapping = {"first": cohort("1999-2000", "2001-2002"), "second": cohort("2001-2002", "2003-2004")}

    assert independent(overlapping) == ["first"]


def test_the_same_cycle_of_another_archive_holds_other_people() -> None:
    assert independent({"a": cohort("2011-2012"), "b": cohort("2011-2012", archive="other")}) == ["a", "b"]


def test_a_pool_without_its_parts_is_kept() -> None:
    assert independent({"pool": POOL, "other": cohort("2015-2016")}) == ["pool", "other"]


def test_an_estimate_without_degrees_of_freedom_is_not_combined() -> None:
    found = run(THREE, ROWS[0], ROWS[1] | {"p_value": math.nan})

    assert list(found["cohorts"]) == ["early"]


def test_identical_estimates_have_no_interval_and_the_reason_is_given() -> None:
    row = run(THREE, ROWS[0], ROWS[0] | {"cohort": "late"}).iloc[0]

    assert (row["k"], row["method"]) == (2, "none")
    assert "identical" in row["note"]


def test_no_estimates_give_an_empty_table_with_its_columns() -> None:
    found = run(THREE, ROWS[0] | {"p_value": math.nan})

    assert found.empty
    assert list(found.columns) == list(META)


def test_an_interval_that_luck_made_narrow_says_so() -> None:
    alike = run(THREE, *(estimate(name, 0.5 + i / 1000, 0.2) for i, name in enumerate(THREE))).iloc[0]

    assert alike["hartung_knapp_factor"] < 0.01
    assert "narrower" in alike["note"]
    assert run(THREE, *ROWS)["note"].iloc[0] == ""
