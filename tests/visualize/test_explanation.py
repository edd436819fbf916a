"""`explain`: a catalogue of accounts, each read and found right; and what is true of any graph."""

from __future__ import annotations

import doctest
import math
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from autodiff import Tensor, Value, exp, log, sin, tanh, topological_order
from autodiff.nn import MLP, Linear, ReLU, Sequential, cross_entropy, mse
from visualize import explain, explanation
from visualize.accounts import _many
from visualize.chain import Chain

CATALOGUE = Path(__file__).with_name("explanations.txt")


def test_every_account_of_the_catalogue_is_as_it_was_read():
    found = doctest.testfile(str(CATALOGUE), module_relative=False, report=True)
    assert found.failed == 0
    assert CATALOGUE.read_text("utf-8").count(">>> explain(") >= 30


def test_the_example_of_the_file_is_right():
    found = doctest.testmod(explanation, report=True)
    assert found.failed == 0
    assert found.attempted >= 5


OPERATIONS = [
    lambda x, y: x + y, lambda x, y: x * y, lambda x, y: tanh(x), lambda x, y: x - 0.5,
    lambda x, y: x / (y * y + 1.0), lambda x, y: sin(x), lambda x, y: exp(-x * x),
    lambda x, y: x.relu(), lambda x, y: log(x * x + 1.0) * 3,
]  # fmt: skip


def a_graph(seed):
    """Return a random graph of shared values, and its leaves."""
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(0.5, 2.0)) for _ in range(3)]
    nodes = list(leaves)
    for _ in range(12):
        nodes.append(rng.choice(OPERATIONS)(rng.choice(nodes), rng.choice(nodes)))
    return sum(nodes[3:], 0.0), leaves


@pytest.mark.parametrize("seed", range(25))
def test_terms_add_up_to_gradients_and_products_of_paths_to_the_whole(seed):
    root, leaves = a_graph(seed)
    root.backward()
    for leaf in leaves:
        chain = explain(root, leaf).chain
        assert chain.gradient == pytest.approx(leaf.grad, rel=1e-12, abs=1e-12)
        for step in chain.steps:
            assert step.gradient == pytest.approx(step.node.grad, rel=1e-12, abs=1e-12)
            assert step.gradient == pytest.approx(sum(term.contribution for term in step.terms))
            for term in step.terms:
                assert term.contribution == pytest.approx(term.upstream * term.local)
        paths = chain.paths(100_000)
        assert len(paths) == chain.count
        products = math.fsum(path.product for path in paths)
        assert products == pytest.approx(chain.gradient, rel=1e-9, abs=1e-9)
        assert all(path.nodes[0] is leaf and path.nodes[-1] is root for path in paths)


def test_looking_changes_nothing_and_needs_no_backward():
    root, leaves = a_graph(1)
    before = str(explain(root, leaves[0], names={"J": root}))
    assert all(not node.has_grad for node in topological_order(root))
    root.backward()
    root.backward()  # leaves have added up, which is not what the account is of
    state = [(node, node.data, node.grad, node.inputs) for node in topological_order(root)]
    assert str(explain(root, leaves[0], names={"J": root})) == before
    after = [(node, node.data, node.grad, node.inputs) for node in topological_order(root)]
    assert all(x[:2] == y[:2] and x[2] is y[2] and x[3] == y[3] for x, y in zip(state, after))


def test_one_node_alone_is_explained_by_what_was_made_from_it():
    a, b, unused = Value(5.0), Value(3.0), Value(1.0)
    u = a * b
    J = u + 1.0
    assert str(explain(b)) == str(explain(J, b))
    assert explain(u).chain.root is J
    K = b * 2.0
    with pytest.raises(ValueError, match=r"J, K were made.*explain\(J, b\)"):
        explain(b)
    with pytest.raises(ValueError, match="no variable has anything that was made from it"):
        explain(unused)
    assert K.data == 6.0


def test_a_node_is_found_by_its_name():
    a, b = Value(5.0), Value(3.0, label="rate")
    J = a * b
    assert explain(J, "a").chain.node is a
    assert explain(J, "rate").gradient == 5.0
    assert explain(J, "J").gradient == 1.0
    assert str(explain(J, "x", names={"x": a})).startswith("∂t₁/∂x = 3")
    with pytest.raises(ValueError, match=r"the name 'c'.*expected one of a, rate"):
        explain(J, "c")
    b.label = "a"
    with pytest.raises(ValueError, match="'a', which 2 nodes have"):
        explain(J, "a", names={"a": a})


