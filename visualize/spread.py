"""Many numbers in a few: how many, their mean and deviation, their norm, and a tiny histogram.

    >>> spread = spread_of([1.0, 2.0, 3.0])
    >>> spread.total, spread.mean, spread.norm
    (3, 2.0, 3.7416573867739413)

The numbers are a list of floats, as of the neurons of a layer, or an array, as in a Tensor. What is
nan or inf among them is counted and left out of the rest, so that one bad number does not hide what
the others are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

BARS = 12
_HUGE = 1e150  # whose square is out of the range of floats


class Spread(NamedTuple):
    """What there is to say of many numbers; `bars` are counts in equal steps from low to high."""

    total: int
    mean: float
    deviation: float
    norm: float
    bars: tuple[int, ...]
    bad: int = 0  # nan and inf


def spread_of(numbers: Any) -> Spread:
    """Return the spread of a list of floats or of an array."""
    return _of_array(numbers) if hasattr(numbers, "shape") else _of_list(numbers)


def _of_list(numbers: Sequence[float]) -> Spread:
    good = [x for x in numbers if math.isfinite(x)]
    if not good:
        return Spread(len(numbers), 0.0, 0.0, 0.0, (0,) * BARS, len(numbers))
    low, high = min(good), max(good)
    scale = max(-low, high) if max(-low, high) > _HUGE else 1.0
    mean = math.fsum(x / scale for x in good) / len(good)
    deviation = math.sqrt(math.fsum((x / scale - mean) ** 2 for x in good) / len(good))
    bars = [0] * BARS
    step = (high / scale - low / scale) / BARS
    for x in good:
        place = int((x / scale - low / scale) / step) if step else BARS // 2
        bars[min(BARS - 1, place)] += 1
    bad = len(numbers) - len(good)
    norm = math.hypot(*good)
    return Spread(len(numbers), mean * scale, deviation * scale, norm, tuple(bars), bad)


def _of_array(array: Any) -> Spread:
    import numpy as np

    numbers = np.asarray(array).ravel()
    if numbers.dtype.kind != "f" or numbers.dtype.itemsize < 4:  # a float16 overflows in a sum
        numbers = numbers.astype(np.float64)
    finite = np.isfinite(numbers)
    good = numbers if finite.all() else numbers[finite]
    if not good.size:
        return Spread(int(numbers.size), 0.0, 0.0, 0.0, (0,) * BARS, int(numbers.size))
    low, high = float(good.min()), float(good.max())
    size = max(-low, high)
    scale = size if size > _HUGE or (size > 1e15 and good.dtype.itemsize == 4) else 1.0
    scaled = good / scale if scale != 1.0 else good
    bars = [0] * BARS
    if high > low:
        bars = np.histogram(scaled, BARS, (low / scale, high / scale))[0].tolist()
    else:
        bars[BARS // 2] = int(good.size)
    return Spread(
        int(numbers.size),
        float(scaled.mean(dtype=np.float64)) * scale,
        float(scaled.std(dtype=np.float64)) * scale,
        float(np.linalg.norm(scaled)) * scale,
        tuple(bars),
        int(numbers.size - good.size),
    )
