"""`summary`: what there is in a graph of any size, as text.

    >>> a, b, c = Value(5.0), Value(3.0), Value(2.0)
    >>> J = 3 * (a + b * c)
    >>> J.backward()
    >>> summary(J)
    J: 33
    values      6: 3 inputs, 3 operations
    operations  multiply 2, add 1
    depth       3
    gradients   |grad| from 1 (J) to 9 (c), none of 6 is 0
    not finite  none

A graph of a million values takes some seconds; it is walked without recursion.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autodiff.graph import Node
from autodiff.naming import Places, known

from . import style
from .depths import Depths, depths
from .drawing import check_names, check_node
from .names import caller
from .spread import Spread, spread_of
from .text import clean, cut

_OPERATIONS = 8  # kinds of operations that are named
_LONGEST = 60  # of a name


class Summary:
    """What there is in a graph, as text; in a notebook it shows itself."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    __repr__ = __str__


def summary(root: Node, *, names: Mapping[str, Any] | None = None) -> Summary:
    """Say what a graph of any size has in it, and what is wrong with its numbers.

    Values by kind and operation, depth, the smallest and the largest gradient, how many are 0
    (dead), and where the first nan or inf came up; then a row for each layer with its parameters
    and their gradients. Names are found as by `draw`. Raises TypeError if `root` is no node.
    """
    check_node(root, "summary")
    check_names(names, "summary")
    namespaces = caller(1) if names is None else (names,)
    found = depths(root)
    called = known(found.nodes, *namespaces)
    lines = [
        *_counts(root, found, called),
        *_gradients(found.nodes, called),
        *_bad(found.nodes, called),
        *_layers(found.nodes, namespaces),
    ]
    return Summary("\n".join(lines))


def _counts(root: Node, found: Depths, names: Mapping[int, str]) -> Iterator[str]:
    kinds: Counter[str] = Counter()
    operations: Counter[str] = Counter()
    for node in found.nodes:
        if node.is_leaf:
            kinds["input" if node.requires_grad else "constant"] += 1
        else:
            operations[node.primitive.name if node.primitive else "?"] += 1
    inside = sum(operations.values())
    value = f": {style.number(float(root.data))}" if _is_number(root) else f": {_shape(root)}"
    yield f"{_name(root, names)}{value}"
    kinds["operation"] = inside
    parts = [f"{n:,} {kind}{'s' * (n != 1)}" for kind, n in kinds.items() if n]
    yield f"values      {len(found.nodes):,}: {', '.join(parts)}"
    common = operations.most_common(_OPERATIONS)
    words = [f"{name} {n:,}" for name, n in common]
    others = len(operations) - len(common)
    words += [f"{others} others"] * bool(others)
    yield f"operations  {', '.join(words) or 'none'}"
    yield f"depth       {found.of[id(root)]:,}"
    if hasattr(root, "shape"):
        yield f"numbers     {sum(node.data.size for node in found.nodes):,}"


def _gradients(nodes: Sequence[Node], names: Mapping[int, str]) -> Iterator[str]:
    smallest, largest = math.inf, -1.0
    low = high = nodes[-1]
    dead = graded = without = 0
    for node in nodes:
        if not node.requires_grad:
            continue
        if not node.has_grad:
            without += 1
            continue
        graded += 1
        size = _size(node.grad)
        if size == 0.0:
            dead += 1
        elif size < smallest:
            smallest, low = size, node
        if largest < size < math.inf:
            largest, high = size, node
    if not graded:
        yield "gradients   none yet: call backward()"
        return
    span = ""
    if dead < graded and largest > 0.0:
        span = f"|grad| from {style.number(smallest)} ({_name(low, names)})"
        span += f" to {style.number(largest)} ({_name(high, names)})"
    zero = f"{dead:,} of {graded:,} are 0 (dead)" if dead else f"none of {graded:,} is 0"
    yield f"gradients   {', '.join(filter(None, [span, zero]))}"
    if without:
        yield f"            {without:,} have none: no backward has reached them"


