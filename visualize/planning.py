"""What to draw of a graph: each value, each neuron or each layer, so that it can be read.

    fold="none"     a card for each value
    fold="neuron"   a card for each neuron, with its weights
    fold="layer"    a card for each layer, and one for all values that were made alike
    fold=None       the first of these that fits: neurons where there are some, and layers where
                    more than 150 cards would be left

The graph is counted before anything else is done; `limits.py` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from autodiff.graph import Node, topological_order

from . import beads, cards, folded, folding, neurons, strata, tensors, wires
from .limits import EDGES, FOLDABLE, MOST, UNFOLDED, counted, refusal
from .names import Names, name_all
from .networks import Neuron
from .networks import neurons as neurons_in
from .replay import Replay, outdated_words
from .style import number

STYLES = {
    "beads": beads.write,
    "cards": cards.write,
    "neurons": neurons.write,
    "wires": wires.write,
}
FOLDS = ("none", "neuron", "layer")

_FOLD_OF = {"beads": "none", "cards": "none", "neurons": "neuron", "wires": "none"}

Namespaces = Sequence[Mapping[str, Any]]


class Plan(NamedTuple):
    """How a graph is to be drawn: the function that writes it, its names, and a caption."""

    write: Callable[..., str]
    names: Names
    caption: str = ""


def plan(
    root: Node,
    style: str | None,
    fold: str | None,
    limit: int | None,
    namespaces: Namespaces,
    function: str = "draw",
) -> Plan:
    """Decide how to draw a graph. Raises TooLarge if it would have more cards than the limit."""
    wanted = fold or _FOLD_OF.get(style or "")
    most = limit or MOST
    if wanted == "none":
        if counted(root, most) is None:
            raise refusal(f"{most:,} values", most, function)
    elif counted(root, max(FOLDABLE, most)) is None:
        raise refusal(f"{max(FOLDABLE, most):,} values", most, function)
    nodes = topological_order(root)
    if hasattr(root, "shape"):
        return _of_tensors(nodes, wanted, most, namespaces)
    chosen = _of_values(nodes, style, wanted, limit, namespaces)
    doubts = _doubts(nodes, chosen.names)
    return chosen._replace(caption=" ".join(filter(None, [chosen.caption, *doubts])))


def _doubts(nodes: Sequence[Node], names: Names) -> list[str]:
    """Return what does not agree with the numbers in the graph, in brief."""
    if len(nodes) > MOST:
        return []
    replay = Replay(nodes)
    if replay.outdated:
        return [outdated_words([names.get(id(x), "a value") for x in replay.outdated], brief=True)]
    if replay.differing:
        node = replay.differing[0]
        once = replay.gradients[id(node)] or 0.0
        return [
            f"{names.get(id(node), 'a value')}.grad is {number(node.grad)}; one backward() of"
            f" {names.get(id(nodes[-1]), 'this')} alone gives {number(once)}."
        ]
    return []


def _of_values(
    nodes: Sequence[Node],
    style: str | None,
    wanted: str | None,
    limit: int | None,
    namespaces: Namespaces,
) -> Plan:
    most = limit or MOST
    if wanted == "none":
        return Plan(STYLES[style or "cards"], name_all(nodes, *namespaces))
    found = neurons_in(nodes)
    few = limit or UNFOLDED
    if wanted == "neuron" or (wanted is None and _fits(nodes, found, few)):
        _check(nodes, found, most)
        caption = ""
        if wanted is None and found and len(nodes) > UNFOLDED:
            caption = _caption(nodes, f"{len(found):,} neurons")
        write = neurons.write if found or style == "neurons" else cards.write
        return Plan(write, name_all(nodes, *namespaces, neurons=found), caption)
    groups = folding.fold(nodes, found, namespaces, most)
    caption = ""
    if wanted is None and len(groups.groups) < len(nodes):
        caption = _caption(nodes, f"{len(groups.groups):,} cards")
    return Plan(partial(folded.write, folded=groups), groups.names, caption)


def _of_tensors(nodes: Sequence[Node], fold: str | None, most: int, namespaces: Namespaces) -> Plan:
    names = name_all(nodes, *namespaces)
    if fold == "none":
        return Plan(tensors.write, names)
    found = strata.layers(nodes, names)
    inside = {id(x) for layer in found for x in (*layer.parameters, *layer.nodes[:-1])}
    if len(nodes) - len(inside) > most:
        raise refusal(f"{most:,} layers and other arrays", most)
    return Plan(partial(tensors.write, fold="layer"), names)


def _caption(nodes: Sequence[Node], into: str) -> str:
    all_ = "; fold='none' shows all" if len(nodes) <= MOST else ""
    return f"{len(nodes):,} values folded into {into}{all_}"


def _fits(nodes: Sequence[Node], found: Sequence[Neuron], most: int) -> bool:
    return not any(count > limit for count, limit, _ in _sizes(nodes, found, most))


def _check(nodes: Sequence[Node], found: Sequence[Neuron], most: int) -> None:
    """Refuse more cards than the limit, or ten times as many edges, or rows, as that."""
    for count, limit, what in _sizes(nodes, found, most):
        if count > limit:
            raise refusal(f"{limit:,} {what}", most)


def _sizes(nodes: Sequence[Node], found: Sequence[Neuron], most: int) -> list[tuple[int, int, str]]:
    """Return how many cards, edges and rows a picture of neurons has, and how many it may have."""
    parameters = {id(leaf) for neuron in found for leaf in neuron.parameters}
    inside = sum(not neuron.is_linear for neuron in found)
    size = len(nodes) - len(parameters) - inside
    uses = sum(
        isinstance(x, Node) and id(x) not in parameters for node in nodes for x in node.inputs
    )
    return [
        (size, most, "neurons and other values" if found else "values"),
        (uses - inside, EDGES * most, "edges"),
    ]
