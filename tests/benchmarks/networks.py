"""S2, a step of training on two moons; S3, a step of training a GPT in scalars.

Both are written as their authors' readers write them, with sums of products over any `Value`, and
once more with what this package offers for it: `nn.MLP`, `dot`, the losses.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from autodiff import Value, dot, linear, logsumexp
from autodiff.compiler import compile
from autodiff.nn import MLP

from .peers import engines
from .timing import apart, table

# As in a script, whose variables hold one graph until the next is made, a step returns its loss.
Step = Callable[[], tuple[Any, list[float]]]


def agree(workload: str, builders: dict[str, Callable[[], Step]], tolerance: float) -> None:
    """Raise AssertionError unless the first loss and gradients of all contestants are the same."""
    (first, (loss, grads)), *others = [(name, build()()) for name, build in builders.items()]
    for name, (other, theirs) in others:
        pairs = zip([other.data, *theirs], [loss.data, *grads])
        worst = max(abs(a - b) / (1e-6 + abs(b)) for a, b in pairs)
        if len(theirs) != len(grads) or worst > tolerance:
            raise AssertionError(f"{workload}: {name} and {first} differ by {worst}")


# -- S2 --------------------------------------------------------------------------------------------


def moons(count: int) -> tuple[list[list[float]], list[int]]:
    """Return points of two half circles that reach into each other, and their class, -1 or 1."""
    rng = random.Random(1)
    points, labels = [], []
    for i in range(count):
        angle, label = math.pi * i / count * 2 % math.pi, 1 if 2 * i < count else -1
        x, y = math.cos(angle), math.sin(angle)
        x, y = (x, y) if label == 1 else (1.0 - x, 0.5 - y)
        points.append([x + rng.gauss(0.0, 0.1), y + rng.gauss(0.0, 0.1)])
        labels.append(label)
    return points, labels


def weights(widths: list[int]) -> list[list[list[float]]]:
    """Return the starting weights: for each layer, for each neuron, its weights and its bias."""
    rng = random.Random(2)
    return [
        [[*(rng.uniform(-1, 1) for _ in range(nin)), 0.0] for _ in range(nout)]
        for nin, nout in pairwise(widths)
    ]


def user_written(value: Any, points: list[list[float]], labels: list[int]) -> Step:
    """Return a step of training as one writes it with any engine: sums of products."""
    layers = [[[value(w) for w in row] for row in layer] for layer in weights([2, 16, 16, 1])]
    parameters = [w for layer in layers for row in layer for w in row]

    def model(x: list[Any]) -> Any:
        for depth, layer in enumerate(layers):
            x = [sum((w * xi for w, xi in zip(row, x)), row[-1]) for row in layer]
            if depth < len(layers) - 1:
                x = [z.relu() for z in x]
        return x[0]

    def step() -> tuple[Any, list[float]]:
        scores = [model([value(x) for x in point]) for point in points]
        losses = [(1 + -y * score).relu() for y, score in zip(labels, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        loss = data_loss + 1e-4 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0
        loss.backward()
        grads = [p.grad for p in parameters]
        for p in parameters:
            p.data -= 0.01 * p.grad
        return loss, grads

    return step


def with_nn(points: list[list[float]], labels: list[int]) -> Step:
    """Return the same step with `nn.MLP`."""
    model = MLP(2, [16, 16, 1])
    parameters = model.parameters()
    numbers = [w for layer in weights([2, 16, 16, 1]) for row in layer for w in row]
    for parameter, number in zip(parameters, numbers):
        parameter.data = number

    def step() -> tuple[Any, list[float]]:
        scores = model(points)
        losses = [(1 - y * score).relu() for y, score in zip(labels, scores)]
        loss = sum(losses) / len(losses) + 1e-4 * dot(parameters, parameters)
        model.zero_grad()
        loss.backward()
        grads = [p.grad for p in parameters]
        for p in parameters:
            p.data -= 0.01 * p.grad
        return loss, grads

    return step


def compiled(
    points: list[list[float]], labels: list[int], by_columns: bool, target: str = "python"
) -> Step:
    """Return the same step compiled, on all points one after another or on columns of them."""
    model = MLP(2, [16, 16, 1])
    parameters = model.parameters()
    numbers = [w for layer in weights([2, 16, 16, 1]) for row in layer for w in row]
    for parameter, number in zip(parameters, numbers):
        parameter.data = number
    n = len(points)

    def whole() -> Any:
        scores = model(points)
        losses = [(1 - y * score).relu() for y, score in zip(labels, scores)]
        return sum(losses) / n + 1e-4 * dot(parameters, parameters)

    def of_a_point(x1: Any, x2: Any, y: Any) -> Any:
        return (1 - y * model([x1, x2])).relu() / n

    if by_columns:
        import numpy as np

        columns = [*np.array(points).T.copy(), np.array(labels, float)]
        function = compile(of_a_point, target=target)
        penalty = compile(lambda: 1e-4 * dot(parameters, parameters))
        run = lambda: float(function.backward(*columns).sum()) + penalty.backward()
    else:
        function = compile(whole)
        run = lambda: function.backward()

    def step() -> tuple[Any, list[float]]:
        for p in parameters:
            p.grad = 0.0
        loss = run()
        grads = [p.grad for p in parameters]
        for p in parameters:
            p.data -= 0.01 * p.grad
        return Value(loss), grads

    return step


def s2(smoke: bool) -> None:
    """Time a full-batch step on two moons: 100 points, 2-16-16-1, hinge loss, L2."""
    data = moons(4 if smoke else 100)
    steps = {name: partial(user_written, value, *data) for name, value in engines().items()}
    steps["autodiff, nn.MLP"] = partial(with_nn, *data)
    steps["autodiff, compiled"] = partial(compiled, *data, by_columns=False)
    steps["autodiff, compiled, columns"] = partial(compiled, *data, by_columns=True)
    if find_spec("numba"):
        steps["the same, by numba"] = partial(compiled, *data, by_columns=True, target="numba")
    agree("S2", steps, 1e-9)
    medians = apart(steps, rounds=2 if smoke else 21)
    for baseline in ("micrograd", "microgpt's Value"):
        table("S2  two moons, one step", medians, baseline, "ms")


# -- S3 --------------------------------------------------------------------------------------------

VOCABULARY, WIDTH, HEADS, CONTEXT = 27, 16, 4, 8
DOCUMENT = [26, 4, 12, 12, 0, 11, 20, 4, 26]  # eight characters to predict


def gpt_numbers() -> dict[str, list[list[float]]]:
    """Return the starting weights of a GPT of one layer."""
    rng = random.Random(3)

    def matrix(nout: int, nin: int, std: float = 0.08) -> list[list[float]]:
        return [[rng.gauss(0, std) for _ in range(nin)] for _ in range(nout)]

    square = {name: matrix(WIDTH, WIDTH) for name in ("wq", "wk", "wv", "wo")}
    return {
        "wte": matrix(VOCABULARY, WIDTH),
        "wpe": matrix(CONTEXT, WIDTH),
        "lm_head": matrix(VOCABULARY, WIDTH),
        **square,
        "fc1": matrix(4 * WIDTH, WIDTH),
        "fc2": matrix(WIDTH, 4 * WIDTH),
    }


def sums_of_products(x: list[Any], w: list[list[Any]]) -> list[Any]:
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]


def softmax(logits: list[Any]) -> list[Any]:
    largest = max(logit.data for logit in logits)
    exps = [(logit - largest).exp() for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]


def rmsnorm(x: list[Any]) -> list[Any]:
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def rmsnorm_by_dot(x: list[Any]) -> list[Any]:
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def attention_by_sums(q: list[Any], keys: list[Any], values: list[Any]) -> list[Any]:
    """Return what one head attends to: softmax(q·k/√d)·v, written with sums of products."""
    size = len(q)
    logits = [sum(q[j] * k[j] for j in range(size)) / size**0.5 for k in keys]
    weights = softmax(logits)
    return [sum(weights[t] * values[t][j] for t in range(len(values))) for j in range(size)]


def attention_by_linear(q: list[Any], keys: list[Any], values: list[Any]) -> list[Any]:
    """Return the same, with a node for each sum."""
    weights = softmax([logit / len(q) ** 0.5 for logit in linear(q, keys)])
    return linear(weights, list(zip(*values)))


def gpt_step(value: Any, by_linear: bool = False, by_compile: bool = False) -> Step:
    """Return one training step of a GPT whose weights are `value`s, forward, backward, SGD."""
    w = {
        name: [[value(x) for x in row] for row in matrix] for name, matrix in gpt_numbers().items()
    }
    parameters = [p for matrix in w.values() for row in matrix for p in row]
    layer = linear if by_linear else sums_of_products
    attention = attention_by_linear if by_linear else attention_by_sums
    norm = rmsnorm_by_dot if by_linear else rmsnorm
    size = WIDTH // HEADS

    def forward(token: int, position: int, keys: list[Any], values: list[Any]) -> list[Any]:
        x = norm([t + p for t, p in zip(w["wte"][token], w["wpe"][position])])
        kept, x = x, norm(x)
        q = layer(x, w["wq"])
        keys.append(layer(x, w["wk"]))
        values.append(layer(x, w["wv"]))
        attended = []
        for head in range(0, WIDTH, size):
            part = slice(head, head + size)
            attended += attention(q[part], [k[part] for k in keys], [v[part] for v in values])
        x = [a + b for a, b in zip(layer(attended, w["wo"]), kept)]
        kept, x = x, norm(x)
        hidden = [h.relu() for h in layer(x, w["fc1"])]
        x = [a + b for a, b in zip(layer(hidden, w["fc2"]), kept)]
        return layer(x, w["lm_head"])

    def loss_of() -> Any:
        keys: list[Any] = []
        values: list[Any] = []
        losses = []
        for position in range(CONTEXT):
            logits = forward(DOCUMENT[position], position, keys, values)
            target = DOCUMENT[position + 1]
            if by_linear:
                losses.append(-logits[target] + logsumexp(logits))
            else:
                losses.append(-softmax(logits)[target].log())
        return (1 / CONTEXT) * sum(losses)

    compiled_loss = compile(loss_of)

    def step() -> tuple[Any, list[float]]:
        if by_compile:
            loss = value(compiled_loss.backward())
        else:
            loss = loss_of()
            loss.backward()
        grads = [p.grad for p in parameters]
        for p in parameters:
            p.data -= 0.01 * p.grad
            p.grad = 0
        return loss, grads

    return step


def s3(smoke: bool) -> None:
    """Time a training step of a GPT: 1 layer, width 16, 4 heads, 8 characters of 27."""
    steps = {name: partial(gpt_step, value) for name, value in engines().items()}
    steps.pop("micrograd", None)  # which has no logarithm
    steps["autodiff, linear"] = partial(gpt_step, Value, by_linear=True)
    steps["autodiff, compiled"] = partial(gpt_step, Value, by_linear=True, by_compile=True)
    agree("S3", steps, 1e-7)
    medians = apart(steps, rounds=2 if smoke else 21)
    table("S3  a GPT in scalars, one step", medians, "microgpt's Value", "ms")
