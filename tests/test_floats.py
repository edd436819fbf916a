"""The float vocabulary against NumPy: the same numbers, never an exception, always a float."""

from __future__ import annotations

import doctest
import importlib.util
import itertools
import math
import random
import sys
from fractions import Fraction
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import floats

inf, nan = math.inf, math.nan

POINTS = [
    0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, -0.5, 5e-324, 1e-300, 1e300, -1e300, 1000.0, -1000.0,
    1e16, 0.1, inf, -inf, nan,
]  # fmt: skip


def by_sigmoid(x):
    return np.where(x < 0, np.exp(x), 1.0) / (1.0 + np.exp(-np.abs(x)))


def by_xlogy(x, y):
    return np.where((x == 0.0) & ~np.isnan(y), 0.0, x * np.log(y))


def by_dot(w, x, bias):
    return w * x + bias


# What NumPy calls otherwise, or has not.
NUMPY = {
    "all_finite": np.isfinite,
    "dot": by_dot,
    "erf": np.vectorize(math.erf, [float]),
    "erfc": np.vectorize(math.erfc, [float]),
    "sigmoid": by_sigmoid,
    "sum": np.add,
    "xlogy": by_xlogy,
}
ARITY = {"sum": 2, "dot": 3, "clip": 3, "where": 3, "hypot": 2, "arctan2": 2}
# The sign of a zero that comes out is open: see tests/test_edges.py.
SIGN_IS_OPEN = {"sign", "maximum", "minimum", "clip", "sum", "dot"}

NAMES = sorted(
    name
    for name, thing in vars(floats).items()
    if callable(thing) and name[0] != "_" and name != "evaluate"
)


def arity(name):
    if name in ARITY:
        return ARITY[name]
    function = getattr(floats, name)
    for count in 1, 2:
        try:
            function(*[1.0] * count)
        except TypeError:
            continue
        return count
    raise AssertionError(f"say in ARITY how many operands {name} takes")


def numbers(name, columns):
    """Return NumPy's answer for each tuple of operands."""
    function = NUMPY.get(name) or getattr(np, name)
    with np.errstate(all="ignore"):
        return np.broadcast_to(function(*columns), columns[0].shape)


def same(got, expected, ulps=4):
    """Say whether numbers agree: nan, infinities and zeros exactly, others to so many ulps."""
    if expected != expected:
        return got != got
    if expected == 0.0 or math.isinf(expected):
        return got == expected and math.copysign(1.0, got) == math.copysign(1.0, expected)
    return abs(got - expected) <= ulps * math.ulp(expected)


def compare(name, points):
    """Hold the float function against NumPy at each tuple of operands."""
    function, kind = getattr(floats, name), float
    expected = numbers(name, list(np.array(points).T))
    if expected.dtype == bool:
        kind = bool
    for operands, number in zip(points, expected.tolist()):
        got = function(*operands)
        assert type(got) is kind, (name, operands, got)
        if name in SIGN_IS_OPEN:
            got, number = got + 0.0, number + 0.0
        assert same(got, number), (name, operands, got, number)


@pytest.mark.parametrize("name", NAMES)
def test_at_special_points_the_result_is_that_of_numpy(name):
    compare(name, list(itertools.product(POINTS, repeat=arity(name))))


@pytest.mark.parametrize("name", NAMES)
def test_at_random_points_the_result_is_that_of_numpy(name):
    generator = random.Random(name)

    def number():
        scale = generator.choice([1.0, 1.0, 10.0, 10.0 ** generator.uniform(-300, 300)])
        return scale * generator.uniform(-1.0, 1.0)

    compare(name, [tuple(number() for _ in range(arity(name))) for _ in range(300)])


@settings(derandomize=True, database=None, deadline=None)
@given(st.lists(st.floats(), min_size=3, max_size=3))
def test_no_floats_whatever_make_a_function_raise_or_leave_the_floats(operands):
    for name in NAMES:
        result = getattr(floats, name)(*operands[: arity(name)])
        assert type(result) in (float, bool), (name, operands, result)


