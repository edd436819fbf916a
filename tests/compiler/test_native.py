"""Columns in machine code are the columns: every word, every program, both cores."""

from __future__ import annotations

import itertools
import math
import sys

import numpy as np
import pytest

from autodiff import Value, custom_vjp, floats, where
from autodiff.compiler import compile, native
from tests.long import ALL

from .test_compiled import program

if ALL:
    import numba  # noqa: F401  (where all is run, it is to be there)
else:
    pytest.importorskip("numba")

SPECIAL = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 1e-300, 1e300, -1e300, 710.0, -710.0,
    math.inf, -math.inf, math.nan,
]  # fmt: skip
WORDS = [name for name, word in native._words().items() if callable(word) and name[0] != "_"]


def arguments(word):
    """Return how many numbers a word takes."""
    if word == "hypot":  # math's takes any number
        return 2
    function = getattr(floats, word)
    for count in (1, 2, 3):
        try:
            function(*[0.5] * count)
        except TypeError:
            continue
        return count
    raise AssertionError(word)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_does_on_special_numbers_what_it_does_on_floats(word):
    import numba

    count = arguments(word)
    theirs, ours = getattr(floats, word), native._words()[word]
    names = ", ".join("abc"[:count])
    space = {"word": ours}
    exec(f"def call({names}): return word({names})", space)
    call = numba.njit(space["call"], error_model="numpy")
    for numbers in itertools.product(SPECIAL, repeat=count):
        found, expected = float(call(*numbers)), float(theirs(*numbers))
        assert found == pytest.approx(expected, rel=1e-15, abs=0.0, nan_ok=True), numbers
        if expected == 0.0:
            assert math.copysign(1.0, found) == math.copysign(1.0, expected), numbers


@pytest.mark.parametrize("number", range(12))
def test_random_programs_are_equal_in_machine_code(number):
    function, point = program(number)
    rng = np.random.default_rng(number)
    columns = [x + rng.uniform(-0.5, 0.5, 50) for x in point[:2]] + [point[2]]
    value, gradients = compile(function).value_and_grad(*columns)
    native_value, ours = compile(function, target="numba").value_and_grad(*columns)
    np.testing.assert_allclose(native_value, value, rtol=1e-12, atol=1e-300)
    for mine, theirs in zip(ours, gradients, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-12 * np.abs(theirs).max())


def test_parameters_floats_and_empty_columns():
    w, b = Value(2.0), Value(0.5)

    def f(x, y):
        return where(w * x > y, (w * x + b).tanh(), b * y)

    fast, slow = compile(f, target="numba"), compile(f)
    x = np.linspace(-1.0, 1.0, 1001).reshape(7, 143)
    for args in ((x, 0.25), (x, x[0]), (0.5, x[:0])):
        for ours, theirs in zip(
            (fast(*args), *fast.value_and_grad(*args)[1]),
            (slow(*args), *slow.value_and_grad(*args)[1]),
            strict=True,
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    assert fast(0.5, 0.25) == slow(0.5, 0.25)
    slow.backward(x, 0.25)
    expected = w.grad, b.grad
    w.zero_grad()
    b.zero_grad()
    fast.backward(x, 0.25)
    assert (w.grad, b.grad) == pytest.approx(expected, rel=1e-12)


def test_a_rule_of_ones_own_is_told():
    @custom_vjp(lambda g, y, x: 3.0 * g * x**2)
    def cube(x):
        return x**3

    with pytest.raises(TypeError, match="calls cube, with a rule of your own"):
        compile(lambda x: cube(x), target="numba")(np.ones(3))


def test_without_numba_it_says_how_to_have_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(ImportError, match="pip install numba"):
        compile(lambda x: x, target="numba")
    with pytest.raises(ValueError, match="got target='cuda'; expected one of 'python', 'numba'"):
        compile(lambda x: x, target="cuda")
