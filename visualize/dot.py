"""DOT, the language of Graphviz, as far as the styles of drawing share it: strings, no engine.

    node("n0", label=Markup("<<B>a</B>>"), tooltip="a")     # n0 [label=<<B>a</B>> tooltip="a"]
    edge("n0", "n1", label="×2")                            # n0 -> n1 [label="×2"]

An attribute that is no `Markup` is escaped here; what is put into a `Markup` has been.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from autodiff.graph import Edge, Node

from . import style
from .names import Names
from .reading import Reading, plain
from .style import LIGHT, Theme
from .text import cut, markup, quoted

NAME = "computation graph"
HEAD = f'digraph "{NAME}" {{\n'


class Markup(str):
    """An HTML-like label, with its outer brackets: everything in it is escaped already."""

    __slots__ = ()


def node(name: str, **attributes: str | float) -> str:
    """Return the statement of a node."""
    return f"\t{name} [{_written(attributes)}]\n"


def edge(tail: str, head: str, **attributes: str | float) -> str:
    """Return the statement of an edge."""
    return f"\t{tail} -> {head} [{_written(attributes)}]\n"


def _written(attributes: dict[str, str | float]) -> str:
    return " ".join(f"{name}={_value(name, value)}" for name, value in attributes.items())


def _value(name: str, value: str | float) -> str:
    return value if isinstance(value, Markup) else quoted(str(value), tooltip="tooltip" in name)


def writer(
    statements: Callable[[Reading, Theme], Iterable[str]], *, nodesep: float, ranksep: float
) -> Callable[..., str]:
    """Return the function that writes a graph in the style that these statements are in."""

    def write(
        root: Node,
        names: Names,
        theme: Theme = LIGHT,
        *,
        rankdir: str = "LR",
        legend: bool = False,
    ) -> str:
        reading = Reading(root, names)
        body = statements(reading, theme)
        return picture(reading, body, theme, legend, rankdir, nodesep=nodesep, ranksep=ranksep)

    return write


def picture(
    reading: Reading,
    statements: Iterable[str],
    theme: Theme,
    legend: bool,
    rankdir: str,
    *,
    nodesep: float,
    ranksep: float,
    roles: Mapping[str, str] | None = None,
) -> str:
    """Return the whole text: what holds for all of the picture, then the nodes and edges.

    `roles` are further colours of the legend, each with what it says.
    """
    font: dict[str, str | float] = dict(fontname=style.FONT, fontsize=style.SIZE)
    graph = font | dict(rankdir=rankdir, nodesep=nodesep, ranksep=ranksep)
    graph |= dict(bgcolor=theme.ground, pad=0.25)
    if legend:
        graph |= dict(label=_legend(reading, theme, rankdir, roles or {}), labelloc="b")
    nodes = font | dict(shape="plain", fontcolor=theme.muted)
    edges = font | dict(arrowsize=0.7, fontcolor=theme.local)
    defaults = node("graph", **graph), node("node", **nodes), node("edge", **edges)
    return "".join([HEAD, *defaults, *statements, "}\n"])


def _legend(reading: Reading, theme: Theme, rankdir: str, more: Mapping[str, str]) -> Markup:
    root = markup(cut(reading.name(reading.root) or "the output", style.NAME_LENGTH))
    back = {"LR": "left", "RL": "right", "TB": "up", "BT": "down"}[rankdir]
    roles = {
        theme.value: "blue: value",
        theme.gradient: f"orange: gradient of {root}",
        theme.local: f"×n: local derivative, multiply going {back}",
        **more,
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

# In a comment, the colours of the light theme and what each of them is in the dark.
_IN_THE_DARK = "// in the dark:"


def with_dark(light: str, dark: str) -> str:
    """Return the light text with a comment that gives each of its colours the dark one.

    Both are the same graph in the same style, so their colours come in the same order.
    """
    pairs = dict(zip(_colors(light), _colors(dark)))
    comment = " ".join([_IN_THE_DARK, *(f"{a}>{b}" for a, b in pairs.items())])
    return light.replace(HEAD, f"{HEAD}\t{comment}\n", 1)


def in_the_dark(text: str) -> dict[str, str]:
    """Return the dark colours that `with_dark` has noted in a text; none in another."""
    found = re.search(
        rf"^\t{_IN_THE_DARK}((?: #[0-9A-F]{{6}}>#[0-9A-F]{{6}})+)$", text, re.MULTILINE
    )
    pairs = found[1].split() if found else []
    return {pair[:7]: pair[8:] for pair in pairs}


def _colors(text: str) -> list[str]:
    # Users' texts have no unescaped quotes, so what looks like a colour in them is not found.
    return re.findall(r'color="(#[0-9A-F]{6})"', text, re.IGNORECASE)
