"""Compiled functions are the functions: values, gradients, branches, parameters."""

from __future__ import annotations

import copy
import functools
import math
import pickle
import random
import threading
import warnings

import numpy as np
import pytest

import autodiff
from autodiff import (
    Tensor,
    Value,
    custom_vjp,
    data,
    dot,
    functions,
    grad,
    no_grad,
    optim,
    tanh,
    where,
)
from autodiff.compiler import compile
from autodiff.elementwise import TABLE
from autodiff.nn import MLP, bce_with_logits, cross_entropy, hinge

NAMES = [name for name in TABLE if name not in ("dot", "sum", "where")]


def program(seed):
    """Return a random function of three numbers, over all rows, and where to call it."""
    rng = random.Random(seed)
    steps, n = [], 3
    for _ in range(rng.randint(1, 12)):
        name = rng.choice(NAMES)
        places = [
            rng.choice([rng.randrange(n), rng.randrange(n), round(rng.uniform(-3.0, 3.0), 2)])
            for _ in TABLE[name].vjps
        ]
        steps.append((name, places))
        n += 1

    def f(a, b, c):
        values = [a, b, c]
        for name, places in steps:
            args = [values[x] if isinstance(x, int) else x for x in places]
            if all(isinstance(x, float) for x in args):
                args[0] = a
            values.append(getattr(functions, name)(*args))
        return values[-1]

    return f, [rng.uniform(-2.0, 2.0) for _ in range(3)]


def close(found, eager):
    """Whether they are equal to 4 units in the last place.

    A derivative that is 0 everywhere, as of floor, sends nothing back; eagerly 0 × nan is nan.
    """
    if found == eager or (found != found and eager != eager):
        return True
    if found == 0.0 and eager != eager:
        return True
    return abs(found - eager) <= 4 * math.ulp(max(abs(found), abs(eager), 5e-324))


@pytest.mark.parametrize("seed", range(300))
def test_a_program_over_all_rows_is_that_of_the_engine(seed):
    f, numbers = program(seed)
    values = [Value(number) for number in numbers]
    J = f(*values)
    J.backward()
    result, gradients = compile(f).value_and_grad(*numbers)
    assert close(result, J.data)
    for gradient, value in zip(gradients, values):
        assert close(gradient, value.grad)


@pytest.mark.parametrize("seed", range(60))
def test_columns_are_the_same_as_tensors(seed):
    f, _ = program(seed)
    rng = np.random.default_rng(seed)
    columns = [rng.uniform(-2.0, 2.0, 5) for _ in range(3)]
    tensors = [Tensor(column, requires_grad=True) for column in columns]
    J = f(*tensors)
    J.sum().backward()
    result, gradients = compile(f).value_and_grad(*columns)
    for found, eager in [
        (result, J.numpy()),
        *((g, np.zeros(5) if t.grad is None else t.grad) for g, t in zip(gradients, tensors)),
    ]:
        assert all(map(close, found.tolist(), np.broadcast_to(eager, 5).tolist()))


def test_its_gradient_by_the_engine_is_its_gradient():
    g = compile(lambda x: x**3 * tanh(x))
    assert close(grad(g)(1.5), g.value_and_grad(1.5)[1][0])
    assert isinstance(g(Value(2.0)), Value)
    with pytest.raises(TypeError, match=r"value_and_grad\(\) got a Value; expected numbers"):
        g.value_and_grad(Value(2.0))


# -- branches --------------------------------------------------------------------------------------


def test_a_branch_is_taken_anew_for_each_call():
    def f(x, y):
        if x > y:
            return x * x
        elif y >= 0 and y < 10:
            return -y
        return x + y

    g = compile(f)
    rng = random.Random(1)
    for _ in range(200):
        x, y = rng.uniform(-20, 20), rng.uniform(-20, 20)
        a, b = Value(x), Value(y)
        f(a, b).backward()
        assert g(x, y) == f(x, y)
        assert g.value_and_grad(x, y) == (f(x, y), (a.grad, b.grad))
    nan = float("nan")
    assert math.isnan(g(nan, 1.0)) == math.isnan(f(nan, 1.0))


