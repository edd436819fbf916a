"""Gradients cut to a common norm, of Values and of Tensors."""

import math

import numpy as np
import pytest

from autodiff import Tensor, Value
from autodiff.nn import MLP, Linear
from autodiff.optim import SGD, clip_grad_norm
from autodiff.optim.clipping import scale_grads


def parameters(kind, gradients, dtype=float):
    """Return parameters with these gradients."""
    if kind == "values":
        made = [Value(1.0) for _ in gradients]
        for p, g in zip(made, gradients):
            p.grad = float(g)
        return made
    halves = [np.array(part, dtype) for part in (gradients[:1], [gradients[1:]])]
    made = [Tensor(np.ones(half.shape, dtype), requires_grad=True) for half in halves]
    for p, half in zip(made, halves):
        p.grad = half
    return made


def gradients(made):
    return np.concatenate([np.ravel(p.grad) for p in made])


@pytest.mark.parametrize("kind", ["values", "tensors"])
def test_what_is_too_long_keeps_its_direction(kind):
    made = parameters(kind, [3.0, -4.0, 12.0])
    assert clip_grad_norm(made, 6.5) == pytest.approx(13.0)
    np.testing.assert_allclose(gradients(made), [1.5, -2.0, 6.0])


@pytest.mark.parametrize("kind", ["values", "tensors"])
@pytest.mark.parametrize("bound", [13.0, 100, np.float32(20.0), math.inf])
def test_what_is_short_enough_stays_to_the_bit(kind, bound):
    made = parameters(kind, [3.0, -4.0, 12.0])
    assert clip_grad_norm(made, bound) == 13.0
    assert gradients(made).tolist() == [3.0, -4.0, 12.0]


@pytest.mark.parametrize("kind", ["values", "tensors"])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_is_returned_and_left(kind, bad):
    made = parameters(kind, [3.0, bad, 12.0])
    assert not math.isfinite(clip_grad_norm(made, 1.0))
    np.testing.assert_array_equal(gradients(made), [3.0, bad, 12.0])


@pytest.mark.parametrize("dtype, large", [(np.float16, 3e4), (np.float32, 3e30), (float, 3e200)])
def test_squares_that_overflow_do_no_harm(dtype, large):
    made = parameters("tensors", [large, large, large], dtype)
    assert clip_grad_norm(made, 1.0) == pytest.approx(large * math.sqrt(3.0), rel=1e-2)
    np.testing.assert_allclose(gradients(made), 1.0 / math.sqrt(3.0), rtol=1e-2)
    assert all(p.grad.dtype == dtype for p in made)


def test_arrays_are_scaled_where_they_are_and_parameters_without_gradients_stay_so():
    layer = Linear(3, 2)
    layer(np.ones((4, 3), np.float32)).sum().backward()
    layer.bias.grad = None
    array = layer.weight.grad
    norm = clip_grad_norm(layer.parameters(), 0.5)
    assert layer.weight.grad is array
    assert norm > 0.5
    assert np.linalg.norm(array) == pytest.approx(0.5)
    assert layer.bias.grad is None
    model = MLP(2, [1])
    assert clip_grad_norm(model.parameters(), 1.0) == 0.0
    assert all(p.grad is p.blank for p in model.parameters())


@pytest.mark.parametrize("kind", ["values", "tensors"])
def test_gradients_that_are_graphs_stay_graphs(kind):
    x = Value(2.0) if kind == "values" else Tensor(2.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    assert clip_grad_norm([x], 6.0) == pytest.approx(12.0)
    assert float(x.grad.data) == pytest.approx(6.0)
    slope = x.grad
    x.zero_grad()
    slope.backward()
    assert float(x.grad) == pytest.approx(6.0 * 2.0 * 0.5)


@pytest.mark.parametrize("kind", ["values", "tensors"])
def test_a_forgotten_zero_grad_is_still_noticed(kind):
    x = Value(2.0) if kind == "values" else Tensor([2.0], requires_grad=True)
    optimizer = SGD([x], 0.1)

    def steps():
        for _ in range(2):
            (x * x).sum().backward() if kind == "tensors" else (x * x).backward()
            clip_grad_norm([x], 0.5)
            optimizer.step()

    with pytest.warns(RuntimeWarning, match="zero_grad"):
        steps()


def test_gradients_of_no_axes_stay_arrays():
    x = Tensor(3.0, requires_grad=True)
    (x * x).backward()
    scale_grads([x], 0.5)
    assert isinstance(x.grad, np.ndarray)
    assert x.grad == 3.0


@pytest.mark.parametrize("bound", [0.0, -1.0, math.nan, None, "1", True])
def test_a_bound_that_makes_no_sense_is_told(bound):
    with pytest.raises(ValueError, match=r"got max_norm=.*; expected a number above 0"):
        clip_grad_norm(parameters("values", [1.0]), bound)


def test_anything_but_parameters_is_told():
    model = Linear(2, 1)
    with pytest.raises(TypeError, match=r"write clip_grad_norm\(model\.parameters\(\), \.\.\.\)"):
        clip_grad_norm(model, 1.0)
