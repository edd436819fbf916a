"""Pickle and deepcopy without recursion.

Both would walk from a node to its inputs by calling themselves, and die a thousand operations deep:

    >>> x = Value(1.0)
    >>> for _ in range(1_000_000):
    ...     x = x + 1.0
    >>> pickle.loads(pickle.dumps(x)).data
    1000001.0

Here a node is copied after all its inputs, in topological order. What was shared stays shared, also
with other objects of the same pickle: the parameters of a model, a loss made of them.
"""

from __future__ import annotations

from threading import local

from .graph import Node, topological_order
from .primitive import Primitive

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class _State(local):
    one_by_one = False


_state = _State()


class _Below(list[Node]):
    """The nodes under a root: pickle, which remembers what it met, meets each after its inputs."""

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, self._each()

    def _each(self) -> Iterator[Node]:
        _state.one_by_one = True
        try:
            yield from self
        finally:
            _state.one_by_one = False


def reduced(node: Node) -> tuple[Any, ...]:
    """Return what `__reduce__` should: the nodes below first, unless they are being met already."""
    below = None
    if node.inputs and not _state.one_by_one:
        below = _Below(topological_order(node)[:-1])
    parts = (type(node), below, node.data, node.inputs, node.primitive, node.label)
    return _restored, parts, (node.grad,) if node.has_grad else None


def deep_copied(root: Node, memo: dict[int, Any]) -> Any:
    """Return what `__deepcopy__` should."""
    from copy import deepcopy

    nodes = [node for node in topological_order(root) if id(node) not in memo]
    for node in nodes:
        inputs = tuple(memo[id(x)] if isinstance(x, Node) else x for x in node.inputs)
        primitive = deepcopy(node.primitive, memo)
        memo[id(node)] = _restored(
            type(node), None, deepcopy(node.data, memo), inputs, primitive, node.label
        )
    for node in nodes:
        if node.has_grad:
            memo[id(node)].grad = deepcopy(node.grad, memo)
    return memo[id(root)]


def _restored(
    kind: type[Node],
    below: list[Node] | None,
    data: Any,
    inputs: tuple[Any, ...],
    primitive: Primitive | None,
    label: str,
) -> Node:
    node = kind.record(data, inputs, primitive)
    if label:
        node.label = label
    return node
