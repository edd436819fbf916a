"""Learning curves: how loss and accuracy went, epoch by epoch.

    history({"epoch": [1, 2, 3], "train_loss": [0.9, 0.5, 0.4], "test_loss": [0.8, 0.6, 0.6]})
    history({"SGD": h1, "Adam": h2})        # several runs, one against the other

A column is called part_what, as train_loss: there is a panel for each *what*, and in it a line for
each part. Dashes are for training; a solid line, with a ring at its best, is for data that the
model does not learn from, as only that says how good the model is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autodiff.wording import clipped, legible, shown

from ..style import Theme
from .looks import dress, end_names, heading, log_scale, panels, run_colors
from .panels import number
from .plot import Plot, our_style, theme_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Columns = dict[str, list[float]]

_CLOCKS = ("epoch", "step", "update")
_LEFT_OUT = (*_CLOCKS, "seconds", "time")
_TRAINED = ("train", "training", "")


def history(
    h: Any, *, show: Sequence[str] | None = None, title: str = "", theme: str = "light"
) -> Plot:
    """Draw the learning curves of a history, or of several by name.

    `h` maps names of columns to lists of numbers, or is a list of dicts, one for each epoch; or it
    maps names of runs to such histories: then each run is one line, of its data for validation or
    test if it has some. `show` picks panels, as ["loss", "lr"]; without it there is one for each
    quantity but times, and lr only if it changes. Losses that fall to a fiftieth get a log scale.

    Raises ValueError for a history without numbers or with columns of several lengths, and for a
    panel that there is none of; TypeError for what is no history.
    """
    look = theme_of("history", theme)
    runs = list(h.keys()) if _is_mapping(h) else []
    several = bool(runs) and all(_is_history(h[name]) for name in runs)
    tables = {str(name): _columns(h[name]) for name in runs} if several else {"": _columns(h)}
    known = list(dict.fromkeys(_what(name) for table in tables.values() for name in table))
    known = [what for what in known if what not in _LEFT_OUT]
    if not known:
        raise ValueError(
            f"history() got no column to draw in {shown(h)}; expected one as train_loss"
        )
    if show is None:
        still = [what for what in known if what == "lr" and _is_still(tables)]
        show = sorted((what for what in known if what not in still), key=_rank)
    for what in show:
        if what not in known:
            of = ", ".join(map(legible, known))
            raise ValueError(f"history() got show={clipped(what)}; expected some of {of}")
    return _History(tables, list(show), title, look)


@dataclass(frozen=True, eq=False, repr=False)
class _History(Plot):
    tables: dict[str, Columns]
    show: list[str]
    title: str
    theme: Theme

    def figure(self) -> Figure:
        with our_style():
            columns = min(3, len(self.show))
            rows = math.ceil(len(self.show) / columns)
            figure, grid = panels(self.theme, rows, columns, 4.4, 3.1)
            heading(figure, self.theme, self.title)
            for axes in grid.flat[len(self.show) :]:
                axes.remove()
            shown = [(axes, self._draw(axes, what)) for axes, what in zip(grid.flat, self.show)]
            figure.draw_without_rendering()  # now the axes have their sizes
            for axes, lines in shown:
                ends = [line.end() for line in lines if any(map(math.isfinite, line.ys))]
                end_names(axes, [end for end in ends if end[2]])
            return figure

    def _draw(self, axes: Axes, what: str) -> list[_Line]:
        """Draw a panel, and return its lines."""
        from matplotlib.ticker import MaxNLocator, PercentFormatter

        lines = [
            line for name, table in self.tables.items() for line in self._lines(name, table, what)
        ]
        clock = next((c for table in self.tables.values() for c in _CLOCKS if c in table), "epoch")
        numbers = [y for line in lines for y in line.ys if math.isfinite(y)]
        logarithmic = (
            what == "loss" and min(numbers, default=0) > 0 and max(numbers) > 50 * min(numbers)
        )
        # the part that all runs show belongs to the axis, not to each of them
        parts = {line.part for line in lines}
        shared = f"{parts.pop()} " if len(self.tables) > 1 and len(parts) == 1 else ""
        name = {"lr": "learning rate"}.get(what, f"{shared}{what}".strip())
        dress(axes, self.theme, clock, name + " (log scale)" * logarithmic)
        axes.grid(axis="y", color=self.theme.edge, alpha=0.3, lw=0.7)
        for line in lines:
            dots: dict[str, Any] = dict(marker="o", ms=3.5) if len(line.xs) <= 25 else {}
            axes.plot(line.xs, line.ys, color=line.color, gid="line", **line.look, **dots)
        if logarithmic:
            log_scale(axes, "y")
        if what == "accuracy":
            whole = max(numbers, default=1.0) - min(numbers, default=0.0) > 0.05
            axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0 if whole else 1))
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.margins(x=0.02, y=0.12)
        axes.autoscale_view()
        if len({x for line in lines for x in line.xs}) == 1:
            axes.set_xticks(lines[0].xs[:1])  # no half epochs
        axes.set_xlim(axes.get_xlim())
        axes.set_ylim(axes.get_ylim())
        if len(self.tables) == 1 and what in ("loss", "accuracy") and lines:
            self._mark_best(axes, lines[-1], what, clock)
        return lines

    def _lines(self, name: str, table: Columns, what: str) -> list[_Line]:
        names = sorted((column for column in table if _what(column) == what), key=_place)
        clock = next((table[c] for c in _CLOCKS if c in table), None)
        if len(self.tables) > 1:
            colors = run_colors(self.theme)
            color = colors[list(self.tables).index(name) % len(colors)]
            return [_Line(name, _part(c), table[c], clock, color, dict(lw=1.9)) for c in names[-1:]]
        lines = []
        for column in names:
            part = _part(column)
            trained = part in _TRAINED and len(names) > 1
            look: dict[str, Any] = dict(lw=1.5, ls=(0, (4, 2))) if trained else dict(lw=2.1)
            color = self.theme.muted if trained else self.theme.value
            lines.append(_Line(part, part, table[column], clock, color, look))
        return lines

    def _mark_best(self, axes: Axes, line: _Line, what: str, clock: str) -> None:
        """Ring the lowest loss or the highest accuracy of a line, and say what and when it was."""
        pick = min if what == "loss" else max
        seen = [(y, x) for x, y in zip(line.xs, line.ys) if math.isfinite(y)]
        if len(seen) < 2:
            return
        best, when = pick(seen, key=lambda pair: pair[0])
        ring: dict[str, Any] = dict(marker="o", ms=9, mfc="none", mew=1.4, ls="none")
        axes.plot([when], [best], gid="best", mec=self.theme.local, zorder=5, **ring)
        amount = number(best) if what == "loss" else f"{100.0 * best:.4g} %"
        words = f"{'lowest' if what == 'loss' else 'highest'} {amount}, {clock} {when:g}"
        axes.set_title(words, color=self.theme.local, fontsize=9.5, loc="left", pad=8)


@dataclass
class _Line:
    name: str
    part: str
    ys: list[float]
    clock: list[float] | None
    color: str
    look: dict[str, Any]

    @property
    def xs(self) -> list[float]:
        return self.clock or [float(i) for i in range(1, len(self.ys) + 1)]

    def end(self) -> tuple[float, float, str, str]:
        """Return the last point that there is, the line's name and its colour."""
        x, y = [(x, y) for x, y in zip(self.xs, self.ys) if math.isfinite(y)][-1]
        return x, y, self.name, self.color


