"""Strings for the fuzzer: formulas by the grammar, the same with mistakes in them, and noise.

    rng = random.Random(1)
    formula(rng, 4)             # "maximum(-a, 2.5) * x_1 ** 2"
    edited(rng, formula(rng))   # "maximum(-a, 25) * x_1 ** 2)"
    string(rng)                 # one of all kinds, the hostile ones of a list among them

All is made from the generator that is handed in, so a seed tells the whole run.
"""

from __future__ import annotations

import random

from autodiff import functions
from autodiff.elementwise import TABLE

NAMES = ["a", "b", "x", "x_1", "J", "alpha", "α", "变量", "é", "__import__", "self", "e", "pi"]
NUMBERS = ["0", "1", "2", "3", "0.5", ".25", "1.", "1e-3", "2E+2", "1_000", "007", "12345.678"]
EXTREME = ["1e999", "1e-999", "inf", "nan", "9" * 400, "1e308", "5e-324", "-0.0"]
COMPARISONS = ["<", "<=", ">", ">=", "==", "!="]
SPACES = ["", "", " ", "  ", "\t", "\n", "\u00a0", "\u2003"]

LOOKALIKES = "аеорсухᎪᏴΑΒ𝐱𝑎𝟏١٢३四②½Ⅷ²³₂×÷−–—∕∗⁎＋（）［］，＝٪％"  # of letters, digits and signs
INVISIBLE = "\0\x01\x07\x08\x1b\x7f\x85\u200b\u200d\u200e\u200f\u202e\u2066\u2069\ufeff\ufe0f\u2028"
STRAY = "\ud800\udfff\ufffe\uffff\U0010ffff\U000e0041\ue000\u0301\u0338\ufdfa\u3164"
ASCII = "".join(map(chr, range(32, 127)))
WORDS = [
    *["__import__('os').system('id')", "eval(a)", "exec", "lambda: 0", "a.__class__", "f'{a}'"],
    *["[x for x in a]", "{a}", "a if b else c", "a:=1", "print(a)", "open('f')", "@a", "#", "\\\n"],
    *["not a", "a and b", "a or b", "await a", "yield", "*a", "**a", "a=1", "...", "a[0]", "a;b"],
    *["0x1F", "1j", "0b1", "1e", "1__0", "0_7", "'s'", '"""', "b''", "True", "None", "%s", "{0}"],
]

HOSTILE = {
    "ten thousand brackets": "(" * 4999 + "a" + ")" * 4999,
    "a hundred brackets": "(" * 100 + "a" + ")" * 100,
    "brackets never closed": "(" * 10_000,
    "more brackets than are read": "(" * 10_000 + "a" + ")" * 10_000,
    "a long name": "a" * 9_999,
    "a longer name": "a" * 100_000,
    "a million names": "a+" * 500_000,
    "a tower of nines": "9**9**9",
    "a high tower": "9**" * 1_999 + "9",
    "powers of powers": "(((a**a)**a)**a)**(a**(a**a))",
    "brackets and powers": "(" * 90 + "a" + "**2)" * 90,
    "beyond every float": "1e999 - 1e999",
    "many digits": "9" * 9_000 + "." + "9" * 900,
    "a huge exponent": "1e" + "9" * 9_000,
    "minuses": "-" * 2_000 + "a",
    "more minuses": "-" * 9_000 + "a",
    "minuses and pluses": "-+" * 999 + "a",
    "minuses of powers": "-a**" * 900 + "a",
    "calls of calls": "sin(" * 100 + "a" + ")" * 100,
    "many values": "sum(" + "a," * 4_000 + "a)",
    "many values to sum": "sum([" + "a," * 4_000 + "a])",
    "comparisons": "where(" + "a<" * 1_900 + "a, 1, 2)",
    "a product of differences": "*".join(["(a-b)"] * 900),
    "letters that grow": "\ufdfa" * 9_999,
    "letters that shrink": "ﬁ" * 9_999,
    "accents": "a" + "\u0301" * 9_900,
    "nothing but NUL": "\0" * 9_999,
    "half characters": "\ud800" * 9_999,
    "right to left": "\u202e" + "a + b" + "\u202c",
    "arabic digits": "١ + ٢",
    "full width": "ａ＋ｂ",
    "cyrillic": "а + a",  # the first of which is none of ours
    "quotes": '"' * 9_999,
    "lines": "a\n" * 4_999,
    "continued lines": "a\\\n" * 3_000,
    "doubles near": "sinn" * 2_000 + "(a)",
    "format": "{a.__class__.__mro__}" * 400,
}


