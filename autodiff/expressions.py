"""Formulas from text, of which Python evaluates nothing.

`grammar.read` has made sure of every character; `ast.parse` then finds what belongs to what. It
sees names, operators and brackets only, as a 0 stands in for each number. A whitelist turns its
tree into steps in postfix order, and `Expression.evaluate` runs them on a stack of Values. Nothing
here recurses, and a tower of powers is a float like any other:

    >>> from autodiff import Value
    >>> J = parse("J = 3*(a + b*c)")
    >>> J.name, J.variables
    ('J', ('a', 'b', 'c'))
    >>> J.evaluate({"a": Value(5.0), "b": Value(3.0), "c": Value(2.0)}).data
    33.0
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from . import functions
from .elementwise import TABLE
from .grammar import ExpressionError, Token, error, has_name, normal, read, short
from .value import Value

__all__ = ["CONSTANTS", "Expression", "ExpressionError", "parse"]

#: What these names mean where no value of that name is given.
CONSTANTS: Mapping[str, float] = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan}


class _Step(NamedTuple):
    """Push `item`, a number or the value of a name; or apply `function` to the topmost `arity`."""

    column: int
    item: float | str | None = None
    arity: int = 0
    function: Callable[..., Any] | None = None


class Expression:
    """A formula that `parse` has read: evaluate it as often as you like.

    `name` is the NAME of `NAME =` in front, or None; `names` are all names in it, in order of first
    appearance; `variables` are those of them that are no constants, and so need a value.
    """

    __slots__ = ("_steps", "name", "names", "source", "variables")

    def __init__(self, source: str, name: str | None, steps: list[_Step]) -> None:
        self.source = source
        self.name = name
        self._steps = steps
        self.names = tuple(dict.fromkeys(s.item for s in steps if isinstance(s.item, str)))
        self.variables = tuple(name for name in self.names if name not in CONSTANTS)

    def __repr__(self) -> str:
        return f"<expression {short(self.source, 60)}>"

    def evaluate(self, values: Mapping[str, Value | float]) -> Value:
        """Compute the expression and record its graph, from `values` to the result.

        The result is labelled with the expression's name, unless it is one of `values` itself.
        Raises ExpressionError at the first name that has no value.
        """
        stack: list[Any] = []
        for step in self._steps:
            if step.function is not None:
                first = len(stack) - step.arity
                stack[first:] = [step.function(*stack[first:])]
            elif isinstance(step.item, str):
                stack.append(self._look_up(step.item, values, step.column))
            else:
                stack.append(step.item)
        result = stack[0] if isinstance(stack[0], Value) else Value(stack[0])
        if self.name and all(result is not value for value in values.values()):
            result.label = self.name
        return result

    def _look_up(self, name: str, values: Mapping[str, Value | float], column: int) -> Any:
        value = values.get(name, CONSTANTS.get(name))
        if value is None:
            got, advice = f"unknown name '{short(name)}'", f"give it a value ({short(name)}=1.0)"
            raise error(self.source, column, got, advice)
        return value


def parse(source: str) -> Expression:
    """Read a formula such as "J = 3*(a + b*c)", where the `NAME =` may be left out.

    It is made of numbers, names, + - * / ** % (the remainder has the sign of the divisor, as
    NumPy's), parentheses, the functions of `elementwise.TABLE`, comparisons as the condition of
    `where`, lists as the operands of `dot` and `sum`, and pi, e, inf, nan.
    Raises ExpressionError for everything else.
    """
    tokens = read(source)
    name = normal(tokens[0].text) if has_name(tokens) else None
    formula = tokens[2:] if name else tokens
    expression = Expression(source, name, list(_steps(source, formula)))
    if name in expression.names:
        again = next(t.column for t in formula if normal(t.text) == name)
        got = f"the result's own name '{short(str(name))}'"
        raise error(source, again, got, "give one of the two another name")
    return expression


def _tree(source: str, tokens: list[Token]) -> tuple[ast.expr, list[int]]:
    """Let `ast` find the structure; return it, and the column of each byte that it counts."""
    text = [" "] * len(source)
    for kind, word, column in tokens:
        text[column : column + len(word)] = "0".ljust(len(word)) if kind == "number" else word
    # The bracket allows for spaces in front.  Columns of `ast` count bytes of UTF-8.
    columns = [0, *(i for i, c in enumerate(text) for _ in c.encode())]
    try:
        return ast.parse(f"({''.join(text)})", mode="eval").body, columns
    except (RecursionError, MemoryError, SyntaxError):  # all are how a Python's parser gives up
        raise ExpressionError("the expression nests too deeply: write a flatter one") from None


def _steps(source: str, tokens: list[Token]) -> Iterator[_Step]:
    """Yield the steps in postfix order: operands from left to right, then what is done to them."""
    tree, columns = _tree(source, tokens)
    reader = _Reader(source, tokens, columns)
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _Step):
            yield node
        else:
            step, operands = reader.read(node)
            waiting += [step, *reversed(operands)]


_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: functions.add,
    ast.Sub: functions.subtract,
    ast.Mult: functions.multiply,
    ast.Div: functions.divide,
    ast.Mod: functions.remainder,
    ast.Pow: functions.power,
    ast.USub: functions.negative,
    ast.UAdd: lambda x: x,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_MISPLACED = {
    ast.Compare: ("a comparison", "compare in where(condition, a, b) only"),
    ast.List: ("a list", "lists are for dot([a, b], [c, d]) and sum([a, b]) only"),
    ast.Tuple: ("several values in brackets", "write one value, or a function's name in front"),
}


class _Reader:
    """The whitelist: turns a node of `ast` into the step that follows its operands."""

    def __init__(self, source: str, tokens: list[Token], columns: list[int]) -> None:
        self.source = source
        self.columns = columns
        self.numbers = {t.column: float(t.text) for t in tokens if t.kind == "number"}
        self.welcome: set[int] = set()  # the comparisons and lists that stand where they may

    def read(self, node: ast.expr) -> tuple[_Step, list[ast.expr]]:
        """Return the step, and the operands that it waits for."""
        column = self.columns[node.col_offset]
        match node:
            case ast.Constant() if column in self.numbers:
                return _Step(column, self.numbers[column]), []
            case ast.Name(id=name) if name not in TABLE:
                return _Step(column, name), []
            case ast.Name(id=name):
                advice = f"write {_usage(name)}, or give the value another name"
                raise error(self.source, column, f"the function '{name}' without values", advice)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
                return _Step(column, None, 1, _OPERATORS[type(op)]), [operand]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _Step(column, None, 2, _OPERATORS[type(op)]), [left, right]
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return _Step(column, None, len(args), self.called(column, name, args)), args
            case ast.Compare(left=left, ops=ops, comparators=rest) if id(node) in self.welcome and {
                *map(type, ops)
            } <= {*_OPERATORS}:
                holds = partial(_hold, [_OPERATORS[type(op)] for op in ops])
                return _Step(column, None, 1 + len(rest), holds), [left, *rest]
            case ast.List(elts=items) if id(node) in self.welcome:
                return _Step(column, None, len(items), _listed), items
        got, advice = _MISPLACED.get(type(node), ("something else", "a formula is expected"))
        raise error(self.source, column, got, advice)

    def called(self, column: int, name: str, args: list[ast.expr]) -> Callable[..., Any]:
        """Return the function of that name, if it takes these values."""
        if name not in TABLE:
            raise error(self.source, column, f"unknown function '{short(name)}'", _guess(name))
        function = getattr(functions, name)
        lists = [arg for arg in args if isinstance(arg, ast.List)]
        if name in ("dot", "sum"):
            self.welcome.update(map(id, lists))
        elif name == "where" and isinstance(args[0], ast.Compare):
            self.welcome.add(id(args[0]))
        if name == "dot":
            lengths = [len(arg.elts) for arg in lists]
            fits = len(args) in (2, 3) and args[:2] == lists and lengths[0] == lengths[1]
        elif name == "sum":
            fits = not lists or len(args) == 1
            function = function if lists else _sum
        else:
            most = function.__code__.co_argcount
            fits = most - len(function.__defaults__ or ()) <= len(args) <= most
        if not fits:
            got = f"{name} with {len(args)} value{'s' * (len(args) != 1)}"
            raise error(self.source, column, got, f"write {_usage(name)}")
        return function


def _usage(name: str) -> str:
    """Show how the function is called, e.g. "where(condition, a, b)"."""
    if name == "sum":
        return "sum(a, b, ...)"
    if name == "dot":
        return "dot([a, b], [c, d]) with lists of one length"
    code = getattr(functions, name).__code__
    return f"{name}({', '.join(code.co_varnames[: code.co_argcount])})"


def _guess(name: str) -> str:
    from difflib import get_close_matches

    alias = functions.ALIASES.get(name)
    likely = [alias] if alias else get_close_matches(name[:30], TABLE, cutoff=0.65)
    if not likely:
        return f"write {short(name)}*(...) for a product; autodiff --help lists the functions"
    return f"did you mean {' or '.join(likely)}?"


def _sum(*terms: Any) -> Any:
    return functions.sum(terms)


def _listed(*items: Any) -> list[Any]:
    return list(items)


def _hold(comparisons: list[Callable[[float, float], bool]], *operands: Any) -> bool:
    """Tell whether each comparison holds between its two neighbours, as in 0 < x < 1."""
    numbers = [float(operand) for operand in operands]
    return all(map(lambda c, a, b: c(a, b), comparisons, numbers, numbers[1:]))
