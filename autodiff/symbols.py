r"""The text vocabulary: NumPy's names on formulas.

When a rule's `xp` is this module, the rule computes nothing: it builds a `Formula`, which prints as
plain text, LaTeX, Python or JavaScript: the derivative that is printed is the one that is used.

    >>> from autodiff import symbols
    >>> x, y = symbols.name("x"), symbols.name("y")
    >>> slope = symbols.divide(1.0 - y, 2.0 * symbols.sqrt(x))
    >>> print(slope, "|", slope.latex(), "|", slope.python())
    (1 - y)/(2 × sqrt(x)) | \frac{1 - y}{2 \cdot \sqrt{x}} | divide(1.0 - y, 2.0*sqrt(x))

An operation that a format does not know prints as a call of its name, so a new row prints at once.
"""

from __future__ import annotations

import operator

from . import typeset

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class Formula:
    """An operation on formulas; or a name (operation "name") or a number (operation "number")."""

    __slots__ = ("operands", "operation", "value")

    def __init__(
        self, operation: str, operands: tuple[Formula, ...] = (), value: str | float = ""
    ) -> None:
        self.operation = operation
        self.operands = operands
        self.value = value

    def __str__(self) -> str:
        return typeset.plain(self.parts())

    def __repr__(self) -> str:
        return f"Formula({str(self)!r})"

    def latex(self) -> str:
        """Return the formula as LaTeX, for math mode."""
        return typeset.latex(self.parts())

    def python(self) -> str:
        """Return the formula as a Python expression over the names of the float vocabulary."""
        return typeset.python(self.parts())

    def arrays(self) -> str:
        """Return the formula as a Python expression over the names of the array vocabulary."""
        return typeset.arrays(self.parts())

    def javascript(self) -> str:
        """Return the formula as a JavaScript expression over the names of the float vocabulary."""
        return typeset.javascript(self.parts())

    def parts(self) -> list[Formula]:
        """List the distinct subformulas, operands before operations, this one last."""
        seen: set[int] = set()
        order: list[Formula] = []
        stack: list[tuple[Formula, bool]] = [(self, False)]
        while stack:
            formula, complete = stack.pop()
            if complete:
                order.append(formula)
            elif id(formula) not in seen:
                seen.add(id(formula))
                stack.append((formula, True))
                stack.extend((operand, False) for operand in reversed(formula.operands))
        return order

    def names(self) -> set[str]:
        """Return the names that occur in the formula."""
        return {str(part.value) for part in self.parts() if part.operation == "name"}

    def simplified(self) -> Formula:
        """Return the formula without 1 × x, x + 0, 0 × x, -(-x) and operations on two numbers.

        For the reader's eye: 0 × x is 0 here even though 0 × inf is nan.
        """
        simple: dict[int, Formula] = {}
        for part in self.parts():
            operands = tuple(simple[id(operand)] for operand in part.operands)
            simple[id(part)] = _simplify(Formula(part.operation, operands, part.value))
        return simple[id(self)]

    def decided(self, values: Mapping[str, float]) -> Formula:
        """Return the formula as it is at these values of its names, without its singular cases.

        A choice that asks whether something is equal to a number, as b·aᵇ⁻¹ has one for b = 0, is
        left out where it is not; where it is, and of any other, as the two sides of relu, both
        sides are kept.
        """
        simple: dict[int, Formula] = {}
        for part in self.parts():
            operands = tuple(simple[id(operand)] for operand in part.operands)
            edge = part.operation == "where" and _asks_equality(operands[0])
            if edge and _truth(operands[0], values) is False:
                simple[id(part)] = operands[2]
            else:
                simple[id(part)] = _simplify(Formula(part.operation, operands, part.value))
        return simple[id(self)]

    def asks(self) -> bool:
        """Return whether the formula has a comparison or a sign in it."""
        return any(part.operation in (*_ORDERS, "sign") for part in self.parts())

    def on_an_edge(self, values: Mapping[str, float]) -> bool:
        """Return whether a comparison in it is of two equal numbers: a derivative at a kink."""
        known: dict[int, float | None] = {}
        for part in self.parts():
            known[id(part)] = None
            if part.operation == "name":
                known[id(part)] = values.get(str(part.value))
            elif part.operation == "number":
                known[id(part)] = float(part.value)
            sides = [known[id(operand)] for operand in part.operands]
            if part.operation == "sign" and sides == [0.0]:
                return True
            if part.operation in _ORDERS and sides[0] is not None and sides[0] == sides[1]:
                return True
        return False

    def __add__(self, other: Formula | float) -> Formula:
        return add(self, other)

    def __radd__(self, other: float) -> Formula:
        return add(other, self)

    def __sub__(self, other: Formula | float) -> Formula:
        return subtract(self, other)

    def __rsub__(self, other: float) -> Formula:
        return subtract(other, self)

    def __mul__(self, other: Formula | float) -> Formula:
        return multiply(self, other)

    def __rmul__(self, other: float) -> Formula:
        return multiply(other, self)

    def __truediv__(self, other: Formula | float) -> Formula:
        return operation("divide")(self, other)

    def __rtruediv__(self, other: float) -> Formula:
        return operation("divide")(other, self)

    def __pow__(self, other: Formula | float) -> Formula:
        return operation("power")(self, other)

    def __rpow__(self, other: float) -> Formula:
        return operation("power")(other, self)

    def __neg__(self) -> Formula:
        return negative(self)


def name(text: str) -> Formula:
    """Return the formula that is a name."""
    return Formula("name", value=text)


