"""The layers of graphs of Tensors."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff import Tensor, relu, tanh, topological_order
from autodiff.nn import BatchNorm1d, Embedding, Linear, ReLU, Sequential
from visualize.names import name_all
from visualize.reading import Reading
from visualize.strata import layer_formula, layers, shape, words


def tensor(*sizes):
    numbers = np.random.default_rng(1).normal(size=sizes)
    return Tensor(numbers, requires_grad=True)


def found(root, **names):
    nodes = topological_order(root)
    called = name_all(nodes, names)
    return [(layer, layer_formula(layer, called)) for layer in layers(nodes, called)]


def test_a_linear_layer_and_its_activation_are_one():
    model = Sequential(Linear(4, 3), ReLU(), Linear(3, 2))
    one, two = found(model(np.ones((5, 4), np.float32)), model=model)
    assert one[1] == "relu(x·Wᵀ + b)"
    assert one[0].parameters == tuple(model.layers[0].parameters())
    assert one[0].is_activated
    assert two[1] == "x·Wᵀ + b"
    assert not two[0].is_activated


def test_hand_written_layers_are_found_too():
    x, W, b = Tensor(np.ones((5, 4))), tensor(4, 3), tensor(3)
    ((layer, formula),) = found(tanh(x @ W + b), W=W, b=b)
    assert formula == "tanh(x·W + b)"
    assert len(layer.nodes) == 3


def test_a_layer_ends_where_its_result_is_used_twice():
    x, W = Tensor(np.ones((5, 4))), tensor(4, 4)
    z = x @ W
    ((layer, formula),) = found(relu(z) + z, W=W)
    assert (len(layer.nodes), formula) == (1, "x·W")


@pytest.mark.parametrize(
    "root", [lambda: tensor(3) * tensor(3), lambda: (tensor(3) ** 2).sum(), lambda: tensor(3, 3)]
)
def test_what_has_nothing_but_leaves_in_it_is_no_layer(root):
    assert found(root()) == []


def test_a_scale_of_a_module_belongs_to_a_layer_of_it_and_a_table_to_none():
    model = Sequential(Linear(4, 3), BatchNorm1d(3))
    assert len(found(model(np.ones((5, 4), np.float32)), model=model)) >= 1
    table = Embedding(5, 2)
    assert found(table(np.array([1, 2])), table=table) == []


def test_operations_are_said_in_words_for_arrays():
    x, W = tensor(5, 4), tensor(3, 4)
    root = (x @ W.T).sum()
    nodes = topological_order(root)
    reading = Reading(root, name_all(nodes, {"x": x, "W": W, "J": root}))
    assert [words(reading, node) for node in nodes] == ["", "", "Wᵀ", "x·t₁", "sum(t₂)"]
    assert [shape(node) for node in nodes][-2:] == ["5 × 3", "one number"]
    assert words(Reading(r := x.reshape(20), {id(x): "x"}), r) == "x as 20"
