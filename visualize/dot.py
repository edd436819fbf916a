"""From a graph to DOT, the language of Graphviz: pure strings, no engine.

Two styles: `cards`, one card for each value with the operation folded into its header and the local
derivative on the edges, and `beads`, micrograd's habit, a bead for each value and one for each
operation.

    J.backward()
    print(cards(J, names.name_all(topological_order(J), locals())))

Whatever comes from the user, a label or a variable's name, passes through `clean` and then through
`markup` (between tags) or `quoted` (in an attribute): no name can end a string, start a tag, or be
read as one of Graphviz's own escapes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from autodiff.graph import Edge, Node

from . import style
from .names import Names, clean
from .reading import Reading, gradient, plain
from .style import LIGHT, Kind, Theme

NAME = "computation graph"
HEAD = f'digraph "{NAME}" {{\n'

# In front of the dark counterparts of the colours in the text, for pictures in both themes.
DARK_COMMENT = "// in the dark: "


# -- text from outside -----------------------------------------------------------------------------

def cut(text: str, width: int) -> str:
    """Return the text if it is at most so wide in half-width characters, else its start and …"""
    room = width
    for index, character in enumerate(text):
        room -= _width(character)
        if room < 0:
            return text[:index].rstrip() + "…"
    return text


def _width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def markup(text: str) -> str:
    """Escape for an HTML-like label, where Graphviz's own backslashes mean nothing."""
    for character, entity in ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"):
        text = text.replace(character, entity)
    return text


def quoted(text: str) -> str:
    """Return a DOT string for an attribute; its line breaks stay, its backslashes are doubled."""
    for character, escape in ("&", "&amp;"), ("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"):
        text = text.replace(character, escape)
    return f'"{text}"'


# -- the parts of a drawing ------------------------------------------------------------------------


def _attributes(**attributes: str | float) -> str:
    """Write attributes; a value in angle brackets is an HTML-like label."""
    return " ".join(
        f"{name}={value if str(value).startswith('<<') else quoted(str(value))}"
        for name, value in attributes.items()
    )


def _preamble(theme: Theme, rankdir: str, legend: bool) -> Iterator[str]:
    under = dict(label=_legend(theme, rankdir), labelloc="b") if legend else {}
    font = dict(fontname=style.FONT, fontsize=style.SIZE)
    graph = dict(rankdir=rankdir, bgcolor=theme.ground, pad=0.25, nodesep=0.22, ranksep=0.42)
    yield f"\tgraph [{_attributes(**graph, **font, **under)}]\n"
    yield f"\tnode [{_attributes(shape='plain', fontcolor=theme.muted, **font)}]\n"
    yield f"\tedge [{_attributes(arrowsize=0.7, fontcolor=theme.local, **font)}]\n"


def _legend(theme: Theme, rankdir: str) -> str:
    back = {"LR": "left", "RL": "right", "TB": "up", "BT": "down"}[rankdir]
    roles = {
        "blue: value": theme.value,
        "orange: gradient of the output": theme.gradient,
        f"×n: local derivative, multiply going {back}": theme.local,
    }
    texts = (f'<FONT COLOR="{ink}">{text}</FONT>' for text, ink in roles.items())
    return "<<BR/>" + f'<FONT COLOR="{theme.muted}"> · </FONT>'.join(texts) + ">"


def _edge(tail: str, head: str, **attributes: str | float) -> str:
    return f"\t{tail} -> {head} [{_attributes(**attributes)}]\n"


def _strength_of(edge: Edge, reading: Reading, theme: Theme) -> dict[str, str | float]:
    """Return an edge's colour and width: by what it contributes, warning of nan and inf."""
    contribution = plain(edge.contribution)
    strong = style.strength(contribution, reading.largest_contribution)
    bad = contribution is not None and contribution - contribution != 0.0
    color = theme.warning if bad else theme.edge_color(strong)
    return dict(color=color, penwidth=round(style.width(strong), 2))


# -- cards -----------------------------------------------------------------------------------------

# Engines set text a little high in its cell. A first line 3 points high brings it to the middle.
_LOWER = '<FONT POINT-SIZE="3"> <BR/></FONT>'


