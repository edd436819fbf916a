"""The rows for arrays, and the functions made of them: both modes, two orders, both precisions.

Each case is a function of arrays. Reverse and forward mode must agree with differences along a
random direction, and the second derivatives with each other and with differences of the first.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import autodiff
from autodiff import Tensor, functions, grad, hvp, jvp, vjp
from autodiff import array_functions as af
from autodiff.structural import TABLE
from autodiff.sweep import pullback

near = pytest.approx


def draw(*shape, seed=0, positive=False):
    x = np.asarray(np.random.default_rng((seed, *shape)).normal(size=shape))
    return np.abs(x) + 0.5 if positive else x


ROWS = np.array([[2, 0, 2], [1, 1, 0]])
MASK = np.array([[True, False, True], [False, True, True]])

HOW = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 1)}


def convolved(**how):
    return lambda x, w, b=None: autodiff.conv2d(x, w, b, **how)


# name -> (function, arguments); names that are rows of the table say so by it
CASES = {
    "reduce_sum": (lambda x: af.sum(x, axis=(0, 2)), [draw(2, 3, 4)]),
    "sum keepdims": (lambda x: af.sum(x, axis=1, keepdims=True), [draw(2, 3)]),
    "sum of all": (lambda x: af.sum(x), [draw(2, 3)]),
    "sum of no axes": (lambda x: af.sum(x), [draw()]),
    "mean": (lambda x: af.mean(x, axis=-1), [draw(2, 3)]),
    "var": (lambda x: af.var(x, axis=0, ddof=1), [draw(4, 3)]),
    "std": (lambda x: af.std(x, axis=0), [draw(4, 3)]),
    "reduce_prod": (lambda x: af.prod(x, axis=1), [draw(2, 4)]),
    "prod of all": (lambda x: af.prod(x, keepdims=True), [draw(2, 3)]),
    "reduce_max": (lambda x: af.max(x, axis=1), [draw(3, 4)]),
    "max of all": (lambda x: af.max(x, keepdims=True), [draw(3, 4)]),
    "reduce_min": (lambda x: af.min(x, axis=(0, 1)), [draw(3, 4, 2)]),
    "norm": (lambda x: af.norm(x, axis=1), [draw(3, 4)]),
    "norm 1": (lambda x: af.norm(x, 1, axis=1), [draw(3, 4)]),
    "norm inf": (lambda x: af.norm(x, math.inf, axis=0), [draw(3, 4)]),
    "reduce_logsumexp": (lambda x: af.logsumexp(x, axis=1), [draw(3, 4)]),
    "cross_entropy": (
        lambda z: functions.cross_entropy(
            z, target=np.float32(np.eye(4)[[2, 0, 1]] * 0.7 + 0.1), kept={}
        ),
        [draw(3, 4)],
    ),
    "logsumexp of all": (lambda x: af.logsumexp(x, keepdims=True), [draw(3, 4)]),
    "softmax": (lambda x: af.softmax(x), [draw(3, 4)]),
    "log_softmax": (lambda x: af.log_softmax(x, axis=0), [draw(3, 4)]),
    "cumsum": (lambda x: af.cumsum(x, axis=1), [draw(3, 4)]),
    "cumsum of all": (lambda x: af.cumsum(x), [draw(3, 4)]),
    "broadcast_to": (lambda x: af.broadcast_to(x, (2, 3, 4)), [draw(3, 1)]),
    "reshape": (lambda x: af.reshape(x, (3, -1)), [draw(2, 6)]),
    "ravel": (lambda x: af.ravel(x), [draw(2, 3)]),
    "flatten": (lambda x: af.flatten(x, 1), [draw(2, 3, 2)]),
    "transpose": (lambda x: af.transpose(x, (2, 0, 1)), [draw(2, 3, 4)]),
    "moveaxis": (lambda x: af.moveaxis(x, 0, -1), [draw(2, 3, 4)]),
    "swapaxes": (lambda x: af.swapaxes(x, 0, 2), [draw(2, 3, 4)]),
    "squeeze": (lambda x: af.squeeze(x), [draw(1, 3, 1)]),
    "expand_dims": (lambda x: af.expand_dims(x, (0, -1)), [draw(3)]),
    "flip": (lambda x: af.flip(x, axis=1), [draw(2, 3)]),
    "roll": (lambda x: af.roll(x, (1, -2), axis=(0, 1)), [draw(3, 4)]),
    "roll of all": (lambda x: af.roll(x, 2), [draw(3, 4)]),
    "pad": (lambda x: af.pad(x, [(1, 0), (2, 3)]), [draw(2, 3)]),
    "astype": (lambda x: af.astype(x, np.float64) * 2.0, [draw(2, 3)]),
    "getitem": (lambda x: x[1:, ::-2], [draw(3, 4)]),
    "getitem of integers": (lambda x: x[1, -1], [draw(3, 4)]),
    "getitem of an ellipsis and a new axis": (lambda x: x[..., None, 0], [draw(3, 4)]),
    "getitem of index arrays that repeat": (lambda x: x[ROWS], [draw(3, 4)]),
    "getitem of two index arrays": (lambda x: x[ROWS, 1:], [draw(3, 4)]),
    "getitem of a mask": (lambda x: x[MASK], [draw(2, 3)]),
    "scatter": (lambda x: functions.scatter(x, index=ROWS, shape=(3,)), [draw(2, 3)]),
    "replaced": (lambda x, v: af.set(x, (slice(None), 1), v), [draw(2, 3), draw(2)]),
    "set of one number": (lambda x, v: af.set(x, MASK, v), [draw(2, 3), draw()]),
    "take": (lambda x: af.take(x, ROWS, axis=1), [draw(2, 3)]),
    "take_along_axis": (lambda x: af.take_along_axis(x, ROWS, axis=1), [draw(2, 3)]),
    "sort": (lambda x: af.sort(x, axis=0), [draw(4, 3)]),
    "repeat": (lambda x: af.repeat(x, 3, axis=1), [draw(2, 3)]),
    "repeat of all": (lambda x: af.repeat(x, 2), [draw(2, 3)]),
    "tile": (lambda x: af.tile(x, (2, 1, 3)), [draw(2, 3)]),
    "concatenate": (lambda a, b: af.concatenate([a, b, a], axis=1), [draw(2, 3), draw(2, 1)]),
    "concatenate flat": (lambda a, b: af.concatenate([a, b], axis=None), [draw(2, 3), draw(2)]),
    "stack": (lambda a, b: af.stack([a, b], axis=1), [draw(2, 3), draw(2, 3, seed=1)]),
    "split": (lambda x: af.split(x, 3, axis=1)[1] * 2.0, [draw(2, 6)]),
    "split at places": (lambda x: af.split(x, [1, 4])[1] ** 2, [draw(6, 2)]),
    "diag": (lambda x: af.diag(x), [draw(3)]),
    "diagonal": (lambda x: af.diag(x), [draw(3, 4)]),
    "trace": (lambda x: af.trace(x), [draw(3, 3)]),
    "tril": (lambda x: af.tril(x, -1), [draw(3, 3)]),
    "triu": (lambda x: af.triu(x, 1), [draw(2, 3, 3)]),
    "matmul": (lambda a, b: a @ b, [draw(3, 4), draw(4, 2)]),
    "matmul in batches": (lambda a, b: a @ b, [draw(2, 1, 3, 4), draw(5, 4, 2)]),
    "matmul of a row": (lambda a, b: a @ b, [draw(4), draw(4, 2)]),
    "matmul of a column": (lambda a, b: a @ b, [draw(2, 3, 4), draw(4)]),
    "matmul of two vectors": (lambda a, b: a @ b, [draw(4), draw(4, seed=1)]),
    "outer": (lambda a, b: af.outer(a, b), [draw(3), draw(4)]),
    "affine": (functions.affine, [draw(5, 3), draw(4, 3), draw(4)]),
    "affine without a bias": (functions.affine, [draw(5, 3), draw(4, 3)]),
    "einsum": (lambda a, b: af.einsum("ij,jk->ik", a, b), [draw(3, 4), draw(4, 2)]),
    "einsum of three": (
        lambda a, b, c: af.einsum("ij,jk,k->i", a, b, c),
        [draw(3, 4), draw(4, 2), draw(2)],
    ),
    "einsum that sums an index alone": (
        lambda a, b: af.einsum("ij,k->k", a, b),
        [draw(2, 3), draw(4)],
    ),
    "einsum of stacks of matrices": (
        lambda a, b: af.einsum("...ij,...jk", a, b),
        [draw(2, 1, 3, 4), draw(5, 4, 2)],
    ),
    "einsum with an ellipsis at the end": (
        lambda a, b: af.einsum("i...,i...->...", a, b),
        [draw(3, 2, 1), draw(3, 1)],
    ),
    "einsum of a diagonal": (lambda a: af.einsum("iji->j", a), [draw(3, 2, 3)]),
    "einsum without an arrow": (lambda a, b: af.einsum("ba,b", a, b), [draw(3, 2), draw(3)]),
    "broadcast +": (lambda a, b: a + b * a, [draw(2, 3), draw(3, 1, 1)]),
    "broadcast /": (lambda a, b: b / a - a, [draw(2, 3, positive=True), draw(1)]),
    "where": (lambda a, b: functions.where(MASK, a, b), [draw(2, 3), draw(3)]),
    "maximum": (lambda a, b: functions.maximum(a, b), [draw(2, 3), draw(3)]),
    "power": (lambda a, b: a**b, [draw(2, 3, positive=True), draw(3)]),
    "conv2d": (convolved(), [draw(2, 3, 5, 6), draw(2, 3, 3, 2), draw(2)]),
    "conv2d without a bias": (convolved(padding=1), [draw(2, 1, 3, 4), draw(2, 1, 3, 3)]),
    "conv2d with everything": (
        convolved(stride=(2, 1), padding=(1, 2), dilation=(1, 2)),
        [draw(2, 2, 6, 5), draw(3, 2, 3, 2), draw(3)],
    ),
    "conv2d_input": (
        lambda g, w: functions.conv2d_input(g, w, shape=(2, 3, 6, 4), **HOW),
        [draw(2, 2, 3, 3), draw(2, 3, 3, 2)],
    ),
    "conv2d_weight": (
        lambda x, g: functions.conv2d_weight(x, g, kernel=(3, 2), **HOW),
        [draw(2, 3, 6, 4), draw(2, 2, 3, 3)],
    ),
    "max_pool2d": (lambda x: autodiff.max_pool2d(x, 2), [draw(2, 2, 5, 4)]),
    "max_pool2d of windows that meet": (
        lambda x: autodiff.max_pool2d(x, (3, 2), stride=(2, 1), padding=1),
        [draw(2, 2, 4, 5)],
    ),
    "avg_pool2d": (
        lambda x: autodiff.avg_pool2d(x, 3, stride=2, padding=1),
        [draw(2, 2, 5, 4)],
    ),
    "window_pool": (
        lambda x: functions.window_pool(x, ties=None, kernel=(2, 3), stride=(1, 2)),
        [draw(2, 2, 4, 5)],
    ),
    "window_unpool": (
        lambda g: functions.window_unpool(
            g, ties=None, shape=(2, 2, 4, 6), kernel=(2, 3), stride=(1, 2)
        ),
        [draw(2, 2, 3, 2)],
    ),
    "a small network": (
        lambda x, w, b: af.log_softmax(functions.tanh(x @ w + b)),
        [draw(5, 3), draw(3, 4), draw(4)],
    ),
}


def weighed(f):
    """Return a function that gives one number, in which each of f's weighs differently."""

    def one(*args):
        y = f(*args)
        shape = getattr(y, "shape", ())
        weights = np.cos(np.arange(1.0, 1.0 + math.prod(shape))).reshape(shape)
        return af.sum(functions.sin(y) * weights)

    return one


