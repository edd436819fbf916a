"""Random programs of Tensors: rows of both tables, random shapes, broadcasting, sharing.

    >>> program = draw(random.Random("tensors 3"))
    >>> check(program)                          # raises Disagreement if two accounts differ

Value, gradients and the Hessian times a direction are found by backward, forward mode along a
direction, the compiled function, reverse over reverse and forward over reverse, differences, and
PyTorch, where it is installed. How far they may be apart is what they are if each step's result
moves by some units in its last place (`agreement.jitter`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autodiff import Tensor, functions, grad, hvp, jvp
from autodiff import array_functions as af
from autodiff.compiler import compile
from autodiff.elementwise import TABLE

from ..test_every_primitive import TRUTH
from . import peers
from .agreement import EPSILON, Disagreement, check_slope, jitter
from .scalars import said

# elementwise rows that are not defined everywhere: what is done to an operand first, and to which
POSITIVE = (0.7, "softplus", 0.3)  # a · softplus(x) + b
INSIDE = (0.8, "tanh", 0.0)
BEYOND = (1.0, "softplus", 1.2)
DOMAINS = {
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "power", "log1p"), (POSITIVE, 0)),
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), (INSIDE, 0)),
    **dict.fromkeys(("divide", "floor_divide", "fmod", "remainder", "xlogy"), (POSITIVE, 1)),
    **dict.fromkeys(("reciprocal", "cbrt", "tan", "hypot", "arctan2"), (POSITIVE, 0)),
    "arccosh": (BEYOND, 0),
}
ELEMENTWISE = [name for name in TABLE if name not in ("dot", "sum", "where", "clip")]


class Step(NamedTuple):
    """A word, the places of its operands (or numbers), and its parameters."""

    name: str
    operands: tuple[Any, ...]
    params: dict[str, Any]


class Program(NamedTuple):
    """Steps on three arrays, and the arrays."""

    steps: tuple[Step, ...]
    point: tuple[Any, ...]

    def run(self, xs, word, rounded=lambda y: y):
        """Return the last step's value; `rounded` moves every step's result."""
        values = list(xs)
        for name, operands, params in self.steps:
            args = [values[x] if type(x) is int else x for x in operands]
            values.append(rounded(word(name, args, params)))
        return values[-1]


# -- words -----------------------------------------------------------------------------------------


# word -> (ours, PyTorch's)
STRUCTURAL = {
    "sum": (
        lambda x, axis, keepdims: af.sum(x, axis=axis, keepdims=keepdims),
        lambda x, axis, keepdims: x.sum(axis, keepdim=keepdims),
    ),
    "mean": (
        lambda x, axis, keepdims: af.mean(x, axis=axis, keepdims=keepdims),
        lambda x, axis, keepdims: x.mean(axis, keepdim=keepdims),
    ),
    "var": (
        lambda x, axis, keepdims: af.var(x, axis=axis, keepdims=keepdims),
        lambda x, axis, keepdims: x.var(axis, correction=0, keepdim=keepdims),
    ),
    "max": (
        lambda x, axis, keepdims: af.max(x, axis=axis, keepdims=keepdims),
        lambda x, axis, keepdims: x.amax(axis, keepdim=keepdims),
    ),
    "min": (
        lambda x, axis, keepdims: af.min(x, axis=axis, keepdims=keepdims),
        lambda x, axis, keepdims: x.amin(axis, keepdim=keepdims),
    ),
    "prod": (
        lambda x, axis, keepdims: af.prod(x, axis=axis, keepdims=keepdims),
        lambda x, axis, keepdims: x.prod(axis, keepdim=keepdims),
    ),
    "norm": (
        lambda x, axis, keepdims: af.norm(x, axis=axis, keepdims=keepdims),
        lambda x, axis, keepdims: x.square().sum(axis, keepdim=keepdims).sqrt(),
    ),
    "logsumexp": (
        lambda x, axis, keepdims: af.logsumexp(x, axis=axis, keepdims=keepdims),
        lambda x, axis, keepdims: x.logsumexp(axis, keepdim=keepdims),
    ),
    "softmax": (lambda x, axis: af.softmax(x, axis), lambda x, axis: x.softmax(axis)),
    "log_softmax": (lambda x, axis: af.log_softmax(x, axis), lambda x, axis: x.log_softmax(axis)),
    "cumsum": (lambda x, axis: af.cumsum(x, axis), lambda x, axis: x.cumsum(axis)),
    "sort": (lambda x, axis: af.sort(x, axis), lambda x, axis: x.sort(axis).values),
    "flip": (lambda x, axis: af.flip(x, axis), lambda x, axis: x.flip(axis)),
    "roll": (lambda x, axis: af.roll(x, 1, axis), lambda x, axis: x.roll(1, axis)),
    "half": (
        lambda x, axis: af.getitem(x, _half(axis)),
        lambda x, axis: x[_half(axis)],
    ),
    "take": (
        lambda x, axis, at: af.take(x, at, axis),
        lambda x, axis, at: x.index_select(axis, peers.torch.tensor(at)),
    ),
    "set": (
        lambda x, axis: af.set(x, (slice(None),) * axis + (0,), af.mean(x) * 0.5),
        lambda x, axis: (
            x.index_fill(axis, peers.torch.tensor([0]), 0.0)
            + x.mean()
            * 0.5
            * (peers.torch.zeros_like(x).index_fill(axis, peers.torch.tensor([0]), 1))
        ),
    ),
    "concatenate": (
        lambda x, axis: af.concatenate([x, x * 0.5], axis),
        lambda x, axis: peers.torch.cat([x, x * 0.5], axis),
    ),
    "stack": (
        lambda x, axis: af.stack([x, x * x], axis),
        lambda x, axis: peers.torch.stack([x, x * x], axis),
    ),
    "ravel": (lambda x: af.ravel(x), lambda x: x.reshape(-1)),
    "transpose": (
        lambda x, axes: af.transpose(x, axes),
        lambda x, axes: x.permute(axes),
    ),
    "pad": (
        lambda x, axis: af.pad(x, [(i == axis, 2 * (i == axis)) for i in range(x.ndim)]),
        lambda x, axis: peers.torch.nn.functional.pad(
            x, [n for i in reversed(range(x.ndim)) for n in (int(i == axis), 2 * (i == axis))]
        ),
    ),
    "broadcast_to": (
        lambda x, shape: af.broadcast_to(x, shape),
        lambda x, shape: x.broadcast_to(shape),
    ),
    "gram": (lambda x: x @ x.T * 0.2, lambda x: x @ x.mT * 0.2),
    "outer": (
        lambda x: af.einsum("...i,...j->...ij", x, x),
        lambda x: peers.torch.einsum("...i,...j->...ij", x, x),
    ),
    "diagonal": (
        lambda x: af.einsum("ij,kj->ik", x, functions.sin(x)),
        lambda x: peers.torch.einsum("ij,kj->ik", x, x.sin()),
    ),
    "affine": (
        lambda x: functions.affine(x, functions.cos(x), af.mean(x, axis=1)),
        lambda x: peers.torch.nn.functional.linear(x, x.cos(), x.mean(1)),
    ),
    "cross_entropy": (
        lambda x: functions.cross_entropy(x, target=_target(x.shape), kept={}),
        lambda x: -(x.log_softmax(1) * peers.torch.tensor(_target(x.shape))).sum(1).mean(),
    ),
}
REDUCTIONS = ("sum", "mean", "var", "max", "min", "prod", "norm", "logsumexp")
MATRIX = ("gram", "diagonal", "affine", "cross_entropy")


def _half(axis):
    return (slice(None),) * axis + (slice(None, None, 2),)


def _target(shape):
    weights = 1.0 + np.arange(float(np.prod(shape))).reshape(shape) % 5
    return weights / weights.sum(axis=1, keepdims=True)


def _elementwise(name, args, one):
    (factor, word, start), which = DOMAINS.get(name, ((0.0, "", 0.0), 9))
    args = [one(word, [x]) * factor + start if i == which and not isinstance(x, float) else x
            for i, x in enumerate(args)]  # fmt: skip
    return one(name, args)


def ours(name, args, params):
    """Do a step in our words."""
    if name in STRUCTURAL:
        return STRUCTURAL[name][0](*args, **params)
    return _elementwise(name, args, said)


def torchs(name, args, params):
    """Do a step in PyTorch's words."""
    if name in STRUCTURAL:
        return STRUCTURAL[name][1](*args, **params)
    return _elementwise(name, args, peers.word)


