"""The style "neurons": one card for each neuron, one row for each of its weights.

    ┌──────────────────────────────┐
    │    h    = tanh(w·x + b)      │
    │ weight         value    grad │
    │ w[0] · x1        0.5    -0.1 │  ← the edge from x1: its local derivative is the weight
    │ w[1] · x2       -0.3     0.2 │
    │ b                0.1    -0.1 │
    ├──────────────────────────────┤
    │ before tanh      1.2    -0.1 │
    │ after tanh    0.8337    -0.3 │  → the edges to what uses the neuron
    └──────────────────────────────┘

Where all the rows would be more than one can read, all weights of a neuron with many share one.
What else is in the graph is drawn as in `cards`. Parameters have no cards of their own; where more
than neurons uses them, as a penalty does, that card says that their edges are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from autodiff.graph import Edge, Node
from autodiff.naming import is_name

from . import cards, dot, style
from .blocks import rough, size_of
from .cards import LOWER, gradient_row, number, value_row
from .names import Names
from .networks import Neuron
from .parts import Part
from .reading import Reading, activation, gradient
from .spread import spread_of
from .style import LIGHT, Theme
from .text import clean, cut, markup, room

# The line above the sum, kept off the pills before it.
_RULE = '<TR><TD COLSPAN="4" HEIGHT="1" CELLPADDING="0"></TD></TR><HR/>'

_WIDE = 4  # in a picture of neurons with more inputs than this, rows are narrow and edges thin

_MANY = 150  # rows; in a picture of more, wide neurons have one row for all their weights

_ROLE = "amber: weight, the local derivative into its row"

_OUT = "out"  # the port that the edges of a neuron leave from

# layer1.neuron3.w[2], of which a row of the neuron's card shows w[2]
_PATH = re.compile(r"(?:[\w\[\]]+\.)+([\w\[\]]+)")


def write(
    root: Node,
    names: Names,
    theme: Theme = LIGHT,
    *,
    rankdir: str = "LR",
    legend: bool = False,
    caption: str = "",
    part: Part | None = None,
) -> str:
    """Return the graph as DOT, one card for each neuron."""
    reading = Reading(root, names, part and part.nodes)
    widest = max((len(neuron.weights) for neuron in reading.neurons), default=0)
    rows = sum(len(neuron.parameters) for neuron in reading.neurons)
    compact = rows > _MANY and widest > _WIDE
    body = _Cards(reading, theme, rankdir, widest > _WIDE, compact).statements()
    # Wide layers are tall, and the many edges between them need room to turn; straight ones do not.
    turning = round(min(5.0, 0.75 + 0.35 * max(0, widest - _WIDE)), 2)
    return dot.picture(
        reading,
        [*body, *dot.stubs(reading, part, theme)],
        theme,
        legend,
        rankdir,
        nodesep=0.12 if widest > _WIDE else 0.22,
        ranksep=3.0 if compact else turning,
        straight=compact,
        roles={"parameter": _ROLE} if widest else {},
        caption=caption,
    )


class _Cards:
    """The cards of one picture."""

    def __init__(
        self, reading: Reading, theme: Theme, rankdir: str, dense: bool, compact: bool
    ) -> None:
        self.reading, self.theme, self.dense, self.compact = reading, theme, dense, compact
        self.leftward = rankdir == "RL"  # edges come from the right
        self.upright = rankdir in ("TB", "BT")
        self.by_out = {id(neuron.out): neuron for neuron in reading.neurons}
        self.by_total = {id(neuron.total): neuron for neuron in reading.neurons}
        self.edges = {(id(edge.child), edge.argnum): edge for edge in reading.edges}

    def statements(self) -> Iterator[str]:
        for node in self.reading.nodes:
            if neuron := self.by_out.get(id(node)):
                yield self._neuron(neuron)
            elif id(node) not in self.by_total and id(node) not in self.reading.parameters:
                yield cards.card(self.reading, node, self.theme, self._left_out(node))
        if self.compact:
            yield from self._in_order()
        for edge in self.reading.edges:
            tail = id(edge.parent)
            inside = tail in self.by_total and tail not in self.by_out
            if not inside and tail not in self.reading.parameters:
                yield self._edge(edge)

    def _in_order(self) -> Iterator[str]:
        """Yield what keeps the neurons of a layer in order, where all orders cross as often."""
        layers: dict[tuple[int, ...], list[str]] = {}
        for neuron in self.reading.neurons:
            factors = tuple(id(x) for x in neuron.factors if isinstance(x, Node))
            layers.setdefault(factors, []).append(self.reading.id(neuron.out))
        for layer in layers.values():
            if len(layer) > 1:
                yield f'\t{{ rank="same"; {" -> ".join(layer)} [style="invis"] }}\n'

    def _left_out(self, node: Node) -> str:
        """Say, at the foot of a card, whose edges are not drawn."""
        used = len({id(x) for x in node.inputs} & self.reading.parameters)
        return f"without edges from {used} parameter{'s' * (used > 1)}" if used else ""

    def _edge(self, edge: Edge) -> str:
        out, into = ("w", "e") if self.leftward else ("e", "w")
        tail, head = self.reading.id(edge.parent), self.reading.id(edge.child)
        sideways = id(edge.parent) in self.by_out and not self.upright
        tail += f":{_OUT}:{out}" if sideways else f":{cards.PORT}"
        neuron = self.by_total.get(id(edge.child))
        if neuron is None:
            return cards.arrow(self.reading, edge, tail, f"{head}:{cards.PORT}", self.theme)
        index = 0 if self._is_compact(neuron) else edge.argnum - len(neuron.weights)
        head = f"{self.reading.id(neuron.out)}:{_port(index)}:{into}"
        look = dot.look(edge, self.reading, self.theme)
        if self.dense:
            look |= dict(penwidth=round(0.55 * float(look["penwidth"]), 2), arrowsize=0.5)
        return dot.edge(tail, head, **look, tooltip=self.reading.edge_tooltip(edge))

    def _neuron(self, neuron: Neuron) -> str:
        reading, out = self.reading, neuron.out
        colors = self.theme.kinds[reading.kind(out)]
        formula = cut(clean(f"= {reading.neuron_formula(neuron)}"), style.FORMULA_LENGTH)
        count = len(neuron.weights)
        first = count if self._is_compact(neuron) else 0
        lines = [
            cards.header(reading.name(out), formula, colors, columns=4),
            _columns(),
            *[self._weights(neuron)] * bool(first),
            *(self._parameter(neuron, index) for index in range(first, len(neuron.parameters))),
            _RULE,
            *self._results(neuron, colors.ink),
        ]
        label = cards.table(lines, colors, self.theme, (2, 1) if self.dense else (3, 2))
        return dot.node(reading.id(out), label=label, tooltip=reading.node_tooltip(out))

    def _is_compact(self, neuron: Neuron) -> bool:
        return self.compact and len(neuron.weights) > _WIDE

    def _weights(self, neuron: Neuron) -> str:
        """Return the row for all weights: mean ± deviation, and the norm of their gradient."""
        weights = neuron.weights
        values = spread_of([float(leaf.data) for leaf in weights])
        found = [gradient(leaf) for leaf in weights]
        norm = size_of(spread_of([x for x in found if x is not None]))
        ink = self.theme.kinds["parameter"].ink
        words = f'<FONT COLOR="{ink}"><B>{len(weights)} weights</B></FONT>'
        mean = "nan or inf" if values.bad else f"{rough(values.mean)} ± {rough(values.deviation)}"
        pill = self.theme.warning_pill if values.bad else ""
        value = cards.Row("", mean, self.theme.value, pill)
        row = cards.Row("", style.NO_GRADIENT, self.theme.muted, "")
        if None not in found and norm is not None:
            pill = self.theme.tint(style.strength(norm, self.reading.largest_gradient))
            row = cards.Row("", style.number(norm), self.theme.gradient, pill if norm else "")
        tooltip = f"{len(weights)} weights: mean ± deviation, and the norm of their gradients"
        title = f' TITLE="{markup(tooltip)}"'
        first, last = (f' PORT="{_port(0)}"' * side for side in (not self.leftward, self.leftward))
        return (
            f'<TR><TD ALIGN="LEFT" BALIGN="LEFT" COLSPAN="2"{title}{first}>{LOWER}{words}</TD>'
            f"{cards.number(value, title)}{cards.number(row, title + last)}</TR>"
        )

    def _parameter(self, neuron: Neuron, index: int) -> str:
        """Return the row of a weight, or of the bias, which comes after them."""
        leaf, count = neuron.parameters[index], len(neuron.weights)
        name = self.reading.name(leaf)
        name = _shown(name if is_name(leaf.label) else _short(name))
        words = [f'<FONT COLOR="{self.theme.kinds["parameter"].ink}"><B>{name}</B></FONT>']
        if index == count:
            return self._row(words, leaf, self.edges[id(neuron.total), 2 * count])
        factor = self._factor(neuron.factors[index])
        words.append(f'<FONT POINT-SIZE="{style.NOTE_SIZE}">· {factor}</FONT>')
        return self._row(words, leaf, self.edges[id(neuron.total), index], _port(index))

    def _factor(self, x: Any) -> str:
        return _shown(self.reading.name(x)) if isinstance(x, Node) else style.number(x)

    def _results(self, neuron: Neuron, ink: str) -> Iterator[str]:
        """Yield the rows of the sum, and of what the activation makes of it."""
        total, out = neuron.total, neuron.out
        name = _shown(clean(activation(neuron)))
        if not neuron.is_linear:
            yield self._row([f"before {name}"], total, self.edges[id(out), _place(total, out)])
        word = "sum" if neuron.is_linear else f"after {name}"
        yield self._row([f'<FONT COLOR="{ink}">{word}</FONT>'], out, None, _OUT)

    def _row(self, words: list[str], node: Node, edge: Edge | None, port: str = "") -> str:
        """Return a row: one or two cells with words, then the value and the gradient."""
        tooltip = self.reading.node_tooltip(node)
        if edge:
            tooltip += "\n" + self.reading.edge_tooltip(edge)
        title = ' TITLE="{}"'.format(markup(tooltip).replace("\n", "&#10;"))
        value = value_row(node, self.theme)
        if port == _OUT:
            value = value._replace(pill=value.pill or self.theme.value_pill)
        # The port is in the cell on the side that its edges are on.
        first, last = title, title
        if (port == _OUT) == self.leftward:
            first += f' PORT="{port}"' * bool(port)
        else:
            last += f' PORT="{port}"' * bool(port)
        span = "" if len(words) == 2 else ' COLSPAN="2"'
        cells = [
            f'<TD ALIGN="LEFT" BALIGN="LEFT"{span}{more}>{LOWER}{word}</TD>'
            for word, more in zip(words, (first, title))
        ]
        gradient = gradient_row(node, self.reading.largest_gradient, self.theme)
        return f"<TR>{''.join(cells)}{number(value, title)}{number(gradient, last)}</TR>"


def _columns() -> str:
    """Return the line that says what is in the columns."""
    cells = (
        f'<TD ALIGN="{side}" BALIGN="{side}"{span}><FONT POINT-SIZE="{style.NOTE_SIZE}">'
        f"{word}</FONT></TD>"
        for word, side, span in (
            ("weight", "LEFT", ' COLSPAN="2"'),
            ("value ", "RIGHT", ""),
            ("grad ", "RIGHT", ""),
        )
    )
    return f"<TR>{''.join(cells)}</TR>"


def _port(index: int) -> str:
    return f"x{index}"


def _place(total: Node, out: Node) -> int:
    return next(argnum for argnum, x in enumerate(out.inputs) if x is total)


def _shown(name: str) -> str:
    """Return a name as markup, cut to what a row can hold."""
    name = cut(name, style.ROW_LENGTH)
    return markup(name) + room(name)


def _short(name: str) -> str:
    """Return the name of a parameter within its neuron: w[2] of layer1.neuron3.w[2]."""
    path = _PATH.fullmatch(name)
    return path[1] if path else name
