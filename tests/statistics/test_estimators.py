from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import special

from b12sarc import estimators as est
from b12sarc.design import SurveyDesign
from b12sarc.inference import NotEstimableError

RTOL = 1e-8
VARIABLES = ["PTA", "DSST", "LBXBPB", "LOGPB", "INDFMPIR", "PHQ9"]
RACES = (1, 2, 3, 4, 6, 7)
PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def assert_matches(result: est.Estimate, golden: dict) -> None:
    """Estimate, SE and (where R gives them) limits to 1e-8; df exactly."""
    pairs = [("estimate", "est"), ("se", "se"), ("conf_low", "lci"), ("conf_high", "uci")]
    pairs = [(ours, theirs) for ours, theirs in pairs if theirs in golden]
    assert_allclose(
        [getattr(result, ours) for ours, _ in pairs], [golden[theirs] for _, theirs in pairs], rtol=RTOL
    )
    if "df" in golden:
        assert result.df == golden["df"]


def tiny(weights=(1.0, 2, 3, 4, 5, 6, 7, 8), x=(3.0, 5, 4, 8, 1, 2, 2, 6)):
    """Two strata of two PSUs of two rows."""
    design = SurveyDesign.from_arrays(np.array(weights), np.repeat([1, 2], 4), np.tile([1, 1, 2, 2], 2))
    return design.domain(np.ones(8, bool)), np.array(x)


def no_degrees_of_freedom():
    """Two strata of which the domain sees one PSU each."""
    domain, x = tiny()
    narrow = domain.restrict(np.array([1, 1, 0, 0, 1, 1, 0, 0], bool))
    return narrow, narrow.take(x)


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

    def test_values_must_be_the_domains_rows(self):
        domain, x = tiny()
        with pytest.raises(ValueError, match="x must hold the domain's 8 rows"):
            est.mean(domain, x[:3])

    def test_missing_values_are_the_callers_error(self):
        domain, x = tiny(x=(3.0, np.nan, 4, 8, 1, 2, 2, 6))
        with pytest.raises(ValueError, match="restrict the domain to the rows where it is known"):
            est.mean(domain, x)


def proportion_of(sim, old, name):
    """A proportion of extra.R: HL_race3 is HL in race 3; RARE, NEVER and ALWAYS are cuts of PHQ9."""
    event, _, race = name.partition("_race")
    cuts = {"RARE": sim["PHQ9"] >= 15, "NEVER": sim["PHQ9"] >= 60, "ALWAYS": sim["PHQ9"] < 60}
    values = cuts.get(event, sim.get(event) == 1)
    domain = old.restrict(~np.isnan(sim["PHQ9"] if event in cuts else sim[event]))
    if race:
        domain = domain.restrict(sim["RIDRETH3"] == int(race))
    return est.proportion(domain, domain.take(values))


PROPORTIONS = [
    event + race
    for event in ("HL", "DIAB", "FALL", "RARE", "NEVER", "ALWAYS")
    for race in ("", *(f"_race{r}" for r in RACES))
]


