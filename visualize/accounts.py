"""The lines of an explanation, in one of two notations: plain text, or LaTeX.

    forward     t₁ = b × c = 3 × 2 = 6
    backward    ∂J/∂b = ∂J/∂t₁ · ∂t₁/∂b = 3 × 2 = 6, where ∂t₁/∂b = c
    paths       b → t₁ → t₂ → J: 2 × 1 × 3 = 6

What a line says is the same in both; a `_Notation` knows how names, numbers and ∂ are written. The
root's own uses of a node stand as the derivative that they are: of J = x·x it is ∂J/∂x = x + x.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from autodiff import symbols
from autodiff.graph import Node
from autodiff.symbols import Formula
from autodiff.typeset import escaped

from . import style
from .chain import Chain, Path, Step, Term
from .matrices import in_words, size
from .reading import Reading
from .replay import is_outdated, outdated_words

_LINES = 12  # at each end of a long chain
_TERMS = 6  # of a sum
_OPERANDS = 3  # more than these are not written out as numbers
_LARGEST_SHARE = 10.0  # of a path in the gradient


class _Notation(NamedTuple):
    formula: Callable[[Formula], str]
    partial: str  # ∂ of this by ∂ that
    times: str  # between numbers
    dot: str  # between derivatives
    arrow: str
    where: str


_PLAIN = _Notation(str, "∂{}/∂{}", " × ", " · ", " → ", ", where ")
_LATEX = _Notation(
    Formula.latex, r"\frac{{\partial {}}}{{\partial {}}}", r" \cdot ", r" \cdot ", r" \to ",
    r", \quad \text{where } ",
)  # fmt: skip


class Account:
    """What there is to say of one gradient."""

    def __init__(self, chain: Chain, reading: Reading, paths: int) -> None:
        self.chain = chain
        self.reading = reading
        self.most = paths
        self._neurons = {id(neuron.total): neuron for neuron in reading.neurons}
        self._arrays = hasattr(chain.root, "shape")

    # -- the three forms ---------------------------------------------------------------------------

    def text(self) -> str:
        """Return it as plain text."""
        parts: list[str] = []
        for title, lines in self._sections(_PLAIN):
            parts += [title, *(f"  {line}" for line in lines)]
        return "\n".join([self._sentence(), *self._doubts(), *([""] if parts else []), *parts])

    def markdown(self) -> str:
        """Return it as Markdown."""
        head, _, rest = self._sentence().partition(": ")
        parts = [f"**{_escaped(head)}**: {_escaped(rest)}" if rest else f"**{_escaped(head)}**"]
        parts += map(_escaped, self._doubts())
        for title, lines in self._sections(_LATEX):
            title = _escaped(title[:1].upper() + title[1:])
            parts.append(f"{title}:" if lines else f"{title}.")
            items = [line if isinstance(line, _Gap) else f"${line}$" for line in lines]
            parts += ["\n".join(f"- {item}" for item in items)] if items else []
        return "\n\n".join(parts) + "\n"

    def latex(self) -> str:
        """Return its equations as LaTeX."""
        lines = [line for _, lines in self._sections(_LATEX)[:2] for line in lines]
        rows = [
            r"&\;\vdots" if isinstance(line, _Gap) else line.replace(" = ", " &= ", 1)
            for line in lines
        ]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def _sections(self, how: _Notation) -> list[tuple[str, list[str]]]:
        if not self.chain.steps:
            return []
        forward = _shortened(self.chain.between[1:], lambda node: self._forward(node, how))
        backward = _shortened(self.chain.steps, lambda step: self._backward(step, how))
        sections = [("forward", forward), ("backward", backward)]
        count = self.chain.count
        paths = self.chain.paths(self.most) if count <= self.most else []
        if len(paths) == 1:
            sections.append(("one path", [self._path(paths[0], how)]))
        elif paths:
            title = f"{count} paths" + ("" if self._arrays else ", of which the products add up")
            sections.append((title, [self._path(path, how) for path in paths]))
        elif self.most:
            where = (
                f"{self._name(self.chain.node, _PLAIN)} to {self._name(self.chain.root, _PLAIN)}"
            )
            sections.append((f"{_many(count)} paths lead from {where}", []))
        return sections

    def _corner(self) -> str:
        """Return the name of an operation on the way that has a kink here, or nothing."""
        for step in self.chain.steps:
            for term in step.terms:
                if term.child.primitive and self.reading.is_kink(term.child, term.argnum):
                    return term.child.primitive.name
        return ""

    def _doubts(self) -> list[str]:
        """Return that the numbers do not belong together, if they do not."""
        old = [] if self._arrays else [x for x in self.chain.between if is_outdated(x)]
        return [outdated_words([self._name(x, _PLAIN) for x in old])] if old else []

    # -- one line of each --------------------------------------------------------------------------

    def _sentence(self) -> str:
        root, node = (self._name(x, _PLAIN) for x in (self.chain.root, self.chain.node))
        gradient = self.chain.gradient
        head = f"∂{root}/∂{node} = "
        if self.chain.node is self.chain.root:
            return head + f"1: {root} grows as much as itself."
        if not self.chain.steps:
            if not self.chain.node.requires_grad:
                return head + f"0: {node} is a constant, of which no gradient is asked."
            return head + f"0: {root} was not made from {node}."
        if gradient is None:
            return head + "?: a backward on the way is hand-written, and its derivative not known."
        if hasattr(gradient, "shape") and self._arrays:
            return head[:-3] + f": {size(gradient)}."
        number = style.number(gradient)
        result = self.chain.root.data
        if result - result != 0.0:
            return head + f"{number}, of a result that is {style.number(result)}."
        corner = self._corner()
        if corner:
            return head + f"{number}, at a kink of {corner}, where it is one of several slopes."
        if gradient == 0.0:
            return head + f"0: where {node} changes by a little, {root} stays as it is."
        if not math.isfinite(gradient):
            return head + f"{number}."
        verb = "grows" if gradient > 0.0 else "falls"
        times = "as much" if abs(gradient) == 1.0 else f"{number.lstrip('-')} times as much"
        return head + f"{number}: where {node} grows by a little, {root} {verb} by {times}."

    def _forward(self, node: Node, how: _Notation) -> str:
        """Return name = formula = with numbers = value."""
        parts = [self._name(node, how), self._formula(node, how)]
        if not self._arrays:
            numbers = self._with_numbers(node, how)
            value = _number(float(node.data), how)
            parts += [numbers] if numbers and numbers != value else []
            parts.append(value)
        else:
            parts.append(_text(f"{size(node.data)}", how))
        return " = ".join(part for part in parts if part)

    def _backward(self, step: Step, how: _Notation) -> str:
        """Return ∂J/∂x = the sum of its terms = their numbers = the gradient."""
        left = self._partial(self.chain.root, step.node, how)
        if self._arrays:
            words = [self._in_words(term, how) for term in step.terms[:_TERMS]]
            total = _sum(words, len(step.terms), how)
            return " = ".join([left, total, _text(size(step.gradient), how)])
        shown = step.terms[:_TERMS]
        uses = Counter(id(term.child) for term in step.terms)
        parts = [left]
        where = []
        terms = []
        for term in shown:
            slope = self._slope(term, how)
            alone = uses[id(term.child)] == 1
            partial = self._partial(term.child, step.node, how)
            if term.child is self.chain.root:
                terms.append(slope or (partial if not alone else ""))
            else:
                upstream = self._partial(self.chain.root, term.child, how)
                here = partial if alone or not slope else slope
                terms.append(upstream + how.dot + _grouped(here, True))
                if alone and slope and slope != _number(term.local, how):
                    where.append(f"{partial} = {slope}")
        count = len(step.terms)
        parts.append(_sum([_grouped(t, len(shown) > 1) for t in terms], count, how))
        parts.append(_sum([_numbers(term, self.chain.root, how) for term in shown], count, how))
        parts.append("?" if step.gradient is None else _number(float(step.gradient), how))
        line = " = ".join(_distinct(parts))
        return line + how.where + ", ".join(dict.fromkeys(where)) if where else line

    def _path(self, path: Path, how: _Notation) -> str:
        names = [self._name(node, how) for node in path.nodes]
        if len(names) > 9:
            names = [*names[:4], r"\dots" if how is _LATEX else "…", *names[-4:]]
        line = how.arrow.join(names)
        if self._arrays or path.product is None:
            return line
        product = float(path.product)
        if len(path.locals) > 1:
            factors = [_bracketed(_number(x, how)) for x in path.locals]
            if len(factors) <= 9:
                line += (r":\ " if how is _LATEX else ": ") + how.times.join(factors) + " = "
            else:
                line += r":\ " if how is _LATEX else ": "
        else:
            line += r":\ " if how is _LATEX else ": "
        line += _number(product, how)
        total = self.chain.gradient
        if self.chain.count > 1 and total and math.isfinite(total) and math.isfinite(product):
            share = product / total
            # Where paths cancel each other a part is many times the whole, and says nothing.
            share = f" ({share:.0%})" if abs(share) <= _LARGEST_SHARE else ""
            share = share.replace("(-0%)", "(0%)")
            line += share.replace("%", r"\%") if how is _LATEX else share
        return line

    # -- words and numbers -------------------------------------------------------------------------

    def _name(self, node: Node, how: _Notation) -> str:
        return how.formula(symbols.name(self.reading.name(node)))

    def _partial(self, top: Node, bottom: Node, how: _Notation) -> str:
        return how.partial.format(self._name(top, how), self._name(bottom, how))

    def _formula(self, node: Node, how: _Notation) -> str:
        neuron = self._neurons.get(id(node))
        if neuron is not None:
            bias = len(neuron.parameters) > len(neuron.weights)
            dot = r"w \cdot x" if how is _LATEX else "w·x"
            return dot + (" + b" if bias else "")
        formula = self.reading.formula_of(node)
        if formula is None:
            return _text(self.reading.formula(node), how)
        return how.formula(formula)

    def _with_numbers(self, node: Node, how: _Notation) -> str:
        if len(node.inputs) > _OPERANDS:
            return ""
        numbers = [float(x.data) if isinstance(x, Node) else float(x) for x in node.inputs]
        formula = self.reading.formula_of(node, [symbols.number(_rounded(x)) for x in numbers])
        return "" if formula is None else how.formula(formula)

    def _slope(self, term: Term, how: _Notation) -> str:
        if term.local is None:
            return ""
        formula = self.reading.slope_formula(term.child, term.argnum)
        return "" if formula is None else how.formula(formula)

    def _in_words(self, term: Term, how: _Notation) -> str:
        upstream = self._partial(self.chain.root, term.child, _PLAIN)
        names = [
            self.reading.name(x) if isinstance(x, Node) else style.number(x)
            for x in term.child.inputs
        ]
        slope = self.reading.slope_formula(term.child, term.argnum)
        here = term.child.inputs[term.argnum]
        words = in_words(term.child, term.argnum, upstream, names, slope, here.data.shape)
        if term.child is self.chain.root:  # whose own gradient is 1
            words = words.replace(f"{upstream} × ", "").replace(upstream, "1")
        return _text(words, how)


def _numbers(term: Term, root: Node, how: _Notation) -> str:
    if term.local is None or term.contribution is None:
        return "?"
    local = _number(float(term.local), how)
    if term.child is root:
        return local
    return _number(float(term.upstream), how) + how.times + _bracketed(local)


def _sum(parts: Sequence[str], count: int, how: _Notation) -> str:
    """Join the parts of a sum of so many; a negative number after a + has brackets."""
    first, *others = parts
    others = [re.sub(r"^-\S+", r"(\g<0>)", part) for part in others]
    left_out = count - len(parts)
    more = rf"\dots\ ({left_out}\ \text{{more}})" if how is _LATEX else f"… ({left_out} more)"
    others += [more] if left_out else []
    return " + ".join([first, *others])


def _grouped(text: str, several: bool) -> str:
    """Put brackets round a sum or a negative number that stands in a sum."""
    return (
        f"({text})"
        if several and (text.startswith("-") or " + " in text or " - " in text)
        else text
    )


def _distinct(parts: Sequence[str]) -> Iterator[str]:
    before = None
    for part in parts:
        if part and part != before:
            yield part
        before = part or before


def _rounded(x: float) -> float:
    return float(style.number(x))


def _number(x: float, how: _Notation) -> str:
    text = style.number(float(x))
    return how.formula(symbols.number(float(text))) if how is _LATEX else text


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def _text(words: str, how: _Notation) -> str:
    if how is _PLAIN or not words:
        return words
    return rf"\text{{{escaped(words)}}}"


def _escaped(text: str) -> str:
    """Keep Markdown and HTML from obeying a name."""
    return "".join("\\" + c if c in r"\`*_{}[]<>#|$" else c for c in text)


def _many(count: int) -> str:
    """Write a count, which may have thousands of digits."""
    return f"{count:,}" if count < 10**15 else f"about 10^{int(count.bit_length() * 0.30103)}"


class _Gap(str):
    """The words for lines that are left out."""


def _shortened(things: Sequence[Any], line: Callable[[Any], str]) -> list[str]:
    """Return the lines of the first and the last, which are the only ones that are written."""
    left_out = len(things) - 2 * _LINES
    if left_out <= 1:
        return list(map(line, things))
    first, last = map(line, things[:_LINES]), map(line, things[-_LINES:])
    return [*first, _Gap(f"… ({left_out} more)"), *last]
