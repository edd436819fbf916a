"""Small data sets that are made, not loaded: seeded, and the same on every Python.

>>> X, y = moons(100, noise=0.1, seed=1)
"""

from __future__ import annotations

import math
import random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


def moons(
    n: int = 100, noise: float = 0.1, seed: int | None = None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return n points of two half circles that reach into each other, and which one each is of.

    The points are an ndarray of floats, shape (n, 2), in random order; the classes one of ints, 0
    or 1, shape (n,). As in scikit-learn's `make_moons` the first circle is (cos t, sin t), the
    other (1 - cos t, ½ - sin t), t evenly from 0 to π, and `noise` is the standard deviation of
    what is added to each coordinate. Without a `seed` the points come from Python's `random`.

    Raises ValueError for fewer than 2 points or a negative noise.
    """
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


def beans(n: int = 100, seed: int | None = None) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the sizes of n beans and how toxic each is: about 1.2 times its size.

    Both are ndarrays of floats, shape (n,). The sizes are uniform in (0, 1) and sorted; toxicity is
    1.2 · size + U(0, 0.1). Without a `seed` they come from Python's `random`. Raises ValueError for
    fewer than 1.
    """
    if type(n) is not int or n < 1:
        raise ValueError(f"beans() got n={n!r}; expected a whole number of at least 1")
    rng: Any = random if seed is None else random.Random(seed)
    sizes = sorted(rng.random() for _ in range(n))
    return np.array(sizes), np.array([1.2 * size + 0.1 * rng.random() for size in sizes])


class People(NamedTuple):
    """Two measures of each, shape (n, 2); the class of each, shape (n,); what they are called."""

    X: NDArray[Any]
    y: NDArray[Any]
    names: tuple[str, ...]


def people() -> People:
    """Return weight and height of four people, their class, 1 or 0, and their names: X, y, names.

    The numbers are pounds and inches, less 135 and 66, to be around zero.
    """
    return People(
        np.array([(-2.0, -1.0), (25.0, 6.0), (17.0, 4.0), (-15.0, -6.0)]),
        np.array([1, 0, 0, 1]),
        ("Alice", "Bob", "Charlie", "Diana"),
    )
