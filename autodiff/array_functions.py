"""Functions of arrays: NumPy's, by NumPy's names, on Tensors.

    >>> from autodiff import Tensor, concatenate, mean
    >>> x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> mean(concatenate([x, x * 2], axis=1), axis=0).numpy()
    array([2., 3., 4., 6.])

They make axes and shapes plain, and then are a row of `structural.py` or are composed of such rows
and of operators. On ndarrays alone they give an ndarray.
"""

from __future__ import annotations

import builtins
import itertools
import math
import operator
import string

from . import foreign, functions
from .functions import where
from .graph import Node, altered, modes, node_within
from .wording import shown

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Axis = int | Sequence[int] | None


# -- axes and shapes -------------------------------------------------------------------------------


def as_array(x: Any) -> Any:
    """Return x, if it has axes to speak of; lists and numbers as ndarrays."""
    if isinstance(x, Node):
        if not hasattr(x, "shape"):
            raise TypeError(f"expected a Tensor or an array, got {shown(x)}")
        return x
    import numpy as np

    if isinstance(x, (list, tuple)) and node_within(x):
        return stack(x)
    array = foreign.as_ndarray(x, "a function") if foreign.is_foreign(x) else np.asarray(x)
    if array.dtype.kind not in "biufO":
        raise TypeError(f"expected a Tensor or an array of real numbers, got {shown(x)}")
    return array


def _axes(x: Any, axis: Axis, role: str) -> tuple[int, ...]:
    """Return the axes as a sorted tuple of numbers from 0; all of them for None."""
    n = len(x.shape)
    if axis is None:
        return tuple(range(n))
    if isinstance(axis, Node) or type(axis).__name__ == "ndarray":
        raise TypeError(
            f"{role}() got {axis!r} as its axis; expected a whole number: for the larger or smaller"
            " of two use maximum(a, b) or minimum(a, b)"
        )
    wanted = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    for one in wanted:
        if not hasattr(one, "__index__") or not -n <= one < n:
            raise ValueError(
                f"{role}() got axis={axis!r} for an array of {n} axes, shape {tuple(x.shape)};"
                f" expected axes from {-n} to {n - 1}"
            )
    plain = tuple(sorted(int(one) % n for one in wanted))
    if len(frozenset(plain)) < len(plain):
        raise ValueError(f"{role}() got axis={axis!r}, which names an axis twice")
    return plain


def _axis(x: Any, axis: Any, role: str) -> int:
    (one,) = _axes(x, int(axis) if hasattr(axis, "__index__") else axis, role)
    return one


