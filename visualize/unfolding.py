"""What is inside a folded neuron: a panel of cards that the page opens in the neuron's place.

    ┌ neuron n₁ ──────────────────────┐
    │ [w[0]] ─┐                       │   a card for each parameter, in columns,
    │ [w[1]] ─┼─→ [sum] ──→ [output]  │   then the weighted sum, and the output
    │ [b]    ─┘     ↑                 │
  ──┼───────────────┘                 │   below them the way of the inputs to the sum
    └─────────────────────────────────┘

No engine is asked, as all panels have this form. The output's card is the one that stands in the
folded picture: on opening, the page moves it into the panel and makes room around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from . import fitting
from .networks import Neuron
from .positions import HEIGHT, Point

if TYPE_CHECKING:
    from .scene import Scene

GAP, TALL = 12.0, 6  # between the parameters, and how many are in a column
SIDE, TITLE = 18.0, 36.0  # around the cards, and over them
AISLE = 70.0  # before the sum, and before the output


class Panel:
    """The inside of one neuron, from its own corner (0, 0)."""

    def __init__(self, scene: Scene, k: int, neuron: Neuron) -> None:
        self.scene, self.k, self.neuron = scene, k, neuron
        width, count = scene.width, len(neuron.parameters)
        columns = -(-count // TALL)
        rows = min(count, TALL)
        self.corners: list[Point] = [
            (SIDE + (i // TALL) * (width + GAP), TITLE + (i % TALL) * (HEIGHT + GAP))
            for i in range(count)
        ]
        self.inlet = TITLE + rows * (HEIGHT + GAP) + 10.0
        x, y = SIDE + columns * (width + GAP) + AISLE, self.inlet - HEIGHT * 0.75
        self.total = x, y
        self.out = self.total if neuron.is_linear else (x + width + AISLE, y)
        self.size = self.out[0] + width + SIDE, self.inlet + HEIGHT * 0.25 + SIDE

    def facts(self) -> dict[str, Any]:
        """Return what the page has to know to open it."""
        number = self.scene.script.number
        return {
            "n": number[id(self.neuron.out)],
            "p": [number[id(leaf)] for leaf in self.neuron.parameters],
            "size": self.size,
            "out": self.out,
        }

    def ground(self) -> str:
        """Return the panel itself, with a title that folds it again."""
        wide, high = self.size
        name = self.scene.reading.name(self.neuron.out)
        title = escape(shortened(f"neuron {name}", wide - 60.0, 12.0))
        return (
            f'<g class="in" data-k="{self.k}"><rect class="frame open" width="{wide:.0f}" '
            f'height="{high:.0f}"/><g class="close" tabindex="0" role="button" '
            f'aria-label="fold {escape(name)}"><rect x="7" y="7" width="{wide - 14:.0f}" '
            f'height="24" rx="6"/><text class="frame" x="18" y="23">{title}</text>'
            f'<path d="M{wide - 24:.0f} 19h10"/></g></g>'
        )

    def edges(self) -> str:
        """Return the curves inside, and the line on which the inputs come."""
        return self._group("".join(self._curves()))

    def _curves(self) -> Iterator[str]:
        scene, width, (x, y) = self.scene, self.scene.width, self.total
        number = scene.script.edge_numbers
        count, key = len(self.neuron.weights), id(self.neuron.total)
        for i, (left, top) in enumerate(self.corners):
            argnum = i if i < count else 2 * count
            start, end = (left + width, top + HEIGHT / 2), (x, y + 12 + 4 * min(i, 8))
            yield scene.edge(number[key, argnum], _swing(start, end))
        yield f'<path class="e constant" d="M0 {self.inlet:g}H{x:g}"/>'
        if not self.neuron.is_linear:
            place = next(i for i, node in enumerate(self.neuron.out.inputs) if id(node) == key)
            start, end = (x + width, y + HEIGHT / 2), (self.out[0], y + HEIGHT / 2)
            yield scene.edge(number[id(self.neuron.out), place], _swing(start, end))

    def cards(self) -> str:
        """Return the cards of the parameters and of the sum."""
        cards = [
            self.scene.card(leaf, corner)
            for leaf, corner in zip(self.neuron.parameters, self.corners)
        ]
        if not self.neuron.is_linear:
            cards.append(self.scene.card(self.neuron.total, self.total))
        return self._group("".join(cards))

    def _group(self, inside: str) -> str:
        return f'<g class="in" data-k="{self.k}">{inside}</g>'


def hidden_in(neurons: Iterable[Neuron]) -> set[int]:
    """Return the ids of the nodes that have no cards of their own while these are folded."""
    hidden: set[int] = set()
    for neuron in neurons:
        hidden |= {id(node) for node in (*neuron.parameters, neuron.total)} - {id(neuron.out)}
    return hidden


def _swing(start: Point, end: Point) -> list[Point]:
    """Return a curve that leaves and arrives level."""
    (x0, y0), (x1, y1) = start, end
    bend = max(24.0, (x1 - x0) / 2)
    return [start, (x0 + bend, y0), (x1 - bend, y1), end]


# -- text in a given room --------------------------------------------------------------------------


def measure(text: str, size: float, bold: bool = False) -> float:
    """Return about how wide a text is, in points."""
    return sum(fitting.width(c, size, bold) or 0.72 * size for c in text)


def shortened(text: str, room: float, size: float, bold: bool = False) -> str:
    """Return the text if it has room, else its start and …"""
    wide, fits = 0.0, 0  # how many characters leave room for …
    for place, character in enumerate(text, 1):
        wide += measure(character, size, bold)
        if wide + size <= room:
            fits = place
        if wide > room:
            return text[:fits].rstrip() + "…"
    return text
