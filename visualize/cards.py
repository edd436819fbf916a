"""The style "cards": one card for each value, the operation folded into its header.

    ┌─────────────┐
    │ v   = a + u │   the name, and what it was made from
    │ value    11 │   blue: forward
    │ grad      3 │   orange: backward, on a ground tinted by size
    └─────────────┘

The edge from a card to the next bears the local derivative, ×2; its width and colour say how much
of the gradient comes that way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from autodiff.graph import Node

from . import dot, style
from .dot import Markup
from .reading import Reading, gradient, plain
from .style import Kind, Theme
from .text import cut, markup, room

# Engines set text a little high in its cell. A first line 3 points high brings it to the middle.
_LOWER = '<FONT POINT-SIZE="3"> <BR/></FONT>'

_SUBSCRIPTS = tuple("₀₁₂₃₄₅₆₇₈₉")

# Edges that pass by keep clear of a card because there is an unseen table around it; edges that end
# here reach through that to the card itself, by its port.
_PORT = "card"
_AROUND = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4"><TR><TD>'


class Row(NamedTuple):
    """A line of a card: a word, a number, and the ground under the number."""

    word: str
    number: str
    ink: str
    pill: str


def _statements(reading: Reading, theme: Theme) -> Iterator[str]:
    for node in reading.nodes:
        rows = value_row(node, theme), gradient_row(node, reading.largest_gradient, theme)
        label = _card(reading, node, rows, theme)
        yield dot.node(reading.id(node), label=label, tooltip=reading.node_tooltip(node))
    for edge in reading.edges:
        local = plain(edge.local)
        tooltip = reading.edge_tooltip(edge)
        yield dot.edge(
            f"{reading.id(edge.parent)}:{_PORT}",
            f"{reading.id(edge.child)}:{_PORT}",
            label="" if local is None else _factor(local),
            **dot.look(edge, reading, theme),
            tooltip=tooltip,
            labeltooltip=tooltip,
        )


def value_row(node: Node, theme: Theme) -> Row:
    """Return the line with the value."""
    value = float(node.data)
    pill = theme.warning_pill if value - value != 0.0 else ""
    return Row("value", style.number(value), theme.value, pill)


def gradient_row(node: Node, largest: float, theme: Theme) -> Row:
    """Return the line with the gradient, tinted by its size beside the largest."""
    grad = gradient(node)
    if grad is None:
        return Row("grad", style.NO_GRADIENT, theme.muted, "")
    pill = theme.tint(style.strength(grad, largest)) if grad else ""
    if grad - grad != 0.0:
        pill = theme.warning_pill
    return Row("grad", style.number(grad), theme.gradient, pill)


def _card(reading: Reading, node: Node, rows: tuple[Row, ...], theme: Theme) -> Markup:
    kind = reading.kind(node)
    colors = theme.kinds[kind]
    formula = cut(reading.formula(node), style.FORMULA_LENGTH)
    table = (
        f'<TABLE PORT="{_PORT}" BORDER="1.2" STYLE="ROUNDED" COLOR="{colors.border}" '
        f'BGCOLOR="{theme.card}" CELLBORDER="0" CELLSPACING="3" CELLPADDING="2">'
    )
    header = _header(reading.name(node), f"= {formula}" if formula else kind, colors)
    lines = "\n\t\t".join([header, *(_row(row) for row in rows)])
    return Markup(f"<{_AROUND}{table}\n\t\t{lines}\n\t</TABLE></TD></TR></TABLE>>")


def _header(name: str, note: str, colors: Kind) -> str:
    # Engines without the font's widths give a subscript more room than it takes, and a Chinese
    # character less; so the gap after the one is narrower and after the other wider.
    gap = " " if name.endswith(_SUBSCRIPTS) else "  "
    shown = cut(name, style.NAME_LENGTH)
    return (
        f'<TR><TD COLSPAN="2" WIDTH="{style.CARD_WIDTH}" BGCOLOR="{colors.ground}" '
        f'STYLE="ROUNDED">{_LOWER}'
        f'<FONT POINT-SIZE="{style.NAME_SIZE}" COLOR="{colors.ink}">'
        f"<B>{markup(shown)}{room(shown)}</B></FONT>"
        f'<FONT POINT-SIZE="{style.NOTE_SIZE}">{gap}{markup(note)}{room(note)}</FONT></TD></TR>'
    )


def _factor(local: float) -> Markup:
    # The low second line lifts the brackets of a negative number off the edge.
    factor = f"×{style.bracketed(style.number(local))}"
    return Markup(f'<{factor}<BR/><FONT POINT-SIZE="3"> </FONT>>')


def _row(row: Row) -> str:
    # The space in the number's size puts the word on the number's own line of writing.
    word = f'{_LOWER}{row.word}<FONT POINT-SIZE="{style.NUMBER_SIZE}">  </FONT>'
    pill = f' BGCOLOR="{row.pill}" STYLE="ROUNDED"' if row.pill else ""
    return (
        f'<TR><TD ALIGN="LEFT" BALIGN="LEFT">{word}</TD>'
        f'<TD ALIGN="RIGHT" BALIGN="RIGHT" WIDTH="{style.NUMBER_WIDTH}"{pill}>{_LOWER} '
        f'<FONT POINT-SIZE="{style.NUMBER_SIZE}" COLOR="{row.ink}"><B>{row.number}</B></FONT> '
        "</TD></TR>"
    )


# the graph as DOT, one card for each value
write = dot.writer(_statements, nodesep=0.12, ranksep=0.32)
