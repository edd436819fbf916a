"""What who checks types sees: a program of a user's, run here, and read by `mypy --strict` in CI.

J = 3 * (a + b * c)
assert_type(J, Value)       # no Any, so that J.backwards() is found before it is run
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import autodiff
from autodiff import (
    Tensor,
    Value,
    compile,
    data,
    errstate,
    grad,
    nn,
    no_grad,
    optim,
    record_source,
    value_and_grad,
)
from autodiff.training import History, fit
from visualize import Diagnosis, Explanation, Film, Page, Summary, explain, explore, summary, why

if TYPE_CHECKING:
    from typing_extensions import assert_type
else:

    def assert_type(x: Any, kind: Any) -> Any:
        """Look at it, too, where the program runs."""
        assert isinstance(x, kind)
        return x


@no_grad()
def doubled(x: float) -> float:
    return 2.0 * x


def test_values_are_values() -> None:
    a, b, c = Value(5.0), Value(3.0, label="b"), Value(2.0)
    J = 3 * (a + b * c)
    for made in (assert_type(J, Value), -J, J - 1, 1 - J, J / 2.0, 2 / J, J**2, abs(J), J % 7.0):
        assert_type(made, Value)
    assert_type(J.tanh().exp().relu(), Value)
    assert_type(a < b, bool)
    assert_type(float(J), float)
    assert_type(a.detach(), Value)
    J.backward()
    with record_source(), errstate("ignore"):
        assert_type(doubled(2.0), float)


def test_tensors_are_tensors() -> None:
    t = Tensor([[1.0, 2.0]], requires_grad=True)
    for made in (t + 1.0, 1.0 - t, t @ t.transpose(), t[0], t**2, t > 1.0, t.sum(), t.tanh()):
        assert_type(made, Tensor)
    assert_type(t.mean(axis=0).reshape(2, 1).max(), Tensor)
    assert_type(t.sum().item(), float)
    t.sum().backward()
    assert np.asarray(t.numpy()).shape == (1, 2)


def test_functions_models_and_training_are_known() -> None:
    assert grad(lambda x: x**2)(3.0) == 6.0
    assert value_and_grad(lambda x: x**2)(3.0) == (9.0, 6.0)
    assert compile(lambda x: x * 2.0)(2.0) == 4.0
    autodiff.seed(1)
    model = nn.MLP(2, [3, 1])
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    X, y = data.moons(20)
    history = fit(model, data.DataLoader(X, y, batch_size=5), nn.mse, optimizer, 1)
    assert_type(history, History)


def test_pictures_and_accounts_are_known() -> None:
    a = Value(2.0)
    J = a * a
    assert_type(explore(J), Page)
    assert_type(explain(J, a), Explanation)
    assert_type(why(J, a), Diagnosis)
    assert_type(summary(J), Summary)
    film = Film()
    film.add(J)
    assert_type(film.losses[0], float)
