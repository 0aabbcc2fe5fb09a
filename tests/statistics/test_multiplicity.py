from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from statsmodels.stats.multitest import multipletests

from b12sarc.multiplicity import adjust

# R: p.adjust(c(.01, .04, .03, .005, .2), "holm") and "BH"
P = np.array([0.01, 0.04, 0.03, 0.005, 0.2])
HOLM = [0.04, 0.09, 0.09, 0.025, 0.2]
BH = [0.025, 0.05, 0.05, 0.025, 0.2]


@pytest.mark.parametrize(("method", "expected"), [("holm", HOLM), ("bh", BH)])
def test_matches_r_p_adjust(method, expected):
    assert_allclose(adjust(P, method), expected, rtol=1e-12)


@pytest.mark.parametrize(("method", "expected"), [("holm", HOLM), ("bh", BH)])
def test_nan_is_no_test_and_stays_nan(method, expected):
    with_gaps = np.insert(P, [0, 3], np.nan)
    result = adjust(with_gaps, method)
    assert_array_equal(np.isnan(result), np.isnan(with_gaps))
    assert_allclose(result[~np.isnan(result)], expected, rtol=1e-12)


@pytest.mark.parametrize("method", ["holm", "bh"])
@pytest.mark.parametrize("nothing", [np.array([]), np.array([np.nan, np.nan])])
def test_a_family_without_tests_is_returned_as_it_is(nothing, method):
    assert_array_equal(adjust(nothing, method), nothing)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_adjusted_is_never_below_raw_and_holm_never_below_bh(p):
    p = np.array(p)
    holm, bh = adjust(p, "holm"), adjust(p, "bh")
    assert (bh >= p * (1 - 1e-12)).all()
    assert (holm >= bh * (1 - 1e-12)).all()
    assert (holm <= 1).all()


def test_holm_is_that_of_statsmodels():
    p = np.random.default_rng(5).uniform(size=40).round(2)  # with ties
    assert_allclose(adjust(p, "holm"), multipletests(p, method="holm")[1], rtol=1e-14)


def test_p_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjust([0.5, 1.2], "holm")


def test_unknown_method_is_refused():
    with pytest.raises(ValueError, match="choose holm or bh"):
        adjust([0.5], "bonferroni")
