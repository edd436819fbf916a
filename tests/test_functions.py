"""The public functions: numbers, ndarrays and Values; lists of Values; functions of your own."""

from __future__ import annotations

import inspect
import math
from fractions import Fraction

import numpy as np
import pytest

import autodiff
from autodiff import (
    Value,
    array_functions,
    clip,
    cos,
    custom_vjp,
    divide,
    dot,
    elementwise,
    errstate,
    exp,
    functions,
    hypot,
    linear,
    log,
    log_softmax,
    logsumexp,
    maximum,
    multiply,
    no_grad,
    power,
    reciprocal,
    relu,
    safe_where,
    sin,
    softmax,
    sqrt,
    structural,
    sum,
    tanh,
    topological_order,
    where,
)
from autodiff.elementwise import TABLE
from autodiff.sweep import pullback, pushforward

from .checking import Array, number, second_derivatives, slope

ELEMENTWISE = [name for name in TABLE if TABLE[name].joint is None]
ARGUMENTS = {
    "arccosh": [(1.5,), (2.5,)],
    "clip": [(0.3, -0.5, 0.5), (0.8, -0.5, 0.5)],
    "where": [(1.0, 0.3, -0.5), (0.0, 0.3, -0.5)],
}
BOTH_SIDES = {"abs", "elu", "leaky_relu", "maximum", "minimum", "relu", "selu", "sign", "softsign"}


def arguments(name):
    """Return two points for the function, to both sides of its kink where it has one."""
    arity = len(TABLE[name].vjps)
    points = ARGUMENTS.get(name, [(0.3, 0.7), (-0.6 if name in BOTH_SIDES else 0.8, 0.4)])
    return [point[:arity] for point in points]


def gradient(f, *numbers):
    """Return ∂f/∂x for the numbers, by backward."""
    leaves = [Value(x) for x in numbers]
    f(*leaves).backward()
    return [leaf.grad for leaf in leaves]


def second(f, x):
    """Return f''(x), reverse over reverse."""
    leaf = Value(x)
    f(leaf).backward(create_graph=True)
    first = leaf.grad
    leaf.zero_grad()
    first.backward()
    return leaf.grad


# -- numbers, arrays, values -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_number_gives_a_float_an_ndarray_an_ndarray_and_a_value_a_value(name):
    f, points = getattr(autodiff, name), arguments(name)
    plain = [f(*point) for point in points]
    assert [type(y) for y in plain] == [float, float]
    on_arrays = f(*(np.array(column) for column in zip(*points)))
    assert type(on_arrays) is np.ndarray
    assert on_arrays.dtype == np.float64
    np.testing.assert_allclose(on_arrays, plain, rtol=1e-14)
    for point, y in zip(points, plain):
        node = f(*map(Value, point))
        assert type(node) is Value
        assert node.data == y


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_function_of_an_array_keeps_its_shape_and_float32(name):
    f, point = getattr(autodiff, name), arguments(name)[0]
    first = np.full((2, 3), point[0], np.float32)
    result = f(first, *point[1:])
    assert result.shape == (2, 3)
    if name != "where":  # whose first argument only chooses
        assert result.dtype == np.float32
    np.testing.assert_allclose(result, np.full((2, 3), f(*point)), rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if len(TABLE[name].vjps) == 2])
def test_a_function_of_two_mixes_numbers_arrays_and_values(name):
    f, (a, b) = getattr(autodiff, name), arguments(name)[0]
    expected, v = f(a, b), Value(a)
    column, row = np.full((2, 1), a), np.full(3, b)
    np.testing.assert_allclose(f(column, row), np.full((2, 3), expected), rtol=1e-14)
    np.testing.assert_allclose(f(column, b), np.full((2, 1), expected), rtol=1e-14)
    np.testing.assert_allclose(f(a, row), np.full(3, expected), rtol=1e-14)
    assert f(v, b).inputs == (v, b)
    assert f(b, v).inputs == (b, v)
    assert f(v, np.float64(b)).data == expected
    assert f(v, b).data == expected


