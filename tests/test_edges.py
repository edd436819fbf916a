"""EDGES.md, row by row: what values and gradients are at kinks, poles, overflows and nan.

`EDGES` has a line for each row of that table and each point that the row names. Every line is
checked five ways, the array ways in float64 and float32:

    backward          Value.backward(), the float sweep
    rules             the row's vjps on ndarrays, through the general sweep
    Tensor.backward   the sweep for arrays
    forward mode      sweep.pushforward
    create_graph      the general sweep on nodes, and once more for second derivatives

Values are compared with the sign of zero, gradients without: `backward()` adds them into 0.0.

The rows that wait for later issues: norm, sort and median, prod, std and var, max, min and mean of
a whole array or along an axis, relu6 and hardtanh by name (as clip they are here), the losses L1,
Huber and BCE (with logits it is here, composed), round.
"""

from __future__ import annotations

import itertools
import math
import threading
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from autodiff import Tensor, Value, arrays, elementwise, errstate, floats, functions, no_grad
from autodiff.functions import (
    abs,
    arccos,
    arcsin,
    arctan2,
    arctanh,
    cbrt,
    ceil,
    clip,
    divide,
    elu,
    exp,
    floor,
    fmod,
    gelu,
    hypot,
    leaky_relu,
    log,
    log1p,
    log_sigmoid,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    power,
    reciprocal,
    relu,
    remainder,
    safe_where,
    sigmoid,
    sign,
    sinc,
    softmax,
    softplus,
    sqrt,
    square,
    where,
    xlogy,
)
from autodiff.graph import Node, apply, modes
from autodiff.sweep import pullback, pushforward

inf, nan = math.inf, math.nan


class ArrayNode(Node):
    """The least that is a node of ndarrays: the array vocabulary, and the four operators of rules.

    Nothing here hushes NumPy, and warnings are errors: so the engine has to.
    """

    __slots__ = ()
    vocabulary = arrays
    array = property(lambda self: self.data)

    def __init__(self, data, inputs=(), primitive=None):
        self.data, self.inputs, self.primitive = data, inputs, primitive
        self.grad, self.label = 0.0, ""

    record = staticmethod(lambda data, inputs, primitive: ArrayNode(data, inputs, primitive))
    operand = staticmethod(lambda x, role: x)

    __array_ufunc__ = None
    __add__, __radd__ = functions.add, lambda self, other: functions.add(other, self)
    __sub__, __rsub__ = functions.subtract, lambda self, other: functions.subtract(other, self)
    __mul__, __rmul__ = functions.multiply, lambda self, other: functions.multiply(other, self)
    __truediv__ = functions.divide
    __rtruediv__ = lambda self, other: functions.divide(other, self)
    __pow__ = functions.power
    __neg__ = functions.negative
    __gt__ = lambda self, other: self.data > other
    __float__ = lambda self: float(self.data.flat[0])


def plain(x):
    """Return what a node holds; a number stays itself."""
    return x.data if isinstance(x, Node) else x


def same(got, expected, ulps=4, kind=np.float64):
    """Say whether numbers agree: nan, infinities and zeros exactly, others to so many ulps."""
    got, expected = kind(got), kind(expected)
    if np.isnan(expected) or np.isinf(expected):
        return bool(got == expected or (np.isnan(got) and np.isnan(expected)))
    if expected == 0.0:
        return bool(got == 0.0 and np.signbit(got) == np.signbit(expected))
    return bool(np.abs(got - expected) <= ulps * np.spacing(np.abs(expected)))


class Edge(NamedTuple):
    """A function at a point: its value, its slopes, and where EDGES.md names it the curvature."""

    name: str
    function: Callable
    point: tuple[float, ...]
    value: float
    slopes: tuple[float, ...]
    curvature: float | None = None  # the second derivative in the first argument
    forward: tuple[float, ...] | None = None  # where forward mode has other slopes; say why


def edge(name, function, point, value, slopes, curvature=None, forward=None):
    one = lambda x: x if isinstance(x, tuple) else (x,)
    slopes, forward = one(slopes), None if forward is None else one(forward)
    return Edge(name, function, one(point), value, slopes, curvature, forward)


def softmax_entry(index):
    return lambda *values: softmax(values)[index]


def log_softmax_entry(index):
    return lambda *values: log_softmax(values)[index]


LOG2 = math.log(2.0)

