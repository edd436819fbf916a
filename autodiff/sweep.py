"""The sweeps: the chain rule, from the root to the leaves and back.

    pullback(J, 1.0)         cotangents, ∂J/∂x for every node x under J      (reverse mode)
    pushforward(J, {a: 1})   the tangent of J as a moves with speed 1          (forward mode)
    backward(J)              pullback that adds into the leaves' `.grad`

Floats have a sweep of their own, twice as fast, which runs each primitive's step (`steps.py`);
nodes and arrays take the general one. Neither recurses: a chain may be a million nodes long.
"""

from __future__ import annotations

from . import floats, functions
from .graph import CONSTANT, UNSET, Node, altered, check, modes, topological_order
from .primitive import HandWritten
from .steps import MANY, NODES

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def pullback(
    root: Node, cotangent: Any, create_graph: bool = False, wrt: Sequence[Node] | None = None
) -> dict[Node, Any]:
    """Return the cotangents of the nodes under the root that have one: cotangent · ∂root/∂node.

    With create_graph they are nodes themselves, which can be differentiated again. With `wrt` only
    what leads to these nodes is computed, only theirs are returned, and nothing below them is met.
    """
    order = topological_order(root, stop=wrt or ())
    useful = None if wrt is None else _leading_to(wrt, order)
    cotangents: dict[Node, Any] = {root: cotangent}
    for node in reversed(order):
        if node.primitive is None or node not in cotangents:
            continue
        xp = functions if create_graph else node.vocabulary
        g = cotangents[node] if useful is None else cotangents.pop(node)
        args = node.inputs if create_graph else _data(node.inputs)
        needed = [
            isinstance(x, Node) and x.requires_grad and (useful is None or x in useful)
            for x in node.inputs
        ]
        y = node if create_graph else node.data
        _refuse_hand_written(node)
        shares = node.primitive.cotangents(xp, needed, g, y, *args, **node.params)
        for parent, need, share in zip(node.inputs, needed, shares):
            if need and share is not None:
                share = node.fitted(share, parent)
                _check(node, g, share)
                before = cotangents.get(parent)
                cotangents[parent] = share if before is None else xp.add(before, share)
    return cotangents


def _leading_to(wrt: Sequence[Node], order: list[Node]) -> set[Node]:
    """Return the nodes wrt, and those in the order that were made from them."""
    useful = set(wrt)
    for node in order:
        if any(isinstance(x, Node) and x in useful for x in node.inputs):
            useful.add(node)
    return useful


def pushforward(root: Node, tangents: Mapping[Node, Any], create_graph: bool = False) -> Any:
    """Return the tangent of the root, Σ ∂root/∂x · tangents[x]; 0 where no x reaches it."""
    moving: dict[Node, Any] = dict(tangents)
    for node in topological_order(root, stop=tangents):
        if not node.inputs or node.primitive is None:
            continue
        _refuse_hand_written(node)
        xp = functions if create_graph else node.vocabulary
        shares = [moving.get(x) if isinstance(x, Node) else None for x in node.inputs]
        if any(share is not None for share in shares):
            y, args = (node, node.inputs) if create_graph else (node.data, _data(node.inputs))
            tangent = node.primitive.tangent(xp, shares, y, *args, **node.params)
            if tangent is not None:
                moving[node] = node.filled(tangent, node)
    return moving.get(root, 0.0)


def _refuse_hand_written(node: Node) -> None:
    if isinstance(node.primitive, HandWritten):
        raise TypeError(
            f"cannot differentiate {node.primitive.name!r} again or forward: its _backward is"
            " hand-written, which says nothing of its derivative; use @custom_vjp instead"
        )


