"""Neurons are found in a graph by what they compute."""

from __future__ import annotations

import pytest

from autodiff import Value, custom_vjp, dot, exp, maximum, nn, tanh, topological_order
from visualize.networks import neurons


def found(root):
    return neurons(topological_order(root))


def leaves(*numbers):
    return [Value(number) for number in numbers]


@pytest.mark.parametrize("activation", [name for name in nn.ACTIVATIONS if name != "linear"])
def test_a_neuron_is_a_weighted_sum_and_its_activation(activation):
    neuron = nn.Neuron(2, activation=activation)
    x = leaves(1.0, -2.0)
    out = neuron(x)
    (one,) = found(out)
    assert one.out is out
    assert one.total is out.inputs[0]
    assert list(one.weights) == neuron.w
    assert list(one.factors) == x
    assert list(one.parameters) == [*neuron.w, neuron.b]
    assert not one.is_linear


def test_a_sum_without_an_activation_is_a_linear_neuron():
    out = nn.Neuron(2, nonlin=False)([1.0, 2.0])
    (one,) = found(out)
    assert one.is_linear
    assert one.out is one.total is out
    assert one.factors == (1.0, 2.0)


def test_a_bias_is_not_needed():
    w, x = leaves(1.0, 2.0), leaves(3.0, 4.0)
    (one,) = found(tanh(dot(w, x)))
    assert list(one.parameters) == w


@pytest.mark.parametrize(
    "use",
    [
        lambda z: z - 1.0,
        lambda z: 1.0 - z,
        lambda z: -z,
        lambda z: z**2,
        lambda z: z * Value(2.0),
        lambda z: maximum(z, z),
        lambda z: tanh(z) + exp(z),
        lambda z: dot([2.0], [z]),
        lambda z: Value(1.0, (z,), "**2"),
        lambda z: Value(1.0, (z,), ""),
    ],
)
def test_what_is_no_activation_leaves_the_neuron_linear(use):
    z = dot(leaves(1.0), leaves(2.0), Value(3.0))
    (one,) = found(use(z))
    assert one.out is z


def test_an_activation_may_be_of_ones_own_or_made_by_hand():
    @custom_vjp(lambda g, y, x: g)
    def mine(x):
        return x

    for activation in (mine, lambda z: Value(1.0, (z,), "ReLU"), lambda z: maximum(z, 0.0)):
        out = activation(dot(leaves(1.0), leaves(2.0)))
        (one,) = found(out)
        assert one.out is out


def test_weights_that_are_no_parameters_make_no_neuron():
    x, b = leaves(1.0), Value(0.0)
    assert found(tanh(dot([Value(1.0).detach()], x))) == []
    assert found(tanh(dot([Value(1.0) * 2.0], x))) == []
    assert found(tanh(dot([2.0], x))) == []
    assert found(tanh(dot(leaves(1.0), x, b * 2.0))) == []
    assert found(Value(1.0, (Value(1.0), Value(2.0)), "dot")) == []


def test_a_penalty_on_the_weights_is_no_neuron_and_hides_none():
    layer = nn.Layer(2, 2)
    first, second = layer.neurons
    outs = layer(leaves(1.0, 2.0))
    parameters = layer.parameters()
    for penalty in (dot(parameters, parameters), dot(first.w, second.w)):
        assert [one.out for one in found(outs[0] + outs[1] + penalty)] == outs


def test_a_product_of_inputs_hides_no_neuron():
    x, y = leaves(1.0, 2.0), leaves(3.0, 4.0)
    outs = nn.Layer(2, 2)(x)
    for product in (dot(x, x), dot(x, y)):
        assert [one.out for one in found(outs[0] + outs[1] + product)] == outs


def test_neurons_come_in_the_order_of_computation():
    out = nn.MLP(2, [2, 1])([1.0, 2.0])
    one, two, three = found(out)
    assert three.out is out
    assert list(three.factors) == [one.out, two.out]
