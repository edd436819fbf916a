"""How deep each node of a graph is, and how large the gradients are at each depth.

    depths(J).of[id(t)]     # the longest way from a leaf to t
    levels_of(J)[0].median  # the median |grad| at the depth of the inputs

Walked without recursion: a million nodes take a second or two.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

from autodiff.graph import Node, topological_order

COLUMNS = 60  # of a deeper graph, several depths share a level


class Depths(NamedTuple):
    """The nodes of a graph in the order of computation, and how many operations deep each is."""

    nodes: list[Node]
    of: dict[int, int]


def depths(root: Node) -> Depths:
    """Return how deep each node is: the longest way from a leaf to it."""
    nodes = topological_order(root)
    of: dict[int, int] = {}
    for node in nodes:
        deep = -1
        for x in node.inputs:
            if isinstance(x, Node) and of[id(x)] > deep:
                deep = of[id(x)]
        of[id(node)] = deep + 1
    return Depths(nodes, of)


class Level(NamedTuple):
    """The gradients of some depths: the size of the smallest, the median one and the largest.

    Zeros are counted apart, as the scale has no place for them, and so are nan and inf.
    """

    first: int
    last: int
    total: int
    low: float
    median: float
    high: float
    zeros: int
    bad: int


def levels_of(root: Node) -> list[Level]:
    """Return the gradients by depth; a leaf is put just before its first use."""
    nodes, of = depths(root)
    place: dict[int, int] = {}
    for node in nodes:  # a leaf's first use is its least deep one
        for x in node.inputs:
            if isinstance(x, Node) and x.is_leaf:
                place[id(x)] = min(place.get(id(x), of[id(node)]), of[id(node)] - 1)
    deepest = of[id(root)]
    step = max(1, math.ceil((deepest + 1) / COLUMNS))
    columns: list[list[Any]] = [[] for _ in range(deepest // step + 1)]
    for node in nodes:
        if node.requires_grad and node.has_grad:
            grad = node.grad.data if isinstance(node.grad, Node) else node.grad
            columns[place.get(id(node), of[id(node)]) // step].append(grad)
    return [
        _level(i * step, min(deepest, (i + 1) * step - 1), grads) for i, grads in enumerate(columns)
    ]


def _level(first: int, last: int, grads: Sequence[Any]) -> Level:
    if any(hasattr(grad, "shape") for grad in grads):
        import numpy as np

        flat = np.abs(np.concatenate([np.ravel(grad) for grad in grads]).astype(np.float64))
        good = flat[np.isfinite(flat) & (flat > 0.0)]
        bad, zeros = int((~np.isfinite(flat)).sum()), int((flat == 0.0).sum())
        sizes = np.sort(good).tolist() if good.size < 3 else np.quantile(good, (0, 0.5, 1)).tolist()
        count = int(flat.size)
    else:
        sizes = sorted(abs(x) for x in grads if x and math.isfinite(x))
        zeros = sum(x == 0.0 for x in grads)
        count, bad = len(grads), len(grads) - zeros - len(sizes)
    low, high = (sizes[0], sizes[-1]) if sizes else (0.0, 0.0)
    median = statistics.median(sizes) if sizes else 0.0
    return Level(first, last, count, low, median, high, zeros, bad)
