"""`Module`: something with parameters, which know their names.

    >>> model = MLP(2, [3, 1])
    >>> dict(model.named_parameters())["layer1.neuron3.w[2]"]
    Value(data=..., grad=0.0)

Parameters are the Values and Tensors among a module's attributes that need gradients, also in lists
and dicts, and those of the modules among them; constants there are its buffers, as running means
are. The lists `layers` and `neurons` count from 1, as people count layers: layer1, layer2, …
"""

from __future__ import annotations

from ..graph import Node

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any


class Module:
    """The base of everything that has parameters. Called, it does what `forward` says."""

    training = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
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
        return {name: _copied(part.data) for name, part in self._leaves()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the numbers of a `state_dict`. If something does not fit, nothing is changed.

        Raises ValueError that names what is missing, what is extra, and what has another shape.
        """
        leaves = dict(self._leaves())
        faults = [f"missing: {name}" for name in leaves if name not in state]
        faults += [f"extra: {name}" for name in state if name not in leaves]
        for name, leaf in leaves.items():
            if name in state and _shape(state[name]) != _shape(leaf.data):
                faults.append(
                    f"{name} has shape {_shape(state[name])}; expected {_shape(leaf.data)}"
                )
        if faults:
            more = f"\n  and {len(faults) - 10} more" if len(faults) > 10 else ""
            raise ValueError(
                f"load_state_dict() got what does not fit {type(self).__name__}, which is left as"
                " it was:\n  " + "\n  ".join(faults[:10]) + more
            )
        for name, leaf in leaves.items():
            leaf.data = _copied(state[name])

    def _leaves(self) -> Iterator[tuple[str, Any]]:
        for name, part in Module._named_parts(self):
            if isinstance(part, Node) and part.is_leaf:
                yield name, part

    def summary(self) -> str:
        """Return a table of the modules that have parameters of their own, with the shapes."""
        rows = [("module", "kind", "shapes", "parameters")]
        total = 0
        for name, module in Module._named_parts(self):
            if not isinstance(module, Module):
                continue
            own = [part for _, part in Module._own_parameters(module)]
            if own or not any(isinstance(part, Module) for part in _parts(module)):
                count = sum(_size(part.data) for part in own)
                shapes = " ".join("×".join(map(str, _shape(p.data))) or "1" for p in own[:4])
                shapes += f" and {len(own) - 4} more" if len(own) > 4 else ""
                rows.append((name or "itself", type(module).__name__, shapes, f"{count:,}"))
                total += count
        rows.append(("", "", "all", f"{total:,}"))
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines = []
        for row in rows:
            words = [text.ljust(width) for text, width in zip(row[:3], widths)]
            lines.append("  ".join([*words, row[3].rjust(widths[3])]).rstrip())
        return "\n".join(lines)

    @staticmethod
    def _own_parameters(module: Module) -> Iterator[tuple[str, Any]]:
        for key, thing in vars(module).items():
            things = thing if isinstance(thing, (list, tuple)) else [thing]
            for part in things:
                if isinstance(part, Node) and part.requires_grad:
                    yield key, part


def _parts(module: Module) -> Iterator[Any]:
    for thing in vars(module).values():
        yield from thing if isinstance(thing, (list, tuple)) else [thing]


def _copied(numbers: Any) -> Any:
    return numbers.copy() if hasattr(numbers, "copy") else numbers


def _shape(numbers: Any) -> tuple[int, ...]:
    return tuple(getattr(numbers, "shape", ()))


def _size(numbers: Any) -> int:
    return int(getattr(numbers, "size", 1))


def _place(name: str, index: int, part: Any) -> str:
    """Name an entry of a list: w[2], counted from 0 as one writes it; layer3, counted from 1."""
    if isinstance(part, Module) and name.rpartition(".")[2] in ("layers", "neurons"):
        return f"{name[:-1]}{index + 1}"
    return f"{name}[{index}]"
