"""What is right depends on the loss."""

import numpy as np
import pytest

from autodiff import Tensor, Value, nn
from autodiff.training import evaluate
from autodiff.training.accuracy import count, rule_for

SCORES = [[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]


def values(numbers):
    return [values(x) for x in numbers] if isinstance(numbers, list) else Value(float(numbers))


@pytest.mark.parametrize("made", [values, Tensor], ids=["values", "tensor"])
@pytest.mark.parametrize(
    "loss, predictions, targets, right",
    [
        (nn.cross_entropy, SCORES, [1, 0, 0], 2),
        (nn.cross_entropy, SCORES, [[0.0, 1.0], [1.0, 0.0], [0.4, 0.6]], 3),
        (nn.nll, SCORES, [0, 0, 0], 1),
        (nn.hinge, [0.5, -2.0, 1.0], [1, -1, -1], 2),
        (nn.bce_with_logits, [0.5, -2.0, 0.1], [1, 0, 0], 2),
        (nn.bce, [0.6, 0.4, 0.4], [1, 0, 1], 2),
        (lambda scores, y: nn.cross_entropy(scores, y), SCORES, [1, 0, 0], 2),
        (nn.mse, [0.5, -2.0, 1.0], [0.5, -2.0, 1.0], None),
        (lambda p, t: nn.mse(p, t), [1.0, 2.0], [1, 2], None),
    ],
)
def test_predictions_are_counted_by_the_rule_of_the_loss(made, loss, predictions, targets, right):
    assert count(rule_for(loss, None), made(predictions), np.array(targets)) == right


def test_a_rule_of_ones_own_says_of_each_sample_or_of_all_whether_they_are_right():
    near = rule_for(nn.mse, lambda p, t: np.abs(p.numpy() - t) < 0.5)
    assert count(near, Tensor([1.0, 2.0, 3.0]), np.array([1.2, 2.0, 9.0])) == 2.0
    share = rule_for(nn.mse, lambda p, t: 0.25)
    assert count(share, Tensor([1.0, 2.0, 3.0, 4.0]), np.zeros(4)) == 1.0


def test_evaluate_takes_the_mean_over_batches_and_leaves_the_mode():
    model = nn.Sequential(nn.Linear(2, 2, dtype="float64"), nn.Dropout(0.5))
    x, y = np.random.default_rng(0).normal(size=(10, 2)), np.arange(10) % 2
    loss, share = evaluate(model, x, y, batch_size=3)
    assert model.training
    scores = model.eval()(x)
    assert loss == pytest.approx(nn.cross_entropy(scores, y).item(), rel=1e-12)
    assert share == (scores.numpy().argmax(1) == y).mean()
    evaluate(model, x, y)
    assert not model.training
    assert evaluate(model, x, x, loss=nn.mse)[1] is None
