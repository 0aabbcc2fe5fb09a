from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import special

from b12sarc import estimators as est
from survey_models import RTOL, assert_matches, no_degrees_of_freedom, tiny

RACES = (1, 2, 3, 4, 6, 7)


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
