"""Training from a seed: it arrives, and at the same numbers on every Python."""

import pytest

import autodiff
from autodiff import data, dot
from autodiff.nn import MLP, cross_entropy, hinge
from autodiff.optim import SGD, AdamW, cosine_decay, linear_decay


def train(steps, optimizer=None, loss=hinge, widths=(16, 16, 1)):
    X, y = data.moons(100, noise=0.1, seed=1)
    autodiff.seed(1337)
    model = MLP(2, list(widths))
    weights = model.parameters()
    optimizer = (optimizer or (lambda p: SGD(p, lr=linear_decay(1.0, 0.1, steps=100))))(weights)
    targets = 2 * y - 1 if loss is hinge else y
    for _ in range(steps):
        scores = model(X)
        total = loss(scores, targets) + 1e-4 * dot(weights, weights)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    return model, total.data, scores, y


def test_two_moons_are_parted_wholly():
    _, loss, scores, y = train(100)
    assert all((s.data > 0) == (label == 1) for s, label in zip(scores, y))
    assert loss < 0.05


def test_the_numbers_of_a_training_are_the_same_on_every_python():
    model, loss, _, _ = train(30)
    assert loss == pytest.approx(LOSS, rel=1e-9)
    assert model.parameters()[0].data == pytest.approx(WEIGHT, rel=1e-9)
    assert train(30)[1] == loss


LOSS, WEIGHT = 0.16343638683636044, -0.09241523817033515


def test_two_outputs_and_cross_entropy_do_as_well():
    _, loss, scores, y = train(
        60, lambda p: AdamW(p, lr=cosine_decay(0.05, steps=80)), cross_entropy, (16, 2)
    )
    right = sum((b.data > a.data) == (label == 1) for (a, b), label in zip(scores, y))
    assert right >= 97
    assert loss < 0.15