class TestProportion:
    @pytest.mark.parametrize("name", PROPORTIONS)
    def test_interval_by_the_nchs_rule(self, sim, old, extra, name):
        golden = extra["nchs"][name]
        result = proportion_of(sim, old, name)
        assert (result.n, result.df) == (golden["n"], golden["df"])
        assert_allclose(
            [result.estimate, result.n_eff, result.conf_low, result.conf_high],
            [golden["p"], golden["n_eff"], golden["lci"], golden["uci"]],
            rtol=RTOL,
        )

    @pytest.mark.parametrize(("name", "golden"), [("HL", "hl_old"), ("HL_race7", "small")])
    def test_is_rs_beta_interval_where_no_weight_is_zero_and_the_design_effect_exceeds_1(
        self, sim, old, oracle, name, golden
    ):
        golden = oracle["ciprop"][golden]
        assert golden["n"] == golden["n_pos"]
        assert_matches(proportion_of(sim, old, name), golden["beta"])

    @pytest.mark.parametrize(
        ("name", "golden"), [("DIAB", "diab_old"), ("FALL", "fall_old"), ("RARE", "rare")]
    )
    def test_differs_from_rs_beta_interval_by_the_rows_of_weight_zero(self, sim, old, oracle, name, golden):
        golden = oracle["ciprop"][golden]
        result = proportion_of(sim, old, name)
        assert result.n == golden["n_pos"]
        assert golden["n"] > result.n
        raw = result.estimate * (1 - result.estimate) / result.se**2
        with_zeros = raw * (special.stdtrit(golden["n"] - 1, 0.975) / special.stdtrit(result.df, 0.975)) ** 2
        assert_allclose(
            est.korn_graubard(result.estimate, with_zeros),
            [golden["beta"]["lci"], golden["beta"]["uci"]],
            rtol=RTOL,
        )
        assert abs(result.conf_low / golden["beta"]["lci"] - 1) > 1e-7

    def test_has_an_interval_at_zero_where_rs_beta_has_none(self, sim, old, oracle):
        assert oracle["ciprop"]["zero"]["beta"]["uci"] is None
        result = proportion_of(sim, old, "NEVER")
        assert (result.estimate, result.se, result.conf_low, result.events) == (0, 0, 0, 0)
        assert 0 < result.conf_high < 0.01

    def test_effective_n_is_capped_where_rs_beta_has_no_cap(self):
        # Every PSU has one event in two rows: no variance between PSUs, and an infinite n_eff in R.
        domain, _ = tiny(weights=np.ones(8))
        result = est.proportion(domain, np.tile([0, 1], 4))
        assert (result.estimate, result.n_eff) == (0.5, 8)
        n_star = 8 * (special.stdtrit(7, 0.975) / special.stdtrit(2, 0.975)) ** 2
        assert_allclose(
            [result.conf_low, result.conf_high],
            [
                special.betaincinv(n_star / 2, n_star / 2 + 1, 0.025),
                special.betaincinv(n_star / 2 + 1, n_star / 2, 0.975),
            ],
            rtol=1e-12,
        )

    @pytest.mark.parametrize("name", ["hl_old", "diab_old", "fall_old", "rare", "small"])
    def test_estimate_and_error_match_svyciprop(self, sim, old, oracle, name):
        ours = {"hl_old": "HL", "diab_old": "DIAB", "fall_old": "FALL", "rare": "RARE", "small": "HL_race7"}
        golden = oracle["ciprop"][name]["mean"]
        result = proportion_of(sim, old, ours[name])
        assert_allclose([result.estimate, result.se], [golden["est"], golden["se"]], rtol=RTOL)

    @pytest.mark.parametrize("event", [0, 1])
    def test_one_level_keeps_its_side_exactly(self, event):
        domain, _ = tiny(weights=np.linspace(0.1, 0.7, 8))
        result = est.proportion(domain, np.full(8, event))
        assert (result.estimate, result.se) == (event, 0)
        assert (result.conf_high if event else result.conf_low) == event

    def test_without_degrees_of_freedom_there_is_no_interval(self):
        domain, x = no_degrees_of_freedom()
        result = est.proportion(domain, x > 2)
        assert np.isnan([result.conf_low, result.conf_high]).all()
        assert result.reason.startswith("fewer than one degree of freedom")

    def test_events_must_be_0_or_1(self):
        domain, x = tiny()
        with pytest.raises(ValueError, match="event must be 0/1"):
            est.proportion(domain, x)

    @given(st.just(0.0) | st.just(1.0) | st.floats(1e-6, 1 - 1e-6), st.floats(2, 5000))
    @settings(deadline=None)
    def test_interval_holds_the_estimate(self, p, n_star):
        low, high = est.korn_graubard(p, n_star)
        assert 0 <= low <= p <= high <= 1


def shown(p, low, high, n=500, n_eff=400.0, df=20, reason="") -> est.Presentation:
    return est.nchs_presentation(
        est.Proportion(p, 0.01, df, low, high, n, reason, events=round(n * p), n_eff=n_eff)
    )


