"""Restricted cubic splines: the basis, its knots, and the distribution beneath a curve."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from b12sarc.inference import NotEstimableError
from b12sarc.splines import Spline, binned, knots_at

SPLINE = Spline((1.0, 2.5, 4.0, 7.0))


def test_basis_is_that_of_hmisc_rcspline_eval():
    """Hmisc 4.8-0: rcspline.eval(c(0.5, 1.5, 3, 5, 9), knots = c(1, 2.5, 4, 7), inclx = TRUE)."""
    expected = [
        [0.5, 0.0, 0.0],
        [1.5, 0.00347222222222222, 0.0],
        [3.0, 0.222222222222222, 0.00347222222222222],
        [5.0, 1.72222222222222, 0.392361111111111],
        [9.0, 7.5, 2.53125],
    ]
    assert_allclose(SPLINE.basis(np.array([0.5, 1.5, 3, 5, 9])), expected, rtol=1e-13, atol=1e-15)


def test_curve_is_straight_outside_the_outer_knots():
    below, above = np.linspace(-5, 1, 7), np.linspace(7, 20, 7)
    for x in (below, above):
        assert_allclose(np.diff(SPLINE.basis(x), n=2, axis=0), 0, atol=1e-12)


def test_curve_and_its_first_two_derivatives_have_no_jump_at_the_knots():
    step = 1e-3
    for knot in SPLINE.knots:
        around = SPLINE.basis(knot + step * np.arange(-3, 4))
        third = np.diff(around, n=3, axis=0) / step**3
        assert np.abs(np.diff(around, n=2, axis=0) / step**2).max() < 3
        assert np.abs(third).max() < 2  # a jump in the second derivative would make it of order 1 / step


def test_space_is_that_of_natural_cubic_splines_by_patsy():
    from patsy import dmatrix

    x = np.linspace(0, 9, 40)
    inner, bounds = list(SPLINE.knots[1:-1]), (SPLINE.knots[0], SPLINE.knots[-1])
    inside = x[(x >= bounds[0]) & (x <= bounds[1])]
    natural = dmatrix(
        "cr(x, knots=inner, lower_bound=low, upper_bound=high) - 1",
        {"x": inside, "inner": inner, "low": bounds[0], "high": bounds[1]},
    )
    ours = np.column_stack([np.ones(len(inside)), SPLINE.basis(inside)])
    projected = natural @ np.linalg.lstsq(np.asarray(natural), ours, rcond=None)[0]
    assert_allclose(projected, ours, atol=1e-10)


def test_contrast_with_the_reference_is_zero_at_the_reference():
    assert_allclose(SPLINE.contrast(np.array([3.0, 3.5]), 3.0)[0], 0)
    assert SPLINE.contrast(np.array([3.5]), 3.0)[0, 0] == pytest.approx(0.5)


@pytest.mark.parametrize("knots", [(1.0, 2.0), (1.0, 1.0, 2.0), (3.0, 2.0, 1.0)])
def test_fewer_than_three_or_unordered_knots_are_refused(knots):
    with pytest.raises(ValueError, match="three or more ascending knots"):
        Spline(knots)


def test_knots_are_weighted_percentiles():
    x, weights = np.arange(1.0, 101), np.ones(100)
    assert knots_at(x, weights, (5, 35, 65, 95)) == (5, 35, 65, 95)
    heavy = np.where(x > 50, 3.0, 1.0)
    assert knots_at(x, heavy, (25, 50)) == (50, 67)


def test_knots_that_coincide_give_no_spline():
    with pytest.raises(NotEstimableError, match="some of the knots of the spline coincide"):
        knots_at(np.repeat([1.0, 2.0], 50), np.ones(100), (5, 35, 65, 95))


def test_no_bin_holds_fewer_people_than_asked():
    x = np.concatenate([np.linspace(0, 1, 90), [3.0, 5.0, 9.0]])
    bins = binned(x, np.ones(len(x)), np.linspace(0, 10, 21), least=10)
    assert all(part.n >= 10 for part in bins)
    assert sum(part.share for part in bins) == pytest.approx(1)
    assert [part.high for part in bins[:-1]] == [part.low for part in bins[1:]]
    assert (bins[0].low, bins[-1].high) == (0, 10)


def test_shares_are_of_the_weight_not_of_people():
    x, weights = np.repeat([0.5, 1.5], 20), np.repeat([1.0, 3.0], 20)
    assert [part.share for part in binned(x, weights, np.array([0, 1, 2]), 5)] == [0.25, 0.75]


def test_people_outside_the_edges_are_in_no_bin():
    bins = binned(np.repeat([0.5, 5.0], 20), np.ones(40), np.array([0, 1, 2]), 5)
    assert sum(part.share for part in bins) == 0.5