@pytest.mark.parametrize("call, words", [
    (lambda: explain(3.0), r"explain\(\) got 3.0.*expected a Value or Tensor"),
    (lambda: explain(Value(1.0) * 2, 3.0), "got 3.0"),
    (lambda: explain([Value(1.0)]), "got .*list"),
])  # fmt: skip
def test_what_is_no_node_is_said(call, words):
    with pytest.raises(TypeError, match=words):
        call()


def test_paths_are_listed_up_to_a_number_and_counted_beyond():
    x = Value(1.0)
    y = x
    for _ in range(20):
        y = y + y
    assert explain(y, x).chain.count == 2**20
    assert str(explain(y, x)).endswith("1,048,576 paths lead from x to y")
    u = x * x
    assert str(explain(u, x, paths=1)).endswith("2 paths lead from x to u")
    assert "paths" not in str(explain(u, x, paths=0))
    with pytest.raises(ValueError, match=r"paths=-1.*expected a whole number"):
        explain(u, x, paths=-1)


def test_a_long_chain_is_shortened_and_nothing_recurses():
    x = Value(1.0)
    y = x
    for _ in range(20 * sys.getrecursionlimit()):
        y = y * 1.0
    account = str(explain(y, x))
    assert account.count("… (19976 more)") == 2
    assert account.count("\n") < 60
    assert explain(y, x).gradient == 1.0


