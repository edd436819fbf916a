"""`fit`: the loop of a training, and what may come between its steps.

    for each epoch, for each batch:
        loss(model(x), y).backward()        # of `accumulate` batches, the mean
        clip the gradient, take a step, call the callbacks

It stops at once where a number is none any more (`divergence`), between two updates where Ctrl-C is
pressed (`interrupts`), and after an epoch where a callback says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..data import DataLoader
from ..graph import Node
from ..optim.clipping import clip_grad_norm, grad_norm, scale_grads
from ..wording import a_kind, shown
from .accuracy import Rule, count, evaluate, rule_for
from .callbacks import Callback, KeepBest, ProgressBar, as_callback, whole
from .checkpoints import Checkpoint
from .divergence import bad_gradient, bad_loss, bad_update
from .history import History
from .interrupts import held_back
from .run import BY_HAND, Run

Loss = Callable[[Any, Any], Any]


def fit(
    model: Any,
    data: Any,
    loss: Loss,
    optimizer: Any,
    epochs: int,
    *,
    validation: Any = None,
    callbacks: Iterable[Callback | Callable[[Run], object]] = (),
    batch_size: int = 100,
    accuracy: Rule | None = None,
    clip_norm: float | None = None,
    accumulate: int = 1,
    resume: bool = False,
) -> History:
    """Train a model for so many epochs; return what it was like.

    `data` is a DataLoader, or a pair (x, y), which is shuffled and taken in batches of
    `batch_size`. `loss` gives one number, a mean, for predictions and targets. `validation`, a pair
    too, is evaluated after each epoch. `accuracy`, for losses other than those in `nn`, is a
    function of predictions and targets that says of each sample whether it is right.

    `callbacks` are EarlyStopping, Checkpoint, others, and plain functions: `f(run)` is called after
    each epoch with the `Run`, and what it returns is not looked at; `run.stop(reason)` ends the
    training.

    A step follows the mean gradient of `accumulate` batches, fewer at the end of an epoch, as if
    they were one; `clip_norm` is the greatest norm that it may have (`optim.clip_grad_norm`).

    With `resume`, and a Checkpoint among the callbacks, the training goes on from its file, to the
    same numbers as if it had never stopped; if there is no file yet, it starts. One that a callback
    has stopped stays so; one that ended may be given more epochs. Model, data, loss, optimizer and
    the rest have to be what they were at the start: ValueError says what is not.

    Ctrl-C ends it after the update in progress: the last checkpoint is written, the model gets the
    weights of the epoch that was best in validation, and `history.stopped` is "by hand".

    Raises Diverged when a loss or a gradient is nan or infinite; the model has the numbers from
    before that update.
    """
    if not callable(loss):
        raise TypeError(
            f"fit() got {shown(loss)} as the loss; expected a function of predictions and targets,"
            " such as nn.cross_entropy"
        )
    loader, held_out = _loader(data, batch_size), _held_out(validation)
    every, rule = whole("fit()", "accumulate", accumulate), rule_for(loss, accuracy)
    if clip_norm is not None and not (hasattr(clip_norm, "__float__") and clip_norm > 0.0):
        raise ValueError(f"fit() got clip_norm={clip_norm!r}; expected a number above 0, or None")
    settings = {
        "loss": getattr(loss, "__qualname__", type(loss).__name__),
        "clip_norm": None if clip_norm is None else float(clip_norm),
        "accumulate": every,
    }
    used = _ordered(callbacks, held_out is not None)
    run = Run(model, loader, optimizer, whole("fit()", "epochs", epochs), used, settings, held_out)
    limit = math.inf if clip_norm is None else float(clip_norm)
    run.call("on_start")
    if resume:
        _checkpoint(used).restore(run)
    else:
        for checkpoint in used:
            if isinstance(checkpoint, Checkpoint):
                checkpoint.start_anew()

    def update(sizes: int, root: Node) -> None:
        """Take the step of a group of batches, of whose last the loss is the root."""
        if every > 1:
            scale_grads(optimizer.parameters, 1.0 / sizes)
        if limit < math.inf:
            run.norm = clip_grad_norm(optimizer.parameters, limit)
        else:
            run.norm = grad_norm(optimizer.parameters)
        if not math.isfinite(run.norm):
            raise bad_gradient(run, root, run.norm)
        run.rate = optimizer.lr
        optimizer.step()

    def epoch(pressed: Callable[[], bool]) -> None:
        """Go over the batches that are left of an epoch, and validate."""
        start = time.perf_counter() - run.sums["seconds"]
        model.train()
        batches, length = run.batches(), len(loader)
        run.call("on_epoch_start")
        total, sizes, group = 0.0, 0, 0
        for x, y in batches:
            if not group:
                run.past.keep()
                optimizer.zero_grad()
            predictions = model(x)
            root, size = loss(predictions, y), len(y)
            number = _number(root)
            if not math.isfinite(number):
                raise bad_loss(run, root, x, y, predictions)
            root.backward(float(size)) if every > 1 else root.backward()
            run.add(number, count(rule, predictions, y), size)
            total, sizes, group = total + number * size, sizes + size, group + 1
            if group == every or run.position == length:
                update(sizes, root)
                run.history.steps.append(total / sizes)
                run.sums["seconds"] = time.perf_counter() - start
                total, sizes, group = 0.0, 0, 0
                run.call("on_step_end")
                if run.history.stopped or pressed():
                    return
        if wrong := bad_update(run):
            raise wrong
        run.history.append(_row(run, held_out, loss, rule, start))
        run.call("on_epoch_end")

    try:
        with held_back() as pressed:
            try:
                while run.history.epochs < run.epochs and not run.history.stopped:
                    if run.epoch == run.history.epochs:
                        run.begin_epoch(run.epoch + 1)
                    epoch(pressed)
                    if pressed():
                        run.stop(BY_HAND)
            except KeyboardInterrupt:  # the second, or one that nobody could hold back
                run.stop(BY_HAND)
                run.broken = True
            run.call("on_end")
    finally:
        run.call("close")
    return run.history


def _row(run: Run, held_out: Any, loss: Loss, rule: Rule, start: float) -> dict[str, Any]:
    """Return the numbers of an epoch that is done, after evaluating the model."""
    row: dict[str, Any] = {"epoch": run.epoch, "train_loss": run.loss}
    if run.accuracy is not None:
        row["train_accuracy"] = run.accuracy
    if held_out is not None:
        x, y = held_out
        row["validation_loss"], share = evaluate(run.model, x, y, loss=loss, accuracy=rule)
        if share is not None:
            row["validation_accuracy"] = share
    return {**row, "lr": run.rate, "seconds": time.perf_counter() - start}


def _number(loss: Any) -> float:
    """Return the number of a loss; raise TypeError unless it is one that can be differentiated."""
    if not isinstance(loss, Node) or getattr(loss, "size", 1) != 1:
        shape = f" of shape {loss.shape}" if hasattr(loss, "shape") else ""
        raise TypeError(
            f"fit() got {a_kind(loss)}{shape} from the loss; expected one number, a Value or a"
            " Tensor: return a mean, as those in nn do"
        )
    return float(loss.data)


def _loader(data: Any, batch_size: int) -> DataLoader:
    if isinstance(data, (tuple, list)) and len(data) == 2:
        data = DataLoader(*data, batch_size=batch_size, shuffle=True)
    if not isinstance(data, DataLoader):
        raise TypeError(
            f"fit() got {_several(data)} as the data; expected a DataLoader, or a pair (x, y) of"
            " inputs and targets"
        )
    if len(data.arrays) != 2:
        raise ValueError(
            f"fit() got batches of {_arrays(len(data.arrays))}, from {data!r}; expected two, inputs"
            " and targets"
        )
    _check_targets(data.arrays[1])
    if not len(data):
        n = len(data.arrays[0])
        hint = f": batch_size is {data.batch_size}, and drop_last drops what is less" if n else ""
        raise ValueError(
            f"fit() got {n} samples, of which there is no batch; expected at least"
            f" {data.batch_size if n else 1}{hint}"
        )
    return data


def _held_out(validation: Any) -> tuple[Any, Any] | None:
    if validation is None:
        return None
    pair = validation.arrays if isinstance(validation, DataLoader) else validation
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise ValueError(
            f"fit() got {_several(validation)} for validation; expected a pair (x, y) of inputs and"
            " targets"
        )
    x, y = map(np.asarray, pair)
    if len(x) != len(y):
        raise ValueError(
            f"fit() got {len(x)} inputs and {len(y)} targets for validation; expected as many"
        )
    if not len(x):
        raise ValueError(
            "fit() got no samples for validation; expected at least one, or validation=None"
        )
    _check_targets(y)
    return x, y


def _check_targets(y: Any) -> None:
    if y.dtype.kind in "US":
        first = str(y.flat[0]) if y.size else ""
        raise ValueError(
            f"fit() got texts as the targets, such as {first!r}; expected numbers:"
            " classes, y = np.unique(y, return_inverse=True) makes numbers of them"
        )


def _several(thing: Any) -> str:
    """Describe what is not a pair: a tuple by its length, since its arrays are long."""
    if isinstance(thing, (tuple, list)):
        return f"{a_kind(thing)} of {_arrays(len(thing))}"
    return shown(thing)


def _arrays(n: int) -> str:
    return "1 array" if n == 1 else f"{n} arrays"


def _ordered(callbacks: Any, validated: bool) -> list[Callback]:
    """Return the callbacks, with some not asked for; checkpoints last, to save the others."""
    if callable(callbacks) or not hasattr(callbacks, "__iter__"):
        raise TypeError(f"fit() got {shown(callbacks)} for callbacks; expected a list of them")
    used = [as_callback(thing) for thing in callbacks]
    if validated and not any(isinstance(callback, KeepBest) for callback in used):
        used.append(KeepBest())
    if not any(isinstance(callback, ProgressBar) for callback in used):
        used.append(ProgressBar())
    return sorted(used, key=lambda callback: isinstance(callback, Checkpoint))


def _checkpoint(callbacks: list[Callback]) -> Checkpoint:
    """Return the checkpoint to go on from."""
    found = [callback for callback in callbacks if isinstance(callback, Checkpoint)]
    if len(found) != 1:
        raise ValueError(
            f"fit() got resume=True and {len(found)} Checkpoints; expected one, to go on from:"
            " write callbacks=[Checkpoint('run')]"
        )
    return found[0]
