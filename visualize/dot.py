"""DOT, the language of Graphviz, as far as the styles of drawing share it: strings, no engine.

    node("n0", label=Markup("<<B>a</B>>"), tooltip="a")     # n0 [label=<<B>a</B>> tooltip="a"]
    edge("n0", "n1", label="×2")                            # n0 -> n1 [label="×2"]

An attribute that is no `Markup` is escaped here; what is put into a `Markup` has been.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from autodiff.graph import Edge, Node

from . import style
from .names import Names
from .parts import Part
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
    statements: Callable[[Reading, Theme], Iterable[str]],
    *,
    nodesep: float,
    ranksep: float,
    roles: Mapping[str, str] | None = None,
) -> Callable[..., str]:
    """Return the function that writes a graph in the style that these statements are in."""

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
        reading = Reading(root, names, part and part.nodes)
        body = [*statements(reading, theme), *stubs(reading, part, theme)]
        return picture(
            reading,
            body,
            theme,
            legend,
            rankdir,
            nodesep=nodesep,
            ranksep=ranksep,
            roles=roles,
            caption=caption,
        )

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
    caption: str = "",
    straight: bool = False,
) -> str:
    """Return the whole text: what holds for all of the picture, then the nodes and edges.

    `roles` are what the colours of the legend say where it differs: "value", "gradient", "local" or
    a kind of card, each with its words, {} being the root. The caption stands above the legend.
    Edges are curves, or lines if `straight`.
    """
    font: dict[str, str | float] = dict(fontname=style.FONT, fontsize=style.SIZE)
    graph = font | dict(rankdir=rankdir, nodesep=nodesep, ranksep=ranksep)
    graph |= dict(bgcolor=theme.ground, pad=0.25)
    graph |= dict(splines="line") if straight else {}
    lines = [f'<FONT COLOR="{theme.muted}">{markup(caption)}</FONT>'] * bool(caption)
    lines += [_legend(reading, theme, rankdir, roles or {})] * legend
    if lines:
        graph |= dict(label=Markup(f"<<BR/>{'<BR/>'.join(lines)}>"), labelloc="b")
    nodes = font | dict(shape="plain", fontcolor=theme.muted)
    edges = font | dict(arrowsize=0.7, fontcolor=theme.local)
    defaults = node("graph", **graph), node("node", **nodes), node("edge", **edges)
    return "".join([HEAD, *defaults, *statements, "}\n"])


def stubs(reading: Reading, part: Part | None, theme: Theme) -> Iterator[str]:
    """Yield the dashed stubs at the rim of a part: +37 more."""
    for number, (near, missing, after) in enumerate(part.stubs if part else ()):
        stub, card = f"s{number}", reading.id(near)
        which = "made from" if after else "operands of"
        tooltip = f"{missing} more {which} {reading.name(near)}"
        look = dict(shape="box", style="rounded,dashed", color=theme.edge, margin="0.1,0.04")
        yield node(stub, label=f"+{missing} more", tooltip=tooltip, height=0.3, **look)
        ends = (card, stub) if after else (stub, card)
        yield edge(*ends, style="dashed", color=theme.edge, arrowsize=0.5, tooltip=tooltip)


def _legend(reading: Reading, theme: Theme, rankdir: str, more: Mapping[str, str]) -> str:
    root = markup(cut(reading.name(reading.root) or "the output", style.NAME_LENGTH))
    back = {"LR": "left", "RL": "right", "TB": "up", "BT": "down"}[rankdir]
    roles = {
        "value": "blue: value",
        "gradient": "orange: gradient of {}",
        "local": f"×n: local derivative, multiply going {back}",
        **more,
    }
    inks = dict(value=theme.value, gradient=theme.gradient, local=theme.local)
    texts = (
        f'<FONT COLOR="{inks.get(role) or theme.kinds[role].ink}">{text.format(root)}</FONT>'
        for role, text in roles.items()
        if text
    )
    return f'<FONT COLOR="{theme.muted}">  · </FONT>'.join(texts)


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
