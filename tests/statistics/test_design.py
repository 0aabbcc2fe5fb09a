from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_equal

from b12sarc import estimators as est
from b12sarc.design import SurveyDesign
from b12sarc.errors import B12SarcError
from b12sarc.inference import NotEstimableError

RTOL = 1e-8


def lonely_design(sim: dict, policy: str) -> tuple[SurveyDesign, np.ndarray]:
    """The design of the goldens without PSU 2 of strata 95 and 110, and the rows that are left."""
    keep = ~(np.isin(sim["SDMVSTRA"], (95, 110)) & (sim["SDMVPSU"] == 2))
    columns = (sim[name][keep] for name in ("WTMEC4YR", "SDMVSTRA", "SDMVPSU"))
    return SurveyDesign.from_arrays(*columns, single_psu=policy), keep


def toy() -> tuple[SurveyDesign, np.ndarray]:
    """Two strata of two PSUs of three rows."""
    stratum, psu = np.repeat([1, 2], 6), np.tile(np.repeat([1, 2], 3), 2)
    x = np.array([3.0, 5, 4, 8, 9, 7, 1, 2, 2, 6, 4, 5])
    return SurveyDesign.from_arrays(np.arange(1.0, 13), stratum, psu), x


class TestDegreesOfFreedom:
    def test_of_the_whole_design(self, sim, design, oracle):
        assert design.domain(np.ones(design.n, bool)).df == oracle["degf"]["full"]

    def test_count_psus_and_strata_in_the_domain(self, sim, design, old, oracle):
        assert old.df == oracle["degf"]["old"]
        assert old.restrict(sim["RIDRETH3"] == 7).df == oracle["degf"]["old_race7"]
        assert old.restrict(~np.isnan(sim["DSST"])).df == oracle["degf"]["old_notna_dsst"]

    def test_small_domain_counts_as_in_r(self, sim, old, oracle):
        golden = oracle["lonely"]["domain"]
        domain = old.restrict((sim["RIDRETH3"] == 7) & ~np.isnan(sim["PTA"]))
        assert (domain.n, domain.df, domain.n_strata, domain.n_psu) == (
            golden["n"],
            golden["df"],
            golden["nstrat_in"],
            golden["npsu_in"],
        )


class TestDomain:
    def test_rows_of_weight_zero_never_belong(self, sim, design):
        domain = design.domain(sim["WTMEC4YR"] == 0)
        assert (domain.n, domain.n_psu, domain.n_strata) == (0, 0, 0)

    def test_restrict_is_the_conjunction_of_masks(self, sim, design, old):
        both = design.domain((sim["OLD"] == 1) & (sim["FEMALE"] == 1))
        assert (old.restrict(sim["FEMALE"] == 1).mask == both.mask).all()

    def test_take_cuts_the_domains_rows_in_survey_order(self):
        design, x = toy()
        assert design.domain(x > 6).take(x).tolist() == [8, 9, 7]

    def test_take_refuses_a_column_of_another_length(self):
        design, x = toy()
        with pytest.raises(ValueError, match="survey's 12 rows, got 3"):
            design.domain(x > 6).take(np.ones(3))

    def test_mask_must_be_booleans_over_all_rows(self):
        design, x = toy()
        with pytest.raises(ValueError, match="mask must be 12 booleans"):
            design.domain(x)
        with pytest.raises(ValueError, match="mask must be 12 booleans"):
            design.domain(np.ones(3, bool))

    def test_empty_domain_has_no_estimate(self):
        design, x = toy()
        domain = design.domain(x > 100)
        with pytest.raises(NotEstimableError, match="no rows"):
            est.mean(domain, domain.take(x))
        with pytest.raises(NotEstimableError, match="no rows"):
            domain.covariance_of_total(np.empty((0, 1)))

    def test_scores_must_be_one_row_each(self):
        design, x = toy()
        with pytest.raises(ValueError, match=r"scores must have shape \(12, k\)"):
            design.domain(x > 0).covariance_of_total(x[:5, None])


