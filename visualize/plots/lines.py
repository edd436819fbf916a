"""Lines with names: errors against step sizes, times against sizes, weights on their way.

    lines({"forward": (steps, errors), "central": (steps, others)}, x="step", y="error", log="xy")
    lines({"one by one": weights, "all at once": others}, x="update", y="w", target=1.25)

A name stands at the end of its line, so nothing has to be looked up in a legend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autodiff.wording import clipped, legible, shown

from ..style import Theme
from .looks import dress, end_names, log_scale, panels, run_colors
from .panels import number
from .plot import Plot, our_style, theme_of
from .reading import numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


def lines(
    curves: Mapping[str, Any],
    *,
    x: str = "",
    y: str = "",
    log: str = "",
    target: float | None = None,
    title: str = "",
    theme: str = "light",
) -> Plot:
    """Draw lines, each given as (xs, ys), or as ys alone, which are counted from 0.

    `curves` maps the names of the lines to them. `log` is "x", "y" or "xy", for log scales, where
    only numbers above 0 show; `target` is a height to mark.

    Raises ValueError for xs and ys that differ in number, and for no number that could be drawn.
    """
    import numpy as np

    look = theme_of("lines", theme)
    if not isinstance(curves, Mapping) or not curves:
        raise TypeError(
            f"lines() got {shown(curves)}; expected a dict of at least one line by its name"
        )
    if log not in ("", "x", "y", "xy"):
        raise ValueError(f"lines() got log={clipped(log)}; expected 'x', 'y' or 'xy'")
    read = {str(name): _points(str(name), curve) for name, curve in curves.items()}
    for points in read.values():
        for axis, values in zip("xy", points):
            values[~np.isfinite(values) | ((values <= 0.0) & (axis in log))] = np.nan
    if all(np.isnan(points.sum(0)).all() for points in read.values()):
        raise ValueError(
            "lines() got no point that could be drawn; expected finite numbers, above 0 on a log"
            " scale"
        )
    return _Lines(read, (x, y), log, target, title, look)


def _points(name: str, curve: Any) -> NDArray[Any]:
    """Return xs and ys as an array of shape (2, n)."""
    import numpy as np

    pair = (
        isinstance(curve, (tuple, list))
        and len(curve) == 2
        and all(hasattr(part, "__len__") for part in curve)
    )
    xs, ys = (
        (numbers("lines", name, part) for part in curve)
        if pair
        else (None, numbers("lines", name, curve))
    )
    xs = np.arange(float(len(ys))) if xs is None and ys.ndim == 1 else xs
    if xs is None or xs.shape != ys.shape or ys.ndim != 1 or not ys.size:
        raise ValueError(
            f"lines() got {legible(name)}={shown(curve)}; expected as many xs as ys, as (xs, ys),"
            " or the ys alone"
        )
    return np.stack([xs, ys])


@dataclass(frozen=True, eq=False, repr=False)
class _Lines(Plot):
    curves: dict[str, NDArray[Any]]
    named: tuple[str, str]
    log: str
    target: float | None
    title: str
    theme: Theme

    def figure(self) -> Figure:
        import numpy as np

        theme, colors = self.theme, run_colors(self.theme)
        with our_style():
            figure, grid = panels(theme, 1, 1, 6.4, 3.8)
            axes = grid[0, 0]
            names = [
                name + " (log scale)" * (axis in self.log) for axis, name in zip("xy", self.named)
            ]
            dress(axes, theme, names[0], names[1], self.title)
            for axis in self.log:
                log_scale(axes, axis)
            axes.grid(color=theme.edge, alpha=0.3, lw=0.7)
            ends = []
            for i, (name, (xs, ys)) in enumerate(self.curves.items()):
                color = colors[i % len(colors)]
                dots: dict[str, Any] = dict(marker="o", ms=3.2) if len(xs) <= 30 else {}
                axes.plot(xs, ys, color=color, lw=1.9, gid="line", **dots)
                seen = np.flatnonzero(~np.isnan(xs + ys))
                if seen.size:
                    rightmost = seen[xs[seen].argmax()]
                    ends.append((float(xs[rightmost]), float(ys[rightmost]), name, color))
            if self.target is not None:
                axes.axhline(
                    self.target, color=theme.muted, lw=1.0, ls="--", gid="target", zorder=1
                )
                ends.append(
                    (axes.get_xlim()[1], self.target, f"target {number(self.target)}", theme.muted)
                )
            axes.margins(x=0.02)
            axes.autoscale_view()
            axes.set(xlim=axes.get_xlim(), ylim=axes.get_ylim())
            figure.draw_without_rendering()  # now the axes have their size
            # a line may end in the middle of the panel; its name stands at the rim
            rim = axes.get_xlim()[1]
            end_names(axes, [(rim, y, name, color) for _, y, name, color in ends])
            return figure
