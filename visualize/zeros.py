"""Why a gradient is 0: where on the ways back from the root the first 0 was made.

    Zeros(name, made).causes(last, steps)
    # Cause("dead", t₂, "t₂ = relu(t₁) passes nothing on, as t₁ = −6 is on its flat side", ...)

Something arrives at an operation, and 0 leaves it: the operation is asked why. A relu is on its
flat side, a product has a 0 in it, a choice went another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from autodiff.graph import Node
from autodiff.provenance import Index, finite, place

from .amounts import shown, there, zero
from .chain import Step, Term

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


class Cause(NamedTuple):
    """Why nothing passes on: a kind in a word or two, the node where, and text."""

    kind: str
    node: Node
    text: str
    more: str = ""


class Zeros:
    """The causes of zeros, in words; `name` and `made` say what a node is called and made from."""

    def __init__(self, name: Callable[[Node], str], made: Callable[[Node], str]) -> None:
        self.name, self.made = name, made

    def causes(
        self, last: Step, steps: dict[int, Step], index: Index | None = None
    ) -> Iterator[Cause]:
        """Yield why each of the ways back passes nothing on, from the node towards the root.

        With an index it is asked of the numbers there, as far as operations go number by number.
        """
        met, waiting = {id(last.node)}, [last]
        while waiting:
            step = waiting.pop()
            terms = [term for term in step.terms if index is None or _by_number(term, step.node)]
            if any(not zero(there(term.contribution, index)) for term in terms):
                if len(terms) > 1:
                    yield self._cancelled(step, index)
                continue
            for term in terms:
                if not zero(there(term.upstream, index)):
                    yield self._cause(step, term, index)
                elif id(term.child) in steps and id(term.child) not in met:
                    met.add(id(term.child))
                    waiting.append(steps[id(term.child)])

    def _cancelled(self, step: Step, index: Index | None) -> Cause:
        shares = " + ".join(shown(there(term.contribution, index)) for term in step.terms)
        of = ", ".join(self.made(term.child) for term in step.terms)
        where = "" if index is None else place(index)
        text = f"its shares add up to nothing at {self.name(step.node)}{where}: {shares}"
        return Cause("cancellation", step.node, text, f"they come of {of}")

    def _cause(self, step: Step, term: Term, index: Index | None = None) -> Cause:
        """Say why a term passes nothing of what arrives at its child."""
        child, x = term.child, step.node
        word = child.primitive.name if child.primitive is not None else ""
        where = "" if index is None else place(index)
        upstream, data = there(term.upstream, index), there(x.data, index)
        at = f"{self.name(x)}{where} = {shown(data)}"
        arrives = (
            f"a gradient of {shown(upstream)} arrives at {self.name(child)}{where}, and 0 leaves"
            f" it for {self.name(x)}{where}"
        )
        passes = f"{self.made(child)} passes nothing on"
        if term.local is not None and term.local != 0.0:
            return Cause(
                "underflow", child, f"{shown(term.upstream)} times {shown(term.local)}, backward"
                f" through {self.made(child)}, is less than the least number above 0", "",
            )  # fmt: skip
        if word in _ONE_SIDED:
            return Cause("dead", child, f"{passes}, as {at} {_ONE_SIDED[word]}", arrives)
        if word in _SATURATING:
            return Cause(
                "saturated", child, f"{passes}, as {at} is so far out that it is flat", arrives
            )
        if word in _STEPS:
            return Cause(
                "step", child, f"{passes}: it is made of steps, flat wherever it has a slope", ""
            )
        if word in _CHOICES:
            return Cause(
                "choice", child, f"{passes}, as it chooses another number than {at}", arrives
            )
        if word in _FACTORS or word == "divide":
            by = next(iter(self._annihilators(child, x, index)), f": {at} is 0 itself" * zero(data))
            done = "divided" if word == "divide" else "multiplied"
            dead = self._dead(x, index) if zero(data) else ""
            return Cause(
                "zero factor", child, f"in {self.made(child)} it is {done}{by}", dead or arrives
            )
        if word in ("square", "power", "abs", "hypot", "norm", "cos") and (
            zero(data) or word in ("cos", "power")
        ):
            dead = self._dead(x, index) if zero(data) else ""
            return Cause(
                "flat point", child, f"{self.made(child)} is flat at {at}", dead or arrives
            )
        return Cause("flat", child, f"{passes} at {at}", arrives)

    def _dead(self, x: Node, index: Index | None) -> str:
        """Say that a 0 was made by a relu on its flat side, which is the cause behind the next."""
        if x.primitive is None or x.primitive.name not in _ONE_SIDED or not x.parents:
            return ""
        operand = x.parents[0]
        where = "" if index is None else place(index)
        return (
            f"{self.made(x)} is 0, as {self.name(operand)}{where} ="
            f" {shown(there(operand.data, index))} {_ONE_SIDED[x.primitive.name]}"
        )

    def _annihilators(self, child: Node, x: Node, index: Index | None = None) -> Iterator[str]:
        """Yield the other operands that make nothing of a gradient: 0, or what divides by inf."""
        for y in child.inputs:
            number = y.data if isinstance(y, Node) else y
            shape = getattr(number, "shape", ())
            if index is not None and shape and shape == child.data.shape:
                number = there(number, index)
            divides = child.primitive is not None and child.primitive.name == "divide"
            if y is x or (finite(number) if divides else not zero(number)):
                continue
            where = place(index) if index and shape else ""
            is_node = isinstance(y, Node)
            yield f" by {self.name(y)}{where} = {shown(number)}" if is_node else f" by {shown(y)}"


def _by_number(term: Term, x: Node) -> bool:
    """Return whether an operation makes each number of its array of the one at the same index."""
    primitive = term.child.primitive
    shapes = [getattr(y, "shape", None) for y in (x, term.child, term.contribution)]
    return primitive is not None and primitive.elementwise and shapes == [shapes[0]] * 3
