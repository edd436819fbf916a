"""A part of a graph: which of its nodes are drawn, and how many neighbours of theirs are not.

    around(J, [b], depth=1)     # Part(nodes=[b, c, u], stubs=[Stub(u, 1, after=True)])

A neighbour that is left out is counted in the `Stub` of the node that it would be joined to: one
for the operands and one for the uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from autodiff.graph import Node

from .networks import Neuron


class Stub(NamedTuple):
    """So many neighbours of a node that are not drawn: those made from it, or its operands."""

    node: Node
    missing: int
    after: bool


class Part(NamedTuple):
    """Nodes of a graph, in the order of computation, and what is missing around them."""

    nodes: list[Node]
    stubs: list[Stub]


def around(
    order: Sequence[Node], node: Node, depth: int, found: Sequence[Neuron], most: int
) -> Part | None:
    """Return what is at most `depth` steps before or after the node; None if more than `most`.

    A step goes from one card of the picture to the next: the weights, the sum and the activation of
    a neuron are one. `order` are the nodes of the graph.
    """
    cards = _cards(found)
    uses: dict[int, list[Node]] = {}
    for child in order:
        for operand in {id(x): x for x in child.inputs if isinstance(x, Node)}.values():
            uses.setdefault(id(operand), []).append(child)
    members: dict[int, list[Node]] = {}
    for neuron in found:
        members[id(neuron.out)] = [*neuron.parameters, neuron.total, neuron.out]

    def before(card: Node) -> Iterable[Node]:
        inside = members.get(id(card), [card])
        own = set(map(id, inside))
        parents = (x for member in inside for x in member.parents if id(x) not in own)
        return _distinct(cards.get(id(x), x) for x in parents)

    def after(card: Node) -> Iterable[Node]:
        inside = members.get(id(card), [card])
        own = set(map(id, inside))
        # other uses of a weight, as by another sample, are no neighbours of the neuron
        inside = [x for x in inside if not x.is_leaf] or [card]
        children = (x for member in inside for x in uses.get(id(member), ()))
        return _distinct(cards.get(id(x), x) for x in children if id(x) not in own)

    start = cards.get(id(node), node)
    drawn = {id(start): start}
    for neighbours in (before, after):
        rim = [start]
        for _ in range(depth):
            rim = _distinct(x for card in rim for x in neighbours(card))
            drawn |= {id(card): card for card in rim}
            if len(drawn) > most:
                return None
    stubs = []
    for card in drawn.values():
        for neighbours in (before, after):
            missing = sum(id(x) not in drawn for x in neighbours(card))
            stubs += [Stub(card, missing, neighbours is after)] if missing else []
    wanted = {id(x) for card in drawn.values() for x in members.get(id(card), [card])}
    return Part([x for x in order if id(x) in wanted], stubs)


def _cards(found: Sequence[Neuron]) -> dict[int, Node]:
    """Return the output of the neuron that a node is inside of, by the id of the node."""
    return {
        id(node): neuron.out
        for neuron in reversed(found)  # of several that share a weight, the first
        for node in (*neuron.parameters, neuron.total, neuron.out)
    }


def _distinct(nodes: Iterable[Node]) -> list[Node]:
    return list({id(node): node for node in nodes}.values())
