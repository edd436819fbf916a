"""DOT, the language of Graphviz, as far as the styles of drawing share it: strings, no engine.

    node("n0", label=Markup("<<B>a</B>>"), tooltip="a")     # n0 [label=<<B>a</B>> tooltip="a"]
    edge("n0", "n1", label="×2")                            # n0 -> n1 [label="×2"]

Whatever comes from the user, a label or a variable's name, has passed `names.clean` and passes
`markup` (between tags) or `quoted` (in an attribute): no name can end a string, start a tag, or be
read as one of Graphviz's own escapes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable

from autodiff.graph import Edge

from . import style
from .reading import Reading, plain
from .style import Theme

NAME = "computation graph"
HEAD = f'digraph "{NAME}" {{\n'

# In front of the dark counterparts of the colours in the text, for pictures in both themes.
DARK_COMMENT = "// in the dark: "


# -- text from outside -----------------------------------------------------------------------------


class Markup(str):
    """An HTML-like label, with its outer brackets: everything in it is escaped already."""

    __slots__ = ()


def cut(text: str, width: int) -> str:
    """Return the text if it is at most so wide in half-width characters, else its start and …"""
    room = width
    for index, character in enumerate(text):
        room -= _width(character)
        if room < 0:
            return text[:index].rstrip() + "…"
    return text


def room(text: str) -> str:
    """Return the spaces that wide characters need, which some engines measure too narrow."""
    return " " * (sum(_width(character) == 2 for character in text) // 2)


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


def node(name: str, **attributes: str | float) -> str:
    """Return the statement of a node."""
    return f"\t{name} [{_written(attributes)}]\n"


def edge(tail: str, head: str, **attributes: str | float) -> str:
    """Return the statement of an edge."""
    return f"\t{tail} -> {head} [{_written(attributes)}]\n"


def _written(attributes: dict[str, str | float]) -> str:
    return " ".join(
        f"{name}={value if isinstance(value, Markup) else quoted(str(value))}"
        for name, value in attributes.items()
    )


def picture(
    reading: Reading,
    statements: Iterable[str],
    theme: Theme,
    legend: bool,
    rankdir: str,
    *,
    nodesep: float,
    ranksep: float,
) -> str:
    """Return the whole text: what holds for all of the picture, then the nodes and edges."""
    font: dict[str, str | float] = dict(fontname=style.FONT, fontsize=style.SIZE)
    graph = font | dict(rankdir=rankdir, nodesep=nodesep, ranksep=ranksep)
    graph |= dict(bgcolor=theme.ground, pad=0.25)
    if legend:
        graph |= dict(label=_legend(reading, theme, rankdir), labelloc="b")
    nodes = font | dict(shape="plain", fontcolor=theme.muted)
    edges = font | dict(arrowsize=0.7, fontcolor=theme.local)
    defaults = node("graph", **graph), node("node", **nodes), node("edge", **edges)
    return "".join([HEAD, *defaults, *statements, "}\n"])


def _legend(reading: Reading, theme: Theme, rankdir: str) -> Markup:
    root = markup(cut(reading.name(reading.root) or "the output", style.NAME_LENGTH))
    back = {"LR": "left", "RL": "right", "TB": "up", "BT": "down"}[rankdir]
    roles = {
        theme.value: "blue: value",
        theme.gradient: f"orange: gradient of {root}",
        theme.local: f"×n: local derivative, multiply going {back}",
    }
    texts = (f'<FONT COLOR="{ink}">{text}</FONT>' for ink, text in roles.items())
    return Markup("<<BR/>" + f'<FONT COLOR="{theme.muted}">  · </FONT>'.join(texts) + ">")


def look(edge: Edge, reading: Reading, theme: Theme) -> dict[str, str | float]:
    """Return an edge's colour and width: by what it contributes, warning of nan and inf."""
    contribution = plain(edge.contribution)
    strong = style.strength(contribution, reading.largest_contribution)
    bad = contribution is not None and contribution - contribution != 0.0
    color = theme.warning if bad else theme.edge_color(strong)
    return dict(color=color, penwidth=round(style.width(strong), 2))


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