def _arities() -> dict[str, tuple[int, int]]:
    found = {}
    for name in sorted(set(TABLE) - {"dot", "sum", "where"}):
        function = getattr(functions, name)
        most = function.__code__.co_argcount
        found[name] = (most - len(function.__defaults__ or ()), most)
    return found


ARITIES = _arities()


def formula(rng: random.Random, size: int = 6, mild: bool = False) -> str:
    """Return a formula that the grammar allows, of about so many operations.

    A `mild` one has no numbers that a double cannot hold or tell apart.
    """
    if size <= 0:
        kind = rng.random()
        if kind < 0.6:
            return rng.choice(NAMES[:9] if mild else NAMES)
        return rng.choice(EXTREME if kind > 0.95 and not mild else NUMBERS)
    space = "" if mild else rng.choice(SPACES)

    def part() -> str:
        return formula(rng, rng.randrange(size), mild)

    kind = rng.randrange(12)
    if kind < 4:
        sign = rng.choice(["+", "-", "*", "/", "%"])
        return f"{part()}{space}{sign}{space}{part()}"
    if kind == 4:
        return f"({part()}){space}**{space}{rng.choice([part(), '2', '-1', '0.5', '3'])}"
    if kind == 5:
        return f"{rng.choice('+-')}{space}{part()}"
    if kind == 6:
        return f"({space}{part()}{space})"
    if kind == 7:
        sign = rng.choice(COMPARISONS)
        return f"where({part()}{space}{sign}{space}{part()},{space}{part()}, {part()})"
    if kind == 8:
        terms = ", ".join(part() for _ in range(rng.randint(1, 4)))
        return f"sum([{terms}])" if rng.random() < 0.5 else f"sum({terms})"
    if kind == 9:
        count = rng.randint(1, 3)
        left, right = (", ".join(part() for _ in range(count)) for _ in range(2))
        return f"dot([{left}], [{right}]{f', {part()}' if rng.random() < 0.3 else ''})"
    name = rng.choice(list(ARITIES))
    return f"{name}({space}{', '.join(part() for _ in range(rng.randint(*ARITIES[name])))})"


def character(rng: random.Random) -> str:
    """Return a character or a word, more often a troublesome one than a usual text has."""
    kind = rng.randrange(8)
    if kind < 3:
        return rng.choice(ASCII)
    if kind == 7:
        return chr(rng.randrange(0x110000))
    return rng.choice([*"()[],=+-*/%<>^."] if kind == 3 else (LOOKALIKES, INVISIBLE + STRAY, WORDS)
                      [kind - 4])  # fmt: skip


def edited(rng: random.Random, text: str, edits: int | None = None) -> str:
    """Return the text with one or more edits: something lost, put in, doubled, swapped."""
    for _ in range(edits or rng.randint(1, 4)):
        i, j = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
        j = min(j, i + 8)
        text = rng.choice([
            text[:i] + text[i + 1 :],
            text[:i] + character(rng) + text[i:],
            text[:i] + character(rng) + text[i + 1 :],
            text[:i] + text[i:j] * rng.randint(2, 5) + text[j:],
            text[:i] + text[i:j][::-1] + text[j:],
            text[:i],
        ])  # fmt: skip
    return text


def noise(rng: random.Random) -> str:
    """Return a string that follows no grammar: ASCII, Unicode, or bytes read as text."""
    length = int(rng.expovariate(1 / 25))
    kind = rng.randrange(5)
    if kind == 0:
        return "".join(rng.choice(ASCII) for _ in range(length))
    if kind == 1:
        return "".join(chr(rng.randrange(0x110000)) for _ in range(length))
    if kind == 2:
        return rng.randbytes(length).decode("latin-1")
    if kind == 3:
        return rng.randbytes(length).decode("utf-8", "surrogateescape")  # as sys.argv has it
    return "".join(character(rng) for _ in range(length))


def string(rng: random.Random) -> tuple[str, str]:
    """Return a kind (grammar, edited, noise, hostile) and a string of it."""
    kind = rng.random()
    if kind < 0.4:
        name = f"{rng.choice(NAMES[:5])}2 = " if rng.random() < 0.3 else ""
        return "grammar", name + formula(rng, rng.randrange(9))
    if kind < 0.75:
        return "edited", edited(rng, formula(rng, rng.randrange(7)))
    if kind < 0.998:
        return "noise", noise(rng)
    text = rng.choice(list(HOSTILE.values()))
    return "hostile", edited(rng, text, 1) if rng.random() < 0.5 else text
