"""Neural networks: neurons of Values, layers of Tensors, losses for both.

    >>> from autodiff.nn import MLP
    >>> model = MLP(2, [16, 16, 1])                 # neurons, each weight a Value
    >>> len(model.parameters())
    337
    >>> from autodiff.nn import Linear, ReLU, Sequential
    >>> twin = Sequential(Linear(2, 16), ReLU(), Linear(16, 1))

The names and habits of neurons are micrograd's, those of layers PyTorch's. NumPy is loaded with the
first layer of Tensors.
"""

from .losses import bce, bce_with_logits, cross_entropy, hinge, huber, l1, mse, nll
from .module import Module
from .scalar import ACTIVATIONS, MLP, Layer, Neuron

# what is loaded at its first use, and from where
_LATER = {
    **dict.fromkeys(
        (
            "Dropout", "Embedding", "Flatten", "GELU", "LeakyReLU", "Linear", "ReLU", "Sequential",
            "Sigmoid", "Softmax", "Tanh", "dropout", "embedding",
        ),
        "layers",
    ),
    **dict.fromkeys(("BatchNorm1d", "LayerNorm"), "normalisation"),
    **dict.fromkeys(("he", "normal", "uniform", "xavier", "zeros"), "initialisers"),
    **dict.fromkeys(("to_scalar", "to_tensor"), "conversion"),
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "ACTIVATIONS",
    "MLP",
    "BatchNorm1d",
    "Dropout",
    "Embedding",
    "Flatten",
    "GELU",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "Module",
    "Neuron",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "bce",
    "bce_with_logits",
    "cross_entropy",
    "dropout",
    "embedding",
    "he",
    "hinge",
    "huber",
    "l1",
    "mse",
    "nll",
    "normal",
    "to_scalar",
    "to_tensor",
    "uniform",
    "xavier",
    "zeros",
]
