"""`Tensor`: what it takes and refuses, its operators, backward, what changes, copies, memory."""

from __future__ import annotations

import copy
import gc
import importlib.util
import math
import operator
import pickle
import threading
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import (
    Tensor,
    Value,
    array_functions,
    arrays,
    custom_vjp,
    dot,
    elementwise,
    errstate,
    fmod,
    functions,
    maximum,
    no_grad,
    safe_where,
    stack,
    topological_order,
    where,
    xlogy,
)
from autodiff.elementwise import TABLE
from autodiff.graph import CONSTANT

from .checking import ulps

near = pytest.approx
DTYPES = [np.float16, np.float32, np.float64]


def leaf(*shape, dtype=float):
    """Return a leaf that holds 1, 2, 3, …"""
    return Tensor(np.arange(1.0, 1 + math.prod(shape), dtype=dtype).reshape(shape), True)


# -- what Tensor takes -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [*DTYPES, np.int8, np.int64, np.uint8, bool])
def test_a_tensor_keeps_the_dtype_of_what_it_is_given(dtype):
    array = np.ones((2, 3), dtype)
    t = Tensor(array)
    assert (t.dtype, t.shape, t.ndim, t.size) == (np.dtype(dtype), (2, 3), 2, 6)
    assert type(t.data) is np.ndarray
    assert not t.requires_grad


@pytest.mark.parametrize(
    "given, dtype, shape",
    [
        (2.0, "float64", ()),
        (2, "int64", ()),
        (True, "bool", ()),
        ([1.0, 2], "float64", (2,)),
        ([[1, 2], [3, 4]], "int64", (2, 2)),
        (((1.0,),), "float64", (1, 1)),
        (range(3), "int64", (3,)),
        (np.float32(2), "float32", ()),
        ([], "float64", (0,)),
        ([np.ones(2), [1, 2]], "float64", (2, 2)),
    ],
)
def test_numbers_and_nested_lists_are_taken_as_numpy_takes_them(given, dtype, shape):
    t = Tensor(given)
    assert (t.dtype, t.shape) == (np.dtype(dtype), shape)
    assert t.tolist() == np.asarray(given).tolist()


def test_memory_is_copied_unless_it_is_to_be_shared():
    array = np.ones(3)
    copied, shared = Tensor(array), Tensor(array, copy=False)
    array[0] = 5.0
    assert (copied.data[0], shared.data[0]) == (1.0, 5.0)
    assert shared.data is array


@pytest.mark.parametrize(
    "wrong, message",
    [
        ("a", r"got 'a', a str, of dtype <U1; expected real numbers"),
        (None, r"got None, a NoneType.*expected real numbers"),
        (1j, r"of dtype complex128; expected real numbers"),
        ({"a": 1}, r"a dict.*expected real numbers"),
        ([1, "a"], r"a list.*expected real numbers"),
        ((x for x in [1.0]), r"a generator.*expected real numbers"),
        (np.array([None]), r"of dtype object; expected real numbers"),
        (np.array(["2020-01-01"], "M8[D]"), r"of dtype datetime64\[D\]; expected real numbers"),
        ([[1.0], [1.0, 2.0]], r"expected rows of one length"),
        (Value(1.0), r"it is a node already, and \.detach\(\) makes a constant of it"),
        (Tensor(1.0), r"it is a node already"),
        ([Value(1.0)], r"Values and Tensors do not mix"),
        (np.array([Value(1.0)]), r"Values and Tensors do not mix"),
        ([Tensor([1.0])], r"with nodes in it.*gradient would be lost: stack\(\)"),
        ([[Tensor(1.0)], [2.0]], r"with nodes in it.*stack\(\)"),
    ],
)
def test_anything_else_is_refused_with_what_was_got_and_expected(wrong, message):
    with pytest.raises(TypeError, match=message) as caught:
        Tensor(wrong)
    assert len(str(caught.value)) < 260


@pytest.mark.parametrize("data", [[1, 2], True, np.ones(2, np.uint8)])
def test_whole_numbers_have_no_gradient_and_the_message_has_the_fix(data):
    fix = r"requires_grad=True; expected floats.*write 1\.0 for 1, or data\.astype\(float\)"
    with pytest.raises(TypeError, match=fix):
        Tensor(data, requires_grad=True)
    t = Tensor(data)
    with pytest.raises(TypeError, match=fix):
        t.requires_grad = True
    t.requires_grad = False


def test_requires_grad_can_be_changed_on_leaves():
    t = Tensor([1.0, 2.0])
    assert not (t * 2.0).requires_grad
    t.requires_grad = True
    y = t * t
    assert (t.requires_grad, y.requires_grad, y.is_leaf) == (True, True, False)
    t.requires_grad = False
    assert not (t * 2.0).requires_grad
    with pytest.raises(RuntimeError, match=r"made by multiply, was to be set; expected a leaf"):
        y.requires_grad = False


# -- operators -------------------------------------------------------------------------------------

OPERATORS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "remainder": operator.mod,
    "floor_divide": operator.floordiv,
}
each_operator = pytest.mark.parametrize("name", OPERATORS)
OPERANDS = [
    2.0, 3, True, 2**60, np.float64(1.5), np.float32(2), np.int64(3), np.bool_(True),
    np.array([1.0, 2.0, 4.0]), np.array([[3], [1]]), np.float32([1, 2, 3]), [1, 2, 3],
    (1.0, 2.0, 4.0), [[2.0], [1.0]],
]  # fmt: skip
IDS = [repr(x)[:30].replace("\n", "") for x in OPERANDS]


