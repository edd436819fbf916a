"""NumPy's protocols: its functions, given a Tensor, are ours.

    >>> np.tanh(t), np.sum(t, axis=0), array @ t, np.concatenate([t, u])

What has no gradient here raises, and says so.
"""

from __future__ import annotations

from . import array_functions, functions

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from typing import Any

# ufuncs that are called otherwise here, and what is asked of numbers and has no gradient
_UFUNCS = {
    "absolute": "abs", "fabs": "abs", "true_divide": "divide", "mod": "remainder",
    "conjugate": "positive",
}  # fmt: skip
_FUNCTIONS = {
    "amax": "max", "amin": "min", "transpose": "transpose", "linalg.norm": "norm",
}  # fmt: skip
_TESTS = {
    "all", "allclose", "any", "argsort", "array_equal", "array_repr", "array_str", "array2string",
    "count_nonzero", "equal", "greater", "greater_equal", "iscomplexobj", "isclose", "isfinite",
    "isinf", "isnan", "isrealobj", "less", "less_equal", "may_share_memory", "ndim", "nonzero",
    "not_equal", "ones_like", "result_type", "round", "searchsorted", "shape", "shares_memory",
    "signbit", "size", "unique", "zeros_like",
}  # fmt: skip


def ufunc(ufunc: Any, method: str, inputs: Any, options: Any) -> Any:
    """Do what `__array_ufunc__` should."""
    name = _UFUNCS.get(ufunc.__name__, ufunc.__name__)
    options = {key: value for key, value in options.items() if value is not None}
    if method == "reduce" and name == "add":
        return array_functions.sum(*inputs, **options)
    if name in _TESTS and method == "__call__":
        return ufunc(*(_numbers(x) for x in inputs), **options)
    ours = array_functions if name == "matmul" else functions
    function = getattr(ours, name, None)
    if method != "__call__" or options or function is None or name.startswith("_"):
        what = f"np.{ufunc.__name__}" + (f".{method}" if method != "__call__" else "")
        how = f" with {', '.join(options)}" if options else ""
        raise TypeError(
            f"{what} of a Tensor{how} has no gradient here; use t.numpy() for the numbers, or"
            " @custom_vjp to give one"
        )
    return function(*inputs)


def function(function: Any, args: Any, kwargs: Any) -> Any:
    """Do what `__array_function__` should."""
    module = function.__module__ or ""
    name = function.__name__
    name = _FUNCTIONS.get(f"linalg.{name}" if module.endswith("linalg") else name, name)
    if name in _TESTS:
        return function(*map(_numbers, args), **{k: _numbers(v) for k, v in kwargs.items()})
    ours = getattr(array_functions, name, None)
    if name == "where" and len(args) == 3:
        ours = functions.where
    if ours is None or name.startswith("_") or not callable(ours):
        raise TypeError(
            f"{module}.{function.__name__} of a Tensor has no gradient here; use t.numpy() for the"
            " numbers, or @custom_vjp to give one"
        )
    return ours(*args, **kwargs)


def _numbers(x: Any) -> Any:
    if hasattr(x, "astype_numbers"):
        return x.numpy()
    if isinstance(x, (list, tuple)):
        return type(x)(map(_numbers, x))
    return x
