"""Neurons, layers and perceptrons on Values."""

import math
import random

import numpy as np
import pytest

from autodiff import Value, check_grads
from autodiff.nn import ACTIVATIONS, MLP, Layer, Module, Neuron


def test_a_neuron_is_the_activation_of_its_weighted_sum():
    neuron = Neuron(2, activation="tanh")
    neuron.w[0].data, neuron.w[1].data, neuron.b.data = 0.5, -0.3, 0.1
    out = neuron([1.0, -2.0])
    assert out.data == pytest.approx(math.tanh(0.5 + 0.6 + 0.1))
    out.backward()
    slope = 1 - out.data**2
    assert [w.grad for w in neuron.w] == pytest.approx([slope, -2 * slope])
    assert neuron.b.grad == pytest.approx(slope)
    assert out.inputs[0].primitive.name == "dot"


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_every_activation_trains(activation):
    neuron = Neuron(2, activation=activation, rng=random.Random(1))

    def f(w, b, x):
        neuron.w, neuron.b = w, b
        return neuron(x)

    check_grads(f, ([0.3, -0.8], 0.2, [0.5, 1.5]), order=2)


def test_the_weights_come_from_a_seed():
    one, two = (MLP(2, [3, 1], rng=random.Random(7)) for _ in range(2))
    assert [p.data for p in one.parameters()] == [p.data for p in two.parameters()]
    random.seed(1337)
    first = Neuron(3)
    random.seed(1337)
    assert [w.data for w in first.w] == [random.uniform(-1, 1) for _ in range(3)]
    assert first.b.data == 0.0


def test_parameters_have_names_and_an_order():
    names = [name for name, _ in MLP(2, [2, 1]).named_parameters()]
    assert names == [
        "layer1.neuron1.w[0]", "layer1.neuron1.w[1]", "layer1.neuron1.b",
        "layer1.neuron2.w[0]", "layer1.neuron2.w[1]", "layer1.neuron2.b",
        "layer2.neuron1.w[0]", "layer2.neuron1.w[1]", "layer2.neuron1.b",
    ]  # fmt: skip
    assert len(MLP(2, [16, 16, 1]).parameters()) == 337


def test_a_module_of_ones_own_finds_its_parameters():
    class Mine(Module):
        def __init__(self):
            self.scale = Value(2.0)
            self.heads = [Neuron(1), Neuron(1)]
            self.note = "not a parameter"

    names = [name for name, _ in Mine().named_parameters()]
    assert names == ["scale", "heads[0].w[0]", "heads[0].b", "heads[1].w[0]", "heads[1].b"]


def test_a_shared_parameter_is_there_once_and_a_circle_of_modules_ends():
    class Tied(Module):
        def __init__(self):
            self.one, self.two = Neuron(1), Neuron(1)
            self.two.w = self.one.w
            self.two.owner = self

    names = [name for name, _ in Tied().named_parameters()]
    assert names == ["one.w[0]", "one.b", "two.b"]


def test_zero_grad_forgets_all_gradients():
    model = MLP(2, [3, 1])
    model([1.0, 2.0]).backward()
    assert all(p.has_grad for p in model.layers[1].parameters())
    model.zero_grad()
    assert not any(p.has_grad for p in model.parameters())


def test_networks_print_as_in_micrograd():
    model = MLP(2, [2, 1])
    assert repr(model) == (
        "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    )


def test_shapes_are_those_of_micrograd():
    assert isinstance(MLP(2, [3, 1])([1.0, 2.0]), Value)
    assert len(MLP(2, [3, 2])([1.0, 2.0])) == 2
    assert isinstance(MLP(1, [1, 1])([1.0]), Value)
    assert len(Layer(2, 3)([Value(1.0), 2])) == 3


def test_a_batch_gives_what_its_samples_give_one_by_one():
    for model in (MLP(2, [3, 2]), MLP(2, [4, 1], activation="tanh"), Layer(2, 3), Neuron(2)):
        batch = [[1.0, 2.0], (Value(0.5), -1), [0.0, 3.0]]
        single = [model(x) for x in batch]
        for out, expected in zip(model(batch), single):
            pairs = zip(out, expected) if isinstance(out, list) else [(out, expected)]
            assert all(a.data == b.data and len(a.inputs) == len(b.inputs) for a, b in pairs)
        assert len(model(np.array([[1.0, 2.0]]))) == 1
        assert isinstance(model(np.array([1.0, 2.0])), type(single[0]))


def test_a_single_input_needs_no_brackets():
    model = MLP(1, [3, 1])
    assert model(0.5).data == model([0.5]).data == model(Value(0.5)).data


def test_a_wrong_width_names_the_layer():
    with pytest.raises(ValueError, match=r"layer1 of the MLP, 4 neurons of 3 inputs, got 2 num"):
        MLP(3, [4, 1])([1, 2])
    with pytest.raises(ValueError, match=r"layer1 .* got 2 numbers in sample 1; expected 3"):
        MLP(3, [4, 1])([[1, 2, 3], [1, 2]])
    with pytest.raises(ValueError, match=r"ReLUNeuron\(3\) got 1 numbers; expected 3"):
        Neuron(3)([1.0])


def test_what_cannot_be_built_says_so():
    with pytest.raises(ValueError, match="activation='rleu'; expected one of linear, relu"):
        Neuron(2, activation="rleu")
    with pytest.raises(TypeError, match="expected True or False: write activation='tanh'"):
        MLP(2, [2, 1], nonlin="tanh")
    for build in (lambda: Neuron(0), lambda: Layer(2, -1), lambda: MLP(2.5, [1])):
        with pytest.raises(ValueError, match="expected a whole number of at least 1"):
            build()


def test_a_program_for_micrograd_learns_its_four_points():
    """The training loop of micrograd's lecture, with more steps."""
    random.seed(1337)
    model = MLP(3, [4, 4, 1])
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    for _ in range(200):
        ypred = [model(x) for x in xs]
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(ys, ypred))
        for p in model.parameters():
            p.grad = 0.0
        loss.backward()
        for p in model.parameters():
            p.data += -0.02 * p.grad
    assert loss.data < 1e-6
