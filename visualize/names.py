"""What the values are called, found out when drawing and never while computing.

    J = 3 * (a + b * c)
    draw(J)                 # a, b, c, J are the caller's variables; b * c becomes t₁

Labels, the caller's variables, and places in modules and lists are names (`autodiff.naming`). What
remains is n₁, n₂ … for neurons, and t₁, t₂ … in the order of computation, left operands first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from autodiff.graph import Node
from autodiff.naming import Places, known

from .networks import Neuron

Names = Mapping[int, str]  # by id: the nodes are alive as long as their picture is being made

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
    names = known(nodes, *namespaces, places=places)
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
