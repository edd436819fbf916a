"""Graphs of Tensors: a card for each node, or one for each layer with its parameters in it.

    h = relu(x @ W.T + b)       none: cards for x, W, Wᵀ, the product, b, the sum and h
                                layer: one card, with rows for W, b, before and after relu

`strata.py` finds the layers, `blocks.py` knows what such cards look like.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from autodiff.graph import Edge, Node

from . import blocks, cards, dot, style
from .blocks import Block, Link, Numbers
from .names import Names, is_numbered
from .parts import Part
from .reading import Reading
from .spread import Spread, spread_of
from .strata import Layer, layer_formula, layers, module_of, shape, words
from .style import LIGHT, Theme


def write(
    root: Node,
    names: Names,
    theme: Theme = LIGHT,
    *,
    rankdir: str = "LR",
    legend: bool = False,
    caption: str = "",
    part: Part | None = None,
    fold: str = "none",
) -> str:
    """Return the graph as DOT, a card for each node or, with fold="layer", for each layer."""
    reading = Reading(root, names, part and part.nodes)
    picture = _Cards(reading, theme, layers(reading.nodes, names) if fold == "layer" else [])
    return dot.picture(
        reading,
        [*picture.statements(), *dot.stubs(reading, part, theme)],
        theme,
        legend,
        rankdir,
        nodesep=0.2,
        ranksep=0.42,
        roles={**blocks.ROLES, "local": ""},
        caption=caption,
    )


class _Cards:
    """The cards of one picture."""

    def __init__(self, reading: Reading, theme: Theme, found: Sequence[Layer]) -> None:
        self.reading, self.theme = reading, theme
        self.layers = {id(layer.out): layer for layer in found}
        self.inside = {id(node): layer.out for layer in found for node in layer.nodes}
        self.parameters = {id(leaf) for layer in found for leaf in layer.parameters}
        self.learnt = {
            id(leaf) for layer in layers(reading.nodes, reading.names) for leaf in layer.parameters
        }
        self.spreads: dict[int, tuple[Spread, Spread | None]] = {}
        for node in reading.nodes:
            self.spreads[id(node)] = spread_of(node.data), _gradients(node)
        self.largest = style.largest(blocks.size_of(grads) for _, grads in self.spreads.values())

    def statements(self) -> Iterator[str]:
        for node in self.reading.nodes:
            if id(node) in self.layers:
                yield self._statement(self._layer(self.layers[id(node)]))
            elif id(node) not in self.inside and id(node) not in self.parameters:
                yield self._single(node)
        links = [self._link(edge) for edge in self.reading.edges if self._is_drawn(edge)]
        largest = style.largest(link.size for link in links)
        for link in links:
            yield blocks.link(link, largest, self.theme)

    def _is_drawn(self, edge: Edge) -> bool:
        if id(edge.parent) in self.parameters:
            return False
        child, parent = (self.inside.get(id(x), x) for x in (edge.child, edge.parent))
        return child is not parent

    def _statement(self, block: Block) -> str:
        return blocks.statement(block, self.largest, self.theme)

    def _single(self, node: Node) -> str:
        formula = words(self.reading, node)
        kind = self._kind(node)
        tooltip = self._tooltip(node)
        used = len({id(x) for x in node.inputs} & self.parameters)
        foot = f"without edges from {used} parameter{'s' * (used > 1)}" if used else ""
        note = f"= {formula}" if formula else kind
        if self.spreads[id(node)][0].total == 1 and not foot:
            return self._number(node, note, kind, tooltip)
        rows = (self._numbers("shape", node),)
        identity = self.reading.id(node)
        return self._statement(
            Block(identity, self.reading.name(node), note, kind, rows, tooltip, foot)
        )

    def _number(self, node: Node, note: str, kind: str, tooltip: str) -> str:
        """Return the card of one number, which looks as that of a Value."""
        values, gradients = self.spreads[id(node)]
        colors = self.theme.kinds[kind]
        number = float(node.data.ravel()[0])
        pill = self.theme.warning_pill if values.bad else ""
        value = cards.Row("value", style.number(number), self.theme.value, pill)
        grad = cards.Row("grad", style.NO_GRADIENT, self.theme.muted, "")
        if gradients:
            number = float(_numbers_of(node.grad).ravel()[0])
            pill = self.theme.tint(style.strength(number, self.largest)) if number else ""
            pill = self.theme.warning_pill if gradients.bad else pill
            grad = cards.Row("grad", style.number(number), self.theme.gradient, pill)
        lines = [cards.header(self.reading.name(node), note, colors)]
        lines += [cards.row(value), cards.row(grad)]
        label = cards.table(lines, colors, self.theme)
        return dot.node(self.reading.id(node), label=label, tooltip=tooltip)

    def _layer(self, layer: Layer) -> Block:
        reading = self.reading
        rows = [self._parameter(leaf) for leaf in layer.parameters]
        result = "result"
        if layer.is_activated and layer.out.primitive:
            activation = layer.out.primitive.name
            rows.append(self._numbers(f"before {activation}", layer.nodes[-2]))
            result = f"after {activation}"
        rows.append(self._numbers(result, layer.out))
        module = module_of(layer.parameters[0], reading.names)
        name = reading.name(layer.out)
        if module and is_numbered(name):
            name, module = module, ""
        note = f"{module}  " * bool(module) + f"= {layer_formula(layer, reading.names)}"
        identity, kind = reading.id(layer.out), self._kind(layer.out)
        return Block(identity, name, note, kind, tuple(rows), self._tooltip(layer.out))

    def _parameter(self, leaf: Node) -> Numbers:
        word = self.reading.name(leaf).rpartition(".")[2]
        return self._numbers(word, leaf)._replace(kind="parameter")

    def _numbers(self, word: str, node: Node) -> Numbers:
        values, gradients = self.spreads[id(node)]
        size = shape(node)
        kind = self._kind(node)
        return Numbers(word, size, values, gradients, kind, self._tooltip(node))

    def _kind(self, node: Node) -> str:
        return "parameter" if id(node) in self.learnt else self.reading.kind(node)

    def _tooltip(self, node: Node) -> str:
        values, gradients = self.spreads[id(node)]
        formula = words(self.reading, node)
        lines = [
            self.reading.name(node) + (f" = {formula}" if formula else ""),
            f"shape {shape(node)}, {node.data.dtype}",
            f"mean {style.exact(values.mean)}, deviation {style.exact(values.deviation)}",
            f"|grad| {style.exact(gradients.norm) if gradients else style.NO_GRADIENT}",
        ]
        lines += [f"{values.bad} nan or inf"] * bool(values.bad)
        return "\n".join([*lines, self._kind(node)])

    def _link(self, edge: Edge) -> Link:
        child, parent = (self.inside.get(id(x), x) for x in (edge.child, edge.parent))
        name, of = self.reading.name(edge.parent), self.reading.name(edge.child)
        size = None
        tooltip = f"{name} is a constant: no gradient goes there"
        if edge.parent.requires_grad:
            tooltip = f"no gradient has come from {of} to {name} yet"
        if edge.contribution is not None:
            size = blocks.size_of(spread_of(_numbers_of(edge.contribution)))
            tooltip = f"from {of} comes a gradient of norm {style.exact(size or 0.0)} to {name}"
        return Link(self.reading.id(parent), self.reading.id(child), size, tooltip)


def _gradients(node: Node) -> Spread | None:
    return spread_of(_numbers_of(node.grad)) if node.has_grad else None


def _numbers_of(gradient: Any) -> Any:
    """Return a gradient as an array, also one made with create_graph=True."""
    import numpy as np

    return np.asarray(gradient.data if isinstance(gradient, Node) else gradient)
