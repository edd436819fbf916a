"""Training: `fit` goes over the data, and over again, until a model is good.

    >>> from autodiff.training import Checkpoint, EarlyStopping, fit
    >>> history = fit(model, (x, y), nn.cross_entropy, optimizer, epochs=10,
    ...               validation=(x_test, y_test),
    ...               callbacks=[EarlyStopping(patience=3), Checkpoint("digits")])
    >>> history["validation_accuracy"][-1]
    0.97

What a training depends on is in a `Run`, and all of it in a checkpoint: so one that was killed goes
on, with `resume=True`, to the same numbers bit for bit.
"""

from .accuracy import evaluate
from .callbacks import Callback, EarlyStopping, KeepBest, ProgressBar
from .checkpoints import Checkpoint, CheckpointError
from .divergence import Diverged
from .history import History
from .loop import fit
from .run import Run

__all__ = [
    "Callback",
    "Checkpoint",
    "CheckpointError",
    "Diverged",
    "EarlyStopping",
    "History",
    "KeepBest",
    "ProgressBar",
    "Run",
    "evaluate",
    "fit",
]
