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
    Index,
    Origin,
    backward,
    finite,
    forward,
    numbers_of,
    place,
)
from autodiff.sources import HOW

from .asking import asked, called
from .chain import Chain, Step, Term
from .departures import Departure, Departures
from .names import caller
from .reading import Reading

# Rows whose slope is 0 on one side, or nearly so far out; and those that are steps.
_ONE_SIDED = {"relu": "is on its flat side", "elu": "is so low", "selu": "is so low"}
_SATURATING = {
    "tanh", "sigmoid", "erf", "erfc", "softsign", "gelu", "silu", "log_sigmoid", "softplus", "exp",
    "exp2", "arctan", "logaddexp",
}  # fmt: skip
_STEPS = {"sign", "floor", "ceil", "floor_divide"}
_CHOICES = {"where", "maximum", "minimum", "clip", "reduce_max", "reduce_min", "max_pool2d"}
_FACTORS = {
    "multiply": "multiplied",
    "dot": "multiplied",
    "matmul": "multiplied",
    "divide": "divided",
}

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
        found = self._zero() if _zero(gradient) else self._fine(gradient)
        return self._with_root(found)

    def _with_root(self, found: Diagnosis) -> Diagnosis:
        """Say also where the root went bad, of which a good gradient tells nothing."""
        first = None if finite(self.root.data) else forward(self.root)
        if first is not None:
            bad = _bad(self.root.data)
            found.lines.append(
                f"  {self.name(self.root)} itself is {bad}: forward, {self._went_bad(first)}"
            )
        return found

    def _went_bad(self, first: Origin) -> str:
        if first.node.is_leaf:
            return f"{self.name(first.node)} is {_bad(first.node.data)} to begin with"
        return f"{self.made(first.node)} is {_bad(first.node.data)}, of {self._operands(first)}"

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
                f"{self.name(self.root)} was made from {_number(number)} alone, that of {owner},"
                " as a constant"
            )
            ask = f"did {owner} go through .data, detach() or no_grad() on its way?"
        else:
            text = (
                f"{self.made(x)} has {_number(number)} in it, that of {owner}, and not {owner}"
                " itself"
            )
            ask = f"did {owner} go through float(), .item() or .data on its way?"
        more = more or [ask]
        return self._found("left the graph", x, f"is 0: {text}", *more)

    def _guesses(self, ways: Departures) -> Iterator[str]:
        """Yield what may have become of the number: each of it may be chance."""
        root, shown = self.name(self.root), None
        if (found := ways.possible()) is not None:
            (x, number, is_node), owner = found.constant, self.name(found.owner)
            shown = x
            told = f"{_number(number)} in it, which {owner} is too: did {owner} go through"
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
                f"{leaf} is {_number(copied[0].data)}, which {owner} is too: was {leaf} made of"
                f" {owner}.data?"
            )
        for whose, exit in ways.exits[:_GUESSES]:
            yield from exit.lines(f"a number was taken from {self.name(whose)} in ")
        if ways.exits:
            yield "did it go on from there?"
        constants = [x for x, _, is_node in ways.constants if is_node and x is not shown]
        for x in [x for x in constants if x.source is not None][:_GUESSES]:
            if x.source is not None:
                yield from x.source.lines(
                    f"{root} was made of the constant {self.name(x)}, made in "
                )

    # -- nan and infinity --------------------------------------------------------------------------

    def _not_finite(self) -> Diagnosis:
        bad = _bad(self.chain.gradient)
        first = forward(self.root)
        if first is not None:
            return self._made_forward(first, bad)
        back = backward(self.root, self.chain.between)
        if back is not None and back.argnum is not None:
            return self._made_backward(back, bad)
        node = self.chain.node if back is None else back.node
        terms = next((step.terms for step in self.chain.steps if step.node is node), ())
        shares = " + ".join(_shown(term.contribution) for term in terms)
        return self._found(
            "backward", node, f"is {bad}: the shares of {self.name(node)} add up to it, {shares}"
        )

    def _made_forward(self, first: Origin, bad: str) -> Diagnosis:
        """Say which operation made a bad number, or which leaf has one."""
        x, root = first.node, self.root
        text = self._went_bad(first)
        if not x.is_leaf and finite(root.data):
            return self._found(
                "where", x,
                f"is {bad}: {text}, which is no part of {self.name(root)} = {_shown(root)}",
                "is it on the side of a where() that is not taken? Both sides are computed, and"
                " its gradient is 0 times infinity",
                self._rewrite(self._operand(x)),
            )  # fmt: skip
        on_the_way = any(x is y for y in self.chain.between)
        where = "" if on_the_way else ", beside the way from one to the other"
        return self._found(
            "forward", x, f"is {bad}: forward, {text}{where}",
            "what follows it, and all gradients through it, are made of that",
        )  # fmt: skip

    def _made_backward(self, back: Backward, bad: str) -> Diagnosis:
        """Say which operation made a bad share of a good gradient."""
        child, operand = back.node, back.operand
        index, name = place(back.index) if back.index else "", self.name(operand)
        number = back.numbers[back.argnum or 0]
        at = f"{name}{index} = {_shown(operand if number is None else number)}"
        local = self._local(child, back.argnum)
        slope = "" if local is None else f", where ∂{self.name(child)}/∂{name} is {_shown(local)}"
        through = f"{self.made(child)} at {at}{slope}"
        arrives = back.upstream if back.arrives is None else back.arrives
        arrival = f"{_shown(arrives)} arrives at {self.name(child)}{index}"
        if _zero(arrives):
            return self._found(
                "where", child, f"is {bad}: 0 times infinity, backward through {through}",
                f"{arrival}: is it on the side of a where() that is not taken? Both sides are"
                " computed",
                self._rewrite(name),
            )  # fmt: skip
        return self._found(
            "backward", child,
            f"is {bad}: all values are finite, and backward it comes of {through}", arrival,
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
            shown = _shown(x if number is None else number)
            # what was broadcast has an index of its own
            alike = number is not None and getattr(x, "shape", None) == shape
            index = place(first.index) if alike and first.index else ""
            named.append(f"{self.name(x)}{index} = {shown}" if isinstance(x, Node) else shown)
        more = f" and {len(named) - 4} more" if len(named) > 4 else ""
        return ", ".join(named[:4]) + more

    # -- zero --------------------------------------------------------------------------------------

    def _fine(self, gradient: Any) -> Diagnosis:
        zeros = _places(gradient, lambda numbers: numbers == 0.0)
        if zeros:
            return self._found(
                "partly zero", self.chain.node, f"is 0 at {zeros}, and not 0 elsewhere",
                *self._first_zero(gradient),
            )  # fmt: skip
        return self._found(
            "fine", self.chain.node, f"is {_shown(gradient)}: finite, and not 0",
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
            f"∂{self.name(term.child)}/∂{self.name(step.node)} = {_shown(term.local)}"
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
        cause = None if last is None else next(self._causes(last, steps, index), None)
        if cause is not None:
            yield from (line for line in cause[2:] if line)

    def _zero(self) -> Diagnosis:
        """Find where on the ways back the gradient became 0 first."""
        steps = {id(step.node): step for step in self.chain.steps}
        last = steps.get(id(self.chain.node))
        if last is None:
            return self._found("fine", self.root, "is 0 times what backward() was given")
        causes = list(self._causes(last, steps))
        kind, node, text, more = causes[0]
        others = {id(n): self.made(n) for _, n, _, _ in causes[1:] if n is not node}
        lines = [more] if more else []
        if others:
            lines.append(f"and so on the other ways, at {'; '.join(list(others.values())[:3])}")
        return self._found(kind, node, f"is 0: {text}", *lines)

    def _causes(
        self, last: Step, steps: dict[int, Step], index: Index | None = None
    ) -> Iterator[tuple[str, Node, str, str]]:
        """Yield why each of the ways back passes nothing on, from the node towards the root.

        With an index it is asked of the numbers there, as far as operations go number by number.
        """
        met, waiting = {id(last.node)}, [last]
        while waiting:
            step = waiting.pop()
            terms = [term for term in step.terms if index is None or _by_number(term, step.node)]
            if any(not _zero(_there(term.contribution, index)) for term in terms):
                if len(terms) > 1:
                    yield self._cancelled(step, index)
                continue
            for term in terms:
                if not _zero(_there(term.upstream, index)):
                    yield self._cause(step, term, index)
                elif id(term.child) in steps and id(term.child) not in met:
                    met.add(id(term.child))
                    waiting.append(steps[id(term.child)])

    def _cancelled(self, step: Step, index: Index | None) -> tuple[str, Node, str, str]:
        shares = " + ".join(_shown(_there(term.contribution, index)) for term in step.terms)
        of = ", ".join(self.made(term.child) for term in step.terms)
        where = "" if index is None else place(index)
        text = f"its shares add up to nothing at {self.name(step.node)}{where}: {shares}"
        return "cancellation", step.node, text, f"they come of {of}"

    def _cause(
        self, step: Step, term: Term, index: Index | None = None
    ) -> tuple[str, Node, str, str]:
        """Say why a term passes nothing of what arrives at its child."""
        child, x = term.child, step.node
        word = child.primitive.name if child.primitive is not None else ""
        where = "" if index is None else place(index)
        upstream, data = _there(term.upstream, index), _there(x.data, index)
        at = f"{self.name(x)}{where} = {_shown(data)}"
        arrives = (
            f"a gradient of {_shown(upstream)} arrives at {self.name(child)}{where}, and 0 leaves"
            f" it for {self.name(x)}{where}"
        )
        passes = f"{self.made(child)} passes nothing on"
        if term.local is not None and term.local != 0.0:
            return (
                "underflow", child, f"{_shown(term.upstream)} times {_shown(term.local)}, backward"
                f" through {self.made(child)}, is less than the least number above 0", "",
            )  # fmt: skip
        if word in _ONE_SIDED:
            return "dead", child, f"{passes}, as {at} {_ONE_SIDED[word]}", arrives
        if word in _SATURATING:
            return "saturated", child, f"{passes}, as {at} is so far out that it is flat", arrives
        if word in _STEPS:
            return "step", child, f"{passes}: it is made of steps, flat wherever it has a slope", ""
        if word in _CHOICES:
            return "choice", child, f"{passes}, as it chooses another number than {at}", arrives
        if word in _FACTORS or word == "divide":
            by = next(
                iter(self._annihilators(child, x, index)), f": {at} is 0 itself" * _zero(data)
            )
            done = "divided" if word == "divide" else "multiplied"
            dead = self._dead(x, index) if _zero(data) else ""
            return "zero factor", child, f"in {self.made(child)} it is {done}{by}", dead or arrives
        if word in ("square", "power", "abs", "hypot", "norm", "cos") and (
            _zero(data) or word in ("cos", "power")
        ):
            dead = self._dead(x, index) if _zero(data) else ""
            return "flat point", child, f"{self.made(child)} is flat at {at}", dead or arrives
        return "flat", child, f"{passes} at {at}", arrives

    def _dead(self, x: Node, index: Index | None) -> str:
        """Say that a 0 was made by a relu on its flat side, which is the cause behind the next."""
        if x.primitive is None or x.primitive.name not in _ONE_SIDED or not x.parents:
            return ""
        operand = x.parents[0]
        where = "" if index is None else place(index)
        return (
            f"{self.made(x)} is 0, as {self.name(operand)}{where} ="
            f" {_shown(_there(operand.data, index))} {_ONE_SIDED[x.primitive.name]}"
        )

    def _annihilators(self, child: Node, x: Node, index: Index | None = None) -> Iterator[str]:
        """Yield the other operands that make nothing of a gradient: 0, or what divides by inf."""
        for y in child.inputs:
            number = y.data if isinstance(y, Node) else y
            shape = getattr(number, "shape", ())
            if index is not None and shape and shape == child.data.shape:
                number = _there(number, index)
            divides = child.primitive is not None and child.primitive.name == "divide"
            if y is not x and (not finite(number) if divides else _zero(number)):
                yield (
                    f" by {self.name(y)}{place(index) if index and shape else ''} ="
                    f" {_shown(number)}"
                    if isinstance(y, Node)
                    else f" by {_shown(y)}"
                )


# -- numbers and arrays ----------------------------------------------------------------------------


def _zero(x: Any) -> bool:
    numbers = numbers_of(x)
    return not numbers.any() if hasattr(numbers, "shape") else numbers == 0.0


def _there(x: Any, index: Index | None) -> Any:
    """Return the number of an array at an index; the array itself without one."""
    return x if index is None or not getattr(x, "shape", ()) else float(x[index])


def _by_number(term: Term, x: Node) -> bool:
    """Return whether an operation makes each number of its array of the one at the same index."""
    primitive = term.child.primitive
    shapes = [getattr(y, "shape", None) for y in (x, term.child, term.contribution)]
    return primitive is not None and primitive.elementwise and shapes == [shapes[0]] * 3


def _places(x: Any, which: Any) -> str:
    """Return the indices of an array where something holds, the first few of them."""
    numbers = numbers_of(x)
    if not hasattr(numbers, "shape"):
        return ""
    import numpy as np

    found = np.argwhere(which(numbers))
    if not len(found):
        return ""
    listed = ", ".join(f"[{', '.join(map(str, index))}]" for index in found[:4])
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return f"{listed}{more} of {numbers.size} numbers"


def _bad(x: Any) -> str:
    """Return nan, inf or −inf, and of an array where."""
    numbers = numbers_of(x)
    if hasattr(numbers, "shape"):
        import numpy as np

        first = numbers[~np.isfinite(numbers)].flat[0]
        return f"{_shown(first)} at {_places(x, lambda y: ~np.isfinite(y))}"
    return _shown(numbers)


def _number(x: Any) -> str:
    return _shown(x) if hasattr(numbers_of(x), "shape") else f"the number {_shown(x)}"


def _shown(x: Any) -> str:
    numbers = numbers_of(x)
    if hasattr(numbers, "shape"):
        return f"an array of shape {numbers.shape}"
    return f"{numbers:.6g}".replace("-", "−")
