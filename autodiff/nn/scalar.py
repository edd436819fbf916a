"""Neurons, layers and perceptrons on Values: the network that one can draw.

    >>> from autodiff.nn import Neuron
    >>> neuron = Neuron(3, activation="tanh")
    >>> neuron([1.0, -2.0, 0.5])
    Value(data=..., grad=0.0)

A neuron is tanh(w·x + b), with the sum as one `dot` node: fewer nodes to record and to sweep than
the three products and three additions that it stands for.
"""

from __future__ import annotations

import random

from .. import functions
from ..value import Value
from .module import Module

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

# The activations that a neuron can be asked for, by name.
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "relu": functions.relu,
    "leaky_relu": functions.leaky_relu,
    "elu": functions.elu,
    "selu": functions.selu,
    "gelu": functions.gelu,
    "silu": functions.silu,
    "softplus": functions.softplus,
    "softsign": functions.softsign,
    "sigmoid": functions.sigmoid,
    "tanh": functions.tanh,
}


class Neuron(Module):
    """activation(w·x + b), of `nin` inputs.

    Weights are drawn uniformly from (-1, 1), by `rng` or else by Python's own `random`; the bias
    starts at 0. `activation` is one of ACTIVATIONS; nonlin=False means "linear".
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        activation: str = "relu",
        rng: random.Random | None = None,
    ) -> None:
        _check_width("Neuron", nin)
        if activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"Neuron got activation={activation!r}; expected one of {known}")
        draw = (rng or random).uniform
        self.w = [Value(draw(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.activation = activation if nonlin else "linear"

    def __call__(self, x: Sequence[Any]) -> Any:
        """Return the neuron's output for the numbers or Values x; ValueError for another width."""
        if len(x) != len(self.w):
            raise ValueError(f"{self!r} got {len(x)} numbers; expected {len(self.w)}")
        return ACTIVATIONS[self.activation](functions.dot(self.w, x, self.b))

    def __repr__(self) -> str:
        name = {"relu": "ReLU"}.get(self.activation, self.activation.capitalize())
        return f"{name}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons side by side, each of `nin` inputs."""

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        _check_width("Layer", nout)
        self.neurons = [Neuron(nin, **options) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> Any:
        """Return the list of the neurons' outputs; the one output of a layer of one neuron."""
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron: layers of the widths `nouts`, the last one linear."""

    def __init__(self, nin: int, nouts: Sequence[int], **options: Any) -> None:
        _check_width("MLP", nin)
        widths = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [
            Layer(widths[i], widths[i + 1], **{"nonlin": i != last, **options})
            for i in range(len(nouts))
        ]

    def __call__(self, x: Sequence[Any]) -> Any:
        """Return the last layer's output for the numbers or Values x."""
        for number, layer in enumerate(self.layers, 1):
            wide = x if hasattr(x, "__len__") else [x]  # a layer of one neuron gives one Value
            expected = len(layer.neurons[0].w)
            if len(wide) != expected:
                raise ValueError(
                    f"layer{number} of the MLP, {len(layer.neurons)} neurons of {expected} inputs,"
                    f" got {len(wide)} numbers; expected {expected}"
                )
            x = layer(wide)
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"


def _check_width(role: str, width: Any) -> None:
    if type(width) is not int or width < 1:
        raise ValueError(f"{role} got a width of {width!r}; expected a whole number of at least 1")
