"""`History`: what a training was like, as lists of plain numbers.

    >>> history["train_loss"]           # one entry for each epoch
    [0.81, 0.32, 0.24]
    >>> history.steps[-1], history.best_epoch, history.stopped
    (0.19, 3, '')

There is nothing in it but numbers, so that it can be plotted, saved and compared.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..serialization import replace
from ..wording import clipped, legible, printable

if TYPE_CHECKING:
    from pathlib import Path


class History(dict[str, list[Any]]):
    """A dict of lists of numbers, with an entry for each epoch; and the loss of each step.

    Names are epoch (from 1), train_loss and train_accuracy (means over the epoch, while the weights
    change), validation_loss and validation_accuracy (after it), lr (of its last step) and seconds;
    those that there are. `steps` has the loss of each update. `stopped` says why the training ended
    before the last epoch: "by hand", or what a callback said; else it is empty.
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[float] = []
        self.stopped = ""

    def append(self, row: Mapping[str, float]) -> None:
        """Add the numbers of an epoch, which has the names of those before."""
        for name, number in row.items():
            self.setdefault(name, []).append(number)

    def __missing__(self, name: object) -> list[Any]:
        if not isinstance(name, str):
            raise KeyError(
                f"the history is a dict of columns, and got {clipped(name)}; expected a name, as in"
                f" history['train_loss'][{clipped(name)}]; history.rows() is the list of epochs"
            )
        hint = ": it needs fit(..., validation=(x, y))" if name.startswith("validation_") else ""
        known = ", ".join(map(legible, self)) or "nothing yet"
        raise KeyError(f"the history has no {clipped(name)}; expected one of {known}{hint}")

    @property
    def epochs(self) -> int:
        """How many epochs were finished."""
        return len(self.get("epoch", ()))

    @property
    def best_epoch(self) -> int | None:
        """The epoch of the least validation_loss, or else train_loss; None if there is none."""
        losses = self.get("validation_loss") or self.get("train_loss", [])
        numbers = [(loss, i) for i, loss in enumerate(losses) if loss == loss]  # no nan
        return self["epoch"][min(numbers)[1]] if numbers else None

    def rows(self) -> list[dict[str, Any]]:
        """Return a dict of numbers for each epoch."""
        return [dict(zip(self, row)) for row in zip(*self.values())]

    def save_csv(self, path: str | Path, validation: str = "validation") -> None:
        """Write the numbers of the epochs as CSV, a line each under the names.

        `validation` is what these data are called there: "test", perhaps.
        """
        names = [printable(name.replace("validation", validation, 1)) for name in self]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")  # which quotes the names that need it
        writer.writerows([names, *([repr(x) for x in row] for row in zip(*self.values()))])
        replace(path, text.getvalue().encode())

    def state_dict(self) -> dict[str, Any]:
        """Return all numbers, the many of `steps` as an ndarray."""
        import numpy as np

        return {"columns": {**self}, "steps": np.array(self.steps, float)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the numbers of a `state_dict`."""
        self.clear()
        self.update({name: list(column) for name, column in state["columns"].items()})
        self.steps = state["steps"].tolist()

    def __repr__(self) -> str:
        columns = {k: v for k, v in self.items() if k not in ("epoch", "lr", "seconds")}
        parts = [f"{legible(name)} {_from_to(column)}" for name, column in columns.items()]
        if "validation_loss" in columns:
            parts.append(f"best epoch {self.best_epoch}")
        if self.stopped:
            parts.append(f"stopped {legible(self.stopped)}")
        epochs = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        return f"History({', '.join([epochs, *parts])})"


def _from_to(column: list[float]) -> str:
    first, last = f"{column[0]:.4g}", f"{column[-1]:.4g}"
    return last if len(column) == 1 else f"{first} → {last}"
