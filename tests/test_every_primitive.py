"""Every row of the table of calculus against mathematics, and the tester against wrong rules.

The tests loop over `elementwise.TABLE`: a new row is tested by existing. What is written here is
the truth: the value of each operation, said once more in `math`, `cmath` and closed forms.
"""

from __future__ import annotations

import cmath
import itertools
import math
import random
import zlib

import numpy as np
import pytest

from autodiff import Value, arrays, elementwise, floats, functions
from autodiff.elementwise import TABLE
from autodiff.graph import Node, apply
from autodiff.primitive import Primitive
from autodiff.sweep import pullback

from .checking import G, Truth, check, close, complex_step, curvature, number, slope, ulps

# -- the truth about every row ---------------------------------------------------------------------


def by_sign(negative, positive):
    """Return the function that is `negative` where the real part is < 0, else `positive`."""
    return lambda z, *more: negative(z, *more) if z.real < 0 else positive(z, *more)


def on_both(f, **options):
    """Return the truth of a formula that serves floats and complex numbers."""
    return Truth(f, f, **options)


def complex_power(a, b):
    return a ** int(b.real) if b == int(b.real) else cmath.exp(b * cmath.log(a))


def to_whole(x):
    return abs(x - round(x))


def to_next_quotient(a, b):
    """Return how far a or b may move before a/b passes a whole number."""
    return min(abs(b), to_whole(a / b) * abs(b) / max(1.0, abs(a / b)))


def sinc_series(z):
    return sum((-1) ** k * (math.pi * z) ** (2 * k) / math.factorial(2 * k + 1) for k in range(15))


