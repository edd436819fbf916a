"""Programs written for other scalar engines run here with nothing changed but the import.

Each test is such a program in the words of its kind: micrograd's two notebooks, the lecture that
builds it, and a GPT on microgpt's `Value`.
"""

import random

import numpy as np
import pytest

from autodiff import data, nn
from autodiff.engine import Value
from autodiff.nn import MLP
from visualize import draw_dot

from .benchmarks.networks import agree, gpt_step, user_written
from .benchmarks.peers import Plain


def test_the_notebook_that_trains_on_two_moons():
    np.random.seed(1337)
    random.seed(1337)
    X, y = data.moons(100, noise=0.1)  # there it is scikit-learn's make_moons
    y = y * 2 - 1
    model = MLP(2, [16, 16, 1])
    assert str(model).startswith("MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ")
    assert len(model.parameters()) == 337

    def loss(batch_size=None):
        if batch_size is None:
            Xb, yb = X, y
        else:
            ri = np.random.permutation(X.shape[0])[:batch_size]
            Xb, yb = X[ri], y[ri]
        inputs = [list(map(Value, xrow)) for xrow in Xb]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum((p * p for p in model.parameters()))
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]
        return total_loss, sum(accuracy) / len(accuracy)

    for k in range(100):
        total_loss, acc = loss() if k % 10 else loss(50)
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 100
        for p in model.parameters():
            p.data -= learning_rate * p.grad
    assert acc == 1.0
    assert total_loss.data < 0.05

    Xmesh = np.c_[np.linspace(-1.5, 2.5, 4), np.linspace(-1.0, 1.5, 4)]
    inputs = [list(map(Value, xrow)) for xrow in Xmesh]
    Z = np.array([s.data > 0 for s in list(map(model, inputs))])
    assert Z.dtype == bool


def test_the_notebook_that_draws_graphs():
    x = Value(1.0)
    y = (x * 2 + 1).relu()
    y.backward()
    assert "relu" in draw_dot(y).source
    assert x.grad == 2.0
    random.seed(1337)
    n = nn.Neuron(2)
    x = [Value(1.0), Value(-2.0)]
    y = n(x)
    y.backward()
    source = draw_dot(y, format="svg", rankdir="TB").source
    assert 'rankdir="TB"' in source
    assert "dot" in source
    alive = y.data > 0
    assert [w.grad for w in n.w] == [1.0 * alive, -2.0 * alive]


def test_the_drawing_function_that_the_lecture_writes_itself():
    from graphviz import Digraph

    def trace(root):
        nodes, edges = set(), set()

        def build(v):
            if v not in nodes:
                nodes.add(v)
                for child in v._prev:
                    edges.add((child, v))
                    build(child)

        build(root)
        return nodes, edges

    def draw_it(root):
        dot = Digraph(format="svg", graph_attr={"rankdir": "LR"})
        nodes, edges = trace(root)
        for n in nodes:
            uid = str(id(n))
            label = f"{{ {n.label} | data {n.data:.4f} | grad {n.grad:.4f} }}"
            dot.node(name=uid, label=label, shape="record")
            if n._op:
                dot.node(name=uid + n._op, label=n._op)
                dot.edge(uid + n._op, uid)
        for n1, n2 in edges:
            dot.edge(str(id(n1)), str(id(n2)) + n2._op)
        return dot

    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    e = a * b
    e.label = "e"
    L = e.tanh() + 10
    L.label = "L"
    L.backward()
    source = draw_it(L).source
    assert "{ a | data 2.0000 | grad " in source
    assert all(f"label={op}" in source or f'label="{op}"' in source for op in ("*", "+", "tanh"))


def test_the_neuron_of_the_lecture_backward_by_hand_and_by_itself():
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    x1w1 = x1 * w1
    x1w1.label = "x1*w1"
    x2w2 = x2 * w2
    x1w1x2w2 = x1w1 + x2w2
    n = x1w1x2w2 + b
    o = n.tanh()
    o.label = "o"
    o.grad = 1.0
    for node in (o, n, b, x1w1x2w2, x2w2, x1w1):
        node._backward()
    by_hand = [v.grad for v in (x1, w1, x2, w2, b, n)]
    assert by_hand == pytest.approx([-1.5, 1.0, 0.5, 0.0, 0.5, 0.5])

    for v in (x1, w1, x2, w2, b, x1w1, x2w2, x1w1x2w2, n, o):
        v.grad = 0.0
    e = (2 * (x1 * w1 + x2 * w2 + b)).exp()
    o = (e - 1) / (e + 1)
    o.backward()
    assert [v.grad for v in (x1, w1, x2, w2, b)] == pytest.approx(by_hand[:5])


def test_an_operation_of_the_lectures_own_with_its_backward():
    def tanh(self):
        x = self.data
        t = (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1)
        out = Value(t, (self,), "tanh")

        def _backward():
            self.grad += (1 - t**2) * out.grad

        out._backward = _backward
        return out

    x = Value(0.3)
    y = tanh(x * 2.0) * 3.0
    y.backward()
    assert x.grad == pytest.approx(3 * 2 * (1 - np.tanh(0.6) ** 2))


def test_a_gpt_on_the_value_of_microgpt():
    steps = {"microgpt's": lambda: gpt_step(Plain), "ours": lambda: gpt_step(Value)}
    agree("a GPT in scalars", steps, 1e-9)


def test_sums_of_products_on_any_value():
    points, labels = [[0.1, -0.4], [1.2, 0.7]], [1, -1]
    steps = {
        name: lambda value=value: user_written(value, points, labels)
        for name, value in {"autodiff": Value, "plain": Plain}.items()
    }
    agree("two points", steps, 1e-12)
