"""`Run`: all that a training in progress is, which callbacks look at and checkpoints save.

    def on_epoch_end(self, run):
        print(run.epoch, run.optimizer.lr, run.history["train_loss"][-1])
        if run.history["train_loss"][-1] < 0.01:
            run.stop("as the loss is small")

Its `state_dict` is what the numbers to come depend on, so that a run that has loaded it goes on as
the other would have.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..nn import Module
from ..wording import a_kind, shown
from .divergence import Past
from .history import History

if TYPE_CHECKING:
    from ..data import DataLoader
    from ..optim import Optimizer
    from .callbacks import Callback

BY_HAND = "by hand"
_VERSION = 2


class Run:
    """A training in progress.

    `model`, `optimizer`, `loader` and `callbacks` are those of `fit`; `epoch` is the number of the
    epoch, from 1 to `epochs`, and `position` how many of its batches are done; `step` counts the
    updates, `norm` is that of the last gradient, before it was clipped, and `rate` the learning
    rate of the last step. `loss` and `accuracy` are the means of this epoch so far. `history` has
    the epochs that are finished.
    """

    def __init__(
        self,
        model: Module,
        loader: DataLoader,
        optimizer: Optimizer,
        epochs: int,
        callbacks: Sequence[Callback],
        settings: Mapping[str, Any],
        held_out: Sequence[Any] | None = None,
    ) -> None:
        self.model, self.loader, self.optimizer = model, loader, optimizer
        self.epochs, self.callbacks = epochs, callbacks
        self.parameters = _parameters(model, optimizer)
        self.past = Past(model._leaves())
        self.history = History()
        self.norm = 0.0
        self.rate = optimizer.lr
        self.broken = False
        self.begin_epoch(0)
        self._held_out = held_out
        first = "a function of the step" if optimizer.scheduled else optimizer.lr
        kind = type(optimizer).__name__
        self._settings = {**settings, "optimizer": kind, "lr at the start": first}
        self._prints: dict[str, Any] = {}
        self._at_start: Any = random.getstate()
        self._now: Any = None  # the random state to go on from, after a checkpoint was loaded

    # what callbacks ask and say

    @property
    def validated(self) -> bool:
        """Whether there are validation data."""
        return self._held_out is not None

    @property
    def step(self) -> int:
        """How many updates there were."""
        return self.optimizer.steps

    @property
    def loss(self) -> float:
        """The mean loss of this epoch so far."""
        return self.sums["loss"] / max(1, self.sums["seen"])

    @property
    def accuracy(self) -> float | None:
        """The mean accuracy of this epoch so far; None if the loss is not one of classes."""
        right = self.sums["right"]
        return None if right is None else right / max(1, self.sums["seen"])

    def stop(self, reason: str) -> None:
        """End the training after this epoch or, in `on_step_end`, after this update.

        `history.stopped` will be the reason, as "as the loss is small".
        """
        self.history.stopped = reason

    # what `fit` does with it

    def call(self, hook: str) -> None:
        """Call a hook of all callbacks.

        At the end the last is the first: a checkpoint, before others give old weights back.
        """
        for callback in reversed(self.callbacks) if hook == "on_end" else self.callbacks:
            getattr(callback, hook)(self)

    def begin_epoch(self, number: int) -> None:
        """Begin an epoch and its sums."""
        self.epoch, self.position = number, 0
        self.sums: dict[str, Any] = {"loss": 0.0, "right": 0.0, "seen": 0, "seconds": 0.0}

    def add(self, loss: float, right: float | None, size: int) -> None:
        """Add a batch to the sums of the epoch."""
        self.position += 1
        self.sums["loss"] += loss * size
        self.sums["right"] = None if right is None else (self.sums["right"] or 0.0) + right
        self.sums["seen"] += size

    def batches(self) -> Iterator[Any]:
        """Return the batches of the epoch that are not done yet.

        After a checkpoint the loader begins the epoch as it did, and what is done is passed over;
        then random numbers go on where they were.
        """
        now, self._now = self._now, None
        if now is not None:
            random.setstate(self._at_start if self.position else now)
        self._at_start = random.getstate()
        batches = iter(self.loader)
        for _ in range(self.position):
            next(batches)
        if now is not None and self.position:
            random.setstate(now)
        return batches

    # to disk and back

    def state_dict(self) -> dict[str, Any]:
        """Return all that the numbers to come depend on: dicts and lists of numbers and arrays."""
        loader, finished = self.loader, self.history.epochs
        begun = self.position > 0 and finished < self.epoch
        by_hand = self.history.stopped == BY_HAND
        return {
            "version": _VERSION,
            "settings": self.settings(),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "loader": {"seed": loader.seed, "epoch": loader.epoch - begun},
            "random": {"at_start": _packed(self._at_start), "now": _packed(random.getstate())},
            "finished": finished,
            "rate": self.rate,
            "epoch": {"position": self.position, **self.sums} if begun else {},
            "history": self.history.state_dict(),
            "stopped": "" if by_hand else self.history.stopped,
            "callbacks": [
                {"kind": type(callback).__name__, "state": state}
                for callback in self.callbacks
                if (state := callback.state_dict())
            ],
        }

    def settings(self) -> dict[str, Any]:
        """Return what must be as it was for the numbers to be."""
        loader = self.loader
        if not self._prints:
            self._prints["data"] = [print_of(array) for array in loader.arrays]
            self._prints["validation"] = [print_of(array) for array in self._held_out or ()]
        return {
            **self._settings,
            **self._prints,
            "batch_size": loader.batch_size,
            "shuffle": loader.shuffle,
            "drop_last": loader.drop_last,
            "modules": {
                name: type(part).__name__
                for name, part in self.model._named_parts()
                if isinstance(part, Module)
            },
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`. If something does not fit, ValueError, and nothing changes."""
        if state.get("version") != _VERSION:
            raise ValueError(
                f"it is of version {state.get('version')}; expected {_VERSION}: it was written by"
                " another version of autodiff"
            )
        faults = _differences(state["settings"], self.settings())
        if faults:
            raise ValueError("it is of another training:\n  " + "\n  ".join(faults))
        stateful = [callback for callback in self.callbacks if callback.state_dict()]
        kinds = [type(callback).__name__ for callback in stateful]
        theirs = [entry["kind"] for entry in state["callbacks"]]
        if kinds != theirs:
            words = [", ".join(names) or "none" for names in (theirs, kinds)]
            raise ValueError(
                f"its callbacks are {words[0]}; expected {words[1]}, as fit() got them"
            )
        parts: list[tuple[Any, Any]] = [
            (self.model, state["model"]),
            (self.optimizer, state["optimizer"]),
            *((c, entry["state"]) for c, entry in zip(stateful, state["callbacks"])),
        ]
        # All is read before anything is changed.
        seed, epoch = state["loader"]["seed"], state["loader"]["epoch"]
        at_start, now = (_unpacked(state["random"][name]) for name in ("at_start", "now"))
        finished, rate, stopped = state["finished"], state["rate"], state["stopped"]
        sums = dict(state["epoch"])
        position = sums.pop("position") if sums else 0
        history = History()
        history.load_state_dict(state["history"])
        for packed in (at_start, now):
            random.Random().setstate(packed)
        whole = all(isinstance(number, int) for number in (epoch, finished, position))
        if not whole or not isinstance(rate, (int, float)) or not isinstance(stopped, str):
            raise TypeError(f"epoch {epoch!r}, {finished!r} finished, rate {rate!r}, {stopped!r}")
        if finished != history.epochs or position < 0:
            raise ValueError(f"it has {finished} finished epochs and a history of {history.epochs}")
        before = [(part, part.state_dict()) for part, _ in parts]
        try:
            for part, new in parts:
                part.load_state_dict(new)
        except BaseException:
            for part, old in before:
                part.load_state_dict(old)
            raise
        self.loader.seed, self.loader.epoch = seed, epoch
        self._at_start, self._now, self.rate = at_start, now, rate
        self.begin_epoch(finished)
        if sums:
            self.begin_epoch(finished + 1)
            self.sums, self.position = sums, position
        self.history.load_state_dict(state["history"])
        self.history.stopped = stopped


