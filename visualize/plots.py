"""Plots: a descent on a curve, as a still picture and as a film, in the colours of the graphs.

    def f(x):
        return 3 * x**2 + 4 * x + 5

    picture = descent_curve(f, slope, path=[10.0, 3.6, 1.04])   # slope(10.0) is 64.0
    picture.save("descent.png")     # or .svg: all updates in one picture
    picture.save("descent.gif")     # the point slides down the curve, with its tangent

Blue is a value: the curve and the point on it. Orange-brown is a gradient: the tangent. Neutral ink
is a step: an arrow from each x to the next, and a dotted line from its end to the curve.

matplotlib is imported inside the functions, and without pyplot: no window, no global figure, no
style of the reader's own, and the same picture at every run.
"""

from __future__ import annotations

import base64
import io
import math
import os
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .style import THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Function = Callable[[float], Any]

FRAMES = 40  # in a film, at the most
SHARES = 64  # a film's colours
INCH = 100  # pixels

_GRID = 400  # points of a curve
_SLIDE, _HOLD, _END = 70, 900, 2600  # milliseconds
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def descent_curve(
    f: Function,
    slope: Function,
    path: Sequence[float],
    *,
    rate: float | None = None,
    x: str = "x",
    y: str = "f(x)",
    title: str = "",
    view: tuple[float, float] | None = None,
    closeup: tuple[float, float] | None = None,
    theme: str = "light",
) -> DescentCurve:
    """Draw a descent along `path`, the list of all x, on the curve of f, with tangents by `slope`.

    The picture shows itself in a notebook; `.save` writes it as .png or .svg, or as .gif: a film.
    `x` and `y` are what the axes are called, `rate` is the learning rate if the steps have one,
    `view` the part of the x axis to draw, `closeup` a part of it to draw larger beside.

    Raises ValueError for an empty path, ImportError where matplotlib is missing.
    """
    _matplotlib()
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
    return DescentCurve(f, slope, points, rate, words, view, closeup, THEMES[theme])


def side_by_side(*pictures: DescentCurve) -> Plot:
    """Draw several descents in one row, each in a panel under its title, without their cards."""
    from matplotlib.figure import Figure

    if not pictures:
        raise ValueError("side_by_side() got no picture; expected some of descent_curve()")

    def build() -> Figure:
        theme = pictures[0].theme
        figure = Figure(figsize=(3.9 * len(pictures), 3.5), dpi=INCH, facecolor=theme.ground)
        for axes, picture in zip(figure.subplots(1, len(pictures), squeeze=False)[0], pictures):
            _Panel(axes, picture, picture.view).show(picture.last)
        figure.tight_layout(pad=1.2, w_pad=2.4)
        return figure

    return Plot(build, "; ".join(picture.description for picture in pictures))


class Plot:
    """A plot that can be saved as .png or .svg and shows itself in a notebook."""

    def __init__(self, build: Callable[[], Figure], description: str) -> None:
        self._build = build
        self.description = description

    def figure(self) -> Figure:
        """Return a new matplotlib Figure of it, to be changed at will."""
        with _our_style():
            return self._build()

    def save(self, filename: str | os.PathLike[str]) -> str:
        """Write the plot in the format of the file's ending, and return the file's path.

        Raises ValueError for an ending that it cannot write.
        """
        path = Path(filename)
        ending = path.suffix.lower()
        if ending not in self._formats():
            endings = ", ".join(self._formats())
            raise ValueError(
                f"cannot write {path}: unknown ending {path.suffix!r}; expected one of {endings}"
            )
        content = self._formats()[ending]()  # an error here leaves an older file as it was
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def _formats(self) -> dict[str, Callable[[], bytes]]:
        return {".png": self._repr_png_, ".svg": lambda: self._still("svg")}

    def _repr_png_(self) -> bytes:
        return self._still("png")

    def _still(self, format: str) -> bytes:
        metadata = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}[format]
        file = io.BytesIO()
        with _our_style():
            self._build().savefig(file, format=format, dpi=2 * INCH, metadata=metadata)
        return file.getvalue()


class Words(NamedTuple):
    """What the axes and the plot are called."""

    x: str
    y: str
    title: str


class Moment(NamedTuple):
    """A picture of a film: the point at x, on its way from path[update] to the next."""

    update: int
    x: float
    milliseconds: int


