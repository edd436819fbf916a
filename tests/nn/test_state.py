"""state_dict and load_state_dict: copies by name, all or nothing; copies of whole modules."""

import copy
import pickle

import numpy as np
import pytest

from autodiff import Tensor, Value
from autodiff.nn import MLP, BatchNorm1d, Layer, Linear, Module, Neuron, ReLU, Sequential

from .test_module import Net, Tied


def test_the_state_is_a_copy():
    for net in (Net(), MLP(2, [3, 1])):
        before = net.state_dict()
        state = net.state_dict()
        for name, numbers in state.items():
            if isinstance(numbers, np.ndarray):
                numbers[...] = 9.0
            else:
                state[name] = 9.0
        assert same(net.state_dict(), before)
        net.load_state_dict(state)
        taken = net.state_dict()
        for numbers in state.values():
            if isinstance(numbers, np.ndarray):
                numbers[...] = 1.0
        assert same(net.state_dict(), taken)


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("build", [Net, Tied, lambda: MLP(2, [3, 1]), lambda: Layer(2, 2)])
def test_a_state_loads_back_and_parameters_stay_the_same_objects(build):
    one, two = build(), build()
    parameters = two.parameters()
    two.load_state_dict(one.state_dict())
    assert same(one.state_dict(), two.state_dict())
    assert all(a is b for a, b in zip(parameters, two.parameters()))


def test_buffers_are_loaded_too():
    one, two = BatchNorm1d(2), BatchNorm1d(2)
    one(np.float32([[1.0, 2.0], [3.0, 5.0]]))
    two.load_state_dict(one.state_dict())
    assert two.running_mean.tolist() == one.running_mean.tolist() != [0.0, 0.0]


@pytest.mark.parametrize("kind", [np.float64, np.float16, int, list, Tensor])
def test_each_parameter_keeps_its_dtype(kind):
    net = Linear(2, 1)
    numbers = {"weight": [[1.0, 2.0]], "bias": [3.0]}
    if kind is not list:
        numbers = {name: kind(np.array(x)) if kind is Tensor else np.array(x, kind)
                   for name, x in numbers.items()}  # fmt: skip
    net.load_state_dict(numbers)
    assert net.weight.dtype == net.bias.dtype == np.float32
    assert net.weight.tolist() == [[1.0, 2.0]]
    net.weight.data -= 1.0  # what was taken can be written to
    assert net.weight.tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize("number", [2, np.float32(2.0), np.array(2.0), Value(2.0), True + 1])
def test_values_stay_floats(number):
    neuron = Neuron(1)
    neuron.load_state_dict({"w[0]": number, "b": 1.0})
    assert (type(neuron.w[0].data), neuron.w[0].data) == (float, 2.0)
    assert neuron([3.0]).data == 7.0


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda s: s.pop("layer1.bias"), r"missing: layer1\.bias$"),
        (lambda s: s.update(extra=1.0), "extra: extra$"),
        (
            lambda s: s.update({"layer3.weight": np.zeros((3, 1))}),
            r"layer3\.weight has shape \(3, 1\); expected \(1, 3\)$",
        ),
        (
            lambda s: s.update({"layer3.bias": np.float64(1.0)}),
            r"layer3.bias has shape \(\); expected \(1,\)$",
        ),
        (
            lambda s: s.update({"layer3.bias": ["a"]}),
            r"layer3.bias is a list of <U1; expected real numbers",
        ),
        (lambda s: s.update({"layer3.bias": [1j]}), "layer3.bias is a .*; expected real numbers"),
        (lambda s: s.update({"layer3.bias": None}), "layer3.bias is a .*; expected real numbers"),
        (
            lambda s: s.update({"layer3.bias": [[1.0], [1.0, 2.0]]}),
            "layer3.bias is a list of object; expected real",
        ),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_changed(change, words):
    net = Sequential(Linear(2, 3), ReLU(), Linear(3, 1))
    before = net.state_dict()
    state = Sequential(Linear(2, 3), ReLU(), Linear(3, 1)).state_dict()
    change(state)
    with pytest.raises(ValueError, match=r"got what does not fit Sequential, .*\n  " + words):
        net.load_state_dict(state)
    assert same(net.state_dict(), before)


def test_neurons_say_what_does_not_fit_too():
    model = MLP(2, [3, 1])
    before = model.state_dict()
    state = MLP(2, [3, 1]).state_dict()
    state["layer2.neuron1.b"] = "one"
    state["layer1.neuron1.b"] = np.ones(1)
    with pytest.raises(
        ValueError, match=r"b has shape \(1,\); expected \(\)\n.*b is a str .*real numbers"
    ):
        model.load_state_dict(state)
    assert model.state_dict() == before
    with pytest.raises(ValueError, match=r"missing: layer1.neuron1.w\[0\]\n(.*\n)*  and 3 more$"):
        model.load_state_dict({})


def test_two_parameters_of_one_name_are_refused():
    class Clash(Module):
        def __init__(self):
            self.layers = [Linear(1, 1)]
            self.layer1 = Linear(1, 1)

    with pytest.raises(ValueError, match=r"two parameters of the name layer1\.weight"):
        Clash().state_dict()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_modules_can_be_copied(copied):
    tied = Tied()
    twin = copied(tied)
    assert twin.out.weight is twin.embedding.weight
    assert same(twin.state_dict(), tied.state_dict())
    twin.out.bias.data += 1.0
    assert not same(twin.state_dict(), tied.state_dict())
