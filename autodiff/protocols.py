"""NumPy's protocols: its functions, given a Tensor, are ours.

    >>> np.tanh(t), np.sum(t, axis=0), array @ t, np.concatenate([t, u])

What has no gradient here raises, and says so.
"""

from __future__ import annotations

import math

from . import array_functions, functions
from .graph import CONSTANT, Node, altered, modes

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from typing import Any

# What is called otherwise here ...
_UFUNCS = {
    "absolute": "abs", "fabs": "abs", "true_divide": "divide", "mod": "remainder",
}  # fmt: skip
_REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}
_FUNCTIONS = {"amax": "max", "amin": "min", "linalg.norm": "norm"}
# ... what is asked of shape and dtype alone ...
_OF_FORM = {
    "empty_like", "iscomplexobj", "isrealobj", "ndim", "ones_like", "result_type", "shape", "size",
    "zeros_like",
}  # fmt: skip
# ... of the numbers as well, and has no gradient ...
_TESTS = {
    "all", "allclose", "any", "argpartition", "argsort", "argwhere", "array2string",
    "array_equal", "array_equiv", "array_repr", "array_str", "bincount", "copy", "count_nonzero",
    "digitize", "empty_like", "flatnonzero", "full_like", "histogram", "iscomplex",
    "iscomplexobj", "isclose", "isfinite", "isinf", "isnan", "isneginf", "isposinf", "isreal",
    "isrealobj", "lexsort", "may_share_memory", "ndim", "nonzero", "ones_like", "result_type",
    "rint", "round", "save", "savetxt", "savez", "savez_compressed", "searchsorted", "shape",
    "shares_memory", "signbit", "size", "trunc", "unique", "zeros_like",
}  # fmt: skip
# ... and what gives Tensors of bool, as operators do.
_COMPARISONS = {
    "bitwise_and", "bitwise_or", "bitwise_xor", "equal", "greater", "greater_equal", "invert",
    "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "not_equal",
}  # fmt: skip


def ufunc(ufunc: Any, method: str, inputs: Any, options: Any) -> Any:
    """Do what `__array_ufunc__` should."""
    name = _UFUNCS.get(ufunc.__name__, ufunc.__name__)
    if options.get("out") is not None:
        raise TypeError(
            f"np.{ufunc.__name__} of a Tensor cannot write into another array: write a = a + t, not"
            " a += t or out=a, or use t.numpy() for the numbers"
        )
    if method == "reduce" and name in _REDUCTIONS:
        options = {"axis": 0, **_asked(options)}
        return getattr(array_functions, _REDUCTIONS[name])(*inputs, **options)
    if method == "__call__" and name in _COMPARISONS:
        tensor: Any = next(x for x in inputs if isinstance(x, Node))
        return tensor.record(ufunc(*map(_numbers, inputs), **options), (), CONSTANT)
    if method == "__call__" and name in _TESTS:
        if altered and modes.trace is not None:
            modes.trace.refuse(f"what np.{name} finds out")
        return ufunc(*map(_numbers, inputs), **options)
    ours = array_functions if name == "matmul" else functions
    if method != "__call__" or options or not hasattr(ours, name) or name.startswith("_"):
        what = f"np.{ufunc.__name__}" + (f".{method}" if method != "__call__" else "")
        raise _unknown(what + (f" with {', '.join(options)}" if options else ""))
    return getattr(ours, name)(*inputs)


def function(function: Any, args: Any, kwargs: Any) -> Any:
    """Do what `__array_function__` should."""
    module = function.__module__ or "numpy"
    name = function.__name__
    name = _FUNCTIONS.get(f"linalg.{name}" if module.endswith("linalg") else name, name)
    if name in _TESTS or (name == "where" and len(args) == 1):
        if altered and modes.trace is not None and name not in _OF_FORM:
            modes.trace.refuse(f"what np.{name} finds out")
        return function(*map(_numbers, args), **{k: _numbers(v) for k, v in kwargs.items()})
    ours = globals().get(f"_{name}") or getattr(array_functions, name, None)
    if ours is None or ours in (array_functions.set, array_functions.getitem):
        ours = getattr(functions, name, None) if name == "sinc" else None
    if ours is None or name.startswith("_") or not callable(ours) or "fft" in module:
        raise _unknown(f"{module}.{function.__name__}")
    return ours(*args, **_asked(kwargs))


def _asked(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options without those that ask for nothing, as out=None."""
    idle = ("out", "dtype", "where")
    asked = ((key, x) for key, x in options.items() if x is not None or key not in idle)
    return {key: x for key, x in asked if not (key == "where" and x is True)}


class UnknownFunction(TypeError):
    """Raised for a function of NumPy that has no gradient here."""


def _unknown(what: str) -> UnknownFunction:
    return UnknownFunction(
        f"{what} of a Tensor has no gradient here; use t.numpy() for the numbers, or @custom_vjp"
        " to give one"
    )


# -- NumPy's functions whose arguments are not ours ------------------------------------------------


def _reshape(a: Any, /, shape: Any, order: str = "C") -> Any:
    if order != "C":
        raise _unknown(f"np.reshape in the order {order!r}")
    return array_functions.reshape(a, shape)


def _transpose(a: Any, axes: Any = None) -> Any:
    return array_functions.transpose(a, axes)


def _pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0) -> Any:
    if mode != "constant" or constant_values != 0:
        raise _unknown(f"np.pad with mode={mode!r}, constant_values={constant_values!r}")
    return array_functions.pad(array, pad_width)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    low, high = (-math.inf if low is None else low), (math.inf if high is None else high)
    return functions.clip(a, low, high)


def _where(condition: Any, x: Any, y: Any) -> Any:
    return functions.where(condition, x, y)


def _dot(a: Any, b: Any) -> Any:
    """Return a·b, by matmul where they agree: up to two axes on the right."""
    sizes = [len(getattr(x, "shape", ())) for x in (a, b)]
    if 0 in sizes:
        return functions.multiply(a, b)
    if sizes[1] > 2:
        raise _unknown(f"np.dot with {sizes[1]} axes on the right")
    return array_functions.matmul(a, b)


def _vstack(tup: Any) -> Any:
    parts = [x if len(x.shape) > 1 else array_functions.reshape(x, 1, -1) for x in _parts(tup)]
    return array_functions.concatenate(parts)


def _hstack(tup: Any) -> Any:
    parts = [x if x.shape else array_functions.reshape(x, 1) for x in _parts(tup)]
    return array_functions.concatenate(parts, 0 if len(parts[0].shape) == 1 else 1)


def _parts(arrays: Any) -> list[Any]:
    return [x if hasattr(x, "shape") else array_functions.expand_dims(x, ()) for x in arrays]


def _numbers(x: Any) -> Any:
    if hasattr(x, "astype_numbers"):
        return x.numpy()
    if isinstance(x, (list, tuple)):
        return type(x)(map(_numbers, x))
    return x
