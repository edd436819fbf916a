"""`Value`: what it takes and refuses, numbers, NumPy, micrograd's habits, its size in memory."""

from __future__ import annotations

import copy
import gc
import math
import operator
import pickle
import sys
import tracemalloc
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from autodiff import Value, elementwise, functions, topological_order
from autodiff.elementwise import TABLE
from autodiff.graph import CONSTANT

from .checking import Array, ulps
from .long import ALL

OPERATORS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "remainder": operator.mod,
}
each_operator = pytest.mark.parametrize("name", OPERATORS)

# -- what Value takes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [2, 2.0, np.float64(2), np.float32(2), np.int64(2), np.array(2.0), Fraction(2), Decimal(2)],
)
def test_a_value_of_any_real_number_holds_a_python_float(number):
    v = Value(number)
    assert type(v.data) is float
    assert v.data == 2.0


def test_a_value_of_a_truth_is_one_or_zero():
    assert (Value(True).data, Value(np.False_).data) == (1.0, 0.0)


@pytest.mark.parametrize(
    "wrong, message",
    [
        ("a", r"Value\(\) got 'a', a str; expected one real number, e\.g\. Value\(2\.0\)"),
        (b"1", r"got b'1', a bytes; expected one real number"),
        (None, r"got None, a NoneType; expected one real number"),
        ([1], r"got \[1\], a list; expected one real number"),
        ((1.0,), r"got \(1\.0,\), a tuple; expected one real number"),
        ({"a": 1}, r"got \{'a': 1\}, a dict; expected one real number"),
        (1j, r"got 1j, a complex; expected one real number"),
        (np.complex128(1), r"complex128; expected .* real number"),
        (np.array([1.0, 2.0]), r"got array\(\[1\., 2\.\]\).*ndarray; expected one real number"),
        (np.array([3.0]), r"got array\(\[3\.\]\).*ndarray; expected one real number"),
        (np.str_("3"), r"str_; expected .* real number"),
        (print, r"builtin_function_or_method; expected one real number"),
        (Value(1), r"got Value\(data=1\.0, grad=0\.0\).*it is a node already.*\.detach\(\)"),
        (Array(np.ones(2)), r"it is a node already"),
    ],
)
def test_a_value_of_anything_else_says_what_was_got_and_what_was_expected(wrong, message):
    with pytest.raises(TypeError, match=message):
        Value(wrong)


def test_a_long_argument_is_shown_in_part():
    with pytest.raises(TypeError) as caught:
        Value(list(range(10_000)))
    assert len(str(caught.value)) < 200
    assert "[0, 1, 2" in str(caught.value)


@pytest.mark.parametrize("huge", [10**400, -(10**400)])
def test_a_huge_whole_number_is_refused_with_the_limit_and_the_way_out(huge):
    message = r"beyond 1\.8e308, the largest float; use float\('inf'\)"
    with pytest.raises(OverflowError, match=message):
        Value(huge)
    with pytest.raises(OverflowError, match=message):
        Value(1.0) + huge
    with pytest.raises(OverflowError, match=message):
        huge * Value(1.0)


def test_whole_numbers_up_to_the_largest_float_are_taken():
    assert Value(10**300).data == 1e300
    assert (Value(1.0) + 10**300).data == 1e300
    assert (Value(0.0) + (2**53 + 1)).data == float(2**53 + 1)


@pytest.mark.parametrize("children", ["ab", (1.0,), ("a",), [None]])
def test_children_that_are_no_values_are_refused_at_once(children):
    """Value(2.0, "a") is how one forgets `label=`."""
    with pytest.raises(TypeError, match=r"expected .*Value"):
        Value(2.0, children)


# -- operators -------------------------------------------------------------------------------------


@each_operator
def test_an_operator_computes_as_floats_do_on_either_side(name):
    f = OPERATORS[name]
    for a, b in [(5.5, 2.0), (2.0, 5.5), (1.5, -0.5)]:
        for result in (f(Value(a), Value(b)), f(Value(a), b), f(a, Value(b))):
            assert type(result) is Value
            assert type(result.data) is float
            assert result.data == f(a, b)
            assert result.primitive is TABLE[name]


