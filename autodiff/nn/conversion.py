"""From neurons to arrays and back: the same network, with equal outputs and gradients.

    >>> model = MLP(2, [16, 16, 1])
    >>> twin = to_tensor(model)         # Sequential of Linear and ReLU, in float64
    >>> again = to_scalar(twin)         # an MLP

Each neuron's weights are a row of its layer's matrix, so that parameters come in the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..value import Value
from . import layers
from .scalar import MLP, Layer, Neuron

if TYPE_CHECKING:
    from collections.abc import Sequence

_MODULES = {
    "relu": layers.ReLU,
    "tanh": layers.Tanh,
    "sigmoid": layers.Sigmoid,
    "gelu": layers.GELU,
}


def to_tensor(model: Any, dtype: Any = np.float64) -> layers.Sequential:
    """Return the network of Tensors that does what an MLP, a Layer or a Neuron does.

    Raises ValueError where neurons of a layer differ in their activation, or it has no module.
    """
    parts: list[Any] = []
    for number, neurons in enumerate(_layers(model), 1):
        names = {neuron.activation for neuron in neurons}
        if len(names) > 1:
            raise ValueError(
                f"layer{number} has neurons of {sorted(names)}; expected one activation"
            )
        linear = layers.Linear(len(neurons[0].w), len(neurons), dtype=dtype)
        linear.weight.data = np.array([[w.data for w in n.w] for n in neurons])
        assert linear.bias is not None
        linear.bias.data = np.array([n.b.data for n in neurons])
        parts.append(linear)
        (name,) = names
        if name == "leaky_relu":
            parts.append(layers.LeakyReLU())
        elif name != "linear":
            if name not in _MODULES:
                raise ValueError(
                    f"layer{number} has the activation {name!r}; expected one of leaky_relu,"
                    f" linear, {', '.join(_MODULES)}"
                )
            parts.append(_MODULES[name]())
    return layers.Sequential(*parts)


def _layers(model: Any) -> list[Sequence[Neuron]]:
    if isinstance(model, MLP):
        return [layer.neurons for layer in model.layers]
    if isinstance(model, Layer):
        return [model.neurons]
    if isinstance(model, Neuron):
        return [[model]]
    raise TypeError(f"to_tensor() got a {type(model).__name__}; expected an MLP, Layer or Neuron")


def to_scalar(model: Any) -> MLP:
    """Return the MLP that does what a Sequential of Linear layers and activations does.

    Raises ValueError that names the first module that neurons do not have.
    """
    modules = model.layers if isinstance(model, layers.Sequential) else [model]
    stages: list[tuple[layers.Linear, str]] = []
    for number, module in enumerate(modules, 1):
        if isinstance(module, layers.Linear):
            stages.append((module, "linear"))
            continue
        name = getattr(module, "name", "")
        known = name and stages and stages[-1][1] == "linear"
        if not known or (name == "leaky_relu" and module.slope != 0.01):
            raise ValueError(
                f"to_scalar() got {module!r} as layer{number}; expected Linear layers, each with at"
                " most one activation behind it"
            )
        stages[-1] = stages[-1][0], name
    if not stages:
        raise ValueError("to_scalar() got no Linear layer; expected at least one")
    first = stages[0][0]
    mlp = MLP(first.weight.shape[1], [linear.weight.shape[0] for linear, _ in stages])
    for layer, (linear, name) in zip(mlp.layers, stages):
        biases = [0.0] * len(layer.neurons) if linear.bias is None else linear.bias.tolist()
        for neuron, row, bias in zip(layer.neurons, linear.weight.tolist(), biases):
            neuron.w = [Value(w) for w in row]
            neuron.b = Value(bias)
            neuron.activation = name
    return mlp
