"""Summaries: tables to read."""

import random

import numpy as np
import pytest

from autodiff import tanh
from autodiff.nn import (
    MLP,
    BatchNorm1d,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    Linear,
    Module,
    Neuron,
    ReLU,
    Sequential,
    Softmax,
)


def table(text):
    """Return a text without the indentation and the empty lines around it."""
    lines = text.strip("\n").splitlines()
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[indent:] for line in lines if line.strip())


def test_layers_of_neurons_have_a_row_each():
    assert MLP(2, [16, 16, 1]).summary() == table("""
        name    module                shapes        parameters
        layer1  16 × ReLUNeuron(2)    each w 2, b           48
        layer2  16 × ReLUNeuron(16)   each w 16, b         272
        layer3  1 × LinearNeuron(16)  each w 16, b          17
                total                                      337
    """)
    assert (
        table("""
        name    module         shapes  parameters
        itself  ReLUNeuron(2)  w 2, b           3
                total                           3
    """)
        == Neuron(2).summary()
    )


def test_neurons_of_several_kinds_are_counted():
    layer = Layer(2, 3)
    layer.neurons[0].activation = "tanh"
    layer.neurons[1] = Neuron(4)
    assert layer.summary().splitlines()[1].split() == ["itself", "Layer", "11"]


def test_a_network_of_tensors_with_the_shapes_of_its_outputs():
    model = Sequential(Linear(784, 50), ReLU(), Linear(50, 10))
    assert model.summary() == table("""
        name    module           shapes                  parameters
        layer1  Linear(784, 50)  weight 50×784, bias 50      39,250
        layer2  ReLU()                                            0
        layer3  Linear(50, 10)   weight 10×50, bias 10          510
                total                                        39,760
    """)
    assert model.summary(784) == model.summary((784,))
    assert model.summary(input_shape=(784,)) == table("""
        name    module           output   shapes                  parameters
        layer1  Linear(784, 50)  (n, 50)  weight 50×784, bias 50      39,250
        layer2  ReLU()           (n, 50)                                   0
        layer3  Linear(50, 10)   (n, 10)  weight 10×50, bias 10          510
                total                                                 39,760
    """)


def test_networks_inside_networks_functions_and_indices():
    model = Sequential(Embedding(27, 2), Flatten(), Sequential(Linear(6, 4, bias=False), tanh))
    assert model.summary((3,), dtype=int) == table("""
        name           module                    output     shapes       parameters
        layer1         Embedding(27, 2)          (n, 3, 2)  weight 27×2          54
        layer2         Flatten()                 (n, 6)                           0
        layer3.layer1  Linear(6, 4, bias=False)  (n, 4)     weight 4×6           24
                       total                                                     78
    """)


class Net(Module):
    def __init__(self):
        self.scale = Linear(1, 1).bias
        self.heads = {"a": Linear(3, 1), "b": Linear(3, 2)}

    def forward(self, x):
        return self.heads["b"](x) * self.scale

    def __repr__(self):
        return "a net whose description is far too long for a table"


def test_a_module_of_ones_own():
    assert Net().summary((3,)) == table("""
        name        module        output  shapes              parameters
        itself      Net           (n, 2)  scale 1                      1
        heads['a']  Linear(3, 1)          weight 1×3, bias 1           4
        heads['b']  Linear(3, 2)  (n, 2)  weight 2×3, bias 2           8
                    total                                             13
    """)


def test_looking_changes_nothing():
    model = Sequential(Linear(3, 4), BatchNorm1d(4), Dropout(0.5), Softmax())
    model[2].training = False
    state, drawn = model.state_dict(), random.getstate()
    model.summary((3,))
    assert random.getstate() == drawn
    assert [m.training for m in (model, *model)] == [True, True, True, False, True]
    assert all(np.array_equal(state[name], x) for name, x in model.state_dict().items())
    assert "forward" not in vars(model[0])
    with pytest.raises(ValueError, match=r"layer1: Linear\(3, 4\) got shape \(2, 5\)"):
        model.summary((5,))
    assert "forward" not in vars(model[0])
    assert model.training


def test_frozen_parameters_do_not_count():
    model = Linear(3, 2)
    model.weight.requires_grad = False
    assert model.summary().splitlines()[1].split() == [
        "itself",
        "Linear(3,",
        "2)",
        "bias",
        "2",
        "2",
    ]


def test_neurons_have_no_shapes_of_outputs():
    with pytest.raises(TypeError, match=r"got input_shape=\(2,\) for neurons; expected it for lay"):
        MLP(2, [1]).summary((2,))
