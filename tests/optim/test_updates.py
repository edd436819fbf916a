"""Updates: the rules as lines of NumPy do, to the bit, what the rules do."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff import Tensor, arrays, nn
from autodiff.optim import SGD, AdaGrad, Adam, AdamW, RMSProp
from autodiff.optim.updates import Update

RULES = {
    "SGD": lambda p: SGD(p, lr=0.1),
    "decay": lambda p: SGD(p, lr=0.1, weight_decay=0.01),
    "momentum": lambda p: SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01),
    "Nesterov": lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "AdaGrad": lambda p: AdaGrad(p, weight_decay=0.1),
    "RMSProp": lambda p: RMSProp(p, weight_decay=0.1),
    "Adam": lambda p: Adam(p, weight_decay=0.1),
    "AdamW": lambda p: AdamW(p),
}
LAYOUTS = {
    "small": lambda rng: rng.normal(size=(3, 5)),
    "blocks": lambda rng: rng.normal(size=(300, 500)),
    "columns": lambda rng: np.asfortranarray(rng.normal(size=(300, 500))),
    "steps": lambda rng: rng.normal(size=(20, 30))[::2, ::3],
    "one": lambda rng: np.array(0.5),
    "none": lambda rng: np.zeros((0, 3)),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_lines_do_to_the_bit_what_the_rule_does(rule, layout):
    rng = np.random.default_rng(0)
    x = Tensor(LAYOUTS[layout](rng).astype(np.float32), requires_grad=True, copy=False)
    optimizer = RULES[rule]([x])
    expected = x.data.copy()
    memory = [m if type(m) is float else m.copy() for m in optimizer.memory[0]]
    for _ in range(4):
        g = np.asarray(rng.normal(size=x.shape), np.float32)
        kept = g.copy()
        x.grad = g
        optimizer.step()
        optimizer.zero_grad()
        assert (g == kept).all()
        after = optimizer.rule(arrays.raw, optimizer.lr, expected, kept, *memory)
        expected, *memory = after
        assert (x.data == expected).all()
        for ours, theirs in zip(optimizer.memory[0], memory, strict=True):
            assert np.array_equal(ours, theirs)


def test_lines_are_those_that_one_would_write():
    x = Tensor(np.ones(3), requires_grad=True)
    update = Update(SGD([x], lr=0.1, momentum=0.9).rule, arrays.raw, ("velocity",))
    assert update.text.splitlines() == [
        "def update(rate, g, x, m0, s1):",
        "    np_multiply(m0, 0.9, out=m0)",
        "    np_add(m0, g, out=m0)",
        "    np_multiply(rate, m0, out=s1)",
        "    np_subtract(x, s1, out=x)",
        "    return ()",
    ]
    spent = Update(SGD([x], lr=0.1).rule, arrays.raw, (), spent=True)
    assert spent.scratch == 0
    assert spent.text.splitlines()[1] == "    np_multiply(rate, g, out=g)"


def test_a_setting_that_is_changed_holds_from_then_on():
    x, y = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    ours, theirs = SGD([x], lr=0.1, momentum=0.9), SGD([y], lr=0.1, momentum=0.5)
    for tensor, optimizer in ((x, ours), (y, theirs)):
        tensor.grad = np.ones(3)
        optimizer.step()
    ours.momentum = 0.5
    for tensor, optimizer in ((x, ours), (y, theirs)):
        tensor.grad = np.full(3, 2.0)
        optimizer.step()
    assert (x.data == y.data).all()


def test_a_rule_of_a_subclass_is_run_as_it_is_written():
    class Clipped(SGD):
        def decayed(self, g, x):
            return np.clip(g, -1.0, 1.0)

    x = Tensor(np.zeros(3), requires_grad=True)
    x.grad = np.array([5.0, -5.0, 0.5])
    Clipped([x], lr=1.0).step()
    assert x.data.tolist() == [-1.0, 1.0, -0.5]


def test_a_model_can_be_copied_with_new_arrays_between_steps():
    model = nn.Linear(4, 3)
    optimizer = Adam(model.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        model(np.ones((2, 4), np.float32)).sum().backward()
        before = model.weight.data.copy()
        optimizer.step()
        assert (model.weight.data != before).all()
        model.load_state_dict(model.state_dict())
        model.weight.data = model.weight.data.copy()


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_gradients_in_any_order_of_memory_are_those_of_their_elements(momentum):
    x = Tensor(np.asfortranarray(np.ones((3, 4))), requires_grad=True, copy=False)
    g = np.arange(24.0).reshape(3, 8)[:, ::2]
    x.grad = g
    SGD([x], lr=0.1, momentum=momentum).step()
    assert (x.data == 1.0 - 0.1 * g).all()
    three = Tensor(np.asfortranarray(np.ones((2, 3, 4))), requires_grad=True, copy=False)
    three.grad = np.arange(24.0).reshape(3, 2, 4).transpose(1, 0, 2)
    expected = 1.0 - 0.1 * three.grad
    SGD([three], lr=0.1, momentum=momentum).step()
    assert (three.data == expected).all()
