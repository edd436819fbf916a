"""One seed for everything."""

import random

import pytest

import autodiff
from autodiff.nn import MLP


def test_a_seed_gives_the_same_network_each_time():
    models = []
    for number in (3, 3, 4):
        autodiff.seed(number)
        models.append([p.data for p in MLP(2, [3, 1]).parameters()])
    assert models[0] == models[1] != models[2]


def test_it_is_pythons_own_random():
    autodiff.seed(1337)
    first = random.random()
    random.seed(1337)
    assert random.random() == first


@pytest.mark.parametrize("number", [-1, 1.5, "1", None, True])
def test_a_seed_is_a_whole_number(number):
    with pytest.raises(ValueError, match="expected a whole number of at least 0"):
        autodiff.seed(number)