@each_operator
@pytest.mark.parametrize(
    "number",
    [3, True, 3.0, np.float64(3), np.float32(3), np.int64(3), np.bool_(True), Fraction(3, 2)],
)
def test_an_operator_takes_numbers_of_every_kind_on_either_side(name, number):
    f, v = OPERATORS[name], Value(2.0)
    left, right = f(number, v), f(v, number)
    for result, expected in [
        (left, f(float(number), 2.0)),
        (right, f(2.0, float(number))),
    ]:
        assert type(result) is Value
        assert result.data == expected
    assert left.inputs == (float(number), v)
    assert right.inputs == (v, float(number))
    assert all(type(x) in (float, Value) for x in left.inputs + right.inputs)


@each_operator
@pytest.mark.parametrize(
    "wrong, kind",
    [
        ("x", "a str"),
        (None, "a NoneType"),
        ([1], "a list"),
        ((1,), "a tuple"),
        ({1}, "a set"),
        (1j, "a complex"),
        (np.complex128(1j), "a complex128"),
    ],
)
def test_an_operator_refuses_what_is_no_number_and_says_so(name, wrong, kind):
    f, v = OPERATORS[name], Value(2.0)
    message = f"{name} got .*{kind}; expected a Value or a real number"
    with pytest.raises(TypeError, match=message):
        f(v, wrong)
    if not (isinstance(wrong, str) and name == "remainder"):  # "x" % v formats text
        with pytest.raises(TypeError, match=message):
            f(wrong, v)


@each_operator
def test_an_operator_leaves_to_others_what_it_does_not_know(name):
    class Knows:
        def answer(self, other):
            return "mine"

        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmod__ = answer
        __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __mod__ = answer

    assert OPERATORS[name](Value(1.0), Knows()) == "mine"
    assert OPERATORS[name](Knows(), Value(1.0)) == "mine"
    for wrong in (object(), range(3)):
        with pytest.raises(TypeError, match="unsupported operand"):
            OPERATORS[name](Value(1.0), wrong)
        with pytest.raises(TypeError, match="unsupported operand"):
            OPERATORS[name](wrong, Value(1.0))


def test_two_to_a_string_is_refused():
    with pytest.raises(TypeError, match="power got 'x', a str; expected a Value or a real number"):
        Value(2) ** "x"
    with pytest.raises(TypeError, match="power got 'x', a str"):
        "x" ** Value(2)


def test_a_value_and_an_array_node_do_not_mix_and_the_message_says_what_to_do():
    with pytest.raises(TypeError, match=r"add got a Value and an Array.*use float\(value\)"):
        Value(1.0) + Array(np.ones(2))


def test_floats_never_raise_and_never_turn_complex():
    zero, minus = Value(0.0), Value(-8.0)
    assert (1 / zero).data == math.inf
    assert (-1 / zero).data == -math.inf
    assert math.isnan((zero / 0).data)
    assert (zero**-1).data == math.inf
    assert math.isnan((minus**0.5).data)
    assert math.isnan((minus ** (1 / 3)).data)
    assert (Value(10.0) ** 1000).data == math.inf
    assert math.isnan((zero % 0).data)
    assert Value(1000.0).exp().data == math.inf
    assert math.isnan(Value(math.inf).sin().data)


