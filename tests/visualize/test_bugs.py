"""Find the bug: the mistakes that everybody makes, and the step of the page at which they show."""

from __future__ import annotations

import json
import re

import pytest

from autodiff import Value
from visualize import explore


def graph():
    a, b, c = Value(2.0), Value(3.0), Value(-1.0)
    u, v = a * b, a * c
    return {"a": a, "b": b, "c": c, "u": u, "v": v, "K": (u + v) * 5.0}


def bug(names, root="K", **options):
    html = explore(names[root], names=names, **options).html
    data = json.loads(re.search(r'<script id="data"[^>]*>(.*?)</script>', html, re.S)[1])
    if "bug" not in data:
        return None
    step = data["steps"][data["bug"]["step"]]
    edge = (data["names"][step["m"]], data["names"][step["n"]]) if step["k"] == "use" else step["k"]
    return edge, data["bug"]["text"], data["bug"]["grad"], data["bug"]["whose"]


# a is used twice: first, on the way back, by v (share -5), then by u (share 15).
@pytest.mark.parametrize("grads, edge, words", [
    ({"a": 15.0}, ("u", "a"), "the share of u = a × b alone: were the others overwritten"),
    ({"a": -5.0}, ("u", "a"), "the share of v = a × c alone"),
    ({"a": 20.0}, ("v", "a"), "twice as much: two calls of backward()"),
    ({"a": -10.0}, ("v", "a"), "The sign is turned"),
    ({"a": 0.0}, ("v", "a"), "It is 0"),
    ({"a": None}, ("v", "a"), "Nothing came back"),
    ({"a": -5.0 + 3.0}, ("u", "a"), "In the share of u, was the factor ∂K/∂u forgotten?"),
    ({"b": 2.0}, ("u", "b"), "It is ∂u/∂b alone: was the factor ∂K/∂u forgotten?"),
    ({"b": 5.0}, ("u", "b"), "It is ∂K/∂u unchanged: was the factor ∂u/∂b forgotten?"),
    ({"b": 7.7}, ("u", "b"), "From here on it is another number."),
    ({"K": 2.0}, "seed", "backward() starts here, with 1"),
    # v went wrong before c, which follows from it
    ({"c": 4.0, "v": 1.0}, ("t₁", "v"), "It is ∂t₁/∂v alone"),
])  # fmt: skip
def test_the_edge_and_the_mistake_are_found(grads, edge, words):
    found = bug(graph(), grads=grads)
    assert found[0] == edge
    assert words in found[1]
    assert found[3].startswith("given for")


def test_three_uses_and_one_of_them_missing():
    x = Value(2.0)
    names = {"x": x, "y": x * 3.0, "z": x * 4.0, "w": x * 5.0}
    names["J"] = names["y"] + names["z"] + names["w"]
    found = bug(names, "J", grads={"x": 7.0})
    assert found[0] == ("w", "x")
    assert "The share of w = x × 5 is missing." in found[1]


def test_right_gradients_are_called_right():
    names = graph()
    html = explore(names["K"], names=names, grads={"a": 10.0, names["b"]: 10.00001}).html
    assert "<p>The 2 gradients that were given are right.</p>" in html
    assert bug(names, grads={"a": 10.0}) is None
    assert (
        "The gradient that was given is right."
        in explore(names["K"], names=names, grads={"a": 10.0}).html
    )


def test_stored_gradients_are_checked_without_being_asked():
    names = graph()
    names["K"].backward()
    assert bug(names) is None
    names["b"].grad += 0.5
    edge, words, number, whose = bug(names)
    assert edge == ("u", "b")
    assert words == "It is 0.5 too much: was that in .grad before, for want of a zero_grad()?"
    assert (number, whose) == ("10.5", "b.grad")
    # What is given is asked about, and not what is stored.
    assert bug(names, grads={"a": 10.0}) is None


@pytest.mark.parametrize("grads, kind, words", [
    ({"x": 1.0}, ValueError, r"explore\(\) got a gradient of 'x'; expected one of"),
    ({"a": "much"}, TypeError, r"explore\(\) got .* as the gradient of a; expected numbers"),
    ({"a": [3.0, 4.0]}, ValueError, r"got an array of shape \(2,\) as the gradient of a"),
    ({"d": 5.0}, ValueError, "a gradient of d, which is a constant"),
    ([1.0], TypeError, "grads=.*expected a dict from names or values to numbers"),
    ({}, ValueError, "expected at least one gradient to check"),
])  # fmt: skip
def test_what_is_no_gradient_is_said(grads, kind, words):
    names = graph()
    names["d"] = names["c"].detach()
    names["K"] = names["K"] * names["d"]
    with pytest.raises(kind, match=words):
        bug(names, grads=grads)


def test_what_cannot_be_checked_is_neither_right_nor_wrong():
    a = Value(2.0)
    h = Value(4.0, (a,), "twice")
    html = explore(h * 3.0, names={"a": a, "h": h}, grads={"a": 12.0, "h": 3.0}).html
    assert "<p>The gradient that was given is right.</p>" in html
    assert "<p>a cannot be checked: an operation on the way is written by hand.</p>" in html


def test_gradients_of_before_a_change_are_not_called_wrong():
    names = graph()
    names["K"].backward()
    for name in "abc":
        names[name].data -= 0.1 * names[name].grad
    assert bug(names) is None


def test_a_gradient_that_is_too_small_is_not_called_too_large():
    names = graph()
    names["K"].backward()
    names["b"].grad -= 0.5
    assert bug(names)[1].startswith("It is 0.5 too little")


def test_an_infinite_gradient_is_not_near_a_finite_one():
    x = Value(0.0)
    names = {"x": x, "y": x.sqrt()}
    assert bug(names, "y", grads={"x": 5.0})[1] == "From here on it is another number."
    assert bug(names, "y", grads={"x": float("inf")}) is None


def test_a_root_that_is_wrong_comes_first():
    assert bug(graph(), grads={"a": 1.0, "K": 2.0})[0] == "seed"