def test_of_many_terms_the_first_are_shown():
    w = Value(0.5)
    terms = [w * float(i) for i in range(1, 11)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    line = next(x for x in str(explain(total, w)).splitlines() if x.startswith("  ∂total/∂w"))
    assert line.count("· ") == 6
    assert line.count("… (4 more)") == 2
    assert line.endswith("= 55")


def test_a_backward_written_by_hand_is_not_known():
    a = Value(2.0)
    y = Value(8.0, (a,), "cubed")
    y._backward = lambda: None
    z = y * 3.0
    account = str(explain(z, a))
    assert account.startswith("∂z/∂a = ?: a backward on the way is hand-written")
    assert explain(z, a).gradient is None


def test_names_are_harmless_in_markdown_and_in_latex():
    a = Value(2.0, label="<b>*_$x^{")
    J = a * a
    explanation = explain(J, a)
    text = explanation.markdown()
    assert r"\<b\>\*\_\$x" in text.splitlines()[0]
    assert "<b>" not in text.splitlines()[0]
    latex = explanation.latex()
    assert latex.count("{") - latex.count(r"\{") == latex.count("}") - latex.count(r"\}")
    assert latex.startswith("\\begin{aligned}\n")
    assert latex.endswith("\n\\end{aligned}")
    assert explanation._repr_markdown_() == text


def test_latex_is_the_same_account():
    a, b = Value(5.0), Value(-3.0)
    t = a * b
    J = tanh(t)
    assert explain(J, b).latex() == "\n".join([
        r"\begin{aligned}",
        r"t &= a \cdot b = 5 \cdot (-3) = -15 \\",
        r"J &= \tanh\left(t\right) = \tanh\left(-15\right) = -1 \\",
        r"\frac{\partial J}{\partial t} &= (1 + J) \cdot (1 - J) = 3.744 \cdot 10^{-13} \\",
        r"\frac{\partial J}{\partial b} &= \frac{\partial J}{\partial t} \cdot"
        r" \frac{\partial t}{\partial b} = 3.744 \cdot 10^{-13} \cdot 5 = 1.872 \cdot 10^{-12},"
        r" \quad \text{where } \frac{\partial t}{\partial b} = a",
        r"\end{aligned}",
    ])  # fmt: skip


def test_a_network_speaks_of_its_neurons():
    model = MLP(2, [3, 1])
    loss = mse(model([1.0, -2.0]), 0.5)
    account = str(explain(loss, model.layers[0].neurons[1].w[0]))
    assert "layer1.neuron2.z = w·x + b = " in account
    assert "layer1.neuron2 = relu(layer1.neuron2.z)" in account
    assert "∂layer1.neuron2.z/∂layer1.neuron2.w[0]" in account


def test_gradients_of_arrays_are_those_of_backward_and_in_words():
    rng = np.random.default_rng(0)
    model = Sequential(Linear(4, 3, dtype=float), ReLU(), Linear(3, 2, dtype=float))
    x, y = rng.normal(size=(5, 4)), np.array([0, 1, 0, 1, 1])
    loss = cross_entropy(model(x), y)
    loss.backward()
    for parameter in model.parameters():
        np.testing.assert_allclose(explain(loss, parameter).gradient, parameter.grad, rtol=1e-12)
    account = str(explain(loss, model[0].weight))
    assert "(softmax(t₄) - target)/n" in account
    assert "ᵀ · " in account
    assert "∂loss/∂layer1.weight: shape (3, 4), norm " in account
    wide = Tensor(np.ones(3), requires_grad=True)
    total = (wide + np.ones((2, 3))).sum()
    assert "summed over what was broadcast" in str(explain(total, wide))


def test_where_no_way_leads_the_gradient_is_zero():
    a, b = Value(1.0), Value(2.0)
    J = a * b.detach()
    assert explain(J, b).gradient == 0.0
    assert str(explain(J, b)) == "∂J/∂b = 0: J was not made from b."
    constant = b.detach()
    K = a * constant
    assert "constant is a constant" in str(explain(K, constant))
    assert Chain(K, constant).paths(3) == []


def test_numbers_that_do_not_belong_together_are_said_to():
    p = Value(2.0)
    q = p * p
    p.data = 5.0
    words = "q was computed before one of the values that it takes was changed"
    assert words in str(explain(q, p))
    assert words in explain(q, p).markdown()
    assert words not in str(explain(p * p, p))


def test_a_singular_case_is_told_only_where_it_is_one():
    a, n = Value(2.0), Value(3.0)
    assert "∂p/∂a = n × a**(n - 1) = 12" in str(explain(p := a**n, a))
    a.data, n.data = 0.0, 0.0
    assert " if n = 0 else " in str(explain(p := a**n, a))  # noqa: F841 - its name is shown
    b, c = Value(2.0), Value(2.0)
    assert "0.5 if b = c" in str(explain(m := b.maximum(c), b))  # noqa: F841


def test_what_is_left_out_is_left_out_in_every_form():
    w = Value(2.0)
    S = w * 1
    for i in range(8):
        S = S + w * (i + 2)
    found = explain(S, w)
    last = found.latex().splitlines()[-2]
    assert last.startswith(r"\frac{\partial S}{\partial w} &= ")
    assert r"\dots\ (3\ \text{more})" in last
    assert all("$" in line for line in found.markdown().splitlines() if line.startswith("- "))
    v = Value(2.0, label="a…b")
    assert r"\vdots" not in explain(v * 3.0, v).latex()


def test_titles_and_names_from_outside_are_harmless_everywhere():
    h = Value(2.0, label="<img src=x onerror=alert(1)>")
    BigJ = h
    for _ in range(5):
        BigJ = BigJ + BigJ
    markdown = explain(BigJ, h).markdown()
    assert markdown.count("<img") == markdown.count(r"\<img") > 0
    assert markdown.rstrip().endswith("to BigJ.")
    x = Value(1.0, label="\x1b[31mred\n\u202e")
    assert not set("\x1b\u202e") & set(str(explain(BigJ, x)))
    t = Tensor([1.0], requires_grad=True, label="w\\input")
    assert "\\input" not in explain((t * 2.0).sum(), t).latex().replace("backslash", "")


def test_paths_beyond_counting_are_about_so_many():
    x = Value(1.0)
    y = x
    for _ in range(60):
        y = (y + y) * 0.5
    assert "about 10^18 paths lead from x to y" in str(explain(y, x))
    assert _many(2**15_000) == "about 10^4515"  # which str() would refuse to write
    assert _many(12_345) == "12,345"


def test_shares_of_paths_that_cancel_are_left_out():
    x = Value(1.0)
    y = x * 3.0 - x * 3.0 + x * 0.001
    assert "00%)" not in str(explain(y, x)).replace("(100%)", "")
    assert "-0%" not in str(explain(y, x))


def test_who_was_made_from_a_node_is_found_in_a_long_chain_of_variables():
    x = Value(1.0)
    names = {"x": x}
    y = x
    for i in range(2000):
        y = y * 1.0001
        names[f"y{i}"] = y
    assert explain(x, names=names).chain.root is y


def test_of_a_result_that_is_nan_nothing_is_said_to_follow():
    x = Value(-1.0)
    assert str(explain(y := x.log(), x)).startswith("∂y/∂x = -1, of a result that is nan.")  # noqa: F841


@pytest.mark.parametrize("f, at, name", [
    (lambda x: x.relu() * 2.0, 0.0, "relu"),
    (lambda x: abs(x), 0.0, "abs"),
    (lambda x: x.maximum(2.0), 2.0, "maximum"),
])  # fmt: skip
def test_at_a_kink_it_is_said_that_there_are_several_slopes(f, at, name):
    x = Value(at)
    assert f"at a kink of {name}, where it is one of several slopes" in str(explain(f(x), x))
    y = Value(at + 0.5)
    assert "kink" not in str(explain(f(y), y))
