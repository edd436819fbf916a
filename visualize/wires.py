"""The style "wires": the textbook's wiring diagram, values on the wires between operations.

      b      3                      name and value above the wire: forward
    ────────────╮
         6      ├──→ ( × ) ───      the gradient below it: backward
      c      2  │
    ────────────╯

A value that is used twice has one wire that branches; below it is its whole gradient, and on each
branch what comes back there: what is added up is seen to be so. Constants are in the operations.
"""

from __future__ import annotations

from collections.abc import Iterator

from autodiff.graph import Edge, Node

from . import dot, style
from .cards import Row, gradient_row, value_row
from .dot import Markup
from .names import is_numbered
from .reading import Reading, gradient, plain
from .style import Theme
from .text import clean, cut, markup, room

_SYMBOLS = {"add": "+", "subtract": "-", "multiply": "×", "divide": "/", "negative": "-"}
_WIRE = "wire"  # the port that wires join
_LENGTH = 62  # of a wire's own piece, in points

# what the legend says instead of what a local derivative is, as there is none on wires
_ROLES = {"value": "above a wire: value", "gradient": "below a wire: gradient of {}", "local": ""}


def _statements(reading: Reading, theme: Theme) -> Iterator[str]:
    uses: dict[int, int] = {}
    for edge in reading.edges:
        uses[id(edge.parent)] = uses.get(id(edge.parent), 0) + 1
    for node in reading.nodes:
        yield dot.node(
            reading.id(node),
            label=_wire(reading, node, theme),
            tooltip=reading.node_tooltip(node),
        )
        if not node.is_leaf:
            yield from _operation(reading, node, theme)
    for edge in reading.edges:
        yield _branch(reading, edge, theme, uses[id(edge.parent)] > 1)


def _branch(reading: Reading, edge: Edge, theme: Theme, several: bool) -> str:
    """Return the wire from a value to an operation; of several, with what comes back there."""
    contribution = plain(edge.contribution)
    label = f" {style.number(contribution)} " if several and contribution is not None else ""
    tooltip = reading.edge_tooltip(edge)
    return dot.edge(
        f"{reading.id(edge.parent)}:{_WIRE}",
        f"{reading.id(edge.child)}_op",
        label=label,
        **dot.look(edge, reading, theme) | {"fontcolor": theme.gradient},
        tooltip=tooltip,
        labeltooltip=tooltip,
    )


def _operation(reading: Reading, node: Node, theme: Theme) -> Iterator[str]:
    value = reading.id(node)
    symbol = _symbol(node)
    colors = theme.kinds["operation"]
    yield dot.node(
        f"{value}_op",
        label=symbol,
        tooltip=reading.node_tooltip(node),
        shape="circle" if len(symbol) < 4 else "box",
        style="filled" if len(symbol) < 4 else "filled,rounded",
        fillcolor=colors.ground,
        color=colors.border,
        fontcolor=colors.ink,
        fontsize=style.NAME_SIZE,
        margin="0.03" if len(symbol) < 4 else "0.1,0.06",
        width=0.42,
        height=0.42,
    )
    color, width = _line(reading, node, theme)
    yield dot.edge(f"{value}_op", f"{value}:{_WIRE}", color=color, penwidth=width, dir="none")


def _symbol(node: Node) -> str:
    """Return the operation with its constants: ×, 3 ×, tanh."""
    name = clean(node.primitive.name) if node.primitive else ""
    sign = _SYMBOLS.get(name, name)
    numbers = [None if isinstance(x, Node) else style.number(x) for x in node.inputs]
    if len(numbers) == 2 and numbers.count(None) == 1:
        before, after = numbers
        if name == "power":
            return f"^{after}" if after else f"{before}^"
        if sign != name:
            parts = (before, sign, after and style.bracketed(after))
            return " ".join(part for part in parts if part)
    return cut(sign, style.NAME_LENGTH) or "?"


def _line(reading: Reading, node: Node, theme: Theme) -> tuple[str, float]:
    """Return the colour and the width of a value's own wire, by its gradient."""
    strong = style.strength(gradient(node), reading.largest_gradient)
    return theme.edge_color(strong), round(style.width(strong), 2)


def _wire(reading: Reading, node: Node, theme: Theme) -> Markup:
    """Return the piece of wire of a value: its name and value above, its gradient below."""
    kind = theme.kinds[reading.kind(node)]
    name = reading.name(node)
    # An unnamed value has its place and needs no number.
    name = "" if is_numbered(name) else cut(name, style.NAME_LENGTH)
    shown = (
        f'<FONT POINT-SIZE="{style.NAME_SIZE}" COLOR="{kind.ink}"><B>{markup(name)}{room(name)}'
        "</B></FONT>  "
    ) * bool(name)
    value = _number(value_row(node, theme))
    grad = _number(gradient_row(node, reading.largest_gradient, theme))
    color, width = _line(reading, node, theme)
    above = f'<TD HEIGHT="20" VALIGN="BOTTOM">{shown}{value}</TD>'
    line = (
        f'<TD PORT="{_WIRE}" WIDTH="{_LENGTH}" HEIGHT="{max(2, round(width))}" CELLPADDING="0" '
        f'BGCOLOR="{color}"></TD>'
    )
    below = f'<TD HEIGHT="20" VALIGN="TOP">{grad}</TD>'
    return Markup(
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
        f"<TR>{above}</TR><TR>{line}</TR><TR>{below}</TR></TABLE>>"
    )


def _number(row: Row) -> str:
    return f'<FONT POINT-SIZE="{style.NUMBER_SIZE}" COLOR="{row.ink}"><B>{row.number}</B></FONT>'


# the graph as DOT, a wire for each value
write = dot.writer(_statements, nodesep=0.16, ranksep=0.28, roles=_ROLES)
