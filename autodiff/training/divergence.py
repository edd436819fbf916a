"""Numbers that went bad: `Diverged` says at which step, and which parameter was the first.

    Diverged: the loss is nan at step 41, in epoch 2: try a smaller learning rate than 0.5; the
    first parameter that went bad is layer1.weight

and where all that it was given is finite, which operation made the first bad number, and in which
line, if that was recorded:

    Diverged: the loss is nan at step 41, in epoch 2: made first by log(-0.2) at [3, 0]; ...
      line 31 of train.py:  loss = -(y * log(p)).mean()
                                         ^^^^^^

The last numbers that were all finite are kept aside, and given back to the model before the error
is raised, so that what was learnt until then is not lost.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from ..provenance import Origin, backward, forward
from ..sources import HOW
from .accuracy import plain

if TYPE_CHECKING:
    from .history import History
    from .run import Run


_HUGE = 1e6  # a parameter beyond it was thrown there by updates too large


class Diverged(ArithmeticError):
    """The loss or a gradient is no number any more.

    `step` is the update that was not made, counted from 1, `epoch` that it was in, `parameter` the
    name of the first parameter that went bad, or None, and `history` what there was until then.
    """

    def __init__(
        self, message: str, step: int, epoch: int, parameter: str | None, history: History
    ) -> None:
        super().__init__(message)
        self.step, self.epoch, self.parameter, self.history = step, epoch, parameter, history


class Past:
    """The numbers of a model, parameters and buffers, before the last two updates.

    Two, since an update that makes a weight infinite is only noticed in the loss after it.
    """

    def __init__(self, leaves: dict[str, Any]) -> None:
        self._leaves = list(leaves.values())
        self._copies: deque[list[Any]] = deque(maxlen=2)

    def keep(self) -> None:
        """Copy the numbers as they are now."""
        self._copies.append(
            [x if type(x) is float else x.copy(order="K") for x in (p.data for p in self._leaves)]
        )

    def give_back(self) -> None:
        """Let the model have the newest copy that is finite, if one is."""
        for copy in reversed(self._copies):
            if all(map(_finite, copy)):
                for leaf, numbers in zip(self._leaves, copy):
                    leaf.data = numbers
                return


def bad_loss(run: Run, root: Any, x: Any, y: Any, predictions: Any) -> Diverged:
    """Return the error for a loss that is no number, and give the model its numbers back."""
    loss = float(root.data)
    # no rate is to blame before the first update
    updated = run.optimizer.steps > 0
    smaller = f"try a smaller learning rate than {run.optimizer.lr:g}; " if updated else ""
    name = next((n for n, p in run.parameters.items() if not _finite(p.data)), None)
    if name is not None and updated:
        advice = f"{smaller}the first parameter that went bad is {name}"
    elif name is not None:
        advice = f"{name} is {_first_bad(run.parameters[name].data)} to begin with"
    elif where := _place(x, run.loader.arrays[0]):
        advice = f"all parameters are finite, but the inputs of this batch are not, first {where}"
    elif where := _place(y, run.loader.arrays[1]):
        advice = f"all parameters are finite, but the targets of this batch are not, first {where}"
    else:
        largest, of = _largest_parameter(run)
        what = "the loss" if _finite(predictions) else "the output of the model"
        advice = (
            f"{smaller}all parameters and inputs are finite, the largest parameter is"
            f" {largest:.3g} in {of}, and {what} is not"
        )
    origin = forward(root)
    handed = name is not None or not _finite(x) or not _finite(y)
    if origin is not None and not origin.made and (handed or origin.node.is_leaf):
        origin = None  # it was handed what the advice tells of
    if origin is not None:
        same = str(origin.number) == str(loss)
        made = "made first" if same else f"the first {origin.number} is made"
        if not origin.made:
            made = f"the first {origin.number} is a constant, handed on"
        advice = f"{made} by {origin.call(_names(run))}; {advice}"
    return _error(run, f"the loss is {loss}", advice, name, origin)


def bad_gradient(run: Run, root: Any, norm: float) -> Diverged:
    """Return the error for a gradient that is no number, though the loss, the root, is one."""
    name = next(
        (n for n, p in run.parameters.items() if p.grad is not None and not _finite(p.grad)), None
    )
    first = f"the first parameter with a gradient that went bad is {name}"
    origin = backward(root) if name else None
    if origin is not None:
        advice = f"made first on the way back by {origin.told(_names(run))}; {first}"
    elif name:
        advice = f"{first}: look for an operation without a derivative there, as sqrt has none at 0"
    else:
        advice = "each number of it is finite, but not its norm: scale the loss down"
    largest, of = _largest_parameter(run)
    if run.optimizer.steps > 0 and largest > _HUGE:
        advice = (
            f"try a smaller learning rate than {run.optimizer.lr:g}, as the largest parameter is"
            f" {largest:.3g} in {of}; {advice}"
        )
    return _error(run, f"the loss is finite, but its gradient is {norm}", advice, name, origin)


def bad_update(run: Run) -> Diverged | None:
    """Return the error for parameters that the last update made infinite; None if all is well."""
    name = next((n for n, p in run.parameters.items() if not _finite(p.data)), None)
    if name is None:
        return None
    advice = f"try a smaller learning rate than {run.optimizer.lr:g}"
    return _error(run, f"the first parameter that went bad is {name}", advice, name, made=True)


def _error(
    run: Run,
    what: str,
    advice: str,
    name: str | None,
    origin: Origin | None = None,
    made: bool = False,
) -> Diverged:
    run.past.give_back()
    step = run.optimizer.steps + (not made)
    message = f"{what} at step {step}, in epoch {run.epoch}: {advice}"
    if origin is not None:
        lines = origin.source.lines() if origin.source is not None else [HOW]
        message = "\n  ".join([message, *lines])
    return Diverged(message, step, run.epoch, name, run.history)


def _names(run: Run) -> dict[int, str]:
    return {id(parameter): name for name, parameter in run.parameters.items()}


def _finite(x: Any) -> bool:
    return math.isfinite(x) if isinstance(x, float) else bool(np.isfinite(plain(x)).all())


def _largest(x: Any) -> float:
    return float(np.abs(plain(x)).max(initial=0.0))


def _largest_parameter(run: Run) -> tuple[float, str]:
    """Return the largest number in the parameters, without its sign, and which one has it."""
    return max((_largest(p.data), n) for n, p in run.parameters.items())


def _place(batch: Any, data: Any) -> str:
    """Say where the first number is that is not finite; nothing if all of the batch are.

    In the data as the user has them, if it is there: batches are shuffled, and thrown away.
    """
    if not _first_bad(batch):
        return ""
    found = _first_bad(data)
    return f"{found} of the data" if found else f"{_first_bad(batch)} of the batch"


def _first_bad(numbers: Any) -> str:
    """Return the first number of an array that is not finite, and its index; nothing if all are."""
    array = plain(numbers)
    if array.dtype.kind != "f" or _finite(array):
        return ""
    index = np.argwhere(~np.isfinite(array))[0]
    at = f" at [{', '.join(map(str, index))}]" if len(index) else ""
    return f"{array[tuple(index)]}{at}"
