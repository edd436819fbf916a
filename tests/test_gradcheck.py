"""check_grads: it passes what is right, catches what is wrong, and says whose fault it is."""

import math

import pytest

from autodiff import (
    GradientError,
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
