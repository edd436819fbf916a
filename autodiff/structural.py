"""The table of rules for arrays: sums, shapes, indices, products of matrices.

    transpose = row(
        "transpose",
        lambda xp, g, y, x, *, axes: xp.transpose(g, axes=inverse(axes)),
        linear=True,
    )

Rules read as in `elementwise.py`; parameters, which need no gradient, come by name. Where a row is
linear in its inputs, its forward mode is itself, on tangents; where it is linear in each of them
alone, the sum over them. The words with a parameter are those of `shapes.py`.
"""

from __future__ import annotations

from .primitive import Primitive

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from typing import Any

    Shape = tuple[int, ...]


TABLE: dict[str, Primitive] = {}


def row(name: str, *vjps: Any, **options: Any) -> Primitive:
    """Enter a primitive in the table."""
    TABLE[name] = Primitive(name, *vjps, home=(__name__, name), **options)
    return TABLE[name]


# -- sums and other reductions ---------------------------------------------------------------------


def _spread(xp: Any, g: Any, x: Any, axis: Shape) -> Any:
    """Return g, of the shape of a reduction of x, as often as it takes to fill the shape of x."""
    return xp.spread(g, shape=x.shape, axis=axis)


def _sum_over(xp: Any, t: Any, axis: Shape, keepdims: bool) -> Any:
    return xp.reduce_sum(t, axis=axis, keepdims=keepdims)


reduce_sum = row(
    "reduce_sum",
    lambda xp, g, y, x, *, axis, keepdims: _spread(xp, g, x, axis),
    linear=True,
)


def _share_of_extreme(xp: Any, y: Any, x: Any, axis: Shape) -> Any:
    """Return 1 at the element that is y, 1/k at each of k ties, 0 elsewhere."""
    ties = xp.equal(x, _spread(xp, y, x, axis))
    ties = xp.where(ties, xp.ones_like(x), xp.zeros_like(x))
    count = xp.reduce_sum(ties, axis=axis, keepdims=True)
    return xp.divide(ties, count)


def _extreme_rule(xp: Any, g: Any, y: Any, x: Any, *, axis: Shape, keepdims: bool) -> Any:
    return _spread(xp, g, x, axis) * _share_of_extreme(xp, y, x, axis)


def _extreme_jvp(
    xp: Any, tangents: list[Any], y: Any, x: Any, *, axis: Shape, keepdims: bool
) -> Any:
    share = _share_of_extreme(xp, y, x, axis)
    return _sum_over(xp, tangents[0] * share, axis, keepdims)


reduce_max = row("reduce_max", _extreme_rule, jvp=_extreme_jvp)
reduce_min = row("reduce_min", _extreme_rule, jvp=_extreme_jvp)


def _others(xp: Any, x: Any, axis: Shape) -> Any:
    (one,) = axis
    return xp.products_of_others(x, axis=one)


# along one axis; `array_functions.prod` makes one of several
reduce_prod = row(
    "reduce_prod",
    lambda xp, g, y, x, *, axis, keepdims: _spread(xp, g, x, axis) * _others(xp, x, axis),
    jvp=lambda xp, ts, y, x, *, axis, keepdims: _sum_over(
        xp, ts[0] * _others(xp, x, axis), axis, keepdims
    ),
)


def _direction(xp: Any, y: Any, x: Any, axis: Shape) -> Any:
    """Return x/y, and 0 where y is 0: the slope of a norm there of least norm itself."""
    length = _spread(xp, y, x, axis)
    return xp.divide(x, xp.where(xp.equal(length, 0.0), 1.0, length))


norm = row(
    "norm",
    lambda xp, g, y, x, *, axis, keepdims: _spread(xp, g, x, axis) * _direction(xp, y, x, axis),
    jvp=lambda xp, ts, y, x, *, axis, keepdims: _sum_over(
        xp, ts[0] * _direction(xp, y, x, axis), axis, keepdims
    ),
)


def _softmax(xp: Any, y: Any, x: Any, axis: Shape) -> Any:
    return xp.exp(x - _spread(xp, y, x, axis))


reduce_logsumexp = row(
    "reduce_logsumexp",
    lambda xp, g, y, x, *, axis, keepdims: _spread(xp, g, x, axis) * _softmax(xp, y, x, axis),
    jvp=lambda xp, ts, y, x, *, axis, keepdims: _sum_over(
        xp, ts[0] * _softmax(xp, y, x, axis), axis, keepdims
    ),
)


