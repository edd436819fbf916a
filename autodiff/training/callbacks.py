"""Callbacks: what happens beside a training, after each update or epoch.

    class Printer(Callback):
        def on_epoch_end(self, run):
            print(run.epoch, run.history["validation_loss"][-1])

    >>> fit(..., callbacks=[Printer(), EarlyStopping(patience=3)])

A plain function of the run will do too, and is called after each epoch; `run.stop("as ...")` in it
ends the training. A callback whose behaviour
depends on what it has seen has a `state_dict`, which checkpoints save.
"""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..wording import shown
from .run import BY_HAND

if TYPE_CHECKING:
    from .run import Run


# What there may be of an epoch, to watch.
_COLUMNS = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")


class Callback:
    """The base of callbacks, which does nothing."""

    def on_start(self, run: Run) -> None:
        """Called first of all, before a checkpoint is loaded: forget earlier trainings here."""

    def on_epoch_start(self, run: Run) -> None:
        """Called before the first batch of an epoch, and where one is gone on with."""

    def on_step_end(self, run: Run) -> None:
        """Called after each update."""

    def on_epoch_end(self, run: Run) -> None:
        """Called after each epoch and its validation."""

    def on_end(self, run: Run) -> None:
        """Called after the last epoch, or whatever was the last, but not after an error."""

    def close(self, run: Run) -> None:
        """Called at the very end, after an error too."""

    def state_dict(self) -> dict[str, Any]:
        """Return what is to be saved: dicts and lists of numbers, texts and ndarrays."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take a `state_dict`."""


class Function(Callback):
    """A function of the run, called after each epoch."""

    def __init__(self, function: Callable[[Run], object]) -> None:
        self.function = function

    def on_epoch_end(self, run: Run) -> None:
        self.function(run)


