"""Fold a graph of numbers: one card for each layer, and for all values that were made alike.

    scores = model(xs)                              # 100 samples through 2-16-16-1
    losses = [relu(1 - y * s) for s, y in zip(scores, ys)]
    J = sum(losses) / 100

    layer1 → layer2 → layer3 → product → sum → losses → sum of 100 → J

Two values are alike if the same operation made them from operands that are alike; leaves are alike
if they stand in one list, or are used alike. A chain of additions is one sum,
of multiplications one product. A neuron belongs to
the layer that its module is in, or else to the one with the same operands or the same weights.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from autodiff.graph import Node
from autodiff.naming import Places, known

from .limits import refusal
from .names import Names, numbered
from .networks import Neuron
from .text import clean

Key = tuple[Any, ...]

_NEURON = re.compile(r"(?:^|(?<=\.))neuron\d+\.")  # of a layer, all are alike

CHAINED = {"add": "sum", "multiply": "product"}  # of which a chain is one thing

_NOUNS = {
    "add": "sum", "subtract": "difference", "multiply": "product", "divide": "quotient",
    "power": "power", "negative": "negative", "square": "square", "dot": "dot",
}  # fmt: skip


class Group(NamedTuple):
    """Values on one card: of a layer its neurons, else what was made alike.

    `results` are those that it makes: a layer its outputs, a sum whole sums and not their parts.
    """

    name: str
    nodes: list[Node]
    results: list[Node]
    neurons: list[Neuron]
    module: str = ""

    @property
    def is_one(self) -> bool:
        """Whether this is the card of one value."""
        return len(self.results) == 1 and not self.neurons


class Folded(NamedTuple):
    """The groups of a graph, in the order of computation, and the group of each node by its id.

    `names` are those of the user, and for other values those of their groups.
    """

    groups: list[Group]
    place: dict[int, int]
    names: dict[int, str]


def fold(
    nodes: Sequence[Node],
    found: Sequence[Neuron],
    namespaces: Sequence[Mapping[str, Any]],
    most: int,
) -> Folded:
    """Return the groups of a graph. Raises TooLarge if there are more than `most`."""
    names = {key: clean(name) or "?" for key, name in known(nodes, *namespaces).items()}
    modules = _layers(found, Places(nodes, *namespaces))
    keys = _Keys(nodes, found, names, modules)
    place: dict[int, int] = {}
    members: list[list[Node]] = []
    for node in nodes:
        number = keys.number(node)
        place[id(node)] = number
        if number == len(members):
            members.append([])
            if len(members) > most:
                raise refusal(f"{most:,} kinds of values", most, folded=True)
        members[number].append(node)
    neurons: dict[int, list[Neuron]] = {}
    for neuron in found:
        neurons.setdefault(place[id(neuron.out)], []).append(neuron)
    taken: Counter[str] = Counter()
    fresh = numbered("t", names)
    groups = []
    for number, group in enumerate(members):
        made = _results(group, neurons.get(number, []))
        module = modules[id(made[0])] if number in neurons else ""
        name = _common_name(made, names) or module
        if not name and len(made) == 1:
            name = next(fresh)
        elif not name:
            word = _noun(made[0])
            taken[word] += 1
            name = f"{word} {taken[word]}" if taken[word] > 1 else word
        own = "" if name == module else module
        groups.append(Group(name, group, made, neurons.get(number, []), own))
    titles = {id(node): groups[place[id(node)]].name for node in nodes}
    return Folded(groups, place, {**titles, **names})


def _results(nodes: list[Node], neurons: Sequence[Neuron]) -> list[Node]:
    if neurons:
        return [neuron.out for neuron in neurons]
    if _operation(nodes[0]) not in CHAINED:
        return nodes
    inside = {id(x) for node in nodes for x in node.parents}
    return [node for node in nodes if id(node) not in inside]


def _common_name(nodes: Sequence[Node], names: Names) -> str:
    """Return the name of a value, or of the list that most of the values stand in."""
    if len(nodes) == 1:
        return names.get(id(nodes[0]), "")
    name, count = Counter(_list(names.get(id(node), "")) for node in nodes).most_common(1)[0]
    return name if 2 * count >= len(nodes) else ""


class _Keys:
    """The number of the group of each node: nodes with equal keys are alike."""

    def __init__(
        self,
        nodes: Sequence[Node],
        found: Sequence[Neuron],
        names: Names,
        modules: Mapping[int, str],
    ) -> None:
        self.names = names
        self.layer: dict[int, str] = {}
        for neuron in found:
            for node in (neuron.total, neuron.out, *neuron.parameters):
                self.layer.setdefault(id(node), modules[id(neuron.out)])
        self.uses: dict[int, Any] = {}
        self.count: Counter[int] = Counter()
        for node in nodes:
            for operand in node.parents:
                self.count[id(operand)] += 1
                self.uses.setdefault(id(operand), node)
        self.numbers: dict[Key, int] = {}
        self.of: dict[int, int] = {}

    def number(self, node: Node) -> int:
        """Return the number of the node's group; its operands have been asked for before."""
        number = self._chained(node)
        if number is None:
            number = self.numbers.setdefault(self._key(node), len(self.numbers))
        self.of[id(node)] = number
        return number

    def _chained(self, node: Node) -> int | None:
        """Return the group of the sum that this addition goes on with, if it does; or product."""
        if _operation(node) not in CHAINED or id(node) in self.layer:
            return None
        for operand in node.parents:
            alone = self.count[id(operand)] == 1 and id(operand) not in self.layer
            if alone and not operand.is_leaf and operand.primitive is node.primitive:
                return self.of[id(operand)]
        return None

    def _key(self, node: Node) -> Key:
        if id(node) in self.layer:
            return "layer", self.layer[id(node)]
        if not node.is_leaf:
            return _operation(node), *map(self._operand, node.inputs)
        name = self.names.get(id(node), "")
        if name and not _list(name):
            return "leaf", id(node)
        use = self.uses.get(id(node))
        where = "" if use is None else self.layer.get(id(use), _operation(use))
        return "leaf", node.requires_grad, _list(name) or where

    def _operand(self, x: Any) -> int | str:
        if not isinstance(x, Node):
            return "number"
        # a penalty is one of all layers' parameters
        return "parameter" if x.is_leaf and id(x) in self.layer else self.of[id(x)]


