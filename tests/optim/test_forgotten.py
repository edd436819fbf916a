"""On Tensors: a forgotten zero_grad, and graphs from before a step."""

import numpy as np
import pytest

from autodiff import Tensor
from autodiff.nn import Linear, ReLU, Sequential, mse
from autodiff.optim import SGD, Adam


def descend(optimizer, x, steps):
    for _ in range(steps):
        (x * x).sum().backward()
        optimizer.step()


def test_a_forgotten_zero_grad_is_told_once():
    x = Tensor([10.0, 1.0], requires_grad=True)
    with pytest.warns(RuntimeWarning, match=r"SGD.step\(\) got gradients that still hold") as found:
        descend(SGD([x], lr=0.1), x, 5)
    assert len(found) == 1


def test_a_gradient_that_was_scaled_is_still_one_that_was_used():
    x = Tensor([10.0], requires_grad=True)
    optimizer = SGD([x], lr=0.1)
    descend(optimizer, x, 1)
    (x * x).sum().backward()
    x.grad = x.grad * 0.5
    with pytest.warns(RuntimeWarning, match="zero_grad"):
        optimizer.step()


def test_gradients_may_add_up_before_a_step_or_be_meant():
    x = Tensor([10.0], requires_grad=True)
    optimizer = SGD([x], lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        for _ in range(4):
            (x * x).sum().backward()
        optimizer.step()
    assert x.data == pytest.approx([10.0 * 0.2**2])
    descend(SGD([x], lr=0.01, accumulate=True), x, 3)


@pytest.mark.parametrize("way", ["zero_grad", "model", "none", "zeros", "in place"])
def test_whoever_zeroes_the_gradients_there_is_no_warning(way):
    model = Sequential(Linear(1, 2), ReLU(), Linear(2, 1))
    optimizer = Adam(model.parameters())
    for _ in range(3):
        for p in model.parameters():
            if way == "zero_grad":
                p.zero_grad()
            elif way == "none":
                p.grad = None
            elif way == "zeros":
                p.grad = np.zeros_like(p.data)
            elif way == "in place" and p.grad is not None:
                p.grad[...] = 0.0
        if way == "model":
            model.zero_grad()
        mse(model(np.float32([[1.0]])), [[1.0]]).backward()
        optimizer.step()


def test_a_second_step_on_the_same_gradient_is_no_forgotten_zero_grad():
    x = Tensor([10.0], requires_grad=True)
    optimizer = SGD([x], lr=0.1)
    (x * x).sum().backward()
    optimizer.step()
    optimizer.step()
    assert x.data == [6.0]


def test_a_step_without_any_gradient_is_told():
    with pytest.warns(RuntimeWarning, match="found no gradient"):
        SGD(Linear(2, 1).parameters(), lr=0.1).step()


def test_backward_through_a_graph_from_before_the_step_raises():
    x = Tensor([10.0], requires_grad=True, label="x")
    loss = (x * x).sum()
    loss.backward()
    SGD([x], lr=0.1).step()
    with pytest.raises(RuntimeError, match=r"the tensor 'x' of shape \(1,\) was changed after"):
        loss.backward()


def test_gradients_that_are_graphs_can_be_stepped_on():
    x = Tensor([0.5, 1.0], requires_grad=True)
    optimizer = SGD([x], lr=0.1)
    x.tanh().sum().backward(create_graph=True)
    slope = x.grad.data
    optimizer.step()
    assert np.array_equal(x.data, np.array([0.5, 1.0]) - 0.1 * slope)
    x.tanh().sum().backward(create_graph=True)
    with pytest.warns(RuntimeWarning, match="zero_grad"):
        optimizer.step()