@pytest.mark.parametrize("one", [1, True, np.float64(1), np.int64(1), np.array(1.0), Fraction(1)])
def test_numbers_of_every_kind_are_taken(one):
    assert float(exp(one)) == math.e
    assert float(hypot(one, 0)) == 1.0


def test_whole_numbers_give_floats():
    assert type(multiply(2, 3)) is float
    assert divide(1, 2) == 0.5
    assert power(2, -1) == 0.5


@pytest.mark.parametrize("kind", [np.int64, np.int8, np.uint8, list])
def test_whole_numbers_in_arrays_are_real_numbers_too(kind):
    """Values are doubles: no division that drops the rest, no overflow of small integers."""
    x = [2, 100] if kind is list else np.array([2, 100], kind)
    for f in (reciprocal, lambda x: divide(1, x), lambda x: power(x, -1)):
        np.testing.assert_array_equal(f(x), [0.5, 0.01])
    np.testing.assert_array_equal(multiply(x, x), [4.0, 10_000.0])
    np.testing.assert_array_equal(autodiff.negative(x), [-2.0, -100.0])
    assert exp(x).dtype == np.float64


def test_complex_arrays_are_refused():
    for wrong in (np.array([1j]), [1j], np.array(["a"])):
        with pytest.raises(TypeError, match="exp"):
            exp(wrong)


@pytest.mark.parametrize(
    "f, x",
    [
        (autodiff.silu, -np.inf),
        (autodiff.gelu, -np.inf),
        (autodiff.softsign, np.inf),
        (autodiff.log_sigmoid, -np.inf),
        (autodiff.elu, 1e9),
        (autodiff.selu, -1e9),
        (autodiff.softplus, np.nan),
        (log, -1.0),
        (exp, 1e4),
        (autodiff.leaky_relu, -np.inf),
    ],
)
def test_on_arrays_the_answers_of_ieee_come_without_numpys_warnings(f, x):
    (got,) = f(np.array([x]))  # a warning would be an error here
    np.testing.assert_equal(got, f(x))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_function_of_an_array_of_values_gives_an_array_of_values(name):
    f, points = getattr(autodiff, name), arguments(name)
    values = [Value(point[0]) for point in points]
    others = [np.array(column) for column in list(zip(*points))[1:]]
    if name == "where":
        result = f(np.array([1.0, 0.0]), np.array(values), others[1])
    else:
        result = f(np.array(values), *others)
    assert [type(y) for y in result] == [Value, Value]
    for y, value, point in zip(result, values, points):
        args = (point[0], value.data, point[2]) if name == "where" else point
        assert y.data == f(*args)
        y.backward()
        assert value.has_grad


def test_a_nan_of_a_number_outside_the_domain_is_no_exception():
    assert math.isnan(log(-1.0))
    assert math.isnan(sqrt(-1.0))
    assert log(0.0) == -math.inf
    assert exp(1000.0) == math.inf
    assert divide(1.0, 0.0) == math.inf


# -- wrong arguments -------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["a", None, 1j, b"1", {"a": 1}, object, np.complex128(1j)])
@pytest.mark.parametrize("name", ["exp", "relu", "negative", "sigmoid"])
def test_what_is_no_number_is_refused_by_name(name, wrong):
    message = rf"{name}(\(\))? got .*; expected a Value"
    with pytest.raises(TypeError, match=message):
        getattr(autodiff, name)(wrong)


@pytest.mark.parametrize("wrong", ["a", None, 1j])
def test_what_is_no_number_is_refused_beside_a_number_or_a_value(wrong):
    for args in [(1.0, wrong), (wrong, 1.0), (Value(1.0), wrong), (wrong, Value(1.0))]:
        with pytest.raises(TypeError, match=r"multiply(\(\))? got .*; expected a Value"):
            multiply(*args)


def test_an_array_beside_a_value_is_refused_with_the_name_of_the_function():
    with pytest.raises(TypeError, match=r"maximum\(\) got array.*ndarray; expected a Value"):
        maximum(Value(1.0), np.array([1.0, 2.0]))


