"""Small data sets that are made, not loaded: seeded, and the same on every Python.

>>> X, y = moons(100, noise=0.1, seed=1)
"""

from __future__ import annotations

import math
import random

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from typing import Any


def moons(n: int = 100, noise: float = 0.1, seed: int | None = None) -> tuple[Any, Any]:
    """Return n points of two half circles that reach into each other, and which one each is of.

    The points are an ndarray of floats, shape (n, 2), in random order; the classes one of ints, 0
    or 1, shape (n,). As in scikit-learn's `make_moons` the first circle is (cos t, sin t), the
    other (1 - cos t, ½ - sin t), t evenly from 0 to π, and `noise` is the standard deviation of
    what is added to each coordinate. Without a `seed` the points come from Python's `random`.

    Raises ValueError for fewer than 2 points or a negative noise.
    """
    import numpy as np

    if type(n) is not int or n < 2:
        raise ValueError(f"moons() got n={n!r}; expected a whole number of at least 2")
    if not 0.0 <= noise < math.inf:
        raise ValueError(f"moons() got noise={noise!r}; expected a number of at least 0")
    rng: Any = random if seed is None else random.Random(seed)
    points = []
    for label, count in ((0, (n + 1) // 2), (1, n // 2)):
        for i in range(count):
            t = math.pi * i / max(1, count - 1)
            x, y = math.cos(t), math.sin(t)
            x, y = (x, y) if label == 0 else (1.0 - x, 0.5 - y)
            points.append((x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise), label))
    rng.shuffle(points)
    table = np.array(points)
    return table[:, :2].copy(), table[:, 2].astype(int)
