"""Where a nan or an infinity comes from, on the way forward and on the way back."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autodiff import Tensor, Value, custom_vjp, dot, exp, log, record_source, sqrt, where
from autodiff.provenance import backward, forward


def value(x, label=""):
    return Value(x, label=label)


def squared(x):
    return x * x


def tensor(x, label=""):
    return Tensor(x, requires_grad=True, label=label)


# What is made, and the operation that the first bad number is of.
FORWARD = {
    "log": (lambda: 3.0 * log(value(-0.2, "p")), "log(p), where p = -0.2"),
    "an overflow": (lambda: exp(value(1e3)) * 0.0, "exp(1000)"),
    "of two": (
        lambda: value(1e308, "a") * value(2, "b"), "multiply(a, b), where a = 1e+308, b = 2",
    ),
    "of one": (lambda: squared(value(1e200, "a")), "multiply(a, a), where a = 1e+200"),
    "of a plain number": (lambda: value(1e200) * 1e200, "multiply(1e+200, 1e+200)"),
    "a division": (lambda: 1.0 / value(0.0, "x"), "divide(1, x), where x = 0"),
    "of an array": (
        lambda: tensor([[1.0], [-0.2]], "p").log().mean(), "log(p) at [1, 0], where p = -0.2",
    ),
    "broadcast": (
        lambda: (tensor([[1.0, 2.0]]) / tensor([[1.0], [0.0]], "y")).sum(),
        "divide(1, y) at [1, 0], where y = 0",
    ),
    "a sum": (lambda: tensor([1e308, 1e308], "x").sum(), "sum(x)"),
    "a product": (
        lambda: (tensor([[1e200, 0.0]]) @ tensor([[1e200], [0.0]], "w")).sum(),
        "matmul(an array of shape (1, 2), w) at [0, 0]",
    ),
    "of many": (
        lambda: dot([value(1e200, f"w{i}") for i in range(3)], [1e200, 0.0, 1.0]),
        "dot(w0, w1, w2, 1e+200, ...), where w0 = 1e+200, w1 = 1e+200, w2 = 1e+200",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORWARD)
def test_the_operation_that_made_it_is_found(name):
    make, words = FORWARD[name]
    with np.errstate(all="raise"):
        origin = forward(make())
    assert (origin.call({}), origin.made) == (words, True)
    assert not math.isfinite(origin.number)


def test_a_leaf_that_was_so_to_begin_with_made_nothing():
    n = value(math.nan, "n")
    origin = forward(n * 2.0)
    assert (origin.node, origin.made) == (n, False)
    origin = forward(value(1.0) * math.inf)
    assert not origin.made, "nor did an operation that was handed an infinity"


def test_where_all_is_finite_nothing_is_found():
    J = log(value(2.0)) * 3.0
    assert forward(J) is backward(J) is None
    T = tensor([1.0, 2.0]).log().sum()
    assert forward(T) is backward(T) is None
    assert backward(value(2.0).detach()) is None


def test_a_bad_number_that_the_root_was_not_made_bad_by_is_passed_over():
    x = value(-1.0, "x")
    harmless = 1.0 / exp(value(1e3, "h"))
    assert forward(harmless + log(x)).call({}) == "log(x), where x = -1"
    untaken = where(x > 0.0, log(x), 1.0)
    assert forward(untaken).call({}) == "log(x), where x = -1", "of a good root it is the first"


# What is made, and where on the way back the first bad number comes of.
BACKWARD = {
    "sqrt": (
        lambda: sqrt(value(0.0, "x")) * 3.0, "sqrt(x), where x = 0: 3 arrives, and inf leaves it",
    ),
    "0 times it": (
        lambda: where(False, sqrt(value(0.0)), 1.0), "sqrt(0): 0 arrives, and nan leaves it",
    ),
    "an array": (
        lambda: (tensor([[1.0, 0.0]], "x").sqrt() * 3.0).sum(),
        "sqrt(x) at [0, 1], where x = 0: 3 arrives, and inf leaves it",
    ),
    "a broadcast one": (
        lambda: (tensor([0.0], "x") ** 0.5 * np.ones((2, 1))).sum(),
        "power(x, 0.5) at [0], where x = 0: 2 arrives, and inf leaves it",
    ),
    "an overflow": (
        lambda: value(1e-300) * 1e200 * 1e200,
        "multiply(1e-300, 1e+200): 1e+200 arrives, and inf leaves it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BACKWARD)
def test_the_way_back_that_made_it_is_found(name):
    make, words = BACKWARD[name]
    with np.errstate(all="raise"):
        root = make()
        assert forward(root) is None
        origin = backward(root)
    assert origin.told({}) == words


def test_shares_that_add_up_to_infinity():
    x = value(0.0, "x")
    origin = backward(x * 1e308 + x * 1e308)
    assert (origin.node, origin.argnum, origin.operand) == (x, None, x)
    assert origin.told({}) == "the shares of x add up to inf"


def test_only_the_nodes_within_are_gone_over():
    x, y = value(0.0, "x"), value(4.0, "y")
    a, b = sqrt(x), sqrt(y)
    J = a + b
    assert backward(J).node is a
    assert backward(J, [J, b, y]) is None


def test_names_are_those_given_and_then_labels():
    p = value(-0.2)
    assert forward(log(p)).call({id(p): "w[0]"}) == "log(w[0]), where w[0] = -0.2"


@custom_vjp(lambda g, y, x: g * (x * 0.0 + math.nan))
def treacherous(x):
    return x * 1.0


def test_the_rules_of_users_are_found_too():
    assert "treacherous(1): 1 arrives, and nan leaves it" in backward(treacherous(value(1.0))).told(
        {}
    )
    assert backward(treacherous(tensor([1.0, 2.0])).sum()).told({}).startswith("treacherous(")


def test_behind_a_backward_by_hand_nothing_is_known():
    x = Value(0.0)
    y = sqrt(x)
    y._backward = lambda: None
    assert backward(y * 2.0) is None


def test_it_knows_the_line_if_that_was_recorded():
    with record_source():
        J = log(value(-1.0)) * 2.0
    assert "J = log(value(-1.0)) * 2.0" in forward(J).source.text
    assert forward(log(value(-1.0))).source is None
