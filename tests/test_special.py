"""erf and erfc: against the true values, against math's, at the joints, and as NumPy functions."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest

from autodiff import special
from autodiff.special import erf, erfc

JOINTS = [0.25, 0.5, 0.84375, 1.0, 1.25, 1 / 0.35, 6.0, 26.5, 26.543, 27.0, 27.2264, 28.0]
TINY = [0.0, 5e-324, 1e-323, 1e-310, 2.2250738585072014e-308, 1e-300, 1e-16, 1e-8, 2.0**-28, 1e-3]
EDGES = np.array(
    TINY + [neighbour for j in JOINTS for neighbour in (np.nextafter(j, 0), j, np.nextafter(j, 99))]
)

# x, erf(x), erfc(x), rounded from 50 digits
TRUE = [
    (1e-300, 1.1283791670955126e-300, 1.0),
    (1e-08, 1.1283791670955126e-08, 0.9999999887162083),
    (0.1, 0.1124629160182849, 0.887537083981715),
    (0.3, 0.3286267594591274, 0.6713732405408726),
    (0.6, 0.6038560908479259, 0.3961439091520741),
    (0.84, 0.7651427114549945, 0.23485728854500548),
    (0.85, 0.7706680576083526, 0.22933194239164748),
    (0.95, 0.8208908072732779, 0.17910919272672207),
    (1.1, 0.8802050695740817, 0.11979493042591827),
    (1.2, 0.9103139782296353, 0.08968602177036464),
    (1.2458222404577066, 0.9219068274586922, 0.07809317254130775),
    (1.3, 0.9340079449406524, 0.06599205505934755),
    (2.2011830926521916, 0.9981476820063128, 0.001852317993687204),
    (2.8, 0.9999249868053346, 7.501319466545911e-05),
    (2.9, 0.9999589021219005, 4.109787809945886e-05),
    (4.334502648763036, 0.9999999991207255, 8.792745471690902e-10),
    (5.9, 0.9999999999999999, 7.190409783550478e-17),
    (10.0, 1.0, 2.088487583762545e-45),
    (19.384404717840802, 1.0, 1.8836926347967185e-165),
    (26.5, 1.0, 2.2109076642637343e-307),
    (-0.3, -0.3286267594591274, 1.3286267594591274),
    (-1.2, -0.9103139782296353, 1.9103139782296354),
    (-2.5, -0.999593047982555, 1.999593047982555),
    (-5.0, -0.9999999999984626, 1.9999999999984626),
]


def sample(low: float, high: float, count: int = 4000) -> np.ndarray:
    """Return random and evenly spaced points of both signs, low <= |x| <= high."""
    random = np.random.default_rng(20).uniform(low, high, count)
    points = np.concatenate([random, np.linspace(low, high, count)])
    return np.concatenate([points, -points])


def ulps(got: np.ndarray, expected: np.ndarray) -> int:
    """Return the largest distance, counted in representable numbers of the dtype of `got`."""
    assert got.dtype == expected.dtype
    assert (np.signbit(got) == np.signbit(expected)).all()  # 0.0 and -0.0 are different results
    whole = np.dtype(f"i{got.dtype.itemsize}")
    got, expected = got.view(whole).astype(np.int64), expected.view(whole).astype(np.int64)
    return int(np.abs(got - expected).max())


def by_math(function, x: np.ndarray) -> np.ndarray:
    return np.array([function(float(point)) for point in x.flat]).reshape(x.shape)


@pytest.mark.parametrize("low, high", [(0, 0.84375), (0.84375, 1.25), (1.25, 1 / 0.35), (2.8, 30)])
def test_erf_is_within_2_ulp_of_math(low, high):
    x = sample(low, high)
    assert ulps(erf(x), by_math(math.erf, x)) <= 2


@pytest.mark.parametrize(
    "low, high", [(0, 0.3), (0.2, 0.84375), (0.84375, 1.25), (1.25, 1 / 0.35), (2.8, 6), (6, 30)]
)
def test_erfc_is_within_4_ulp_of_math(low, high):
    x = sample(low, high)
    assert ulps(erfc(x), by_math(math.erfc, x)) <= 4


def test_at_every_joint_and_beside_it_both_agree_with_math():
    x = np.concatenate([EDGES, -EDGES])
    assert ulps(erf(x), by_math(math.erf, x)) <= 2
    assert ulps(erfc(x), by_math(math.erfc, x)) <= 4


def test_true_values_are_met_whatever_math_says():
    x, y, z = np.array(TRUE).T
    assert ulps(erf(x), y) <= 1
    assert ulps(erfc(x), z) <= 3


def test_tiny_numbers_of_every_magnitude_keep_their_slope():
    x = 10.0 ** np.random.default_rng(1).uniform(-323, -1, 5000)
    assert ulps(erf(x), by_math(math.erf, x)) <= 2
    assert ulps(erfc(x), by_math(math.erfc, x)) <= 2


def test_denormal_results_of_erfc_are_within_two_denormal_units():
    x = np.linspace(26.5433, 27.3, 5000)
    got = erfc(x)
    assert 0 < got[0] < np.finfo(float).tiny
    assert got[-1] == 0
    assert ulps(got, by_math(math.erfc, x)) <= 2


def test_infinities_nan_and_signed_zero():
    x = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0])
    np.testing.assert_array_equal(erf(x), [1.0, -1.0, np.nan, 0.0, -0.0])
    np.testing.assert_array_equal(erfc(x), [0.0, 2.0, np.nan, 1.0, 1.0])
    assert np.signbit(erf(x)).tolist()[3:] == [False, True]
    assert not np.signbit(erfc(np.inf))


def test_the_symmetries_hold():
    x = sample(0, 7)
    np.testing.assert_array_equal(erf(-x), -erf(x))
    np.testing.assert_allclose(erf(x) + erfc(x), 1.0, rtol=0, atol=3e-16)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("ours, theirs", [(erf, math.erf), (erfc, math.erfc)])
def test_narrow_floats_keep_their_dtype_and_are_rounded_once(ours, theirs, dtype):
    x = np.concatenate([sample(0, 11, 1000), EDGES, -EDGES]).astype(dtype)
    got = ours(x)
    assert got.dtype == dtype
    # rounded values of float64 results a few ulp apart: at most neighbours, in practice equal
    with np.errstate(under="ignore"):
        assert ulps(got, by_math(theirs, x).astype(dtype)) <= 1


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_integers_give_float64(dtype):
    got = erf(np.array([0, 1], dtype))
    assert got.dtype == np.float64
    assert got.tolist() == [0.0, math.erf(1)]


def test_the_other_byte_order_gives_the_native_one():
    assert erf(np.array([0.5], ">f8")).dtype == np.dtype("=f8")
    assert erf(np.array([0.5], ">f8"))[0] == erf(0.5)


@pytest.mark.parametrize("function", [erf, erfc])
@pytest.mark.parametrize("shape", [(0,), (3, 0, 2), (1,), (2, 3), (2, 1, 3)])
def test_the_shape_is_kept_even_when_empty(function, shape):
    got = function(np.full(shape, 0.5, np.float32))
    assert type(got) is np.ndarray
    assert (got.shape, got.dtype) == (shape, np.float32)


@pytest.mark.parametrize("x", [0.5, np.float64(0.5), np.array(0.5), 2, -30])
def test_no_dimensions_give_a_scalar_as_a_ufunc_does(x):
    for ours, theirs in (erf, math.erf), (erfc, math.erfc):
        assert type(ours(x)) is np.float64
        assert abs(ours(x) - theirs(x)) <= 4 * math.ulp(theirs(x))


def test_lists_are_taken_and_the_argument_is_left_alone():
    assert erf([[0, 1], [2, -2]]).tolist() == erf(np.array([[0.0, 1.0], [2.0, -2.0]])).tolist()
    x = np.linspace(-30, 30, 50)
    x.flags.writeable = False
    erf(x), erfc(x)


@pytest.mark.parametrize("function", [erf, erfc])
def test_elements_that_are_not_contiguous_come_out_in_place(function):
    x = np.linspace(-7, 28, 240).reshape(4, 6, 10)
    expected = function(x.ravel()).reshape(x.shape)
    np.testing.assert_array_equal(function(x[::2, ::-1, 1::3]), expected[::2, ::-1, 1::3])
    np.testing.assert_array_equal(function(x.T), expected.T)
    np.testing.assert_array_equal(function(np.asfortranarray(x)), expected)
    np.testing.assert_array_equal(
        function(np.broadcast_to(x[0, 0], (3, 10))), np.tile(expected[0, 0], (3, 1))
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_nothing_raises_or_warns_even_under_the_strictest_errstate(dtype):
    with np.errstate(all="ignore"):
        largest = np.finfo(dtype).max
        x = np.concatenate([EDGES, -EDGES, sample(0, 40, 300), [np.inf, -np.inf, np.nan, largest]])
        x = x.astype(dtype)
    with np.errstate(all="raise"):
        for function in erf, erfc:
            function(x)
            for point in x[-5:]:
                function(point)


@pytest.mark.parametrize(
    "x", [1j, [1 + 2j], "1", None, np.array([1.0], object), [np.timedelta64(1, "s")]]
)
def test_what_is_not_real_raises_with_the_remedy(x):
    with pytest.raises(TypeError, match=r"erf and erfc take real numbers, got .*astype\(float\)"):
        erf(x)


def test_the_example_of_the_docstring_is_true():
    assert doctest.testmod(special).failed == 0
