"""All parameters of a model in one vector, as the optimisers of SciPy want them.

    >>> from scipy.optimize import minimize
    >>> loss = flat_loss(model, lambda: nn.cross_entropy(model(x), y))
    >>> found = minimize(loss, ravel_parameters(model), jac=True, method="L-BFGS-B")

The vector is of float64, which SciPy computes with, one parameter behind the other in the order of
`model.parameters()`; these keep their own type. The model is left with the best numbers met.
"""

from __future__ import annotations

from ..graph import Node
from ..sweep import pullback
from ..wording import a_kind, shown
from .module import Module

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def ravel_parameters(model: Module) -> Any:
    """Return the numbers of all parameters as one vector, a copy."""
    return _joined([parameter.data for parameter in _parameters(model, "ravel_parameters")])


def unravel_parameters(model: Module, vector: Any) -> None:
    """Give the parameters the numbers of a vector, as `ravel_parameters` has them.

    Raises ValueError for another length, and then changes nothing.
    """
    _give(_parameters(model, "unravel_parameters"), vector, "unravel_parameters()")


def flat_loss(model: Module, loss: Callable[[], Any]) -> Callable[[Any], tuple[float, Any]]:
    """Return the function of a vector of parameters that gives loss() there and its gradient.

    `loss` takes nothing, calls the model, and returns one number, a Value or a Tensor. After each
    call the model has the parameters of the least loss so far, and `.grad` is as it was before.
    """
    parameters = _parameters(model, "flat_loss")
    if not callable(loss):
        raise TypeError(
            f"flat_loss() got {shown(loss)} as the loss; expected a function, which is called for"
            " each vector: write flat_loss(model, lambda: nn.mse(model(x), y))"
        )
    best, kept = float("inf"), ravel_parameters(model)

    def value_and_gradient(vector: Any) -> tuple[float, Any]:
        nonlocal best, kept
        _give(parameters, vector, "the loss of a vector")
        root = loss()
        if not isinstance(root, Node) or getattr(root, "size", 1) != 1:
            _give(parameters, kept, "the loss of a vector")
            raise TypeError(
                f"flat_loss() got a loss that returned {shown(root)}; expected one number, a Value"
                " or a Tensor: return a mean or a sum"
            )
        found = pullback(root, root.filled(1.0, root), wrt=parameters)
        grads = [found[p] if p in found else p.filled(0.0, p) for p in parameters]
        value = float(root.data)
        if value < best:
            best, kept = value, ravel_parameters(model)
        else:
            _give(parameters, kept, "the loss of a vector")
        return value, _joined(grads)

    return value_and_gradient


def _parameters(model: Any, role: str) -> list[Any]:
    if not isinstance(model, Module):
        raise TypeError(f"{role}() got {shown(model)}; expected a Module, as MLP or Sequential")
    parameters = model.parameters()
    if not parameters:
        raise ValueError(f"{role}() got {a_kind(model)} without parameters; expected one at least")
    return parameters


def _joined(parts: Sequence[Any]) -> Any:
    import numpy as np

    return np.concatenate([np.asarray(part, np.float64).ravel() for part in parts])


def _give(parameters: Sequence[Any], vector: Any, role: str) -> None:
    import numpy as np

    vector = np.asarray(vector, np.float64)
    ends = np.cumsum([np.size(parameter.data) for parameter in parameters])
    if vector.shape != (ends[-1],):
        raise ValueError(
            f"{role} got shape {vector.shape}; expected ({ends[-1]},), all the parameters of the"
            " model one behind the other"
        )
    for parameter, part in zip(parameters, np.split(vector, ends[:-1])):
        shape = getattr(parameter, "shape", None)
        parameter.data = part.item() if shape is None else part.reshape(shape)
