"""From neurons to arrays and back: the same network, with equal outputs and gradients.

    >>> model = MLP(2, [16, 16, 1])
    >>> twin = to_tensor(model)         # Sequential of Linear and ReLU, in float64
    >>> again = to_scalar(twin)         # an MLP

Each neuron's weights are a row of its layer's matrix, so that parameters come in the same order.
A Linear without bias becomes neurons whose bias is a constant 0, and these become such a Linear.
Nothing is drawn at random.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from ..value import Value
from ..wording import a_kind
from . import activations, layers
from .initialisers import zeros
from .scalar import MLP, Layer, Neuron

if TYPE_CHECKING:
    from collections.abc import Sequence

# the modules of activations by the names that neurons have for them
_MODULES: dict[str, Any] = {
    module.name: module
    for module in (
        activations.ReLU, activations.LeakyReLU, activations.ELU, activations.SELU,
        activations.GELU, activations.SiLU, activations.Softplus, activations.Softsign,
        activations.Sigmoid, activations.Tanh,
    )
}  # fmt: skip


def to_tensor(model: Any, dtype: Any = np.float64) -> layers.Sequential:
    """Return the network of Tensors that does what an MLP, a Layer or a Neuron does.

    Raises ValueError that names the layer where neurons differ in their activation or number of
    inputs, or are somebody's own.
    """
    parts: list[Any] = []
    for number, neurons in enumerate(_layers(model), 1):
        name = _activation(neurons, f"layer{number}")
        bias = any(n.b.requires_grad or n.b.data for n in neurons)
        linear = layers.Linear(len(neurons[0].w), len(neurons), bias, zeros, dtype)
        linear.weight.data = np.array([[w.data for w in n.w] for n in neurons])
        if linear.bias is not None:
            linear.bias.data = np.array([n.b.data for n in neurons])
        parts.append(linear)
        if name != "linear":
            parts.append(_MODULES[name]())
    return layers.Sequential(*parts)


def _layers(model: Any) -> list[Sequence[Neuron]]:
    for kind in (MLP, Layer, Neuron):
        if isinstance(model, kind) and type(model).__call__ is kind.__call__:
            break
    else:
        own = isinstance(model, (MLP, Layer, Neuron))
        hint = ", with their own __call__" if own else ""
        raise TypeError(f"to_tensor() got {a_kind(model)}; expected an MLP, Layer or Neuron{hint}")
    if isinstance(model, Neuron):
        return [[model]]
    if isinstance(model, Layer):
        return [model.neurons]
    for number, layer in enumerate(model.layers, 1):
        if type(layer).__call__ is not Layer.__call__:
            raise ValueError(f"to_tensor() got {a_kind(layer)} as layer{number}; expected a Layer")
    return [layer.neurons for layer in model.layers]


def _activation(neurons: Sequence[Neuron], layer: str) -> str:
    """Return the activation that all neurons of a layer have."""
    for neuron in neurons:
        if type(neuron).__call__ is not Neuron.__call__:
            raise ValueError(f"{layer} has {a_kind(neuron)}; expected neurons")
    names = sorted({neuron.activation for neuron in neurons})
    widths = sorted({len(neuron.w) for neuron in neurons})
    if len(names) > 1:
        raise ValueError(f"{layer} has neurons of {', '.join(names)}; expected one activation")
    if len(widths) > 1:
        raise ValueError(f"{layer} has neurons of {widths} inputs; expected as many in each")
    if names[0] != "linear" and names[0] not in _MODULES:
        raise ValueError(
            f"{layer} has the activation {names[0]!r}; expected linear or one of"
            f" {', '.join(_MODULES)}"
        )
    return names[0]


def to_scalar(model: Any) -> MLP:
    """Return the MLP that does what a Sequential of Linear layers and activations does.

    Raises ValueError that names the first module that neurons do not have.
    """
    stages: list[tuple[layers.Linear, str]] = []
    for place, module in _flat(model):
        if _is(module, layers.Linear):
            nin = module.weight.shape[1]
            before = stages[-1][0].weight.shape[0] if stages else nin
            if nin != before:
                raise ValueError(
                    f"to_scalar() got {module!r} as {place}, behind {before} outputs; expected as"
                    " many inputs"
                )
            stages.append((module, "linear"))
            continue
        name = getattr(module, "name", "")
        known = name in _MODULES and _is(module, _MODULES[name])
        free = bool(stages) and stages[-1][1] == "linear"
        if not (known and free) or (name == "leaky_relu" and module.slope != 0.01):
            raise ValueError(
                f"to_scalar() got {module!r} as {place}; expected Linear layers, each with at"
                " most one activation behind it"
            )
        stages[-1] = stages[-1][0], name
    if not stages:
        raise ValueError("to_scalar() got no Linear layer; expected at least one")
    first, widths = stages[0][0], [linear.weight.shape[0] for linear, _ in stages]
    mlp = MLP(first.weight.shape[1], widths, rng=random.Random(0))
    for layer, (linear, name) in zip(mlp.layers, stages):
        biases = [0.0] * len(layer.neurons) if linear.bias is None else linear.bias.tolist()
        for neuron, row, bias in zip(layer.neurons, linear.weight.tolist(), biases):
            neuron.w = [Value(w) for w in row]
            neuron.b = Value(bias) if linear.bias is not None else Value(bias).detach()
            neuron.activation = name
    return mlp


def _flat(model: Any) -> list[tuple[str, Any]]:
    """Return the layers of a Sequential, also of those inside it, with their names."""
    found: list[tuple[str, Any]] = []
    waiting = [("", model)]
    while waiting:
        name, module = waiting.pop()
        if _is(module, layers.Sequential):
            prefix = f"{name}." if name else ""
            inner = [(f"{prefix}layer{i}", part) for i, part in enumerate(module.layers, 1)]
            waiting += reversed(inner)
        else:
            found.append((name or "the model", module))
    return found


def _is(module: Any, kind: Any) -> bool:
    """Whether it is a module of this kind, and does what that does."""
    return isinstance(module, kind) and type(module).forward is kind.forward