def test_a_loop_whose_length_depends_on_a_value_is_the_loop():
    def f(x):
        n = 0
        while x > 1.0:
            x, n = x / 2.0, n + 1
        return x + n

    g = compile(f)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [g(float(2**n)) for n in range(8)] == [1.0 + n for n in range(8)]
    with pytest.warns(UserWarning, match="has taken 9 different ways through its branches"):
        g(1e6)


def test_the_larger_of_two_is_found_by_python_too():
    g = compile(lambda a, b: max(a, b) * 2)
    assert g.value_and_grad(1.0, 3.0) == (6.0, (0.0, 2.0))
    assert g.value_and_grad(4.0, 3.0) == (8.0, (2.0, 0.0))


def test_a_choice_needs_no_branch_and_takes_columns():
    g = compile(lambda x: where((x > 0) & (x < 2), x * x, -x))
    assert [g(x) for x in (-1.0, 1.5, 3.0)] == [1.0, 2.25, -3.0]
    y, (slope,) = g.value_and_grad(np.array([-1.0, 1.5, 3.0]))
    assert y.tolist() == [1.0, 2.25, -3.0]
    assert slope.tolist() == [-1.0, 3.0, -1.0]
    with pytest.raises(TypeError, match=r"branches on a value.*write where"):
        compile(lambda x: x if x > 0 else -x)(np.ones(3))


# -- parameters ------------------------------------------------------------------------------------


def test_what_it_captures_is_a_parameter_that_learns():
    w, b = Value(0.5), Value(-0.25)

    def loss(x, y):
        return (tanh(w * x + b) - y) ** 2

    g = compile(loss)
    g.backward(1.0, 0.5)
    by_compiled = w.grad, b.grad
    w.grad = b.grad = 0.0
    loss(Value(1.0), 0.5).backward()
    assert by_compiled == pytest.approx((w.grad, b.grad), rel=1e-15)
    assert g.parameters == {"w": w, "b": b}
    before = g(1.0, 0.5)
    w.data += 0.5
    assert g(1.0, 0.5) == loss(Value(1.0), 0.5).data != before
    w.grad = 0.0
    g.backward(1.0, 0.5)
    once = w.grad
    g.backward(1.0, 0.5)  # adds to what is there
    assert w.grad == 2 * once != 0.0


def test_a_training_changes_by_one_line():
    X, y = data.moons(20, noise=0.1, seed=1)
    losses = []
    for use_compiled in (False, True):
        autodiff.seed(3)
        model = MLP(2, [4, 1])
        weights = model.parameters()
        optimizer = optim.SGD(weights, lr=0.5)

        def loss_of(model=model, weights=weights):
            return hinge(model(X), 2 * y - 1) + 1e-4 * dot(weights, weights)

        step = compile(lambda: loss_of())
        history = []
        for _ in range(20):
            optimizer.zero_grad()
            if use_compiled:
                history.append(step.backward())
            else:
                loss = loss_of()
                loss.backward()
                history.append(loss.data)
            optimizer.step()
        losses.append(history)
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    assert losses[0][-1] < losses[0][0]


def test_on_columns_parameters_get_the_sum_over_all_rows():
    w = Value(0.5)
    g = compile(lambda x, y: (w * x - y) ** 2)
    x, y = np.arange(10_000) / 1e4, np.ones(10_000)
    total = g.backward(x, y)
    assert total.sum() == pytest.approx(((0.5 * x - y) ** 2).sum())
    assert w.grad == pytest.approx((2 * (0.5 * x - y) * x).sum(), rel=1e-12)
    value, (dx, dy) = g.value_and_grad(x, 1.0)
    assert dx.shape == value.shape == (10_000,)
    assert dy == pytest.approx((-2 * (0.5 * x - 1.0)).sum(), rel=1e-12)


