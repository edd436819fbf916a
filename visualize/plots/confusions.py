"""What a classifier takes for what: the confusion matrix.

    confusion(y_test, model(x_test)).save("confusion.png")

A row is what samples are, a column what they were taken for. The blue diagonal is right; off it, a
fault stands out the more the more often it happens. At the end of a row: how much of it is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import style
from ..style import Theme
from ..text import clean
from .looks import dress
from .plot import DPI, Plot, our_style, theme_of
from .reading import classes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


def confusion(
    y: Any,
    predicted: Any,
    names: Sequence[str] | None = None,
    *,
    title: str = "",
    theme: str = "light",
) -> Plot:
    """Draw how many samples of each class y were predicted to be of each class.

    Both are n whole numbers from 0, or n rows of scores or one-hot rows. `names` are the names of
    the classes; without them they are 0, 1, …

    Raises ValueError for different lengths, or fewer names than classes.
    """
    import numpy as np

    look = theme_of("confusion", theme)
    rows, columns = classes("confusion", "y", y), classes("confusion", "predicted", predicted)
    if len(rows) != len(columns) or not len(rows):
        raise ValueError(
            f"confusion() got {len(rows)} classes and {len(columns)} predictions; expected as many,"
            " and at least one"
        )
    count = int(max(rows.max(), columns.max())) + 1
    if names is not None and len(names) < count:
        raise ValueError(
            f"confusion() got {len(names)} names for {count} classes; expected as many"
        )
    count = count if names is None else len(names)
    if count > 60:
        raise ValueError(
            f"confusion() got {count} classes; expected at most 60, or none can be read"
        )
    table = np.zeros((count, count), int)
    np.add.at(table, (rows, columns), 1)
    words = (
        [str(i) for i in range(count)] if names is None else [clean(str(name)) for name in names]
    )
    return _Confusion(table, words, clean(title), look)


@dataclass(frozen=True, eq=False, repr=False)
class _Confusion(Plot):
    table: NDArray[Any]
    names: list[str]
    title: str
    theme: Theme

    def figure(self) -> Figure:
        theme, count = self.theme, len(self.names)
        right = int(self.table.trace())
        said = f"{right:,} of {self.table.sum():,} right ({right / self.table.sum():.1%})"
        with our_style():
            title = f"{self.title}: {said}" if self.title else said
            figure, axes = self._layout(title)
            dress(axes, theme, "taken for", "is", title)
            axes.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5), facecolor=theme.ground)
            axes.spines[:].set_visible(False)
            axes.set_xticks(range(count), self.names, rotation=90 if self._are_long() else 0)
            axes.set_yticks(range(count), self.names)
            axes.tick_params(length=0, labelcolor=theme.local)
            self._draw_cells(axes)
            self._draw_shares(axes)
            return figure

    def _are_long(self) -> bool:
        return max(map(len, self.names)) > 4

    def _layout(self, title: str) -> tuple[Figure, Axes]:
        """Return a figure, and its axes of square cells, with room for all words."""
        from matplotlib.figure import Figure

        count = len(self.names)
        side = max(0.48, min(0.9, 2.8 / count)) * count
        name = 0.085 * max(map(len, self.names))
        left, below = 0.5 + name, 0.5 + (name if self._are_long() else 0.15)
        width, height = left + max(side + 0.7, 0.1 * len(title)), 0.45 + side + below
        figure = Figure(figsize=(width, height), dpi=DPI, facecolor=self.theme.ground)
        place = left / width, below / height, side / width, side / height
        return figure, figure.add_axes(place)

    def _draw_cells(self, axes: Axes) -> None:
        from matplotlib.patches import FancyBboxPatch

        theme = self.theme
        faults = self.table.copy()
        faults[range(len(faults)), range(len(faults))] = 0
        most = max(1, int(faults.max()))
        for i, row in enumerate(self.table.tolist()):
            for k, count in enumerate(row):
                share = count / most
                ground, ink, weight = theme.value_pill, theme.value, "bold"
                if i != k:
                    ground = style.mix(theme.warning_pill, theme.warning, 0.75 * share)
                    ink, weight = theme.card if share > 0.7 else theme.local, "normal"
                if i != k and not count:
                    ground = style.mix(theme.ground, theme.edge, 0.14)
                round_: dict[str, Any] = dict(boxstyle="round,pad=0,rounding_size=0.1", ec="none")
                place = k - 0.45, i - 0.45
                axes.add_patch(FancyBboxPatch(place, 0.9, 0.9, fc=ground, gid="cell", **round_))
                if count or i == k:
                    look: dict[str, Any] = dict(ha="center", va="center_baseline", fontsize=9)
                    words = f"{count:,}"
                    axes.text(k, i, words, color=ink, fontweight=weight, gid="count", **look)

    def _draw_shares(self, axes: Axes) -> None:
        count = len(self.names)
        for i, row in enumerate(self.table.tolist()):
            share = f"{row[i] / sum(row):.1%}" if sum(row) else "–"
            look: dict[str, Any] = dict(color=self.theme.value, fontsize=9, va="center_baseline")
            axes.text(count - 0.38, i, share, gid="share", **look)
