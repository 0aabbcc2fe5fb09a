from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from b12sarc import estimators as est
from b12sarc.design import SurveyDesign
from b12sarc.inference import NotEstimableError
from b12sarc.standardise import age_bands, joint_means, standardised_mean, standardised_proportion

RTOL = 1e-8
PROJECT = Path(__file__).resolve().parents[2]
GOLDEN = json.loads((PROJECT / "tests" / "golden" / "standardise_trend.json").read_text())
STANDARD = yaml.safe_load((PROJECT / "config" / "standard_population_2000.yaml").read_text())["bands"]
POPULATION = [band["population"] for band in STANDARD]
STARTS = [band["from"] for band in STANDARD]


@pytest.fixture
def banded(sim, old, known):
    """Narrow the domain to where a variable is known; return it with the values and the age bands."""

    def narrow(name: str):
        domain, x = known(old, name) if name != "RARE" else known(old, "PHQ9")
        x = (x >= 15).astype(float) if name == "RARE" else x
        return domain, x, age_bands(domain.take(sim["RIDAGEYR"]), STARTS)

    return narrow


class TestAgainstR:
    @pytest.mark.parametrize("name", GOLDEN["standardised"])
    def test_standardised_mean(self, banded, name):
        golden = GOLDEN["standardised"][name]
        result = standardised_mean(*banded(name), POPULATION)
        assert result.df == golden["df"]
        ours = [result.estimate, result.se, result.conf_low, result.conf_high]
        assert_allclose(ours, [golden["estimate"], golden["se"], *golden["conf"]], rtol=RTOL)

    @pytest.mark.parametrize("name", GOLDEN["korn_graubard"])
    def test_korn_graubard_interval(self, banded, name):
        golden, mean = GOLDEN["korn_graubard"][name], GOLDEN["standardised"][name]
        result = standardised_proportion(*banded(name), POPULATION)
        assert result.n == golden["n"]
        ours = [result.estimate, result.se, result.n_eff, result.conf_low, result.conf_high]
        theirs = [mean["estimate"], mean["se"], golden["n_eff"], golden["conf_low"], golden["conf_high"]]
        assert_allclose(ours, theirs, rtol=RTOL)

    @pytest.mark.parametrize("name", GOLDEN["by_sex"])
    @pytest.mark.parametrize(("golden", "column"), [("by_sex", "FEMALE"), ("by_cycle", "SDMVSTRA")])
    def test_groups_and_their_covariance(self, sim, banded, name, golden, column):
        domain, x, band = banded(name)
        group = domain.take(sim[column])
        group = cycle_of(group) if golden == "by_cycle" else group
        self.assert_joint(joint_means(domain, x, group, band, POPULATION), GOLDEN[golden][name])

    @pytest.mark.parametrize("name", GOLDEN["by_cycle_crude"])
    def test_crude_groups(self, sim, banded, name):
        domain, x, _ = banded(name)
        result = joint_means(domain, x, cycle_of(domain.take(sim["SDMVSTRA"])))
        self.assert_joint(result, GOLDEN["by_cycle_crude"][name])

    @staticmethod
    def assert_joint(result, golden):
        assert result.levels.tolist() == golden["levels"]
        assert result.df == golden["df"]
        assert_allclose(result.estimate, golden["estimate"], rtol=RTOL)
        scale = np.sqrt(np.outer(np.diag(golden["cov"]), np.diag(golden["cov"])))
        assert_allclose(result.cov / scale, golden["cov"] / scale, rtol=0, atol=RTOL)


def cycle_of(stratum: np.ndarray) -> np.ndarray:
    """The made-up cycles of the golden script, by the middle of their years."""
    return np.array([2000, 2002, 2006, 2014])[np.searchsorted([97, 104, 111], stratum, side="right")]


def tiny(band=(0, 0, 1, 1, 0, 0, 1, 1)):
    """Two strata of two PSUs of two rows, half of them in each age band."""
    design = SurveyDesign.from_arrays(np.arange(1.0, 9), np.repeat([1, 2], 4), np.tile([1, 1, 2, 2], 2))
    return design.domain(np.ones(8, bool)), np.array([0.0, 1, 1, 0, 0, 0, 1, 1]), np.array(band)


