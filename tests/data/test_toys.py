"""Data sets that are made."""

import random

import numpy as np
import pytest

from autodiff import data, seed


def test_moons_without_noise_lie_on_two_half_circles():
    X, y = data.moons(201, noise=0.0, seed=3)
    assert X.shape == (201, 2)
    assert X.dtype == float
    assert y.dtype.kind == "i"
    assert sorted(y) == [0] * 101 + [1] * 100
    centre = np.where(y == 0, 0.0, 1.0)
    low = np.where(y == 0, X[:, 1], 0.5 - X[:, 1])
    assert np.hypot(X[:, 0] - centre, low) == pytest.approx(np.ones(201))
    assert (low >= -1e-12).all()
    assert X[y == 0][:, 0].max() == pytest.approx(1.0)


def test_the_noise_has_the_deviation_that_was_asked_for():
    clean, noisy = (data.moons(4000, noise=noise, seed=3) for noise in (0.0, 0.2))
    order = [np.lexsort((X[:, 0], y)) for X, y in (clean, noisy)]
    assert (clean[1][order[0]] == noisy[1][order[1]]).all()
    radius = np.hypot(*noisy[0][noisy[1] == 0].T)
    assert radius.std() == pytest.approx(0.2, rel=0.1)


def test_moons_come_from_a_seed_and_leave_pythons_random_alone():
    random.seed(1)
    expected = random.random()
    random.seed(1)
    first = data.moons(10, seed=5)
    assert random.random() == expected
    again, other = data.moons(10, seed=5), data.moons(10, seed=6)
    assert (first[0] == again[0]).all()
    assert (first[0] != other[0]).any()
    # the same on every Python: the first point, once and for all
    assert first[0][0].tolist() == pytest.approx(FIRST, rel=1e-12)
    assert first[1].tolist() == CLASSES


FIRST = [1.9589711776111287, 0.7189470397926485]
CLASSES = [1, 1, 0, 0, 1, 0, 1, 0, 0, 1]


def test_without_a_seed_of_their_own_they_come_from_the_common_one():
    seed(7)
    first = data.moons(10)
    seed(7)
    assert (data.moons(10)[0] == first[0]).all()
    assert (data.moons(10)[0] != first[0]).any()


@pytest.mark.parametrize("options", [{"n": 1}, {"n": 2.5}, {"noise": -1}, {"noise": float("nan")}])
def test_what_cannot_be_made_is_refused(options):
    with pytest.raises(ValueError, match=r"moons\(\) got"):
        data.moons(**options)
