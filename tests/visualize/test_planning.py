"""What is drawn of a graph: values, neurons or layers."""

from __future__ import annotations

import random

import pytest

from autodiff import Value, tanh, topological_order
from autodiff.nn import MLP
from visualize import TooLarge, draw


def mixed(n):
    """Return a chain of n operations that do not fold."""
    x = Value(1.0)
    for i in range(n):
        x = tanh(x) if i % 2 else x - 0.5
    return x


def cards(picture):
    return picture.source.count('PORT="card"')


def batch(samples):
    random.seed(0)
    model = MLP(2, [8, 1])
    return sum(model([[random.random(), random.random()] for _ in range(samples)]))


def test_an_expression_is_drawn_value_by_value_and_a_network_neuron_by_neuron(J):
    assert cards(draw(J)) == 6
    assert cards(draw(batch(1), fold=None)) == cards(draw(batch(1), fold="neuron")) == 10


def test_fold_may_be_told(J):
    y = batch(1)
    values = 8 * 2 + 1 + 33 + 1
    assert [cards(draw(y, fold=fold)) for fold in ("none", "neuron", "layer")] == [values, 10, 3]
    assert draw(y, fold="none").source == draw(y, style="cards").source
    assert draw(y, fold="neuron").source == draw(y, style="neurons").source


def test_more_than_150_cards_fold_by_themselves_and_the_caption_says_so():
    y = batch(100)
    picture = draw(y)
    assert cards(picture) == 3
    assert f"{len(topological_order(y)):,} values folded into 3 cards" in picture.source
    assert "shows all" not in picture.source  # as they are more than can be drawn
    assert "; fold='none' shows all" in draw(batch(20)).source


def test_what_does_not_fold_is_drawn_up_to_a_thousand_cards():
    assert cards(draw(mixed(999))) == 1000
    with pytest.raises(TooLarge, match="more than 1,000 kinds of values"):
        draw(mixed(1000))
    assert cards(draw(mixed(1000), limit=1001)) == 1001


def test_the_limit_is_one_for_folded_pictures_too():
    with pytest.raises(TooLarge, match="more than 2 kinds"):
        draw(batch(20), limit=2)
    assert cards(draw(batch(20), limit=3)) == 3


def test_a_picture_of_numbers_that_do_not_belong_together_says_so():
    x = Value(3.0)
    t = x * 2.0
    y = t + 1.0
    x.data = 5.0
    assert "t is older than what it takes: compute again." in draw(y).source
    assert "older" not in draw(x * 2.0 + 1.0).source


def test_gradients_of_more_than_one_backward_are_said_to_be():
    b = Value(3.0)
    J = b * b
    J.backward()
    assert "one backward()" not in draw(J).source
    J.backward()
    assert "J.grad is 2; one backward() of J alone gives 1." in draw(J).source or (
        "b.grad is 12; one backward() of J alone gives 6." in draw(J).source
    )


@pytest.mark.parametrize("options, words", [
    ({"legend": "no"}, "got legend='no'.*; expected True or False"),
    ({"names": {3: Value(1.0)}}, "got 3.* in names; expected a name"),
])  # fmt: skip
def test_options_of_another_type_are_refused(options, words):
    with pytest.raises(TypeError, match=words):
        draw(Value(1.0) * 2.0, **options)
