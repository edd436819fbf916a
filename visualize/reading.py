"""What a picture says of a graph: every node's kind, name and formula, every edge's chain rule.

A `Reading` walks the graph once and changes nothing. The styles of `dot.py` decide how to draw what
it says:

    reading = Reading(J, names)
    reading.formula(J)                      # '3 × v'
    reading.edge_tooltip(reading.edges[0])  # '∂u/∂b = c = 2; contributes 3 × 2 = 6'

Numbers in tooltips have all their digits, numbers in pictures four.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from autodiff import elementwise, symbols
from autodiff.graph import Edge, Node, edges_into, topological_order
from autodiff.primitive import Primitive
from autodiff.symbols import Formula

from . import style
from .names import Names
from .networks import Neuron, neurons
from .text import clean, cut

# A tooltip shows a name in full, but not ten megabytes of it.
LONGEST = 500

_MANY = 3  # more squares than this are not written one by one

_LETTERS = {"sigmoid": "σ"}  # functions that are known by a letter


class Reading:
    """A graph read once: its nodes, their names, and its edges with their numbers as floats.

    With `nodes`, which are in the order of computation, it is of this part of the graph alone.
    """

    def __init__(self, root: Node, names: Names, nodes: Sequence[Node] | None = None) -> None:
        self._bent: dict[tuple[str, int], bool] = {}  # whether a derivative has cases at all
        self.root = root
        self.nodes = topological_order(root) if nodes is None else list(nodes)
        self.name_by(names)
        self.ids = {id(node): f"n{i}" for i, node in enumerate(self.nodes)}
        self.neurons = neurons(self.nodes)
        self.parameters = {id(leaf) for neuron in self.neurons for leaf in neuron.parameters}

    def name_by(self, names: Names) -> None:
        """Take other names."""
        self.names = {key: cut(clean(name), LONGEST) or "?" for key, name in names.items()}

    @cached_property
    def edges(self) -> list[Edge]:
        """All edges, in the order of computation."""
        found = (edge for node in self.nodes for edge in edges_into(node))
        return [edge for edge in found if id(edge.parent) in self.ids]

    @cached_property
    def uses(self) -> Counter[tuple[int, int]]:
        """How often each child uses each parent, by their ids."""
        return Counter((id(edge.child), id(edge.parent)) for edge in self.edges)

    @cached_property
    def largest_gradient(self) -> float:
        """The largest gradient in the picture."""
        return style.largest(gradient(node) for node in self.nodes)

    @cached_property
    def largest_contribution(self) -> float:
        """The largest number that an edge adds to a gradient."""
        return style.largest(plain(e.contribution) for e in self.edges)

    def rank(self, node: Node) -> int:
        """Return the place of a node in the order of creation."""
        return int(self.ids[id(node)][1:])

    def id(self, node: Node) -> str:
        """Return what the node is called in DOT."""
        return self.ids[id(node)]

    def name(self, node: Node) -> str:
        """Return what the node is called in the picture; the empty text if it has no name."""
        return self.names.get(id(node), "")

    def kind(self, node: Node) -> str:
        """Return input, parameter, constant, operation or output."""
        if not node.requires_grad:
            return "constant"
        if node.is_leaf:
            return "parameter" if id(node) in self.parameters else "input"
        return "output" if node is self.root else "operation"

    def formula(self, node: Node, *, full: bool = False) -> str:
        """Return what the node was made from, e.g. 3 × v; the empty text for a leaf."""
        if node.primitive is None or node.is_leaf:
            return ""
        if not full and len(node.inputs) > 2 * _MANY and id(node) in self._totals:
            return self._sum(self._totals[id(node)])
        squares = _squares(node)
        if squares > _MANY and not full:  # a penalty on the weights, say
            return f"sum of {squares} squares"
        return written(node.primitive, _in_words(node, self._operands(node.inputs, full)))

    def formula_of(self, node: Node, operands: Sequence[Formula] | None = None) -> Formula | None:
        """Return what the node was made from, of names or of these operands; None for no row."""
        if node.primitive is None or not node.primitive.name.isidentifier():
            return None
        try:
            given = self._operands(node.inputs, full=True) if operands is None else operands
            return node.primitive.formula(*_in_words(node, given))
        except Exception:  # a primitive of the user's own may not be able to say itself
            return None

    @cached_property
    def _totals(self) -> dict[int, Neuron]:
        return {id(neuron.total): neuron for neuron in self.neurons}

    @staticmethod
    def _sum(neuron: Neuron) -> str:
        return "w·x + b" if len(neuron.parameters) > len(neuron.weights) else "w·x"

    def neuron_formula(self, neuron: Neuron) -> str:
        """Return what a neuron computes, in its own words: relu(w·x + b)."""
        total = self._sum(neuron)
        primitive = neuron.out.primitive
        if neuron.is_linear or primitive is None:
            return total
        operands = (total if isinstance(x, Node) else style.number(x) for x in neuron.out.inputs)
        return f"{activation(neuron)}({', '.join(operands)})"

    def slope(self, edge: Edge) -> str:
        """Return the formula of the local derivative, or the empty text where none can be had."""
        formula = None if edge.local is None else self.slope_formula(edge.child, edge.argnum)
        return "" if formula is None else str(formula)

    def is_always(self, edge: Edge) -> bool:
        """Return whether the formula of a local derivative holds whatever the numbers are."""
        primitive = edge.child.primitive
        if primitive is None or primitive.pairs:
            return True
        try:
            operands = self._operands(edge.child.inputs, full=True)
            general = primitive.derivative(edge.argnum, *operands, output=self.name(edge.child))
        except Exception:  # a rule of the user's own may know numbers only
            return True
        return str(general) == self.slope(edge)

    def slope_formula(self, child: Node, argnum: int) -> Formula | None:
        """Return ∂child/∂operand as a formula of the names, None where there is none to be had."""
        primitive = child.primitive
        if primitive is None:
            return None
        try:
            if primitive.pairs:  # of a long sum, look at the one pair
                return self._slope_in_pair(primitive.pairs, child, argnum)
            operands = self._operands(child.inputs, full=True)
            slope = primitive.derivative(argnum, *operands, output=self.name(child))
            return slope if hasattr(child, "shape") else slope.decided(self._values(child))
        except Exception:  # a rule of the user's own may know numbers only
            return None

    def is_kink(self, child: Node, argnum: int) -> bool:
        """Return whether an operation has a corner here, where its derivative is one of several."""
        primitive = child.primitive
        if primitive is None or hasattr(child, "shape") or not primitive.elementwise:
            return False
        key = primitive.name, argnum
        if key not in self._bent:
            formula = None if primitive.joint else self.slope_formula(child, argnum)
            self._bent[key] = formula is not None and formula.asks()
        if not self._bent[key]:
            return False
        formula = self.slope_formula(child, argnum)
        return formula is not None and formula.on_an_edge(self._values(child))

    def _values(self, child: Node) -> dict[str, float]:
        """Return the numbers of an operation's operands by name, of names that are one node's."""
        nodes = {id(x): x for x in (*child.inputs, child) if isinstance(x, Node)}
        names = Counter(self.name(x) for x in nodes.values())
        return {name: float(x.data) for x in nodes.values() if names[name := self.name(x)] == 1}

    def _slope_in_pair(self, primitive: Primitive, child: Node, argnum: int) -> Formula:
        inputs = child.inputs
        n = len(inputs) // 2
        if argnum >= 2 * n:
            return symbols.number(1.0)
        which, place = divmod(argnum, n)
        pair = self._operands((inputs[place], inputs[place + n]), full=True)
        return primitive.derivative(which, *pair)

    def _operands(self, inputs: tuple[Any, ...], full: bool) -> list[str | float]:
        return [self.name(x) if isinstance(x, Node) else _constant(x, full) for x in inputs]

    def node_tooltip(self, node: Node) -> str:
        """Return all that is known of a node, in full precision, a line each."""
        formula = self.formula(node, full=True)
        value, grad = plain(node.data), gradient(node)
        return "\n".join(
            [
                self.name(node) + (f" = {formula}" if formula else ""),
                f"value {style.NO_GRADIENT if value is None else style.exact(value)}",
                f"grad {style.NO_GRADIENT if grad is None else style.exact(grad)}",
                self.kind(node),
            ]
        )

    def edge_tooltip(self, edge: Edge) -> str:
        """Return the chain rule of an edge: ∂u/∂b = c = 2; contributes 3 × 2 = 6."""
        child, parent = self.name(edge.child), self.name(edge.parent)
        shared = self.uses[id(edge.child), id(edge.parent)] > 1
        which = f" (operand {edge.argnum + 1})" if shared else ""
        local, contribution = plain(edge.local), plain(edge.contribution)
        if local is None:
            if not edge.parent.requires_grad:
                return f"{parent} is a constant: no gradient goes there"
            return f"∂{child}/∂{parent}{which}: no local derivative is recorded"
        value = style.exact(local)
        slope = self.slope(edge)
        text = f"∂{child}/∂{parent}{which} = " + (f"{slope} = " if slope not in ("", value) else "")
        text += value
        upstream = gradient(edge.child)
        if contribution is None or upstream is None:
            return text
        factors = f"{style.exact(upstream)} × {style.bracketed(value)}"
        return f"{text}; contributes {factors} = {style.exact(contribution)}"


def activation(neuron: Neuron) -> str:
    """Return the name of what a neuron does to its sum, short; the empty text if nothing."""
    name = "" if neuron.is_linear or neuron.out.primitive is None else neuron.out.primitive.name
    return _LETTERS.get(name, name)


def plain(x: Any) -> float | None:
    """Return a number, or the number in a node, as a float; None for none."""
    if isinstance(x, Node):  # a gradient made with create_graph=True
        x = x.data
    return None if x is None else float(x)


def same(x: float | None, y: float | None, tolerance: float = 1e-9) -> bool:
    """Return whether two numbers are the same but for rounding: two nans, two equal infinities."""
    if x is None or y is None:
        return x is y
    return x == y or (math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=tolerance)


def gradient(node: Node) -> float | None:
    """Return the gradient as a float, None before any backward."""
    return plain(node.grad) if node.has_grad else None


def _squares(node: Node) -> int:
    """Return how many operands are multiplied by themselves and added up, if nothing else is."""
    inputs = node.inputs
    n = len(inputs) // 2
    alike = node.primitive is elementwise.dot and 2 * n == len(inputs)
    return n if alike and all(a is b for a, b in zip(inputs, inputs[n:])) else 0


def _in_words(node: Node, operands: Sequence[Any]) -> Sequence[Any]:
    """Write the condition of a choice, which is known by its outcome alone, as true or false."""
    condition = node.inputs[0] if node.inputs else None
    if node.primitive is not elementwise.where or hasattr(condition, "shape"):
        return operands
    return ["true" if condition else "false", *operands[1:]]


def written(primitive: Primitive, operands: Sequence[str | float]) -> str:
    """Return an operation on these names and numbers: a + u, relu(z)."""
    texts = [x if isinstance(x, str) else style.bracketed(style.exact(x)) for x in operands]
    name = primitive.name
    if name.startswith("**") and len(texts) == 1:  # hand-made nodes are often called by an operator
        return texts[0] + name
    if not any(map(str.isalnum, name)):
        return name + texts[0] if len(texts) == 1 else f" {name} ".join(texts)
    try:
        return str(primitive.formula(*operands))
    except Exception:  # a primitive of the user's own may not be able to say itself
        return f"{name}({', '.join(texts)})"


def _constant(x: Any, full: bool) -> str | float:
    if full:
        return float(x)
    text = style.number(x)
    if float(text) == x and "e" not in text:
        return float(x)  # of which a square prints as a square
    if not text.startswith("-"):
        return text
    # As a number it gets its brackets where they are needed; an exponent is in our way of writing.
    return f"({text})" if "e" in text else float(text)
