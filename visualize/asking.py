"""Asking about one gradient: which root, which node, and what all of it is called.

    chain, reading = asked("explain", J, "b", namespaces)
    chain.gradient              # ∂J/∂b
    reading.name(chain.root)    # "J"

`explain` and `why` are asked alike: of a root and a node or its name, or of a node alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autodiff.graph import Node, topological_order
from autodiff.naming import known
from autodiff.wording import clipped, legible, shown

from .chain import Chain
from .names import name_all
from .reading import LONGEST, Reading
from .text import clean, cut


def asked(
    role: str, root: Any, node: Any, namespaces: Sequence[Mapping[str, Any]]
) -> tuple[Chain, Reading]:
    """Return the chain from root to node, and the names.

    Without a node it is root that is asked about, and what the variables have that was made from it
    is the root. Raises TypeError if either is no node, ValueError if no node has that name, or
    nothing, or several things, were made from it.
    """
    _check(root, role)
    if node is None:
        root, node = _result_of(root, namespaces, role), root
    nodes = topological_order(root)
    reading = Reading(root, {})
    reading.name_by(name_all(nodes, *namespaces, neurons=reading.neurons))
    if isinstance(node, str):
        node = _by_name(node, reading, role)
    _check(node, role)
    return Chain(root, node), _named(reading, node, namespaces)


def _named(reading: Reading, node: Node, namespaces: Sequence[Mapping[str, Any]]) -> Reading:
    """Give a name also to a node that is no part of the graph."""
    if id(node) not in reading.names:
        reading.names[id(node)] = called([node], namespaces).get(id(node), "it")
    return reading


def called(nodes: Sequence[Node], namespaces: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Return the names of nodes that need not be of one graph, as fit to be printed as others."""
    return {key: cut(clean(name), LONGEST) for key, name in known(nodes, *namespaces).items()}


def _check(x: Any, role: str) -> None:
    if not isinstance(x, Node):
        raise TypeError(
            f"{role}() got {shown(x)}; expected a Value or Tensor: {role}(J, b) of the result J"
            " and what it was made from"
        )


def _by_name(name: str, reading: Reading, role: str) -> Node:
    wanted = cut(clean(name), LONGEST)
    found = [node for node in reading.nodes if reading.name(node) == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(
            f"{role}() got the name {clipped(name)}, which {len(found)} nodes have; pass one"
        )
    leaves = [reading.name(node) for node in reading.nodes if node.is_leaf]
    more = f" and {len(leaves) - 12} more" if len(leaves) > 12 else ""
    of = ", ".join(map(legible, leaves[:12]))
    raise ValueError(f"{role}() got the name {shown(name)}; expected one of {of}{more}")


def _result_of(node: Node, namespaces: Sequence[Mapping[str, Any]], role: str) -> Node:
    """Return what was made from the node in the end, among the variables."""
    every = (value for namespace in namespaces for value in tuple(namespace.values()))
    found = {
        id(x): x
        for x in every
        if issubclass(type(x), Node) and not x.is_leaf and x.requires_grad and x is not node
    }
    order = topological_order(*found.values()) if found else []
    reached = {id(node)}
    for x in order:
        if any(id(operand) in reached for operand in x.inputs):
            reached.add(id(x))
    below: set[int] = set()  # of what was made from the node
    for x in reversed(order):
        if id(x) in below or (id(x) in found and id(x) in reached):
            below.update(map(id, x.inputs))
    ends = [x for key, x in found.items() if key in reached and key not in below]
    names = called(ends, namespaces)
    if len(ends) == 1:
        return ends[0]
    if not ends:
        raise ValueError(
            f"{role}() got one node, and no variable has anything that was made from it; pass both,"
            f" {role}(J, b), of which J was made from b"
        )
    several = ", ".join(sorted(names.get(id(x), "?") for x in ends))
    raise ValueError(
        f"{role}() got one node, from which {several} were made; pass one: {role}(J, b)"
    )