class TestStandardising:
    def test_it_is_the_weighted_mean_of_the_bands(self):
        domain, x, band = tiny()
        means = [np.average(x[band == a], weights=domain.weights[band == a]) for a in (0, 1)]
        result = standardised_mean(domain, x, band, [3, 1])
        assert_allclose(result.estimate, 0.75 * means[0] + 0.25 * means[1])

    @given(st.lists(st.floats(0.01, 100), min_size=2, max_size=2), st.floats(0.001, 1000))
    def test_only_shares_of_the_population_matter(self, population, unit):
        one = standardised_mean(*tiny(), population)
        other = standardised_mean(*tiny(), [size * unit for size in population])
        assert_allclose([other.estimate, other.se], [one.estimate, one.se], rtol=1e-9)

    def test_one_band_is_the_crude_mean(self):
        domain, x, _ = tiny()
        band = np.zeros(8, int)
        standardised, crude = standardised_mean(domain, x, band, [1]), est.mean(domain, x)
        assert_allclose([standardised.estimate, standardised.se], [crude.estimate, crude.se])

    def test_one_band_is_the_crude_proportion(self, old, known):
        domain, x = known(old, "DIAB")
        result = standardised_proportion(domain, x, np.zeros(domain.n, int), [1])
        crude = est.proportion(domain, x)
        for field in ("estimate", "se", "n_eff", "conf_low", "conf_high"):
            assert_allclose(getattr(result, field), getattr(crude, field), rtol=1e-12)

    def test_standard_of_the_samples_own_ages_leaves_the_estimate(self):
        domain, x, band = tiny()
        own = np.bincount(band, domain.weights)
        assert_allclose(standardised_mean(domain, x, band, own).estimate, est.mean(domain, x).estimate)

    @pytest.mark.parametrize("value", [0, 1])
    def test_nobody_or_everybody_has_the_interval_of_a_crude_proportion(self, value):
        domain, x, band = tiny()
        result = standardised_proportion(domain, np.full_like(x, value), band, [3, 1])
        assert (result.estimate, result.se, result.n_eff) == (value, 0, 8)
        t_seven_df, t_two_df = 2.364624251592785, 4.302652729749464
        reach = 1 - 0.025 ** (1 / (8 * (t_seven_df / t_two_df) ** 2))
        limits = (0, reach) if value == 0 else (1 - reach, 1)
        assert_allclose([result.conf_low, result.conf_high], limits, rtol=1e-9)

    def test_an_effective_sample_is_never_larger_than_the_sample(self):
        """Every PSU has the same share of events but for a hair: better than a random sample could be."""
        weights = np.where(np.arange(48) == 0, 1.001, 1.0)
        design = SurveyDesign.from_arrays(weights, np.repeat([1, 2], 24), np.tile(np.repeat([1, 2], 12), 2))
        domain, event = design.domain(np.ones(48, bool)), np.tile([0, 0, 1, 1], 12)
        result = standardised_proportion(domain, event, np.tile([0, 1], 24), [1, 1])
        assert 0 < result.se < 0.01
        assert result.n_eff == 48

    def test_groups_that_share_psus_covary(self):
        domain, x, _ = tiny()
        result = joint_means(domain, x, np.tile([1, 2], 4))
        assert result.cov[0, 1] != 0
        assert result.n.tolist() == [4, 4]

    def test_no_degree_of_freedom_means_no_interval_and_says_so(self):
        domain, x, band = tiny((0, 1) * 4)
        narrow = domain.restrict(np.array([1, 1, 0, 0, 1, 1, 0, 0], bool))
        result = standardised_proportion(narrow, narrow.take(x), narrow.take(band), [1, 1])
        assert np.isnan([result.conf_low, result.conf_high]).all()
        assert "fewer than one degree of freedom" in result.reason


class TestAgeBands:
    def test_bands_start_at_their_first_age_and_the_last_takes_the_top_code(self):
        assert age_bands([65, 69, 70, 79, 80, 85], STARTS).tolist() == [0, 0, 1, 2, 3, 3]

    @pytest.mark.parametrize("age", [[64.0], [np.nan]])
    def test_ages_outside_the_bands_are_refused(self, age):
        with pytest.raises(ValueError, match="65 or over"):
            age_bands(age, STARTS)

    def test_bands_must_ascend(self):
        with pytest.raises(ValueError, match="ascending"):
            age_bands([70.0], [65, 65])


class TestStandardPopulation:
    def test_bands_survive_the_top_code_of_80(self):
        assert STARTS == [65, 70, 75, 80]

    def test_it_adds_up_to_what_nchs_prints_in_thousands(self):
        """Klein and Schoenborn 2001: 65-74 18,136; 75-84 12,315; 85 and over 4,259."""
        assert round((POPULATION[0] + POPULATION[1]) / 1000) == 18_136
        assert round((POPULATION[2] + POPULATION[3]) / 1000) == 12_315 + 4_259


class TestRefusals:
    def test_an_empty_band_is_named(self):
        with pytest.raises(NotEstimableError, match="nobody in age band 2 of 3"):
            standardised_mean(*tiny((0, 0, 2, 2, 0, 0, 2, 2)), [1, 1, 1])

    def test_a_group_that_lacks_a_band_is_named(self):
        domain, x, band = tiny()
        group = np.where(band == 1, 2002, np.array([2000, 2002] * 4))
        with pytest.raises(NotEstimableError, match="nobody in 2000 in age band 2 of 2"):
            joint_means(domain, x, group, band, [1, 1])

    @pytest.mark.parametrize("population", [[1], [1, 0], [1, -1], [1, np.nan]])
    def test_every_band_needs_a_population(self, population):
        with pytest.raises(ValueError, match="population"):
            standardised_mean(*tiny(), population)

    @pytest.mark.parametrize("band", [np.zeros(3, int), np.zeros(8), -np.ones(8, int)])
    def test_bands_are_positions_of_the_domains_rows(self, band):
        domain, x, _ = tiny()
        with pytest.raises(ValueError, match="band"):
            standardised_mean(domain, x, band, [1, 1])

    def test_a_proportion_is_of_zeros_and_ones(self):
        domain, x, band = tiny()
        with pytest.raises(ValueError, match="0/1"):
            standardised_proportion(domain, x * 2, band, [1, 1])

    def test_bands_and_population_come_together(self):
        domain, x, band = tiny()
        with pytest.raises(ValueError, match="both"):
            joint_means(domain, x, band, band)

    def test_groups_are_of_the_domains_rows(self):
        domain, x, _ = tiny()
        with pytest.raises(ValueError, match="group must hold the domain's 8 rows"):
            joint_means(domain, x, np.zeros(3))
