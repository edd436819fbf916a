"""Random programs of Values over all rows of the table, with sharing, and the accounts of them.

    >>> program = draw(random.Random("scalars 3"))
    >>> check(program)                          # raises Disagreement if two accounts differ

Each step is drawn so that its value is finite, of moderate size, and away from kinks, jumps and the
ends of domains. Value, gradient and second derivatives along a direction are then found by
    the sweep of floats, the general sweep, and a compiled function,
    forward mode, and the four orders of the two modes,
    the truth: complex steps through the formulas of `tests/test_every_primitive.py`, which know
        nothing of the rules; their differences for the second order,
    PyTorch, where it is installed.

`draw_edges` takes no care: zeros, ties, infinities. There the accounts of one and the same table
must agree, as must Value and Tensor: `EDGES`' conventions are held elsewhere, row by row.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from autodiff import Tensor, Value, functions, hvp, jvp
from autodiff.compiler import compile
from autodiff.elementwise import TABLE
from autodiff.sweep import pullback, pushforward

from ..test_every_primitive import INTERVALS, TRUTH
from ..visualize.rounding import Undecided
from . import peers
from .agreement import Disagreement, check_slope, near, spread

NAMES = list(TABLE)
STEP = 1e-30
DIRECTION = (0.6, -0.8, 0.5)


class Step(NamedTuple):
    """A row, and its operands: the place of an earlier value, a number, or a condition."""

    name: str
    operands: tuple[Any, ...]


class Program(NamedTuple):
    """Steps on three numbers, and the numbers."""

    steps: tuple[Step, ...]
    point: tuple[float, ...]

    def run(self, xs, word=None):
        """Return the last step's value; `word(name, operands)` does one step."""
        word = word or said
        values = list(xs)
        for name, operands in self.steps:
            values.append(word(name, [values[x] if type(x) is int else x for x in operands]))
        return values[-1]

    def __call__(self, a, b, c):
        return self.run([a, b, c])


def said(name, operands):
    """Do a step in the public words."""
    if name == "dot":
        half = len(operands) // 2
        return functions.dot(operands[:half], operands[half : 2 * half], *operands[2 * half :])
    if name == "sum":
        return functions.sum(operands)
    return getattr(functions, name)(*operands)


# -- drawing ---------------------------------------------------------------------------------------


def draw(rng):
    """Return a random program that is smooth at its point."""
    point = tuple(round(rng.uniform(-2.0, 2.0), 3) or 0.5 for _ in range(3))
    values, steps = list(point), []
    for _ in range(rng.randint(1, 14)):
        name = rng.choice(NAMES)
        for _ in range(12):
            operands = _operands(rng, name, len(values))
            args = [values[x] if type(x) is int else x for x in operands]
            if _is_smooth(name, args, operands):
                try:
                    y = TRUTH[name].value(*args)
                except OverflowError:
                    continue
                if 1e-3 < abs(y) < 1e3 or (y == 0.0 and name in ("relu", "floor", "ceil")):
                    values.append(float(y))
                    steps.append(Step(name, tuple(operands)))
                    break
    return Program(tuple(steps), point) if steps else draw(rng)


def draw_edges(rng):
    """Return a random program at a point where much may happen at once."""
    special = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 1e-300, 800.0, math.inf, -math.inf)
    point = tuple(rng.choice(special) for _ in range(3))
    steps = []
    for n in range(3, 3 + rng.randint(1, 4)):
        name = rng.choice(NAMES)
        steps.append(Step(name, tuple(_operands(rng, name, n, special[:8]))))
    return Program(tuple(steps), point)


def _operands(rng, name, n, numbers=None):
    count = {"dot": rng.choice([2, 3, 4, 5]), "sum": rng.randint(1, 4)}.get(name)
    count = count or len(TABLE[name].vjps)
    intervals = INTERVALS.get(name, [(-3.0, 3.0)] * count)
    operands: list[Any] = []
    for i in range(count):
        if rng.random() < (0.75 if count > 1 else 1.0):
            operands.append(n - 1 if rng.random() < 0.5 else rng.randrange(n))
        elif numbers:
            operands.append(rng.choice(numbers))
        else:
            operands.append(round(rng.uniform(*intervals[i]), 2))
    if name == "power" and rng.random() < 0.4:
        operands[1] = float(rng.randint(-3, 4))
    if name == "where":
        operands[0] = rng.random() < 0.5
    if name == "clip":
        operands[1:] = sorted(round(rng.uniform(-2.0, 2.0), 2) for _ in range(2))
    if not any(type(x) is int for x in operands):
        operands[-1 if name == "where" else 0] = rng.randrange(n)
    return operands


