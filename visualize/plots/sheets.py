"""Sheets of small pictures: the digits that a network reads, and the weights that it reads them by.

    images(x_test, y_test, predictions=model(x_test)).save("digits.png")
    weights(model).save("weights.png")      # of the first layer, a picture for each neuron

What was read wrongly stands in a frame, with what it is in brackets. In a picture of weights orange
pixels speak for the neuron, blue ones against it, and those of the card's own colour are 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autodiff.nn import Module, Neuron
from autodiff.wording import shown

from ..style import Theme
from .looks import inks, signed
from .plot import DPI, Plot, our_style, theme_of
from .reading import classes, numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


def images(
    x: Any,
    labels: Any = None,
    predictions: Any = None,
    *,
    names: Sequence[str] | None = None,
    shape: tuple[int, int] | None = None,
    columns: int = 10,
    limit: int = 100,
    title: str = "",
    theme: str = "light",
) -> Plot:
    """Draw a sheet of images, with what they are, and what they were taken for.

    `x` has the shape (n, height, width), (n, 1, height, width), or (n, pixels); pixels are a square
    unless `shape` says (height, width). `labels` and `predictions` are n classes, or n rows of
    scores; `names` are the names of the classes. Of more than `limit` images the first are drawn,
    and the sheet says so.

    Raises ValueError for shapes that do not fit.
    """
    look = theme_of("images", theme)
    pictures = _pictures("images", "x", numbers("images", "x", x), shape)
    right, said = (
        None if y is None else classes("images", name, y)
        for name, y in (("labels", labels), ("predictions", predictions))
    )
    for name, y in (("labels", right), ("predictions", said)):
        if y is not None and len(y) != len(pictures):
            raise ValueError(
                f"images() got {len(y)} {name} for {len(pictures)} images; expected as many"
            )
    _check_count("images", columns=columns, limit=limit)
    if len(pictures) > limit:
        title = f"{title}{': ' if title else ''}the first {limit} of {len(pictures):,}"
    captions, faults = [], []
    for i in range(min(limit, len(pictures))):
        truth, guess = (None if y is None else _name(int(y[i]), names) for y in (right, said))
        wrong = None not in (truth, guess) and truth != guess
        captions.append(f"{guess} (is {truth})" if wrong else (guess or truth or ""))
        faults.append(wrong)
    return _Sheet(pictures[:limit], captions, faults, columns, False, title, look)


def weights(
    layer: Any,
    *,
    shape: tuple[int, int] | None = None,
    columns: int = 10,
    limit: int = 100,
    title: str = "",
    theme: str = "light",
) -> Plot:
    """Draw the weights of a layer, a picture for each of its neurons, all on one scale.

    `layer` is a module, of which the first matrix of weights is drawn (an nn.Linear, an
    nn.Sequential, an nn.MLP), or such a matrix, shape (neurons, inputs). The inputs are a square of
    pixels unless `shape` says (height, width). Raises ValueError if they are not.
    """
    look = theme_of("weights", theme)
    _check_count("weights", columns=columns, limit=limit)
    matrix = numbers("weights", "the weights", _matrix(layer))
    if matrix.ndim != 2:
        raise ValueError(f"weights() got shape {matrix.shape}; expected (neurons, inputs)")
    pictures = _pictures("weights", "weights", matrix, shape)
    if len(pictures) > limit:
        title = f"{title}{': ' if title else ''}the first {limit} of {len(pictures):,}"
    return _Sheet(pictures[:limit], [""] * limit, [False] * limit, columns, True, title, look)


def _matrix(layer: Any) -> Any:
    if not isinstance(layer, Module):
        return layer
    for _, part in Module._named_parts(layer):
        if hasattr(part, "neurons"):
            return [neuron.w for neuron in part.neurons]
        if isinstance(part, Neuron):
            return [part.w]
        if len(getattr(getattr(part, "weight", None), "shape", ())) == 2:
            return part.weight
    raise ValueError(f"weights() got {shown(layer)}; expected a module with a matrix of weights")


def _pictures(function: str, name: str, array: NDArray[Any], shape: Any) -> NDArray[Any]:
    """Return images as an array of shape (n, height, width)."""
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 3 and len(array):
        return array
    if array.ndim != 2 or not array.size:
        raise ValueError(
            f"{function}() got {name} of shape {array.shape}; expected (n, height, width) or"
            " (n, pixels)"
        )
    side = math.isqrt(array.shape[1])
    height, width = shape or (side, side)
    if height * width != array.shape[1]:
        raise ValueError(
            f"{function}() got {name} of shape {array.shape} and shape={shape}; {array.shape[1]}"
            f" pixels are not {height} × {width}: pass shape=(height, width)"
        )
    return array.reshape(-1, height, width)


def _check_count(function: str, **counts: int) -> None:
    for name, count in counts.items():
        if type(count) is not int or count < 1:
            raise ValueError(f"{function}() got {name}={count!r}; expected a whole number above 0")


def _name(number: int, names: Sequence[str] | None) -> str:
    return str(number) if names is None or number >= len(names) else names[number]


@dataclass(frozen=True, eq=False, repr=False)
class _Sheet(Plot):
    pictures: NDArray[Any]
    captions: list[str]
    faults: list[bool]
    columns: int
    has_sign: bool
    title: str
    theme: Theme

    def figure(self) -> Figure:
        theme, (height, width) = self.theme, self.pictures.shape[1:]
        low, high = self._range()
        with our_style():
            figure, places = self._layout(height / width)
            for place, picture, caption, fault in zip(
                places, self.pictures, self.captions, self.faults
            ):
                axes = figure.add_axes(place)
                axes.set(xticks=[], yticks=[], facecolor=theme.card)
                look: dict[str, Any] = dict(cmap=signed(theme) if self.has_sign else inks(theme))
                drawn = axes.imshow(
                    picture, vmin=low, vmax=high, aspect="auto", gid="image", **look
                )
                color, thick = (theme.warning, 2.0) if fault else (theme.edge, 0.5)
                axes.spines[:].set(color=color, linewidth=thick)
                ink, weight = (theme.warning, "bold") if fault else (theme.muted, "normal")
                axes.set_xlabel(caption, fontsize=9, labelpad=3, color=ink, fontweight=weight)
            if self.has_sign:
                self._draw_scale(figure, drawn)
            return figure

    def _range(self) -> tuple[float, float]:
        """Return the numbers for the ends of the colours: nearly all weights lie between them."""
        import numpy as np

        finite = self.pictures[np.isfinite(self.pictures)]
        if self.has_sign:
            top = float(np.percentile(abs(finite), 99.5)) if finite.size else 1.0
            return -(top or 1.0), top or 1.0
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        return min(low, 0.0), high if high > low else low + 1.0

    def _layout(self, tall: float) -> tuple[Figure, list[tuple[float, float, float, float]]]:
        """Return a figure with its title, and where its pictures go, as shares of it."""
        from matplotlib.figure import Figure

        count = len(self.pictures)
        columns = min(self.columns, count)
        rows = math.ceil(count / columns)
        side, gap = (0.8, 0.07) if columns > 4 else (1.4, 0.1)
        words = 0.22 if any(self.captions) else 0.0
        top = 0.45 if self.title else 0.12
        width = 0.24 + columns * (side + gap) - gap + 0.95 * self.has_sign
        width = max(width, 0.24 + 0.1 * len(self.title))
        height = top + rows * (side * tall + words + gap) - gap + 0.12
        figure = Figure(figsize=(width, height), dpi=DPI, facecolor=self.theme.ground)
        figure.text(
            0.12 / width, 1.0 - 0.2 / height, self.title, color=self.theme.local, fontsize=12,
            va="center",
        )  # fmt: skip
        places = []
        for i in range(count):
            row, column = divmod(i, columns)
            bottom = height - top - (row + 1) * side * tall - row * (words + gap)
            left = 0.12 + column * (side + gap)
            places.append((left / width, bottom / height, side / width, side * tall / height))
        return figure, places

    def _draw_scale(self, figure: Figure, drawn: Any) -> None:
        width, height = figure.get_size_inches()
        up = 0.12 / height
        high = 1.0 - up - (0.45 if self.title else 0.12) / height
        axes = figure.add_axes(((width - 0.88) / width, up, 0.13 / width, high))
        bar = figure.colorbar(drawn, cax=axes, extend="both", extendfrac=0.02)
        bar.outline.set_visible(False)
        axes.tick_params(color=self.theme.edge, labelcolor=self.theme.muted, labelsize=9)
        axes.set_ylabel("weight", color=self.theme.local, fontsize=10)