class KeepBest(Callback):
    """Keep a copy of the weights of the best epoch, and give them back when Ctrl-C ends it all.

    Best is what has the least `monitor`, or, if that is an accuracy or mode is "max", the largest.
    `fit` does this by itself where there are validation data; with `restore` they are given back at
    the end of every training.
    """

    def __init__(
        self,
        monitor: str = "validation_loss",
        *,
        min_delta: float = 0.0,
        mode: str = "auto",
        restore: bool = False,
    ) -> None:
        name = type(self).__name__
        if monitor not in _COLUMNS:
            raise ValueError(
                f"{name} got monitor={monitor!r}; expected one of {', '.join(_COLUMNS)}"
            )
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"{name} got mode={mode!r}; expected 'min', 'max' or 'auto'")
        if not hasattr(min_delta, "__float__") or not min_delta >= 0.0:
            raise ValueError(f"{name} got min_delta={min_delta!r}; expected a number of at least 0")
        self.monitor, self.min_delta, self.restore = monitor, float(min_delta), restore
        self.sign = -1.0 if mode == "max" or (mode == "auto" and "accuracy" in monitor) else 1.0
        self._forget()

    def _forget(self) -> None:
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.weights: dict[str, Any] = {}
        self.waited = 0

    def on_start(self, run: Run) -> None:
        if self.monitor.startswith("validation_") and not run.validated:
            raise ValueError(
                f"{type(self).__name__} watches {self.monitor}, which there is not without"
                " validation data: write fit(..., validation=(x, y)), or monitor='train_loss'"
            )
        self._forget()

    def on_epoch_end(self, run: Run) -> None:
        if self.monitor not in run.history:
            raise ValueError(
                f"{type(self).__name__} watches {self.monitor}, which there is not for this loss:"
                " write fit(..., accuracy=rule), a function of predictions and targets, or monitor"
                f" {self.monitor.replace('accuracy', 'loss')}"
            )
        number = run.history[self.monitor][-1]
        if self.best is None:
            better = number == number
        else:
            better = self.sign * (self.best - number) > self.min_delta
        if better:
            self.best, self.best_epoch, self.waited = number, run.epoch, 0
            self.weights = run.model.state_dict()
        else:
            self.waited += 1

    def on_end(self, run: Run) -> None:
        if self.weights and (self.restore or run.history.stopped == BY_HAND):
            run.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        return {
            "monitor": self.monitor,
            "best": self.best,
            "best_epoch": self.best_epoch,
            "weights": self.weights,
            "waited": self.waited,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state["monitor"] != self.monitor:
            raise ValueError(
                f"{type(self).__name__} got the state of one that watches {state['monitor']};"
                f" expected {self.monitor}"
            )
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.weights, self.waited = dict(state["weights"]), state["waited"]


class EarlyStopping(KeepBest):
    """Stop when `monitor` has not been better for `patience` epochs; the best weights come back.

    Better is what exceeds the best by more than `min_delta`. With restore=False the weights are
    those of the last epoch.
    """

    def __init__(
        self,
        monitor: str = "validation_loss",
        patience: int = 3,
        *,
        min_delta: float = 0.0,
        mode: str = "auto",
        restore: bool = True,
    ) -> None:
        self.patience = whole("EarlyStopping", "patience", patience)
        super().__init__(monitor, min_delta=min_delta, mode=mode, restore=restore)

    def on_epoch_end(self, run: Run) -> None:
        super().on_epoch_end(run)
        if self.waited >= self.patience:
            epochs = "1 epoch" if self.patience == 1 else f"{self.patience} epochs"
            run.stop(f"as {self.monitor} was not better than {self.best} for {epochs}")


class ProgressBar(Callback):
    """A bar on stderr for each epoch, with loss and accuracy; none where that is no terminal.

    With keep=False a bar goes away at the end of its epoch.
    """

    def __init__(self, keep: bool = True) -> None:
        self.keep = keep
        self.bar: Any = None

    def on_epoch_start(self, run: Run) -> None:
        self.bar = _bar_kind()(
            total=len(run.loader),
            initial=run.position,
            desc=f"epoch {run.epoch}/{run.epochs}",
            leave=self.keep,
            disable=None,
            file=sys.stderr,
            unit="batch",
        )

    def on_step_end(self, run: Run) -> None:
        # Written into the text when the bar was drawn, and seen when it is drawn next: texts cost
        # more than small batches do.
        if self.bar.update(run.position - self.bar.n):
            self._write({"loss": run.loss, "accuracy": run.accuracy})

    def on_epoch_end(self, run: Run) -> None:
        shown_ = {name: column[-1] for name, column in run.history.items()}
        names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
        self._write({name.removeprefix("train_"): shown_.get(name) for name in names})
        self.close(run)

    def _write(self, numbers: dict[str, float | None]) -> None:
        if not self.bar.disable:
            texts = {name: f"{x:.4f}" for name, x in numbers.items() if x is not None}
            self.bar.set_postfix(texts, refresh=False)

    def close(self, run: Run) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


@functools.cache
def _bar_kind() -> Any:
    """Return tqdm's kind of bar, with a lock of this process alone.

    tqdm's own is shared with the processes that were forked from this one, or from which it was:
    one that is killed while it has the lock would let all others wait for ever.
    """
    from threading import RLock

    from tqdm import tqdm

    return type("Bar", (tqdm,), {"_lock": RLock(), "monitor_interval": 0})


def whole(who: str, what: str, number: Any) -> int:
    """Return it as an int; raise ValueError unless it is a whole number of at least 1."""
    try:
        least = operator.index(number)
    except TypeError:
        least = 0
    if least < 1 or isinstance(number, bool):
        raise ValueError(f"{who} got {what}={number!r}; expected a whole number of at least 1")
    return least


def as_callback(thing: Any) -> Callback:
    """Return a callback as it is, and a function as one; raise TypeError for anything else."""
    if isinstance(thing, Callback):
        return thing
    if isinstance(thing, type) or not callable(thing):
        hint = f": write {thing.__name__}(...), with brackets" if isinstance(thing, type) else ""
        raise TypeError(
            f"fit() got {shown(thing)} among the callbacks; expected a Callback, or a function of"
            f" the run{hint}"
        )
    return Function(thing)
