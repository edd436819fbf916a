"""Activations and their slopes, side by side.

    activations("sigmoid", "tanh", "relu").save("activations.png")
    activations({"swish": lambda x: x * sigmoid(x)})

Blue is the value, orange-brown the slope. The slope is not typed in: the engine's own `grad` finds
it at each point. Where either jumps, the line is broken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autodiff.nn import ACTIVATIONS
from autodiff.transforms import value_and_grad
from autodiff.wording import shown

from ..style import Theme
from .looks import dress, heading, panels
from .plot import Plot, our_style, theme_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Function = Callable[[Any], Any]

_COLUMNS, _POINTS = 4, 480
_USUAL = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "elu", "gelu", "silu")
_JUMP = 0.12  # of the height of a line, between neighbouring points


def activations(
    *functions: str | Function | Mapping[str, Function],
    view: tuple[float, float] = (-4.0, 4.0),
    title: str = "",
    theme: str = "light",
) -> Plot:
    """Draw functions of one number, each with its slope, in panels of the same scale.

    A function is the name of one of `nn.ACTIVATIONS`, or a function of a Value, or there are some
    by name in a dict; without any it is a choice of eight. `view` is the part of the x axis.

    Raises ValueError for an unknown name and a view that does not grow, TypeError for what is no
    function.
    """
    look = theme_of("activations", theme)
    low, high = (float(end) for end in view)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"activations() got view={view}; expected (left, right), growing")
    chosen: dict[str, Function] = {}
    for one in functions or _USUAL:
        chosen.update(_named(one))
    xs = [low + (high - low) * i / _POINTS for i in range(_POINTS + 1)]
    lines = {name: _lines(f, xs) for name, f in chosen.items()}
    return _Activations(xs, lines, title, look)


def _named(one: Any) -> dict[str, Function]:
    if isinstance(one, str):
        if one not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activations() got {one!r}; expected one of {known}, or a function")
        return {one: ACTIVATIONS[one]}
    named = dict(one) if isinstance(one, Mapping) else {getattr(one, "__name__", "f"): one}
    if not all(map(callable, named.values())):
        raise TypeError(
            f"activations() got {shown(one)}; expected the name of an activation, or a function"
        )
    return {str(name): f for name, f in named.items()}


def _lines(f: Function, xs: list[float]) -> tuple[list[float], list[float]]:
    both = value_and_grad(f)
    pairs = [both(x) for x in xs]
    values, slopes = ([float(pair[i]) for pair in pairs] for i in (0, 1))
    return values, slopes


@dataclass(frozen=True, eq=False, repr=False)
class _Activations(Plot):
    xs: list[float]
    lines: dict[str, tuple[list[float], list[float]]]
    title: str
    theme: Theme

    def figure(self) -> Figure:
        with our_style():
            columns = min(_COLUMNS, len(self.lines))
            rows = math.ceil(len(self.lines) / columns)
            figure, grid = panels(self.theme, rows, columns, 2.7, 2.5)
            heading(figure, self.theme, self.title)
            for axes in grid.flat[len(self.lines) :]:
                axes.remove()
            bottom, top = self._limits()
            for i, (axes, name) in enumerate(zip(grid.flat, self.lines)):
                lowest = i + columns >= len(self.lines)
                dress(axes, self.theme, "x" if lowest else "", "", name.replace("_", " "))
                axes.set(xlim=(self.xs[0], self.xs[-1]), ylim=(bottom, top))
                self._draw(axes, *self.lines[name])
                if not i:
                    self._legend(axes)
            return figure

    def _limits(self) -> tuple[float, float]:
        """Return the heights to show in all panels: a line may leave them by the top."""
        finite = [
            y for pair in self.lines.values() for line in pair for y in line if math.isfinite(y)
        ]
        bottom, top = min(finite, default=0.0), max(finite, default=1.0)
        if len(self.lines) > 1:
            bottom, top = max(bottom, -1.5), min(top, 2.0)
        room = 0.08 * ((top - bottom) or 1.0)
        return bottom - room, top + room

    def _draw(self, axes: Axes, values: list[float], slopes: list[float]) -> None:
        theme = self.theme
        axes.axhline(0.0, color=theme.edge, lw=0.7, zorder=1)
        axes.axvline(0.0, color=theme.edge, lw=0.7, zorder=1)
        axes.plot(*_broken(self.xs, values), color=theme.value, lw=2.2, gid="value", zorder=4)
        look: dict[str, Any] = dict(color=theme.gradient, lw=1.7, ls=(0, (5, 1.6)))
        axes.plot(*_broken(self.xs, slopes), gid="slope", zorder=3, **look)
        axes.locator_params(nbins=5)

    def _legend(self, axes: Axes) -> None:
        """Say once what the lines are."""
        look: dict[str, Any] = dict(frameon=False, fontsize=9, loc="best", handlelength=1.8)
        lines = [line for line in axes.lines if line.get_gid() in ("value", "slope")]
        legend = axes.legend(lines, ["value", "slope"], **look)
        for text, line in zip(legend.get_texts(), lines):
            text.set_color(line.get_color())


def _broken(xs: list[float], ys: list[float]) -> tuple[list[float], list[float]]:
    """Return a line with a gap wherever it jumps."""
    finite = [y for y in ys if math.isfinite(y)]
    height = max(finite, default=0.0) - min(finite, default=0.0)
    across, up = xs[:1], ys[:1]
    for x, y, before in zip(xs[1:], ys[1:], ys):
        if height and abs(y - before) > _JUMP * height:
            across.append(math.nan)
            up.append(math.nan)
        across.append(x)
        up.append(y)
    return across, up