def _reduction(word: Any, role: str) -> Any:
    def reduce(x: Any, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
        if options:
            _refuse(role, options)
        if isinstance(x, Node) and not hasattr(x, "shape"):
            _refuse_value(role, x)
        x = as_array(x)
        axes = tuple(range(len(x.shape))) if axis is None else _axes(x, axis, role)
        return word(x, axis=axes, keepdims=bool(keepdims))

    reduce.__name__ = reduce.__qualname__ = role
    return reduce


def _refuse_value(role: str, x: Any) -> None:
    """Say what to write for Python's own function, which an import of * has hidden."""
    two = {"max": "maximum", "min": "minimum"}.get(role)
    write = f": for the {role} of two Values write {two}(a, b)" if two else ""
    raise TypeError(f"{role}() got {shown(x)}; expected a Tensor or an array{write}")


def _refuse(role: str, options: dict[str, Any]) -> None:
    hints = {
        "dim": "axis", "keepdim": "keepdims", "dims": "axis", "unbiased": "ddof",
        "correction": "ddof",
    }  # fmt: skip
    for option in options:
        hint = f"; write {hints[option]}= for it, as in NumPy" if option in hints else ""
        raise TypeError(f"{role}() got {option}={options[option]!r}, which it does not know{hint}")


# -- reductions ------------------------------------------------------------------------------------

_sum = _reduction(functions.reduce_sum, "sum")


def sum(x: Any, axis: Any = None, keepdims: bool = False, **options: Any) -> Any:
    """Return the sum of the elements along the axes, or of all.

    Of a list of Values or numbers it is their sum as one node, correctly rounded (`math.fsum`);
    then a second argument is what the sum starts from.
    """
    start = options.pop("start", None) if options else None
    if _is_array(x):
        return _sum(x, axis, keepdims, **options)
    return functions.sum(x, axis if start is None else start)


def _is_array(x: Any) -> bool:
    """Whether it is a Tensor or an ndarray. (NumPy's single numbers are numbers.)"""
    return hasattr(x, "shape") and (isinstance(x, Node) or type(x).__name__ == "ndarray")


max = _reduction(functions.reduce_max, "max")
max.__doc__ = "Return the largest element along the axes; k ties get a k-th of the gradient each."
min = _reduction(functions.reduce_min, "min")
min.__doc__ = "Return the smallest element along the axes; k ties get a k-th of the gradient each."


def mean(x: Any, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
    """Return the mean along the axes; nan of no elements."""
    _refuse("mean", options)
    x = as_array(x)
    axes = _axes(x, axis, "mean")
    total: Any = functions.reduce_sum(x, axis=axes, keepdims=bool(keepdims))
    count = float(math.prod([x.shape[i] for i in axes]))
    recorded = isinstance(total, Node)  # then its operator is quick
    return total / count if recorded else functions.divide(total, count)


def var(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False, **options: Any) -> Any:
    """Return the variance along the axes, Σ(x - mean)²/(n - ddof); ddof is 0, as in NumPy.

    (In PyTorch it is 1.)
    """
    _refuse("var", options)
    x = as_array(x)
    axes = _axes(x, axis, "var")
    count = math.prod(x.shape[i] for i in axes)
    squares = functions.square(x - mean(x, axes, keepdims=True))
    total = functions.reduce_sum(squares, axis=axes, keepdims=bool(keepdims))
    return functions.divide(total, float(count - ddof))


def std(x: Any, axis: Axis = None, ddof: float = 0, keepdims: bool = False, **options: Any) -> Any:
    """Return the standard deviation, the root of `var`; its slope is 0 where all are equal."""
    _refuse("std", options)
    x = as_array(x)
    axes = _axes(x, axis, "std")
    count = math.prod(x.shape[i] for i in axes)
    length = functions.norm(x - mean(x, axes, keepdims=True), axis=axes, keepdims=bool(keepdims))
    return functions.divide(length, math.sqrt(count - ddof) if count > ddof else 0.0)


def prod(x: Any, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
    """Return the product along the axes; gradients are exact where elements are 0."""
    _refuse("prod", options)
    x = as_array(x)
    axes = _axes(x, axis, "prod")
    others = [i for i in range(len(x.shape)) if i not in axes]
    count = math.prod(x.shape[i] for i in axes)
    last = reshape(transpose(x, (*others, *axes)), (*(x.shape[i] for i in others), count))
    total = functions.reduce_prod(last, axis=(len(others),), keepdims=False)
    if not keepdims:
        return total
    return reshape(total, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
    """Return the length √Σx² along the axes; its slope at 0 is 0.

    Along one axis `ord` may be 1 or inf instead of 2: the sum of absolute values, or the largest.
    """
    _refuse("norm", options)
    x = as_array(x)
    axes = _axes(x, axis, "norm")
    if len(axes) == 2 and ord == "fro":
        ord = None
    if len(axes) > 1 and ord is not None:
        raise ValueError(
            f"norm() got ord={ord!r} along {len(axes)} axes, which in NumPy is the norm of a matrix"
            " and not known here: give one axis, or x.ravel()"
        )
    if ord is None or ord == 2:
        return functions.norm(x, axis=axes, keepdims=bool(keepdims))
    if ord == 1:
        return functions.reduce_sum(functions.abs(x), axis=axes, keepdims=bool(keepdims))
    if ord == math.inf:
        return functions.reduce_max(functions.abs(x), axis=axes, keepdims=bool(keepdims))
    raise ValueError(f"norm() got ord={ord!r}; expected 1, 2 or inf")


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False, **options: Any) -> Any:
    """Return log Σ eˣ along the axes, or of a list, without overflow; -inf for all -inf."""
    if not _is_array(x):
        return functions.logsumexp(x)
    _refuse("logsumexp", options)
    axes = _axes(x, axis, "logsumexp")
    _check_values(x, axes, "logsumexp")
    return functions.reduce_logsumexp(x, axis=axes, keepdims=bool(keepdims))


def log_softmax(x: Any, axis: int = -1, **options: Any) -> Any:
    """Return x - log Σ eˣ along an axis, the last one if none is given; of a list, the list."""
    if not _is_array(x):
        return functions.log_softmax(x)
    _refuse("log_softmax", options)
    _check_values(x, _axes(x, axis, "log_softmax"), "log_softmax")
    place = _axis(x, axis, "log_softmax")
    shifted = x - _largest(x, place)  # first, as 1e16 - log Σ has no digits left for the rest
    return shifted - logsumexp(shifted, place, keepdims=True)


def _largest(x: Any, axis: int) -> Any:
    """Return the largest numbers along an axis, 0 where they are infinite: constants."""
    import numpy as np

    def largest(numbers: Any) -> Any:
        found = numbers.max(axis, keepdims=True)
        return np.where(np.isfinite(found), found, np.zeros_like(found))

    return _computed(largest, x)


def _computed(function: Callable[[Any], Any], x: Any) -> Any:
    """Return what a function makes of the numbers of x, which has no derivative: an ndarray.

    Where a program is being made of what is done, it is a node of that.
    """
    if isinstance(x, Node):
        if altered and modes.trace is not None:
            return modes.trace.computed(function, x)
        x = x.data
    return function(x)


def softmax(x: Any, axis: int = -1, **options: Any) -> Any:
    """Return eˣ/Σ eˣ along an axis, without overflow: the last one if none is given.

    Rows that are -inf throughout (fully masked) become nan.
    """
    if not _is_array(x):
        return functions.softmax(x)
    _refuse("softmax", options)
    _check_values(x, _axes(x, axis, "softmax"), "softmax")
    return functions.exp(log_softmax(x, axis))


def _check_values(x: Any, axes: tuple[int, ...], role: str) -> None:
    if any(x.shape[i] == 0 for i in axes):
        raise ValueError(f"{role}() got no values along axes {axes} of shape {tuple(x.shape)}")


def argmax(x: Any, axis: int | None = None, **options: Any) -> Any:
    """Return the place of the largest element, an ndarray of integers: no gradient goes there."""
    _refuse("argmax", options)
    return _computed(
        lambda numbers: numbers.argmax(axis), x if isinstance(x, Node) else as_array(x)
    )


def argmin(x: Any, axis: int | None = None, **options: Any) -> Any:
    """Return the place of the smallest element, an ndarray of integers: no gradient goes there."""
    _refuse("argmin", options)
    return _computed(
        lambda numbers: numbers.argmin(axis), x if isinstance(x, Node) else as_array(x)
    )


def cumsum(x: Any, axis: int | None = None, **options: Any) -> Any:
    """Return the sums of all elements up to each along an axis; of the flat array without one."""
    _refuse("cumsum", options)
    x = as_array(x)
    if axis is None:
        x, axis = ravel(x), 0
    return functions.cumsum(x, axis=_axis(x, axis, "cumsum"))


# -- shapes ----------------------------------------------------------------------------------------


def reshape(x: Any, *shape: Any) -> Any:
    """Return the elements in another shape, of which one length may be -1: what is left over."""
    x = as_array(x)
    lengths = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    wanted = [operator.index(n) for n in lengths]
    size = math.prod(x.shape)
    if wanted.count(-1) == 1:
        rest = math.prod(n for n in wanted if n != -1)
        if rest and size % rest == 0:
            wanted[wanted.index(-1)] = size // rest
    if any(n < 0 for n in wanted) or math.prod(wanted) != size:
        raise ValueError(
            f"reshape() got {tuple(lengths)} for the shape {tuple(x.shape)}, of {size} elements;"
            " expected a shape of as many"
        )
    return functions.reshape(x, shape=tuple(wanted))


def ravel(x: Any) -> Any:
    """Return the elements in one axis."""
    return reshape(x, -1) if math.prod(as_array(x).shape) else reshape(x, 0)


def flatten(x: Any, start: int = 0) -> Any:
    """Return x with all axes from `start` on in one."""
    x = as_array(x)
    return reshape(x, (*x.shape[:start], math.prod(x.shape[start:])))


def transpose(x: Any, *axes: Any) -> Any:
    """Return x with its axes in the order given, or reversed."""
    x = as_array(x)
    n = len(x.shape)
    order = axes[0] if len(axes) == 1 and (axes[0] is None or hasattr(axes[0], "__len__")) else axes
    order = tuple(reversed(range(n))) if not order else tuple(order)
    inside = all(-n <= i < n for i in order)
    if not inside or sorted(int(i) % n for i in order) != list(range(n)):
        raise ValueError(
            f"transpose() got axes {order} for an array of {n} axes; expected each of them once:"
            " to swap two use swapaxes"
        )
    return functions.transpose(x, axes=tuple(int(i) % n for i in order))


def moveaxis(x: Any, source: int, destination: int) -> Any:
    """Return x with an axis moved to another place; the others keep their order."""
    x = as_array(x)
    start, stop = _axis(x, source, "moveaxis"), _axis(x, destination, "moveaxis")
    order = [i for i in range(len(x.shape)) if i != start]
    order.insert(stop, start)
    return transpose(x, order)


def swapaxes(x: Any, a: int, b: int) -> Any:
    """Return x with two axes swapped."""
    x = as_array(x)
    first, second = _axis(x, a, "swapaxes"), _axis(x, b, "swapaxes")
    order = list(range(len(x.shape)))
    order[first], order[second] = second, first
    return transpose(x, order)


def squeeze(x: Any, axis: Axis = None, **options: Any) -> Any:
    """Return x without the axes of length 1, or without those given."""
    _refuse("squeeze", options)
    x = as_array(x)
    if axis is None:
        axes: tuple[int, ...] = tuple(i for i, n in enumerate(x.shape) if n == 1)
    else:
        axes = _axes(x, axis, "squeeze")
    if any(x.shape[i] != 1 for i in axes):
        raise ValueError(f"squeeze() got axis={axis!r} of the shape {tuple(x.shape)}; expected 1s")
    return reshape(x, tuple(n for i, n in enumerate(x.shape) if i not in axes))


def expand_dims(x: Any, axis: Any) -> Any:
    """Return x with a new axis of length 1 in each of these places."""
    x = as_array(x)
    wanted: list[Any] = [axis] if hasattr(axis, "__index__") else list(axis)
    n = len(x.shape) + len(wanted)
    if any(not -n <= i < n for i in wanted) or len({i % n for i in wanted}) < len(wanted):
        raise ValueError(f"expand_dims() got axis={axis!r}; expected places from {-n} to {n - 1}")
    places = {i % n for i in wanted}
    lengths = iter(x.shape)
    return reshape(x, tuple(1 if i in places else next(lengths) for i in range(n)))


def broadcast_to(x: Any, shape: Sequence[int]) -> Any:
    """Return x as often as it takes to fill a shape, by NumPy's rules."""
    import numpy as np

    x = as_array(x)
    if np.broadcast_shapes(x.shape, tuple(shape)) != tuple(shape):
        raise ValueError(f"broadcast_to() got {tuple(shape)} for the shape {tuple(x.shape)}")
    return functions.broadcast_to(x, shape=tuple(shape))


def flip(x: Any, axis: Axis = None, **options: Any) -> Any:
    """Return x in reverse order along the axes."""
    _refuse("flip", options)
    x = as_array(x)
    return functions.flip(x, axis=_axes(x, axis, "flip"))


def roll(x: Any, shift: Any, axis: Any = None, **options: Any) -> Any:
    """Return x shifted along axes; what falls off at the end comes in at the start."""
    _refuse("roll", options)
    x = as_array(x)
    if axis is None:
        return reshape(roll(ravel(x), shift, 0), x.shape)
    axes = [axis] if hasattr(axis, "__index__") else list(axis)
    shifts = [shift] * len(axes) if hasattr(shift, "__index__") else list(shift)
    plain = tuple(_axis(x, one, "roll") for one in axes)
    return functions.roll(x, shift=tuple(int(s) for s in shifts), axis=plain)


def pad(x: Any, widths: Any) -> Any:
    """Return x with zeros around it: `widths` is a number, or (before, after) for each axis."""
    x = as_array(x)
    n = len(x.shape)
    pairs = [widths] * n if hasattr(widths, "__index__") else list(widths)
    if n and len(pairs) == 2 and all(hasattr(w, "__index__") for w in pairs):
        pairs = [pairs] * n
    plain = tuple((w, w) if hasattr(w, "__index__") else tuple(w) for w in pairs)
    if len(plain) != n or any(len(pair) != 2 or pair[0] < 0 or pair[1] < 0 for pair in plain):
        raise ValueError(f"pad() got widths={widths!r} for {n} axes; expected a pair for each")
    return functions.pad(x, widths=plain)


def repeat(x: Any, repeats: int, axis: int | None = None) -> Any:
    """Return x with each element along an axis so many times; of the flat array without one."""
    import numpy as np

    x = as_array(x)
    if axis is None:
        x, axis = ravel(x), 0
    place = _axis(x, axis, "repeat")
    return take(x, np.repeat(np.arange(x.shape[place]), repeats), place)


def tile(x: Any, reps: Any) -> Any:
    """Return x laid side by side so many times along each axis."""
    x = as_array(x)
    times = [reps] if hasattr(reps, "__index__") else list(reps)
    n = builtins.max(len(times), len(x.shape))
    times = [1] * (n - len(times)) + times
    shape = (1,) * (n - len(x.shape)) + tuple(x.shape)
    wide = reshape(x, tuple(k for length in shape for k in (1, length)))
    wide = functions.broadcast_to(wide, shape=tuple(k for pair in zip(times, shape) for k in pair))
    return reshape(wide, tuple(r * length for r, length in zip(times, shape)))


def astype(x: Any, dtype: Any) -> Any:
    """Return x in another dtype; only floats keep their gradient."""
    import numpy as np

    x, kind = as_array(x), np.dtype(dtype)
    if isinstance(x, Node) and kind.kind != "f":
        tensor: Any = x
        return tensor.astype_numbers(kind)
    return x if x.dtype == kind else functions.astype(x, dtype=kind)


# -- parts and wholes ------------------------------------------------------------------------------


def getitem(x: Any, index: Any) -> Any:
    """Return x[index]: integers, slices, ..., None, masks and arrays of integers, as in NumPy."""
    x = as_array(x)
    parts = index if isinstance(index, tuple) else (index,)
    plain = tuple(_index(part) for part in parts)
    return functions.getitem(x, index=plain if isinstance(index, tuple) else plain[0])


def _index(part: Any) -> Any:
    if isinstance(part, Node):
        if altered and modes.trace is not None and part.data.dtype.kind in "biu":
            if part.data.dtype.kind == "b":
                modes.trace.refuse("x[mask], whose shape depends on the numbers,")
            return part
        part = part.data
    if isinstance(part, list):
        import numpy as np

        part = np.asarray(part)
        part = part.astype(int) if part.size == 0 else part
    if getattr(part, "ndim", 0) and part.dtype.kind not in "biu":
        raise IndexError(f"an index got {part.dtype}; expected integers or bools")
    return part


def set(x: Any, index: Any, values: Any) -> Any:
    """Return a copy of x with x[index] = values; gradients go to the values and the rest of x."""
    import numpy as np

    x = as_array(x)
    plain = tuple(_index(part) for part in (index if isinstance(index, tuple) else (index,)))
    place = plain if isinstance(index, tuple) else plain[0]
    shape = np.empty(x.shape, bool)[place].shape
    values = values if isinstance(values, Node) else np.asarray(values, x.dtype)
    values = functions.broadcast_to(values, shape=shape) if values.shape != shape else values
    return functions.replaced(x, values, index=place)


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Return the elements, or parts along an axis, at an array of indices."""
    x = as_array(x)
    if axis is None:
        return getitem(ravel(x), _index(indices))
    return getitem(x, (slice(None),) * _axis(x, axis, "take") + (_index(indices),))


def take_along_axis(x: Any, indices: Any, axis: int) -> Any:
    """Return the elements along an axis at indices of the same number of axes."""
    import numpy as np

    x, indices = as_array(x), _index(indices)
    indices = indices if isinstance(indices, Node) else np.asarray(indices)
    place = _axis(x, axis, "take_along_axis")
    shape = [1] * indices.ndim
    index: list[Any] = []
    for i, n in enumerate(indices.shape):
        shape[i] = -1
        index.append(indices if i == place else np.arange(n).reshape(shape))
        shape[i] = 1
    return getitem(x, tuple(index))


def sort(x: Any, axis: int | None = -1, **options: Any) -> Any:
    """Return x sorted along an axis, or flat without one; equal elements keep their order."""
    _refuse("sort", options)
    x = as_array(x)
    if axis is None:
        x, axis = ravel(x), 0
    place = _axis(x, axis, "sort")
    places = _computed(lambda numbers: numbers.argsort(place, kind="stable"), x)
    return take_along_axis(x, places, place)


def concatenate(arrays: Sequence[Any], axis: int | None = 0, **options: Any) -> Any:
    """Return arrays one after the other along an axis that they have; flat ones without."""
    _refuse("concatenate", options)
    parts = [as_array(x) for x in arrays]
    if not parts:
        raise ValueError("concatenate() got no arrays; expected at least one")
    if axis is None:
        parts, axis = [ravel(x) for x in parts], 0
    place = _axis(parts[0], axis, "concatenate")
    shapes = [tuple(x.shape) for x in parts]
    others = {(len(shape), *shape[:place], *shape[place + 1 :]) for shape in shapes}
    if len(others) > 1:
        raise ValueError(
            f"concatenate() got the shapes {', '.join(map(str, shapes))}; expected the same in all"
            f" axes but axis {place}"
        )
    return functions.concatenate(*parts, axis=place)


def stack(arrays: Sequence[Any], axis: int = 0, **options: Any) -> Any:
    """Return arrays of one shape side by side along a new axis."""
    _refuse("stack", options)
    parts = [as_array(x) for x in arrays]
    return concatenate([expand_dims(x, axis) for x in parts], axis)


def split(x: Any, sections: Any, axis: int = 0, **options: Any) -> list[Any]:
    """Return x cut along an axis into so many equal parts, or at these places."""
    _refuse("split", options)
    x = as_array(x)
    place = _axis(x, axis, "split")
    n = x.shape[place]
    if hasattr(sections, "__index__"):
        count = int(sections)
        if count < 1 or n % count:
            raise ValueError(f"split() got {count} parts of an axis of {n}; expected a divisor")
        cuts = [i * n // count for i in range(count + 1)]
    else:
        cuts = [0, *sections, n]
    before = (slice(None),) * place
    return [getitem(x, (*before, slice(a, b))) for a, b in itertools.pairwise(cuts)]


def diagonal(x: Any) -> Any:
    """Return the diagonal of the last two axes."""
    import numpy as np

    x = as_array(x)
    places = np.arange(builtins.min(x.shape[-2:]))
    return getitem(x, (..., places, places))


def diag(x: Any) -> Any:
    """Return the diagonal of a matrix, or the matrix with this diagonal."""
    import numpy as np

    x = as_array(x)
    if len(x.shape) != 1:
        return diagonal(x)
    n = x.shape[0]
    places = np.arange(n)
    return functions.scatter(x, index=(places, places), shape=(n, n))


def trace(x: Any) -> Any:
    """Return the sum of the diagonal."""
    return _sum(diagonal(x), -1)


def tril(x: Any, k: int = 0) -> Any:
    """Return x with zeros above the k-th diagonal of the last two axes."""
    import numpy as np

    x = as_array(x)
    return where(np.tri(x.shape[-2], x.shape[-1], k, dtype=bool), x, np.zeros((), x.dtype))


def triu(x: Any, k: int = 0) -> Any:
    """Return x with zeros below the k-th diagonal of the last two axes."""
    import numpy as np

    x = as_array(x)
    return where(np.tri(x.shape[-2], x.shape[-1], k - 1, dtype=bool), np.zeros((), x.dtype), x)


# -- products --------------------------------------------------------------------------------------


def matmul(a: Any, b: Any) -> Any:
    """Return the product of matrices, a @ b: of the last two axes, broadcast over the others."""
    a, b = as_array(a), as_array(b)
    if not a.shape or not b.shape or a.shape[-1] != b.shape[-2 if len(b.shape) > 1 else 0]:
        raise ValueError(
            f"matmul() got shapes {tuple(a.shape)} and {tuple(b.shape)}; expected as many columns"
            " on the left as rows on the right"
        )
    row, column = len(a.shape) == 1, len(b.shape) == 1
    a = reshape(a, (1, *a.shape)) if row else a
    b = reshape(b, (*b.shape, 1)) if column else b
    y = functions.matmul(a, b)
    if column:
        y = reshape(y, y.shape[:-1])
    if row:
        y = reshape(y, y.shape[:-2] + y.shape[-1:] if not column else y.shape[:-1])
    return y


def outer(a: Any, b: Any) -> Any:
    """Return the matrix of all products of an element of a and one of b."""
    return reshape(ravel(a), (-1, 1)) * reshape(ravel(b), (1, -1))


def einsum(subscripts: str, *operands: Any) -> Any:
    """Return sums of products by Einstein's convention, e.g. einsum("ij,jk->ik", a, b).

    Without an arrow the output has the indices that occur once, in the order of the alphabet, and
    in front what an ellipsis stands for, as in NumPy: "...ij,...jk" multiplies stacks of matrices.
    """
    arrays = [as_array(x) for x in operands]
    text = subscripts.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(arrays):
        raise ValueError(
            f"einsum() got {subscripts!r} and {len(arrays)} operands; expected a term for each"
        )
    if not arrow:
        alone = sorted(c for c in {*inputs} - {",", "."} if inputs.count(c) == 1)
        output = "".join(["..." if "..." in inputs else "", *alone])
    terms, output, arrays, single = _spelled_out(subscripts, terms, output, arrays)
    for i, (term, x) in enumerate(zip(terms, arrays)):
        if len(term) != len(x.shape):
            raise ValueError(
                f"einsum() got the term {term!r} for the shape {tuple(x.shape)}; expected an index"
                " for each axis"
            )
        terms[i], arrays[i] = _without_repeats(term, x)
    result = functions.einsum(*arrays, subscripts=f"{','.join(terms)}->{output}")
    return expand_dims(result, single) if single else result


def _spelled_out(
    subscripts: str, terms: list[str], output: str, arrays: list[Any]
) -> tuple[list[str], str, list[Any], tuple[int, ...]]:
    """Return terms with letters for the axes of an ellipsis, and arrays without those of length 1.

    An operand that lacks a letter is the same along it, which is what broadcasting means. The last
    part are the axes of the result that have length 1, as all operands have it.
    """
    widths = [len(x.shape) - len(t.replace("...", "")) if "..." in t else 0
              for t, x in zip(terms, arrays)]  # fmt: skip
    if any("." in t.replace("...", "", 1) for t in [*terms, output]) or min(widths) < 0:
        shapes = ", ".join(str(tuple(x.shape)) for x in arrays)
        raise ValueError(
            f"einsum() got {subscripts!r} for the shapes {shapes}; expected an ellipsis once in a"
            " term, as '...ij', and no more indices than axes"
        )
    most = max(widths)
    if most and "..." not in output:
        raise ValueError(
            f"einsum() got {subscripts!r}, whose output lacks the ellipsis; expected it there too,"
            " or an index that is summed over in its place"
        )
    free = [c for c in string.ascii_letters if c not in "".join([*terms, output])]
    spelled, made = [], []
    for term, x, width in zip(terms, arrays, widths):
        start = term.find("...")
        axes = range(start, start + width)
        single = [i for i in axes if x.shape[i] == 1]
        letters = "".join(free[most - width + i - start] for i in axes if i not in single)
        spelled.append(term.replace("...", letters))
        made.append(squeeze(x, tuple(single)) if single else x)
    used, place = "".join(spelled), output.find("...")
    missing = tuple(place + i for i, c in enumerate(free[:most]) if c not in used)
    written = "".join(c for c in free[:most] if c in used)
    return spelled, output.replace("...", written), made, missing


def _without_repeats(term: str, x: Any) -> tuple[str, Any]:
    """Return a term in which no index occurs twice, and the diagonal of x that it is of."""
    for c in term:
        while term.count(c) > 1:
            i = term.index(c)
            j = term.index(c, i + 1)
            x = diagonal(moveaxis(moveaxis(x, j, -1), i, -2))
            term = term[:i] + term[i + 1 : j] + term[j + 1 :] + c
    return term, x
