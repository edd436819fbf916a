"""The array vocabulary: the same names as `floats`, on ndarrays.

    >>> import numpy as np
    >>> from autodiff import arrays
    >>> arrays.divide(np.array([1.0, 0.0]), 0.0)
    array([inf, nan])

Nearly all of it is NumPy as it stands; the words that NumPy lacks are below. IEEE results come
without NumPy's warnings, as with floats, and float32 stays float32: a Python number among the
operands takes the array's type.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import Context
from functools import partial, wraps
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import shapes, special, windows

Array = Any
_this = sys.modules[__name__]


def keep_freed_memory() -> None:
    """Let glibc keep up to 8 MB of freed memory for the next arrays, at the start of a training.

    It learns from the largest block that it has seen freed; until then it gives memory back to the
    system after each step, and gets it page by page in the next, which took a quarter of the time
    of a small convolutional network. The block here is never touched. Blocks larger than it are
    given back at once, as before; other allocators do as they like.
    """
    np.empty((4 << 20) - 65_536, np.uint8)


# NumPy's warnings off and on again: what np.errstate does, in a quarter of its time. What is
# `heard` is asked before `try`, and hushed inside: Ctrl-C between the two would leave it so.
try:
    from numpy._core.umath import _extobj_contextvar, _make_extobj

    heard = _extobj_contextvar.get
    hush = partial(_extobj_contextvar.set, _make_extobj(all="ignore"))
    unhush = _extobj_contextvar.set
except ImportError:  # pragma: no cover  (a NumPy that has them elsewhere)
    heard = np.geterr  # type: ignore[assignment]

    def hush() -> Any:  # type: ignore[misc]
        return np.seterr(all="ignore")

    def unhush(before: Any) -> None:  # type: ignore[misc]
        np.seterr(**before)


# A place where they are off, to call a function in: `enter(np.add, a, b)`, in a tenth of the time
# of hush and unhush. One call at a time fits in; to all others it raises RuntimeError.
_quiet_place = Context()
_quiet_place.run(hush)
enter = _quiet_place.run


def quietly(function: Callable[..., Any], *args: Any, **params: Any) -> Any:
    """Call the function with NumPy's warnings off: inf and nan are answers here."""
    before = heard()
    try:
        hush()
        return function(*args, **params)
    except Exception as error:
        error.__suppress_context__ = True  # who comes here may have been refused by `enter`
        raise
    finally:
        unhush(before)


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with NumPy's warnings off."""

    @wraps(function)
    def quiet(*args: Any, **params: Any) -> Any:
        before = heard()
        try:
            hush()
            return function(*args, **params)
        finally:
            unhush(before)

    return quiet


add, subtract, multiply = _quiet(np.add), _quiet(np.subtract), _quiet(np.multiply)
divide, negative, reciprocal = _quiet(np.divide), _quiet(np.negative), _quiet(np.reciprocal)
power, square = _quiet(np.power), _quiet(np.square)
floor_divide = _quiet(np.floor_divide)
fmod, remainder = _quiet(np.fmod), _quiet(np.remainder)
sqrt, cbrt = _quiet(np.sqrt), _quiet(np.cbrt)
exp, exp2, expm1 = _quiet(np.exp), _quiet(np.exp2), _quiet(np.expm1)
log, log1p, log2, log10 = _quiet(np.log), _quiet(np.log1p), _quiet(np.log2), _quiet(np.log10)
logaddexp = _quiet(np.logaddexp)
sin, cos, tan = _quiet(np.sin), _quiet(np.cos), _quiet(np.tan)
arcsin, arccos, arctan = _quiet(np.arcsin), _quiet(np.arccos), _quiet(np.arctan)
sinh, cosh, tanh = _quiet(np.sinh), _quiet(np.cosh), _quiet(np.tanh)
arcsinh, arccosh, arctanh = _quiet(np.arcsinh), _quiet(np.arccosh), _quiet(np.arctanh)
arctan2, hypot, sinc = _quiet(np.arctan2), _quiet(np.hypot), _quiet(np.sinc)
abs, sign, floor, ceil = np.abs, _quiet(np.sign), np.floor, np.ceil
maximum, minimum = _quiet(np.maximum), _quiet(np.minimum)
equal, not_equal = np.equal, np.not_equal
less, less_equal, greater, greater_equal = np.less, np.less_equal, np.greater, np.greater_equal
logical_and, logical_or, zeros_like = np.logical_and, np.logical_or, np.zeros_like
bitwise_and, bitwise_or, bitwise_xor, invert = (
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert
)  # fmt: skip
erf, erfc = special.erf, special.erfc
ones_like = np.ones_like

# words about shapes and sums, which rules of `structural.py` use
reduce_sum, reduce_prod = _quiet(shapes.reduce_sum), _quiet(shapes.reduce_prod)
reduce_max, reduce_min = _quiet(shapes.reduce_max), _quiet(shapes.reduce_min)
products_of_others, cumsum = _quiet(shapes.products_of_others), _quiet(shapes.cumsum)
norm, reduce_logsumexp = _quiet(shapes.norm), _quiet(shapes.reduce_logsumexp)
cross_entropy = _quiet(shapes.cross_entropy)
cross_entropy_slope = _quiet(shapes.cross_entropy_slope)
one_hot = shapes.one_hot
weight_slope, relu = _quiet(shapes.weight_slope), _quiet(shapes.relu)
masked = shapes.masked
matmul, affine, einsum = _quiet(shapes.matmul), _quiet(shapes.affine), _quiet(shapes.einsum)
broadcast_to, reshape, transpose = shapes.broadcast_to, shapes.reshape, shapes.transpose
spread = shapes.spread
flip, roll, pad, astype = shapes.flip, shapes.roll, shapes.pad, _quiet(shapes.astype)
getitem, scatter, replaced = shapes.getitem, _quiet(shapes.scatter), shapes.replaced
concatenate = shapes.concatenate
conv2d, conv2d_input = _quiet(windows.conv2d), _quiet(windows.conv2d_input)
conv2d_weight, max_pool2d = _quiet(windows.conv2d_weight), _quiet(windows.max_pool2d)
window_pool, window_unpool = _quiet(windows.window_pool), _quiet(windows.window_unpool)
ties = windows.ties


