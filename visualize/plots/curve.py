"""A descent on a curve, as a still picture and as a film: the point, its tangent, and the step.

    def f(x):
        return 3 * x**2 + 4 * x + 5

    picture = descent_curve(f, slope, path=[10.0, 3.6, 1.04])   # slope(10.0) is 64.0
    picture.save("descent.png")     # or .svg: all updates in one picture
    picture.save("descent.gif")     # the point slides down the curve, with its tangent

This file says what there is to draw; `boards.py` and `panels.py` draw.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ..style import Theme
from .boards import Board, grid, shades
from .plot import FRAMES, Film, Plot, our_style, theme_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SLIDE, _QUICK, _HOLD, _END = 70, 400, 1200, 2600  # milliseconds


def descent_curve(
    f: Callable[[float], Any],
    slope: Callable[[float], Any],
    path: Sequence[float],
    *,
    rate: float | None = None,
    x: str = "x",
    y: str = "f(x)",
    title: str = "",
    view: tuple[float, float] | None = None,
    closeup: tuple[float, float] | None = None,
    target: float | None = None,
    theme: str = "light",
) -> Descent:
    """Draw a descent along `path`, the list of all x, on the curve of f, with tangents by `slope`.

    The picture shows itself in a notebook; `.save` writes it as .png or .svg, or as .gif: a film.
    `x` and `y` are what the axes are called; `rate` is the learning rate if the steps have one;
    `view` is the part of the x axis to draw, `closeup` a part of that to draw once more, larger;
    `target` is a height to mark.

    Raises ValueError for a path that is empty or not finite, ImportError without matplotlib.
    """
    look = theme_of("descent_curve", theme)
    points = [float(point) for point in path]
    if not points or not all(map(math.isfinite, points)):
        raise ValueError(
            f"descent_curve() got path={points!r}; expected at least one x, and all of them finite"
        )
    if view is None:
        room = 0.25 * ((max(points) - min(points)) or 1.0)
        view = min(points) - room, max(points) + room
    words = Words(x, y, title)
    return Descent(f, slope, points, rate, words, view, closeup, target, look)


def side_by_side(*descents: Descent, columns: int | None = None) -> Plot:
    """Draw several descents, each in a panel under its title, without cards.

    They stand in one row, or in rows of so many `columns`. Raises ValueError for none.
    """
    our_style()
    if not descents:
        raise ValueError("side_by_side() got nothing; expected some of descent_curve()")
    if columns is not None and (type(columns) is not int or columns < 1):
        raise ValueError(f"side_by_side() got columns={columns!r}; expected a whole number above 0")
    return _Grid(descents, min(columns or len(descents), len(descents)))


class Words(NamedTuple):
    """What the axes and the plot are called."""

    x: str
    y: str
    title: str


class Moment(NamedTuple):
    """One picture of a film: the point at x, after so many updates or on its way to the next."""

    update: int
    x: float
    milliseconds: int


@dataclass(frozen=True, eq=False, repr=False)
class Descent(Film):
    """A descent on a curve, made by `descent_curve`; as .gif it is a film."""

    f: Callable[[float], Any]
    slope: Callable[[float], Any]
    path: list[float]
    rate: float | None
    named: Words
    view: tuple[float, float]
    closeup: tuple[float, float] | None
    target: float | None
    theme: Theme

    def figure(self, update: int = -1) -> Figure:
        """Return a new matplotlib Figure of the descent after so many updates, else after all."""
        with our_style():
            board = Board(self)
            update %= len(self.path)
            return board.show(Moment(update, self.path[update], _HOLD))

    def moments(self, limit: int = FRAMES) -> list[Moment]:
        """Return the film: a picture after each update, and some of the slides between them.

        Of a path longer than the limit it shows every second update, or every third, and so on.
        """
        last = len(self.path) - 1
        stride = max(1, math.ceil(last / (limit - 1)))
        shown = [*range(0, last, stride), last]
        room = limit - len(shown)
        moments = []
        for update, following in pairwise(shown):
            x, goal = self.path[update], self.path[following]
            # The first steps take their time; later ones are known.
            hold = max(_HOLD - 200 * update, _QUICK) if stride == 1 else 2 * _SLIDE
            moments.append(Moment(update, x, hold))
            # Ten pictures for a step over a third of the view, none for one that cannot be seen.
            slides = min(10, round(30.0 * self._share_of_view(x, goal)), room)
            room -= slides
            for i in range(1, slides + 1):
                t = i / (slides + 1)
                moments.append(Moment(update, x + (goal - x) * t * t * (3.0 - 2.0 * t), _SLIDE))
        return [*moments, Moment(last, self.path[last], _END)]

    def _share_of_view(self, x: float, goal: float) -> float:
        views = [self.view]
        if self.closeup and all(self.closeup[0] <= end <= self.closeup[1] for end in (x, goal)):
            views.append(self.closeup)
        return abs(goal - x) / min(high - low for low, high in views)

    def frames(self) -> Iterator[tuple[Figure, int]]:
        """Yield the figure at each moment, and for how many milliseconds."""
        board = Board(self)
        for moment in self.moments():
            yield board.show(moment), moment.milliseconds

    def colors(self) -> list[int]:
        """Return the colours of the film."""
        return shades(self.theme)

    def words(self) -> str:
        """Return what the film shows."""
        return f"{self.named.title or self.named.y}: a point slides down the curve"


class _Grid(Plot):
    def __init__(self, descents: Sequence[Descent], columns: int) -> None:
        self.descents, self.columns = descents, columns

    def figure(self) -> Figure:
        with our_style():
            return grid(self.descents, self.columns)
