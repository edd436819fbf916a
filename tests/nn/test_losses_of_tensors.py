"""Losses of Tensors against those of lists of Values, also where numbers are infinite."""

import math

import numpy as np
import pytest

from autodiff import Tensor
from autodiff.nn import bce, bce_with_logits, cross_entropy, hinge, huber, l1, mse, nll

from .test_losses import gradients, values

near = pytest.approx
INF, NAN = math.inf, math.nan
EDGES = [
    (cross_entropy, [[-INF, 0.0, 1.0]], [1]),
    (cross_entropy, [[-INF, 0.0, 1.0]], [[0.0, 0.5, 0.5]]),
    (cross_entropy, [[-INF, 0.0, 1.0]], [0]),
    (cross_entropy, [[INF, 0.0, 1.0]], [0]),
    (cross_entropy, [[INF, 0.0, 1.0]], [1]),
    (cross_entropy, [[NAN, 0.0, 1.0]], [1]),
    (cross_entropy, [[-INF, -INF]], [1]),
    (cross_entropy, [[1000.0, 0.0], [0.0, -1000.0]], [1, 1]),
    (nll, [[-INF, 0.0, 1.0]], [1]),
    (nll, [[-INF, 0.0, 1.0]], [[0.0, 0.5, 0.5]]),
    (nll, [[-INF, 0.0, 1.0]], [0]),
    (bce, [0.0, 1.0, 0.0, 1.0, 0.3], [0.0, 0.0, 1.0, 1.0, 0.5]),
    (bce_with_logits, [1000.0, -1000.0, 0.0], [0.0, 1.0, 0.5]),
    (huber, [1.0, 0.0, -1.0, INF], [0.0] * 4),
    (l1, [0.0, 1.0], [0.0, 0.0]),
    (hinge, [1.0, 0.0], [1, -1]),
    (mse, [1e200, 0.0], [0.0, 0.0]),
]


@pytest.mark.parametrize("loss, predictions, targets", EDGES)
def test_at_the_edges_tensors_do_what_lists_do(loss, predictions, targets):
    leaf, leaves = Tensor(predictions, requires_grad=True), values(predictions)
    array, value = loss(leaf, targets), loss(leaves, targets)
    array.backward()
    value.backward()
    assert array.item() == near(value.data, nan_ok=True)
    assert leaf.grad == near(np.array(gradients(leaves)), nan_ok=True)


def test_a_masked_score_that_is_not_the_target_costs_nothing():
    """As when one masks moves that are not allowed; 0 · ∞ is 0 here."""
    for z in ([[-INF, 0.0, 1.0]], Tensor([[-INF, 0.0, 1.0]])):
        for t in ([1], [[0.0, 1.0, 0.0]]):
            assert float(cross_entropy(z, t)) == near(math.log1p(math.e))
            assert float(nll(z, t)) == 0.0


def test_batches_of_more_axes_and_lists_of_tensors():
    z = np.random.default_rng(0).normal(size=(2, 3, 4))
    t = np.array([[0, 1, 2], [3, 0, 1]])
    expected = cross_entropy(z.reshape(6, 4), t.ravel())
    assert cross_entropy(Tensor(z), t).item() == near(expected)
    assert cross_entropy(Tensor(z), Tensor(t)).item() == near(expected)
    assert cross_entropy(Tensor(z), np.eye(4)[t]).item() == near(expected)
    assert cross_entropy(Tensor(z[0, 0]), 2).item() == near(cross_entropy(z[0, 0].tolist(), 2))
    assert mse([Tensor(1.0), Tensor(3.0)], [1.0, 2.0]).item() == 0.5


def test_classes_are_copied_as_the_caller_may_fill_the_array_anew():
    z = Tensor(np.zeros((1, 3)), requires_grad=True)
    classes = np.array([0])
    loss = cross_entropy(z, classes)
    classes[:] = 2
    loss.backward()
    np.testing.assert_allclose(z.grad, [[-2 / 3, 1 / 3, 1 / 3]])
