"""Optimisers on Tensors: the numbers that Values get, in place, and in their own dtype."""

import copy
import pickle
import tracemalloc
from functools import partial

import numpy as np
import pytest

from autodiff import Tensor, Value
from autodiff.nn import Linear, ReLU, Sequential, mse
from autodiff.optim import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp, linear_decay

RULES = [
    partial(SGD, lr=0.02),
    partial(SGD, lr=0.02, weight_decay=0.1),
    partial(SGD, lr=0.02, momentum=0.9),
    partial(SGD, lr=linear_decay(0.05, 0.001, steps=10), momentum=0.9, nesterov=True),
    partial(AdaGrad, lr=0.1),
    partial(AdaGrad, lr=0.1, weight_decay=0.1),
    partial(RMSProp, lr=0.02, alpha=0.9),
    partial(Adam, lr=0.05),
    partial(Adam, lr=0.05, betas=(0.8, 0.9), weight_decay=0.1),
    partial(AdamW, lr=0.05, weight_decay=0.5),
]
NAMES = [" ".join([rule.func.__name__, *(k for k in rule.keywords if k != "lr")]) for rule in RULES]


def quartic(x):
    return x * x * (x * x - 3.0) + x


START = [[1.5, -0.7, 0.0], [2.0, -1.0, 0.3]]


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_twenty_steps_are_to_the_bit_those_of_values(rule):
    tensor, number = Tensor(START, requires_grad=True), Tensor(0.9, requires_grad=True)
    values = [Value(x) for row in START for x in row] + [Value(0.9)]
    of_tensors, of_values = rule([tensor, number]), rule(values)
    for _ in range(20):
        of_tensors.zero_grad()
        (quartic(tensor).sum() + quartic(number)).backward()
        of_tensors.step()
        of_values.zero_grad()
        for x in values:
            quartic(x).backward()
        of_values.step()
    assert [*tensor.data.ravel(), number.item()] == [x.data for x in values]


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
@pytest.mark.parametrize("shape", [(3, 2), (4,), ()])
def test_steps_are_in_place_and_float32_stays_float32(rule, shape):
    x = Tensor(np.full(shape, 1.5, np.float32), requires_grad=True)
    array, view = x.data, x.data.reshape(-1)
    optimizer = rule([x])
    memory = [m for m in optimizer.memory[0] if type(m) is not float]
    for _ in range(3):
        optimizer.zero_grad()
        quartic(x).sum().backward()
        optimizer.step()
    assert x.data is array
    assert np.array_equal(view, x.data.ravel())
    assert not np.array_equal(view, np.full(view.shape, 1.5))
    assert x.dtype == x.grad.dtype == np.float32
    after = [m for m in optimizer.memory[0] if type(m) is not float]
    assert all(a is b and a.dtype == np.float32 and a.shape == shape for a, b in zip(after, memory))


def test_a_step_does_not_change_the_gradient():
    for rule in RULES:
        x = Tensor(START, requires_grad=True)
        quartic(x).sum().backward()
        before = x.grad.copy()
        rule([x]).step()
        assert np.array_equal(x.grad, before)


def test_no_parameter_without_a_gradient_moves():
    x, y = Tensor([1.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    optimizer = AdamW([x, y], lr=0.1)
    (x * x).sum().backward()
    optimizer.step()
    assert y.data == [1.0]
    assert y.grad is None
    assert x.data < 1.0


def test_what_is_not_remembered_takes_no_memory():
    x = Tensor(np.zeros(500_000), requires_grad=True)
    tracemalloc.start()
    try:
        optimizer = SGD([x], lr=0.1)
        plain = tracemalloc.get_traced_memory()[0]
        SGD([x], lr=0.1, momentum=0.9)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert optimizer.memory == [()]
    assert plain < 100_000
    assert peak > 4_000_000


# -- copies, own rules, refusals -------------------------------------------------------------------


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_an_optimizer_can_be_copied_with_its_model(copied):
    model = Sequential(Linear(1, 2), ReLU(), Linear(2, 1))
    optimizer = Adam(model.parameters(), lr=0.1)
    twin, its = copied((model, optimizer))
    for m, o in ((model, optimizer), (twin, its)):
        for _ in range(3):
            o.zero_grad()
            mse(m([[1.0], [2.0]]), [[1.0], [-1.0]]).backward()
            o.step()
    for a, b in zip(model.parameters(), twin.parameters()):
        assert np.array_equal(a.data, b.data)
        assert a.data is not b.data


def test_a_rule_of_ones_own_serves_tensors_and_values():
    class SignDescent(Optimizer):
        def rule(self, xp, rate, x, g):
            x -= rate * xp.sign(g)
            return (x,)

    tensor, value = Tensor([3.0, -3.0], requires_grad=True), Value(3.0)
    optimizer = SignDescent([tensor, value], lr=0.5)
    (tensor * tensor).sum().backward()
    (value * value).backward()
    optimizer.step()
    assert tensor.tolist() == [2.5, -2.5]
    assert value.data == 2.5


def test_a_rule_that_makes_new_arrays_will_do():
    class Slow(Optimizer):
        remembers = ("count", "velocity")

        def rule(self, xp, rate, x, g, t, v):
            v = 0.5 * v + g
            return x - rate * v, t + 1.0, v

    for shape in ((2, 2), (200, 200), ()):
        x = Tensor(np.ones(shape), requires_grad=True)
        array, optimizer = x.data, Slow([x], lr=0.5)
        for _ in range(2):
            optimizer.zero_grad()
            x.sum().backward()
            optimizer.step()
        assert x.data is array
        assert np.all(x.data == 1.0 - 0.5 - 0.75)
        assert optimizer.memory[0][0] == 2.0
        assert np.all(optimizer.memory[0][1] == 1.5)


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_large_arrays_in_any_order_of_memory_take_the_steps_of_small_ones(rule):
    """Steps go block by block; a new array may come in another order than what is remembered."""
    start = np.random.default_rng(0).uniform(-1.5, 1.5, (300, 200))
    one, other = (Tensor(start, requires_grad=True) for _ in range(2))
    row = Tensor(start[7], requires_grad=True)
    optimizers = [rule([x]) for x in (one, other, row)]
    other = Tensor(np.asfortranarray(start), requires_grad=True, copy=False)
    optimizers[1] = rule([other])
    assert not other.data.flags.c_contiguous
    for _ in range(4):
        for x, optimizer in zip((one, other, row), optimizers):
            optimizer.zero_grad()
            quartic(x).sum().backward()
            optimizer.step()
    assert np.array_equal(one.data[7], row.data)
    assert np.array_equal(one.data, other.data)


@pytest.mark.parametrize(
    "parameters, error, words",
    [
        (Linear(2, 1), TypeError, r"write SGD\(model.parameters\(\), ...\)"),
        (Tensor([1.0]), TypeError, r"write SGD\(\[w, b\], ...\)"),
        ([Tensor([1.0])], ValueError, "parameter 0, which is a constant"),
        ([Tensor([1.0], requires_grad=True) * 2], ValueError, "which is made by an operation"),
        ([Tensor([1.0], requires_grad=True)] * 2, ValueError, "got a parameter twice"),
        ([np.ones(2)], TypeError, "an ndarray, as parameter 0; expected Values or Tensors"),
    ],
)
def test_what_is_no_list_of_parameters_is_refused(parameters, error, words):
    with pytest.raises(error, match=words):
        SGD(parameters, lr=0.1)
