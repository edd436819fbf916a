"""Nodes, how they are recorded, the modes of a thread, and how a graph is read."""

from __future__ import annotations

import inspect
import math
import random
import threading

import numpy as np
import pytest

from autodiff import (
    Tensor,
    Value,
    custom_vjp,
    dot,
    edges,
    elementwise,
    errstate,
    exp,
    floats,
    graph,
    no_grad,
    relu,
    sin,
    sum,
    sweep,
    tanh,
    topological_order,
    where,
)
from autodiff.graph import CONSTANT, UNSET, Node, apply
from autodiff.sweep import pullback

from .checking import Array


@pytest.mark.parametrize("count", range(6))
def test_a_node_returns_the_operands_that_it_was_made_from(count):
    inputs = tuple(Value(float(i)) if i % 2 else float(i) for i in range(count))
    node = Value.record(1.0, inputs, None)
    assert node.inputs == inputs
    assert node.parents == inputs[1::2]
    assert node.is_leaf == (count == 0)


def test_a_node_of_two_operands_is_one_object_to_the_garbage_collector():
    import gc

    a, b = Value(1.0), Value(2.0)
    c = a * b
    assert not any(isinstance(x, tuple) for x in gc.get_referents(c))


def lecture():
    """Return a, b, c, u, v, J of J = 3·(a + b·c)."""
    a, b, c = Value(5.0, label="a"), Value(3.0, label="b"), Value(2.0, label="c")
    u = b * c
    v = a + u
    return a, b, c, u, v, 3 * v


def read(edge):
    return edge.child, edge.parent, edge.argnum, edge.local, edge.contribution


def tangle(seed, size=25):
    """Return the root of a random graph that shares its nodes a lot."""
    source = random.Random(seed)
    nodes = [Value(source.uniform(0.5, 2.0)) for _ in range(3)]
    for _ in range(size):
        a, b = source.choices(nodes, k=2)
        nodes.append(source.choice([a * b, a + b, sin(a), tanh(a * b), a / (b * b + 1.0)]))
    return sum(nodes)


# -- recording -------------------------------------------------------------------------------------


def test_a_node_remembers_its_inputs_in_order_and_its_primitive():
    a, b, c, u, v, J = lecture()
    assert (J.data, J.inputs, J.primitive) == (33.0, (3.0, v), elementwise.multiply)
    assert (v.inputs, v.primitive) == ((a, u), elementwise.add)
    assert (u.inputs, u.primitive) == ((b, c), elementwise.multiply)


def test_a_leaf_has_neither_inputs_nor_a_primitive():
    a = Value(5.0)
    assert (a.inputs, a.primitive, a.parents) == ((), None, ())
    assert a.is_leaf
    assert not (a + 1).is_leaf


def test_a_plain_number_costs_no_node():
    J = lecture()[-1]
    assert len(topological_order(J)) == 6
    assert type(J.inputs[0]) is float


def test_parents_are_the_nodes_among_the_inputs_with_repeats():
    a = Value(5.0)
    assert (a * a).parents == (a, a)
    assert (2 * a).parents == (a,)
    assert where(1.0, a, 3.0).parents == (a,)


def test_apply_computes_and_records_in_the_vocabulary_of_the_nodes():
    a = Value(2.0)
    y = apply(elementwise.power, a, 3)
    assert (y.data, y.inputs, y.primitive) == (8.0, (a, 3.0), elementwise.power)
    assert type(y.inputs[1]) is float


def test_apply_takes_its_kind_from_any_node_among_the_inputs():
    y = apply(elementwise.subtract, 1.0, Value(3.0))
    assert (type(y), y.data) == (Value, -2.0)
    z = apply(elementwise.where, 0.0, 1.0, Array(np.ones(2)))
    assert type(z) is Array


def test_apply_refuses_what_is_no_number():
    with pytest.raises(TypeError, match="add got 'x', a str; expected a Value or a real number"):
        apply(elementwise.add, Value(1.0), "x")


@pytest.mark.parametrize("number", [2, True, np.float64(2.0), np.float32(2.0), np.int64(2)])
def test_numbers_of_every_kind_are_recorded_as_python_floats(number):
    y = apply(elementwise.multiply, Value(3.0), number)
    assert type(y.inputs[1]) is float
    assert type(y.data) is float


def test_a_new_node_has_no_gradient_yet_though_it_reads_as_zero():
    y = Value(2.0) * 3
    assert y.grad == 0.0
    assert y.grad is UNSET
    assert not y.has_grad


def test_has_grad_tells_a_gradient_of_zero_from_none():
    a, b = Value(2.0), Value(3.0)
    (a * 0.0).backward()
    assert (a.grad, a.has_grad) == (0.0, True)
    assert (b.grad, b.has_grad) == (0.0, False)
    a.zero_grad()
    assert not a.has_grad


