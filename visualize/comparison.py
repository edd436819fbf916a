"""`diff`: two graphs side by side, or a graph and somebody else's gradients; where they part first.

    >>> from autodiff import Value
    >>> from visualize import diff
    >>> a, b = Value(3.0), Value(2.0)
    >>> J = a * b + a
    >>> J.backward()
    >>> print(diff(J, {"a": 1.0, "b": 3.0}))
    gradients: 1 of 2 differs, first that of a: 3 here, 1 there
      ∂J/∂a = 2 + 1, of t₁ = a × b and of J = t₁ + a
      there it is the share of J = t₁ + a alone: were the others overwritten (= for +=)?

Values are compared from the leaves up, gradients from the root down: what differs first is the
cause, and what follows it is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from autodiff.graph import Edge, Node, edges_into, topological_order
from autodiff.wording import a_kind, clipped, legible, shown

from .mistakes import TWICE, Share, mistake
from .names import caller, name_all
from .reading import LONGEST, Reading, same
from .text import clean, cut

_LISTED = 6  # shares of a gradient that are written out
_ACCUMULATED = (
    "here it is not the sum of its shares: was backward() called twice without zero_grad()?"
)


class Difference:
    """A node whose value or gradient is another there: its name, and both numbers or arrays."""

    def __init__(self, name: str, node: Node, here: Any, there: Any) -> None:
        self.name = name
        self.node = node
        self.here = here
        self.there = there

    def __repr__(self) -> str:
        return f"Difference({self.name!r}, here={self.here!r}, there={self.there!r})"


class Comparison:
    """What `diff` found: true if there is any difference; as text it says where, and perhaps why.

    `values` and `gradients` are lists of `Difference`, the first cause first; `parting` is the
    first node of the one graph that is made otherwise in the other, or None.
    """

    def __init__(self) -> None:
        self.values: list[Difference] = []
        self.gradients: list[Difference] = []
        self.parting: Node | None = None
        self.lines: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.values or self.gradients or self.parting)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    __repr__ = __str__


def diff(
    root: Node,
    other: Node | Mapping[Any, Any],
    *,
    rtol: float = 1e-9,
    atol: float = 1e-12,
    names: Mapping[str, Any] | None = None,
) -> Comparison:
    """Compare a graph with another one, node by node, or with gradients by name.

    `other` is the root of a graph that is made alike, or a dict from nodes or their names (as
    pictures show them) to gradients: numbers, arrays, or another library's tensors. Two numbers
    agree if |here - there| ≤ atol + rtol·|there|, or if both are nan.

    Gradients are those in `.grad`; ValueError if there are none, or for a name that no node has;
    TypeError for anything else.
    """
    namespaces = caller(1) if names is None else (names,)
    if not isinstance(root, Node) or not isinstance(other, (Node, Mapping)):
        wrong = other if isinstance(root, Node) else root
        raise TypeError(
            f"diff() got {shown(wrong)}; expected a Value or Tensor, and another one or a dict of"
            " gradients: diff(J, {'a': 6.0})"
        )
    nodes = topological_order(root)
    reading = Reading(root, {})
    reading.name_by(name_all(nodes, *namespaces, neurons=reading.neurons))
    close = _Closeness(rtol, atol)
    if isinstance(other, Node):
        return _of_graphs(reading, nodes, topological_order(other), close)
    return _of_gradients(reading, nodes, other, close)


# -- two graphs ------------------------------------------------------------------------------------


def _of_graphs(
    reading: Reading, ours: list[Node], theirs: list[Node], close: _Closeness
) -> Comparison:
    found = Comparison()
    pairs = _aligned(ours, theirs)
    if len(pairs) < max(len(ours), len(theirs)):
        at = min(len(pairs), len(ours) - 1)
        found.parting = ours[at]
        there = _made(theirs[len(pairs)]) if len(pairs) < len(theirs) else "nothing more"
        here = _made(ours[len(pairs)]) if len(pairs) < len(ours) else "nothing more"
        name = reading.name(found.parting)
        found.lines.append(f"the graphs part at {name}: {here} here, {there} there")
    found.values = [
        Difference(reading.name(a), a, a.data, b.data)
        for a, b in pairs
        if not close(a.data, b.data)
    ]
    held = [(a, b) for a, b in reversed(pairs) if a.has_grad or b.has_grad]
    found.gradients = [
        Difference(reading.name(a), a, _gradient(a), _gradient(b))
        for a, b in held
        if not close(_gradient(a), _gradient(b))
    ]
    found.lines += _account("values", found.values, len(pairs))
    if found.values:
        found.lines.append(f"  {_origin(reading, found.values[0].node)}")
    if held:
        found.lines += _account("gradients", found.gradients, len(held))
    if found.gradients and not found.values:
        found.lines += _shares(reading, found.gradients[0])
    return found


def _aligned(ours: list[Node], theirs: list[Node]) -> list[tuple[Node, Node]]:
    """Return the nodes that are made alike in both, as far as all are."""
    places: list[dict[int, int]] = [{}, {}]
    pairs: list[tuple[Node, Node]] = []
    for a, b in zip(ours, theirs):
        if _shape(a, places[0]) != _shape(b, places[1]):
            break
        places[0][id(a)] = places[1][id(b)] = len(pairs)
        pairs.append((a, b))
    return pairs


def _shape(node: Node, places: dict[int, int]) -> Any:
    """Return how a node is made: of what, by which operation."""
    operands = tuple(
        ("node", places.get(id(x))) if isinstance(x, Node) else ("number", x) for x in node.inputs
    )
    return (_word(node), operands)


def _word(node: Node) -> str:
    return node.primitive.name if node.primitive is not None and node.inputs else "leaf"


def _made(node: Node) -> str:
    if not node.inputs:
        return "a leaf"
    operands = ("·" if isinstance(x, Node) else _number(x) for x in node.inputs)
    return f"{_word(node)}({', '.join(operands)})"


def _origin(reading: Reading, node: Node) -> str:
    if node.is_leaf:
        return f"{reading.name(node)} is a leaf: the graphs start from other numbers"
    return f"its operands are equal in both: {_formula(reading, node)} is computed otherwise there"


# -- a graph and gradients -------------------------------------------------------------------------


def _of_gradients(
    reading: Reading, nodes: list[Node], other: Mapping[Any, Any], close: _Closeness
) -> Comparison:
    found = Comparison()
    wanted = gradients_by_node(other, reading, "diff")
    if not wanted:
        raise ValueError(
            "diff() got no gradients, an empty dict; expected one at least: diff(J, {'a': 6.0})"
        )
    compared = [node for node in reversed(nodes) if id(node) in wanted]
    if not any(node.has_grad for node in nodes):
        raise ValueError("diff() got a graph without gradients; call backward() on its root first")
    for node in compared:
        here, there = _gradient(node), wanted[id(node)]
        if not close(here, there):
            found.gradients.append(Difference(reading.name(node), node, here, there))
    found.lines = _account("gradients", found.gradients, len(compared))
    if found.gradients:
        pairs = [(node, _gradient(node), wanted[id(node)]) for node in compared]
        lines = _shares(reading, found.gradients[0], hint=False)
        if not any(line.endswith(_ACCUMULATED) for line in lines):
            hint = _of_all(reading, found.gradients, pairs)
            twice = len(pairs) == 1 or _doubled(pairs)
            lines = [*lines, hint] if hint else _shares(reading, found.gradients[0], twice=twice)
        found.lines += lines
    return found


_Pairs = Sequence[tuple[Node, Any, Any]]  # nodes with their gradients here and there


def _doubled(pairs: _Pairs) -> bool:
    """Return whether the gradients of all leaves are twice as large there."""
    leaves = [(here, there) for node, here, there in pairs if node.is_leaf]
    return bool(leaves) and all(_near(there, here, 2.0) for here, there in leaves)


def _of_all(reading: Reading, differing: Sequence[Difference], pairs: _Pairs) -> str:
    """Return what explains the gradients together, or an array: the empty text if nothing does."""
    import numpy as np

    if len(pairs) > 1 and _doubled(pairs):
        return f"  there {TWICE}"
    if len(pairs) > 1 and (factor := _factor(pairs)) is not None:
        return f"  there all are the right ones times {_number(factor)}"
    for i, a in enumerate(differing):
        for b in differing[i + 1 :]:
            if _near(a.there, b.here) and _near(b.there, a.here) and not _near(a.here, b.here):
                return f"  there those of {a.name} and {b.name} are swapped"
    first = differing[0]
    here, there = first.here, first.there
    if here is None or there is None or not getattr(here, "shape", ()):
        return ""
    there = np.asarray(there)
    if there.shape == here.shape[::-1] and _near(there.T, here):
        return f"  there it is transposed: {first.name}.T has that gradient"
    if there.dtype.kind == "f" and np.isnan(there).any() and not np.isnan(here).any():
        return "  there it is nan: was it 0 times an infinity, or log or sqrt of too little?"
    return ""


def _factor(pairs: _Pairs) -> float | None:
    """Return the factor, not 0 or 1, that makes all the gradients here to those there."""
    import numpy as np

    factor = None
    for _, here, there in pairs:
        if here is None or there is None or np.shape(here) != np.shape(there):
            return None
        if factor is None and np.any(here):
            place = np.unravel_index(int(np.argmax(np.abs(here))), np.shape(here))
            factor = float(np.asarray(there)[place]) / float(np.asarray(here)[place])
        if not _near(there, here, 1.0 if factor is None else factor):
            return None
    known = sum(bool(np.any(here)) for _, here, _ in pairs) > 1
    usable = factor is not None and np.isfinite(factor) and factor not in (0.0, 1.0)
    return factor if known and usable else None


def _near(a: Any, b: Any, factor: float = 1.0) -> bool:
    """Return whether a is b times a factor, up to what single precision rounds."""
    import numpy as np

    if a is None or b is None or np.shape(a) != np.shape(b):
        return False
    b = np.asarray(b, float) * factor
    return bool(np.allclose(a, b, rtol=1e-5, atol=1e-6 * float(np.abs(b).max(initial=0.0))))


def gradients_by_node(given: Mapping[Any, Any], reading: Reading, asker: str) -> dict[int, Any]:
    """Return gradients, given by nodes or by their names, as numbers or arrays by nodes' ids.

    Raises ValueError for a name that no node has, or several; TypeError for what is no number.
    """
    nodes = [(_node(key, reading, asker), number) for key, number in given.items()]
    return {id(node): _plain(number, reading.name(node), asker) for node, number in nodes}


def _node(key: Any, reading: Reading, asker: str) -> Node:
    name = cut(clean(key), LONGEST) if isinstance(key, str) else key
    found = [node for node in reading.nodes if node is key or reading.name(node) == name]
    if len(found) == 1:
        return found[0]
    names = [reading.name(node) for node in reading.nodes if node.is_leaf]
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    many = f", which {len(found)} nodes have: pass the node" if found else ""
    of = ", ".join(map(legible, names[:12]))
    raise ValueError(
        f"{asker}() got a gradient of {clipped(key)}{many}; expected one of {of}{more}"
    )


def _plain(x: Any, name: str, asker: str) -> Any:
    """Return a number or array, also of a tensor of another library, and of nodes."""
    if isinstance(x, Node):
        x = x.data
    if getattr(x, "requires_grad", False) is True and getattr(x, "is_leaf", False) is True:
        raise TypeError(
            f"{asker}() got {a_kind(x)} that requires a gradient itself as the gradient of {name};"
            f" expected its gradient: write {name}.grad"
        )
    if hasattr(x, "detach"):
        x = x.detach()
    if x is None or (hasattr(x, "__float__") and not getattr(x, "shape", ())):
        return None if x is None else float(x)
    if not hasattr(x, "__array__") and not isinstance(x, (list, tuple)):
        raise TypeError(f"{asker}() got {a_kind(x)} as the gradient of {name}; expected numbers")
    import numpy as np

    return np.asarray(x)


# -- words -----------------------------------------------------------------------------------------


def _gradient(node: Node) -> Any:
    if not node.has_grad:
        return None
    return node.grad.data if isinstance(node.grad, Node) else node.grad


class _Closeness:
    """Whether two numbers or arrays are the same."""

    def __init__(self, rtol: float, atol: float) -> None:
        self.rtol, self.atol = rtol, atol

    def __call__(self, a: Any, b: Any) -> bool:
        if a is None or b is None:
            return (0.0 if a is None else a) is (0.0 if b is None else b) or a is b
        if getattr(a, "shape", ()) != getattr(b, "shape", ()):
            return False
        if getattr(a, "shape", ()):
            import numpy as np

            return bool(np.allclose(a, b, self.rtol, self.atol, equal_nan=True))
        a, b = float(a), float(b)
        if not math.isfinite(a) or not math.isfinite(b):
            return same(a, b)
        return abs(a - b) <= self.atol + self.rtol * abs(b)


def _account(what: str, found: Sequence[Difference], count: int) -> list[str]:
    if not found:
        return [f"{what}: {'the one agrees' if count == 1 else f'all {count} agree'}"]
    first = found[0]
    verb = "differs" if len(found) == 1 else "differ"
    of = "that of " if what == "gradients" else ""
    head = f"{what}: {len(found)} of {count} {verb}, first {of}{first.name}"
    return [f"{head}: {_both(first.here, first.there)}"]


def _both(here: Any, there: Any) -> str:
    shapes = [getattr(x, "shape", ()) for x in (here, there)]
    if shapes[0] != shapes[1]:
        return f"shape {shapes[0]} here, {shapes[1]} there"
    if shapes[0]:
        import numpy as np

        here, there = np.asarray(here, float), np.asarray(there, float)
        apart = np.where(np.isnan(here) & np.isnan(there), 0.0, np.abs(here - there))
        apart[np.isnan(apart)] = np.inf  # one of the two is nan, or both are infinite
        apart[here == there] = 0.0
        index = np.unravel_index(int(apart.argmax()) if apart.size else 0, shapes[0])
        place = ", ".join(map(str, index))
        return f"most at [{place}], {_number(here[index])} here, {_number(there[index])} there"
    return f"{_number(here)} here, {_number(there)} there"


def _number(x: Any) -> str:
    if x is None:
        return "none"
    return f"{float(x):.6g}".replace("-", "−")


def _formula(reading: Reading, node: Node) -> str:
    return f"{reading.name(node)} = {reading.formula(node)}"


def _shares(
    reading: Reading, first: Difference, *, hint: bool = True, twice: bool = True
) -> list[str]:
    """Say what a gradient is the sum of, and which likely mistake would give the other number.

    If it is not the sum here, nothing is said of what is there, which may be right.
    """
    node, root = first.node, reading.nodes[-1]
    if node is root:
        return [f"  {first.name} is the root: backward() starts there, with 1 unless it is told"]
    uses = [
        edge
        for child in reading.nodes
        if any(x is node for x in child.inputs) and child.has_grad
        for edge in edges_into(child)
        if edge.parent is node and edge.contribution is not None
    ]
    summed = not uses or not _all_known(reading, node, uses) or _is_sum(first.here, uses)
    if getattr(first.here, "shape", ()) or not 0 < len(uses) <= _LISTED:
        return [] if summed else [f"  {_ACCUMULATED}"]
    numbers = [float(edge.contribution) for edge in uses]
    of = " and of ".join(_formula(reading, edge.child) for edge in uses)
    total = " + ".join(map(_number, numbers))
    lines = [f"  ∂{reading.name(root)}/∂{first.name} = {total}, of {of}"]
    if not summed:
        lines[0] = f"  the shares of ∂{reading.name(root)}/∂{first.name} are {total}, of {of}"
        return [*lines, f"  {_ACCUMULATED}"]
    if not hint:
        return lines
    shares = [
        Share(edge.child, float(edge.child.grad), edge.local and float(edge.local), number)
        for edge, number in zip(uses, numbers)
    ]
    found = mistake(reading, first.name, first.here, first.there, shares, twice)
    return [*lines, f"  there {found.words}"] if found else lines


def _is_sum(here: Any, uses: Sequence[Edge]) -> bool:
    """Return whether a gradient is the sum of its shares, but for rounding, which large ones do."""
    import numpy as np

    total, size = 0.0, 0.0
    for edge in uses:
        total, size = total + edge.contribution, size + abs(edge.contribution)
    if here is None or np.shape(total) != np.shape(here) or not np.isfinite(size).all():
        return True  # nothing can be said of those
    return bool((np.abs(total - here) <= 1e-5 * size).all())


def _all_known(reading: Reading, node: Node, uses: Sequence[Edge]) -> bool:
    """Return whether all uses of a node have a share that is known."""
    count = sum(x is node for child in reading.nodes for x in child.inputs)
    return count == len(uses)