EDGES = [
    edge("relu at 0", relu, 0.0, 0.0, 0.0, 0.0),
    edge("relu at -0", relu, -0.0, 0.0, 0.0, 0.0),
    edge("relu passes nan through", relu, nan, nan, 1.0),
    edge("leaky_relu at 0 has its slope", leaky_relu, 0.0, 0.0, 0.01, 0.0),
    edge("leaky_relu at -0 has its slope", leaky_relu, -0.0, -0.0, 0.01, 0.0),
    edge("leaky_relu at 0, slope 0.25", lambda x: leaky_relu(x, 0.25), 0.0, 0.0, 0.25, 0.0),
    edge("elu at 0", elu, 0.0, 0.0, 1.0),
    edge("elu at 0, alpha 2", lambda x: elu(x, 2.0), 0.0, 0.0, 2.0),
    edge("gelu at 0", gelu, 0.0, 0.0, 0.5, 2 / math.sqrt(2 * math.pi)),
    edge("relu6 at 6", lambda x: clip(x, 0.0, 6.0), 6.0, 6.0, 0.0, 0.0),
    edge("relu6 at 0", lambda x: clip(x, 0.0, 6.0), 0.0, 0.0, 0.0, 0.0),
    edge("hardtanh at 1", lambda x: clip(x, -1.0, 1.0), 1.0, 1.0, 0.0, 0.0),
    edge("hardtanh at -1", lambda x: clip(x, -1.0, 1.0), -1.0, -1.0, 0.0, 0.0),
    edge("clip inside its bounds", lambda x: clip(x, -1.0, 1.0), 0.5, 0.5, 1.0, 0.0),
    edge("clip outside its bounds", lambda x: clip(x, -1.0, 1.0), 2.0, 1.0, 0.0, 0.0),
    edge("clip passes nan through", lambda x: clip(x, -1.0, 1.0), nan, nan, 1.0),
    edge("clip, tie with a lower node", lambda x, a: clip(x, a, 2.0), (1.0, 1.0), 1.0, (0.5, 0.5)),
    edge("clip, tie with an upper node", lambda x, b: clip(x, 0.0, b), (1.0, 1.0), 1.0, (0.5, 0.5)),
    edge("abs at 0", abs, 0.0, 0.0, 0.0, 0.0),
    edge("abs at -0", abs, -0.0, 0.0, 0.0, 0.0),
    *(
        edge(f"{step.__name__} at {x:g}", step, x, y, 0.0, 0.0)
        for step, values in ((sign, (0.0, 1.0, -1.0)), (floor, (0.0, 1.0, -2.0)))
        for x, y in zip((0.0, 1.5, -1.5), values)
    ),
    edge("ceil at 0", ceil, 0.0, 0.0, 0.0, 0.0),
    edge("ceil at -0.5", ceil, -0.5, -0.0, 0.0, 0.0),
    edge("maximum, tie", maximum, (3.0, 3.0), 3.0, (0.5, 0.5), 0.0),
    edge("minimum, tie", minimum, (3.0, 3.0), 3.0, (0.5, 0.5), 0.0),
    edge("maximum of zeros", maximum, (0.0, 0.0), 0.0, (0.5, 0.5), 0.0),
    edge("maximum with the constant 0 at 0", lambda x: maximum(x, 0.0), 0.0, 0.0, 0.5, 0.0),
    edge("sqrt at 0", sqrt, 0.0, 0.0, inf),
    edge("sqrt at -1", sqrt, -1.0, nan, nan),
    edge("sqrt(x·x) at 0", lambda x: sqrt(x * x), 0.0, 0.0, nan),
    edge("sqrt(x²) at 0", lambda x: sqrt(square(x)), 0.0, 0.0, nan),
    edge("sqrt(a² + b²) at 0", lambda a, b: sqrt(a * a + b * b), (0.0, 0.0), 0.0, (nan, nan)),
    edge("hypot at (0, 0)", hypot, (0.0, 0.0), 0.0, (0.0, 0.0)),
    edge("cbrt at 0", cbrt, 0.0, 0.0, inf),
    edge("1/x at 0", lambda x: 1.0 / x, 0.0, inf, -inf),
    edge("1/x at -0", lambda x: 1.0 / x, -0.0, -inf, -inf),
    edge("reciprocal at 0", reciprocal, 0.0, inf, -inf),
    edge("reciprocal at -0", reciprocal, -0.0, -inf, -inf),
    edge("x/y at (1, 0)", divide, (1.0, 0.0), inf, (inf, -inf)),
    edge("x/y at (0, 0)", divide, (0.0, 0.0), nan, (inf, nan)),
    edge("log at 0", log, 0.0, -inf, inf),
    edge("log1p at -1", log1p, -1.0, -inf, inf),
    edge("log at -1", log, -1.0, nan, -1.0),
    edge("exp at 1000", exp, 1000.0, inf, inf),
    edge("x·log x at 0", lambda x: x * log(x), 0.0, nan, nan),
    edge("xlogy at (0, 0)", xlogy, (0.0, 0.0), 0.0, (0.0, nan)),
    edge("xlogy at (0, 2)", xlogy, (0.0, 2.0), 0.0, (LOG2, 0.0), 0.0),
    edge("x**0 at 0", lambda x: x**0, 0.0, 1.0, 0.0, 0.0),
    edge("x**0.0 at 0", lambda x: power(x, 0.0), 0.0, 1.0, 0.0, 0.0),
    edge("x**0 at 2", lambda x: x**0, 2.0, 1.0, 0.0, 0.0),
    edge("x**1 at 0", lambda x: x**1, 0.0, 0.0, 1.0, 0.0),
    edge("x**2 at 0", lambda x: x**2, 0.0, 0.0, 0.0, 2.0),
    edge("x**3 at 0", lambda x: x**3, 0.0, 0.0, 0.0, 0.0),
    edge("x**.5 at 0", lambda x: x**0.5, 0.0, 0.0, inf),
    edge("x**-1 at 0", lambda x: x**-1, 0.0, inf, -inf),
    edge("x**y at (0, 0)", power, (0.0, 0.0), 1.0, (0.0, 0.0)),
    edge("x**y at (0, 2)", power, (0.0, 2.0), 0.0, (0.0, 0.0), 2.0),
    edge("x**y at (0, -1)", power, (0.0, -1.0), inf, (-inf, -inf)),
    edge("x**y at (-2, 3)", power, (-2.0, 3.0), -8.0, (12.0, nan), -12.0),
    edge("x**3 at -2", lambda x: x**3, -2.0, -8.0, 12.0, -12.0),
    edge("x**y at (-2, .5)", power, (-2.0, 0.5), nan, (nan, nan)),
    edge("arctan2 at (0, 0)", arctan2, (0.0, 0.0), 0.0, (0.0, 0.0)),
    edge("arcsin at 1", arcsin, 1.0, math.pi / 2, inf),
    edge("arcsin at -1", arcsin, -1.0, -math.pi / 2, inf),
    edge("arccos at 1", arccos, 1.0, 0.0, -inf),
    edge("arccos at -1", arccos, -1.0, math.pi, -inf),
    edge("arctanh at 1", arctanh, 1.0, inf, inf),
    edge("arctanh at -1", arctanh, -1.0, -inf, inf),
    edge("sinc at 0", sinc, 0.0, 1.0, 0.0, -(math.pi**2) / 3),
    edge("fmod(5, 3)", fmod, (5.0, 3.0), 2.0, (1.0, -1.0)),
    edge("fmod(-5, 3)", fmod, (-5.0, 3.0), -2.0, (1.0, 1.0)),
    edge("remainder(5, 3)", remainder, (5.0, 3.0), 2.0, (1.0, -1.0)),
    edge("remainder(-5, 3)", remainder, (-5.0, 3.0), 1.0, (1.0, 2.0)),
    edge("sigmoid at -800", sigmoid, -800.0, 0.0, 0.0, 0.0),
    edge("sigmoid at 800", sigmoid, 800.0, 1.0, 0.0),
    edge("softplus at 1000", softplus, 1000.0, 1000.0, 1.0),
    edge("softplus at -1000", softplus, -1000.0, 0.0, 0.0, 0.0),
    edge("log_sigmoid at -1000", log_sigmoid, -1000.0, -1000.0, 1.0),
    edge("log_sigmoid at 1000", log_sigmoid, 1000.0, -0.0, 0.0),
    edge(
        "logsumexp of [1000, 1000]",
        lambda *v: logsumexp(v),
        (1000.0, 1000.0),
        1000.0 + LOG2,
        (0.5, 0.5),
        0.25,
    ),
    edge("logsumexp of all -inf", lambda *v: logsumexp(v), (-inf, -inf), -inf, (nan, nan)),
    edge("softmax of all -inf", softmax_entry(0), (-inf, -inf), nan, (nan, nan)),
    edge("log_softmax of all -inf", log_softmax_entry(0), (-inf, -inf), nan, (nan, nan)),
    edge("softmax of a masked entry", softmax_entry(0), (-inf, 0.0), 0.0, (0.0, 0.0)),
    edge("softmax of [1000, 0], first", softmax_entry(0), (1000.0, 0.0), 1.0, (0.0, 0.0)),
    edge("softmax of [1000, 0], second", softmax_entry(1), (1000.0, 0.0), 0.0, (0.0, 0.0)),
    edge("log_softmax of [1000, 0], first", log_softmax_entry(0), (1e3, 0.0), 0.0, (0.0, 0.0)),
    edge("log_softmax of [1000, 0], second", log_softmax_entry(1), (1e3, 0.0), -1e3, (-1.0, 1.0)),
    edge("BCE with logits, z=-1000, y=1", lambda z: softplus(z) - z * 1.0, -1000.0, 1000.0, -1.0),
    # The where trap: 0·inf is nan going back. Going forward the choice drops the infinite tangent.
    *(
        edge(f"where(x > 0, {name}, 0) at 0", trap, 0.0, 0.0, nan, forward=0.0)
        for name, trap in {
            "log x": lambda x: where(x > 0, log(x), 0.0),
            "√x": lambda x: where(x > 0, sqrt(x), 0.0),
            "1/x": lambda x: where(x > 0, 1.0 / x, 0.0),
            "x/x": lambda x: where(x > 0, x / x, 0.0),
        }.items()
    ),
    edge("safe_where, log at 0", lambda x: safe_where(x > 0, log, x, 0.0), 0.0, 0.0, 0.0, 0.0),
    edge("safe_where, sqrt at -1", lambda x: safe_where(x > 0, sqrt, x, 7.0), -1.0, 7.0, 0.0, 0.0),
    edge("safe_where, log at 2", lambda x: safe_where(x > 0, log, x, 0.0), 2.0, LOG2, 0.5, -0.25),
    edge("0·log 0, a mask that multiplies", lambda x: 0.0 * log(x), 0.0, nan, nan),
]  # fmt: skip