@pytest.mark.parametrize(
    "name, operands, expected",
    [
        ("divide", (1.0, 0.0), inf),
        ("divide", (1.0, -0.0), -inf),
        ("divide", (-1.0, 0.0), -inf),
        ("divide", (-inf, -0.0), inf),
        ("divide", (0.0, 0.0), nan),
        ("divide", (nan, 0.0), nan),
        ("power", (-8.0, 1 / 3), nan),
        ("power", (-0.0, -1.0), -inf),
        ("power", (-0.0, -2.0), inf),
        ("power", (0.0, -inf), inf),
        ("power", (-0.0, -inf), inf),
        ("power", (-1e300, 3.0), -inf),
        ("power", (-1e300, 2.0), inf),
        ("power", (0.0, 0.0), 1.0),
        ("power", (nan, 0.0), 1.0),
        ("power", (-inf, 0.5), inf),
        ("power", (-0.0, 0.5), 0.0),
        ("sqrt", (-0.0,), -0.0),
        ("exp", (1000.0,), inf),
        ("log", (-0.0,), -inf),
        ("log1p", (-1.0,), -inf),
        ("log2", (0.0,), -inf),
        ("log10", (-1.0,), nan),
        ("arctanh", (-1.0,), -inf),
        ("sin", (inf,), nan),
        ("sinc", (1.0,), math.sin(math.pi) / math.pi),
        ("sinc", (5e-324,), 1.0),
        ("sigmoid", (-1000.0,), 0.0),
        ("sigmoid", (1000.0,), 1.0),
        ("logaddexp", (inf, inf), inf),
        ("logaddexp", (-inf, -inf), -inf),
        ("logaddexp", (1000.0, 1000.0), 1000.0 + math.log(2.0)),
        ("xlogy", (0.0, 0.0), 0.0),
        ("xlogy", (0.0, nan), nan),
        ("floor", (-0.0,), -0.0),
        ("ceil", (-0.5,), -0.0),
        ("fmod", (-5.0, 3.0), -2.0),
        ("remainder", (-5.0, 3.0), 1.0),
        ("remainder", (5.0, 0.0), nan),
        ("maximum", (nan, 1.0), nan),
        ("maximum", (1.0, nan), nan),
        ("minimum", (1.0, nan), nan),
        ("clip", (nan, 0.0, 1.0), nan),
        ("sum", (), 0.0),
        ("sum", (1e16, 1.0, -1e16), 1.0),
        ("sum", (0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1), 1.0),
        ("sum", (inf, -inf), nan),
        ("sum", (inf, 1.0), inf),
        ("sum", (1e308, 1e308), inf),
        ("dot", (), 0.0),
        ("dot", (1.0, 2.0, 3.0, 4.0), 11.0),
        ("dot", (1.0, 2.0, 3.0, 4.0, 5.0), 16.0),
        ("dot", (5.0,), 5.0),
        ("dot", (1e300, 1e300), inf),
    ],
)
def test_ieee_has_an_answer_where_math_raises(name, operands, expected):
    got = getattr(floats, name)(*operands)
    assert same(got, expected, ulps=1), got


def test_only_the_branch_of_the_condition_is_returned():
    assert floats.where(True, 1.0, nan) == 1.0
    assert floats.where(0.0, nan, 2.0) == 2.0


def test_the_example_of_the_docstring_is_true():
    results = doctest.testmod(floats)
    assert results.attempted > 0
    assert results.failed == 0


# -- Python 3.10, whose math has neither cbrt nor exp2 ---------------------------------------------


@pytest.fixture(scope="module")
def old() -> ModuleType:
    """Load floats.py afresh, as Python 3.10 would: with a math that lacks the two names."""
    bare = ModuleType("math")
    vars(bare).update({k: v for k, v in vars(math).items() if k not in ("cbrt", "exp2")})
    specification = importlib.util.spec_from_file_location("floats_of_3_10", floats.__file__)
    module = importlib.util.module_from_spec(specification)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "math", bare)
        specification.loader.exec_module(module)
    return module


def test_the_fallbacks_are_what_is_tested_here(old):
    assert old.cbrt.__module__ == old._exp2.__module__ == "floats_of_3_10"


@pytest.mark.parametrize("name", ["cbrt", "exp2"])
def test_the_fallbacks_agree_with_numpy_everywhere(old, name):
    generator = random.Random(name)
    points = POINTS + [generator.uniform(-1100, 1100) for _ in range(500)]
    points += [s * 10.0 ** generator.uniform(-323, 308) for s in (1, -1) for _ in range(500)]
    expected = numbers(name, [np.array(points)]).tolist()
    for x, number in zip(points, expected):
        got = getattr(old, name)(x)
        assert type(got) is float
        assert same(got, number, ulps=2), (x, got, number)


def test_the_fallback_of_cbrt_is_within_one_ulp_of_the_true_root(old):
    generator = random.Random(3)
    for _ in range(500):
        x = 10.0 ** generator.uniform(-323, 308)
        root = old.cbrt(x)
        low, high = Fraction(root - math.ulp(root)), Fraction(root + math.ulp(root))
        assert low**3 < Fraction(x) < high**3
        assert old.cbrt(-x) == -root


def test_the_fallback_of_cbrt_finds_whole_roots_exactly(old):
    assert [old.cbrt(float(n**3)) for n in range(-200, 201)] == list(range(-200, 201))


def test_the_fallback_of_exp2_is_exact_at_whole_numbers(old):
    assert all(old.exp2(float(n)) == math.ldexp(1.0, n) for n in range(-1074, 1024))
    assert old.exp2(1024.0) == inf
    assert old.exp2(-1080.0) == 0.0