# -- the protocol ----------------------------------------------------------------------------------


def test_a_kind_of_node_brings_its_vocabulary_its_record_and_its_operand():
    with pytest.raises(NotImplementedError):
        Node.record(1.0, (), None)
    with pytest.raises(NotImplementedError):
        Node.operand(1.0, "add")
    assert Value.vocabulary is floats


def test_the_graph_and_the_sweeps_know_nodes_and_not_values():
    for module in (graph, sweep):
        assert not hasattr(module, "Value")
    x = Array(np.array([0.5, 2.0]))
    y = x * x + 3.0
    assert [type(node) for node in topological_order(y)] == [Array] * 3
    np.testing.assert_array_equal(pullback(y, np.ones(2))[x], [1.0, 4.0])
    found = list(edges(y))
    assert [(edge.child, edge.parent) for edge in found] == [
        (y, y.inputs[0]),
        *[(y.inputs[0], x)] * 2,
    ]
    np.testing.assert_array_equal(found[1].local, [0.5, 2.0])


# -- constants -------------------------------------------------------------------------------------


def test_detach_gives_a_constant_of_the_same_value():
    a = Value(2.0)
    d = (a * 3).detach()
    assert (d.data, d.inputs, d.primitive) == (6.0, (), CONSTANT)
    assert (d.requires_grad, a.requires_grad) == (False, True)


def test_what_is_made_of_constants_alone_is_a_constant_without_inputs():
    c = Value(2.0).detach()
    for made in (c * 3, 3 * c, c * c, -c, tanh(c), sum([c, c]), dot([c], [c], 1.0), where(c, c, 1)):
        assert not made.requires_grad
        assert made.inputs == ()
    assert (c * 3).data == 6.0


def test_what_is_made_of_a_constant_and_a_leaf_needs_a_gradient():
    a, c = Value(5.0), Value(2.0).detach()
    for made in (a * c, c * a, sum([a, c]), dot([a], [c])):
        assert made.requires_grad
        made.backward()
    assert a.grad == 2.0 + 2.0 + 1.0 + 2.0


def test_backward_leaves_nothing_on_a_constant():
    a, c = Value(5.0), Value(2.0).detach()
    y = a * c + c
    y.backward()
    assert not c.has_grad
    assert a.grad == 2.0
    y.backward(create_graph=True)
    assert not c.has_grad


def test_no_gradient_flows_through_detach():
    a = Value(3.0)
    y = a * (a * a).detach()
    y.backward()
    assert a.grad == 9.0


def test_a_constant_stands_in_the_order_and_on_an_edge_without_derivative():
    a, c = Value(5.0), Value(2.0).detach()
    y = a * c
    assert topological_order(y) == [a, c, y]
    y.backward()
    assert [(e.parent, e.local, e.contribution) for e in edges(y)] == [
        (a, 2.0, 2.0),
        (c, None, None),
    ]


# -- no_grad ---------------------------------------------------------------------------------------


def test_under_no_grad_results_are_constants():
    a = Value(2.0)
    with no_grad():
        made = [a + 1, 1 + a, a * a, -a, tanh(a), sum([a, a]), a**2, abs(a), a.relu()]
    assert all(node.primitive is CONSTANT and node.inputs == () for node in made)
    assert [node.data for node in made[:4]] == [3.0, 3.0, 4.0, -2.0]
    assert (a + 1).requires_grad


def test_leaves_made_under_no_grad_are_leaves():
    with no_grad():
        a = Value(2.0)
    y = a * a
    y.backward()
    assert a.grad == 4.0


def test_no_grad_nests():
    a = Value(2.0)
    with no_grad():
        with no_grad():
            assert not (a + 1).requires_grad
        assert not (a + 1).requires_grad
    assert (a + 1).requires_grad


def test_one_no_grad_can_be_entered_again():
    a, quiet = Value(2.0), no_grad()
    with quiet:
        with quiet:
            assert not (a + 1).requires_grad
        assert not (a + 1).requires_grad
    assert (a + 1).requires_grad


def test_no_grad_ends_with_an_exception():
    a = Value(2.0)
    with pytest.raises(ZeroDivisionError), no_grad():
        1 / 0
    assert (a + 1).requires_grad


def test_no_grad_decorates_a_function_and_keeps_its_name():
    @no_grad()
    def predict(x, *, scale=1.0):
        """Return scale·x²."""
        return scale * x * x

    a = Value(3.0)
    assert (predict.__name__, predict.__doc__) == ("predict", "Return scale·x².")
    assert str(inspect.signature(predict)) == "(x, *, scale=1.0)"
    assert not predict(a, scale=2.0).requires_grad
    assert predict(a, scale=2.0).data == 18.0
    assert (a * a).requires_grad


