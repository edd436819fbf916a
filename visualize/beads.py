"""The style "beads": a bead for each value, another for each operation, as micrograd draws them.

    [ a | data 2 | grad 3 ] ──→ (×) ──→ [ data 6 | grad 1 ]

Twice the nodes of `cards`, but every operation can be pointed at. Values without a label or a
variable stay without a name here, as they do in micrograd.
"""

from __future__ import annotations

from collections.abc import Iterator

from autodiff.graph import Node

from . import dot, style
from .cards import gradient_row, value_row
from .dot import Markup
from .names import is_numbered
from .reading import Reading
from .style import Theme
from .text import clean, cut, markup, room

_SYMBOLS = {"add": "+", "subtract": "-", "multiply": "×", "divide": "/", "power": "**"}


def _statements(reading: Reading, theme: Theme) -> Iterator[str]:
    for node in reading.nodes:
        tooltip = reading.node_tooltip(node)
        yield dot.node(reading.id(node), label=_value(reading, node, theme), tooltip=tooltip)
        if not node.is_leaf:
            yield from _operation(reading, node, theme)
    for edge in reading.edges:
        tail, head = reading.id(edge.parent), f"{reading.id(edge.child)}_op"
        look = dot.look(edge, reading, theme)
        yield dot.edge(tail, head, **look, tooltip=reading.edge_tooltip(edge))


def _operation(reading: Reading, node: Node, theme: Theme) -> Iterator[str]:
    value = reading.id(node)
    operation = f"{value}_op"
    name = clean(node.primitive.name) if node.primitive else ""
    symbol = cut(_SYMBOLS.get(name, name), style.NAME_LENGTH)
    colors = theme.kinds[reading.kind(node)]
    yield dot.node(
        operation,
        label=symbol,
        tooltip=reading.node_tooltip(node),
        shape="circle" if len(symbol) < 3 else "ellipse",
        style="filled",
        fillcolor=colors.ground,
        color=colors.border,
        fontcolor=colors.ink,
        fontsize=style.NAME_SIZE,
        margin="0.06,0.02",
        width=0.3,
        height=0.3,
    )
    yield dot.edge(operation, value, color=theme.edge)
    for argnum, operand in enumerate(node.inputs):
        if not isinstance(operand, Node):  # micrograd has a node for each constant
            number = style.number(operand)
            constant = f"{value}_{argnum}"
            yield dot.node(constant, label=number, tooltip=f"{style.exact(operand)}, a constant")
            yield dot.edge(constant, operation, color=theme.edge)


def _value(reading: Reading, node: Node, theme: Theme) -> Markup:
    colors = theme.kinds[reading.kind(node)]
    value = value_row(node, theme)
    grad = gradient_row(node, reading.largest_gradient, theme)
    name = reading.name(node)
    name = "" if is_numbered(name) else cut(name, style.NAME_LENGTH)
    cells = [
        f'<FONT POINT-SIZE="{style.NUMBER_SIZE}" COLOR="{colors.ink}"><B>{markup(name)}</B></FONT>'
        f"{room(name)}"
    ] * bool(name)
    for row in (value._replace(word="data"), grad):
        number = f'<FONT COLOR="{row.ink}"><B>{row.number}</B></FONT>'
        cells.append(f"{row.word} {number}")
    return Markup(
        f'<<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="5" '
        f'COLOR="{colors.border}" BGCOLOR="{theme.card}"><TR>'
        + "".join(f"<TD>{cell}</TD>" for cell in cells)
        + "</TR></TABLE>>"
    )


# the graph as DOT, a bead for each value and one for each operation
write = dot.writer(_statements, nodesep=0.22, ranksep=0.42)
