r"""How formulas are written: the tables of plain text, LaTeX, Python and JavaScript.

A row gives an operation's template, how strongly the written form holds together, and how strongly
each operand must, else it is put in brackets:

    "subtract": ("{} - {}", SUM, (SUM, PRODUCT))        a - (b - c), but a - b × c

An operation that a table lacks is written as a call of its name.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .symbols import Formula


# An operand in a tighter place than its own strength allows is put in brackets; FREE is the place
# between brackets or bars, and the strength of what must be alone there: conditions and cases.
FREE, SUM, PRODUCT, POWER, ATOM = 0, 1, 2, 3, 4

# operation: (template, its own strength, the strength that each operand's place asks for)
Style = dict[str, tuple[str, int, tuple[int, ...]]]

PLAIN: Style = {
    "add": ("{} + {}", SUM, (SUM, PRODUCT)),
    "subtract": ("{} - {}", SUM, (SUM, PRODUCT)),
    "multiply": ("{} × {}", PRODUCT, (PRODUCT, POWER)),
    "divide": ("{}/{}", PRODUCT, (PRODUCT, POWER)),
    "negative": ("-{}", SUM, (PRODUCT,)),
    "reciprocal": ("1/{}", PRODUCT, (POWER,)),
    "power": ("{}**{}", POWER, (ATOM, POWER)),
    "square": ("{}²", POWER, (ATOM,)),
    "floor_divide": ("floor({}/{})", ATOM, (PRODUCT, POWER)),
    "abs": ("|{}|", ATOM, (FREE,)),
    "equal": ("{} = {}", FREE, (PRODUCT, PRODUCT)),
    "less": ("{} < {}", FREE, (PRODUCT, PRODUCT)),
    "less_equal": ("{} ≤ {}", FREE, (PRODUCT, PRODUCT)),
    "greater": ("{} > {}", FREE, (PRODUCT, PRODUCT)),
    "greater_equal": ("{} ≥ {}", FREE, (PRODUCT, PRODUCT)),
    "logical_and": ("{} and {}", FREE, (PRODUCT, PRODUCT)),
    "logical_or": ("{} or {}", FREE, (PRODUCT, PRODUCT)),
    "where": ("({1} if {0} else {2})", ATOM, (FREE, FREE, FREE)),
}

LATEX: Style = {
    **PLAIN,
    "multiply": (r"{} \cdot {}", PRODUCT, (PRODUCT, POWER)),
    "divide": (r"\frac{{{}}}{{{}}}", POWER, (FREE, FREE)),
    "reciprocal": (r"\frac{{1}}{{{}}}", POWER, (FREE,)),
    "power": ("{}^{{{}}}", POWER, (ATOM, FREE)),
    "square": ("{}^{{2}}", POWER, (ATOM,)),
    "sqrt": (r"\sqrt{{{}}}", ATOM, (FREE,)),
    "cbrt": (r"\sqrt[3]{{{}}}", ATOM, (FREE,)),
    "exp": ("e^{{{}}}", POWER, (FREE,)),
    "exp2": ("2^{{{}}}", POWER, (FREE,)),
    "abs": (r"\left|{}\right|", ATOM, (FREE,)),
    "floor": (r"\left\lfloor {} \right\rfloor", ATOM, (FREE,)),
    "floor_divide": (r"\left\lfloor \frac{{{}}}{{{}}} \right\rfloor", ATOM, (FREE, FREE)),
    "ceil": (r"\left\lceil {} \right\rceil", ATOM, (FREE,)),
    "sigmoid": (r"\sigma\left({}\right)", ATOM, (FREE,)),
    "log2": (r"\log_{{2}}\left({}\right)", ATOM, (FREE,)),
    "log10": (r"\log_{{10}}\left({}\right)", ATOM, (FREE,)),
    "maximum": (r"\max\left({}, {}\right)", ATOM, (FREE, FREE)),
    "minimum": (r"\min\left({}, {}\right)", ATOM, (FREE, FREE)),
    "less_equal": (r"{} \le {}", FREE, (PRODUCT, PRODUCT)),
    "greater_equal": (r"{} \ge {}", FREE, (PRODUCT, PRODUCT)),
    "logical_and": (r"{} \wedge {}", FREE, (PRODUCT, PRODUCT)),
    "logical_or": (r"{} \vee {}", FREE, (PRODUCT, PRODUCT)),
    "where": (
        r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
        FREE,
        (FREE, FREE, FREE),
    ),
}

# Python must round as the rule does, so here a + (b + c) keeps its brackets; and a choice is
# evaluated lazily. Division and the rest are calls of the float vocabulary, which never raises.
PYTHON: Style = {
    "add": ("{} + {}", SUM, (SUM, PRODUCT)),
    "subtract": ("{} - {}", SUM, (SUM, PRODUCT)),
    "multiply": ("{}*{}", PRODUCT, (PRODUCT, POWER)),
    "over": ("{}/{}", PRODUCT, (PRODUCT, POWER)),  # a quotient whose divisor is not 0
    "negative": ("-{}", POWER, (ATOM,)),
    "equal": ("({} == {})", ATOM, (SUM, SUM)),
    "less": ("({} < {})", ATOM, (SUM, SUM)),
    "less_equal": ("({} <= {})", ATOM, (SUM, SUM)),
    "greater": ("({} > {})", ATOM, (SUM, SUM)),
    "greater_equal": ("({} >= {})", ATOM, (SUM, SUM)),
    "logical_and": ("({} and {})", ATOM, (SUM, SUM)),
    "logical_or": ("({} or {})", ATOM, (SUM, SUM)),
    "where": ("({1} if {0} else {2})", ATOM, (SUM, SUM, SUM)),
}

# JavaScript's quotients are IEEE's by themselves, and its === is Python's == of numbers.
JAVASCRIPT: Style = {
    **{name: row for name, row in PYTHON.items() if name != "over"},
    "divide": PYTHON["over"],
    "equal": ("({} === {})", ATOM, (SUM, SUM)),
    "logical_and": ("({} && {})", ATOM, (SUM, SUM)),
    "logical_or": ("({} || {})", ATOM, (SUM, SUM)),
    "where": ("({} ? {} : {})", ATOM, (SUM, SUM, SUM)),
}

# On arrays a comparison and a choice are words of the array vocabulary, and nothing is lazy.
ARRAYS: Style = {name: PYTHON[name] for name in ("add", "subtract", "multiply", "negative")}

_LATEX_FUNCTIONS = {
    "arcsin", "arccos", "arctan", "cos", "cosh", "exp", "log", "sin", "sinh", "tan", "tanh",
}  # fmt: skip


def plain(parts: list[Formula]) -> str:
    """Write a formula, given as its parts with operands first, as plain text."""
    return _write(parts, PLAIN, _plain_number, str, _call)


def python(parts: list[Formula]) -> str:
    """Write it as a Python expression over the float vocabulary."""
    return _write(parts, PYTHON, repr, str, _call)


def arrays(parts: list[Formula]) -> str:
    """Write it as a Python expression over the array vocabulary."""
    return _write(parts, ARRAYS, repr, str, _call)


def javascript(parts: list[Formula]) -> str:
    """Write it as a JavaScript expression over the words of the float vocabulary."""
    return _write(parts, JAVASCRIPT, javascript_number, str, _call)


def latex(parts: list[Formula]) -> str:
    """Write it as LaTeX for math mode."""
    return _write(parts, LATEX, _latex_number, _latex_name, _latex_call)


def _write(parts, style, number, name, call):  # type: ignore[no-untyped-def]
    texts: dict[int, tuple[str, int]] = {}
    for part in parts:
        if part.operation == "number":
            text = number(part.value)
            strength = SUM if text.startswith("-") else PRODUCT if "\\cdot" in text else ATOM
        elif part.operation == "name":
            text, strength = name(part.value), ATOM
        elif part.operation in style:
            squared = part.operation == "power" and part.operands[1].value == 2.0
            template, strength, places = style["square" if squared else part.operation]
            text = template.format(*_bracketed(part, texts, places))
        else:
            text = call(part.operation, ", ".join(texts[id(x)][0] for x in part.operands))
            strength = ATOM
        texts[id(part)] = (text, strength)
    return texts[id(parts[-1])][0]


def _bracketed(
    part: Formula, texts: dict[int, tuple[str, int]], places: tuple[int, ...]
) -> Iterator[str]:
    for operand, place in zip(part.operands, places):
        text, strength = texts[id(operand)]
        yield text if strength >= place else f"({text})"


def _plain_number(value: float) -> str:
    mantissa, _, exponent = f"{value:.12g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa  # 1e-5, not 1e-05


def _call(name: str, operands: str) -> str:
    return f"{name}({operands})"


def _latex_call(name: str, operands: str) -> str:
    escaped = name.replace("_", r"\_")
    command = rf"\{name}" if name in _LATEX_FUNCTIONS else rf"\operatorname{{{escaped}}}"
    return rf"{command}\left({operands}\right)"


def javascript_number(value: float) -> str:
    """Write a number as JavaScript reads it, with all its digits."""
    if value - value != 0.0:  # inf, -inf, nan
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    return repr(float(value)).removesuffix(".0")


def _latex_number(value: float) -> str:
    if value - value != 0.0:  # inf, -inf, nan
        return {"inf": r"\infty", "-inf": r"-\infty"}.get(str(value), r"\mathrm{nan}")
    mantissa, _, exponent = f"{value:.12g}".partition("e")
    return mantissa + (rf" \cdot 10^{{{int(exponent)}}}" if exponent else "")


def _latex_name(value: str) -> str:
    """Write w_12 with an index, a long name upright, and nothing that LaTeX obeys."""
    head, _, index = value.partition("_")
    if not index and value[1:].strip("₀₁₂₃₄₅₆₇₈₉") == "":  # t₁, as the index that it is
        head, index = value[:1], value[1:].translate(_DIGITS)
    if head in _GREEK and (not index or index.isalnum()):
        return _GREEK[head] + (f"_{{{index}}}" if index else "")
    if len(head) == 1 and index.isalnum():
        return f"{_LATEX_ESCAPES.get(head, head)}_{{{index}}}"
    text = "".join(_LATEX_ESCAPES.get(character, character) for character in value)
    text = text.replace("](", "]{(}")  # which Markdown that knows no math would take for a link
    return text if len(value) == 1 else rf"\mathrm{{{text}}}"


def escaped(words: str) -> str:
    """Return words for \\text{…}, in which nothing is a command, a tag of HTML or of Markdown."""
    return "".join(_TEXT_ESCAPES.get(character, character) for character in words)


_GREEK = {
    letter: f"\\{name}"
    for name, letters in {
        "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
        "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
        "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ",
        "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
        "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
    }.items()
    for letter in (letters, name)
}  # fmt: skip
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_LATEX_ESCAPES = {character: "\\" + character for character in "&%$#_{}"} | {
    "\\": r"\backslash ",
    "~": r"\sim ",
    "^": r"\hat{\ }",
    " ": r"\ ",
    "\n": r"\ ",
    # What a page that does not know math would take for a tag, or for code.
    "<": r"\lt ",
    ">": r"\gt ",
    "`": r"\grave{\ }",
}
_TEXT_ESCAPES = (
    {character: "\\" + character for character in "&%$#_{}"}
    | {
        character: f"$\\{word}$"
        for character, word in [
            ("\\", "backslash"),
            ("~", "sim"),
            ("^", "wedge"),
            ("<", "lt"),
            (">", "gt"),
        ]
    }
    | {"\n": " ", "`": "'"}
)
