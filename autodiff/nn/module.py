"""`Module`: something with parameters, which know their names.

    >>> model = MLP(2, [3, 1])
    >>> dict(model.named_parameters())["layer1.neuron3.w[2]"]
    Value(data=..., grad=0.0)

Parameters are the Values and Tensors among a module's attributes that need gradients, also in lists
and dicts, and those of the modules among them; constants there are its buffers, as running means
are. The lists `layers` and `neurons` count from 1, as people count layers: layer1, layer2, …
"""

from __future__ import annotations

from ..graph import Node, altered, modes
from ..wording import a_kind, legible, shown

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any


class Module:
    """The base of everything that has parameters. Called, it does what `forward` says."""

    training = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if altered and modes.trace is not None:
            modes.trace.asks(self)
        return self.forward(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the module makes of its input."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, x)")

    def _named_parts(self) -> Iterator[tuple[str, Any]]:
        """Yield this module, its modules, parameters and buffers, each once, with their names."""
        waiting: list[tuple[str, Any]] = [("", self)]
        seen: set[int] = set()  # a part may know its owner, and two layers may share a weight
        while waiting:
            name, thing = waiting.pop()
            if isinstance(thing, (Node, Module, list, tuple, dict)):
                if id(thing) in seen:
                    continue
                seen.add(id(thing))
            if isinstance(thing, (Node, Module)):
                yield name, thing
            if isinstance(thing, Module):
                prefix = f"{name}." if name else ""
                parts = [(prefix + key, part) for key, part in vars(thing).items()]
                waiting += reversed(parts)
            elif isinstance(thing, (list, tuple)):
                waiting += reversed([(_place(name, i, part), part) for i, part in enumerate(thing)])
            elif isinstance(thing, dict):
                waiting += reversed([(f"{name}[{key!r}]", part) for key, part in thing.items()])

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """Yield the parameters with their names, in the order in which they were made."""
        for name, part in Module._named_parts(self):
            if isinstance(part, Node) and part.is_leaf and part.requires_grad:
                yield name, part

    def parameters(self) -> list[Any]:
        """Return the parameters, in the order of `named_parameters`."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, mode: bool = True) -> Module:
        """Set this module and those in it to training, in which dropout drops; return it."""
        for _, part in Module._named_parts(self):
            if isinstance(part, Module):
                part.training = bool(mode)
        return self

    def eval(self) -> Module:
        """Set this module and those in it to evaluation; return it."""
        return self.train(False)

    # -- its numbers -------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return the numbers of all parameters and buffers by name: copies, ndarrays or floats."""
        return {name: _copied(part.data) for name, part in self._leaves().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the numbers of a `state_dict`. If something does not fit, nothing is changed.

        Raises ValueError that names what is missing, what is extra, and what has another shape.
        Each parameter keeps its dtype.
        """
        if not hasattr(state, "items"):
            raise TypeError(
                f"load_state_dict() got {shown(state)}; expected a dict: of a"
                " file it is autodiff.serialization.load(model, path)"
            )
        leaves = self._leaves()
        theirs = any(name.partition(".")[0].isdecimal() for name in state if name not in leaves)
        hint = "these are PyTorch's names: use nn.load_torch_state(model, state)" if theirs else ""
        take(leaves, state, "load_state_dict()", type(self).__name__, hint)

    def _leaves(self) -> dict[str, Any]:
        """Return the parameters and buffers by name."""
        leaves: dict[str, Any] = {}
        for name, part in Module._named_parts(self):
            if isinstance(part, Node) and part.is_leaf:
                if name in leaves:
                    raise ValueError(
                        f"{type(self).__name__} has two parameters of the name {name}; expected"
                        " one: rename an attribute"
                    )
                leaves[name] = part
        return leaves

    def summary(
        self, input_shape: int | Sequence[int] | None = None, dtype: Any = "float32"
    ) -> str:
        """Return a table of the modules, their parameters, and how many these are.

        With the shape of one sample, as (784,), also the shapes of what they return for n of them:
        the model is called on zeros of this dtype, in evaluation.
        """
        from .summaries import summary

        return summary(self, input_shape, dtype)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def take(
    leaves: Mapping[str, Any], state: Mapping[str, Any], role: str, kind: str, hint: str = ""
) -> None:
    """Give leaves the numbers that a state has by the same names, all of them or none."""
    faults = [f"missing: {legible(name)}" for name in leaves if name not in state]
    faults += [f"extra: {legible(name)}" for name in state if name not in leaves]
    news: list[Any] = []
    for name, leaf in leaves.items():
        if name in state:
            new, fault = _fitted(state[name], leaf.data)
            faults += [f"{legible(name)} {fault}"] if fault else []
            news.append(new)
    if faults:
        more = f"\n  and {len(faults) - 10} more" if len(faults) > 10 else ""
        raise ValueError(
            f"{role} got what does not fit {legible(kind)}, which is left as it was:\n  "
            + "\n  ".join(faults[:10])
            + more
            + (f"\n  ({hint})" if hint else "")
        )
    for leaf, new in zip(leaves.values(), news):
        leaf.data = new


def _copied(numbers: Any) -> Any:
    return numbers.copy() if hasattr(numbers, "copy") else numbers


def _fitted(new: Any, old: Any) -> tuple[Any, str]:
    """Return numbers for the place of the old ones, and what is wrong with them."""
    if isinstance(new, Node):
        new = new.data
    if type(new) is float and type(old) is float:
        return new, ""
    import numpy as np

    from .. import foreign

    try:
        array = foreign.as_ndarray(new, "it") if foreign.is_foreign(new) else np.asarray(new)
    except TypeError as error:  # of another library, on a GPU say
        return None, f"cannot be taken: {error}"
    except ValueError:  # rows of several lengths
        array = np.asarray(None)
    shape, kind = np.shape(old), np.asarray(old).dtype
    if array.dtype.kind not in "biuf":
        return None, f"is {a_kind(new)} of {array.dtype}; expected real numbers"
    if array.shape != shape:
        return None, f"has shape {array.shape}; expected {shape}"
    return (float(array) if type(old) is float else array.astype(kind, copy=False)), ""


def _place(name: str, index: int, part: Any) -> str:
    """Name an entry of a list: w[2], counted from 0 as one writes it; layer3, counted from 1."""
    if isinstance(part, Module) and name.rpartition(".")[2] in ("layers", "neurons"):
        return f"{name[:-1]}{index + 1}"
    return f"{name}[{index}]"
