"""Losses: how far predictions are from targets, as one number to make small.

    >>> mse(model(X), y).backward()

Predictions are a Tensor, or Values and numbers: one, a list, or lists of lists. Targets have the
same shape, or are a class for each row of scores. A loss is the mean over all of them. Formulas and
names are PyTorch's; hinge takes classes -1 and 1.
"""

from __future__ import annotations

import operator

from .. import array_functions, floats, functions
from ..graph import CONSTANT, Node, altered, apply, modes
from ..primitive import Primitive
from ..wording import shown

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
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
    if not hasattr(delta, "__float__") or not 0.0 < delta < float("inf"):
        raise ValueError(f"huber() got delta={delta!r}; expected a number above 0")

    def loss(p: Any, t: Any) -> Any:
        error = functions.abs(p - t)
        within = functions.minimum(error, float(delta))
        return within * (error - 0.5 * within)

    return _mean(loss, predictions, targets, "huber")


def hinge(scores: Any, targets: Any) -> Any:
    """Return the mean of max(0, 1 - t·s), for scores s and classes t of -1 and 1."""

    def check(t: Any) -> None:
        for number in _others(t, lambda t: abs(t) == 1.0):
            hint = "; of classes 0 and 1 make 2*y - 1" if number == 0.0 else ""
            raise ValueError(f"hinge() got the target {number:g}; expected -1 or 1{hint}")

    return _mean(lambda s, t: functions.relu(1.0 - s * t), scores, targets, "hinge", check)


def bce_with_logits(logits: Any, targets: Any) -> Any:
    """Return the binary cross-entropy of sigmoid(z), the mean of -t·log σ(z) - (1 - t)·log σ(-z).

    It neither overflows nor cancels. Targets are probabilities from 0 to 1.
    """

    def loss(z: Any, t: Any) -> Any:
        if type(t) is float and t in (0.0, 1.0):  # a class: half the work
            return functions.softplus(-z if t else z)
        return t * functions.softplus(-z) + (1.0 - t) * functions.softplus(z)

    return _mean(loss, logits, targets, "bce_with_logits", _probabilities("bce_with_logits"))


def _log(xp: Any, p: Any) -> Any:
    return xp.maximum(xp.log(p), -100.0)


def _log_of_rest(xp: Any, p: Any) -> Any:
    return xp.maximum(xp.log1p(-p), -100.0)


# Logarithms are cut off at -100, and the slope's denominator at 1e-12, as in PyTorch.
_BCE = Primitive(
    "bce",
    lambda xp, g, y, p, t: xp.divide(g * (p - t), xp.maximum(p * (1.0 - p), 1e-12)),
    lambda xp, g, y, p, t: g * (_log_of_rest(xp, p) - _log(xp, p)),
    forward=lambda xp, p, t: -(t * _log(xp, p) + (1.0 - t) * _log_of_rest(xp, p)),
    home=(__name__, "_BCE"),
)


def bce(probabilities: Any, targets: Any) -> Any:
    """Return the binary cross-entropy, the mean of -(t·log p + (1 - t)·log(1 - p)).

    A logarithm is never below -100. Where p is sigmoid(z), take `bce_with_logits(z, t)`, which
    needs no such bound.
    """

    def loss(p: Any, t: Any) -> Any:
        if isinstance(p, Node) or isinstance(t, Node):
            return apply(_BCE, p, t)
        return _BCE.compute(floats, float(p), float(t))

    return _mean(loss, probabilities, targets, "bce", _probabilities("bce"))


def cross_entropy(logits: Any, targets: Any) -> Any:
    """Return the mean of log Σ eᶻ - z_t over rows of scores z and their classes t, from 0.

    It is -log softmax(z)_t without overflow. A target may be a row of probabilities p instead, as
    a one-hot label is: then it is -Σ p·log softmax(z). One row of scores and one target may be
    given without the outer brackets.
    """
    if _is_array(logits):
        z, t = _rows_of_scores(logits, targets, "cross_entropy")
        return functions.cross_entropy(z, target=t, kept={})

    def loss(z: Sequence[Any], t: Any) -> Any:
        terms, _ = functions.shifted(z, "cross_entropy")
        log_total = functions.log(functions.sum([functions.exp(term) for term in terms]))
        if _is_list(t):
            return _expected(t, [log_total - term for term in terms])
        return log_total - terms[t]

    return _mean_of_rows(loss, logits, targets, "cross_entropy")


