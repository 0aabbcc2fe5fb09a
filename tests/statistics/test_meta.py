from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from b12sarc.inference import NotEstimableError
from b12sarc.meta import MetaAnalysis, fixed_effect, leave_one_out, random_effects

RTOL = 1e-8
TESTS = Path(__file__).resolve().parent.parent
GOLDENS = TESTS / "data" / "survey_goldens"
ORACLE = json.loads((GOLDENS / "oracle_meta.json").read_text())
MORE = json.loads((TESTS / "golden" / "meta.json").read_text())
FIELDS = ["estimate", "se", "conf_low", "conf_high", "p_value", "statistic", "tau2", "i2_percent", "h2"]
FIELDS += ["q", "q_p_value", "prediction_low", "prediction_high"]
ORACLE_NAMES = dict(
    zip(
        FIELDS,
        ["b", "se", "lci", "uci", "p", "stat", "tau2", "I2", "H2", "Q", "Qp", "pi_lb", "pi_ub"],
        strict=True,
    )
)
MODELS = ["FE_z", "DL_z", "DL_knha", "REML_z", "REML_knha", "PM_z", "PM_knha"]


def fit(name: str, y: np.ndarray, v: np.ndarray) -> MetaAnalysis:
    method, test = name.lower().split("_")
    if method == "fe":
        return fixed_effect(y, np.sqrt(v))
    return random_effects(y, np.sqrt(v), method=method, hartung_knapp=test == "knha")


def assert_matches(result: MetaAnalysis, golden: dict, rtol: float = RTOL) -> None:
    """Every number that metafor gives; its empty prediction interval of a fixed effect is our NaN."""
    theirs = [np.nan if golden[field] in ({}, None) else golden[field] for field in FIELDS]
    assert_allclose([getattr(result, field) for field in FIELDS], theirs, rtol=rtol, atol=1e-14)


def studies(case: str) -> tuple[np.ndarray, np.ndarray]:
    return np.array(MORE[case]["yi"]), np.sqrt(MORE[case]["vi"])


class TestAgainstMetafor:
    @pytest.mark.parametrize("model", [model for model in MODELS if not model.startswith("PM")])
    @pytest.mark.parametrize("data", ["bcg", "small"])
    def test_reference_oracle(self, data, model):
        frame = pd.read_csv(GOLDENS / {"bcg": "bcg.csv", "small": "meta_small.csv"}[data])
        golden = {ours: ORACLE[data][model][theirs] for ours, theirs in ORACLE_NAMES.items()}
        assert_matches(fit(model, frame["yi"].to_numpy(), frame["vi"].to_numpy()), golden)

    @pytest.mark.parametrize("test", ["z", "knha"])
    @pytest.mark.parametrize("data", ["bcg", "small"])
    def test_paule_mandel_is_the_oracles_empirical_bayes(self, data, test):
        """The two estimators are one; the oracle's own PM stopped at four digits, its EB did not."""
        frame = pd.read_csv(GOLDENS / {"bcg": "bcg.csv", "small": "meta_small.csv"}[data])
        golden = {ours: ORACLE[data][f"EB_{test}"][theirs] for ours, theirs in ORACLE_NAMES.items()}
        assert_matches(fit(f"PM_{test}", frame["yi"].to_numpy(), frame["vi"].to_numpy()), golden)

    @pytest.mark.parametrize("model", MODELS)
    @pytest.mark.parametrize("case", MORE)
    def test_two_studies_and_no_heterogeneity(self, case, model):
        y, se = studies(case)
        assert_matches(fit(model, y, se**2), MORE[case]["fits"][model])

    @pytest.mark.parametrize("case", MORE)
    def test_q_profile_interval_of_tau2(self, case):
        result = random_effects(*studies(case))
        golden = [MORE[case]["tau2_low"], MORE[case]["tau2_high"]]
        assert_allclose([result.tau2_low, result.tau2_high], golden, rtol=RTOL)

    def test_q_profile_of_the_reference_oracle_to_the_digits_it_has(self):
        result = random_effects(*studies("bcg"))
        _, low, high = ORACLE["tau2_qprofile"]["ci"]
        metafors_default_tolerance = np.finfo(float).eps ** 0.25
        assert_allclose([result.tau2_low, result.tau2_high], [low, high], atol=metafors_default_tolerance)

    @pytest.mark.parametrize("case", [case for case in MORE if MORE[case]["leave_one_out"]])
    def test_leave_one_out(self, case):
        results = leave_one_out(*studies(case))
        assert len(results) == len(MORE[case]["yi"])
        for result, golden in zip(results, MORE[case]["leave_one_out"], strict=True):
            assert_matches(result, golden)


class TestAgainstStatsmodels:
    @pytest.mark.parametrize("case", ["bcg", "small", "two", "three"])
    def test_dersimonian_laird_with_hartung_knapp(self, case):
        y, se = studies(case)
        theirs = combine_effects(y, se**2, method_re="dl")
        ours = random_effects(y, se, method="dl")
        assert_allclose([ours.estimate, ours.se**2], [theirs.mean_effect_re, theirs.var_hksj_re], rtol=1e-12)
        assert_allclose(ours.weights, theirs.weights_rel_re, rtol=1e-12)

    def test_its_negative_tau2_is_cut_off_at_zero(self):
        y, se = studies("two")
        y = y.mean() + (y - y.mean()) / 3
        assert combine_effects(y, se**2, method_re="dl").tau2 < 0
        assert random_effects(y, se, method="dl").tau2 == 0