def slope(f, args, direction, h=1e-4):
    """Return the slope of f along a direction, by differences extrapolated to h = 0."""

    def central(h):
        moved = [[np.asarray(x + s * h * d) for x, d in zip(args, direction)] for s in (1, -1)]
        ends = [f(*xs) for xs in moved]
        return (ends[0] - ends[1]) / (2 * h)

    return (4 * central(h / 2) - central(h)) / 3


def numbers(f):
    return lambda *args: np.asarray(f(*map(Tensor, args)).data)


def product(a, b):
    return sum(float((x * y).sum()) for x, y in zip(a, b))


def test_every_row_is_tried():
    assert set(CASES) >= set(TABLE)


@pytest.mark.parametrize("name", CASES)
def test_a_function_of_arrays_is_true_in_both_modes_and_orders(name):
    f, args = CASES[name]
    loss = weighed(f)
    argnums = tuple(range(len(args)))
    direction = [draw(*x.shape, seed=7 + i) for i, x in enumerate(args)]
    expected = slope(numbers(loss), args, direction)
    gradient = grad(loss, argnums)(*args)
    assert [g.shape for g in map(np.asarray, gradient)] == [x.shape for x in args]
    assert product(map(np.asarray, gradient), direction) == near(expected, rel=1e-7, abs=1e-9)
    assert jvp(loss, args, direction)[1] == near(expected, rel=1e-7, abs=1e-9)

    def along(*args):
        parts = grad(loss, argnums)(*args)
        return sum(
            (af.sum(g * d) if d.shape else g * float(d) for g, d in zip(parts, direction)), 0.0
        )

    second = slope(lambda *xs: along(*xs), args, direction)
    assert product(map(np.asarray, grad(along, argnums)(*args)), direction) == near(
        second, rel=1e-6, abs=1e-8
    )
    forward = hvp(loss, args, direction)
    forward = forward if isinstance(forward, tuple) else (forward,)
    assert product(map(np.asarray, forward), direction) == near(second, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_values_are_those_of_arrays_and_dtypes_stay(name):
    f, args = CASES[name]
    single = [x.astype(np.float32) for x in args]
    leaves = [Tensor(x, requires_grad=True) for x in single]
    y = f(*leaves)
    plain = f(*map(Tensor, single))
    assert not plain.requires_grad
    np.testing.assert_array_equal(y.data, plain.data)
    if name != "astype":
        assert y.dtype == np.float32
    y.backward(np.ones(y.shape))
    for leaf in leaves:
        assert leaf.grad.dtype == np.float32
        assert leaf.grad.shape == leaf.shape
    double = f(*map(Tensor, args))
    np.testing.assert_allclose(y.data, double.data, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name, (_, args) in CASES.items() if len(args) > 1])