@each_operator
@pytest.mark.parametrize("other", OPERANDS, ids=IDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_operator_gives_what_numpy_gives_with_operands_of_every_kind_on_both_sides(
    name, other, dtype
):
    f, t = OPERATORS[name], leaf(3, dtype=dtype)
    plain = other if isinstance(other, (int, float)) else np.asarray(other)
    with np.errstate(over="ignore"):
        pairs = [(f(t, other), f(t.data, plain)), (f(other, t), f(plain, t.data))]
    for result, expected in pairs:
        assert type(result) is Tensor
        assert result.requires_grad
        assert result.primitive is TABLE[name] or result.primitive is elementwise.square
        np.testing.assert_array_equal(result.data, expected)
        assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
        result.backward(np.ones(result.shape))
        assert (t.grad.dtype, t.grad.shape) == (t.dtype, t.shape)


@each_operator
def test_two_tensors_broadcast_and_record_both(name):
    a, b = leaf(2, 1), leaf(3)
    y = OPERATORS[name](a, b)
    assert y.inputs == (a, b) or y.inputs[0] is a
    np.testing.assert_array_equal(y.data, OPERATORS[name](a.data, b.data))
    y.backward(np.ones((2, 3)))
    assert (a.grad.shape, b.grad.shape) == ((2, 1), (3,))


@each_operator
def test_whole_tensors_follow_numpy_too(name):
    f = OPERATORS[name]
    for array in (np.array([1, 2, 3]), np.array([1, 2, 3], np.int8)):
        for other in (2, True, np.array([3, 1, 2]), 2.0):
            expected = f(array, other)
            got = f(Tensor(array), other)
            np.testing.assert_array_equal(got.data, expected)
            assert got.dtype == expected.dtype
            assert not got.requires_grad


@each_operator
@pytest.mark.parametrize(
    "wrong, message",
    [
        ("x", "got 'x', a str; expected a Tensor, an array or a real number"),
        (None, "got None, a NoneType; expected a Tensor"),
        (1j, "got 1j, a complex; expected a Tensor"),
        ({1}, "a set; expected a Tensor"),
        (np.array([1j]), "of dtype complex128; expected real numbers"),
        (["x"], "expected real numbers"),
        (np.array([Value(1.0)]), "Values and Tensors do not mix"),
        ([Tensor(1.0)], r"nodes in it.*stack\(\)"),
        (Value(1.0), r"a graph is of one kind: .*float\(value\)"),
    ],
    ids=str,
)
def test_an_operator_refuses_what_is_no_number(name, wrong, message):
    t = leaf(1)
    with pytest.raises(TypeError, match=message):
        OPERATORS[name](t, wrong)
    if not (name == "remainder" and isinstance(wrong, str)):
        with pytest.raises(TypeError, match=message):
            OPERATORS[name](wrong, t)


def test_what_it_does_not_know_may_know_tensors():
    class Knows:
        __radd__ = __add__ = lambda self, other: "mine"

    assert leaf(1) + Knows() == "mine"
    assert Knows() + leaf(1) == "mine"
    with pytest.raises(TypeError, match="unsupported operand"):
        leaf(1) * object()
    with pytest.raises(OverflowError, match=r"beyond 1\.8e308, the largest float"):
        leaf(1) + 10**400


@pytest.mark.parametrize("number", [2, 2.0, True, 10**10])
@pytest.mark.parametrize("dtype", DTYPES)
def test_python_numbers_take_the_dtype_of_the_tensor(number, dtype):
    for t in (Tensor(np.ones(2, dtype), True), Tensor(dtype(1), True)):
        with np.errstate(over="ignore"):
            assert (t * number + number).dtype == dtype
            assert (number - t / number).dtype == dtype
            assert functions.maximum(t, number).dtype == dtype


def test_numpys_numbers_promote_as_in_numpy():
    t = Tensor(np.ones(2, np.float32), True)
    for other in (np.float64(2), np.float32(2), np.int64(2), np.float16(2), np.int8(2)):
        assert (t * other).dtype == (other * t).dtype == (t.data * other).dtype
    (t * np.float64(2)).sum().backward()
    assert t.grad.dtype == np.float32


def test_signs_absolute_values_and_augmented_assignment():
    t = leaf(2)
    before = t
    assert +t is t
    np.testing.assert_array_equal((-t).data, [-1.0, -2.0])
    np.testing.assert_array_equal(abs(-t).data, [1.0, 2.0])
    t += 1
    t *= before
    assert before.data.tolist() == [1.0, 2.0]
    assert t.data.tolist() == [2.0, 6.0]
    assert (before**2).primitive is elementwise.square
    array = np.ones(2)
    with pytest.raises(TypeError, match=r"write a = a \+ t, not a \+= t"):
        array += before


def test_products_of_matrices_with_operands_of_every_kind():
    t = leaf(2, 3)
    m = np.arange(6.0).reshape(3, 2)
    for result, expected in [
        (t @ m, t.data @ m),
        (m @ t, m @ t.data),
        (t @ m.tolist(), t.data @ m),
        (m.tolist() @ t, m @ t.data),
        (t @ Tensor(m), t.data @ m),
        (t @ [1, 2, 3], t.data @ [1, 2, 3]),
        ([1, 2] @ t, [1, 2] @ t.data),
        (t.dot(m), t.data @ m),
    ]:
        assert result.requires_grad
        np.testing.assert_array_equal(result.data, expected)
    with pytest.raises(ValueError, match=r"matmul\(\) got shapes \(2, 3\) and \(2,\); expected"):
        t @ [1, 2]
    with pytest.raises(ValueError, match=r"got shapes \(2, 3\) and \(\)"):
        t @ 2
    with pytest.raises(TypeError, match="expected a Tensor or an array of real numbers, got 'a'"):
        t @ "a"
    with pytest.raises(TypeError, match="got Value"):
        t @ Value(1.0)


# -- comparisons and single numbers ----------------------------------------------------------------


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge,
                                     operator.eq, operator.ne])  # fmt: skip
@pytest.mark.parametrize("other", [2, 2.0, np.float64(2), [3.0, 2.0, 1.0], np.array([2, 2, 2])])
def test_comparisons_give_tensors_of_bool_on_both_sides(compare, other):
    t = leaf(3)
    for got, expected in [
        (compare(t, other), compare(t.data, np.asarray(other))),
        (compare(other, t), compare(np.asarray(other), t.data)),
        (compare(t, Tensor(other)), compare(t.data, np.asarray(other))),
    ]:
        assert type(got) is Tensor
        assert got.dtype == bool
        assert not got.requires_grad
        np.testing.assert_array_equal(got.data, expected)


def test_what_is_no_number_is_unequal_and_has_no_order():
    t = leaf(2)
    assert (t == None) is False  # noqa: E711
    assert (t != "a") is True
    with pytest.raises(TypeError, match="less got 'a', a str; expected a Tensor"):
        t < "a"
    with pytest.raises(TypeError, match="equal got a Tensor and a Value"):
        t == Value(1.0)


def test_truths_combine_by_and_or_xor_and_not():
    t = leaf(4)
    assert ((t > 1) & (t < 4)).tolist() == [False, True, True, False]
    assert ((t > 3) | (t < 2)).tolist() == [True, False, False, True]
    assert ((t > 1) ^ (t > 3)).tolist() == [False, True, True, False]
    assert (~(t > 1)).tolist() == [True, False, False, False]
    assert (np.array([True, False, True, True]) & (t > 1)).tolist() == [False, False, True, True]
    assert (t > 0).all()
    assert not (t > 3).all()
    assert (t > 3).any()
    assert (leaf(2, 2) > 1).any(axis=0).tolist() == [True, True]
    assert float((t > 1).sum()) == 3.0
    assert float((t > 1).mean()) == 0.75


