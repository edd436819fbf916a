"""Losses: PyTorch's numbers, slopes by check_grads, edges, shapes, messages."""

import math
from functools import partial

import numpy as np
import pytest

from autodiff import Tensor, Value, check_grads, log_softmax, sigmoid
from autodiff.nn import bce, bce_with_logits, cross_entropy, hinge, huber, l1, mse, nll

near = pytest.approx
SCORES = [[1.0, -2.0, 0.5], [0.1, 0.2, 3.0]]
SOFT = [[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]]
ROWS = [[-0.1, -2.0, -3.0], [-1.0, -1.1, -1.2]]


def values(numbers):
    return [values(x) if isinstance(x, list) else Value(x) for x in numbers]


def gradients(nested):
    return [gradients(x) if isinstance(x, list) else x.grad for x in nested]


# computed with PyTorch 2.13 in float64
PYTORCH = [
    (cross_entropy, SCORES, [2, 0], 2.0070991834318743,
     [[0.3018744480743129, 0.015029443784787011, -0.3169038918590999],
      [-0.47534433642086177, 0.027248722353520525, 0.4480956140673412]]),
    (cross_entropy, SCORES, SOFT, 2.2820991834318742,
     [[0.2018744480743129, -0.13497055621521298, -0.0669038918590999],
      [0.024655663579138246, -0.47275127764647945, 0.4480956140673412]]),
    (nll, ROWS, [1, 2], 1.6, [[0.0, -0.5, 0.0], [0.0, 0.0, -0.5]]),
    (bce, [0.2, 0.9, 0.5], [1.0, 0.0, 0.3], 1.5350567286626973,
     [-1.6666666666666663, 3.333333333333334, 0.26666666666666666]),
    (bce_with_logits, [0.2, 0.9, -3.0, -1000.0], [1.0, 0.0, 0.3, 1], 250.69697002392186,
     [-0.11254150067188051, 0.17773737565625097, -0.0631435317056083, -0.25]),
    (huber, [0.5, 1.0, -1.0, 3.0], [0.0] * 4, 0.90625, [0.125, 0.25, -0.25, 0.25]),
    (partial(huber, delta=0.5), [0.4, -2.0], [0.0, 0.0], 0.4775, [0.2, -0.25]),
    (l1, [0.0, 2.0, 3.0], [0.0, 1.0, 5.0], 1.0, [0.0, 1 / 3, -1 / 3]),
    (mse, [1.0, 2.0], [0.0, 4], 2.5, [1.0, -2.0]),
    (hinge, [0.5, -2.0, 3.0, -1.0], [1, 1, 1, -1.0], 0.875, [-0.25, -0.25, 0.0, 0.0]),
]  # fmt: skip
IDS = [f"{getattr(case[0], '__name__', 'huber')}{i}" for i, case in enumerate(PYTORCH)]


def flat(nested):
    return [y for x in nested for y in flat(x)] if isinstance(nested, list) else [nested]


@pytest.mark.parametrize("loss, predictions, targets, value, slopes", PYTORCH, ids=IDS)
def test_values_and_gradients_are_those_of_pytorch(loss, predictions, targets, value, slopes):
    leaves = values(predictions)
    result = loss(leaves, targets)
    result.backward()
    assert result.data == near(value)
    assert flat(gradients(leaves)) == near(flat(slopes))
    plain = loss(predictions, targets)
    assert type(plain) is float
    assert plain == near(value)
    assert loss(np.array(predictions), np.array(targets)) == near(value)


@pytest.mark.parametrize(
    "loss, predictions, targets",
    [
        (mse, [1.0, 2.0], [0.0, 4.0]),
        (l1, [0.3, 2.0], [0.0, 4.0]),
        (huber, [0.3, 2.5], [0.0, 4.5]),
        (hinge, [0.5, -2.0, 3.0], [1, 1, 1]),
        (bce, [0.2, 0.9], [1.0, 0.3]),
        (bce_with_logits, [0.2, -0.9], [1.0, 0.3]),
        (cross_entropy, SCORES, [2, 0]),
        (cross_entropy, SCORES, SOFT),
        (nll, ROWS, [1, 2]),
    ],
)
def test_slopes_are_right_to_second_order(loss, predictions, targets):
    check_grads(lambda p: loss(p, targets), (predictions,), order=2)


