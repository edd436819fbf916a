"""Layers of Tensors: what a network for arrays is put together from.

    >>> model = Sequential(Linear(784, 50), ReLU(), Linear(50, 10))
    >>> scores = model(images)      # (n, 784) -> (n, 10)

Names, shapes and defaults are PyTorch's: a weight has the shape (outputs, inputs), a batch comes
first. Weights are float32 unless `dtype` says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import array_functions, functions
from ..tensor import Tensor
from .initialisers import generator, normal, uniform
from .module import Module

if TYPE_CHECKING:
    from collections.abc import Callable

    from .initialisers import Initialiser


def _tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x, copy=False)


def parameter(numbers: Any, dtype: Any = np.float32) -> Tensor:
    """Return a Tensor to be learnt."""
    return Tensor(np.asarray(numbers, dtype), requires_grad=True)


class Linear(Module):
    """x·Wᵀ + b: `nin` numbers to `nout`, along the last axis.

    `init` draws the weights (`initialisers`); the bias is drawn by the default one, from
    ±1/√nin, or starts at 0 if `init` is given. ValueError for another width.
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        bias: bool = True,
        init: Initialiser | None = None,
        dtype: Any = np.float32,
    ) -> None:
        self.weight = parameter((init or uniform())((nout, nin)), dtype)
        start = np.zeros(nout) if init else uniform(nin**-0.5)((nout,))
        self.bias = parameter(start, dtype) if bias else None

    def forward(self, x: Any) -> Tensor:
        x = _tensor(x)
        nout, nin = self.weight.shape
        if not x.ndim or x.shape[-1] != nin:
            raise ValueError(f"{self!r} got shape {x.shape}; expected (..., {nin})")
        flat = x if x.ndim == 2 else array_functions.reshape(x, (-1, nin) if x.size else (0, nin))
        y = functions.affine(flat, self.weight, *([] if self.bias is None else [self.bias]))
        return y if x.ndim == 2 else array_functions.reshape(y, (*x.shape[:-1], nout))

    def __repr__(self) -> str:
        nout, nin = self.weight.shape
        return f"Linear({nin}, {nout}{', bias=False' if self.bias is None else ''})"


class _Activation(Module):
    """A function of each number, without parameters."""

    name = ""
    function: Callable[[Any], Any]

    def forward(self, x: Any) -> Any:
        return type(self).function(_tensor(x))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ReLU(_Activation):
    """max(0, x)."""

    name, function = "relu", staticmethod(functions.relu)


class Tanh(_Activation):
    """tanh x."""

    name, function = "tanh", staticmethod(functions.tanh)


class Sigmoid(_Activation):
    """1/(1 + e⁻ˣ)."""

    name, function = "sigmoid", staticmethod(functions.sigmoid)


class GELU(_Activation):
    """x·Φ(x)."""

    name, function = "gelu", staticmethod(functions.gelu)


class LeakyReLU(_Activation):
    """x where x > 0, else slope·x."""

    name = "leaky_relu"

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, x: Any) -> Any:
        return functions.leaky_relu(_tensor(x), self.slope)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope:g})"


class Softmax(Module):
    """eˣ/Σeˣ along an axis. For training, give scores to `cross_entropy` and leave it out."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return array_functions.softmax(_tensor(x), self.axis)


class Flatten(Module):
    """All axes after the first in one."""

    def forward(self, x: Any) -> Any:
        return array_functions.flatten(_tensor(x), 1)


class Dropout(Module):
    """In training, each number is 0 with probability p, and the others grow by 1/(1 - p).

    (Srivastava et al., Dropout, 2014.) In evaluation it changes nothing.
    """

    def __init__(self, p: float = 0.5) -> None:
        if not 0.0 <= p < 1.0:
            raise ValueError(f"Dropout got p={p!r}; expected 0 ≤ p < 1")
        self.p = p

    def forward(self, x: Any) -> Any:
        return dropout(_tensor(x), self.p) if self.training else _tensor(x)

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"


def dropout(x: Any, p: float = 0.5) -> Any:
    """Return x with each number 0 with probability p, and the others divided by 1 - p."""
    x = _tensor(x)
    kept = generator().random(x.shape, np.float32) >= p
    return x * (kept.astype(x.dtype) / np.asarray(1.0 - p, x.dtype))


class Embedding(Module):
    """A row of numbers for each of `count` things: integers of any shape to (..., width)."""

    def __init__(self, count: int, width: int, dtype: Any = np.float32) -> None:
        self.weight = parameter(normal(1.0)((count, width)), dtype)

    def forward(self, index: Any) -> Any:
        return embedding(index, self.weight)

    def __repr__(self) -> str:
        return f"Embedding({self.weight.shape[0]}, {self.weight.shape[1]})"


def embedding(index: Any, weight: Any) -> Any:
    """Return the rows of weight at an array of integers; IndexError for one out of range."""
    index = index.numpy() if isinstance(index, Tensor) else np.asarray(index)
    count = weight.shape[0]
    if index.dtype.kind not in "iu":
        raise TypeError(f"embedding() got an index of {index.dtype}; expected integers")
    if index.size and not 0 <= index.min() <= index.max() < count:
        raise IndexError(
            f"embedding() got indices from {index.min()} to {index.max()}; expected 0 to"
            f" {count - 1}"
        )
    return array_functions.getitem(weight, index)


class Sequential(Module):
    """Layers one after the other: a Module, or any function of a Tensor.

    What goes wrong in one of them names it: layer1, layer2, …
    """

    def __init__(self, *layers: Any) -> None:
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        for number, layer in enumerate(self.layers, 1):
            try:
                x = layer(x)
            except ValueError as error:
                if str(error).startswith("layer"):
                    raise
                raise ValueError(f"layer{number}: {error}") from error
        return x

    def to_scalar(self) -> Any:
        """Return the same network of neurons (`conversion`)."""
        from .conversion import to_scalar

        return to_scalar(self)

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Any:
        return self.layers[index]

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"
