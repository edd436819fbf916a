"""Schedules of the learning rate, against PyTorch's numbers and closed forms."""

import pytest

from autodiff.optim import (
    cosine_decay,
    exponential_decay,
    inverse_time_decay,
    linear_decay,
    step_decay,
    warmup,
)

near = pytest.approx


@pytest.mark.parametrize(
    "schedule, rates",
    [  # computed with PyTorch 2.13: StepLR, ExponentialLR, LinearLR
        (step_decay(1.0, every=2, factor=0.5), [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]),
        (exponential_decay(1.0, 0.9), [1.0, 0.9, 0.81, 0.729]),
        (linear_decay(1.0, 0.2, steps=4), [1.0, 0.8, 0.6, 0.4, 0.2, 0.2]),
        # CosineAnnealingLR, which rises again after its end, where ours stays
        (
            cosine_decay(1.0, steps=4, stop=0.1),
            [1.0, 0.86819805153395, 0.55, 0.23180194846605, 0.1, 0.1],
        ),
        (inverse_time_decay(1.0, 0.5), [1.0, 1 / 1.5, 1 / 2.0, 1 / 2.5]),
        (warmup(3, after=1.0), [0.25, 0.5, 0.75, 1.0, 1.0]),
        (warmup(1, after=linear_decay(1.0, 0.0, steps=2)), [0.5, 1.0, 0.5, 0.0, 0.0]),
    ],
)
def test_a_schedule_gives_a_rate_for_each_step(schedule, rates):
    assert [schedule(t) for t in range(len(rates))] == near(rates)


@pytest.mark.parametrize(
    "build",
    [
        lambda: step_decay(1.0, every=0),
        lambda: linear_decay(1.0, 0.0, steps=2.5),
        lambda: cosine_decay(1.0, steps=-1),
        lambda: warmup(0, after=1.0),
    ],
)
def test_a_number_of_steps_is_at_least_one(build):
    with pytest.raises(ValueError, match="expected a whole number of at least 1"):
        build()