def _operation(node: Node) -> str:
    return node.primitive.name if node.primitive else ""


def _list(name: str) -> str:
    """Return the list that a name stands in: losses of losses[3]; l1.w of l1.neuron2.w[0]."""
    short = _NEURON.sub("", name)
    if short == name and "[" not in name:
        return ""
    return short.partition("[")[0]


def _layers(found: Sequence[Neuron], places: Places) -> dict[int, str]:
    """Return the name of each neuron's layer, by the id of its output."""
    names: dict[int, str] = {}
    sharing: dict[Key, int] = {}  # the first neuron with these operands, or with these weights
    parent: list[int] = list(range(len(found)))

    def first(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for index, neuron in enumerate(found):
        module = places.around(neuron.parameters)
        outer, _, last = module.rpartition(".")
        if module:
            names[id(neuron.out)] = outer if last.startswith("neuron") and outer else module
            continue
        activation = "" if neuron.is_linear else _operation(neuron.out)
        factors = (id(x) if isinstance(x, Node) else ("", x) for x in neuron.factors)
        for key in (
            ("operands", activation, *factors),
            ("weights", *map(id, neuron.parameters)),
        ):
            other = first(sharing.setdefault(key, index))
            parent[first(index)] = min(other, first(index))
            parent[other] = min(other, first(index))
    numbers: dict[int, int] = {}
    for index, neuron in enumerate(found):
        if id(neuron.out) not in names:
            number = numbers.setdefault(first(index), len(numbers) + 1)
            names[id(neuron.out)] = f"layer{number}"
    return names


def _noun(node: Node) -> str:
    if node.is_leaf:
        return "inputs" if node.requires_grad else "constants"
    operation = _operation(node)
    if operation == "multiply" and node.inputs[0] is node.inputs[1]:
        operation = "square"
    return _NOUNS.get(operation, operation) or "values"
