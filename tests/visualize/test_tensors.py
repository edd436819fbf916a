"""Pictures of graphs of Tensors."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from autodiff import Tensor, topological_order
from autodiff.nn import Linear, ReLU, Sequential, cross_entropy
from visualize import draw, focus, path


@pytest.fixture
def digits():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(12, 5), ReLU(), Linear(5, 3))
    images = Tensor(rng.random((8, 12), np.float32))
    loss = cross_entropy(model(images), rng.integers(0, 3, 8))
    return model, loss


def cards(text):
    return text.count('PORT="card"')


def test_a_network_has_a_card_for_each_layer_by_itself(digits):
    model, loss = digits
    loss.backward()
    text = draw(loss, legend=True).source
    assert cards(text) == 4
    for words in ("= relu(x·Wᵀ + b)", "5 × 12", "before relu", "after relu", "constant"):
        assert words in text
    assert "blue: values, their mean ± deviation" in text
    assert f"{np.linalg.norm(model.layers[0].weight.grad):.4g}" in text


def test_without_folding_each_node_has_a_card(digits):
    model, loss = digits
    images = topological_order(loss)[0]
    loss.backward()
    text = draw(loss, fold="none").source
    assert cards(text) == 9
    assert "<B>layer1.weight</B>" in text
    assert "images·layer1.weightᵀ + layer1.bias" in text
    assert images.shape == (8, 12)
    assert text.count("deviation<FONT") == 8  # one number has none
    norm = np.linalg.norm(model.layers[2].weight.grad)
    assert f'label=" {float(f"{norm:.3g}"):.4g} "' in text


def test_before_backward_there_are_dashes(digits):
    _, loss = digits
    text = draw(loss).source
    assert "<B>–</B>" in text
    assert "no gradient has come from" in text


@pytest.mark.parametrize("fold", [None, "none", "neuron", "layer"])
def test_looking_changes_nothing(digits, fold):
    _, loss = digits
    loss.backward()

    def state():
        return [
            (id(n), n.data.tobytes(), None if n.grad is None else n.grad.tobytes(), n.label)
            for n in topological_order(loss)
        ]

    before = state()
    draw(loss, fold=fold, theme="auto").pipe("svg")
    assert state() == before


def test_nan_and_inf_are_counted_in_words():
    x = Tensor([1.0, math.nan, math.inf], requires_grad=True)
    y = (x * 2.0).sum()
    y.backward()
    text = draw(y).source
    assert "2 nan or inf" in text
    assert "<B>nan</B>" in text


@pytest.mark.parametrize(
    "x", [np.zeros((0, 3)), np.ones(()), np.arange(6.0).reshape(1, 2, 3), np.full((2, 2), 1e300)]
)
def test_arrays_of_any_shape_are_drawn(x):
    root = (Tensor(x, requires_grad=True) * 3.0).sum()
    root.backward()
    assert b"<svg" in draw(root).pipe("svg", quiet=True)


def test_a_gradient_made_with_create_graph_is_drawn():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = (x**3).sum()
    y.backward(create_graph=True)
    assert "12.37" in draw(y).source  # √(3² + 12²)


def test_a_part_of_a_graph_of_tensors_is_drawn(digits):
    model, loss = digits
    loss.backward()
    weight = model.layers[2].weight
    assert cards(path(weight, loss).source) == 3
    text = focus(weight, depth=1).source
    assert cards(text) == 2
    assert "+2 more" in text


def test_names_are_escaped():
    x = Tensor([1.0, 2.0], requires_grad=True, label='<b>"&')
    text = draw((x * 2.0).sum(), fold="none").source
    assert "&lt;b&gt;&quot;&amp;" in text
    assert not re.search(r"<B>[^<]*<b>", text)