def test_nodes_of_two_kinds_are_refused():
    with pytest.raises(TypeError, match="add got a Value and an Array; a graph is of one kind"):
        autodiff.add(Value(1.0), Array(np.ones(2)))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_wrong_number_of_arguments_is_a_type_error(name):
    f = getattr(autodiff, name)
    most = len(inspect.signature(f).parameters)
    for count in (0, most + 1):
        for kind in (float, Value):
            with pytest.raises(TypeError, match="argument"):
                f(*[kind(0.5)] * count)


def test_a_huge_whole_number_is_an_overflow_error():
    for args in [(10**400,), (Value(1.0), 10**400)]:
        with pytest.raises(OverflowError):
            autodiff.add(*args, 1.0) if len(args) == 1 else autodiff.add(*args)


# -- choices ---------------------------------------------------------------------------------------


def test_where_chooses_by_the_truth_of_its_condition():
    a, b = Value(1.0), Value(2.0)
    for yes in (True, 1, 2.5, -1, math.nan, np.True_, Value(3.0), Value(1.0) > 0):
        assert where(yes, a, b).data == 1.0
    for no in (False, 0, 0.0, -0.0, np.False_, Value(0.0)):
        assert where(no, a, b).data == 2.0
    assert where(True, 1.0, 2.0) == 1.0
    np.testing.assert_array_equal(where(np.array([True, False]), 1.0, 2.0), [1.0, 2.0])


def test_where_sends_the_gradient_to_the_branch_taken():
    assert gradient(lambda a, b: where(True, a * 2, b * 3), 1.0, 1.0) == [2.0, 0.0]
    assert gradient(lambda a, b: where(False, a * 2, b * 3), 1.0, 1.0) == [0.0, 3.0]


def test_where_computes_both_branches_and_so_falls_into_the_trap():
    (grad,) = gradient(lambda x: where(x > 0, log(x), 0.0), 0.0)
    assert math.isnan(grad)


def test_safe_where_computes_only_the_branch_taken():
    assert gradient(lambda x: safe_where(x > 0, log, x, 0.0) + x, 0.0) == [1.0]
    assert gradient(lambda x: safe_where(x > 0, log, x, 0.0) + x, 2.0) == [1.5]
    assert safe_where(False, lambda x: pytest.fail("called"), 1.0, 5.0) == 5.0
    assert safe_where(True, sqrt, 4.0, 0.0) == 2.0


def test_safe_where_takes_its_condition_as_where_does():
    default = Value(5.0)
    for no in (False, 0, 0.0, -0.0, np.False_, Value(0.0)):
        chosen = safe_where(no, lambda x: pytest.fail("called"), Value(1.0), default)
        assert number(chosen) == 5.0
    for yes in (True, 1, 2.5, np.True_, Value(3.0)):
        assert safe_where(yes, lambda x: x * 2, Value(1.0), default).data == 2.0


def test_clip_with_numbers_is_one_node_and_with_values_shares_with_its_bounds():
    x = Value(2.0)
    assert clip(x, 0, 1).inputs == (x, 0.0, 1.0)
    assert gradient(lambda x, low, high: clip(x, low, high), 2.0, 0.0, 1.0) == [0.0, 0.0, 1.0]
    assert gradient(lambda x, low, high: clip(x, low, high), -1.0, 0.0, 1.0) == [0.0, 1.0, 0.0]
    assert gradient(lambda x, low, high: clip(x, low, high), 0.5, 0.0, 1.0) == [1.0, 0.0, 0.0]
    assert gradient(lambda x, low: clip(x, low, 9.0), 0.0, 0.0) == [0.5, 0.5]


# -- many operands ---------------------------------------------------------------------------------


