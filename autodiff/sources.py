"""Lines of the user's program: where a node was made, and where its number left the graph.

    >>> with record_source():
    ...     J = log(x - 1.0) * w
    >>> print(J.left.source)
    line 12 of train.py:  J = log(x - 1.0) * w
                              ^^^^^^^^^^^^

To note a line is to keep the code that runs and how far it is in it; what that means, the file, the
line, the columns, is looked up when somebody asks. The line is that of the innermost frame outside
this package and NumPy, which calls us for an array of Values.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

# What a message says where no line was recorded.
HOW = "with autodiff.record_source(): ... around it would tell the line"

_PASSED_BY = (f"{__package__}.", "numpy.")
_LONGEST = 120  # characters of a line that are shown
_KEPT = 3  # of the lines where one number left the graph, as a training may ask at each step


class Source:
    """A place in a program: `file`, `line`, and of the expression there `columns` and `text`.

    `columns` are where it starts and ends in the text of the line, counted in characters from 0, or
    None where Python does not know (3.10, or code without positions). `text` is the line, empty
    where it is not to be had, as for code that was made by exec().

    `exits` are the places at which the node's number left the graph, by float() and the like; of an
    exit, `number` is what left there, if it was one number.
    """

    __slots__ = ("_at", "_code", "_found", "exits", "number")

    def __init__(self, code: CodeType | None, at: int) -> None:
        self._code = code
        self._at = at
        self._found: tuple[str, int, tuple[int, int] | None, str] | None = None
        self.exits: tuple[Source, ...] = ()
        self.number: float | None = None

    @property
    def known(self) -> bool:
        """Whether the place is known: not of a node made earlier, of which only exits are noted."""
        return self._code is not None or self._found is not None

    @property
    def file(self) -> str:
        """The name of the file, as Python has it."""
        return self._resolved()[0]

    @property
    def line(self) -> int:
        """The number of the line, from 1; 0 if it is not known."""
        return self._resolved()[1]

    @property
    def columns(self) -> tuple[int, int] | None:
        """Where the expression starts and ends in the line."""
        return self._resolved()[2]

    @property
    def text(self) -> str:
        """The line itself, with its indentation."""
        return self._resolved()[3]

    @property
    def place(self) -> str:
        """The line and the file in words."""
        return f"line {self.line} of {_called(self.file)}"

    def lines(self, before: str = "") -> list[str]:
        """Return what to print: the place and the line, and below it a caret for each column.

        `before` is written before the place.
        """
        text = self.text.replace("\t", " ")
        shown = text.strip()
        if not shown:
            return [before + self.place]
        indentation = len(text) - len(text.lstrip())
        head = f"{before}{self.place}:  "
        start, end = (min(max(0, x - indentation), len(shown)) for x in self.columns or (0, 0))
        shown, start, end = _excerpt(shown, start, end)
        printed = [head + shown]
        carets = "^" * _width(shown[start:end])
        if carets and len(carets) < _width(shown):  # all of a line needs no pointing at
            printed.append(" " * _width(head + shown[:start]) + carets)
        return printed

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        return f"<{self.place}>" if self.known else "<a line that was not recorded>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._resolved() if self.known else None, self.exits, self.number)

    def copy(self) -> Source:
        """Return another of the same place and exits, for a copy of the node."""
        copy = Source(self._code, self._at)
        copy._found, copy.exits, copy.number = self._found, self.exits, self.number
        return copy

    def leaves(self, exit: Source, number: float | None = None) -> None:
        """Note a place at which the number left the graph: each once, of many the last."""
        exit.number = number
        others = [x for x in self.exits if not x._is(exit)]
        self.exits = (*others[1 - _KEPT :], exit)

    def _is(self, other: Source) -> bool:
        # Python calls the same thing from other instructions once it has learnt what it is.
        same = self._code is other._code
        return same and (self._at == other._at or self._resolved() == other._resolved())

    def _resolved(self) -> tuple[str, int, tuple[int, int] | None, str]:
        if self._found is None:
            self._found = _look_up(self._code, self._at) if self._code else ("", 0, None, "")
        return self._found


def here() -> Source:
    """Return the place in the innermost frame outside this package."""
    frame = sys._getframe(1)
    while True:
        name = frame.f_globals.get("__name__")
        if type(name) is not str or not name.startswith(_PASSED_BY):
            break
        if frame.f_back is None:
            break
        frame = frame.f_back
    return Source(frame.f_code, frame.f_lasti)


def _restored(found: Any, exits: tuple[Source, ...], number: float | None = None) -> Source:
    source = Source(None, 0)
    source._found, source.exits, source.number = found, exits, number
    return source


def _look_up(code: CodeType, at: int) -> tuple[str, int, tuple[int, int] | None, str]:
    """Return the file, the line, the columns in it and its text."""
    from itertools import islice
    from linecache import getline

    line = next((n for start, end, n in code.co_lines() if start <= at < end), None)
    last, first, past = line, None, None
    positions = getattr(code, "co_positions", None)  # Python 3.10 has none
    if positions is not None:
        # an instruction is two bytes long
        unknown = (line, line, None, None)
        start, last, first, past = next(islice(positions(), at // 2, None), unknown)
        line = start or line
    line = line or code.co_firstlineno
    text = getline(code.co_filename, line).rstrip("\r\n")
    columns = None
    if text and first is not None and past is not None:
        # Python counts bytes. Of an expression of many lines this is the first.
        start_column = _characters(text, first)
        end_column = len(text.rstrip()) if last != line else _characters(text, past)
        columns = (start_column, end_column)
    return code.co_filename, line, columns, text


def _excerpt(text: str, start: int, end: int) -> tuple[str, int, int]:
    """Return what is to be seen of a long line, and where in it the columns are."""
    if len(text) > _LONGEST:
        cut = max(0, start - _LONGEST // 4) if end > _LONGEST else 0
        head, rest = "..." * (cut > 0), text[cut:]
        tail = "..." * (len(rest) > _LONGEST)
        shown = head + rest[:_LONGEST]
        start, end = start - cut + len(head), min(end - cut + len(head), len(shown))
        return shown + tail, start, end
    return text, start, end


def _characters(text: str, count: int) -> int:
    """Return how many characters the first bytes of a text are."""
    return len(text.encode("utf-8", "replace")[:count].decode("utf-8", "replace"))


def _width(text: str) -> int:
    """Return how many columns a text takes on a terminal: 2 for a Chinese sign, 0 for an accent."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _called(file: str) -> str:
    """Return the short name of a file: without the current directory, and of a notebook none."""
    import os

    if "ipykernel_" in file:
        return "a notebook cell"
    directory = os.path.join(os.getcwd(), "")
    return file[len(directory) :] if file.startswith(directory) else file
