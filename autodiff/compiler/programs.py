"""Programs: a graph printed as straight-line Python, forward and then backward.

    def f(a, b, c):
        # forward
        u = b * c
        v = a + u
        J = 3.0 * v
        # backward
        dJ_dv = 3.0
        dJ_du = dJ_dv  # dv/du = 1
        dJ_dc = dJ_du * b  # du/dc = b
        dJ_db = dJ_du * c  # du/db = c
        dJ_da = dJ_dv  # dv/da = 1
        return J, (dJ_da, dJ_db, dJ_dc)

Each line is a row of the table, written by the symbol vocabulary: the formula of the operation, and
its rule of calculus with names for numbers. There is no second set of rules. A value that is used
several times has one line, in which the shares of all its uses are added up.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import floats, symbols
from ..graph import Node, topological_order
from ..primitive import HandWritten
from ..symbols import Formula
from .tracing import COMPARISONS_HOME, Condition

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..primitive import Primitive
    from .tracing import Trace

# What a name in a program must not be: the words that the lines call, and Python's own.
_TAKEN = {*vars(floats), *keyword.kwlist, "other_way", "in_general", "type", "float"}

# What a function must not be called beside that, as `files` has these names around it.
_OF_FILES = {"math", "check", "max", "min", "zip", "print", "enumerate"}

_LONGEST_COMMENT = 40
_LONGEST_NAME = 60
_TERMS = 200  # of a sum in one line; Python's parser takes some thousand


_WRITERS: dict[str, Callable[[Formula], str]] = {
    "python": lambda formula: _quick(formula).python(),
    "arrays": lambda formula: formula.arrays(),
    "latex": lambda formula: formula.latex(),
}


def _is_ours(primitive: Primitive) -> bool:
    return primitive.elementwise or primitive.home[0] == COMPARISONS_HOME


class Program:
    """A trace as lines of Python: `forward`, `backward`, and the names of what goes in and out.

    `parameters` are the leaves that the function found outside itself, by name; `gradients` are the
    names of ∂J/∂x by the name of x, "0.0" where nothing comes back. Lines are (indent-less) code
    with a comment or "".
    """

    def __init__(
        self, trace: Trace, function: str, arguments: Sequence[str], style: str = "python"
    ) -> None:
        self.trace = trace
        used = set(_TAKEN)
        self.arguments = [free(name, used) for name in arguments]
        self.function = free(function, set(_TAKEN | _OF_FILES))
        self._write = _WRITERS[style]
        conditions = [condition for condition, _ in trace.guards]
        self._first: dict[int, Node] = {}  # of what was computed before, the node that did
        # What guards look at comes first, so that nothing is computed on a way not taken.
        self._order = list(self._once(topological_order(*conditions, trace.root)))
        self._in_graph = {id(self._of(node)) for node in topological_order(trace.root)}
        self._used = used
        self._names = self._named(used)
        self.own: dict[str, Primitive] = {}  # functions with rules of the user's own, by their word
        self.result = self._names[id(trace.root)]
        known = {id(node) for node in trace.inputs}
        self.parameters = {
            self._names[id(node)]: node
            for node in self._order
            if node.is_leaf and id(node) not in known and not isinstance(node, Condition)
        }
        self.forward = list(self._forward())
        self.gradients: dict[str, str] = {}
        self.backward = list(self._backward())

    # -- what is computed several times ------------------------------------------------------------

    def _once(self, order: Sequence[Node]) -> Iterator[Node]:
        """Yield the nodes without those that do what an earlier one has done, unless named."""
        done: dict[Any, Node] = {}
        for node in order:
            ours = node.primitive is not None and _is_ours(node.primitive)
            if not node.is_leaf and ours and id(node) not in self.trace.names:
                operands = (
                    id(self._of(x)) if isinstance(x, Node) else float(x).hex() for x in node.inputs
                )
                first = done.setdefault((id(node.primitive), *operands), node)
                if first is not node and node is not self.trace.root:
                    self._first[id(node)] = first
                    continue
            yield node

    def _of(self, node: Node) -> Node:
        return self._first.get(id(node), node)

    # -- names -------------------------------------------------------------------------------------

    def _named(self, used: set[str]) -> dict[int, str]:
        names = {id(node): name for node, name in zip(self.trace.inputs, self.arguments)}
        wanted = self.trace.names
        for node in self._order:
            if id(node) not in names and id(node) in wanted:
                names[id(node)] = free(identifier(wanted[id(node)]), used)
        root = id(self.trace.root)
        if root not in names:
            names[root] = free("J", used)
        number = conditions = 0
        for node in self._order:
            if id(node) in names:
                continue
            if not isinstance(node, Condition):
                number += 1
                names[id(node)] = free(f"t{number}", used)
            elif _is_joined(node) and any(map(_is_joined, node.inputs)):  # else it stands inside
                conditions += 1
                names[id(node)] = free(f"c{conditions}", used)
        return names

    def _gradient(self, node: Node) -> str:
        return free(f"d{self.result}_d{self._names[id(node)]}", self._used)

    # -- forward -----------------------------------------------------------------------------------

    def _forward(self) -> Iterator[tuple[str, str]]:
        """Yield the lines: a guard as soon as all that it looks at is there."""
        waiting = list(self.trace.guards)
        done = {id(node) for node in self._order if node.is_leaf}
        said: set[str] = set()

        def guards() -> Iterator[tuple[str, str]]:
            while waiting and all(id(x) in done for x in self._looked_at(waiting[0][0])):
                condition, truth = waiting.pop(0)
                text = self._write(self._operand(condition))
                test = f"not {text}" if truth else text.removeprefix("(").removesuffix(")")
                if test not in said:
                    said.add(test)
                    back = f"return other_way({', '.join(self.arguments)})"
                    yield f"if {test}: {back}", "another way is recorded anew"

        yield from guards()
        for node in self._order:
            if node.is_leaf or id(node) not in self._names:
                continue
            if isinstance(node.primitive, HandWritten):
                raise TypeError(
                    f"compile() got a hand-written _backward, of {node.primitive.name!r}; expected"
                    " operations of autodiff"
                )
            name = self._names[id(node)]
            for formula in self._formulas(node, name):
                yield f"{name} = {self._write(formula)}", ""
            done.add(id(node))
            yield from guards()

    def _looked_at(self, condition: Node) -> Iterator[Node]:
        """Yield what must be there for a condition to be asked."""
        condition = self._of(condition)
        if id(condition) in self._names:
            yield condition
            return
        for x in condition.inputs:
            if isinstance(x, Condition):
                yield from self._looked_at(x)
            elif isinstance(x, Node):
                yield self._of(x)

    def _formulas(self, node: Node, name: str) -> Iterator[Formula]:
        """Yield an operation as a formula, or a long sum as some: J = a + b + ..., J = J + c ..."""
        word = node.primitive.name if node.primitive and _is_ours(node.primitive) else ""
        few = len(node.inputs) <= _TERMS or self._write is _WRITERS["latex"]
        if few or word not in ("sum", "dot"):
            yield self._formula(node)
            return
        operands = [self._operand(x) for x in node.inputs]
        if word == "dot":
            n = len(operands) // 2
            products = map(symbols.operation("multiply"), operands[:n], operands[n : 2 * n])
            operands = [*products, *operands[2 * n :]]
        total: list[Formula] = []
        for start in range(0, len(operands), _TERMS):
            yield symbols.sum(*total, *operands[start : start + _TERMS])
            total = [symbols.name(name)]

    def _formula(self, node: Node) -> Formula:
        """Return an operation as a formula of names; of a condition, with the conditions in it."""
        primitive = node.primitive
        assert primitive is not None
        operands = [self._operand(x) for x in node.inputs]
        if primitive.home[0] != COMPARISONS_HOME:  # a truth among numbers is 1 or 0
            for i, x in enumerate(node.inputs):
                if isinstance(x, Condition) and (primitive.name, i) != ("where", 0):
                    operands[i] = symbols.operation("where")(operands[i], 1.0, 0.0)
        if not _is_ours(primitive):
            return symbols.operation(self._word(primitive))(*operands)
        if primitive.forward is not None:  # made of other words, as relu is of where
            formula: Formula = primitive.forward(symbols, *operands)
            return formula
        return primitive.formula(*operands)

    def _word(self, primitive: Primitive) -> str:
        """Return the name by which a user's own function is called in the lines."""
        for word, known in self.own.items():
            if known is primitive:
                return word
        word = free(identifier(primitive.name), self._used)
        self.own[word] = primitive
        return word

    def _operand(self, x: Any) -> Any:
        if isinstance(x, Condition) and id(self._of(x)) not in self._names:
            return self._formula(x)
        if isinstance(x, Node):
            return symbols.name(self._names[id(self._of(x))])
        return symbols.number(float(x))

    # -- backward ----------------------------------------------------------------------------------

    def _backward(self) -> Iterator[tuple[str, str]]:
        shares: dict[int, list[tuple[Formula, str]]] = {}
        root = self.trace.root
        for node in reversed(self._order):
            if id(node) not in self._in_graph or isinstance(node, Condition):
                continue
            name = self._names[id(node)]
            found = shares.pop(id(node), [])
            if node is root:
                seed = symbols.number(1.0)
                self.gradients[name] = "1.0"
            elif not found or not node.requires_grad:
                continue
            elif len(found) == 1 and self._passes_on(node, found[0][0]):
                seed = found[0][0]
            else:
                self.gradients[name] = self._gradient(node)
                total = self.gradients[name]
                for start in range(0, len(found), _TERMS):
                    terms = found[start : start + _TERMS]
                    line = self._sum([share for share, _ in terms])
                    before = f"{total} + " if start else ""
                    yield f"{total} = {before}{line}", _comment(terms)
                seed = symbols.name(self.gradients[name])
            if not node.is_leaf:
                for parent, share, slope in self._shares(node, seed):
                    shares.setdefault(id(self._of(parent)), []).append((share, slope))

    def _passes_on(self, node: Node, share: Formula) -> bool:
        """Return whether a nameless value only hands on another gradient, which needs no line."""
        return share.operation in ("name", "number") and not (
            node.is_leaf or id(node) in self.trace.names
        )

    def _shares(self, node: Node, g: Formula) -> Iterator[tuple[Node, Formula, str]]:
        """Yield what comes back to each operand, with the derivative that the comment gives."""
        primitive, name = node.primitive, self._names[id(node)]
        assert primitive is not None
        operands = [self._operand(x) for x in node.inputs]
        needed = [
            isinstance(x, Node) and not isinstance(x, Condition) and x.requires_grad
            for x in node.inputs
        ]
        if not _is_ours(primitive):
            word = self._word(primitive)
            for i, (x, need) in enumerate(zip(node.inputs, needed)):
                if need:
                    vjp = symbols.operation(f"{word}_vjp")
                    yield x, vjp(symbols.number(i), g, symbols.name(name), *operands), ""
            return
        found = primitive.cotangents(symbols, needed, g, symbols.name(name), *operands)
        several = len(operands) > 4
        slopes = (
            [None] * len(operands)
            if several
            else primitive.cotangents(
                symbols, needed, symbols.number(1.0), symbols.name(name), *operands
            )
        )
        for x, need, share, slope in zip(node.inputs, needed, found, slopes):
            if not need or share is None:
                continue
            share = share.simplified() if not isinstance(share, float) else symbols.number(share)
            if share.operation == "number" and float(share.value) == 0.0:
                continue
            text = "" if slope is None or isinstance(slope, float) else str(slope.simplified())
            of = self._names[id(self._of(x))]
            yield x, share, f"d{name}/d{of} = {text}" if text else ""

    def _sum(self, shares: list[Formula]) -> str:
        text = ""
        for share in shares:
            part = self._write(share)
            if not text:
                text = part
            elif part.startswith("-") and share.operation not in ("add", "subtract"):
                text += f" - {part[1:]}"
            else:
                text += f" + ({part})" if share.operation in ("add", "subtract") else f" + {part}"
        return text

    # -- the whole ---------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """The function of value and gradients, as one reads it."""
        return self.text(comments=True).rstrip()

    def text(
        self,
        *,
        comments: bool = False,
        backward: str = "arguments",
        parameters_as_arguments: bool = False,
        floats_only: bool = False,
        defaults: bool = False,
        guarded: bool = True,
    ) -> str:
        """Return the source of a function of the arguments.

        `backward` says what it does after the forward lines: "no", return the value; "arguments",
        return it with the gradients of the arguments; "all", with those of the parameters too, two
        factors where one is their product; "accumulate", add those of the parameters into their
        `.grad`, and return the value. With
        `floats_only` it begins by handing on, to `in_general`, what is anything else; `defaults`
        are the parameters' numbers as they are now; without `guarded` nobody asks which way it is.
        """
        given = list(self.arguments)
        if parameters_as_arguments:
            given += [
                f"{name}={float(node.data)!r}" if defaults else name
                for name, node in self.parameters.items()
            ]
        lines = [f"# {self.trace.note}"] if comments and self.trace.note else []
        if floats_only and self.arguments:
            other = " or ".join(f"type({name}) is not float" for name in self.arguments)
            lines.append(f"if {other}: return in_general({', '.join(self.arguments)})")
        if not parameters_as_arguments:
            lines += [f"{name} = {name}_.data" for name in self.parameters]
        if comments and backward != "no":
            lines.append("# forward")
        lines += [
            _with(line, comment, comments)
            for line, comment in self.forward
            if guarded or not line.startswith("if ")
        ]
        if backward == "no":
            lines.append(f"return {self.result}")
        else:
            lines += ["# backward"] * comments
            factors = self._factors() if backward == "all" else {}
            lines += [
                _with(line, comment, comments)
                for line, comment in self._wanted(backward)
                if line.partition(" = ")[0] not in factors
            ]
            own = self._tuple(self.arguments)
            if backward == "arguments":
                lines.append(f"return {self.result}, {own}")
            elif backward == "all":
                held = [self.gradients.get(name, "0.0") for name in self.parameters]
                pairs = "".join(f"{factors.get(name, name)}, " for name in held)
                lines.append(f"return {self.result}, {own}, ({pairs})")
            else:
                for name, node in self.parameters.items():
                    if node.requires_grad and name in self.gradients:
                        lines.append(f"{name}_.grad += {self.gradients[name]}")
                lines.append(f"return {self.result}")
        body = "\n".join(f"    {line}" for line in lines)
        return f"def {self.function}({', '.join(given)}):\n{body}\n"

    def equations(self) -> str:
        """Return the lines as LaTeX, for a program in the style "latex"."""
        partials = {
            symbols.name(gradient).latex(): rf"\frac{{\partial {self._symbol(self.result)}}}"
            rf"{{\partial {self._symbol(name)}}}"
            for name, gradient in self.gradients.items()
        }
        rows = []
        for line, _ in [*self.forward, *self.backward]:
            left, equals, right = line.partition(" = ")
            if equals and not line.startswith("if "):
                left = symbols.name(left).latex()
                for text, partial in partials.items():
                    left, right = left.replace(text, partial), right.replace(text, partial)
                rows.append(f"{left} &= {right}")
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    @staticmethod
    def _symbol(name: str) -> str:
        return symbols.name(name).latex()

    def words(self, xp: Any) -> dict[str, Any]:
        """Return what the lines call beside the vocabulary xp: the user's own functions."""
        words: dict[str, Any] = {}
        for word, primitive in self.own.items():

            def call(*args: Any, primitive: Primitive = primitive) -> Any:
                return primitive.compute(xp, *args)

            def vjp(i: float, g: Any, y: Any, *args: Any, primitive: Primitive = primitive) -> Any:
                needed = [place == i for place in range(len(args))]
                share = primitive.cotangents(xp, needed, g, y, *args)[int(i)]
                return 0.0 if share is None else share

            words |= {word: call, f"{word}_vjp": vjp}
        return words

    def _tuple(self, names: Any) -> str:
        parts = [self.gradients.get(name, "0.0") for name in names]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"

    def _factors(self) -> dict[str, str]:
        """Return the gradients of parameters that are a product of two names, as these two.

        Nothing else looks at them, and the sum over rows of a product is a dot product.
        """
        held = {self.gradients[name] for name in self.parameters if name in self.gradients}
        found = {}
        for line, _ in self.backward:
            name, _, formula = line.partition(" = ")
            a, times, b = formula.partition("*")
            if name in held and times and a.isidentifier() and b.isidentifier():
                found[name] = f"({a}, {b})"
        return found

    def _wanted(self, backward: str) -> list[tuple[str, str]]:
        """Return the backward lines that the gradients which are asked for need."""
        if backward == "all":
            return self.backward
        wanted = self.arguments if backward == "arguments" else list(self.parameters)
        needed = {self.gradients[name] for name in wanted if name in self.gradients}
        kept: list[tuple[str, str]] = []
        for line, comment in reversed(self.backward):
            name, _, formula = line.partition(" = ")
            if name in needed:
                kept.append((line, comment))
                needed.update(words_in(formula))
        return kept[::-1]


