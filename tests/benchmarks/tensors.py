"""T1, a step of training at MNIST size; T2, small operations; S5, columns; M, all of MNIST.

Contestants are this package, NumPy as one writes backpropagation by hand with it, and PyTorch where
it is installed, on one thread and on two. T1 also measures the peak memory of a step.
"""

from __future__ import annotations

import math
import os
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from autodiff import Tensor, nn, optim
from autodiff import cos as cosine
from autodiff.compiler import compile
from autodiff.data import moons

from .timing import apart, table

Arrays = list[np.ndarray[Any, Any]]


def weights(sizes: list[int]) -> tuple[Arrays, Arrays]:
    """Return the starting weights, (outputs, inputs), and biases of a network."""
    rng = np.random.default_rng(1)
    pairs = list(pairwise(sizes))
    w = [rng.normal(0.0, math.sqrt(2.0 / nin), (nout, nin)) for nin, nout in pairs]
    return [x.astype(np.float32) for x in w], [np.zeros(nout, np.float32) for _, nout in pairs]


def batch(size: int, width: int = 784) -> tuple[Any, Any]:
    """Return a batch of images and their classes."""
    rng = np.random.default_rng(0)
    return rng.random((size, width), np.float32), rng.integers(0, 10, size)


# -- T1 --------------------------------------------------------------------------------------------


def with_autodiff(sizes: list[int], adam: bool, compiled: bool = False) -> Callable[[], Any]:
    """Return a step of training with this package."""
    layers: list[Any] = []
    for w, b in zip(*weights(sizes)):
        linear = nn.Linear(w.shape[1], w.shape[0])
        linear.weight.data, linear.bias.data = w, b
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    parameters = model.parameters()
    optimizer = optim.Adam(parameters) if adam else optim.SGD(parameters, lr=0.1)
    x, y = batch(128)
    if compiled:
        function = compile(lambda x, y: nn.cross_entropy(model(x), y))
        return lambda: function.step(optimizer, x, y)

    def step() -> Any:
        loss = nn.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def by_hand(sizes: list[int], adam: bool) -> Callable[[], Any]:
    """Return the step as one writes it with NumPy alone, in place where that is easy."""
    w, b = weights(sizes)
    w = [np.ascontiguousarray(x.T) for x in w]
    x, y = batch(128)
    rows = np.arange(len(y))
    memory = [(np.zeros_like(p), np.zeros_like(p)) for p in (*w, *b)]
    time = 0

    def step() -> Any:
        nonlocal time
        inputs, last = [x], len(w) - 1
        for i in range(last):
            h = inputs[-1] @ w[i]
            h += b[i]
            inputs.append(np.maximum(h, 0.0, out=h))
        z = inputs[-1] @ w[last]
        z += b[last]
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z)
        total = p.sum(axis=1, keepdims=True)
        loss = float((np.log(total[:, 0]) - z[rows, y]).mean())
        p /= total
        p[rows, y] -= 1.0
        g = p / np.float32(len(y))
        grads: list[Any] = []
        for i in range(last, -1, -1):
            grads.append((i, inputs[i].T @ g, g.sum(axis=0)))
            if i:
                g = g @ w[i].T
                g *= inputs[i] > 0.0
        time += 1
        for i, gw, gb in grads:
            for parameter, gradient, (m, v) in (
                (w[i], gw, memory[i]),
                (b[i], gb, memory[len(w) + i]),
            ):
                if not adam:
                    gradient *= np.float32(0.1)
                    parameter -= gradient
                    continue
                m *= np.float32(0.9)
                m += np.float32(0.1) * gradient
                v *= np.float32(0.999)
                gradient *= gradient
                gradient *= np.float32(0.001)
                v += gradient
                root = np.sqrt(v)
                root *= np.float32((1.0 - 0.999**time) ** -0.5)
                root += np.float32(1e-8)
                np.divide(m, root, out=root)
                root *= np.float32(0.001 / (1.0 - 0.9**time))
                parameter -= root
        return loss

    return step


def with_torch(sizes: list[int], adam: bool, threads: int) -> Callable[[], Any]:
    """Return the step with PyTorch, eager."""
    import torch

    torch.set_num_threads(threads)
    layers: list[Any] = []
    for w, b in zip(*weights(sizes)):
        linear = torch.nn.Linear(w.shape[1], w.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w))
            linear.bias.copy_(torch.from_numpy(b))
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    parameters = model.parameters()
    optimizer = torch.optim.Adam(parameters) if adam else torch.optim.SGD(parameters, lr=0.1)
    x, y = map(torch.from_numpy, batch(128))

    def step() -> Any:
        loss = torch.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def _training(title: str, sizes: list[int], adam: bool, smoke: bool) -> None:
    builders: dict[str, Callable[[], Callable[[], Any]]] = {
        "autodiff": partial(with_autodiff, sizes, adam),
        "autodiff, compiled": partial(with_autodiff, sizes, adam, True),
        "NumPy by hand": partial(by_hand, sizes, adam),
    }
    if find_spec("torch"):
        builders["PyTorch, 1 thread"] = partial(with_torch, sizes, adam, 1)
        builders["PyTorch, 2 threads"] = partial(with_torch, sizes, adam, 2)
    losses = {}
    for name, build in builders.items():
        step = build()
        losses[name] = [step() for _ in range(3)]
    for name, found in losses.items():
        if not np.allclose(found, losses["NumPy by hand"], rtol=1e-4):
            raise AssertionError(f"{title}: {name} has the losses {found}; by hand {losses}")
    peaks = {}
    ours = ("autodiff", "autodiff, compiled")
    for name in (*ours, "NumPy by hand"):
        step = builders[name]()
        step()
        tracemalloc.start()
        step()
        peaks[name] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    medians = apart(builders, rounds=2 if smoke else 40, repeats=1 if smoke else 20)
    for baseline in builders:
        if baseline not in ours:
            table(title, {n: medians[n] for n in (*ours, baseline)}, baseline)
    for name in ours:
        ratio = peaks[name] / peaks["NumPy by hand"]
        print(f"  peak memory of a step of {name:20} {ratio:7.2f} × NumPy by hand")


