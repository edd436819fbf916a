"""A training with everything that may make a difference, small and fast."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np

import autodiff
from autodiff import data, fit, optim
from autodiff.nn import MLP, BatchNorm1d, Dropout, Linear, ReLU, Sequential, cross_entropy
from autodiff.training import EarlyStopping

ROOT = Path(__file__).resolve().parents[2]  # where `tests` is imported from
X, Y = data.moons(60, noise=0.2, seed=1)
TEST = data.moons(40, noise=0.2, seed=2)
EPOCHS = 6


def setup(kind="tensors", accumulate=2, patience=50):
    """Return a model, its optimizer and the other arguments of `fit`."""
    autodiff.seed(7)
    if kind == "tensors":
        model = Sequential(
            Linear(2, 8), BatchNorm1d(8), ReLU(), Dropout(0.3), Linear(8, 8), ReLU(), Linear(8, 2)
        )
    else:
        model = MLP(2, [4, 2])
    schedule = optim.warmup(5, optim.cosine_decay(0.05, steps=40))
    optimizer = optim.Adam(model.parameters(), lr=schedule)
    options = dict(
        validation=TEST, batch_size=8, clip_norm=1.0, accumulate=accumulate, epochs=EPOCHS
    )
    stop = EarlyStopping("validation_accuracy", patience=patience)
    return SimpleNamespace(model=model, optimizer=optimizer, options=options, stop=stop)


def train(parts, *callbacks, **changes):
    """Fit, and return the history."""
    options = {**parts.options, "callbacks": [parts.stop, *callbacks], **changes}
    return fit(parts.model, (np.float32(X), Y), cross_entropy, parts.optimizer, **options)


def numbers(parts, history):
    """Return all that must come out the same, as texts and bytes."""
    state = {**parts.model.state_dict(), "stop": parts.stop.best, "steps": history.steps}
    for i, memory in enumerate(parts.optimizer.state_dict()["memory"]):
        state |= {f"{i} {name}": x for name, x in memory.items()}
    state |= {name: column for name, column in history.items() if name != "seconds"}
    return {name: np.asarray(x).tobytes() for name, x in state.items()}
