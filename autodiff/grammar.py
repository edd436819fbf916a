"""What a formula may look like: characters to tokens, and the message for everything else.

Formulas come from strangers (a command line), so they are looked at before any parser sees them.
The alphabet is small, operands and operators take turns, and brackets close: that is the whole
grammar, and each departure from it is told with its column and with what to write instead:

    >>> [token.text for token in read("3*(a + b)")]
    ['3', '*', '(', 'a', '+', 'b', ')']
    >>> read("2a + b")
    Traceback (most recent call last):
    autodiff.grammar.ExpressionError: no operator between '2' and 'a' at column 2: write 2*a
      2a + b
       ^
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import NamedTuple

from .elementwise import TABLE
from .wording import legible, printable

MAX_CHARACTERS = 10_000
# Far above what anybody writes by hand, and far below what makes Python's own parser give up.
MAX_NESTING = 100
MAX_OPERATORS = 2_000

_TOKEN = re.compile(
    r"""(?P<number> (?: [0-9](?:_?[0-9])* \.? (?:[0-9](?:_?[0-9])*)? | \.[0-9](?:_?[0-9])* )
                    (?: [eE] [+-]? [0-9](?:_?[0-9])* )? )
      | (?P<name> [^\W\d] (?: \w | [^\x00-\x7f\s·] )* )  # accents are no \w
      | (?P<operator> \*\* | <= | >= | == | != | [-+*/%<>] )
      | (?P<equals> = ) | (?P<open> [(\[] ) | (?P<close> [)\]] ) | (?P<comma> , )
      | (?P<space> \s+ ) | (?P<other> . )""",
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {"(": ")", "[": "]"}

_ALLOWED = "a formula has numbers, names, functions, parentheses and + - * / ** %"
_ADVICE = {
    "^": "use ** for powers",
    "²": "write **2",
    "³": "write **3",
    "×": "write *",
    "·": "write *",
    "÷": "write /",
    "\N{MINUS SIGN}": "write the - of the keyboard",
    "√": "write sqrt(x)",
    "|": "write abs(x)",
    ".": "write sin(x), not x.sin() or math.sin(x)",
    ":": "a formula has no statements in it",
    "'": "a formula has no text in it",
    '"': "a formula has no text in it",
    "if": "use where(condition, a, b)",
    "else": "use where(condition, a, b)",
    "and": "use where(first, where(second, a, b), b)",
    "or": "use where(first, a, where(second, a, b))",
    "not": "use where(condition, b, a)",
    "True": "write 1",
    "False": "write 0",
}


class ExpressionError(ValueError):
    """Report a formula that cannot be read or evaluated, and where it fails."""


class Token(NamedTuple):
    """A word of a formula; `kind` is number, name, operator, open, close, comma or equals."""

    kind: str
    text: str
    column: int


def read(source: str) -> list[Token]:
    """Return the tokens of a formula, the `NAME =` in front among them; raise ExpressionError."""
    if len(source) > MAX_CHARACTERS:
        raise ExpressionError(
            f"the expression has {len(source)} characters: write one of at most {MAX_CHARACTERS}"
        )
    tokens = _split(source)
    formula = tokens[2 if has_name(tokens) else 0 :]
    if not formula:
        raise ExpressionError("the expression is empty: write one, such as J = 3*(a + b*c)")
    _check(source, formula)
    return tokens


def has_name(tokens: list[Token]) -> bool:
    """Tell whether the formula begins with `NAME =`."""
    return [token.kind for token in tokens[:2]] == ["name", "equals"]


def normal(name: str) -> str:
    """Spell a name as Python's parser does (NFKC), so that given and written names agree."""
    return unicodedata.normalize("NFKC", name)


def is_name(text: str) -> bool:
    """Tell whether `text` can name a value: an identifier that is not a word of Python."""
    return text.isidentifier() and not keyword.iskeyword(normal(text))


# -- messages --------------------------------------------------------------------------------------


def error(source: str, column: int, got: str, advice: str) -> ExpressionError:
    """Say what was got at `column` (counted from 0) and what to do, and show the place."""
    # Of a long formula only the surroundings are shown.
    start = max(0, min(column - 40, len(source) - 72))
    lead, tail = "..." if start else "", "..." if start + 72 < len(source) else ""
    shown = f"{lead}{printable(source[start : start + 72])}{tail}"
    caret = " " * (len(lead) + width(printable(source[start:column]))) + "^"
    return ExpressionError(f"{got} at column {column + 1}: {advice}\n  {shown}\n  {caret}")


