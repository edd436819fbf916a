"""Count first, stop early."""

from __future__ import annotations

import pytest

from autodiff import Value
from visualize.limits import counted, refusal


def chain(n):
    x = Value(1.0)
    for _ in range(n):
        x = x + 1.0
    return x


def test_a_graph_up_to_the_limit_is_counted_and_a_larger_one_is_not(J):
    assert counted(J, 6) == 6
    assert counted(J, 5) is None
    assert counted(chain(100_000), 200_000) == 100_001


def test_a_value_used_often_counts_once_until_its_uses_are_far_too_many():
    x = Value(1.0)
    assert counted(Value(1.0, (x,) * 100, "sum"), 10) == 2
    assert counted(Value(1.0, (x,) * 2000, "sum"), 10) is None


@pytest.mark.parametrize("limit, advised", [(150, 5000), (1000, 5000), (5000, 25000)])
def test_the_refusal_advises_a_limit_above_the_one_that_was(limit, advised):
    assert f"draw(J, limit={advised}) insists" in str(refusal("so many values", limit))