def test_targets_may_need_gradients_too():
    check_grads(bce, ([0.2, 0.9], [0.6, 0.3]), order=2)
    check_grads(mse, ([0.2, 0.9], [0.6, 0.3]), order=2)
    check_grads(bce_with_logits, ([0.2, 0.9], [0.6, 0.3]), order=2)


def test_a_loss_of_one_prediction_needs_no_brackets():
    assert mse(Value(3.0), 1).data == 4.0
    assert hinge(Value(3.0), -1).data == 4.0
    assert cross_entropy(values(SCORES[0]), 2).data == cross_entropy(SCORES[0], 2)
    assert mse([[Value(3.0)], [Value(1.0)]], [[1], [1]]).data == 2.0


def test_losses_do_not_cancel():
    """To the digits of an account in 50 digits, where the plain formula keeps few or none."""
    for z, t, value, slope in [
        (20.0, 1, 2.0611536181902037e-09, -2.0611536139418493e-09),
        (-20.0, 0, 2.0611536181902037e-09, 2.0611536139418493e-09),
        (40.0, 1, 4.248354255291589e-18, -4.248354255291589e-18),
        (0.5, 0.25, 0.8490769841797903, 0.3724593312018546),
    ]:
        leaf = Value(z)
        loss = bce_with_logits(leaf, t)
        loss.backward()
        assert loss.data == near(value, rel=1e-15)
        assert leaf.grad == near(slope, rel=1e-15)
    assert cross_entropy([1e10, 1e10 - 1], 0) == near(math.log1p(math.exp(-1)), rel=1e-15)
    assert cross_entropy([1e16, 1e16 - 2], 0) == near(math.log1p(math.exp(-2)), rel=1e-15)
    assert bce(1e-17, 0) == 1e-17


def test_soft_targets_need_not_sum_to_one():
    z = [1.0, 2.0, 3.0]
    expected = -0.5 * log_softmax(z)[0]
    assert cross_entropy(z, [0.5, 0.0, 0.0]) == near(expected)
    assert cross_entropy(Tensor([z]), [[0.5, 0.0, 0.0]]).item() == near(expected)
    masked = Value(1.0)
    cross_entropy([masked, 2.0], [0.0, 0.0]).backward()
    assert masked.grad == 0.0


@pytest.mark.parametrize("loss, predictions, targets, value, slopes", PYTORCH, ids=IDS)
def test_tensors_have_the_same_losses(loss, predictions, targets, value, slopes):
    leaf = Tensor(predictions, requires_grad=True)
    result = loss(leaf, targets)
    result.backward()
    assert result.item() == near(value)
    assert leaf.grad == near(np.array(slopes))
    single = Tensor(np.float32(predictions), requires_grad=True)
    result = loss(single, np.array(targets))
    result.backward()
    assert result.dtype == single.grad.dtype == np.float32


def test_tensors_of_other_shapes_are_refused():
    x = Tensor(np.ones((4, 1)))
    with pytest.raises(ValueError, match=r"shape \(4, 1\) and targets of shape \(4,\)"):
        mse(x, np.ones(4))
    z = Tensor(np.ones((4, 3)))
    for targets in ([0, 1, 2], [[0, 1]] * 4, [[0.5, 0.5]] * 4, 1):
        with pytest.raises(ValueError, match=r"scores of shape \(4, 3\) and targets of shape"):
            cross_entropy(z, targets)
    for loss in (cross_entropy, nll):
        with pytest.raises(ValueError, match=r"got the target 3 for 3 scores; .* from 0 to 2"):
            loss(z, [0, 1, 3, 2])
    with pytest.raises(ValueError, match="classes of float64"):
        cross_entropy(z, [0.0, 1.0, 2.0, 0.0])


