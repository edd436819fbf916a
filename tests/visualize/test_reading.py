"""What a picture says of a graph: names, formulas, and the chain rule of every edge."""

from __future__ import annotations

import math

import pytest

from autodiff import Value, custom_vjp, maximum, no_grad, tanh, topological_order
from visualize.names import name_all
from visualize.reading import Reading


def read(root, **names):
    """Return the Reading of a graph with these names."""
    return Reading(root, name_all(topological_order(root), names))


def test_formulas_are_in_names_and_short_numbers(J):
    reading = read(J)
    assert [reading.formula(node) for node in reading.nodes] == [
        "", "", "", "b × c", "a + u", "3 × v",
    ]  # fmt: skip


def test_a_formula_shortens_constants_and_its_full_form_does_not():
    x = Value(2.0, label="x")
    y = x * 0.123456789
    assert read(y).formula(y) == "x × 0.1235"
    assert read(y).formula(y, full=True) == "x × 0.123456789"


def test_negative_constants_have_brackets_where_they_need_them():
    x = Value(2.0, label="x")
    for y, text in [
        (x * -3.0, "x × (-3)"),
        (x - -0.5, "x - (-0.5)"),
        (x * -1.5e-7, "x × (-1.5e-7)"),
        (x + 2.5e9, "x + 2.5e9"),
    ]:
        assert read(y).formula(y) == text


def test_kinds_are_input_constant_operation_and_output(J):
    reading = read(J)
    assert [reading.kind(node) for node in reading.nodes] == [
        "input", "input", "input", "operation", "operation", "output",
    ]  # fmt: skip
    x = Value(1.0)
    assert read(x).kind(x) == "input"
    assert read(x.detach()).kind(x.detach()) == "constant"
    with no_grad():
        y = x * 2
    assert read(y).kind(y) == "constant"


def test_edges_come_in_the_order_of_creation_and_of_the_operands(J):
    reading = read(J)
    pairs = [(reading.name(e.parent), reading.name(e.child)) for e in reading.edges]
    assert pairs == [("b", "u"), ("c", "u"), ("a", "v"), ("u", "v"), ("v", "J")]


def test_an_edges_tooltip_is_its_chain_rule(J):
    assert [read(J).edge_tooltip(edge) for edge in read(J).edges] == [
        "∂u/∂b = c = 2; contributes 3 × 2 = 6",
        "∂u/∂c = b = 3; contributes 3 × 3 = 9",
        "∂v/∂a = 1; contributes 3 × 1 = 3",
        "∂v/∂u = 1; contributes 3 × 1 = 3",
        "∂J/∂v = 3; contributes 1 × 3 = 3",
    ]


def test_before_backward_an_edge_knows_its_local_derivative_alone():
    x = Value(2.0, label="x")
    y = x * -0.7
    y.label = "y"
    assert read(y).edge_tooltip(read(y).edges[0]) == "∂y/∂x = -0.7"


def test_a_negative_local_derivative_has_brackets_in_the_product():
    x = Value(2.0, label="x")
    y = x * -0.7
    y.label = "y"
    y.backward()
    tooltip = read(y).edge_tooltip(read(y).edges[0])
    assert tooltip == "∂y/∂x = -0.7; contributes 1 × (-0.7) = -0.7"


def test_the_two_edges_of_a_square_say_which_operand_they_are():
    a = Value(3.0, label="a")
    y = a * a
    y.label = "y"
    assert [read(y).edge_tooltip(edge) for edge in read(y).edges] == [
        "∂y/∂a (operand 1) = a = 3",
        "∂y/∂a (operand 2) = a = 3",
    ]


def test_tooltips_have_all_digits():
    x = Value(0.1, label="x")
    y = tanh(x)
    y.label = "y"
    y.backward()
    reading = read(y)
    assert reading.node_tooltip(y) == f"y = tanh(x)\nvalue {y.data!r}\ngrad 1\noutput"
    assert repr(1.0 - y.data**2)[:12] in reading.edge_tooltip(reading.edges[0])


def test_a_constant_gets_no_gradient_and_says_so():
    x, c = Value(2.0, label="x"), Value(3.0).detach()
    c.label = "c"
    y = x * c
    y.backward()
    reading = read(y)
    assert reading.edge_tooltip(reading.edges[1]) == "c is a constant: no gradient goes there"


def test_a_hand_written_backward_has_no_local_derivative():
    a = Value(2.0, label="a")
    out = Value(a.data**2, (a,), "square", label="out")
    out._backward = lambda: None
    reading = read(out)
    tooltip = reading.edge_tooltip(reading.edges[0])
    assert tooltip == "∂out/∂a: no local derivative is recorded"


@pytest.mark.parametrize(
    "op, count, text",
    [("+", 2, "a + b"), ("-", 1, "-a"), ("**2", 1, "a**2"), ("my op", 2, "my op(a, b)"),
     ("f", 2, "f(a, b)"), ("_f", 1, "_f(a)"), ("\\", 2, "a \\ b")],
)  # fmt: skip
def test_hand_made_nodes_are_written_by_their_operator(op, count, text):
    parts = (Value(1.0, label="a"), Value(2.0, label="b"))[:count]
    out = Value(3.0, parts, op)
    assert read(out).formula(out) == text


def test_a_custom_primitive_that_cannot_say_itself_is_written_as_a_call():
    @custom_vjp(lambda g, y, x: g * math.cos(float(x)))
    def wave(x):
        return math.sin(float(x))

    x = Value(1.0, label="x")
    y = wave(x)
    y.label = "y"
    y.backward()
    reading = read(y)
    assert reading.formula(y) == "wave(x)"
    assert reading.edge_tooltip(reading.edges[0]).startswith(f"∂y/∂x = {math.cos(1.0)!r}; ")


def test_gradients_that_are_nodes_are_read_as_numbers():
    x = Value(3.0, label="x")
    y = x * x
    y.backward(create_graph=True)
    reading = read(y)
    assert reading.largest_gradient == 6.0
    assert reading.node_tooltip(x) == "x\nvalue 3\ngrad 6\ninput"


def test_ties_show_both_halves():
    a, b = Value(1.0, label="a"), Value(1.0, label="b")
    y = maximum(a, b)
    y.backward()
    assert [edge.local for edge in read(y).edges] == [0.5, 0.5]


def test_a_name_of_megabytes_is_cut_even_in_tooltips():
    x = Value(1.0, label="x" * 10_000_000)
    assert len(read(x).node_tooltip(x)) < 1000
