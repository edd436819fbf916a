"""NumPy's functions on Tensors: what they give, their gradients, and what they refuse."""

from __future__ import annotations

import io
import math
import operator

import numpy as np
import pytest

from autodiff import Tensor, Value, functions
from autodiff.elementwise import TABLE


def draw(*shape, seed=0):
    return np.random.default_rng((seed, *shape)).uniform(0.1, 0.9, size=shape)


# what NumPy has under a name of ours, or nearly
UFUNCS = [
    "abs", "absolute", "add", "arccos", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt",
    "ceil", "cos", "cosh", "divide", "exp", "exp2", "expm1", "fabs", "floor", "floor_divide",
    "fmod", "hypot", "log", "log10", "log1p", "log2", "logaddexp", "maximum", "minimum", "mod",
    "multiply", "negative", "power", "reciprocal", "remainder", "sign", "sin", "sinh", "sqrt",
    "square", "subtract", "tan", "tanh", "true_divide",
]  # fmt: skip


@pytest.mark.parametrize("name", UFUNCS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_ufunc_is_our_function_of_the_same_name(name, dtype):
    ufunc = getattr(np, name)
    arrays = [draw(2, 3, seed=i).astype(dtype) for i in range(ufunc.nin)]
    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    y = ufunc(*leaves)
    assert type(y) is Tensor
    assert y.primitive in TABLE.values()
    np.testing.assert_array_equal(y.data, ufunc(*arrays))
    assert y.dtype == dtype
    y.backward(np.ones((2, 3)))
    if ufunc.nin == 2:  # an array or a number on either side
        for args in ((leaves[0], arrays[1]), (arrays[0], leaves[1]), (leaves[0], 0.5)):
            plain = [x.data if isinstance(x, Tensor) else x for x in args]
            np.testing.assert_array_equal(ufunc(*args).data, ufunc(*plain))
            assert ufunc(*args).requires_grad


A, B, V = draw(3, 4), draw(4, 2, seed=1), draw(4, seed=2)

# NumPy's function as it would be called, and its arguments
FUNCTIONS = {
    "sum": (lambda a: np.sum(a), A),
    "sum along an axis": (lambda a: np.sum(a, axis=0), A),
    "sum keepdims": (lambda a: np.sum(a, axis=(0, 1), keepdims=True), A),
    "sum with what it does not need": (lambda a: np.sum(a, 1, dtype=None, out=None), A),
    "add.reduce": (lambda a: np.add.reduce(a), A),
    "add.reduce of all": (lambda a: np.add.reduce(a, axis=None), A),
    "multiply.reduce": (lambda a: np.multiply.reduce(a, axis=1), A),
    "maximum.reduce": (lambda a: np.maximum.reduce(a), A),
    "minimum.reduce": (lambda a: np.minimum.reduce(a, axis=1, keepdims=True), A),
    "mean": (lambda a: np.mean(a, axis=1), A),
    "var": (lambda a: np.var(a, axis=0, ddof=1), A),
    "std": (lambda a: np.std(a), A),
    "prod": (lambda a: np.prod(a, axis=1), A),
    "max": (lambda a: np.max(a, axis=0), A),
    "amin": (lambda a: np.amin(a), A),
    "cumsum": (lambda a: np.cumsum(a, axis=1), A),
    "norm": (lambda a: np.linalg.norm(a), A),
    "norm along an axis": (lambda a: np.linalg.norm(a, axis=1), A),
    "norm 1": (lambda a: np.linalg.norm(a, 1), V),
    "reshape": (lambda a: np.reshape(a, (2, 6)), A),
    "ravel": (lambda a: np.ravel(a), A),
    "transpose": (lambda a: np.transpose(a), A),
    "transpose axes": (lambda a: np.transpose(a, axes=(1, 0)), A),
    "moveaxis": (lambda a: np.moveaxis(a, 0, 1), A),
    "swapaxes": (lambda a: np.swapaxes(a, 0, 1), A),
    "squeeze": (lambda a: np.squeeze(a[:, :1]), A),
    "expand_dims": (lambda a: np.expand_dims(a, 1), A),
    "broadcast_to": (lambda a: np.broadcast_to(a, (2, 3, 4)), A),
    "flip": (lambda a: np.flip(a, axis=1), A),
    "roll": (lambda a: np.roll(a, 2, axis=1), A),
    "pad": (lambda a: np.pad(a, ((1, 0), (0, 2))), A),
    "pad with a mode": (lambda a: np.pad(a, 1, mode="constant"), A),
    "repeat": (lambda a: np.repeat(a, 2, axis=0), A),
    "tile": (lambda a: np.tile(a, (2, 1)), A),
    "take": (lambda a: np.take(a, [0, 0, 2], axis=0), A),
    "take_along_axis": (lambda a: np.take_along_axis(a, np.array([[1], [0], [3]]), axis=1), A),
    "sort": (lambda a: np.sort(a, axis=0), A),
    "diag": (lambda a: np.diag(a), V),
    "diagonal": (lambda a: np.diagonal(a), A),
    "trace": (lambda a: np.trace(a), A),
    "tril": (lambda a: np.tril(a, -1), A),
    "triu": (lambda a: np.triu(a), A),
    "clip": (lambda a: np.clip(a, 0.3, 0.7), A),
    "clip from below": (lambda a: np.clip(a, 0.3, None), A),
    "clip by name": (lambda a: np.clip(a, a_min=None, a_max=0.7), A),
    "sinc": (lambda a: np.sinc(a), A),
    "concatenate": (lambda a, b: np.concatenate([a, b.T], axis=0), A, B),
    "concatenate flat": (lambda a, b: np.concatenate((a, b), axis=None), A, B),
    "concatenate with an array": (lambda a: np.concatenate([A, a]), A),
    "stack": (lambda a: np.stack([a, a * 2, A], axis=1), A),
    "vstack": (lambda a, v: np.vstack([a, v]), A, V),
    "hstack": (lambda a, b: np.hstack([a.T, b]), A, B),
    "hstack of vectors": (lambda v: np.hstack([v, v]), V),
    "split": (lambda a: np.split(a, 2, axis=1)[1], A),
    "where": (lambda a: np.where(A > 0.5, a, 0.0), A),
    "where of tensors": (lambda a: np.where(a > 0.5, a, a * 2.0), A),
    "dot": (lambda a, b: np.dot(a, b), A, B),
    "dot with a number": (lambda a: np.dot(a, 2.0), A),
    "dot of vectors": (lambda v: np.dot(v, V), V),
    "matmul": (lambda a, b: np.matmul(a, b), A, B),
    "array @": (lambda b: A @ b, B),
    "@ array": (lambda a: a @ B, A),
    "array +": (lambda a: A + a * np.float64(2.0), A),
    "outer": (lambda v: np.outer(v, V), V),
    "einsum": (lambda a, b: np.einsum("ij,jk->ki", a, b), A, B),
    "einsum with an array": (lambda a: np.einsum("ij,jk->k", a, B), A),
}
if np.lib.NumpyVersion(np.__version__) >= "2.1.0":
    FUNCTIONS["reshape by name"] = (lambda a: np.reshape(a, shape=(-1, 6)), A)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_numpy_differentiates(name):
    f, *arrays = FUNCTIONS[name]
    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    y = f(*leaves)
    assert type(y) is Tensor
    expected = f(*arrays)
    np.testing.assert_allclose(y.data, expected, rtol=1e-14)
    assert y.shape == np.shape(expected)
    weights = draw(*y.shape, seed=5)
    y.backward(weights)
    for i, (x, leaf) in enumerate(zip(arrays, leaves)):
        direction = draw(*x.shape, seed=6)

        def along(h, i=i, x=x, direction=direction):
            moved = [*arrays[:i], x + h * direction, *arrays[i + 1 :]]
            return float(np.sum(f(*moved) * weights))

        slope = (along(1e-6) - along(-1e-6)) / 2e-6
        assert float((leaf.grad * direction).sum()) == pytest.approx(slope, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda t: np.linalg.inv(t), r"numpy\.linalg\.inv"),
        (lambda t: np.linalg.det(t), r"numpy\.linalg\.det"),
        (lambda t: np.median(t), r"numpy\.median"),
        (lambda t: np.fft.fft(t), r"numpy\.fft\.fft"),
        (lambda t: np.tensordot(t, t), r"numpy\.tensordot"),
        (lambda t: np.interp(t, [0, 1], [0, 1]), r"numpy\.interp"),
        (lambda t: np.pad(t, 1, mode="edge"), r"np\.pad with mode='edge'"),
        (lambda t: np.reshape(t, (4,), order="F"), r"np\.reshape in the order 'F'"),
        (lambda t: np.heaviside(t, 1.0), r"np\.heaviside"),
        (lambda t: np.modf(t), r"np\.modf"),
        (lambda t: np.add.accumulate(t), r"np\.add\.accumulate"),
        (lambda t: np.add.outer(t, t), r"np\.add\.outer"),
        (lambda t: np.exp(t, where=np.eye(2, dtype=bool)), r"np\.exp of a Tensor|np\.exp with"),
        (lambda t: np.setdiff1d(t, t), "numpy"),
    ],
)
def test_what_has_no_gradient_here_says_so_and_what_to_do(call, name):
    with pytest.raises(TypeError, match=rf"{name}.*has no gradient here; use t\.numpy\(\)"):
        call(Tensor(np.eye(2), requires_grad=True))


