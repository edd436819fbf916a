"""`diff` finds where two graphs, or two sets of gradients, part first, and names the mistake."""

from __future__ import annotations

import doctest
import math

import numpy as np
import pytest

from autodiff import Tensor, Value, no_grad
from visualize import comparison, diff


def test_its_example_is_true():
    found = doctest.testmod(comparison, report=True)
    assert found.attempted > 4
    assert found.failed == 0


def graph():
    """Return J = 3 * (a + b*c) + a, swept, and its leaves."""
    a, b, c = (Value(x, label=name) for x, name in ((5.0, "a"), (3.0, "b"), (2.0, "c")))
    u = b * c
    u.label = "u"
    J = 3.0 * (a + u) + a
    J.label = "J"
    J.backward()
    return J, a, b, c


def test_gradients_that_agree():
    J, a, b, _ = graph()
    found = diff(J, {"a": 4.0, b: 6.0 * (1.0 + 1e-12), "c": np.float32(9.0)})
    assert not found
    assert str(found) == "gradients: all 3 agree"
    assert not diff(J, J)
    assert str(diff(J, graph()[0])) == "values: all 7 agree\ngradients: all 7 agree"
    assert a.grad == 4.0


@pytest.mark.parametrize(
    ("name", "there", "words"),
    [
        ("a", 3.0, "is the share of t₁ = a + u alone: were the others overwritten (= for +=)?"),
        ("a", 1.0, "is the share of J = t₂ + a alone"),
        ("a", -4.0, "the sign is turned"),
        ("a", 8.0, "twice as much: two calls of backward() without zero_grad() between?"),
        ("a", 0.0, "it is 0: was backward() called"),
        ("a", None, "there nothing came back: is it part"),
        ("b", 2.0, "it is ∂u/∂b alone: was the factor ∂J/∂u forgotten?"),
        ("c", 3.0, "it is ∂u/∂c alone"),
        ("b", 3.0, "it is ∂J/∂u unchanged: was the factor ∂u/∂b forgotten?"),
        ("J", 2.0, "J is the root: backward() starts there"),
    ],
)
def test_the_mistake_is_named(name, there, words):
    J, *_ = graph()
    found = diff(J, {name: there})
    assert found
    assert words in str(found).splitlines()[-1]
    (first,) = found.gradients
    assert (first.name, first.there) == (name, there)
    assert f"first that of {name}: " in str(found).splitlines()[0]


def test_what_explains_nothing_is_not_explained():
    J, *_ = graph()
    lines = str(diff(J, {"a": 17.0})).splitlines()
    assert lines[0] == "gradients: 1 of 1 differs, first that of a: 4 here, 17 there"
    assert lines[1:] == ["  ∂J/∂a = 1 + 3, of J = t₂ + a and of t₁ = a + u"] or lines[1:] == [
        "  ∂J/∂a = 3 + 1, of t₁ = a + u and of J = t₂ + a"
    ]


def test_the_gradient_that_is_nearest_to_the_root_comes_first():
    J, *_ = graph()
    found = diff(J, {"c": 0.1, "b": 0.2, "u": 0.3, "a": 4.0})
    assert found.gradients[0].name == "u"
    assert {d.name for d in found.gradients} == {"u", "b", "c"}
    assert str(found).startswith("gradients: 3 of 4 differ, first that of u: 3 here, 0.3 there")


def test_values_of_two_graphs():
    J, *_ = graph()
    other, a, _, _ = graph()
    a.data = 6.0
    found = diff(J, other)
    assert [d.name for d in found.values] == ["a"]
    assert "first a: 5 here, 6 there\n  a is a leaf" in str(found)
    other, *_ = graph()
    other.inputs[0].data = math.nan
    found = diff(J, other)
    assert (found.values[0].name, len(found.values)) == ("t₂", 1)
    assert "its operands are equal in both: t₂ = 3 × t₁ is computed otherwise there" in str(found)


def test_graphs_that_are_made_otherwise():
    p = Value(1.0, label="p")
    one, two = (p * 2.0) + 1.0, (p * 3.0) + 1.0
    found = diff(one, two)
    assert found.parting is one.inputs[0]
    assert str(found).startswith("the graphs part at t₁: multiply(·, 2) here, multiply(·, 3) there")
    longer = diff(one, one + p)
    assert "nothing more here, add(·, ·) there" in str(longer)
    assert "add(·, ·) here, nothing more there" in str(diff(one + p, one))
    assert "a leaf here" in str(diff(Value(1.0), Value(1.0) * 2.0)) or longer


