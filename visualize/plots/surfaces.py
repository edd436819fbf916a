"""A descent on a surface: the path over the mountains, and over their map.

    def f(x, y):
        return 3 * x**2 + 4 * y**2 + 5

    descent_surface(f, path=[(10.0, 10.0), (9.4, 9.2), (8.836, 8.464)]).save("descent.gif")
    descent_contours(f, {"rate 0.01": one, "rate 0.1": other}).save("rates.png")

The deeper the blue, the greater the value. A ring on the map joins places of one height. Heights
between rings grow from the lowest on, so that a bowl has them evenly spaced.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..style import Theme
from ..text import clean
from .boards import shades
from .ground import GRID, RINGS, Ground, View, path_of
from .looks import dress, heading, heights, panels, shades_of
from .panels import number
from .plot import FRAMES, Film, our_style, theme_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_FIRST, _FRAME, _END = 700, 110, 2600  # milliseconds


def descent_surface(
    f: Callable[[float, float], Any],
    path: Sequence[Any],
    *,
    view: View | None = None,
    x: str = "x",
    y: str = "y",
    z: str = "f(x, y)",
    title: str = "",
    theme: str = "light",
) -> Film:
    """Draw a descent along `path` on the surface of f, and beside it on the map of its contours.

    `path` is the list of all points (x, y); f takes two floats. `view` is the part to draw,
    ((left, right), (bottom, top)); `x`, `y` and `z` are what the axes are called. A still picture
    shows the whole path; as .gif the point walks it, in at most 40 pictures.

    Raises ValueError for a path that is no list of pairs of finite numbers.
    """
    look = theme_of("descent_surface", theme)
    paths = {"": path_of("descent_surface", path)}
    return _Surface(Ground(f, paths, view), paths, (x, y, z), title, look)


def descent_contours(
    f: Callable[[float, float], Any],
    paths: Mapping[str, Sequence[Any]] | Sequence[Any],
    *,
    view: View | None = None,
    x: str = "x",
    y: str = "y",
    title: str = "",
    theme: str = "light",
) -> Film:
    """Draw descents on the map of f, each in a panel under its name: optimisers, or rates.

    `paths` maps names to lists of points (x, y), or is one such list. In a .gif they all set out at
    once. The rest is as in `descent_surface`.
    """
    look = theme_of("descent_contours", theme)
    given = paths if isinstance(paths, Mapping) else {"": paths}
    if not given:
        raise ValueError(
            "descent_contours() got no path; expected a list of points, or some by name"
        )
    read = {str(name): path_of("descent_contours", path) for name, path in given.items()}
    return _Contours(Ground(f, read, view), read, (x, y, ""), title, look)


@dataclass(frozen=True, eq=False, repr=False)
class _Walk(Film):
    """What surfaces and maps have in common: paths that are walked update by update."""

    ground: Ground
    paths: dict[str, NDArray[Any]]
    named: tuple[str, str, str]
    title: str
    theme: Theme

    def figure(self, update: int = -1) -> Figure:
        """Return a new matplotlib Figure after so many updates, else after all."""
        with our_style():
            figure, show = self._board()
            show(update % self._length())
            return figure

    def frames(self) -> Iterator[tuple[Figure, int]]:
        """Yield the figure after each update, or after forty of them, evenly."""
        figure, show = self._board()
        show(0)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # or words that come and go would move the panels
        last = self._length() - 1
        count = min(FRAMES, last + 1)
        for update in sorted({round(i * last / max(1, count - 1)) for i in range(count)}):
            show(update)
            yield figure, _END if update == last else _FRAME if update else _FIRST

    def colors(self) -> list[int]:
        """Return the colours of the film: those of the heights too."""
        return shades(self.theme, shades_of(heights(self.theme), 5 * RINGS))

    def words(self) -> str:
        """Return what the film shows."""
        return f"{self.title or self.named[2] or 'a descent'}: a point walks down into the valley"

    def _length(self) -> int:
        return max(map(len, self.paths.values()))

    def _board(self) -> tuple[Figure, Callable[[int], None]]:
        """Return a figure, and what moves it to how it is after so many updates."""
        raise NotImplementedError

    def _map(self, axes: Axes, path: NDArray[Any], color: str, y: str) -> Callable[[int], None]:
        """Draw the contours and a path upon them; return what moves it."""
        theme, ground = self.theme, self.ground
        dress(axes, theme, self.named[0], y)
        grid = ground.xs, ground.ys, ground.heights
        fills = shades_of(heights(theme), RINGS)
        axes.contourf(*grid, levels=ground.levels, colors=fills).set_gid("heights")
        axes.contour(*grid, levels=ground.levels, colors=theme.card, linewidths=0.6).set_gid(
            "rings"
        )
        axes.set(xlim=ground.xs[[0, -1]], ylim=ground.ys[[0, -1]])
        axes.locator_params(nbins=5)
        dots: dict[str, Any] = dict(marker="o", ms=3.2, mfc=theme.card, mec=color, mew=0.9)
        (line,) = axes.plot([], [], color=color, lw=1.4, gid="path", zorder=4, **dots)
        (point,) = axes.plot([], [], gid="point", zorder=5, **_point(theme))

        def show(update: int) -> None:
            update = min(update, len(path) - 1)
            line.set_data(*path[: update + 1].T)
            point.set_data(*path[update : update + 1].T)

        return show


class _Surface(_Walk):
    def _board(self) -> tuple[Figure, Callable[[int], None]]:
        from matplotlib.colors import PowerNorm
        from matplotlib.figure import Figure

        theme, ground, (path,) = self.theme, self.ground, self.paths.values()
        figure = Figure(figsize=(9.0, 4.3), dpi=100, facecolor=theme.ground)
        axes: Any = figure.add_axes(
            (0.02, 0.02, 0.52, 0.92), projection="3d", computed_zorder=False
        )
        self._dress_surface(axes, path)
        colors = heights(theme)
        norm = PowerNorm(0.5, ground.levels[0], ground.levels[-1])  # as the rings are spaced
        x, y = ground.xs[None].repeat(GRID, 0), ground.ys[:, None].repeat(GRID, 1)
        look: dict[str, Any] = dict(rstride=1, cstride=1, shade=False, antialiased=False, lw=0)
        surface = axes.plot_surface(x, y, ground.heights, cmap=colors, norm=norm, **look)
        surface.set(gid="surface", rasterized=True)  # thousands of facets would be a huge SVG
        dots: dict[str, Any] = dict(marker="o", ms=3.2, mfc=theme.card, mec=theme.local, mew=0.9)
        (line,) = axes.plot([], [], [], color=theme.local, lw=1.4, gid="path", zorder=8, **dots)
        (point,) = axes.plot([], [], [], gid="point", zorder=9, **_point(theme))
        plane = figure.add_axes((0.615, 0.145, 0.365, 0.68))
        move = self._map(plane, path, theme.local, self.named[1])
        words = figure.text(
            0.615, 0.885, "", color=theme.value, fontsize=11, fontweight="bold", gid="words"
        )
        figure.text(0.02, 0.93, clean(self.title), color=theme.local, fontsize=12.5)
        up = ground.height(path)

        def show(update: int) -> None:
            move(update)
            line.set_data_3d(*path[: update + 1].T, up[: update + 1])
            point.set_data_3d(*path[update : update + 1].T, up[update : update + 1])
            words.set_text(f"{_note(update)}:  {self.named[2]} = {number(up[update])}")

        return figure, show

    def _dress_surface(self, axes: Any, path: NDArray[Any]) -> None:
        """Set up the axes in space, seen from where the far wall of the valley has the path."""
        theme = self.theme
        names = zip((axes.xaxis, axes.yaxis, axes.zaxis), self.named)
        axes.set_facecolor(theme.ground)
        for axis, name in names:
            axis.set_label_text(name, color=theme.local, fontsize=10)
            axis.set_pane_color(theme.ground)
            axis.line.set_color(theme.edge)
            axis._axinfo["grid"].update(color=theme.edge, linewidth=0.4)
            axis.set_major_locator(_few_ticks())
        axes.tick_params(color=theme.edge, labelcolor=theme.muted, labelsize=8, pad=0)
        across, up = path[0] - path[-1]
        away = math.degrees(math.atan2(up, across)) if across or up else 45.0
        axes.view_init(elev=46, azim=away + 180.0 + 25.0)
        axes.set_box_aspect((1, 1, 0.6), zoom=0.88)


class _Contours(_Walk):
    def _board(self) -> tuple[Figure, Callable[[int], None]]:
        count = len(self.paths)
        columns = count if count <= 4 else math.ceil(count / 2)
        rows = math.ceil(count / columns)
        figure, grid = panels(
            self.theme, rows, columns, 3.3 if count > 1 else 4.6, 2.9 if count > 1 else 3.8
        )
        for axes in grid.flat[count:]:
            axes.remove()
        moves = []
        for i, (axes, (name, path)) in enumerate(zip(grid.flat, self.paths.items())):
            move = self._map(axes, path, self.theme.local, "" if i % columns else self.named[1])
            end = number(self.ground.height(path[-1:])[0])
            axes.set_title(
                name or f"ends at {end}", color=self.theme.local, fontsize=11, loc="left", pad=8
            )
            moves.append(move)

        def show(update: int) -> None:
            for move in moves:
                move(update)
            heading(figure, self.theme, f"{self.title}   {_note(update)}".strip())

        return figure, show


def _point(theme: Theme) -> dict[str, Any]:
    return dict(marker="o", ms=8, color=theme.value, mec=theme.card, mew=1.2, ls="none")


def _note(update: int) -> str:
    return f"after {update} update{'s' * (update != 1)}" if update else "the start"


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4, steps=[1, 2, 2.5, 5, 10])
