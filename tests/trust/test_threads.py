"""A hundred threads, each with its own graphs and modes: to the bit what one after the other gives.

`tests/test_graph.py` and `tests/compiler` have two or four threads at chosen moments; here they are
many, at any moments, and what one of them turns on none of the others sees.
"""

from __future__ import annotations

import random
import sys
import threading
import time

import numpy as np
import pytest

import autodiff
from autodiff import (
    Tensor,
    Value,
    compile,
    errstate,
    grad,
    graph,
    hessian,
    nn,
    no_grad,
    optim,
    record_source,
)  # fmt: skip

THREADS = 100
drawing = threading.Lock()  # random numbers have one stream for all


@pytest.fixture(autouse=True)
def switching_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def in_threads(work, count=THREADS):
    """Return what the work gives for 0, 1, ... in threads that start together."""
    found, errors, gate = {}, [], threading.Barrier(count)

    def run(i):
        try:
            gate.wait(30)
            found[i] = work(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]
    assert graph.altered == []
    return [found[i] for i in range(count)]


def scalars(i):
    with drawing:
        autodiff.seed(i)
        model = nn.MLP(2, [3, 1])
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        loss = (model([1.0, 0.1 * i]) - 0.5) ** 2
        loss.backward()
        optimizer.step()
    return [p.data for p in model.parameters()], loss.data


def tensors(i):
    rng = np.random.default_rng(i)
    w = Tensor(rng.normal(size=(4, 3)), requires_grad=True)
    x, y = rng.normal(size=(5, 4)), rng.integers(0, 3, 5)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        nn.cross_entropy(Tensor(x) @ w, y).backward()
        optimizer.step()
    return w.tolist()


def compiled(i):
    w = Value(0.1 * i)

    def f(x, y):
        return (x * w).tanh() + x * y if x < y else y * w

    made = compile(f)
    matrix = Tensor(np.full((2, 2), 0.01 * i), requires_grad=True)
    of_tensors = compile(lambda x: (x @ matrix).tanh().mean())
    found = [made.value_and_grad(0.3, 0.01 * i), made.value_and_grad(0.01 * i, 0.3)]
    value, (slope,) = of_tensors.value_and_grad(np.ones((3, 2)))
    return found, value, slope.tolist()


def modes(i):
    x = Value(0.5 + i)
    if i % 4 == 0:
        with no_grad():
            assert not (x * 2.0).requires_grad
            time.sleep(0.001)
            assert not (x * 2.0).requires_grad
    elif i % 4 == 1:
        with errstate("raise"):
            time.sleep(0.001)
            with pytest.raises(FloatingPointError):
                (x - x).log()
    elif i % 4 == 2:
        with record_source():
            time.sleep(0.001)
            assert (x * 2.0).source is not None
    y = (x - x).log() * x
    assert y.requires_grad
    assert y.source is None
    return grad(lambda x: x.tanh() * x)(0.1 * i), hessian(lambda v: v[0] * v[1] ** 2)([1.0, i])


WORKS = [scalars, tensors, compiled, modes]


@pytest.mark.parametrize("work", WORKS)
def test_each_thread_has_its_own(work):
    expected = [work(i) for i in range(THREADS)]
    assert in_threads(work) == expected


def test_all_kinds_of_work_at_once():
    work = lambda i: WORKS[i % 4](i)
    assert in_threads(work) == [work(i) for i in range(THREADS)]


def test_one_thread_compiles_while_others_draw_random_numbers():
    """compile() saw that the one stream of all had moved, and blamed its function."""
    stop = threading.Event()

    def draw():
        while not stop.is_set():
            random.random()

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        for i in range(20):
            w = Value(1.0 + i)
            assert compile(lambda x, w=w: slowly(x) * w)(2.0) == 2.0 * (1.0 + i)
    finally:
        stop.set()
        thread.join()


def slowly(x):
    time.sleep(0.0002)  # where others come in
    return x


@pytest.mark.parametrize(
    "drawn",
    [
        random.random, lambda: random.gauss(0.0, 1.0), lambda: random.choice([1.0, 2.0]),
        lambda: float(np.random.rand()),  # noqa: NPY002
    ],
)  # fmt: skip
def test_a_function_that_draws_itself_is_still_blamed(drawn):
    with pytest.raises(TypeError, match="random"):
        compile(lambda x: x * drawn())(2.0)