def test_the_truth_of_many_is_ambiguous_and_of_one_its_own():
    message = r"truth of a tensor of shape \(2,\) is ambiguous; use \(a > b\)\.all\(\).*where"
    with pytest.raises(ValueError, match=message):
        bool(leaf(2))
    assert bool(Tensor([[1.0]]))
    assert not Tensor(0.0)


def test_one_number_turns_into_pythons_and_many_do_not():
    for t in (Tensor(2.5), Tensor([[2.5]]), Tensor(np.float32(2.5))):
        assert (float(t), int(t), t.item(), round(t)) == (2.5, 2, 2.5, 2)
        assert type(t.item()) is float
        assert f"{t:.2f}" == "2.50"
    assert [10, 11, 12][Tensor(1)] == 11
    assert list(range(Tensor(2))) == [0, 1]
    assert np.arange(5)[Tensor(3)] == 3
    for convert in (float, int, round, Tensor.item, "{:.1f}".format):
        with pytest.raises(ValueError, match=r"shape \(2,\) is no single number: add it up"):
            convert(leaf(2))
    with pytest.raises(TypeError, match="integer"):
        range(Tensor(2.0))


def test_lengths_iteration_and_membership():
    t = leaf(2, 3)
    assert (len(t), t.shape, t.T.shape, t.mT.shape) == (2, (2, 3), (3, 2), (3, 2))
    assert [row.tolist() for row in t] == t.tolist()
    a, b = t
    (a * b).sum().backward()
    np.testing.assert_array_equal(t.grad, t.data[::-1])
    assert 6.0 in t
    assert 7.0 not in t
    for ask in (len, iter, list):
        with pytest.raises(TypeError, match="of a tensor of no axes"):
            ask(Tensor(1.0))
    assert Tensor(np.ones((4, 2, 3))).mT.shape == (4, 3, 2)
    assert len({t, a, b, t}) == 3


def test_numpy_gives_a_view_that_cannot_be_written():
    t = leaf(3)
    view = t.numpy()
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 5.0
    t.data -= 1.0
    assert view.tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(t)[0] = 1.0
    copied = np.array(t)
    copied[0] = 9.0
    assert t.data[0] == 0.0


def test_it_prints_as_it_would_be_written():
    assert repr(Tensor([1.0, 2.0])) == "Tensor([1., 2.])"
    assert repr(Tensor([1, 2])) == "Tensor([1, 2], dtype=int64)"
    assert repr(leaf(2, dtype=np.float32)) == (
        "Tensor([1., 2.], dtype=float32, requires_grad=True)"
    )
    assert repr(leaf(2, 1)) == "Tensor([[1.],\n        [2.]], requires_grad=True)"
    assert str(leaf(1) * 2) == f"{leaf(1) * 2}" == "Tensor([2.], requires_grad=True)"
    assert len(repr(Tensor(np.zeros((1000, 1000))))) < 1000
    assert Tensor(1.0, label="a").label == "a"


# -- parts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "index",
    [0, -1, (0, 1), slice(1, None), (slice(None), 0), ..., None, (..., None), [1, 0, 1], True,
     np.array([[0, 1], [1, 1]]), ([0, 1], [2, 2]), np.int64(1), (1, slice(None, None, -1)), [],
     np.array([[True, False, True], [False, True, False]]), Tensor([1, 1]), Tensor(1),
     Tensor([True, False])],
    ids=repr,
)  # fmt: skip
def test_parts_are_those_of_numpy_and_gradients_go_where_they_came_from(index):
    plain = index.data if isinstance(index, Tensor) else index
    t = leaf(2, 3)
    part = t[index]
    np.testing.assert_array_equal(part.data, t.data[plain])
    weights = np.arange(1.0, 1 + part.size).reshape(part.shape)
    part.backward(weights)
    expected = np.zeros((2, 3))
    np.add.at(expected, plain, weights)
    np.testing.assert_array_equal(t.grad, expected)
    changed = t.set(index, 7.0)
    filled = t.data.copy()
    filled[plain] = 7.0
    np.testing.assert_array_equal(changed.data, filled)
    assert t.data[0, 0] == 1.0


def test_a_part_cannot_be_assigned_to_and_the_message_says_how():
    t = leaf(2, 3)
    with pytest.raises(TypeError, match=r"t = t\.set\(index, value\).*t\.data\[index\] = value"):
        t[0] = 1
    for wrong in (5, (0, 0, 0), "a", 1.5, np.array([0.5])):
        with pytest.raises(IndexError):
            t[wrong]


# -- what PyTorch's users type ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda t: t.sum(dim=0), r"sum\(\) got dim=0.*write axis="),
        (lambda t: t.mean(0, keepdim=True), r"keepdim=True.*write keepdims="),
        (lambda t: t.std(unbiased=True), "write ddof="),
        *(
            (lambda t, name=name: getattr(t, name)(dim=0), rf"{name}\(\) got dim=0.*write axis=")
            for name in ("max", "argmax", "argmin", "softmax", "cumsum", "sort", "squeeze", "norm")
        ),
        (lambda t: t.flip(dims=[0]), "write axis="),
        (lambda t: stack([t, t], dim=1), "write axis="),
        (lambda t: array_functions.concatenate([t, t], dim=1), "write axis="),
        (lambda t: t.split(2, dim=1), "write axis="),
        (lambda t: t.view(6), r"no attribute 'view': use \.reshape"),
        (lambda t: t.to("cpu"), r"use \.astype\(dtype\)"),
        (lambda t: t.cuda(), "one device, the CPU"),
        (lambda t: t.device, "one device, the CPU"),
        (lambda t: t.clamp(0, 1), r"use \.clip"),
        (lambda t: t.unsqueeze(0), r"use \.expand_dims"),
        (lambda t: t.permute(1, 0), r"use \.transpose"),
        (lambda t: t.float(), r"use \.astype\('float32'\)"),
        (lambda t: t.clone(), r"use t\.detach\(\), or"),
        (lambda t: t.requires_grad_(), r"t\.requires_grad = True"),
        (lambda t: t.add_(1), r"write a = a \+ b"),
        (lambda t: t.numel(), r"use \.size"),
        (lambda t: t.t(), r"use \.T"),
        (lambda t: t.dim(), r"use \.ndim"),
        (lambda t: t.grad_fn, r"use \.primitive"),
        (lambda t: t.nonsense, "a Tensor has no attribute 'nonsense'$"),
        (lambda t: t.reshape(7), r"of 6 elements; expected a shape of as many"),
        (lambda t: t.transpose(0, 5), r"got axes \(0, 5\) for an array of 2 axes"),
        (lambda t: t.expand_dims(-1).transpose(0, 1), "to swap two use swapaxes"),
        (lambda t: array_functions.max(t, t), r"use maximum\(a, b\)"),
        (lambda t: dot(t, t), "the product of Tensors is a @ b"),
        (lambda t: functions.tanh([t, t]), r"Tensors in a list; make one of them by stack\(\)"),
        (lambda t: safe_where(t > 0, functions.log, t, 0.0), r"write where\(c, f\(where"),
    ],
)
def test_what_others_call_otherwise_is_told(call, message):
    with pytest.raises((AttributeError, TypeError, ValueError), match=message):
        call(leaf(2, 3))