@pytest.mark.parametrize("a, b", [(7.0, 2.0), (-7.0, 2.0), (7.0, -2.0), (1.0, 0.1), (0.3, 0.1)])
def test_whole_division_is_pythons_and_fits_the_remainder(a, b):
    for result in (Value(a) // Value(b), Value(a) // b, a // Value(b)):
        assert result.data == a // b
    assert (Value(a) % b).data == a % b


def test_signs_and_absolute_values():
    v = Value(-2.0)
    assert +v is v
    assert ((-v).data, abs(v).data, (-v).primitive) == (2.0, 2.0, elementwise.negative)
    abs(v).backward()
    assert v.grad == -1.0


def test_augmented_assignment_makes_a_new_node_and_leaves_the_old_alone():
    a = Value(2.0)
    x = a
    x += 1
    x *= a
    x -= 1
    x /= 2
    x **= 2
    assert a.data == 2.0
    assert x.data == 6.25
    x.backward()
    assert a.grad == 2 * 2.5 * (2 * 2.0 + 1) / 2


def test_a_sum_of_values_starts_at_pythons_zero():
    a, b = Value(2.0), Value(3.0)
    total = sum([a, b, a])
    assert total.data == 7.0
    total.backward()
    assert (a.grad, b.grad) == (2.0, 1.0)


def test_operators_are_the_rows_of_the_table():
    a, b = Value(2.0), Value(3.0)
    for name, f in OPERATORS.items():
        assert f(a, b).primitive is TABLE[name]
        assert f(a, 3.0).primitive is TABLE[name]
        assert f(2.0, b).primitive is TABLE[name]


# -- methods and functions -------------------------------------------------------------------------

ELEMENTWISE = [name for name, row in TABLE.items() if row.joint is None]
ARGUMENTS = {
    "arccosh": (1.5,),
    "clip": (0.3, -0.5, 0.5),
    "where": (0.3, 1.0, -0.5),  # as the method has it: a.where(condition, b)
    "leaky_relu": (-0.3, 0.1),
    "elu": (-0.3, 0.7),
}


def arguments(name):
    return ARGUMENTS.get(name, (0.3, 0.7)[: len(TABLE[name].vjps)])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_row_is_a_method_and_a_function_that_make_the_same_node(name):
    first, *others = arguments(name)
    v = Value(first)
    by_method = getattr(v, name)(*others)
    order = (others[0], v, *others[1:]) if name == "where" else (v, *others)
    by_function = getattr(functions, name)(*order)
    for node in (by_method, by_function):
        assert type(node) is Value
        assert node.primitive is TABLE[name]
        assert node.inputs == tuple(x if x is v else float(x) for x in order)
    assert by_method.data == by_function.data == getattr(functions, name)(*map(float, order))


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if len(TABLE[name].vjps) == 1])
def test_a_method_computes_to_the_bit_what_its_function_does_everywhere(name):
    for x in (0.0, -0.0, 1.0, -1.0, 0.1, 20.0, -20.0, 800.0, -800.0, 1e300, 5e-324, math.inf):
        for number in (x, -x, math.nan):
            assert ulps(getattr(Value(number), name)().data, getattr(functions, name)(number)) == 0


def test_every_method_says_what_it_does():
    for name in ELEMENTWISE:
        assert getattr(Value, name).__doc__


def test_methods_take_values_and_numbers():
    a, b = Value(3.0), Value(4.0)
    assert a.hypot(b).inputs == (a, b)
    assert a.maximum(5).data == 5.0
    assert a.leaky_relu().inputs == (a, 0.01)
    assert a.elu().inputs == (a, 1.0)
    assert a.where(True, b).data == 3.0
    assert a.where(False, b).data == 4.0
    with pytest.raises(TypeError, match="maximum got 'x', a str"):
        a.maximum("x")


# -- numbers ---------------------------------------------------------------------------------------


def test_comparisons_compare_numbers():
    a, b = Value(1.0), Value(2.0)
    assert a < b
    assert a <= b
    assert b > a
    assert b >= a
    assert not a > b
    assert a < 2
    assert operator.gt(2, a)
    assert a <= np.float64(1.0) <= a
    assert a < Fraction(3, 2)
    assert not a < Value(math.nan)
    assert not a >= math.nan
    assert all(type(x) is bool for x in (a < b, a < 2, a <= b))


@pytest.mark.parametrize("wrong", ["x", None, 1j, [1]])
def test_comparisons_with_what_is_no_number_are_refused(wrong):
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        with pytest.raises(TypeError, match="not supported"):
            compare(Value(1.0), wrong)
        with pytest.raises(TypeError, match="not supported"):
            compare(wrong, Value(1.0))


def test_equality_and_hash_are_identity():
    a, b = Value(1.0), Value(1.0)
    assert a == a
    assert a != b
    assert not operator.eq(a, 1.0)
    assert a != 1.0
    assert len({a, b, a}) == 2
    assert {a: "a", b: "b"}[b] == "b"
    assert [b, a].index(a) == 1
    a.data = 5.0
    assert a in {a}


def test_equality_is_identity_for_numpys_numbers_too_on_either_side():
    a = Value(2.0)
    for two in (np.float64(2), np.float32(2), np.int64(2)):
        assert not operator.eq(a, two)
        assert not operator.eq(two, a)
        assert a != two
        assert two != a
    assert not (np.array([2.0]) == a).any()
    assert (np.array([a, Value(2.0)], dtype=object) == a).tolist() == [True, False]


def test_max_min_and_sorted_choose_among_values():
    a, b, c = Value(2.0), Value(-1.0), Value(5.0)
    assert max(a, b, c) is c
    assert min([a, b, c]) is b
    assert sorted([a, b, c]) == [b, a, c]
    assert max(a, 1) is a
    assert max(a, 3) == 3


