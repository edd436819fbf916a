"""How many predictions are right, for the losses that are of classes; and `evaluate`.

    >>> right = rule_for(nn.hinge, None)
    >>> count(right, scores, y)     # of scores of two classes, -1 and 1
    3.0

A rule says of each prediction whether it is right; what is right depends on the loss.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import Node, no_grad
from ..nn import losses

if TYPE_CHECKING:
    from ..nn import Module

Rule = Callable[[Any, Any], Any]


def _largest(scores: Any, classes: Any) -> Any:
    """Whether the largest score is that of the class, or of the most probable one."""
    one_hot = classes.shape == scores.shape
    return scores.argmax(-1) == (classes.argmax(-1) if one_hot else classes)


_RULES: list[tuple[Any, Rule]] = [
    (losses.cross_entropy, _largest),
    (losses.nll, _largest),
    (losses.hinge, lambda scores, classes: (scores > 0.0) == (classes > 0.0)),
    (losses.bce_with_logits, lambda scores, classes: (scores > 0.0) == (classes > 0.5)),
    (losses.bce, lambda scores, classes: (scores > 0.5) == (classes > 0.5)),
]


def rule_for(loss: Any, accuracy: Rule | None) -> Rule:
    """Return the rule of a loss: a function of predictions and targets; None for what has none.

    Known are the losses of classes in `nn`, and any other whose targets are integers and one axis
    less than the predictions. `accuracy`, if given, is the rule.
    """
    if accuracy is not None:
        return accuracy
    for known, rule in _RULES:
        if loss is known:
            return lambda predictions, targets: rule(plain(predictions), plain(targets))

    def guess(predictions: Any, targets: Any) -> Any:
        predictions, targets = plain(predictions), plain(targets)
        classes = targets.dtype.kind in "iu" and targets.shape == predictions.shape[:-1]
        return _largest(predictions, targets) if classes else None

    return guess


def count(rule: Rule, predictions: Any, targets: Any) -> float | None:
    """Return how many of the samples are right by a rule; None if it says nothing."""
    right = rule(predictions, targets)
    if right is None:
        return None
    right = plain(right)
    # A rule may give one share of all. What is counted is a whole number, and stays one.
    return float(right.sum()) * (len(targets) / max(1, right.size))


def plain(x: Any) -> Any:
    """Return a Tensor, or Values in lists, as an ndarray."""
    if isinstance(x, Node) and hasattr(x, "shape"):
        return x.data
    array = np.asarray(x)
    return array.astype(float) if array.dtype == object else array


@no_grad()
def evaluate(
    model: Module,
    x: Any,
    y: Any,
    batch_size: int = 1000,
    loss: Callable[[Any, Any], Any] = losses.cross_entropy,
    accuracy: Rule | None = None,
) -> tuple[float, Any]:
    """Return the mean loss and the accuracy of a model, in evaluation mode.

    The accuracy is None where the loss is not one of classes, unless a rule is given: a function of
    predictions and targets that says of each sample whether it is right.
    """
    rule, training = rule_for(loss, accuracy), model.training
    total = right = 0.0
    counted = True
    try:
        model.eval()
        for start in range(0, len(x), batch_size):
            part = slice(start, start + batch_size)
            predictions, size = model(x[part]), len(y[part])
            total += float(loss(predictions, y[part])) * size
            hits = count(rule, predictions, y[part])
            counted = counted and hits is not None
            right += hits or 0.0
    finally:
        model.train(training)
    return total / len(x), right / len(x) if counted else None
