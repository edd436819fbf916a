"""Where a classifier draws its line: the plane in blue and orange, and the points that it parts.

    boundary(model, X, y).save("boundary.png")
    boundary({"at first": before, "after 100 steps": model}, X, y).save("boundary.gif")

Blue is where the output is below the line, orange where it is above; in between it is white. On
the ink line itself the model does not know. Classes differ by the shape of their marks too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autodiff.wording import shown

from ..style import Theme
from .boards import shades
from .looks import dress, heading, panels, shades_of, sides
from .plot import FRAMES, Film, our_style, theme_of
from .reading import numbers, outputs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_ACROSS = 90  # points of the grid, along the longer side
_BANDS = 10  # of colour
_STILLS = 4  # panels side by side in a still picture
_HOLD, _END = 120, 2600  # milliseconds


def boundary(
    model: Callable[[Any], Any] | Mapping[str, Callable[[Any], Any]],
    X: Any,
    y: Any = None,
    *,
    line: float | None = None,
    view: tuple[tuple[float, float], tuple[float, float]] | None = None,
    x: str = "x₁",
    across: str = "x₂",
    title: str = "",
    theme: str = "light",
) -> Film:
    """Draw the decision boundary of a model of two inputs, over the points X with classes y.

    The model is called with an array of points, shape (n, 2), and answers with n numbers or with n
    pairs of scores, of which the second minus the first counts; an nn.MLP, an nn.Sequential, and
    any such function will do. Several models by title, as copies made while training, are panels
    side by side (the first, the last, and two between), and in a .gif follow one another.

    `X` has the shape (n, 2), `y` has n classes of two kinds, e.g. 0 and 1, or -1 and 1. `line` is
    the output on the boundary: without it, 0.5 if all outputs lie between 0 and 1, else 0. `view`
    is ((left, right), (bottom, top)). A model is asked in evaluation mode, without recording.

    Raises ValueError for shapes that do not fit and for more than two classes.
    """
    import numpy as np

    look = theme_of("boundary", theme)
    points = numbers("boundary", "X", X)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(
            f"boundary() got X of shape {points.shape}; expected (n, 2), two numbers each"
        )
    marks = _sides(points, y)
    if view is None:
        low, high = points.min(0), points.max(0)
        room = 0.15 * np.where(high > low, high - low, 1.0)
        view = tuple(zip((low - room).tolist(), (high + room).tolist()))  # type: ignore[assignment]
    assert view is not None
    (left, right), (bottom, top) = view
    if not (right > left and top > bottom):
        raise ValueError(
            f"boundary() got view={view}; expected ((left, right), (bottom, top)), growing"
        )
    models = dict(model) if isinstance(model, Mapping) else {"": model}
    if not models or not all(map(callable, models.values())):
        raise TypeError(
            f"boundary() got {shown(model)}; expected a model, a function of an array of points,"
            " or a dict of some by title"
        )
    step = max(right - left, top - bottom) / _ACROSS
    grid = [np.linspace(start, end, max(2, round((end - start) / step) + 1)) for start, end in view]
    plane = np.stack(np.meshgrid(*grid), axis=-1)
    fields, answers = [], []
    for name, each in models.items():
        asked = np.concatenate([plane.reshape(-1, 2), points])
        found = _scores(name, outputs("boundary", each, asked), len(asked))
        fields.append(found[: -len(points)].reshape(plane.shape[:2]))
        answers.append(found[-len(points) :])
    if line is None:
        line = 0.5 if _are_probabilities(fields) else 0.0
    names = list(models)
    if marks is not None:
        right_ones = [((answer > line) == marks).mean() for answer in answers]
        names = [f"{name}: {share:.0%} right" for name, share in zip(models, right_ones) if name]
    return _Boundary(
        names or [""], fields, grid, points, marks, float(line), (x, across), title, look
    )


def _sides(points: NDArray[Any], y: Any) -> NDArray[Any] | None:
    """Return which points are of the second class, or None without classes."""
    import numpy as np

    if y is None:
        return None
    classes = numbers("boundary", "y", y).reshape(-1)
    if len(classes) != len(points):
        raise ValueError(
            f"boundary() got {len(classes)} classes y for {len(points)} points; expected as many"
        )
    kinds = np.unique(classes)
    if len(kinds) > 2:
        raise ValueError(
            f"boundary() got y with {len(kinds)} classes; expected two, e.g. 0 and 1: pass"
            " y == 3 for one against all others"
        )
    # of a single kind, the sign or the half tells which one it is
    return np.asarray(classes == kinds[1] if len(kinds) == 2 else classes > 0.5)


def _scores(name: str, found: NDArray[Any], count: int) -> NDArray[Any]:
    """Return one number for each point; raise ValueError if the model gave none."""
    import numpy as np

    if found.shape == (count, 2):
        found = found[:, 1] - found[:, 0]
    if found.size != count:
        raise ValueError(
            f"boundary() got outputs of shape {found.shape} from {name or 'the model'} for"
            f" {count} points; expected a number, or two, for each"
        )
    if not np.isfinite(found).all():
        raise ValueError(
            f"boundary() got outputs that are nan or infinite from {name or 'the model'};"
            " expected finite ones"
        )
    return found.reshape(-1)


def _are_probabilities(fields: Sequence[NDArray[Any]]) -> bool:
    return all(bool(field.min() >= 0.0 and field.max() <= 1.0) for field in fields)


@dataclass(frozen=True, eq=False, repr=False)
class _Boundary(Film):
    names: list[str]
    fields: list[NDArray[Any]]
    grid: list[NDArray[Any]]
    points: NDArray[Any]
    marks: NDArray[Any] | None
    line: float
    axes: tuple[str, str]
    title: str
    theme: Theme

    def figure(self) -> Figure:
        count = min(_STILLS, len(self.names))
        last = len(self.names) - 1
        return self._figure(
            [round(i * last / max(1, count - 1)) for i in range(count)] if count > 1 else [last]
        )

    def frames(self) -> Iterator[tuple[Figure, int]]:
        """Yield the figure for each model, or for forty of them."""
        last = len(self.names) - 1
        count = min(FRAMES, last + 1)
        for place in sorted({round(i * last / max(1, count - 1)) for i in range(count)}):
            slow = max(_HOLD, 4800 // count)
            yield self._figure([place]), _END if place == last else slow

    def colors(self) -> list[int]:
        """Return the colours of the film: those of the plane too."""
        plane = shades_of(sides(self.theme), _BANDS)
        return shades(self.theme, plane)

    def words(self) -> str:
        """Return what the film shows."""
        return f"{self.title or 'the boundary of a classifier'}: it bends around the points"

    def _figure(self, which: list[int]) -> Figure:
        (left, right), (bottom, top) = ((g[0], g[-1]) for g in self.grid)
        shape = min(1.6, max(0.5, (top - bottom) / (right - left)))
        width = 5.4 if len(which) == 1 else 3.5
        with our_style():
            figure, grid = panels(self.theme, 1, len(which), width, 0.75 + (width - 0.8) * shape)
            heading(figure, self.theme, self.title)
            for i, (axes, shown) in enumerate(zip(grid.flat, which)):
                dress(axes, self.theme, self.axes[0], "" if i else self.axes[1], self.names[shown])
                self._draw(axes, self.fields[shown])
            return figure

    def _draw(self, axes: Axes, field: NDArray[Any]) -> None:
        theme, reach = self.theme, self._reach()
        levels = [self.line + reach * (2.0 * i / _BANDS - 1.0) for i in range(_BANDS + 1)]
        bands = shades_of(sides(theme), _BANDS)
        bands = [bands[0], *bands, bands[-1]]  # the first and the last are for what lies beyond
        plane = axes.contourf(*self.grid, field, levels=levels, colors=bands, extend="both")
        plane.set_gid("plane")
        if field.min() < self.line < field.max():
            ink = axes.contour(
                *self.grid, field, levels=[self.line], colors=theme.local, linewidths=1.8
            )
            ink.set_gid("line")
        kinds = [(self.points, "o", theme.muted)]
        if self.marks is not None:
            kinds = [
                (self.points[~self.marks], "o", theme.value),
                (self.points[self.marks], "s", theme.gradient),
            ]
        for points, mark, color in kinds:
            axes.plot(
                *points.T,
                mark,
                ms=5.2,
                color=color,
                mec=theme.card,
                mew=0.7,
                gid="points",
                zorder=4,
            )
        axes.set(xlim=self.grid[0][[0, -1]], ylim=self.grid[1][[0, -1]])
        axes.locator_params(nbins=5)

    def _reach(self) -> float:
        """Return how far from the line the colours go, in all pictures: half of a probability."""
        import numpy as np

        if self.line == 0.5 and _are_probabilities(self.fields):
            return 0.5
        # most of what the last model says; beyond, colours do not change
        return float(np.percentile(abs(self.fields[-1] - self.line), 80)) or 1.0