def nll(log_probabilities: Any, targets: Any) -> Any:
    """Return the negative log-likelihood, the mean of -ℓ_t over rows ℓ and their classes t.

    Classes count from 0. `nll(log_softmax(z), t)` is `cross_entropy(z, t)`.
    """
    if _is_array(log_probabilities):
        z, t = _rows_of_scores(log_probabilities, targets, "nll")
        if t.ndim == 1 and _followed(t):
            t = modes.trace.computed(z.vocabulary.one_hot, t, z)
        elif t.ndim == 1:
            t = z.vocabulary.one_hot(t, z.data)
        terms = functions.where(t != 0.0, z * t, 0.0)  # 0 · -inf is nothing: not asked for
        return array_functions.sum(terms) * (-1.0 / max(1, len(t)))

    def loss(z: Sequence[Any], t: Any) -> Any:
        return -(_expected(t, z) if _is_list(t) else z[t])

    return _mean_of_rows(loss, log_probabilities, targets, "nll")


def _expected(t: Sequence[Any], terms: Sequence[Any]) -> Any:
    """Return Σ tᵢ·termᵢ; 0 · ∞ is 0, for what cannot happen costs nothing."""
    pairs = [(p, x) for p, x in zip(t, terms) if not _nothing(p) or abs(float(x)) < float("inf")]
    return functions.dot([p for p, _ in pairs], [x for _, x in pairs])


def _nothing(p: Any) -> bool:
    return not isinstance(p, Node) and float(p) == 0.0


# -- means of lists and of arrays ------------------------------------------------------------------


def _mean(
    loss: Callable[[Any, Any], Any],
    predictions: Any,
    targets: Any,
    name: str,
    check: Callable[[Any], None] = lambda t: None,
) -> Any:
    if _is_list(predictions) and len(predictions) and _is_array(predictions[0]):
        predictions = array_functions.stack(predictions)
    if _is_array(predictions):
        targets = _alike(targets, predictions, name)
        _checked(check, targets)
        return array_functions.mean(loss(predictions, targets))
    terms = []
    for p, t in _pairs(_plain(predictions), _plain(targets), name):
        _checked(check, t)
        terms.append(loss(p, t))
    if not terms:
        raise ValueError(f"{name}() got no predictions; expected at least one")
    return functions.sum(terms) / len(terms) if len(terms) > 1 else terms[0]


def _alike(targets: Any, predictions: Any, name: str) -> Any:
    """Return targets as a Tensor of the shape and dtype of the predictions."""
    if not isinstance(targets, Node):
        numbers = predictions.vocabulary.np.asarray(targets, predictions.dtype)
        targets = predictions.record(numbers, (), CONSTANT)
    elif _followed(targets):  # an ndarray, but for that
        targets = array_functions.astype(targets, predictions.dtype)
    if targets.shape != predictions.shape:
        raise ValueError(
            f"{name}() got predictions of shape {predictions.shape} and targets of shape"
            f" {targets.shape}; expected the same, so that each has its own: reshape one of them"
        )
    return targets


def _followed(x: Any) -> bool:
    """Return whether a program is being made of what is done with a Tensor."""
    return bool(altered) and modes.trace is not None and isinstance(x, Node)


def _checked(check: Callable[[Any], None], targets: Any) -> None:
    """Check targets; in a program that is being made, at its every call."""
    if _followed(targets):
        modes.trace.effect(check, targets)
    else:
        check(targets)


def _pairs(predictions: Any, targets: Any, name: str) -> Iterator[tuple[Any, Any]]:
    if not _is_list(predictions) and not _is_list(targets):
        for x in (predictions, targets):
            if isinstance(x, (str, bytes, complex)) or not hasattr(x, "__float__"):
                raise TypeError(
                    f"{name}() got {shown(x)}; expected a number, a Value, or lists of them"
                )
        yield predictions, targets if isinstance(targets, Node) else float(targets)
        return
    sizes = [len(x) if _is_list(x) else None for x in (predictions, targets)]
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
    if not _is_list(rows) or not len(rows):
        raise ValueError(f"{name}() got {rows!r}; expected a list of scores, one for each class")
    if not _is_list(rows[0]):
        return loss(rows, _target(targets, len(rows), name))
    if not _is_list(targets) or len(rows) != len(targets):
        count = len(targets) if _is_list(targets) else "one"
        raise ValueError(
            f"{name}() got {len(rows)} lists of scores and {count} targets; expected as many"
        )
    terms = [loss(row, _target(t, len(row), name)) for row, t in zip(rows, targets)]
    return functions.sum(terms) / len(terms) if len(terms) > 1 else terms[0]


