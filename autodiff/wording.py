"""What an error says that it got: the object and its type, in one form everywhere.

    >>> from autodiff.wording import a_kind, shown
    >>> a_kind(3), a_kind("three"), shown([1, 2])
    ('an int', 'a str', '[1, 2], a list')

An object may be of any size, so that its repr is put on one line and clipped.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from typing import Any

WIDTH = 60  # characters of a repr in a message


def a_kind(x: Any) -> str:
    """Return the name of its type, behind its article: 'an int', 'a Tensor', 'an MLP'."""
    name = legible(type(x).__name__)
    if name == "ndarray" or name.isupper():  # said letter by letter: an em-el-pee
        return f"{'an' if name[0] in 'AEFHILMNORSXn' else 'a'} {name}"
    return f"{'an' if name[0] in 'aeioAEIOU' or name.startswith('un') else 'a'} {name}"


def printable(text: str) -> str:
    """Replace what a terminal cannot print, or obeys: by a space if it is one, else by a ?."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)


def legible(name: Any, width: int = WIDTH) -> str:
    """Return a name, which may be any text, as a message or a table can have it."""
    text = str(name)
    return printable(text if len(text) <= width else f"{text[: width - 3]}...")


def clipped(x: Any, width: int = WIDTH) -> str:
    """Return the repr on one line, of at most `width` characters."""
    text = " ".join(repr(x).split())
    return text if len(text) <= width else f"{text[: width - 3]}..."


def shown(x: Any, width: int = WIDTH) -> str:
    """Return the repr, clipped, and the kind: '[1, 2], a list'."""
    return f"{clipped(x, width)}, {a_kind(x)}"
