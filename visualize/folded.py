"""The picture of a folded graph: a card for each of its groups (see `folding.py`).

    ┌───────────────────────────────────────────────┐
    │        layer1   16 neurons: relu(w·x + b)     │
    │               shape   mean ± deviation |grad| │   ┌──────────────────────┐
    │ weights      16 × 2  ▁▅█▅▁ 0.01 ± 0.57   0.31 │   │ losses   = relu(sum) │
    │ biases           16      █    0 ± 0      0.04 │ → │ count           100  │ → …
    ├───────────────────────────────────────────────┤   └──────────────────────┘
    │ after relu 100 × 16  █▅▃▂▁ 0.23 ± 0.30   0.02 │
    └───────────────────────────────────────────────┘

A group of one value is the card that it would be without folding, and between two of those the edge
bears its local derivative. On other edges is the norm of the gradient that comes that way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from autodiff import elementwise
from autodiff.graph import Node

from . import blocks, cards, dot, style
from .blocks import Block, Link, Numbers
from .folding import CHAINED, Folded, Group
from .names import Names
from .reading import Reading, activation, gradient, plain, written
from .spread import Spread, spread_of
from .style import LIGHT, Theme

_MANY = 3  # more operands than this, all on one card, are counted


def write(
    root: Node,
    names: Names,
    theme: Theme = LIGHT,
    *,
    folded: Folded,
    rankdir: str = "LR",
    legend: bool = False,
    caption: str = "",
) -> str:
    """Return the graph as DOT, a card for each group."""
    reading = Reading(root, names)
    picture = _Cards(reading, theme, folded)
    return dot.picture(
        reading,
        picture.statements(),
        theme,
        legend,
        rankdir,
        nodesep=0.2,
        ranksep=0.42,
        roles=blocks.ROLES,
        caption=caption,
    )


class _Cards:
    """The cards of one picture."""

    def __init__(self, reading: Reading, theme: Theme, folded: Folded) -> None:
        self.reading, self.theme, self.folded = reading, theme, folded
        self.skipped: dict[int, int] = {}  # edges from parameters to other than their own neuron
        self.links = self._links()
        self.blocks = {
            number: self._block(number, group)
            for number, group in enumerate(folded.groups)
            if not group.is_one
        }
        # What a single card shows is tinted beside the largest of all cards.
        sizes = [blocks.size_of(row.gradients) for b in self.blocks.values() for row in b.rows]
        sizes += [gradient(g.results[0]) for g in folded.groups if g.is_one]
        reading.largest_gradient = style.largest(sizes)
        reading.largest_contribution = style.largest(link.size for link in self.links.values())

    def statements(self) -> Iterator[str]:
        largest = self.reading.largest_gradient
        for number, group in enumerate(self.folded.groups):
            if number in self.blocks:
                yield blocks.statement(self.blocks[number], largest, self.theme)
            else:
                foot = _left_out(self.skipped.get(number, 0))
                several = len(group.nodes) > 1 or self._is_alike(group.nodes[0])
                note = self._note(group) if several else ""
                yield cards.card(self.reading, group.results[0], self.theme, foot, note)
        single = {
            id(group.nodes[0]): self._id(group)
            for group in self.folded.groups
            if group.is_one and len(group.nodes) == 1
        }
        for edge in self.reading.edges:
            tail, head = single.get(id(edge.parent)), single.get(id(edge.child))
            if tail and head:
                ports = f"{tail}:{cards.PORT}", f"{head}:{cards.PORT}"
                yield cards.arrow(self.reading, edge, *ports, self.theme)
        for link in self.links.values():
            if not (link.tail in single.values() and link.head in single.values()):
                yield blocks.link(link, self.reading.largest_contribution, self.theme)

    def _id(self, group: Group) -> str:
        return self.reading.id(group.results[-1])

    def _links(self) -> dict[tuple[int, int], Link]:
        """Return the edges between cards, with the norm of all gradient that comes along each."""
        place, reading = self.folded.place, self.reading
        shares: dict[tuple[int, int], dict[int, float]] = {}
        for edge in reading.edges:
            tail, head = place[id(edge.parent)], place[id(edge.child)]
            if id(edge.parent) in reading.parameters:
                if tail != head:
                    self.skipped[head] = self.skipped.get(head, 0) + 1
                continue
            if tail == head:
                continue
            each = shares.setdefault((tail, head), {})
            contribution = plain(edge.contribution)
            if contribution is not None:
                key = id(edge.parent)
                each[key] = each.get(key, 0.0) + contribution
        groups = self.folded.groups
        links = {}
        for (tail, head), each in shares.items():
            size = None if not each else math.hypot(*each.values())
            source, target = groups[tail], groups[head]
            text = f"no gradient has come from {target.name} to {source.name} yet"
            if size is not None:
                text = f"from {target.name} comes a gradient of norm {style.exact(size)}"
                text += f" to {source.name}"
            links[tail, head] = Link(self._id(source), self._id(target), size, text)
        return links

    # -- blocks ------------------------------------------------------------------------------------

    def _block(self, number: int, group: Group) -> Block:
        rows = self._layer(group) if group.neurons else [self._alike(group)]
        note = self._neurons_note(group) if group.neurons else self._note(group)
        root = any(node is self.reading.root for node in group.nodes)
        kind = "output" if root else self._kind(group)
        tooltip = "\n".join([f"{group.name} {note}", *(row.tooltip for row in rows)])
        foot = _left_out(self.skipped.get(number, 0))
        return Block(self._id(group), group.name, note, kind, tuple(rows), tooltip, foot)

    def _kind(self, group: Group) -> str:
        return "operation" if group.neurons else self.reading.kind(group.nodes[0])

    def _layer(self, group: Group) -> list[Numbers]:
        neurons = group.neurons
        count = len({tuple(map(id, neuron.parameters)) for neuron in neurons})
        samples = len(neurons) // count
        weights = {id(w): w for neuron in neurons for w in neuron.weights}
        every = {id(leaf): leaf for neuron in neurons for leaf in neuron.parameters}
        biases = [leaf for key, leaf in every.items() if key not in weights]
        wide = len(weights) // count
        shape = f"{samples} × {count}" if samples > 1 else str(count)
        rows = [_numbers("weights", f"{count} × {wide}", list(weights.values()), "parameter")]
        if biases:
            rows.append(_numbers("biases", str(len(biases)), biases, "parameter"))
        name = activation(neurons[0])
        if name:
            rows.append(_numbers(f"before {name}", shape, [neuron.total for neuron in neurons]))
        word = f"after {name}" if name else "sum"
        return [*rows, _numbers(word, shape, [neuron.out for neuron in neurons])]

    def _neurons_note(self, group: Group) -> str:
        count = len({tuple(map(id, neuron.parameters)) for neuron in group.neurons})
        samples = len(group.neurons) // count
        note = f"{group.module}  " * bool(group.module)
        note += f"{count:,} neuron{'s' * (count > 1)}: "
        note += self.reading.neuron_formula(group.neurons[0])
        return note + (f", for {samples:,} samples" if samples > 1 else "")

    def _alike(self, group: Group) -> Numbers:
        count = f"{len(group.results):,}"
        return _numbers("count", count, group.results, self._kind(group))

    def _is_alike(self, node: Node) -> bool:
        """Whether many operands are on one card, as those of sum and of maximum are."""
        if len(node.inputs) <= _MANY or node.primitive is elementwise.dot:
            return False
        return len({self.folded.place.get(id(x)) for x in node.inputs}) == 1

    def _note(self, group: Group) -> str:
        """Return how the values were made, in the names of groups: = relu(scores)."""
        node, ends = group.nodes[0], group.results
        if node.is_leaf or node.primitive is None:
            return self.reading.kind(node)
        if node.primitive.name in CHAINED and len(ends) < len(group.nodes):
            inside = {id(member) for member in group.nodes}
            terms = sum(id(x) not in inside for member in group.nodes for x in member.parents)
            return f"= {CHAINED[node.primitive.name]} of {terms // len(ends):,}"
        if self._is_alike(node):
            name = self.folded.groups[self.folded.place[id(node.inputs[0])]].name
            return f"= {node.primitive.name} of {len(node.inputs):,}: {name}"
        operands: list[Any] = []
        for index, x in enumerate(node.inputs):
            if isinstance(x, Node) and id(x) in self.reading.parameters:
                operands.append("parameter")
            elif isinstance(x, Node):
                operands.append(self.folded.groups[self.folded.place[id(x)]].name)
            else:
                same = all(member.inputs[index] == x for member in group.nodes)
                operands.append(float(style.number(x)) if same else "number")
        return f"= {written(node.primitive, operands)}"


def _left_out(edges: int) -> str:
    return f"without {edges:,} edge{'s' * (edges > 1)} from parameters" if edges else ""


def _numbers(word: str, size: str, nodes: Sequence[Node], kind: str = "operation") -> Numbers:
    values = spread_of([float(node.data) for node in nodes])
    found = [gradient(node) for node in nodes]
    known = [x for x in found if x is not None]
    gradients: Spread | None = spread_of(known) if known else None
    norm = style.exact(gradients.norm) if gradients else style.NO_GRADIENT
    tooltip = (
        f"{word}: {values.total:,}, mean {style.exact(values.mean)},"
        f" deviation {style.exact(values.deviation)}, |grad| {norm}"
    )
    return Numbers(word, size, values, gradients, kind, tooltip)