def t1a(smoke: bool) -> None:
    """Time a step of 784-128-10, ReLU, cross-entropy, batch 128, float32, SGD."""
    _training("T1a  784-128-10, one step of SGD", [784, 128, 10], adam=False, smoke=smoke)


def t1b(smoke: bool) -> None:
    """Time a step of 784-256-128-10 with Adam."""
    _training("T1b  784-256-128-10, one step of Adam", [784, 256, 128, 10], True, smoke)


# -- T2, S5 ----------------------------------------------------------------------------------------


def small_operations(kind: str) -> Callable[[], Any]:
    """Return a chain of 100 operations on ten numbers, forward and backward."""
    start, factor = np.linspace(0.1, 1.0, 10), np.linspace(0.9, 1.1, 10)

    def chain(y: Any) -> Any:
        for _ in range(25):
            y = ((y * 1.001 + 0.1) * other).tanh()
        return y.sum()

    if kind == "torch":
        import torch

        torch.set_num_threads(1)
        leaf: Any = torch.tensor(start, requires_grad=True)
        other: Any = torch.tensor(factor)
    else:
        leaf, other = Tensor(start, requires_grad=True), Tensor(factor)
    if kind == "compiled":
        function = compile(chain)
        return lambda: function.value_and_grad(start)[1][0]

    def run() -> Any:
        leaf.grad = None
        chain(leaf).backward()
        return leaf.grad

    return run


def small_by_hand() -> Callable[[], Any]:
    """Return the same with NumPy alone."""
    start, factor = np.linspace(0.1, 1.0, 10), np.linspace(0.9, 1.1, 10)

    def run() -> Any:
        ys, y = [], start
        for _ in range(25):
            y = np.tanh((y * 1.001 + 0.1) * factor)
            ys.append(y)
        g = np.ones(10)
        for y in reversed(ys):
            g = (g + g * y) * (1.0 - y) * factor * 1.001
        return g

    return run


def _compare(
    title: str,
    builders: dict[str, Any],
    rounds: int,
    repeats: int,
    baseline: str,
    unit: str,
) -> None:
    results = {name: np.asarray(build()()) for name, build in builders.items()}
    first = next(iter(results.values()))
    for name, result in results.items():
        if not np.allclose(result, first, rtol=1e-9):
            raise AssertionError(f"{title}: {name} computes {result}, expected {first}")
    table(title, apart(builders, rounds, repeats), baseline, unit)


def t2(smoke: bool) -> None:
    """Time 100 chained small operations on shape (10,), forward and backward."""
    builders: dict[str, Any] = {
        "autodiff": partial(small_operations, "autodiff"),
        "autodiff, compiled": partial(small_operations, "compiled"),
        "NumPy by hand": small_by_hand,
    }
    if find_spec("torch"):
        builders["PyTorch"] = partial(small_operations, "torch")
    baseline = "PyTorch" if "PyTorch" in builders else "NumPy by hand"
    title = "T2  100 operations on shape (10,), forward and backward"
    _compare(title, builders, 2 if smoke else 40, 1 if smoke else 20, baseline, "µs")


def forty_operations(a: Any, b: Any, c: Any, cos: Any = cosine) -> Any:
    """Return what S5 computes, of Values, Tensors or another library's tensors."""
    y = a
    for _ in range(4):
        u = y * b + c
        v = u.tanh() - a * 0.5
        w = (v * v + 1.0).log() + cos(u * 0.3)
        y = w / (1.0 + b * b) + v
    return y


def columns(kind: str, count: int) -> Callable[[], Any]:
    """Return a scalar expression of 40 operations and its gradient at many points."""
    points = np.random.default_rng(0).uniform(0.5, 1.5, (3, count))
    if kind in ("python", "numba"):
        function = compile(forty_operations, target=kind)
        return lambda: [float(g.sum()) for g in function.value_and_grad(*points)[1]]
    if kind == "torch":
        import torch

        torch.set_num_threads(1)
        leaves: Any = [torch.tensor(p, requires_grad=True) for p in points]
        cos: Any = torch.cos
    else:
        leaves, cos = [Tensor(p, requires_grad=True) for p in points], cosine

    def run() -> Any:
        y = forty_operations(*leaves, cos)
        for leaf in leaves:
            leaf.grad = None
        y.sum().backward()
        return [float(leaf.grad.sum()) for leaf in leaves]

    return run