class TestNchsPresentation:
    def test_plain_estimate_is_shown(self):
        assert shown(0.2, 0.16, 0.25) == est.Presentation("", "")

    @pytest.mark.parametrize(("n", "n_eff"), [(29, 29.0), (100, 29.9)])
    def test_fewer_than_30_is_suppressed_even_if_narrow(self, n, n_eff):
        result = shown(0.2, 0.18, 0.22, n=n, n_eff=n_eff)
        assert result == est.Presentation("suppress", "n or effective n below 30")

    def test_thirty_is_enough(self):
        assert shown(0.2, 0.16, 0.25, n=30, n_eff=30.0).flag == ""

    def test_width_of_30_points_is_suppressed(self):
        assert shown(0.5, 0.25, 0.55).reason == "interval 30 points wide or wider"
        assert shown(0.5, 0.251, 0.55).flag == ""

    def test_relative_width_above_130_percent_is_suppressed(self):
        assert shown(0.05, 0.02, 0.0851).reason == "interval wider than 130 % of the estimate"
        assert shown(0.05, 0.02, 0.0849).flag == ""

    def test_width_of_5_points_is_shown_whatever_its_relative_width(self):
        assert shown(0.01, 0.0, 0.05).flag == ""

    def test_complement_gets_a_footnote(self):
        result = shown(0.95, 0.9149, 0.98)
        assert result == est.Presentation("complement", "interval wider than 130 % of the complement")
        assert shown(0.99, 0.95, 1.0).flag == ""

    def test_fewer_than_8_df_is_reviewed(self):
        assert shown(0.2, 0.16, 0.25, df=7) == est.Presentation("review", "fewer than 8 degrees of freedom")
        assert shown(0.2, 0.16, 0.25, df=8).flag == ""

    @pytest.mark.parametrize(("p", "low", "high"), [(0.0, 0.0, 0.08), (1.0, 0.92, 1.0)])
    def test_zero_and_100_percent_are_reviewed(self, p, low, high):
        assert shown(p, low, high) == est.Presentation("review", "0 or 100 %")

    def test_suppression_outranks_review(self):
        result = shown(0.2, 0.01, 0.45, n=20, n_eff=15.0, df=3)
        assert result.flag == "suppress"
        assert result.reason == (
            "n or effective n below 30; interval 30 points wide or wider; "
            "interval wider than 130 % of the estimate"
        )

    def test_no_interval_is_suppressed_with_its_reason(self):
        result = shown(0.2, np.nan, np.nan, df=0, reason="no df")
        assert result == est.Presentation("suppress", "no df")


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


class TestComparisons:
    def test_t_test(self, sim, old, known, oracle):
        golden = oracle["tests"]["ttest"]
        domain, y = known(old, "DSST")
        result = est.t_test(domain, y, domain.take(sim["FEMALE"]))
        assert_allclose(
            [result.estimate, result.t, result.p_value, result.conf_low, result.conf_high],
            [golden["est"], golden["t"], golden["p"], *golden["ci"]],
            rtol=RTOL,
        )
        assert result.df == golden["df"]

    def test_t_test_refuses_three_groups(self, sim, old, known):
        domain, y = known(old, "DSST")
        with pytest.raises(ValueError, match="group must have two levels, got 3"):
            est.t_test(domain, y, domain.take(sim["SMOKE"]))

    def test_compare_means_is_the_wald_f_of_the_factor(self, old, known, extra):
        golden = extra["compare_means"]
        domain, _ = known(old, "DSST")
        domain, education = known(domain, "DMDEDUC2")
        _, y = known(domain, "DSST")
        result = est.compare_means(domain, y, education)
        assert (result.df_num, result.df_denom) == (golden["df"], golden["ddf"])
        assert_allclose([result.f, result.p_value], [golden["F"], golden["p"]], rtol=RTOL)

    def test_chi_square_is_rao_scotts_f(self, old, known, oracle):
        golden = oracle["tests"]["chisq_F"]
        domain, education = known(*known(old, "HL")[:1], "DMDEDUC2")
        _, hearing = known(domain, "HL")
        result = est.chi_square(domain, hearing, education)
        assert_allclose(
            [result.f, result.df_num, result.df_denom, result.p_value],
            [golden["stat"], *golden["par"], golden["p"]],
            rtol=RTOL,
        )

    def test_chi_square_of_six_by_three(self, sim, old, extra):
        golden = extra["chisq_race_smoke"]
        result = est.chi_square(old, old.take(sim["RIDRETH3"]), old.take(sim["SMOKE"]))
        assert_allclose(
            [result.f, result.df_num, result.df_denom, result.p_value],
            [golden["stat"], *golden["par"], golden["p"]],
            rtol=RTOL,
        )

    def test_chi_square_does_not_mind_which_variable_is_the_row(self, sim, old):
        race, smoke = old.take(sim["RIDRETH3"]), old.take(sim["SMOKE"])
        a, b = est.chi_square(old, race, smoke), est.chi_square(old, smoke, race)
        assert_allclose([a.f, a.df_num, a.p_value], [b.f, b.df_num, b.p_value], rtol=1e-9)

    def test_chi_square_of_two_strings(self, sim, old):
        smoke = old.take(sim["SMOKE"])
        named = np.array(["never", "former", "current"])[smoke.astype(int)]
        a = est.chi_square(old, old.take(sim["FEMALE"]), smoke)
        b = est.chi_square(old, old.take(sim["FEMALE"]), named)
        assert_allclose([a.f, a.p_value], [b.f, b.p_value], rtol=1e-9)

    def test_chi_square_needs_two_levels(self):
        domain, x = tiny()
        with pytest.raises(NotEstimableError, match=r"col has one level in the domain \(1\)"):
            est.chi_square(domain, x > 3, np.ones(8, int))

    def test_chi_square_without_degrees_of_freedom_has_no_p_value(self):
        domain, x = no_degrees_of_freedom()
        result = est.chi_square(domain, x > 2, np.array([0, 1, 1, 1]))
        assert np.isnan(result.p_value)
        assert result.reason.startswith("fewer than one degree of freedom")