class DescentCurve(Plot):
    """A descent on a curve; see `descent_curve`. As .gif it is a film."""

    def __init__(
        self,
        f: Function,
        slope: Function,
        path: list[float],
        rate: float | None,
        words: Words,
        view: tuple[float, float],
        closeup: tuple[float, float] | None,
        theme: Theme,
    ) -> None:
        super().__init__(lambda: _Board(self).at(self.last), "")
        self.f, self.slope = (lambda x: float(f(x))), (lambda x: float(slope(x)))
        self.path, self.rate = path, rate
        self.words, self.view, self.closeup, self.theme = words, view, closeup, theme
        self.last = Moment(len(path) - 1, path[-1], _END)
        start, end = (f"{words.x} = {_written(x)}, {words.y} = {_written(self.f(x))}"
                      for x in (path[0], path[-1]))  # fmt: skip
        steps = "one update" if len(path) == 2 else f"{len(path) - 1} updates"
        self.description = f"{words.title or words.y}: from {start} by {steps} to {end}"

    def at(self, update: int) -> Figure:
        """Return a new matplotlib Figure of the point after so many updates."""
        with _our_style():
            return _Board(self).at(Moment(update, self.path[update], _HOLD))

    def moments(self, limit: int = FRAMES) -> list[Moment]:
        """Return the film's pictures: one of each update, and the slides between them.

        A path longer than the limit shows every second update, or third, and so on.
        """
        stride = math.ceil(len(self.path) / limit)
        shown = [*range(0, len(self.path) - 1, stride), len(self.path) - 1]
        if len(shown) > limit:
            del shown[-2]
        room = limit - len(shown)
        width = self.view[1] - self.view[0]
        moments = []
        for update, following in zip(shown, shown[1:]):
            x, goal = self.path[update], self.path[following]
            hold = max(_HOLD - 60 * update, 350) if stride == 1 else 120
            moments.append(Moment(update, x, hold if update else _HOLD + 300))
            # A step of a third of the view takes six pictures; one that cannot be seen takes none.
            slides = min(room, 6, round(18 * abs(goal - x) / width))
            room -= slides
            for i in range(1, slides + 1):
                t = i / (slides + 1)
                moments.append(Moment(update, x + (goal - x) * t * t * (3.0 - 2.0 * t), _SLIDE))
        return [*moments, self.last]

    def _formats(self) -> dict[str, Callable[[], bytes]]:
        return {**super()._formats(), ".gif": self._film}

    def _film(self) -> bytes:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from PIL import Image

        moments = self.moments()
        with _our_style():
            board = _Board(self)
            canvas = FigureCanvasAgg(board.figure)
            frames = []
            for moment in moments:
                board.at(moment)
                canvas.draw()
                frames.append(Image.fromarray(canvas.buffer_rgba()[..., :3].copy()))
        # One list of colours for all pictures, else the film flickers.
        sheet = Image.new("RGB", (frames[0].width, 3 * frames[0].height))
        for i, frame in enumerate((frames[0], frames[len(frames) // 2], frames[-1])):
            sheet.paste(frame, (0, i * frame.height))
        colors = sheet.quantize(SHARES)
        frames = [frame.quantize(palette=colors, dither=Image.Dither.NONE) for frame in frames]
        file = io.BytesIO()
        milliseconds = [moment.milliseconds for moment in moments]
        frames[0].save(
            file, "GIF", save_all=True, append_images=frames[1:], duration=milliseconds, loop=0
        )
        return file.getvalue()

    def _repr_html_(self) -> str:
        film = base64.b64encode(self._film()).decode()
        return f'<img alt="{escape(self.description)}" src="data:image/gif;base64,{film}">'


# -- the parts of a drawing ------------------------------------------------------------------------


class _Board:
    """The whole drawing of a descent: the curve, a card of numbers, and perhaps a close-up."""

    def __init__(self, curve: DescentCurve) -> None:
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(7.2, 4.2), dpi=INCH, facecolor=curve.theme.ground)
        main = self.figure.add_axes((0.085, 0.125, 0.55, 0.785))
        self.panels = [_Panel(main, curve, curve.view)]
        self.card = _Card(self.figure, curve)
        if curve.closeup:
            axes = self.figure.add_axes((0.725, 0.125, 0.255, 0.30))
            self.panels.append(_Panel(axes, curve, curve.closeup, small=True))
            low, high = axes.get_ylim()
            left, right = curve.closeup
            self.panels[0].frame(left, right, low, high)

    def at(self, moment: Moment) -> Figure:
        for panel in self.panels:
            panel.show(moment)
        self.card.show(moment)
        return self.figure


class _Panel:
    """One pair of axes with the curve, the point, its tangent, and the steps so far."""

    def __init__(
        self, axes: Axes, curve: DescentCurve, view: tuple[float, float], small: bool = False
    ) -> None:
        pass
