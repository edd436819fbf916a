"""Losses: how far predictions are from targets, as one number to make small.

    >>> mse([model(x) for x in xs], ys).backward()

Predictions are Values or numbers, one or a list or lists of lists; targets have the same shape, or
are a class for each list of scores. A loss is the mean over all of them. Formulas and names are
PyTorch's; hinge takes classes -1 and 1.
"""

from __future__ import annotations

import operator

from .. import floats, functions
from ..graph import Node, apply
from ..primitive import Primitive

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def mse(predictions: Any, targets: Any) -> Any:
    """Return the mean squared error, the mean of (p - t)²."""
    return _mean(lambda p, t: functions.square(p - t), predictions, targets, "mse")


def l1(predictions: Any, targets: Any) -> Any:
    """Return the mean absolute error, the mean of |p - t|; its slope at 0 is 0."""
    return _mean(lambda p, t: functions.abs(p - t), predictions, targets, "l1")


def huber(predictions: Any, targets: Any, delta: float = 1.0) -> Any:
    """Return the mean of ½(p - t)² where |p - t| ≤ delta, else of delta·(|p - t| - ½·delta).

    (Huber, Robust estimation of a location parameter, 1964.)
    """
    if not 0.0 < delta < float("inf"):
        raise ValueError(f"huber() got delta={delta!r}; expected a number above 0")

    def loss(p: Any, t: Any) -> Any:
        error = functions.abs(p - t)
        if error <= delta:
            return 0.5 * functions.square(error)
        return delta * (error - 0.5 * delta)

    return _mean(loss, predictions, targets, "huber")


def hinge(scores: Any, targets: Any) -> Any:
    """Return the mean of max(0, 1 - t·s), for scores s and classes t of -1 and 1."""

    def loss(s: Any, t: Any) -> Any:
        if float(t) not in (-1.0, 1.0):
            hint = "; of classes 0 and 1 make 2*y - 1" if float(t) == 0.0 else ""
            raise ValueError(f"hinge() got the target {t!r}; expected -1 or 1{hint}")
        return functions.relu(1.0 - t * s)

    return _mean(loss, scores, targets, "hinge")


def bce_with_logits(logits: Any, targets: Any) -> Any:
    """Return the binary cross-entropy of sigmoid(z), the mean of log(1 + eᶻ) - t·z.

    It does not overflow. Targets are probabilities from 0 to 1.
    """
    return _mean(
        lambda z, t: functions.softplus(z) - _probability(t, "bce_with_logits") * z,
        logits,
        targets,
        "bce_with_logits",
    )


def _log(xp: Any, p: Any) -> Any:
    return xp.maximum(xp.log(p), -100.0)


# Logarithms are cut off at -100, and the slope's denominator at 1e-12, as in PyTorch.
_BCE = Primitive(
    "bce",
    lambda xp, g, y, p, t: xp.divide(g * (p - t), xp.maximum(p * (1.0 - p), 1e-12)),
    lambda xp, g, y, p, t: g * (_log(xp, 1.0 - p) - _log(xp, p)),
    forward=lambda xp, p, t: -(t * _log(xp, p) + (1.0 - t) * _log(xp, 1.0 - p)),
    home=(__name__, "_BCE"),
)


def bce(probabilities: Any, targets: Any) -> Any:
    """Return the binary cross-entropy, the mean of -(t·log p + (1 - t)·log(1 - p)).

    A logarithm is never below -100. Where p is sigmoid(z), `bce_with_logits(z, t)` is exact.
    """

    def loss(p: Any, t: Any) -> Any:
        t = _probability(t, "bce")
        if isinstance(p, Node) or isinstance(t, Node):
            return apply(_BCE, p, t)
        return _BCE.compute(floats, float(p), float(t))

    return _mean(loss, probabilities, targets, "bce")


def cross_entropy(logits: Any, targets: Any) -> Any:
    """Return the mean of log Σ eᶻ - z_t over lists of scores z and their classes t, from 0.

    It is -log softmax(z)_t without overflow. A target may be a list of probabilities p instead, as
    a one-hot label is: then it is log Σ eᶻ - p·z. One list of scores and one target may be given
    without the outer brackets.
    """

    def loss(z: Sequence[Any], t: Any) -> Any:
        return functions.logsumexp(z) - _chosen(z, t, "cross_entropy")

    return _mean_of_rows(loss, logits, targets, "cross_entropy")


def nll(log_probabilities: Any, targets: Any) -> Any:
    """Return the negative log-likelihood, the mean of -ℓ_t over lists ℓ and their classes t.

    Classes count from 0. `nll(log_softmax(z), t)` is `cross_entropy(z, t)`.
    """
    return _mean_of_rows(lambda row, t: -_chosen(row, t, "nll"), log_probabilities, targets, "nll")


# -- means, and what is paired ---------------------------------------------------------------------


def _mean(loss: Callable[[Any, Any], Any], predictions: Any, targets: Any, name: str) -> Any:
    pairs = list(_pairs(_plain(predictions), _plain(targets), name))
    if not pairs:
        raise ValueError(f"{name}() got no predictions; expected at least one")
    terms = [loss(p, t) for p, t in pairs]
    return functions.sum(terms) / len(terms) if len(terms) > 1 else terms[0]


def _pairs(predictions: Any, targets: Any, name: str) -> Any:
    if not hasattr(predictions, "__len__") and not hasattr(targets, "__len__"):
        yield predictions, targets
        return
    sizes = [len(x) if hasattr(x, "__len__") else None for x in (predictions, targets)]
    if sizes[0] != sizes[1]:
        words = ["one number" if size is None else f"a list of {size}" for size in sizes]
        raise ValueError(
            f"{name}() got {words[0]} as prediction and {words[1]} as target; expected targets of"
            " the shape of the predictions"
        )
    for p, t in zip(predictions, targets):
        yield from _pairs(p, t, name)


def _mean_of_rows(
    loss: Callable[[Sequence[Any], Any], Any], rows: Any, targets: Any, name: str
) -> Any:
    rows, targets = _plain(rows), _plain(targets)
    if not hasattr(rows, "__len__") or not len(rows):
        raise ValueError(f"{name}() got {rows!r}; expected a list of scores, one for each class")
    if not hasattr(rows[0], "__len__"):
        return loss(rows, targets)
    if not hasattr(targets, "__len__") or len(rows) != len(targets):
        count = len(targets) if hasattr(targets, "__len__") else "one"
        raise ValueError(
            f"{name}() got {len(rows)} lists of scores and {count} targets; expected as many"
        )
    terms = [loss(row, t) for row, t in zip(rows, targets)]
    return functions.sum(terms) / len(terms) if len(terms) > 1 else terms[0]


def _chosen(row: Sequence[Any], target: Any, name: str) -> Any:
    """Return the score of the target class, or the mean score under the target's probabilities."""
    if hasattr(target, "__len__"):
        return functions.dot([_probability(p, name) for p in target], row)
    try:
        index = operator.index(target)
    except TypeError:
        index = -1
    if not 0 <= index < len(row):
        raise ValueError(
            f"{name}() got the target {target!r} for {len(row)} scores; expected a whole number"
            f" from 0 to {len(row) - 1}, or {len(row)} probabilities"
        )
    return row[index]


def _probability(t: Any, name: str) -> Any:
    if not 0.0 <= t <= 1.0:
        raise ValueError(f"{name}() got the target {t!r}; expected a probability from 0 to 1")
    return t


def _plain(x: Any) -> Any:
    """Return an ndarray as lists."""
    return x.tolist() if getattr(x, "ndim", 0) else x
