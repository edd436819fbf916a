"""The neighbourhood of a node."""

from __future__ import annotations

from autodiff import Value, topological_order
from autodiff.nn import MLP
from visualize.networks import neurons
from visualize.parts import around


def test_a_step_goes_to_operands_or_to_uses_and_stubs_count_the_rest(J):
    order = topological_order(J)
    b = next(node for node in order if node.label == "b")
    part = around(order, b, 1, [], 100)
    assert [node.label for node in part.nodes] == ["b", "u"]
    assert [(s.node.label, s.missing, s.after) for s in part.stubs] == [
        ("u", 1, False),
        ("u", 1, True),
    ]


def test_siblings_are_not_drawn_as_they_lie_on_no_way(J):
    order = topological_order(J)
    u = next(node for node in order if node.label == "u")
    assert "a" not in [node.label for node in around(order, u, 5, [], 100).nodes]


def test_a_neuron_is_one_step_with_all_its_weights():
    model = MLP(2, [3, 1])
    y = model([Value(1.0), Value(2.0)])
    order = topological_order(y)
    found = neurons(order)
    part = around(order, model.parameters()[0], 1, found, 100)
    assert len(part.nodes) == 2 + (3 + 2) + (4 + 1)  # inputs, the neuron, the one it goes to
    assert [stub.missing for stub in part.stubs] == [2, 2, 2]


def test_too_many_cards_are_none(J):
    order = topological_order(J)
    assert around(order, J, 3, [], 5) is None
