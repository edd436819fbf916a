"""When do two accounts of a derivative agree? Where a bound from the conditioning says so.

Equal to 4 units in the last place is agreement. If not, it is asked how far two correct
computations may be apart: of a graph of Values `spread` follows each word's error through the graph
and through its gradients (`tests/visualize/rounding.py`), of arrays `jitter` repeats the
computation with every result moved by some units in its last place. What differs by more is a bug.

    >>> from autodiff import Value
    >>> x = Value(1.0)
    >>> y = (x + 1e8) - 1e8                     # half of the digits are gone
    >>> value, gradients = spread(y)
    >>> 1e-8 < value.error < 1e-6, gradients[id(x)].error < 1e-15
    (True, True)

Differences, too, come with their error (`slope`).
"""

from __future__ import annotations

import math
from contextlib import contextmanager

import numpy as np

from autodiff import Tensor, elementwise
from autodiff.differences import compare
from autodiff.graph import Node, topological_order

from ..visualize.rounding import NEAR, Near

EPSILON = 2.0**-52


class Disagreement(AssertionError):
    """Two accounts differ by more than rounding explains."""


def near(a, b):
    """Whether two numbers are equal to 4 units in the last place; nan is nan."""
    if a == b or (a != a and b != b):
        return True
    return abs(a - b) <= 4 * math.ulp(max(abs(a), abs(b)))


def slope(f):
    """Return the slope of f at 0 by differences extrapolated, and by how much it may be off."""
    rows, noise = [], 0.0
    for level in range(4):
        h = 2e-3 / 4**level
        below, above = f(-h), f(h)
        noise = 4 * EPSILON * max(abs(below), abs(above)) / h
        row = [(above - below) / (2 * h)]
        for power, coarser in enumerate(rows[-1] if rows else [], 1):
            row.append(row[-1] + (row[-1] - coarser) / (16**power - 1))
        rows.append(row)
    return rows[-1][-1], abs(rows[-1][-1] - rows[-2][-1]) + noise


def check_slope(f, found, slack, what):
    """Raise Disagreement unless `found` is the slope of f at 0, where differences can tell."""
    value, error = slope(f)
    sure = error <= 1e-4 * abs(found) + slack
    if sure and abs(value - found) <= 1e-9 * abs(found) + 4 * error + slack:
        return
    judged = compare(f, 0.0, found)
    if not judged.agrees and not abs(judged.difference - found) <= slack:
        raise Disagreement(f"{what}: {found!r}, by differences {judged.difference!r}")


# -- graphs of Values ------------------------------------------------------------------------------


def spread(root):
    """Return the value of a graph, and the gradients of its leaves by their ids, with errors."""
    if not isinstance(root, Node):  # a slope that is a number everywhere
        return Near(root), {}
    values, totals = {}, {id(root): Near(1.0)}
    order = topological_order(root)
    for node in order:
        if not node.inputs:
            values[id(node)] = Near(node.data)
            continue
        args = _operands(node, values)
        values[id(node)] = node.primitive.compute(NEAR, *args)
    for node in reversed(order):
        if not node.inputs or id(node) not in totals:
            continue
        needed = [isinstance(x, Node) for x in node.inputs]
        shares = node.primitive.cotangents(
            NEAR, needed, totals[id(node)], values[id(node)], *_operands(node, values)
        )
        for x, share in zip(node.inputs, shares):
            if isinstance(x, Node) and share is not None:
                share = share if isinstance(share, Near) else Near(share)
                totals[id(x)] = totals[id(x)] + share if id(x) in totals else share
    return values[id(root)], totals


def _operands(node, values):
    args = [values[id(x)] if isinstance(x, Node) else x for x in node.inputs]
    start = node.primitive is elementwise.where
    return args[:start] + [x if isinstance(x, Near) else Near(x) for x in args[start:]]


# -- arrays ----------------------------------------------------------------------------------------


class Jitter:
    """Move every number of an array by up to so many units in the last place."""

    def __init__(self, seed, ulps=4.0):
        self.rng, self.size = np.random.default_rng(seed), ulps * EPSILON

    def __call__(self, y):
        return y * (1.0 + self.rng.uniform(-self.size, self.size, y.shape))


# words that only copy numbers: nothing is rounded, and a slope may ask which number was copied
_COPIES = {
    "max_pool2d", "reduce_max", "reduce_min", "broadcast_to", "reshape", "transpose", "flip",
    "roll", "pad", "getitem", "replaced", "concatenate", "alias",
}  # fmt: skip


@contextmanager
def _moving(move):
    """Let every result that is recorded in a graph of Tensors be moved."""
    before = Tensor.record

    def record(data, inputs, primitive, *more):
        copies = primitive is not None and primitive.name in _COPIES
        moves = isinstance(data, np.ndarray) and data.dtype == np.float64 and not copies
        return before(move(data) if moves else data, inputs, primitive, *more)

    Tensor.record = staticmethod(record)
    try:
        yield
    finally:
        Tensor.record = staticmethod(before)


def jitter(compute, times=3):
    """Return by how much the arrays differ that `compute(Jitter)` gives, number by number.

    Not only each step's result moves, but also that of each word within it, as of a layer's.
    """
    calm = compute(lambda y: y)
    runs = []
    for seed in range(times):
        move = Jitter(seed)
        with _moving(move):
            runs.append(compute(move))
    return [np.max([np.abs(run[i] - calm[i]) for run in runs], axis=0) for i in range(len(calm))]
