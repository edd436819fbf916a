"""The array vocabulary's words about shapes and sums: NumPy with its parameters made plain.

    >>> reduce_sum(np.ones((2, 3)), axis=(0,), keepdims=False)
    array([2., 2., 2.])

Rules of `structural.py` are written in these words. Axes are tuples of numbers from 0, shapes are
tuples: `array_functions.py`, which users call, makes them so. A word with a parameter takes it by
name.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any
_add, _multiply, _maximum, _minimum = (
    np.add.reduce, np.multiply.reduce, np.maximum.reduce, np.minimum.reduce
)  # type: Any, Any, Any, Any  # fmt: skip
Shape = tuple[int, ...]


def reduce_sum(x: Array, *, axis: Shape, keepdims: bool, out: Array | None = None) -> Array:
    return _add(x, axis=axis, keepdims=keepdims, out=out)


def reduce_max(x: Array, *, axis: Shape, keepdims: bool, out: Array | None = None) -> Array:
    return _maximum(x, axis=axis, keepdims=keepdims, out=out)


def reduce_min(x: Array, *, axis: Shape, keepdims: bool, out: Array | None = None) -> Array:
    return _minimum(x, axis=axis, keepdims=keepdims, out=out)


def reduce_prod(x: Array, *, axis: Shape, keepdims: bool, out: Array | None = None) -> Array:
    return _multiply(x, axis=axis, keepdims=keepdims, out=out)


def products_of_others(x: Array, *, axis: int) -> Array:
    """Return for each element the product of the others along an axis, exact with zeros.

    It is the product of those before it times that of those after it.
    """
    x = np.moveaxis(np.asarray(x), axis, -1)
    ones = np.ones_like(x[..., :1])
    before = np.cumprod(np.concatenate([ones, x[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ones, x[..., :0:-1]], -1), -1)[..., ::-1]
    return np.moveaxis(before * after, -1, axis)


def norm(x: Array, *, axis: Shape, keepdims: bool) -> Array:
    return np.sqrt(_add(np.square(x), axis=axis, keepdims=keepdims))


def reduce_logsumexp(x: Array, *, axis: Shape, keepdims: bool) -> Array:
    """Return log Σ eˣ along the axes, with the largest shifted to 0."""
    largest = _maximum(x, axis=axis, keepdims=True)
    shift = np.where(np.isfinite(largest), largest, np.zeros_like(largest))
    total = np.log(_add(np.exp(x - shift), axis=axis, keepdims=True)) + shift
    return total if keepdims else np.squeeze(total, axis)


def cross_entropy(z: Array, *, target: Array, kept: dict[str, Array]) -> Array:
    """Return the mean over rows z of log Σ eᶻ - z_t for a class t each, or of Σ tᵢ(log Σ eᶻ - zᵢ).

    What its slope has in common with it goes into `kept`.
    """
    # along columns, as NumPy takes a short row one number at a time
    shifted = z - _maximum(z.T.copy(), axis=0)[:, None]
    total = _cross_entropy(shifted, target, kept)
    if total != total:  # it may be that the largest was infinite, which then stays where it is
        largest = _maximum(z, axis=1, keepdims=True)
        shifted = z - np.where(np.isfinite(largest), largest, np.zeros_like(largest))
        total = _cross_entropy(shifted, target, kept)
    if total != total and target.ndim == 2:  # 0 · ∞ is 0 here: what cannot happen costs nothing
        log_total = np.log(_row_sums(np.exp(shifted)))
        terms = target * (log_total - shifted)
        total = np.where((target == 0.0) & ~np.isnan(log_total), 0.0, terms).sum()
    return np.asarray(total / len(z) if len(z) else np.nan, z.dtype)


def _cross_entropy(shifted: Array, target: Array, kept: dict[str, Array]) -> Any:
    softmax = np.exp(shifted, order="C")  # row by row, so that the slope has a flat view
    sums = _row_sums(softmax)
    softmax /= sums
    kept["softmax"] = softmax
    log_total = np.log(sums)
    if target.ndim == 2:
        return np.vdot(target, log_total - shifted)
    n, k = shifted.shape
    kept["places"] = places = np.arange(0, n * k, k) + target
    return _add(log_total, axis=None) - _add(shifted.reshape(-1).take(places))


def cross_entropy_slope(z: Array, *, target: Array, kept: dict[str, Array]) -> Array:
    """Return (softmax(z)·Σt - t)/n, the slope of `cross_entropy`, from what that has kept."""
    part = 1.0 / max(1, len(z))
    if target.ndim == 2:
        slope = kept["softmax"] * _row_sums(target)
        slope -= target
        slope *= part
        return slope
    slope = kept["softmax"] * part
    flat, places = slope.reshape(-1), kept["places"]
    flat[places] = flat.take(places) - part
    return slope


def one_hot(target: Array, like: Array) -> Array:
    """Return classes as rows of probabilities, of the shape and dtype of the scores."""
    rows = np.zeros(like.shape, like.dtype)
    rows[np.arange(len(target)), target] = 1.0
    return rows


def _row_sums(z: Array) -> Array:
    return _add(z, axis=1, keepdims=True)


def broadcast_to(x: Array, *, shape: Shape) -> Array:
    return np.broadcast_to(x, shape)


def spread(g: Array, *, shape: Shape, axis: Shape) -> Array:
    """Return g, of the shape of a reduction along axes, as often as fills a shape: mostly a view.

    It is reshape and broadcast_to in a fifth of their time: along the axes a step takes no bytes.
    """
    if len(axis) == len(shape) and math.prod(shape) < 4096:  # one number: filling in is faster yet
        full: Array = np.empty(shape, g.dtype)
        full.fill(g.item())
        return full
    g = np.asarray(g)
    steps = iter(g.strides)
    keeps = g.ndim == len(shape)
    strides = []
    for i in range(len(shape)):
        step = next(steps) if keeps or i not in axis else 0
        strides.append(0 if i in axis else step)
    if not g.flags.c_contiguous or not g.size:
        kept = tuple(1 if i in axis else n for i, n in enumerate(shape))
        return np.broadcast_to(g.reshape(kept), shape)
    view: Array = np.ndarray(shape, g.dtype, g, 0, tuple(strides))
    view.flags.writeable = False
    return view


def reshape(x: Array, *, shape: Shape) -> Array:
    return np.reshape(x, shape)


def transpose(x: Array, *, axes: Shape) -> Array:
    return np.transpose(x, axes)


def flip(x: Array, *, axis: Shape) -> Array:
    return np.flip(x, axis)


def roll(x: Array, *, shift: Shape, axis: Shape) -> Array:
    return np.roll(x, shift, axis)


def cumsum(x: Array, *, axis: int) -> Array:
    return np.cumsum(x, axis)


def pad(x: Array, *, widths: tuple[Shape, ...]) -> Array:
    return np.pad(x, widths)


def getitem(x: Array, *, index: Any) -> Array:
    return x[index]


def scatter(g: Array, *, index: Any, shape: Shape) -> Array:
    """Return zeros of a shape with g added at an index: the transpose of `getitem` there."""
    g = np.asarray(g)
    out = np.zeros(shape, g.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if all(part is None or part is Ellipsis or isinstance(part, (int, slice)) for part in parts):
        out[index] = g  # each place once
    else:
        np.add.at(out, index, g)
    return out


def replaced(x: Array, values: Array, *, index: Any) -> Array:
    """Return a copy of x with values at an index."""
    out = np.array(x, dtype=np.result_type(x, values))
    out[index] = values
    return out


def concatenate(*xs: Array, axis: int) -> Array:
    return np.concatenate(xs, axis)


def matmul(a: Array, b: Array, *, out: Array | None = None) -> Array:
    return np.matmul(a, b, out=out)


def einsum(*operands: Array, subscripts: str) -> Array:
    return np.einsum(subscripts, *operands, optimize=len(operands) > 2)


def affine(x: Array, w: Array, *bias: Array, out: Array | None = None) -> Array:
    """Return x·Wᵀ (+ bias)."""
    y = np.matmul(x, w.T, out=out)
    for b in bias:
        y += b
    return y


def weight_slope(g: Array, x: Array, w: Array, *, out: Array | None = None) -> Array:
    """Return gᵀ·x, the cotangent of w in x·wᵀ, in the order of memory that w has."""
    if out is None and not w.flags.c_contiguous and g.dtype == x.dtype:
        out = np.empty(w.shape, g.dtype, "F")
    return np.matmul(g.T, x, out=out)


def relu(x: Array, *, out: Array | None = None) -> Array:
    """Return max(0, x): 0.0 also for -0.0, nan for nan."""
    y = np.maximum(x, 0.0, out=out)
    y += 0.0
    return y


_BITS = {np.dtype(np.float32): np.uint32, np.dtype(np.float64): np.uint64}


def maskable(x: Array, condition: Array) -> bool:
    """Return whether `masked` does it: arrays of one shape, of float32 or float64, and of bool."""
    if type(x) is not np.ndarray or type(condition) is not np.ndarray or not x.ndim:
        return False
    return condition.dtype == bool and condition.shape == x.shape and x.dtype in _BITS


def masked(x: Array, condition: Array, *, keep: bool, out: Array | None = None) -> Array:
    """Return x with 0.0 where the condition is not `keep`."""
    bits = _BITS.get(x.dtype)
    if bits is None:
        chosen: Array = np.where(condition if keep else ~condition, x, np.zeros((), x.dtype))
        if out is not None:
            out[...] = chosen
        return chosen
    mask = np.empty(x.shape, bits) if out is None or out is x else out.view(bits)
    np.copyto(mask, condition)
    if keep:
        np.negative(mask, out=mask)  # all ones where it was 1
    else:
        np.subtract(mask, 1, out=mask)
    out = mask if out is None else out.view(bits)
    np.bitwise_and(mask, x.view(bits), out=out)
    return out.view(x.dtype)


def astype(x: Array, *, dtype: Any) -> Array:
    return np.asarray(x).astype(dtype)
