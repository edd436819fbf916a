"""check_grads: it passes what is right, catches what is wrong, and says whose fault it is."""

import math

import numpy as np
import pytest

from autodiff import (
    GradientError,
    Tensor,
    Value,
    abs,
    check_grads,
    clip,
    custom_vjp,
    dot,
    exp,
    gelu,
    hypot,
    log,
    log_softmax,
    maximum,
    power,
    relu,
    sin,
    softmax,
    sqrt,
    tanh,
    where,
)
from autodiff.graph import apply
from autodiff.primitive import Primitive

RIGHT = [
    (lambda x, y: sin(x) * y**2, (0.5, 3.0)),
    (lambda v: dot(v, [1.0, 2.0], 0.5) ** 3, ([0.3, -0.7],)),
    (lambda p: log(p["a"]) * exp(p["b"][0]), ({"a": 2.0, "b": (0.1,)},)),
    (lambda v: softmax(v)[1] * v[2], ([0.1, 0.2, -0.4],)),
    (lambda x: power(x, x) + hypot(x, 2.0) + gelu(x), (1.3,)),
    (lambda x: where(x > 0, tanh(x), x**2) + maximum(x, 1.0), (0.7,)),
    (lambda x: 5.0, (1.0,)),
    (lambda x: sqrt(x * 1e-12) * 1e6, (3e-9,)),
]


@pytest.mark.parametrize(("f", "args"), RIGHT)
@pytest.mark.parametrize("order", [1, 2])
def test_right_derivatives_pass_at_both_orders(f, args, order):
    check_grads(f, args, order=order)


def test_at_a_kink_any_slope_in_between_passes():
    check_grads(lambda x: abs(x) + relu(x) + clip(x, 0.0, 1.0), (0.0,))


@custom_vjp(lambda g, y, x: 3 * g * x)
def wrong_square(x):
    return x * x


@custom_vjp(lambda g, y, a, b: (g * a, g * b))
def swapped_product(a, b):
    return a * b


@custom_vjp(lambda g, y, x: g * (2.0 * x.data if isinstance(x, Value) else 2.0 * x))
def forgetful_square(x):
    return x * x


@custom_vjp(lambda g, y, x: 1.0)
def chainless(x):
    return x + 1.0


@custom_vjp(lambda g, y, x: g * 7.0)
def custom_kink(x):
    return 2.0 * x + math.fabs(x)


def test_the_complex_step_sees_what_differences_cannot():
    """They are sure to six digits; it is exact, where every operation is analytic."""
    slightly = Primitive("sin", lambda xp, g, y, x: g * (xp.cos(x) * (1.0 + 1e-8)))

    def f(x):
        return exp(apply(slightly, x) if isinstance(x, Value) else sin(x)) * x

    with pytest.raises(GradientError, match="mismatch with the complex step"):
        check_grads(f, (0.7,))
    check_grads(lambda x: exp(sin(x)) * x, (0.7,))


def test_a_wrong_rule_is_caught_and_named():
    with pytest.raises(GradientError) as caught:
        check_grads(lambda x: tanh(sin(x) + wrong_square(x) * 2), (0.3,))
    message = str(caught.value)
    assert "derivative 1 of <lambda> in number 0 of its arguments, 0.3" in message
    assert "by reverse mode" in message
    assert "the first wrong rule is that of wrong_square(0.3) in its operand 0: it says" in message


def test_the_first_of_two_wrong_rules_is_named():
    with pytest.raises(
        GradientError, match=r"that of swapped_product\(0\.3, 2\.0\) in its operand 0"
    ):
        check_grads(lambda x: wrong_square(swapped_product(x, 2.0)), (0.3,))


@pytest.mark.parametrize("modes", [["rev"], ["fwd"]])
def test_each_mode_alone_catches_a_wrong_rule(modes):
    mode = {"rev": "reverse", "fwd": "forward"}[modes[0]]
    with pytest.raises(GradientError, match=f"by {mode} mode"):
        check_grads(wrong_square, (0.3,), modes=modes)


def test_a_rule_that_is_wrong_only_at_order_two_passes_at_order_one():
    check_grads(forgetful_square, (0.3,))
    with pytest.raises(GradientError) as caught:
        check_grads(lambda x: forgetful_square(x) * 2, (0.3,), order=2)
    assert "derivative 2 of" in str(caught.value)
    assert "forgetful_square(0.3) in its operand 0: right in value" in str(caught.value)