def test_a_decorated_function_that_raises_leaves_recording_on():
    @no_grad()
    def fail():
        raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (Value(1.0) + 1).requires_grad


def test_a_decorated_function_may_call_itself():
    @no_grad()
    def countdown(x, n):
        return x if n == 0 else countdown(x + 1, n - 1)

    assert not countdown(Value(0.0), 10).requires_grad
    assert (Value(1.0) + 1).requires_grad


def test_no_grad_holds_in_its_own_thread_alone():
    a, entered, done, seen = Value(2.0), threading.Event(), threading.Event(), []

    def other():
        with no_grad():
            entered.set()
            done.wait(10)
            seen.append((a + 1).requires_grad)

    thread = threading.Thread(target=other)
    thread.start()
    entered.wait(10)
    mine = [(a + 1).requires_grad, tanh(a).requires_grad]
    done.set()
    thread.join()
    assert mine == [True, True]
    assert seen == [False]


def test_a_function_under_no_grad_may_run_in_two_threads_at_once():
    entered, proceed, later = threading.Event(), threading.Event(), threading.Event()
    afterwards = {}

    @no_grad()
    def work(signal, wait):
        signal.set()
        wait.wait(10)

    def plain():
        work(entered, proceed)
        afterwards["recording"] = (Value(1.0) + 1).requires_grad

    def inside():
        with no_grad():
            entered.wait(10)
            work(proceed, later)
            afterwards["under no_grad"] = (Value(1.0) + 1).requires_grad
        afterwards["after no_grad"] = (Value(1.0) + 1).requires_grad

    threads = [threading.Thread(target=f) for f in (plain, inside)]
    for thread in threads:
        thread.start()
    threads[0].join()  # has left the function while the other is still in it
    later.set()
    threads[1].join()
    assert afterwards == {"recording": True, "under no_grad": False, "after no_grad": True}


# -- errstate (more of it in test_edges.py) --------------------------------------------------------


def test_under_errstate_gradients_are_the_same():
    for seed in range(5):
        root = tangle(seed)
        root.backward()
        plain = [node.grad for node in topological_order(root)]
        for node in topological_order(root):
            node.zero_grad()
        with errstate("raise"):
            root.backward()
        assert [node.grad for node in topological_order(root)] == plain


def test_errstate_blames_no_operation_for_what_a_leaf_held_before():
    x = Value(0.0)
    (1 / x).backward()
    assert x.grad == -math.inf
    with errstate("raise"):
        (x * 2).backward()
    assert x.grad == -math.inf


# -- topological order -----------------------------------------------------------------------------


def test_the_order_lists_parents_first_and_every_node_once():
    for seed in range(20):
        root = tangle(seed)
        order = topological_order(root)
        place = {node: i for i, node in enumerate(order)}
        assert len(place) == len(order)
        assert order[-1] is root
        assert all(place[x] < place[node] for node in order for x in node.parents)


def test_the_order_goes_through_inputs_from_left_to_right():
    a, b, c, u, v, J = lecture()
    assert topological_order(J) == [a, b, c, u, v, J]


def test_the_order_of_several_roots_lists_what_they_share_once():
    a, b, c, u, v, J = lecture()
    K = u * u
    assert topological_order(J, K) == [a, b, c, u, v, J, K]
    assert topological_order(K, J) == [b, c, u, K, a, v, J]
    assert topological_order(J, J, v) == topological_order(J)
    assert topological_order() == []


def test_the_order_of_a_leaf_is_the_leaf():
    a = Value(1.0)
    assert topological_order(a) == [a]


def test_a_ladder_of_diamonds_is_walked_once_and_not_once_for_each_path():
    x = Value(1.0)
    for _ in range(200):  # 2**200 paths
        x = x + x
    assert len(topological_order(x)) == 201


def test_a_chain_of_a_hundred_thousand_is_listed_without_recursion():
    x = Value(0.0)
    for _ in range(100_000):
        x = x + 1.0
    assert len(topological_order(x)) == 100_001


# -- edges -----------------------------------------------------------------------------------------


def test_edges_read_the_lecture():
    a, b, c, u, v, J = lecture()
    J.backward()
    assert [*map(read, edges(J))] == [
        (J, v, 1, 3.0, 3.0),
        (v, a, 0, 1.0, 3.0),
        (v, u, 1, 1.0, 3.0),
        (u, b, 0, 2.0, 6.0),
        (u, c, 1, 3.0, 9.0),
    ]


def test_edges_come_in_the_order_of_backpropagation():
    """Every use of a node's own gradient comes after all edges that add to it."""
    for seed in range(20):
        found = list(edges(tangle(seed)))
        last = {edge.parent: i for i, edge in enumerate(found)}
        assert all(last.get(edge.child, -1) < i for i, edge in enumerate(found))