def _quick(formula: Formula) -> Formula:
    """Return a formula with products for small powers, and / where the divisor cannot be 0.

    Python does both at once, where a word of the vocabulary is a call. x·x and x² are the same
    number; x·x·x and x³ may differ in the last bit.
    """
    simple: dict[int, Formula] = {}
    for part in formula.parts():
        operands = tuple(simple[id(operand)] for operand in part.operands)
        made = Formula(part.operation, operands, part.value)
        if part.operation == "square" and operands[0].operation == "name":
            made = operands[0] * operands[0]
        elif part.operation == "power" and operands[0].operation == "name":
            x, exponent = operands
            if exponent.operation == "number" and float(exponent.value) in (2.0, 3.0):
                made = x * x if float(exponent.value) == 2.0 else x * x * x
        elif part.operation == "divide" and _is_a_number_but_0(operands[1]):
            made = Formula("over", operands)
        simple[id(part)] = made
    return simple[id(formula)]


def _is_a_number_but_0(formula: Formula) -> bool:
    return formula.operation == "number" and float(formula.value) != 0.0


def _is_joined(x: Any) -> bool:
    """Return whether it is two conditions joined."""
    return isinstance(x, Condition) and any(isinstance(part, Condition) for part in x.inputs)


def _comment(found: list[tuple[Formula, str]]) -> str:
    text = ", ".join(dict.fromkeys(slope for _, slope in found if slope))
    return text if len(text) <= 2 * _LONGEST_COMMENT else ""


def _with(line: str, comment: str, comments: bool) -> str:
    return f"{line}  # {comment}" if comments and comment else line


def words_in(formula: str) -> set[str]:
    """Return the identifiers in a text."""
    return set(re.findall(r"[^\W\d](?:\w|[^\x00-\x7f])*", formula))  # accents are no \w


def identifier(name: str) -> str:
    """Return a name as Python can have it."""
    text = unicodedata.normalize("NFKC", name)  # as Python reads names
    text = "".join(c if f"a{c}".isidentifier() else "_" for c in text)
    text = text.strip("_")[:_LONGEST_NAME] or "x"
    return text if text.isidentifier() else f"x{text}"


def free(name: str, used: set[str]) -> str:
    """Return a name that is not used yet, and note that it is."""
    found, number = name, 1
    while found in used or f"{found}_" in used:
        number += 1
        found = f"{name}_{number}"
    used.update((found, f"{found}_"))  # the second is what a parameter is read from
    return found