def test_a_value_turns_into_a_number():
    v = Value(2.625)
    assert (float(v), int(v), round(v), round(v, 1)) == (2.625, 2, 3, 2.6)
    assert type(float(v)) is float
    assert type(int(v)) is int
    assert type(round(v)) is int
    assert math.sqrt(Value(4.0)) == 2.0
    assert math.isclose(v, 2.625)
    assert (math.floor(v), math.ceil(v)) == (2, 3)
    with pytest.raises(OverflowError):
        int(Value(math.inf))
    with pytest.raises(ValueError, match="cannot convert float NaN to integer"):
        int(Value(math.nan))


def test_a_value_is_formatted_as_its_number():
    v = Value(2.625)
    assert f"{v:.2f}" == f"{2.625:.2f}"
    assert f"{v:>8.1f}|{v:e}" == f"{2.625:>8.1f}|{2.625:e}"
    assert f"{v}" == str(v) == repr(v) == "Value(data=2.625, grad=0.0)"
    with pytest.raises(ValueError, match="format"):
        f"{v:nonsense}"


def test_repr_shows_the_gradient_also_where_it_is_a_value():
    x = Value(3.0)
    y = x * x
    y.backward()
    assert repr(x) == "Value(data=3.0, grad=6.0)"
    x.zero_grad()
    y.backward(create_graph=True)
    assert repr(x) == "Value(data=3.0, grad=6.0)"
    assert repr(Value(-0.0)) == "Value(data=-0.0, grad=0.0)"
    assert repr(Value(math.inf)) == "Value(data=inf, grad=0.0)"


def test_a_label_is_a_name_and_nothing_else():
    v = Value(2.0, label="v")
    assert v.label == "v"
    assert (v * 2).label == ""
    v.label = "w"
    assert v.label == "w"


def test_a_value_takes_no_other_attributes():
    with pytest.raises(AttributeError):
        Value(1.0).colour = "red"


# -- NumPy -----------------------------------------------------------------------------------------


def test_an_array_and_a_value_combine_element_by_element_on_either_side():
    v, numbers = Value(2.0), np.array([1.0, 4.0])
    for result, expected in [
        (numbers + v, [3.0, 6.0]),
        (v + numbers, [3.0, 6.0]),
        (numbers * v, [2.0, 8.0]),
        (v - numbers, [1.0, -2.0]),
        (numbers / v, [0.5, 2.0]),
        (v / numbers, [2.0, 0.5]),
        (numbers**v, [1.0, 16.0]),
        (v**numbers, [2.0, 16.0]),
        (numbers % v, [1.0, 0.0]),
    ]:
        assert isinstance(result, np.ndarray)
        assert result.dtype == object
        assert [type(x) for x in result] == [Value, Value]
        assert [x.data for x in result] == expected


def test_gradients_flow_through_arrays_of_values():
    W = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([Value(5.0), Value(6.0)])
    y = W @ x
    assert [v.data for v in y] == [17.0, 39.0]
    y.sum().backward()
    assert [[w.grad for w in row] for row in W] == [[5.0, 6.0], [5.0, 6.0]]
    assert [v.grad for v in x] == [4.0, 6.0]


def test_arrays_of_numbers_multiply_arrays_of_values():
    W, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([Value(5.0), Value(6.0)])
    assert [v.data for v in W @ x] == [17.0, 39.0]
    assert [v.data for v in x @ W] == [23.0, 34.0]
    assert np.dot(x, np.array([1.0, 1.0])).data == 11.0
    assert np.mean(x).data == 5.5


SAME = {"absolute": "abs", "fabs": "abs", "true_divide": "divide", "mod": "remainder"}
UFUNCS = sorted([*TABLE, *SAME])
ONE_NUMBER = [name for name in UFUNCS if getattr(getattr(np, name, None), "nin", 0) == 1]
TWO_NUMBERS = [name for name in UFUNCS if getattr(getattr(np, name, None), "nin", 0) == 2]


@pytest.mark.parametrize("name", ONE_NUMBER)
def test_numpys_functions_of_one_number_take_values(name):
    f, v = getattr(np, name), Value(1.0 if name == "arccosh" else 0.3)
    result = f(v)
    assert type(result) is Value
    assert result.inputs == (v,)
    assert result.data == pytest.approx(float(f(v.data)), rel=1e-14)
    assert result.primitive is TABLE[SAME.get(name, name)]


