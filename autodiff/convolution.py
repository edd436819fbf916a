"""Functions of images, (n, channels, height, width): convolution and pooling, by PyTorch's names.

    >>> import numpy as np
    >>> from autodiff import Tensor, conv2d, max_pool2d
    >>> x = Tensor(np.arange(16.0).reshape(1, 1, 4, 4), requires_grad=True)
    >>> y = max_pool2d(conv2d(x, np.ones((1, 1, 3, 3))), 2)
    >>> y.backward(np.ones(y.shape))
    >>> y.numpy(), x.grad[0, 0, 1]
    (array([[[[90.]]]]), array([0., 1., 1., 1.]))

They make sizes plain pairs, say what does not fit, and are rows of `structural.py`.
"""

from __future__ import annotations

from . import array_functions, functions
from .wording import shown

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Size = int | Sequence[int]
    Pair = tuple[int, int]


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
) -> Any:
    """Return the cross-correlation of images with kernels, which networks call a convolution.

    y[n,o,i,j] = bias[o] + Σ_{c,a,b} weight[o,c,a,b] · x[n, c, s·i + d·a - p, s·j + d·b - p], where
    x is 0 outside; s, p, d are stride, padding and dilation, a number or a pair (rows, columns).
    Shapes: x (n, c, h, w), weight (o, c, kh, kw), bias (o); y (n, o, ⌊(h + 2p - d(kh - 1) - 1)/s⌋ +
    1, …). `padding="same"` with stride 1 keeps height and width, for kernels of odd size; "valid"
    is 0. ValueError if something does not fit.
    """
    x, weight = _images(x, "conv2d"), array_functions.as_array(weight)
    if len(weight.shape) != 4 or weight.shape[1] != x.shape[1]:
        raise ValueError(
            f"conv2d() got images of shape {_shape(x)} and a weight of shape {_shape(weight)};"
            f" expected (outputs, {x.shape[1]}, height, width) of the weight"
        )
    kernel = weight.shape[2:]
    strides, dilations = pair("conv2d()", "stride", stride), pair("conv2d()", "dilation", dilation)
    paddings = padded_by("conv2d()", padding, kernel, strides, dilations)
    sizes = zip(x.shape[2:], kernel, paddings, dilations)
    if any(n + 2 * p < d * (k - 1) + 1 or k < 1 for n, k, p, d in sizes):
        raise ValueError(
            f"conv2d() got images of shape {_shape(x)} and a kernel of {kernel[0]}×{kernel[1]} with"
            f" padding={paddings}, dilation={dilations}, which is larger than they are: expected a"
            " smaller kernel, or more padding"
        )
    operands = [x, weight]
    if bias is not None:
        bias = array_functions.as_array(bias)
        if _shape(bias) != (weight.shape[0],):
            raise ValueError(
                f"conv2d() got a bias of shape {_shape(bias)}; expected ({weight.shape[0]},), a"
                " number for each output"
            )
        operands.append(bias)
    return functions.conv2d(
        *_floats(*operands), stride=strides, padding=paddings, dilation=dilations
    )


def max_pool2d(x: Any, kernel: Size, stride: Size | None = None, padding: Size = 0) -> Any:
    """Return the largest number of each window of images, of size `kernel`, `stride` apart.

    The stride is the kernel's size unless given; around the images is -∞ as wide as `padding`. Of k
    equal largest numbers each gets a k-th of the gradient (in PyTorch the first gets all).
    Shapes: (n, c, h, w) to (n, c, ⌊(h + 2p - k)/s⌋ + 1, …).
    """
    x, sizes, strides, paddings = _window(x, kernel, stride, padding, "max_pool2d")
    if any(paddings):
        x = _padded(x, paddings) + _border(x, paddings)
    return functions.max_pool2d(x, kernel=sizes, stride=strides)


def avg_pool2d(x: Any, kernel: Size, stride: Size | None = None, padding: Size = 0) -> Any:
    """Return the mean of each window of images; zeros of the padding count, as in PyTorch."""
    x, sizes, strides, paddings = _window(x, kernel, stride, padding, "avg_pool2d")
    if any(paddings):
        x = _padded(x, paddings)
    total = functions.window_pool(x, ties=None, kernel=sizes, stride=strides)
    return total * (1.0 / (sizes[0] * sizes[1]))


