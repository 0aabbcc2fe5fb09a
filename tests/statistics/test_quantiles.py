from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from b12sarc import estimators as est
from b12sarc.design import SurveyDesign
from b12sarc.inference import NotEstimableError
from survey_models import RTOL, assert_matches, no_degrees_of_freedom, tiny

PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


class TestQuantile:
    @pytest.mark.parametrize("interval", ["mean", "xlogit", "beta"])
    @pytest.mark.parametrize("rule", ["math", "school", "hf7"])
    @pytest.mark.parametrize("variable", ["PTA", "LBXBPB", "DSST"])
    def test_matches_svyquantile(self, old, known, oracle, variable, rule, interval):
        golden = oracle["quantile"][f"{variable}_{rule}_{interval}"]
        domain, x = known(old, variable)
        for k, p in enumerate(PROBABILITIES):
            cell = {key: golden[key][k] for key in ("est", "lci", "uci")}
            result = est.quantile(domain, x, p, rule=rule, interval=interval)
            assert_matches(result, cell | {"df": golden["df"]})
            assert_allclose(result.se, golden["se"][k], rtol=RTOL)

    def test_math_is_the_smallest_value_with_enough_weight(self):
        x, w = np.array([30.0, 10, 20, 40]), np.array([1.0, 2, 1, 1])
        assert est.weighted_quantile(x, w, 0.4) == 10
        assert est.weighted_quantile(x, w, 0.41) == 20
        assert est.weighted_quantile(x, w, 0) == 10
        assert est.weighted_quantile(x, w, 1) == 40

    def test_school_averages_where_the_weight_is_met_exactly(self):
        x, w = np.array([10.0, 20, 30, 40]), np.ones(4)
        assert est.weighted_quantile(x, w, 0.5, "school") == 25
        assert est.weighted_quantile(x, w, 0.51, "school") == 30
        assert est.weighted_quantile(x, w, 1, "school") == 40

    def test_distinct_is_linear_between_the_shares_at_or_below_each_value(self):
        x, w = np.array([221.0, 222.0, 221.0, 230.0]), np.array([1.0, 2.0, 3.0, 4.0])
        assert est.weighted_quantile(x, w, 0.4, "distinct") == 221
        assert est.weighted_quantile(x, w, 0.5, "distinct") == pytest.approx(221.5)
        assert est.weighted_quantile(x, w, 0.6, "distinct") == pytest.approx(222)
        assert est.weighted_quantile(x, w, 0.1, "distinct") == 221
        assert est.weighted_quantile(x, w, 1, "distinct") == 230

    @given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0, 1))
    @settings(deadline=None)
    def test_hf7_with_equal_weights_is_numpys_default(self, x, p):
        assert_allclose(
            est.weighted_quantile(np.array(x), np.ones(len(x)), p, "hf7"),
            np.quantile(x, p),
            rtol=1e-9,
            atol=1e-6,
        )

    def test_limit_outside_0_to_1_is_nan_and_says_so(self):
        domain, x = tiny()
        result = est.quantile(domain, x, 0.8)
        assert np.isnan([result.se, result.conf_high]).all()
        assert result.reason == "the interval for the share at or below the estimate does not stay inside 0-1"

    @pytest.mark.parametrize("interval", ["mean", "xlogit", "beta"])
    def test_the_largest_value_has_no_interval(self, interval):
        domain, x = tiny()
        result = est.quantile(domain, x, 0.99, interval=interval)
        assert result.estimate == 8
        assert np.isnan([result.se, result.conf_low, result.conf_high]).all()

    @pytest.mark.parametrize("interval", ["mean", "xlogit", "beta"])
    def test_a_share_that_is_the_same_in_every_psu_has_no_interval(self, interval):
        domain, _ = tiny(weights=np.ones(8))
        result = est.quantile(domain, np.tile([1.0, 2], 4), 0.5, interval=interval)
        assert result.estimate == 1
        assert np.isnan([result.se, result.conf_low, result.conf_high]).all()

    @pytest.mark.parametrize("interval", ["mean", "xlogit", "beta"])
    def test_without_degrees_of_freedom_there_is_no_interval(self, interval):
        domain, x = no_degrees_of_freedom()
        result = est.quantile(domain, x, 0.5, interval=interval)
        assert np.isfinite(result.estimate)
        assert np.isnan([result.se, result.conf_low, result.conf_high]).all()
        assert result.reason.startswith("fewer than one degree of freedom")

    def test_unknown_rule_interval_or_probability_is_refused(self):
        domain, x = tiny()
        with pytest.raises(ValueError, match="unknown quantile rule 'hf9'"):
            est.quantile(domain, x, 0.5, rule="hf9")
        with pytest.raises(ValueError, match="unknown interval 'asin'"):
            est.quantile(domain, x, 0.5, interval="asin")
        with pytest.raises(ValueError, match="between 0 and 1, got 50"):
            est.quantile(domain, x, 50)

    def test_no_values_have_no_quantile(self):
        with pytest.raises(NotEstimableError, match="no rows"):
            est.weighted_quantile(np.empty(0), np.empty(0), 0.5)

    def test_one_degree_of_freedom_is_not_too_few(self):
        design = SurveyDesign.from_arrays(np.ones(40), np.ones(40), np.repeat([1, 2], 20))
        result = est.quantile(design.domain(np.ones(40, bool)), np.arange(40.0), 0.5)
        assert (result.df, result.reason) == (
            1,
            "the interval for the share at or below the estimate does not stay inside 0-1",
        )