# -- every row of the table ------------------------------------------------------------------------

ROWS = [name for name, row in TABLE.items() if row.joint is None]
POINTS = {
    "arccosh": [(1.5, 2.0, 7.0)],
    "clip": [(0.3, -2.0, 2.0), (-0.5,) * 3, (0.5,) * 3],
    "where": [(0.0, 1.0, 1.0), (1.0, 2.0, 3.0), (-0.5, 0.5, 4.0)],
    "power": [(0.3, 2.0, 3.0), (0.7, -1.5, 2.0)],
}


def points(name):
    """Return a column of numbers for each input of a row."""
    columns = POINTS.get(name, [(0.3, -0.4, 0.9), (0.7, 0.2, -0.6), (0.5, 1.0, 2.0)])
    if name in ("log", "log2", "log10", "sqrt"):
        columns = [(0.3, 2.0, 9.0)]
    if name == "xlogy":
        columns = [(0.3, -0.4, 0.9), (0.7, 0.2, 6.0)]
    return columns[: len(TABLE[name].vjps)]


@pytest.mark.parametrize("name", ROWS)
def test_a_row_on_tensors_is_the_row_on_floats_element_by_element(name):
    columns = points(name)
    leaves = [Tensor(column, requires_grad=True) for column in columns]
    y = getattr(functions, name)(*leaves)
    assert y.primitive is TABLE[name] or name == "clip"  # whose bounds are nodes here
    weights = np.array([0.5, -2.0, 3.0])
    y.backward(weights)
    for k, numbers in enumerate(zip(*columns)):
        values = [Value(x) for x in numbers]
        one = getattr(functions, name)(*values)
        (one * weights[k]).backward()
        assert ulps(float(y.data[k]), one.data) <= 4
        for t, v in zip(leaves, values):
            if t.grad is not None:
                assert ulps(float(t.grad[k]), v.grad) <= 8


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_a_method_and_a_function_that_make_the_same_node(name):
    first, *others = points(name)
    for dtype in (np.float32, np.float64):
        t = Tensor(np.array(first, dtype), True)
        rest = [np.array(x, dtype) for x in others]
        if name == "where":
            by_function = functions.where(rest[0] > 0, t, rest[1])
            by_method = t.where(rest[0] > 0, rest[1])
        else:
            rest = [float(x[0]) for x in rest] if name == "clip" else rest
            by_function = getattr(functions, name)(t, *rest)
            by_method = getattr(t, name)(*rest)
        assert getattr(Tensor, name).__doc__
        assert by_function.primitive is by_method.primitive is TABLE[name]
        assert by_function.dtype == by_method.dtype == dtype
        np.testing.assert_array_equal(by_function.data, by_method.data)
        by_method.backward(np.ones(3))
        assert t.grad is None or t.grad.dtype == dtype


@pytest.mark.parametrize("name", [name for name in ROWS if len(TABLE[name].vjps) == 1])
def test_float32_stays_so_through_both_modes_and_a_second_derivative(name):
    t = Tensor(np.array(points(name)[0], np.float32), True)
    y = getattr(t, name)()
    y.backward(np.ones(3), create_graph=True)
    assert (y.dtype, t.grad.dtype) == (np.float32, np.float32)
    if t.grad.requires_grad:
        slope, t.grad = t.grad, None
        slope.backward(np.ones(3))
        assert t.grad is None or t.grad.dtype == np.float32


def test_a_sum_of_tensors_is_one_node_and_broadcasts():
    a, b = leaf(2), leaf(3, 1)
    y = functions.sum([a, b, 2.0])
    assert y.inputs[:2] == (a, b) or y.inputs[0] is a
    y.backward(np.ones((3, 2)))
    assert (a.grad.tolist(), b.grad.tolist()) == ([3.0, 3.0], [[2.0], [2.0], [2.0]])
    assert sum([a, a, a]).tolist() == [3.0, 6.0]


# -- backward --------------------------------------------------------------------------------------


def test_a_root_of_many_numbers_wants_a_gradient_of_its_shape():
    y = leaf(3, 4) * 2.0
    with pytest.raises(RuntimeError) as caught:
        y.backward()
    assert str(caught.value) == (
        "backward() needs a scalar, got shape (3, 4); call .sum() first or pass gradient="
    )
    for wrong in (1.0, np.ones(4), np.ones((4, 3))):
        with pytest.raises(ValueError, match=r"a gradient of shape .*; expected \(3, 4\)"):
            y.backward(wrong)
    with pytest.raises(TypeError, match="expected real numbers"):
        y.backward("a")


@pytest.mark.parametrize("wrap", [np.asarray, np.ndarray.tolist, Tensor, np.float32])
def test_a_gradient_may_be_an_array_a_list_or_a_tensor(wrap):
    for dtype in (np.float32, np.float64):
        x = leaf(3, dtype=dtype)
        (x * x).backward(gradient=wrap(np.array([1.0, 10.0, 100.0])))
        assert x.grad.tolist() == [2.0, 40.0, 600.0]
        assert x.grad.dtype == dtype


def test_a_root_of_one_number_needs_none_whatever_its_shape():
    for shape in [(), (1,), (1, 1)]:
        x = Tensor(np.full(shape, 3.0), True)
        (x * x).backward()
        assert type(x.grad) is np.ndarray
        assert (x.grad.shape, x.grad.item()) == (shape, 6.0)


def test_leaves_accumulate_and_interior_gradients_are_computed_afresh():
    for shape in [(), (3,)]:
        x = Tensor(np.full(shape, 2.0), True)
        assert x.grad is None
        assert not x.has_grad
        y = x * x
        z = (y + x).sum()
        z.backward()
        first = x.grad
        z.backward()
        np.testing.assert_array_equal(x.grad, 2 * first)
        np.testing.assert_array_equal(y.grad, np.ones(shape))
        assert type(x.grad) is np.ndarray
        assert x.grad is not first
        x.zero_grad()
        assert x.grad is None
        z.backward()
        np.testing.assert_array_equal(x.grad, first)


def test_a_leaf_may_be_the_root():
    x = Tensor(2.0, requires_grad=True)
    x.backward()
    x.backward()
    assert x.grad.item() == 2.0


def gradient_arrays(*nodes):
    return [getattr(node.grad, "array", node.grad) for node in nodes]