def phi(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


def fsum_dot(*operands):
    n = len(operands) // 2
    return math.fsum([*map(lambda w, x: w * x, operands[:n], operands[n:]), *operands[2 * n :]])


def complex_dot(*operands):
    n = len(operands) // 2
    return sum(map(lambda w, x: w * x, operands[:n], operands[n:])) + sum(operands[2 * n :])


SELU = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946

TRUTH = {
    "add": on_both(lambda a, b: a + b),
    "subtract": on_both(lambda a, b: a - b),
    "multiply": on_both(lambda a, b: a * b),
    "divide": on_both(lambda a, b: a / b, room=lambda a, b: abs(b)),
    "negative": on_both(lambda x: -x),
    "reciprocal": on_both(lambda x: 1 / x, room=abs),
    "square": on_both(lambda x: x**2),
    "power": Truth(math.pow, complex_power, lambda a, b: a),
    "sqrt": Truth(math.sqrt, cmath.sqrt, lambda x: x),
    "cbrt": Truth(
        lambda x: math.copysign(math.exp(math.log(abs(x)) / 3), x),
        by_sign(lambda z: -((-z) ** (1 / 3)), lambda z: z ** (1 / 3)),
        abs,
    ),
    "exp": Truth(math.exp, cmath.exp),
    "exp2": Truth(lambda x: 2.0**x, lambda z: 2.0**z),
    "expm1": Truth(math.expm1, np.expm1),
    "log": Truth(math.log, cmath.log, lambda x: x),
    "log1p": Truth(math.log1p, np.log1p, lambda x: 1 + x),
    "log2": Truth(math.log2, np.log2, lambda x: x),
    "log10": Truth(math.log10, cmath.log10, lambda x: x),
    "logaddexp": Truth(
        lambda a, b: math.log(math.exp(a) + math.exp(b)),
        lambda a, b: cmath.log(cmath.exp(a) + cmath.exp(b)),
    ),
    "xlogy": Truth(
        lambda x, y: x * math.log(y), lambda x, y: x * cmath.log(y), room=lambda x, y: y
    ),
    "sin": Truth(math.sin, cmath.sin),
    "cos": Truth(math.cos, cmath.cos),
    "tan": Truth(math.tan, cmath.tan, room=lambda x: abs(math.cos(x))),
    "arcsin": Truth(math.asin, np.arcsin, room=lambda x: 1 - abs(x)),
    "arccos": Truth(math.acos, np.arccos, room=lambda x: 1 - abs(x)),
    "arctan": Truth(math.atan, np.arctan),
    "arctan2": Truth(
        math.atan2,
        lambda a, b: cmath.atan(a / b) if abs(b) > abs(a) else -cmath.atan(b / a),  # + kπ/2
        room=lambda a, b: math.hypot(a, b) if b > 0 else min(abs(a), math.hypot(a, b)),
    ),
    "hypot": Truth(math.hypot, lambda a, b: cmath.sqrt(a * a + b * b), room=math.hypot),
    "sinh": Truth(math.sinh, cmath.sinh),
    "cosh": Truth(math.cosh, cmath.cosh),
    "tanh": Truth(math.tanh, cmath.tanh),
    "arcsinh": Truth(math.asinh, np.arcsinh),
    "arccosh": Truth(math.acosh, np.arccosh, room=lambda x: x - 1),
    "arctanh": Truth(math.atanh, np.arctanh, room=lambda x: 1 - abs(x)),
    "sinc": Truth(
        lambda x: math.sin(math.pi * x) / (math.pi * x) if x else 1.0,
        lambda z: sinc_series(z) if abs(z) < 0.5 else cmath.sin(math.pi * z) / (math.pi * z),
    ),
    "erf": Truth(math.erf),
    "erfc": Truth(math.erfc),
    "gelu": Truth(lambda x: x * phi(x)),
    "sigmoid": Truth(lambda x: 1 / (1 + math.exp(-x)), lambda z: 1 / (1 + cmath.exp(-z))),
    "log_sigmoid": Truth(
        lambda x: -math.log1p(math.exp(-x)), lambda z: -cmath.log(1 + cmath.exp(-z))
    ),
    "softplus": Truth(lambda x: math.log1p(math.exp(x)), lambda z: cmath.log(1 + cmath.exp(z))),
    "silu": Truth(lambda x: x / (1 + math.exp(-x)), lambda z: z / (1 + cmath.exp(-z))),
    "softsign": on_both(by_sign(lambda z: z / (1 - z), lambda z: z / (1 + z)), room=abs),
    "relu": on_both(by_sign(lambda z: 0 * z, lambda z: z), room=abs),
    "leaky_relu": on_both(
        by_sign(lambda z, slope: slope * z, lambda z, slope: z),
        room=lambda x, slope: abs(x),
    ),
    "elu": Truth(
        by_sign(lambda x, alpha: alpha * math.expm1(x), lambda x, alpha: x),
        by_sign(lambda z, alpha: alpha * np.expm1(z), lambda z, alpha: z),
        room=lambda x, alpha: abs(x),
    ),
    "selu": Truth(
        by_sign(lambda x: SELU[0] * SELU[1] * math.expm1(x), lambda x: SELU[1] * x),
        by_sign(lambda z: SELU[0] * SELU[1] * np.expm1(z), lambda z: SELU[1] * z),
        room=abs,
    ),
    "sign": on_both(by_sign(lambda z: 0 * z - 1, lambda z: 0 * z + 1), room=abs),
    "floor": on_both(lambda z: 0 * z + math.floor(z.real), room=to_whole),
    "ceil": on_both(lambda z: 0 * z + math.ceil(z.real), room=to_whole),
    "abs": on_both(by_sign(lambda z: -z, lambda z: z), room=abs),
    "maximum": on_both(lambda a, b: a if a.real > b.real else b, room=lambda a, b: abs(a - b)),
    "minimum": on_both(lambda a, b: a if a.real < b.real else b, room=lambda a, b: abs(a - b)),
    "clip": on_both(
        lambda x, low, high: low if x.real < low.real else high if x.real > high.real else x,
        room=lambda x, low, high: min(abs(x - low), abs(x - high)),
    ),
    "where": on_both(lambda condition, a, b: a if condition else b),
    "floor_divide": on_both(
        lambda a, b: 0 * a + math.floor(a.real / b.real), room=to_next_quotient
    ),
    "fmod": on_both(
        lambda a, b: a - b * math.trunc(a.real / b.real),
        room=lambda a, b: min(abs(a), to_next_quotient(a, b)),
    ),
    "remainder": on_both(lambda a, b: a - b * math.floor(a.real / b.real), room=to_next_quotient),
    "sum": Truth(lambda *terms: math.fsum(terms), lambda *terms: sum(terms)),
    "dot": Truth(fsum_dot, complex_dot),
}

# Where random points are drawn from, if not from (-2, 2) for each input; a point with less room
# than a tenth is drawn anew.
INTERVALS = {
    "arccosh": [(1.1, 4)],
    "clip": [(-2, 2), (-1.5, -0.5), (0.5, 1.5)],
    "elu": [(-2, 2), (0.2, 2)],
    "leaky_relu": [(-2, 2), (0.01, 0.5)],
}

# The inputs that have a derivative, if not all of them.
MOVING = {"clip": [0], "where": [1, 2]}

# Interior points where a rule may go wrong: zeros, ties of branches, joints of approximations, far
# tails, the axes of the plane.
SPECIAL = {
    "divide": [(0.0, 2.0), (1.0, -0.25), (-0.0, -3.0)],
    "multiply": [(0.0, 3.0), (0.0, 0.0), (-1.0, 1.0)],
    "reciprocal": [(1.0,), (-1.0,)],
    "square": [(0.0,), (-3.0,)],
    "power": [(1.0, 0.5), (2.0, 0.0), (2.0, 1.0), (2.0, 2.0), (0.5, -1.0), (3.0, -2.5), (1.0, 0.0)],
    "sqrt": [(1.0,), (1e-3,), (1e4,)],
    "cbrt": [(1.0,), (-8.0,), (1e-2,)],
    "exp": [(0.0,), (-30.0,), (5.0,)],
    "exp2": [(0.0,), (-40.0,), (5.0,)],
    "expm1": [(0.0,), (1e-9,), (-1e-9,), (-30.0,)],
    "log": [(1.0,), (1e-2,), (1e6,)],
    "log1p": [(0.0,), (1e-9,), (-1e-9,), (-0.9,)],
    "log2": [(1.0,), (8.0,)],
    "log10": [(1.0,), (1000.0,)],
    "logaddexp": [(0.0, 0.0), (1.5, 1.5), (-30.0, 2.0), (2.0, -30.0)],
    "xlogy": [(0.0, 2.0), (2.0, 1.0), (-1.0, 0.5)],
    "sin": [(0.0,), (math.pi,), (math.pi / 2,), (100.0,)],
    "cos": [(0.0,), (math.pi,), (math.pi / 2,), (100.0,)],
    "tan": [(0.0,), (math.pi,), (-1.2,)],
    "arcsin": [(0.0,), (0.9,), (-0.9,)],
    "arccos": [(0.0,), (0.9,), (-0.9,)],
    "arctan": [(0.0,), (30.0,), (-30.0,)],
    "arctan2": [(0.0, 1.0), (1.0, 0.0), (-1.0, 0.0), (1.0, -1.0), (-1.0, -1.0), (0.5, -3.0)],
    "hypot": [(0.0, 1.0), (1.0, 0.0), (-3.0, 4.0), (0.0, -2.0)],
    "sinh": [(0.0,), (5.0,), (-5.0,)],
    "cosh": [(0.0,), (5.0,), (-5.0,)],
    "tanh": [(0.0,), (-0.0,), (20.0,), (-20.0,)],
    "arcsinh": [(0.0,), (1e-9,), (100.0,), (-100.0,)],
    "arccosh": [(1.2,), (100.0,)],
    "arctanh": [(0.0,), (0.9,), (-0.9,)],
    "sinc": [(0.0,), (1e-9,), (-1e-3,), (0.2499,), (0.25,), (-0.25,), (0.2501,), (1.0,), (2.5,)],
    "erf": [(0.0,), (1e-9,), (0.84375,), (1.25,), (-3.0,)],
    "erfc": [(0.0,), (1e-9,), (0.84375,), (1.25,), (3.0,), (-3.0,)],
    "gelu": [(0.0,), (-3.0,), (6.0,)],
    "sigmoid": [(0.0,), (-20.0,), (20.0,)],
    "log_sigmoid": [(0.0,), (-20.0,), (20.0,)],
    "softplus": [(0.0,), (-20.0,), (20.0,)],
    "silu": [(0.0,), (-20.0,), (20.0,)],
    "softsign": [(5.0,), (-5.0,)],
    "relu": [(5.0,), (-5.0,)],
    "leaky_relu": [(2.0, 0.0), (-2.0, 0.0), (-1.0, 1.0)],
    "elu": [(-20.0, 1.0), (20.0, 1.0), (-1.0, 0.0)],
    "selu": [(-20.0,), (20.0,)],
    "abs": [(5.0,), (-5.0,)],
    "maximum": [(0.0, 1.0), (1.0, 0.0), (-1.0, -2.0)],
    "minimum": [(0.0, 1.0), (1.0, 0.0), (-1.0, -2.0)],
    "clip": [(0.0, -1.0, 1.0), (-2.0, -1.0, 1.0), (2.0, -1.0, 1.0)],
    "where": [(0.0, 1.0, 2.0), (1.0, 1.0, 2.0), (-0.0, 0.0, 0.0)],
    "floor_divide": [(5.0, 3.0), (-5.0, 3.0), (5.0, -3.0), (-5.0, -3.0), (0.5, 2.0)],
    "fmod": [(5.0, 3.0 + 1 / 8), (-5.0, 3.0), (5.0, -3.0), (-5.0, -3.0)],
    "remainder": [(5.0, 3.0 + 1 / 8), (-5.0, 3.0), (5.0, -3.0), (-5.0, -3.0), (0.5, 2.0)],
    "dot": [(0.0, 0.0, 1.0), (0.0, 2.0)],
}

# Where b is a constant, a**b has a derivative at a zero or negative base too.
BASES = [(-2.0, 2.0), (-1.5, 3.0), (-2.0, -1.0), (-2.0, 0.0), (-0.5, 1.0), (0.0, 0.0), (0.0, 1.0)]
BASES += [(0.0, 2.0), (0.0, 3.0), (1e-2, 0.5), (4.0, 0.5), (3.0, 2.0), (-3.0, 0.0)]

RANDOM_POINTS = 6


def truth_of(primitive):
    """Return the row's truth; for one that has none here, the row's own value."""
    if primitive.name in TRUTH:
        return TRUTH[primitive.name]
    return Truth(lambda *args: primitive.compute(floats, *args))


def arities(primitive):
    return range(1, 8) if primitive.joint is not None else [len(primitive.vjps)]


def random_points(primitive, arity, count=RANDOM_POINTS):
    """Return points of the row's interval, the same at every run."""
    source = random.Random(zlib.crc32(f"{primitive.name}{arity}".encode()))
    room = truth_of(primitive).room
    intervals = INTERVALS.get(primitive.name, [(-2, 2)] * arity)
    points = []
    while len(points) < count:
        point = tuple(source.uniform(*interval) for interval in intervals)
        if room(*point) >= 0.1:
            points.append(point)
    return points


def cases():
    """Return primitive and points for every row, for the joint rows with 1 to 7 operands."""
    found = []
    for name, primitive in TABLE.items():
        for arity in arities(primitive):
            points = random_points(primitive, arity)
            points += [point for point in SPECIAL.get(name, ()) if len(point) == arity]
            label = f"{name}-{arity}" if primitive.joint is not None else name
            found.append(pytest.param(primitive, points, MOVING.get(name), id=label))
    return found


# -- every row -------------------------------------------------------------------------------------


def test_every_row_has_a_truth_of_its_own_here():
    assert set(TABLE) - set(TRUTH) == set()


@pytest.mark.parametrize("primitive, points, moving", cases())
def test_a_row_is_true_in_both_modes_and_orders_on_floats_and_arrays(primitive, points, moving):
    check(primitive, truth_of(primitive), points, moving)


def test_a_power_is_true_at_every_base_where_the_exponent_is_a_constant():
    def room(a, b):
        return 1.0 if b == int(b) >= 0 else abs(a)

    check(elementwise.power, TRUTH["power"]._replace(room=room), BASES, moving=[0])


# Rows made of correctly rounded arithmetic alone; NumPy's other functions differ from math's by a
# few units in the last place, and its running sums from `math.fsum` by what a sum cancels.
EXACT = {
    *("add", "subtract", "multiply", "divide", "negative", "reciprocal", "square", "sqrt"),
    *("softsign", "relu", "leaky_relu", "sign", "floor", "ceil", "abs", "maximum", "minimum"),
    *("clip", "where", "floor_divide", "fmod", "remainder"),
}


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name].joint is None])
def test_on_arrays_a_row_of_arithmetic_is_the_same_to_the_bit_and_any_other_to_4_ulp(name):
    primitive = TABLE[name]
    points = random_points(primitive, len(primitive.vjps), 100)
    columns = [np.array(column) for column in zip(*points)]
    y = primitive.compute(arrays, *columns)
    needed = [True] * len(columns)
    shares = primitive.cotangents(arrays, needed, np.full(len(points), G), y, *columns)
    for k, args in enumerate(points):
        scalar = primitive.compute(floats, *args)
        assert ulps(scalar, y[k]) <= (0 if name in EXACT else 4)
        if name in EXACT:
            for got, share in zip(primitive.cotangents(floats, needed, G, scalar, *args), shares):
                assert got is None or ulps(got, np.broadcast_to(share, len(points))[k]) == 0


