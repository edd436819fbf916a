"""`why`: why a gradient is zero, nan, infinite or not there.

    >>> from autodiff import Value, relu
    >>> from visualize import why
    >>> w, x = Value(-3.0), Value(2.0)
    >>> J = relu(w * x) * 5
    >>> print(why(J, w))
    ∂J/∂w is 0: t₂ = relu(t₁) passes nothing on, as t₁ = −6 is on its flat side
      a gradient of 5 arrives at t₂, and 0 leaves it for t₁

Of what was computed `with autodiff.record_source():` the line is shown, with a caret below it.

The gradient is followed from the root to where it became what it is. A number that was bad before
the way back began is told apart from one that the way back made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autodiff.graph import Node
from autodiff.provenance import (
    Backward,
    Origin,
    backward,
    finite,
    forward,
    numbers_of,
    place,
)
from autodiff.sources import HOW

from .amounts import bad, in_words, places, shown, zero
from .asking import asked, called
from .chain import Chain
from .departures import Departure, Departures
from .names import caller
from .reading import Reading
from .zeros import Zeros

# Kinds of which the line says most: where it was not recorded, one is told how.
_TINY = 1e-6  # a gradient below it is asked for the factors that make it so
_FACTORS_SHOWN = 3
_GUESSES = 3  # lines at which a number may have got lost, of each kind
_WORTH_A_LINE = ("forward", "backward", "where", "left the graph")


class Diagnosis:
    """Why a gradient is what it is: `kind` in a word or two, `node` where it happens, text.

    Kinds are "constant", "not reached", "left the graph"; "forward", "backward", "where" of what is
    nan or infinite; "dead", "saturated", "step", "choice", "zero factor", "flat point", "flat",
    "cancellation", "underflow" of what is 0; "partly zero" of an array, "hand-written", and "fine".
    """

    def __init__(self, kind: str, node: Node | None, lines: list[str]) -> None:
        self.kind = kind
        self.node = node
        self.lines = lines

    def __str__(self) -> str:
        return "\n".join(self.lines)

    __repr__ = __str__


def why(
    root: Node, node: Node | str | None = None, *, names: Mapping[str, Any] | None = None
) -> Diagnosis:
    """Say why ∂root/∂node is zero, nan, infinite or absent; of a fine gradient that it is fine.

    It is asked as `explain`: why(J, w), why(J, "w"), or why(w) alone for what the variables have
    that was made from w. Nothing is changed by it, and it does not matter whether `backward()` was
    called. Of Tensors a gradient is zero if all of it is.

    Raises TypeError if root or node is no node, ValueError if no node has that name.
    """
    namespaces = caller(1) if names is None else (names,)
    chain, reading = asked("why", root, node, namespaces)
    return _Inquiry(chain, reading, namespaces).diagnosis()


class _Inquiry:
    """A gradient that is looked into."""

    def __init__(
        self, chain: Chain, reading: Reading, namespaces: Sequence[Mapping[str, Any]]
    ) -> None:
        self.chain = chain
        self.namespaces = namespaces
        self.reading = reading
        self.root = chain.root
        self.asked = f"∂{self.name(chain.root)}/∂{self.name(chain.node)}"
        self.zeros = Zeros(self.name, self.made)

    @property
    def bad(self) -> str:
        """What is bad in the gradient."""
        return bad(self.chain.gradient)

    def name(self, node: Node) -> str:
        return self.reading.name(node) or "it"

    def made(self, node: Node) -> str:
        formula = self.reading.formula(node)
        return f"{self.name(node)} = {formula}" if formula else self.name(node)

    def diagnosis(self) -> Diagnosis:
        chain = self.chain
        if not chain.node.requires_grad:
            return self._constant()
        if not chain.between:
            return self._not_reached()
        gradient = chain.gradient
        if gradient is None:
            return self._found(
                "hand-written", chain.node, "is not known: an operation on the way has a _backward"
                " of its own, which says nothing of its parts"
            )  # fmt: skip
        if not finite(gradient):
            return self._not_finite()
        found = self._zero() if zero(gradient) else self._fine(gradient)
        return self._with_root(found)

    def _with_root(self, found: Diagnosis) -> Diagnosis:
        """Say also where the root went bad, of which a good gradient tells nothing."""
        first = None if finite(self.root.data) else forward(self.root)
        if first is not None:
            found.lines.append(
                f"  {self.name(self.root)} itself is {bad(self.root.data)}: forward,"
                f" {self._went_bad(first)}"
            )
        return found

    def _went_bad(self, first: Origin) -> str:
        if first.node.is_leaf:
            return f"{self.name(first.node)} is {bad(first.node.data)} to begin with"
        return f"{self.made(first.node)} is {bad(first.node.data)}, of {self._operands(first)}"

    def _found(self, kind: str, node: Node | None, text: str, *more: str) -> Diagnosis:
        more = (*more, *self._recorded(kind, node))
        return Diagnosis(kind, node, [f"{self.asked} {text}", *(f"  {line}" for line in more)])

    def _recorded(self, kind: str, node: Node | None) -> Iterator[str]:
        """Yield the lines of the user's program that are to blame, or how to have them."""
        if node is None or kind in ("fine", "not reached"):
            return
        if node.source is not None:
            yield from node.source.lines()
        elif kind in _WORTH_A_LINE and not node.is_leaf:
            yield HOW

    # -- absent ------------------------------------------------------------------------------------

    def _constant(self) -> Diagnosis:
        node = self.chain.node
        what = "was made under no_grad(), detached, or of constants alone"
        if hasattr(node, "shape"):
            what = "does not require a gradient, or " + what
        return self._found(
            "constant", node, f"is not computed: {self.name(node)} is a constant, which {what}"
        )

    def _not_reached(self) -> Diagnosis:
        """Say that the root was not made from the node, and where its number may have got lost."""
        node, root = self.chain.node, self.name(self.root)
        ways = Departures(self.root, node, self.namespaces)
        for key, name in called(ways.owners, self.namespaces).items():
            self.reading.names.setdefault(key, name)
        if (found := ways.certain()) is not None:
            return self._left(found)
        name = self.name(node)
        if ways.replaced():
            return self._found(
                "not reached", node, f"is 0: {name} is a new {type(node).__name__}, made of what"
                f" {root} was made from, after it",
                f"write {name}.data -= ..., which changes the one that {root} is made from",
            )  # fmt: skip
        return self._found(
            "not reached", node, f"is 0: {root} was not made from {name}",
            f"no operation between them is in the graph of {root}", *self._guesses(ways),
        )  # fmt: skip

    def _left(self, found: Departure) -> Diagnosis:
        """Say where a number left the graph of which it is known."""
        (x, number, is_node), owner = found.constant, self.name(found.owner)
        more = [] if found.exit is None else found.exit.lines("its number left the graph in ")
        if is_node:
            text = (
                f"{self.name(self.root)} was made from {in_words(number)} alone, that of {owner},"
                " as a constant"
            )
            ask = f"did {owner} go through .data, detach() or no_grad() on its way?"
        else:
            text = (
                f"{self.made(x)} has {in_words(number)} in it, that of {owner}, and not {owner}"
                " itself"
            )
            ask = f"did {owner} go through float(), .item() or .data on its way?"
        more = more or [ask]
        return self._found("left the graph", x, f"is 0: {text}", *more)

    def _guesses(self, ways: Departures) -> Iterator[str]:
        """Yield what may have become of the number: each of it may be chance."""
        root, blamed = self.name(self.root), None
        if (found := ways.possible()) is not None:
            (x, number, is_node), owner = found.constant, self.name(found.owner)
            blamed = x
            told = f"{in_words(number)} in it, which {owner} is too: did {owner} go through"
            if is_node:
                yield f"{root} has {told} .data, detach() or no_grad() on its way?"
            else:
                yield f"{self.made(x)} has {told} float(), .item() or .data on its way?"
            if x.source is not None:
                yield from x.source.lines()
            elif not ways.exits:
                yield HOW
        elif (copied := ways.copied()) is not None:
            leaf, owner = self.name(copied[0]), self.name(copied[1])
            yield (
                f"{leaf} is {in_words(copied[0].data)}, which {owner} is too: was {leaf} made of"
                f" {owner}.data?"
            )
        for whose, exit in ways.exits[:_GUESSES]:
            yield from exit.lines(f"a number was taken from {self.name(whose)} in ")
        if ways.exits:
            yield "did it go on from there?"
        constants = [x for x, _, is_node in ways.constants if is_node and x is not blamed]
        for x in [x for x in constants if x.source is not None][:_GUESSES]:
            if x.source is not None:
                yield from x.source.lines(
                    f"{root} was made of the constant {self.name(x)}, made in "
                )

    # -- nan and infinity --------------------------------------------------------------------------

    def _not_finite(self) -> Diagnosis:
        back = backward(self.root, self.chain.between)
        first = forward(self.root)
        if finite(self.root.data) and back is not None and back.argnum is not None:
            # A number that went bad and did the root no harm is to blame only for what it touches.
            touched = [back.node, *(x for x in back.operands if isinstance(x, Node))]
            first = next(
                filter(None, map(forward, (x for x in touched if not finite(x.data)))), None
            )
        if first is not None:
            return self._made_forward(first)
        if back is not None and back.argnum is not None:
            return self._made_backward(back)
        node = self.chain.node if back is None else back.node
        terms = next((step.terms for step in self.chain.steps if step.node is node), ())
        shares = " + ".join(shown(term.contribution) for term in terms)
        return self._found(
            "backward",
            node,
            f"is {self.bad}: the shares of {self.name(node)} add up to it, {shares}",
        )

    def _made_forward(self, first: Origin) -> Diagnosis:
        """Say which operation made a bad number, or which leaf has one."""
        x, root = first.node, self.root
        text = self._went_bad(first)
        if not x.is_leaf and finite(root.data):
            return self._found(
                "where", x,
                f"is {self.bad}: {text}, which is no part of {self.name(root)} = {shown(root)}",
                "is it on the side of a where() that is not taken? Both sides are computed, and"
                " its gradient is 0 times infinity",
                self._rewrite(self._operand(x)),
            )  # fmt: skip
        on_the_way = any(x is y for y in self.chain.between)
        where = "" if on_the_way else ", beside the way from one to the other"
        return self._found(
            "forward", x, f"is {self.bad}: forward, {text}{where}",
            "what follows it, and all gradients through it, are made of that",
        )  # fmt: skip

    def _made_backward(self, back: Backward) -> Diagnosis:
        """Say which operation made a bad share of a good gradient."""
        child, operand = back.node, back.operand
        index, name = place(back.index) if back.index else "", self.name(operand)
        number = back.numbers[back.argnum or 0]
        at = f"{name}{index} = {shown(operand if number is None else number)}"
        local = self._local(child, back.argnum)
        slope = "" if local is None else f", where ∂{self.name(child)}/∂{name} is {shown(local)}"
        through = f"{self.made(child)} at {at}{slope}"
        arrives = back.upstream if back.arrives is None else back.arrives
        arrival = f"{shown(arrives)} arrives at {self.name(child)}{index}"
        if zero(arrives):
            return self._found(
                "where", child, f"is {self.bad}: 0 times infinity, backward through {through}",
                f"{arrival}: is it on the side of a where() that is not taken? Both sides are"
                " computed",
                self._rewrite(name),
            )  # fmt: skip
        return self._found(
            "backward", child,
            f"is {self.bad}: all values are finite, and backward it comes of {through}", arrival,
        )  # fmt: skip

    def _local(self, child: Node, argnum: int | None) -> Any:
        terms = (term for step in self.chain.steps for term in step.terms)
        return next((t.local for t in terms if t.child is child and t.argnum == argnum), None)

    @staticmethod
    def _rewrite(name: str) -> str:
        return (
            f"write where(c, f(where(c, {name}, 1.0)), ...), or safe_where(c, f, {name}, ...), so"
            " that f never meets that number"
        )

    def _operand(self, node: Node) -> str:
        return next((self.name(x) for x in node.inputs if isinstance(x, Node)), "x")

    def _operands(self, first: Origin) -> str:
        named = []
        shape = getattr(first.node, "shape", ())
        for x, number in zip(first.operands, first.numbers):
            told = shown(x if number is None else number)
            # what was broadcast has an index of its own
            alike = number is not None and getattr(x, "shape", None) == shape
            index = place(first.index) if alike and first.index else ""
            named.append(f"{self.name(x)}{index} = {told}" if isinstance(x, Node) else told)
        more = f" and {len(named) - 4} more" if len(named) > 4 else ""
        return ", ".join(named[:4]) + more

    # -- zero --------------------------------------------------------------------------------------

    def _fine(self, gradient: Any) -> Diagnosis:
        zeros = places(gradient, lambda numbers: numbers == 0.0)
        if zeros:
            return self._found(
                "partly zero", self.chain.node, f"is 0 at {zeros}, and not 0 elsewhere",
                *self._first_zero(gradient),
            )  # fmt: skip
        return self._found(
            "fine", self.chain.node, f"is {shown(gradient)}: finite, and not 0",
            *self._smallest(gradient),
            f"explain({self.name(self.root)}, {self.name(self.chain.node)}) says how it comes"
            " about",
        )  # fmt: skip

    def _smallest(self, gradient: Any) -> Iterator[str]:
        """Yield which factors on the way make a number so small, if it is."""
        if hasattr(numbers_of(gradient), "shape") or abs(float(gradient)) >= _TINY:
            return
        terms = [(step, term) for step in self.chain.steps for term in step.terms]
        known = [(abs(term.local), step, term) for step, term in terms if term.local is not None]
        known.sort(key=lambda entry: entry[0])
        told = [
            f"∂{self.name(term.child)}/∂{self.name(step.node)} = {shown(term.local)}"
            for _, step, term in known[:_FACTORS_SHOWN]
        ]
        if told:
            yield f"the smallest factors on the way: {', '.join(told)}"

    def _first_zero(self, gradient: Any) -> Iterator[str]:
        """Yield why the first of an array's zeros is one, as far as all arrays are of one shape."""
        import numpy as np

        index = tuple(map(int, np.argwhere(numbers_of(gradient) == 0.0)[0]))
        steps = {id(step.node): step for step in self.chain.steps}
        last = steps.get(id(self.chain.node))
        cause = None if last is None else next(self.zeros.causes(last, steps, index), None)
        if cause is not None:
            yield from (line for line in cause[2:] if line)

    def _zero(self) -> Diagnosis:
        """Find where on the ways back the gradient became 0 first."""
        steps = {id(step.node): step for step in self.chain.steps}
        last = steps.get(id(self.chain.node))
        if last is None:
            return self._found("fine", self.root, "is 0 times what backward() was given")
        causes = list(self.zeros.causes(last, steps))
        kind, node, text, more = causes[0]
        others = {id(n): self.made(n) for _, n, _, _ in causes[1:] if n is not node}
        lines = [more] if more else []
        if others:
            lines.append(f"and so on the other ways, at {'; '.join(list(others.values())[:3])}")
        return self._found(kind, node, f"is 0: {text}", *lines)
