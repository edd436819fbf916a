"""Pickle and deepcopy: what a copy keeps, what it shares, what it refuses, and how deep it goes."""

from __future__ import annotations

import copy
import io
import math
import pickle

import pytest

from autodiff import Value, custom_vjp, dot, elementwise, sin, sum, tanh, topological_order
from autodiff.elementwise import TABLE
from autodiff.graph import CONSTANT, UNSET
from autodiff.primitive import HandWritten, Primitive

from .checking import number


@custom_vjp(lambda g, y, x: 3 * g * x**2)
def cube(x):
    return x**3


def through_pickle(thing):
    return pickle.loads(pickle.dumps(thing))


def through_slow_pickle(thing):
    """The pickler in Python, on which joblib and dill build theirs."""
    return pickle.loads(pickle._dumps(thing))


each_copy = pytest.mark.parametrize("copied", [through_pickle, through_slow_pickle, copy.deepcopy])
each_pickle = pytest.mark.parametrize("copied", [through_pickle, through_slow_pickle])


def lecture():
    a, b, c = Value(5.0, label="a"), Value(3.0, label="b"), Value(2.0, label="c")
    u = b * c
    J = 3 * (a + u)
    J.label = "J"
    return a, b, c, u, J


def chain(operations):
    """Return the last node of a chain whose value is 1 more than its length."""
    y = Value(1.0)
    for _ in range(operations):
        y = y + 1.0
    return y


def skeleton(root):
    """Return all there is to know of a graph, nodes by their place in the order."""
    order = topological_order(root)
    place = {node: i for i, node in enumerate(order)}
    return [
        (
            node.data,
            node.grad if node.has_grad else None,
            node.label,
            node.primitive,
            tuple(("node", place[x]) if isinstance(x, Value) else x for x in node.inputs),
        )
        for node in order
    ]


# -- what a copy keeps -----------------------------------------------------------------------------


@each_copy
def test_a_copy_has_the_same_values_labels_primitives_and_inputs(copied):
    J = lecture()[-1]
    again = copied(J)
    assert skeleton(again) == skeleton(J)
    assert not set(topological_order(J)) & set(topological_order(again))


@each_copy
def test_a_copy_keeps_gradients_and_what_is_unset_stays_unset(copied):
    *_, u, J = lecture()
    assert not any(node.has_grad for node in topological_order(copied(J)))
    assert copied(J).grad is UNSET
    u.backward()
    again = copied(J)
    assert skeleton(again) == skeleton(J)
    order = topological_order(again)
    assert [node.has_grad for node in order] == [False, True, True, True, False, False]


@each_copy
def test_a_gradient_of_zero_stays_a_gradient(copied):
    a = Value(2.0)
    (a * 0.0).backward()
    again = copied(a)
    assert (again.grad, again.has_grad) == (0.0, True)


@each_copy
@pytest.mark.parametrize("x", [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 0.1])
def test_every_number_is_kept_to_the_bit(copied, x):
    again = copied(Value(x))
    assert again.data.hex() == x.hex()
    assert math.copysign(1.0, again.data) == math.copysign(1.0, x)


@each_copy
def test_a_copy_works_like_the_original(copied):
    J = copied(lecture()[-1])
    J.backward()
    grads = {node.label: node.grad for node in topological_order(J) if node.label}
    assert grads == {"a": 3.0, "b": 6.0, "c": 9.0, "J": 1.0}
    K = J * 2 + 1
    K.backward()
    assert J.grad == 2.0


@each_copy
def test_copies_are_independent(copied):
    a, b, c, _, J = lecture()
    J.backward()
    again = copied(J)
    again.backward()
    again.data, again.label = 0.0, "other"
    topological_order(again)[0].zero_grad()
    assert (a.grad, b.grad, c.grad, J.data, J.label) == (3.0, 6.0, 9.0, 33.0, "J")
    J.backward()
    assert topological_order(again)[1].grad == 2 * 6.0


@each_copy
def test_constants_stay_constants(copied):
    a, c = Value(2.0), Value(3.0).detach()
    y = copied(a * c)
    leaf, constant = y.inputs
    assert constant.primitive is CONSTANT
    assert not constant.requires_grad
    y.backward()
    assert leaf.grad == 3.0
    assert not constant.has_grad
    alone = copied(c)
    assert (alone.data, alone.primitive) == (3.0, CONSTANT)


@each_copy
@pytest.mark.parametrize("name", TABLE)
def test_the_primitives_of_a_copy_are_the_rows_themselves(copied, name):
    row = TABLE[name]
    node = Value.record(0.5, (Value(0.25), 2.0), row)
    assert copied(node).primitive is row
    assert copied(row) is row


# -- what a copy shares ----------------------------------------------------------------------------


@each_copy
def test_a_shared_node_is_copied_once(copied):
    a = Value(3.0)
    u = a * a
    y = copied(u + tanh(u) * u)
    order = topological_order(y)
    assert len(order) == 5
    y.backward()
    t = math.tanh(9.0)
    assert order[0].grad == pytest.approx((1 + t + 9 * (1 - t * t)) * 6)


