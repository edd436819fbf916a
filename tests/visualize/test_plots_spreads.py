"""Histograms: what each layer hands on, and the gradients there, of neurons and Tensors alike."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff
from autodiff import Value, data, nn, no_grad
from tests.visualize.plotting import artists, said, titles
from visualize.plots import histograms


def tensors(count=30):
    autodiff.seed(0)
    parts = nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 1)
    model = nn.Sequential(*parts)
    X, y = data.moons(count, seed=1)
    return model, nn.hinge(model(X), (2 * y - 1).reshape(-1, 1)), X


def neurons(count=10):
    autodiff.seed(0)
    model = nn.MLP(2, [4, 1])
    X, y = data.moons(count, seed=1)
    return model, nn.hinge(model(X), 2 * y - 1), X


def test_a_network_of_tensors_has_its_activations_layer_by_layer():
    model, loss, X = tensors()
    (row,) = histograms(model, loss).rows
    assert list(row.layers) == ["layer1", "layer3", "layer6"]
    with no_grad():
        first = model.layers[1](model.layers[0](X))
    assert np.allclose(np.sort(row.layers["layer1"]), np.sort(first.numpy().ravel()))
    assert (row.layers["layer3"] >= 0.0).all()  # what ReLU makes of it
    assert row.layers["layer6"].size == 30


def test_a_network_of_neurons_has_the_same_as_its_twin_of_tensors():
    model, loss, X = neurons()
    twin = model.to_tensor()
    other = nn.hinge(twin(X), loss_targets())
    loss.backward()
    other.backward()
    for row, of_tensors in zip(histograms(model, loss).rows, histograms(twin, other).rows):
        for mine, others in zip(row.layers.values(), of_tensors.layers.values()):
            assert np.allclose(np.sort(mine), np.sort(others))


def loss_targets():
    return (2 * data.moons(10, seed=1)[1] - 1).reshape(-1, 1)


def test_gradients_have_a_row_of_their_own_once_backward_was_called():
    model, loss, _ = tensors()
    assert [row.are_gradients for row in histograms(model, loss).rows] == [False]
    loss.backward()
    activations, gradients = histograms(model, loss).rows
    assert gradients.are_gradients
    assert {name: x.size for name, x in gradients.layers.items()} == {
        name: x.size for name, x in activations.layers.items()
    }
    figure = histograms(model, loss).figure()
    assert [axes.get_xlabel() for axes in figure.axes] == 3 * ["activation"] + 3 * ["|gradient|"]
    assert [axes.get_xscale() for axes in figure.axes] == 3 * ["linear"] + 3 * ["log"]
    assert titles(figure) == ["layer1", "layer3", "layer6", "", "", ""]
    assert "are 0" in said(figure.axes[4])


def test_a_penalty_on_the_weights_is_no_layer():
    model, loss, _ = neurons()
    weights = model.parameters()
    with_penalty = loss + 1e-3 * autodiff.dot(weights, weights) + 1e-3 * weights[0] ** 2
    (row,), (other,) = histograms(model, loss).rows, histograms(model, with_penalty).rows
    assert {k: v.size for k, v in row.layers.items()} == {
        k: v.size for k, v in other.layers.items()
    }


def test_arrays_by_name_are_rows_with_a_column_for_each_layer():
    layers = [np.linspace(-1.0, 1.0, 50), np.zeros(50)]
    figure = histograms({"small": layers, "large": [10.0 * layer for layer in layers]}).figure()
    assert titles(figure) == ["layer 1", "layer 2", "", ""]
    assert [axes.get_ylabel() for axes in figure.axes] == ["small", "", "large", ""]
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim() != figure.axes[2].get_xlim()
    words = [artists(axes, "said")[0].get_text() for axes in figure.axes]
    assert words == ["std 0.589", "std 0", "std 5.89", "std 0"]


def test_rows_may_have_layers_by_name_and_different_numbers_of_them():
    figure = histograms({"a": {"hidden": [1.0, 2.0], "out": [3.0]}, "b": [[1.0, 2.0]]}).figure()
    assert titles(figure) == ["hidden", "out", "layer 1"]


@pytest.mark.filterwarnings("ignore:invalid value")
def test_numbers_that_are_not_finite_and_gradients_that_are_all_0_can_be_drawn():
    assert histograms({"a": [[1.0, float("nan"), float("inf")], [0.0]]}).figure()
    model, loss, _ = tensors()
    nothing = 0.0 * loss
    nothing.backward()
    assert "all are 0" in said(histograms(model, nothing).figure())


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ((nn.MLP(2, [1]),), TypeError, "got loss=None, a NoneType; expected a node made with"),
        ((nn.MLP(2, [1]), Value(1.0)), ValueError, "no layer of the model is"),
        (([1.0],), TypeError, "got a list and a NoneType; expected a module and a loss"),
        (({},), TypeError, "expected a module and a loss"),
        (({"a": 3.0},), TypeError, "got a=3.0, a float; expected a list of arrays"),
        (({"a": ["x"]},), TypeError, "got a, layer 1='x', a str"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        histograms(*arguments)


@pytest.mark.parametrize("activation", [nn.LeakyReLU, nn.ELU, nn.Tanh, nn.GELU])
def test_an_activation_with_a_number_beside_it_is_one(activation):
    autodiff.seed(1)
    model = nn.Sequential(nn.Linear(3, 5), activation(), nn.Linear(5, 1))
    x = np.ones((4, 3), np.float32)
    rows = histograms(model, model(x).mean()).rows
    handed_on = model.layers[1](model.layers[0](x)).numpy()
    assert np.array_equal(np.sort(rows[0].layers["layer1"]), np.sort(handed_on.ravel()))
