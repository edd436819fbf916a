"""Schedules: the learning rate as a function of the number of steps taken.

    >>> rate = linear(1.0, 0.1, steps=100)
    >>> rate(0), rate(50), rate(1000)
    (1.0, 0.55, 0.1)

An optimiser takes one for `lr` where it takes a number; so it takes any function of your own, as
`lr=lambda t: 0.1 / (t + 1)`. t counts the steps, from 0.
"""

from __future__ import annotations

import math

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable

    Schedule = Callable[[int], float]


def step_decay(rate: float, every: int, factor: float = 0.1) -> Schedule:
    """Return rate · factor^⌊t/every⌋: every so many steps the rate drops."""
    _check_steps("step_decay", "every", every)
    return lambda t: rate * factor ** (t // every)


def exponential(rate: float, factor: float) -> Schedule:
    """Return rate · factorᵗ."""
    return lambda t: rate * factor**t


def inverse_time(rate: float, decay: float) -> Schedule:
    """Return rate / (1 + decay·t): its sum is infinite and that of its squares is not.

    So stochastic gradients get anywhere, and settle (Robbins and Monro, A stochastic approximation
    method, 1951).
    """
    return lambda t: rate / (1.0 + decay * t)


def linear(start: float, stop: float, steps: int) -> Schedule:
    """Return start + (stop - start)·t/steps, and stop after so many steps."""
    _check_steps("linear", "steps", steps)
    return lambda t: start + (stop - start) * t / steps if t < steps else stop


def cosine(rate: float, steps: int, stop: float = 0.0) -> Schedule:
    """Return stop + (rate - stop)·(1 + cos πt/steps)/2, and stop after so many steps.

    (Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.)
    """
    _check_steps("cosine", "steps", steps)
    half = 0.5 * (rate - stop)
    return lambda t: stop + half * (1.0 + math.cos(math.pi * min(t, steps) / steps))


def warmup(steps: int, after: float | Schedule) -> Schedule:
    """Return a rate that grows for so many steps to where `after` starts, and then is that.

    `after` is a number or a schedule, which counts its own steps from 0.
    """
    _check_steps("warmup", "steps", steps)

    def rate(t: int) -> float:
        rest = after(max(0, t - steps)) if callable(after) else after
        return rest * min(1.0, (t + 1) / (steps + 1))

    return rate


def _check_steps(schedule: str, what: str, steps: int) -> None:
    if type(steps) is not int or steps < 1:
        raise ValueError(f"{schedule} got {what}={steps!r}; expected a whole number of at least 1")
