"""Find the layers of a graph of Tensors, from its nodes alone, and say in words what arrays do.

    h = relu(x @ W.T + b)       one layer: its parameters are W and b, its words relu(x·Wᵀ + b)

A layer is an operation with parameters and something else among its operands, then whatever adds or
scales by further parameters, reshapes, and one activation; each the only use of the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autodiff.graph import Node

from . import style
from .names import Names
from .networks import is_activation
from .reading import Reading, written

_RESHAPING = {"reshape", "transpose", "astype", "broadcast_to"}

# operations in the words of a picture: {0} {1} … are the names of the operands
_WORDS = {
    "affine": "{0}·{1}ᵀ + {2}",
    "matmul": "{0}·{1}",
    "transpose": "{0}ᵀ",
    "reduce_sum": "sum({0})",
    "reduce_max": "max({0})",
    "reduce_min": "min({0})",
    "reduce_prod": "prod({0})",
    "reduce_logsumexp": "logsumexp({0})",
    "cross_entropy": "cross_entropy({0}, target)",
    "getitem": "{0}[…]",
    "conv2d": "conv({0}, {1}) + {2}",
    "max_pool2d": "max_pool({0})",
}
_LETTERS = {"weight": "W", "bias": "b"}  # parameters in a layer's formula


class Layer(NamedTuple):
    """The operations of a layer, in order, and the parameters among their operands."""

    nodes: tuple[Node, ...]
    parameters: tuple[Node, ...]

    @property
    def out(self) -> Node:
        """What the layer makes."""
        return self.nodes[-1]

    @property
    def is_activated(self) -> bool:
        """Whether an activation comes last."""
        return len(self.nodes) > 1 and _activates(self.out)


def layers(nodes: Sequence[Node], names: Names) -> list[Layer]:
    """Return the layers among the nodes of a graph, in their order."""
    uses: dict[int, list[Node]] = {}
    for node in nodes:
        for operand in node.parents:
            uses.setdefault(id(operand), []).append(node)
    found: dict[int, Layer] = {}  # by their last node so far
    for node in nodes:
        parameters = tuple(x for x in node.parents if x.is_leaf and x.requires_grad)
        others = [x for x in node.parents if not (x.is_leaf and x.requires_grad)]
        if not others or node.primitive is None:
            continue
        before = found.get(id(others[0])) if len(others) == 1 else None
        if (
            before
            and len(uses[id(before.out)]) == 1
            and _continues(before, node, parameters, names)
        ):
            del found[id(before.out)]
            found[id(node)] = Layer(
                (*before.nodes, node), tuple(dict.fromkeys(before.parameters + parameters))
            )
        elif parameters and _starts(node, parameters, names):
            found[id(node)] = Layer((node,), parameters)
    return list(found.values())


def _starts(node: Node, parameters: tuple[Node, ...], names: Names) -> bool:
    # Of a × b, one may be an input as well; the scale of a module is a parameter.
    heavy = node.primitive is not None and not node.primitive.elementwise
    return heavy or all("." in names.get(id(leaf), "") for leaf in parameters)


def _continues(layer: Layer, node: Node, parameters: tuple[Node, ...], names: Names) -> bool:
    primitive = node.primitive
    if primitive is None or layer.is_activated:
        return False
    if parameters:
        modules = {module_of(leaf, names) for leaf in layer.parameters + parameters}
        return primitive.elementwise and len(modules) == 1
    return _activates(node) or primitive.name in _RESHAPING


def _activates(node: Node) -> bool:
    return node.primitive is not None and node.primitive.elementwise and is_activation(node)


def module_of(leaf: Node, names: Names) -> str:
    """Return the module that a parameter is in, as layer1 of layer1.weight."""
    return names.get(id(leaf), "").rpartition(".")[0]


# -- words ---------------------------------------------------------------------------------------


def shape(node: Node) -> str:
    """Write a shape: 64 × 784; one number for an array of numbers."""
    sizes = node.data.shape
    return " × ".join(map(str, sizes)) if sizes else "one number"


def words(reading: Reading, node: Node) -> str:
    """Return what a node was made from, in words for arrays."""
    if node.primitive is None or node.is_leaf:
        return ""
    operands = [reading.name(x) if isinstance(x, Node) else style.number(x) for x in node.inputs]
    return said(node, operands) or reading.formula(node)


def said(node: Node, operands: Sequence[str]) -> str:
    """Return the words of an operation, of these operands; the empty text if it has none."""
    name = node.primitive.name if node.primitive else ""
    if name in _RESHAPING - {"transpose"}:
        return f"{operands[0]} as {node.data.dtype if name == 'astype' else shape(node)}"
    text = _WORDS.get(name, "")
    if text and len(operands) < 3:  # without a bias
        text = text.replace(" + {2}", "")
    return text.format(*operands) if text else ""


def layer_formula(layer: Layer, names: Names) -> str:
    """Return what a layer computes, in letters: relu(x·Wᵀ + b)."""
    letters = {}
    for leaf in layer.parameters:
        name = names.get(id(leaf), "w").rpartition(".")[2]
        letters[id(leaf)] = _LETTERS.get(name, name)
    text = "x"
    for node in layer.nodes:
        if node.primitive is None or node.primitive.name in _RESHAPING:
            continue
        inner = text if is_activation(node) or " " not in text else f"({text})"
        operands = [
            letters.get(id(x), inner) if isinstance(x, Node) else style.number(x)
            for x in node.inputs
        ]
        text = said(node, operands) or written(node.primitive, operands)
    return text