def test_dot_is_one_node():
    w, x, b = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], Value(0.5)
    y = dot(w, x, b)
    assert y.inputs == (*w, *x, b)
    assert y.data == 11.5
    y.backward()
    assert [v.grad for v in [*w, *x, b]] == [3.0, 4.0, 1.0, 2.0, 1.0]
    assert dot(w, x).data == 11.0
    assert dot(w, [3.0, 4], 1).data == 12.0


def test_dot_of_numbers_is_a_float_and_of_arrays_an_array():
    assert dot([1, 2], [3, 4], 0.5) == 11.5
    assert type(dot([1, 2], [3, 4])) is float
    assert dot([], []) == 0.0
    assert dot([], [], 3.0) == 3.0
    result = dot([np.array([1.0, 2.0])], [np.array([3.0, 4.0])], 1.0)
    np.testing.assert_array_equal(result, [4.0, 9.0])


@pytest.mark.parametrize("w, x", [([1.0], [1.0, 2.0]), ([], [1.0]), ([Value(1.0)] * 3, [1.0] * 2)])
def test_dot_of_different_lengths_says_both(w, x):
    with pytest.raises(ValueError, match=rf"dot\(\) got {len(w)} and {len(x)} numbers"):
        dot(w, x)


def test_dot_refuses_what_is_no_number():
    with pytest.raises(TypeError, match=r"dot.* got 'a'"):
        dot([Value(1.0)], ["a"])
    with pytest.raises(TypeError, match=r"dot.* got 'a'"):
        dot([1.0], ["a"])


def test_linear_is_a_dot_for_each_row():
    w, b = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]], [Value(0.5), Value(-0.5)]
    for x in ([Value(5.0), Value(6.0)], [5.0, 6.0], [Value(5.0), 6], (5, 6), np.array([5.0, 6.0])):
        y = linear(x, w, b)
        assert [v.data for v in y] == [17.5, 38.5]
        assert [len(v.inputs) for v in y] == [5, 5]
        assert all(v.primitive is elementwise.dot for v in y)
        assert [v.data for v in linear(x, w)] == [17.0, 39.0]
    x = [Value(5.0), Value(6.0)]
    (linear(x, w, b)[0] * 10 + linear(x, w, b)[1]).backward()
    assert [[v.grad for v in row] for row in w] == [[50.0, 60.0], [5.0, 6.0]]
    assert [v.grad for v in [*b, *x]] == [10.0, 1.0, 13.0, 24.0]


def test_linear_of_a_batch_is_that_of_its_samples():
    w, b = [[Value(1.0), Value(2.0)], [Value(3.0), 4.0]], [Value(0.5), 1.0]
    batch = [[1.0, 2.0], [Value(3.0), 4.0], (5, 6)]
    one_by_one = [[v.data for v in linear(x, w, b)] for x in batch]
    assert [[v.data for v in out] for out in linear(batch, w, b)] == one_by_one
    numbers = [[1.0, 2.0], [3.0, 4.0]]
    assert linear(np.array(numbers), numbers) == linear(numbers, numbers) == [[5, 11], [11, 25]]


def test_linear_of_what_needs_no_gradient_is_constant():
    w = [[Value(1.0), Value(2.0)]]
    with no_grad():
        assert not linear([1.0, 2.0], w)[0].requires_grad
    frozen = [[v.detach() for v in w[0]]]
    assert not linear([1.0, 2.0], frozen)[0].requires_grad
    assert linear([1.0, Value(2.0)], frozen)[0].requires_grad
    (y,) = linear([1.0, 2.0], [[w[0][0].detach(), w[0][1]]])
    y.backward()
    assert w[0][1].grad == 2.0


def test_linear_of_other_lengths_says_both():
    w = [[Value(1.0), Value(2.0)]]
    with pytest.raises(ValueError, match=r"linear\(\) got 2 and 3 numbers"):
        linear([1.0, 2.0, 3.0], w)
    with pytest.raises(ValueError, match=r"linear\(\) got 2 and 1 numbers"):
        linear([[1.0, 2.0], [1.0]], w)
    with pytest.raises(ValueError, match=r"linear\(\) got 1 rows and 2 biases"):
        linear([1.0, 2.0], w, [0.0, 0.0])
    with pytest.raises(TypeError, match=r"dot.* got 'a'"):
        linear([1.0, "a"], w)