# `nn.cross_entropy` of a batch as one node; the target is an ndarray of classes or probabilities,
# and `kept` a dict, empty at first, for what value and slope have in common
cross_entropy = row(
    "cross_entropy",
    lambda xp, g, y, z, *, target, kept: g * xp.cross_entropy_slope(z, target=target, kept=kept),
    jvp=lambda xp, ts, y, z, *, target, kept: xp.reduce_sum(
        ts[0] * xp.cross_entropy_slope(z, target=target, kept=kept), axis=(0, 1), keepdims=False
    ),
)
cumsum = row(
    "cumsum",
    lambda xp, g, y, x, *, axis: xp.flip(
        xp.cumsum(xp.flip(g, axis=(axis,)), axis=axis), axis=(axis,)
    ),
    linear=True,
)

# -- shapes ----------------------------------------------------------------------------------------


def added_up(xp: Any, g: Any, shape: Shape) -> Any:
    """Return the sum of g over the axes along which an operand of this shape was broadcast."""
    full = (1,) * (len(g.shape) - len(shape)) + tuple(shape)
    stretched = tuple(i for i, n in enumerate(full) if n == 1 != g.shape[i])
    if stretched:
        g = xp.reduce_sum(g, axis=stretched, keepdims=True)
    return g if g.shape == tuple(shape) else xp.reshape(g, shape=tuple(shape))


broadcast_to = row(
    "broadcast_to", lambda xp, g, y, x, *, shape: added_up(xp, g, x.shape), linear=True
)
reshape = row("reshape", lambda xp, g, y, x, *, shape: xp.reshape(g, shape=x.shape), linear=True)


def inverse(axes: Shape) -> Shape:
    """Return the permutation that undoes another."""
    back = [0] * len(axes)
    for i, axis in enumerate(axes):
        back[axis] = i
    return tuple(back)


transpose = row(
    "transpose", lambda xp, g, y, x, *, axes: xp.transpose(g, axes=inverse(axes)), linear=True
)
flip = row("flip", lambda xp, g, y, x, *, axis: xp.flip(g, axis=axis), linear=True)
roll = row(
    "roll",
    lambda xp, g, y, x, *, shift, axis: xp.roll(g, shift=tuple(-s for s in shift), axis=axis),
    linear=True,
)


def _inside(widths: tuple[Shape, ...], shape: Shape) -> tuple[slice, ...]:
    return tuple(slice(before, before + n) for (before, _), n in zip(widths, shape))


pad = row(
    "pad",
    lambda xp, g, y, x, *, widths: xp.getitem(g, index=_inside(widths, x.shape)),
    linear=True,
)
astype = row("astype", lambda xp, g, y, x, *, dtype: xp.astype(g, dtype=x.dtype), linear=True)

# -- parts and wholes ------------------------------------------------------------------------------

getitem = row(
    "getitem",
    lambda xp, g, y, x, *, index: xp.scatter(g, index=index, shape=x.shape),
    linear=True,
)
scatter = row(
    "scatter", lambda xp, g, y, x, *, index, shape: xp.getitem(g, index=index), linear=True
)
replaced = row(
    "replaced",
    lambda xp, g, y, x, values, *, index: xp.replaced(
        g, xp.zeros_like(xp.getitem(g, index=index)), index=index
    ),
    lambda xp, g, y, x, values, *, index: xp.getitem(g, index=index),
    linear=True,
)


def _pieces(xp: Any, needed: list[bool], g: Any, y: Any, *xs: Any, axis: int) -> list[Any]:
    pieces, start = [], 0
    for x, need in zip(xs, needed):
        stop = start + x.shape[axis]
        index = (slice(None),) * axis + (slice(start, stop),)
        pieces.append(xp.getitem(g, index=index) if need else None)
        start = stop
    return pieces


concatenate = row("concatenate", joint=_pieces, linear=True)

# -- products of matrices --------------------------------------------------------------------------


def _swapped(xp: Any, x: Any) -> Any:
    n = len(x.shape)
    return xp.transpose(x, axes=(*range(n - 2), n - 1, n - 2))


# of operands of two axes or more, broadcast over all but the last two
matmul = row(
    "matmul",
    lambda xp, g, y, a, b: added_up(xp, xp.matmul(g, _swapped(xp, b)), a.shape),
    lambda xp, g, y, a, b: added_up(xp, xp.matmul(_swapped(xp, a), g), b.shape),
    multilinear=True,
)


def _affine_joint(xp: Any, needed: list[bool], g: Any, y: Any, *operands: Any) -> list[Any]:
    """Return the cotangents of x (n, nin), w (nout, nin) and perhaps a bias (nout) in x·wᵀ + b."""
    x, w = operands[:2]
    shares = [
        xp.matmul(g, w) if needed[0] else None,
        xp.weight_slope(g, x, w) if needed[1] else None,
    ]
    if len(operands) == 3:
        shares.append(xp.reduce_sum(g, axis=(0,), keepdims=False) if needed[2] else None)
    return shares


