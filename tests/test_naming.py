"""Parameters are named by their place in the caller's modules."""

from __future__ import annotations

from autodiff import Value, nn, topological_order
from autodiff.naming import Places, known
from autodiff.nn import Module
from visualize.names import name_all
from visualize.networks import neurons


def names(root, *namespaces):
    """Return the names of a graph in the neurons' style, as they are found."""
    nodes = topological_order(root)
    return name_all(nodes, *namespaces, neurons=neurons(nodes))


def test_a_parameter_is_named_by_its_place_without_the_models_variable():
    model = nn.MLP(2, [2, 1])
    found = names(model([1.0, 2.0]), {"model": model})
    for place, parameter in model.named_parameters():
        assert found[id(parameter)] == place


def test_a_label_wins_over_a_variable_and_a_variable_over_a_place():
    neuron = nn.Neuron(3)
    labelled, variable, other = neuron.w
    labelled.label = "slope"
    found = known(neuron.parameters(), {"neuron": neuron, "v": variable, "u": labelled})
    assert [found[id(w)] for w in (labelled, variable, other)] == ["slope", "v", "w[2]"]


def test_a_place_wins_over_an_entry_of_a_list_and_a_private_variable():
    neuron = nn.Neuron(2)
    parameters = neuron.parameters()
    found = known(parameters, {"params": parameters, "_w": parameters[0], "neuron": neuron})
    assert list(found.values()) == ["w[0]", "w[1]", "b"]


def test_the_variable_of_a_loop_over_the_parameters_is_no_name():
    model = nn.Layer(1, 2)
    for p in model.parameters():
        p.zero_grad()
    found = known(model.parameters(), {"p": p, "model": model})
    assert found[id(p)] == "neuron2.b"


def test_with_two_models_the_variable_comes_first():
    one, two = nn.Layer(1, 2), nn.Neuron(1)
    unused = nn.Neuron(1)
    out = one([1.0])[1] * two([2.0])
    found = names(out, {"one": one, "two": two, "unused": unused})
    assert found[id(one.neurons[1].w[0])] == "one.neuron2.w[0]"
    assert found[id(two.b)] == "two.b"
    assert {"one.neuron2", "two"} <= set(found.values())


def test_a_layer_of_the_model_in_a_variable_is_not_a_second_model():
    model = nn.MLP(1, [1, 1])
    layer = model.layers[0]
    for namespace in ({"layer": layer, "model": model}, {"model": model, "layer": layer}):
        found = names(model([1.0]), namespace)
        assert found[id(layer.neurons[0].b)] == "layer1.neuron1.b"


def test_neurons_are_called_by_their_variable_their_place_or_a_number():
    model = nn.Layer(1, 2)
    h1, h2 = model([2.0])
    found = names(h1 * h2, {"h1": h1, "model": model})
    assert (found[id(h1)], found[id(h2)]) == ("h1", "neuron2")
    found = names(h1 * h2)
    assert (found[id(h1)], found[id(h2)]) == ("n₁", "n₂")
    assert found[id(model.neurons[1].w[0])] == "n₂.w[0]"
    assert found[id(model.neurons[1].b)] == "n₂.b"
    assert found[id(h2.inputs[0])] == "n₂.z"


def test_numbered_neurons_leave_out_names_that_are_taken():
    x = Value(1.0, label="n₁")
    out = nn.Neuron(1)([x])
    assert names(out)[id(out)] == "n₂"


def test_a_neuron_alone_is_called_by_the_variable_of_the_module():
    neuron = nn.Neuron(1)
    out = neuron([1.0])
    assert names(out * 2, {"neuron": neuron})[id(out)] == "neuron"


def test_two_samples_through_one_neuron_are_told_apart():
    model = nn.Layer(1, 1)
    one, two = model([1.0]), model([2.0])
    found = names(one + two, {"model": model})
    assert (found[id(one)], found[id(two)]) == ("neuron1#1", "neuron1#2")


def test_unlike_neurons_of_one_module_are_numbered():
    class Pair(Module):
        def __init__(self):
            self.w1, self.w2 = [Value(1.0)], [Value(2.0)]

    from autodiff import dot

    pair = Pair()
    one, two = dot(pair.w1, [1.0]), dot(pair.w2, [1.0])
    found = names(one * two, {"pair": pair})
    assert (found[id(one)], found[id(two)]) == ("n₁", "n₂")
    assert found[id(pair.w2[0])] == "w2[0]"


def test_nothing_of_a_users_module_is_run():
    class Evil(Module):
        def __init__(self):
            self.w = [Value(1.0)]

        def __eq__(self, other):
            raise RuntimeError("compared")

        def named_parameters(self):
            raise RuntimeError("called")

        parameters = __hash__ = __repr__ = __len__ = __bool__ = named_parameters

    evil = Evil()
    assert known(evil.w, {"evil": evil}) == {id(evil.w[0]): "w[0]"}


def test_a_module_that_may_not_be_looked_at_gives_no_names():
    class Untouchable:
        def __getattribute__(self, name):
            raise RuntimeError("touched")

    class Mine(Module):
        def __init__(self):
            self.thing, self.w = Untouchable(), Value(1.0)

    mine = Mine()
    assert list(Places([mine.w], {"mine": mine}).names()) == []