def _data(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(x.data if isinstance(x, Node) else x for x in inputs)


def _check(node: Node, g: Any, share: Any) -> None:
    """Report, as errstate asks, a share of the gradient that is not finite though g is."""
    if modes.checking:
        g, share = _data((g, share))

        def message() -> str:  # which of a sum of many would take long to say for each of them
            operands = ", ".join(map(repr, _data(node.inputs)))
            name = node.primitive.name if node.primitive else ""
            return f"the gradient of {name}({operands}), {g} times its derivative, is {share}"

        check(node.vocabulary, share, [g], message)


def backward(root: Node, seed: Any = 1.0, create_graph: bool = False) -> None:
    """Set `.grad` = seed · ∂root/∂node under the root.

    Leaves accumulate, interior nodes start afresh.
    """
    if root.primitive is CONSTANT:
        raise RuntimeError(
            "backward() got a value that needs no gradient: it was detached, or made under"
            " no_grad(), or from such values only; call it on the result of recorded operations"
            " (an update under no_grad() is x.data -= step, as x -= step would make x a constant)"
        )
    if not create_graph:
        if root.vocabulary is floats:
            _backward_floats(root, seed)
        else:
            _backward_arrays(root, seed)
        return
    for node, cotangent in pullback(root, seed, create_graph=True).items():
        if not isinstance(cotangent, Node):  # a slope that is constant
            cotangent = root.record(_own(cotangent), (), CONSTANT)
        if not node.is_leaf:
            node.grad = cotangent
        elif node.requires_grad:  # leaves accumulate so that minibatches add up
            node.grad = node.grad + cotangent if node.has_grad else cotangent


def _own(x: Any) -> Any:
    """Return an ndarray in memory of its own, so that no two gradients change together."""
    return x.copy() if hasattr(x, "shape") else x


# -- the sweep for floats --------------------------------------------------------------------------


def _backward_floats(root: Node, seed: float) -> None:
    if root.primitive is None:
        root.grad = seed + (root.grad or 0.0)
        return
    if altered and modes.checking:
        _checked_sweep(root, seed)
        return
    order, untouched = _interior_order(root)
    root.grad = seed
    for node in reversed(order):
        if node.grad is not untouched:
            node.primitive.step(node)  # type: ignore[union-attr]
        else:  # it was the condition of a choice, say: no gradient came here
            node.grad = node.blank


def _checked_sweep(root: Node, seed: float) -> None:
    """Do the same under errstate; if that raises, leave all gradients as they were."""
    before = {x: x.grad for x in topological_order(root)}
    order, untouched = _interior_order(root)
    root.grad = seed
    try:
        for node in reversed(order):
            if node.grad is untouched:
                node.grad = UNSET
                continue
            held = [parent.grad for parent in node.parents]
            node.primitive.step(node)  # type: ignore[union-attr]
            for parent, grad in zip(node.parents, held):
                if node.vocabulary.all_finite(*_data((grad,))):  # else this step is not to blame
                    _check(node, node.grad, parent.grad)
    except BaseException:
        for node, grad in before.items():
            node.grad = grad
        raise


def _interior_order(root: Node) -> tuple[list[Node], float]:
    """List the nodes that operations made, parents before children, their gradients set to zero.

    A zero made for this call marks what the search has met: that saves a set of all nodes. It is
    returned as well, for a node that still holds it when its turn comes was given nothing.

    From a node the search goes down along left operands; the nodes on the way wait in the stack to
    have their right one looked at, or of many operands those that `rest` holds.
    """
    met, blank = UNSET + 0.0, root.blank
    order: list[Node] = []
    stack: list[Node] = []
    rest: dict[Node, list[Node]] = {}
    push, pop, done = stack.append, stack.pop, order.append
    node = root
    node.grad = met
    while True:
        while True:
            x = node.left
            if type(x) is float or x.grad is met:
                break
            if x.primitive is None:
                if x.grad is None:  # how one zeroes a gradient in PyTorch
                    x.grad = blank
                break
            x.grad = met
            push(node)
            node = x
        while True:
            x = node.right
            if type(x) is not float:
                if x.grad is not met:
                    if x.primitive is not None:
                        break
                    if x.grad is None:
                        x.grad = blank
            elif x is NODES or x is MANY:
                below = rest.pop(node, None) or _unmet(node, met)
                x = node
                while below and x.grad is met:
                    x = below.pop()
                if x.grad is not met:
                    if below:
                        rest[node] = below
                    break
            done(node)
            if not stack:
                return order, met
            node = pop()
        x.grad = met
        push(node)
        node = x


def _unmet(node: Node, met: float) -> list[Node]:
    """Return those of many operands that the search is yet to meet, the first at the end."""
    nodes = node.many if node.right is NODES else [x for x in node.many if type(x) is not float]
    unmet = [x for x in nodes if (x.grad is None if x.primitive is None else x.grad is not met)]
    if unmet:
        for x in unmet:
            if x.primitive is None:  # a leaf, which takes no part in a search
                x.grad = node.blank
        unmet = [x for x in reversed(unmet) if x.primitive is not None]
    return unmet


# -- the sweep for arrays --------------------------------------------------------------------------


def _backward_arrays(root: Node, seed: Any) -> None:
    arrays = root.vocabulary
    give = root.receive  # type: ignore[attr-defined]
    if root.primitive is None:
        give(root, root, seed)
        return
    if altered and modes.checking:
        _checked_arrays(root, seed)
        return
    order, untouched = _interior_order(root)
    before = arrays.heard()
    try:
        arrays.hush()
        root.before_sweep(order)  # type: ignore[attr-defined]
        root.grad = seed
        for node in reversed(order):
            if node.grad is not untouched:
                node.primitive.array_step(node, give, CONSTANT)  # type: ignore[union-attr]
            else:
                node.grad = None
    except BaseException:
        for node in order:
            if type(node.grad) is float:
                node.grad = None
        raise
    finally:
        arrays.unhush(before)


def _checked_arrays(root: Node, seed: Any) -> None:
    """Do the same under errstate, which asks each share; if it raises, no gradient has changed."""
    found = pullback(root, seed)
    for node, cotangent in found.items():
        if node.is_leaf and node.requires_grad:
            root.receive(node, node, _own(cotangent))  # type: ignore[attr-defined]
        elif not node.is_leaf:
            node.grad = cotangent
