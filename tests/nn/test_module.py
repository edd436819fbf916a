"""Module: forward, parameters wherever they are, buffers, state, training and evaluation."""

import numpy as np
import pytest

from autodiff import Tensor, Value
from autodiff.nn import (
    MLP,
    BatchNorm1d,
    Dropout,
    Embedding,
    Linear,
    Module,
    Sequential,
)
from autodiff.optim import Adam


class Net(Module):
    """Parameters in attributes, lists, tuples and dicts, with a buffer and a frozen one."""

    def __init__(self):
        self.first = Linear(2, 3, dtype=float)
        self.heads = {"a": Linear(3, 1), 5: [Linear(3, 2, bias=False), "text"]}
        self.scale = Tensor([1.0, 2.0], requires_grad=True)
        self.pair = (Tensor(1.0, requires_grad=True), Value(2.0))
        self.offset = Tensor([0.5])
        self.note = "not a parameter"

    def forward(self, x, head="a", shift=0.0):
        return self.heads[head](self.first(x)) + self.offset + shift


NAMES = [
    "first.weight", "first.bias", "heads['a'].weight", "heads['a'].bias", "heads[5][0].weight",
    "scale", "pair[0]", "pair[1]",
]  # fmt: skip


def test_parameters_are_found_wherever_they_are():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert net.parameters() == [p for _, p in net.named_parameters()]
    assert list(net.state_dict()) == [*NAMES, "offset"]


def test_called_a_module_does_what_forward_says():
    net, x = Net(), np.ones((4, 2))
    assert net(x).shape == (4, 1)
    assert net(x, shift=1.0).numpy() == pytest.approx(net.forward(x).numpy() + 1.0)
    with pytest.raises(NotImplementedError, match=r"Mine has no forward\(self, x\)"):
        type("Mine", (Module,), {})()(1.0)
    assert repr(net) == "Net()"


def test_frozen_parameters_are_no_parameters_but_keep_their_place_in_the_state():
    net = Net()
    net.first.weight.requires_grad = False
    assert [name for name, _ in net.named_parameters()] == NAMES[1:]
    assert next(iter(net.state_dict())) == "first.weight"
    net(np.ones((4, 2))).sum().backward()
    assert net.first.weight.grad is None
    assert net.first.bias.grad is not None


def test_results_that_a_module_keeps_are_no_parameters():
    net = Linear(2, 1)
    net.last = net(np.ones((1, 2)))
    assert list(net.state_dict()) == ["weight", "bias"]
    assert len(net.parameters()) == 2


class Tied(Module):
    def __init__(self):
        self.embedding, self.out = Embedding(5, 3), Linear(3, 5)
        self.out.weight = self.embedding.weight

    def forward(self, index):
        return self.out(self.embedding(index))


def test_a_tied_weight_is_there_once_gets_both_gradients_and_loads_back():
    tied = Tied()
    names = ["embedding.weight", "out.bias"]
    assert [name for name, _ in tied.named_parameters()] == names
    assert list(tied.state_dict()) == names
    assert tied.summary().splitlines()[-1].split() == ["total", "20"]
    other = Tied()
    other.load_state_dict(tied.state_dict())
    assert other.out.weight is other.embedding.weight
    assert other([1, 2]).tolist() == tied([1, 2]).tolist()
    tied([1, 2]).sum().backward()
    both = tied.embedding.weight.grad.copy()
    twin = Tied()
    twin.out.weight = Tensor(tied.embedding.weight.data, requires_grad=True)
    twin.embedding.weight.data = tied.embedding.weight.data.copy()
    twin([1, 2]).sum().backward()
    assert both == pytest.approx(twin.out.weight.grad + twin.embedding.weight.grad)
    Adam(tied.parameters()).step()


def test_train_and_eval_reach_all_modules():
    class Deep(Module):
        def __init__(self):
            self.parts = {"a": [Dropout(), (Sequential(BatchNorm1d(2), Dropout()),)]}
            self.owner = self

    deep = Deep()
    dropout, (inner,) = deep.parts["a"]
    all_of_them = [deep, dropout, inner, *inner]
    assert all(m.training for m in all_of_them)
    assert deep.eval() is deep
    assert not any(m.training for m in all_of_them)
    assert deep.train() is deep
    assert all(m.training for m in all_of_them)
    deep.train(False)
    assert not any(m.training for m in all_of_them)
    assert MLP(2, [1]).eval()([1.0, 2.0]).data
