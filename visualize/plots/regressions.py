"""A curve that is fitted to points, and how it swings into place.

    regression(lambda x: w * x + b, xs, ys).save("fit.png")
    regression({"at first": before, "after 250 updates": after}, xs, ys).save("fit.gif")

The points are what is wanted, the blue line is what the model says; the dots between them are what
it still misses by. Paler lines are those before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autodiff.wording import shown

from .. import style
from ..style import Theme
from .boards import shades
from .looks import dress, heading, panels
from .plot import FRAMES, Film, our_style, theme_of
from .reading import numbers, outputs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_POINTS = 200  # of a line
_GHOSTS = 6  # lines before the last one, in a still picture
_HOLD, _END = 120, 2600  # milliseconds


def regression(
    model: Callable[[Any], Any] | Mapping[str, Callable[[Any], Any]],
    X: Any,
    y: Any,
    *,
    view: tuple[float, float] | None = None,
    x: str = "x",
    up: str = "y",
    title: str = "",
    theme: str = "light",
) -> Film:
    """Draw the line of a model of one input over the points (X, y) that it is fitted to.

    A model is a function of an array of shape (n,), or a module of neurons or Tensors, which gets
    one of shape (n, 1); it answers with n numbers. Of several by title, as copies made while
    training, the last is drawn in blue and others paler; in a .gif they follow one another.

    `X` and `y` have n numbers each; `view` is the part of the x axis to draw. Raises ValueError for
    different lengths and for outputs that do not fit.
    """
    import numpy as np

    look = theme_of("regression", theme)
    xs, ys = (numbers("regression", name, part).reshape(-1) for name, part in (("X", X), ("y", y)))
    if len(xs) != len(ys) or not len(xs):
        raise ValueError(
            f"regression() got {len(xs)} X and {len(ys)} y; expected as many, and some"
        )
    models = dict(model) if isinstance(model, Mapping) else {"": model}
    if not models or not all(map(callable, models.values())):
        raise TypeError(
            f"regression() got {shown(model)}; expected a model, a function of an array, or a dict"
            " of some by title"
        )
    if view is None:
        room = 0.06 * (float(np.ptp(xs)) or 1.0)
        view = float(xs.min()) - room, float(xs.max()) + room
    if not view[0] < view[1]:
        raise ValueError(f"regression() got view={view}; expected (left, right), growing")
    asked = np.concatenate([np.linspace(*view, _POINTS), xs])
    answers = {str(name): _answers(each, asked) for name, each in models.items()}
    return _Regression(asked, answers, ys, (x, up), title, look)


def _answers(model: Any, xs: NDArray[Any]) -> NDArray[Any]:
    from autodiff.nn import Module

    found = outputs("regression", model, xs[:, None] if isinstance(model, Module) else xs)
    if found.size != xs.size:
        raise ValueError(
            f"regression() got outputs of shape {found.shape} for {xs.size} inputs; expected a"
            " number for each"
        )
    return found.reshape(-1)


@dataclass(frozen=True, eq=False, repr=False)
class _Regression(Film):
    asked: NDArray[Any]  # along the line, then where the points are
    answers: dict[str, NDArray[Any]]
    ys: NDArray[Any]
    named: tuple[str, str]
    title: str
    theme: Theme

    def figure(self) -> Figure:
        names = list(self.answers)
        last = len(names) - 1
        # most happens at the beginning
        ghosts = sorted({round(last * (i / _GHOSTS) ** 2) for i in range(_GHOSTS)} - {last})
        return self._figure(names[last], [names[i] for i in ghosts])

    def frames(self) -> Iterator[tuple[Figure, int]]:
        """Yield the figure for each model, or for forty of them."""
        names = list(self.answers)
        last = len(names) - 1
        count = min(FRAMES, last + 1)
        for place in sorted({round(i * last / max(1, count - 1)) for i in range(count)}):
            slow = max(_HOLD, 4800 // count)
            yield self._figure(names[place], []), _END if place == last else slow

    def colors(self) -> list[int]:
        """Return the colours of the film."""
        return shades(self.theme)

    def words(self) -> str:
        """Return what the film shows."""
        return f"{self.title or 'a line and the points it is fitted to'}: it swings into place"

    def _figure(self, name: str, ghosts: list[str]) -> Figure:
        with our_style():
            figure, grid = panels(self.theme, 1, 1, 5.6, 3.8)
            heading(figure, self.theme, self.title)
            axes = grid[0, 0]
            dress(axes, self.theme, *self.named, name)
            self._draw(axes, self.answers[name], [self.answers[ghost] for ghost in ghosts])
            return figure

    def _draw(self, axes: Axes, answer: NDArray[Any], ghosts: list[NDArray[Any]]) -> None:
        import numpy as np

        theme, line, points = self.theme, self.asked[:_POINTS], self.asked[_POINTS:]
        for i, ghost in enumerate(ghosts):
            pale = style.mix(theme.card, theme.value, 0.15 + 0.3 * i / len(ghosts))
            axes.plot(line, ghost[:_POINTS], color=pale, lw=1.2, gid="before", zorder=2)
        axes.vlines(
            points, self.ys, answer[_POINTS:], color=theme.muted, lw=1.0, ls=":", gid="misses",
            zorder=3,
        )  # fmt: skip
        axes.plot(line, answer[:_POINTS], color=theme.value, lw=2.2, gid="line", zorder=4)
        axes.plot(
            points,
            self.ys,
            "o",
            ms=5,
            color=theme.local,
            mec=theme.card,
            mew=0.7,
            gid="points",
            zorder=5,
        )
        shown = np.concatenate([self.ys, *self.answers.values()])
        shown = shown[np.isfinite(shown)]
        # all that is said stays in view, unless it is far from all that is wanted
        reach = 1.5 * (float(np.ptp(self.ys)) or 1.0)
        bottom = max(float(shown.min()), float(self.ys.min()) - reach)
        top = min(float(shown.max()), float(self.ys.max()) + reach)
        room = 0.06 * ((top - bottom) or 1.0)
        axes.set(xlim=(line[0], line[-1]), ylim=(bottom - room, top + room))