def _is_smooth(name, args, operands):
    try:
        if name == "power" and type(operands[1]) is float and operands[1] == int(operands[1]):
            return abs(args[0]) > 0.05
        if name == "fmod" and abs(args[1]) < 0.05:
            return False
        return TRUTH[name].room(*args) > 0.05 * max(1.0, min(map(abs, args)))
    except ZeroDivisionError:
        return False


# -- the truth -------------------------------------------------------------------------------------


def _by_complex_step(name, operands):
    """Do a step on complex numbers: the real part by math, the imaginary by an analytic formula."""
    real = [x.real if isinstance(x, complex) else x for x in operands]
    y = TRUTH[name].value(*real)
    if not any(x.imag for x in operands):
        return complex(y, 0.0)
    args = [x if type(x) is bool else complex(x) for x in operands]
    return complex(y, _analytic(name)(*args).imag)


def _analytic(name):
    if name in ("erf", "erfc", "gelu"):
        from scipy import special

        return {
            "erf": special.erf,
            "erfc": lambda z: -special.erf(z),
            "gelu": lambda z: z * 0.5 * special.erfc(-z / math.sqrt(2.0)),
        }[name]
    return TRUTH[name].analytic


def true_slope(program, xs, direction):
    """Return the slope of a program along a direction, by a complex step."""
    moved = [complex(x, STEP * d) for x, d in zip(xs, direction)]
    return program.run(moved, _by_complex_step).imag / STEP


# -- the accounts ----------------------------------------------------------------------------------


def _gradient(root, xs):
    found = pullback(root, 1.0)
    return [_number(found.get(x)) for x in xs]


def _number(x):
    return 0.0 if x is None else float(x.data if isinstance(x, Value) else x)


def check(program, counts=None):
    """Raise Disagreement unless all accounts of a program agree."""
    counts = Counter() if counts is None else counts
    xs = [Value(x) for x in program.point]
    root = program(*xs)
    root.backward()
    gradient = [x.grad for x in xs]
    if not all(map(math.isfinite, [root.data, *gradient])):
        raise Disagreement(f"not finite: {root.data!r}, {gradient}")
    units = [tuple(float(i == j) for j in range(3)) for i in range(3)]

    value, compiled = compile(lambda a, b, c: program(a, b, c)).value_and_grad(*program.point)
    firsts = {
        "general sweep": _gradient(root, xs),
        "compiled": compiled,
        "forward mode": [jvp(program, program.point, unit)[1] for unit in units],
        "complex step": [true_slope(program, program.point, unit) for unit in units],
    }
    values = {"compiled": value, "truth": program.run(program.point, _real)}
    seconds = _seconds(program, root, xs)
    second = seconds.pop("reverse over reverse")
    if peers.torch is not None:
        values["PyTorch"], firsts["PyTorch"], seconds["PyTorch"] = peers.of_scalars(
            program, DIRECTION
        )
    bound = Bounds(program)
    for account in (values, firsts, seconds):  # PyTorch's second order of hypot, sinc … may be nan
        if np.isnan(account.get("PyTorch", 0.0)).any():
            del account["PyTorch"]
    for name, found in values.items():
        bound.hold(root.data, found, lambda: bound.first()[0], f"value, {name}")
    for name, found in firsts.items():
        for i in range(3):
            bound.hold(gradient[i], found[i], lambda i=i: bound.first()[1][i], f"∂{i}, {name}")
    for name, found in seconds.items():
        for i in range(3):
            bound.hold(second[i], found[i], lambda i=i: bound.second()[1][i], f"∂²{i}, {name}")
    weighed = sum(d * s for d, s in zip(DIRECTION, second))

    def moved(t):
        try:
            at = [x + t * d for x, d in zip(program.point, DIRECTION)]
            return true_slope(program, at, DIRECTION)
        except (ValueError, ZeroDivisionError, OverflowError):
            return math.nan

    slack = sum(map(abs, second)) * 1e-13
    try:
        check_slope(moved, weighed, slack, "second derivative")
    except Disagreement:
        check_slope(moved, weighed, slack + sum(bound.second()[1]), "second derivative")
    counts.update(name for name, _ in program.steps)


def _real(name, operands):
    return TRUTH[name].value(*operands)


