"""`explain`: the chain rule of one gradient, on the user's own names and numbers.

    >>> from autodiff import Value
    >>> from visualize import explain
    >>> a, b, c = Value(5.0), Value(3.0), Value(2.0)
    >>> J = 3 * (a + b * c)
    >>> print(explain(J, b))
    ∂J/∂b = 6: where b grows by a little, J grows by 6 times as much.
    <BLANKLINE>
    forward
      t₁ = b × c = 3 × 2 = 6
      t₂ = a + t₁ = 5 + 6 = 11
      J = 3 × t₂ = 3 × 11 = 33
    backward
      ∂J/∂t₂ = 3
      ∂J/∂t₁ = ∂J/∂t₂ · ∂t₂/∂t₁ = 3 × 1 = 3
      ∂J/∂b = ∂J/∂t₁ · ∂t₁/∂b = 3 × 2 = 6, where ∂t₁/∂b = c
    one path
      b → t₁ → t₂ → J: 2 × 1 × 3 = 6

Formulas and derivatives are printed from the rows that computed them. Nothing is changed by it, and
it does not matter whether `backward()` was called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autodiff.graph import Node, topological_order
from autodiff.naming import known
from autodiff.wording import shown

from .accounts import Account
from .chain import Chain
from .names import caller, name_all
from .reading import LONGEST, Reading
from .text import clean, cut

PATHS = 8


class Explanation:
    """How ∂root/∂node comes about, as text; `markdown()` and `latex()` are other forms of it.

    `gradient` is the number, or of a Tensor the array; `chain` has steps and paths as data.
    """

    def __init__(self, account: Account) -> None:
        self.chain = account.chain
        self.gradient = account.chain.gradient
        self._account = account

    def __str__(self) -> str:
        return self._account.text()

    __repr__ = __str__

    def markdown(self) -> str:
        """Return the account as Markdown, its formulas as LaTeX between dollars."""
        return self._account.markdown()

    def latex(self) -> str:
        """Return the forward and the backward lines as one LaTeX display, `aligned`."""
        return self._account.latex()

    def _repr_markdown_(self) -> str:
        return self.markdown()


def explain(
    root: Node,
    node: Node | str | None = None,
    *,
    names: Mapping[str, Any] | None = None,
    paths: int = PATHS,
) -> Explanation:
    """Explain ∂root/∂node: the computation, the chain rule from the root back, and the paths.

    `node` is a node or its name. explain(b) alone explains the gradient of what the caller's
    variables have that was made from b. Names are found as by `draw`, or given as `names`, a dict
    from names to nodes. Paths are listed if they are no more than `paths`, else counted; 0 leaves
    them out.

    Raises TypeError if root or node is no node, ValueError if no node has that name, or nothing, or
    several things, were made from b.
    """
    namespaces = caller(1) if names is None else (names,)
    _check(root, "explain")
    if type(paths) is not int or paths < 0:
        raise ValueError(f"explain() got paths={shown(paths)}; expected a whole number, 0 or more")
    if node is None:
        root, node = _result_of(root, namespaces), root
    nodes = topological_order(root)
    reading = Reading(root, {})
    reading.name_by(name_all(nodes, *namespaces, neurons=reading.neurons))
    if isinstance(node, str):
        node = _by_name(node, reading)
    _check(node, "explain")
    return Explanation(Account(Chain(root, node), _named(reading, node, namespaces), paths))


def _named(reading: Reading, node: Node, namespaces: Sequence[Mapping[str, Any]]) -> Reading:
    """Give a name also to a node that is no part of the graph."""
    if id(node) not in reading.names:
        reading.names[id(node)] = _called([node], namespaces).get(id(node), "it")
    return reading


def _called(nodes: Sequence[Node], namespaces: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Return the names of nodes that need not be of one graph, as fit to be printed as others."""
    return {key: cut(clean(name), LONGEST) for key, name in known(nodes, *namespaces).items()}


def _check(x: Any, role: str) -> None:
    if not isinstance(x, Node):
        raise TypeError(
            f"{role}() got {shown(x)}; expected a Value or Tensor: explain(J, b) of the result J"
            " and what it was made from"
        )


def _by_name(name: str, reading: Reading) -> Node:
    found = [node for node in reading.nodes if reading.name(node) == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(
            f"explain() got the name {name!r}, which {len(found)} nodes have; pass one"
        )
    leaves = [reading.name(node) for node in reading.nodes if node.is_leaf]
    more = f" and {len(leaves) - 12} more" if len(leaves) > 12 else ""
    raise ValueError(
        f"explain() got the name {shown(name)}; expected one of {', '.join(leaves[:12])}{more}"
    )


def _result_of(node: Node, namespaces: Sequence[Mapping[str, Any]]) -> Node:
    """Return what was made from the node in the end, among the variables."""
    every = (value for namespace in namespaces for value in tuple(namespace.values()))
    found = {
        id(x): x
        for x in every
        if issubclass(type(x), Node) and not x.is_leaf and x.requires_grad and x is not node
    }
    order = topological_order(*found.values()) if found else []
    reached = {id(node)}
    for x in order:
        if any(id(operand) in reached for operand in x.inputs):
            reached.add(id(x))
    below: set[int] = set()  # of what was made from the node
    for x in reversed(order):
        if id(x) in below or (id(x) in found and id(x) in reached):
            below.update(map(id, x.inputs))
    ends = [x for key, x in found.items() if key in reached and key not in below]
    names = _called(ends, namespaces)
    if len(ends) == 1:
        return ends[0]
    if not ends:
        raise ValueError(
            "explain() got one node, and no variable has anything that was made from it; pass both,"
            " explain(J, b), of which J was made from b"
        )
    several = ", ".join(sorted(names.get(id(x), "?") for x in ends))
    raise ValueError(
        f"explain() got one node, from which {several} were made; pass one: explain(J, b)"
    )
