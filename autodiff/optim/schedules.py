"""Schedules: the learning rate as a function of the number of steps taken.

    >>> rate = linear_decay(1.0, 0.1, steps=100)
    >>> rate(0), rate(50), rate(1000)
    (1.0, 0.55, 0.1)

An optimiser takes one for `lr` where it takes a number; so it takes any function of your own, as
`lr=lambda t: 0.1 / (t + 1)`. t counts the steps, from 0. These can be printed, compared and
pickled.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class step_decay:
    """rate · factor^⌊t/every⌋: every so many steps the rate drops."""

    rate: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _check_steps(self, "every", self.every)

    def __call__(self, t: int) -> float:
        return float(self.rate * self.factor ** (t // self.every))


@dataclass(frozen=True)
class exponential_decay:
    """rate · factorᵗ, with a factor below 1."""

    rate: float
    factor: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.factor <= 1.0:
            raise ValueError(f"{self!r} expected a factor from 0 to 1")

    def __call__(self, t: int) -> float:
        return float(self.rate * self.factor**t)


@dataclass(frozen=True)
class inverse_time_decay:
    """rate / (1 + decay·t): its sum is infinite and that of its squares is not.

    So stochastic gradients get anywhere, and settle (Robbins and Monro, A stochastic approximation
    method, 1951).
    """

    rate: float
    decay: float

    def __call__(self, t: int) -> float:
        return self.rate / (1.0 + self.decay * t)


@dataclass(frozen=True)
class linear_decay:
    """start + (stop - start)·t/steps, and stop after so many steps."""

    start: float
    stop: float
    steps: int

    def __post_init__(self) -> None:
        _check_steps(self, "steps", self.steps)

    def __call__(self, t: int) -> float:
        if t >= self.steps:
            return self.stop
        return self.start + (self.stop - self.start) * t / self.steps


@dataclass(frozen=True)
class cosine_decay:
    """stop + (rate - stop)·(1 + cos πt/steps)/2, and stop after so many steps.

    (Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.)
    """

    rate: float
    steps: int
    stop: float = 0.0

    def __post_init__(self) -> None:
        _check_steps(self, "steps", self.steps)

    def __call__(self, t: int) -> float:
        angle = math.pi * min(t, self.steps) / self.steps
        return self.stop + 0.5 * (self.rate - self.stop) * (1.0 + math.cos(angle))


@dataclass(frozen=True)
class warmup:
    """A rate that grows for so many steps to where `after` starts, and then is that.

    `after` is a number or a schedule, which counts its own steps from 0.
    """

    steps: int
    after: float | Callable[[int], float]

    def __post_init__(self) -> None:
        _check_steps(self, "steps", self.steps)

    def __call__(self, t: int) -> float:
        rest = self.after(max(0, t - self.steps)) if callable(self.after) else self.after
        return rest * min(1.0, (t + 1) / (self.steps + 1))


def _check_steps(schedule: object, what: str, steps: int) -> None:
    try:
        fits = operator.index(steps) >= 1 and steps is not True
    except TypeError:
        fits = False
    if not fits:
        name = type(schedule).__name__
        raise ValueError(f"{name} got {what}={steps!r}; expected a whole number of at least 1")
