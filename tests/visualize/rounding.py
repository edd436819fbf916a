"""How far two correct computations of one graph may be apart: a vocabulary of numbers with errors.

    >>> y = NEAR.exp(Near(1.0))
    >>> y.error / math.ulp(y.value)         # one word, rounded by two libraries
    4.0

Two libraries' sines differ in their last digits, and a graph may make much of a last digit: x - y
of two that are nearly equal. So each word adds 4 ulp of its own result, and passes on the errors of
its operands times its derivatives: what two runs may differ by where every word is within 4 ulp.
The rules of the table run in this vocabulary as in any other.

Where a branch, or a step as floor's, hangs on such a digit, no bound can be told: `Undecided`.
"""

from __future__ import annotations

import math

from autodiff import elementwise, floats
from autodiff.graph import Node

ULPS = 4.0
_STEPS = {"floor", "ceil", "sign", "floor_divide", "remainder", "fmod"}


class Undecided(Exception):
    """A branch that hangs on a last digit."""


class Near:
    """A number, and how far another computation of it may be."""

    def __init__(self, value, error=0.0):
        self.value, self.error = float(value), error

    def __add__(self, other):
        return NEAR.add(self, other)

    def __sub__(self, other):
        return NEAR.subtract(self, other)

    def __mul__(self, other):
        return NEAR.multiply(self, other)

    def __neg__(self):
        return Near(-self.value, self.error)

    def __radd__(self, other):
        return NEAR.add(other, self)

    def __rsub__(self, other):
        return NEAR.subtract(other, self)

    def __rmul__(self, other):
        return NEAR.multiply(other, self)


def _near(x):
    return x if isinstance(x, Near) else Near(x)


class _Vocabulary:
    """The words of floats, on numbers with errors."""

    def evaluate(self, rule, *args):
        return rule(*args)

    def zeros_like(self, x):
        return Near(0.0)

    def where(self, condition, a, b):
        return _near(a if condition else b)

    def logical_and(self, a, b):
        return bool(a and b)

    def logical_or(self, a, b):
        return bool(a or b)

    def __getattr__(self, name):
        if name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"):
            return lambda a, b: _compared(getattr(floats, name), _near(a), _near(b))
        return lambda *operands: _word(elementwise.TABLE[name], *map(_near, operands))


NEAR = _Vocabulary()


def _compared(compare, a, b):
    if abs(a.value - b.value) <= a.error + b.error and (a.error or b.error):
        raise Undecided
    return compare(a.value, b.value)


def _word(primitive, *operands):
    values = [x.value for x in operands]
    y = float(primitive.compute(floats, *values))
    error = ULPS * math.ulp(y)
    if primitive.name in ("logaddexp", "log_sigmoid", "softplus"):  # a sum within the word
        error += ULPS * math.ulp(max(map(abs, [*values, 1.0])))
    if any(x.error for x in operands):
        if primitive.name in _STEPS:
            _refuse_at_a_step(primitive, operands, y)
        slopes = primitive.cotangents(floats, [True] * len(values), 1.0, y, *values)
        error += sum(abs(s or 0.0) * x.error for s, x in zip(slopes, operands) if x.error)
    if not math.isfinite(y):
        error = 0.0
    elif not math.isfinite(error):
        raise Undecided
    return Near(y, error)


def _refuse_at_a_step(primitive, operands, y):
    steps = {"remainder": floats.floor_divide, "fmod": lambda a, b: floats.floor(a / b) if b else 0}
    step = steps.get(primitive.name, primitive.on_floats)
    at = {
        step(*(x.value + sign * x.error for x, sign in zip(operands, signs)))
        for signs in ((0, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))
    }
    if len(at) > 1:
        raise Undecided


def bounds(nodes, uses):
    """Return what values and gradients another computation of a graph may have, with the errors.

    Two dicts by the nodes' ids. `uses` are those of a `Replay`.
    """
    values = {}
    for node in nodes:
        if node.is_leaf:
            values[id(node)] = Near(node.data)
            continue
        operands = [values[id(x)] if isinstance(x, Node) else x for x in node.inputs]
        condition = node.primitive is elementwise.where
        args = [operands[0], *map(_near, operands[1:])] if condition else list(map(_near, operands))
        values[id(node)] = node.primitive.compute(NEAR, *args)
    totals = {id(nodes[-1]): Near(1.0)}
    shares = {}
    for use in uses:
        child = use.edge.child
        if id(child) not in shares:
            operands = [values[id(x)] if isinstance(x, Node) else Near(x) for x in child.inputs]
            shares[id(child)] = child.primitive.cotangents(
                NEAR, [True] * len(operands), totals.get(id(child), Near(0.0)),
                values[id(child)], *operands,
            )  # fmt: skip
        share = shares[id(child)][use.edge.argnum]
        key = id(use.edge.parent)
        totals[key] = totals.get(key, Near(0.0)) + (Near(0.0) if share is None else share)
    return values, totals
