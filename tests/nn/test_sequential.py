"""Sequential: layers one after the other, their names, and what goes wrong in them."""

from importlib.util import find_spec

import numpy as np
import pytest

import autodiff
from autodiff import data, tanh
from autodiff.nn import GELU, Linear, ReLU, Sequential, Tanh, cross_entropy, he, zeros
from autodiff.optim import Adam

from .networks import run

near = pytest.approx


def test_layers_follow_one_another_and_functions_are_layers():
    first, last = Linear(3, 4, dtype=np.float64), Linear(4, 2, dtype=np.float64)
    x = np.random.default_rng(0).normal(size=(5, 3))
    expected = last(tanh(first(x))).tolist()
    for bend in (Tanh(), tanh, np.tanh, lambda t: t.tanh()):
        assert Sequential(first, bend, last)(x).tolist() == expected
    assert Sequential()(x) is x


def test_parameters_are_named_by_the_number_of_the_layer():
    model = Sequential(Linear(3, 4), ReLU(), Sequential(Linear(4, 2, bias=False)))
    names = [name for name, _ in model.named_parameters()]
    assert names == ["layer1.weight", "layer1.bias", "layer3.layer1.weight"]


def test_layers_can_be_counted_and_picked():
    layers = [Linear(3, 4), ReLU(), Linear(4, 2)]
    model = Sequential(*layers)
    assert len(model) == 3
    assert list(model) == layers
    assert model[-1] is layers[2]
    head = model[:2]
    assert isinstance(head, Sequential)
    assert head.parameters()[0] is layers[0].weight
    with pytest.raises(IndexError):
        model[3]


def test_what_goes_wrong_names_the_layer():
    model = Sequential(Linear(784, 50), ReLU(), Sequential(Linear(50, 10), Linear(11, 2)))
    words = r"^layer1: Linear\(784, 50\) got shape \(100, 785\); expected \(\.\.\., 784\)$"
    with pytest.raises(ValueError, match=words):
        model(np.ones((100, 785)))
    with pytest.raises(ValueError, match=r"^layer3\.layer2: Linear\(11, 2\) got shape \(100, 10\)"):
        model(np.ones((100, 784)))

    def bad(x):
        raise ValueError("layers are what onions have")

    with pytest.raises(ValueError, match=r"^layer1: layers are what onions have$"):
        Sequential(bad)(1.0)
    with pytest.raises(TypeError, match=r"^layer2: .*argument"):
        Sequential(ReLU(), lambda: 1)(1.0)


@pytest.mark.parametrize(
    "layers, words",
    [
        ((Linear(2, 1), ReLU), r"as layer2; .* write ReLU\(...\), with brackets"),
        (([Linear(2, 1)],), r"as layer1; .* write Sequential\(\*layers\), with a star"),
        ((3,), "Sequential got 3 as layer1; expected a Module or a function$"),
    ],
)
def test_what_is_no_layer_is_refused_at_once(layers, words):
    with pytest.raises(TypeError, match=words):
        Sequential(*layers)


def test_a_small_network_learns():
    autodiff.seed(1)
    X, y = data.moons(100, noise=0.1, seed=1)
    model = Sequential(Linear(2, 16, init=he), ReLU(), Linear(16, 2, init=zeros))
    optimizer = Adam(model.parameters(), lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        cross_entropy(model(np.float32(X)), y).backward()
        optimizer.step()
    assert (model(np.float32(X)).numpy().argmax(1) == y).mean() >= 0.99


@pytest.mark.skipif(not find_spec("torch"), reason="PyTorch is not installed")
def test_a_whole_network_has_the_gradients_of_pytorch():
    import torch

    model = Sequential(Linear(5, 7), Tanh(), Linear(7, 6), GELU(), Linear(6, 3))
    twin = torch.nn.Sequential(
        torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Linear(7, 6), torch.nn.GELU(),
        torch.nn.Linear(6, 3),
    )  # fmt: skip
    for p, q in zip(model.parameters(), twin.parameters()):
        assert p.shape == tuple(q.shape)
        p.data = q.detach().numpy().copy()
    x = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    y, slope = run(model, x)
    t = torch.tensor(x, requires_grad=True)
    out = twin(t)
    out.sum().backward()
    assert y == near(out.detach().numpy(), rel=1e-4, abs=1e-6)
    assert slope == near(t.grad.numpy(), rel=1e-4, abs=1e-6)
    for p, q in zip(model.parameters(), twin.parameters()):
        assert p.grad == near(q.grad.numpy(), rel=1e-4, abs=1e-5)
