"""`why` says of a gradient that is zero, nan, infinite or absent where it became so."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest

from autodiff import (
    Tensor,
    Value,
    exp,
    log,
    maximum,
    minimum,
    no_grad,
    relu,
    safe_where,
    sigmoid,
    sign,
    sqrt,
    tanh,
    where,
)
from autodiff import (
    abs as absolute,
)
from visualize import diagnosis, why


def test_its_example_is_true():
    found = doctest.testmod(diagnosis, report=True)
    assert found.attempted > 3
    assert found.failed == 0


def value(x, label):
    return Value(x, label=label)


def under_no_grad(w):
    with no_grad():
        return w * 2.0


# What is made of w = -3, x = 2, z = 0, and the kind and the words that it is to be answered with.
CASES = {
    "used": (lambda w, x, z: w * x, "fine", "is 2: finite, and not 0"),
    "itself": (lambda w, x, z: w, "fine", "is 1"),
    "not used": (lambda w, x, z: x * 5.0, "not reached", "was not made from w"),
    "float": (lambda w, x, z: x * float(w), "left the graph", "has the number −3 in it"),
    "item": (lambda w, x, z: tanh(x + w.item()), "left the graph", "float(), .item() or .data"),
    "detached": (lambda w, x, z: x * w.detach(), "left the graph", "did w go through .data"),
    "no_grad": (lambda w, x, z: x * under_no_grad(w), "not reached", "was not made from w"),
    "dead relu": (lambda w, x, z: relu(w * x) + x, "dead", "as t₁ = −6 is on its flat side"),
    "relu at 0": (lambda w, x, z: relu(w * z), "dead", "as t₁ = −0 is on its flat side"),
    "two layers dead": (lambda w, x, z: relu(relu(w) - 1.0) * x, "dead", "relu(t₂)"),
    "tanh": (lambda w, x, z: tanh(w * 100.0), "saturated", "t₁ = −300 is so far out"),
    "sigmoid": (lambda w, x, z: sigmoid(w * 1e4), "saturated", "sigmoid(t₁) passes nothing on"),
    "exp": (lambda w, x, z: exp(w * 1e4), "saturated", "so far out"),
    "maximum": (lambda w, x, z: maximum(w, x), "choice", "chooses another number than w = −3"),
    "minimum": (lambda w, x, z: minimum(w * w, x), "choice", "chooses another number than t₁ = 9"),
    "clip": (lambda w, x, z: w.clip(-1.0, 1.0) * x, "choice", "passes nothing on, as it chooses"),
    "where": (lambda w, x, z: where(w > 0.0, w, x), "choice", "passes nothing on"),
    "sign": (lambda w, x, z: sign(w) * x, "step", "it is made of steps"),
    "floor": (lambda w, x, z: w.floor() * x, "step", "it is made of steps"),
    "times 0": (lambda w, x, z: w * 0.0 + x, "zero factor", "it is multiplied by 0"),
    "times z": (lambda w, x, z: (w + x) * z, "zero factor", "it is multiplied by z = 0"),
    "over inf": (lambda w, x, z: w / (x * math.inf), "zero factor", "divided by t₁ = inf"),
    "square at 0": (lambda w, x, z: (w * z) ** 2, "flat point", "is flat at t₁ = −0"),
    "abs at 0": (lambda w, x, z: absolute(w * z), "flat point", "is flat at t₁ = −0"),
    "w - w": (lambda w, x, z: w - w + x, "cancellation", "add up to nothing at w: 1 + −1"),
    "underflow": (lambda w, x, z: w * 1e-200 * 1e-200, "underflow", "1e−200 times 1e−200"),
    "log": (lambda w, x, z: log(w) * x, "fine", "finite"),
    "log of less": (lambda w, x, z: log(w) * w, "forward", "t₁ = log(w) is nan, of w = −3"),
    "overflow": (lambda w, x, z: exp(w * -1e3) * w, "forward", "is inf, of t₁ = 3000"),
    "beside the way": (lambda w, x, z: w * log(z), "forward", "beside the way"),
    "nan to begin with": (lambda w, x, z: w * value(math.nan, "n"), "forward", "n is nan to begin"),
    "sqrt at 0": (lambda w, x, z: sqrt(w * z) * x, "backward", "at t₁ = −0, where ∂t₂/∂t₁ is"),
    "power at 0": (lambda w, x, z: (w + 3.0) ** 0.5, "backward", "all values are finite"),
    "where trap": (
        lambda w, x, z: where(w + 3.0 > 0.0, sqrt(w + 3.0), x) + w * 0.0,
        "where", "write where(c, f(where(c, t",
    ),
    "where trap of log": (
        lambda w, x, z: where(w > 0.0, log(w + 3.0), w), "where", "which is no part of J",
    ),
    "the rewrite": (
        lambda w, x, z: safe_where(w > 0.0, sqrt, w, 0.0) + w, "fine", "is 1: finite",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_cause_is_found(name):
    make, kind, words = CASES[name]
    w, x, z = value(-3.0, "w"), value(2.0, "x"), value(0.0, "z")
    J = make(w, x, z)
    if J is not w:
        J.label = "J"
    before = [node.grad for node in (w, x, z)]
    found = why(J, w)
    assert (found.kind, words in str(found)) == (kind, True), str(found)
    assert [node.grad for node in (w, x, z)] == before
    assert str(found).startswith("∂")


def test_constants_have_no_gradient():
    w = value(-3.0, "w")
    c = w.detach()
    c.label = "c"
    assert why(w * c, c).kind == "constant"
    t, u = Tensor([1.0], label="t"), Tensor([2.0], requires_grad=True, label="u")
    assert "does not require a gradient" in str(why((t * u).sum(), t))


def test_two_ways_with_a_cause_each():
    w = value(-3.0, "w")
    J = relu(w) + tanh(w * 100.0)
    found = why(J, w)
    assert found.kind in ("dead", "saturated")
    assert "and so on the other ways, at " in str(found)


def test_it_is_asked_as_explain_is():
    w = Value(-3.0)
    J = relu(w)
    assert str(why(J, "w")) == str(why(w)) == str(why(J, w)) == repr(why(J, w))
    assert "∂J/∂w" in str(why(w))
    with pytest.raises(ValueError, match="got the name 'q'"):
        why(J, "q")
    with pytest.raises(TypeError, match=r"why\(\) got 3.0, a float; expected a Value or Tensor"):
        why(3.0)


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda w: w.relu().sum(), "partly zero", "is 0 at [0, 1], [1, 1] of 4 numbers"),
        (lambda w: (-w.abs()).relu().sum(), "dead", "relu(t₂) passes nothing on"),
        (lambda w: (w * 0.0).sum(), "zero factor", "multiplied by 0"),
        (lambda w: (w.log() * w).sum(), "forward", "is nan at [0, 1], [1, 1] of 4 numbers"),
        (lambda w: (w - w).abs().sqrt().sum(), "backward", "all values are finite"),
        (lambda w: (w * 1e3).tanh().sum(), "saturated", "so far out"),
        (lambda w: (w * 2.0).sum(), "fine", "finite, and not 0"),
        (
            lambda w: (w.detach() * Tensor(np.ones((2, 2)), requires_grad=True)).sum(),
            "left the graph",
            "as a constant",
        ),
    ],
)
def test_of_tensors_it_names_the_indices(make, kind, words):
    w = Tensor([[1.0, -2.0], [0.5, -1.0]], requires_grad=True, label="w")
    with np.errstate(all="raise"):
        found = why(make(w), w)
    assert (found.kind, words in str(found)) == (kind, True), str(found)