def restricted_log_likelihood(tau2: float, y: np.ndarray, v: np.ndarray) -> float:
    w = 1 / (v + tau2)
    mean = w @ y / w.sum()
    return float(np.log(w).sum() - np.log(w.sum()) - w @ (y - mean) ** 2) / 2


POSITIVE = st.floats(0.05, 2)


class TestProperties:
    @given(st.lists(st.tuples(st.floats(-3, 3), POSITIVE), min_size=2, max_size=7))
    def test_no_tau2_is_likelier_than_remls(self, pairs):
        y, se = (np.array(column) for column in zip(*pairs, strict=True))
        assume(np.ptp(y) > 1e-3)
        best = restricted_log_likelihood(random_effects(y, se).tau2, y, se**2)
        others = np.append(0.0, np.geomspace(1e-5, 100, 300))
        assert best >= max(restricted_log_likelihood(other, y, se**2) for other in others) - 1e-9

    def test_reml_finds_the_higher_of_two_maxima(self):
        """Zero is a maximum here (the likelihood falls from it), and not the highest."""
        y, se = np.array([5.9, 4.9, -6.4, 4.3]), np.array([1.7, 1.0, 4.3, 6.9])
        tau2 = random_effects(y, se).tau2
        at_zero, beside, found = (restricted_log_likelihood(t, y, se**2) for t in (0.0, 0.1, tau2))
        assert beside < at_zero < found

    def test_reml_settles_where_fisher_scoring_would_swing(self):
        y, v = np.array([0.0, 0, 0, 0, 1]), np.array([1.0, 1, 1, 1, 0.0625])
        tau2 = random_effects(y, np.sqrt(v)).tau2
        others = np.linspace(0, 2, 2001)
        best = max(others, key=lambda other: restricted_log_likelihood(other, y, v))
        assert_allclose(tau2, best, atol=1e-3)

    @given(st.lists(st.tuples(st.floats(-3, 3), POSITIVE), min_size=2, max_size=7), st.floats(0.01, 100))
    def test_a_change_of_unit_changes_the_unit_only(self, pairs, unit):
        y, se = (np.array(column) for column in zip(*pairs, strict=True))
        assume(np.ptp(y) > 1e-3)
        one, other = random_effects(y, se), random_effects(y * unit, se * unit)
        ours = [other.estimate / unit, other.se / unit, other.tau2 / unit**2, other.i2_percent, other.q]
        assert_allclose(ours, [one.estimate, one.se, one.tau2, one.i2_percent, one.q], rtol=1e-6, atol=1e-9)

    def test_interval_and_p_value_agree(self):
        y, se = studies("bcg")
        p_value = random_effects(y, se).p_value
        result = random_effects(y, se, level=1 - p_value)
        assert min(abs(result.conf_low), abs(result.conf_high)) < 1e-10

    def test_prediction_interval_is_on_k_minus_1_df(self):
        result = random_effects(*studies("three"))
        reach = stats.t(2).ppf(0.975) * np.sqrt(result.tau2 + result.se**2)
        assert_allclose(result.prediction_high - result.estimate, reach)

    def test_weights_are_shares_and_even_out_as_tau2_grows(self):
        y, se = studies("bcg")
        random, fixed = random_effects(y, se), fixed_effect(y, se)
        assert_allclose([random.weights.sum(), fixed.weights.sum()], 1)
        assert np.ptp(random.weights) < np.ptp(fixed.weights)

    def test_a_lucky_hartung_knapp_interval_can_be_seen(self):
        y, se = studies("alike")
        scaled, usual = random_effects(y, se), random_effects(y, se, hartung_knapp=False)
        assert scaled.hartung_knapp_factor < 1
        assert_allclose(scaled.se, usual.se * np.sqrt(scaled.hartung_knapp_factor))
        assert usual.hartung_knapp_factor == 1

    def test_identical_estimates_have_no_heterogeneity(self):
        result = fixed_effect(np.array([0.5, 0.5]), np.array([0.1, 0.2]))
        assert (result.q, result.i2_percent, result.q_p_value) == (0, 0, 1)


class TestRefusals:
    @pytest.mark.parametrize("combine", [random_effects, fixed_effect])
    @pytest.mark.parametrize("k", [0, 1])
    def test_one_estimate_is_not_a_meta_analysis(self, combine, k):
        with pytest.raises(NotEstimableError, match=f"{k} estimate.*not a meta-analysis"):
            combine(np.full(k, 0.3), np.full(k, 0.1))

    def test_identical_estimates_have_no_hartung_knapp_interval(self):
        with pytest.raises(NotEstimableError, match="identical"):
            random_effects(np.array([0.25, 0.25]), np.array([0.1, 0.1]))

    def test_leaving_one_out_of_two_leaves_nothing_to_combine(self):
        with pytest.raises(NotEstimableError, match="2 estimates: leaving one out needs three"):
            leave_one_out(*studies("two"))

    @pytest.mark.parametrize("se", [[0.1, 0], [0.1, -1], [0.1, np.nan], [0.1, np.inf]])
    def test_standard_errors_must_be_above_zero_and_finite(self, se):
        with pytest.raises(ValueError, match="above zero"):
            random_effects(np.array([0.1, 0.2]), np.array(se))

    def test_arrays_must_match(self):
        with pytest.raises(ValueError, match="must match"):
            random_effects(np.zeros(3), np.ones(2))

    def test_level_is_a_share(self):
        with pytest.raises(ValueError, match="between 0 and 1"):
            fixed_effect(np.zeros(2), np.ones(2), level=95)