def test_only_what_needs_a_gradient_gets_one(name):
    f, args = CASES[name]
    for chosen in range(len(args)):
        leaves = [Tensor(x, requires_grad=i == chosen) for i, x in enumerate(args)]
        y = f(*leaves)
        y.backward(np.ones(y.shape))
        assert [leaf.grad is not None for leaf in leaves] == [i == chosen for i in range(len(args))]


@pytest.mark.parametrize("name", CASES)
def test_inputs_that_are_read_only_or_not_contiguous_do_as_well(name):
    f, args = CASES[name]

    def gradients(arrays):
        leaves = [Tensor(x, requires_grad=True, copy=False) for x in arrays]
        y = f(*leaves)
        y.backward(np.ones(y.shape))
        return [leaf.grad for leaf in leaves]

    expected = gradients(args)
    awkward = []
    for x in args:
        wide = np.zeros((*x.shape, 2))
        wide[..., 1] = x
        view = np.asfortranarray(wide)[..., 1]
        view.flags.writeable = False
        awkward.append(view)
    for got, want in zip(gradients(awkward), expected):
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-15)
        assert got.flags.writeable


EDGES = [
    ("max, k ties", lambda x: af.max(x), [3.0, 1.0, 3.0], [0.5, 0.0, 0.5]),
    ("max along an axis, ties", lambda x: af.max(x, axis=0), [2.0, 2.0], [0.5, 0.5]),
    ("min, ties", lambda x: af.min(x), [1.0, 1.0, 1.0, 2.0], [1 / 3, 1 / 3, 1 / 3, 0.0]),
    ("norm at 0", lambda x: af.norm(x), [0.0, 0.0], [0.0, 0.0]),
    ("norm 1 with a 0", lambda x: af.norm(x, 1), [0.0, -2.0], [0.0, -1.0]),
    ("norm inf, a tie", lambda x: af.norm(x, math.inf), [2.0, -2.0], [0.5, -0.5]),
    ("prod with a zero", lambda x: af.prod(x), [2.0, 0.0, 3.0], [0.0, 6.0, 0.0]),
    ("prod with two zeros", lambda x: af.prod(x), [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    ("std of equal values", lambda x: af.std(x), [4.0, 4.0, 4.0], [0.0, 0.0, 0.0]),
    ("var of equal values", lambda x: af.var(x), [4.0, 4.0, 4.0], [0.0, 0.0, 0.0]),
    ("logsumexp of large ones", lambda x: af.logsumexp(x), [1000.0, 1000.0], [0.5, 0.5]),
    ("logsumexp of all -inf", lambda x: af.logsumexp(x), [-math.inf] * 2, [math.nan] * 2),
    ("softmax of large ones", lambda x: af.softmax(x)[0], [1000.0, 0.0], [0.0, 0.0]),
    ("sort, ties", lambda x: af.sort(x)[0], [1.0, 1.0], [1.0, 0.0]),
]


@pytest.mark.parametrize("name, f, x, expected", EDGES, ids=[edge[0] for edge in EDGES])
def test_the_edges_are_those_of_the_table(name, f, x, expected):
    leaf = Tensor(x, requires_grad=True)
    f(leaf).backward()
    assert leaf.grad.tolist() == near(expected, nan_ok=True)
    assert grad(f)(np.array(x)).tolist() == near(expected, nan_ok=True)


def test_a_norm_of_a_matrix_is_that_of_numpy_or_refused():
    x = draw(3, 4)
    for ord in (None, "fro"):
        assert np.linalg.norm(Tensor(x), ord).item() == near(np.linalg.norm(x, ord))
    for ord in (1, 2, math.inf):
        with pytest.raises(ValueError, match=r"norm\(\) got ord=.* along 2 axes"):
            np.linalg.norm(Tensor(x), ord)
        np.testing.assert_allclose(
            np.linalg.norm(Tensor(x), ord, axis=0).data, np.linalg.norm(x, ord, axis=0)
        )
    assert np.sort(Tensor(x), axis=None).tolist() == np.sort(x, axis=None).tolist()


def test_softmax_keeps_its_digits_far_from_zero():
    x = Tensor([[1e16, 1e16 - 2.0], [1000.0, 1000.0]])
    assert af.log_softmax(x).data[0].tolist() == near([-math.log1p(math.exp(-2.0)), -2.126928011])
    assert af.softmax(x).data[1].tolist() == [0.5, 0.5]
    with np.errstate(all="ignore"):
        assert np.isnan(af.softmax(Tensor([-math.inf, -math.inf])).data).all()


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (1,), ()])
def test_arrays_of_no_elements_and_of_no_axes(shape):
    x = Tensor(np.ones(shape), requires_grad=True)
    y = (x * 2.0 + x.reshape(shape) - x.T.T).sum() + af.concatenate([x.ravel(), x.ravel()]).sum()
    assert y.data == 4.0 * x.size
    y.backward()
    assert x.grad.shape == shape
    assert (x.grad == 4.0).all()