def test_columns_of_other_shapes_are_broadcast_and_their_derivatives_summed():
    g = compile(lambda x, y: x * y)
    value, (dx, dy) = g.value_and_grad(np.ones((3, 1)), np.arange(4.0))
    assert value.tolist() == [[0.0, 1.0, 2.0, 3.0]] * 3
    assert dx.tolist() == [[6.0]] * 3
    assert dy.tolist() == [3.0] * 4
    assert g(np.ones(0), 2.0).shape == (0,)
    assert g.value_and_grad([1.0, 2.0], 3.0)[1][1] == 3.0
    value, (slope,) = compile(lambda x: 3.0).value_and_grad(np.ones(4))
    assert (value.tolist(), slope.tolist()) == ([3.0] * 4, [0.0] * 4)


# -- what there is else ----------------------------------------------------------------------------


def test_a_rule_of_ones_own_is_called():
    @custom_vjp(lambda g, y, x: 3 * g * x**2)
    def cube(x):
        return x**3

    g = compile(lambda x: cube(x) * 2)
    assert g.value_and_grad(2.0) == (16.0, (24.0,))
    value, (slope,) = g.value_and_grad(np.array([1.0, 2.0]))
    assert (value.tolist(), slope.tolist()) == ([2.0, 16.0], [6.0, 24.0])
    assert "cube(x)" in g.source


@pytest.mark.parametrize("f, args, result, gradients", [
    (lambda x: 3.0, (2.0,), 3.0, (0.0,)),
    (lambda x: x, (2.0,), 2.0, (1.0,)),
    (lambda x, y: x * x, (3.0, 1.0), 9.0, (6.0, 0.0)),
    (lambda exp, log: functions.exp(exp) * log, (0.0, 2.0), 2.0, (2.0, 1.0)),
    (lambda x: x * x, (3,), 9.0, (6.0,)),
    (lambda x: x * x, (np.float32(3),), 9.0, (6.0,)),
    (lambda: 2.0 * Value(3.0), (), 6.0, ()),
])  # fmt: skip
def test_small_functions(f, args, result, gradients):
    assert compile(f).value_and_grad(*args) == (result, gradients)
    assert compile(f)(*args) == result


def named_constant(x):
    d = x.detach()
    return x * d


def under_no_grad(x):
    with no_grad():
        d = x * x
    return x + d


@pytest.mark.parametrize("f, args, words", [
    (lambda x: math.sin(x) * x, (1.0,), r"cannot follow float\(\), as math's functions take it"),
    (lambda x: x * round(x), (1.2,), "cannot follow float"),
    (lambda x: x * x.detach(), (1.0,), r"cannot follow x\.data, detach\(\)"),
    (lambda x: x * x.data + x, (1.0,), r"cannot follow x\.data"),
    (lambda x: x * 1.0 if x.data > 0 else -x, (1.0,), r"a decision by the number in x\.data"),
    (lambda x: x if x.data < 100 else x * x, (1.0,), r"a decision by the number in x\.data"),
    (lambda x: x * int(x.data > 5), (1.0,), r"a decision by the number in x\.data"),
    (lambda x: x * 2.0 if (x * 3.0).data > 5 else x, (1.0,), "a decision by the number"),
    (lambda x: x if random.random() < 0.001 else -x, (1.0,), "random numbers"),
    (lambda x: x if np.random.rand() < 0.001 else -x, (1.0,), "random numbers"),  # noqa: NPY002
    (lambda x: x * copy.copy(x), (1.0,), r"copy\(\) or the like"),
    (lambda x: x * copy.deepcopy(x * x), (1.0,), r"copy\(\) or the like"),
    (lambda x: x * float(f"{x:.3f}"), (1.0,), "or the like"),
    (named_constant, (1.0,), r"detach\(\)"),
    (under_no_grad, (1.0,), r"detach\(\)"),
    (lambda x: (x, x), (1.0,), "returns a tuple; expected one that returns one number"),
    (lambda x: x > 0, (1.0,), "returns a Condition"),
    (lambda x: x, ("a",), "got 'a', a str; expected a number"),
    (lambda x: x, (1.0, 2.0), "got 2 arguments; expected 1: x"),
    (lambda x: x, (np.array([1j]),), "expected numbers or arrays of real numbers"),
])  # fmt: skip
def test_what_cannot_be_compiled_is_told(f, args, words):
    with pytest.raises(TypeError, match=words):
        compile(f)(*args)


