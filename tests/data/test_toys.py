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


def test_beans_are_as_toxic_as_they_are_big():
    sizes, toxicities = data.beans(1000, seed=2)
    assert sizes.shape == toxicities.shape == (1000,)
    assert sizes.dtype == toxicities.dtype == float
    assert (np.diff(sizes) >= 0).all()
    assert 0 < sizes[0] < 0.01
    assert 0.99 < sizes[-1] < 1
    extra = toxicities - 1.2 * sizes
    assert -1e-12 < extra.min() < 0.001
    assert 0.099 < extra.max() < 0.1 + 1e-12
    assert extra.mean() == pytest.approx(0.05, abs=0.003)


def test_beans_come_from_a_seed_or_from_the_common_one():
    assert len(data.beans()[0]) == 100
    assert (data.beans(5, seed=3)[1] == data.beans(5, seed=3)[1]).all()
    assert (data.beans(5, seed=3)[1] != data.beans(5, seed=4)[1]).all()
    assert data.beans(1, seed=3)[0][0] == random.Random(3).random()
    seed(7)
    first = data.beans()[0]
    seed(7)
    assert (data.beans()[0] == first).all()
    with pytest.raises(ValueError, match=r"beans\(\) got n=0; expected a whole number"):
        data.beans(0)


def test_people_are_four():
    X, y, names = data.people()
    assert dict(zip(names, zip(X.tolist(), y.tolist()))) == {
        "Alice": ([-2.0, -1.0], 1),
        "Bob": ([25.0, 6.0], 0),
        "Charlie": ([17.0, 4.0], 0),
        "Diana": ([-15.0, -6.0], 1),
    }
    assert X.dtype == float
    data.people().X[0] = 0
    assert data.people().X[0].tolist() == [-2, -1]  # everybody gets their own
