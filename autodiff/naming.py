"""What things are called where they are used: labels, variables, places in modules and lists.

    model = MLP(2, [2, 1])
    known(nodes, locals())      # {id(w): "layer1.neuron1.w[0]", ...}

A label wins. Then comes a variable, a local before a global; then the place of a parameter in a
module, layer1.neuron3.w[2]; then a place one level down in a list, tuple or dict (w[2],
params['a']); and a variable that starts with _ only for want of another. Beside another module with
parameters among the nodes it is model.layer1.neuron1.w[0]; a module inside another, layer =
model.layers[0], is not another.

The objects of who calls may be anything. They are looked at with `type` and `is` alone: nothing of
theirs is compared, printed or asked for an attribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from .graph import Node
from .nn import Module

# A data set in a variable has more entries than a picture has values; don't read it to its end.
_ENTRIES = 10_000

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


def known(
    nodes: Sequence[Node], *namespaces: Mapping[str, Any], places: Places | None = None
) -> dict[int, str]:
    """Return the names of those nodes that have a label, a variable or a place, by id."""
    places = places or Places(nodes, *namespaces)
    wanted = {id(node) for node in nodes}
    names = {id(node): node.label for node in nodes if is_name(node.label)}
    private: dict[int, str] = {}

    def add(found: Iterable[tuple[str, Any]]) -> None:
        for name, value in found:
            if id(value) in wanted:
                (private if name.startswith("_") else names).setdefault(id(value), name)

    for namespace in namespaces:
        # A loop over the parameters leaves the last one in its variable: not a name of that one.
        add((name, value) for name, value in _variables(namespace) if not places.is_last(value))
    for key, name in places.names():
        names.setdefault(key, name)
    for namespace in namespaces:  # a plain name says more than a place in a container
        add(_entries(namespace))
    return {**private, **names}


def is_name(label: Any) -> bool:
    """Return whether a label is one: a text with more than blanks in it."""
    return issubclass(type(label), str) and bool(label.strip())


def _variables(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in tuple(namespace.items()):  # another thread may add to it
        if issubclass(type(value), Node):
            yield name, value


def _entries(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    history = namespace.get("_oh")  # a notebook's own record of results, also called Out
    for name, value in tuple(namespace.items()):  # another thread may add to it
        kind = type(value)
        if kind is list or kind is tuple:  # not `in`, which may ask a metaclass of theirs
            for index, entry in enumerate(islice(value, _ENTRIES)):
                if issubclass(type(entry), Node):
                    yield f"{name}[{index}]", entry
        elif kind is dict and value is not history and value is not namespace:
            for key, entry in islice(value.items(), _ENTRIES):
                # Only these keys can be written without calling code of the caller's.
                if issubclass(type(entry), Node) and (type(key) is str or type(key) is int):
                    yield f"{name}[{key!r}]", entry
