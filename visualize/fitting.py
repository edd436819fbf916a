"""Text in an SVG as wide as the room that was made for it.

An SVG names its font and leaves the drawing to the reader's machine. One without Helvetica, Arial
or a twin of theirs draws with a wider font, and numbers run out of their cards. So each text is
given the width that it was measured with (`textLength`), and every machine draws it into that:

    <text ... font-size="12.00">0.3029</text>
    <text ... font-size="12.00" textLength="33.4" lengthAdjust="spacingAndGlyphs">0.3029</text>

Where the font is the right one, nothing changes.
"""

from __future__ import annotations

import html
import re
from unicodedata import east_asian_width

# Helvetica's widths of the characters from space to ~, in thousandths of the font's size.
_REGULAR = """
    278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556
    556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833
    722 778 667 778 722 667 611 722 667 944 667 667 611 278 139 278 469 556 333 556 556 500 556
    556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334
    260 334 584
"""
_BOLD = """
    278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556
    556 556 556 333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833
    722 778 667 778 722 667 611 722 667 944 667 667 611 333 139 333 584 556 333 556 611 556 611
    556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389
    280 389 584
"""

# What pictures hold besides; a text with any other character is left as it is.
_OTHERS = {"\xa0": 278, "·": 278, "×": 584, "²": 333, "–": 556, "…": 1000} | dict.fromkeys(
    "₀₁₂₃₄₅₆₇₈₉", 333
)


def _table(widths: str) -> dict[str, int]:
    return {chr(32 + i): int(width) for i, width in enumerate(widths.split())} | _OTHERS


_WIDTHS = {False: _table(_REGULAR), True: _table(_BOLD)}

_TEXT = re.compile(r'(<text [^>]*font-size="([\d.]+)"[^>]*)>([^<]*)</text>')


def width(text: str, size: float, bold: bool = False) -> float | None:
    """Return the width of a text in points, None if it has a character of unknown width."""
    total = 0
    for character in text:
        wide = _WIDTHS[bold].get(character) or _wide(character)
        if not wide:
            return None
        total += wide
    return total * size / 1000.0


def _wide(character: str) -> int:
    """Return the width of a Chinese character, or of an emoji; 0 for others."""
    if east_asian_width(character) not in "WF":
        return 0
    return 1000 if character <= "\uffff" else 1112


def fitted(svg: str) -> str:
    """Return the SVG with the width of each text in it."""
    return _TEXT.sub(_with_width, svg)


def _with_width(match: re.Match[str]) -> str:
    tag, size, text = match.groups()
    wide = width(html.unescape(text), float(size), bold='font-weight="bold"' in tag)
    if len(text.strip()) < 2 or wide is None:  # one letter has room, and would look stretched
        return match[0]
    return f'{tag} textLength="{wide:.1f}" lengthAdjust="spacingAndGlyphs">{text}</text>'
