"""Convolution and pooling of images, against loops as one reads them in the formula."""

from __future__ import annotations

import importlib.util
import itertools
import math
import tracemalloc

import numpy as np
import pytest

from autodiff import Tensor, avg_pool2d, conv2d, grad, max_pool2d, relu, windows


def draw(*shape, seed=0):
    return np.random.default_rng((seed, *shape)).normal(size=shape)


def padded(x, padding, value=0.0):
    (above, left) = padding
    return np.pad(x, [(0, 0), (0, 0), (above, above), (left, left)], constant_values=value)


def slow_conv2d(x, w, b, stride, padding, dilation):
    """The sum of the formula, a number of the output at a time."""
    x = padded(x, padding)
    (n, _, h, width), (o, _, kh, kw) = x.shape, w.shape
    oh = (h - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    ow = (width - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    y = np.zeros((n, o, oh, ow))
    for i, j in itertools.product(range(oh), range(ow)):
        for a, c in itertools.product(range(kh), range(kw)):
            row, column = stride[0] * i + dilation[0] * a, stride[1] * j + dilation[1] * c
            y[:, :, i, j] += x[:, :, row, column] @ w[:, :, a, c].T
        y[:, :, i, j] += b
    return y


def slow_pool(x, kernel, stride, padding, of, value):
    x = padded(x, padding, value)
    oh, ow = ((n - k) // s + 1 for n, k, s in zip(x.shape[2:], kernel, stride))
    y = np.zeros((*x.shape[:2], oh, ow))
    for i, j in itertools.product(range(oh), range(ow)):
        row, column = i * stride[0], j * stride[1]
        y[:, :, i, j] = of(x[:, :, row : row + kernel[0], column : column + kernel[1]], (2, 3))
    return y


# n, channels, height, width, outputs, kernel, stride, padding, dilation
GEOMETRIES = [
    (2, 3, 7, 8, 4, (3, 2), (1, 1), (0, 0), (1, 1)),
    (2, 3, 9, 8, 4, (3, 3), (2, 2), (1, 1), (1, 1)),
    (3, 1, 10, 11, 2, (3, 3), (2, 1), (0, 2), (2, 1)),
    (1, 2, 5, 5, 1, (5, 5), (1, 1), (0, 0), (1, 1)),
    (4, 2, 6, 6, 3, (1, 1), (3, 2), (0, 0), (1, 1)),
    (2, 2, 3, 9, 3, (3, 3), (1, 2), (2, 0), (2, 4)),
    (0, 2, 5, 5, 3, (3, 3), (1, 1), (1, 1), (1, 1)),
]


@pytest.mark.parametrize("block", [1, 100, 65_536])
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_a_convolution_is_the_sum_of_its_formula(geometry, block, monkeypatch):
    monkeypatch.setattr(windows, "_BLOCK", block)
    n, c, h, w, o, kernel, stride, padding, dilation = geometry
    x, weight, b = draw(n, c, h, w), draw(o, c, *kernel), draw(o)
    how = {"stride": stride, "padding": padding, "dilation": dilation}
    expected = slow_conv2d(x, weight, b, **how)
    leaves = [Tensor(part, requires_grad=True) for part in (x, weight, b)]
    y = conv2d(*leaves, **how)
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(conv2d(x, weight, b, **how), expected, rtol=1e-12, atol=1e-12)
    # the map is linear in each operand, so each gradient is the transpose of it
    g = draw(*expected.shape, seed=1)
    y.backward(g)
    plain = y.numpy() - b[:, None, None]
    assert (leaves[0].grad * x).sum() == pytest.approx((g * plain).sum())
    assert (leaves[1].grad * weight).sum() == pytest.approx((g * plain).sum())
    np.testing.assert_allclose(leaves[2].grad, g.sum((0, 2, 3)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kernel, stride, padding", [
    ((2, 2), (2, 2), (0, 0)), ((3, 2), (1, 1), (1, 1)), ((3, 3), (2, 3), (1, 0)),
    ((2, 2), (3, 3), (0, 0)), ((1, 4), (1, 2), (0, 2)), ((2, 1), (2, 3), (1, 0)),
    ((1, 1), (2, 3), (0, 0)),
])  # fmt: skip
def test_pools_are_the_largest_and_the_mean_of_each_window(kernel, stride, padding):
    x = draw(2, 3, 7, 8)
    largest = slow_pool(x, kernel, stride, padding, np.max, -np.inf)
    mean = slow_pool(x, kernel, stride, padding, np.mean, 0.0)
    leaf = Tensor(x, requires_grad=True)
    for pool, expected in ((max_pool2d, largest), (avg_pool2d, mean)):
        y = pool(leaf, kernel, stride, padding)
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(pool(x, kernel, stride, padding), y.numpy())
        g = draw(*y.shape, seed=2)
        leaf.zero_grad()
        y.backward(g)
        assert (leaf.grad * x).sum() == pytest.approx((g * y.numpy()).sum())


def test_a_pool_of_single_numbers_is_in_memory_of_its_own():
    x = Tensor(np.ones((1, 1, 2, 2)), requires_grad=True)
    y = max_pool2d(x, 1) + 0.0 * avg_pool2d(x, 1)
    assert not np.shares_memory(max_pool2d(x, 1).numpy(), x.numpy())
    x.data -= 1.0
    assert y.tolist() == [[[[1.0, 1.0], [1.0, 1.0]]]]


def test_windows_touch_unless_a_stride_is_given():
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    assert max_pool2d(x, 2).tolist() == [[[[5.0, 7.0], [13.0, 15.0]]]]
    assert max_pool2d(x, 2, stride=1).shape == (1, 1, 3, 3)
    assert avg_pool2d(x, 2).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]


def test_of_equal_largest_numbers_each_gets_its_part():
    x = Tensor([[[[1.0, 1.0, 5.0, 2.0], [1.0, 0.0, 5.0, 5.0]]]], requires_grad=True)
    max_pool2d(x, 2).sum().backward()
    third = 1 / 3
    np.testing.assert_allclose(x.grad[0, 0], [[third, third, third, 0], [third, 0, third, third]])


def test_a_nan_in_a_window_is_its_largest_and_infinities_hurt_no_others():
    x = Tensor([[[[math.nan, 1.0, 2.0, 3.0], [0.0, 1.0, -math.inf, math.inf]]]], requires_grad=True)
    y = max_pool2d(x, 2)
    np.testing.assert_array_equal(y.numpy(), [[[[math.nan, math.inf]]]])
    y.backward(np.array([[[[1.0, math.inf]]]]))
    np.testing.assert_array_equal(x.grad[0, 0], [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, math.inf]])


def test_whole_numbers_are_floats_also_in_tensors_and_take_the_type_of_the_others():
    bright = np.full((1, 1, 2, 2), 255, np.uint8)
    assert avg_pool2d(Tensor(bright), 2).tolist() == [[[[255.0]]]]
    assert max_pool2d(Tensor(-np.ones((1, 1, 2, 2), np.int8)), 2, padding=1).shape == (1, 1, 2, 2)
    assert max_pool2d(-np.ones((1, 1, 2, 2), np.int8), 2, padding=1).max() == -1.0
    hundreds = np.full((1, 1, 2, 2), 100, np.int8)
    assert conv2d(Tensor(hundreds), Tensor(hundreds)).tolist() == [[[[40000.0]]]]
    for images in (bright, Tensor(bright)):
        assert conv2d(images, np.ones((1, 1, 1, 1), np.float32)).dtype == np.float32


def test_lists_of_tensors_keep_their_gradient():
    t = Tensor(np.ones((1, 4, 4)), requires_grad=True)
    conv2d(max_pool2d([t, t], 2), np.ones((1, 1, 2, 2))).sum().backward()
    np.testing.assert_allclose(t.grad, np.full((1, 4, 4), 0.5))


def test_the_way_back_through_large_windows_takes_little_memory():
    x = Tensor(np.random.default_rng(0).random((2, 8, 40, 40), np.float32), requires_grad=True)
    y = max_pool2d(x, 13, stride=1).sum()
    tracemalloc.start()
    y.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * x.numpy().nbytes


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_dtypes_stay(dtype):
    x, w, b = (Tensor(draw(*shape).astype(dtype), requires_grad=True)
               for shape in ((2, 3, 6, 6), (4, 3, 3, 3), (4,)))  # fmt: skip
    y = avg_pool2d(max_pool2d(relu(conv2d(x, w, b, padding=1)), 2), 2, stride=1)
    assert y.dtype == dtype
    y.sum().backward()
    assert [leaf.grad.dtype for leaf in (x, w, b)] == [dtype] * 3
    assert all(np.isfinite(leaf.grad).all() for leaf in (x, w, b))


def test_the_batch_lies_innermost_in_memory_and_stays_there():
    x = Tensor(draw(4, 1, 8, 8))
    w = Tensor(draw(2, 1, 3, 3), requires_grad=True)
    y = conv2d(x, w)
    z = max_pool2d(relu(y) * 2.0, 2)
    for node in (y, z):
        n, c, _, width = node.shape
        size = node.numpy().itemsize
        assert node.numpy().strides == (size, width * n * size, c * width * n * size, n * size)


def test_same_keeps_the_size_and_valid_pads_nothing():
    x, w = draw(1, 1, 5, 6), draw(1, 1, 3, 5)
    np.testing.assert_array_equal(conv2d(x, w, padding="same"), conv2d(x, w, padding=(1, 2)))
    assert conv2d(x, w, padding="same", dilation=(2, 1)).shape == x.shape
    np.testing.assert_array_equal(conv2d(x, w, padding="valid"), conv2d(x, w))


def test_whole_numbers_and_lists_are_images_too():
    x = np.arange(9, dtype=np.uint8).reshape(1, 1, 3, 3)
    assert conv2d(x, [[[[1, 0], [0, -1]]]]).tolist() == [[[[-4.0, -4.0], [-4.0, -4.0]]]]
    assert max_pool2d(x.tolist(), 2, stride=1).tolist() == [[[[4.0, 5.0], [7.0, 8.0]]]]


def test_a_third_derivative_of_a_convolution_squared():
    x, w = draw(1, 1, 4, 4), draw(1, 1, 2, 2)

    def f(t):  # of degree 3 in t
        return (conv2d(x, w * t) ** 3).sum()

    third = float(grad(grad(grad(f)))(np.array(2.0)))
    assert third == pytest.approx(6 * float((conv2d(x, w) ** 3).sum()))


X, W = np.zeros((2, 3, 5, 5)), np.zeros((4, 3, 3, 3))


@pytest.mark.parametrize("call, words", [
    (lambda: conv2d(X[0], W), r"got shape \(3, 5, 5\).*make x\[None\]"),
    (lambda: conv2d(np.zeros((2, 784)), W), r"reshape\(-1, 1, 28, 28\)"),
    (lambda: conv2d(X, W[:, :2]), r"\(2, 3, 5, 5\).*\(4, 2, 3, 3\).*expected \(outputs, 3"),
    (lambda: conv2d(X, np.zeros((4, 3, 6, 1))), "kernel of 6×1.*larger than they are"),
    (lambda: conv2d(X, W, dilation=3), "larger than they are"),
    (lambda: conv2d(X, W, np.zeros(3)), r"bias of shape \(3,\).*\(4,\)"),
    (lambda: conv2d(X, W, stride=0), "stride=0; expected a whole number of at least 1"),
    (lambda: conv2d(X, W, stride=(1, 2, 3)), r"stride=\(1, 2, 3\).*pair"),
    (lambda: conv2d(X, W, padding=-1), "padding=-1.*at least 0"),
    (lambda: conv2d(X, W, padding=0.5), "padding=0.5"),
    (lambda: conv2d(X, W, padding="same", stride=2), "padding='same'.*stride 1"),
    (lambda: conv2d(X, W[..., :2], padding="same"), "odd size"),
    (lambda: max_pool2d(X, 6), "window of 6×6.*larger"),
    (lambda: max_pool2d(X, 2, padding=2), "at most half"),
    (lambda: avg_pool2d(X, True), "kernel=True"),
    (lambda: conv2d(X, W, stride=np.array([0, 1])), "stride=array.*at least 1"),
    (lambda: max_pool2d(X[0], 2), "make x\\[None\\]"),
])  # fmt: skip
def test_what_does_not_fit_is_said(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_what_is_no_image_is_said():
    with pytest.raises(TypeError, match="expected a Tensor or an array of real numbers, got 'no'"):
        conv2d("no", W)


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="PyTorch is not installed")
@pytest.mark.parametrize("geometry", GEOMETRIES[:-1])
def test_pytorch_agrees(geometry):
    import torch
    from torch.nn import functional as torchs

    n, c, h, w, o, kernel, stride, padding, dilation = geometry
    numbers = draw(n, c, h, w), draw(o, c, *kernel), draw(o)
    how = {"stride": stride, "padding": padding, "dilation": dilation}
    ours = [Tensor(part, requires_grad=True) for part in numbers]
    theirs = [torch.tensor(part, requires_grad=True) for part in numbers]
    y, z = conv2d(*ours, **how), torchs.conv2d(*theirs, **how)
    pools = [(y, z)]
    if min(y.shape[2:]) > 1:
        pools += [(max_pool2d(y, 2, 1, 1), torchs.max_pool2d(z, 2, 1, 1))]
        pools += [(avg_pool2d(y, 2, 1, 1), torchs.avg_pool2d(z, 2, 1, 1))]
    for a, b in pools:
        g = draw(*a.shape, seed=3)
        for leaf, other in zip(ours, theirs):
            leaf.grad = other.grad = None
        a.backward(g)
        b.backward(torch.tensor(g), retain_graph=True)
        np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-12)
        for leaf, other in zip(ours, theirs):
            np.testing.assert_allclose(leaf.grad, other.grad.numpy(), rtol=1e-11, atol=1e-11)