EXTREMES = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 800.0, -800.0, 1e16, 1e308, -1e308, 5e-324, -1e-310]
EXTREMES += [math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("name", TABLE)
def test_no_number_makes_a_row_raise_and_floats_give_what_arrays_give(name):
    primitive = TABLE[name]
    for arity in [2, 3] if primitive.joint is not None else arities(primitive):
        points = list(itertools.product(EXTREMES if arity < 3 else EXTREMES[::4], repeat=arity))
        columns = [np.array(column) for column in zip(*points)]
        needed = [True] * arity
        with np.errstate(all="ignore"):
            y = primitive.compute(arrays, *columns)
            shares = primitive.cotangents(arrays, needed, np.full(len(points), G), y, *columns)
        for k, args in enumerate(points):
            scalar = primitive.compute(floats, *args)
            assert type(scalar) is float, (args, scalar)
            assert ulps(scalar, y[k]) <= 4, (args, scalar, y[k])
            for got, share in zip(primitive.cotangents(floats, needed, G, scalar, *args), shares):
                expected = 0.0 if share is None else np.broadcast_to(share, len(points))[k]
                assert got is None or type(got) is float, (args, got)
                assert ulps(number(got), expected) <= 8, (args, got, expected)


@pytest.mark.parametrize("name", TABLE)
def test_no_number_makes_a_sweep_of_second_order_raise(name):
    primitive = TABLE[name]
    arity = 2 if primitive.joint is not None else len(primitive.vjps)
    for args in itertools.product(EXTREMES[:: 1 if arity == 1 else 4], repeat=arity):
        nodes = [Value(x) for x in args]
        root = apply(primitive, *nodes)
        root.backward()
        for gradient in list(pullback(root, 1.0, create_graph=True).values())[1:]:
            if isinstance(gradient, Node) and gradient.requires_grad:
                gradient.backward()
        assert all(type(node.grad) is float for node in nodes)


# -- the tester is tested --------------------------------------------------------------------------


def changed(primitive, change):
    """Return the primitive with `change(rule)` in place of each of its rules."""
    if primitive.joint is not None:
        return Primitive(primitive.name, joint=change(primitive.joint), jvp=primitive.jvp)
    rules = [None if rule is None else change(rule) for rule in primitive.vjps]
    return Primitive(primitive.name, *rules, forward=primitive.forward)


def on_result(f):
    """Return the change that passes what a rule gives through f."""

    def change(rule):
        def wrong(*args):
            result = rule(*args)
            return [*map(f, result)] if isinstance(result, list) else f(result)

        return wrong

    return change


def frozen(x):
    """Return x, but for a node only its number: what depends on it no longer shows."""
    return float(x) if isinstance(x, Node) else x


def without_cotangent(rule):
    return lambda xp, g, *rest: rule(xp, 1.0, *rest)


def with_inputs_frozen(rule):
    return lambda xp, g, y, *args: rule(xp, g, frozen(y), *map(frozen, args))


def with_cotangent_frozen(rule):
    return lambda xp, g, *rest: rule(xp, frozen(g), *rest)


FIRST_ORDER = {
    "wrong sign": on_result(lambda x: -x),
    "factor": on_result(lambda x: 1.001 * x),
    "zero": on_result(lambda x: 0.0 * x),
    "missing chain": without_cotangent,
}
ROWS = [name for name in TABLE if TABLE[name].joint is None]


def moving_inputs(name):
    return MOVING.get(name, range(len(TABLE[name].vjps)))


def is_flat(name):
    """Say whether the first derivatives are 0, so that it does not matter what multiplies them."""
    truth, points = truth_of(TABLE[name]), random_points(TABLE[name], len(TABLE[name].vjps), 3)
    return all(abs(truth.first(p, i)) < 1e-9 for p in points for i in moving_inputs(name))


def is_straight(name):
    """Say whether the second derivatives are 0, so that freezing the inputs loses nothing."""
    truth, points = truth_of(TABLE[name]), random_points(TABLE[name], len(TABLE[name].vjps))
    return all(
        abs(truth.second(p, i, j)) < 1e-6
        for p in points
        for i, j in itertools.product(moving_inputs(name), repeat=2)
    )


SLOPED = [name for name in ROWS if not is_flat(name)]
CURVED = [name for name in ROWS if not is_straight(name)]


def rejected(primitive, name=None, orders=(1, 2), points=None, mode=""):
    """Assert that the check fails, in words that name the row."""
    name = name or primitive.name
    points = points or random_points(TABLE[name], len(TABLE[name].vjps), 3)
    with pytest.raises(AssertionError, match=mode or name):
        check(primitive, truth_of(TABLE[name]), points, MOVING.get(name), orders)


@pytest.mark.parametrize("change", FIRST_ORDER.values(), ids=FIRST_ORDER)
@pytest.mark.parametrize("name", SLOPED)
def test_a_wrong_rule_in_any_row_is_caught_at_order_one(name, change):
    rejected(changed(TABLE[name], change), orders=(1,))


@pytest.mark.parametrize("name", CURVED)
def test_a_rule_that_loses_its_inputs_is_right_at_order_one_and_caught_at_order_two(name):
    wrong = changed(TABLE[name], with_inputs_frozen)
    points = random_points(TABLE[name], len(TABLE[name].vjps))
    check(wrong, TRUTH[name], points, orders=(1,))
    rejected(wrong, orders=(2,), points=points, mode="over")


@pytest.mark.parametrize("name", SLOPED)
def test_a_rule_that_loses_its_cotangent_is_caught_at_order_two(name):
    wrong = changed(TABLE[name], with_cotangent_frozen)
    rejected(wrong, orders=(2,), mode="over")


@pytest.mark.parametrize("name", ["subtract", "multiply", "divide", "power", "arctan2", "xlogy"])
def test_rules_in_the_wrong_order_are_caught(name):
    row = TABLE[name]
    rejected(Primitive(name, *reversed(row.vjps), forward=row.forward), orders=(1,))


def test_a_wrong_value_is_caught():
    forward = {"forward": lambda xp, x: xp.tanh(x) * 1.000001}
    rejected(Primitive("tanh", *TABLE["tanh"].vjps, **forward), orders=(), mode="value")


def test_a_rule_that_is_wrong_at_one_point_is_caught_there():
    def rule(xp, g, y, x):
        return g * xp.where(xp.equal(x, 0.0), 1.001, 1.0) * xp.cos(x)

    wrong = Primitive("sin", rule)
    check(wrong, TRUTH["sin"], random_points(TABLE["sin"], 1), orders=(1,))
    rejected(wrong, points=SPECIAL["sin"], orders=(1,))


def test_a_wrong_jvp_is_caught_though_the_vjps_are_right():
    wrong = Primitive(
        "multiply",
        *TABLE["multiply"].vjps,
        jvp=lambda xp, tangents, y, a, b: sum(t * a for t in tangents if t is not None),
    )
    rejected(wrong, orders=(1,), mode="jvp")


def test_a_rule_that_is_wrong_for_arrays_alone_is_caught():
    def rule(xp, g, y, x):
        return (1.001 if xp is arrays else 1.0) * g * y

    rejected(Primitive("exp", rule), orders=(1,), mode="on ndarrays")


def test_a_rule_that_is_wrong_for_the_float_sweep_alone_is_caught():
    wrong = Primitive("exp", *TABLE["exp"].vjps)

    def step(node):
        node.inputs[0].grad += 1.001 * node.grad * node.data

    wrong.step = step
    rejected(wrong, orders=(1,), mode="step")


DOTS = [(0.5, -1.0, 2.0, 1.5, 0.25), (1.0, 2.0, 3.0, 4.0, 5.0)]


def dot_with(joint=None, jvp=None):
    return Primitive("dot", joint=joint or elementwise.dot.joint, jvp=jvp or elementwise.dot.jvp)


WRONG_DOTS = {
    "swapped": dot_with(lambda xp, needed, g, y, *x: [g * v for v in x[:4]] + [g]),
    "without bias": dot_with(
        lambda xp, needed, g, y, a, b, c, d, e: [g * c, g * d, g * a, g * b, 0.0]
    ),
    "too short": dot_with(lambda xp, needed, g, y, a, b, c, d, e: [g * c, g * d, g * a, g * b]),
    "wrong jvp": dot_with(
        jvp=lambda xp, tangents, y, *x: sum(t for t in tangents if t is not None)
    ),
}


@pytest.mark.parametrize("wrong", WRONG_DOTS.values(), ids=WRONG_DOTS)
def test_a_wrong_joint_rule_is_caught_at_order_one(wrong):
    rejected(wrong, points=DOTS, orders=(1,))


def test_a_joint_rule_that_loses_its_inputs_is_caught_at_order_two():
    def joint(xp, needed, g, y, *x):
        return elementwise.dot.joint(xp, needed, g, y, *map(frozen, x))

    check(dot_with(joint), TRUTH["dot"], DOTS, orders=(1,))
    rejected(dot_with(joint), points=DOTS, orders=(2,), mode="reverse over reverse")


# -- the tools of the test -------------------------------------------------------------------------


def test_differences_are_good_to_ten_digits():
    assert abs(slope(math.sin, 1.0) - math.cos(1.0)) < 1e-11
    assert abs(curvature(math.exp, 1.0) - math.e) < 1e-9
    assert slope(lambda x: 3 * x, 5.0) == pytest.approx(3.0, rel=1e-12)


def test_a_complex_step_is_exact():
    assert complex_step(cmath.exp, [1.0], 0) == math.e
    assert complex_step(lambda a, b: a * b, [2.0, 7.0], 1) == 2.0


def test_two_ways_to_the_truth_that_disagree_are_noticed():
    with pytest.raises(AssertionError, match="two ways to the truth"):
        Truth(math.sin, cmath.cos).first((1.0,), 0)


def test_ulps_count_floats():
    assert ulps(1.0, 1.0 + 2**-52) == 1
    assert ulps(0.0, -0.0) == 0
    assert ulps(5e-324, -5e-324) == 2
    assert ulps(math.nan, math.nan) == 0
    assert ulps(math.nan, 1.0) > 1e18


def test_a_number_that_is_nan_is_not_close_to_anything():
    for got, expected in [(math.nan, 1.0), (1.0, math.nan), (math.nan, math.nan)]:
        with pytest.raises(AssertionError, match="got"):
            close(got, expected, 1e9, "it")


def test_every_function_of_the_vocabularies_is_there_under_the_name_of_its_row():
    for name, primitive in TABLE.items():
        assert primitive.name == name
        assert callable(getattr(functions, name))
        if primitive.forward is None:
            assert callable(getattr(floats, name))
            assert callable(getattr(arrays, name))
