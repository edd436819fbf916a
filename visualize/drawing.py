"""`draw`: from a value to a picture, and micrograd's `draw_dot` and `trace`.

    from visualize import draw

    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    J = 3 * (a + b * c)
    J.backward()
    draw(J).save("J.svg")       # a, b, c, J: the names of the caller's variables

Drawing reads the graph and changes nothing in it. It counts before it draws, stopping at the limit:
a graph of a million values is refused as fast as one of a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autodiff.graph import Node, topological_order
from autodiff.nn import Module
from autodiff.wording import a_kind, shown

from . import beads, cards, dot, networks, neurons
from .names import caller, name_all
from .networks import Neuron
from .style import THEMES

if TYPE_CHECKING:
    from .render import Picture

STYLES = {"beads": beads.write, "cards": cards.write, "neurons": neurons.write}
LIMIT = 150
DIRECTIONS = ("LR", "RL", "TB", "BT")


class TooLarge(ValueError):
    """The graph has more values than a picture of it can show."""


def draw(
    root: Node,
    *,
    theme: str = "light",
    style: str | None = None,
    rankdir: str = "LR",
    legend: bool = False,
    limit: int = LIMIT,
    names: Mapping[str, Any] | None = None,
) -> Picture:
    """Draw everything that `root` was made from: values, gradients and local derivatives.

    The picture shows itself in a notebook; `.save("J.svg")` writes it (svg, png, jpg, pdf, dot).
    `theme` is "light", "dark" or "auto", which as SVG follows the reader's system; `rankdir` is the
    direction of the forward pass, LR, RL, TB or BT; `style` is "cards", one for each value,
    "neurons", one for each neuron with its weights, or "beads". By itself it is "neurons" if the
    graph has some: dot(w, x, b) and its activation, as `autodiff.nn` makes them.

    Values are called by their labels, else by the caller's variables and modules, or by those in
    `names`, a dict from names to values; the rest is t₁, t₂ … Works before `backward()`: gradients
    are then –.

    Raises TypeError if `root` is no node, ValueError if it would have more than `limit` cards.
    """
    folded = style is None or style == "neurons"
    nodes = _nodes(root, limit, "draw", folded)
    _check("theme", theme, THEMES)
    if style is not None:
        _check("style", style, STYLES)
    _check("rankdir", rankdir, DIRECTIONS)
    if names is not None and not isinstance(names, Mapping):
        raise TypeError(f"draw() got names={_short(names)}; expected a dict, as in {{'a': a}}")
    namespaces = caller(1) if names is None else (names,)
    found = networks.neurons(nodes) if folded else []
    _check_size(nodes, found, limit)
    style = style or ("neurons" if found else "cards")
    text = _text(style, root, name_all(nodes, *namespaces, neurons=found), theme, rankdir, legend)

    from .render import Picture

    return Picture.of(text)


def draw_dot(
    root: Node, format: str = "svg", rankdir: str = "LR", *, limit: int = LIMIT
) -> Picture:
    """Draw the graph as micrograd does: a bead for each value and one for each operation.

    Raises TypeError and ValueError as `draw` does.
    """
    nodes = _nodes(root, limit, "draw_dot", folded=False)
    _check("rankdir", rankdir, DIRECTIONS)
    text = _text("beads", root, name_all(nodes, *caller(1)), "light", rankdir, False)

    from .render import Picture

    return Picture.of(text, format)


def trace(root: Node) -> tuple[set[Node], set[tuple[Node, Node]]]:
    """Return the set of all nodes under the root, and the set of (input, node made from it)."""
    _check_node(root, "trace")
    nodes = set(topological_order(root))
    return nodes, {(parent, node) for node in nodes for parent in node.parents}


def _text(
    style: str, root: Node, names: dict[int, str], theme: str, rankdir: str, legend: bool
) -> str:
    write = STYLES[style]
    text = write(root, names, THEMES[theme], rankdir=rankdir, legend=legend)
    if theme == "auto":
        dark = write(root, names, THEMES["dark"], rankdir=rankdir, legend=legend)
        return dot.with_dark(text, dark)
    return text


def _nodes(root: Node, limit: int, function: str, folded: bool) -> list[Node]:
    """Return the nodes in order, or refuse after looking at no more of them than need be."""
    _check_node(root, function)
    if type(limit) is not int or limit < 1:
        raise ValueError(f"draw() got limit={limit!r}; expected a whole number of at least 1")
    # The card of a neuron holds two operations, and leaves of which few have cards of their own.
    most, most_uses = (2 * limit, 40 * limit) if folded else (limit, 10 * limit)
    seen = {id(root)}
    stack = [root]
    size, uses = 1, 0
    while stack:
        for operand in stack.pop().inputs:
            if isinstance(operand, Node):
                uses += 1
                if id(operand) not in seen:
                    seen.add(id(operand))
                    stack.append(operand)
                    size += not (folded and operand.is_leaf)
            if size > most or uses > most_uses:
                what = f"{limit} values" if size > most else f"{most_uses} edges"
                raise TooLarge(_too_large(what, limit, function))
    return topological_order(root)


def _check_size(nodes: list[Node], found: list[Neuron], limit: int) -> None:
    """Refuse more cards than the limit, or ten times as many edges, or rows, as that."""
    rows = sum(len(neuron.parameters) for neuron in found)
    parameters = {id(leaf) for neuron in found for leaf in neuron.parameters}
    inside = sum(not neuron.is_linear for neuron in found)
    size = len(nodes) - len(parameters) - inside
    uses = sum(
        isinstance(x, Node) and id(x) not in parameters for node in nodes for x in node.inputs
    )
    kind = "neurons and other values" if found else "values"
    for count, most, what in (
        (size, limit, f"{limit} {kind}"),
        (uses - inside, 10 * limit, f"{10 * limit} edges"),
        (rows, 10 * limit, f"{10 * limit} weights"),
    ):
        if count > most:
            raise TooLarge(_too_large(what, limit, "draw"))


def _too_large(what: str, limit: int, function: str) -> str:
    return (
        f"this graph has more than {what}; a picture of it would be slow to make and hard to read."
        f" Draw a part of it, {function}(v) of a value v inside, or insist:"
        f" {function}(J, limit={max(5000, 10 * limit)})"
    )


def _check_node(root: Any, function: str) -> None:
    if not isinstance(root, Node):
        what = f"a Value: J = 3 * (a + b); {function}(J)"
        if issubclass(type(root), Module):
            what = f"a Value that it returns: {function}(model([1.0, 2.0]))"
        raise TypeError(f"{function}() got {_short(root)}; expected {what}")
    if hasattr(root, "shape"):
        raise TypeError(
            f"{function}() got a Tensor of shape {root.shape}; expected a Value, as a card shows"
            " one number: draw the same network of neurons, model.to_scalar()(x), or one expression"
        )


def _short(x: Any) -> str:
    """Describe an object by its type, and show it if it is of a harmless one."""
    if type(x) in (int, float, str, bool):
        return shown(x, 40)
    return "None" if x is None else a_kind(x)


def _check(what: str, got: Any, known: Any) -> None:
    if type(got) is not str or got not in known:
        options = ", ".join(repr(option) for option in known)
        raise ValueError(f"draw() got {what}={_short(got)}; expected one of {options}")
