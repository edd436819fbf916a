r"""Text from outside, a label or a variable's name, made harmless and made to fit.

It passes `clean`, and then `markup` (between tags) or `quoted` (in an attribute). So no name can
end a string, start a tag, turn the writing round, or be read as one of Graphviz's own escapes:

    >>> markup("a < b"), quoted('say "b"')
    ('a &lt; b', '"say \\"b\\""')

Widths are in half-width characters: a Chinese character or an emoji has two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

# Control characters, halves of surrogate pairs, what XML forbids, the marks that turn the direction
# of writing round, and what has no width: none of them can be seen, each of them can break or forge
# a picture. (U+200C and U+200D join letters and emoji, and stay.)
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028-\u202e\u2066-\u2069"
    "\u061c\u200b\u200e\u200f\u2060-\u2065\ufeff\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]"
)


def clean(text: str) -> str:
    """Return the text on one line, with a space for each character that must not be drawn."""
    return _UNSEEN.sub(" ", text).strip()


def cut(text: str, width: int) -> str:
    """Return the text if it is at most so wide, else its start and …"""
    room = width
    for index, character in enumerate(text):
        room -= _width(character)
        if room < 0:
            return text[:index].rstrip() + "…"
    return text


def listed(names: Sequence[str], one: str, many: str) -> str:
    """Return "a, b and c were", or "a was"; of more than six the first, and how many more."""
    shown = list(names[:6])
    if len(names) > 6:
        shown.append(f"{len(names) - 6} more values")
    words = " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
    return f"{words} {one if len(names) == 1 else many}"


def room(text: str) -> str:
    """Return the spaces that wide characters and … need, which some engines measure too narrow."""
    wide = sum(_width(character) == 2 or character == "…" for character in text)
    return " " * ((wide + 1) // 2)


def _width(character: str) -> int:
    return 2 if east_asian_width(character) in "WF" else 1


def markup(text: str) -> str:
    """Escape for an HTML-like label."""
    return _doubled(text).replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def quoted(text: str, *, tooltip: bool = False) -> str:
    """Return a DOT string for an attribute; its line breaks stay."""
    # Graphviz looks for its escapes, as \N for the name of the node, once in labels, HTML-like ones
    # too, and twice in tooltips. Entities for the backslash would not stop it.
    text = _doubled(_doubled(text, "&") if tooltip else text)
    return '"' + text.replace('"', '\\"').replace("\n", "\\n") + '"'


def _doubled(text: str, ampersand: str = "&amp;") -> str:
    return text.replace("&", ampersand).replace("\\", "\\\\")