class TestCovarianceOfTotal:
    def test_equals_the_textbook_sum_over_psu_totals(self):
        design, x = toy()
        weighted = (np.arange(1.0, 13) * x).reshape(2, 2, 3).sum(axis=2)
        by_hand = sum(2 * ((t - t.mean()) ** 2).sum() for t in weighted)
        assert_allclose(
            design.domain(np.ones(12, bool)).covariance_of_total(x[:, None]), [[by_hand]], rtol=1e-13
        )

    def test_of_three_psus_divides_by_two(self):
        x = np.array([1.0, 4, 2, 7, 5, 3])
        design = SurveyDesign.from_arrays(np.full(6, 2.0), np.ones(6), [1, 1, 2, 2, 3, 3])
        totals = np.array([10.0, 18, 16])
        by_hand = 3 / 2 * ((totals - totals.mean()) ** 2).sum()
        assert_allclose(
            design.domain(np.ones(6, bool)).covariance_of_total(x[:, None]), [[by_hand]], rtol=1e-13
        )

    def test_a_psu_outside_the_domain_counts_as_a_total_of_zero(self):
        design, x = toy()
        domain = design.domain(np.arange(12) < 3)
        total = float(np.array([1, 2, 3]) @ x[:3])
        assert_allclose(domain.covariance_of_total(x[:3, None]), [[2 * 2 * (total / 2) ** 2]], rtol=1e-13)

    @pytest.mark.parametrize("variable", ["PTA", "LBXBPB"])
    def test_of_domain_means_matches_svyby(self, sim, old, known, oracle, variable):
        golden = oracle["desc"][f"by_race_{variable}"]
        domain, x = known(old, variable)
        race = domain.take(sim["RIDRETH3"])
        scores = np.zeros((domain.n, len(golden["level"])))
        for k, level in enumerate(golden["level"]):
            inside = race == level
            weight = domain.weights[inside]
            scores[inside, k] = (x[inside] - weight @ x[inside] / weight.sum()) / weight.sum()
        assert_allclose(domain.covariance_of_total(scores), golden["vcov"], rtol=RTOL)

    def test_domain_se_is_not_the_se_after_filtering(self):
        design, x = toy()
        domain = design.domain(np.array([1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1], bool))
        inside = domain.rows
        filtered = SurveyDesign.from_arrays(
            design.weight[inside], design.stratum[inside], design.psu[inside], single_psu="remove"
        )
        right = est.total(domain, domain.take(x))
        wrong = est.total(filtered.domain(np.ones(len(inside), bool)), x[inside])
        assert right.estimate == wrong.estimate
        # Filtering forgets stratum 1, whose one PSU with members has the weighted total 1 * 3 + 2 * 5 = 13.
        assert_allclose(right.se**2 - wrong.se**2, 13**2, rtol=1e-10)


class TestSinglePsu:
    @pytest.mark.parametrize("policy", ["adjust", "average", "remove", "certainty"])
    def test_policies_match_r_for_a_mean(self, sim, oracle, policy):
        golden = oracle["lonely"][policy]["mean"]
        design, keep = lonely_design(sim, policy)
        pta = sim["PTA"][keep]
        domain = design.domain((sim["OLD"][keep] == 1) & ~np.isnan(pta))
        result = est.mean(domain, domain.take(pta))
        assert_allclose(
            [result.estimate, result.se, result.conf_low, result.conf_high],
            [golden["est"], golden["se"], golden["lci"], golden["uci"]],
            rtol=RTOL,
        )
        assert result.df == golden["df"]

    @pytest.mark.parametrize("policy", ["adjust", "average", "remove", "certainty"])
    def test_policies_match_r_for_a_total(self, sim, extra, policy):
        golden = extra["lonely_total"][policy]
        design, keep = lonely_design(sim, policy)
        pta = sim["PTA"][keep]
        domain = design.domain((sim["OLD"][keep] == 1) & ~np.isnan(pta))
        result = est.total(domain, domain.take(pta))
        assert_allclose([result.estimate, result.se], [golden["est"], golden["se"]], rtol=RTOL)

    def test_fail_is_the_default_and_names_the_strata(self, sim):
        keep = ~(np.isin(sim["SDMVSTRA"], (95, 110)) & (sim["SDMVPSU"] == 2))
        columns = (sim[name][keep] for name in ("WTMEC4YR", "SDMVSTRA", "SDMVPSU"))
        domain = SurveyDesign.from_arrays(*columns).domain(sim["OLD"][keep] == 1)
        with pytest.raises(B12SarcError, match=r"2 of 29 strata have only one PSU \(95, 110\).*-> set the"):
            est.total(domain, np.ones(domain.n))

    def test_fail_minds_only_the_strata_of_the_domain(self, sim):
        design, keep = lonely_design(sim, "fail")
        domain = design.domain(~np.isin(sim["SDMVSTRA"][keep], (95, 110)))
        assert est.total(domain, np.ones(domain.n)).se > 0

    @pytest.mark.parametrize("policy", ["adjust", "average", "remove"])
    def test_a_psu_without_members_in_the_domain_is_not_single(self, sim, oracle, policy):
        golden = oracle["lonely"]["domain"]
        design = SurveyDesign.from_arrays(sim["WTMEC4YR"], sim["SDMVSTRA"], sim["SDMVPSU"], single_psu=policy)
        domain = design.domain((sim["OLD"] == 1) & (sim["RIDRETH3"] == 7) & ~np.isnan(sim["PTA"]))
        assert_allclose(est.mean(domain, domain.take(sim["PTA"])).se, golden[f"se_{policy}_FALSE"], rtol=RTOL)

    def test_average_needs_one_stratum_with_two_psus(self):
        design = SurveyDesign.from_arrays(np.ones(4), [1, 1, 2, 2], [1, 1, 1, 1], single_psu="average")
        with pytest.raises(NotEstimableError, match="every stratum has only one PSU"):
            est.mean(design.domain(np.ones(4, bool)), np.arange(4.0))