def test_errstate_sees_into_linear():
    with errstate("raise"), pytest.raises(FloatingPointError, match="dot"):
        linear([1e308, 1e308], [[Value(10.0), Value(10.0)]])


def test_sum_is_one_node_and_correctly_rounded():
    terms = [Value(x) for x in (1e100, 1.0, -1e100)]
    y = sum(terms)
    assert y.inputs == tuple(terms)
    assert y.data == 1.0
    y.backward()
    assert [v.grad for v in terms] == [1.0, 1.0, 1.0]
    assert sum([0.1] * 10) == 1.0
    assert sum([]) == 0.0
    assert sum(v for v in terms).data == 1.0
    assert sum([Value(1.0), 2, np.float64(3)]).data == 6.0


def test_sum_of_infinities_is_that_of_ieee():
    assert sum([math.inf, 1.0]) == math.inf
    assert math.isnan(sum([math.inf, -math.inf]))
    assert sum([1e308, 1e308]) == math.inf
    assert math.isnan(sum([math.nan, 1.0]))


@pytest.mark.parametrize("single", [3.0, 3, Value(3.0), np.float64(3)])
def test_sum_of_a_single_number_says_that_it_wants_a_sequence(single):
    with pytest.raises(TypeError, match=r"sum\(\) got .*; expected a (list|sequence)"):
        sum(single)


# -- softmax and its kin ---------------------------------------------------------------------------

SCORES = [1.0, -0.5, 2.0]


def softmax_of(numbers):
    weights = [math.exp(x) for x in numbers]
    return [w / math.fsum(weights) for w in weights]


def test_softmax_of_numbers_is_a_list_of_floats():
    p = softmax(SCORES)
    assert [type(x) for x in p] == [float] * 3
    assert p == pytest.approx(softmax_of(SCORES), rel=1e-15)
    assert math.fsum(p) == pytest.approx(1.0, rel=1e-15)
    assert softmax(np.array(SCORES)) == pytest.approx(p, rel=1e-15)


def test_log_softmax_and_logsumexp_of_numbers():
    assert log_softmax(SCORES) == pytest.approx([math.log(p) for p in softmax_of(SCORES)])
    assert logsumexp(SCORES) == pytest.approx(math.log(math.fsum(map(math.exp, SCORES))))
    assert logsumexp([3.0]) == 3.0
    assert type(logsumexp(SCORES)) is float


def test_softmax_of_values_has_the_gradient_of_the_textbook():
    p = softmax_of(SCORES)
    for i in range(3):
        got = gradient(lambda *v, i=i: softmax(v)[i], *SCORES)
        assert got == pytest.approx([p[i] * ((i == j) - p[j]) for j in range(3)], rel=1e-13)
        got = gradient(lambda *v, i=i: log_softmax(v)[i], *SCORES)
        assert got == pytest.approx([(i == j) - p[j] for j in range(3)], rel=1e-13)
    assert gradient(lambda *v: logsumexp(v), *SCORES) == pytest.approx(p, rel=1e-14)


def test_the_hessian_of_logsumexp_is_that_of_the_textbook():
    p, leaves = softmax_of(SCORES), [Value(x) for x in SCORES]
    root = logsumexp(leaves)
    for i in range(3):
        for j in range(3):
            expected = p[i] * ((i == j) - p[j])
            for got in second_derivatives(root, leaves[i], leaves[j]).values():
                assert got == pytest.approx(expected, rel=1e-12)


def test_values_and_numbers_mix_in_a_list():
    a = Value(1.0)
    p = softmax([a, -0.5, 2.0])
    assert [number(x) for x in p] == pytest.approx(softmax_of(SCORES), rel=1e-15)
    p[1].backward()
    assert a.grad == pytest.approx(-softmax_of(SCORES)[0] * softmax_of(SCORES)[1])


