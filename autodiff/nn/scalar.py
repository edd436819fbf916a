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
from ..wording import clipped, shown
from .initialisers import check_width
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
        nin = check_width("Neuron", nin)
        if activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(
                f"Neuron got activation={clipped(activation)}; expected one of {known}"
            )
        if isinstance(nonlin, str):  # which would be true, whatever it says
            raise TypeError(
                f"Neuron got nonlin={nonlin!r}; expected True or False: write activation={nonlin!r}"
            )
        draw = (rng or random).uniform
        self.w = [Value(draw(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.activation = activation if nonlin else "linear"

    def __call__(self, x: Any) -> Any:
        """Return the neuron's output for the numbers or Values x, or for a list of samples x.

        ValueError for another width.
        """
        return _called([self], x, [repr(self)])

    @property
    def nonlin(self) -> bool:
        """Whether there is an activation. Set to False, there is none; to True, it is ReLU."""
        return self.activation != "linear"

    @nonlin.setter
    def nonlin(self, wanted: bool) -> None:
        if wanted != self.nonlin:
            self.activation = "relu" if wanted else "linear"

    def __repr__(self) -> str:
        words = self.activation.split("_")
        names = {"relu": "ReLU", "elu": "ELU", "selu": "SELU", "gelu": "GELU", "silu": "SiLU"}
        name = "".join(names.get(word, word.capitalize()) for word in words)
        return f"{name}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons side by side, each of `nin` inputs."""

    def __init__(self, nin: int, nout: int, **options: Any) -> None:
        nout = check_width("Layer", nout)
        self.neurons = [Neuron(nin, **options) for _ in range(nout)]

    def __call__(self, x: Any) -> Any:
        """Return the list of the neurons' outputs; the one output of a layer of one neuron.

        Of a list of samples x it is a list of these. ValueError for another width.
        """
        return _called([self], x, [repr(self)])

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """A multi-layer perceptron: layers of the widths `nouts`, the last one linear."""

    def __init__(self, nin: int, nouts: Sequence[int], **options: Any) -> None:
        if not isinstance(nouts, (list, tuple)) or not nouts:
            raise ValueError(
                f"MLP got {nouts!r} as the widths of its layers; expected a list, as in"
                " MLP(2, [16, 1])"
            )
        widths = [check_width("MLP", nin), *nouts]
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
        names = [
            f"layer{i} of the MLP, {len(layer.neurons)} neurons of {_width(layer)} inputs,"
            if isinstance(layer, Layer)
            else f"layer{i} of the MLP"
            for i, layer in enumerate(self.layers, 1)
        ]
        return _called(self.layers, x, names)

    def to_tensor(self, dtype: Any = "float64") -> Any:
        """Return the same network of Tensors (`conversion`)."""
        from .conversion import to_tensor

        return to_tensor(self, dtype)

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"


def _called(parts: Sequence[Any], x: Any, names: Sequence[str]) -> Any:
    """Return what the parts, one after the other, make of one sample or of each of a list."""
    if getattr(x, "ndim", 0):
        x = x.tolist()
    if isinstance(x, Value) or (hasattr(x, "__float__") and not hasattr(x, "__len__")):
        x = [x]  # of a single input one may leave off the brackets
    if not isinstance(x, (list, tuple)):
        raise TypeError(
            f"{names[0].rstrip(',')} got {shown(x)}; expected a list of numbers,"
            " or a list of such lists"
        )
    many = len(x) > 0 and isinstance(x[0], (list, tuple))
    outputs: list[Any] = list(x) if many else [x]
    for part, name in zip(parts, names):
        outputs = _outputs(part, outputs, name)
    shaped = [out[0] if len(out) == 1 else out for out in outputs]
    return shaped if many else shaped[0]


def _width(part: Any) -> int:
    neurons = part.neurons if isinstance(part, Layer) else [part]
    return len(neurons[0].w)


def _outputs(part: Any, samples: list[Any], name: str) -> list[list[Any]]:
    """Return the outputs of a neuron, a layer, or whatever stands in a list of layers."""
    if isinstance(part, (Neuron, Layer)):
        _check_samples(samples, _width(part), name)
    neurons = part.neurons if type(part) is Layer else [part]
    if all(type(neuron) is Neuron for neuron in neurons):
        return _outputs_of_neurons(neurons, samples)
    outputs = []
    for sample in samples:  # somebody's own, which must be called
        out = [neuron(sample) for neuron in neurons]
        out = out[0] if len(out) == 1 else out
        outputs.append(list(out) if isinstance(out, (list, tuple)) else [out])
    return outputs


def _check_samples(samples: list[Any], width: int, name: str) -> None:
    for index, sample in enumerate(samples):
        size = len(sample) if isinstance(sample, (list, tuple)) else "no list of"
        if size != width:
            which = f" in sample {index}" if len(samples) > 1 else ""
            hint = ""
            if width == 1 and len(samples) == 1:
                hint = ": one number for each sample, as [[0.1], [0.2]] or xs.reshape(-1, 1)"
            raise ValueError(f"{name} got {size} numbers{which}; expected {width}{hint}")


def _outputs_of_neurons(neurons: Sequence[Neuron], samples: list[Any]) -> list[list[Any]]:
    sums = functions.linear(samples, [n.w for n in neurons], [n.b for n in neurons])
    names = [n.activation for n in neurons]
    plain = [ACTIVATIONS[name] for name in names]
    methods = [_METHODS.get(name) or ACTIVATIONS[name] for name in names]
    outputs = []
    for zs in sums:
        each = methods if all(type(z) is Value for z in zs) else plain
        outputs.append([f(z) for f, z in zip(each, zs)])
    return outputs