def test_contributions_sum_to_the_gradient_exactly():
    """Exactly: they are added in the order in which the sweep added them."""
    for seed in range(40):
        root = tangle(seed)
        root.backward()
        total = dict.fromkeys(topological_order(root), 0.0)
        total[root] = 1.0
        for edge in edges(root):
            total[edge.parent] += edge.contribution
        assert {node: node.grad for node in total} == total


def test_before_backward_an_edge_has_a_local_derivative_and_no_contribution():
    J = lecture()[-1]
    assert [edge.local for edge in edges(J)] == [3.0, 1.0, 1.0, 2.0, 3.0]
    assert all(edge.contribution is None for edge in edges(J))


def test_a_node_used_twice_has_two_edges_with_their_own_derivatives():
    a = Value(3.0)
    y = a / (a * 1.0)
    y.backward()
    first, second, _ = edges(y)
    assert (first.argnum, first.parent, first.local) == (0, a, 1 / 3)
    assert (second.argnum, second.local) == (1, -1 / 3)
    assert [edge.argnum for edge in edges(a * a)] == [0, 1]


def test_a_derivative_of_zero_is_zero_and_not_none():
    a = Value(-1.0)
    y = relu(a)
    y.backward()
    (edge,) = edges(y)
    assert (edge.local, edge.contribution) == (0.0, 0.0)


def test_a_condition_has_an_edge_without_derivative():
    condition, a, b = Value(1.0), Value(2.0), Value(3.0)
    y = where(condition, a, b)
    y.backward()
    assert [(e.parent, e.local) for e in edges(y)] == [(condition, None), (a, 1.0), (b, 0.0)]


def test_a_neuron_has_an_edge_for_each_weight_input_and_bias():
    w, x, b = [Value(2.0), Value(3.0)], [Value(5.0), 7.0], Value(1.0)
    y = dot(w, x, b)
    y.backward()
    assert [(e.parent, e.argnum, e.local) for e in edges(y)] == [
        (w[0], 0, 5.0), (w[1], 1, 7.0), (x[0], 2, 2.0), (b, 4, 1.0),
    ]  # fmt: skip


def test_local_derivatives_are_those_at_the_numbers_of_the_graph():
    x = Value(0.5)
    y = exp(x)
    (edge,) = edges(y)
    assert edge.local == math.exp(0.5)


def test_after_a_backward_with_graph_edges_hold_plain_numbers():
    x = Value(2.0)
    y = x**3
    y.backward(create_graph=True)
    (edge,) = edges(y)
    assert type(edge.local) is type(edge.contribution) is float
    assert edge.contribution == 12.0


def test_a_hand_written_backward_says_nothing_of_its_parts():
    a = Value(2.0)
    out = Value(4.0, (a,), "square")

    def backward():
        a.grad += 2 * a.data * out.grad

    out._backward = backward
    root = 3 * out
    root.backward()
    assert [*map(read, edges(root))] == [(root, out, 1, 3.0, 3.0), (out, a, 0, None, None)]
    assert a.grad == 12.0


def test_the_edges_of_a_custom_primitive_come_from_its_rule():
    @custom_vjp(lambda g, y, x: 3 * g * x**2)
    def cube(x):
        return x**3

    x = Value(2.0)
    y = cube(x)
    y.backward()
    (edge,) = edges(y)
    assert (edge.local, edge.contribution) == (12.0, 12.0)


def test_an_edge_shows_what_it_is():
    (edge,) = edges(2 * Value(3.0))
    assert repr(edge) == (
        "Edge(child=Value(data=6.0, grad=0.0), parent=Value(data=3.0, grad=0.0), argnum=1,"
        " local=2.0, contribution=None)"
    )


def test_a_leaf_has_no_edges():
    assert list(edges(Value(1.0))) == []


def test_apply_wants_a_node():
    with pytest.raises(TypeError, match=r"apply\(sin\) got plain numbers only; expected a node"):
        apply(elementwise.sin, 1.0)


def test_contributions_of_edges_add_up_to_the_gradients_of_arrays_also_where_they_broadcast():
    a = Tensor([[1.0], [2.0]], requires_grad=True)
    b = Tensor([3.0, 4.0, 5.0], requires_grad=True)
    y = ((a * b + a).reshape(3, 2).sum(axis=0) * b[:2]).sum()
    y.backward()
    totals = {}
    for edge in edges(y):
        assert edge.local.shape == edge.contribution.shape == edge.parent.shape
        totals[edge.parent] = totals.get(edge.parent, 0.0) + edge.contribution
    for node in (a, b, *(x for x in totals if not x.is_leaf)):
        assert totals[node] == pytest.approx(node.grad)