every_edge = pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.name)


def by_backward(edge):
    """Return value and gradients by Value.backward()."""
    nodes = [Value(x) for x in edge.point]
    root = edge.function(*nodes)
    root.backward()
    return root.data, [node.grad for node in nodes]


@every_edge
def test_backward_gives_the_adopted_value_and_gradients(edge):
    value, slopes = by_backward(edge)
    assert type(value) is float
    assert same(value, edge.value), value
    for got, expected in zip(slopes, edge.slopes):
        assert type(got) is float
        assert same(got, expected), slopes


@every_edge
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_the_rules_give_the_same_on_arrays(edge, kind):
    nodes = [ArrayNode(np.array([x], kind)) for x in edge.point]
    root = edge.function(*nodes)
    cotangents = pullback(root, np.ones(1, kind))
    slopes = [cotangents.get(node, np.zeros(1, kind)) for node in nodes]
    assert {x.dtype for x in [root.data, *slopes]} == {np.dtype(kind)}
    assert same(root.data.item(), edge.value, kind=kind), root.data
    for got, expected in zip(slopes, edge.slopes):
        assert same(got.item() + 0.0, expected, kind=kind), slopes


@every_edge
@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(), (1,)])
def test_backward_of_tensors_gives_the_same(edge, kind, shape):
    nodes = [Tensor(np.full(shape, x, kind), requires_grad=True) for x in edge.point]
    with np.errstate(all="raise"):  # nobody hears of it
        root = edge.function(*nodes)
        if root.requires_grad:
            root.backward(np.ones(shape))
    assert root.dtype == kind
    assert same(root.data.flat[0], edge.value, kind=kind), root.data
    for node, expected in zip(nodes, edge.slopes):
        got = np.zeros(shape, kind) if node.grad is None else node.grad
        assert got.dtype == kind
        for number in got.flat:
            assert same(number + kind(0.0), expected, kind=kind), node.grad


