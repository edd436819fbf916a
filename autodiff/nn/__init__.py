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

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from .activations import (
        ELU,
        GELU,
        SELU,
        LeakyReLU,
        ReLU,
        Sigmoid,
        SiLU,
        Softmax,
        Softplus,
        Softsign,
        Tanh,
    )
    from .conversion import to_scalar, to_tensor
    from .convolution import AvgPool2d, Conv2d, MaxPool2d
    from .flat import flat_loss, ravel_parameters, unravel_parameters
    from .initialisers import he, normal, uniform, xavier, zeros
    from .layers import Dropout, Embedding, Flatten, Linear, Sequential, dropout, embedding
    from .normalisation import BatchNorm1d, BatchNorm2d, LayerNorm
    from .pytorch import load_torch_state, to_torch_state

# what is loaded at its first use, and from where
_LATER = {
    **dict.fromkeys(
        (
            "ELU", "GELU", "LeakyReLU", "ReLU", "SELU", "SiLU", "Sigmoid", "Softmax", "Softplus",
            "Softsign", "Tanh",
        ),
        "activations",
    ),
    **dict.fromkeys(
        ("Dropout", "Embedding", "Flatten", "Linear", "Sequential", "dropout", "embedding"),
        "layers",
    ),
    **dict.fromkeys(("AvgPool2d", "Conv2d", "MaxPool2d"), "convolution"),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "LayerNorm"), "normalisation"),
    **dict.fromkeys(("he", "normal", "uniform", "xavier", "zeros"), "initialisers"),
    **dict.fromkeys(("to_scalar", "to_tensor"), "conversion"),
    **dict.fromkeys(("flat_loss", "ravel_parameters", "unravel_parameters"), "flat"),
    **dict.fromkeys(("load_torch_state", "to_torch_state"), "pytorch"),
}  # fmt: skip

# what PyTorch's users look for
_ELSEWHERE = {
    "BCELoss": "nn.bce(p, t)", "BCEWithLogitsLoss": "nn.bce_with_logits(z, t)",
    "CrossEntropyLoss": "nn.cross_entropy(scores, classes)", "HuberLoss": "nn.huber(p, t)",
    "L1Loss": "nn.l1(p, t)", "MSELoss": "nn.mse(p, t)", "NLLLoss": "nn.nll(log_p, classes)",
    "ModuleDict": "a dict", "ModuleList": "a list", "ParameterList": "a list",
    "Parameter": "Tensor(numbers, requires_grad=True)", "functional": "from autodiff import relu",
    "init": "nn.he, nn.xavier", "SmoothL1Loss": "nn.huber(p, t)",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    hint = f": write {_ELSEWHERE[name]}" if name in _ELSEWHERE else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


def __dir__() -> list[str]:
    return __all__


__all__ = [
    "ACTIVATIONS",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv2d",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "GELU",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MLP",
    "MaxPool2d",
    "Module",
    "Neuron",
    "ReLU",
    "SELU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "bce",
    "bce_with_logits",
    "cross_entropy",
    "dropout",
    "embedding",
    "flat_loss",
    "he",
    "hinge",
    "huber",
    "l1",
    "load_torch_state",
    "mse",
    "nll",
    "normal",
    "ravel_parameters",
    "to_scalar",
    "to_tensor",
    "to_torch_state",
    "uniform",
    "unravel_parameters",
    "xavier",
    "zeros",
]