@pytest.mark.parametrize("mode", ["plain", "create_graph", "raise"])
@pytest.mark.parametrize(
    "build",
    [
        lambda a, b: a + b,
        lambda a, b: (a - b) + (a + b),
        lambda a, b: a.reshape(3, 1).T[0] + b[::-1],
        lambda a, b: functions.broadcast_to(a, shape=(3,)) + b.astype(float),
        lambda a, b: stack([a, b]),
        lambda a, b: functions.einsum(a, subscripts="i->i") + b,
        lambda a, b: where(a > 0, a, b) + b,
    ],
)
def test_gradients_of_leaves_are_their_own_memory(build, mode):
    a, b = leaf(3), leaf(3)
    y = build(a, b)
    seed = np.ones(y.shape)
    with errstate("raise" if mode == "raise" else "ignore"):
        y.backward(seed, create_graph=mode == "create_graph")
    inner = [node for node in topological_order(y) if node not in {a, b} and node.has_grad]
    others = [seed, a.data, b.data, *gradient_arrays(*inner)]
    for x, other in ((a, b), (b, a)):
        (grad,) = gradient_arrays(x)
        assert grad.flags.writeable
        if not (mode == "create_graph" and x.grad.requires_grad):
            for array in [*others, *gradient_arrays(other)]:
                assert not np.shares_memory(grad, array)


def test_only_what_needs_a_gradient_is_computed():
    computed = []

    @custom_vjp(lambda g, y, x: computed.append(x) or g)
    def watched(x):
        return x * 1.0

    a, c = leaf(2), Tensor([1.0, 2.0])
    (watched(c) * a).sum().backward()
    assert computed == []
    assert c.grad is None
    assert not watched(c).requires_grad
    y = watched(a)
    (y.detach() * c).requires_grad = True
    (y.detach() * a).sum().backward()
    assert computed == []
    assert y.grad is None


def test_a_root_that_needs_no_gradient_says_why():
    for root in (Tensor(1.0), leaf(2).sum().detach(), (leaf(2) > 1).sum()):
        with pytest.raises(RuntimeError, match="needs no gradient: it was detached, or made under"):
            root.backward()
    with no_grad():
        y = leaf(2) * 2.0
    assert (y.requires_grad, y.is_leaf, y.inputs) == (False, True, ())


def test_a_condition_gets_no_gradient():
    a, b = leaf(3), leaf(3)
    where(a, b, 0.0).sum().backward()
    assert a.grad is None
    assert b.grad.tolist() == [1.0, 1.0, 1.0]


def test_detached_numbers_are_a_copy_and_keep_their_name():
    x = leaf(3)
    x.label = "x"
    d = x.detach()
    assert (d.label, d.requires_grad) == ("x", False)
    d.data -= 1.0
    assert x.data.tolist() == [1.0, 2.0, 3.0]


# -- changes that a later backward would suffer from -----------------------------------------------


def assign(t):
    t.data = t.data * 2.0


def assign_in_place(t):
    t.data -= 1.0


def touch(t):
    t.data[0] = 9.0
    t.touch()


each_change = pytest.mark.parametrize("change", [assign, assign_in_place, touch])


@each_change
@pytest.mark.parametrize("how", ["plain", "create_graph", "raise"])
@pytest.mark.parametrize("which", ["leaf", "constant"])
def test_a_change_after_the_use_is_an_error(change, how, which):
    w, c = leaf(3), Tensor([1.0, 2.0, 3.0], label="c")
    w.label = "w"
    loss = ((w * c) ** 2).sum()
    change({"leaf": w, "constant": c}[which])
    name = {"leaf": "w", "constant": "c"}[which]
    message = rf"the tensor '{name}' of shape \(3,\) was changed after a tensor .* multiply"
    with (
        errstate("raise" if how == "raise" else "ignore"),
        pytest.raises(RuntimeError, match=message),
    ):
        loss.backward(create_graph=how == "create_graph")
    ((w * c) ** 2).sum().backward()  # anew all is well


@each_change
def test_a_change_before_the_use_or_of_another_tensor_is_none(change):
    w, other = leaf(3), leaf(3)
    change(w)
    loss = (w * w).sum()
    change(other)
    change(Tensor([1.0, 2.0]))
    loss.backward()
    np.testing.assert_array_equal(w.grad, 2 * w.data)
    change(w)  # after backward nobody minds, until the next
    with pytest.raises(RuntimeError, match="was changed after"):
        loss.backward()


def test_a_change_is_told_even_where_the_gradient_does_not_depend_on_it():
    w = leaf(3)
    loss = (w + 1.0).sum()
    w.data -= 1.0
    with pytest.raises(RuntimeError, match="was changed after"):
        loss.backward()


def test_steps_of_optimisers_count_as_changes():
    from autodiff.optim import SGD, Adam

    for optimiser in (SGD, Adam):
        w = leaf(3)
        loss = (w * w).sum()
        loss.backward()
        optimiser([w], lr=0.1).step()
        with pytest.raises(RuntimeError, match="was changed after"):
            loss.backward()


def test_an_interior_tensor_cannot_be_changed_nor_a_leaf_turned_into_something_else():
    y = leaf(3) * 2.0
    with pytest.raises(RuntimeError, match=r"made by multiply, cannot be changed.*\.detach\(\)"):
        y.data = np.ones(3)
    w = leaf(3)
    with pytest.raises(ValueError, match=r"got the shape \(2,\); expected \(3,\)"):
        w.data = np.ones(2)
    for wrong in ("a", None, np.ones(3) * 1j):
        with pytest.raises(TypeError, match=r"assignment to \.data got .*expected real numbers"):
            w.data = wrong
    assert w.data.tolist() == [1.0, 2.0, 3.0]


def test_assigned_numbers_are_copied_and_keep_the_dtype():
    w, given = leaf(3, dtype=np.float32), np.ones(3)
    w.data = given
    w.data -= 1.0
    assert (w.dtype, given.tolist()) == (np.float32, [1.0, 1.0, 1.0])
    other = leaf(3)
    w.data = other
    w.data -= 1.0
    w.data = [3, 2, 1]
    assert (w.tolist(), other.tolist()) == ([3.0, 2.0, 1.0], [1.0, 2.0, 3.0])


def test_adding_up_in_a_share_changes_no_gradient_of_others():
    a = Tensor([1.0, 2.0], requires_grad=True)
    u, w = a * 1.0, a * 2.0
    both = u + w  # gives the same gradient to u and w
    (both * 5.0 + u * 3.0 + u * w).sum().backward()
    np.testing.assert_array_equal(both.grad, [5.0, 5.0])
    np.testing.assert_array_equal(u.grad, 8.0 + w.numpy())
    np.testing.assert_array_equal(w.grad, 5.0 + u.numpy())
    first = a.grad
    before = first.copy()
    (a * 7.0).sum().backward()
    np.testing.assert_array_equal(first, before)  # nor what was read before
    np.testing.assert_array_equal(a.grad, before + 7.0)


