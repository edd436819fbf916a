"""One seed for everything that draws random numbers.

    >>> autodiff.seed(1337)
    >>> model = MLP(2, [16, 16, 1])     # the same weights each time, on every Python

Weights, data sets and whatever else draws take their numbers from Python's own `random`, whose
stream is the same on every Python and machine. So `random.seed` does as well, as in micrograd.
"""

from __future__ import annotations

import operator
import random


def seed(number: int) -> None:
    """Start all random numbers anew from a whole number of at least 0."""
    try:
        whole = operator.index(number)
    except TypeError:
        whole = -1
    if whole < 0 or isinstance(number, bool):
        raise ValueError(f"seed() got {number!r}; expected a whole number of at least 0")
    random.seed(whole)
