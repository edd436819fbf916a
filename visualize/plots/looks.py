"""How plots look: axes without ballast, colours from the palette of the graphs, lines with names.

    figure, axes = panels(theme, rows=1, columns=2, width=3.6, height=2.8)
    dress(axes[0, 0], theme, x="epoch", y="loss")
    line = axes[0, 0].plot(xs, ys, color=theme.value)
    end_names(axes[0, 0], [(xs[-1], ys[-1], "train", theme.value)])

Colour maps come in three kinds: `heights` from faint to blue, for values; `signed` from blue over
the ground to orange, for numbers with a sign; `sides` the same but pale, to draw upon.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import style
from ..text import clean
from .plot import DPI

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

    from ..style import Theme

_LINE = 1.25  # the height of a line of words, of that of its letters


def panels(theme: Theme, rows: int, columns: int, width: float, height: float) -> tuple[Any, Any]:
    """Return a figure of panels of so many inches each, and the 2-d array of their axes."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    figure = Figure(
        figsize=(columns * width, rows * height),
        dpi=DPI,
        facecolor=theme.ground,
        layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1),
    )
    return figure, figure.subplots(rows, columns, squeeze=False)


def dress(axes: Axes, theme: Theme, x: str = "", y: str = "", title: str = "") -> None:
    """Give axes the plots' colours, and names in ink; leave off the frame."""
    axes.set_facecolor(theme.card)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(theme.edge)
    axes.tick_params(which="both", color=theme.edge, labelcolor=theme.muted, labelsize=9)
    axes.set_xlabel(clean(x), color=theme.local, fontsize=10)
    axes.set_ylabel(clean(y), color=theme.local, fontsize=10)
    axes.set_title(clean(title), color=theme.local, fontsize=11, loc="left", pad=8)


_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def log_scale(axes: Axes, which: str) -> None:
    """Give an axis, "x" or "y", a log scale with 10ⁿ at its ticks, and numbers between if few."""
    from matplotlib.ticker import FuncFormatter

    axis: Any = axes.xaxis if which == "x" else axes.yaxis
    axes.set(**{f"{which}scale": "log"})

    def power(x: float, place: Any = None) -> str:
        exponent = round(math.log10(x)) if x > 0.0 else 0
        return f"10{str(exponent).translate(_RAISED)}"

    def between(x: float, place: Any = None) -> str:
        low, high = sorted(axis.get_view_interval())
        first = f"{x:.0e}"[0]
        return style.number(x) if high < 10.0 * low and first in "2356" else ""

    axis.set_major_formatter(FuncFormatter(power))
    axis.set_minor_formatter(FuncFormatter(between))


def heading(figure: Figure, theme: Theme, title: str) -> None:
    """Write a title over all panels, if there is one."""
    if title:
        figure.suptitle(clean(title), color=theme.local, fontsize=12.5, x=0.015, ha="left")


def end_names(axes: Axes, names: Sequence[tuple[float, float, str, str]]) -> None:
    """Write the names of lines at their ends (x, y, name, colour), none over another.

    The axes must have their limits and their size; the names stand to the right of them.
    """
    if not names:
        return
    size = 9.5
    top = float(axes.bbox.height) * 72.0 / axes.figure.dpi
    places = axes.transAxes.inverted().transform(
        axes.transData.transform([(x, y) for x, y, *_ in names])
    )
    wanted = [float(place[1]) * top for place in places]
    for (x, y, name, color), up, at in zip(names, _apart(wanted, _LINE * size, top), wanted):
        axes.annotate(
            clean(name), (x, y), xytext=(6, up - at), textcoords="offset points", color=color,
            fontsize=size, fontweight="bold", va="center_baseline", annotation_clip=False,
            gid="name",
        )  # fmt: skip


def _apart(places: Sequence[float], least: float, top: float) -> list[float]:
    """Return places that are so far apart at the least, near the old ones, in the same order."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    # Groups of names that touch: each is centred on the mean of where its names want to be.
    groups: list[list[int]] = []
    for i in order:
        groups.append([i])
        while len(groups) > 1:
            below, above = _span(places, groups[-2], least), _span(places, groups[-1], least)
            if below[1] + least <= above[0]:
                break
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = list(places)
    for group in groups:
        low, high = _span(places, group, least)
        shift = min(0.0, top - high) or max(0.0, -low)
        for k, i in enumerate(group):
            moved[i] = low + shift + k * least
    return moved


def _span(places: Sequence[float], group: Sequence[int], least: float) -> tuple[float, float]:
    middle = sum(places[i] for i in group) / len(group)
    half = 0.5 * least * (len(group) - 1)
    return middle - half, middle + half


# -- colours ---------------------------------------------------------------------------------------


def heights(theme: Theme) -> LinearSegmentedColormap:
    """Return the colours of values from the least to the greatest: from faint to blue."""
    return _map("heights", _heights(theme))


def signed(theme: Theme) -> LinearSegmentedColormap:
    """Return the colours of numbers with a sign: blue below 0, the ground at 0, orange above."""
    blue, orange = _ramp(theme.value_pill, theme.value), _ramp(theme.strongest_pill, theme.gradient)
    return _map("signed", [*reversed(blue), theme.card, *orange])


def sides(theme: Theme) -> LinearSegmentedColormap:
    """Return the colours of two sides, pale enough to draw upon: blue, the ground, orange."""
    blue = style.mix(theme.value_pill, theme.value, 0.25)
    return _map(
        "sides", [blue, theme.value_pill, theme.card, theme.faintest_pill, theme.strongest_pill]
    )


def inks(theme: Theme) -> LinearSegmentedColormap:
    """Return the colours of pixels: from the card to ink."""
    return _map("inks", [theme.card, theme.local])


def run_colors(theme: Theme) -> list[str]:
    """Return colours to tell lines apart that stand for as many runs."""
    third, fourth, second = (
        style.mix(theme.kinds[kind].border, theme.kinds[kind].ink, 0.5)
        for kind in ("input", "output", "parameter")
    )
    return [theme.value, second, third, fourth, theme.local, theme.warning, theme.muted]


def shades_of(colors: Any, count: int) -> list[str]:
    """Return so many colours of a map, evenly."""
    from matplotlib.colors import to_hex

    return [to_hex(colors(i / max(1, count - 1))).upper() for i in range(count)]


def _heights(theme: Theme) -> list[str]:
    return [theme.value_pill, *_ramp(theme.value_pill, theme.value)]


def _ramp(start: str, end: str) -> list[str]:
    return [style.mix(start, end, t) for t in (0.0, 0.5, 1.0)]


def _map(name: str, colors: Sequence[str]) -> LinearSegmentedColormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(name, list(colors))