def _affine_jvp(xp: Any, tangents: list[Any], y: Any, *operands: Any) -> Any:
    x, w = operands[:2]
    terms = []
    if tangents[0] is not None:
        terms.append(xp.affine(tangents[0], w))
    if tangents[1] is not None:
        terms.append(xp.affine(x, tangents[1]))
    if len(tangents) == 3 and tangents[2] is not None:
        terms.append(xp.broadcast_to(tangents[2], shape=y.shape))
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


affine = row("affine", joint=_affine_joint, jvp=_affine_jvp)


def _einsum_joint(
    xp: Any, needed: list[bool], g: Any, y: Any, *operands: Any, subscripts: str
) -> list[Any]:
    """Swap the output with each operand: its cotangent is a sum of products as well.

    An index of an operand that occurs nowhere else was summed over by itself: there g is spread.
    """
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    shares: list[Any] = []
    for i, (term, need) in enumerate(zip(terms, needed)):
        if not need:
            shares.append(None)
            continue
        others = [output, *(t for j, t in enumerate(terms) if j != i)]
        known = "".join(c for c in term if any(c in t for t in others))
        arrays = [g, *(x for j, x in enumerate(operands) if j != i)]
        share = xp.einsum(*arrays, subscripts=f"{','.join(others)}->{known}")
        if known != term:
            sizes = dict(zip(term, operands[i].shape))
            share = xp.reshape(share, shape=tuple(sizes[c] if c in known else 1 for c in term))
            share = xp.broadcast_to(share, shape=operands[i].shape)
        shares.append(share)
    return shares


def _einsum_jvp(xp: Any, tangents: list[Any], y: Any, *operands: Any, subscripts: str) -> Any:
    total = None
    for i, t in enumerate(tangents):
        if t is not None:
            moved = (*operands[:i], t, *operands[i + 1 :])
            term = xp.einsum(*moved, subscripts=subscripts)
            total = term if total is None else total + term
    return total


# of terms in which no index occurs twice; `array_functions.einsum` takes diagonals first
einsum = row("einsum", joint=_einsum_joint, jvp=_einsum_jvp)

# -- images (`windows.py`) -------------------------------------------------------------------------


def _conv_joint(xp: Any, needed: list[bool], g: Any, y: Any, *operands: Any, **how: Any) -> Any:
    """Return the cotangents of images x, weights w and perhaps a bias."""
    x, w = operands[:2]
    shares = [
        xp.conv2d_input(g, w, shape=x.shape, **how) if needed[0] else None,
        xp.conv2d_weight(x, g, kernel=w.shape[2:], **how) if needed[1] else None,
    ]
    if len(operands) == 3:
        shares.append(xp.reduce_sum(g, axis=(0, 2, 3), keepdims=False) if needed[2] else None)
    return shares


def _conv_jvp(xp: Any, tangents: list[Any], y: Any, *operands: Any, **how: Any) -> Any:
    x, w = operands[:2]
    terms = []
    if tangents[0] is not None:
        terms.append(xp.conv2d(tangents[0], w, **how))
    if tangents[1] is not None:
        terms.append(xp.conv2d(x, tangents[1], **how))
    if len(tangents) == 3 and tangents[2] is not None:
        column = xp.reshape(tangents[2], shape=(y.shape[1], 1, 1))
        terms.append(xp.broadcast_to(column, shape=y.shape))
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


conv2d = row("conv2d", joint=_conv_joint, jvp=_conv_jvp)
# The three are each other's derivatives: of y = conv2d(x, w), of what gives x from y and w, and of
# what gives w from x and y.
conv2d_input = row(
    "conv2d_input",
    lambda xp, x, y, g, w, *, shape, **how: xp.conv2d(x, w, **how),
    lambda xp, x, y, g, w, *, shape, **how: xp.conv2d_weight(x, g, kernel=w.shape[2:], **how),
    multilinear=True,
)
conv2d_weight = row(
    "conv2d_weight",
    lambda xp, w, y, x, g, *, kernel, **how: xp.conv2d_input(g, w, shape=x.shape, **how),
    lambda xp, w, y, x, g, *, kernel, **how: xp.conv2d(x, w, **how),
    multilinear=True,
)
max_pool2d = row(
    "max_pool2d",
    lambda xp, g, y, x, **how: xp.window_unpool(g, ties=xp.ties(x, y, **how), shape=x.shape, **how),
    jvp=lambda xp, ts, y, x, **how: xp.window_pool(ts[0], ties=xp.ties(x, y, **how), **how),
)
# the sum of each window, or of what is largest there, and the way back; `ties` are ndarrays
window_pool = row(
    "window_pool",
    lambda xp, g, y, x, **how: xp.window_unpool(g, shape=x.shape, **how),
    linear=True,
)
window_unpool = row(
    "window_unpool",
    lambda xp, x, y, g, *, shape, **how: xp.window_pool(x, **how),
    linear=True,
)
