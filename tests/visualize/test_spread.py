"""Many numbers in a few."""

from __future__ import annotations

import math

import numpy as np
import pytest

from visualize.spread import BARS, spread_of

LISTS = [
    [1.0, 2.0, 3.0],
    [0.0, 0.0],
    [5.0],
    [-1.0, math.nan, 4.0, math.inf],
    [1e300, -1e300, 5e299],
    [1e-300, 3e-300],
    [math.nan],
]


@pytest.mark.parametrize("numbers", LISTS)
def test_lists_and_arrays_have_the_same_spread(numbers):
    one, other = spread_of(numbers), spread_of(np.array(numbers))
    for a, b in zip(one, other):
        assert a == (pytest.approx(b, rel=1e-12) if isinstance(a, float) else b)


def test_mean_deviation_and_norm_are_those_of_numpy():
    array = np.random.default_rng(0).normal(size=(3, 4))
    found = spread_of(array)
    assert found.total == 12
    assert found.mean == pytest.approx(array.mean())
    assert found.deviation == pytest.approx(array.std())
    assert found.norm == pytest.approx(np.linalg.norm(array))


def test_what_is_not_finite_is_counted_and_does_not_hide_the_rest():
    found = spread_of([1.0, math.nan, 3.0, -math.inf])
    assert (found.bad, found.mean, sum(found.bars)) == (2, 2.0, 2)


def test_large_numbers_do_not_overflow():
    assert spread_of(np.full(4, 1e30, np.float32)).norm == pytest.approx(2e30)
    assert math.isfinite(spread_of([1e300, -1e300]).deviation)
    assert spread_of(np.full(3, 60000.0, np.float16)).mean == 60000.0


def test_bars_count_from_the_lowest_to_the_highest():
    bars = spread_of([0.0, 0.1, 0.2, 10.0]).bars
    assert len(bars) == BARS
    assert (bars[0], bars[-1], sum(bars)) == (3, 1, 4)


def test_integers_booleans_and_nothing_have_a_spread():
    assert spread_of(np.array([1, 2, 3])).mean == 2.0
    assert spread_of(np.array([True, False])).mean == 0.5
    assert spread_of(np.zeros((0, 3))).total == 0
    assert spread_of([]).total == 0
