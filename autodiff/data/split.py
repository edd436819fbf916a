"""Keep some samples back, to see what was learned and not only remembered.

>>> from autodiff.data import train_test_split
>>> x_train, x_test, y_train, y_test = train_test_split(range(10), range(10), seed=1)
>>> len(x_train), len(x_test), (x_test == y_test).all()
(8, 2, np.True_)
"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .loader import permutation, rows


def train_test_split(
    *arrays: ArrayLike,
    test_size: float = 0.2,
    seed: int | None = None,
    stratify: ArrayLike | None = None,
) -> list[NDArray[Any]]:
    """Return each array in two parts, in scikit-learn's order: x_train, x_test, y_train, y_test.

    `test_size` is a share between 0 and 1, rounded up, or a whole number of samples. They are drawn
    in random order, from Python's `random` without a `seed`. With `stratify=y` each class of y has
    the same share in both parts, up to one sample.

    Raises ValueError for different lengths and for a part that would be empty.
    """
    made = rows("train_test_split", arrays, "write test_size=0.2")
    n = len(made[0])
    count = _count(test_size, n)
    rng: Any = random if seed is None else random.Random(seed)
    order = permutation(n, rng)
    if stratify is not None:
        order = _stratified(order, np.asarray(stratify), count)
    test, train = order[:count], order[count:]
    return [array.take(part, axis=0) for array in made for part in (train, test)]


def _count(test_size: float, n: int) -> int:
    """Return how many of n samples are for the test."""
    if isinstance(test_size, (int, np.integer)) and not isinstance(test_size, bool):
        count = int(test_size)
    elif isinstance(test_size, (float, np.floating)) and 0 < test_size < 1:
        # 0.1 * 30 is 3.0000000000000004, and three are meant.
        count = math.ceil(round(float(test_size) * n, 9))
    else:
        raise ValueError(
            f"train_test_split() got test_size={test_size!r}, "
            "expected a share between 0 and 1 or a whole number of samples"
        )
    if not 0 < count < n:
        raise ValueError(
            f"train_test_split() got test_size={test_size!r} of {n} samples, "
            f"which leaves {max(0, n - count)} to train and {max(0, count)} to test; "
            "expected at least one each"
        )
    return count


def _stratified(order: NDArray[Any], labels: NDArray[Any], count: int) -> NDArray[Any]:
    """Return an order whose first `count` have of each class its share."""
    if labels.shape != order.shape:
        raise ValueError(
            f"train_test_split() got stratify of shape {labels.shape}, "
            f"expected a class for each sample: {order.shape}"
        )
    _, classes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    # The share of each class, rounded down; what is left goes to those that lost most by it.
    shares = sizes * count / len(order)
    counts = np.floor(shares).astype(np.int64)
    most = np.argsort(counts - shares, kind="stable")
    counts[most[: count - counts.sum()]] += 1
    # The how-manieth of its class each sample is, in the random order: the first ones are the test.
    drawn = classes[order]
    by_class = np.argsort(drawn, kind="stable")
    starts = np.cumsum(sizes) - sizes
    rank = np.empty_like(order)
    rank[by_class] = np.arange(len(order)) - starts[drawn[by_class]]
    chosen = rank < counts[drawn]
    return np.concatenate([order[chosen], order[~chosen]])