class TestStandardisedDifference:
    def test_continuous_matches_the_formula_on_svymean_and_svyvar(self, sim, old, known, extra):
        domain, x = known(old, "DSST")
        result = est.standardised_difference(domain, x, domain.take(sim["FEMALE"]))
        assert_allclose(result.estimate, extra["smd_DSST_by_sex"], rtol=RTOL)
        assert (result.between, result.n) == (("0", "1"), domain.n)

    @pytest.mark.parametrize("variable", ["DMDEDUC2", "DIAB"])
    def test_categorical_matches_the_formula_on_svymean(self, sim, old, known, extra, variable):
        domain, codes = known(old, variable)
        result = est.standardised_difference_categorical(domain, codes, domain.take(sim["FEMALE"]))
        assert_allclose(result.estimate, extra[f"smd_{variable}_by_sex"], rtol=RTOL)

    def test_binary_by_hand(self):
        domain, _ = tiny(weights=np.ones(8))
        group = np.repeat(["a", "b"], 4)
        event = np.array([1, 0, 0, 0, 1, 1, 0, 0])
        result = est.standardised_difference_categorical(domain, event, group)
        assert_allclose(result.estimate, 0.25 / np.sqrt((0.25 * 0.75 + 0.5 * 0.5) / 2), rtol=1e-12)

    def test_multilevel_does_not_mind_which_level_is_left_out(self, sim, old, known):
        domain, codes = known(old, "DMDEDUC2")
        sex = domain.take(sim["FEMALE"])
        a = est.standardised_difference_categorical(domain, codes, sex)
        b = est.standardised_difference_categorical(domain, -codes, sex)
        assert_allclose(a.estimate, b.estimate, rtol=1e-9)

    def test_of_three_groups_is_that_of_the_pair_furthest_apart(self):
        domain, _ = tiny(weights=np.ones(8))
        x = np.array([0.0, 2, 1, 3, 10, 12, 11, 13])
        group = np.array(["a", "a", "b", "b", "c", "c", "b", "b"])
        narrow = domain.restrict(np.array([1, 1, 1, 1, 1, 1, 0, 0], bool))
        result = est.standardised_difference(narrow, x[:6], group[:6])
        assert result.between == ("a", "c")
        assert_allclose(result.estimate, 10 / np.sqrt(2), rtol=1e-12)

    def test_a_level_that_a_pair_does_not_have_is_left_out_of_it(self):
        domain, _ = tiny(weights=np.ones(8))
        group = np.array(["a", "a", "a", "b", "b", "b", "c", "c"])
        codes = np.array([0, 1, 1, 0, 0, 1, 0, 2])
        result = est.standardised_difference_categorical(domain, codes, group)
        # a and c: differences (2/3, -1/2), mean covariance diag(1/9, 1/8); a and b have no level 2.
        assert result.between == ("a", "c")
        assert_allclose(result.estimate, np.sqrt(6), rtol=1e-12)

    def test_groups_without_a_common_level_have_none(self):
        domain, _ = tiny(weights=np.ones(8))
        group = np.repeat(["a", "b"], 4)
        with pytest.raises(NotEstimableError, match="no level in common"):
            est.standardised_difference_categorical(domain, np.repeat([0, 1], 4), group)

    def test_no_spread_has_none(self):
        domain, _ = tiny(weights=np.ones(8))
        with pytest.raises(NotEstimableError, match="no spread in either group"):
            est.standardised_difference(domain, np.repeat([0.0, 1], 4), np.repeat(["a", "b"], 4))