def test_what_is_no_function_of_numbers_is_told():
    with pytest.raises(TypeError, match=r"got 3\.0, a float; expected a function of numbers"):
        compile(3.0)
    with pytest.raises(TypeError, match=r"with \*xs; expected plain arguments"):
        compile(lambda *xs: xs[0])


def test_comparisons_are_truths_again_when_it_has_been_traced():
    g = compile(lambda x: x * x)
    g(1.0)
    assert (Value(1.0) < 2.0) is True
    with pytest.raises(TypeError):
        compile(lambda x: math.sin(x))(1.0)
    assert (Value(1.0) < 2.0) is True
    assert float(Value(1.0)) == 1.0


def test_a_first_call_without_recording_records_all_the_same():
    g = compile(lambda x: x * x)
    with no_grad():
        assert g(1.0) == 1.0
    assert g.value_and_grad(3.0) == (9.0, (6.0,))


def test_names_that_lines_have_already_are_not_taken_twice():
    def f(x):
        dJ_dt1 = functions.exp(x)
        return dJ_dt1 * functions.sin(x) * functions.sin(functions.sin(x) * dJ_dt1)

    x = Value(2.0)
    f(x).backward()
    assert compile(f).value_and_grad(2.0)[1][0] == pytest.approx(x.grad, rel=1e-12)
    micro, greek = Value(2.0, label="\u00b5"), Value(5.0, label="\u03bc")  # one name to Python
    assert compile(lambda x: micro * x + greek)(3.0) == 11.0
    odd = Value(2.0, label="w₁ σ²")
    assert compile(lambda w_: odd * w_)(3.0) == 6.0
    w = Value(4.0)
    assert compile(lambda w_: w * w_).value_and_grad(3.0) == (12.0, (4.0,))

    def exp(x):
        return functions.exp(x) * 2

    assert compile(exp)(0.0) == 2.0
    assert compile(exp)(np.zeros(2)).tolist() == [2.0, 2.0]


def test_zeros_of_both_signs_are_two_numbers():
    g = compile(lambda x: functions.arctan2(0.0 * x, x) - functions.arctan2(-0.0 * x, x))
    f = g.function
    assert g(-1.0) == f(Value(-1.0)).data
    h = compile(lambda x: 1 / (x * 0.0) - 1 / (x * -0.0))
    assert h(1.0) == math.inf


def test_a_guard_that_the_last_bit_decides_does_not_run_for_ever():
    x = 2.515908805880605
    c = x * x * x
    g = compile(lambda x: x if x**3 > c else -x)
    assert g(x) == g.function(Value(x)).data
    assert g.value_and_grad(x)[0] == g(x)


def test_a_value_used_many_times_is_written_in_many_lines():
    g = compile(lambda x: sum((x * float(i) for i in range(5000)), 0.0 * x))
    assert g.value_and_grad(1.0)[1][0] == pytest.approx(sum(range(5000)))


