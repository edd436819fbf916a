"""`why` says of a gradient that is zero, nan, infinite or absent where it became so."""

from __future__ import annotations

import doctest
import math
import sys

import numpy as np
import pytest

from autodiff import (
    Tensor,
    Value,
    exp,
    log,
    maximum,
    minimum,
    nn,
    no_grad,
    record_source,
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
    "float": (lambda w, x, z: x * float(w), "not reached", "has the number −3 in it, which w is"),
    "item": (lambda w, x, z: tanh(x + w.item()), "not reached", "float(), .item() or .data"),
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


# -- the line that is to blame ---------------------------------------------------------------------

COLUMNS = sys.version_info >= (3, 11)  # before, Python knows the line alone
HOW = "with autodiff.record_source(): ... around it would tell the line"

# How J is made, the kind, and what of it the caret points at; None if no line is to blame.
LINES = {
    "dead": (lambda w, x: relu(w * x) * 5, "dead", "relu(w * x)"),
    "saturated": (lambda w, x: 1.0 + tanh(w * 100), "saturated", "tanh(w * 100)"),
    "step": (lambda w, x: w.floor() * x, "step", "w.floor()"),
    "choice": (lambda w, x: maximum(w, x) * 2.0, "choice", "maximum(w, x)"),
    "zero factor": (lambda w, x: (w + x) * 0.0 + x, "zero factor", "(w + x) * 0.0"),
    "flat point": (lambda w, x: (w + 3.0) ** 2 + x, "flat point", "(w + 3.0) ** 2"),
    "cancellation": (lambda w, x: (-w + w) * 2.0, "cancellation", None),
    "underflow": (lambda w, x: w * 1e-200 * 1e-200, "underflow", "w * 1e-200"),
    "forward": (lambda w, x: log(w) * w, "forward", "log(w)"),
    "backward": (lambda w, x: sqrt(w + 3.0) * x, "backward", "sqrt(w + 3.0)"),
    "where": (lambda w, x: where(w > 0.0, log(w + 3), x) + w, "where", "log(w + 3)"),
    "constant": (lambda w, x: x * w.detach() * 2.0, "left the graph", "w.detach()"),
    "fine": (lambda w, x: w * x, "fine", None),
}


def pointed_at(text):
    """Return what the carets of the last line stand below."""
    *_, line, carets = text.splitlines()
    assert set(carets) == {" ", "^"}
    return line[carets.index("^") : len(carets)]


@pytest.mark.parametrize("kind", ["Value", "Tensor"])
@pytest.mark.parametrize("name", LINES)
def test_the_line_is_shown_with_a_caret(name, kind):
    make, kind_of_answer, expression = LINES[name]
    if (name, kind) == ("underflow", "Tensor"):
        pytest.skip("of arrays there is no local derivative to tell it by")
    if kind == "Value":
        w, x = value(-3.0, "w"), value(2.0, "x")
    else:
        w, x = (Tensor([n], requires_grad=True, label=s) for n, s in ((-3.0, "w"), (2.0, "x")))
    with record_source():
        J = make(w, x) + 0.0 if kind == "Value" else make(w, x).sum()
    found = why(J, w)
    assert found.kind == kind_of_answer
    if expression is None:
        assert "test_diagnosis.py" not in str(found)
        return
    line = make.__code__.co_firstlineno
    assert f"\n  line {line} of " in str(found)
    assert f'"{name}": (lambda w, x: ' in str(found)
    assert HOW not in str(found)
    if COLUMNS:
        assert pointed_at(str(found)) == expression


def test_one_is_told_how_to_have_the_line_where_it_says_most():
    w, x = value(-3.0, "w"), value(0.0, "x")
    for J in (log(w) * w, sqrt(w * x), where(w > 0.0, log(w + 3), w), x * float(w)):
        assert str(why(J, w)).endswith(f"\n  {HOW}")
    for J in (relu(w), w * x, w * 2.0, x * 1.0, w * value(math.nan, "n")):
        assert HOW not in str(why(J, w))


def test_a_number_that_left_is_told_with_the_line_where_it_did(monkeypatch):
    x = value(2.0, "x")
    with record_source():
        w = value(-3.0, "w")
        s = float(w)
        J = x * s
    text = str(why(J, w))
    here = "test_diagnosis.py:  "
    assert why(J, w).kind == "left the graph"
    assert f"{here}s = float(w)" in text
    assert f"{here}J = x * s" in text
    assert "  its number left the graph in line " in text
    with record_source():
        K = x * (2.0 * w.item())
    text = str(why(K, w))
    assert why(K, w).kind == "not reached"
    assert f"{here}K = x * (2.0 * w.item())" in text, "what became of it is not known, where is"


def test_an_equal_number_is_a_possibility_and_an_exponent_is_none():
    u, k, v = value(2.0, "u"), value(9.0, "k"), value(7.0, "v")
    assert "number 2" not in str(why(k**2, u))
    found = why(2.0 * v, u)
    assert found.kind == "not reached"
    assert "has the number 2 in it, which u is too: did u go through float()" in str(found)


def test_a_number_that_left_is_preferred_to_one_that_is_equal_by_chance():
    w, v = value(2.0, "w"), value(7.0, "v")
    with record_source():
        h = w * 3.0
        s = float(h)
        J = v * 2.0 + s
    found = why(J, w)
    assert found.kind == "left the graph"
    assert "the number 6 in it, that of h, and not h itself" in str(found)
    assert "s = float(h)" in str(found)
    k = Value(h.data)
    J = k**2
    assert "k is the number 6, which h is too: was k made of h.data?" in str(why(J, w))


def test_a_line_where_a_number_was_taken_is_no_more_than_a_question():
    w, v = value(2.5, "w"), value(7.0, "v")
    with record_source():
        format(float(w))
        h = w * 3.0
        J = math.cos(h) * v
        with no_grad():
            c = w * 5.0
        K = v * c
    text = str(why(J, w))
    assert why(J, w).kind == "not reached"
    assert "a number was taken from w in line " in text
    assert "a number was taken from h in line " in text
    assert "J = math.cos(h) * v" in text
    assert "  did it go on from there?" in text
    assert "K was made of the constant c, made in line " in str(why(K, w))


def test_a_new_value_in_place_of_the_old_is_told():
    w = Value(2.0)
    L = w * w
    L.backward()
    w = w - 0.1 * w.grad
    assert "w is a new Value, made of what L was made from, after it" in str(why(L, w))
    assert "write w.data -= ..." in str(why(L, w))
    x = Value(2.0)
    J = x * x
    J.backward()
    y = x - 1.0
    assert "not in the graph" not in str(why(J, y))
    assert "is a new Value" not in str(why(J, y))


@pytest.mark.parametrize("function", [relu, tanh])
def test_a_long_chain_is_no_recursion(function):
    x = value(0.5, "x")
    h = x
    for _ in range(20_000):
        h = h + 1.0
    J = function(-h)
    assert why(J, x).kind in ("dead", "saturated")


def test_a_root_that_is_bad_is_told_beside_a_good_gradient():
    w, n = value(2.0, "w"), value(-1.0, "n")
    J = w * 3.0 + log(n)
    assert "  J itself is nan: forward, t₂ = log(n) is nan, of n = −1" in str(why(J, w))


def test_of_a_tiny_gradient_the_smallest_factors_are_told():
    w = value(2.0, "w")
    J = w * 1e-5 * 3.0 * 1e-4
    text = str(why(J, w))
    assert "the smallest factors on the way: ∂t₁/∂w = 1e−05, ∂J/∂t₂ = 0.0001, ∂t₂/∂t₁ = 3" in text
    assert "smallest" not in str(why(w * 1e-3, w))


def test_a_zero_that_a_relu_made_is_told_as_such():
    w = value(-3.0, "w")
    J = relu(w) ** 2
    assert "\n  t₁ = relu(w) is 0, as w = −3 is on its flat side" in str(why(J, w))


def test_of_a_partly_zero_gradient_the_first_zero_is_explained():
    w = Tensor([[1.0, -2.0], [0.5, -1.0]], requires_grad=True, label="w")
    mask = Tensor([[1.0, 0.0], [1.0, 1.0]], label="mask")
    text = str(why(((w * 0.5).relu() * 3.0).sum(), w))
    assert "is 0 at [0, 1], [1, 1] of 4 numbers, and not 0 elsewhere" in text
    assert "relu(t₁) passes nothing on, as t₁[0, 1] = −1 is on its flat side" in text
    assert "multiplied by mask[0, 1] = 0" in str(why((w * mask).exp().sum(), w))


def test_a_constant_is_told_with_the_line_that_made_it():
    w = value(-3.0, "w")
    with record_source(), no_grad():
        c = w * 2.0 + 0.0
    text = str(why(w * c, c))
    assert "c is a constant" in text
    assert "c = w * 2.0 + 0.0" in text


def test_in_a_model_the_call_of_it_is_pointed_at():
    model = nn.MLP(2, [2, 1])
    for parameter in model.parameters():
        parameter.data = -1.0  # so that all neurons are dead
    with record_source():
        y = -model([1e3, 1e3])
    text = str(why(y, model.parameters()[0]))
    assert "y = -model([1e3, 1e3])" in text
    layers = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    layers.layers[0].bias.data[:] = -1e9
    with record_source():
        loss = layers(np.ones((1, 2))).sum()
    also = str(why(loss, layers.layers[0].weight))
    assert "loss = layers(np.ones((1, 2))).sum()" in also
    if COLUMNS:
        assert pointed_at(text) == "model([1e3, 1e3])"
        assert pointed_at(also) == "layers(np.ones((1, 2)))"


def test_an_infinity_that_does_no_harm_is_not_blamed():
    w = Tensor([1.0, -2.0, 3.0], requires_grad=True, label="w")
    mask = Tensor([0.0, -np.inf, 0.0], label="mask")
    J = ((w + mask).softmax() * w.log()).sum()
    found = why(J, w)
    assert (found.kind, "log(w) is nan at [1]" in str(found)) == ("forward", True), str(found)


def test_of_tensors_the_numbers_at_the_index_are_told():
    w = Tensor([[4.0, 1.0], [0.0, 1.0]], requires_grad=True, label="w")
    text = str(why((w.sqrt() * 3.0).sum(), w))
    assert "at w[1, 0] = 0" in text
    assert "3 arrives at t₁[1, 0]" in text
    text = str(why((w - 1.0).log().sum(), w))
    assert "is −inf at [0, 1], [1, 0], [1, 1] of 4" in text.replace("nan", "−inf")
    assert "of t₁[0, 1] = 0" in text
    broadcast = Tensor([[0.0], [-1.0]], requires_grad=True, label="b")
    text = str(why((w * 0.0 / broadcast).sum(), broadcast))
    assert "of t₁[0, 0] = 0, b = 0" in text, "which is not b[0, 1] of it"
    trap = where(Tensor([[True, True], [False, True]]), w.sqrt(), 0.0).sum()
    assert why(trap, w).kind == "where"


def test_of_a_good_root_only_what_the_way_back_touches_is_blamed():
    x, w = Value(1.0), Value(0.0)
    m = log(x - 1.0)
    J = exp(m) * 2.0 + sqrt(w)
    found = why(J, w)
    assert found.kind == "backward"
    assert "sqrt(w) at w = 0" in str(found)
    masked = where(False, x, -math.inf)
    assert why(exp(masked) + sqrt(w), w).kind == "backward"
    assert why(where(False, log(w), w * 2.0), w).kind == "where"