def width(text: str) -> int:
    """Count the columns of a terminal that `text` fills: two for wide characters, 0 for accents."""
    if text.isascii():
        return len(text)
    columns = {"W": 2, "F": 2}
    return sum(
        0 if unicodedata.combining(c) else columns.get(unicodedata.east_asian_width(c), 1)
        for c in text
    )


def short(text: str, most: int = 30) -> str:
    """Make `text` fit a message."""
    return legible(text, most)


# -- tokens ----------------------------------------------------------------------------------------


def _split(source: str) -> list[Token]:
    tokens = []
    for match in _TOKEN.finditer(source):
        kind, text, column = str(match.lastgroup), match[0], match.start()
        if kind == "name" and not text.isidentifier():  # such as x² or a×b
            column += next(n for n in range(len(text)) if not text[: n + 1].isidentifier())
            kind, text = "other", source[column]
        if kind == "other" or (kind == "name" and not is_name(text)):
            what = f"'{text}'" if text.isprintable() else f"the character U+{ord(text):04X}"
            advice = _ADVICE.get(text, "choose another name" if kind == "name" else _ALLOWED)
            raise error(source, column, f"unexpected {what}", advice)
        if kind != "space":
            tokens.append(Token(kind, text, column))
    return tokens


def _check(source: str, tokens: list[Token]) -> None:
    """Hold the grammar: operands and operators take turns, and every bracket is closed."""
    opened: list[Token] = []
    left = None  # the operand that ends here, where one does
    for token in tokens:
        if token.kind == "equals":
            advice = "one NAME = may stand in front, and functions take no name=value"
            raise error(source, token.column, "unexpected '='", advice)
        if left is None:
            if token.kind not in ("number", "name", "open") and token.text not in ("+", "-"):
                raise _operand_missing(source, token)
        elif token.kind in ("number", "name", "open") and not _is_call(left, token):
            raise _operator_missing(source, left, token)
        _check_bracket(source, token, opened)
        left = token if token.kind in ("number", "name", "close") else None
    if left is None:
        advice = "write a number, a name or ( there"
        raise error(source, len(source.rstrip()), "the expression stops too early", advice)
    if opened:
        bracket = opened[-1]
        advice = f"add {_CLOSING[bracket.text]}"
        raise error(source, bracket.column, f"'{bracket.text}' is never closed", advice)
    operators = [token.column for token in tokens if token.kind == "operator"]
    if len(operators) > MAX_OPERATORS:
        got = f"more than {MAX_OPERATORS} operators"
        raise error(source, operators[MAX_OPERATORS], got, "write a shorter expression")


def _is_call(left: Token, token: Token) -> bool:
    return left.kind == "name" and token.text == "("


def _check_bracket(source: str, token: Token, opened: list[Token]) -> None:
    if token.kind == "open":
        if len(opened) == MAX_NESTING:
            got = f"more than {MAX_NESTING} brackets inside each other"
            raise error(source, token.column, got, "write a flatter expression")
        opened.append(token)
    elif token.kind == "close":
        if not opened or _CLOSING[opened[-1].text] != token.text:
            advice = f"remove it, or open a bracket before it with {_opening(token.text)}"
            raise error(source, token.column, f"'{token.text}' closes nothing", advice)
        opened.pop()
    elif token.kind == "comma" and not opened:
        advice = "commas part the values of a function, as in maximum(a, b)"
        raise error(source, token.column, "unexpected ','", advice)


def _opening(closing: str) -> str:
    return "(" if closing == ")" else "["


def _operand_missing(source: str, token: Token) -> ExpressionError:
    advice = "write a number, a name or ( there"
    if source[token.column - 1 : token.column + 1] == "//":
        advice = "write floor(a / b) for the whole part of a quotient"
    return error(source, token.column, f"unexpected '{token.text}'", advice)


def _operator_missing(source: str, left: Token, right: Token) -> ExpressionError:
    if right.text == "[":
        return error(source, right.column, "unexpected '['", "a value cannot be indexed")
    if left.text == "0" and right.text[0] in "xXoObB":
        return error(source, right.column, f"unexpected '{short(right.text)}'", "write 10, not 0xA")
    first, second = short(left.text), short(right.text)
    got, advice = f"no operator between '{first}' and '{second}'", f"write {first}*{second}"
    if left.text in TABLE:
        advice = f"write {first}({second})"
    return error(source, right.column, got, advice)
