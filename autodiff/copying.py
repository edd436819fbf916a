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

from .graph import NO_PARAMS, Node, topological_order

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from typing import Any

    from .primitive import Primitive
    from .sources import Source


class _Next(local):
    alone = 0  # the id of a node that pickle is about to meet after all its inputs


_next = _Next()


class _Alone:
    """A node in a list below its root: pickled by itself, as its inputs stand before it.

    (Should pickle know the node already, the note about it goes stale. That harms nobody: alone or
    not, a node is pickled whole.)
    """

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def __reduce__(self) -> tuple[Any, ...]:
        _next.alone = id(self.node)
        return _itself, (self.node,)


def _itself(node: Node) -> Node:
    return node


def reduced(node: Node) -> tuple[Any, ...]:
    """Return what `__reduce__` should: for pickle, which remembers what it has met."""
    alone, _next.alone = _next.alone == id(node), 0
    below: list[_Alone] = []
    gradients: list[tuple[Node, Node]] = []
    further: list[_Alone] = []
    if not alone:
        order = topological_order(node)
        below = [_Alone(x) for x in order[:-1]]
        gradients = _gradient_nodes(order)
        if gradients:
            known = set(order)
            roots = [grad for _, grad in gradients]
            further = [_Alone(x) for x in topological_order(*roots) if x not in known]
    parts: tuple[Any, ...] = (
        type(node), below, node.data, node.inputs, node.primitive, node.label, node.params,
        node.stale,
    )  # fmt: skip
    if (source := _source(node)) is not None:
        parts += (source,)
    plain = node.grad if node.has_grad and not isinstance(node.grad, Node) else None
    state = (plain, further, gradients) if gradients or plain is not None else None
    return _restored, parts, state


def _gradient_nodes(nodes: list[Node]) -> list[tuple[Node, Node]]:
    """List the nodes whose gradients are nodes, with them: those below these gradients as well."""
    pairs: list[tuple[Node, Node]] = []
    seen = set(nodes)
    while nodes:
        found = [(node, node.grad) for node in nodes if isinstance(node.grad, Node)]
        pairs += found
        nodes = [x for x in topological_order(*(grad for _, grad in found)) if x not in seen]
        seen.update(nodes)
    return pairs


def restore_gradients(node: Node, state: tuple[Any, ...]) -> None:
    """Do what `__setstate__` should, with the last part of `reduced`."""
    plain, _, gradients = state
    if plain is not None:
        node.grad = plain
    for other, grad in gradients:
        other.grad = grad


def copied(node: Node) -> Any:
    """Return what `__copy__` should: another node on the same inputs."""
    copy = _restored(
        type(node), [], _another(node.data), node.inputs, node.primitive, node.label, node.params,
        node.stale, _source(node),
    )  # fmt: skip
    copy.grad = _another(node.grad)
    return copy


def _source(node: Node) -> Source | None:
    """Return a copy of the lines that were noted for the node, if any were."""
    source: Source | None = getattr(node, "_source", None)
    return None if source is None else source.copy()


def _another(x: Any) -> Any:
    """Return a copy of an ndarray, which may be changed in place; a number, a node as it is."""
    return x.copy() if hasattr(x, "dtype") and not isinstance(x, Node) else x


def deep_copied(root: Node, memo: dict[int, Any]) -> Any:
    """Return what `__deepcopy__` should."""
    from copy import deepcopy

    order = topological_order(root)
    gradients = _gradient_nodes(order)
    order = topological_order(root, *(grad for _, grad in gradients))
    new = [node for node in order if id(node) not in memo]
    for node in new:
        inputs = tuple(memo[id(x)] if isinstance(x, Node) else x for x in node.inputs)
        data, primitive = deepcopy(node.data, memo), deepcopy(node.primitive, memo)
        params = deepcopy(node.params, memo) if node.params else node.params
        copy = _restored(
            type(node), [], data, inputs, primitive, node.label, params, node.stale,
            _source(node),
        )  # fmt: skip
        if node.has_grad and not isinstance(node.grad, Node):
            copy.grad = deepcopy(node.grad, memo)
        memo[id(node)] = copy
    copied = {id(node) for node in new}
    for node, grad in gradients:
        if id(node) in copied:
            memo[id(node)].grad = memo[id(grad)]
    return memo[id(root)]


def _restored(
    kind: type[Node],
    below: list[Any],
    data: Any,
    inputs: tuple[Any, ...],
    primitive: Primitive | None,
    label: str,
    params: dict[str, Any] = NO_PARAMS,
    stale: bool = False,
    source: Source | None = None,
) -> Node:
    node: Any = kind.record(data, inputs, primitive)
    if source is not None:
        node._source = source
    elif getattr(node, "_source", None) is not None:
        del node._source  # a copy was made where the first was, and not here
    if label:
        node.label = label
    if params:
        node.params = params
    if stale:
        node.stale = stale
    return node