# -- sizes -----------------------------------------------------------------------------------------


def _floats(*operands: Any) -> list[Any]:
    """Return whole numbers among the operands as floats, of the type of those that are."""
    import numpy as np

    floating = [x.dtype for x in operands if x.dtype.kind == "f"]
    dtype = np.result_type(*floating) if floating else np.dtype(float)
    return [x if x.dtype.kind == "f" else array_functions.astype(x, dtype) for x in operands]


def _images(x: Any, role: str) -> Any:
    x = array_functions.as_array(x)
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{role}() got {shown(x)}; expected a Tensor or an array of real numbers")
    if len(x.shape) != 4:
        hint = ": of one image make x[None]" if len(x.shape) == 3 else ""
        if len(x.shape) == 2:
            hint = ": of rows of 784 make x.reshape(-1, 1, 28, 28)"
        raise ValueError(
            f"{role}() got shape {_shape(x)}; expected images (n, channels, height, width){hint}"
        )
    return x


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(x.shape)


def pair(role: str, what: str, size: Any, least: int = 1, words: str = "") -> Pair:
    """Return a size as a pair (rows, columns) of whole numbers."""
    listed = hasattr(size, "__len__") and not isinstance(size, str)
    pair = tuple(size) if listed else (size, size)
    whole = [hasattr(n, "__index__") and not isinstance(n, bool) and n >= least for n in pair]
    if len(pair) != 2 or not all(whole):
        raise ValueError(
            f"{role} got {what}={size!r}; expected a whole number of at least {least}, or a pair"
            f" (rows, columns){words}"
        )
    return int(pair[0]), int(pair[1])


def padded_by(role: str, padding: Any, kernel: Any, stride: Pair, dilation: Pair) -> Pair:
    """Return the padding of a convolution as a pair, also that of "same" and "valid"."""
    if isinstance(padding, str) and padding == "valid":
        return 0, 0
    if isinstance(padding, str) and padding == "same":
        widths = [d * (k - 1) for k, d in zip(kernel, dilation)]
        if stride != (1, 1) or any(width % 2 for width in widths):
            raise ValueError(
                f"{role} got padding='same' with a kernel of {kernel[0]}×{kernel[1]}, stride="
                f"{stride}; expected stride 1 and a kernel of odd size: pad(x, ...) does the rest"
            )
        return widths[0] // 2, widths[1] // 2
    return pair(role, "padding", padding, least=0, words=", or 'same' or 'valid'")


def window(role: str, kernel: Any, stride: Any, padding: Any) -> tuple[Pair, Pair, Pair]:
    """Return size, stride and padding of a window as pairs."""
    sizes = pair(role, "kernel", kernel)
    strides = sizes if stride is None else pair(role, "stride", stride)
    paddings = pair(role, "padding", padding, least=0)
    if any(2 * p > k for p, k in zip(paddings, sizes)):
        raise ValueError(
            f"{role} got padding={padding!r} with a kernel of {sizes[0]}×{sizes[1]}; expected at"
            " most half of it, so that no window is empty"
        )
    return sizes, strides, paddings


def _window(
    x: Any, kernel: Any, stride: Any, padding: Any, role: str
) -> tuple[Any, Pair, Pair, Pair]:
    x = _images(x, role)
    sizes, strides, paddings = window(f"{role}()", kernel, stride, padding)
    (x,) = _floats(x)
    if any(n + 2 * p < k for n, k, p in zip(x.shape[2:], sizes, paddings)):
        raise ValueError(
            f"{role}() got images of shape {_shape(x)} and a window of {sizes[0]}×{sizes[1]}, which"
            " is larger than they are"
        )
    return x, sizes, strides, paddings


def _padded(x: Any, padding: Pair) -> Any:
    return array_functions.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])


def _border(x: Any, padding: Pair) -> Any:
    """Return -∞ where padding is, 0 inside, of the dtype of the images."""
    import numpy as np

    (above, left), (h, w) = padding, x.shape[2:]
    border = np.full((h + 2 * above, w + 2 * left), -np.inf, x.dtype)
    border[above : above + h, left : left + w] = 0.0
    return border
