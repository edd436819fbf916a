"""Buffers: which line of a program of arrays writes where.

    h = affine(x, w, b, out=b1)
    y = relu(h, out=b1)         # h is used no more: in its place

A result that nobody gets to see needs no new memory in every call. Here each line that can write
into memory that is there gets a buffer, which later lines take over when nothing looks at it any
more. Views, as a transpose is one, keep what they look at.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .recorder import Array, Line

_FEWEST_BYTES = 1024  # below it NumPy has memory at hand


def _is_elementwise(line: Line) -> bool:
    return line.ours and isinstance(line.function, np.ufunc) and line.function.signature is None


@functools.cache
def _takes_out(function: Any) -> bool:
    return isinstance(function, np.ufunc) or "out" in inspect.signature(function).parameters


def placed(
    lines: Sequence[Line], outputs: Iterable[Array], held: Iterable[Array] = ()
) -> tuple[dict[int, int], list[Any]]:
    """Return the number of the buffer that each line writes into, by the id of its result.

    With it come arrays like the buffers. Outputs are in memory of their own; what is held keeps its
    buffer to the end.
    """
    homes = _homes(lines)
    last: dict[int, int] = {}
    for i, line in enumerate(lines):
        last.update({home: i for x in line.uses() for home in homes[id(x)]})
    kept = {home for x in outputs for home in homes.get(id(x), ())}
    last.update({home: len(lines) for x in held for home in homes.get(id(x), ())})
    place: dict[int, int] = {}
    buffers: list[Any] = []
    free: list[int] = []
    taken: dict[int, int] = {}  # the buffer of each home
    for i, line in enumerate(lines):
        ends = {home for x in line.uses() for home in homes[id(x)] if last[home] == i}
        ends &= taken.keys()
        # Element by element a result can take the place of an operand; else only a later one can.
        early = _is_elementwise(line) or line.word == "relu"
        if early:
            free += [taken.pop(key) for key in ends]
        result, key = line.result, id(line.result)
        writes = line.ours and not line.seen and _takes_out(line.function)
        if writes and key not in kept and _large(result.numbers):
            found = next((n for n in reversed(free) if _fits(buffers[n], result.numbers)), None)
            if found is None:
                found = len(buffers)
                buffers.append(result.numbers)
            else:
                free.remove(found)
            place[key] = taken[key] = found
        if not early:
            free += [taken.pop(each) for each in ends]
    return place, buffers


def _large(numbers: Any) -> bool:
    return isinstance(numbers, np.ndarray) and numbers.nbytes >= _FEWEST_BYTES


def _fits(buffer: Any, numbers: Any) -> bool:
    alike: bool = (
        buffer.shape == numbers.shape
        and buffer.dtype == numbers.dtype
        and buffer.strides == numbers.strides
    )
    return alike


def _homes(lines: Sequence[Line]) -> dict[int, frozenset[int]]:
    """Return by the id of each array those whose memory it may look at; or itself alone."""
    homes: dict[int, frozenset[int]] = {}
    for line in lines:
        for x in line.uses():
            homes.setdefault(id(x), frozenset((id(x),)))
        seen = [homes[id(x)] for x in line.seen]
        homes[id(line.result)] = frozenset().union(*seen) if seen else frozenset((id(line.result),))
    return homes
