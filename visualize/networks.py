"""Find the neurons of a graph, from its nodes alone: no model is needed, and none is asked.

    z = dot(w, x, b)        the total: its weights and its bias are leaves that get gradients
    h = tanh(z)             the activation: the one use of z, and of nothing else

A total with other uses, or with an operation of arithmetic after it, is a linear neuron.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from autodiff import elementwise
from autodiff.graph import Node

# What is done with a neuron's output, as in score - y, is no activation of it.
_ARITHMETIC = {
    "add", "divide", "dot", "floor_divide", "fmod", "multiply", "negative", "power", "reciprocal",
    "remainder", "square", "subtract", "sum",
}  # fmt: skip


class Neuron(NamedTuple):
    """A neuron: the node of its weighted sum, and the node of its output; the same if linear."""

    total: Node
    out: Node

    @property
    def weights(self) -> tuple[Node, ...]:
        """The weights, in order."""
        return _parts(self.total)[0]

    @property
    def factors(self) -> tuple[Any, ...]:
        """What the weights multiply, in order: nodes and plain numbers."""
        return _parts(self.total)[1]

    @property
    def parameters(self) -> tuple[Node, ...]:
        """The weights, then the bias if there is one."""
        weights, _, bias = _parts(self.total)
        return weights + bias

    @property
    def is_linear(self) -> bool:
        """Whether nothing comes after the sum."""
        return self.out is self.total


def neurons(nodes: Sequence[Node]) -> list[Neuron]:
    """Return the neurons among the nodes of a graph, in their order."""
    sums = [node for node in nodes if _is_weighted_sum(node)]
    uses: dict[int, list[Node]] = {id(node): [] for node in sums}
    if not sums:
        return []
    for node in nodes:
        for operand in node.inputs:
            if id(operand) in uses:
                uses[id(operand)].append(node)
    # In a penalty, dot(w, w), parameters multiply each other; elsewhere a weight multiplies what is
    # none. So a leaf counts as a parameter if it stands before a · as often as behind one.
    balance: Counter[int] = Counter()
    for node in sums:
        weights, factors, bias = _parts(node)
        balance.update(map(id, weights + bias))
        balance.subtract(map(id, factors))
    found = []
    for node in sums:
        weights, factors, bias = _parts(node)
        fit = all(balance[id(leaf)] >= 0 for leaf in weights + bias)
        if fit and not any(isinstance(x, Node) and balance[id(x)] >= 0 for x in factors):
            found.append(Neuron(node, _output(node, uses[id(node)])))
    return found


def _parts(total: Node) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]:
    """Return the weights, what they multiply, and the bias or nothing."""
    inputs = total.inputs
    n = len(inputs) // 2
    return inputs[:n], inputs[n : 2 * n], inputs[2 * n :]


def _is_weighted_sum(node: Node) -> bool:
    if node.primitive is not elementwise.dot:
        return False
    weights, _, bias = _parts(node)
    return bool(weights) and all(
        isinstance(leaf, Node) and leaf.is_leaf and leaf.requires_grad for leaf in weights + bias
    )


def _output(total: Node, uses: list[Node]) -> Node:
    return uses[0] if len(uses) == 1 and is_activation(uses[0]) else total


def is_activation(node: Node) -> bool:
    """Return whether a node is a function of one other, and no arithmetic."""
    name = node.primitive.name if node.primitive else ""
    operands = sum(isinstance(x, Node) for x in node.inputs)
    return operands == 1 and name.isidentifier() and name not in _ARITHMETIC
