"""A whole plot: where its panels lie, the card of numbers beside them, and a film's colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import style
from .panels import Panel, number, subscript

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..style import Theme
    from .curve import Descent, Moment

DPI = 100


class Board:
    """The drawing of one descent: its curve, the card of its numbers, and perhaps a close-up."""

    def __init__(self, descent: Descent) -> None:
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(7.2, 4.2), dpi=DPI, facecolor=descent.theme.ground)
        main = self.figure.add_axes((0.09, 0.125, 0.55, 0.78))
        self._parts: list[Panel | Card] = [Panel(main, descent, descent.view)]
        self._parts.append(Card(self.figure.add_axes((0.69, 0.5, 0.29, 0.42)), descent))
        if descent.closeup:
            axes = self.figure.add_axes((0.735, 0.125, 0.245, 0.26))
            self._parts.append(Panel(axes, descent, descent.closeup, magnified=main))

    def show(self, moment: Moment) -> Figure:
        """Draw a moment, and return the figure."""
        for part in self._parts:
            part.show(moment)
        return self.figure


def grid(descents: Sequence[Descent], columns: int) -> Figure:
    """Return a figure with a panel for each descent, after all its updates."""
    from matplotlib.figure import Figure

    rows = -(-len(descents) // columns)
    size = 4.25 * columns, 3.75 * rows
    figure = Figure(figsize=size, dpi=DPI, facecolor=descents[0].theme.ground)
    for i, descent in enumerate(descents):
        row, column = divmod(i, columns)
        left, bottom = (column + 0.17) / columns, 1.0 - (row + 0.86) / rows
        axes = figure.add_axes((left, bottom, 0.8 / columns, 0.74 / rows))
        Panel(axes, descent, descent.view).show(descent.moments()[-1])
    return figure


class Card:
    """The numbers of a moment, on a card like those of the graphs."""

    def __init__(self, axes: Axes, descent: Descent) -> None:
        from matplotlib.patches import FancyBboxPatch

        axes.set(xlim=(0, 100), ylim=(0, 100))
        axes.axis("off")
        self.descent, theme, words = descent, descent.theme, descent.named
        kind = theme.kinds["input"]

        def box(x: float, y: float, width: float, height: float, **look: Any) -> FancyBboxPatch:
            round_: dict[str, Any] = dict(
                boxstyle="round,pad=0,rounding_size=5", mutation_aspect=1.25
            )
            patch = FancyBboxPatch((x, y), width, height, clip_on=False, **round_, **look)
            axes.add_patch(patch)
            return patch

        def text(x: float, y: float, words: str, color: str, **look: Any) -> Any:
            return axes.text(x, y, words, color=color, va="center_baseline", **look)

        box(0, 0, 100, 100, fc=theme.card, ec=kind.border, lw=1.2)
        box(4, 79, 92, 17, fc=kind.ground, ec="none")
        self.pill = box(40, 24, 56, 16, fc=theme.card, ec="none")
        self.name = text(10, 87, "", kind.ink, fontsize=13, fontweight="bold")
        self.note = text(93, 87, "", theme.muted, fontsize=9.5, ha="right")
        rows = [
            (67, words.x, theme.value),
            (49.5, words.y, theme.value),
            (32, "slope", theme.gradient),
        ]
        for y, word, _ in rows:
            text(8, y, word, theme.muted, fontsize=10.5)
        bold: dict[str, Any] = dict(fontsize=11.5, ha="right", fontweight="bold")
        self.numbers = [text(92, y, "", ink, **bold) for y, _, ink in rows]
        self.rule = text(50, 12, "", theme.local, fontsize=9.5, ha="center")
        self.largest = style.largest(float(descent.slope(x)) for x in descent.path)

    def show(self, moment: Moment) -> None:
        """Write the numbers of a moment."""
        descent, x = self.descent, moment.x
        slope = float(descent.slope(x))
        for text, content in zip(self.numbers, (x, float(descent.f(x)), slope)):
            text.set_text(number(content))
        self.pill.set_facecolor(descent.theme.tint(style.strength(slope, self.largest)))
        sliding = x != descent.path[moment.update]
        name = descent.named.x
        self.name.set_text(name if sliding else subscript(name, moment.update))
        self.note.set_text(_note(moment.update, sliding))
        self.rule.set_text(self._rule(moment.update))

    def _rule(self, update: int) -> str:
        """Return how the next x comes about: x₁ = 10 − 0.1 × 64 = 3.6."""
        path, rate = self.descent.path, self.descent.rate
        if update == len(path) - 1:
            return "" if rate is None else f"learning rate {number(rate)}"
        x, following = map(number, path[update : update + 2])
        name = subscript(self.descent.named.x, update + 1)
        if rate is None:
            return f"next: {name} = {following}"
        slope = number(float(self.descent.slope(path[update])))
        factor = f"({slope})" if slope.startswith("−") else slope
        return f"{name} = {x} − {number(rate)} × {factor}\n= {following}"


def _note(update: int, sliding: bool) -> str:
    if sliding:
        return f"update {update + 1}"
    return "the start" if update == 0 else f"after {update} update{'s' * (update > 1)}"


def shades(theme: Theme, others: Sequence[str] = ()) -> list[int]:
    """Return a film's colours as red, green, blue, red …: each ink, as it fades into its ground.

    `others` come first; of all there are at most 256.
    """
    kind = theme.kinds["input"]
    inks = theme.value, theme.gradient, theme.local, theme.muted, theme.edge, kind.border
    fades = [
        *((theme.ground, ink) for ink in inks),
        *((kind.ground, ink) for ink in (kind.ink, theme.muted)),
        *((pill, theme.gradient) for pill in (theme.faintest_pill, theme.strongest_pill)),
        (theme.faintest_pill, theme.strongest_pill),
        (theme.ground, theme.card),
    ]
    faded = (style.mix(*fade, i / 6) for fade in fades for i in range(7))
    colors = list(dict.fromkeys([*others, *faded]))[:256]
    return [int(color[i : i + 2], 16) for color in colors for i in (1, 3, 5)]
