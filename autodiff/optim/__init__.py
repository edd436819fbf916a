"""Optimisers, which turn gradients into steps, and schedules of their learning rates.

    >>> from autodiff import optim
    >>> optimizer = optim.SGD(model.parameters(), lr=optim.linear_decay(1.0, 0.1, steps=100))
    >>> optimizer.zero_grad()
    >>> loss.backward()
    >>> optimizer.step()

They work on Values, and on Tensors by the same formulas.
"""

from .clipping import clip_grad_norm
from .optimizer import Optimizer
from .rules import SGD, AdaGrad, Adam, AdamW, RMSProp
from .schedules import (
    cosine_decay,
    exponential_decay,
    inverse_time_decay,
    linear_decay,
    step_decay,
    warmup,
)

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSProp",
    "clip_grad_norm",
    "cosine_decay",
    "exponential_decay",
    "inverse_time_decay",
    "linear_decay",
    "step_decay",
    "warmup",
]
