from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from b12sarc.design import SurveyDesign
from b12sarc.inference import NotEstimableError
from b12sarc.standardise import JointMeans, age_bands, joint_means
from b12sarc.trend import Trend, linear_trend, trend_of_estimates

RTOL = 1e-8
GOLDEN = json.loads(
    (Path(__file__).resolve().parent.parent / "golden" / "standardise_trend.json").read_text()
)
YEARS = np.array([2000, 2002, 2006, 2014])
POPULATION = [9409940, 8725574, 7414559, 9159407]


@pytest.fixture
def cycles(sim, old, known):
    """Narrow the domain to where a variable is known; return it, the values, the year and the age band."""

    def narrow(name: str):
        domain, x = known(old, name) if name != "RARE" else known(old, "PHQ9")
        x = (x >= 15).astype(float) if name == "RARE" else x
        year = YEARS[np.searchsorted([97, 104, 111], domain.take(sim["SDMVSTRA"]), side="right")]
        return domain, x, year, age_bands(domain.take(sim["RIDAGEYR"]), [65, 70, 75, 80])

    return narrow


def assert_line(line: Trend, golden: dict) -> None:
    assert line.df == golden["df"]
    ours = [line.slope, line.se, line.conf_low, line.conf_high, line.p_value]
    assert_allclose(ours, [golden["slope"], golden["se"], *golden["conf"], golden["p"]], rtol=RTOL)


class TestAgainstR:
    @pytest.mark.parametrize("name", GOLDEN["regression"])
    def test_regression_on_calendar_time_is_svyglms(self, cycles, name):
        domain, x, year, _ = cycles(name)
        assert_line(linear_trend(domain, x, year), GOLDEN["regression"][name])

    @pytest.mark.parametrize("name", GOLDEN["polynomial"])
    @pytest.mark.parametrize("kind", ["polynomial", "polynomial_crude"])
    def test_contrasts_of_the_cycles(self, cycles, name, kind):
        domain, x, year, band = cycles(name)
        by_age = (band, POPULATION) if kind == "polynomial" else ()
        result, golden = trend_of_estimates(joint_means(domain, x, year, *by_age), YEARS), GOLDEN[kind][name]
        assert_line(result.linear, golden)
        ours = [result.departure.f, result.departure.p_value, result.change.f, result.change.p_value]
        theirs = [golden[key] for key in ("departure_F", "departure_p", "change_F", "change_p")]
        assert_allclose(ours, theirs, rtol=RTOL)


def means(*estimates: float, se: float = 0.1, df: int = 30) -> JointMeans:
    g = len(estimates)
    return JointMeans(np.arange(g), np.array(estimates), np.eye(g) * se**2, df, np.full(g, 100))


class TestTrendOfEstimates:
    def test_a_straight_line_has_its_slope_per_two_years_and_no_departure(self):
        result = trend_of_estimates(means(*0.5 + 0.03 * (YEARS - 2000) / 2), YEARS)
        assert_allclose(result.linear.slope, 0.03)
        assert_allclose(result.departure.f, 0, atol=1e-12)
        assert_allclose(result.departure.p_value, 1)
        assert_allclose(result.change.f * 3, (result.linear.slope / result.linear.se) ** 2)

    def test_a_hump_is_change_without_a_line(self):
        result = trend_of_estimates(means(0, 1, 1, 0), np.array([2000, 2002, 2004, 2006]))
        assert_allclose(result.linear.slope, 0, atol=1e-12)
        assert result.linear.p_value > 0.99
        assert max(result.departure.p_value, result.change.p_value) < 1e-6

    def test_two_cycles_have_a_line_and_no_departure(self):
        result = trend_of_estimates(means(0.2, 0.5), np.array([2000, 2012]))
        assert result.departure is None
        assert_allclose(result.linear.slope, 0.3 / 6)
        assert_allclose(result.change.p_value, result.linear.p_value)

    @given(st.lists(st.floats(0, 1), min_size=3, max_size=8), st.floats(-50, 50))
    def test_where_time_starts_does_not_matter(self, estimates, shift):
        year = 2000.0 + 2 * np.arange(len(estimates))
        one = trend_of_estimates(means(*estimates), year)
        other = trend_of_estimates(means(*estimates), year + shift)
        assert_allclose(other.linear.slope, one.linear.slope, atol=1e-9)
        assert_allclose(other.departure.f, one.departure.f, rtol=1e-6, atol=1e-9)

    def test_no_degree_of_freedom_means_no_p_value_and_says_so(self):
        result = trend_of_estimates(means(0.1, 0.2, 0.4, df=0), YEARS[:3])
        assert np.isnan([result.linear.p_value, result.linear.conf_low, result.change.p_value]).all()
        assert result.linear.reason == result.change.reason != ""

    def test_cycles_without_variance_have_no_p_value(self):
        result = trend_of_estimates(means(0.0, 0, 0, se=0), YEARS[:3])
        assert np.isnan(result.linear.p_value)
        assert result.linear.reason == "the estimates do not vary between PSUs"
        assert "singular" in result.change.reason

    def test_one_cycle_has_no_trend(self):
        with pytest.raises(NotEstimableError, match="one survey cycle"):
            trend_of_estimates(means(0.1), YEARS[:1])

    @pytest.mark.parametrize("year", [[2000, 2002], [2000, 2000, 2002]])
    def test_each_cycle_needs_its_own_year(self, year):
        with pytest.raises(ValueError, match="a different year for each of 3 cycles"):
            trend_of_estimates(means(0.1, 0.2, 0.3), year)


class TestLinearTrend:
    @staticmethod
    def survey():
        cluster = np.arange(80) // 10
        design = SurveyDesign.from_arrays(np.ones(80), cluster // 2, cluster % 2)
        year = np.array([2000.0, 2002, 2006, 2014])[cluster // 2]
        return design.domain(np.ones(80, bool)), year

    def test_slope_is_per_two_years(self):
        domain, year = self.survey()
        noise = np.tile([-0.1, 0.1], 40)
        assert_allclose(linear_trend(domain, 0.05 * (year - 1999) + noise, year).slope, 0.1, rtol=1e-12)

    def test_level_widens_the_interval(self):
        domain, year = self.survey()
        y = np.random.default_rng(1).normal(size=80)
        narrow, wide = (linear_trend(domain, y, year, level=level) for level in (0.9, 0.99))
        assert wide.conf_low < narrow.conf_low < narrow.slope < narrow.conf_high < wide.conf_high

    def test_one_cycle_has_no_trend(self):
        domain, year = self.survey()
        with pytest.raises(NotEstimableError, match="one survey cycle"):
            linear_trend(domain, year, np.full_like(year, 2000))