# -- threads ---------------------------------------------------------------------------------------


def test_threads_build_sweep_and_change_their_own_graphs():
    results, failures = [], []

    def work(seed):
        try:
            w = Tensor(np.full(4, float(seed)), requires_grad=True)
            for _ in range(50):
                w.zero_grad()
                ((w * 2.0).tanh() @ np.ones(4)).backward()
                w.data -= 0.01 * w.grad
            results.append((seed, w.data[0]))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not failures
    together = dict(results)
    results.clear()
    for i in range(6):
        work(i)
    assert dict(results) == together


def test_operations_are_quiet_and_right_where_another_one_is_at_work():
    x = Tensor([0.0, -1.0], requires_grad=True)
    functions = [lambda: 1.0 / x, lambda: x / x, lambda: x.log(), lambda: x @ x.reshape(2, 1)]
    alone = [f().numpy() for f in functions]
    beside = arrays.enter(lambda: [f().numpy() for f in functions])  # further up in this thread
    inside, done = threading.Event(), threading.Event()
    other = threading.Thread(target=lambda: arrays.enter(lambda: inside.set() or done.wait(20)))
    other.start()
    assert inside.wait(20)
    try:
        with pytest.raises(RuntimeError, match="entered"):
            arrays.enter(np.add, 1.0, 1.0)
        meanwhile = [f().numpy() for f in functions]
    finally:
        done.set()
        other.join(20)
    for expected, *found in zip(alone, beside, meanwhile):
        np.testing.assert_array_equal(found, [expected] * 2)


def test_no_grad_in_one_thread_leaves_the_others_recording():
    inside, done = threading.Event(), threading.Event()

    def quiet():
        with no_grad():
            inside.set()
            done.wait(10)

    thread = threading.Thread(target=quiet)
    thread.start()
    inside.wait(10)
    x = leaf(2)
    y = (x * x + x).tanh()
    done.set()
    thread.join(10)
    assert y.requires_grad
    assert y.inputs[0].inputs[1] is x


# -- higher orders, and the same numbers as Value --------------------------------------------------

FORMULAS = [
    lambda x: functions.sin(x) * functions.exp(-x * x),
    lambda x: functions.tanh(x * x + 1.0) / (1.0 + x * x),
    lambda x: x**5 - 2.0 * x**3 + functions.sigmoid(3.0 * x),
    lambda x: functions.log(1.0 + functions.exp(x)) * functions.sqrt(2.0 + functions.cos(x)),
    lambda x: functions.hypot(x, 2.0) + functions.gelu(x) - functions.erf(0.3 * x),
]


@pytest.mark.parametrize("f", FORMULAS)
def test_gradients_of_gradients_are_those_of_values(f):
    numbers = [0.3, -0.7, 1.1]
    x = Tensor(numbers, requires_grad=True)
    values = [Value(v) for v in numbers]
    y, ys = f(x), [f(v) for v in values]
    for _ in range(3):
        y.backward(np.ones(3), create_graph=True)
        for one in ys:
            one.backward(create_graph=True)
        y, x.grad = x.grad, None
        ys = [v.grad for v in values]
        for v in values:
            v.zero_grad()
        assert y.data.tolist() == near([v.data for v in ys], rel=1e-12)


UNARY = ["tanh", "sin", "sigmoid", "relu", "abs", "square", "softplus", "arctan", "negative"]
BINARY = ["add", "subtract", "multiply", "maximum", "hypot", "logaddexp"]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_on_random_graphs_a_tensor_of_no_axes_agrees_with_a_value(data):
    start = data.draw(st.lists(st.floats(-2, 2), min_size=1, max_size=3))
    tensors = [Tensor(x, requires_grad=True) for x in start]
    values = [Value(x) for x in start]
    for _ in range(data.draw(st.integers(1, 12))):
        places = st.integers(0, len(values) - 1)
        name = data.draw(st.sampled_from(UNARY + BINARY))
        chosen = [data.draw(places) for _ in range(1 if name in UNARY else 2)]
        f = getattr(functions, name)
        tensors.append(f(*(tensors[i] for i in chosen)))
        values.append(f(*(values[i] for i in chosen)))
    tensors[-1].backward()
    values[-1].backward()
    for t, v in zip(tensors, values):
        assert t.item() == near(v.data, rel=1e-13, abs=1e-13)
        assert t.has_grad == v.has_grad
        if t.has_grad:
            assert float(t.grad) == near(v.grad, rel=1e-11, abs=1e-11)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_broadcast_gradients_are_those_of_the_expanded_operands(data):
    full = tuple(data.draw(st.lists(st.integers(1, 3), max_size=3)))

    def shape():
        cut = data.draw(st.integers(0, len(full)))
        return tuple(1 if data.draw(st.booleans()) else n for n in full[cut:])

    a, b = (Tensor(np.full(shape(), x), True) for x in (2.0, 3.0))
    wide = [Tensor(np.broadcast_to(x.data, full), True) for x in (a, b)]
    weights = np.cos(np.arange(math.prod(full), dtype=float)).reshape(full)
    for x, y in ((a, b), wide):
        (functions.broadcast_to(x * y / (x + y), shape=full) * weights).sum().backward()
    for x, w in zip((a, b), wide):
        expected = array_functions.sum(w.grad) if not x.shape else w.grad
        while np.ndim(expected) > x.ndim:
            expected = expected.sum(0)
        for i, n in enumerate(x.shape):
            expected = expected.sum(i, keepdims=True) if n == 1 else expected
        np.testing.assert_allclose(x.grad, expected, rtol=1e-12, atol=1e-13)


# -- your own operations ---------------------------------------------------------------------------


@custom_vjp(lambda g, y, x: 2.0 * g * x)
def squared(x):
    return x * x


@custom_vjp(lambda g, y, x: g[::-1])
def backwards(x):
    return x[::-1]


@custom_vjp(lambda g, y, x: x)
def half_squared_norm(x):
    return 0.5 * (x * x).sum()


def test_a_custom_operation_on_tensors():
    x = leaf(3)
    (squared(x) * [1.0, 2.0, 3.0]).sum().backward(create_graph=True)
    assert x.grad.tolist() == [2.0, 8.0, 18.0]
    slope, x.grad = x.grad, None
    slope.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0]