def test_large_scores_neither_overflow_nor_vanish():
    assert softmax([1000.0, 1000.0]) == [0.5, 0.5]
    assert softmax([1000.0, 0.0]) == [1.0, 0.0]
    assert log_softmax([1000.0, 0.0]) == [0.0, -1000.0]
    assert logsumexp([-1000.0, -1000.0]) == -1000.0 + math.log(2.0)
    assert logsumexp([-math.inf, 0.0]) == 0.0
    assert softmax([-math.inf, 0.0]) == [0.0, 1.0]
    assert logsumexp([-math.inf, -math.inf]) == -math.inf
    assert logsumexp([math.inf, 0.0]) == math.inf
    assert all(map(math.isnan, softmax([-math.inf, -math.inf])))
    assert math.isnan(logsumexp([math.nan, 1.0]))
    assert math.isnan(logsumexp([1.0, math.nan]))


@pytest.mark.parametrize("f", [softmax, log_softmax, logsumexp])
def test_an_empty_list_is_refused(f):
    for empty in ([], (), np.array([])):
        with pytest.raises(ValueError, match=rf"{f.__name__}\(\) got no values"):
            f(empty)


# -- functions of your own -------------------------------------------------------------------------


@custom_vjp(lambda g, y, x: 3 * g * x**2)
def cube(x):
    """Return x³."""
    return x**3


@custom_vjp(lambda g, y, a, b: (g * b, g * a))
def product(a, b):
    return a * b


def test_a_custom_function_differentiates_by_its_rule():
    x = Value(2.0)
    y = cube(x) * 10
    assert y.inputs[0].data == 8.0
    y.backward()
    assert x.grad == 120.0


def test_a_custom_function_keeps_its_name_and_takes_plain_numbers():
    assert (cube.__name__, cube.__doc__) == ("cube", "Return x³.")
    assert cube(2.0) == 8.0
    assert cube(2) == 8
    assert repr(cube.primitive) == "<primitive cube>"
    assert cube(Value(2.0)).primitive is cube.primitive
    assert cube(Value(2.0))._op == "cube"


def test_a_custom_function_of_several_inputs_returns_several_cotangents():
    assert gradient(product, 2.0, 5.0) == [5.0, 2.0]
    assert gradient(lambda a: product(a, 7.0), 2.0) == [7.0]
    assert gradient(lambda a: product(7.0, a), 2.0) == [7.0]
    assert gradient(lambda a: product(a, a), 3.0) == [6.0]


def test_a_rule_may_use_the_output():
    @custom_vjp(lambda g, y, x: g * y)
    def my_exp(x):
        return math.exp(x)

    assert gradient(my_exp, 1.0) == [math.e]


def test_none_is_a_cotangent_of_nothing():
    @custom_vjp(lambda g, y, x, n: (g * n * x ** (n - 1), None))
    def integer_power(x, n):
        return x**n

    x, n = Value(2.0), Value(3.0)
    integer_power(x, n).backward()
    assert (x.grad, n.grad) == (12.0, 0.0)

    @custom_vjp(lambda g, y, x: None)
    def blocked(x):
        return x

    assert gradient(lambda x: blocked(x) + x, 2.0) == [1.0]


@pytest.mark.parametrize("given", [(1.0,), (1.0, 2.0, 3.0), ()])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_wrong_number_of_cotangents_says_both_numbers(given, create_graph):
    @custom_vjp(lambda g, y, a, b: given)
    def wrong(a, b):
        return a + b

    message = f"vjp of wrong returned {len(given)} cotangents; expected one for each of its 2"
    with pytest.raises(TypeError, match=message):
        wrong(Value(1.0), Value(2.0)).backward(create_graph=create_graph)
    with pytest.raises(TypeError, match="returned 1 cotangents"):
        custom_vjp(lambda g, y, a, b: g)(lambda a, b: a)(Value(1.0), Value(2.0)).backward()