@each_copy
def test_several_roots_share_their_leaves_and_inner_nodes(copied):
    a = Value(2.0)
    u = a * a
    y, z = u + 1, u * 3
    b, v, p, q = copied([a, u, y, z])
    assert v.inputs == (b, b)
    assert p.inputs[0] is q.inputs[0] is v
    q, p, v, b = copied([z, y, u, a])
    assert v.inputs == (b, b)
    assert p.inputs[0] is q.inputs[0] is v


class Model:
    def __init__(self):
        self.w = [Value(1.0), Value(2.0)]
        self.b = Value(0.5)


@each_copy
def test_a_model_and_its_loss_share_the_parameters(copied):
    model = Model()
    loss = (dot(model.w, [3.0, 4.0], model.b) - 1) ** 2
    for state in ({"model": model, "loss": loss}, {"loss": loss, "model": model}):
        again = copied(state)
        again["loss"].backward()
        assert [w.grad for w in again["model"].w] == [63.0, 84.0]
        assert again["model"].b.grad == 21.0
        assert not model.b.has_grad


@each_copy
def test_a_graph_in_the_attributes_of_other_objects_is_found(copied):
    a = Value(2.0)
    y = a * a
    again = copied({"nested": [({"y": y},), a], "a": a})
    assert again["nested"][0][0]["y"].inputs == (again["a"], again["a"])
    assert again["nested"][1] is again["a"]


def test_deepcopy_respects_what_its_memo_knows():
    a, b = Value(2.0), Value(3.0)
    y = a * b
    again = copy.deepcopy(y, {id(a): a})
    assert again.inputs[0] is a
    assert again.inputs[1] is not b


def test_a_shallow_copy_is_another_node_on_the_same_inputs():
    a = Value(2.0, label="a")
    y = a * a
    y.backward()
    again = copy.copy(y)
    assert again is not y
    assert (again.data, again.grad, again.inputs) == (4.0, 1.0, (a, a))
    leaf = copy.copy(a)
    assert leaf is not a
    assert (leaf.data, leaf.grad, leaf.label) == (2.0, 4.0, "a")
    leaf.data = 9.0
    assert a.data == 2.0


def test_a_shallow_copy_keeps_a_gradient_that_is_a_graph():
    x = Value(2.0)
    y = x**3
    y.backward(create_graph=True)
    for node in (x, y):
        again = copy.copy(node)
        assert again.grad is node.grad
        assert again.inputs == node.inputs


# -- protocols and picklers ------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_keeps_everything(protocol):
    a, *_, J = lecture()
    J.backward()
    root, leaf = pickle.loads(pickle.dumps((J, a), protocol))
    assert skeleton(root) == skeleton(J)
    assert leaf in topological_order(root)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_goes_deep(protocol):
    y = chain(3000)
    assert pickle.loads(pickle.dumps(y, protocol)).data == 3001.0
    assert pickle.loads(pickle._dumps(y, protocol)).data == 3001.0


def test_one_pickler_may_dump_several_graphs_into_one_file():
    *_, u, J = lecture()
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    pickler.dump(J)
    pickler.dump(u)
    file.seek(0)
    unpickler = pickle.Unpickler(file)
    root, inner = unpickler.load(), unpickler.load()
    assert inner in topological_order(root)


@each_pickle
def test_a_node_that_another_pickle_met_below_its_root_is_pickled_again_as_a_root(copied):
    y = chain(3000)
    for _ in range(2):
        assert copied([y, y + 1.0])[1].data == 3002.0
        assert copied(y).data == 3001.0


@each_pickle
def test_a_pickle_grows_with_its_graph_and_not_with_its_square(copied):
    dumps = pickle.dumps if copied is through_pickle else pickle._dumps
    small, large = (len(dumps(chain(n))) for n in (200, 800))
    assert large < 5 * small


# -- depth -----------------------------------------------------------------------------------------


@each_copy
def test_a_copy_of_a_long_chain_needs_no_recursion(copied):
    y = chain(20_000)
    y.backward()
    again = copied(y)
    assert (again.data, again.grad) == (20_001.0, 1.0)
    assert topological_order(again)[0].grad == 1.0


@each_copy
def test_a_copy_keeps_gradients_that_are_graphs(copied):
    x = Value(2.0)
    y = x**3
    y.backward(create_graph=True)
    leaf = copied([y, x])[1]
    assert leaf.grad.data == 12.0
    assert leaf in topological_order(leaf.grad)
    slope = leaf.grad
    leaf.zero_grad()
    slope.backward()
    assert leaf.grad == 12.0
    assert x.grad.data == 12.0


