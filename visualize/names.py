"""What the values are called, found out when drawing and never while computing.

    J = 3 * (a + b * c)
    draw(J)                 # a, b, c, J are the caller's variables; b * c becomes t₁

A label wins. Then comes the caller's variable, a local before a global; then the place of a
parameter in a module, layer1.neuron3.w[2]; then a place one level down in a list, tuple or dict
(w[2], params['a']); and a variable that starts with _ only for want of another. What remains is
t₁, t₂ … in the order of computation, left operands first.

The caller's other objects may be anything. They are looked at with `type` and `is` alone: nothing
of theirs is compared, printed or asked for an attribute.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any

from autodiff.graph import Node

from .modules import Places
from .networks import Neuron

Names = Mapping[int, str]  # by id: the nodes are alive as long as their picture is being made

# A data set in a variable has more entries than a picture has values; don't read it to its end.
_ENTRIES = 10_000

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def caller(above: int) -> tuple[Mapping[str, Any], ...]:
    """Return the variables of who called the function that calls this: locals, then globals."""
    frame = sys._getframe(above + 1)
    inner, outer = frame.f_locals, frame.f_globals
    return (inner,) if inner is outer else (inner, outer)


def name_all(
    nodes: Sequence[Node], *namespaces: Mapping[str, Any], neurons: Sequence[Neuron] = ()
) -> dict[int, str]:
    """Return a name for every node, by its id; an earlier namespace wins over a later one.

    Of these neurons the outputs are called by their modules or n₁, n₂ … and the parts by them.
    """
    places = Places(nodes, *namespaces)
    names = _known(nodes, places, namespaces)
    _name_neurons(neurons, places, names)
    fresh = numbered("t", names)
    return {id(node): names.get(id(node)) or next(fresh) for node in nodes}


def numbered(letter: str, names: Names) -> Iterator[str]:
    """Yield t₁, t₂ … without those that are taken."""
    taken = set(names.values())
    every = (letter + str(i).translate(_SUBSCRIPTS) for i in count(1))
    return (name for name in every if name not in taken)


def is_numbered(name: str) -> bool:
    """Return whether a name is one of t₁, t₂ …, for want of one given by the user."""
    return name[:1] == "t" and name[1:].strip("₀₁₂₃₄₅₆₇₈₉") == "" and len(name) > 1


def known(nodes: Sequence[Node], *namespaces: Mapping[str, Any]) -> dict[int, str]:
    """Return the names of those nodes that have a label, a variable or a place, by id."""
    return _known(nodes, Places(nodes, *namespaces), namespaces)


def _known(
    nodes: Sequence[Node], places: Places, namespaces: Sequence[Mapping[str, Any]]
) -> dict[int, str]:
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


def _name_neurons(neurons: Sequence[Neuron], places: Places, names: dict[int, str]) -> None:
    """Add the names of neurons and of their parts that have none."""
    modules = {id(neuron.out): places.around(neuron.parameters) for neuron in neurons}
    sharing: dict[str, list[Neuron]] = {}
    for neuron in neurons:
        if id(neuron.out) not in names:
            sharing.setdefault(modules[id(neuron.out)], []).append(neuron)
    fresh = numbered("n", names)
    for module, group in sharing.items():
        # One neuron that saw several samples is numbered; neurons in one module are not alike.
        alike = len({tuple(map(id, neuron.parameters)) for neuron in group}) == 1
        for number, neuron in enumerate(group, 1):
            name = f"{module}#{number}" if len(group) > 1 else module
            names[id(neuron.out)] = name if module and alike else next(fresh)
    for neuron in neurons:
        name = names[id(neuron.out)]
        for index, weight in enumerate(neuron.weights):
            names.setdefault(id(weight), f"{name}.w[{index}]")
        for bias in neuron.parameters[len(neuron.weights) :]:
            names.setdefault(id(bias), f"{name}.b")
        names.setdefault(id(neuron.total), f"{name}.z")


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
