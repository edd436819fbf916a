"""Checkpoints: one file with all that a training depends on, whole at every moment.

    >>> fit(..., callbacks=[Checkpoint("run", every=100)], resume=True)

The file, run.checkpoint.safetensors, holds the arrays of a `Run` by name, and all else as JSON in
its metadata. Nothing in it could run. A SHA-256 of the whole file stands in it, so that a single
bit that is not as it was written is noticed. It is written aside and renamed: whatever happens,
there is the old one or the new one.
"""

from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING, Any

from ..serialization import content_of, is_sealed, parsed, replace, save, sealed, sweep
from .callbacks import Callback, whole
from .divergence import bad_update

if TYPE_CHECKING:
    from pathlib import Path

    from .run import Run

# How the JSON in the metadata begins, quotes escaped as in the header of the file.
_MARK = rb"{\"sha256\":\""


class CheckpointError(OSError):
    """A checkpoint cannot be written; the one before is whole."""


class Checkpoint(Callback):
    """Save the training after each epoch and, with `every`, each time after so many updates.

    For `path` "run" the file is run.checkpoint.safetensors. With `best` there is also
    run.best.safetensors: the weights of the best epoch so far, for `serialization.load`.

    A training that starts anew where there is a checkpoint of an earlier one, as without
    resume=True, keeps that as run.before.safetensors. What is no checkpoint is not overwritten:
    FileExistsError. CheckpointError if the file cannot be written, as on a full disk; the one
    before is whole then.
    """

    def __init__(self, path: str | Path, every: int | None = None, *, best: bool = False) -> None:
        name = os.fspath(path).removesuffix(".safetensors").removesuffix(".checkpoint")
        self.path, self.best_path = f"{name}.checkpoint.safetensors", f"{name}.best.safetensors"
        self.path_before = f"{name}.before.safetensors"
        self.every = None if every is None else whole("Checkpoint", "every", every)
        self.best = best
        self._earlier: bytes | None = None  # what is in the file, of an earlier training

    def on_start(self, run: Run) -> None:
        # Better now than after the first hour.
        folder = os.path.dirname(os.path.abspath(self.path))
        if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
            what = "cannot be written" if os.path.isdir(folder) else "is not there"
            kind = PermissionError if os.path.isdir(folder) else FileNotFoundError
            raise kind(
                f"Checkpoint got {self.path}, whose folder {what}: {folder}; expected one that can"
                " be written: make it, or name another"
            )
        if os.path.isdir(self.path):
            raise IsADirectoryError(
                f"Checkpoint got {self.path}, which is a folder; expected the name of a file"
            )
        if os.path.exists(self.path) and not os.access(self.path, os.W_OK):
            raise PermissionError(
                f"Checkpoint got {self.path}, which is read-only; expected a file that can be"
                " written: let it be, or name another"
            )
        self._earlier = None
        for path in (self.path, self.best_path, self.path_before):
            sweep(path)

    def on_step_end(self, run: Run) -> None:
        if self.every and run.step % self.every == 0:
            self.save(run)

    def on_epoch_end(self, run: Run) -> None:
        self.save(run)
        if self.best and run.history.best_epoch == run.epoch:
            self._write(self.best_path, lambda: save(run.model, self.best_path), run)

    def on_end(self, run: Run) -> None:
        # An epoch that is not finished; unless an update is not, whose numbers are half changed.
        if run.epoch > run.history.epochs and not run.broken:
            self.save(run)

    def save(self, run: Run) -> None:
        """Write the file, in place of the one before; Diverged for weights that are not finite."""
        if wrong := bad_update(run):
            raise wrong
        state = run.state_dict()
        if self._earlier is not None:
            earlier, self._earlier = self._earlier, None
            self._write(self.path_before, lambda: replace(self.path_before, earlier), run)
        self._write(self.path, lambda: replace(self.path, to_bytes(state)), run)

    def start_anew(self) -> None:
        """Let the first save put an earlier checkpoint aside; FileExistsError for anything else."""
        if os.path.exists(self.path):
            self._earlier = _content(self.path)
            if _MARK not in self._earlier:
                raise FileExistsError(
                    f"Checkpoint got {self.path}, a file that is no checkpoint of fit(), and is"
                    " left as it is; expected another name, or that you move it away"
                )

    def _write(self, path: str, write: Any, run: Run) -> None:
        try:
            write()
        except OSError as error:
            old = "the one before is whole" if os.path.exists(path) else "there is none before"
            cause = error.__cause__  # which `replace` had put its own words around
            error = cause if isinstance(cause, OSError) else error
            raise CheckpointError(
                error.errno,
                f"the checkpoint {path} of step {run.step} cannot be written"
                f" ({error.strerror or error}); {old}: mend that, and go on with resume=True",
            ) from error

    def restore(self, run: Run) -> bool:
        """Let a run go on from the file; return whether there is one.

        Raises ValueError for a file that is not as it was written, or of another training; the run
        is then as it was.
        """
        if not os.path.exists(self.path):
            return False
        state = from_file(self.path)
        try:
            run.load_state_dict(state)
        except (KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
            raise ValueError(
                f"the checkpoint {self.path} was not written by fit(): it lacks a part, or has one"
                f" of another kind ({type(error).__name__}: {error}); put back a copy, or start a"
                " new training with another path or without resume=True"
            ) from None
        except ValueError as error:
            raise ValueError(
                f"the checkpoint {self.path} does not fit: {error}\nMake the training as it was, or"
                " start a new one with another path or without resume=True"
            ) from None
        return True


# -- the file --------------------------------------------------------------------------------------


def to_bytes(state: dict[str, Any]) -> bytes:
    """Return a state, dicts and lists of numbers, texts and ndarrays, as the content of a file."""
    from safetensors.numpy import save as as_safetensors

    arrays: dict[str, Any] = {}
    text = json.dumps(
        {"sha256": "0" * 64, "state": _plain(state, "", arrays)},
        separators=(",", ":"),
        allow_nan=False,
    )
    return sealed(as_safetensors(arrays, {"checkpoint": text}), _MARK)


def from_file(path: str) -> dict[str, Any]:
    """Return the state in a file; ValueError if it is not as it was written."""
    content = _content(path)
    what = f"{path}, {os.path.getsize(path)} bytes,"
    if _MARK not in content:
        raise ValueError(
            f"{what} is no checkpoint of fit(), though it may have been one; expected what a"
            " Checkpoint wrote: name another, or put back a copy, or remove it to start anew"
        )
    if not is_sealed(content, _MARK):
        raise ValueError(
            f"{what} is not as it was written: its SHA-256 is not the one in it, as of a file that"
            " was cut short or changed; expected a whole one: put back a copy, or remove it to"
            " start anew"
        )
    arrays, metadata = parsed(content, path)
    try:
        return _restored(json.loads(metadata["checkpoint"])["state"], arrays)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(
            f"{what} is no checkpoint of fit(), though it looks like one"
            f" ({type(error).__name__}: {error}); put back a copy, or remove it to start anew"
        ) from None


def _content(path: str) -> bytes:
    try:
        return content_of(path)
    except OSError as error:
        raise type(error)(
            error.errno, f"the checkpoint {path} cannot be read: {error.strerror or error}"
        ) from None


def _plain(thing: Any, name: str, arrays: dict[str, Any]) -> Any:
    """Return what JSON can hold; arrays are put aside under their names.

    A float is written so that it comes back to the bit; JSON has no nan and inf, so those are texts
    in a dict.
    """
    if isinstance(thing, dict):
        prefix = f"{name}/" if name else ""
        return {key: _plain(part, prefix + key, arrays) for key, part in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [_plain(part, f"{name}[{i}]", arrays) for i, part in enumerate(thing)]
    if hasattr(thing, "dtype"):
        import numpy as np

        while name in arrays:
            name += "_"
        arrays[name] = np.array(thing, order="C")
        return {"array": name}
    if isinstance(thing, float) and not math.isfinite(thing):
        return {"float": repr(thing)}
    return thing


def _restored(thing: Any, arrays: dict[str, Any]) -> Any:
    """Return what `_plain` was given; tuples are lists."""
    if isinstance(thing, dict):
        if thing.keys() == {"array"}:
            return arrays[thing["array"]]
        if thing.keys() == {"float"}:
            return float(thing["float"])
        return {key: _restored(part, arrays) for key, part in thing.items()}
    return [_restored(part, arrays) for part in thing] if isinstance(thing, list) else thing
