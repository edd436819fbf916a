"""Hold a primitive against mathematics: what `test_every_primitive.py` asks of every row.

Nothing here trusts the engine's own derivatives. The truth comes from the value of a reference
function, in two ways:

    differences      (f(x + h) - f(x - h))/2h at shrinking h, extrapolated to h = 0
    complex step     Im f(x + ih)/h at h = 1e-30, exact to rounding, where f is analytic

`check` compares with it everything that a rule is used for: the cotangents and the tangent, on
floats and on ndarrays, the steps of the float sweep, and the second derivatives, by all four orders
of the two modes. It raises AssertionError, naming the mode and the numbers.
"""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autodiff import Value, arrays, elementwise, floats
from autodiff.graph import UNSET, Node, apply
from autodiff.primitive import Primitive
from autodiff.sweep import pullback, pushforward

Function = Callable[..., Any]
Numbers = Sequence[float]


# -- the truth -------------------------------------------------------------------------------------


def slope(f: Function, x: float, reach: float = 0.1) -> float:
    """Return f'(x) from differences over at most `reach` to either side."""
    return _extrapolated(lambda h: (f(x + h) - f(x - h)) / (2 * h), reach)


def curvature(f: Function, x: float, reach: float = 0.1) -> float:
    """Return f''(x) from second differences over at most `reach` to either side."""
    here = f(x)
    return _extrapolated(lambda h: (f(x + h) - 2 * here + f(x - h)) / h**2, reach)


def _extrapolated(quotient: Function, reach: float) -> float:
    """Return the limit at h = 0 of a quotient that errs by h², h⁴, …: Richardson's tableau.

    Of all its entries the one is kept that moved least from those it was made of (Ridders, 1982).
    """
    shrink, least, best = 1.5, math.inf, math.nan
    row: list[float] = []
    for level in range(10):
        above, row = row, [quotient(reach / shrink**level)]
        for power, coarser in enumerate(above, 1):
            finer = row[-1]
            row.append(finer + (finer - coarser) / (shrink ** (2 * power) - 1))
            error = max(abs(row[-1] - finer), abs(row[-1] - coarser))
            if error < least:
                least, best = error, row[-1]
    return best


def complex_step(f: Function, args: Numbers, index: int) -> float:
    """Return ∂f/∂x of the argument at `index`, where f takes complex numbers."""
    moved: list[Any] = [complex(x) for x in args]
    moved[index] += 1e-30j
    return float(f(*moved).imag) / 1e-30


class Truth(NamedTuple):
    """What a primitive should do: its value on floats and, where it is analytic, on complex.

    `room` says how far an argument may move from a point before the function breaks: the distance
    to the nearest kink, jump or end of the domain.
    """

    value: Function
    analytic: Function | None = None
    room: Function = lambda *args: 1.0

    def reach(self, args: Numbers) -> float:
        return min(0.1, 0.5 * self.room(*args))

    def first(self, args: Numbers, i: int) -> float:
        """Return ∂f/∂xᵢ."""
        by_differences = slope(replaced(self.value, args, i), args[i], self.reach(args))
        if self.analytic is None:
            return by_differences
        exact = complex_step(self.analytic, args, i)
        close(by_differences, exact, 1e-8, "the two ways to the truth")
        return exact

    def second(self, args: Numbers, i: int, j: int) -> float:
        """Return ∂²f/∂xᵢ∂xⱼ."""
        reach = self.reach(args)

        def first(x: float) -> float:
            moved = [*args[:j], x, *args[j + 1 :]]
            if self.analytic is not None:
                return complex_step(self.analytic, moved, i)
            return slope(replaced(self.value, moved, i), moved[i], reach)

        if i == j and self.analytic is None:
            return curvature(replaced(self.value, args, i), args[i], reach)
        return slope(first, args[j], reach)


def replaced(f: Function, args: Numbers, index: int) -> Function:
    """Return f as a function of its argument at `index` alone."""
    return lambda x: f(*args[:index], x, *args[index + 1 :])


# -- comparing -------------------------------------------------------------------------------------


def close(got: Any, expected: float, tolerance: float, what: str) -> None:
    """Raise AssertionError unless got = expected, relative to the larger of |expected| and 1."""
    number = 0.0 if got is None else float(got)
    if not abs(number - expected) <= tolerance * max(1.0, abs(expected)):
        raise AssertionError(f"{what}: got {number!r}, expected {expected!r}")


def ulps(a: float, b: float) -> int:
    """Return how many floats apart a and b are; the two zeros are 0 apart, and so are two nans."""
    if a != a or b != b:
        return 0 if a != a and b != b else 2**63
    return abs(_rank(a) - _rank(b))


def _rank(x: float) -> int:
    (bits,) = struct.unpack("<q", struct.pack("<d", x))
    return bits if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)


# -- a second kind of node -------------------------------------------------------------------------