def _bad(nodes: Sequence[Node], names: Mapping[int, str]) -> Iterator[str]:
    values = [node for node in nodes if not _is_finite(node.data)]
    if values:
        first = values[0]
        what = f"{_name(first, names)}, {_shown(first.data)}"
        if first.primitive and not first.is_leaf:
            what += f", which is {first.primitive.name}({_operands(first, names)})"
        yield f"not finite  {len(values):,} value{'s' * (len(values) > 1)}; the first is {what}"
    grads = [node for node in nodes if node.has_grad and not _is_finite(node.grad)]
    if grads:
        first = grads[-1]  # backward meets it first
        yield (
            f"not finite  {len(grads):,} gradient{'s' * (len(grads) > 1)}; the first in backward is"
            f" of {_name(first, names)}, {_shown(first.grad)}"
        )
    if not values and not grads:
        yield "not finite  none"


def _operands(node: Node, names: Mapping[int, str]) -> str:
    parts = [
        f"{_name(x, names)} = {_shown(x.data)}" if isinstance(x, Node) else style.number(x)
        for x in node.inputs[:3]
    ]
    return ", ".join(parts) + ", …" * (len(node.inputs) > 3)


# -- layers ----------------------------------------------------------------------------------------


def _layers(nodes: Sequence[Node], namespaces: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    leaves = [node for node in nodes if node.is_leaf and node.requires_grad]
    rows: dict[str, list[Node]] = {}
    by_id = {id(leaf): leaf for leaf in leaves}
    for key, name in Places(leaves, *namespaces).names():
        outer = name.rpartition(".")[0]
        if outer.rpartition(".")[2].startswith("neuron"):
            outer = outer.rpartition(".")[0] or outer
        rows.setdefault(outer or name, []).append(by_id[key])
    if not rows:
        return
    table = [("layer", "parameters", "mean ± deviation", "|grad|", "dead")]
    for name, members in rows.items():
        values = _spread([leaf.data for leaf in members])
        grads = [leaf.grad for leaf in members if leaf.has_grad]
        size, dead = style.NO_GRADIENT, style.NO_GRADIENT
        if grads:
            found = _spread(grads)
            size = "not finite" if found.bad else style.number(found.norm)
            dead = f"{sum(_zeros(grad) for grad in grads):,}"
        mean = f"{style.number(values.mean)} ± {style.number(values.deviation)}"
        shown = cut(clean(name), _LONGEST)
        table.append((shown, f"{values.total:,}", mean, size, dead))
    widths = [max(map(len, column)) for column in zip(*table)]
    yield ""
    for row in table:
        cells = [row[0].ljust(widths[0]), *(x.rjust(w) for x, w in zip(row[1:], widths[1:]))]
        yield "  ".join(cells).rstrip()


def _spread(parts: Sequence[Any]) -> Spread:
    parts = [_plain(part) for part in parts]
    if not any(hasattr(part, "shape") for part in parts):
        return spread_of([float(part) for part in parts])
    import numpy as np

    return spread_of(np.concatenate([np.ravel(part) for part in parts]))


def _zeros(grad: Any) -> int:
    grad = _plain(grad)
    return int((grad == 0).sum()) if hasattr(grad, "shape") else int(grad == 0.0)


# -- numbers and arrays ----------------------------------------------------------------------------


def _plain(x: Any) -> Any:
    """Return what is in a node, as in a gradient made with create_graph=True."""
    return x.data if isinstance(x, Node) else x


def _size(x: Any) -> float:
    """Return |x|, or the norm of an array; nan if something in it is not finite."""
    x = _plain(x)
    if not hasattr(x, "shape"):
        return abs(float(x))
    found = spread_of(x)
    return math.nan if found.bad else found.norm


def _is_finite(x: Any) -> bool:
    x = _plain(x)
    return not spread_of(x).bad if hasattr(x, "shape") else math.isfinite(x)


def _shown(x: Any) -> str:
    x = _plain(x)
    if getattr(x, "size", 1) == 1:
        return style.number(float(x.item() if hasattr(x, "item") else x))
    found = spread_of(x)
    bad = f", {found.bad:,} of {found.total:,} nan or inf" if found.bad else ""
    return f"shape {' × '.join(map(str, x.shape))}{bad}"


def _is_number(node: Node) -> bool:
    return getattr(node.data, "size", 1) == 1


def _shape(node: Node) -> str:
    return f"shape {' × '.join(map(str, node.data.shape))}"


def _name(node: Node, names: Mapping[int, str]) -> str:
    """Return a name on one line and not too long, or what there is to say for want of one."""
    name = cut(clean(names.get(id(node), "")), _LONGEST)
    if name or node.is_leaf:
        return name or "an input"
    return f"the result of {node.primitive.name if node.primitive else '?'}"