@every_edge
@pytest.mark.parametrize(
    "leaf", [Value, lambda x: ArrayNode(np.array([x]))], ids=["floats", "arrays"]
)
def test_forward_mode_gives_the_same(edge, leaf):
    for i, expected in enumerate(edge.forward or edge.slopes):
        nodes = [leaf(x) for x in edge.point]
        one = 1.0 if leaf is Value else np.ones(1)
        got = pushforward(edge.function(*nodes), {nodes[i]: one})
        assert same(np.ravel(got)[0] + 0.0, expected), (i, got)


@every_edge
@pytest.mark.parametrize(
    "leaf", [Value, lambda x: ArrayNode(np.array([x]))], ids=["floats", "arrays"]
)
def test_gradients_that_are_graphs_give_the_same_and_the_curvature(edge, leaf):
    nodes = [leaf(x) for x in edge.point]
    one = 1.0 if leaf is Value else np.ones(1)
    cotangents = pullback(edge.function(*nodes), one, create_graph=True)
    for node, expected in zip(nodes, edge.slopes):
        got = np.ravel(plain(cotangents.get(node, 0.0)))[0]
        assert same(got + 0.0, expected), got
    if edge.curvature is not None:
        slope = cotangents.get(nodes[0], 0.0)
        second = pullback(slope, one).get(nodes[0], 0.0) if isinstance(slope, Node) else 0.0
        moved = pushforward(slope, {nodes[0]: one}) if isinstance(slope, Node) else 0.0
        assert same(np.ravel(second)[0] + 0.0, edge.curvature), second
        assert same(np.ravel(moved)[0] + 0.0, edge.curvature), moved