def test_numbers_in_odd_clothes_are_numbers_and_others_are_refused():
    assert mse(np.array(1.0), 2.0) == 1.0
    assert mse([np.array(1.0)], [np.float32(2.0)]) == 1.0
    assert cross_entropy([1.0, 1.0], np.array(1)) == near(math.log(2))
    for bad in (["ab"], None, map(float, [1.0]), [None]):
        with pytest.raises((TypeError, ValueError), match=r"mse\(\) got"):
            mse(bad, [1.0])


def test_the_losses_of_logits_are_those_of_probabilities():
    z = [0.3, -1.2]
    assert bce_with_logits(z, [1, 0]) == near(bce([sigmoid(x) for x in z], [1, 0]))
    rows = [log_softmax(row) for row in SCORES]
    assert cross_entropy(SCORES, [2, 0]) == near(nll(rows, [2, 0]))


def test_edges_are_those_of_the_table():
    for p, t, value, slope in [(0.0, 1.0, 100.0, -1e12), (1.0, 1.0, 0.0, 0.0)]:
        x = Value(p)
        y = bce(x, t)
        y.backward()
        assert (y.data, x.grad) == (value, slope)
    z = Value(-1000.0)
    y = bce_with_logits(z, 1)
    y.backward()
    assert (y.data, z.grad) == (1000.0, -1.0)
    x = Value(0.0)
    l1(x, 0.0).backward()
    assert x.grad == 0.0
    x = Value(1.0)
    huber(x, 0.0).backward()
    assert x.grad == 1.0
    assert cross_entropy([1000.0, 0.0], 0) == 0.0
    assert cross_entropy([-math.inf, 0.0], 1) == 0.0


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: mse([1.0], [1.0, 2.0]), r"a list of 1 as prediction and a list of 2 as target"),
        (lambda: mse([1.0], 1.0), r"a list of 1 as prediction and one number as target"),
        (lambda: l1([], []), r"l1\(\) got no predictions"),
        (lambda: hinge([1.0, 2.0], [0, 1]), r"target 0; expected -1 or 1; .* make 2\*y - 1"),
        (lambda: hinge([1.0], [5]), r"got the target 5; expected -1 or 1$"),
        (lambda: huber([1.0], [1.0], delta=0), "delta=0; expected a number above 0"),
        (lambda: bce([0.5], [2.0]), r"bce\(\) got the target 2; expected a probability"),
        (lambda: bce_with_logits([0.5], [-1]), r"target -1; expected a probability from 0 to 1"),
        (
            lambda: cross_entropy(SCORES, [2, 3]),
            r"target 3 for 3 scores; expected an int from 0 to 2",
        ),
        (lambda: cross_entropy(SCORES, [2, -1]), r"target -1 for 3 scores"),
        (lambda: cross_entropy(SCORES, [2, 0.5]), r"target 0.5 for 3 scores"),
        (lambda: cross_entropy(SCORES, [2]), r"got 2 lists of scores and 1 targets"),
        (lambda: cross_entropy(SCORES, 2), r"got 2 lists of scores and one targets"),
        (lambda: cross_entropy(1.0, 0), r"got 1.0; expected a list of scores"),
        (lambda: nll([], []), r"nll\(\) got \[\]; expected a list of scores"),
    ],
)
def test_what_does_not_fit_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_cross_entropy_of_scores_in_any_order_of_memory():
    scores = np.random.default_rng(0).normal(size=(5, 3))
    classes = np.array([0, 2, 1, 1, 0])
    found = []
    for numbers in (scores, np.asfortranarray(scores), np.repeat(scores, 2, 1)[:, ::2]):
        z = Tensor(numbers, requires_grad=True, copy=False)
        loss = cross_entropy(z, classes)
        loss.backward()
        found.append((loss.item(), z.grad.tolist()))
    assert found[0] == found[1] == found[2]
    assert abs(np.sum(found[0][1])) < 1e-15
