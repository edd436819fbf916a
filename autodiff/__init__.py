"""Automatic differentiation that you can read: values, their graph, and the chain rule.

    >>> from autodiff import Value
    >>> a, b, c = Value(5.0), Value(3.0), Value(2.0)
    >>> J = 3 * (a + b * c)
    >>> J.backward()
    >>> a.grad, b.grad, c.grad
    (3.0, 6.0, 9.0)

The files stand on floors, each importing only from those below: floats, arrays, symbols; primitive,
elementwise; graph; functions; sweep; value. The pictures are in the package `visualize` beside it.
"""

from .array_functions import (
    argmax,
    argmin,
    astype,
    broadcast_to,
    concatenate,
    cumsum,
    diag,
    diagonal,
    einsum,
    expand_dims,
    flatten,
    flip,
    log_softmax,
    logsumexp,
    matmul,
    max,
    mean,
    min,
    moveaxis,
    norm,
    outer,
    pad,
    prod,
    ravel,
    repeat,
    reshape,
    roll,
    softmax,
    sort,
    split,
    squeeze,
    stack,
    std,
    sum,
    swapaxes,
    take,
    take_along_axis,
    tile,
    trace,
    transpose,
    tril,
    triu,
    var,
)  # fmt: skip
from .convolution import avg_pool2d, conv2d, max_pool2d
from .functions import (
    abs,
    add,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cbrt,
    ceil,
    clip,
    cos,
    cosh,
    custom_vjp,
    divide,
    dot,
    elu,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    floor_divide,
    fmod,
    gelu,
    hypot,
    leaky_relu,
    linear,
    log,
    log1p,
    log2,
    log10,
    log_sigmoid,
    logaddexp,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    reciprocal,
    relu,
    remainder,
    safe_where,
    selu,
    sigmoid,
    sign,
    silu,
    sin,
    sinc,
    sinh,
    softplus,
    softsign,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    where,
    xlogy,
)  # fmt: skip
from .gradcheck import GradientError, check_grads
from .graph import Edge, Node, edges, errstate, no_grad, record_source, topological_order
from .seeding import seed
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .value import Value

TYPE_CHECKING = False  # for who checks types, what is loaded at its first use
if TYPE_CHECKING:
    from . import data as data
    from . import nn as nn
    from . import optim as optim
    from . import training as training
    from .compiler import compile as compile
    from .tensor import Tensor as Tensor
    from .training import fit as fit


def __getattr__(name: str) -> object:
    """Load a part of the package at its first use; say what a name is called here: asin, arcsin."""
    if name in ("data", "nn", "optim", "training"):
        from importlib import import_module

        return import_module(f".{name}", __name__)
    if name == "Tensor":
        from .tensor import Tensor

        return Tensor
    if name == "fit":
        from .training import fit

        return fit
    if name == "compile":
        from .compiler import compile

        return compile
    from .functions import ALIASES

    if name in ("cat", "manual_seed"):
        ours = {"cat": "concatenate", "manual_seed": "seed"}[name]
        raise AttributeError(f"autodiff has no {name!r}: write {ours!r}")
    if name in ALIASES:
        raise AttributeError(f"autodiff has no {name!r}: as in NumPy it is {ALIASES[name]!r}")
    if name in ("draw", "draw_dot", "trace"):
        raise AttributeError(f"autodiff has no {name!r}: write `from visualize import {name}`")
    raise AttributeError(f"module 'autodiff' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "compile", "data", "nn", "optim", "training"])


__all__ = [
    "Edge",
    "GradientError",
    "Node",
    "Tensor",
    "Value",
    "abs",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "argmax",
    "argmin",
    "astype",
    "avg_pool2d",
    "broadcast_to",
    "cbrt",
    "ceil",
    "check_grads",
    "clip",
    "concatenate",
    "conv2d",
    "cos",
    "cosh",
    "cumsum",
    "custom_vjp",
    "diag",
    "diagonal",
    "divide",
    "dot",
    "edges",
    "einsum",
    "elu",
    "erf",
    "erfc",
    "errstate",
    "exp",
    "exp2",
    "expand_dims",
    "expm1",
    "fit",
    "flatten",
    "flip",
    "floor",
    "floor_divide",
    "fmod",
    "gelu",
    "grad",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "linear",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logsumexp",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "negative",
    "no_grad",
    "norm",
    "outer",
    "pad",
    "power",
    "prod",
    "ravel",
    "reciprocal",
    "record_source",
    "relu",
    "remainder",
    "repeat",
    "reshape",
    "roll",
    "safe_where",
    "seed",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinc",
    "sinh",
    "softmax",
    "softplus",
    "softsign",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "subtract",
    "sum",
    "swapaxes",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tile",
    "topological_order",
    "trace",
    "transpose",
    "tril",
    "triu",
    "value_and_grad",
    "var",
    "vjp",
    "where",
    "xlogy",
]