def test_a_rule_that_returns_its_input_gives_no_view_of_it():
    x = leaf(3)
    half_squared_norm(x).backward()
    assert x.grad.tolist() == [1.0, 2.0, 3.0]
    assert not np.shares_memory(x.grad, x.data)

    @custom_vjp(lambda g, y, a, b: (g, g))
    def added(a, b):
        return a + b

    a, b = leaf(3), leaf(2, 3)
    added(a, b).backward(np.ones((2, 3)))
    assert (a.grad.tolist(), b.grad.tolist()) == ([2.0] * 3, [[1.0] * 3] * 2)
    assert not np.shares_memory(a.grad, b.grad)


def test_forward_mode_of_a_custom_operation_need_not_go_element_by_element():
    from autodiff import hvp, jacobian, jvp

    x, t = np.array([1.0, 2.0, 4.0]), np.array([1.0, 10.0, 100.0])
    assert jvp(backwards, (x,), (t,))[1].tolist() == [100.0, 10.0, 1.0]
    assert jvp(half_squared_norm, (x,), (t,))[1] == 421.0
    np.testing.assert_array_equal(jacobian(backwards)(x), np.eye(3)[::-1])
    product = hvp(lambda x: (squared(backwards(x)) * x).sum(), (x,), (t,))
    # of f = a·c² + b³ + c·a²
    (a, b, c), (da, db, dc) = x, t
    expected = [2 * c * da + 2 * (a + c) * dc, 6 * b * db, 2 * (a + c) * da + 2 * a * dc]
    assert product.tolist() == near(expected)


def test_a_rule_of_the_wrong_shape_and_a_result_that_is_no_array_are_refused():
    @custom_vjp(lambda g, y, x: np.ones(7))
    def wrong(x):
        return x * 1.0

    with pytest.raises(TypeError, match=r"vjp of wrong returned a cotangent of shape \(7,\)"):
        wrong(leaf(3)).sum().backward()

    @custom_vjp(lambda g, y, x: g)
    def lists(x):
        return [1.0, "a"]

    with pytest.raises(TypeError, match=r"lists\(\) returned .* from ndarrays; expected an"):
        lists(leaf(3))


# -- errstate --------------------------------------------------------------------------------------


def test_raise_names_the_operation_forward_and_back_and_leaves_gradients_alone():
    with errstate("raise"), pytest.raises(FloatingPointError, match=r"log\(x=array.*is \[-inf"):
        functions.log(Tensor([0.0, 1.0], requires_grad=True, label="x"))
    with errstate("raise"), pytest.raises(FloatingPointError, match=r"divide\("):
        leaf(2) / np.zeros(2)
    with errstate("raise"), pytest.raises(FloatingPointError, match=r"matmul\("):
        leaf(2, 2) @ np.full((2, 2), 1e308)
    x = Tensor([0.0, 4.0], requires_grad=True)
    y = functions.sqrt(x).sum()
    with errstate("raise"), pytest.raises(FloatingPointError, match=r"gradient of sqrt\(array"):
        y.backward()
    assert x.grad is None
    with errstate("warn"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y.backward()
    assert ["gradient of sqrt" in str(w.message) for w in caught] == [True]
    assert caught[0].filename == __file__
    assert x.grad.tolist() == [math.inf, 0.25]


def test_errstate_changes_no_number():
    found = []
    for mode in ("ignore", "warn", "raise"):
        x, w = leaf(4, 3), leaf(2, 3)
        with errstate(mode):
            loss = array_functions.log_softmax((x @ w.T).tanh() + x.sum(1, keepdims=True)).mean()
            loss.backward()
            loss.backward()
        found.append([loss.data, x.grad, w.grad])
    for other in found[1:]:
        for a, b in zip(found[0], other):
            np.testing.assert_allclose(a, b, rtol=1e-14)


def test_a_backward_that_fails_leaves_no_marks():
    w, v = leaf(3), leaf(3)
    y = w * v
    z = (y * y).sum()
    w.data -= 1.0
    with pytest.raises(RuntimeError, match="was changed after"):
        z.backward()
    assert [node.grad is None or isinstance(node.grad, np.ndarray) for node in (w, v)] == [True] * 2
    y2 = w * v
    v.zero_grad()
    (y2 * y2).sum().backward()
    np.testing.assert_array_equal(v.grad, 2 * w.data**2 * v.data)


# -- copies ----------------------------------------------------------------------------------------


def through_pickle(thing):
    return pickle.loads(pickle.dumps(thing))


each_copy = pytest.mark.parametrize("copied", [through_pickle, copy.deepcopy])


def structured():
    x = leaf(2, 3)
    x.label = "x"
    y = x.sum(axis=0)[1:].reshape(2, 1).T @ [[1.0], [2.0]]
    z = (y * y + stack([x[0, 0], x[1, 1]]).mean()).sum()
    return x, z


@each_copy
def test_copies_keep_numbers_gradients_parameters_and_work_alone(copied):
    x, z = structured()
    z.backward()
    again, twin = copied([z, x])
    assert [node.primitive for node in topological_order(again)] == [
        node.primitive for node in topological_order(z)
    ]
    for a, b in zip(topological_order(again), topological_order(z)):
        assert (a.dtype, a.params, a.label, a.requires_grad) == (
            b.dtype, b.params, b.label, b.requires_grad
        )  # fmt: skip
        np.testing.assert_array_equal(a.data, b.data)
        assert a.has_grad == b.has_grad
        if a.has_grad:
            np.testing.assert_array_equal(a.grad, b.grad)
    before = x.grad.copy()
    twin.zero_grad()
    again.backward()
    np.testing.assert_array_equal(twin.grad, before)
    np.testing.assert_array_equal(x.grad, before)
    twin.data -= 1.0
    assert x.data[0, 0] == 1.0


@each_copy
def test_a_copy_of_a_graph_whose_leaves_have_changed_is_refused_as_the_graph_is(copied):
    x = leaf(3)
    y = (x * x).sum()
    x.data -= 1.0
    fresh = copied((x * x).sum())
    fresh.backward()
    with pytest.raises(RuntimeError, match="was changed after"):
        copied(y).backward()


@each_copy
def test_copies_keep_gradients_that_are_graphs(copied):
    x = leaf(3)
    (x**3).sum().backward(create_graph=True)
    again = copied(x)
    slope, again.grad = again.grad, None
    slope.sum().backward()
    assert again.grad.tolist() == [6.0, 12.0, 18.0]
    assert x.grad.tolist() == [3.0, 12.0, 27.0]


def test_a_shallow_copy_is_another_node_with_numbers_of_its_own():
    x, z = structured()
    z.backward()
    part = z.inputs[0]
    assert copy.copy(part).params == part.params
    twin = copy.copy(x)
    assert (twin.label, twin.requires_grad, twin.is_leaf) == ("x", True, True)
    np.testing.assert_array_equal(twin.grad, x.grad)
    twin.data -= 1.0
    twin.grad *= 0.0
    assert x.data[0, 0] == 1.0
    assert x.grad.any()


# -- length, memory --------------------------------------------------------------------------------


def test_a_chain_of_a_hundred_thousand_is_built_swept_and_freed():
    x = leaf(2)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert y.tolist() == [100_001.0, 100_002.0]
    del y


@each_copy
def test_a_long_chain_is_copied(copied):
    y = leaf(2)
    for _ in range(10_000):
        y = y * 1.0
    again = copied(y)
    again.sum().backward()
    assert topological_order(again)[0].grad.tolist() == [1.0, 1.0]


@pytest.mark.slow
def test_a_chain_of_a_hundred_thousand_is_pickled():
    y = leaf(2)
    for _ in range(100_000):
        y = y + 1.0
    assert through_pickle(y).tolist() == [100_001.0, 100_002.0]


def network_step(w):
    w.zero_grad()
    hidden = (np.ones((8, 16)) @ w).relu()
    loss = (hidden.softmax(axis=1)[:, 0] - 1.0).square().mean()
    loss.backward()
    w.data -= 0.01 * w.grad


def test_a_graph_is_freed_by_counting_references_alone():
    w = leaf(16, 4)
    w.data /= 64.0
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            network_step(w)
        alive = sum(type(thing) is Tensor for thing in gc.get_objects())
        for _ in range(20):
            network_step(w)
        assert sum(type(thing) is Tensor for thing in gc.get_objects()) <= alive
    finally:
        gc.enable()


def test_memory_does_not_grow_over_a_thousand_steps():
    w = leaf(16, 4)
    w.data /= 64.0
    gc.collect()  # which empties Python's and NumPy's stores of free pieces: fill them again
    gc.disable()
    try:
        for _ in range(2000):
            network_step(w)
        tracemalloc.start()
        network_step(w)
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(1000):
            network_step(w)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert after - before < 50_000  # 50 bytes a step: a node has more


def test_a_node_is_no_dictionary():
    with pytest.raises(AttributeError):
        leaf(2).colour = "red"
    assert Tensor(1.0).primitive is CONSTANT


# -- an oracle, where there is one -----------------------------------------------------------------

with_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")


@with_torch
@pytest.mark.parametrize(
    "ours, theirs",
    [
        (lambda a, w: (a @ w).tanh().sum(), lambda a, w, torch: (a @ w).tanh().sum()),
        (
            lambda a, w: (a @ w).softmax(axis=1)[:, 0].log().mean(),
            lambda a, w, torch: (a @ w).softmax(dim=1)[:, 0].log().mean(),
        ),
        (
            lambda a, w: (a.std(axis=0, ddof=1) @ w).prod(),
            lambda a, w, torch: (a.std(dim=0) @ w).prod(),
        ),
        (
            lambda a, w: stack([a.sum(1), a.max(axis=1)]).norm() + w.cumsum(axis=0).min(),
            lambda a, w, torch: (
                torch.stack([a.sum(1), a.max(dim=1)[0]]).norm() + w.cumsum(dim=0).min()
            ),
        ),
        (
            lambda a, w: a.logsumexp(axis=0).sum() * w.T.tril().abs().sum(),
            lambda a, w, torch: a.logsumexp(dim=0).sum() * w.T.tril().abs().sum(),
        ),
    ],
)
def test_gradients_are_those_of_pytorch(ours, theirs):
    import torch

    source = np.random.default_rng(0)
    arrays = [source.normal(size=(5, 3)), source.normal(size=(3, 4))]
    mine = [Tensor(x, requires_grad=True) for x in arrays]
    other = [torch.tensor(x, requires_grad=True) for x in arrays]
    ours(*mine).backward()
    theirs(*other, torch).backward()
    for a, b in zip(mine, other):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-10, atol=1e-12)


