"""Layers of Tensors: what a network for arrays is put together from.

    >>> model = Sequential(Linear(784, 50), ReLU(), Linear(50, 10))
    >>> scores = model(images)      # (n, 784) -> (n, 10)

Names, shapes and defaults are PyTorch's: a weight has the shape (outputs, inputs), a batch comes
first. Weights are float32 unless `dtype` says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import array_functions, functions
from ..graph import altered, modes
from ..tensor import Tensor
from .activations import as_tensor
from .initialisers import check_width, generator, normal, uniform
from .module import Module

if TYPE_CHECKING:
    from .initialisers import Initialiser


def parameter(numbers: Any, dtype: Any = np.float32) -> Tensor:
    """Return a Tensor to be learnt."""
    return Tensor(np.asarray(numbers, dtype), requires_grad=True)


class Linear(Module):
    """x·Wᵀ + b: `nin` numbers to `nout`, along the last axis.

    `init` draws the weights (`initialisers`); the bias is drawn by the default one, from
    ±1/√nin, or starts at 0 if `init` is given. ValueError for another width.
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        bias: bool = True,
        init: Initialiser | None = None,
        dtype: Any = np.float32,
    ) -> None:
        nin, nout = check_width("Linear", nin), check_width("Linear", nout)
        weight = drawn("Linear", init or uniform(), (nout, nin))
        start = np.zeros(nout) if init else uniform(nin**-0.5)((nout,))
        # column by column in memory, as Wᵀ is then a matrix like any other to BLAS: a tenth faster
        numbers = np.array(weight, dtype, order="F")
        self.weight = Tensor(numbers, requires_grad=True, copy=False)
        self.bias = parameter(start, dtype) if bias else None

    def forward(self, x: Any) -> Tensor:
        x = as_tensor(x)
        shape = x.array.shape
        nout, nin = self.weight.array.shape
        if not shape or shape[-1] != nin:
            raise ValueError(f"{self!r} got shape {shape}; expected (..., {nin})")
        operands = (self.weight,) if self.bias is None else (self.weight, self.bias)
        if len(shape) == 2:
            return functions.affine(x, *operands)
        flat = array_functions.reshape(x, (-1, nin) if x.size else (0, nin))
        return array_functions.reshape(functions.affine(flat, *operands), (*shape[:-1], nout))

    def __repr__(self) -> str:
        nout, nin = self.weight.shape
        return f"Linear({nin}, {nout}{', bias=False' if self.bias is None else ''})"


def drawn(role: str, init: Any, shape: tuple[int, ...]) -> Any:
    """Return the numbers that an initialiser draws; raise if it is none."""
    if not callable(init):
        raise TypeError(
            f"{role} got init={init!r}; expected a function of a shape, as he, xavier or"
            " normal(0.01) from autodiff.nn"
        )
    numbers = np.asarray(init(shape))
    if numbers.shape != shape:
        raise ValueError(f"{role} got {numbers.shape} numbers from its init; expected {shape}")
    return numbers


class Flatten(Module):
    """All axes after the first in one."""

    def forward(self, x: Any) -> Any:
        x = as_tensor(x)
        if not x.ndim:
            raise ValueError(f"{self!r} got shape (); expected a batch")
        return array_functions.flatten(x, 1)


class Dropout(Module):
    """In training, each number is 0 with probability p, and the others grow by 1/(1 - p).

    (Srivastava et al., Dropout, 2014.) In evaluation it changes nothing.
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = _probability("Dropout", p)

    def forward(self, x: Any) -> Any:
        return dropout(as_tensor(x), self.p) if self.training else as_tensor(x)

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"


def dropout(x: Any, p: float = 0.5) -> Any:
    """Return x with each number 0 with probability p, and the others divided by 1 - p."""
    x, p = as_tensor(x), _probability("dropout()", p)
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    shape = x.shape

    def dropped() -> Any:
        kept = generator().random(shape, np.float32) >= p
        return kept.astype(dtype) / np.asarray(1.0 - p, dtype)

    if altered and modes.trace is not None:
        return x * modes.trace.drawn(dropped, shape, dtype)
    return x * dropped()


def _probability(role: str, p: Any) -> float:
    if isinstance(p, (bool, str)) or not hasattr(p, "__float__") or not 0.0 <= float(p) < 1.0:
        raise ValueError(f"{role} got p={p!r}; expected 0 ≤ p < 1")
    return float(p)


class Embedding(Module):
    """A row of numbers for each of `count` things: integers of any shape to (..., width)."""

    def __init__(self, count: int, width: int, dtype: Any = np.float32) -> None:
        shape = check_width("Embedding", count), check_width("Embedding", width)
        self.weight = parameter(normal(1.0)(shape), dtype)

    def forward(self, index: Any) -> Any:
        return embedding(index, self.weight)

    def __repr__(self) -> str:
        return f"Embedding({self.weight.shape[0]}, {self.weight.shape[1]})"


def embedding(index: Any, weight: Any) -> Any:
    """Return the rows of weight at an array of integers; IndexError for one out of range."""
    count = weight.shape[0]

    def check(index: Any) -> None:
        if index.size and not 0 <= index.min() <= index.max() < count:
            bad = index[(index < 0) | (index >= count)].flat[0]
            raise IndexError(f"embedding() got the index {bad}; expected 0 to {count - 1}")

    numbers = index.numpy() if isinstance(index, Tensor) else np.asarray(index)
    if numbers.dtype == float and not numbers.size:  # what NumPy makes of []
        numbers = numbers.astype(int)
    if numbers.dtype.kind not in "iu":
        raise TypeError(
            f"embedding() got an index of {numbers.dtype}; expected integers: if they are whole,"
            " write index.astype(int)"
        )
    if altered and modes.trace is not None and isinstance(index, Tensor):
        modes.trace.effect(check, index)
        return array_functions.getitem(weight, index)
    check(numbers)
    return array_functions.getitem(weight, numbers)


class Sequential(Module):
    """Layers one after the other: a Module, or any function of a Tensor.

    What goes wrong in one of them names it: layer1, layer2, …; layer2.layer1 inside another.
    """

    def __init__(self, *layers: Any) -> None:
        for number, layer in enumerate(layers, 1):
            if isinstance(layer, type) and issubclass(layer, Module):
                hint = f": write {layer.__name__}(...), with brackets"
            elif isinstance(layer, (list, tuple)):
                hint = ": write Sequential(*layers), with a star"
            elif callable(layer):
                continue
            else:
                hint = ""
            raise TypeError(
                f"Sequential got {layer!r} as layer{number}; expected a Module or a function{hint}"
            )
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        for number, layer in enumerate(self.layers, 1):
            try:
                x = layer(x)
            except (IndexError, TypeError, ValueError) as error:
                joint = "." if isinstance(layer, Sequential) else ": "
                kinds = (IndexError, TypeError, ValueError)
                kind = next(kind for kind in kinds if isinstance(error, kind))
                raise kind(f"layer{number}{joint}{error}") from error
        return x

    def to_scalar(self) -> Any:
        """Return the same network of neurons (`conversion`)."""
        from .conversion import to_scalar

        return to_scalar(self)

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: Any) -> Any:
        """Return a layer; of a slice the Sequential of these same layers."""
        if isinstance(index, slice):
            return Sequential(*self.layers[index])
        return self.layers[index]

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(_name, self.layers))})"


def _name(layer: Any) -> str:
    return repr(layer) if isinstance(layer, Module) else getattr(layer, "__name__", repr(layer))