class TestFromArrays:
    def test_states_all_problems_at_once(self):
        with pytest.raises(B12SarcError) as caught:
            SurveyDesign.from_arrays([-1.0, np.nan, 2], [1, np.nan, 2], np.array(["a", None, "b"], object))
        assert [problem.what for problem in caught.value.problems] == [
            "1 weights are negative",
            "1 weights are missing or infinite",
            "1 strata are missing",
            "1 PSUs are missing",
        ]

    def test_refuses_columns_of_different_length(self):
        with pytest.raises(B12SarcError, match="have 2, 2 and 3 rows"):
            SurveyDesign.from_arrays([1.0, 1], [1, 1], [1, 2, 3])

    def test_refuses_weights_that_are_all_zero(self):
        with pytest.raises(B12SarcError, match="no weight is above zero"):
            SurveyDesign.from_arrays([0.0, 0], [1, 1], [1, 2])

    def test_unknown_policy_gets_the_nearest_name(self):
        with pytest.raises(B12SarcError, match=r"'ajust' -> did you mean 'adjust'\?"):
            SurveyDesign.from_arrays([1.0, 1], [1, 1], [1, 2], single_psu="ajust")

    def test_one_psu_label_in_two_strata_is_two_psus_when_nested(self):
        domain = SurveyDesign.from_arrays(np.ones(4), [1, 1, 2, 2], [1, 2, 1, 2]).domain(np.ones(4, bool))
        assert (domain.n_psu, domain.n_strata) == (4, 2)

    def test_one_psu_label_in_two_strata_is_an_error_when_not_nested(self):
        with pytest.raises(
            B12SarcError, match=r"2 PSU labels occur in more than one stratum \(first: 1, 2\)"
        ):
            SurveyDesign.from_arrays(np.ones(5), [1, 1, 2, 2, 2], [1, 2, 1, 2, 3], nest=False)

    def test_labels_may_be_strings(self):
        design = SurveyDesign.from_arrays(np.ones(4), ["é", "é", "x", "x"], ["a", "b", "a", "b"])
        assert design.domain(np.ones(4, bool)).df == 2


@st.composite
def surveys(draw):
    """A small survey: 2-4 strata of 2-3 PSUs of 2-4 rows, with weights, values and a domain."""
    sizes = draw(st.lists(st.lists(st.integers(2, 4), min_size=2, max_size=3), min_size=2, max_size=4))
    stratum = np.concatenate([np.full(sum(psus), h) for h, psus in enumerate(sizes)])
    psu = np.concatenate([np.full(size, i) for psus in sizes for i, size in enumerate(psus)])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = len(stratum)
    weight = rng.uniform(0.5, 3, n) * (rng.uniform(size=n) > 0.1)
    weight[0] = 1.0
    inside = rng.uniform(size=n) < 0.7
    inside[:2] = True
    return weight, stratum, psu, rng.normal(10, 3, n), inside


def mean_of(weight, stratum, psu, x, inside) -> est.Estimate:
    domain = SurveyDesign.from_arrays(weight, stratum, psu).domain(inside)
    return est.mean(domain, domain.take(x))


# One PSU of each stratum has somebody of weight in the domain: no degrees of freedom, so no interval.
NO_DF = (
    np.array([1.0, 2, 0, 1, 1, 2, 1, 0]),
    np.repeat([0, 1], 4),
    np.tile(np.repeat([0, 1], 2), 2),
    np.arange(8.0),
    np.array([True, True, True, False, True, True, False, True]),
)


class TestInvariance:
    @given(surveys(), st.randoms(use_true_random=False))
    @settings(max_examples=60, deadline=None)
    def test_to_the_order_of_rows(self, survey, random):
        order = list(range(len(survey[0])))
        random.shuffle(order)
        a, b = mean_of(*survey), mean_of(*(column[order] for column in survey))
        assert_allclose([b.estimate, b.se], [a.estimate, a.se], rtol=1e-10)
        assert (a.n, a.df) == (b.n, b.df)

    @given(surveys(), st.floats(1e-6, 1e9))
    @settings(max_examples=60, deadline=None)
    def test_to_the_scale_of_the_weights(self, survey, factor):
        weight, *rest = survey
        a, b = mean_of(weight, *rest), mean_of(weight * factor, *rest)
        assert_allclose([b.estimate, b.se], [a.estimate, a.se], rtol=1e-10)

    @given(surveys())
    @settings(max_examples=60, deadline=None)
    def test_to_the_names_of_strata_and_psus(self, survey):
        weight, stratum, psu, x, inside = survey
        a = mean_of(*survey)
        b = mean_of(weight, np.array([f"s{99 - h}" for h in stratum]), 7 - psu, x, inside)
        assert_allclose([b.estimate, b.se], [a.estimate, a.se], rtol=1e-10)
        assert a.df == b.df

    @given(surveys())
    @example(NO_DF)
    @settings(max_examples=60, deadline=None)
    def test_to_rows_of_weight_zero(self, survey):
        weight, stratum, psu, x, inside = survey
        a = mean_of(*survey)
        x = np.where(weight == 0, 1e6, x)
        b = mean_of(weight, stratum, psu, x, inside | (weight == 0))
        assert_equal(asdict(b), asdict(a))  # without degrees of freedom the interval is NaN in both
