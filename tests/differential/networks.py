"""Random small networks of layers, in float64, and the same accounts of their losses.

    >>> program = draw(random.Random("networks 3"))
    >>> check(program)                          # raises Disagreement if two accounts differ

A network is a list of layers by name; the parameters are arguments of the function, so that all
accounts of `tensors.Check` are taken with respect to the images and every weight.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autodiff import Tensor, nn

from . import peers
from .tensors import Check, by_torch

ACTIVATIONS = (
    "ReLU", "LeakyReLU", "ELU", "SELU", "GELU", "SiLU", "Sigmoid", "Softplus", "Softsign", "Tanh",
)  # fmt: skip
LOSSES = ("mse", "l1", "huber", "bce_with_logits", "hinge", "cross_entropy", "nll", "bce")


class Program(NamedTuple):
    """Layers with their options, a loss, the images, and a seed for the weights and targets."""

    layers: tuple[tuple[str, tuple[Any, ...]], ...]
    loss: str
    shape: tuple[int, ...]
    seed: int


def draw(rng):
    """Return a random network."""
    layers, shape = [], [rng.randint(4, 5)]  # of two, a normalised batch is ±1, and all slopes 0
    if rng.random() < 0.6:
        shape += [rng.randint(1, 2), rng.randint(4, 5), rng.randint(4, 5)]
        channels, height, width = shape[1:]
        for _ in range(rng.randint(1, 2)):
            out, stride, padding = rng.randint(1, 2), rng.randint(1, 2), rng.randint(0, 1)
            layers.append(("Conv2d", (channels, out, 2, stride, padding)))
            channels = out
            height, width = ((n + 2 * padding - 2) // stride + 1 for n in (height, width))
            if rng.random() < 0.4:
                layers.append(("BatchNorm2d", (channels,)))
            layers.append((rng.choice(ACTIVATIONS), ()))
            if min(height, width) >= 2 and rng.random() < 0.6:
                layers.append((rng.choice(["MaxPool2d", "AvgPool2d"]), (2,)))
                height, width = height // 2, width // 2
            if min(height, width) < 2:
                break
        layers.append(("Flatten", ()))
        size = channels * height * width
    else:
        size = rng.randint(1, 4)
        shape.append(size)
    for _ in range(rng.randint(1, 2)):
        out = rng.randint(2, 4)
        layers.append(("Linear", (size, out)))
        if rng.random() < 0.4:
            layers.append((rng.choice(["BatchNorm1d", "LayerNorm"]), (out,)))
        layers.append((rng.choice(ACTIVATIONS), ()))
        size = out
    layers.append(("Linear", (size, 3)))
    return Program(tuple(layers), rng.choice(LOSSES), tuple(shape), rng.randrange(2**32))


def check(program, counts=None):
    """Raise Disagreement unless all accounts of a network agree."""
    rng = np.random.default_rng(program.seed)
    model = nn.Sequential(*(getattr(nn, name)(*options) for name, options in program.layers))
    weights = [np.asarray(rng.normal(0.2, 0.7, p.shape)) for p in model.parameters()]
    images = np.asarray(rng.normal(0.0, 1.0, program.shape))
    target = _target(program.loss, rng, program.shape[0])
    names = [(layer, name) for layer in model.layers for name in _names(layer)]
    assert len(names) == len(weights)

    def run(xs, rounded):
        kept = [(layer, name, getattr(layer, name)) for layer, name in names]
        try:
            for (layer, name), x in zip(names, xs[1:]):
                object.__setattr__(layer, name, x)
            y = xs[0]
            for layer in model.layers:
                y = rounded(layer(y))
            return _loss(program.loss, y, target)
        finally:
            for layer, name, before in kept:
                object.__setattr__(layer, name, before)

    def torch(xs):
        left = list(xs[1:])
        y = xs[0]
        for (name, options), layer in zip(program.layers, model.layers):
            mine = [left.pop(0) for _ in _names(layer)]
            y = peers.layer(name, options, y, mine)
        return peers.loss(program.loss, y, target)

    arguments = ", ".join(f"x{i}" for i in range(1 + len(weights)))
    plain = eval(f"lambda {arguments}: run([{arguments}], calm)", {"run": run, "calm": lambda y: y})
    Check(run, (images, *weights)).check(plain, by_torch(torch))
    if counts is not None:
        counts.update([name for name, _ in program.layers])
        counts.update([program.loss])


def _names(layer):
    """Return the names of a layer's parameters, in the order of `parameters()`."""
    found = layer.named_parameters()
    return [name for name, _ in (found.items() if isinstance(found, dict) else found)]


def _target(loss, rng, count):
    if loss in ("cross_entropy", "nll"):
        return rng.integers(0, 3, count)
    if loss in ("bce", "bce_with_logits"):
        return rng.integers(0, 2, (count, 3)).astype(float)
    if loss == "hinge":
        return rng.choice([-1.0, 1.0], (count, 3))
    return np.asarray(rng.normal(0.0, 1.0, (count, 3)))


def _loss(loss, y, target):
    if loss == "bce":
        y = (y * 0.2).sigmoid()  # 1 - p of a p near 1 has no digits left
    if loss == "nll":
        from autodiff.array_functions import log_softmax

        y = log_softmax(y, 1)
    return getattr(nn, loss)(y, target if loss in ("cross_entropy", "nll") else Tensor(target))