@every_edge
def test_checking_for_errors_changes_no_number(edge):
    expected = by_backward(edge)
    with warnings.catch_warnings(), errstate("warn"):
        warnings.simplefilter("ignore")
        value, slopes = by_backward(edge)
    for got, number in zip([value, *slopes], [expected[0], *expected[1]]):
        assert same(got + 0.0, number + 0.0, ulps=0)


# -- what a point of the table cannot say ----------------------------------------------------------


def derivatives(function, x, order):
    """Return the derivatives of a function of one number up to an order, each of the one before."""
    node = Value(x)
    result, found = function(node), []
    for _ in range(order):
        cotangents = pullback(result, 1.0, create_graph=True) if isinstance(result, Node) else {}
        result = cotangents.get(node, 0.0)
        found.append(plain(result))
    return found


@pytest.mark.parametrize(
    "function, x, expected",
    [
        (lambda x: x**0, 0.0, [0, 0, 0]),
        (lambda x: x**1, 0.0, [1, 0, 0]),
        (lambda x: x**2, 0.0, [0, 2, 0, 0]),
        (lambda x: x**3, 0.0, [0, 0, 6, 0]),
        (lambda x: x**4, -2.0, [-32, 48, -48, 24, 0]),
        (lambda x: x * x, 0.0, [0, 2, 0]),
        (square, 0.0, [0, 2, 0]),
        (relu, 0.0, [0, 0, 0]),
        (relu, 3.0, [1, 0, 0]),
        (abs, 0.0, [0, 0, 0]),
        (abs, -3.0, [-1, 0, 0]),
        (floor, 1.5, [0, 0]),
        (sinc, 0.0, [0, -(math.pi**2) / 3, 0, math.pi**4 / 5]),
    ],
)
def test_derivatives_of_every_order_are_exact_at_the_edges(function, x, expected):
    for got, number in zip(derivatives(function, x, len(expected)), expected):
        assert same(got + 0.0, number)


@pytest.mark.parametrize("x", [0.2499999, 0.25, -0.2499999, -0.25])
def test_the_slope_of_sinc_is_exact_on_both_sides_of_where_its_series_ends(x):
    t = math.pi * x
    expected = math.pi * (t * math.cos(t) - math.sin(t)) / t**2
    node = Value(x)
    sinc(node).backward()
    assert node.grad == pytest.approx(expected, rel=5e-14, abs=0.0)


@pytest.mark.parametrize(
    "a, b", [(2.0, 0.0), (0.5, 0.0), (2.0, 1.0), (2.0, 3.0), (3.0, -1.0), (1e200, 0.0)]
)
def test_the_mixed_derivative_of_a_power_is_the_same_in_both_orders(a, b):
    x, y = Value(a), Value(b)
    slopes = pullback(x**y, 1.0, create_graph=True)
    expected = a ** (b - 1.0) * (1.0 + b * math.log(a))
    assert same(pullback(slopes[x], 1.0)[y], expected)
    assert same(pullback(slopes[y], 1.0)[x], expected)


def test_a_power_with_a_constant_exponent_computes_no_logarithm_of_the_base():
    x = Value(-2.0)
    with errstate("raise"):
        (x**3).backward()
        (x**3).backward(create_graph=True)
    assert plain(x.grad) == 24.0


# a/b rounds up to a whole number, though b does not fit so often into a: 1.0 // 0.1 is 9.0
@pytest.mark.parametrize("function", [fmod, remainder], ids=["fmod", "remainder"])
@pytest.mark.parametrize("a, b, times", [(1.0, 0.1, 9.0), (6.0, 0.6, 10.0), (3.0, 0.1, 29.0)])
def test_the_slope_of_a_remainder_counts_how_often_the_divisor_fits(function, a, b, times):
    assert (a - math.fmod(a, b)) / b == pytest.approx(times)
    x, y = Value(a), Value(b)
    function(x, y).backward()
    assert (x.grad, y.grad) == (1.0, -times)
    for kind in np.float64, np.float32:
        a_, b_ = kind(a), kind(b)
        nodes = [ArrayNode(np.array([a_])), ArrayNode(np.array([b_]))]
        slope = pullback(function(*nodes), np.ones(1, kind))[nodes[1]][0]
        assert slope == -round((float(a_) - math.fmod(a_, b_)) / float(b_))