def test_hundreds_of_ways_are_gone_one_after_another():
    def f(x):
        n = 0.0
        while x > 1.0:
            x, n = x - 1.0, n + 1.0
        return x + n

    g = compile(f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [g(float(n)) for n in range(1, 200)] == [float(n) for n in range(1, 200)]
    assert len(g._ways) <= 64


def test_truths_count_as_one_and_zero():
    f = lambda x, y: ((x > 0) + (y > 0)) * x
    g = compile(f)
    assert g.value_and_grad(1.0, 2.0) == (2.0, (2.0, 0.0))
    assert g(np.array([1.0, 2.0]), np.array([3.0, -3.0])).tolist() == [2.0, 2.0]


def test_a_column_of_one_row_is_a_column():
    value, (dx, dy) = compile(lambda x, y: x * y).value_and_grad(np.array([3.0]), 2.0)
    assert (value.shape, dx.tolist(), dy) == ((1,), [2.0], 3.0)


def test_defaults_are_kept_and_partials_taken():
    assert compile(lambda x, n=2: x * n)(3.0) == 6.0
    assert compile(functools.partial(lambda x, c: x * c, c=2.0))(3.0) == 6.0
    x = Value(2.0)
    with pytest.raises(ValueError, match="got an input twice"):
        compile(x * x, [x, x])


def test_it_is_traced_while_others_work():
    stop, errors = threading.Event(), []

    def other():
        while not stop.is_set():
            try:
                with no_grad():
                    Value(1.0) * 2.0
            except Exception as error:
                errors.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        for _ in range(300):
            assert compile(lambda x: x * x + 1.0).value_and_grad(2.0) == (5.0, (4.0,))
    finally:
        stop.set()
        thread.join()
    assert not errors
    assert autodiff.graph.altered == []


def test_it_is_traced_under_a_profiler():
    import cProfile

    profile = cProfile.Profile()
    assert profile.runcall(lambda: compile(lambda x: x * x)(3.0)) == 9.0


def test_a_branch_on_a_parameter_alone_is_the_same_for_all_rows():
    w = Value(2.0)
    g = compile(lambda x: x * w if w > 0 else x)
    x = np.array([1.0, 2.0])
    assert g(x).tolist() == [2.0, 4.0]
    w.data = -1.0
    assert g(x).tolist() == [1.0, 2.0]
    assert g.value_and_grad(x)[1][0].tolist() == [1.0, 1.0]


class Line:
    """Something with a compiled method."""

    def __init__(self, w):
        self.w = Value(w)

    @compile
    def square(self, x):
        return (self.w * x) ** 2


def test_a_method_is_compiled_for_each_object():
    one, two = Line(2.0), Line(5.0)
    assert (one.square(3.0), two.square(3.0)) == (36.0, 225.0)
    assert one.square is one.square
    one.square.backward(3.0)
    assert (one.w.grad, two.w.grad) == (36.0, 0.0)
    assert "w = w_.data" in one.square.source
    assert repr(Line.square) == "<compiled square(self, x)>"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_the_copy_of_an_object_has_methods_of_its_own(copied):
    one = Line(2.0)
    one.square(3.0)
    two = copied(one)
    two.w.data = 1.0
    assert (one.square(3.0), two.square(3.0)) == (36.0, 9.0)
    function = compile(one.square.function)
    assert function(1.0) == 4.0
    again = copied(function)
    assert again(1.0) == 4.0
    with pytest.raises(TypeError, match="which was compiled from a graph"):
        copied(compile(Value(2.0) * 3.0))


def test_conditions_are_joined_by_hundreds():
    def within(x):
        c = x > 0.0
        for i in range(400):
            c = c & (x > -float(i)) if i % 3 else c | (x > 1e9)
        return c

    chosen = compile(lambda x: where(within(x), x * x, -x))
    assert (chosen(2.0), chosen(-1.0)) == (4.0, 1.0)
    assert chosen.value_and_grad(np.array([2.0, -1.0]))[1][0].tolist() == [4.0, -1.0]
    branched = compile(lambda x: x * x if within(x) else -x)
    assert (branched(2.0), branched(-1.0), branched(3.0)) == (4.0, 1.0, 9.0)


def test_a_loop_on_an_argument_is_followed_as_it_went():
    @compile
    def doubled(x):
        while x < 100.0:
            x = x * 2.0
        return x

    assert [doubled(x) for x in (1.0, 3.0, 200.0, 1.0)] == [128.0, 192.0, 200.0, 128.0]

    @compile
    def root(a):
        x = a
        while abs(x * x - a) > 1e-12:
            x = 0.5 * (x + a / x)
        return x

    assert root(2.0) == pytest.approx(math.sqrt(2.0))


def test_losses_of_values_are_compiled():
    model = MLP(2, [4, 1])
    for loss in (hinge, bce_with_logits):
        compiled = compile(lambda a, b, t, loss=loss: loss(model([a, b]), t))
        assert compiled(0.3, -0.2, 1.0) == pytest.approx(loss(model([0.3, -0.2]), 1.0).data)
        rows = compiled(np.array([0.3, 0.1]), np.array([-0.2, 0.5]), np.array([1.0, 1.0]))
        assert rows[1] == pytest.approx(loss(model([0.1, 0.5]), 1.0).data)


def test_arguments_may_be_given_by_name():
    f = compile(lambda a, b, c: a * b - c)
    for _ in range(2):
        assert f(1.0, c=3.0, b=2.0) == -1.0
        assert f.value_and_grad(a=1.0, b=2.0, c=3.0)[1] == (2.0, 1.0, -1.0)
    assert f(np.ones(2), b=2.0, c=1.0).tolist() == [1.0, 1.0]
    with pytest.raises(TypeError, match="got 1 arguments and d by name; expected a, b, c"):
        compile(lambda a, b, c: a)(1.0, d=2.0)

    def powers(x, n=3):
        return x**n

    with pytest.raises(TypeError, match=r"expected 1: x \(n has the default for ever"):
        compile(powers)(2.0, 2)


def test_the_derivative_of_a_function_is_compiled():
    slope = compile(grad(lambda x, y: x * x * y))
    assert slope(3.0, 2.0) == 12.0
    assert slope.value_and_grad(3.0, 2.0) == (12.0, (4.0, 6.0))
    assert compile(compile(lambda x: x * x)).value_and_grad(3.0) == (9.0, (6.0,))


def test_a_step_needs_an_optimizer():
    with pytest.raises(TypeError, match=r"got a NoneType as its optimizer; expected one of"):
        compile(lambda x: x).step(None, 1.0)


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b, c: functions.logsumexp([a, b * c, c]),
        lambda a, b, c: functions.softmax([a, b, c * c])[0] * b,
        lambda a, b, c: functions.log_softmax([a, b, c])[1],
        lambda a, b, c: cross_entropy([a, b, c * a], 1),
        lambda a, b, c: functions.linear([a, b], [[c, 2.0], [b, a]])[0],
        lambda a, b, c: functions.sum([a, b, c]) * functions.dot([a, b], [c, 2.0]),
        lambda a, b, c: functions.safe_where(a > 0.0, functions.log, a, b * c),
    ],
)
def test_functions_of_lists_are_equal_compiled(function):
    compiled = compile(function)
    for point in ((0.5, -1.0, 2.0), (800.0, -900.0, 2.0), (1.0, 1.0, 1.0)):
        values = [Value(x) for x in point]
        root = function(*values)
        root.backward()
        value, gradients = compiled.value_and_grad(*point)
        assert value == pytest.approx(root.data, rel=1e-14, abs=1e-300)
        assert gradients == pytest.approx([x.grad for x in values], rel=1e-12, abs=1e-14)
    columns = np.array([(0.5, -1.0, 2.0), (3.0, -1.0, 0.5)]).T
    assert compiled(*columns)[0] == pytest.approx(compiled(0.5, -1.0, 2.0), rel=1e-14)