@pytest.mark.parametrize("name", TWO_NUMBERS)
def test_numpys_functions_of_two_numbers_take_values_on_either_side(name):
    f, v = getattr(np, name), Value(0.3)
    for args in [(v, 0.7), (0.7, v), (v, Value(0.7)), (np.float64(0.7), v)]:
        result = f(*args)
        assert type(result) is Value
        assert result.primitive is TABLE[SAME.get(name, name)]
        assert result.data == pytest.approx(float(f(*map(float, args))), rel=1e-14)


def test_numpys_functions_take_arrays_of_values():
    values = np.array([Value(0.3), Value(0.7)])
    for f in (np.exp, np.tanh, np.sin, np.sqrt, np.log, np.abs, np.cbrt, np.arctan):
        result = f(values)
        assert [x.data for x in result] == pytest.approx([float(f(0.3)), float(f(0.7))], rel=1e-14)
        assert [x.inputs for x in result] == [(values[0],), (values[1],)]


def test_what_numpy_cannot_do_with_a_value_raises_type_error():
    for f in (np.isnan, np.spacing, np.frexp):
        with pytest.raises(TypeError):
            f(Value(1.0))
    with pytest.raises(TypeError):
        np.exp(Value(1.0), out=np.zeros(()))


def test_numpys_numbers_leave_no_trace_in_a_graph():
    v = np.float32(0.1) * Value(np.float64(2.0)) + np.int64(1)
    assert [
        type(x) for node in topological_order(v) for x in node.inputs if type(x) is not Value
    ] == [
        float,
        float,
    ]
    assert all(type(node.data) is float for node in topological_order(v))


# -- micrograd -------------------------------------------------------------------------------------


def test_the_example_of_micrograds_readme():
    a, b = Value(-4.0), Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert f"{g.data:.4f}" == "24.7041"
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_micrograds_names_read_the_graph():
    a, b = Value(2.0), Value(3.0)
    assert (a._prev, a._op) == (set(), "")
    assert ((a + b)._prev, (a + b)._op) == ({a, b}, "+")
    assert (a * a)._prev == {a}
    assert (a * 2)._prev == {a}
    ops = [a + b, a - b, a * b, a / b, a**2, a**-0.5, a**b, -a, a.relu(), a.tanh(), a.exp()]
    assert [node._op for node in ops] == [
        "+", "-", "*", "/", "**2", "**-0.5", "power", "negative", "ReLU", "tanh", "exp",
    ]  # fmt: skip
    assert a.detach()._op == ""


