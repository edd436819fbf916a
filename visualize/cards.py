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

from autodiff.graph import Edge, Node

from . import dot, style
from .dot import Markup
from .reading import Reading, gradient, plain
from .style import Kind, Theme
from .text import cut, markup, room

# Engines set text a little high in its cell. A first line 3 points high brings it to the middle.
LOWER = '<FONT POINT-SIZE="3"> <BR/></FONT>'

_SUBSCRIPTS = tuple("₀₁₂₃₄₅₆₇₈₉")

# Edges that pass by keep clear of a card because there is an unseen table around it; edges that end
# here reach through that to the card itself, by its port.
PORT = "card"
_AROUND = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4"><TR><TD>'


class Row(NamedTuple):
    """A line of a card: a word, a number, and the ground under the number."""

    word: str
    number: str
    ink: str
    pill: str


def _statements(reading: Reading, theme: Theme) -> Iterator[str]:
    for node in reading.nodes:
        yield card(reading, node, theme)
    for edge in reading.edges:
        tail, head = reading.id(edge.parent), reading.id(edge.child)
        yield arrow(reading, edge, f"{tail}:{PORT}", f"{head}:{PORT}", theme)


def card(reading: Reading, node: Node, theme: Theme, foot: str = "", note: str = "") -> str:
    """Return the statement of a node as a card, perhaps with a note at its foot.

    The other note is for its header, in place of the formula.
    """
    kind = reading.kind(node)
    formula = cut(reading.formula(node), style.FORMULA_LENGTH)
    note = note or (f"= {formula}" if formula else kind)
    lines = [
        header(reading.name(node), note, theme.kinds[kind]),
        row(value_row(node, theme)),
        row(gradient_row(node, reading.largest_gradient, theme)),
    ]
    if foot:
        lines.append(
            f'<TR><TD COLSPAN="2"><FONT POINT-SIZE="{style.NOTE_SIZE}">{markup(foot)}</FONT>'
            "</TD></TR>"
        )
    label = table(lines, theme.kinds[kind], theme)
    return dot.node(reading.id(node), label=label, tooltip=reading.node_tooltip(node))


def arrow(
    reading: Reading, edge: Edge, tail: str, head: str, theme: Theme, labelled: bool = True
) -> str:
    """Return the statement of an edge between two ports, with its local derivative if asked."""
    local = plain(edge.local) if labelled else None
    tooltip = reading.edge_tooltip(edge)
    return dot.edge(
        tail,
        head,
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


def table(lines: list[str], colors: Kind, theme: Theme, gaps: tuple[int, int] = (3, 2)) -> Markup:
    """Return the label of a card with these lines; the gaps are between and in its cells."""
    spacing, padding = gaps
    inner = (
        f'<TABLE PORT="{PORT}" BORDER="1.2" STYLE="ROUNDED" COLOR="{colors.border}" '
        f'BGCOLOR="{theme.card}" CELLBORDER="0" CELLSPACING="{spacing}" '
        f'CELLPADDING="{padding}">'
    )
    rows = "\n\t\t".join(lines)
    return Markup(f"<{_AROUND}{inner}\n\t\t{rows}\n\t</TABLE></TD></TR></TABLE>>")


def header(name: str, note: str, colors: Kind, columns: int = 2) -> str:
    """Return the line with the name, and how or what it is."""
    # Engines without the font's widths give a subscript more room than it takes, and a Chinese
    # character less; so the gap after the one is narrower and after the other wider.
    gap = " " if name.endswith(_SUBSCRIPTS) else "  "
    shown = cut(name, style.NAME_LENGTH)
    side = " " if columns > 2 else ""  # a wide card has room
    return (
        f'<TR><TD COLSPAN="{columns}" WIDTH="{style.CARD_WIDTH}" BGCOLOR="{colors.ground}" '
        f'STYLE="ROUNDED">{LOWER}{side}'
        f'<FONT POINT-SIZE="{style.NAME_SIZE}" COLOR="{colors.ink}">'
        f"<B>{markup(shown)}{room(shown)}</B></FONT>"
        f'<FONT POINT-SIZE="{style.NOTE_SIZE}">{gap}{markup(note)}{room(note)}</FONT>{side}'
        "</TD></TR>"
    )


def _factor(local: float) -> Markup:
    # The low second line lifts the brackets of a negative number off the edge.
    factor = f"×{style.bracketed(style.number(local))}"
    return Markup(f'<{factor}<BR/><FONT POINT-SIZE="3"> </FONT>>')


def row(line: Row) -> str:
    """Return a line of a card."""
    # The space in the number's size puts the word on the number's own line of writing.
    word = f'{LOWER}{line.word}<FONT POINT-SIZE="{style.NUMBER_SIZE}">  </FONT>'
    return f'<TR><TD ALIGN="LEFT" BALIGN="LEFT">{word}</TD>{number(line)}</TR>'


def number(row: Row, more: str = "") -> str:
    """Return the cell with the number of a row; `more` are further attributes of the cell."""
    pill = f' BGCOLOR="{row.pill}" STYLE="ROUNDED"' if row.pill else ""
    return (
        f'<TD ALIGN="RIGHT" BALIGN="RIGHT" WIDTH="{style.NUMBER_WIDTH}"{pill}{more}>{LOWER} '
        f'<FONT POINT-SIZE="{style.NUMBER_SIZE}" COLOR="{row.ink}"><B>{row.number}</B></FONT> '
        "</TD>"
    )


# the graph as DOT, one card for each value
write = dot.writer(_statements, nodesep=0.12, ranksep=0.32)
