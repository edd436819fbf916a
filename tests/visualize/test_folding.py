"""Values that were made alike are found to be so."""

from __future__ import annotations

import random

import pytest

from autodiff import Value, dot, relu, tanh, topological_order
from autodiff.nn import MLP, Module
from visualize.folding import fold
from visualize.limits import TooLarge
from visualize.networks import neurons


def folded(root, most=1000, **names):
    nodes = topological_order(root)
    return fold(nodes, neurons(nodes), [names], most)


def sizes(found):
    return {group.name: len(group.results) for group in found.groups}


def batch(n=20):
    random.seed(1)
    model = MLP(2, [4, 1])
    scores = model([[random.random(), random.random()] for _ in range(n)])
    losses = [relu(1.0 - y * score) for y, score in zip((1.0, -1.0) * n, scores)]
    return model, scores, losses, sum(losses) / n


def test_a_batch_folds_to_its_layers_and_to_one_card_for_each_step_of_the_loss():
    model, scores, losses, loss = batch()
    found = folded(loss, model=model, scores=scores, losses=losses, loss=loss)
    assert sizes(found) == {
        "layer1": 80, "scores": 20, "product": 20, "difference": 20, "losses": 20, "t₁": 1,
        "loss": 1,
    }  # fmt: skip
    assert {group.name: group.module for group in found.groups}["scores"] == "layer2"


def test_without_a_model_the_layers_are_found_by_what_they_share():
    *_, loss = batch()
    found = sizes(folded(loss))
    assert (found["layer1"], found["layer2"], len(found)) == (80, 20, 7)


def test_every_value_is_in_one_group():
    *_, loss = batch()
    found = folded(loss)
    nodes = topological_order(loss)
    assert sum(len(group.nodes) for group in found.groups) == len(nodes)
    assert {id(node) for node in nodes} == set(found.place)


def test_a_penalty_is_one_card_for_all_layers():
    model = MLP(2, [3, 1])
    loss = model([1.0, 2.0]) + 0.1 * sum(p * p for p in model.parameters())
    found = folded(loss, model=model, loss=loss)
    assert sizes(found)["square"] == 13
    parameters = model.parameters()
    assert len(folded(model([1.0, 2.0]) + dot(parameters, parameters)).groups) == 4


@pytest.mark.parametrize("step", [lambda x: x + 1.0, lambda x: x * 1.01])
def test_a_chain_of_additions_is_one_sum_and_of_multiplications_one_product(step):
    x = Value(1.0)
    for _ in range(300):
        x = step(x)
    (leaf, total) = folded(x).groups
    assert (len(leaf.nodes), len(total.nodes), len(total.results)) == (1, 300, 1)


def test_named_leaves_keep_cards_of_their_own_and_lists_share_one():
    a, b = Value(1.0), Value(2.0)
    w = [Value(float(i)) for i in range(5)]
    root = sum(x * a for x in w) + b
    assert set(sizes(folded(root, a=a, b=b, w=w))) >= {"a", "b", "w"}


def test_a_network_of_somebodys_own_neurons_folds_by_its_layers():
    class Own(Module):
        def __init__(self, nin):
            self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
            self.b = Value(0.0)

        def __call__(self, x):
            return tanh(sum((wi * xi for wi, xi in zip(self.w, x)), self.b))

    class Own2(Module):
        def __init__(self):
            self.neurons = [Own(3) for _ in range(4)]

    layer = Own2()
    out = [n([0.1 * i, 0.2, 0.3]) for i in range(10) for n in layer.neurons]
    found = folded(sum(out), layer=layer)
    assert sizes(found)["w"] == 12
    assert len(found.groups) == 6


def test_what_does_not_fold_is_refused_as_soon_as_there_is_too_much_of_it():
    x = Value(1.0)
    for i in range(500):
        x = tanh(x) if i % 2 else x * 1.1
    with pytest.raises(TooLarge, match="more than 100 kinds of values"):
        folded(x, most=100)