def test_micrograds_trace_walks_the_graph():
    nodes, edges = set(), set()

    def build(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    a, b = Value(2.0), Value(3.0)
    build(a * b + a)
    assert (len(nodes), len(edges)) == (4, 4)


def neuron():
    """Return the lecture's neuron: x1, w1, x2, w2, b, x1w1, x2w2, their sum, n, o."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    x1w1, x2w2 = x1 * w1, x2 * w2
    total = x1w1 + x2w2
    n = total + b
    return x1, w1, x2, w2, b, x1w1, x2w2, total, n, n.tanh()


def test_the_lectures_calls_node_by_node_do_what_backward_does():
    x1, w1, x2, w2, b, x1w1, x2w2, total, n, o = neuron()
    o.grad = 1.0
    o._backward()
    n._backward()
    b._backward()
    total._backward()
    x2w2._backward()
    x1w1._backward()
    by_hand = [v.grad for v in (x1, w1, x2, w2, b, n)]
    assert by_hand == pytest.approx([-1.5, 1.0, 0.5, 0.0, 0.5, 0.5])
    again = neuron()
    again[-1].backward()
    assert [again[i].grad for i in (0, 1, 2, 3, 4, 8)] == by_hand


def test_the_lectures_loop_over_a_topological_order_does_what_backward_does():
    topo, visited = [], set()

    def build_topo(v):
        if v not in visited:
            visited.add(v)
            for child in v._prev:
                build_topo(child)
            topo.append(v)

    x1, w1, x2, w2, *_, o = neuron()
    build_topo(o)
    o.grad = 1.0
    for node in reversed(topo):
        node._backward()
    assert [v.grad for v in (x1, w1, x2, w2)] == pytest.approx([-1.5, 1.0, 0.5, 0.0])


def lecture_tanh(x):
    """The lecture's tanh, which makes its node and its rule by hand."""
    t = (math.exp(2 * x.data) - 1) / (math.exp(2 * x.data) + 1)
    out = Value(t, (x,), "tanh")

    def _backward():
        x.grad += (1 - t**2) * out.grad

    out._backward = _backward
    return out


def test_a_node_made_by_hand_takes_part():
    x = Value(0.7)
    out = lecture_tanh(x * 2)
    assert (out._op, out._prev) == ("tanh", set(out.parents))
    y = out * 3 + x
    y.backward()
    assert x.grad == pytest.approx(6 * (1 - math.tanh(1.4) ** 2) + 1, rel=1e-14)
    assert out.grad == 3.0


def test_a_hand_assigned_backward_replaces_the_rule_of_any_node():
    a = Value(2.0)
    y = a * 3

    def double():
        a.grad += 100.0 * y.grad

    y._backward = double
    assert y._op == "*"
    y.backward()
    assert a.grad == 100.0
    y._backward()
    assert a.grad == 200.0


def test_a_node_made_by_hand_without_a_rule_passes_nothing_on():
    a = Value(2.0)
    out = Value(4.0, (a,), "mystery")
    (out * 2).backward()
    assert (out.grad, a.grad) == (2.0, 0.0)
    assert Value(4.0, (a,))._op == "made by hand"


def test_calling_the_backward_of_a_leaf_or_a_constant_does_nothing():
    a = Value(2.0)
    a._backward()
    c = a.detach()
    c._backward()
    assert (a.grad, c.grad, c.primitive) == (0.0, 0.0, CONSTANT)


def test_training_as_micrograd_does_it_by_assigning_data_and_grad():
    w = Value(0.0)
    for _ in range(50):
        loss = (w * 2 - 6) ** 2
        w.grad = 0.0
        loss.backward()
        w.data -= 0.05 * w.grad
    assert w.data == pytest.approx(3.0)


def test_code_written_for_microgpt_runs():
    """Its softmax and loss: log, exp, relu, **, / and max over `.data`."""
    logits = [Value(1.0), Value(2.0), Value(-1.0)]
    largest = max(v.data for v in logits)
    exps = [(v - largest).exp() for v in logits]
    total = sum(exps)
    loss = -(exps[1] / total).log()
    loss.backward()
    z = sum(math.exp(v.data) for v in logits)
    expected = [math.exp(v.data) / z - (i == 1) for i, v in enumerate(logits)]
    assert [v.grad for v in logits] == pytest.approx(expected, rel=1e-14)


# -- memory ----------------------------------------------------------------------------------------


def chain(operations):
    x = Value(1.0)
    y = x
    for _ in range(operations // 2):
        y = y * 1.0000001 + 0.5
    return x, y


def test_a_node_takes_at_most_220_bytes_after_its_sweep():
    chain(100)[1].backward()
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        x, y = chain(20_000)
        y.backward()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert x.grad > 1.0
    assert (after - before) / 20_000 <= 220


def test_a_node_weighs_what_its_parts_weigh():
    _, y = chain(2)
    y.backward()
    parts = (y, y.data, y.grad, y.inputs)
    assert sum(map(sys.getsizeof, parts)) <= 220


def test_graphs_leave_no_garbage_in_cycles():
    def work():
        x, y = chain(1000)
        y.backward()
        z = (x.tanh() + functions.dot([x, x], [y, 2.0], y)) ** 2
        z.backward()
        assert len(topological_order(z)) > 1000
        copy.deepcopy(z)
        pickle.loads(pickle.dumps(z))

    work()  # what is imported and compiled at first use
    gc.collect()
    gc.disable()
    try:
        work()
        assert gc.collect() == 0
    finally:
        gc.enable()


def build_sweep_show_copy_and_free(operations):
    x, y = chain(operations)
    y.backward()
    assert x.grad == pytest.approx(1.0000001 ** (operations // 2))
    assert repr(y).startswith("Value(data=")
    for again in (pickle.loads(pickle.dumps(y)), copy.deepcopy(y)):
        assert (again.data, again.grad) == (y.data, 1.0)
        del again
    del x, y


def test_a_hundred_thousand_operations_need_no_recursion():
    assert sys.getrecursionlimit() <= 10_000
    build_sweep_show_copy_and_free(100_000)


@pytest.mark.slow
@pytest.mark.skipif(not ALL, reason="takes half a minute; AUTODIFF_TESTS=all runs it")
def test_a_million_operations_need_no_recursion():
    build_sweep_show_copy_and_free(1_000_000)
