"""`summary`, for a graph of any size."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest

from autodiff import Tensor, Value, log, topological_order
from autodiff.nn import MLP, Linear, ReLU, Sequential
from tests.long import ALL
from visualize import summary


def test_an_expression_is_summarised():
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    J = 3 * (a + b * c)
    J.backward()
    assert str(summary(J)) == (
        "J: 33\n"
        "values      6: 3 inputs, 3 operations\n"
        "operations  multiply 2, add 1\n"
        "depth       3\n"
        "gradients   |grad| from 1 (J) to 9 (c), none of 6 is 0\n"
        "not finite  none"
    )
    assert repr(summary(J)) == str(summary(J))


def test_before_backward_it_says_so():
    assert "gradients   none yet: call backward()" in str(summary(Value(1.0) * 2.0))


def test_the_first_value_that_is_not_finite_is_named_with_its_operation():
    x = Value(1.0)
    bad = log(x - 2.0)
    y = bad * 3.0 + x
    y.backward()
    text = str(summary(y))
    assert "3 values; the first is bad, nan, which is log(the result of subtract = -1)" in text
    x = Value(math.inf)
    assert "1 value; the first is x, inf" in str(summary(1.0 / x))


def test_the_first_gradient_that_is_not_finite_is_the_first_in_backward():
    x = Value(0.0)
    y = x**0.5
    z = y * 2.0
    z.backward()
    assert "1 gradient; the first in backward is of x, inf" in str(summary(z))


def test_dead_gradients_are_counted_and_each_layer_has_a_row():
    model = MLP(2, [4, 1])
    for weight in model.layers[0].parameters():
        weight.data = -1.0
    loss = model([1.0, 1.0])
    loss.backward()
    text = str(summary(loss))
    assert "are 0 (dead)" in text
    rows = text.split("\n\n")[1].splitlines()
    assert [row.split()[0] for row in rows] == ["layer", "layer1", "layer2"]
    assert rows[1].split()[1] == "12"
    assert rows[1].split()[-1] == "12"


def test_tensors_are_summarised_by_their_numbers():
    model = Sequential(Linear(4, 3), ReLU(), Linear(3, 1))
    loss = model(np.ones((5, 4), np.float32)).sum()
    loss.backward()
    text = str(summary(loss))
    assert "numbers     " in text
    rows = text.split("\n\n")[1].splitlines()
    assert rows[1].split()[:2] == ["layer1", "15"]
    x = Tensor([1.0, math.nan], requires_grad=True)
    assert "the first is x, shape 2, 1 of 2 nan or inf" in str(summary(x * 2.0))


def test_it_changes_nothing():
    model = MLP(2, [4, 1])
    loss = model([1.0, 1.0])
    loss.backward()
    before = [(id(n), n.data, n.grad) for n in topological_order(loss)]
    summary(loss)
    assert [(id(n), n.data, n.grad) for n in topological_order(loss)] == before


def test_what_is_no_value_is_refused():
    with pytest.raises(TypeError, match=r"summary\(\) got 5, an int"):
        summary(5)


@pytest.mark.slow
@pytest.mark.skipif(not ALL, reason="takes six seconds; AUTODIFF_TESTS=all runs it")
def test_a_million_values_are_summarised_without_recursion():
    x = Value(1.0)
    for _ in range(1_000_000):
        x = x + 1e-6
    x.backward()
    start = time.perf_counter()
    text = str(summary(x))
    print(f"a million values in {time.perf_counter() - start:.1f} s")
    assert "values      1,000,001" in text
