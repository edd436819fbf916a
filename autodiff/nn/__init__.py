"""Neural networks of Values: neurons, layers, multi-layer perceptrons, and losses.

    >>> from autodiff.nn import MLP
    >>> model = MLP(2, [16, 16, 1])
    >>> len(model.parameters())
    337
    >>> score = model([0.5, -1.0])

The names and the habits are micrograd's, so that its programs run with `autodiff` in their imports.
"""

from .losses import bce, bce_with_logits, cross_entropy, hinge, huber, l1, mse, nll
from .module import Module
from .scalar import ACTIVATIONS, MLP, Layer, Neuron

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "Layer",
    "Module",
    "Neuron",
    "bce",
    "bce_with_logits",
    "cross_entropy",
    "hinge",
    "huber",
    "l1",
    "mse",
    "nll",
]
