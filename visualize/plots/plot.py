"""What every plot can do: show itself in a notebook, and write itself to a file.

    picture = history(h)
    picture.save("history.png")         # or .svg; .gif too where something moves
    picture.figure()                    # matplotlib's Figure, to go on with

matplotlib is imported inside the functions, and without pyplot: no window, no global figure,
nothing of the reader's own style, and the same bytes at every run.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autodiff.wording import clipped, legible

from ..files import write_file
from ..style import THEMES, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRAMES = 40  # of a film, at the most
DPI = 100  # of a film; a still picture has twice as many


class Plot:
    """A plot that can be saved as .png or .svg, and shows itself in a notebook."""

    def __repr__(self) -> str:
        return "<plot: .save('name.png') writes it, .figure() is matplotlib's>"

    def figure(self) -> Figure:
        """Return a new matplotlib Figure of it, which is yours to change."""
        raise NotImplementedError

    def save(self, filename: str | os.PathLike[str]) -> str:
        """Write the plot in the format of the file's ending, and return the file's path.

        Raises ValueError for an ending that it cannot write, and OSError, which leaves an older
        file as it was.
        """
        path, writers = Path(filename), self._writers()
        if path.suffix.lower() not in writers:
            got, stem = legible(path, 300), legible(path.stem)
            raise ValueError(
                f"cannot write {got}: unknown ending {clipped(path.suffix)}; expected one"
                f' of {", ".join(writers)}, e.g. .save("{stem}.png")'
            )
        write_file(path, writers[path.suffix.lower()]())
        return str(path)

    def _writers(self) -> dict[str, Callable[[], bytes]]:
        return {".png": self._repr_png_, ".svg": self._svg}

    def _repr_png_(self) -> bytes:
        return self._still("png", dpi=2 * DPI, metadata={"Software": None})

    def _svg(self) -> bytes:
        unwanted = ("Creator", "Date", "Format", "Type")  # they differ from day to day
        return self._still("svg", metadata=dict.fromkeys(unwanted))

    def _still(self, format: str, **options: Any) -> bytes:
        file = io.BytesIO()
        with our_style():
            self.figure().savefig(file, format=format, **options)
        return file.getvalue()


class Film(Plot):
    """A plot that moves: it can be saved as .gif too."""

    def frames(self) -> Iterator[tuple[Figure, int]]:
        """Yield the figure as it is at each moment, and for how many milliseconds.

        It may be the same figure each time, changed.
        """
        raise NotImplementedError

    def colors(self) -> list[int]:
        """Return the colours of the film, at most 256, as red, green, blue, red …"""
        raise NotImplementedError

    def words(self) -> str:
        """Return what the film shows, for those who cannot see it."""
        raise NotImplementedError

    def _writers(self) -> dict[str, Callable[[], bytes]]:
        return {**super()._writers(), ".gif": self._film}

    def _film(self) -> bytes:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        pictures, durations, file = [], [], io.BytesIO()
        palette = _Palette(self.colors())
        with our_style():
            for figure, milliseconds in self.frames():
                canvas: Any = figure.canvas
                if not isinstance(canvas, FigureCanvasAgg):
                    canvas = FigureCanvasAgg(figure)
                canvas.draw()
                pictures.append(palette.picture(canvas.buffer_rgba()))
                durations.append(milliseconds)
        pictures[0].save(
            file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0
        )
        return file.getvalue()

    def _repr_html_(self) -> str:
        film = base64.b64encode(self._film()).decode()
        return f'<img alt="{escape(self.words())}" src="data:image/gif;base64,{film}">'


class _Palette:
    """One list of colours for all pictures of a film, or it would flicker.

    Pillow's own search takes a near colour for the nearest, and tints white grounds.
    """

    def __init__(self, colors: list[int]) -> None:
        import numpy as np

        self.colors = colors
        self._places = np.array(colors).reshape(-1, 3)
        self._nearest: dict[int, int] = {}

    def picture(self, pixels: Any) -> Any:
        """Return a Pillow image in these colours, of an array of red, green, blue and alpha."""
        import numpy as np
        from PIL import Image

        red, green, blue = (np.asarray(pixels)[..., i].astype(int) for i in range(3))
        found, inverse = np.unique(red << 16 | green << 8 | blue, return_inverse=True)
        for color in found.tolist():
            if color not in self._nearest:
                apart = self._places - (color >> 16, color >> 8 & 255, color & 255)
                self._nearest[color] = int((apart * apart).sum(1).argmin())
        indices = np.array([self._nearest[color] for color in found.tolist()], np.uint8)
        image = Image.fromarray(indices[inverse].reshape(red.shape), "P")
        image.putpalette(self.colors)
        return image


def our_style() -> Any:
    """Return a context in which matplotlib forgets the reader's own style, or say how to get it."""
    try:
        import matplotlib.style
    except ImportError as error:
        raise ImportError(
            "plots need matplotlib, which is not installed here. In the checkout of this project:"
            '\n    pip install ".[plot]"\nGraphs, as by draw(J), do not need it.'
        ) from error
    # The font that it comes with; and a $ in a name is a $, not the start of a formula.
    ours = {"svg.hashsalt": "autodiff", "font.family": "DejaVu Sans", "text.parse_math": False}
    return matplotlib.style.context(["default", ours])


def theme_of(function: str, theme: str) -> Theme:
    """Return the theme of this name; raise ValueError for another, ImportError if none can draw."""
    our_style()
    if theme not in ("light", "dark"):
        raise ValueError(f"{function}() got theme={clipped(theme)}; expected 'light' or 'dark'")
    return THEMES[theme]
