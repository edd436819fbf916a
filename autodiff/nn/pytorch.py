"""Weights in PyTorch's layout: the same names, shapes and order of axes, to it and from it.

    >>> model = Sequential(Linear(784, 50), ReLU(), Linear(50, 10))
    >>> list(to_torch_state(model))
    ['0.weight', '0.bias', '2.weight', '2.bias']
    >>> load_torch_state(model, theirs.state_dict())

The layers of a Sequential count from 0, those without parameters too; a list counts as a
ModuleList, a dict as a ModuleDict, and attributes have their names. So a class of one's own fits
the one in PyTorch whose attributes are called the same. PyTorch itself is not needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import Node
from ..wording import a_kind, shown
from .layers import Sequential
from .module import Module, take

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# PyTorch counts the batches that a running mean has seen, and with a momentum makes no use of it.
_COUNT = "num_batches_tracked"


def to_torch_state(model: Module) -> dict[str, Any]:
    """Return the parameters and buffers by PyTorch's names: ndarrays, copied.

    There, `theirs.load_state_dict({k: torch.tensor(x) for k, x in state.items()})` takes them.
    Beside running means stands num_batches_tracked, which is 0, as batches are not counted here.
    """
    state: dict[str, Any] = {}
    for name, tensor in torch_names(model).items():
        state[name] = tensor.numpy().copy(order="C")
        if name.endswith("running_var"):
            state[name.removesuffix("running_var") + _COUNT] = np.array(0)
    return state


def load_torch_state(model: Module, state: Mapping[str, Any]) -> None:
    """Take the numbers of a state_dict of PyTorch: tensors on the CPU, or ndarrays of a file.

    Raises ValueError that names what is missing, what is extra, and what has another shape;
    nothing is changed then. Each parameter keeps its dtype.
    """
    if not hasattr(state, "items"):
        hint = "model.state_dict()" if hasattr(state, "state_dict") else "its state_dict()"
        raise TypeError(f"load_torch_state() got {shown(state)}; expected a dict: write {hint}")
    numbers = {name: x for name, x in state.items() if name.rpartition(".")[2] != _COUNT}
    leaves, own = torch_names(model), model._leaves()
    ours = any(name in own for name in numbers if name not in leaves)
    hint = "these are autodiff's names: use model.load_state_dict(state)" if ours else ""
    take(leaves, numbers, "load_torch_state()", type(model).__name__, hint)


def torch_names(model: Module) -> dict[str, Any]:
    """Return the parameters and buffers, Tensors of the model, by PyTorch's names.

    A Tensor that two layers share has two.
    """
    if not isinstance(model, Module):
        raise TypeError(f"expected a Module, as a Sequential, got {shown(model)}")
    leaves: dict[str, Any] = {}
    waiting: list[tuple[str, Any, tuple[int, ...]]] = [("", model, ())]
    while waiting:
        name, thing, owners = waiting.pop()
        if isinstance(thing, Node):
            if not hasattr(thing, "numpy"):
                raise TypeError(
                    f"{a_kind(model)} has Values, as {name}, which PyTorch has not; expected"
                    " Tensors: write nn.to_tensor(mlp) first"
                )
            if thing.is_leaf:
                leaves[name] = thing
        elif id(thing) not in owners:  # a part may know its owner
            inside = (*owners, id(thing))
            prefix = f"{name}." if name else ""
            waiting += reversed([(f"{prefix}{key}", x, inside) for key, x in _parts(thing)])
    return leaves


def _parts(thing: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what is in a module, a list or a dict, by the names that PyTorch has for them."""
    if isinstance(thing, Sequential):
        yield from enumerate(thing.layers)
    elif isinstance(thing, Module):
        yield from vars(thing).items()
    elif isinstance(thing, (list, tuple)):
        yield from enumerate(thing)
    elif isinstance(thing, dict):
        yield from thing.items()