class _Row(NamedTuple):
    """A line of a card: a word, a number, and the ground under the number."""

    word: str
    number: str
    ink: str
    pill: str


def cards(
    root: Node,
    names: Names,
    theme: Theme = LIGHT,
    *,
    rankdir: str = "LR",
    legend: bool = False,
) -> str:
    """Return the graph as DOT, one card for each value."""
    reading = Reading(root, names)
    lines = [HEAD, *_preamble(theme, rankdir, legend)]
    for node in reading.nodes:
        rows = _value_row(node, theme), _gradient_row(node, reading.largest_gradient, theme)
        label = _card(reading, node, rows, theme)
        tooltip = reading.node_tooltip(node)
        lines.append(f"\t{reading.id(node)} [{_attributes(label=label, tooltip=tooltip)}]\n")
    for edge in reading.edges:
        local = plain(edge.local)
        tooltip = reading.edge_tooltip(edge)
        lines.append(
            _edge(
                reading.id(edge.parent),
                reading.id(edge.child),
                label="" if local is None else f"×{style.bracketed(style.number(local))}",
                **_strength_of(edge, reading, theme),
                tooltip=tooltip,
                labeltooltip=tooltip,
            )
        )
    return "".join([*lines, "}\n"])


def _value_row(node: Node, theme: Theme) -> _Row:
    value = float(node.data)
    pill = theme.warning_pill if value - value != 0.0 else ""
    return _Row("value", style.number(value), theme.value, pill)


def _gradient_row(node: Node, largest: float, theme: Theme) -> _Row:
    grad = gradient(node)
    if grad is None:
        return _Row("grad", style.NO_GRADIENT, theme.muted, "")
    pill = theme.tint(style.strength(grad, largest)) if grad else ""
    if grad - grad != 0.0:
        pill = theme.warning_pill
    return _Row("grad", style.number(grad), theme.gradient, pill)


def _card(reading: Reading, node: Node, rows: tuple[_Row, ...], theme: Theme) -> str:
    kind = reading.kind(node)
    colors = theme.kinds[kind]
    formula = cut(reading.formula(node), style.FORMULA_LENGTH)
    table = (
        f'<TABLE BORDER="1.2" STYLE="ROUNDED" COLOR="{colors.border}" BGCOLOR="{theme.card}" '
        'CELLBORDER="0" CELLSPACING="3" CELLPADDING="2">'
    )
    header = _header(reading.name(node), f"= {formula}" if formula else kind, colors)
    return f"<{table}{header}{''.join(_row(row) for row in rows)}</TABLE>>"


def _header(name: str, note: str, colors: Kind) -> str:
    # Engines without the font's widths give a subscript more room than it takes, and a Chinese
    # character less; so the gap after the one is narrower and after the other wider.
    gap = " " if name[-1] in "₀₁₂₃₄₅₆₇₈₉" else "  "
    shown = cut(name, style.NAME_LENGTH)
    return (
        f'<TR><TD COLSPAN="2" WIDTH="{style.CARD_WIDTH}" BGCOLOR="{colors.ground}" '
        f'STYLE="ROUNDED">{_LOWER}'
        f'<FONT POINT-SIZE="{style.NAME_SIZE}" COLOR="{colors.ink}">'
        f"<B>{markup(shown)}{_room(shown)}</B></FONT>"
        f'<FONT POINT-SIZE="{style.NOTE_SIZE}">{gap}{markup(note)}{_room(note)}</FONT></TD></TR>'
    )