def test_no_tensor_is_written_into_an_array():
    t, array = Tensor(np.eye(2), requires_grad=True), np.ones((2, 2))
    for write in (
        lambda: np.add(t, 1.0, out=array),
        lambda: operator.iadd(array, t),
        lambda: operator.imul(array, t),
        lambda: np.exp(t, out=array),
    ):
        with pytest.raises(TypeError, match=r"cannot write into another array: write a = a \+ t"):
            write()
    assert (array == 1.0).all()
    with pytest.raises(TypeError, match="out="):
        np.sum(t, out=np.ones(()))
    array[0] = t[0].numpy()
    assert array.tolist() == [[1.0, 0.0], [1.0, 1.0]]


def test_questions_about_the_numbers_are_answered_by_numpy():
    t = Tensor([1.0, math.nan, -math.inf], requires_grad=True)
    assert np.isnan(t).tolist() == [False, True, False]
    assert np.isfinite(t).tolist() == [True, False, False]
    assert (np.shape(t), np.ndim(t), np.size(t)) == ((3,), 1, 3)
    assert np.argsort(t).tolist() == [2, 0, 1]
    assert np.argmax(Tensor([1.0, 3.0])) == 1
    assert np.where(t < 0)[0].tolist() == [2]
    assert np.nonzero(Tensor([0, 1]))[0].tolist() == [1]
    assert np.allclose(t[:1], [1.0])
    assert np.array_equal(t[:1], np.ones(1))
    assert np.round(Tensor([1.234]), 1).tolist() == [1.2]
    assert type(np.zeros_like(t)) is np.ndarray
    assert np.full_like(t, 2.0).tolist() == [2.0] * 3
    assert np.histogram(Tensor([1.0, 2.0]), bins=2)[0].tolist() == [1, 1]
    copied = np.copy(t)
    copied[0] = 5.0
    assert t.data[0] == 1.0
    assert np.any(t > 0)
    assert not np.all(t > 0)
    assert np.result_type(t, np.float32(1)) == np.dtype(float)


