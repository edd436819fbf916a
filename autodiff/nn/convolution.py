"""Layers of images: convolution and pooling, over (n, channels, height, width).

    >>> model = Sequential(
    ...     Conv2d(1, 8, 5), ReLU(), MaxPool2d(2),     # (n, 1, 28, 28) -> (n, 8, 12, 12)
    ...     Conv2d(8, 16, 5), ReLU(), MaxPool2d(2),    #                -> (n, 16, 4, 4)
    ...     Flatten(), Linear(256, 10),
    ... )

Names, shapes and defaults are PyTorch's; the functions are those of `autodiff.convolution`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import convolution
from .activations import as_tensor
from .initialisers import check_width, uniform
from .layers import drawn, parameter
from .module import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .initialisers import Initialiser

    Size = int | Sequence[int]


class Conv2d(Module):
    """`conv2d` from `nin` channels to `nout`, with a kernel of `kernel` rows and columns.

    Stride, padding and dilation are numbers, or pairs for rows and columns. `padding="same"` keeps
    height and width, for stride 1 and kernels of odd size; "valid" is 0.

    The weight has the shape (nout, nin, rows, columns). `init` draws it (`initialisers`), and the
    bias starts at 0; by default both are drawn from ±1/√(nin·rows·columns).
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        kernel: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        bias: bool = True,
        init: Initialiser | None = None,
        dtype: Any = np.float32,
    ) -> None:
        nin, nout = check_width("Conv2d", nin), check_width("Conv2d", nout)
        self.kernel = convolution.pair("Conv2d", "kernel", kernel)
        self.stride = convolution.pair("Conv2d", "stride", stride)
        self.dilation = convolution.pair("Conv2d", "dilation", dilation)
        self.padding = convolution.padded_by(
            "Conv2d", padding, self.kernel, self.stride, self.dilation
        )
        shape = (nout, nin, *self.kernel)
        self.weight = parameter(drawn("Conv2d", init or uniform(), shape), dtype)
        limit = (nin * self.kernel[0] * self.kernel[1]) ** -0.5
        start = np.zeros(nout) if init else uniform(limit)((nout,))
        self.bias = parameter(start, dtype) if bias else None

    def forward(self, x: Any) -> Any:
        x = as_tensor(x)
        nin = self.weight.shape[1]
        if x.ndim != 4 or x.shape[1] != nin:
            hint = ": of rows of pixels make x.reshape(-1, 1, 28, 28)" if x.ndim == 2 else ""
            raise ValueError(f"{self!r} got shape {x.shape}; expected (n, {nin}, h, w){hint}")
        how = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation}
        return convolution.conv2d(x, self.weight, self.bias, **how)

    def __repr__(self) -> str:
        nout, nin = self.weight.shape[:2]
        words = [str(nin), str(nout), _shown(self.kernel)]
        for name, usual in (("stride", (1, 1)), ("padding", (0, 0)), ("dilation", (1, 1))):
            size = getattr(self, name)
            words += [f"{name}={_shown(size)}"] if size != usual else []
        return f"Conv2d({', '.join(words)}{', bias=False' if self.bias is None else ''})"


class _Pool(Module):
    """What makes one number of each window."""

    function: Callable[..., Any]

    def __init__(self, kernel: Size, stride: Size | None = None, padding: Size = 0) -> None:
        sizes = convolution.window(type(self).__name__, kernel, stride, padding)
        self.kernel, self.stride, self.padding = sizes

    def forward(self, x: Any) -> Any:
        return type(self).function(as_tensor(x), self.kernel, self.stride, self.padding)

    def __repr__(self) -> str:
        words = [_shown(self.kernel)]
        words += [f"stride={_shown(self.stride)}"] if self.stride != self.kernel else []
        words += [f"padding={_shown(self.padding)}"] if self.padding != (0, 0) else []
        return f"{type(self).__name__}({', '.join(words)})"


class MaxPool2d(_Pool):
    """The largest number of each window; the windows touch unless `stride` says otherwise."""

    function = staticmethod(convolution.max_pool2d)


class AvgPool2d(_Pool):
    """The mean of each window; the windows touch unless `stride` says otherwise."""

    function = staticmethod(convolution.avg_pool2d)


def _shown(size: Sequence[int]) -> str:
    return str(size[0]) if size[0] == size[1] else str(tuple(size))