def test_the_mean_of_nothing_is_nan_and_the_largest_of_nothing_an_error():
    x = Tensor(np.ones(0), requires_grad=True)
    assert math.isnan(af.mean(x).item())
    with pytest.raises(ValueError, match="zero-size array"):
        af.max(x)


def test_every_pair_of_shapes_that_broadcasts_does_and_gradients_add_up():
    shapes = [(), (1,), (3,), (1, 1), (2, 1), (1, 3), (2, 3), (4, 1, 1), (4, 2, 3), (0, 1)]
    for left in shapes:
        for right in shapes:
            try:
                full = np.broadcast_shapes(left, right)
            except ValueError:
                with pytest.raises(ValueError, match="broadcast"):
                    Tensor(np.ones(left)) * Tensor(np.ones(right))
                continue
            a = Tensor(np.full(left, 2.0), requires_grad=True)
            b = Tensor(np.full(right, 3.0), requires_grad=True)
            (a * b).sum().backward()
            size = math.prod(full)
            np.testing.assert_allclose(a.grad, np.full(left, 3.0 * size / max(1, a.size)))
            np.testing.assert_allclose(b.grad, np.full(right, 2.0 * size / max(1, b.size)))


def test_the_pullback_of_arrays_wants_a_cotangent_of_their_shape():
    _y, pull = vjp(lambda x: x @ x.T, draw(2, 3))
    assert pull(np.ones((2, 2)))[0].shape == (2, 3)
    with pytest.raises(TypeError, match=r"got a cotangent of shape \(3,\); expected \(2, 2\)"):
        pull(np.ones(3))


