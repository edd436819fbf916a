"""Where the parameters of a graph stand in the modules among the caller's variables.

    model = MLP(2, [2, 1])
    draw(model([1.0, -2.0]))        # layer1.neuron1.w[0], ..., layer2.neuron1.b

Beside another module with parameters in the graph it is model.layer1.neuron1.w[0]. A module inside
another, layer = model.layers[0], is not another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from autodiff.graph import Node
from autodiff.nn import Module

# A graph that folds by itself has fewer parameters than this; don't read a large model to its end.
_PARAMETERS = 100_000


class Places:
    """The place of each parameter: the variable with the module, and the path inside it."""

    def __init__(self, nodes: Iterable[Node], *namespaces: Mapping[str, Any]) -> None:
        wanted = {id(node) for node in nodes}
        self._places: dict[int, tuple[str, str]] = {}
        self._last: set[int] = set()
        found = []
        for variable, module in _modules(namespaces):
            parameters = _named_parameters(module)
            held = {id(leaf): path for path, leaf in parameters if id(leaf) in wanted}
            if held:
                found.append((variable, held))
                self._last.add(id(parameters[-1][1]))
        # A model comes before the layer or the neuron of it that a loop has left in a variable.
        found.sort(key=lambda entry: (entry[0].startswith("_"), -len(entry[1])))
        for variable, held in found:
            for key, path in held.items():
                self._places.setdefault(key, (variable, path))
        self._several = len({variable for variable, _ in self._places.values()}) > 1

    def names(self) -> Iterator[tuple[int, str]]:
        """Yield the id and the name of each parameter."""
        for key, (variable, path) in self._places.items():
            yield key, self._name(variable, path)

    def is_last(self, thing: Any) -> bool:
        """Return whether this is the last parameter of a module."""
        return id(thing) in self._last

    def around(self, leaves: Iterable[Node]) -> str:
        """Return the name of the module that has all these parameters; the empty text if none."""
        places = [self._places.get(id(leaf)) for leaf in leaves]
        around = {place and (place[0], place[1].rpartition(".")[0]) for place in places}
        one = around.pop() if len(around) == 1 else None
        return self._name(*one) if one else ""

    def _name(self, variable: str, path: str) -> str:
        return f"{variable}.{path}".rstrip(".") if self._several or not path else path


def _modules(namespaces: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Module]]:
    for namespace in namespaces:
        for name, value in tuple(namespace.items()):  # another thread may add to it
            if issubclass(type(value), Module):
                yield name, value


def _named_parameters(module: Module) -> list[tuple[str, Node]]:
    try:  # ours, whatever the caller's subclass makes of it
        return list(islice(Module.named_parameters(module), _PARAMETERS))
    except Exception:  # an attribute of theirs that may not even be looked at
        return []