def _target(target: Any, count: int, name: str) -> Any:
    """Return a class as an int, or probabilities as they are; raise if they do not fit."""
    if _is_list(target):
        if len(target) == count:
            for p in target:
                _probabilities(name)(p)
            _check_sum(sum(map(float, target)), name)
            return target
    else:
        try:
            index = operator.index(target.item() if hasattr(target, "item") else target)
        except TypeError:
            index = -1
        if 0 <= index < count:
            return index
    raise ValueError(
        f"{name}() got the target {target!r} for {count} scores; expected an int from 0 to"
        f" {count - 1}, or {count} probabilities"
    )


def _rows_of_scores(scores: Any, targets: Any, name: str) -> tuple[Any, Any]:
    """Return scores of shape (n, k), and the targets: n classes, or probabilities as many."""
    np, shape = scores.vocabulary.np, scores.shape
    k = shape[-1] if shape else 0
    given = targets.data if isinstance(targets, Node) else np.asarray(targets)
    rows = scores if len(shape) == 2 else array_functions.reshape(scores, (-1, k) if k else (0, 0))
    if given.shape == shape and k and given.dtype.kind in "biuf":

        def check(numbers: Any) -> None:
            _probabilities(name)(numbers)
            if numbers.size:
                _check_sum(float(numbers.sum(-1).max()), name)

        _checked(check, targets if _followed(targets) else given)
        if _followed(targets):
            return rows, array_functions.reshape(targets, rows.shape).astype(scores.dtype)
        return rows, given.reshape(rows.shape).astype(scores.dtype)
    if given.shape != shape[:-1] or not k:
        raise ValueError(
            f"{name}() got scores of shape {shape} and targets of shape {given.shape};"
            f" expected classes of shape {shape[:-1]}, or probabilities of {shape}"
        )
    if given.dtype.kind not in "iu":
        raise ValueError(f"{name}() got classes of {given.dtype}; expected integers")

    unsigned = given.dtype.str.replace("i", "u")  # as which a number below 0 is a large one

    def check_classes(flat: Any) -> None:
        if flat.size and flat.view(unsigned).max() >= k:
            bad = flat[(flat < 0) | (flat >= k)].flat[0]
            raise ValueError(
                f"{name}() got the target {bad} for {k} scores; expected an int from 0 to {k - 1}"
            )

    flat = given.flatten()  # a copy: the caller may fill the same array with the next batch
    _checked(check_classes, targets if _followed(targets) else flat)
    if _followed(targets):
        return rows, array_functions.ravel(targets)
    return rows, flat


def _check_sum(total: float, name: str) -> None:
    if total > 1.0 + 1e-3:
        raise ValueError(
            f"{name}() got probabilities that sum to {total:g}; expected at most 1: for one score"
            " and one label 0 or 1 for each sample, use bce_with_logits"
        )


def _probabilities(name: str) -> Callable[[Any], None]:
    def check(t: Any) -> None:
        for number in _others(t, lambda t: (t >= 0.0) & (t <= 1.0)):
            raise ValueError(
                f"{name}() got the target {number:g}; expected a probability from 0 to 1"
            )

    return check


def _others(t: Any, good: Callable[[Any], Any]) -> Any:
    """Return those of the numbers that are not good."""
    if getattr(t, "shape", ()):
        numbers = t.data if isinstance(t, Node) else t
        return numbers[~good(numbers)]
    return [] if good(float(t)) else [float(t)]


def _is_array(x: Any) -> bool:
    """Whether it is a Tensor."""
    return isinstance(x, Node) and hasattr(x, "shape")


def _is_list(x: Any) -> bool:
    return isinstance(x, (list, tuple))


def _plain(x: Any) -> Any:
    """Return an ndarray as lists, and one of no axes as a number."""
    if isinstance(x, Node) or not hasattr(x, "tolist"):
        return [_plain(part) for part in x] if _is_list(x) else x
    return x.tolist()
