"""Long chains, and sums of many: every function that takes a graph answers, or politely refuses.

`tests/test_value.py` builds, sweeps, copies and frees a hundred thousand operations, and draw() is
tried in `tests/visualize`. Here the others get chains, ladders with 2ⁿ ways, and sums of many.
Python's own parser, which compile() goes through, takes no sum of some thousand terms in one line;
explain() wrote a line for each node, and errstate a message, of which few or none were ever seen.
"""

from __future__ import annotations

import copy
import pickle
import time
import tracemalloc

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, compile, dot, edges, errstate, grad, hvp, jvp, vjp
from autodiff.sweep import pushforward
from tests.long import ALL
from visualize import (
    TooLarge,
    diff,
    draw,
    draw_dot,
    explain,
    explore,
    focus,
    levels,
    path,
    summary,
    trace,
    why,
)  # fmt: skip

N = 10_000 if ALL else 2_000


def longer(x, n=N):
    for _ in range(n // 2):
        x = x * 1.0000001 + 0.5e-6
    return x


def chain():
    x = Value(1.0, label="x")
    return x, longer(x)


def ladder():
    """2ⁿ ways lead from x to the root."""
    x = y = Value(1.0, label="x")
    for _ in range(N // 2):
        y = (y + y) * 0.5
    return x, y


def wide():
    x = Value(1.0, label="x")
    return x, autodiff.sum([x * 1e-6 for _ in range(N)])


def tensors():
    x = Tensor(np.ones(2), requires_grad=True)
    return x, longer(x).sum()


def joined():
    x = Tensor(np.ones(2), requires_grad=True)
    return x, autodiff.concatenate([x * 1e-6 for _ in range(N)]).sum()


GRAPHS = [chain, ladder, wide, tensors, joined]


@pytest.mark.parametrize("build", GRAPHS)
def test_what_reads_a_graph_reads_a_deep_one_and_a_wide_one(build):
    x, y = build()
    y.backward()
    slope = np.sum(x.grad)
    assert pushforward(y, {x: np.ones_like(x.data)}) == pytest.approx(slope)
    assert sum(1 for _ in edges(y)) >= N
    assert len(trace(y)[0]) > N
    words = explain(y, x)
    assert all([str(summary(y)), str(levels(y)), str(why(y, x)), str(words), words.latex()])
    _, again = build()
    again.backward()
    assert str(diff(y, again))


@pytest.mark.parametrize("build", GRAPHS)
def test_what_draws_a_graph_refuses_one_that_nobody_could_read(build):
    x, y = build()
    for function in (draw_dot, explore):
        with pytest.raises((TooLarge, TypeError)):
            function(y)
    for work in (lambda: draw(y), lambda: focus(x), lambda: path(x, y)):
        try:
            text = str(work())
        except TooLarge as error:
            text = str(error)
        assert len(text) < 200_000


@pytest.mark.parametrize("build", GRAPHS)
def test_sweeps_under_errstate_take_no_time_for_messages_that_nobody_reads(build):
    """A share of the gradient of a sum of 100,000 was described by all of them: ten minutes."""
    x, y = build()
    y.backward()
    plain = np.copy(x.grad)
    x.zero_grad()
    start = time.process_time()
    with errstate("raise"):
        y.backward()
    assert time.process_time() - start < 10.0
    assert np.array_equal(x.grad, plain)


@pytest.mark.parametrize("build", GRAPHS)
def test_gradients_that_are_graphs_and_copies_need_no_recursion(build):
    x, y = build()
    y.backward(create_graph=True)
    for again in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert float(again) == float(y)
    assert np.sum(x.grad.data) > 0.0


def test_transforms_of_deep_functions_need_no_recursion():
    slope = 1.0000001 ** (N // 2)
    assert grad(longer)(1.0) == pytest.approx(slope)
    assert vjp(longer, 1.0)[1](1.0)[0] == pytest.approx(slope)
    assert jvp(longer, (1.0,), (1.0,))[1] == pytest.approx(slope)
    assert grad(grad(lambda x: longer(x) * x))(1.0) == pytest.approx(2.0 * slope)
    assert hvp(lambda x: longer(x) * x, (1.0,), (1.0,)) == pytest.approx(2.0 * slope)
    assert grad(lambda x: longer(x).sum())(np.ones(2)) == pytest.approx([slope] * 2)


def test_a_deep_function_is_compiled():
    n = N if ALL else 2000
    value, (slope,) = compile(lambda x: longer(x, n))(1.0), grad(lambda x: longer(x, n), (0,))(1.0)
    assert compile(lambda x: longer(x, n)).value_and_grad(1.0) == (
        pytest.approx(value), (pytest.approx(slope),),
    )  # fmt: skip


@pytest.mark.parametrize("n", [200, 201, 401])
def test_sums_of_many_are_compiled_in_lines_of_two_hundred(n):
    xs = [Value(1e-3 * i - 0.7) for i in range(n)]
    y = autodiff.sum([x * x for x in xs]) + dot(xs, xs[::-1], xs[0])
    y.backward()
    value, grads = compile(y, xs).value_and_grad(*[x.data for x in xs])
    assert value == pytest.approx(y.data, rel=1e-13)
    assert grads == pytest.approx([x.grad for x in xs], rel=1e-13)
    columns = compile(lambda x: autodiff.sum([x * float(i) for i in range(n)]))
    assert columns(np.ones(3)).tolist() == [n * (n - 1) / 2] * 3
    assert compile(y, xs).latex().count("J = ") <= 1


def test_a_sum_of_thousands_is_compiled():
    """Of 4000 terms in one line Python's compiler raised RecursionError."""
    x = Value(1.0)
    y = autodiff.sum([x * (1.0 + i) for i in range(4000)])
    assert compile(y, [x]).value_and_grad(1.0) == (8_002_000.0, (8_002_000.0,))


@pytest.mark.slow
@pytest.mark.skipif(not ALL, reason="takes half a minute; AUTODIFF_TESTS=all runs it")
def test_a_million_nodes_are_swept_counted_refused_and_freed():
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    x, y = Value(1.0), None
    y = longer(x, 1_000_000)
    y.backward()
    full, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with pytest.raises(TooLarge):
        draw(y)
    with pytest.raises(TooLarge):
        explore(y)
    assert x.grad == pytest.approx(1.0000001**500_000)
    assert (full - before) / 1e6 < 220.0
    print(f"{(full - before) / 1e6:.0f} bytes a node")