# -- drawing ---------------------------------------------------------------------------------------


def draw(rng):
    """Return a random program that is smooth at its point."""
    base = [rng.randint(1, 3) for _ in range(rng.choice([0, 1, 2, 2, 2, 3]))]
    numbers = np.random.default_rng(rng.randrange(2**32))
    point = []
    for _ in range(3):
        shape = [n if rng.random() < 0.8 else 1 for n in base]
        shape = shape[rng.choice([0, 0, 0, len(shape) // 2]) :]
        point.append(np.asarray(numbers.uniform(-1.5, 1.5, shape)))
    values, steps = list(point), []
    for _ in range(rng.randint(1, 8)):
        for _ in range(6):
            step = _step(rng, values)
            y = step and _value(step, values)
            if y is not None and y.size <= 64 and np.abs(y).max(initial=0.0) < 50.0:
                values.append(y)
                steps.append(step)
                break
    return Program(tuple(steps), tuple(point)) if steps else draw(rng)


def _step(rng, values):
    n = len(values)
    place = n - 1 if rng.random() < 0.6 else rng.randrange(n)
    if rng.random() < 0.5:
        name = rng.choice(ELEMENTWISE)
        count = len(TABLE[name].vjps)
        operands = [place if rng.random() < 0.6 else rng.randrange(n) for _ in range(count)]
        if count == 2 and rng.random() < 0.2:
            operands[rng.randrange(2)] = round(rng.uniform(0.5, 2.5), 2)
        return Step(name, tuple(operands), {})
    shape = values[place].shape
    name = rng.choice(list(STRUCTURAL))
    axis = rng.randrange(len(shape)) if shape else None
    params = {"axis": axis}
    if name in REDUCTIONS:
        params["keepdims"] = rng.random() < 0.5
    elif name in MATRIX:
        params = {}
        if len(shape) != 2:
            return None
    elif name in ("ravel", "outer"):
        params = {}
    elif name == "transpose":
        params = {"axes": tuple(rng.sample(range(len(shape)), len(shape)))}
    elif name == "broadcast_to":
        params = {"shape": (2, *(3 if m == 1 else m for m in shape))}
    if axis is None:
        return None
    if name == "take":
        params["at"] = [rng.randrange(shape[axis]) for _ in range(3)]
    return Step(name, (place,), params)


def _value(step, values):
    args = [values[x] if type(x) is int else x for x in step.operands]
    tensors = [Tensor(x) if isinstance(x, np.ndarray) else x for x in args]
    try:
        y = ours(*step[:1], tensors, step.params)
    except ValueError:  # shapes that do not fit
        return None
    y = np.asarray(y.numpy())
    if not np.isfinite(y).all():
        return None
    if step.name in TABLE and step.name not in STRUCTURAL:
        ready = _elementwise(step.name, tensors, lambda word, xs: _Kept(word, xs))
        columns = np.broadcast_arrays(*(np.asarray(getattr(x, "array", x)) for x in ready.args))
        room = TRUTH[step.name].room
        if not all(room(*map(float, row)) > 0.02 for row in zip(*(c.flat for c in columns))):
            return None
    if step.name in ("max", "min", "sort") and _gap(args[0], step.params["axis"]) < 0.02:
        return None
    if step.name == "norm" and np.abs(y).min() < 0.05:
        return None
    return y


class _Kept:
    """The arguments that a row would get."""

    def __init__(self, word, args):
        self.word, self.args = word, args

    def __mul__(self, factor):
        return said(self.word, self.args) * factor


def _gap(x, axis):
    return np.diff(np.sort(x, axis), axis=axis).min(initial=1.0)


# -- the accounts ----------------------------------------------------------------------------------


def _weighed(y, wrap=lambda w: w):
    weights = np.cos(np.arange(1.0, 1.0 + np.prod(y.shape, dtype=int))).reshape(tuple(y.shape))
    return (y * wrap(weights)).sum()


class Check:
    """One function of arrays, its point, and the comparisons."""

    def __init__(self, run, point, seed=1):
        self.run, self.point = run, point
        rng = np.random.default_rng(seed)
        self.direction = [np.asarray(rng.uniform(-1.0, 1.0, x.shape)) for x in point]
        self.bounds = None

    def all(self, rounded=lambda y: y):
        """Return value, gradients, and the Hessian times the direction."""

        def f(*xs):
            return self.run(xs, rounded)

        xs = [Tensor(x, requires_grad=True) for x in self.point]
        root = f(*xs)
        root.backward()
        gradients = [np.zeros(x.shape) if x.grad is None else np.asarray(x.grad) for x in xs]
        return [np.asarray(root.numpy()), *gradients, *self._hvp(f)]

    def _hvp(self, f):
        return [np.asarray(h) for h in hvp(f, tuple(self.point), tuple(self.direction))]

    def hold(self, i, found, what, floor=0.0, times=16):
        """Raise Disagreement unless `found` is what we have in place i of `all`."""
        expected, found = self.expected[i], np.asarray(found)
        if found.shape != expected.shape:
            raise Disagreement(f"{what}: shape {found.shape}, not {expected.shape}")
        scale = np.abs(expected).max(initial=0.0)
        if (np.abs(found - expected) <= 8 * EPSILON * np.abs(expected)).all():
            return
        allowed = times * self.bound()[i] + 16 * EPSILON * scale + floor
        if not (np.abs(found - expected) <= allowed).all():
            worst = np.abs(found - expected).max()
            raise Disagreement(f"{what}: {found} and {expected}, {worst:.3g} apart, {allowed}")

    def bound(self):
        if self.bounds is None:
            self.bounds = jitter(self.all)
            assert all(np.isfinite(bound).all() for bound in self.bounds), "no bound"
        return self.bounds

    def along(self, n):
        """Return the bound of the product with the direction, of gradients or of Hessians."""
        bounds = self.bound()[1 + n : 1 + n + len(self.point)]
        terms = [np.sum(np.abs(b) + 8 * EPSILON * np.abs(e)) for b, e in
                 zip(bounds, self.expected[1 + n :])]  # fmt: skip
        return 16 * sum(terms)

    def check(self, compiled=None, torch=None):
        """Raise Disagreement unless all accounts agree."""
        n = len(self.point)
        self.expected = self.all()
        if not all(np.isfinite(x).all() for x in self.expected):
            raise Disagreement(f"not finite: {self.expected}")

        def f(*xs):
            return self.run(xs, lambda y: y)

        if compiled is not None:
            value, gradients = compile(compiled).value_and_grad(*self.point)
            for i, found in enumerate([value, *gradients]):
                self.hold(i, found, f"compiled, {i}")
        if torch is not None:
            # its formulas are others within a word: what is 0 here may be a difference there
            floor = 1e-12 * max(np.abs(x).max(initial=0.0) for x in self.expected)
            for i, found in enumerate(torch(self.point, self.direction)):
                if not np.isnan(found).any():
                    self.hold(i, found, f"PyTorch, {i}", floor, times=64)
        gradients, products = self.expected[1 : 1 + n], self.expected[1 + n :]
        forward = float(jvp(f, tuple(self.point), tuple(self.direction))[1])
        self._number(forward, self._dot(gradients), 0, "forward mode")

        def along(*xs):
            slopes = grad(f, tuple(range(n)))(*xs)
            return sum((s * d).sum() for s, d in zip(slopes, self.direction))

        for i, found in enumerate(_gradient(along, self.point)):
            floor = 64 * EPSILON * max(np.abs(x).max(initial=0.0) for x in self.expected)
            self.hold(1 + n + i, found, f"reverse over reverse, {i}", floor)

        def moved(t, function):
            return function(*[np.asarray(x + t * d) for x, d in zip(self.point, self.direction)])

        sizes = sum(np.abs(p).sum() for p in products)
        scale = sum(np.abs(g).sum() for g in gradients)
        slope = self._dot(gradients)
        check_slope(lambda t: float(moved(t, self._plain)), slope, 1e-11 * scale, "differences")
        curve = self._dot(products)
        check_slope(
            lambda t: self._slope(moved, t),
            curve,
            1e-10 * (sizes + scale) + 64 * EPSILON,
            "second differences",
        )

    def _plain(self, *xs):
        return self.run([Tensor(x) for x in xs], lambda y: y).numpy()

    def _slope(self, moved, t):
        return self._dot(moved(t, lambda *xs: _gradient(lambda *ys: self.run(ys, lambda y: y), xs)))

    def _dot(self, arrays):
        return float(sum(np.sum(a * d) for a, d in zip(arrays, self.direction)))

    def _number(self, found, expected, n, what):
        apart = not abs(found - expected) <= 8 * EPSILON * abs(expected)
        if apart and not abs(found - expected) <= self.along(n):
            raise Disagreement(f"{what}: {found!r} and {expected!r}, {self.along(n):.3g}")


def _gradient(f, point):
    xs = [Tensor(x, requires_grad=True) for x in point]
    root = f(*xs)
    if isinstance(root, Tensor) and root.requires_grad:
        root.backward()
    return [np.zeros(x.shape) if x.grad is None else np.asarray(x.grad) for x in xs]


def by_torch(run):
    """Return the account of PyTorch of a function of its arrays, as `Check.all` gives ours."""

    def account(point, direction):
        torch = peers.torch
        xs = [torch.tensor(x, requires_grad=True) for x in point]
        y = run(xs)
        first = peers._gradient(y, xs, create_graph=True)
        along = sum((g * torch.tensor(d)).sum() for g, d in zip(first, direction))
        second = peers._gradient(along, xs)
        return [t.detach().numpy(force=True) for t in (y, *first, *second)]

    return account if peers.torch is not None else None


def check(program, counts=None):
    """Raise Disagreement unless all accounts of a program agree."""

    def run(xs, rounded):
        return _weighed(program.run(xs, ours, rounded))

    def torch(xs):
        return _weighed(program.run(xs, torchs), peers.torch.tensor)

    Check(run, program.point).check(
        lambda a, b, c: _weighed(program.run([a, b, c], ours)), by_torch(torch)
    )
    if counts is not None:
        counts.update(step.name for step in program.steps)
