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
    log_softmax,
    logaddexp,
    logsumexp,
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
    softmax,
    softplus,
    softsign,
    sqrt,
    square,
    subtract,
    sum,
    tan,
    tanh,
    where,
    xlogy,
)  # fmt: skip
from .gradcheck import GradientError, check_grads
from .graph import Edge, Node, edges, errstate, no_grad, topological_order
from .seeding import seed
from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .value import Value


def __getattr__(name: str) -> object:
    """Load a part of the package at its first use; say what a name is called here: asin, arcsin."""
    if name in ("data", "nn", "optim"):
        from importlib import import_module

        return import_module(f".{name}", __name__)
    from .functions import ALIASES

    if name in ALIASES:
        raise AttributeError(f"autodiff has no {name!r}: as in NumPy it is {ALIASES[name]!r}")
    if name in ("draw", "draw_dot", "trace"):
        raise AttributeError(f"autodiff has no {name!r}: write `from visualize import {name}`")
    raise AttributeError(f"module 'autodiff' has no attribute {name!r}")


__all__ = [
    "Edge",
    "GradientError",
    "Node",
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
    "cbrt",
    "ceil",
    "check_grads",
    "clip",
    "cos",
    "cosh",
    "custom_vjp",
    "divide",
    "dot",
    "edges",
    "elu",
    "erf",
    "erfc",
    "errstate",
    "exp",
    "exp2",
    "expm1",
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
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "no_grad",
    "power",
    "reciprocal",
    "relu",
    "remainder",
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
    "sqrt",
    "square",
    "subtract",
    "sum",
    "tan",
    "tanh",
    "topological_order",
    "value_and_grad",
    "vjp",
    "where",
    "xlogy",
]