def number(value: float) -> Formula:
    """Return the formula that is a number."""
    return Formula("number", value=float(value))


def operation(operation: str) -> Callable[..., Formula]:
    """Return the function that builds the formula of an operation, e.g. operation("tanh")."""

    def build(*operands: Formula | float) -> Formula:
        return Formula(operation, tuple(_formula(operand) for operand in operands))

    return build


def _formula(operand: Formula | float) -> Formula:
    return operand if isinstance(operand, Formula) else number(operand)


def evaluate(rule: Callable[..., Any], *args: Any) -> Any:
    """Run a rule of this vocabulary."""
    return rule(*args)


def zeros_like(x: Formula) -> Formula:
    return number(0.0)


def sum(*terms: Formula | float) -> Formula:
    """Return t₁ + t₂ + …, which prints as additions."""
    total = _formula(terms[0]) if terms else number(0.0)
    for term in terms[1:]:
        total = total + term
    return total


def dot(*operands: Formula | float) -> Formula:
    """Return w₁ × x₁ + … (+ b) of the operands w₁ … wₙ, x₁ … xₙ (, b)."""
    n = len(operands) // 2
    products = [multiply(w, x) for w, x in zip(operands[:n], operands[n : 2 * n])]
    return sum(*products, *operands[2 * n :])


add = operation("add")
subtract = operation("subtract")
multiply = operation("multiply")
negative = operation("negative")


def __getattr__(name: str) -> Callable[..., Formula]:
    """Offer every other operation by its name: symbols.tanh, symbols.divide, symbols.where …"""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return operation(name)


def _asks_equality(condition: Formula) -> bool:
    return any(part.operation == "equal" for part in condition.parts())


def _truth(condition: Formula, values: Mapping[str, float]) -> bool | None:
    """Return whether a condition on names and numbers holds; None if it has anything else in it."""
    found: dict[int, Any] = {}
    for part in condition.parts():
        if part.operation == "name":
            found[id(part)] = values.get(str(part.value))
        elif part.operation == "number":
            found[id(part)] = float(part.value)
        else:
            operands = [found[id(x)] for x in part.operands]
            compare = _COMPARISONS.get(part.operation)
            found[id(part)] = None if compare is None or None in operands else compare(*operands)
    return None if found[id(condition)] is None else bool(found[id(condition)])


_COMPARISONS: dict[str, Callable[..., bool]] = {
    "equal": operator.eq,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
    "logical_and": lambda x, y: bool(x) and bool(y),
    "logical_or": lambda x, y: bool(x) or bool(y),
    "logical_not": operator.not_,
    "not_equal": operator.ne,
}


_ORDERS = ("less", "less_equal", "greater", "greater_equal")


def _simplify(formula: Formula) -> Formula:
    """Apply one identity at the top of a formula whose operands are simple already."""
    identity = _IDENTITIES.get(formula.operation)
    numbers = [float(x.value) if x.operation == "number" else None for x in formula.operands]
    return identity(formula, *formula.operands, *numbers) if identity else formula


def _simple_sum(
    whole: Formula, x: Formula, y: Formula, a: float | None, b: float | None
) -> Formula:
    if a is not None and b is not None:
        return number(a + b)
    return y if a == 0.0 else x if b == 0.0 else whole


def _opposite(x: Formula) -> Formula:
    return _simplify(negative(x))


def _simple_difference(
    whole: Formula, x: Formula, y: Formula, a: float | None, b: float | None
) -> Formula:
    if a is not None and b is not None:
        return number(a - b)
    return _opposite(y) if a == 0.0 else x if b == 0.0 else whole


def _simple_product(
    whole: Formula, x: Formula, y: Formula, a: float | None, b: float | None
) -> Formula:
    if a is not None and b is not None:
        return number(a * b)
    if a == 0.0 or b == 0.0:
        return number(0.0)
    if a == 1.0 or b == 1.0:
        return y if a == 1.0 else x
    return _opposite(y) if a == -1.0 else _opposite(x) if b == -1.0 else whole


def _simple_quotient(
    whole: Formula, x: Formula, y: Formula, a: float | None, b: float | None
) -> Formula:
    return x if b == 1.0 or a == 0.0 else whole


def _simple_power(
    whole: Formula, x: Formula, y: Formula, a: float | None, b: float | None
) -> Formula:
    if b == 0.0:
        return number(1.0)
    return x if b == 1.0 else Formula("square", (x,)) if b == 2.0 else whole


def _simple_negative(whole: Formula, x: Formula, a: float | None) -> Formula:
    if x.operation == "negative":
        return x.operands[0]
    return number(0.0 - a) if a is not None else whole


def _simple_equality(
    whole: Formula, x: Formula, y: Formula, a: float | None, b: float | None
) -> Formula:
    return whole if a is None or b is None else number(a == b)


def _simple_conjunction(
    whole: Formula, x: Formula, y: Formula, a: float | None, b: float | None
) -> Formula:
    if a == 0.0 or b == 0.0:
        return number(0.0)
    return whole if a is None else y


def _simple_choice(
    whole: Formula, condition: Formula, x: Formula, y: Formula, *numbers: float | None
) -> Formula:
    return whole if numbers[0] is None else x if numbers[0] else y


_IDENTITIES: dict[str, Callable[..., Formula]] = {
    "add": _simple_sum,
    "subtract": _simple_difference,
    "multiply": _simple_product,
    "divide": _simple_quotient,
    "power": _simple_power,
    "negative": _simple_negative,
    "equal": _simple_equality,
    "logical_and": _simple_conjunction,
    "where": _simple_choice,
}
