"""The chain rule of arrays in words: what each row does with the gradient that comes to it.

    >>> in_words(...)           # of the weight in x·Wᵀ + b: (∂J/∂z)ᵀ · x

An array has no local derivative that one could print, as it would be a matrix of all its numbers by
all of the other's; so a row says how it multiplies by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff.graph import Node
from autodiff.symbols import Formula

from . import style

# row -> what becomes of the gradient g for each operand; {0} {1} are the operands' names
_ROWS: dict[str, tuple[str, ...]] = {
    "affine": ("{g} · {1}", "({g})ᵀ · {0}", "sum over the rows of {g}"),
    "matmul": ("{g} · {1}ᵀ", "{0}ᵀ · {g}"),
    "reduce_sum": ("{g}, for each number that was added",),
    "reduce_max": ("{g}, where {0} is largest",),
    "reduce_min": ("{g}, where {0} is smallest",),
    "norm": ("{g} × {0}/{y}",),
    "reduce_logsumexp": ("{g} × softmax({0})",),
    "cross_entropy": ("{g} × (softmax({0}) - target)/n",),
    "reshape": ("{g}, in the shape that {0} has",),
    "transpose": ("{g}, its axes put back",),
    "broadcast_to": ("sum of {g} over what was repeated",),
    "getitem": ("{g} at the index, 0 elsewhere",),
    "concatenate": ("the part of {g} that came from it",) * 8,
    "conv2d": ("{g} spread by {1}", "{g} correlated with {0}", "sum of {g} over images and places"),
    "max_pool2d": ("{g}, where each window is largest",),
    "window_sum": ("{g}, for each number of the window",),
}


def in_words(
    child: Node, argnum: int, g: str, names: Sequence[str], slope: Formula | None, shape: Any
) -> str:
    """Return what operand `argnum` of the child gets of its gradient, which is called g."""
    name = child.primitive.name if child.primitive else ""
    if name in _ROWS and argnum < len(_ROWS[name]):
        return _ROWS[name][argnum].format(*names, g=g, y="its norm")
    if child.primitive is None or not child.primitive.elementwise or slope is None:
        return f"{g} through {name or 'a hand-written backward'}"
    text = str(slope)
    words = g if text == "1" else f"-{g}" if text == "-1" else f"{g} × {_grouped(text)}"
    wide = getattr(child, "shape", shape)
    return words if tuple(wide) == tuple(shape) else f"{words}, summed over what was broadcast"


def _grouped(text: str) -> str:
    return f"({text})" if " + " in text or " - " in text or text.startswith("-") else text


def size(numbers: Any) -> str:
    """Return the shape of an array and its norm, or of one number the number."""
    import numpy as np

    array = np.asarray(numbers)
    if not array.size:
        return f"shape {array.shape}, empty"
    if array.size == 1:
        return style.number(float(array.ravel()[0]))
    return f"shape {array.shape}, norm {style.number(float(np.linalg.norm(array)))}"
