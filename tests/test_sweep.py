"""The sweeps: the chain rule back and forth, its accumulation, its orders, its accidents."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import (
    Value,
    custom_vjp,
    dot,
    edges,
    exp,
    linear,
    log,
    maximum,
    no_grad,
    relu,
    sigmoid,
    sign,
    sin,
    sqrt,
    steps,
    sum,
    sweep,
    symbols,
    tanh,
    topological_order,
    where,
)
from autodiff.elementwise import TABLE
from autodiff.graph import CONSTANT, UNSET, apply
from autodiff.primitive import Primitive
from autodiff.sweep import pullback, pushforward

from .checking import Array, number, second_derivatives, ulps


def derivatives(f, x, order):
    """Return f(x) and its derivatives up to the order, each the gradient of the one before."""
    x = Value(x)
    found = [f(x)]
    for _ in range(order):
        x.zero_grad()
        found[-1].backward(create_graph=True)
        found.append(x.grad)
    return [node.data for node in found]


# -- many operands ---------------------------------------------------------------------------------


def test_a_node_of_many_operands_is_searched_in_their_order():
    """All of them made by operations, some shared, some plain: the search comes back to each."""
    x = Value(2.0)
    squares = [x * x for _ in range(5)]
    y = dot([*squares, 3.0], [squares[1], 1.0, squares[0], x, squares[4], squares[2]])
    y = sum([y, squares[3], y, *squares])
    y.backward()
    assert x.grad == pytest.approx(pushforward(y, {x: 1.0}), rel=1e-15)
    order, _ = sweep._interior_order(y)
    assert order == [node for node in topological_order(y) if not node.is_leaf]


def test_a_sum_of_many_terms_is_searched_once():
    """Going through all terms anew for each of them would take minutes."""
    x = Value(1.0)
    terms = [x + 1.0 for _ in range(30_000)]
    sum(terms).backward()
    assert x.grad == 30_000.0


@pytest.mark.parametrize("pairs", [1, 2, 3, 16, 64, 65])
@pytest.mark.parametrize("bias", [True, False])
def test_the_step_of_dot_line_by_line_is_its_rule(pairs, bias):
    w = [Value(0.1 * i - 1.0) for i in range(pairs)]
    x = [Value(0.7 - 0.2 * i) for i in range(pairs)]
    b = [Value(0.5)] * bias
    y = dot(w, x, *b)
    y.backward(3.0)
    assert [v.grad for v in w] == [3.0 * v.data for v in x]
    assert [v.grad for v in x] == [3.0 * v.data for v in w]
    assert [v.grad for v in b] == [3.0] * bias


def test_a_dot_of_nodes_alone_is_marked_for_the_fast_step():
    w, x = [Value(2.0), Value(3.0)], [Value(5.0), Value(7.0)]
    assert dot(w, x).right is steps.NODES
    assert linear(x, [w])[0].right is steps.NODES
    assert dot(w, [5.0, x[1]]).right is steps.MANY
    assert linear([5.0, 7.0], [w])[0].right is steps.MANY


def test_repeated_operands_of_dot_get_their_shares_in_the_order_of_the_rule():
    """Sums of floats depend on their order: both sweeps must add in the same one, to the bit."""
    rng = random.Random(0)
    for _ in range(300):
        leaves = [Value(rng.uniform(-3, 3)) for _ in range(3)]
        operands = [rng.choice([*leaves, rng.uniform(-3, 3)]) for _ in range(2 * rng.randint(1, 5))]
        half = len(operands) // 2
        y = dot([leaves[0], *operands[:half]], [leaves[1], *operands[half:]], leaves[2])
        for leaf in leaves:
            leaf.zero_grad()
        y.backward()
        found = pullback(y, 1.0)
        assert [leaf.grad for leaf in leaves] == [found[leaf] for leaf in leaves]


def test_gradients_set_to_none_count_as_zero_among_many_operands():
    w, x = [Value(2.0), Value(3.0)], [Value(5.0), Value(7.0)]
    for operands in (x, [5.0, x[1]]):
        for v in (*w, *x):
            v.grad = None
        dot(w, operands).backward()
        assert [v.grad for v in w] == [5.0, 7.0]
        assert x[1].grad == 3.0


# -- shapes of graphs ------------------------------------------------------------------------------


def test_the_lecture():
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    J = 3 * (a + b * c)
    J.backward()
    assert (a.grad, b.grad, c.grad, J.grad) == (3.0, 6.0, 9.0, 1.0)


def test_a_node_used_twice_by_one_operation_gets_both_shares():
    for f, expected in [
        (lambda a: a + a, 2.0),
        (lambda a: a * a, 6.0),
        (lambda a: a - a, 0.0),
        (lambda a: a / a, 0.0),
        (lambda a: a**a, 27.0 * (math.log(3.0) + 1.0)),
        (lambda a: sum([a, a, a]), 3.0),
        (lambda a: dot([a], [a], a), 7.0),
        (lambda a: maximum(a, a), 1.0),
        (lambda a: where(a, a, 1.0), 1.0),
    ]:
        a = Value(3.0)
        f(a).backward()
        assert a.grad == pytest.approx(expected, rel=1e-15)


def test_a_diamond_adds_its_two_paths():
    a = Value(2.0)
    left, right = a * 3.0, a * a
    (left * right).backward()
    assert a.grad == 9.0 * 2.0**2


def test_a_shared_node_is_swept_after_all_its_uses():
    """The short path to `u` must not be taken before the long one has added to u.grad."""
    x = Value(2.0)
    u = x * x
    y = ((u * 1.0) * 1.0 + 1.0) * u
    y.backward()
    assert u.grad == 2 * 4.0 + 1.0
    assert x.grad == (2 * 4.0 + 1.0) * 4.0


def test_a_ladder_of_a_thousand_diamonds_takes_one_step_each():
    x = Value(1.0)
    y = x
    for _ in range(1000):
        y = (y + y) * 0.5
    y.backward()
    assert x.grad == 1.0


def test_inputs_that_are_not_used_keep_no_gradient():
    a, b = Value(2.0), Value(3.0)
    unused = a * b
    (a * 4).backward()
    assert (a.grad, b.grad, unused.grad) == (4.0, 0.0, 0.0)
    assert not b.has_grad
    assert not unused.has_grad


def test_what_is_made_of_the_root_afterwards_is_not_touched():
    a = Value(2.0)
    y = a * a
    later = y * 10
    y.backward()
    assert a.grad == 4.0
    assert not later.has_grad


@pytest.mark.parametrize(
    "three", [3, 3.0, True + 2, np.float64(3), np.float32(3), np.int64(3), Fraction(3), np.array(3)]
)
def test_plain_numbers_of_every_kind_are_constants(three):
    a = Value(2.0)
    y = three * a + a * three + (a - three) / three - three / a
    y.backward()
    assert y.data == 6.0 + 6.0 - 1 / 3 - 1.5
    assert a.grad == pytest.approx(6.0 + 1 / 3 + 3 / 4, rel=1e-15)
    assert type(a.grad) is float


def test_infinities_go_through():
    a = Value(math.inf)
    (a * 2).backward()
    assert a.grad == 2.0
    b = Value(0.0)
    (1 / b).backward()
    assert b.grad == -math.inf
    c = Value(1000.0)
    exp(c).backward()
    assert c.grad == math.inf
    d = Value(2.0)
    (d * math.inf).backward()
    assert d.grad == math.inf
    e = Value(0.0)
    (e * math.inf).backward()  # the value is nan, its slope is not
    assert e.grad == math.inf


def test_a_gradient_that_overflows_is_infinite():
    x = Value(1e200)
    (x * x * x).backward()
    assert x.grad == math.inf


# -- accumulation ----------------------------------------------------------------------------------


def test_leaves_accumulate_and_interior_gradients_are_fresh():
    a, b = Value(5.0), Value(3.0)
    u = a * b
    y = u * u
    for times in (1, 2, 3):
        y.backward()
        assert (a.grad, b.grad) == (times * 90.0, times * 150.0)
        assert (y.grad, u.grad) == (1.0, 30.0)


def test_two_roots_add_up_on_the_leaves_they_share():
    a = Value(2.0)
    (a * 3).backward()
    (a * a).backward()
    assert a.grad == 7.0


def test_a_root_inside_another_graph_starts_afresh():
    a = Value(2.0)
    u = a * a
    y = 3 * u
    y.backward()
    assert (u.grad, a.grad) == (3.0, 12.0)
    u.backward()
    assert (u.grad, a.grad) == (1.0, 16.0)
    assert y.grad == 1.0
    y.backward()
    assert (u.grad, a.grad) == (3.0, 28.0)


def test_the_graph_may_grow_between_two_backwards():
    a = Value(2.0)
    y = a * a
    y.backward()
    z = y * a
    z.backward()
    assert a.grad == 4.0 + 12.0
    assert y.grad == 2.0


def test_backward_on_a_leaf_adds_one():
    a = Value(2.0)
    a.backward()
    assert a.grad == 1.0
    a.backward()
    assert a.grad == 2.0
    a.backward(create_graph=True)
    assert number(a.grad) == 3.0


def test_zero_grad_and_assigning_zero_both_start_again():
    a = Value(2.0)
    for forget in (a.zero_grad, lambda: setattr(a, "grad", 0.0), lambda: setattr(a, "grad", 0)):
        (a * 3).backward()
        assert a.grad == 3.0
        forget()
        assert a.grad == 0.0
    a.zero_grad()
    assert a.grad is UNSET


def test_changing_data_between_backwards_changes_what_rules_see():
    """As in micrograd, where training assigns to `.data`."""
    a, b = Value(2.0), Value(3.0)
    y = a * b
    a.data = 10.0
    y.backward()
    assert (a.grad, b.grad) == (3.0, 10.0)


# -- what needs no gradient ------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_on_what_needs_no_gradient_says_why_and_what_to_do(create_graph):
    a = Value(2.0)
    with no_grad():
        under_no_grad = a * 2
    for root in (a.detach(), (a * 2).detach(), under_no_grad, a.detach() * 3):
        with pytest.raises(RuntimeError, match=r"needs no gradient.*detached.*no_grad.*call it on"):
            root.backward(create_graph=create_graph)
        assert not root.has_grad
    assert not a.has_grad


def test_a_condition_gets_no_gradient():
    condition, a = Value(1.0), Value(2.0)
    where(condition, a, 3.0).backward()
    assert a.grad == 1.0
    assert condition.grad == 0.0


@pytest.mark.parametrize("create_graph", [False, True])
def test_what_a_condition_was_made_from_is_not_swept(create_graph):
    """No gradient reaches √x here; 0 times its slope, which is infinite, would be nan."""
    x = Value(0.0)
    root = sqrt(x)
    y = where(root, 5.0, 2 * x)
    y.backward(create_graph=create_graph)
    assert number(x.grad) == 2.0
    assert not root.has_grad


def test_the_slope_of_a_step_is_zero():
    a = Value(2.5)
    (sign(a) * 5 + a).backward()
    assert a.grad == 1.0


# -- pullback and pushforward ----------------------------------------------------------------------


def test_pullback_returns_every_cotangent_and_writes_nothing():
    a, b = Value(2.0), Value(3.0)
    u = a * b
    y = u + a
    assert pullback(y, 10.0) == {y: 10.0, u: 10.0, a: 40.0, b: 20.0}
    assert not any(node.has_grad for node in (a, b, u, y))


def test_pullback_leaves_out_constants_and_what_is_not_reached():
    a, c = Value(2.0), Value(3.0).detach()
    y = a * c
    assert pullback(y, 1.0) == {y: 1.0, a: 3.0}


def test_pushforward_is_the_tangent_of_the_root():
    a, b = Value(2.0), Value(3.0)
    y = a * b + a
    assert pushforward(y, {a: 1.0}) == 4.0
    assert pushforward(y, {b: 1.0}) == 2.0
    assert pushforward(y, {a: 1.0, b: 10.0}) == 24.0


def test_pushforward_may_start_at_an_interior_node():
    a = Value(2.0)
    u = a * a
    assert pushforward(3 * u, {u: 1.0}) == 3.0
    assert pushforward(u, {u: 5.0}) == 5.0


def test_the_tangent_of_what_does_not_move_is_zero():
    a, b = Value(2.0), Value(3.0)
    assert pushforward(a * 2, {b: 1.0}) == 0.0
    assert pushforward(a * 2, {}) == 0.0
    assert pushforward(a, {}) == 0.0
    assert pushforward(where(a, 1.0, 2.0), {a: 1.0}) == 0.0
    assert pushforward(3.0 * where(a, 1.0, b), {a: 1.0}) == 0.0


def tangle(seed, size=25):
    """Return leaves and root of a random graph that shares its nodes a lot."""
    source = random.Random(seed)
    leaves = [Value(source.uniform(0.5, 2.0)) for _ in range(4)]
    nodes = list(leaves)
    for _ in range(size):
        a, b, c = source.choices(nodes, k=3)
        made = [a * b, a + b, a - b, sin(a), tanh(a * b), a / (b * b + 1.0), sigmoid(a) ** 2]
        nodes.append(source.choice([*made, dot([a, b], [c, a], b), sum([a, b, c]), relu(a) * 0.5]))
    return leaves, sum(nodes)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_pushforward_is_pullback_times_tangent(seed, create_graph):
    leaves, root = tangle(seed)
    tangents = {leaf: random.Random(seed).gauss(0, 1) for leaf in leaves}
    gradient = pullback(root, 1.0)
    expected = math.fsum(gradient[leaf] * tangents[leaf] for leaf in leaves)
    scale = math.fsum(abs(gradient[leaf] * tangents[leaf]) for leaf in leaves)
    got = number(pushforward(root, tangents, create_graph))
    assert abs(got - expected) <= 1e-12 * scale


@pytest.mark.parametrize("seed", range(4))
def test_all_orders_of_the_modes_give_one_symmetric_matrix(seed):
    leaves, root = tangle(seed, size=15)
    for x in leaves[:2]:
        for z in leaves[:2]:
            one_way, other_way = second_derivatives(root, x, z), second_derivatives(root, z, x)
            expected = one_way["reverse over reverse"]
            for got in [*one_way.values(), *other_way.values()]:
                assert got == pytest.approx(expected, rel=1e-9, abs=1e-9)


# -- one sweep or the other ------------------------------------------------------------------------

ROWS = {name: len(row.vjps) if row.joint is None else None for name, row in TABLE.items()}
LEAVES = st.one_of(
    st.floats(-3.0, 3.0), st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e8, math.inf, math.nan])
)


@st.composite
def graphs(draw):
    """Draw the leaves and the root of a graph over all rows, with sharing and with constants."""
    leaves = [Value(x) for x in draw(st.lists(LEAVES, min_size=1, max_size=3))]
    nodes = list(leaves)
    for name in draw(st.lists(st.sampled_from(sorted(ROWS)), min_size=1, max_size=12)):
        arity = ROWS[name] or draw(st.integers(1, 5))
        node = st.integers(0, len(nodes) - 1).map(nodes.__getitem__)
        inputs = draw(st.lists(node | node | LEAVES, min_size=arity, max_size=arity))
        if not any(isinstance(x, Value) for x in inputs):
            inputs[0] = draw(node)
        nodes.append(apply(TABLE[name], *inputs))
    root = apply(TABLE["sum"], *draw(st.permutations(nodes[-3:])))
    return leaves, root


def agree(a, b):
    """Say whether two gradients are one float: nan and nan are, and so are the two zeros."""
    return ulps(number(a), number(b)) == 0


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(graphs())
def test_the_float_sweep_and_the_general_one_agree_to_the_bit(graph):
    _, root = graph
    root.backward()
    for create_graph in (False, True):
        cotangents = pullback(root, 1.0, create_graph)
        for node in topological_order(root):
            assert agree(node.grad, cotangents.get(node)), (node.primitive, create_graph)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(graphs())
def test_a_second_backward_adds_to_the_leaves_once_more_and_changes_nothing_else(graph):
    _, root = graph
    root.backward()
    expected = {node: node.grad for node in topological_order(root)}
    for edge in edges(root):  # in the order in which the sweep adds
        if edge.parent.is_leaf and edge.contribution is not None:
            expected[edge.parent] += edge.contribution
    root.backward()
    assert all(agree(node.grad, grad) for node, grad in expected.items())


@pytest.mark.parametrize("seed", range(10))
def test_on_arrays_the_general_sweep_gives_what_floats_give(seed):
    source = random.Random(seed)
    points = [[source.uniform(-2, 2) for _ in range(3)] for _ in range(4)]

    def f(a, b, c):
        u = apply(TABLE["tanh"], a * b + c)
        return apply(TABLE["dot"], u, a, b, u * c, 0.5) * apply(TABLE["softplus"], u - 2.0 * a)

    nodes = [Array(np.array(column)) for column in zip(*points)]
    on_arrays = pullback(f(*nodes), np.ones(4))
    for k, point in enumerate(points):
        leaves = [Value(x) for x in point]
        f(*leaves).backward()
        for node, leaf in zip(nodes, leaves):
            assert on_arrays[node][k] == pytest.approx(leaf.grad, rel=1e-13, abs=1e-13)


def test_a_step_is_made_once_at_the_first_use_of_a_primitive():
    made = []

    def rule(xp, g, y, x):
        made.append(xp)
        return g * xp.cos(x)

    primitive = Primitive("sin", rule)
    assert made == []
    for _ in range(3):
        x = Value(1.0)
        apply(primitive, x).backward()
        assert x.grad == math.cos(1.0)
    assert made == [symbols]
    assert primitive.step is primitive.step


def test_a_rule_without_a_derivative_makes_a_step_that_does_nothing():
    primitive = Primitive("add", None, lambda xp, g, y, a, b: g)
    a, b = Value(1.0), Value(2.0)
    apply(primitive, a, b).backward()
    assert (a.grad, b.grad) == (0.0, 1.0)
    apply(primitive, a, 2.0).backward()
    assert a.grad == 0.0


# -- higher orders ---------------------------------------------------------------------------------

X = 0.7


@pytest.mark.parametrize(
    "f, expected",
    [
        (lambda x: x**5, [X**5, 5 * X**4, 20 * X**3, 60 * X**2, 120 * X]),
        (lambda x: x * x * x * x, [X**4, 4 * X**3, 12 * X**2, 24 * X, 24.0]),
        (sin, [math.sin(X), math.cos(X), -math.sin(X), -math.cos(X), math.sin(X)]),
        (exp, [math.exp(X)] * 5),
        (lambda x: exp(2 * x), [2**n * math.exp(2 * X) for n in range(5)]),
        (log, [math.log(X), 1 / X, -1 / X**2, 2 / X**3, -6 / X**4]),
        (lambda x: 1 / x, [1 / X, -1 / X**2, 2 / X**3, -6 / X**4, 24 / X**5]),
        (lambda x: x**0.5, [X**0.5, 0.5 * X**-0.5, -0.25 * X**-1.5, 0.375 * X**-2.5]),
        (lambda x: sin(x) * exp(x), [
            math.exp(X) * math.sin(X),
            math.exp(X) * (math.sin(X) + math.cos(X)),
            2 * math.exp(X) * math.cos(X),
            2 * math.exp(X) * (math.cos(X) - math.sin(X)),
            -4 * math.exp(X) * math.sin(X),
        ]),
        (tanh, [
            math.tanh(X),
            1 - math.tanh(X) ** 2,
            -2 * math.tanh(X) * (1 - math.tanh(X) ** 2),
            (6 * math.tanh(X) ** 2 - 2) * (1 - math.tanh(X) ** 2),
        ]),
    ],
)  # fmt: skip
def test_derivatives_to_the_fourth_order_are_those_of_the_textbook(f, expected):
    assert derivatives(f, X, len(expected) - 1) == pytest.approx(expected, rel=1e-12)


def test_mixed_derivatives_of_exp_xy_to_the_third_order():
    x, y = Value(0.7), Value(-1.3)
    e = math.exp(0.7 * -1.3)
    p = 0.7 * -1.3
    f = exp(x * y)
    first = pullback(f, 1.0, create_graph=True)
    second = pullback(first[x], 1.0, create_graph=True)
    third = pullback(second[y], 1.0, create_graph=True)
    assert (first[x].data, first[y].data) == pytest.approx((-1.3 * e, 0.7 * e))
    assert (second[x].data, second[y].data) == pytest.approx((1.69 * e, (1 + p) * e))
    assert (third[x].data, third[y].data) == pytest.approx(
        ((2 + p) * -1.3 * e, (2 + p) * 0.7 * e), rel=1e-12
    )


def test_a_gradient_may_be_part_of_a_loss():
    """∂/∂x of f(x) + (f'(x))², as a gradient penalty has it."""
    x = Value(0.7)
    y = sin(x)
    y.backward(create_graph=True)
    slope = x.grad
    x.zero_grad()
    (y + slope * slope).backward()
    assert x.grad == pytest.approx(math.cos(0.7) - 2 * math.cos(0.7) * math.sin(0.7), rel=1e-14)


@pytest.mark.parametrize(
    "f, slope",
    [
        (lambda x: 2 * x + 1, 2.0),
        (lambda x: x, 1.0),
        (lambda x: -x, -1.0),
        (lambda x: sum([x, 3.0]), 1.0),
        (lambda x: dot([2.0], [x], 1.0), 2.0),
        (lambda x: relu(x), 1.0),
        (lambda x: sign(x) + 0 * x, 0.0),
    ],
)
def test_with_create_graph_every_gradient_is_a_value_though_it_be_constant(f, slope):
    x = Value(0.7)
    y = f(x)
    y.backward(create_graph=True)
    assert isinstance(x.grad, Value)
    assert x.grad.data == slope
    with pytest.raises(RuntimeError, match="needs no gradient"):
        x.grad.backward()


def test_with_create_graph_gradients_accumulate_too():
    x = Value(2.0)
    y = x**3
    y.backward()
    y.backward(create_graph=True)
    assert x.grad.data == 24.0
    slope = x.grad
    x.zero_grad()
    slope.backward()
    assert x.grad == 12.0


def test_with_create_graph_constants_keep_none_and_shares_are_skipped():
    x, c = Value(2.0), Value(3.0).detach()
    y = x * x * c
    y.backward(create_graph=True)
    assert x.grad.data == 12.0
    assert c.primitive is CONSTANT
    assert not c.has_grad


def test_a_backward_with_graph_that_stops_halfway_writes_no_gradients():
    @custom_vjp(lambda g, y, x: 1 / 0)
    def broken(x):
        return x

    x = Value(2.0)
    y = broken(x * 3) * 2
    with pytest.raises(ZeroDivisionError):
        y.backward(create_graph=True)
    assert not any(node.has_grad for node in topological_order(y))


def test_a_chain_of_a_hundred_thousand_is_swept_in_every_way():
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y * 1.00001
    growth = y.data
    y.backward()
    assert x.grad == pytest.approx(growth)
    assert pushforward(y, {x: 1.0}) == pytest.approx(growth)
    x.zero_grad()
    y.backward(create_graph=True)
    assert number(x.grad) == pytest.approx(growth)


def test_second_derivatives_through_a_long_chain_need_no_recursion():
    x = Value(0.5)
    y = x
    for _ in range(5_000):
        y = sin(y)
    y.backward(create_graph=True)
    slope = x.grad
    x.zero_grad()
    slope.backward()
    first, second, z = 1.0, 0.0, 0.5
    for _ in range(5_000):  # (sin ∘ f)'' = cos f · f'' - sin f · f'²
        first, second = math.cos(z) * first, math.cos(z) * second - math.sin(z) * first**2
        z = math.sin(z)
    assert slope.data == pytest.approx(first)
    assert x.grad == pytest.approx(second)


# -- hand-written backwards ------------------------------------------------------------------------


def squared(x):
    out = Value(x.data**2, (x,), "square")

    def backward():
        x.grad += 2 * x.data * out.grad

    out._backward = backward
    return out


def test_a_hand_written_backward_is_honoured():
    x = Value(3.0)
    y = squared(x) * 2 + x
    y.backward()
    assert x.grad == 13.0
    y.backward()
    assert x.grad == 26.0


@pytest.mark.parametrize(
    "sweep",
    [
        lambda root, x: root.backward(create_graph=True),
        lambda root, x: pullback(root, 1.0, create_graph=True),
        lambda root, x: pullback(root, 1.0),
        lambda root, x: pushforward(root, {x: 1.0}),
    ],
)
def test_what_knows_no_derivative_of_a_hand_written_node_says_so(sweep):
    """It knows how to run, not what it computes: a silent 0 would be a wrong gradient."""
    x = Value(3.0)
    with pytest.raises((TypeError, RuntimeError), match="hand-written"):
        sweep(squared(x) * 2, x)


# -- accidents -------------------------------------------------------------------------------------


def interrupted(times):
    """Return a function whose rule is interrupted the first few times."""
    left = [times]

    def rule(g, y, x):
        if left[0]:
            left[0] -= 1
            raise KeyboardInterrupt
        return 2.0 * g

    @custom_vjp(rule)
    def twice(x):
        return 2.0 * x

    return twice


@pytest.mark.parametrize("create_graph", [False, True])
def test_after_ctrl_c_in_the_middle_of_a_backward_the_next_one_is_right(create_graph):
    twice = interrupted(2)
    a, b = Value(3.0), Value(5.0)
    u = a * b
    y = twice(u * u) * b + u
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            y.backward(create_graph=create_graph)
    for leaf in (a, b):
        leaf.zero_grad()
    y.backward(create_graph=create_graph)
    # y = 2 a² b³ + a b
    assert number(a.grad) == 4 * 3.0 * 125.0 + 5.0
    assert number(b.grad) == 6 * 9.0 * 25.0 + 3.0
    assert number(u.grad) == 4 * 15.0 * 5.0 + 1.0


def test_after_an_accident_another_root_over_the_same_nodes_is_right():
    twice = interrupted(1)
    a = Value(3.0)
    u = a * a
    with pytest.raises(KeyboardInterrupt):
        twice(u).backward()
    a.zero_grad()
    (u * 2).backward()
    assert (a.grad, u.grad) == (12.0, 2.0)


def test_after_an_accident_forward_mode_and_recording_go_on():
    twice = interrupted(1)
    a = Value(3.0)
    y = twice(a * a)
    with pytest.raises(KeyboardInterrupt):
        y.backward()
    assert pushforward(y, {a: 1.0}) == 12.0
    assert (y + 1).requires_grad
