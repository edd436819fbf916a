"""A thousand steps of training leave memory where it was, and nothing for the garbage collector.

`tests/test_value.py` weighs a node and `tests/test_tensor.py` a thousand steps of one Tensor; here
are networks with their optimisers, compiled steps, `fit`, modes, transforms and pictures. What
Python and NumPy keep in stores of their own is filled by the first steps.
"""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, compile, errstate, grad, hessian, nn, no_grad, optim, record_source
from tests.long import ALL
from visualize import draw_dot, explain, levels, summary, why

STEPS = 1000 if ALL else 40


def scalar_steps():
    autodiff.seed(0)
    model = nn.MLP(2, [4, 1])
    optimizer = optim.Adam(model.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad()
        loss = (model([1.0, -0.5]) - 0.3) ** 2
        loss.backward()
        optimizer.step()

    return step


def network():
    autodiff.seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 2))
    x, y = autodiff.data.moons(20, noise=0.1, seed=1)
    return model, optim.Adam(model.parameters(), lr=0.01), np.float32(x), y


def tensor_steps():
    model, optimizer, x, y = network()

    def step():
        optimizer.zero_grad()
        nn.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step


def compiled_steps():
    model, optimizer, x, y = network()
    loss = compile(lambda x, y: nn.cross_entropy(model(x), y))
    return lambda: loss.step(optimizer, x, y)


def compiled_scalar_steps():
    autodiff.seed(0)
    model = nn.MLP(2, [4, 1])
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    loss = compile(lambda a, b: (model([a, b]) - 0.3) ** 2)
    return lambda: loss.step(optimizer, 1.0, -0.5)


def fits():
    model, optimizer, x, y = network()
    return lambda: autodiff.fit(model, (x, y), nn.cross_entropy, optimizer, 1, batch_size=10)


def second_order():
    x, w = autodiff.Value(0.3), Tensor(np.ones(3), requires_grad=True)

    def step():
        for leaf in (x, w):
            leaf.zero_grad()
        (x * x * x).tanh().backward(create_graph=True)
        (w * w).exp().sum().backward(create_graph=True)

    return step


def transforms():
    def step():
        grad(grad(lambda x: x.exp() * x))(0.5)
        hessian(lambda v: v[0] * v[1] ** 2)([1.0, 2.0])
        grad(lambda v: (v * v).sum())(np.ones(3))

    return step


def under_modes():
    def step():
        with errstate("warn"), record_source(), no_grad():
            autodiff.Value(1.0) * 2.0
        with record_source():
            y = Tensor([1.0, 2.0], requires_grad=True).exp().sum()
        y.backward()
        with pytest.raises(TypeError):
            y + "a"

    return step


def pictures():
    def step():
        a, b = autodiff.Value(2.0, label="a"), autodiff.Value(3.0, label="b")
        y = (a * b + a).tanh()
        y.backward()
        str(summary(y)), str(levels(y)), str(explain(y, a)), str(why(y, b)), str(draw_dot(y))

    return step


WORKS = [
    scalar_steps, tensor_steps, compiled_steps, compiled_scalar_steps, transforms, under_modes,
    second_order, fits, pictures,
]  # fmt: skip


@pytest.mark.parametrize("work", WORKS)
def test_memory_does_not_grow(work):
    step = work()
    times = STEPS // 8 if work in (fits, pictures, under_modes) else STEPS
    tracemalloc.start()
    try:
        for _ in range(times):
            step()
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(times):
            step()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    print(f"{work.__name__}: {before} bytes, after {times} more steps {after}")
    assert after - before < 30_000 + 10 * times  # a node has some hundred bytes


# (A gradient that is a graph is made from its own node: a cycle. Pictures know their own parts.)
@pytest.mark.parametrize("work", [x for x in WORKS if x not in (second_order, fits, pictures)])
def test_no_cycles_are_left(work):
    step = work()
    for _ in range(3):
        step()
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            step()
        assert gc.collect() == 0
    finally:
        gc.enable()
