"""Activations: layers without parameters that bend each number, and softmax.

    >>> ReLU()([-1.0, 2.0])
    Tensor([0., 2.])

They have the names of `ACTIVATIONS`, by which a neuron is asked for one. A plain function, as
`autodiff.tanh`, serves as a layer just as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import array_functions, functions
from ..tensor import Tensor
from .module import Module

if TYPE_CHECKING:
    from collections.abc import Callable


def as_tensor(x: Any) -> Tensor:
    """Return x as a Tensor that shares the numbers of an ndarray."""
    return x if isinstance(x, Tensor) else Tensor(x, copy=False)


class _Activation(Module):
    """A function of each number, without parameters."""

    name = ""
    function: Callable[[Any], Any]

    def forward(self, x: Any) -> Any:
        return type(self).function(as_tensor(x))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ReLU(_Activation):
    """max(0, x)."""

    name, function = "relu", staticmethod(Tensor.relu)


class Tanh(_Activation):
    """tanh x."""

    name, function = "tanh", staticmethod(Tensor.tanh)


class Sigmoid(_Activation):
    """1/(1 + e⁻ˣ)."""

    name, function = "sigmoid", staticmethod(Tensor.sigmoid)


class GELU(_Activation):
    """x·Φ(x)."""

    name, function = "gelu", staticmethod(Tensor.gelu)


class SiLU(_Activation):
    """x·sigmoid(x)."""

    name, function = "silu", staticmethod(Tensor.silu)


class ELU(_Activation):
    """x where x > 0, else eˣ - 1."""

    name, function = "elu", staticmethod(Tensor.elu)


class SELU(_Activation):
    """λx where x > 0, else λα(eˣ - 1): it keeps mean 0 and variance 1."""

    name, function = "selu", staticmethod(Tensor.selu)


class Softplus(_Activation):
    """log(1 + eˣ)."""

    name, function = "softplus", staticmethod(Tensor.softplus)


class Softsign(_Activation):
    """x/(1 + |x|)."""

    name, function = "softsign", staticmethod(Tensor.softsign)


class LeakyReLU(_Activation):
    """x where x > 0, else slope·x."""

    name = "leaky_relu"

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, x: Any) -> Any:
        return functions.leaky_relu(as_tensor(x), self.slope)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope:g})"


class Softmax(Module):
    """eˣ/Σeˣ along an axis. For training, give scores to `cross_entropy` and leave it out."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        return array_functions.softmax(as_tensor(x), self.axis)

    def __repr__(self) -> str:
        return "Softmax()" if self.axis == -1 else f"Softmax(axis={self.axis})"
