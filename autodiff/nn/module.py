"""`Module`: something with parameters, which know their names.

    >>> model = MLP(2, [3, 1])
    >>> dict(model.named_parameters())["layer1.neuron3.w[2]"]
    Value(data=..., grad=0.0)

Parameters are the Values among a module's attributes, also in lists, and those of the modules among
them. A list of modules counts from 1, as people count layers: `layers` is layer1, layer2, …
"""

from __future__ import annotations

from ..graph import Node

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Module:
    """The base of everything that has parameters."""

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """Yield the parameters with their names, in the order in which they were made."""
        waiting: list[tuple[str, Any]] = [("", self)]
        seen: set[int] = set()  # a part may know its owner, and two layers may share a weight
        while waiting:
            name, thing = waiting.pop()
            if id(thing) in seen:
                continue
            if isinstance(thing, (Node, Module)):
                seen.add(id(thing))
            if isinstance(thing, Node):
                yield name, thing
            elif isinstance(thing, Module):
                prefix = f"{name}." if name else ""
                parts = [(prefix + key, part) for key, part in vars(thing).items()]
                waiting += reversed(parts)
            elif isinstance(thing, (list, tuple)):
                waiting += reversed([(_place(name, i, part), part) for i, part in enumerate(thing)])

    def parameters(self) -> list[Any]:
        """Return the parameters, in the order of `named_parameters`."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()


def _place(name: str, index: int, part: Any) -> str:
    """Name an entry of a list: w[2], counted from 0 as one writes it; layer3, counted from 1."""
    if isinstance(part, Module) and name.endswith("s"):
        return f"{name[:-1]}{index + 1}"
    return f"{name}[{index}]"