# -- changes that a backward must notice -----------------------------------------------------------


def interior(a):
    y = a * 2.0
    z = (y.log() * 3.0).sum()
    y.data[0] = 100.0
    y.touch()
    return z


def frozen_later(a):
    b = Tensor([1.0, 2.0], requires_grad=True)
    z = (a * b).sum()
    b.data = [5.0, 5.0]
    b.requires_grad = False
    return z


def a_condition(a):
    c = Tensor([1.0, 0.0], requires_grad=True)
    z = where(c, a, a * 3.0).sum()
    c.data = [0.0, 0.0]
    return z


def deep_below(a):
    y = a * a
    a.data = [3.0, 3.0]
    return (y * 2.0 + a).sum()


@pytest.mark.parametrize("make", [interior, frozen_later, a_condition, deep_below])
def test_a_refused_backward_leaves_the_gradients_of_leaves_alone(make):
    a = Tensor([1.0, 2.0], requires_grad=True)
    (a * 7.0).sum().backward()
    with pytest.raises(RuntimeError, match="was changed after"):
        make(a).backward()
    assert a.grad.tolist() == [7.0, 7.0]


def test_a_change_elsewhere_refuses_nothing():
    a, other = Tensor([1.0, 2.0], requires_grad=True), Tensor([1.0])
    z = (a * a).sum()
    other.data = [2.0]
    z.backward()
    assert a.grad.tolist() == [2.0, 4.0]


def test_a_gradient_of_another_shape_that_was_assigned_is_refused():
    a = Tensor([1.0, 2.0], requires_grad=True)
    a.grad = np.ones((2, 2))
    with pytest.raises(ValueError, match=r"shape \(2, 2\); expected the tensor's"):
        (a * 2.0).sum().backward()


@pytest.mark.parametrize("name", ["relu", "multiply", "exp", "sum", "clip", "ties", "conv2d", "np"])
def test_a_users_function_may_be_called_like_one_of_ours(name):
    def function(x):
        return x + 10.0

    function.__name__ = name
    own = custom_vjp(lambda g, y, x: g * 5.0)(function)
    a = Tensor([-3.0, 2.0], requires_grad=True)
    y = own(a)
    y.sum().backward()
    assert y.tolist() == [7.0, 12.0]
    assert a.grad.tolist() == [5.0, 5.0]


@pytest.mark.parametrize("f", [
    lambda x: x**3.0, lambda x: x**2.5, lambda x: xlogy(x, 2.0),
    lambda x: xlogy(2.0, x), lambda x: maximum(x, 0.5), lambda x: fmod(x, 0.75),
])  # fmt: skip
def test_slopes_beside_a_plain_number_are_computed_in_the_tensors_type(f):
    x = Tensor(np.linspace(0.1, 2.0, 1000, dtype=np.float32), requires_grad=True)
    y = f(x).sum()
    y.backward()
    plain = x.grad
    x.zero_grad()
    y.backward(create_graph=True)
    np.testing.assert_array_equal(plain, x.grad.numpy())
