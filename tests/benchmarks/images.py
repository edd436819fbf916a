"""T3, a step of training of a small convolutional network; and the accuracy that it reaches.

Contestants are this package, NumPy by hand with the batch innermost in memory, and PyTorch.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autodiff import nn, optim, seed

from .timing import apart, table

Arrays = list[np.ndarray[Any, Any]]


def start() -> tuple[Arrays, Any, Any]:
    """Return weights and biases of conv 5×5×8, conv 5×5×16, linear 10; images, and classes."""
    rng = np.random.default_rng(0)
    shapes = [(8, 1, 5, 5), (8,), (16, 8, 5, 5), (16,), (10, 256), (10,)]
    numbers = [rng.normal(0.0, 0.1, shape).astype(np.float32) for shape in shapes]
    return numbers, rng.random((64, 1, 28, 28), np.float32), rng.integers(0, 10, 64)


def with_autodiff() -> Callable[[], Any]:
    """Return a step with this package."""
    numbers, x, y = start()
    model = lenet(nn)
    for parameter, n in zip(model.parameters(), numbers):
        parameter.data = n
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def step() -> Any:
        loss = nn.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def lenet(of: Any, **options: Any) -> Any:
    """Return the network, of our layers or of PyTorch's."""
    return of.Sequential(
        of.Conv2d(1, 8, 5, **options), of.ReLU(), of.MaxPool2d(2),
        of.Conv2d(8, 16, 5, **options), of.ReLU(), of.MaxPool2d(2),
        of.Flatten(), of.Linear(256, 10),
    )  # fmt: skip


