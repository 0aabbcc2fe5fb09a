from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from b12sarc import estimators as est
from b12sarc.design import SurveyDesign
from b12sarc.inference import NotEstimableError
from survey_models import RTOL, assert_matches, no_degrees_of_freedom, tiny

VARIABLES = ["PTA", "DSST", "LBXBPB", "LOGPB", "INDFMPIR", "PHQ9"]


class TestMoments:
    @pytest.mark.parametrize("variable", VARIABLES)
    def test_mean_of_a_domain(self, old, known, oracle, variable):
        assert_matches(est.mean(*known(old, variable)), oracle["desc"][f"mean_old_{variable}"])

    @pytest.mark.parametrize("variable", VARIABLES)
    def test_mean_of_everybody(self, design, known, oracle, variable):
        everybody = design.domain(np.ones(design.n, bool))
        assert_matches(est.mean(*known(everybody, variable)), oracle["desc"][f"mean_all_{variable}"])

    @pytest.mark.parametrize("variable", VARIABLES)
    def test_total(self, old, known, oracle, variable):
        assert_matches(est.total(*known(old, variable)), oracle["desc"][f"total_old_{variable}"])

    def test_geometric_mean(self, old, known, oracle):
        assert_matches(est.geometric_mean(*known(old, "LBXBPB")), oracle["desc"]["geomean_old_LBXBPB"])

    def test_ratio(self, sim, old, known, oracle):
        domain, _ = known(old, "PTA")
        domain, lead = known(domain, "LBXBPB")
        assert_matches(est.ratio(domain, lead, domain.take(sim["PTA"])), oracle["desc"]["ratio"])

    @pytest.mark.parametrize("variable", ["PTA", "LBXBPB"])
    def test_mean_by_race_has_the_df_of_its_own_domain(self, sim, old, known, oracle, variable):
        golden = oracle["desc"][f"by_race_{variable}"]
        for k, race in enumerate(golden["level"]):
            domain, x = known(old.restrict(sim["RIDRETH3"] == race), variable)
            cell = {"est": golden["est"][k], "se": golden["se"][k], "df": golden["df_dom"][k]}
            assert_matches(est.mean(domain, x), cell)

    def test_mean_by_two_variables(self, sim, old, known, oracle):
        golden = oracle["desc"]["by2_DIAB"]
        for k, (female, smoke) in enumerate(zip(golden["FEMALE"], golden["SMOKE"], strict=True)):
            cell = old.restrict((sim["FEMALE"] == female) & (sim["SMOKE"] == smoke))
            result = est.mean(*known(cell, "DIAB"))
            assert_matches(result, {"est": golden["est"][k], "se": golden["se"][k]})

    def test_share_of_each_category(self, old, known, oracle):
        golden = oracle["desc"]["prop_edu"]
        domain, education = known(old, "DMDEDUC2")
        for k in range(5):
            cell = {key: golden[key][k] for key in ("est", "se", "lci", "uci")}
            assert_matches(est.mean(domain, education == k + 1), cell | {"df": golden["df"]})

    def test_variance_and_standard_deviation(self, old, known, oracle):
        golden = oracle["desc"]["var_DSST"]
        domain, x = known(old, "DSST")
        assert_matches(est.variance(domain, x), golden)
        sd = est.standard_deviation(domain, x)
        assert_allclose([sd.estimate**2, 2 * sd.estimate * sd.se], [golden["est"], golden["se"]], rtol=RTOL)

    def test_mean_by_hand(self):
        domain, x = tiny()
        weights = np.arange(1.0, 9)
        mean = (weights * x).sum() / 36
        psu = (weights * (x - mean) / 36).reshape(2, 2, 2).sum(axis=2)
        # With two PSUs a stratum, n/(n-1) times the squared deviations is the squared difference.
        by_hand = np.sqrt(((psu[:, 0] - psu[:, 1]) ** 2).sum())
        result = est.mean(domain, x)
        assert_allclose([result.estimate, result.se], [mean, by_hand], rtol=1e-13)
        t_two_df = 4.302652729749464
        assert_allclose(result.conf_high, mean + t_two_df * by_hand, rtol=1e-12)
        assert (result.n, result.df) == (8, 2)

    def test_level_widens_the_interval(self):
        domain, x = tiny()
        t_two_df_99 = 9.924843200918294
        result = est.mean(domain, x, level=0.99)
        assert_allclose(result.conf_high - result.estimate, t_two_df_99 * result.se, rtol=1e-10)

    def test_total_of_ones_is_the_sum_of_weights(self):
        domain, _ = tiny()
        assert est.total(domain, np.ones(8)).estimate == 36

    def test_geometric_mean_refuses_values_at_zero(self):
        domain, x = tiny(x=(3.0, 5, 0, 8, 1, 2, 2, 6))
        with pytest.raises(NotEstimableError, match="1 values are not above zero"):
            est.geometric_mean(domain, x)

    def test_ratio_refuses_a_denominator_of_zero(self):
        domain, x = tiny()
        with pytest.raises(NotEstimableError, match="denominator's total is zero"):
            est.ratio(domain, x, np.zeros(8))

    def test_standard_deviation_refuses_a_constant(self):
        domain, _ = tiny()
        with pytest.raises(NotEstimableError, match="all values are equal"):
            est.standard_deviation(domain, np.ones(8))

    @pytest.mark.parametrize("estimator", [est.mean, est.total, est.variance])
    def test_no_degree_of_freedom_means_no_interval_and_says_so(self, estimator):
        result = estimator(*no_degrees_of_freedom())
        assert result.df == 0
        assert result.se > 0
        assert np.isnan([result.conf_low, result.conf_high]).all()
        assert result.reason == "fewer than one degree of freedom: no interval and no p-value"

    @pytest.mark.parametrize("estimator", [est.mean, est.proportion])
    def test_one_degree_of_freedom_is_enough_for_an_interval(self, estimator):
        design = SurveyDesign.from_arrays(np.ones(40), np.ones(40), np.repeat([1, 2], 20))
        domain = design.domain(np.ones(40, bool))
        result = estimator(domain, np.append(np.tile([0.0, 1], 19), [1, 1]))
        assert (result.df, result.reason) == (1, "")
        assert np.isfinite([result.conf_low, result.conf_high]).all()

    def test_two_rows_have_a_variance_and_one_has_none(self):
        domain, x = tiny(weights=np.ones(8))
        two = domain.restrict(np.array([1, 0, 0, 1, 0, 0, 0, 0], bool))
        assert est.variance(two, two.take(x)).estimate == 12.5
        one = domain.restrict(np.arange(8) == 0)
        with pytest.raises(NotEstimableError, match="one row: no variance"):
            est.variance(one, one.take(x))

    def test_values_must_be_the_domains_rows(self):
        domain, x = tiny()
        with pytest.raises(ValueError, match="x must hold the domain's 8 rows"):
            est.mean(domain, x[:3])

    def test_missing_values_are_the_callers_error(self):
        domain, x = tiny(x=(3.0, np.nan, 4, 8, 1, 2, 2, 6))
        with pytest.raises(ValueError, match="restrict the domain to the rows where it is known"):
            est.mean(domain, x)
