"""What errors say that they got: the article of a type, and a repr that is not endless."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff import Value
from autodiff.nn import MLP, Linear
from autodiff.optim import SGD
from autodiff.wording import a_kind, clipped, shown
from visualize import draw


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (3, "an int"),
        ("three", "a str"),
        (np.ones(2), "an ndarray"),
        (np.uint8(3), "a uint8"),
        (None, "a NoneType"),
        (Value(1.0), "a Value"),
        (object(), "an object"),
        (MLP(1, [1]), "an MLP"),
        (Linear(1, 1), "a Linear"),
    ],
)
def test_the_article_is_the_one_that_is_spoken(x, expected):
    assert a_kind(x) == expected


def test_a_repr_is_one_line_and_clipped():
    assert clipped(np.eye(2)) == "array([[1., 0.], [0., 1.]])"
    assert clipped("a" * 58) == repr("a" * 58)  # 60 with its quotes
    assert clipped("a" * 59) == "'" + "a" * 56 + "..."
    assert shown(list(range(100)), 10) == "[0, 1, ..., a list"


def test_a_model_in_place_of_its_parameters():
    with pytest.raises(TypeError, match=r"got MLP of .*\.\.\., an MLP; .*model\.parameters\(\)"):
        SGD(MLP(2, [3, 1]), lr=0.1)
    with pytest.raises(TypeError, match=r"draw\(\) got an MLP; expected"):
        draw(MLP(2, [3, 1]))


def test_a_long_list_in_place_of_a_number_is_clipped():
    with pytest.raises(TypeError) as caught:
        Value(1.0) + list(range(10_000))
    assert len(str(caught.value)) < 200
    assert ", a list; expected a Value" in str(caught.value)
