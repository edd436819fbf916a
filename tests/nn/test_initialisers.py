"""Initialisers: their variances, and the same numbers from the same seed."""

import random

import numpy as np
import pytest

import autodiff
from autodiff.nn import Embedding, Linear, Sequential, he, normal, uniform, xavier, zeros

near = pytest.approx
MANY = (400, 600)  # outputs, inputs


@pytest.mark.parametrize(
    "init, variance",
    [
        (he, 2 / 600),
        (xavier, 2 / 1000),
        (normal(), 0.01**2),
        (normal(3.0), 9.0),
        (uniform(), 1 / 600 / 3),
        (uniform(0.3), 0.3**2 / 3),
    ],
)
def test_variances_are_those_promised_to_the_error_of_sampling(init, variance):
    autodiff.seed(11)
    numbers = init(MANY)
    assert numbers.shape == MANY
    assert numbers.dtype == np.float64
    error = 5 / np.sqrt(numbers.size)
    assert numbers.mean() == near(0.0, abs=error * variance**0.5)
    assert numbers.var() == near(variance, rel=error * 2**0.5)


def test_a_kernel_of_more_axes_counts_the_places_that_an_output_sees():
    autodiff.seed(11)
    assert he((50, 40, 3, 3)).var() == near(2 / 360, rel=0.05)
    assert xavier((50, 40, 3, 3)).var() == near(2 / 810, rel=0.05)
    assert np.abs(uniform()((50, 40, 3, 3))).max() == near(360**-0.5, rel=0.01)


def test_uniform_numbers_stay_within_their_bound():
    numbers = uniform(0.3)(MANY)
    assert 0.299 < numbers.max() < 0.3
    assert -0.3 <= numbers.min() < -0.299


def test_zeros_draw_nothing():
    before = random.getstate()
    assert not zeros(MANY).any()
    assert random.getstate() == before


@pytest.mark.parametrize("init", [he, xavier, normal(), uniform()])
def test_odd_shapes(init):
    assert init((0, 3)).shape == (0, 3)
    assert init((3, 0)).shape == (3, 0)
    assert init((0, 0)).shape == (0, 0)
    assert init((5,)).shape == (5,)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: normal(-1.0), r"normal\(\) got std=-1.0; expected a number of at least 0"),
        (lambda: normal((2, 3)), r"got std=\(2, 3\); .* as init write normal\(0.1\), with brack"),
        (lambda: uniform(float("nan")), r"uniform\(\) got bound=nan"),
        (lambda: uniform("x"), r"uniform\(\) got bound='x'"),
        (lambda: he(()), r"got the shape \(\); expected \(outputs, inputs, ...\)"),
    ],
)
def test_what_cannot_be_meant_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def build():
    return Sequential(Linear(3, 4), Linear(4, 2, init=he), Embedding(3, 2))


def test_the_same_seed_gives_the_same_weights_also_by_random_seed():
    states = []
    for start in (autodiff.seed, random.seed):
        start(1337)
        states.append(build().state_dict())
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])
    assert not np.array_equal(build().state_dict()["layer1.weight"], states[0]["layer1.weight"])


def test_the_numbers_are_the_same_on_every_python():
    """To the bit: a training that is told of in a lesson must come out so everywhere."""
    autodiff.seed(1337)
    assert uniform()((1, 2)).tolist() == [UNIFORM]
    assert normal(1.0)((1, 2)).tolist() == [NORMAL]


UNIFORM = [-0.2614813133507304, -0.5817332989875308]
NORMAL = [0.45438990157120507, 0.0658611006737651]
