"""Normalisation: numbers of mean 0 and variance 1, then stretched and shifted as is learnt.

    >>> model = Sequential(Linear(784, 50), BatchNorm1d(50), ReLU(), Linear(50, 10))

y = weight·(x - mean)/√(var + eps) + bias, with the variance over n, as PyTorch has it.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .. import array_functions, functions
from ..graph import altered, modes
from ..tensor import Tensor
from .activations import as_tensor
from .initialisers import check_width
from .layers import parameter
from .module import Module


class _BatchNorm(Module):
    """Normalise each of `width` features over all other axes of a batch (n, width, ...).

    In training the moments are those of the batch, and running means of them are kept (new =
    (1 - momentum)·old + momentum·batch, the variance over n - 1); in evaluation the running ones
    serve. (Ioffe and Szegedy, Batch normalization, 2015.)
    """

    further: ClassVar[dict[int, str]]  # number of axes -> those after (n, width

    def __init__(
        self, width: int, eps: float = 1e-5, momentum: float = 0.1, dtype: Any = np.float32
    ) -> None:
        width = check_width(type(self).__name__, width)
        self.weight, self.bias = parameter(np.ones(width), dtype), parameter(np.zeros(width), dtype)
        self.running_mean = Tensor(np.zeros(width, dtype))
        self.running_var = Tensor(np.ones(width, dtype))
        self.eps, self.momentum = eps, momentum

    def forward(self, x: Any) -> Any:
        x = as_tensor(x)
        width = self.weight.size
        if x.ndim not in self.further or x.shape[1] != width:
            expected = " or ".join(f"(n, {width}{axes})" for axes in self.further.values())
            raise ValueError(f"{self!r} got shape {x.shape}; expected {expected}")
        axes = (0, *range(2, x.ndim))
        shape = (width, *(1,) * (x.ndim - 2))
        if self.training:
            count = x.size // width
            if count < 2:
                raise ValueError(
                    f"{self!r} got shape {x.shape}, {count} numbers for each feature; expected two"
                    " or more in training"
                )
            mean = array_functions.mean(x, axes, keepdims=True)
            centred = x - mean
            var = array_functions.mean(functions.square(centred), axes, keepdims=True)
            if altered and modes.trace is not None:
                modes.trace.effect(self._keep, mean, var, count)
            else:
                self._keep(mean.array, var.array, count)
        else:
            centred = x - self.running_mean.reshape(shape)
            var = self.running_var.reshape(shape)
        scale = self.weight.reshape(shape) / functions.sqrt(var + self.eps)
        return centred * scale + self.bias.reshape(shape)

    def _keep(self, mean: Any, var: Any, count: int) -> None:
        mean, var = mean.ravel(), var.ravel() * (count / (count - 1))
        # New arrays in place of the old ones, which what was computed from them may still hold: so
        # nothing recorded has changed.
        for running, batch in ((self.running_mean, mean), (self.running_var, var)):
            kept = (1.0 - self.momentum) * running.array + self.momentum * batch
            running.array = kept.astype(running.dtype, copy=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.weight.size})"


class BatchNorm1d(_BatchNorm):
    """Normalise each feature over the batch, (n, width), and over a third axis if there is one."""

    further: ClassVar[dict[int, str]] = {2: "", 3: ", length"}


class BatchNorm2d(_BatchNorm):
    """Normalise each channel over the batch and the places of its images, (n, width, h, w)."""

    further: ClassVar[dict[int, str]] = {4: ", h, w"}


class LayerNorm(Module):
    """Normalise each sample over its last `width` numbers (Ba, Kiros and Hinton, 2016)."""

    def __init__(self, width: int, eps: float = 1e-5, dtype: Any = np.float32) -> None:
        width = check_width("LayerNorm", width)
        self.weight, self.bias = parameter(np.ones(width), dtype), parameter(np.zeros(width), dtype)
        self.eps = eps

    def forward(self, x: Any) -> Any:
        x = as_tensor(x)
        width = self.weight.size
        if not x.ndim or x.shape[-1] != width:
            raise ValueError(f"{self!r} got shape {x.shape}; expected (..., {width})")
        centred = x - array_functions.mean(x, -1, keepdims=True)
        var = array_functions.mean(functions.square(centred), -1, keepdims=True)
        return centred / functions.sqrt(var + self.eps) * self.weight + self.bias

    def __repr__(self) -> str:
        return f"LayerNorm({self.weight.size})"
