"""Where a number left the graph on its way: what `why` can know of it, and what only guess.

    s = float(w)                # an exit of w, whose number was 3
    J = v * s                   # a constant of J: 3

A constant that is the number of a recorded exit came from there. One that is merely equal to w may
have, or may not: people write 2 and 3 in many places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from autodiff.graph import Node, topological_order
from autodiff.provenance import numbers_of
from autodiff.sources import Source

# Operands that are set by who writes the formula, and seldom come of another number.
_SETTINGS = {("power", 1), ("where", 0)}


class Constant(NamedTuple):
    """A number in a graph that passes no gradient on: a node, or an operand of `node`."""

    node: Node
    number: Any
    is_node: bool


class Departure(NamedTuple):
    """A constant that is the number of `owner`, which left the graph at `exit`, if it is known."""

    constant: Constant
    owner: Node
    exit: Source | None


class Departures:
    """What is known of numbers on their way from a node to a root that was not made from it.

    `owners` are the node and what the variables have that was made from it.
    """

    def __init__(self, root: Node, node: Node, namespaces: Sequence[Mapping[str, Any]]) -> None:
        self.nodes = topological_order(root)
        self.node = node
        self.held = _held(namespaces)
        self.owners = [node, *_made_from(node, self.held)]
        self.constants = list(_constants(self.nodes, node))

    @property
    def exits(self) -> list[tuple[Node, Source]]:
        """The recorded exits, of the node first."""
        return [(owner, exit) for owner in self.owners for exit in owner.exits]

    def certain(self) -> Departure | None:
        """Return a constant that did leave the graph."""
        for constant in self.constants:
            for owner in self.owners:
                if constant.is_node and _is_copy(constant.node, owner):
                    return Departure(constant, owner, next(iter(owner.exits[::-1]), None))
                for exit in reversed(owner.exits):  # of several the last
                    left = owner.data if exit.number is None else exit.number
                    if same(constant.number, left):
                        return Departure(constant, owner, exit)
        return None

    def possible(self) -> Departure | None:
        """Return a constant that is an equal number; it may be chance."""
        for constant in self.constants:
            for owner in self.owners:
                if same(constant.number, owner.data):
                    return Departure(constant, owner, None)
        return None

    def copied(self) -> tuple[Node, Node] | None:
        """Return a leaf of the graph, and what was made from the node and is the same number."""
        for leaf in self.nodes:
            for owner in self.owners[1:]:
                if leaf.is_leaf and leaf.requires_grad and same(leaf.data, owner.data):
                    return leaf, owner
        return None

    def replaced(self) -> bool:
        """Return whether the node looks like w = w - 0.1 * w.grad, of a w that the root is made of.

        The old w is then in no variable any more, and has a gradient.
        """
        node = self.node
        if node.primitive is None or node.primitive.name not in ("add", "subtract"):
            return False
        kept = {id(x) for x in self.held}
        below = {id(x) for x in self.nodes}
        olds = [x for x in node.inputs if isinstance(x, Node) and x.requires_grad]
        return len(olds) == 1 and all(
            id(old) in below and id(old) not in kept and old.has_grad for old in olds
        )


def _held(namespaces: Sequence[Mapping[str, Any]]) -> list[Node]:
    """Return the nodes in the variables."""
    every = (value for namespace in namespaces for value in tuple(namespace.values()))
    return list({id(x): x for x in every if issubclass(type(x), Node)}.values())


def _made_from(node: Node, held: Sequence[Node]) -> list[Node]:
    """Return those of the variables that were made from the node."""
    reached = {id(node)}
    for x in topological_order(*held) if held else []:
        if any(id(operand) in reached for operand in x.inputs):
            reached.add(id(x))
    return [x for x in held if id(x) in reached and x is not node]


def _constants(nodes: Sequence[Node], node: Node) -> Iterator[Constant]:
    for x in nodes:
        if not x.requires_grad and x is not node:
            yield Constant(x, x.data, True)
        name = x.primitive.name if x.primitive is not None else ""
        for argnum, operand in enumerate(x.inputs):
            setting = (name, argnum) in _SETTINGS or isinstance(operand, bool)
            if not isinstance(operand, Node) and not setting:
                yield Constant(x, operand, False)


def _is_copy(constant: Node, owner: Node) -> bool:
    """Return whether a constant is what detach() made: it has the label of the original."""
    return bool(owner.label) and constant.label == owner.label and same(constant.data, owner.data)


def same(a: Any, b: Any) -> bool:
    """Return whether two are the same numbers, and telling ones: not 0, 1 or -1."""
    a, b = numbers_of(a), numbers_of(b)
    if hasattr(a, "shape") or hasattr(b, "shape"):
        if getattr(a, "shape", None) != getattr(b, "shape", None):
            return False
        return bool((a == b).all()) and bool(a.any())
    return bool(a == b and abs(a) not in (0.0, 1.0))
