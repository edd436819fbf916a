"""Ctrl-C at a moment when nothing is half done.

    >>> with held_back() as pressed:
    ...     while not pressed():
    ...         update()

An update that is interrupted in its middle has changed some weights and not others. So the first
Ctrl-C is noted, and looked for between updates; a second one, of somebody in a hurry, raises
KeyboardInterrupt at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def held_back() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether Ctrl-C was pressed since.

    Where Python lets nobody take it over, in other threads, or where somebody already has, it is
    left to do what it does.
    """
    pressed: list[int] = []

    def note(number: int, frame: Any) -> None:
        if pressed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            raise KeyboardInterrupt
        pressed.append(number)

    free = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not free or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
