"""`focus` and `path`."""

from __future__ import annotations

import pytest

from autodiff import Value, tanh, topological_order
from autodiff.nn import MLP
from visualize import TooLarge, focus, path


def names(picture):
    """Return the names on the cards, and the words on the stubs."""
    text = picture.source
    cards = [p.split("</B>")[0] for p in text.split('POINT-SIZE="14"')[1:]]
    return {c.split("<B>")[1] for c in cards}, text.count("rounded,dashed")


@pytest.fixture
def K():
    """K = 3 (a + b c) + (b c)², labelled."""
    a, b, c = Value(5.0, label="a"), Value(3.0, label="b"), Value(2.0, label="c")
    u = b * c
    v = a + u
    u.label, v.label = "u", "v"
    result = 3 * v + u * u
    result.label = "K"
    result.backward()
    return result


def at(root, name):
    """Return the node with this label."""
    return next(node for node in topological_order(root) if node.label == name)


def test_focus_draws_what_is_so_many_steps_away_and_stubs_for_the_rest(K):
    u = at(K, "u")
    assert names(focus(u, depth=1)) == ({"b", "c", "u", "v", "t₂"}, 3)
    assert names(focus(u, depth=0)) == ({"u"}, 2)
    assert names(focus(u, depth=9)) == ({"b", "c", "u", "v", "t₁", "t₂", "K"}, 1)


def test_a_stub_says_how_many_are_left_out():
    total = sum(x := [Value(float(i)) for i in range(5)])
    big = Value(1.0, tuple(x), "sum") + total
    assert "+5 more" in focus(big.inputs[0], depth=0).source
    assert "+2 more" in focus(big, depth=0).source


def test_nodes_may_be_given_by_name(K):
    b, u = at(K, "b"), at(K, "u")
    assert focus("u", depth=1).source == focus(u, depth=1).source
    assert path("b", "K").source == path("b", K).source == path(b, K).source


def test_what_was_made_from_a_node_is_found_under_the_callers_variables_or_a_root(K):
    u = at(K, "u")
    assert names(focus(u, depth=1, names={"u": u})) == ({"b", "c", "u"}, 0)
    assert len(names(focus(u, depth=1, names={"u": u}, root=K))[0]) == 5


def test_path_draws_the_ways_from_one_to_the_other_and_nothing_else(K):
    assert names(path("a", K)) == ({"a", "v", "t₁", "K"}, 0)
    assert names(path("b", K))[0] == {"b", "u", "v", "t₁", "t₂", "K"}
    assert "= a + u" in path("b", K).source


def test_a_weight_is_shown_with_its_neuron():
    model = MLP(2, [3, 1])
    y = model([Value(1.0), Value(2.0)])
    text = focus(model.layers[0].neurons[1].w[0], depth=1).source
    assert "layer1.neuron2" in text
    assert "+2 more" in text
    assert y.is_leaf is False


def test_a_path_through_a_long_neuron_says_it_in_its_own_words():
    model = MLP(8, [2, 1])
    y = model([1.0] * 8)
    assert "= w·x + b" in path(model.parameters()[0], y).source


def test_an_unknown_name_is_refused_with_names_that_are_known(K):
    with pytest.raises(ValueError, match="'q', which no value has; expected one as"):
        path("q", K)
    with pytest.raises(ValueError, match="expected one of a value among the caller's variables"):
        focus("q", names={})


def test_refusals_say_what_to_do(K):
    a = at(K, "a")
    twins = Value(1.0, label="w") + Value(2.0, label="w")
    with pytest.raises(ValueError, match="no way leads"):
        path(K, a)
    with pytest.raises(ValueError, match="no way leads"):
        path(Value(1.0), K)
    with pytest.raises(ValueError, match="was not made from it"):
        focus(K, root=a)
    with pytest.raises(ValueError, match="depth='2'"):
        focus(a, depth="2")
    with pytest.raises(TypeError, match=r"focus\(\) got 5, an int; expected a Value"):
        focus(5)
    with pytest.raises(ValueError, match="2 values have; pass the value itself"):
        focus("w", root=twins)
    with pytest.raises(ValueError, match="expected one of 'auto', 'dark', 'light'"):
        focus(a, theme="pink")


def test_a_neighbourhood_that_is_too_large_is_refused():
    wide = sum(Value(1.0) * 2.0 for _ in range(300))
    with pytest.raises(TooLarge, match="within which are more than 150 cards"):
        focus(wide, depth=300)
    x = y = Value(1.0)
    for _ in range(200):
        y = tanh(y)
    with pytest.raises(TooLarge, match="more than 150 others"):
        path(x, y)
    assert len(names(path(x, y, limit=201))[0]) == 201


def test_a_long_chain_is_walked_without_recursion():
    x = y = Value(1.0)
    for i in range(50_000):
        y = y + 1.0
        middle = y if i == 25_000 else x
        x = middle
    assert len(names(focus(x, depth=2))[0]) == 5


def test_the_root_may_be_a_tensor_of_any_shape():
    from autodiff import Tensor

    W = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert "W" in focus(W, depth=1, root=W * 2.0 + 1.0).source