def test_safe_where_is_a_node_on_both_sides_and_calls_the_function_on_one():
    x = Value(0.0)
    y = safe_where(x > 0, lambda x: pytest.fail("called"), x, 3.0)
    assert isinstance(y, Value)
    y.backward()
    assert (y.data, x.grad) == (3.0, 0.0)


@pytest.mark.parametrize(
    "function", [lambda x: 2.0 * x, relu, lambda x: relu(-x), abs, sign, floor, lambda x: x + 1.0]
)
def test_with_create_graph_a_constant_slope_is_a_value_like_any_other(function):
    x = Value(3.0)
    function(x).backward(create_graph=True)
    assert isinstance(x.grad, Value)


@pytest.mark.parametrize("function", [logsumexp, softmax, log_softmax])
def test_functions_over_lists_refuse_an_empty_list(function):
    with pytest.raises(ValueError, match="got no values; expected at least one"):
        function([])


@pytest.mark.parametrize(
    "row, operands", [("sum", (1.0, 2.0, 3.0)), ("dot", (1.0, 2.0, 3.0, 4.0, 5.0))]
)
def test_rows_of_many_operands_go_forward_on_nodes_too(row, operands):
    primitive = elementwise.TABLE[row]
    for moving in range(len(operands)):
        for count in 1, 2:
            nodes = [Value(x) for x in operands]
            root = apply(primitive, *nodes)
            tangents = {node: Value(1.0) for node in (nodes + nodes)[moving : moving + count]}
            slopes = pullback(root, 1.0)
            got = pushforward(root, tangents, create_graph=True)
            assert plain(got) == sum(slopes[node] for node in tangents)


# -- never an exception, never complex, and the same on floats and arrays --------------------------

POINTS = [
    0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 1e-300, 1e300, -1e300, 1000.0, -1000.0, inf, -inf, nan,
]  # fmt: skip
ARITY = {"sum": 2, "dot": 3}

# Where the sign of a zero value on floats may not be that on arrays: IEEE 754-2008 leaves that of
# maximum(0, -0) open, sign is not among its operations, and fsum starts at 0.0.
SIGN_IS_OPEN = {
    "sign": lambda x: x == 0.0,
    "maximum": lambda a, b: a == b == 0.0,
    "minimum": lambda a, b: a == b == 0.0,
    "clip": lambda *operands: operands.count(0.0) >= 2,
    "sum": lambda a, b: a == b == 0.0,
    "dot": lambda w, x, b: w * x == b == 0.0,
}


def combinations(row):
    arity = ARITY.get(row.name, len(row.vjps))
    return list(itertools.product(POINTS, repeat=arity))


def float_results(row, operands):
    """Return the value, the gradients, and the second derivatives in operator order."""
    nodes = [Value(x) for x in operands]
    root = apply(row, *nodes)
    root.backward()
    results = [root.data, *(node.grad for node in nodes)]
    cotangents = pullback(root, 1.0, create_graph=True)
    for node in nodes:
        slope = cotangents.get(node, 0.0)
        seconds = pullback(slope, 1.0) if isinstance(slope, Node) else {}
        results += [seconds.get(other, 0.0) for other in nodes]
    return results


def array_results(row, columns):
    nodes = [ArrayNode(column) for column in columns]
    root = apply(row, *nodes)
    one = np.ones_like(columns[0])
    cotangents = pullback(root, one, create_graph=True)
    first = pullback(root, one)
    results = [root.data, *(first.get(node, 0.0 * one) for node in nodes)]
    for node in nodes:
        slope = cotangents.get(node, 0.0)
        seconds = pullback(slope, one) if isinstance(slope, Node) else {}
        results += [seconds.get(other, 0.0) for other in nodes]
    return [np.broadcast_to(result, one.shape) for result in results]


@pytest.mark.parametrize("row", elementwise.TABLE.values(), ids=lambda row: row.name)
def test_at_every_special_point_floats_and_arrays_agree_and_nothing_raises(row):
    points = combinations(row)
    by_floats = [float_results(row, operands) for operands in points]
    assert {type(x) for results in by_floats for x in results} == {float}
    by_arrays = array_results(row, list(np.array(points).T))
    assert {x.dtype for x in by_arrays} == {np.dtype(float)}
    sign_is_open = SIGN_IS_OPEN.get(row.name, lambda *operands: False)
    for i, operands in enumerate(points):
        for order, (got, expected) in enumerate(zip(by_floats[i], (x[i] for x in by_arrays))):
            if order > 0 or sign_is_open(*operands):
                got, expected = got + 0.0, expected + 0.0
            ulps = 4 if order <= len(operands) else 8  # in second derivatives the errors add up
            assert same(got, expected, ulps), (operands, order, got, expected)


