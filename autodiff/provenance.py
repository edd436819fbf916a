"""Where a nan or an infinity comes from: the operation that made the first one.

    p = Value(-0.2, label="p")
    J = 3.0 * log(p)
    forward(J).call({})         # "log(p), where p = -0.2"
    x = Value(0.0, label="x")
    backward(sqrt(x)).told({})  # "sqrt(x), where x = 0: 1 arrives, and inf leaves it"

Either the numbers themselves went bad, in an operation on good ones, or the way back did: what
arrives at an operation is finite, and what leaves it for an operand is not. Of Tensors the first
index is named, and the operands' numbers there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .graph import CONSTANT, Node, topological_order
from .primitive import HandWritten
from .sources import Source

Index = tuple[int, ...]


class Origin:
    """The node where numbers first went bad; of an array, `index` is the first bad place in it.

    `operands` are what it was made from, and `numbers` theirs at that place, None for an array of
    which more than that goes into it, as into a sum.
    """

    def __init__(self, node: Node, index: Index | None) -> None:
        self.node = node
        self.index = index
        self.operands = node.inputs
        self.numbers = [_at(x, node, index) for x in self.operands]

    @property
    def number(self) -> float:
        """The bad number itself."""
        numbers = numbers_of(self.node)
        return numbers if self.index is None else float(numbers[self.index])

    @property
    def made(self) -> bool:
        """Whether it made something bad of good numbers, and was not handed it."""
        return bool(self.operands) and all(map(finite, self.operands))

    @property
    def source(self) -> Source | None:
        """The line that made the node, if it was recorded."""
        return self.node.source

    def call(self, names: Mapping[int, str]) -> str:
        """Return the operation on its operands' names: 'log(p) at [3, 0], where p = -0.2'."""
        if not self.operands or self.node.primitive is None:
            return names.get(id(self.node)) or self.node.label or "a leaf"
        word = self.node.primitive.name.removeprefix("reduce_")
        shown, where = [], []
        for x, number in list(zip(self.operands, self.numbers))[:_MOST]:
            name = (names.get(id(x)) or x.label) if isinstance(x, Node) else ""
            told = "" if number is None else f"{number:.6g}"
            shown.append(name or told or f"an array of shape {numbers_of(x).shape}")
            if name and told and f"{name} = {told}" not in where:
                where.append(f"{name} = {told}")
        shown += ["..."] * (len(self.operands) > _MOST)
        at = f" at {place(self.index)}" if self.index else ""
        result = ", where " + ", ".join(where) if where else ""
        return f"{word}({', '.join(shown)}){at}{result}"


class Backward(Origin):
    """An operation on the way back that makes a nan or infinity of a finite gradient.

    `argnum` says for which operand, and `arrives` and `leaves` are the gradient of the node and the
    share of that operand, both at `index` where they are of one shape. Where the shares of a node
    are finite and only their sum is not, `argnum` is None.
    """

    def __init__(self, node: Node, argnum: int | None, arrives: Any, leaves: Any) -> None:
        index = first_bad(leaves)
        operand = node if argnum is None else node.inputs[argnum]
        inside = index is not None and numbers_of(operand).shape == numbers_of(node).shape
        super().__init__(node, index if inside else None)
        self.argnum = argnum
        self.upstream = arrives
        self.arrives = _at(arrives, node, self.index)
        self.leaves = float(numbers_of(leaves)[index]) if index is not None else float(leaves)

    @property
    def operand(self) -> Any:
        """What the bad share is for."""
        return self.node if self.argnum is None else self.operands[self.argnum]

    def told(self, names: Mapping[int, str]) -> str:
        """Return the operation, what arrives at it and what leaves it."""
        call = self.call(names)
        if self.argnum is None:
            return f"the shares of {call} add up to {self.leaves:g}"
        arrives = "what arrives is finite" if self.arrives is None else f"{self.arrives:g} arrives"
        return f"{call}: {arrives}, and {self.leaves:g} leaves it"


_MOST = 4  # operands that are shown


