"""The film of a training run: what is kept of it, and what is refused."""

from __future__ import annotations

import re

import pytest

from autodiff import Tensor, Value, seed
from autodiff.nn import MLP, mse
from autodiff.optim import SGD
from visualize import Film, TooLarge, explore


def trained(steps=3):
    seed(2)
    model, film = MLP(2, [2, 1]), Film()
    optimizer = SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        loss = mse(model([1.0, -2.0]), 0.5)
        film.add(loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return film, model, loss


def test_it_keeps_what_each_step_starts_from():
    film, _, _ = trained()
    assert len(film) == 3
    assert film.steps == [0, 1, 2]
    assert film.losses == sorted(film.losses, reverse=True)
    assert repr(film).startswith("<film of 3 steps")
    places = re.search(r"moving: (.*), frames", film.expression())[1]
    assert "[0, " in places
    assert "[1, " not in places  # the weights move, and no constants
    loss = mse(MLP(2, [2, 1])([3.0, 4.0]), 0.1)
    film.add(loss, step=10)
    assert film.steps[-1] == 10
    assert film.latest is loss
    assert "[1, " in re.search(r"moving: (.*), frames", film.expression())[1]  # now inputs too


def test_the_page_starts_at_the_first_step_and_changes_nothing():
    film, model, loss = trained()
    before = [(p.data, p.grad) for p in model.parameters()]
    html = explore(film, names={"model": model, "loss": loss}).html
    assert [(p.data, p.grad) for p in model.parameters()] == before
    assert "older than" not in html
    assert "The stored grad differs" not in html
    assert "<h1>loss" in html
    assert "layer1.neuron1.w[0]" in html
    assert len(html.encode()) < 100_000


def test_gradients_of_a_film_are_checked_by_node_or_name():
    film, model, _ = trained()
    w = model.parameters()[-1]
    html = explore(film, names={"w": w}, grads={w: 123.0}).html
    assert "The gradient given for w is 123" in html
    assert "The gradient given for w is 123" in explore(film, names={"w": w}, grads={"w": 123}).html


@pytest.mark.parametrize("call, kind, words", [
    (lambda film: explore(Film()), ValueError, r"film without steps; call film\.add\(loss\)"),
    (lambda film: film.add(3.0), TypeError, r"film\.add\(\) got 3\.0.*expected a Value"),
    (lambda film: film.add(Tensor([1.0]).sum()), TypeError, r"got a Tensor of shape \(\)"),
    (lambda film: film.add(Value(1.0) * 2.0), ValueError, "another shape: its value"),
    (lambda film: film.add(Value(1.0)), ValueError, "another shape: 1 values, where the first"),
])  # fmt: skip
def test_what_does_not_fit_is_said_and_the_film_stays(call, kind, words):
    film, _, _ = trained()
    with pytest.raises(kind, match=words):
        call(film)
    assert len(film) == 3


def test_a_step_after_the_optimisers_is_refused():
    w, film = Value(1.0), Film()
    loss = (w * 3.0) ** 2
    w.data -= 0.1
    with pytest.raises(ValueError, match="weights have changed since; call it before the opt"):
        film.add(loss)
    assert len(film) == 0


def test_an_operation_of_ones_own_and_a_large_graph_are_refused():
    a, film = Value(2.0), Film()
    with pytest.raises(ValueError, match="made by twice, which is no row of the table"):
        film.add(Value(4.0, (a,), "twice"))
    x = a
    for _ in range(1100):
        x = x + 1.0
    with pytest.raises(TooLarge):
        film.add(x)
    assert len(film) == 0