@each_copy
@pytest.mark.parametrize("which", ["root", "leaf", "gradient"])
def test_deep_graphs_with_gradients_that_are_graphs_need_no_recursion(copied, which):
    x = Value(0.5)
    y = x
    for _ in range(2000):
        y = sin(y)
    y.backward(create_graph=True)
    again = copied({"root": y, "leaf": x, "gradient": x.grad}[which])
    assert again.data == {"root": y, "leaf": x, "gradient": x.grad}[which].data
    (leaf,) = (node for node in topological_order(again) if node.primitive is None)
    assert leaf.data == 0.5
    assert number(leaf.grad) == number(x.grad)


# -- custom primitives -----------------------------------------------------------------------------


@each_copy
def test_a_custom_primitive_of_a_module_is_found_again(copied):
    y = copied(cube(Value(2.0)))
    assert y.primitive is cube.primitive
    y.backward()
    assert y.inputs[0].grad == 12.0


def local():
    """Return a custom function that pickle cannot find: it is made inside another."""

    @custom_vjp(lambda g, y, x: 2 * g * x)
    def local_square(x):
        return x * x

    return local_square


def renamed(x):
    return 2 * x


twice = custom_vjp(lambda g, y, x: 2 * g)(renamed)


def test_deepcopy_keeps_custom_primitives_of_every_kind_as_they_are():
    """As deepcopy keeps functions."""
    for function in (cube, local(), twice):
        y = copy.deepcopy(function(Value(3.0)) * 2)
        assert y.inputs[0].primitive is function.primitive
        y.backward()
        assert topological_order(y)[0].grad == {cube: 54.0, twice: 4.0}.get(function, 12.0)


@pytest.mark.parametrize("make", [local, lambda: twice], ids=["local", "renamed"])
@pytest.mark.parametrize("dumps", [pickle.dumps, pickle._dumps])
def test_a_primitive_that_would_not_be_found_again_is_refused_when_it_is_written(make, dumps):
    """At reading it would be too late: the checkpoint would be lost."""
    function = make()
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)) as caught:
        dumps(function(Value(3.0)) + 1)
    assert function.__name__ in str(caught.value)


@each_pickle
def test_a_pickle_that_failed_leaves_later_ones_fine(copied):
    square = local()
    y = chain(3000)
    bad = square(y) + 1
    for _ in range(1500):
        bad = bad + 1
    for _ in range(2):
        with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
            copied(bad)
        assert copied(y).data == 3001.0
    with pytest.raises(ZeroDivisionError):
        copied([y, Explosive(), bad])
    assert copied([y])[0].data == 3001.0


class Explosive:
    def __reduce__(self):
        raise ZeroDivisionError


@each_copy
def test_a_label_that_cannot_be_copied_breaks_nothing_afterwards(copied):
    y = chain(3000)
    middle = topological_order(y)[1500]
    middle.label = Explosive()
    if copied is copy.deepcopy:
        assert copied(y).data == 3001.0  # a label is taken as it is
        return
    with pytest.raises(ZeroDivisionError):
        copied(y)
    middle.label = "middle"
    again = copied(y)
    assert topological_order(again)[1500].label == "middle"


# -- hand-written nodes ----------------------------------------------------------------------------


def by_hand():
    x = Value(2.0)
    out = Value(4.0, (x,), "square")

    def backward():
        x.grad += 2 * x.data * out.grad

    out._backward = backward
    return out


@each_copy
def test_a_hand_written_backward_cannot_be_copied_and_the_message_says_what_to_do(copied):
    message = "cannot copy or pickle a graph with a hand-written _backward .*'square'.*@custom_vjp"
    for root in (by_hand(), by_hand() * 3 + 1):
        with pytest.raises(TypeError, match=message):
            copied(root)


@each_copy
def test_after_a_refusal_other_graphs_are_copied(copied):
    with pytest.raises(TypeError, match="hand-written"):
        copied(by_hand() * 3)
    y = chain(3000)
    assert copied(y).data == 3001.0


# -- primitives ------------------------------------------------------------------------------------


@each_copy
def test_a_primitive_is_copied_by_reference(copied):
    for primitive in (elementwise.tanh, elementwise.dot, CONSTANT, cube.primitive):
        assert copied(primitive) is primitive


def test_a_primitive_that_is_not_in_the_table_does_not_turn_into_the_row_of_its_name():
    impostor = Primitive("tanh", lambda xp, g, y, x: 2.0 * g)
    y = Value.record(0.5, (Value(1.0),), impostor)
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError), match="tanh"):
        pickle.dumps(y)
    again = copy.deepcopy(y)
    assert again.primitive is impostor


def test_a_hand_written_primitive_refuses_alone_as_well():
    with pytest.raises(TypeError, match="hand-written"):
        pickle.dumps(HandWritten("h"))


@each_copy
def test_joint_rows_keep_all_their_operands(copied):
    w, x = [Value(1.0), Value(2.0)], [Value(3.0), 4.0]
    y = copied(dot(w, x, 0.5) + sum([*w, 5.0]))
    assert skeleton(y) == skeleton(dot(w, x, 0.5) + sum([*w, 5.0]))
    y.backward()
    assert topological_order(y)[0].grad == 4.0
