"""Differences: right gradients pass, wrong ones do not, and kinks are told from mistakes."""

import math

import pytest

from autodiff import Value, clip, elu, exp, log, relu, sin, softsign, sqrt, tanh, where
from autodiff.differences import compare, slopes


def judged(f, x, factor=1.0, added=0.0):
    """Compare f's own gradient at x, times a factor plus something, with differences."""
    node = Value(x)
    f(node).backward()
    return compare(lambda x: float(f(Value(x))), x, node.grad * factor + added)


SMOOTH = [
    (sin, 1.0),
    (exp, -3.0),
    (log, 1e-9),
    (sqrt, 1e12),
    (tanh, 0.0),
    (lambda x: x**3 - 2 * x, 0.5),
    (lambda x: 1 / x**2, 1e-20),
    (lambda x: 1 / (exp(6.6e-34 * 5e14 / (x * 5800)) - 1), 1.381e-23),
    (lambda x: x + 1.0, 1e-20),
    (lambda x: 1e-12 * (exp(x / 0.025) - 1), 0.6),
]
# Their second derivative jumps, so that differences settle slowly.
NEARLY_SMOOTH = [
    (lambda x: relu(x) ** 2, 0.0),
    (elu, 0.0),
    (softsign, 0.0),
    (lambda x: x * abs(x), 0.0),
    (lambda x: clip(x, -1.0, 1.0) ** 2 + relu(x) ** 2, 0.0),
    (lambda x: where(x < 1, x**2, 2 * x - 1), 1.0),
]


@pytest.mark.parametrize(("f", "x"), SMOOTH + NEARLY_SMOOTH)
def test_a_right_gradient_agrees(f, x):
    found = judged(f, x)
    assert found.agrees
    assert "mismatch" not in found.words


@pytest.mark.parametrize(("f", "x"), [pair for pair in SMOOTH if pair != (tanh, 0.0)])
@pytest.mark.parametrize("factor", [-1.0, 0.0, 0.5, 1.001])
def test_a_wrong_gradient_does_not(f, x, factor):
    found = judged(f, x, factor)
    assert not found.agrees
    assert found.words == "mismatch"


@pytest.mark.parametrize(("f", "x"), NEARLY_SMOOTH)
def test_nor_does_one_that_is_off_where_differences_settle_slowly(f, x):
    assert not judged(f, x, added=0.1).agrees


@pytest.mark.parametrize("rate", [1e4, 1e5, 2 * math.pi * 4000])
def test_a_wave_too_short_for_the_steps_is_no_mismatch(rate):
    assert judged(lambda x: sin(rate * x), 1.234).agrees


def test_at_a_kink_any_slope_between_the_two_is_right():
    for gradient in (-1.0, -0.5, 0.0, 1.0):
        assert compare(abs, 0.0, gradient).agrees
        assert compare(abs, 0.0, gradient).words == "kink, slopes -1 and 1"
    found = compare(abs, 0.0, 1.5)
    assert not found.agrees
    assert found.words == "mismatch at a kink, slopes -1 and 1"


def test_where_no_difference_settles_nothing_is_compared():
    def jump(x):
        return 1.0 if x > 2.0 else 0.0 if x < 2.0 else 0.5

    for f, x in [(jump, 2.0), (lambda x: math.copysign(abs(x) ** 0.5, x), 0.0)]:
        assert compare(f, x, 0.0).words == "not compared: differences settle nowhere"


def test_the_slope_to_one_side_serves_where_there_is_no_other():
    found = compare(lambda x: math.nan if x < 0 else 3.0 * x, 0.0, 3.0)
    assert (found.agrees, found.words) == (True, "ok to the right")


def test_a_slope_says_how_sure_it_is():
    for f, slope, x in [(math.sin, math.cos, 1.0), (math.exp, math.exp, 2.0)]:
        for found in slopes(f, x):
            assert abs(found.value - slope(x)) <= 4 * found.error + 1e-15
            assert found.error < 1e-7
