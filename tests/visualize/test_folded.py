"""Pictures of folded graphs."""

from __future__ import annotations

import random

import pytest

from autodiff import Value, relu, topological_order
from autodiff.nn import MLP
from visualize import draw


def batch(n=100):
    random.seed(1)
    model = MLP(2, [16, 16, 1])
    scores = model([[random.random(), random.random()] for _ in range(n)])
    losses = [relu(1.0 - y * score) for y, score in zip((1.0, -1.0) * n, scores)]
    return model, scores, losses, sum(losses) * (1.0 / n)


def test_a_batch_through_a_network_is_a_picture_of_few_cards():
    model, scores, losses, loss = batch()
    loss.backward()
    text = draw(loss).source
    assert text.count('PORT="card"') == 8
    assert "values folded into" in text
    assert "16 neurons: relu(w·x + b), for 100 samples" in text
    assert "<B>layer1</B>" in text
    assert "layer3  1 neuron: w·x + b, for 100 samples" in text
    assert "= sum of 100" in text
    assert b"<svg" in draw(loss).pipe("svg")
    assert (len(model.parameters()), len(scores), len(losses)) == (337, 100, 100)


def test_the_norm_of_what_comes_back_stands_on_an_edge():
    model = MLP(2, [3, 1])
    y = model([Value(1.0), Value(2.0)])
    y.backward()
    text = draw(y, fold="layer", names={"model": model, "y": y}).source
    hidden = [n for n in topological_order(y) if n.primitive and n.primitive.name == "relu"]
    norm = sum(n.grad**2 for n in hidden) ** 0.5
    assert f'label=" {norm:.3g} "' in text
    assert "of norm" in text


def test_between_single_values_the_local_derivative_stays():
    model = MLP(2, [3, 1])
    y = model([1.0, 2.0])
    e = y - 1.0
    loss = e**2
    loss.backward()
    assert "×" + f"{2 * e.data:.4g}".replace("-", "(-") in draw(loss, fold="layer").source


def test_before_backward_gradients_are_dashes_and_edges_have_no_number():
    text = draw(MLP(2, [3, 1])([1.0, 2.0]), fold="layer").source
    assert "<B>–</B>" in text
    assert 'label="" fontcolor' in text


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_folding_changes_nothing(theme):
    *_, loss = batch(10)
    loss.backward()

    def state():
        return [(id(n), n.data, n.grad, n.label) for n in topological_order(loss)]

    before = state()
    draw(loss, fold="layer", theme=theme, legend=True)
    assert state() == before


def test_an_expression_may_be_folded_too(J):
    text = draw(J, fold="layer").source
    assert text.count('PORT="card"') == 6
    assert "folded into" not in text
