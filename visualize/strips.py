"""`levels`: how large the gradients are at each depth of a graph, in one strip of constant size.

    levels(J).save("levels.svg")

             |grad|
        1  ┤              ▂ █     a bar for each depth, from the smallest gradient to the largest,
     0.01  ┤      ▂ ▅ █ █ █       a line across it at the median; the scale is logarithmic, so
    0.0001 ┤  ▅ █ █               gradients that vanish going back are a slope down to the left
           └─ depth ───────── J

A leaf stands just before its first use: the weights of the last layer beside that layer.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from autodiff.graph import Node
from autodiff.naming import known
from autodiff.wording import clipped, legible

from . import style
from .depths import Level, levels_of
from .drawing import check, check_names, check_node
from .files import write_file
from .names import caller
from .style import DARK, LIGHT, THEMES, Theme
from .text import clean, cut

_DECADES = 12  # below the largest; what is smaller is drawn at the bottom

_WIDTH, _HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 44, 52


class Levels:
    """A strip chart, as `.svg`; `.levels` are its numbers. In a notebook it shows itself."""

    def __init__(self, levels: list[Level], svg: str) -> None:
        self.levels = levels
        self.svg = svg

    def save(self, filename: str | os.PathLike[str]) -> str:
        """Write the chart, as SVG, and return the path. ValueError for another ending."""
        path = Path(filename)
        if path.suffix.lower() != ".svg":
            got, stem = legible(path, 300), legible(path.stem)
            raise ValueError(
                f"cannot write {got}: unknown ending {clipped(path.suffix)}; expected .svg, as"
                f' in .save("{stem}.svg")'
            )
        write_file(path, self.svg.encode())
        return str(path)

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        rows = [
            f"depth {_range(level)}: {style.number(level.low)} to {style.number(level.high)}"
            if level.high
            else f"depth {_range(level)}: none above 0"
            for level in self.levels
        ]
        return "\n".join(rows)


def levels(root: Node, *, theme: str = "light", names: Mapping[str, Any] | None = None) -> Levels:
    """Draw |grad| by depth, its minimum, median and maximum, for a graph of any size.

    `theme` is "light", "dark" or "auto", which follows the reader's system. Of Tensors every number
    counts. Raises TypeError if `root` is no node, ValueError for another theme.
    """
    check_node(root, "levels")
    check_names(names, "levels")
    check("levels", "theme", theme, THEMES)
    found = levels_of(root)
    namespaces = caller(1) if names is None else (names,)
    name = known([root], *namespaces).get(id(root), "")
    name = cut(clean(name), style.NAME_LENGTH) or "the output"
    return Levels(found, _svg(found, name, theme))


def _range(level: Level) -> str:
    return f"{level.first}" if level.first == level.last else f"{level.first} to {level.last}"


# -- the chart -------------------------------------------------------------------------------------


def _svg(found: Sequence[Level], name: str, theme: str) -> str:
    sizes = [x for level in found for x in (level.low, level.high) if x > 0.0]
    highest = min(308, math.ceil(math.log10(max(sizes)))) if sizes else 0
    lowest = max(highest - _DECADES, math.floor(math.log10(min(sizes)))) if sizes else -1
    lowest = min(lowest, highest - 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        'font-family="Helvetica, Arial, sans-serif" font-size="12">',
        f"<title>Size of the gradient of {escape(name)} by depth</title>",
        _css(theme),
        f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}"/>',
        f'<text class="ink" x="{_LEFT}" y="22" font-size="13">|grad| by depth: '
        '<tspan class="grad" font-weight="bold">bar</tspan> from the smallest to the largest, '
        '<tspan class="grad" font-weight="bold">line</tspan> at the median</text>',
        *_axis(lowest, highest),
        *_columns(found, lowest, highest),
        _foot(found, name, lowest),
        "</svg>\n",
    ]
    if not sizes:
        parts.insert(
            -1,
            f'<text class="ink" x="{_WIDTH / 2}" y="{_HEIGHT / 2}" text-anchor="middle">'
            "no gradient above 0: call backward() first</text>",
        )
    return "\n".join(parts)


def _css(theme: str) -> str:
    def rules(colors: Theme) -> str:
        return (
            f".ground{{fill:{colors.ground}}}.ink{{fill:{colors.muted}}}"
            f".grid{{stroke:{colors.edge};stroke-opacity:.45}}"
            f".bar{{fill:{colors.strongest_pill}}}.grad{{fill:{colors.gradient}}}"
            f".dead{{fill:{colors.edge}}}.bad{{fill:{colors.warning}}}"
        )

    css = rules(DARK if theme == "dark" else LIGHT)
    if theme == "auto":
        css += f"@media (prefers-color-scheme:dark){{{rules(DARK)}}}"
    return f"<style>{css}</style>"


def _y(size: float, lowest: int, highest: int) -> float:
    share = (math.log10(size) - lowest) / (highest - lowest)
    return _HEIGHT - _BOTTOM - min(1.0, max(0.0, share)) * (_HEIGHT - _TOP - _BOTTOM)


def _axis(lowest: int, highest: int) -> list[str]:
    lines = []
    every = max(1, math.ceil((highest - lowest) / 6))
    for power in range(highest, lowest - 1, -every):
        y = _y(10.0**power, lowest, highest) if power > -300 else _HEIGHT - _BOTTOM
        lines.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        lines.append(
            f'<text class="ink" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
            f"{style.number(10.0**power)}</text>"
        )
    return lines


def _columns(found: Sequence[Level], lowest: int, highest: int) -> list[str]:
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, len(found))
    wide = min(28.0, 0.72 * step)
    lines = []
    for number, level in enumerate(found):
        x = _LEFT + (number + 0.5) * step - wide / 2
        words = [f"depth {_range(level)}: {level.total:,} gradients"]
        shapes = []
        if level.high:
            top, bottom = _y(level.high, lowest, highest), _y(level.low, lowest, highest)
            y = _y(level.median, lowest, highest)
            top, bottom = min(top, y - 1.5), max(bottom, y + 1.5)
            words.append(
                f"min {style.number(level.low)}, median {style.number(level.median)},"
                f" max {style.number(level.high)}"
            )
            shapes.append(_box("bar", x, top, wide, bottom - top))
            shapes.append(_box("grad", x, y - 1.5, wide, 3.0))
        if level.zeros:  # how many are 0, hanging under the axis
            words.append(f"{level.zeros:,} are 0")
            share = level.zeros / level.total
            shapes.append(_box("dead", x, _HEIGHT - _BOTTOM + 2, wide, max(1.0, 12 * share)))
        if level.bad:
            words.append(f"{level.bad:,} are nan or inf")
            shapes.append(_box("bad", x, _TOP - 10, wide, 6.0))
        title = escape("\n".join(words))
        lines.append(f"<g><title>{title}</title>{''.join(shapes)}</g>")
    return lines


def _box(kind: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
        ' rx="1.5"/>'
    )


def _foot(found: Sequence[Level], name: str, lowest: int) -> str:
    y = _HEIGHT - 16
    dead, bad = sum(level.zeros for level in found), sum(level.bad for level in found)
    count = sum(level.total for level in found)
    middle = f"depth; grey below the axis: the share that is 0 ({dead:,} of {count:,})"
    middle = middle if dead else "depth"
    middle += f"; red: {bad:,} nan or inf" if bad else ""
    if any(0.0 < level.low < 10.0**lowest for level in found):
        middle += f"; what stands on the axis is {style.number(10.0**lowest)} or less"
    return (
        f'<text class="ink" x="{_LEFT}" y="{y}">inputs</text>'
        f'<text class="ink" x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{y}" text-anchor="middle">'
        f"{middle}</text>"
        f'<text class="ink" x="{_WIDTH - _RIGHT}" y="{y}" text-anchor="end">{escape(name)}</text>'
    )