def _seconds(program, root, xs):
    """Return the Hessian times the direction, by all orders of the modes."""
    first = pullback(root, 1.0, create_graph=True)
    along = functions.sum([first[x] * d for x, d in zip(xs, DIRECTION) if x in first] or [0.0])
    tangent = pushforward(root, dict(zip(xs, DIRECTION)), create_graph=True)

    def back(y):
        return _gradient(y, xs) if isinstance(y, Value) else [0.0] * 3

    def ahead(y):
        units = ({x: 1.0} for x in xs)
        return [_number(pushforward(y, u)) if isinstance(y, Value) else 0.0 for u in units]

    return {
        "reverse over reverse": back(along),
        "reverse over forward": back(tangent),
        "forward over forward": ahead(tangent),
        "forward over reverse": [*map(_number, hvp(program, program.point, DIRECTION))],
    }


def _error(totals, x):
    return totals[id(x)].error if id(x) in totals else 0.0


class Bounds:
    """How far correct accounts of a program may be apart; found only where it is asked."""

    def __init__(self, program):
        self.program, self._first, self._second = program, None, None

    def first(self):
        if self._first is None:
            xs = [Value(x) for x in self.program.point]
            value, totals = spread(self.program(*xs))
            self._first = value.error, [_error(totals, x) for x in xs]
        return self._first

    def second(self):
        """Return the bound of the orders of the modes, which cancel at different places.

        Reverse over reverse adds up before it goes back; forward over reverse goes through each
        slope by itself, with all of the direction: its bound has no cancelling in it.
        """
        if self._second is None:
            xs = [Value(x) for x in self.program.point]
            first = pullback(self.program(*xs), 1.0, create_graph=True)
            value, along = spread(
                functions.sum([first[x] * d for x, d in zip(xs, DIRECTION) if x in first])
            )
            errors = []
            for x in xs:
                _, row = spread(first[x]) if x in first else (None, {})
                terms = [abs(d) * _error(row, z) for z, d in zip(xs, DIRECTION)]
                errors.append(max(_error(along, x), sum(terms)))
            self._second = value.error, errors
        return self._second

    def hold(self, ours, theirs, error, what):
        if near(ours, theirs):
            return
        allowed = 2 * error()
        if not abs(ours - theirs) <= allowed:
            raise Disagreement(f"{what}: {ours!r} and {theirs!r}, {allowed:.3g} allowed")


# -- at the edges ----------------------------------------------------------------------------------


def _same(eager, other):
    """Whether the same, but that eager nodes compute 0 × inf, which is nan, where a compiled
    function, or a Tensor, knows that nothing flows back."""
    return near(eager, other) or eager != eager or (eager == 0.0 and other != other)


def check_edges(program, counts=None):
    """Raise Disagreement unless the sweeps, the compiler and Tensors agree on a program."""
    xs = [Value(x) for x in program.point]
    root = program(*xs)
    root.backward()
    value, compiled = compile(lambda a, b, c: program(a, b, c)).value_and_grad(*program.point)
    ts = [Tensor(np.array([x]), requires_grad=True) for x in program.point]
    found = program(*ts)
    found.sum().backward()
    by_tensors = [0.0 if t.grad is None else float(t.grad[0]) for t in ts]
    ours = [x.grad for x in xs]
    # Python's math and NumPy differ in last digits: only what is decided and exact to them counts
    try:
        known, totals = spread(root)
    except Undecided:
        known = None
    for i, x in enumerate(xs):
        for name, theirs in [("general sweep", _gradient(root, xs)), ("compiled", compiled)]:
            if not _same(ours[i], theirs[i]):
                raise Disagreement(f"∂{i}, {name}: {ours[i]!r} and {theirs[i]!r}")
        error = totals[id(x)].error if known is not None and id(x) in totals else 0.0
        if known is None or _same(ours[i], by_tensors[i]):
            continue
        if not abs(ours[i] - by_tensors[i]) <= 2 * error:
            raise Disagreement(f"∂{i}, Tensor: {ours[i]!r} and {by_tensors[i]!r}")
    if not near(root.data, value):
        raise Disagreement(f"value, compiled: {root.data!r} and {value!r}")
    tensor = float(found.numpy()[0])
    apart = known is not None and not near(root.data, tensor)
    if apart and not abs(root.data - tensor) <= 2 * known.error:
        raise Disagreement(f"value, Tensor: {root.data!r} and {tensor!r}")
    if counts is not None:
        counts.update(name for name, _ in program.steps)