def _room(text: str) -> str:
    """Return the spaces that wide characters need where they are measured too narrow."""
    return " " * (sum(_width(character) == 2 for character in text) // 2)


def _row(row: _Row) -> str:
    # The space in the number's size puts the word on the number's own line of writing.
    word = f'{_LOWER}{row.word}<FONT POINT-SIZE="{style.NUMBER_SIZE}">  </FONT>'
    pill = f' BGCOLOR="{row.pill}" STYLE="ROUNDED"' if row.pill else ""
    return (
        f'<TR><TD ALIGN="LEFT" BALIGN="LEFT">{word}</TD>'
        f'<TD ALIGN="RIGHT" BALIGN="RIGHT" WIDTH="{style.NUMBER_WIDTH}"{pill}>{_LOWER}'
        f'<FONT POINT-SIZE="{style.NUMBER_SIZE}" COLOR="{row.ink}"><B>{row.number}</B></FONT> '
        "</TD></TR>"
    )


# -- beads -----------------------------------------------------------------------------------------

_SYMBOLS = {"add": "+", "subtract": "-", "multiply": "×", "divide": "/", "power": "**", "negative": "-"}


def beads(
    root: Node,
    names: Names,
    theme: Theme = LIGHT,
    *,
    rankdir: str = "LR",
    legend: bool = False,
) -> str:
    """Return the graph as DOT in micrograd's habit: name | data | grad, and a bead per operation."""
    reading = Reading(root, names)
    lines = [HEAD, *_preamble(theme, rankdir, legend)]
    for node in reading.nodes:
        here = reading.id(node)
        tooltip = reading.node_tooltip(node)
        label = _bead(reading, node, theme)
        lines.append(f"\t{here} [{_attributes(label=label, tooltip=tooltip)}]\n")
        if node.primitive is None or node.is_leaf:
            continue
        symbol = clean(_SYMBOLS.get(node.primitive.name, node.primitive.name))
        colors = theme.kinds[reading.kind(node)]
        bead = dict(
            shape="circle" if len(symbol) < 3 else "ellipse",
            label=cut(symbol, style.NAME_LENGTH),
            style="filled",
            fillcolor=colors.ground,
            color=colors.border,
            fontcolor=colors.ink,
            fontsize=style.NAME_SIZE,
            margin="0.06,0.02",
            width=0.3,
            height=0.3,
            tooltip=tooltip,
        )
        lines.append(f"\t{here}_op [{_attributes(**bead)}]\n")
        lines.append(_edge(f"{here}_op", here, color=theme.edge))
        for index, operand in enumerate(node.inputs):
            if not isinstance(operand, Node):  # micrograd has a node for each constant
                constant = dict(label=style.number(operand), fontcolor=theme.muted, tooltip="constant")
                lines.append(f"\t{here}_{index} [{_attributes(**constant)}]\n")
                lines.append(_edge(f"{here}_{index}", f"{here}_op", color=theme.edge))
    for edge in reading.edges:
        tail, head = reading.id(edge.parent), f"{reading.id(edge.child)}_op"
        tooltip = reading.edge_tooltip(edge)
        lines.append(_edge(tail, head, **_strength_of(edge, reading, theme), tooltip=tooltip))
    return "".join([*lines, "}\n"])


def _bead(reading: Reading, node: Node, theme: Theme) -> str:
    colors = theme.kinds[reading.kind(node)]
    value = _value_row(node, theme)
    grad = _gradient_row(node, reading.largest_gradient, theme)
    name = cut(reading.name(node), style.NAME_LENGTH)
    cells = [
        f'<FONT POINT-SIZE="{style.NUMBER_SIZE}" COLOR="{colors.ink}"><B>{markup(name)}</B></FONT>'
        f"{_room(name)}"
    ] * bool(name)
    for row in (value._replace(word="data"), grad):
        number = f'<FONT COLOR="{row.ink}"><B>{row.number}</B></FONT>'
        cells.append(f"{row.word} {number}")
    return (
        f'<<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="5" '
        f'COLOR="{colors.border}" BGCOLOR="{theme.card}"><TR>'
        + "".join(f"<TD>{cell}</TD>" for cell in cells)
        + "</TR></TABLE>>"
    )


STYLES = {"beads": beads, "cards": cards}


# -- both themes in one picture --------------------------------------------------------------------

def with_dark(light: str, dark: str) -> str:
    """Return the light text with a comment that gives each of its colours the dark one.

    Both are the same graph in the same style, so their colours come in the same order.
    """
    pairs = dict(zip(_colors(light), _colors(dark)))
    return light.replace(HEAD, f"{HEAD}\t{DARK_COMMENT}{json.dumps(pairs)}\n", 1)


def _colors(text: str) -> list[str]:
    # Outside names and tooltips: a user's text may well hold something like a colour.
    return re.findall(r'[cC][oO][lL][oO][rR]="(#[0-9A-F]{6})"', text)