def with_torch(threads: int) -> Callable[[], Any]:
    """Return a step with PyTorch, eager."""
    import torch

    torch.set_num_threads(threads)
    numbers, x, y = start()
    model = lenet(torch.nn)
    with torch.no_grad():
        for parameter, n in zip(model.parameters(), numbers):
            parameter.copy_(torch.from_numpy(n))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    images, classes = torch.from_numpy(x), torch.from_numpy(y)

    def step() -> Any:
        loss = torch.nn.functional.cross_entropy(model(images), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def by_hand() -> Callable[[], Any]:
    """Return a step with NumPy alone: images as (channels, height, width, n), windows a matrix."""
    (w1, b1, w2, b2, w3, b3), x, y = start()
    x = np.ascontiguousarray(x.transpose(1, 2, 3, 0))
    rows = np.arange(len(y))

    def windows(x: Any) -> Any:
        view = sliding_window_view(x, (5, 5), axis=(1, 2))  # c, oh, ow, n, 5, 5
        return np.ascontiguousarray(view.transpose(0, 4, 5, 1, 2, 3)).reshape(len(x) * 25, -1)

    def convolved(x: Any, w: Any, b: Any) -> tuple[Any, Any]:
        columns = windows(x)
        z = w.reshape(len(w), -1) @ columns
        z += b[:, None]
        size = x.shape[1] - 4
        return columns, z.reshape(len(w), size, size, -1)

    def pooled(x: Any) -> tuple[Any, Any]:
        parts = [x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
        y = np.maximum(np.maximum(parts[0], parts[1]), np.maximum(parts[2], parts[3]))
        return y, [part == y for part in parts]

    def unpooled(g: Any, largest: Any, shape: Any) -> Any:
        x = np.empty(shape, np.float32)
        places = ((i, j) for i in (0, 1) for j in (0, 1))
        g = g / sum(part.astype(np.float32) for part in largest)
        for (i, j), part in zip(places, largest):
            np.multiply(g, part, out=x[:, i::2, j::2])
        return x

    def step() -> Any:
        c1, z1 = convolved(x, w1, b1)
        h1 = np.maximum(z1, 0.0)
        p1, m1 = pooled(h1)
        c2, z2 = convolved(p1, w2, b2)
        h2 = np.maximum(z2, 0.0)
        p2, m2 = pooled(h2)
        flat = p2.reshape(256, -1).T
        z = flat @ w3.T
        z += b3
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z)
        total = p.sum(axis=1, keepdims=True)
        loss = float((np.log(total[:, 0]) - z[rows, y]).mean())
        p /= total
        p[rows, y] -= 1.0
        g = p / np.float32(len(y))
        changes = [(w3, g.T @ flat), (b3, g.sum(axis=0))]
        g = unpooled((g @ w3).T.reshape(p2.shape), m2, h2.shape)
        g *= h2 > 0.0
        g = g.reshape(16, -1)
        changes += [(w2, (g @ c2.T).reshape(w2.shape)), (b2, g.sum(axis=1))]
        spread = (w2.reshape(16, -1).T @ g).reshape(8, 5, 5, 8, 8, -1)
        back = np.zeros(p1.shape, np.float32)
        for i in range(5):
            for j in range(5):
                back[:, i : i + 8, j : j + 8] += spread[:, i, j]
        g = unpooled(back, m1, h1.shape)
        g *= h1 > 0.0
        g = g.reshape(8, -1)
        changes += [(w1, (g @ c1.T).reshape(w1.shape)), (b1, g.sum(axis=1))]
        for parameter, gradient in changes:
            parameter -= np.float32(0.1) * gradient
        return loss

    return step


def t3(smoke: bool) -> None:
    """Time a step of conv 5×5×8, pool, conv 5×5×16, pool, linear 10, with ReLU; batch 64."""
    builders: dict[str, Callable[[], Callable[[], Any]]] = {
        "autodiff": with_autodiff,
        "NumPy by hand": by_hand,
    }
    if find_spec("torch"):
        builders["PyTorch, 1 thread"] = partial(with_torch, 1)
        builders["PyTorch, 2 threads"] = partial(with_torch, 2)
    losses = {}
    for name, build in builders.items():
        step = build()
        losses[name] = [step() for _ in range(3)]
    for name, found in losses.items():
        if not np.allclose(found, losses["autodiff"], rtol=1e-4):
            raise AssertionError(f"T3: {name} has the losses {found}; autodiff {losses}")
    medians = apart(builders, rounds=2 if smoke else 20, repeats=1 if smoke else 10)
    title = "T3  a small convolutional network, one step of SGD"
    for baseline in builders:
        if baseline != "autodiff":
            table(title, {n: medians[n] for n in ("autodiff", baseline)}, baseline, "ms")


def cnn(smoke: bool) -> None:
    """Train that network for 3 epochs on all of MNIST: the small part, once, in a smoke run."""
    from autodiff import training
    from autodiff.data import DataLoader, load_mnist, load_mnist_small

    whole = not smoke and "AUTODIFF_DATA" in os.environ
    if not whole and not smoke:
        print("CNN: set AUTODIFF_DATA to the folder of MNIST for all of it", file=sys.stderr)
    (x, y), (x_test, y_test) = load_mnist() if whole else load_mnist_small()
    x, x_test = x.reshape(-1, 1, 28, 28), x_test.reshape(-1, 1, 28, 28)
    seed(0)
    model = lenet(nn, init=nn.he)
    loader = DataLoader(x, y, batch_size=64, shuffle=True, seed=0)
    count = 3 if whole else 1
    rate = optim.cosine_decay(0.003, steps=count * len(loader))
    optimizer = optim.Adam(model.parameters(), lr=rate)
    began = time.perf_counter()
    history = training.fit(model, loader, nn.cross_entropy, optimizer, count)
    seconds = time.perf_counter() - began
    accuracy = training.evaluate(model, x_test, y_test)[1]
    print(f"\nCNN  {count} epochs on {len(x):,} images, loss {history['train_loss'][-1]:.4f}")
    print(f"  autodiff                 {seconds:10.2f} s    test accuracy {accuracy:.4f}")
