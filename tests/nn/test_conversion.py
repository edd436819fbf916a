"""Conversion: neurons and arrays with equal outputs and gradients."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import Tensor, Value
from autodiff.nn import (
    ACTIVATIONS,
    MLP,
    Dropout,
    Layer,
    LeakyReLU,
    Linear,
    Module,
    Neuron,
    ReLU,
    Sequential,
    Tanh,
    mse,
    to_scalar,
    to_tensor,
)

near = pytest.approx


@st.composite
def plans(draw):
    """Return random widths, an activation for each layer, and a seed."""
    widths = draw(st.lists(st.integers(1, 5), min_size=2, max_size=5))
    names = [draw(st.sampled_from(sorted(ACTIVATIONS))) for _ in widths[1:]]
    return widths, names, draw(st.integers(0, 2**32 - 1))


def perceptron(plan):
    """Return the MLP of a plan, with random weights and biases."""
    (nin, *widths), names, seed = plan
    rng = random.Random(seed)
    model = MLP(nin, widths, rng=rng)
    for layer, name in zip(model.layers, names):
        for neuron in layer.neurons:
            neuron.activation = name
            neuron.b.data = rng.uniform(-1, 1)
    return model


def outputs(model, X):
    """Return the outputs of neurons as rows."""
    return [out if isinstance(out, list) else [out] for out in model(X)]


def compare(model, twin, seed, count=3):
    """Assert equal outputs, and gradients of a loss by all weights and inputs."""
    rng = np.random.default_rng(seed)
    nin, nout = len(model.layers[0].neurons[0].w), len(model.layers[-1].neurons)
    X, y = rng.normal(size=(count, nin)), rng.normal(size=(count, nout))
    xs, x = [[Value(v) for v in row] for row in X], Tensor(X, requires_grad=True)
    out, array = outputs(model, xs), twin(x)
    assert array.numpy() == near(np.array([[o.data for o in row] for row in out]), abs=1e-12)
    mse(out, y).backward()
    mse(array, y).backward()
    values = np.array([p.grad for p in model.parameters()])
    scale = max(1.0, np.abs(values).max())
    assert by_neuron(twin) == near(values, rel=1e-12, abs=1e-12 * scale)
    slopes = np.array([[v.grad for v in row] for row in xs])
    assert x.grad == near(slopes, rel=1e-12, abs=1e-12 * max(1.0, np.abs(slopes).max()))


def by_neuron(twin):
    """Return the gradients in the order of neurons: a row of weights, then its bias."""
    gradients = []
    weights = [p for p in twin.parameters() if p.ndim == 2]
    bias_of = {name[: -len("bias")]: p for name, p in twin.named_parameters() if "bias" in name}
    names = [name[: -len("weight")] for name, _ in twin.named_parameters() if "weight" in name]
    for name, weight in zip(names, weights):
        for i, row in enumerate(weight.grad):
            gradients += [*row, bias_of[name].grad[i]] if name in bias_of else [*row]
    return np.array(gradients)


@settings(max_examples=60, deadline=None)
@given(plans())
def test_networks_have_the_same_outputs_and_gradients_both_ways(plan):
    model, seed = perceptron(plan), plan[2]
    twin = to_tensor(model)
    compare(model, twin, seed)
    again = to_scalar(twin)
    assert repr(again) == repr(model)
    assert again.state_dict() == model.state_dict()
    twin.zero_grad()
    compare(again, twin, seed)


def test_methods_do_the_same():
    model = MLP(2, [3, 1], activation="tanh")
    twin = model.to_tensor()
    assert repr(twin) == "Sequential(Linear(2, 3), Tanh(), Linear(3, 1))"
    assert twin.to_scalar().state_dict() == model.state_dict()
    assert {p.dtype for p in twin.parameters()} == {np.dtype(float)}
    assert {p.dtype for p in model.to_tensor("float32").parameters()} == {np.dtype(np.float32)}


def test_a_layer_and_a_neuron_convert_too():
    layer, neuron = Layer(2, 3), Neuron(2, activation="sigmoid")
    assert repr(to_tensor(layer)) == "Sequential(Linear(2, 3), ReLU())"
    assert repr(to_tensor(neuron)) == "Sequential(Linear(2, 1), Sigmoid())"
    x = [0.3, -0.8]
    assert to_tensor(layer)(x).tolist() == near([y.data for y in layer(x)])
    assert to_tensor(neuron)(x).item() == near(neuron(x).data)
    assert repr(to_scalar(Linear(2, 3))) == repr(MLP(2, [3]))


def test_float32_weights_become_the_same_numbers():
    model = Sequential(Linear(3, 2), LeakyReLU(), Linear(2, 1))
    neurons = to_scalar(model).layers[0].neurons
    assert [[w.data for w in n.w] for n in neurons] == model[0].weight.tolist()
    assert to_tensor(to_scalar(model), np.float32).state_dict().keys() == model.state_dict().keys()


def test_no_bias_stays_no_bias():
    model = Sequential(Linear(3, 4, bias=False, dtype=float), Tanh(), Linear(4, 2, dtype=float))
    scalar = to_scalar(model)
    assert len(scalar.parameters()) == 3 * 4 + 4 * 2 + 2
    assert scalar.layers[0].neurons[0].b.requires_grad is False
    compare(scalar, model, 1)
    assert repr(to_tensor(scalar)) == repr(model)


def test_networks_inside_networks_become_one():
    inner = Sequential(Linear(2, 3, dtype=float), Tanh())
    model = Sequential(inner, Sequential(Sequential(Linear(3, 1, dtype=float))))
    scalar = model.to_scalar()
    assert len(scalar.layers) == 2
    compare(scalar, model, 2)


def test_twins_share_no_numbers_and_nothing_is_drawn():
    model = MLP(2, [3, 1])
    before = random.getstate()
    twin = to_tensor(model)
    again = to_scalar(twin)
    assert random.getstate() == before
    state = model.state_dict()
    for p in twin.parameters():
        p.data[...] = 7.0
    again.layers[0].neurons[0].w[0].data = 9.0
    assert model.state_dict() == state


class Mine(Neuron):
    def __call__(self, x):
        return 2 * super().__call__(x)


def mixed():
    model = MLP(2, [3, 2, 1])
    model.layers[1].neurons[1].activation = "tanh"
    return model


def with_own():
    model = MLP(2, [3, 1])
    model.layers[1].neurons[0] = Mine(3)
    return model


def with_unknown():
    model = MLP(2, [3, 1])
    for neuron in model.layers[0].neurons:
        neuron.activation = "swish"
    return model


def with_function():
    model = MLP(2, [3, 1])
    model.layers[0] = lambda x: x
    return model


class Doubled(MLP):
    def __call__(self, x):
        return 2 * super().__call__(x)


@pytest.mark.parametrize(
    "model, error, words",
    [
        (mixed(), ValueError, "^layer2 has neurons of relu, tanh; expected one activation"),
        (with_own(), ValueError, "^layer2 has a Mine; expected neurons"),
        (with_unknown(), ValueError, "^layer1 has the activation 'swish'; expected linear or one"),
        (with_function(), ValueError, "got a function as layer1; expected a Layer"),
        (Doubled(2, [1]), TypeError, "got a Doubled; expected an MLP, .* their own __call__"),
        (Linear(2, 1), TypeError, "got a Linear; expected an MLP, Layer or Neuron$"),
    ],
)
def test_what_has_no_tensors_is_named(model, error, words):
    with pytest.raises(error, match=words):
        to_tensor(model)


class Named(Module):
    name = "relu"

    def forward(self, x):
        return x


class Residual(Sequential):
    def forward(self, x):
        return x + super().forward(x)


@pytest.mark.parametrize(
    "model, words",
    [
        (Sequential(Linear(2, 3), Dropout(0.5)), r"got Dropout\(0.5\) as layer2; expected Linear"),
        (Sequential(Linear(2, 3), Tanh(), ReLU()), r"got ReLU\(\) as layer3; .* at most one"),
        (Sequential(Tanh(), Linear(2, 3)), r"got Tanh\(\) as layer1"),
        (Sequential(Linear(2, 3), LeakyReLU(0.3)), r"got LeakyReLU\(0.3\) as layer2"),
        (Sequential(Linear(2, 3), Named()), r"got Named\(\) as layer2"),
        (Sequential(Linear(2, 3), Residual(Linear(3, 3))), r"got Sequential\(.* as layer2"),
        (Sequential(Sequential(Linear(2, 3), np.tanh)), r"as layer1\.layer2"),
        (
            Sequential(Linear(2, 3), Linear(4, 1)),
            r"got Linear\(4, 1\) as layer2, behind 3 outputs; expected as many inputs",
        ),
        (Sequential(), "got no Linear layer; expected at least one"),
        (MLP(2, [1]), "got MLP of .* as the model"),
    ],
)
def test_what_has_no_neurons_is_named(model, words):
    with pytest.raises(ValueError, match=words):
        to_scalar(model)