def test_a_negative_infinity_to_the_half_is_the_infinity_of_ieee_on_floats():
    # NumPy's power by a number that is ½ is its square root, in some versions: nan, and √-0 = -0.
    # By an array of ½, as in the test above, it is pow. So only floats promise this.
    assert floats.power(-inf, 0.5) == inf
    assert same(floats.power(-0.0, 0.5), 0.0)
    assert plain(power(ArrayNode(np.array([-inf])), ArrayNode(np.array([0.5])))) == inf


# -- errstate: ignore, warn, raise -----------------------------------------------------------------


def test_by_default_nothing_is_said():
    x = Value(0.0)
    (1.0 / x + log(x) + exp(x + 1000.0)).backward()  # a warning would be an error
    with errstate("ignore"):
        log(x).backward()


@pytest.mark.parametrize(
    "compute, message",
    [
        (lambda: log(Value(-1.0)), r"log\(-1\.0\) is nan"),
        (lambda: log(Value(-1.0, label="x")), r"log\(x=-1\.0\) is nan"),
        (lambda: Value(1.0, label="a") / Value(0.0, label="b"), r"divide\(a=1\.0, b=0\.0\) is inf"),
        (lambda: 1.0 / Value(0.0), r"divide\(1\.0, 0\.0\) is inf"),
        (lambda: Value(-8.0) ** 0.5, r"power\(-8\.0, 0\.5\) is nan"),
        (lambda: Value(1e300) * 1e300, r"multiply\(1e\+300, 1e\+300\) is inf"),
        (lambda: Value(1000.0).exp(), r"exp\(1000\.0\) is inf"),
        (lambda: -Value(1.0) % 0.0, r"remainder\(-1\.0, 0\.0\) is nan"),
        (lambda: functions.dot([Value(1e300)], [Value(1e300)]), r"dot\(1e\+300, 1e\+300\) is inf"),
        (lambda: logsumexp([Value(-inf), Value(-inf)]), r"log\(0\.0\) is -inf"),
        (lambda: softmax([Value(-inf), Value(-inf)]), r"divide\(0\.0, 0\.0\) is nan"),
        (lambda: log(ArrayNode(np.zeros(2))), r"log\(array\(\[0\., 0\.\]\)\) is \[-inf -inf\]"),
    ],
)  # fmt: skip
def test_raise_names_the_operation_and_its_operands(compute, message):
    with errstate("raise"), pytest.raises(FloatingPointError, match=message):
        compute()


@pytest.mark.parametrize(
    "function, x, message",
    [
        (sqrt, 0.0, r"the gradient of sqrt\(0\.0\), 1\.0 times its derivative, is inf"),
        (lambda x: x**0.5, 0.0, r"the gradient of power\(0\.0, 0\.5\), .* is inf"),
        (lambda x: 3.0 * cbrt(x), 0.0, r"the gradient of cbrt\(0\.0\), 3\.0 times .* is inf"),
        (arcsin, 1.0, r"the gradient of arcsin\(1\.0\), .* is inf"),
    ],
)
def test_raise_names_the_operation_going_back_too(function, x, message):
    node = Value(x)
    root = function(node)
    with errstate("raise"), pytest.raises(FloatingPointError, match=message):
        root.backward()
    assert not node.has_grad  # a backward that fails leaves the gradients as they were
    assert not root.has_grad


def test_checking_changes_no_gradient_of_a_tensor_or_of_a_node_whose_gradient_is_zero():
    x = Tensor([1.0, 2.0], requires_grad=True)
    a, b = Value(3.0), Value(2.0)
    product = a * b
    with errstate("raise"):
        (x * x).sum().backward()
        (product * 0.0).backward()
    assert x.grad.tolist() == [2.0, 4.0]
    assert product.has_grad
    assert a.has_grad
    assert a.grad == b.grad == product.grad == 0.0


def test_raise_names_the_line_and_the_file_of_the_user():
    with errstate("raise"), pytest.raises(FloatingPointError) as caught:
        log(Value(-1.0))
    line = caught.tb.tb_lineno
    assert str(caught.value).endswith(f"(line {line} of {__file__})")


def test_raise_says_nothing_of_operands_that_were_bad_before():
    with errstate("raise"):
        y = log(Value(nan)) + Value(inf) - Value(inf) * 0.0
        relu(Value(nan)).backward()
        exp(Value(-inf)).backward()
    assert math.isnan(y.data)


