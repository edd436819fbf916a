"""Layers of Tensors: PyTorch's numbers, shapes, and messages that name the layer."""

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, Value, nn, tanh
from autodiff.nn import (
    GELU,
    Dropout,
    Embedding,
    Flatten,
    Linear,
    Sequential,
    Softmax,
    dropout,
    he,
    normal,
)

from .networks import run, slope_by_differences

near = pytest.approx


# -- Linear ----------------------------------------------------------------------------------------


def test_linear_gives_the_numbers_of_pytorch():
    layer = Linear(3, 2, dtype=np.float64)
    layer.weight.data = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]
    layer.bias.data = [0.1, -0.2]
    y, slope = run(layer, [[1.0, 2.0, 3.0], [-1.0, 0.5, 0.0]], [[1.0, -2.0], [0.5, 3.0]])
    assert y == near(np.array([[4.6, -0.45], [-0.9, -1.575]]))
    assert slope.tolist() == [[-2.5, -1.5, 3.5], [4.75, 0.25, -1.25]]
    assert layer.weight.grad.tolist() == [[0.5, 2.25, 3.0], [-5.0, -2.5, -6.0]]
    assert layer.bias.grad.tolist() == [1.5, 1.0]


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 5, 3), (0, 3), (2, 0, 3), (1, 1, 1, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_takes_any_axes_before_the_last(shape, bias):
    layer = Linear(3, 2, bias=bias, dtype=np.float64)
    x = np.random.default_rng(0).normal(size=shape)
    y, slope = run(layer, x)
    shift = layer.bias.data if bias else 0.0
    assert y == near(x @ layer.weight.data.T + shift)
    assert y.shape == (*shape[:-1], 2)
    assert slope == near(np.broadcast_to(layer.weight.data.sum(0), shape))
    assert layer.weight.grad == near(np.tile(x.reshape(-1, 3).sum(0), (2, 1)))
    assert (layer.bias is None) == (not bias)
    assert len(layer.parameters()) == 1 + bias


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 1, 3)])
def test_the_slopes_of_linear_are_those_of_differences(shape):
    layer = Linear(3, 2, dtype=np.float64)
    x = Tensor(np.random.default_rng(1).normal(size=shape), requires_grad=True)
    tanh(layer(x)).sum().backward()
    for leaf in (x, layer.weight, layer.bias):
        kept = leaf.data

        def f(numbers, leaf=leaf):
            leaf.data = numbers.numpy()
            return tanh(layer(x)).sum()

        slope = slope_by_differences(f, kept)
        leaf.data = kept
        assert leaf.grad == near(slope, rel=1e-7, abs=1e-8)


def test_the_weights_of_linear_start_as_in_pytorch_or_as_an_initialiser_says():
    layer = Linear(400, 300)
    for p in layer.parameters():
        assert p.dtype == np.float32
        assert p.requires_grad
        assert np.abs(p.data).max() <= 1 / 20
        assert p.data.std() == near(1 / 20 / 3**0.5, rel=0.1)
    layer = Linear(400, 300, init=he, dtype=np.float64)
    assert layer.weight.dtype == layer.bias.dtype == np.float64
    assert layer.weight.data.std() == near((2 / 400) ** 0.5, rel=0.02)
    assert not layer.bias.data.any()


