"""A panel of a plot: a pair of axes with a curve, a point on it, its tangent, and its steps.

Blue is a value: the curve, and the point on it. Orange-brown is a gradient: the tangent. Neutral
ink is a step: an arrow from x to the next x, and dots from its end to the curve. Hollow points and
grey arrows are the steps before.

Everything is drawn once and then moved to where it is at a moment, so a film is quickly made. Each
artist bears its name as `gid`: curve, target, frame, tangents, falls, past, fall, tangent, point,
step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .. import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.text import Annotation

    from .curve import Descent, Moment

_POINTS = 400  # of a curve
_APART = 0.08  # between two points with names, as a share of the view
_WORDS, _HEAD = 50.0, 7.0  # pixels: the shortest step that bears its number, or an arrow's head

_Line = tuple[tuple[float, float], tuple[float, float]]

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def subscript(name: str, update: int) -> str:
    """Return the name of x after so many updates: x₁₀."""
    return name + str(update).translate(_SUBSCRIPTS)


def number(x: float) -> str:
    """Write a number as the graphs do, with the minus sign of print."""
    return style.number(x).replace("-", "−")


class Panel:
    """A pair of axes with the curve, the point, its tangent, and the steps that led there."""

    def __init__(
        self,
        axes: Axes,
        descent: Descent,
        view: tuple[float, float],
        magnified: Axes | None = None,
    ) -> None:
        self.axes, self.descent, self.view = axes, descent, view
        self.small = magnified is not None
        self.heights = [float(descent.f(x)) for x in descent.path]
        theme = descent.theme
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(theme.edge)
        axes.tick_params(color=theme.edge, labelcolor=theme.muted, labelsize=9)
        axes.set_facecolor(theme.card)
        self._draw_curve()
        if magnified is None:
            self._name_axes()
        else:
            self._frame(magnified)
        dots = dict(marker="o", ls="none", mec=theme.value)
        self.tangents = self._line("tangents", theme.gradient, lw=0.9, zorder=3)
        self.falls = self._line("falls", theme.muted, lw=0.9, ls=":", zorder=3)
        self.past = self._line("past", theme.card, ms=4.5, zorder=4, **dots)
        self.fall = self._line("fall", theme.local, lw=1.2, ls=":", zorder=5)
        self.tangent = self._line("tangent", theme.gradient, lw=1.8, zorder=5)
        self.point = self._line("point", theme.value, ms=7, zorder=7, **dots)
        self.steps = [self._arrow(update) for update in range(len(descent.path) - 1)]
        self.words = [word for update in self._named() for word in self._words(update)]

    def show(self, moment: Moment) -> None:
        """Move everything to where it is at a moment."""
        path, update, theme = self.descent.path, moment.update, self.descent.theme
        self.point.set_data([moment.x], [float(self.descent.f(moment.x))])
        self.tangent.set_data(*_joined([self._tangent(moment.x)]))
        self.past.set_data(path[: update + 1], self.heights[: update + 1])
        worded = [i for i in range(update) if self._has_words(i)]
        self.tangents.set_data(*_joined(map(self._past_tangent, worded)))
        falls = [((x, y), (x, z)) for x, y, z in zip(path[1:], self.heights, self.heights[1:])]
        self.falls.set_data(*_joined(falls[:update]))
        self.fall.set_data(*_joined(falls[update : update + 1]))
        for i, arrow in enumerate(self.steps):
            arrow.set_visible(i <= update and self._length(i) > _HEAD)
            color, width, zorder = (theme.local, 1.4, 6) if i == update else (theme.muted, 0.9, 3)
            arrow.arrow_patch.set(color=color, lw=width)
            arrow.set_zorder(zorder)
        for i, word in self.words:
            word.set_visible(i <= update)

    # what stays where it is

    def _draw_curve(self) -> None:
        """Draw the curve and the target, and fix the axes to the curve."""
        axes, descent, (low, high) = self.axes, self.descent, self.view
        xs = [low + (high - low) * i / _POINTS for i in range(_POINTS + 1)]
        ys = [float(descent.f(x)) for x in xs]
        axes.plot(xs, ys, color=descent.theme.value, lw=2.0, gid="curve", zorder=2)
        bottom, top = min(filter(math.isfinite, ys)), max(filter(math.isfinite, ys))
        room = 0.1 * ((top - bottom) or 1.0)
        below = 2.5 if self.small else 1.5  # for the names of the points at the bottom
        axes.set(xlim=self.view, ylim=(bottom - below * room, top + room))
        if descent.target is not None:
            muted = descent.theme.muted
            axes.axhline(descent.target, color=muted, lw=1.0, ls="--", gid="target", zorder=1)
            at = low, descent.target
            self._word(f"target {number(descent.target)}", at, xytext=(5, 4), color=muted)

    def _name_axes(self) -> None:
        words, ink = self.descent.named, self.descent.theme.local
        self.axes.set_title(words.title, color=ink, fontsize=12, loc="left", pad=10)
        self.axes.set_xlabel(words.x, color=ink, fontsize=11)
        self.axes.set_ylabel(words.y, color=ink, fontsize=11)

    def _frame(self, magnified: Axes) -> None:
        """Say that this is a close-up, and frame what it shows in the axes that it magnifies."""
        muted, (low, high) = self.descent.theme.muted, self.view
        self.axes.set_title("close-up", color=muted, fontsize=9, loc="left", pad=4)
        self.axes.locator_params(nbins=4)
        bottom, top = self.axes.get_ylim()
        corners = [low, high, high, low, low], [bottom, bottom, top, top, bottom]
        magnified.plot(*corners, color=muted, lw=0.8, gid="frame", zorder=2)

    def _line(self, gid: str, color: str, **options: Any) -> Line2D:
        (line,) = self.axes.plot([], [], gid=gid, color=color, **options)
        return line

    def _arrow(self, update: int) -> Any:
        start, end = self.descent.path[update : update + 2]
        y = self.heights[update]
        look = dict(arrowstyle="-|>,head_width=0.22,head_length=0.5", shrinkA=0, shrinkB=0)
        arrow: Any = self.axes.annotate(
            "", (end, y), (start, y), gid="step", arrowprops=look, annotation_clip=False
        )
        arrow.arrow_patch.set_clip_box(self.axes.bbox)
        return arrow

    # words

    def _named(self) -> Iterator[int]:
        """Yield the updates whose points bear names: the first ones with room, and the last."""
        path, (low, high) = self.descent.path, self.view
        named: list[float] = []
        for update, x in enumerate(path):
            worthy = self.small or update in (0, len(path) - 1) or self._has_words(update)
            if worthy and low <= x <= high:
                if all(abs(x - other) > _APART * (high - low) for other in named):
                    named.append(x)
                    yield update
                elif self.small:
                    return

    def _words(self, update: int) -> Iterator[tuple[int, Annotation]]:
        """Yield the words at one point, with its update: its name, and its slope and step."""
        descent, theme = self.descent, self.descent.theme
        x, y = descent.path[update], self.heights[update]
        slope = float(descent.slope(x))
        outward = 1 if slope > 0.0 else -1  # away from the valley
        beside = dict(ha="left" if slope > 0.0 else "right", va="top")
        name = subscript(descent.named.x, update)
        look = dict(color=theme.value, fontweight="bold", **beside)
        yield update, self._word(name, (x, y), xytext=(6 * outward, -4), **look)
        if not self._has_words(update):
            return
        step = descent.path[update + 1] - x
        text = f"{'' if update else 'step '}{number(step)}"
        above = dict(xytext=(0, 4), ha="center")
        yield update, self._word(text, (x + 0.5 * step, y), color=theme.local, **above)
        lower, upper = sorted(self._tangent(x), key=lambda end: end[1])
        bottom, top = self.axes.get_ylim()
        end = lower if lower[1] > bottom + 0.25 * (top - bottom) else upper
        text = f"{'' if update else 'slope '}{number(slope)}"
        look = dict(color=theme.gradient, **beside)
        yield update, self._word(text, end, xytext=(5 * outward, -2), **look)

    def _word(self, text: str, at: tuple[float, float], **look: Any) -> Annotation:
        return self.axes.annotate(
            text, at, textcoords="offset points", fontsize=9, zorder=8, **look
        )

    def _has_words(self, update: int) -> bool:
        """Tell whether a step is long enough for its number, and none before it turned back."""
        path = self.descent.path
        if self.small or update > len(path) - 2 or self._length(update) < _WORDS:
            return False
        steps = [path[i + 1] - path[i] for i in range(update + 1)]
        return all(step * steps[0] > 0.0 for step in steps)

    # lengths and tangents

    def _length(self, update: int) -> float:
        """Return the length of a step in pixels."""
        start, end = self.descent.path[update : update + 2]
        low, high = self.view
        return abs(end - start) / (high - low) * float(self.axes.bbox.width)

    def _tangent(self, x: float) -> _Line:
        """Return the ends of the tangent at x, equally long on the screen at every slope."""
        y, slope, box = float(self.descent.f(x)), float(self.descent.slope(x)), self.axes.bbox
        (left, right), (bottom, top) = self.axes.get_xlim(), self.axes.get_ylim()
        across = float(box.width) / (right - left)
        up = float(box.height) / (top - bottom) * slope
        reach = 0.15 * float(box.width) / math.hypot(across, up)
        return (x - reach, y - reach * slope), (x + reach, y + reach * slope)

    def _past_tangent(self, update: int) -> _Line:
        """Return the ends of an earlier tangent; with a target, it goes as far as the step."""
        start, end = self.descent.path[update : update + 2]
        if self.descent.target is None:
            return self._tangent(start)
        y, slope = self.heights[update], float(self.descent.slope(start))
        return (start, y), (end, y + (end - start) * slope)


def _joined(lines: Iterable[_Line]) -> tuple[list[float], list[float]]:
    """Return the coordinates of separate lines as those of one, with a gap after each."""
    xs: list[float] = []
    ys: list[float] = []
    for (x0, y0), (x1, y1) in lines:
        xs += [x0, x1, math.nan]
        ys += [y0, y1, math.nan]
    return xs, ys
