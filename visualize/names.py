"""What the values are called, found out when drawing and never while computing.

    J = 3 * (a + b * c)
    draw(J)                 # a, b, c, J are the caller's variables; b * c becomes t₁

A label wins. Else comes the caller's variable: a local before a global, one level into lists,
tuples and dicts (w[2], params['a']), and a name that starts with _ only for want of another. What
remains is t₁, t₂ … in the order of computation, left operands first.

The caller's other objects may be anything. They are looked at with `type` and `is` alone: nothing
of theirs is compared, printed or asked for an attribute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any

from autodiff.graph import Node

Names = Mapping[int, str]  # by id: the nodes are alive as long as their picture is being made

# A data set in a variable has more entries than a picture has values; don't read it to its end.
_ENTRIES = 10_000

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def name_all(nodes: Sequence[Node], *namespaces: Mapping[str, Any]) -> dict[int, str]:
    """Return a name for every node, by its id; an earlier namespace wins over a later one."""
    names = known(nodes, *namespaces)
    taken = set(names.values())
    numbered = ("t" + str(i).translate(_SUBSCRIPTS) for i in count(1))
    fresh = (name for name in numbered if name not in taken)
    return {id(node): names.get(id(node)) or next(fresh) for node in nodes}


def is_numbered(name: str) -> bool:
    """Return whether a name is one of t₁, t₂ …, for want of one given by the user."""
    return name[:1] == "t" and name[1:].strip("₀₁₂₃₄₅₆₇₈₉") == "" and len(name) > 1


def known(nodes: Sequence[Node], *namespaces: Mapping[str, Any]) -> dict[int, str]:
    """Return the names of those nodes that have a label or a variable, by id."""
    wanted = {id(node) for node in nodes}
    names = {id(node): node.label for node in nodes if _is_name(node.label)}
    private: dict[int, str] = {}
    for find in (_variables, _entries):  # a plain name says more than a place in a container
        for namespace in namespaces:
            for name, value in find(namespace):
                if id(value) in wanted:
                    (private if name.startswith("_") else names).setdefault(id(value), name)
    return {**private, **names}


def _is_name(label: Any) -> bool:
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
