"""A photographed or drawn digit, made into what MNIST is made of: 28 × 28 numbers, light on dark.

    >>> image = read_digit("three.png")
    >>> image.shape, image.dtype
    ((28, 28), dtype('float32'))

Paper may be white or black, lit unevenly, a photo, a scan or a drawing with transparency: the light
is evened out, ink is told from paper (`ink`), and the digit is cropped, scaled to 20 pixels and
moved so that its centre of mass is in the middle (`centred`), as the data set's authors did.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from .ink import NoInk, Picture, extreme, ink

_SIDE = 200  # pixels along the longer side: enough to tell ink from paper


def read_digit(path: str | os.PathLike[str]) -> Picture:
    """Return the digit in an image file, as MNIST has it: float32 of shape (28, 28), from 0 to 1.

    Raises FileNotFoundError, ValueError for what is no image, too large, or shows no ink, and
    ModuleNotFoundError without Pillow.
    """
    try:
        return centred(ink(read_grey(path)))
    except NoInk as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from None


def read_grey(path: str | os.PathLike[str]) -> Picture:
    """Return an image file in grey, upright, and no larger than is needed."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            'images are read by Pillow, which is not installed: run pip install ".[plot]" where'
            " autodiff's README is"
        ) from None

    name = os.fspath(path)
    try:
        with warnings.catch_warnings(), open(path, "rb") as file:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as image:
                return _grey(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(
            f"{name} has more than {Image.MAX_IMAGE_PIXELS:,} pixels; expected a picture of one"
            " digit: make it smaller"
        ) from None
    except UnidentifiedImageError:
        raise ValueError(f"{name} is not an image; expected a PNG, a JPEG or the like") from None
    except FileNotFoundError:
        raise FileNotFoundError(f"{name} is not there; expected an image of a digit") from None
    except (OSError, SyntaxError) as error:  # a folder, half a file
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{name} cannot be read as an image: {reason}") from None


def _grey(image: Any) -> Picture:
    from PIL import Image

    if image.mode.startswith(("I", "F")):  # 16 bits and more, which convert("L") would cut off
        numbers = np.nan_to_num(np.asarray(image, np.float32))
        low, high = float(numbers.min()), float(numbers.max())
        image = Image.fromarray((numbers - low) / ((high - low) or 1.0) * 255.0)
        see_through = False
    else:
        see_through = image.has_transparency_data
        if see_through:
            image = image.convert("RGBA")
    scale = _SIDE / max(image.size)
    if scale < 1.0:
        size = [max(1, round(scale * side)) for side in image.size]
        image = image.resize(size, Image.Resampling.BOX)
    if see_through:
        return _on_paper(np.asarray(image.convert("LA"), np.float32) / 255.0)
    return np.asarray(image if image.mode == "F" else image.convert("L"), np.float32) / 255.0


def _on_paper(light_and_alpha: Picture) -> Picture:
    """Return the grey values of a drawing with transparency, on paper that its ink stands out on.

    Where most is opaque there is paper already, and it goes on behind the holes.
    """
    light, alpha = light_and_alpha[..., 0], light_and_alpha[..., 1]
    seen = alpha > 0.5
    if not seen.any():
        raise NoInk
    typical = float(np.median(light[seen]))
    paper = typical if seen.mean() > 0.5 else float(typical < 0.5)
    return alpha * light + (1.0 - alpha) * paper


# -- the form of the data set ----------------------------------------------------------------------


def centred(strokes: Picture) -> Picture:
    """Return ink in the form of MNIST: 20 pixels high or wide, its centre of mass in the middle.

    The middle of 28 × 28 is at 14, 14, counted from 0. A pen much thinner than those of the data
    set is widened to their least.
    """
    from PIL import Image

    strokes = _widened(_cropped(strokes))
    height, width = strokes.shape
    scale = 20.0 / max(height, width)
    size = max(1, round(scale * width)), max(1, round(scale * height))
    small = Image.fromarray(strokes.astype(np.float32)).resize(size, Image.Resampling.HAMMING)
    digit = np.asarray(small)
    digit = digit / digit.max()
    image = np.zeros((28, 28), np.float32)
    places = []
    for axis in (0, 1):
        mass = digit.sum(1 - axis)
        middle = float(mass @ np.arange(len(mass)) / mass.sum())
        places.append(min(max(round(14.0 - middle), 0), 28 - len(mass)))
    (top, left), (height, width) = places, digit.shape
    image[top : top + height, left : left + width] = digit
    return image


def _cropped(strokes: Picture) -> Picture:
    rows, columns = (np.flatnonzero((strokes > 0.0).any(axis)) for axis in (1, 0))
    return strokes[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _widened(strokes: Picture) -> Picture:
    """Return strokes at least 1.8 pixels wide once the digit is 20 high."""
    outline = sum(float(abs(np.diff(np.pad(strokes, 1), axis=axis)).sum()) for axis in (0, 1))
    width = 2.0 * float(strokes.sum()) / (outline * np.pi / 4)  # of a band: 2·area/outline
    wanted = 1.8 * max(strokes.shape) / 20.0
    reach = round((wanted - width) / 2)
    if reach < 1:
        return strokes
    return extreme(np.pad(strokes, reach), 2 * reach + 1, np.maximum)
