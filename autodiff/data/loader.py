"""Batches: an epoch goes once over the data, in a new order each time, or in the same.

    >>> from autodiff.data import DataLoader
    >>> x, y = np.arange(5.0), np.arange(5) % 2
    >>> [batch.tolist() for batch, _ in DataLoader(x, y, batch_size=2)]
    [[0.0, 1.0], [2.0, 3.0], [4.0]]

The order of an epoch depends on the seed and on the number of the epoch alone, not on the epochs
before. So a training that was interrupted goes on with `loader.set_epoch(7)` as if it had not been.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class DataLoader:
    """Iterates over batches (x[i], y[i], ...) of arrays that have the same length.

    Each iteration is an epoch. A batch is a tuple of new ndarrays, one for each array given, or, if
    there is only one, that ndarray: shapes (batch_size, ...), and the last batch smaller unless
    `drop_last`. With `shuffle` the order is a new one each epoch; without a `seed` that is drawn
    from Python's `random`, here, so `autodiff.seed` must come before.

    `loader.seed` and `loader.epoch`, the number of the epoch that the next iteration will be, are
    all that there is to save. Raises ValueError for arrays of different lengths, or none.
    """

    def __init__(
        self,
        *arrays: ArrayLike,
        batch_size: int = 100,
        shuffle: bool = False,
        seed: int | None = None,
        drop_last: bool = False,
    ) -> None:
        self.arrays = rows("DataLoader", arrays, "write batch_size=100")
        self.batch_size = _whole("batch_size", batch_size, least=1)
        self.shuffle = shuffle
        self.drop_last = drop_last
        if seed is None and shuffle:
            seed = random.getrandbits(63)
        self.seed = None if seed is None else _whole("seed", seed, least=0)
        self.epoch = 0

    def set_epoch(self, number: int) -> None:
        """Let the next iteration be epoch `number`, counted from 0."""
        self.epoch = _whole("epoch", number, least=0)

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""
        whole, rest = divmod(len(self.arrays[0]), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        order = None
        if self.shuffle:
            order = permutation(len(self.arrays[0]), random.Random(self.seed), self.epoch)
        # At the start, not at the end: who leaves an epoch early gets a new order all the same.
        self.epoch += 1
        return self._batches(order)

    def _batches(self, order: NDArray[Any] | None) -> Iterator[Any]:
        single = len(self.arrays) == 1
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            part = slice(start, start + self.batch_size)
            # Copies without an order too: what is done to a batch must not be done to the data.
            if order is None:
                batch = tuple(array[part].copy() for array in self.arrays)
            else:
                batch = tuple(array.take(order[part], axis=0) for array in self.arrays)
            yield batch[0] if single else batch

    def __repr__(self) -> str:
        shapes = ", ".join(str(array.shape) for array in self.arrays)
        return f"DataLoader({shapes}, batch_size={self.batch_size}, epoch={self.epoch})"


def permutation(n: int, rng: Any, epoch: int = 0) -> NDArray[Any]:
    """Return the numbers below n in an order that is drawn from Python's `rng`, and the epoch.

    `random.shuffle` would take thirty times as long. NumPy promises that the raw stream of a bit
    generator stays the same for ever, and of its own `permutation` it does not: so the numbers are
    sorted by that stream. (Two equal keys of 64 bits are not to be expected.)
    """
    keys = np.random.PCG64([rng.getrandbits(64), epoch]).random_raw(n)
    return np.argsort(keys)


def rows(who: str, arrays: tuple[ArrayLike, ...], hint: str) -> list[NDArray[Any]]:
    """Return ndarrays; raise ValueError unless they have rows, and equally many."""
    if not arrays:
        raise ValueError(f"{who}() got no array, expected at least one")
    made = [np.asarray(array) for array in arrays]
    for array in made:
        if array.ndim == 0:
            raise ValueError(f"{who}() got {array!r}, expected an array of samples; {hint}?")
    if len({len(array) for array in made}) > 1:
        lengths = ", ".join(str(len(array)) for array in made)
        raise ValueError(f"{who}() got arrays of {lengths} samples, expected equal lengths")
    return made


def _whole(name: str, number: Any, least: int) -> int:
    """Return a whole number as an int; raise ValueError for anything else."""
    try:
        whole = -1 if isinstance(number, bool) else operator.index(number)
    except TypeError:
        whole = -1
    if whole < least:
        raise ValueError(f"{name} is {number!r}, expected a whole number, at least {least}")
    return whole
