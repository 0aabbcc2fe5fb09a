"""The tables of sensitivity analyses: each number beside its main one, or the reason why it is not there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from b12sarc.e_values import e_value
from b12sarc.sample import Sample
from b12sarc.sensitivity import SensitivityTables, reliability_table, sensitivity_tables
from b12sarc.sensitivity.departures import CHANGED, CHANGES_NOBODY, DOES_NOT_APPLY
from b12sarc.sensitivity.misclassified import quantiles
from b12sarc.spec import Distribution, Project, Sensitivity
from small_cohort import small_frame, small_project

WORDS = {"label": "Made up", "reason": "asked"}
ASKED = {
    "adjustment": "demographic",
    "exposures": ["b12_low", "log2_b12", "hcy_high"],
    "outcomes": ["weak", "grip"],
    "options": {
        "over_70": {**WORDS, "keep": {"var": "age_years", "op": ">", "value": 70}},
        "everybody": {**WORDS, "keep": {"var": "age_years", "op": ">=", "value": 65}},
        "raw": {**WORDS, "as_measured": True},
        "other": {**WORDS, "replace": {"b12_low": "hcy_high"}},
    },
    "draws": 100,
    "measurement_error": {
        "cohort": "made_up",
        "transport": "nowhere",
        "replicates": {"b12": {"first": "b12", "second": "b12_again", "exposures": ["log2_b12"]}},
    },
    "misclassification": {
        "known": {
            "label": "Known",
            "source": "nobody",
            "exposure": "b12_low",
            "outcomes": ["weak"],
            "accuracy": {"sensitivity": {"uniform": [0.7, 0.9]}, "specificity": {"fixed": 0.97}},
        },
        "impossible": {
            "label": "Impossible",
            "source": "nobody",
            "exposure": "b12_low",
            "outcomes": ["weak"],
            "accuracy": {"sensitivity": {"fixed": 0.9}, "specificity": {"fixed": 0.2}},
        },
        "by_diabetes": {
            "label": "By diabetes",
            "source": "here",
            "exposure": "b12_low",
            "outcomes": ["weak"],
            "truth": "hcy_high",
        },
    },
    "untested": {
        "label": "Weighted",
        "outcomes": ["weak", "grip"],
        "adjustment": "demographic",
        "also": [{"var": "diabetes", "form": "categorical"}],
    },
    "controls": {"negative": ["height_cm"], "positive": ["weak"], "negative_exposures": ["b12_status"]},
}


def project() -> Project:
    made = small_project()
    asked = Sensitivity.model_validate(ASKED)
    return replace(made, analysis=made.analysis.model_copy(update={"sensitivity": asked}))


def made(seed: int = 1) -> tuple[SensitivityTables, pd.DataFrame]:
    frame, meta = small_frame()
    rng = np.random.default_rng(seed)
    frame["b12"] = 2.0 ** frame["log2_b12"]
    frame["b12_again"] = frame["b12"] * np.exp(rng.normal(0, 0.1, len(frame)))
    hidden = rng.random(len(frame)) < 0.2
    frame.loc[hidden, ["weak", "grip"]] = None
    reliability = reliability_table(frame, meta, project())
    return sensitivity_tables(Sample.of(frame, meta, project()), reliability), reliability


@pytest.fixture(scope="module")
def tables() -> SensitivityTables:
    return made()[0]


def row(table: pd.DataFrame, **values: str) -> pd.Series:
    found = table[(table[list(values)] == pd.Series(values)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


def test_every_option_stands_beside_the_main_estimate_or_says_why_not(tables: SensitivityTables) -> None:
    t = tables.options
    assert len(t) == 4 * 4  # options x models; what the cohort lacks is no main model
    of = {"outcome": "weak", "exposure": "b12_low"}
    changed, same = row(t, option="over_70", **of), row(t, option="everybody", **of)
    assert changed["status"] == CHANGED
    assert changed["change"] == pytest.approx(changed["estimate"] / changed["estimate_main"])
    assert (same["status"], same["estimate"], same["n_dropped"]) == (CHANGES_NOBODY, same["estimate_main"], 0)
    for option, reason in (("raw", "scale of another laboratory method"), ("other", "not assayed here")):
        r = row(t, option=option, **of)
        assert r["status"] == DOES_NOT_APPLY
        assert reason in r["reason"]
        assert np.isnan(r["estimate"])


def test_e_values_are_those_of_the_estimate_on_its_scale(tables: SensitivityTables) -> None:
    r = row(tables.e_values, outcome="grip", exposure="b12_low")
    assert r["risk_ratio"] == pytest.approx(np.exp(0.91 * r["estimate"] / r["sd"]))
    assert r["e_value"] == pytest.approx(e_value(r["risk_ratio"]))


def test_dilution_is_corrected_by_the_reliability_of_the_replicates(tables: SensitivityTables) -> None:
    _, reliability = made()
    r = row(tables.measurement_error, outcome="grip", exposure="log2_b12")
    assert r["reliability"] == reliability["ratio"].iloc[0] < 1
    assert r["coef_corrected"] == pytest.approx(r["coef"] / r["reliability"])
    assert r["se_corrected"] > r["se"] / r["reliability"]
    assert set(tables.measurement_error["exposure"]) == {"log2_b12"}


def test_without_the_cohort_of_the_replicates_the_reason_is_said() -> None:
    table = reliability_table(None, None, project())
    assert list(table["reason"]) == ["cohort made_up, which has the replicates, is not part of this run"]
    frame, meta = small_frame()
    sample = Sample.of(frame, meta, project())
    assert set(sensitivity_tables(sample, table).measurement_error["reason"]) == set(table["reason"])


def test_a_bias_analysis_gives_two_intervals_or_its_reason(tables: SensitivityTables) -> None:
    known = row(tables.bias_analysis, analysis="known")
    assert known["total_high"] / known["total_low"] > known["systematic_high"] / known["systematic_low"]
    assert (known["draws"], known["rejected"]) == (100, 0)
    assert "the data rule out 100" in row(tables.bias_analysis, analysis="impossible")["reason"]
    assert "not assayed here" in row(tables.bias_analysis, analysis="by_diabetes")["reason"]


def test_the_tested_are_weighted_for_the_untested(tables: SensitivityTables) -> None:
    r = row(tables.untested, outcome="grip", exposure="b12_low")
    assert r["n"] < r["n_all"]
    assert 0.7 < r["share_tested"] < 0.9
    assert r["weight_low"] < 1 < r["weight_high"]
    assert r["n_truncated"] > 0


def test_controls_are_in_standard_deviations_and_say_whether_they_are_as_known(
    tables: SensitivityTables,
) -> None:
    t = tables.controls
    height = row(t, control="negative", exposure="b12_low")
    assert height["seen"] == (
        "as expected" if height["d_low"] <= 0 <= height["d_high"] else "not as expected"
    )
    weak = row(t, control="positive", exposure="log2_b12")
    assert (weak["seen"] == "as expected") == (weak["d_low"] > 0)
    assert "not assayed here" in row(t, control="positive", exposure="hcy_high")["reason"]
    assert (t["control"] == "negative exposure").sum() == 2 * 2  # two levels, two outcomes


def test_a_seed_gives_the_same_tables() -> None:
    pd.testing.assert_frame_equal(made()[0].bias_analysis, made()[0].bias_analysis)


@pytest.mark.parametrize(
    ("form", "median"),
    [
        ({"fixed": 0.3}, 0.3),
        ({"uniform": [0.2, 0.6]}, 0.4),
        ({"triangular": [0.0, 0.5, 1.0]}, 0.5),
        ({"trapezoidal": [0.0, 0.4, 0.6, 1.0]}, 0.5),
        ({"beta": [5, 5]}, 0.5),
    ],
)
def test_distributions_have_the_quantiles_of_their_names(form: dict[str, object], median: float) -> None:
    of = Distribution.model_validate(form)
    low, middle, high = quantiles(of, np.array([1e-9, 0.5, 1 - 1e-9]))
    assert middle == pytest.approx(median)
    bounds = of.uniform or of.triangular or of.trapezoidal
    if bounds:
        assert (low, high) == pytest.approx((bounds[0], bounds[-1]), abs=1e-4)
