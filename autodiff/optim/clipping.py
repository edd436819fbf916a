"""Gradients that are too long, cut to a length.

    >>> loss.backward()
    >>> norm = clip_grad_norm(model.parameters(), 1.0)
    >>> optimizer.step()

All gradients together are one vector; ‖g‖ is its length. Where ‖g‖ > max_norm, each is multiplied
by max_norm/‖g‖, so that the direction stays (Pascanu, Mikolov and Bengio, On the difficulty of
training recurrent neural networks, 2013).
"""

from __future__ import annotations

import math

from .. import floats
from ..graph import Node
from .optimizer import check_leaves

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def clip_grad_norm(parameters: Iterable[Any], max_norm: float) -> float:
    """Scale the gradients of parameters to a common norm of at most `max_norm`.

    Return the norm they had. One that is nan or infinite is returned and nothing is scaled, so that
    it can be found out where it came from. `max_norm=float("inf")` only measures.
    """
    number = hasattr(max_norm, "__float__") and not isinstance(max_norm, (bool, Node))
    if not number or not max_norm > 0.0:
        raise ValueError(
            f"clip_grad_norm() got max_norm={max_norm!r}; expected a number above 0, such as 1.0"
        )
    leaves = check_leaves(parameters, "clip_grad_norm")
    norm = grad_norm(leaves)
    if max_norm < norm < math.inf:
        scale_grads(leaves, float(max_norm) / norm)
    return norm


def grad_norm(parameters: Iterable[Any]) -> float:
    """Return the length of all gradients taken as one vector: √Σg²."""
    return math.hypot(*(_norm(p) for p in parameters if _has_gradient(p)))


def scale_grads(parameters: Iterable[Any], factor: float) -> None:
    """Multiply the gradients by a number, arrays in place."""
    for p in parameters:
        if not _has_gradient(p):
            continue
        if hasattr(p.grad, "dtype") and not isinstance(p.grad, Node):
            p.grad *= factor
        else:
            p.grad = p.grad * factor


def _has_gradient(p: Any) -> bool:
    return p.grad is not None and p.grad is not p.blank


def _norm(p: Any) -> float:
    """Return the length of one gradient, a number or an array."""
    g = p.grad.data if isinstance(p.grad, Node) else p.grad
    if p.vocabulary is floats:
        return float(g)
    return float(p.vocabulary.quietly(_length, g.ravel(order="K")))


def _length(flat: Any) -> float:
    squares = float(flat @ flat)
    if math.isfinite(squares):
        return math.sqrt(squares)
    # The squares are too large for their type, or something is nan.
    largest = float(abs(flat).max())
    if not math.isfinite(largest):
        return largest
    flat = flat.astype(float) / largest
    return largest * math.sqrt(float(flat @ flat))