def test_comparisons_and_logic_give_tensors_of_bool():
    t = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    for got, expected in [
        (np.greater(t, 1.5), [False, True, True]),
        (np.array([2.0, 2.0, 2.0]) >= t, [True, True, False]),
        (np.logical_and(t > 1, t < 3), [False, True, False]),
        (np.logical_not(t > 1), [True, False, False]),
        (np.equal(t, t), [True] * 3),
        (np.float64(2.0) < t, [False, False, True]),
    ]:
        assert type(got) is Tensor
        assert (got.dtype, got.tolist(), got.requires_grad) == (bool, expected, False)


def test_asarray_gives_the_numbers_and_copies_when_it_must():
    t = Tensor([1.0, 2.0], requires_grad=True)
    assert np.shares_memory(np.asarray(t), t.data)
    assert not np.asarray(t).flags.writeable
    assert np.asarray(t, np.float32).dtype == np.float32
    assert np.asarray(t, float).dtype == float
    assert not np.shares_memory(np.array(t), t.data)
    assert np.array(t, copy=False).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="copy"):
        np.array(t, dtype=np.float32, copy=False)
    file = io.BytesIO()
    np.save(file, t)
    file.seek(0)
    assert np.load(file, allow_pickle=False).tolist() == [1.0, 2.0]
    np.testing.assert_allclose(t, [1.0, 2.0])
    np.testing.assert_array_equal(t * 2, np.array([2.0, 4.0]))


def test_matplotlib_draws_tensors():
    plt = pytest.importorskip("matplotlib.figure")
    axes = plt.Figure().subplots()
    x, y = Tensor([0.0, 1.0, 2.0]), Tensor([1.0, 3.0, 2.0], requires_grad=True) * 1.0
    (line,) = axes.plot(x, y)
    assert np.asarray(line.get_ydata(), float).tolist() == [1.0, 3.0, 2.0]
    axes.scatter(x, y)
    axes.imshow(Tensor(np.eye(3)))
    axes.hist(y)
    axes.fill_between(x, y)


def test_values_and_tensors_do_not_mix_in_numpy_either():
    t = Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(TypeError, match=r"Values and Tensors do not mix|a graph is of one kind"):
        np.add(np.array([Value(1.0), Value(2.0)]), t)
    with pytest.raises(TypeError, match="a graph is of one kind"):
        functions.add(Value(1.0), t)
