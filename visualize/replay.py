"""The run of a graph, played again: every operation, then every contribution to a gradient.

    replay = Replay(reading.nodes)          # in topological order, the root last
    replay.operations           # u = b × c, v = a + u, J = 3 × v
    replay.uses[-2]             # upstream 3, local 2, share 6: the gradient of b goes from 0 to 6
    replay.gradients[id(b)]     # 6.0

Gradients are computed anew, with the rules and in the order of `backward()`, so they agree with its
own to the last bit; nothing in the graph is changed. What does not agree is noted: stored gradients
that another `backward()` has added to, and results that are older than what they were made from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autodiff.graph import Edge, Node
from autodiff.primitive import HandWritten

from .reading import gradient, plain, same
from .text import listed


class Use(NamedTuple):
    """One contribution: `upstream` × the edge's local derivative, added to the parent's gradient.

    A number is None where a hand-written `_backward` keeps it to itself.
    """

    edge: Edge
    upstream: float | None
    before: float | None
    after: float | None


class Replay:
    """The run of a graph: operations in their order, uses in the order of backpropagation."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.operations = [node for node in nodes if not node.is_leaf]
        self.gradients: dict[int, float | None] = {}
        self.uses = list(self._uses(nodes))
        self.differing = [node for node in nodes if self._differs(node)]
        self.outdated = [node for node in self.operations if is_outdated(node)]

    def _uses(self, nodes: Sequence[Node]) -> Iterator[Use]:
        totals = self.gradients
        totals[id(nodes[-1])] = 1.0
        for child in reversed(nodes):
            if child.is_leaf or not child.requires_grad:
                continue
            upstream = totals.get(id(child), 0.0)
            if upstream is None:  # what came from hand-written nodes is known as a whole alone
                upstream = totals[id(child)] = gradient(child)
            for edge in _edges(child, upstream):
                key = id(edge.parent)
                before = totals.get(key, 0.0)
                share = plain(edge.contribution)
                totals[key] = None if before is None or share is None else before + share
                yield Use(edge, upstream, before, totals[key])
        for node in nodes:
            if node.requires_grad and totals.setdefault(id(node), 0.0) is None:
                totals[id(node)] = gradient(node)

    def _differs(self, node: Node) -> bool:
        stored, total = gradient(node), self.gradients.get(id(node))
        return stored is not None and total is not None and not same(stored, total)


def _edges(child: Node, upstream: float | None) -> Iterator[Edge]:
    """Yield the edges into a node that a gradient goes along, as `graph.edges` would have them."""
    primitive = child.primitive
    needed = [isinstance(x, Node) and x.requires_grad for x in child.inputs]
    locals_: Any = [None] * len(needed)
    shares = locals_
    if primitive is not None and not isinstance(primitive, HandWritten):
        args = [x.data if isinstance(x, Node) else x for x in child.inputs]

        def cotangents(g: float) -> list[float]:
            found = primitive.cotangents(child.vocabulary, needed, g, child.data, *args)
            return [0.0 if x is None else float(x) for x in found]  # a rule leaves out a zero

        locals_ = cotangents(1.0)
        if upstream is not None:
            shares = cotangents(upstream)
    for argnum, parent in enumerate(child.inputs):
        if needed[argnum]:
            yield Edge(child, parent, argnum, locals_[argnum], shares[argnum])


def outdated_words(names: Sequence[str], brief: bool = False) -> str:
    """Return what there is to say where nodes of these names are outdated."""
    if brief:
        return f"{listed(names, 'is', 'are')} older than what it takes: compute again."
    return (
        f"{listed(names, 'was', 'were')} computed before one of the values that it takes was"
        " changed, so these numbers do not belong together. Compute again, then come back."
    )


def is_outdated(node: Node) -> bool:
    """Return whether an operand was changed after this was computed from it."""
    primitive = node.primitive
    if primitive is None or not primitive.elementwise or isinstance(primitive, HandWritten):
        return False  # a user's own is not called, as it might do more than compute
    args = [x.data if isinstance(x, Node) else x for x in node.inputs]
    return not same(float(primitive.compute(node.vocabulary, *args)), float(node.data))