def test_a_custom_function_goes_forward_too():
    x, z = Value(2.0), Value(5.0)
    assert pushforward(cube(x), {x: 1.0}) == 12.0
    assert pushforward(product(x, z), {x: 1.0}) == 5.0
    assert pushforward(product(x, z), {x: 1.0, z: 10.0}) == 25.0


def test_a_rule_of_operators_is_differentiated_again():
    assert second(cube, 2.0) == 12.0
    x, z = Value(2.0), Value(5.0)
    for got in second_derivatives(cube(x), x, x).values():
        assert got == 12.0
    for got in second_derivatives(product(x, z), x, z).values():
        assert got == 1.0


def test_a_rule_of_this_packages_functions_is_differentiated_again():
    @custom_vjp(lambda g, y, x: g * cos(x))
    def my_sin(x):
        return math.sin(x)

    assert gradient(my_sin, 1.0) == [math.cos(1.0)]
    assert second(my_sin, 1.0) == -math.sin(1.0)
    assert second(lambda x: my_sin(x) ** 2 + relu(my_sin(2 * x)), 0.3) == pytest.approx(
        slope(lambda x: 2 * math.sin(x) * math.cos(x) + 2 * math.cos(2 * x), 0.3), rel=1e-9
    )


def test_softmax_and_choices_may_be_used_in_a_rule_that_is_differentiated_again():
    @custom_vjp(lambda g, y, a, b: tuple(g * p for p in softmax([a, b])))
    def my_logsumexp(a, b):
        return math.log(math.exp(a) + math.exp(b))

    x, z = Value(0.3), Value(-0.2)
    root = my_logsumexp(x, z)
    p, q = softmax([0.3, -0.2])
    assert second_derivatives(root, x, z)["reverse over reverse"] == pytest.approx(-p * q)

    @custom_vjp(lambda g, y, x: where(x > 0, 2.0 * g * x, 0.0))
    def half_square(x):
        return max(x, 0.0) ** 2

    assert second(half_square, 3.0) == 2.0


@custom_vjp(lambda g, y, x: g * math.cos(x))
def with_math(x):
    return math.sin(x)


def test_a_rule_of_math_serves_first_derivatives():
    assert gradient(with_math, 1.0) == [math.cos(1.0)]
    x = Value(1.0)
    assert pushforward(with_math(x), {x: 1.0}) == math.cos(1.0)


@pytest.mark.parametrize("f", [with_math, lambda x: with_math(x) * x, lambda x: with_math(2 * x)])
def test_a_rule_of_math_differentiated_again_raises_and_loses_nothing_in_silence(f):
    x = Value(1.0)
    with pytest.raises(TypeError, match="float"):
        f(x).backward(create_graph=True)
    with pytest.raises(TypeError, match="float"):
        pushforward(f(x), {x: 1.0}, create_graph=True)
    assert math.sin(x) == math.sin(1.0)  # outside of rules math takes Values as ever
    assert gradient(f, 1.0) != [0.0]


@pytest.mark.parametrize("loses", [float, math.exp, lambda x: np.asarray(x, float) + 0.0])
def test_whatever_turns_a_value_into_a_number_in_a_rule_is_noticed(loses):
    @custom_vjp(lambda g, y, x: g * loses(x))
    def f(x):
        return x

    with pytest.raises(TypeError, match="float"):
        (f(Value(2.0)) * 1.5).backward(create_graph=True)


@pytest.mark.parametrize("result", [2, np.float64(2), np.float32(2), True + 1, Fraction(2)])
def test_a_custom_function_may_return_any_real_number_and_the_node_holds_a_float(result):
    f = custom_vjp(lambda g, y, x: g)(lambda x: result)
    assert type(f(Value(1.0)).data) is float
    assert f(Value(1.0)).data == 2.0


@pytest.mark.parametrize("result", ["a", None, 1j, (1.0, 2.0), Value(1.0)])
def test_a_custom_function_that_returns_no_number_is_refused_by_name(result):
    @custom_vjp(lambda g, y, x: g)
    def strange(x):
        return result

    with pytest.raises(TypeError, match=r"strange.*expected"):
        strange(Value(1.0))


