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

from collections.abc import Mapping
from typing import Any

from autodiff.graph import Node
from autodiff.wording import shown

from .accounts import Account
from .asking import asked
from .names import caller

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
    if type(paths) is not int or paths < 0:
        raise ValueError(f"explain() got paths={shown(paths)}; expected a whole number, 0 or more")
    return Explanation(Account(*asked("explain", root, node, namespaces), paths))