class Array(Node):
    """An ndarray in a graph: as little as the engine asks of a node, and none of it Value's."""

    __slots__ = ()
    __array_ufunc__ = None  # ndarray * Array is ours
    vocabulary = arrays
    array = property(lambda self: self.data)

    def __init__(self, data: Any) -> None:
        self.data, self.inputs, self.primitive = data, (), None
        self.grad, self.label = UNSET, ""

    @staticmethod
    def record(data: Any, inputs: tuple[Any, ...], primitive: Primitive | None) -> Array:
        node = Array(data)
        node.inputs, node.primitive = inputs, primitive
        return node

    @staticmethod
    def operand(x: Any, role: str) -> Any:
        return x

    def __add__(self, other: Any) -> Any:
        return apply(elementwise.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return apply(elementwise.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return apply(elementwise.subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        return apply(elementwise.subtract, other, self)

    def __mul__(self, other: Any) -> Any:
        return apply(elementwise.multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        return apply(elementwise.multiply, other, self)

    def __neg__(self) -> Any:
        return apply(elementwise.negative, self)


def number(x: Any) -> Any:
    """Return the number or ndarray of a derivative: a node's data, 0 where there is none."""
    return 0.0 if x is None else x.data if isinstance(x, Node) else x


# -- the check -------------------------------------------------------------------------------------


def check(
    primitive: Primitive,
    truth: Truth,
    points: Sequence[Numbers],
    moving: Sequence[int] | None = None,
    orders: Sequence[int] = (1, 2),
    tolerance: float = 1e-9,
) -> None:
    """Raise AssertionError unless the primitive's values and derivatives are true at the points.

    `moving` are the indices of the inputs to differentiate by, all of them by default.
    """
    for args in points:
        which = range(len(args)) if moving is None else moving
        where = f"{primitive.name}{tuple(args)}"
        close(primitive.compute(floats, *args), truth.value(*args), 1e-14, f"value of {where}")
        if 1 in orders:
            firsts = {i: truth.first(args, i) for i in which}
            loose = tolerance if truth.analytic else 10 * tolerance
            _check_cotangents(primitive, args, firsts, loose, where)
            _check_tangent(primitive, args, firsts, loose, where)
            _check_steps(primitive, args, firsts, loose, where)
        if 2 in orders:
            seconds = {(i, j): truth.second(args, i, j) for i in which for j in which}
            loose = tolerance if truth.analytic else 1000 * tolerance
            _check_second(primitive, args, seconds, loose, where)
            _check_second_in_the_cotangent(primitive, args, which, where)
    _check_arrays(primitive, points, moving, orders)


G = 0.7310585786300049  # a cotangent like any other


def _check_cotangents(
    primitive: Primitive, args: Numbers, firsts: dict[int, float], tolerance: float, where: str
) -> None:
    y = primitive.compute(floats, *args)
    needed = [i in firsts for i in range(len(args))]
    shares = primitive.cotangents(floats, needed, G, y, *args)
    assert len(shares) == len(args), f"{where} has {len(shares)} cotangents"
    for i, expected in firsts.items():
        close(shares[i], G * expected, tolerance, f"vjp of {where} in input {i}")


def _check_tangent(
    primitive: Primitive, args: Numbers, firsts: dict[int, float], tolerance: float, where: str
) -> None:
    y = primitive.compute(floats, *args)
    speeds = {i: 0.5 + 0.3 * i for i in firsts}
    for chosen in [*([i] for i in firsts), list(firsts)]:
        tangents = [speeds[i] if i in chosen else None for i in range(len(args))]
        expected = math.fsum(speeds[i] * firsts[i] for i in chosen)
        got = primitive.tangent(floats, tangents, y, *args)
        close(got, expected, len(args) * tolerance, f"jvp of {where} in inputs {chosen}")


def _check_steps(
    primitive: Primitive, args: Numbers, firsts: dict[int, float], tolerance: float, where: str
) -> None:
    """Run the float sweep's step for every choice of nodes and constants among the inputs.

    It gives what the rules give, bit for bit, but for the sign of zero: 0.0 + -0.0 is 0.0.
    """
    y = primitive.compute(floats, *args)
    step = primitive.step
    patterns = [p for p in itertools.product((True, False), repeat=min(len(args), 3)) if any(p)]
    for pattern in patterns:
        is_node = [pattern[min(i, 2)] for i in range(len(args))]
        inputs = tuple(Value(x) if n else float(x) for x, n in zip(args, is_node))
        node = apply(primitive, *inputs)
        node.grad = G
        step(node)
        shares = primitive.cotangents(floats, is_node, G, y, *args)
        for i, (x, share) in enumerate(zip(inputs, shares)):
            if isinstance(x, Value):
                got, by_rule = x.grad, 0.0 if share is None else share
                assert ulps(got, by_rule) == 0, f"step of {where}: {got!r}, its rule {by_rule!r}"
                if i in firsts:
                    close(got, G * firsts[i], tolerance, f"step of {where} in input {i}")


def second_derivatives(root: Node, x: Node, z: Node, one: Any = 1.0) -> dict[str, Any]:
    """Return ∂²root/∂x∂z by all four orders of the modes."""
    gradient = pullback(root, one, create_graph=True).get(x)
    tangent = pushforward(root, {x: one}, create_graph=True)

    def reverse(y: Any) -> Any:
        return number(pullback(y, one).get(z)) if isinstance(y, Node) else 0.0

    def forward(y: Any) -> Any:
        return number(pushforward(y, {z: one})) if isinstance(y, Node) else 0.0

    return {
        "reverse over reverse": reverse(gradient),
        "forward over reverse": forward(gradient),
        "reverse over forward": reverse(tangent),
        "forward over forward": forward(tangent),
    }


def _check_second(
    primitive: Primitive,
    args: Numbers,
    seconds: dict[tuple[int, int], float],
    tolerance: float,
    where: str,
) -> None:
    nodes = [Value(x) for x in args]
    moving = {i for i, _ in seconds}
    root = apply(primitive, *(v if i in moving else v.data for i, v in enumerate(nodes)))
    for (i, j), expected in seconds.items():
        for modes, got in second_derivatives(root, nodes[i], nodes[j]).items():
            close(got, expected, tolerance, f"{modes} of {where} in inputs {i} and {j}")


def _check_second_in_the_cotangent(
    primitive: Primitive, args: Numbers, which: Sequence[int], where: str
) -> None:
    """A rule is linear in g: the derivative of k·f in k and x is that of f in x."""
    nodes, k = [Value(x) for x in args], Value(G)
    y = apply(primitive, *(v if i in which else v.data for i, v in enumerate(nodes)))
    needed = [i in which for i in range(len(args))]
    slopes = primitive.cotangents(floats, needed, 1.0, y.data, *args)
    for i in which:
        for modes, got in second_derivatives(k * y, nodes[i], k).items():
            close(got, number(slopes[i]), 1e-12, f"{modes} of k × {where} in input {i} and k")


def _check_arrays(
    primitive: Primitive, points: Sequence[Numbers], moving: Any, orders: Sequence[int]
) -> None:
    """On ndarrays everything is as on floats, up to the last bits of NumPy's own functions."""
    columns = [np.array(column, dtype=float) for column in zip(*points)]
    which = range(len(columns)) if moving is None else moving
    where = f"{primitive.name} on ndarrays"
    y = primitive.compute(arrays, *columns)
    assert isinstance(y, np.ndarray), where
    assert y.dtype == np.float64, where

    def compare(got: Any, of_point: Function, what: str, tolerance: float = 1e-13) -> None:
        got = np.broadcast_to(number(got), len(points))
        for value, args in zip(got, points):
            close(value, number(of_point(args)), tolerance, f"{what} of {where} at {tuple(args)}")

    compare(y, lambda args: primitive.compute(floats, *args), "value")
    if 1 in orders:
        needed = [i in which for i in range(len(columns))]
        g = np.full(len(points), G)
        shares = primitive.cotangents(arrays, needed, g, y, *columns)
        speeds = [G + i if need else None for i, need in enumerate(needed)]
        moves = [None if s is None else np.full(len(points), s) for s in speeds]
        compare(
            primitive.tangent(arrays, moves, y, *columns),
            lambda a: primitive.tangent(floats, speeds, primitive.compute(floats, *a), *a),
            "jvp",
        )
        for i in which:
            compare(
                shares[i],
                lambda a, i=i: primitive.cotangents(
                    floats, needed, G, primitive.compute(floats, *a), *a
                )[i],
                f"vjp in input {i}",
            )
    if 2 in orders:
        _check_second_on_arrays(primitive, points, columns, which, compare)


def _check_second_on_arrays(
    primitive: Primitive,
    points: Sequence[Numbers],
    columns: list[Any],
    which: Sequence[int],
    compare: Function,
) -> None:
    nodes = [Array(column) for column in columns]
    root = apply(primitive, *(v if i in which else v.data for i, v in enumerate(nodes)))
    one = np.ones(len(points))

    def on_floats(args: Numbers, i: int, j: int) -> Any:
        values = [Value(x) for x in args]
        scalar = apply(primitive, *(v if i in which else v.data for i, v in enumerate(values)))
        return second_derivatives(scalar, values[i], values[j])["reverse over reverse"]

    for i, j in itertools.product(which, which):
        for modes, got in second_derivatives(root, nodes[i], nodes[j], one).items():
            compare(got, lambda a, i=i, j=j: on_floats(a, i, j), f"{modes} in {i} and {j}", 1e-11)
