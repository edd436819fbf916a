"""Buffers: which line of a program of arrays writes where.

    h = affine(x, w, b, out=b1)
    y = relu(h, out=b1)         # h is used no more: in its place

A result that nobody gets to see needs no new memory in every call. Here each line that can write
into memory that is there gets a buffer, which later lines take over when nothing looks at it any
more. Views, as a transpose is one, keep what they look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .recorder import Array, Line

_FEWEST_BYTES = 1024  # below it NumPy has memory at hand

# Words that write their result into `out`, beside NumPy's own functions of elements.
_WRITING = {
    "affine", "masked", "matmul", "reduce_max", "reduce_min", "reduce_prod", "reduce_sum", "relu",
    "weight_slope",
}  # fmt: skip
_IN_PLACE = {"relu"}


def _is_elementwise(line: Line) -> bool:
    return isinstance(line.function, np.ufunc) and line.function.signature is None


def placed(
    lines: Sequence[Line], outputs: Iterable[Array], held: Iterable[Array] = ()
) -> tuple[dict[int, int], list[Any]]:
    """Return the number of the buffer that each line writes into, by the id of its result.

    With it come arrays like the buffers. Outputs are in memory of their own; what is held keeps its
    buffer to the end.
    """
    home = _homes(lines)
    last: dict[int, int] = {}
    for i, line in enumerate(lines):
        for x in line.uses():
            last[home[id(x)]] = i
    kept = {home.get(id(x), id(x)) for x in outputs}
    last.update({home.get(id(x), id(x)): len(lines) for x in held})
    place: dict[int, int] = {}
    buffers: list[Any] = []
    free: list[int] = []
    taken: dict[int, int] = {}  # the buffer of each home
    for i, line in enumerate(lines):
        ends = {home[id(x)] for x in line.uses() if last[home[id(x)]] == i} & taken.keys()
        early = _is_elementwise(line) or line.word in _IN_PLACE
        if early:
            free += [taken.pop(key) for key in ends]
        result, key = line.result, id(line.result)
        writes = _is_elementwise(line) or line.word in _WRITING
        if writes and home[key] == key and key not in kept and _large(result.numbers):
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


def _homes(lines: Sequence[Line]) -> dict[int, int]:
    """Return by the id of each array that of the one whose memory it looks at, or its own."""
    home: dict[int, int] = {}
    for line in lines:
        for x in line.uses():
            home.setdefault(id(x), id(x))
        home[id(line.result)] = home[id(line.seen[0])] if line.seen else id(line.result)
    return home