def test_a_custom_function_under_no_grad_and_of_constants_records_nothing():
    with no_grad():
        assert not cube(Value(2.0)).requires_grad
    assert not cube(Value(2.0).detach()).requires_grad
    assert product(Value(2.0), Value(3.0).detach()).requires_grad


def test_a_custom_function_refuses_what_is_no_number_beside_a_value():
    with pytest.raises(TypeError, match=r"product.* got 'a'"):
        product(Value(1.0), "a")


def test_a_custom_function_gets_plain_floats():
    seen = []

    @custom_vjp(lambda g, y, *args: seen.extend([g, y, *args]) or [g] * len(args))
    def f(*args):
        seen.extend(args)
        return 1.0

    f(Value(2), 3, np.float64(4)).backward()
    assert [type(x) for x in seen] == [float] * 8
    assert seen == [2.0, 3.0, 4.0, 1.0, 1.0, 2.0, 3.0, 4.0]


def test_a_rule_is_called_once_for_each_use_and_sweep():
    calls = []

    @custom_vjp(lambda g, y, x: calls.append(g) or g)
    def f(x):
        return x

    x = Value(1.0)
    y = f(x) + 2 * f(x)
    y.backward()
    assert sorted(calls) == [1.0, 2.0]
    y.backward()
    assert len(calls) == 4


# -- what is exported ------------------------------------------------------------------------------


def test_every_row_is_a_public_function_with_a_line_of_mathematics():
    for name in TABLE:
        function = getattr(autodiff, name)
        assert name in autodiff.__all__
        assert function is getattr(array_functions if name == "sum" else functions, name)
        assert function.__doc__.startswith("Return")


def test_every_public_function_of_this_floor_is_exported():
    here = {
        name
        for name, f in vars(functions).items()
        if inspect.isfunction(f) and f.__module__ == functions.__name__ and name[0] != "_"
    }
    words_of_rules = {"zeros_like", "equal", "less", "less_equal", "greater", "greater_equal"}
    words_of_rules |= {"logical_and", "logical_or", "floor_divide", "evaluate", "compare"}
    words_of_rules |= {
        "ones_like",
        "cross_entropy_slope",
        "products_of_others",
        "spread",
        "weight_slope",
        "shifted",
        "ties",
        *structural.TABLE,
    }
    assert here - set(autodiff.__all__) <= words_of_rules


def test_the_words_that_rules_use_record_nothing():
    a, b = Value(1.0), Value(2.0)
    assert functions.less(a, b) is True
    assert functions.equal(a, 1.0) is True
    assert functions.greater_equal(a, b) is False
    assert functions.logical_and(a, b) is True
    assert functions.logical_or(Value(0.0), 0.0) is False
    assert functions.zeros_like(a) == 0.0
    np.testing.assert_array_equal(functions.less(Array(np.array([1.0, 3.0])), 2.0), [True, False])


def test_the_graph_of_a_composition_is_the_one_that_was_written():
    x = Value(0.5)
    y = tanh(sin(x) * exp(x))
    assert [node.primitive and node.primitive.name for node in topological_order(y)] == [
        None, "sin", "exp", "multiply", "tanh",
    ]  # fmt: skip
    assert pullback(y, 1.0)[x] == pytest.approx(
        (1 - math.tanh(math.sin(0.5) * math.exp(0.5)) ** 2)
        * math.exp(0.5)
        * (math.sin(0.5) + math.cos(0.5))
    )


@pytest.mark.parametrize(("name", "instead"), [("max", "maximum"), ("min", "minimum")])
def test_the_larger_of_two_values_is_told_to_be_maximum(name, instead):
    a, b = autodiff.Value(1.0), autodiff.Value(2.0)
    with pytest.raises(TypeError, match=rf"{name}\(\) got Value.*write {instead}\(a, b\)"):
        getattr(autodiff, name)(a, b)
    assert getattr(autodiff, instead)(a, b).data == {"max": 2.0, "min": 1.0}[name]