def forward(root: Node) -> Origin | None:
    """Return where the numbers under the root first went bad; None if all are finite.

    That is the first node whose numbers are not finite though those of its operands are, or a leaf
    that was so to begin with. If the root is bad itself, only what made it so is looked at: an
    infinity that a softmax has made 0 of does no harm.
    """
    order = topological_order(root)
    suspects = None if finite(root.data) else _leading_to(root, order)
    for node in order:
        if suspects is not None and id(node) not in suspects:
            continue
        if not finite(node.data):
            return Origin(node, first_bad(node.data))
    return None


def _leading_to(root: Node, order: Sequence[Node]) -> set[int]:
    """Return the nodes from which a way of bad numbers leads to the root."""
    found = {id(root)}
    for node in reversed(order):
        if id(node) in found:
            found.update(id(x) for x in node.inputs if isinstance(x, Node) and not finite(x.data))
    return found


def backward(root: Node, within: Collection[Node] | None = None) -> Backward | None:
    """Return where the way back from the root first made a bad gradient; None if it never did.

    `within` are the nodes to go over, if not all that need a gradient. What lies behind a
    hand-written `_backward` is not known.
    """
    wanted = None if within is None else {id(node) for node in within}
    gradients: dict[int, Any] = {}
    if root.requires_grad:
        array = hasattr(root, "shape")
        gradients[id(root)] = root.vocabulary.ones_like(root.data) if array else 1.0
    for node in reversed(topological_order(root)):
        gradient = gradients.pop(id(node), None)
        if gradient is None:
            continue
        if not finite(gradient):
            return Backward(node, None, gradient, gradient)
        primitive = node.primitive
        if primitive is None or primitive is CONSTANT or isinstance(primitive, HandWritten):
            continue
        needed = [
            isinstance(x, Node) and x.requires_grad and (wanted is None or id(x) in wanted)
            for x in node.inputs
        ]
        args = [x.data if isinstance(x, Node) else x for x in node.inputs]
        xp = node.vocabulary
        shares = primitive.cotangents(xp, needed, gradient, node.data, *args, **node.params)
        for argnum, (x, need, share) in enumerate(zip(node.inputs, needed, shares)):
            if not need or share is None:
                continue
            share = node.fitted(share, x)
            if not finite(share):
                return Backward(node, argnum, gradient, share)
            before = gradients.get(id(x))
            gradients[id(x)] = share if before is None else xp.add(before, share)
    return None


# -- numbers and arrays ----------------------------------------------------------------------------


def numbers_of(x: Any) -> Any:
    """Return the ndarray of an array of any kind; of a number, or an array of no axes, a float."""
    x = x.data if isinstance(x, Node) else x
    return x if getattr(x, "shape", ()) else float(x)


def finite(x: Any) -> bool:
    """Return whether no number of it is nan or infinite."""
    numbers = numbers_of(x)
    if hasattr(numbers, "shape"):
        from . import arrays

        return arrays.all_finite(numbers)
    return abs(numbers) < float("inf")


def first_bad(x: Any) -> Index | None:
    """Return the first index of an array at which it is not finite; None of a number."""
    numbers = numbers_of(x)
    if not hasattr(numbers, "shape"):
        return None
    import numpy as np

    return tuple(map(int, np.argwhere(~np.isfinite(numbers))[0]))


def place(index: Index) -> str:
    """Return an index as it is written: [3, 0]."""
    return f"[{', '.join(map(str, index))}]"


def _at(x: Any, node: Node, index: Index | None) -> float | None:
    """Return the number of an operand that went into the node's at this index, if it is one."""
    numbers = numbers_of(x)
    if not hasattr(numbers, "shape"):
        return float(numbers)
    elementwise = node.primitive is not None and node.primitive.elementwise
    if index is None or not elementwise:
        return None
    import numpy as np

    try:
        return float(np.broadcast_to(numbers, node.data.shape)[index])
    except ValueError:  # a user's operation, which does as it likes
        return None