# -- columns ---------------------------------------------------------------------------------------


def _is_mapping(h: Any) -> bool:
    return hasattr(h, "keys") and hasattr(h, "__getitem__")


def _is_history(h: Any) -> bool:
    return _is_mapping(h) or (isinstance(h, (list, tuple)) and bool(h) and all(map(_is_mapping, h)))


def _columns(h: Any) -> Columns:
    """Return a history as lists of floats by name; None is nan, a number that is not there."""
    if not _is_history(h):
        raise TypeError(
            f"history() got {shown(h)}; expected columns by name, as {{'train_loss': [0.9, 0.5]}},"
            " or a list of dicts"
        )
    if not _is_mapping(h):
        names = dict.fromkeys(name for report in h for name in report)
        h = {name: [report.get(name) for report in h] for name in names}
    columns: Columns = {}
    for name in list(h.keys()):
        try:
            columns[str(name)] = [math.nan if y is None else float(y) for y in h[name]]
        except (TypeError, ValueError):
            raise TypeError(
                f"history() got {name}={shown(h[name])}; expected a list of numbers"
            ) from None
    lengths = {name: len(ys) for name, ys in columns.items()}
    if len(set(lengths.values())) > 1 or 0 in lengths.values():
        raise ValueError(f"history() got columns of the lengths {lengths}; expected one, above 0")
    return columns


def _what(name: str) -> str:
    part, _, what = name.rpartition("_")
    return what if part and what in ("loss", "accuracy") else name


def _part(name: str) -> str:
    return name.removesuffix(_what(name)).removesuffix("_")


def _place(name: str) -> int:
    """Order the lines of a panel: training first, then what the model is judged by."""
    part = _part(name)
    return 0 if part in _TRAINED else 1 if part.startswith("test") else 2


def _rank(what: str) -> int:
    order = ("loss", "accuracy")
    return order.index(what) if what in order else 3 if what == "lr" else 2


def _is_still(tables: Mapping[str, Columns]) -> bool:
    return all(len(set(table.get("lr", []))) <= 1 for table in tables.values())