def _parameters(model: Module, optimizer: Optimizer) -> dict[str, Any]:
    """Return the parameters of the optimiser with their names; raise if the model has others."""
    if not isinstance(model, Module):
        raise TypeError(f"fit() got {shown(model)} as the model; expected a Module, as nn.MLP is")
    if not hasattr(optimizer, "parameters") or not hasattr(optimizer, "step"):
        raise TypeError(
            f"fit() got {shown(optimizer)} as the optimizer; expected one of optim, such as"
            " optim.Adam(model.parameters())"
        )
    names = {id(p): name for name, p in model.named_parameters()}
    strange = sum(id(p) not in names for p in optimizer.parameters)
    if strange:
        raise ValueError(
            f"fit() got {a_kind(optimizer)} of {len(optimizer.parameters)} parameters, of which"
            f" {strange} are not of the model; expected the model's own: write"
            f" optim.{type(optimizer).__name__}(model.parameters(), ...)"
        )
    return {names[id(p)]: p for p in optimizer.parameters}


def print_of(array: Any) -> str:
    """Return what an array is, with a checksum of its numbers, which tells it from another."""
    what = f"{array.dtype} {array.shape}"
    if array.dtype == object:  # which has Values, say, and no bytes of its own
        return what
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8)  # dates have no buffer
    return f"{what} of CRC {zlib.crc32(content.data):08x}"


def _differences(saved: Mapping[str, Any], ours: Mapping[str, Any]) -> list[str]:
    """Say, a line each, which settings a checkpoint has otherwise."""
    faults = []
    for name in {**saved, **ours}:
        old, new = saved.get(name), ours.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            faults += _differences(old, new)
        elif old != new:
            faults.append(f"{name or 'the model'} is {old} there; expected {new}")
            if name == "lr at the start":
                faults.append(
                    "  (to go on with another rate, leave lr as it was, and let a callback set"
                    " run.optimizer.lr in on_epoch_start)"
                )
    return faults


def _packed(state: tuple[Any, ...]) -> dict[str, Any]:
    """Return a state of Python's `random` with its 625 numbers in an array."""
    version, numbers, gauss = state
    return {"version": version, "numbers": np.array(numbers, np.uint32), "gauss": gauss}


def _unpacked(state: Mapping[str, Any]) -> tuple[Any, ...]:
    return state["version"], tuple(state["numbers"].tolist()), state["gauss"]
