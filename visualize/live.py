"""The rows of a graph as JavaScript: what lets the page compute it anew, with other inputs.

    program = Program(nodes)
    program.text        # const multiply = ..., rows = [[(a,b) => a*b, (g,y,a,b) => [g*b,g*a]]], ...

Nothing of calculus is written here or in the page. A row's value and its cotangents are printed
from the table by the symbol vocabulary, over the words of `words.js`; so the page cannot disagree
with the engine but by the last digits of two libraries' sines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any

from autodiff import elementwise, symbols
from autodiff.graph import Node
from autodiff.primitive import Primitive
from autodiff.typeset import javascript_number

_WORD = re.compile(r"\b[A-Za-z_]\w*")


class Program:
    """The words and rows of a graph, and how its nodes are made; `lack` says if one has no row.

    `text` is JavaScript: the words; `rows`, pairs of the value of an operation and of its
    cotangents; `made`, for each node 0 or its row and its operands, where ~k is constant k; and
    `start`, the numbers of all leaves and constants. `frozen` are the choices whose condition is a
    constant, which Python has computed.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.lack = next(filter(None, map(_lack, nodes)), "")
        self.frozen = [
            node
            for node in nodes
            if node.primitive is elementwise.where and not isinstance(node.inputs[0], Node)
        ]
        self.text = "" if self.lack else "".join(self._written())

    def expression(self, more: str = "") -> str:
        """Return all of it as one expression of JavaScript, an object; null if a row is lacking.

        `more` is the film of it, an object too.
        """
        if self.lack:
            return "null"
        film = f"film: {more}" if more else "film: null"
        return f"(() => {{\n{self.text}return {{rows, made, start, {film}}};\n}})()"

    def _written(self) -> Iterator[str]:
        rows: dict[tuple[Primitive, int], int] = {}
        place = {id(node): i for i, node in enumerate(self.nodes)}
        constants = 0
        made: list[str] = []
        for node in self.nodes:
            primitive = node.primitive
            if node.is_leaf or primitive is None:
                made.append("0")
                continue
            row = rows.setdefault((primitive, len(node.inputs)), len(rows))
            operands = []
            for x in node.inputs:
                operands.append(place[id(x)] if isinstance(x, Node) else ~constants)
                constants += not isinstance(x, Node)
            made.append(f"[{row},{','.join(map(str, operands))}]")
        printed = ",\n".join(_row(primitive, count) for primitive, count in rows)
        yield "\n".join(_words(printed))
        leaves, numbers = numbers_of(self.nodes)
        yield f"\nconst rows = [{printed}];\nconst made = [{','.join(made)}];\n"
        yield f"const start = {{leaves: [{_list(leaves)}], constants: [{_list(numbers)}]}};\n"


def numbers_of(nodes: Sequence[Node]) -> tuple[list[float], list[float]]:
    """Return what a run starts from: the numbers of its leaves, and the plain ones in it."""
    leaves = [float(node.data) for node in nodes if node.is_leaf]
    operands = chain.from_iterable(node.inputs for node in nodes)
    return leaves, [float(x) for x in operands if not isinstance(x, Node)]


def _list(numbers: Sequence[float]) -> str:
    return ",".join(map(javascript_number, numbers))


def _lack(node: Node) -> str:
    """Return what of a node the page cannot compute; the empty text if nothing."""
    primitive = node.primitive
    if node.is_leaf or primitive is None or elementwise.TABLE.get(primitive.name) is primitive:
        return ""
    return primitive.name


@cache
def _row(primitive: Primitive, count: int) -> str:
    """Print the value of a row and its cotangents, of so many operands."""
    names = [f"x{i}" for i in range(count)] if count > 3 else ["a", "b", "c"][:count]
    operands: list[Any] = [symbols.name(x) for x in names]
    if primitive is elementwise.where:  # its condition may be any number
        operands[0] = symbols.operation("truth")(operands[0])
    value = _formula(primitive.compute(symbols, *operands))
    if primitive in (elementwise.dot, elementwise.sum):  # rounded once, not at each addition
        value = symbols.operation(primitive.name)(*operands)
    g, y = symbols.name("g"), symbols.name("y")
    shares = primitive.cotangents(symbols, [True] * count, g, y, *operands)
    printed = ",".join("0" if x is None else _formula(x).javascript() for x in shares)
    inputs = ",".join(names)
    return f"[({inputs}) => {value.javascript()}, (g,y,{inputs}) => [{printed}]]"


def _formula(x: Any) -> symbols.Formula:
    return x if isinstance(x, symbols.Formula) else symbols.number(x)


# -- words -----------------------------------------------------------------------------------------


@cache
def _vocabulary() -> dict[str, str]:
    """Return the words by their names: JavaScript's, and the numbers of the error functions."""
    text = files(__package__).joinpath("words.js").read_text("utf-8")
    paragraphs = (re.sub(r"(?m)^//.*\n", "", part).strip() for part in text.split("\n\n"))
    return {part.split()[1]: part for part in paragraphs if part.startswith("const ")}


def _words(text: str) -> list[str]:
    """Return the words that a text needs, each after those that it needs itself."""
    found: dict[str, str] = {}
    vocabulary = _vocabulary()
    waiting = [(text, "")]
    while waiting:
        part, name = waiting.pop()
        needed = {x for x in _WORD.findall(_unqualified(part)) if x != name and x not in found}
        for word in sorted(needed):
            if word in vocabulary:
                found[word] = vocabulary[word]
                waiting.append((vocabulary[word], word))
            elif word.isupper():
                found[word] = _coefficients(word)
    constants = [part for name, part in found.items() if name.isupper()]
    return constants + [part for name, part in found.items() if not name.isupper()]


def _unqualified(text: str) -> str:
    return re.sub(r"\.\w+", "", text)  # Math.exp is no word of ours


def _coefficients(name: str) -> str:
    from autodiff import special

    numbers = getattr(special, name, None)
    if numbers is None:
        raise NameError(f"words.js has {name}, which special.py has not")
    if isinstance(numbers, float):
        return f"const {name} = {javascript_number(numbers)};"
    return f"const {name} = [{_list(numbers)}];"
