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

# The same as methods, which are faster on Values.
_METHODS = {name: getattr(Value, name) for name in ACTIVATIONS if name != "linear"}
_METHODS["linear"] = Value.__pos__


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

    def __call__(self, x: Any) -> Any:
        """Return the neuron's output for the numbers or Values x, or for a list of samples x.

        ValueError for another width.
        """
        return _called([[self]], x, [repr(self)])

    def __repr__(self) -> str:
        name = {"relu": "ReLU"}.get(self.activation, self.activation.capitalize())
        return f"{name}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons side by side, each of `nin` inputs."""

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        _check_width("Layer", nout)
        self.neurons = [Neuron(nin, **options) for _ in range(nout)]

    def __call__(self, x: Any) -> Any:
        """Return the list of the neurons' outputs; the one output of a layer of one neuron.

        Of a list of samples x it is a list of these. ValueError for another width.
        """
        return _called([self.neurons], x, [repr(self)])

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

    def __call__(self, x: Any) -> Any:
        """Return the last layer's output for the numbers or Values x.

        Of a list of samples x it is the list of their outputs, and faster than these one by one.
        ValueError for another width, naming the layer.
        """
        layers = [layer.neurons for layer in self.layers]
        names = [
            f"layer{i} of the MLP, {len(neurons)} neurons of {len(neurons[0].w)} inputs,"
            for i, neurons in enumerate(layers, 1)
        ]
        return _called(layers, x, names)

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"


def _called(layers: Sequence[Sequence[Neuron]], x: Any, names: Sequence[str]) -> Any:
    """Return what the layers, one after the other, make of one sample or of each of a list."""
    if getattr(x, "ndim", 0):
        x = x.tolist()
    if not hasattr(x, "__len__"):
        x = [x]  # of a single input one may leave off the brackets
    many = len(x) > 0 and hasattr(x[0], "__len__")
    outputs = list(x) if many else [x]
    for neurons, name in zip(layers, names):
        outputs = _outputs(neurons, outputs, name)
    shaped = [out[0] if len(out) == 1 else out for out in outputs]
    return shaped if many else shaped[0]


def _outputs(neurons: Sequence[Neuron], samples: list[Any], name: str) -> list[list[Any]]:
    width = len(neurons[0].w)
    for index, sample in enumerate(samples):
        if len(sample) != width:
            which = f" in sample {index}" if len(samples) > 1 else ""
            raise ValueError(f"{name} got {len(sample)} numbers{which}; expected {width}")
    sums = functions.linear(samples, [n.w for n in neurons], [n.b for n in neurons])
    table = _METHODS if all(type(z) is Value for z in sums[0]) else ACTIVATIONS
    activations = [table[n.activation] for n in neurons]
    return [[f(z) for f, z in zip(activations, zs)] for zs in sums]


def _check_width(role: str, width: Any) -> None:
    if type(width) is not int or width < 1:
        raise ValueError(f"{role} got a width of {width!r}; expected a whole number of at least 1")