def test_tensors_are_compared_element_by_element():
    w = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True, label="w")
    root = (w * w).sum()
    root.backward()
    assert not diff(root, {"w": w.grad.tolist()})
    wrong = w.grad.copy()
    wrong[1, 0] = 0.0
    assert "first that of w: most at [1, 0], 6 here, 0 there" in str(diff(root, {"w": wrong}))
    assert "shape (2, 2) here, (2,) there" in str(diff(root, {"w": [1.0, 2.0]}))
    assert diff(root, {"w": np.full((2, 2), np.nan)})


def test_tensors_of_other_libraries():
    torch = pytest.importorskip("torch")
    J, *_ = graph()
    a = torch.tensor(5.0, dtype=torch.float64, requires_grad=True)
    (3.0 * (a + 6.0) + a).backward()
    assert not diff(J, {"a": a.grad})


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda J: diff(J, 3.0), TypeError, "got 3.0, a float; expected a Value or Tensor"),
        (lambda J: diff(3.0, J), TypeError, "got 3.0, a float; expected a Value or Tensor"),
        (
            lambda J: diff(J, {"z": 1.0}),
            ValueError,
            "got a gradient of 'z'; expected one of a, b, c",
        ),
        (lambda J: diff(J, {"a": "much"}), TypeError, "got a str as the gradient of a"),
        (lambda J: diff(Value(1.0, label="x") * 2.0, {"x": 2.0}), ValueError, "without gradients"),
    ],
)
def test_what_cannot_be_compared_is_told(call, kind, words):
    J, *_ = graph()
    with pytest.raises(kind, match=words):
        call(J)


def test_gradients_of_constants_are_none():
    with no_grad():
        c = Value(2.0, label="c") * 1.0
    c.label = "c"
    x = Value(3.0, label="x")
    J = x * c
    J.backward()
    found = diff(J, {"x": 2.0, "c": 3.0})
    assert "first that of c: none here, 3 there" in str(found)


def test_two_calls_of_backward_here_are_told_and_nothing_else():
    J, *_ = graph()
    J.backward()
    text = str(diff(J, {"a": 4.0, "b": 6.0, "c": 9.0}))
    assert "here it is not the sum of its shares: was backward() called twice" in text
    assert "there" not in text.split("not the sum")[1]
    w = Tensor([[1.0, 2.0]], requires_grad=True, label="w")
    root = (w * w).sum()
    root.backward()
    root.backward()
    assert "here it is not the sum of its shares" in str(diff(root, {"w": [[2.0, 4.0]]}))


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ({"a": 2.0, "b": 3.0, "c": 4.5}, "there all are the right ones times 0.5"),
        ({"a": 4.0, "b": 9.0, "c": 6.0}, "those of c and b are swapped"),
        ({"a": 8.0, "b": 12.0, "c": 18.0}, "two calls of backward()"),
        ({"a": math.nan, "b": 6.0}, "there it is nan"),
    ],
)
def test_what_explains_several_gradients_is_told(there, words):
    J, *_ = graph()
    text = str(diff(J, there))
    assert words in text or words.replace("c and b", "b and c") in text, text


def test_one_leaf_of_several_that_is_doubled_is_not_two_calls():
    J, *_ = graph()
    assert "two calls" not in str(diff(J, {"a": 4.0, "b": 12.0, "c": 9.0}))


def test_transposed_and_nan_arrays_are_told():
    w = Tensor([[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]], requires_grad=True, label="w")
    root = (w * w).sum()
    root.backward()
    assert "there it is transposed" in str(diff(root, {"w": w.grad.T}))
    assert "there it is nan" in str(diff(root, {"w": w.grad * math.nan}))


def test_nothing_to_compare_and_one_to_compare():
    J, *_ = graph()
    with pytest.raises(ValueError, match="an empty dict; expected one at least"):
        diff(J, {})
    assert str(diff(J, {"a": 4.0})) == "gradients: the one agrees"


def test_the_tensor_itself_in_place_of_its_gradient_is_refused():
    class Foreign:
        requires_grad = is_leaf = True

        def detach(self):
            return 6.0

    J, *_ = graph()
    with pytest.raises(TypeError, match=r"requires a gradient itself as .* write b\.grad"):
        diff(J, {"b": Foreign()})


def test_large_shares_that_cancel_are_no_second_call():
    a = Value(1.0, label="a")
    J = a * 1e16 - a * 1e16 + a
    J.backward()
    assert "backward() called twice" not in str(diff(J, {"a": 5.0}))


def test_a_finite_gradient_does_not_agree_with_an_infinite_one():
    a = Value(2.0)
    J = a * 3.0
    J.backward()
    assert diff(J, {"a": float("inf")})
    assert diff(J, {"a": float("nan")})
    assert not diff(J, {"a": 3.0})
