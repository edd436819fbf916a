"""`focus` and `path`: pictures of a part of a graph that is too large to be looked at as a whole.

    focus(w, depth=2)       # what w was made from and what was made from it, two steps each way
    path("a", J)            # only what lies on the ways from a to J: the chain rule's own picture

Both look at the whole graph, which for a million nodes takes some seconds, and draw a little of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any

from autodiff.graph import Node, topological_order
from autodiff.wording import shown

from . import cards, neurons, style, tensors
from .chain import between
from .drawing import DIRECTIONS, check, check_limit, check_names, check_node, draw_plan
from .limits import UNFOLDED, TooLarge
from .names import caller, name_all
from .networks import neurons as neurons_in
from .parts import Part, around
from .planning import Namespaces, Plan
from .style import THEMES
from .text import clean, cut

if TYPE_CHECKING:
    from .render import Picture


def focus(
    node: Node | str,
    depth: int = 2,
    *,
    root: Node | None = None,
    theme: str = "light",
    rankdir: str = "LR",
    legend: bool = False,
    limit: int = UNFOLDED,
    names: Mapping[str, Any] | None = None,
) -> Picture:
    """Draw the neighbourhood of a node: what is at most `depth` steps before or after it.

    `node` is a node or its name. What was made from it is looked for under `root`, or under the
    caller's variables (or those in `names`). Dashed stubs, +37 more, stand for what is left out.
    The other options are those of `draw`.

    Raises TypeError for what is no node, ValueError if no node has that name, if the depth is no
    whole number, or if there are more than `limit` cards.
    """
    check_names(names, "focus")
    namespaces = caller(1) if names is None else (names,)
    if type(depth) is not int or depth < 0:
        raise ValueError(f"focus() got depth={shown(depth)}; expected a whole number, 0 or more")
    _check_options("focus", theme, rankdir, limit)
    order = _order(node, root, namespaces, "focus")
    found = neurons_in(order)
    names_of = name_all(order, *namespaces, neurons=found)
    node = _node(node, order, names_of, "focus")
    part = around(order, node, depth, found, limit)
    if part is None:
        raise TooLarge(
            f"focus() got depth={depth}, within which are more than {limit} cards; try"
            f" depth={depth - 1}, or limit={10 * limit}"
        )
    end = _end(node, order) if root is None else root
    write = neurons.write if found else cards.write
    return _picture(end, part, names_of, write, theme, rankdir, legend)


def path(
    node: Node | str,
    root: Node | str,
    *,
    theme: str = "light",
    rankdir: str = "LR",
    legend: bool = False,
    limit: int = UNFOLDED,
    names: Mapping[str, Any] | None = None,
) -> Picture:
    """Draw only what lies on the ways from a node to the root: the chain rule, as a picture.

    Multiply the local derivatives along a way, add up the ways: that is the gradient of the root
    with respect to the node. Both may be given by name; the other options are those of `draw`.

    Raises TypeError for what is no node, ValueError if no node has that name, if no way leads from
    one to the other, or if there are more than `limit` cards.
    """
    check_names(names, "path")
    namespaces = caller(1) if names is None else (names,)
    _check_options("path", theme, rankdir, limit)
    order = _order(root, None, namespaces, "path")
    names_of = name_all(order, *namespaces, neurons=neurons_in(order))
    root = _node(root, order, names_of, "path")
    order = topological_order(root)
    names_of = name_all(order, *namespaces, neurons=neurons_in(order))
    node = _node(node, order, names_of, "path") if isinstance(node, str) else node
    check_node(node, "path")
    nodes = between(root, node)
    if not nodes:
        start, end = (names_of.get(id(x), "the node") for x in (node, root))
        raise ValueError(
            f"path() got {start} and {end}, but no way leads from one to the other:"
            " expected a node, and a root that was made from it: path(a, J)"
        )
    if len(nodes) > limit:
        raise TooLarge(
            f"path() got two nodes with more than {limit} others between them; try focus(node),"
            f" a nearer root, or limit={10 * limit}"
        )
    return _picture(root, Part(nodes, []), names_of, cards.write, theme, rankdir, legend)


def _end(node: Node, order: Sequence[Node]) -> Node:
    """Return the last of what was made from the node."""
    reached = {id(node)}
    end = node
    for x in order:
        if any(id(operand) in reached for operand in x.parents):
            reached.add(id(x))
            end = x
    return end


def _picture(
    root: Node,
    part: Part,
    names: Mapping[int, str],
    write: Any,
    theme: str,
    rankdir: str,
    legend: bool,
) -> Picture:
    write = tensors.write if hasattr(root, "shape") else write
    return draw_plan(root, Plan(partial(write, part=part), names), theme, rankdir, legend)


def _check_options(function: str, theme: str, rankdir: str, limit: int) -> None:

    check_limit(limit, function)
    check(function, "theme", theme, THEMES)
    check(function, "rankdir", rankdir, DIRECTIONS)


def _order(
    node: Node | str, root: Node | None, namespaces: Namespaces, function: str
) -> list[Node]:
    """Return the nodes of the graph, or of the graphs of all variables, that the node is in."""
    if not isinstance(node, str):
        check_node(node, function)
    if root is not None:
        check_node(root, function)
        return topological_order(root)
    values = (value for namespace in namespaces for value in tuple(namespace.values()))
    roots = [value for value in values if issubclass(type(value), Node)]
    roots += [node] if isinstance(node, Node) else []
    kind = hasattr(node, "shape") if isinstance(node, Node) else None
    return topological_order(*(x for x in roots if kind is None or hasattr(x, "shape") is kind))


def _node(node: Node | str, order: Sequence[Node], names: Mapping[int, str], function: str) -> Node:
    """Return the node of this name, or the node itself if it is among these."""
    if not isinstance(node, str):
        if not any(x is node for x in order):
            raise ValueError(
                f"{function}() got a node and a root that was not made from it; expected a root"
                " with the node in its graph"
            )
        return node
    found = [x for x in order if names.get(id(x)) == node]
    if len(found) == 1:
        return found[0]
    name = repr(cut(clean(node), style.NAME_LENGTH))
    if found:
        raise ValueError(
            f"{function}() got the name {name}, which {len(found)} values have; pass the value"
            " itself"
        )
    near = get_close_matches(node, names.values(), 3) if len(names) < 10_000 else []
    known = ", ".join(near or list(dict.fromkeys(names.values()))[:12])
    expected = f"one as {known}" if known else "one of a value among the caller's variables"
    raise ValueError(f"{function}() got the name {name}, which no value has; expected {expected}")
