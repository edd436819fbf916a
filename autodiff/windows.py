"""The array vocabulary's words about images: convolution, and what pools the numbers of a window.

    >>> x, w = np.arange(16.0).reshape(1, 1, 4, 4), np.ones((1, 1, 3, 3))
    >>> conv2d(x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1))
    array([[[[45., 54.],
             [81., 90.]]]])

A batch of images is (n, channels, height, width), as in PyTorch. In memory what comes out of these
words lies by height, channel, width and, innermost, n: then a row of a window, for all images of a
batch, is one piece of memory. `_inner` brings images there, `_outer` gives them their shape again;
neither copies what is there already, and NumPy's operations leave it there.

A convolution copies the windows of some rows of the output into a block that stays in the
processor's cache, where one product of matrices does the rest (im2col, a block at a time).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .shapes import masked

Array = Any
Pair = tuple[int, int]
Ties = tuple[Array, Array, Array, bool]

_BLOCK = 65_536  # numbers of a block: a quarter of a MB in float32, a part of the second cache


def _inner(x: Array, padding: Pair = (0, 0)) -> Array:
    """Return images (n, c, h, w) as they lie in memory, (h, c, w, n), with zeros around them."""
    if padding == (0, 0):
        return np.ascontiguousarray(x.transpose(2, 1, 3, 0))
    (n, c, h, w), (above, left) = x.shape, padding
    padded = np.zeros((h + 2 * above, c, w + 2 * left, n), x.dtype)
    padded[above : above + h, :, left : left + w] = x.transpose(2, 1, 3, 0)
    return padded


def _outer(x: Array) -> Array:
    return x.transpose(3, 1, 0, 2)


def _count(length: int, kernel: int, stride: int, dilation: int = 1) -> int:
    """Return how many windows fit into a length."""
    return (length - dilation * (kernel - 1) - 1) // stride + 1


def _windows(x: Array, kernel: Pair, stride: Pair, dilation: Pair) -> Array:
    """Return a view (oh, kh, c, kw, ow, n) of images (h, c, w, n): all windows of each place."""
    h, c, w, n = x.shape
    oh, ow = (_count(*sizes) for sizes in zip((h, w), kernel, stride, dilation))
    row, channel, column, image = x.strides
    steps = (
        row * stride[0], row * dilation[0], channel, column * dilation[1], column * stride[1], image
    )  # fmt: skip
    view: Array = np.ndarray((oh, kernel[0], c, kernel[1], ow, n), x.dtype, x, 0, steps)
    return view


def _blocks(x: Array, kernel: Pair, stride: Pair, dilation: Pair) -> Iterator[tuple[slice, Array]]:
    """Yield some rows of the output at a time, and their windows, (rows, kh·c·kw, ow·n).

    They are in the same memory each time.
    """
    view = _windows(x, kernel, stride, dilation)
    oh, kh, c, kw, ow, n = view.shape
    rows = max(1, min(oh, _BLOCK // max(1, kh * c * kw * ow * n)))
    block = np.empty((rows, kh, c, kw, ow, n), x.dtype)
    for start in range(0, oh, rows):
        part = slice(start, min(start + rows, oh))
        filled = block[: part.stop - start]
        np.copyto(filled, view[part])
        yield part, filled.reshape(len(filled), kh * c * kw, ow * n)


def _matrix(w: Array) -> Array:
    """Return weights (o, c, kh, kw) as a matrix (o, kh·c·kw)."""
    o, c, kh, kw = w.shape
    return np.ascontiguousarray(w.transpose(0, 2, 1, 3)).reshape(o, kh * c * kw)


def conv2d(x: Array, w: Array, *bias: Array, stride: Pair, padding: Pair, dilation: Pair) -> Array:
    """Return y[n,o,i,j] = Σ w[o,c,a,b] · x[n, c, s·i + d·a - p, s·j + d·b - p] (+ bias[o])."""
    dtype = np.result_type(x, w, *bias)
    x, w = _inner(x.astype(dtype, copy=False), padding), w.astype(dtype, copy=False)
    kernel = w.shape[2:]
    oh, ow = (_count(*z) for z in zip((x.shape[0], x.shape[2]), kernel, stride, dilation))
    o, n = len(w), x.shape[3]
    y = np.empty((oh, o, ow, n), dtype)
    matrix = _matrix(w)
    for part, block in _blocks(x, kernel, stride, dilation):
        rows = y[part]
        np.matmul(matrix, block, out=rows.reshape(len(rows), o, ow * n))
        for b in bias:
            rows += b[:, None, None]  # while they are in the cache
    return _outer(y)


def conv2d_input(
    g: Array, w: Array, *, shape: tuple[int, ...], stride: Pair, padding: Pair, dilation: Pair
) -> Array:
    """Return the cotangent of x, of this shape, in `conv2d`: the transpose of that linear map."""
    g, (n, c, h, width), (above, left) = _inner(g), shape, padding
    (o, _, kh, kw), (oh, _, ow, _) = w.shape, g.shape
    x = np.zeros((h + 2 * above, c, width + 2 * left, n), np.result_type(g, w))
    back = _matrix(w).T
    down, right = dilation[0] * (kh - 1) + 1, stride[1] * (ow - 1) + 1
    for i, row in enumerate(g.reshape(oh, o, ow * n)):
        spread = np.matmul(back, row).reshape(kh, c, kw, ow, n)
        rows = x[i * stride[0] : i * stride[0] + down : dilation[0]]
        for j in range(kw):
            start = j * dilation[1]
            rows[:, :, start : start + right : stride[1]] += spread[:, :, j]
    return _outer(x[above : above + h, :, left : left + width])


def conv2d_weight(
    x: Array, g: Array, *, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair
) -> Array:
    """Return the cotangent of w, of this kernel, in `conv2d`."""
    dtype = np.result_type(x, g)
    x, g = _inner(x.astype(dtype, copy=False), padding), _inner(g.astype(dtype, copy=False))
    o, c, (kh, kw) = g.shape[1], x.shape[1], kernel
    total = np.zeros(
        (kh * c * kw, o), dtype
    )  # and not its transpose, which takes BLAS twice as long
    for part, block in _blocks(x, kernel, stride, dilation):
        for row, window in zip(g[part], block):
            total += np.matmul(window, row.reshape(o, window.shape[1]).T)
    return np.ascontiguousarray(total.reshape(kh, c, kw, o).transpose(3, 1, 0, 2))


# -- pools -----------------------------------------------------------------------------------------


def _parts(x: Array, kernel: Pair, stride: Pair) -> list[Array]:
    """Return for each place in a window a view (oh, c, ow, n) of what stands there in all."""
    h, w = x.shape[0], x.shape[2]
    down, right = (s * (_count(n, k, s) - 1) + 1 for n, k, s in zip((h, w), kernel, stride))
    return [
        x[i : i + down : stride[0], :, j : j + right : stride[1]]
        for i in range(kernel[0])
        for j in range(kernel[1])
    ]


def _pooled(ufunc: Any, x: Array, kernel: Pair, stride: Pair) -> Array:
    """Return what a ufunc makes of each window: of its rows first, then of what is left."""
    (kh, kw), (down, right) = kernel, stride
    for size, step in (((kh, 1), (down, 1)), ((1, kw), (1, right))):
        first, *others = _parts(x, size, step)
        x = ufunc(first, others[0]) if others else first
        for part in others[1:]:
            ufunc(x, part, out=x)
    return np.ascontiguousarray(x) if max(kernel) > 1 else x.copy()


def max_pool2d(x: Array, *, kernel: Pair, stride: Pair) -> Array:
    """Return the largest number of each window."""
    return _outer(_pooled(np.maximum, _inner(x), kernel, stride))


def ties(x: Array, y: Array, *, kernel: Pair, stride: Pair) -> Ties:
    """Return what tells which numbers of a window are its largest, y: x, y, and how many they are.

    In a window with nan these are what is nan. The last part says whether there is such a window.
    """
    x, y = _inner(x), _inner(y)
    total = y.sum()
    nan = total != total and bool(np.isnan(y).any())
    parts = _parts(x, kernel, stride)
    count = np.full(y.shape, len(parts), np.uint8 if len(parts) < 256 else np.uint64)
    for part in parts:
        count -= _below(part, y, nan).view(np.uint8)
    return x, y, count.astype(y.dtype), nan


def _below(part: Array, y: Array, nan: bool) -> Array:
    """Return which numbers are not the largest of their windows."""
    below: Array = np.less(part, y)
    if nan:  # beside which the others count for nothing
        below |= np.isnan(y) & ~np.isnan(part)
    return below


def window_pool(x: Array, *, ties: Ties | None, kernel: Pair, stride: Pair) -> Array:
    """Return the sum of each window; with ties the mean at the places of its largest."""
    x = _inner(x)
    if ties is None:
        return _outer(_pooled(np.add, x, kernel, stride))
    values, largest, count, nan = ties
    y = np.zeros(count.shape, x.dtype)
    for part, value in zip(_parts(x, kernel, stride), _parts(values, kernel, stride)):
        y += masked(part, _below(value, largest, nan), keep=False)
    y /= count
    return _outer(y)


def window_unpool(
    g: Array, *, ties: Ties | None, shape: tuple[int, ...], kernel: Pair, stride: Pair
) -> Array:
    """Return g, one number for each window, where `window_pool` takes it from: its transpose."""
    g, (n, c, h, w) = _inner(g), shape
    x = np.zeros((h, c, w, n), g.dtype)
    parts = _parts(x, kernel, stride)
    if ties is None:
        for part in parts:
            part += g
        return _outer(x)
    values, largest, count, nan = ties
    g = g / count
    alone = kernel[0] <= stride[0] and kernel[1] <= stride[1]  # no two windows meet
    for part, value in zip(parts, _parts(values, kernel, stride)):
        below = _below(value, largest, nan)
        if alone:
            masked(g, below, keep=False, out=part)
        else:
            part += masked(g, below, keep=False)
    return _outer(x)