def spoken(function):
    """Return the warnings of a call: what they say, where."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    assert {w.category for w in caught} <= {RuntimeWarning}
    return [(str(w.message), w.filename, w.lineno) for w in caught]


def line_of(function, number):
    """Return the number in this file of a line of a function, the `def` being line 0."""
    return function.__code__.co_firstlineno + number


def test_warn_computes_on_and_names_the_line_of_the_user():
    def compute():
        with errstate("warn"):
            assert log(Value(0.0)).data == -inf

    assert spoken(compute) == [("log(0.0) is -inf", __file__, line_of(compute, 2))]


def test_warn_goes_with_backward():
    x = Value(0.0)

    def compute():
        y = sqrt(x)
        with errstate("warn"):
            y.backward()

    message = "the gradient of sqrt(0.0), 1.0 times its derivative, is inf"
    assert spoken(compute) == [(message, __file__, line_of(compute, 3))]
    assert x.grad == inf


def test_warn_speaks_once_a_source_line():
    def compute():
        with errstate("warn"):
            for x in -1.0, -2.0, -3.0:
                log(Value(x))
                sqrt(Value(x))

    assert [message for message, *_ in spoken(compute)] == ["log(-1.0) is nan", "sqrt(-1.0) is nan"]


def test_another_errstate_speaks_again():
    def compute():
        for _ in range(2):
            with errstate("warn"):
                log(Value(-1.0))

    assert len(spoken(compute)) == 2


def test_a_decorated_function_is_checked_and_speaks_once_a_line():
    @errstate("warn")
    def compute():
        return log(Value(-1.0)).data

    assert len(spoken(lambda: (compute(), compute()))) == 1
    assert modes.checking is None


def test_a_mode_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValueError, match="got 'silent'; expected 'ignore', 'warn' or 'raise'"):
        errstate("silent")


def test_the_state_is_restored_after_an_exception():
    for _ in range(2):
        with pytest.raises(FloatingPointError), errstate("raise"):
            log(Value(-1.0))
        assert modes.checking is None
        assert math.isnan(log(Value(-1.0)).data)


def test_nested_states_come_back_in_order():
    with errstate("raise"):
        with errstate("ignore"):
            log(Value(-1.0))
            with errstate("warn"):
                assert spoken(lambda: log(Value(-1.0)))
            log(Value(-1.0))
        with pytest.raises(FloatingPointError):
            log(Value(-1.0))
        again = errstate("ignore")
        with again, again:
            log(Value(-1.0))
        with pytest.raises(FloatingPointError):
            log(Value(-1.0))
    log(Value(-1.0))


def in_thread(function):
    """Run a function in a thread of its own and return what it returned."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join(10)
    return results[0]


def test_each_thread_has_its_own_state():
    def raises():
        try:
            (log(Value(-1.0)) + 1.0).backward()
        except FloatingPointError:
            return True
        return False

    def raises_under_raise():
        with errstate("raise"):
            return raises()

    with errstate("raise"):
        assert raises()
        assert not in_thread(raises)
        assert in_thread(raises_under_raise)
    assert in_thread(raises_under_raise)
    assert not raises()


@pytest.mark.parametrize("mode", [lambda: errstate("raise"), no_grad], ids=["errstate", "no_grad"])
def test_one_mode_object_in_two_threads_keeps_them_apart(mode):
    """A decorated function has one mode object, and threads may leave it in any order."""
    shared, entered, both = mode(), threading.Event(), threading.Event()
    before = modes.recording, modes.checking

    def first():
        with shared:
            entered.set()
            both.wait(10)
        return modes.recording, modes.checking

    results = []
    thread = threading.Thread(target=lambda: results.append(first()))
    thread.start()
    entered.wait(10)
    with no_grad(), errstate("warn"):
        outer = modes.recording, modes.checking
        with shared:
            both.set()
            thread.join(10)
        assert (modes.recording, modes.checking) == outer
    assert results == [before]


def squared_by_hand(x):
    """Return x², a node whose `_backward` is assigned by hand as in micrograd."""
    out = Value(x.data**2, (x,), "square")

    def backward():
        x.grad += 2.0 * x.data * out.grad

    out._backward = backward
    return out


def test_a_hand_written_backward_is_honoured_under_checking():
    x = Value(3.0)
    with errstate("raise"):
        (squared_by_hand(x) * 2.0 + x).backward()
    assert x.grad == 13.0


def test_a_hand_written_backward_and_create_graph_are_no_silent_zero():
    with pytest.raises((TypeError, RuntimeError), match="hand-written"):
        squared_by_hand(Value(3.0)).backward(create_graph=True)
