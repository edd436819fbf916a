r"""Texts with room for numbers: one sentence, filled with the recorded numbers or with other ones.

    >>> text = f"{slot('u', 0)} × {slot('l', 0, brackets=True)} = {slot('c', 0)}"
    >>> filled(text, {"u": ["3"], "l": ["−2"], "c": ["−6"]})
    '3 × (−2) = −6'

The page has the same texts and fills them in by itself when an input is moved; so each sentence is
written once, in Python. A slot is a letter, which says what kind of number, and an index: v and g
are the value and the gradient of a node; u, l, c, b and a the upstream gradient, the local
derivative, the contribution, and the gradient before and after of a use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .text import cut

# The mark is a control character, which `text.clean` leaves in no name.
_SLOT = re.compile("\x02(\\(?)([a-z])(\\d+);")

Strings = Mapping[str, Sequence[str]]


def slot(kind: str, index: int, brackets: bool = False) -> str:
    """Return room for a number; with brackets around it where it is negative."""
    return f"\x02{'(' * brackets}{kind}{index};"


def filled(text: str, strings: Strings) -> str:
    """Return a text with its numbers."""

    def number(found: re.Match[str]) -> str:
        brackets, kind, index = found.groups()
        string = strings[kind][int(index)]
        return bracketed(string) if brackets else string

    return _SLOT.sub(number, text)


def cut_filled(text: str, width: int, strings: Strings) -> str:
    """Return the text if with its numbers it is at most so wide, else its start and …"""
    if cut(whole := filled(text, strings), width) == whole:
        return text
    kept = ""
    for part in re.split("(\x02[^;]*;)", text):
        longer = filled(kept + part, strings).rstrip()
        if cut(longer, width - 1) != longer:  # and 1 for …
            break
        kept += part
    return kept.rstrip() + "…"


def bracketed(text: str) -> str:
    """Put a negative number in brackets, 0 + (−0.3)."""
    return f"({text})" if text.startswith("−") else text