def s5(smoke: bool) -> None:
    """Time a 40-operation scalar expression and its gradient at a million points."""
    count = 1000 if smoke else 1_000_000
    builders: dict[str, Any] = {
        "autodiff": partial(columns, "autodiff", count),
        "autodiff, compiled": partial(columns, "python", count),
    }
    if find_spec("numba"):
        builders["the same, by numba"] = partial(columns, "numba", count)
    if find_spec("torch"):
        builders["PyTorch"] = partial(columns, "torch", count)
    baseline = "PyTorch" if "PyTorch" in builders else "autodiff"
    title = f"S5  40 operations at {count:,} points"
    _compare(title, builders, 2 if smoke else 7, 1, baseline, "ms")


# -- the twin of S2 --------------------------------------------------------------------------------


def moons_twin(kind: str) -> Callable[[], Any]:
    """Return a full-batch step on two moons: 100 points, 2-16-16-1, hinge loss, L2, SGD."""
    x, y = moons(100, noise=0.1, seed=1)
    x, t = x.astype(np.float32), (2.0 * y - 1.0).astype(np.float32)[:, None]
    sizes = [2, 16, 16, 1]
    if kind == "torch":
        import torch

        torch.set_num_threads(1)
        parts: list[Any] = []
        for w, b in zip(*weights(sizes)):
            linear = torch.nn.Linear(w.shape[1], w.shape[0])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(w))
                linear.bias.copy_(torch.from_numpy(b))
            parts += [linear, torch.nn.ReLU()]
        model: Any = torch.nn.Sequential(*parts[:-1])
        optimizer: Any = torch.optim.SGD(model.parameters(), lr=0.1)
        points, sides = torch.from_numpy(x), torch.from_numpy(t)

        def step() -> Any:
            loss = torch.relu(1.0 - sides * model(points)).mean()
            loss = loss + 1e-4 * sum((p * p).sum() for p in model.parameters())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.item()

        return step
    parts = []
    for w, b in zip(*weights(sizes)):
        ours = nn.Linear(w.shape[1], w.shape[0])
        ours.weight.data, ours.bias.data = w, b
        parts += [ours, nn.ReLU()]
    model = nn.Sequential(*parts[:-1])
    parameters = model.parameters()
    optimizer = optim.SGD(parameters, lr=0.1)

    def objective(x: Any, t: Any) -> Any:
        return nn.hinge(model(x), t) + 1e-4 * sum((p * p).sum() for p in parameters)

    if kind == "compiled":
        function = compile(objective)
        return lambda: function.step(optimizer, x, t)

    def step() -> Any:
        loss = objective(x, t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def s2t(smoke: bool) -> None:
    """Time the tensor twin of S2."""
    builders: dict[str, Any] = {
        "autodiff": partial(moons_twin, "autodiff"),
        "autodiff, compiled": partial(moons_twin, "compiled"),
    }
    if find_spec("torch"):
        builders["PyTorch"] = partial(moons_twin, "torch")
    losses = {
        name: [step() for step in [build()] for _ in range(3)] for name, build in builders.items()
    }
    for name, found in losses.items():
        if not np.allclose(found, losses["autodiff"], rtol=1e-4):
            raise AssertionError(
                f"S2T: {name} has the losses {found}, autodiff {losses['autodiff']}"
            )
    medians = apart(builders, 2 if smoke else 40, 1 if smoke else 20)
    table("S2T  two moons in tensors, one step", medians, list(builders)[-1])


# -- M ---------------------------------------------------------------------------------------------


def m(smoke: bool) -> None:
    """Train 784-50-10, batch 100, rate 0.1, on all of MNIST: the small part in a smoke run."""
    import time

    from autodiff import fit, seed
    from autodiff.data import DataLoader, load_mnist, load_mnist_small

    whole = not smoke and "AUTODIFF_DATA" in os.environ
    if not whole and not smoke:
        print("M: set AUTODIFF_DATA to the folder of MNIST for all of it", file=sys.stderr)
    (x, y), test = load_mnist() if whole else load_mnist_small()
    seed(0)
    model = nn.Sequential(nn.Linear(784, 50, init=nn.he), nn.ReLU(), nn.Linear(50, 10, init=nn.he))
    loader = DataLoader(x, y, batch_size=100, shuffle=True, seed=0)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    start = time.perf_counter()
    count = 17 if whole else 2
    history = fit(model, loader, nn.cross_entropy, optimizer, count, validation=test)
    seconds = time.perf_counter() - start
    print(f"\nM  784-50-10 on {len(x):,} images, {optimizer.steps:,} updates")
    print(f"  autodiff                 {seconds:10.2f} s    test accuracy"
          f" {history['validation_accuracy'][-1]:.4f}")  # fmt: skip