def test_a_rule_that_drops_the_cotangent_is_caught():
    with pytest.raises(GradientError, match="reverse mode"):
        check_grads(lambda x: chainless(x) * 3, (0.5,), modes=["rev"])


def test_a_slope_outside_the_two_of_a_kink_is_a_mismatch_and_tells_both():
    with pytest.raises(GradientError, match="mismatch at a kink, slopes 1 and 3"):
        check_grads(custom_kink, (0.0,))


def test_a_number_that_left_the_graph_is_told_as_such():
    with pytest.raises(GradientError, match=r"leaves the graph .*float\(x\)"):
        check_grads(lambda x: x * math.sin(x), (0.5,))


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ValueError, match=r"modes=\('backwards',\); expected some of"):
        check_grads(sin, (1.0,), modes=["backwards"])
    with pytest.raises(ValueError, match="order=0; expected"):
        check_grads(sin, (1.0,), order=0)
    with pytest.raises(TypeError, match="expected one number"):
        check_grads(lambda x: [x, x], (1.0,))


def test_checking_leaves_values_in_closures_alone():
    w = Value(2.0)
    check_grads(lambda x: w * sin(x), (0.5,))
    assert not w.has_grad


# -- functions of arrays ---------------------------------------------------------------------------

X = np.random.default_rng(0).normal(size=(3, 4))
W = np.random.default_rng(1).normal(size=(4, 2))


@custom_vjp(lambda g, y, x: 2.1 * g * x)
def wrong_squares(x):
    return x * x


@custom_vjp(lambda g, y, x: 2.0 * g * getattr(x, "array", x))
def forgetful_squares(x):
    return x * x


@pytest.mark.parametrize(
    "f, args",
    [
        (lambda x, w, b: log_softmax(tanh(x @ w) + b)[:, 0].sum(), (X, W, np.zeros(2))),
        (lambda x, s: (x * s).mean() + s**3, (X, 2.0)),
        (lambda d: d["a"].norm() * d["b"][0], ({"a": X, "b": (2.0,)},)),
        (lambda x: x.max() + relu(x).sum(), (X,)),
        (lambda x: relu(x).sum(), (np.array([0.0, 1.0, -1.0]),)),
        (lambda x: (sin(x) * x).sum(), (np.ones((20, 20)),)),
        (lambda x: x.sum(), (np.float32([1, 2]),)),
        (lambda x: (x * x).sum(), (Tensor([1.0, 2.0]),)),
        (lambda x: 5.0, (X,)),
    ],
)
def test_right_derivatives_of_functions_of_arrays_pass_at_both_orders(f, args):
    for order in (1, 2):
        check_grads(f, args, order=order)


def test_a_wrong_rule_on_arrays_is_named_with_the_element():
    with pytest.raises(GradientError) as caught:
        check_grads(lambda a, x: (a * wrong_squares(sin(x))).sum(), (2.0, X))
    message = str(caught.value)
    assert "in element (0, 0) of array 1 of its arguments, of shape (3, 4), is" in message
    assert "by reverse mode" in message
    assert "first wrong rule is that of wrong_squares(shape (3, 4)) in its operand 0" in message


def test_many_numbers_are_moved_along_random_directions():
    calls = []

    def f(x):
        calls.append(x)
        return wrong_squares(x).sum()

    with pytest.raises(GradientError, match=r"along random direction 0 of array 0 .*\(30, 30\)"):
        check_grads(f, (np.ones((30, 30)),), modes=["rev"])
    check_grads(lambda x: calls.append(x) or (x * x).sum(), (np.ones((100, 100)),))
    assert len(calls) < 1000  # though there are ten thousand numbers


def test_a_rule_on_arrays_that_is_wrong_at_order_two_only():
    check_grads(lambda x: forgetful_squares(x).sum(), (X,))
    with pytest.raises(GradientError, match=r"forgetful_squares.*right in value, but its own"):
        check_grads(lambda x: forgetful_squares(sin(x)).sum(), (X,), order=2)


def test_an_array_that_left_the_graph_is_told_as_such():
    with pytest.raises(GradientError, match="leaves the graph"):
        check_grads(lambda x: (x.numpy() * x).sum(), (X,))