def where(condition: Array, a: Array, b: Array) -> Array:
    """Return a where the condition holds, else b: np.where, but for one that is the number 0.0.

    There the bits of the other are masked, which takes a sixth of the time, as the processor has
    nothing to guess.
    """
    if type(a) is float and a == 0.0 and shapes.maskable(b, condition):
        return shapes.masked(b, condition, keep=False)
    if type(b) is float and b == 0.0 and shapes.maskable(a, condition):
        return shapes.masked(a, condition, keep=True)
    return np.where(condition, a, b)


@_quiet
def clip(x: Array, low: Array, high: Array) -> Array:
    """Return x kept within [low, high]; unlike np.clip a number x takes the bounds' type."""
    return np.minimum(np.maximum(x, low), high)


@_quiet
def sigmoid(x: Array) -> Array:
    """Return 1/(1 + e⁻ˣ), in the branch where the exponential is at most 1."""
    e = np.exp(-np.abs(x))
    return np.where(np.less(x, 0.0), e, 1.0) / (1.0 + e)


@_quiet
def xlogy(x: Array, y: Array) -> Array:
    """Return x·log y, and 0 where x is 0 (unless y is nan)."""
    if type(y) is float and np.result_type(x, y).kind == "f":
        y = np.asarray(y, np.result_type(x, y))  # else the logarithm of a number is a float64
    zero = np.logical_and(np.equal(x, 0.0), np.equal(y, y))
    return np.where(zero, 0.0, np.multiply(x, np.log(np.where(zero, 1.0, y))))


def evaluate(rule: Callable[..., Any], *args: Array) -> Any:
    """Run a rule on arrays: its operators shall not warn, and numbers take the arrays' type."""
    plain = [type(x) in (float, int) for x in args]
    if any(plain) and not all(plain):
        dtype = np.result_type(0.0, *(x for x, number in zip(args, plain) if not number))
        if dtype.kind == "f":  # not an array of Values
            args = tuple(np.asarray(x, dtype) if number else x for x, number in zip(args, plain))
    before = heard()
    try:
        hush()
        return rule(*args)
    finally:
        unhush(before)


def compute(primitive: Any, one_by_one: Callable[..., Any], *args: Array) -> Any:
    """Compute a primitive on plain arrays of real numbers, or one by one on arrays of Values."""
    given = [np.asarray(x) for x in args]
    if any(x.dtype == object for x in given):
        return np.frompyfunc(one_by_one, len(given), 1)(*given)
    for x in given:
        if x.dtype.kind not in "biuf":
            raise TypeError(
                f"{primitive.name}() got an array of {x.dtype}; expected a Value or real numbers"
            )
    # whole numbers are real numbers too: 1/2 is 0.5, and 100·100 is no small integer
    real = [x.astype(float) if x.dtype.kind in "biu" else x for x in given]
    return primitive.compute(
        _this, *(x if type(x) in (float, int) else r for x, r in zip(args, real))
    )


def sum(*terms: Array) -> Array:
    """Return the sum of arrays, element by element."""
    total: Array = terms[0] if terms else 0.0
    for term in terms[1:]:
        total = add(total, term)
    return total


def dot(*operands: Array) -> Array:
    """Return w₁x₁ + … + wₙxₙ (+ b), element by element, of w₁ … wₙ, x₁ … xₙ (, b)."""
    n = len(operands) // 2
    return sum(*map(multiply, operands[:n], operands[n : 2 * n]), *operands[2 * n :])


def like(g: Array, x: Array) -> Array:
    """Return g with its numbers in the same order of memory as those of x."""
    if g.strides == x.strides:
        return g
    out = np.empty_like(x)
    out[...] = g
    return out


def indices(rows: Any, shape: tuple[int, ...]) -> Array:
    """Return an array of indices, also where there are none."""
    return np.array(rows, int).reshape(shape)


def units(y: Array) -> list[Array]:
    """Return for each element of y an array like y that is 1 there and 0 elsewhere."""
    y = np.asarray(y)
    return [unit.reshape(y.shape) for unit in np.eye(y.size, dtype=y.dtype)]


def filled(x: Array, shape: tuple[int, ...]) -> Array:
    """Return x in a shape, in memory of its own."""
    return np.array(np.broadcast_to(x, shape))


def broadcast_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of two together; that of a where they do not go together."""
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        return a


def all_finite(x: Array) -> bool:
    """Return whether no element is nan or infinite."""
    return bool(np.all(np.isfinite(x)))


def unbroadcast(g: Array, shape: tuple[int, ...]) -> Array:
    """Sum g over the axes along which an operand of this shape was broadcast.

    The cotangent of a broadcast operand: each of its elements was used many times over.
    """
    shape_in_full = (1,) * (g.ndim - len(shape)) + shape
    stretched = tuple(axis for axis, n in enumerate(shape_in_full) if n == 1 != g.shape[axis])
    return g.sum(axis=stretched, keepdims=True).reshape(shape)


# The same words without the care for warnings, for who has hushed NumPy already.
raw = SimpleNamespace(
    **{name: getattr(word, "__wrapped__", word) for name, word in vars().items() if name[0] != "_"}
)
