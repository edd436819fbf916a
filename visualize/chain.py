"""The chain rule of one gradient, with its numbers: the account that `explain` writes down.

    chain = Chain(J, b)
    chain.steps[-1].terms[0]        # ∂J/∂t₁ · ∂t₁/∂b: upstream 3, local 2, contribution 6
    chain.count, chain.paths(8)     # how many ways lead from b to J, and the first of them

A step is the gradient of J with respect to one node on the way from J back to b; its terms are the
uses of that node. Everything is computed from the graph anew and nothing in it is changed, so it
does not matter whether `backward()` was called, or how often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autodiff.graph import Node, topological_order
from autodiff.primitive import HandWritten


class Term(NamedTuple):
    """A use of a node as operand `argnum` of `child`: upstream · local = contribution.

    Of arrays there is a contribution, and no local derivative but in words. Both are None where the
    child's backward is hand-written.
    """

    child: Node
    argnum: int
    upstream: Any
    local: Any
    contribution: Any


class Step(NamedTuple):
    """∂root/∂node, which is the sum of what its terms contribute."""

    node: Node
    gradient: Any
    terms: tuple[Term, ...]


class Path(NamedTuple):
    """A way from the node to the root: the nodes on it, the local derivatives, their product."""

    nodes: tuple[Node, ...]
    locals: tuple[Any, ...]
    product: Any


class Chain:
    """The gradient of `root` with respect to `node`, step by step.

    `between` are the nodes on the ways from the node to the root, both included, in the order of
    computation; `steps` go back from the root, whose own step is left out, to the node. Where no
    way leads from one to the other both are empty.
    """

    def __init__(self, root: Node, node: Node) -> None:
        self.root = root
        self.node = node
        self.between = between(root, node)
        self.steps = list(_steps(root, node, self.between))

    @property
    def gradient(self) -> Any:
        """∂root/∂node; 0 where no way leads to the root."""
        if self.node is self.root:
            return _one(self.root)
        return self.steps[-1].gradient if self.steps else 0.0

    @property
    def count(self) -> int:
        """How many ways lead from the node to the root."""
        ways = {id(self.root): 1}
        for step in self.steps:
            ways[id(step.node)] = sum(ways[id(term.child)] for term in step.terms)
        return ways.get(id(self.node), 0)

    def paths(self, most: int) -> list[Path]:
        """Return the first of the ways from the node to the root, at most so many."""
        uses = {id(step.node): step.terms for step in self.steps}
        found: list[Path] = []
        # A way is a chain of links (node, local derivative, link before): ways share their starts.
        waiting: list[Any] = [(self.node, None, None)] if self.between else []
        while waiting and len(found) < most:
            link = waiting.pop()
            if link[0] is not self.root:
                waiting += [(term.child, term.local, link) for term in reversed(uses[id(link[0])])]
                continue
            nodes, factors = [], []
            while link is not None:
                nodes.append(link[0])
                factors.append(link[1])
                link = link[2]
            along = tuple(reversed(factors[:-1]))
            found.append(Path(tuple(reversed(nodes)), along, _product(along)))
        return found


def between(root: Node, node: Node) -> list[Node]:
    """Return the nodes from `node` to the root, in the order of computation; none if no way leads.

    A constant passes no gradient on, so no way leads through one.
    """
    reached = {id(node)} if node.requires_grad else set()
    order = [x for x in topological_order(root) if x.requires_grad]
    for x in order:
        if any(isinstance(operand, Node) and id(operand) in reached for operand in x.inputs):
            reached.add(id(x))
    if id(root) not in reached:
        return []
    needed = {id(root)}
    for x in reversed(order):
        if id(x) in needed and x is not node:
            needed.update(id(y) for y in x.inputs if isinstance(y, Node) and id(y) in reached)
    return [x for x in order if id(x) in reached and id(x) in needed]


def _steps(root: Node, node: Node, between: Sequence[Node]) -> Iterator[Step]:
    """Yield the steps, which need the gradients of the nodes above alone."""
    wanted = {id(x) for x in between}
    uses: dict[int, list[Term]] = {id(x): [] for x in between}
    for x in reversed(between):
        if x is root:
            gradient: Any = _one(root)
        else:
            terms = tuple(uses[id(x)])
            gradient = _sum(term.contribution for term in terms)
            yield Step(x, gradient, terms)
        if x is not node:
            for operand, term in _terms(x, gradient, wanted):
                uses[id(operand)].append(term)


def _terms(child: Node, upstream: Any, wanted: set[int]) -> Iterator[tuple[Node, Term]]:
    needed = [isinstance(x, Node) and id(x) in wanted for x in child.inputs]
    primitive = child.primitive
    if primitive is None or isinstance(primitive, HandWritten) or upstream is None:
        for argnum, (operand, need) in enumerate(zip(child.inputs, needed)):
            if need:
                yield operand, Term(child, argnum, upstream, None, None)
        return
    args = [x.data if isinstance(x, Node) else x for x in child.inputs]
    xp, y, params = child.vocabulary, child.data, child.params
    shares = primitive.cotangents(xp, needed, upstream, y, *args, **params)
    factors: Sequence[Any] = [None] * len(args)
    if not hasattr(child, "shape"):
        factors = primitive.cotangents(xp, needed, 1.0, y, *args, **params)
        # a rule that leaves out a share says that it is 0
        shares, factors = ([0.0 if x is None else x for x in found] for found in (shares, factors))
    for argnum, (operand, need) in enumerate(zip(child.inputs, needed)):
        if need:
            share = shares[argnum]
            share = share if share is None else child.fitted(share, operand)
            yield operand, Term(child, argnum, upstream, factors[argnum], share)


def _one(root: Node) -> Any:
    """Return ∂root/∂root, in the shape of the root."""
    return root.vocabulary.ones_like(root.data) if hasattr(root, "shape") else 1.0


def _sum(shares: Iterator[Any]) -> Any:
    total: Any = 0.0
    for share in shares:
        if share is None:
            return None
        total = total + share
    return total


def _product(factors: Sequence[Any]) -> Any:
    product: Any = 1.0
    for factor in reversed(factors):
        if factor is None:
            return None
        product = product * factor
    return product
