"""Columns: a compiled function on arrays, every row one call of it.

    x = np.linspace(-3, 3, 1_000_000)
    y, (dy_dx, dy_dw) = g.value_and_grad(x, 0.5)    # dy_dx a column, dy_dw a sum over all rows

The lines are those of the program, in the words of the array vocabulary. Large columns go through
in blocks that stay in the cache: what is computed between is never written to memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import arrays, floats
from ..graph import topological_order
from ..wording import shown
from .programs import Program

if TYPE_CHECKING:
    from .compiled import Compiled
    from .tracing import Trace

_total = np.add.reduce  # what .sum() calls in the end

BLOCK = 8192  # rows: some two dozen columns of so many floats stay in the cache


def run(compiled: Compiled, what: str, args: tuple[Any, ...]) -> Any:
    """Return what the compiled function returns of columns."""
    columns = [_column(compiled.name, x) for x in args]
    shape = np.broadcast_shapes(*(column.shape for column in columns))
    way = _way(compiled, [float(column.flat[0]) if column.size else 1.0 for column in columns])
    program: Program = way["columns"]
    wide = [column.ndim > 0 for column in columns]
    flat = [
        np.broadcast_to(column, shape).reshape(-1) if many else float(column.reshape(-1)[0])
        for column, many in zip(columns, wide)
    ]
    size = int(np.prod(shape))
    held = [float(node.data) for node in program.parameters.values()]
    backward = what != "value"
    value = np.empty(size)
    own: list[Any] = [np.empty(size) if many and backward else 0.0 for many in wide]
    fill = _fill_natively if compiled.target == "numba" else _fill
    other = arrays.quietly(fill, way, _Task(backward, flat, wide, held, value, own))
    if not backward:
        return value.reshape(shape)
    if what == "backward":
        for node, total in zip(program.parameters.values(), other):
            if node.requires_grad:
                node.grad += total
        return value.reshape(shape)
    shaped = [
        _fitted(share.reshape(shape), column) if many else share
        for share, column, many in zip(own, columns, wide)
    ]
    return value.reshape(shape), tuple(shaped)


class _Task(NamedTuple):
    """Columns to compute on, one after the other in memory, and those to fill."""

    backward: bool
    flat: list[Any]  # the arguments: columns and plain numbers
    wide: list[bool]  # which of them are columns
    held: list[float]  # the parameters
    value: Any
    own: list[Any]  # the derivatives of the arguments: columns, or sums over all rows


def _fill(way: dict[str, Any], task: _Task) -> list[float]:
    """Compute values, derivatives of arguments, and return those of parameters; block by block."""
    other = [0.0] * len(task.held)
    for part in _blocks(len(task.value)):
        given = _cut(task.flat, task.wide, part)
        if not task.backward:
            task.value[part] = way["array_value"](*given, *task.held)
            continue
        rows = len(task.value[part])
        task.value[part], shares, held = way["array_all"](*given, *task.held)
        for i, share in enumerate(shares):
            if task.wide[i]:
                task.own[i][part] = share
            else:
                task.own[i] += _sum(share, rows)
        for i, share in enumerate(held):
            other[i] += (
                _product(share[0], share[1], rows) if type(share) is tuple else _sum(share, rows)
            )
    return other


def _fill_natively(way: dict[str, Any], task: _Task) -> list[float]:
    """Do the same in machine code."""
    from . import native

    kernels = way.setdefault("kernels", {})
    key = (task.backward, len(task.value) >= native.FEWEST, *task.wide)
    if key not in kernels:
        kernels[key] = native.kernel(way["program"], task.wide, task.backward, parallel=key[1])
    filled = [x for x, many in zip(task.own, task.wide) if many] if task.backward else []
    sums = iter(kernels[key](len(task.value), *task.flat, *task.held, task.value, *filled))
    if not task.backward:
        return []
    for i, many in enumerate(task.wide):
        if not many:
            task.own[i] = next(sums)
    return list(sums)


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of a column; () of a number."""
    return np.shape(x)


def some_rows(x: Any) -> Any:
    """Return the first rows of a column."""
    return np.asarray(x)[:16]


def made_up(x: Any, number: int, shape: tuple[int, ...]) -> Any:
    """Return a column with rows of which no two are alike, for argument of this number."""
    size = int(np.prod(shape))
    return (0.4 + np.sqrt(np.arange(size) * 0.37 + 0.1 * number)).reshape(shape)


def are_alike(whole: Any, rows: Any) -> bool:
    """Return whether two results are the same; None is one that is the same for all rows."""
    if whole is None:
        return True
    return whole.shape == rows.shape and np.allclose(whole, rows, equal_nan=True)


def first(name: str, x: Any) -> float:
    """Return the number to record a function with that gets such a column."""
    column = _column(name, x)
    return float(column.flat[0]) if column.size else 1.0


def _column(name: str, x: Any) -> Any:
    column = np.asarray(x)
    if column.dtype.kind not in "biuf":
        raise TypeError(f"{name}() got {shown(x)}; expected numbers or arrays of real numbers")
    return column.astype(float)


def _blocks(size: int) -> list[slice]:
    return [slice(start, start + BLOCK) for start in range(0, size, BLOCK)]


def _cut(columns: list[Any], wide: list[bool], part: slice) -> list[Any]:
    return [column[part] if many else column for column, many in zip(columns, wide)]


def _sum(share: Any, rows: int) -> float:
    """Return the sum over the rows; a share that is the same in all of them is one number."""
    return float(_total(share)) if getattr(share, "ndim", 0) else float(share) * rows


def _product(a: Any, b: Any, rows: int) -> float:
    """Return the sum over the rows of a product."""
    if getattr(a, "ndim", 0) and getattr(b, "ndim", 0):
        return float(a.dot(b))
    return _sum(a * b, rows)


def _fitted(share: Any, column: Any) -> Any:
    """Return the derivative of a column that was broadcast, summed over what repeats it."""
    return share if share.shape == column.shape else arrays.unbroadcast(share, column.shape)


def _looks_at_arguments(trace: Trace) -> bool:
    """Return whether a branch depends on an argument, and so may differ from row to row."""
    conditions = [condition for condition, _ in trace.guards]
    given = set(map(id, trace.inputs))
    return any(id(node) in given for node in topological_order(*conditions))


def _holds(compiled: Compiled, numbers: list[float]) -> None:
    """Let the way be the first that the parameters take as they are now."""
    if compiled._ways and compiled._ways[0]["trace"].guards:
        compiled._value(*numbers)


def _way(compiled: Compiled, numbers: list[float]) -> dict[str, Any]:
    """Return the program for arrays; TypeError if it branches on a value."""
    if not compiled._ways:
        compiled._record(tuple(numbers))
    _holds(compiled, numbers)
    way = compiled._ways[0]
    trace = way["trace"]
    if trace.guards and _looks_at_arguments(trace):
        raise TypeError(
            f"{compiled.name}() got a column, and branches on a value: its rows may go different"
            " ways; write where(condition, a, b) in place of the if"
        )
    if "columns" not in way:
        program = Program(trace, compiled.name, compiled.arguments, "arrays")
        way["columns"] = program
        words = {**vars(arrays.raw), "inf": floats.inf, "nan": floats.nan}
        words.update(program.words(arrays))
        for what, backward in (("array_value", "no"), ("array_all", "all")):
            text = program.text(backward=backward, parameters_as_arguments=True, guarded=False)
            exec(compile(text, f"<{compiled.name}, on columns>", "exec"), words)  # noqa: S102
            way[what] = words[program.function]
    return way
