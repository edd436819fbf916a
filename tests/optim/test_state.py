"""What an optimiser remembers: it goes out and in, or says what does not fit."""

import numpy as np
import pytest

from autodiff import Tensor, Value
from autodiff.optim import SGD, AdaGrad, Adam, AdamW, Optimizer, RMSProp, cosine_decay, linear_decay

KINDS = [
    (SGD, {"lr": 0.1}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    (AdaGrad, {}),
    (RMSProp, {"weight_decay": 0.01}),
    (Adam, {"lr": cosine_decay(0.1, steps=20)}),
    (AdamW, {"betas": (0.8, 0.9)}),
]


def leaves(kind):
    if kind == "values":
        return [Value(2.0), Value(-1.0)]
    matrix = np.asfortranarray(np.arange(6.0, dtype=np.float32).reshape(2, 3))
    return [Tensor(matrix, requires_grad=True), Tensor(0.5, requires_grad=True)]


def descend(optimizer, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        for p in optimizer.parameters:
            loss = (p * p * p).sum() if hasattr(p, "shape") else p * p * p
            loss.backward()
        optimizer.step()


def bits(optimizer):
    return [np.asarray(p.data).tobytes() for p in optimizer.parameters]


@pytest.mark.parametrize("rule, options", KINDS)
@pytest.mark.parametrize("kind", ["values", "tensors"])
def test_another_goes_on_to_the_same_numbers(rule, options, kind):
    whole = rule(leaves(kind), **options)
    descend(whole, 7)
    first = rule(leaves(kind), **options)
    descend(first, 3)
    state = first.state_dict()
    second = rule(leaves(kind), **options)
    for old, new in zip(first.parameters, second.parameters):
        new.data = old.data
    descend(first, 1)  # the state is a copy
    second.load_state_dict(state)
    assert second.steps == 3
    descend(second, 4)
    assert bits(second) == bits(whole)


def test_it_says_what_it_is():
    optimizer = Adam(leaves("values"), lr=linear_decay(0.1, 0.0, steps=10))
    descend(optimizer, 5)
    state = optimizer.state_dict()
    assert (state["kind"], state["steps"]) == ("Adam", 5)
    settings = {
        "lr": 0.05,
        "scheduled": True,
        "betas": (0.9, 0.999),
        "eps": 1e-8,
        "weight_decay": 0.0,
    }
    assert state["settings"] == settings
    assert [entry["count"] for entry in state["memory"]] == [5.0, 5.0]
    assert list(state["memory"][0]) == ["count", "mean", "mean_of_squares"]
    assert SGD(leaves("values"), 0.1).state_dict()["memory"] == [{}, {}]


def adam(kind="tensors", **options):
    optimizer = Adam(leaves(kind), **options)
    descend(optimizer, 2)
    return optimizer


def faults():
    def shape(state):
        state["memory"][0]["mean"] = np.zeros((3, 2), np.float32)

    def dtype(state):
        state["memory"][1]["mean"] = np.zeros(())

    def names(state):
        state["memory"][0].pop("count")

    def fewer(state):
        state["memory"].pop()

    return [
        (lambda state: state.update(kind="SGD"), "got the state of SGD; expected that of Adam"),
        (lambda state: state["settings"].pop("lr"), "lr of step 2 is not there in the state; expe"),
        (lambda state: state["settings"].update(scheduled=True), "that lr is a function of the st"),
        (lambda state: state["settings"].update(amsgrad=True), "amsgrad is True in the state; exp"),
        (lambda state: state["settings"].pop("eps"), "eps is not there in the state; expected 1e"),
        (shape, r"parameter 0 has a mean of float32 \(3, 2\); expected float32 \(2, 3\)"),
        (dtype, r"parameter 1 has a mean of float64 \(\); expected float32 \(\)"),
        (names, "parameter 0 has mean, mean_of_squares; expected count, mean, mean_of_squares"),
        (fewer, "it is of 1 parameters; expected 2"),
    ]


@pytest.mark.parametrize("change, message", faults())
def test_what_does_not_fit_is_named_and_nothing_changes(change, message):
    optimizer = Adam([leaves("tensors")[0], Tensor(np.float32(0.5), requires_grad=True)])
    descend(optimizer, 2)
    state = optimizer.state_dict()
    change(state)
    descend(optimizer, 1)
    before = repr(optimizer.state_dict())
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(state)
    assert repr(optimizer.state_dict()) == before


def test_a_rate_that_is_a_number_comes_back_and_may_be_assigned_afterwards():
    optimizer = adam()
    optimizer.lr = 0.25
    other = Adam(leaves("tensors"), lr=0.5)
    other.load_state_dict(optimizer.state_dict())
    assert (other.lr, other.steps) == (0.25, 2)
    other.lr = 0.5
    assert (other.lr, other.steps) == (0.5, 2)


def test_a_rate_that_is_a_function_is_compared_as_of_the_step_of_the_state():
    optimizer = Adam(leaves("values"), lr=linear_decay(0.1, 0.0, steps=10))
    descend(optimizer, 2)
    Adam(leaves("values"), lr=linear_decay(0.1, 0.0, steps=10)).load_state_dict(
        optimizer.state_dict()
    )
    with pytest.raises(ValueError, match=r"lr of step 2 is 0\.08 in the state; expected 0\.16"):
        Adam(leaves("values"), lr=linear_decay(0.2, 0.0, steps=10)).load_state_dict(
            optimizer.state_dict()
        )


@pytest.mark.parametrize("state", [None, {}, {"steps": 3}, [1, 2]])
def test_anything_else_is_no_state(state):
    with pytest.raises(TypeError, match=r"Adam\.load_state_dict\(\) got .*; expected what state_d"):
        adam().load_state_dict(state)


def test_values_do_not_take_the_memory_of_arrays():
    with pytest.raises(ValueError, match=r"has a mean of float32 \(2, 3\); expected float"):
        adam("values").load_state_dict(adam("tensors").state_dict())


def test_a_rule_of_ones_own_has_a_state():
    class Averaging(Optimizer):
        remembers = ("count", "mean")

        def __init__(self, parameters, lr, decay):
            self.decay = decay
            super().__init__(parameters, lr)

        def rule(self, xp, rate, x, g, *memory):
            count, mean = memory
            mean *= self.decay
            mean += g
            x -= rate * mean
            return x, count + 1.0, mean

    optimizer = Averaging(leaves("tensors"), 0.1, decay=0.5)
    descend(optimizer, 2)
    assert optimizer.state_dict()["settings"] == {"lr": 0.1, "scheduled": False, "decay": 0.5}
    other = Averaging(leaves("tensors"), 0.1, decay=0.5)
    other.load_state_dict(optimizer.state_dict())
    assert repr(other.memory) == repr(optimizer.memory)
