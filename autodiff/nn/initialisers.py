"""Initialisers: the numbers that weights start from.

    >>> layer = Linear(784, 50, init=he)

Each takes a shape whose first two lengths are outputs and inputs, and returns an ndarray of
float64. They draw from Python's `random`, so that `autodiff.seed` and `random.seed` govern them.
"""

from __future__ import annotations

import math
import operator
import random

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Initialiser = Callable[[Sequence[int]], Any]


def generator() -> Any:
    """Return a NumPy generator that starts from the next number of Python's `random`."""
    import numpy as np

    return np.random.default_rng(random.getrandbits(64))


def normal(std: float = 0.01) -> Initialiser:
    """Return the initialiser that draws from the normal distribution of this deviation."""
    std = _number("normal", "std", std)
    return lambda shape: generator().normal(0.0, std, shape)


def uniform(bound: float | None = None) -> Initialiser:
    """Return the initialiser that draws evenly from -bound to bound; 1/√inputs without one.

    The latter is PyTorch's for `nn.Linear`.
    """
    given = None if bound is None else _number("uniform", "bound", bound)

    def draw(shape: Sequence[int]) -> Any:
        limit = 1.0 / math.sqrt(max(1, _fans(shape)[0])) if given is None else given
        return generator().uniform(-limit, limit, shape)

    return draw


def xavier(shape: Sequence[int]) -> Any:
    """Draw from the normal distribution of variance 2/(inputs + outputs), for tanh and sigmoid.

    (Glorot and Bengio, Understanding the difficulty of training deep feedforward networks, 2010.)
    """
    fan_in, fan_out = _fans(shape)
    return generator().normal(0.0, math.sqrt(2.0 / max(1, fan_in + fan_out)), shape)


def he(shape: Sequence[int]) -> Any:
    """Draw from the normal distribution of variance 2/inputs, for ReLU.

    (He et al., Delving deep into rectifiers, 2015.)
    """
    return generator().normal(0.0, math.sqrt(2.0 / max(1, _fans(shape)[0])), shape)


def zeros(shape: Sequence[int]) -> Any:
    """Return zeros."""
    import numpy as np

    return np.zeros(shape)


def _fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return how many inputs an output has, and how many outputs an input."""
    if not len(shape):
        raise ValueError("an initialiser got the shape (); expected (outputs, inputs, ...)")
    rest = math.prod(shape[2:])
    return shape[1] * rest if len(shape) > 1 else shape[0], shape[0] * rest


def _number(role: str, what: str, number: Any) -> float:
    try:
        fits = 0.0 <= number < math.inf
    except (TypeError, ValueError):
        fits = False
    if not fits:
        hint = f": as init write {role}(0.1), with brackets" if isinstance(number, tuple) else ""
        raise ValueError(f"{role}() got {what}={number!r}; expected a number of at least 0{hint}")
    return float(number)


def check_width(role: str, width: Any) -> int:
    """Return it as an int; raise ValueError unless it is a whole number of at least 1."""
    try:
        number = operator.index(width)
    except TypeError:
        number = 0
    if number < 1 or isinstance(width, bool):
        raise ValueError(f"{role} got a width of {width!r}; expected a whole number of at least 1")
    return number