def test_all_functions_are_public():
    public = {
        name
        for name, thing in vars(af).items()
        if callable(thing) and getattr(thing, "__module__", "") == af.__name__ and name[0] != "_"
    }
    others = {"getitem", "set", "as_array"}  # x[index], x.set(index, values), and what reads x
    assert public - others <= set(dir(autodiff))


@pytest.mark.parametrize("name", CASES)
def test_backward_gives_what_the_general_sweep_gives(name):
    f, args = CASES[name]
    leaves = [Tensor(x, requires_grad=True) for x in args]
    y = f(*leaves)
    weights = np.cos(np.arange(1.0, 1.0 + y.size)).reshape(y.shape)
    expected = pullback(y, weights)
    y.backward(weights)
    for leaf in leaves:
        np.testing.assert_allclose(leaf.grad, expected[leaf], rtol=1e-13, atol=1e-15)
    single = [leaf.grad for leaf in leaves]
    (y * weights + 0.0 * y).sum().backward()  # twice; and y has two uses now
    for leaf, once in zip(leaves, single):
        np.testing.assert_allclose(leaf.grad, 2.0 * once, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("subscripts, shapes", [
    ("...ij,...jk->...ik", [(2, 1, 3, 4), (5, 4, 2)]), ("...i,...i", [(1, 3), (2, 1, 3)]),
    ("...i->i...", [(2, 3)]), ("i...,i...->...", [(3, 1, 1), (3, 1)]), ("...,...", [(), (2, 3)]),
    ("...ii->...i", [(2, 3, 3)]), ("i,...i->...", [(3,), (1, 2, 3)]), ("...->...", [(2, 1)]),
])  # fmt: skip
def test_an_ellipsis_is_what_it_is_in_numpy(subscripts, shapes):
    arrays = [draw(*shape) for shape in shapes]
    found = af.einsum(subscripts, *map(Tensor, arrays)).numpy()
    expected = np.einsum(subscripts, *arrays)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("subscripts, words", [
    ("...i->i", "output lacks the ellipsis"), ("i......", "an ellipsis once"),
    ("..i", "an ellipsis once"), ("...ijk", "no more indices than axes"),
])  # fmt: skip
def test_an_ellipsis_that_does_not_fit_is_refused(subscripts, words):
    with pytest.raises(ValueError, match=words):
        af.einsum(subscripts, draw(2, 3))


def test_the_gradient_through_a_change_of_dtype_is_that_of_the_result_in_the_old_dtype():
    x = Tensor(np.float32([1.0, 2.0]), requires_grad=True)
    (af.astype(x, np.float64) * np.array([3.0, 0.1])).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == np.float32([3.0, 0.1]).tolist()


def test_an_index_that_one_operand_sums_over_alone_spreads_its_gradient():
    m, v = draw(2, 3, 4), draw(2, 4)
    by_m, by_v = grad(lambda m, v: autodiff.einsum("ijk,ik->", m, v), (0, 1))(m, v)
    assert by_m.shape == (2, 3, 4)
    assert by_m == near(np.stack([v, v, v], axis=1))
    assert by_v == near(m.sum(axis=1))


@pytest.mark.parametrize(
    "moving, expected",
    [
        (0, lambda x, w, t: t @ w.T),
        (1, lambda x, w, t: x @ t.T),
        (2, lambda x, w, t: np.tile(t, (5, 1))),
    ],
)
def test_the_tangent_of_affine_where_one_operand_moves_alone(moving, expected):
    args = [draw(5, 3), draw(4, 3), draw(4)]
    t = draw(*args[moving].shape, seed=1)
    before, after = [map(Tensor, part) for part in (args[:moving], args[moving + 1 :])]
    tangent = jvp(lambda z: functions.affine(*before, z, *after), (args[moving],), (t,))[1]
    assert tangent == near(expected(args[0], args[1], t))
