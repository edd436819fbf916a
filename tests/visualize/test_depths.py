"""How deep nodes are, and the gradients by depth."""

from __future__ import annotations

import math

import pytest

from autodiff import Tensor, Value
from visualize.depths import COLUMNS, depths, levels_of


def test_the_depth_of_a_node_is_the_longest_way_from_a_leaf(J):
    found = depths(J)
    assert [found.of[id(node)] for node in found.nodes] == [0, 0, 0, 1, 2, 3]


def test_levels_have_the_smallest_the_median_and_the_largest(J):
    found = levels_of(J)
    assert [(level.low, level.high) for level in found] == [(6, 9), (3, 3), (3, 3), (1, 1)]
    assert sum(level.total for level in found) == 6


def test_a_leaf_stands_just_before_its_first_use():
    x = w = Value(2.0)
    for _ in range(3):
        x = x * 1.5
    y = x * (late := Value(3.0))
    y.backward()
    assert levels_of(y)[3].total == 2
    assert levels_of(y)[0].total == 1
    assert late.grad
    assert w.grad


def test_zeros_and_what_is_not_finite_are_counted_apart():
    x = Value(0.0)
    y = x * x + Value(math.inf) * Value(1.0)
    y.backward()
    found = levels_of(y)
    assert sum(level.zeros for level in found) == 1
    assert sum(level.bad for level in found) == 1


def test_a_deep_graph_has_as_many_levels_as_the_strip_has_room_for():
    x = Value(1.0)
    for _ in range(100_000):
        x = x * 0.9999
    x.backward()
    found = levels_of(x)
    assert len(found) <= COLUMNS
    assert found[0].median < 1e-3 < found[-1].median <= 1.0
    assert sum(level.total for level in found) == 100_001


def test_every_number_of_an_array_counts():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = (x * x).sum()
    y.backward()
    first = levels_of(y)[0]
    assert (first.total, first.low, first.high) == (3, 2.0, 6.0)
    assert first.median == pytest.approx(4.0)


def test_before_backward_no_level_has_gradients():
    assert [level.total for level in levels_of(Value(1.0) * 2.0)] == [0, 0]
