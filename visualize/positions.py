"""Where the cards of the page go: the layout engine is asked, and its JSON is read.

    places = positions(["0", "1"], [(0, 1, "x2")], width=150.0)
    places.cards[0]         # (8.0, 8.0): the corner of card 0, in points, y downwards
    places.curves[0]        # the points of a curve from card 0 to card 1
    places.labels[0]        # the middle of the label "x2"

All cards have one size, so no text of the user's goes to the engine, and no width is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from . import style
from .layout import convert

HEIGHT = 92.0  # of a card
MARGIN = 12.0  # around the picture

Point = tuple[float, float]


class Places(NamedTuple):
    """The size of a picture, the corners of its cards, its curves, labels and frames.

    A curve is a start and three points for each piece, as in SVG; a frame is x, y, width, height.
    """

    size: Point
    cards: dict[int, Point]
    curves: dict[int, list[Point]]
    labels: dict[int, Point]
    frames: dict[int, tuple[float, float, float, float]]


def _gap(cards: int, edges: int) -> float:
    """Return the room between columns, in inches: more where many edges run side by side."""
    return 1.8 if edges > 4 * cards else 0.5 if edges else 0.3


def positions(
    cards: Sequence[int],
    edges: Mapping[int, tuple[int, int, str]],
    width: float,
    frames: Mapping[int, Sequence[int]],
) -> Places:
    """Place these cards, the edges between them with their labels, and frames around some."""
    lines = [
        "digraph {",
        f"rankdir=LR nodesep=0.24 ranksep={_gap(len(cards), len(edges))}",
        f'node [shape=box fixedsize=true label="" width={width / 72} height={HEIGHT / 72}]',
        f'edge [arrowhead=none fontname="{style.FONT}" fontsize=13]',
    ]
    for k, members in frames.items():
        inside = " ".join(f"n{card}" for card in members)
        lines.append(f'subgraph cluster_{k} {{label=" " fontsize=12 margin=12 k={k} {inside}}}')
    lines += [f"n{card}" for card in cards]
    for number, (tail, head, label) in edges.items():
        label = f' label="{label}"' if label else ""
        lines.append(f"n{tail} -> n{head} [k={number}{label}]")
    drawn = json.loads(convert("\n".join([*lines, "}"]), "json0"))
    left, bottom, right, top = map(float, drawn["bb"].split(","))
    # y goes up in the engine; what it draws may begin anywhere
    dx, dy = MARGIN - left, top + MARGIN

    def point(text: str) -> Point:
        x, y = map(float, text.split(",")[-2:])
        return round(x + dx, 1), round(dy - y, 1)

    objects = drawn.get("objects", [])
    centres = {int(o["name"][1:]): point(o["pos"]) for o in objects if "pos" in o}
    found: dict[int, tuple[float, float, float, float]] = {}
    for o in objects:
        if "k" in o and "bb" in o:
            x0, y0, x1, y1 = map(float, o["bb"].split(","))
            found[int(o["k"])] = (x0 + dx, dy - y1, x1 - x0, y1 - y0)
    drawn_edges = drawn.get("edges", [])
    return Places(
        (right - left + 2 * MARGIN, top - bottom + 2 * MARGIN),
        {card: (x - width / 2, y - HEIGHT / 2) for card, (x, y) in centres.items()},
        {int(e["k"]): [point(p) for p in e["pos"].split()] for e in drawn_edges},
        {int(e["k"]): point(e["lp"]) for e in drawn_edges if "lp" in e},
        found,
    )