def test_a_float32_layer_computes_in_float32():
    layer = Sequential(Linear(3, 4), GELU(), Dropout(0.3), Linear(4, 2), Softmax())
    x = Tensor(np.ones((5, 3), np.float32), requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32
    assert {p.grad.dtype for p in layer.parameters()} == {np.dtype(np.float32)}


def test_an_ndarray_or_a_list_will_do_as_input_and_is_not_copied():
    x = np.ones((2, 3))
    layer = Linear(3, 2, dtype=np.float64)
    y = layer(x)
    assert np.shares_memory(y.inputs[0].data, x)
    assert layer(x.tolist()).tolist() == y.tolist() == layer(Tensor(x)).tolist()


@pytest.mark.parametrize(
    "build, error, words",
    [
        (lambda: Linear(0, 3), ValueError, "Linear got a width of 0; expected a whole number"),
        (lambda: Linear(3, 0), ValueError, "Linear got a width of 0"),
        (lambda: Linear(2.5, 3), ValueError, "Linear got a width of 2.5"),
        (lambda: Linear(3, 2, init="he"), TypeError, "init='he'; expected a function of a shape"),
        (lambda: Linear(3, 2, init=normal), ValueError, r"write normal\(0.1\), with brackets"),
        (
            lambda: Linear(3, 2, init=lambda shape: np.zeros(shape[::-1])),
            ValueError,
            r"Linear got \(3, 2\) numbers from its init; expected \(2, 3\)",
        ),
        (lambda: Linear(3, 2, dtype=int), TypeError, "expected floats"),
        (lambda: Embedding(0, 2), ValueError, "Embedding got a width of 0"),
        (lambda: Embedding(3, True), ValueError, "Embedding got a width of True"),
        (lambda: Dropout(1.0), ValueError, "Dropout got p=1.0; expected 0 ≤ p < 1"),
        (lambda: Dropout(float("nan")), ValueError, "Dropout got p=nan"),
        (lambda: Dropout("half"), ValueError, "Dropout got p='half'"),
        (lambda: dropout([1.0], 1), ValueError, r"dropout\(\) got p=1"),
    ],
)
def test_what_cannot_be_built_says_so(build, error, words):
    with pytest.raises(error, match=words):
        build()


def test_a_wrong_width_names_the_layer_and_both_shapes():
    with pytest.raises(ValueError, match=r"^Linear\(784, 50\) got shape \(785,\); expected"):
        Linear(784, 50)(np.ones(785))
    with pytest.raises(ValueError, match=r"^Linear\(3, 2\) got shape \(\); expected \(\.\.\., 3\)"):
        Linear(3, 2)(1.0)
    with pytest.raises(TypeError, match=r"got Value\(data=1.0"):
        Linear(1, 1)(Value(1.0))


def test_layers_print_as_they_are_written():
    for text in (
        "Linear(3, 2)", "Linear(3, 2, bias=False)", "ReLU()", "LeakyReLU(0.2)", "Dropout(0.25)",
        "Softmax()", "Softmax(axis=0)", "Flatten()", "Embedding(27, 10)", "BatchNorm1d(3)",
        "LayerNorm(4)", "Sequential(Linear(3, 2), tanh, Sequential(ReLU()))", "Sequential()",
    ):  # fmt: skip
        names = {name: getattr(nn, name) for name in nn.__all__}
        assert repr(eval(text, {**names, "tanh": tanh})) == text


# -- Flatten ---------------------------------------------------------------------------------------


def test_flatten_joins_all_axes_after_the_first():
    y, slope = run(Flatten(), np.ones((2, 3, 4)), np.arange(24.0).reshape(2, 12))
    assert y.shape == (2, 12)
    assert slope.tolist() == np.arange(24.0).reshape(2, 3, 4).tolist()
    assert Flatten()(np.ones((0, 3, 4))).shape == (0, 12)
    assert Flatten()(np.ones(5)).shape == (5, 1)
    with pytest.raises(ValueError, match=r"Flatten\(\) got shape \(\); expected a batch"):
        Flatten()(1.0)


# -- Dropout ---------------------------------------------------------------------------------------


def test_dropout_drops_its_share_and_scales_the_others_in_training_alone():
    layer = Dropout(0.2)
    x = np.full((200, 500), 3.0)
    autodiff.seed(0)
    y, slope = run(layer, x)
    assert set(np.unique(y)) == {0.0, 3.0 / 0.8}
    assert (y == 0).mean() == near(0.2, abs=0.006)
    assert y.mean() == near(3.0, rel=0.01)
    assert np.array_equal(slope, y / 3.0)
    t = Tensor(x)
    assert layer.eval()(t) is t
    assert layer.training is False
    assert (layer.train()(t).numpy() == 0).any()


def test_dropout_comes_from_the_seed_and_is_another_each_time():
    layer, x = Dropout(0.5), np.ones(1000)
    autodiff.seed(7)
    first, second = layer(x).tolist(), layer(x).tolist()
    autodiff.seed(7)
    assert first == dropout(x).tolist()
    assert second == layer(x).tolist() != first


def test_dropout_of_nothing_and_of_integers():
    assert Dropout(0.0)(np.ones(5)).tolist() == [1.0] * 5
    assert set(Dropout(0.5)(np.ones(50, int)).tolist()) == {0.0, 2.0}
    assert dropout(np.ones((0, 3))).shape == (0, 3)


# -- Embedding -------------------------------------------------------------------------------------


def test_an_embedding_is_a_row_for_each_index_and_gradients_add_up():
    layer = Embedding(4, 2, dtype=np.float64)
    y = layer([[1, 3], [1, 1]])
    assert y.shape == (2, 2, 2)
    assert y.numpy()[0, 1].tolist() == layer.weight.data[3].tolist()
    y.backward(np.arange(8.0).reshape(2, 2, 2))
    assert layer.weight.grad.tolist() == [[0, 0], [0 + 4 + 6, 1 + 5 + 7], [0, 0], [2, 3]]
    assert layer(2).shape == (2,)
    assert layer(Tensor([2, 0])).shape == layer(np.uint8([2, 0])).shape == (2, 2)
    assert layer([]).shape == (0, 2)
    assert layer(np.zeros((0, 5), int)).shape == (0, 5, 2)
    assert Embedding(4, 2).weight.dtype == np.float32


def test_embeddings_start_with_variance_one():
    assert Embedding(300, 300).weight.data.std() == near(1.0, rel=0.02)


@pytest.mark.parametrize(
    "index, error, words",
    [
        ([0, 4], IndexError, "got the index 4; expected 0 to 3"),
        ([-1], IndexError, "got the index -1; expected 0 to 3"),
        ([1.0], TypeError, r"index of float64; expected integers: .*write index.astype\(int\)"),
        ([True], TypeError, "index of bool; expected integers"),
    ],
)
def test_what_is_no_index_is_refused(index, error, words):
    with pytest.raises(error, match=words):
        Embedding(4, 2)(index)
    with pytest.raises(error, match=f"layer1: embedding.*{words}"):
        Sequential(Embedding(4, 2))(index)
