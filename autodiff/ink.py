"""Ink told from paper, in a picture that was lit unevenly.

    >>> strokes = ink(grey)         # both in rows of numbers from 0 to 1

The light of the paper is a plane through what the margin shows; shadows are what is left of it that
no stroke is as wide as. Between the rest and the ink goes the threshold that parts them best.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[Any]  # numbers from 0 to 1, in rows

_FAINT = 0.08  # of the light of the paper: what takes less away is no ink


class NoInk(ValueError):
    """There is nothing on the paper."""

    def __init__(self) -> None:
        super().__init__("no digit to be seen; expected dark ink on light paper, or light on dark")


def ink(grey: Picture) -> Picture:
    """Return how much ink there is at each place, from 0 to 1, of a picture in grey.

    Specks, and what comes in from the margin, are left out. ValueError if no ink is left.
    """
    light = _light(grey)
    if _is_lighter(grey - light):
        grey, light = 1.0 - grey, 1.0 - light
    taken = 1.0 - grey / np.maximum(light, 0.05)  # a fraction of the light, so that shadows cancel
    smooth = _blurred(taken, max(grey.shape) // 60 | 1)  # the noise of a camera is no ink
    shadows = _shadows(smooth)
    taken, smooth = taken - shadows, smooth - shadows
    dark = smooth > _otsu(smooth)
    if dark.all() or not dark.any():
        raise NoInk
    low, high = float(taken[~dark].mean()), float(taken[dark].mean())
    if high - low < _FAINT or dark.mean() > 0.6:
        raise NoInk
    kept = _strokes(dark)
    # The edges of strokes are soft, as they are where a scanner's pixel is half ink.
    soft = np.clip((taken - low) / (high - low) * 2.0 - 0.6, 0.0, 1.0)
    return np.where(extreme(kept, 3, np.maximum), soft, 0.0)


def _light(grey: Picture) -> Picture:
    """Return the light of the paper, a plane through what the margin shows, mostly."""
    rows, columns = grey.shape
    y, x = np.mgrid[-1.0 : 1.0 : rows * 1j, -1.0 : 1.0 : columns * 1j]
    plane = np.stack([np.ones(grey.size), y.ravel(), x.ravel()], 1)
    margin = (np.maximum(abs(y), abs(x)) > 0.94).ravel()
    seen = grey.ravel()
    light = np.full(grey.size, np.median(seen[margin]))
    for _ in range(8):  # without the ink in the margin, nor what is beside the paper
        off = abs(seen - light)
        used = margin & (off <= max(2.5 * float(np.median(off[margin])), 0.02))
        light = plane @ np.linalg.lstsq(plane[used], seen[used], rcond=None)[0]
    return light.reshape(grey.shape)


def _is_lighter(off: Picture) -> bool:
    """Whether ink is lighter than paper: what stands out most from the median around it is ink."""
    from PIL import Image, ImageFilter

    scale = min(1.0, 50 / max(off.shape))
    rows, columns = (max(1, round(scale * side)) for side in off.shape)
    small = Image.fromarray(off.astype(np.float32)).resize((columns, rows), Image.Resampling.BOX)
    # Pillow 12.3 divides by zero in a window of 1, and ends the process.
    around = small.filter(ImageFilter.MedianFilter(max(3, max(rows, columns) // 2 | 1)))
    return float(((np.asarray(small) - np.asarray(around)) ** 3).sum()) > 0.0


def _shadows(taken: Picture) -> Picture:
    """Return what takes away light and is wider than any stroke, as the shadow of a hand is."""
    window = max(3, max(taken.shape) // 3) | 1
    wide = np.pad(taken, window, "edge")  # shadows do not end at the margin
    wide = extreme(extreme(wide, window, np.minimum), window, np.maximum)
    return _blurred(wide, window // 6 | 1)[window:-window, window:-window]


def extreme(a: Picture, window: int, larger: Any) -> Picture:
    """Return the largest number in a square window around each; with np.minimum the smallest."""
    for axis in (0, 1):
        a = np.pad(np.swapaxes(a, 0, axis), [(window // 2,) * 2, (0, 0)], "edge")
        reach = 1  # of what is compared already, which doubles
        while reach < window:
            step = min(reach, window - reach)
            a = larger(a[:-step], a[step:])
            reach += step
        a = np.swapaxes(a, 0, axis)
    return a


def _blurred(a: Picture, window: int) -> Picture:
    """Return the mean of a square window around each."""
    for axis in (0, 1):
        wide = np.pad(np.swapaxes(a, 0, axis), [(window // 2 + 1, window // 2), (0, 0)], "edge")
        sums = np.cumsum(wide, 0)
        a = np.swapaxes((sums[window:] - sums[:-window]) / window, 0, axis)
    return a


def _otsu(a: Picture) -> float:
    """Return the threshold whose two sides differ most (Otsu, 1979)."""
    counts, edges = np.histogram(a, 256)
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1]
    above = a.size - below
    total = np.cumsum(counts * middles)
    difference = total[:-1] / np.maximum(below, 1) - (total[-1] - total[:-1]) / np.maximum(above, 1)
    return float(edges[1:-1][np.argmax(below * above * difference**2)])


def _strokes(dark: Picture) -> Picture:
    """Return the pieces of ink that are the digit's: the largest, and no specks beside it.

    What touches the margin, as the edge of the paper does, counts only if there is nothing else.
    """
    labels = np.arange(1, dark.size + 1).reshape(dark.shape) * dark
    while True:  # each pixel takes the largest number of its neighbours, until they agree
        spread = extreme(labels, 3, np.maximum) * dark
        if (spread == labels).all():
            break
        labels = np.append(0, spread)[spread]  # and at once what the pixel of that number has now
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    inner = sizes.copy()
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        inner[side] = 0
    if inner.max() > 0.1 * sizes.max():
        sizes = inner
    return (sizes > 0.04 * sizes.max())[labels]
