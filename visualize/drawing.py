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

from . import dot
from .names import caller
from .planning import FOLDS, STYLES, Plan, plan
from .style import THEMES

if TYPE_CHECKING:
    from .render import Picture

DIRECTIONS = ("LR", "RL", "TB", "BT")


def draw(
    root: Node,
    *,
    theme: str = "light",
    style: str | None = None,
    fold: str | None = None,
    rankdir: str = "LR",
    legend: bool = False,
    limit: int | None = None,
    names: Mapping[str, Any] | None = None,
) -> Picture:
    """Draw everything that `root` was made from: values, gradients and local derivatives.

    The picture shows itself in a notebook; `.save("J.svg")` writes it (svg, png, jpg, pdf, dot).
    `theme` is "light", "dark" or "auto", which as SVG follows the reader's system; `rankdir` is the
    direction of the forward pass, LR, RL, TB or BT.

    `fold` is "none" for a card for each value, "neuron" for one for each neuron with its weights,
    "layer" for one for each layer and for all values made alike. By itself it is the first that
    can be read: neurons if the graph has some, as `autodiff.nn` makes them, and layers where more
    than 150 cards would be left; a line under the picture then says so. Of Tensors, "layer" puts
    the parameters and the activation of a layer on its card, and "none" gives each its own.
    `style` is "cards", "neurons" (the same as these two folds), "wires", with values on the lines
    between operations, or "beads", as micrograd draws.

    Values are called by their labels, else by the caller's variables and modules, or by those in
    `names`, a dict from names to values; the rest is t₁, t₂ … Works before `backward()`: gradients
    are then –.

    Raises TypeError if `root` is no node, ValueError if it would have more than `limit` cards; by
    itself that is 1000.
    """
    check_node(root, "draw")
    check_limit(limit, "draw")
    check("draw", "theme", theme, THEMES)
    check("draw", "rankdir", rankdir, DIRECTIONS)
    if style is not None:
        check("draw", "style", style, STYLES)
    if fold is not None:
        check("draw", "fold", fold, FOLDS)
    check_names(names, "draw")
    if not isinstance(legend, bool):
        raise TypeError(f"draw() got legend={short(legend)}; expected True or False")
    _check_together(root, style, fold, rankdir)
    namespaces = caller(1) if names is None else (names,)
    return draw_plan(root, plan(root, style, fold, limit, namespaces), theme, rankdir, legend)


def draw_dot(
    root: Node, format: str = "svg", rankdir: str = "LR", *, limit: int | None = None
) -> Picture:
    """Draw the graph as micrograd does: a bead for each value and one for each operation.

    Raises TypeError and ValueError as `draw` does.
    """
    check_node(root, "draw_dot")
    check_limit(limit, "draw_dot")
    check("draw_dot", "rankdir", rankdir, DIRECTIONS)
    if hasattr(root, "shape"):
        raise TypeError(
            f"draw_dot() got a Tensor of shape {root.shape}; expected a Value, as a bead shows one"
            " number: draw(J) draws Tensors"
        )
    found = plan(root, "beads", None, limit, caller(1), "draw_dot")
    return draw_plan(root, found, "light", rankdir, False, format)


def trace(root: Node) -> tuple[set[Node], set[tuple[Node, Node]]]:
    """Return the set of all nodes under the root, and the set of (input, node made from it)."""
    check_node(root, "trace")
    nodes = set(topological_order(root))
    return nodes, {(parent, node) for node in nodes for parent in node.parents}


def draw_plan(
    root: Node, how: Plan, theme: str, rankdir: str, legend: bool, format: str = "svg"
) -> Picture:
    """Return the picture of a graph that is to be drawn in this way."""

    def text(theme: str) -> str:
        look = THEMES[theme]
        return how.write(root, how.names, look, rankdir=rankdir, legend=legend, caption=how.caption)

    from .render import Picture

    both = dot.with_dark(text("auto"), text("dark")) if theme == "auto" else text(theme)
    return Picture.of(both, format)


# -- what can be said of the arguments -------------------------------------------------------------


def check_node(root: Any, function: str) -> None:
    """Raise TypeError for what is no node."""
    if not isinstance(root, Node):
        what = f"a Value: J = 3 * (a + b); {function}(J)"
        if issubclass(type(root), Module):
            what = f"a Value that it returns: {function}(model([1.0, 2.0]))"
        raise TypeError(f"{function}() got {short(root)}; expected {what}")


def check_limit(limit: Any, function: str) -> None:
    """Raise ValueError for what is no count of cards."""
    if limit is not None and (type(limit) is not int or limit < 1):
        raise ValueError(f"{function}() got limit={limit!r}; expected a whole number of at least 1")


def check_gradients(grads: Any, caller: str) -> None:
    """Raise TypeError for gradients that are in no dict, ValueError for an empty one."""
    if grads is not None and not isinstance(grads, Mapping):
        raise TypeError(
            f"{caller}() got grads={shown(grads)}; expected a dict from names or values to numbers,"
            " as in {'a': 3.0}"
        )
    if grads is not None and not grads:
        raise ValueError(f"{caller}() got grads={{}}; expected at least one gradient to check")


def check_names(names: Any, function: str) -> None:
    """Raise TypeError for what is no dict of names."""
    if names is not None and not isinstance(names, Mapping):
        raise TypeError(f"{function}() got names={short(names)}; expected a dict, as in {{'a': a}}")
    for name in names or {}:
        if not isinstance(name, str):
            raise TypeError(
                f"{function}() got {short(name)} in names; expected a name, as in {{'a': a}}"
            )


def check(function: str, what: str, got: Any, known: Any) -> None:
    """Raise ValueError, with those that there are, for an option that there is not."""
    if type(got) is not str or got not in known:
        options = ", ".join(repr(option) for option in known)
        raise ValueError(f"{function}() got {what}={short(got)}; expected one of {options}")


def _check_together(root: Node, style: str | None, fold: str | None, rankdir: str) -> None:
    folds = {"cards": FOLDS, "neurons": ("neuron",)}
    if style and fold and fold not in folds.get(style, ("none",)):
        raise ValueError(
            f"draw() got style={style!r} and fold={fold!r}, which do not go together; leave out"
            " the style"
        )
    if style == "wires" and rankdir not in ("LR", "RL"):
        raise ValueError(
            f"draw() got style='wires' and rankdir={rankdir!r}; expected LR or RL, as values lie"
            " above wires and gradients below them"
        )
    if hasattr(root, "shape") and style not in (None, "cards"):
        raise ValueError(
            f"draw() got style={style!r} and a Tensor of shape {root.shape}; expected a Value, as"
            f" {style} show one number each: leave out the style"
        )


def short(x: Any) -> str:
    """Describe an object by its type, and show it if it is of a harmless one."""
    if type(x) in (int, float, str, bool):
        return shown(x, 40)
    return "None" if x is None else a_kind(x)
