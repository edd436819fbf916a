"""Training a classifier: epochs of batches, and how well it does.

    >>> for report in epochs(model, loader, optimizer, test=(x_test, y_test), count=5):
    ...     print(report["epoch"], report["test_accuracy"])

A report is a dict of plain numbers; `save_history` writes a list of them as CSV.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .graph import no_grad
from .nn import cross_entropy
from .serialization import replace

if TYPE_CHECKING:
    from pathlib import Path

    from .data import DataLoader
    from .nn import Module
    from .optim import Optimizer

Report = dict[str, Any]


class Diverged(ArithmeticError):
    """The loss is no number any more."""


def epochs(
    model: Module,
    loader: DataLoader,
    optimizer: Optimizer,
    test: tuple[Any, Any],
    count: int,
    watch: Callable[[Iterable[Any], int], Iterable[Any]] = lambda batches, epoch: batches,
) -> Iterator[Report]:
    """Train for so many epochs with cross-entropy; after each, yield how it went.

    `loader` gives batches (x, y) of inputs and integer classes; `watch` may wrap the batches of an
    epoch, as a progress bar does. Reports have epoch (from 1), seconds, train_loss and
    train_accuracy (means over the epoch, while the weights change), test_loss and test_accuracy.

    Raises Diverged, with the step, when a loss is nan or infinite; the weights are those before it.
    """
    for epoch in range(1, count + 1):
        start = time.perf_counter()
        model.train()
        total = right = seen = 0.0
        for x, y in watch(loader, epoch):
            scores = model(x)
            loss = cross_entropy(scores, y)
            number = loss.item()
            if not np.isfinite(number):
                raise Diverged(
                    f"the loss is {number} at step {optimizer.steps + 1}, in epoch {epoch}: try a"
                    f" smaller learning rate than {optimizer.lr:g}"
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += number * len(y)
            right += float((scores.numpy().argmax(1) == y).sum())
            seen += len(y)
        test_loss, test_accuracy = evaluate(model, *test)
        yield {
            "epoch": epoch,
            "train_loss": total / seen,
            "train_accuracy": right / seen,
            "test_loss": test_loss,
            "test_accuracy": test_accuracy,
            "seconds": time.perf_counter() - start,
        }


def evaluate(model: Module, x: Any, y: Any, batch_size: int = 1000) -> tuple[float, float]:
    """Return the mean cross-entropy and the accuracy of a model, in evaluation mode."""
    training = model.training
    model.eval()
    total = right = 0.0
    with no_grad():
        for start in range(0, len(x), batch_size):
            part = slice(start, start + batch_size)
            scores = model(x[part])
            total += cross_entropy(scores, y[part]).item() * len(y[part])
            right += float((scores.numpy().argmax(1) == y[part]).sum())
    model.train(training)
    return total / len(x), right / len(x)


def save_history(reports: Sequence[Report], path: str | Path) -> None:
    """Write reports as CSV, a line each under the names."""
    names = list(reports[0]) if reports else []
    lines = [",".join(names), *(",".join(f"{r[name]:.6g}" for name in names) for r in reports)]
    replace(path, ("\n".join(lines) + "\n").encode())
