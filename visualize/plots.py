"""Plots: a descent on a curve, as a still picture and as a film, in the colours of the graphs.

    def f(x):
        return 3 * x**2 + 4 * x + 5

    picture = descent_curve(f, slope, path=[10.0, 3.6, 1.04])   # slope(10.0) is 64.0
    picture.save("descent.png")     # or .svg: all updates in one picture
    picture.save("descent.gif")     # the point slides down the curve, with its tangent

This file says what there is to draw, and writes it; `boards.py` and `panels.py` draw. matplotlib is
imported inside the functions, and without pyplot: no window, no global figure, nothing of the
reader's own style, and the same picture at every run.
"""

from __future__ import annotations

import base64
import io
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .boards import Board, row, shades
from .style import THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRAMES = 40  # of a film, at the most

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
    _our_style()
    points = [float(point) for point in path]
    if not points or not all(map(math.isfinite, points)):
        raise ValueError(
            f"descent_curve() got path={points!r}; expected at least one x, and all of them finite"
        )
    if theme not in ("light", "dark"):
        raise ValueError(f"descent_curve() got theme={theme!r}; expected 'light' or 'dark'")
    if view is None:
        room = 0.25 * ((max(points) - min(points)) or 1.0)
        view = min(points) - room, max(points) + room
    words = Words(x, y, title)
    return Descent(f, slope, points, rate, words, view, closeup, target, THEMES[theme])


def side_by_side(*descents: Descent) -> Plot:
    """Draw several descents in one row, each in a panel under its title, without cards."""
    _our_style()
    if not descents:
        raise ValueError("side_by_side() got nothing; expected some of descent_curve()")
    return _Row(descents)


class Plot:
    """A plot that can be saved as .png or .svg, and shows itself in a notebook."""

    def figure(self) -> Figure:
        """Return a new matplotlib Figure of it, which is yours to change."""
        raise NotImplementedError

    def save(self, filename: str | os.PathLike[str]) -> str:
        """Write the plot in the format of the file's ending, and return the file's path.

        Raises ValueError for an ending that it cannot write.
        """
        path, writers = Path(filename), self._writers()
        if path.suffix.lower() not in writers:
            raise ValueError(
                f"cannot write {path}: unknown ending {path.suffix!r}; expected one of"
                f' {", ".join(writers)}, e.g. .save("{path.stem}.png")'
            )
        content = writers[path.suffix.lower()]()  # if this fails, an older file stays as it was
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def _writers(self) -> dict[str, Callable[[], bytes]]:
        return {".png": self._repr_png_, ".svg": self._svg}

    def _repr_png_(self) -> bytes:
        return self._still("png", dpi=200, metadata={"Software": None})

    def _svg(self) -> bytes:
        unwanted = ("Creator", "Date", "Format", "Type")  # they differ from day to day
        return self._still("svg", metadata=dict.fromkeys(unwanted))

    def _still(self, format: str, **options: Any) -> bytes:
        file = io.BytesIO()
        with _our_style():
            self.figure().savefig(file, format=format, **options)
        return file.getvalue()


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


@dataclass(frozen=True, eq=False)
class Descent(Plot):
    """A descent on a curve, made by `descent_curve`; as .gif it is a film."""

    f: Callable[[float], Any]
    slope: Callable[[float], Any]
    path: list[float]
    rate: float | None
    words: Words
    view: tuple[float, float]
    closeup: tuple[float, float] | None
    target: float | None
    theme: Theme

    def figure(self, update: int = -1) -> Figure:
        """Return a new matplotlib Figure of the descent after so many updates, else after all."""
        with _our_style():
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

    def _writers(self) -> dict[str, Callable[[], bytes]]:
        return {**super()._writers(), ".gif": self._film}

    def _film(self) -> bytes:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from PIL import Image

        moments, pictures, file = self.moments(), [], io.BytesIO()
        with _our_style():
            board = Board(self)
            canvas = FigureCanvasAgg(board.figure)
            size = canvas.get_width_height()
            for moment in moments:
                board.show(moment)
                canvas.draw()
                pixels = Image.frombytes("RGBA", size, bytes(canvas.buffer_rgba()))
                pictures.append(pixels.convert("RGB"))
        # One list of colours for all pictures, or the film would flicker.
        palette = Image.new("P", (1, 1))
        palette.putpalette(shades(self.theme))
        plain = Image.Dither.NONE
        frames = [picture.quantize(palette=palette, dither=plain) for picture in pictures]
        durations = [moment.milliseconds for moment in moments]
        frames[0].save(
            file, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0
        )
        return file.getvalue()

    def _repr_html_(self) -> str:
        words = f"{self.words.title or self.words.y}: a point slides down the curve"
        film = base64.b64encode(self._film()).decode()
        return f'<img alt="{escape(words)}" src="data:image/gif;base64,{film}">'


class _Row(Plot):
    def __init__(self, descents: Sequence[Descent]) -> None:
        self.descents = descents

    def figure(self) -> Figure:
        with _our_style():
            return row(self.descents)


def _our_style() -> Any:
    """Return a context in which matplotlib forgets the reader's own style, or say how to get it."""
    try:
        import matplotlib.style
    except ImportError as error:
        raise ImportError(
            "plots need matplotlib, which is not installed here. In the checkout of this project:"
            '\n    pip install ".[plot]"\nGraphs, as by draw(J), do not need it.'
        ) from error
    ours = {"svg.hashsalt": "autodiff", "font.family": "DejaVu Sans"}  # the font it comes with
    return matplotlib.style.context(["default", ours])
