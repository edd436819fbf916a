"""The table of calculus: one row for each operation on numbers, used by Value and Tensor alike.

    tanh = row("tanh", lambda xp, g, y, x: (g + g * y) * (1.0 - y))

reads: the cotangent of tanh's input x, given the cotangent g of its output y, is g·(1 + y)·(1 - y).
In every rule
    xp        is the vocabulary: floats, arrays, functions (of nodes) or symbols
    g         is the cotangent of the output: the derivative of the root with respect to y
    y         is the output: where the derivative can be said in y, it is
    x, a, b   are the inputs: one rule for each, in order; None where there is no derivative
Only + - × and negation are operators; all else is a word of xp, so that floats never raise and
symbols print. `forward=` gives the value where the vocabularies have no such word.

At kinks PyTorch's published rule decides: the gradient where there is one, else the subgradient of
least norm, ties split evenly (../tests/test_edges.py has a line for each). Where a guard keeps a
branch finite that is not taken, it is so that derivatives of the derivative are right as well.
"""

from __future__ import annotations

import math

from .primitive import Primitive

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from typing import Any


TABLE: dict[str, Primitive] = {}


def row(name: str, *vjps: Any, **options: Any) -> Primitive:
    """Enter a primitive in the table."""
    TABLE[name] = Primitive(name, *vjps, **options)
    return TABLE[name]


# -- arithmetic ------------------------------------------------------------------------------------

add = row("add", lambda xp, g, y, a, b: g, lambda xp, g, y, a, b: g)
subtract = row("subtract", lambda xp, g, y, a, b: g, lambda xp, g, y, a, b: -g)
multiply = row("multiply", lambda xp, g, y, a, b: g * b, lambda xp, g, y, a, b: g * a)
divide = row(
    "divide",
    lambda xp, g, y, a, b: xp.divide(g, b),
    lambda xp, g, y, a, b: -xp.divide(g * y, b),
)
negative = row("negative", lambda xp, g, y, x: -g)
reciprocal = row("reciprocal", lambda xp, g, y, x: -g * xp.square(y))
square = row("square", lambda xp, g, y, x: g * (2.0 * x))


def _nonzero(xp: Any, x: Any) -> Any:
    """x to divide by: 1 in place of 0, where what is divided is 0 as well."""
    return xp.where(xp.equal(x, 0.0), 1.0, x)


def _base_slope(xp: Any, g: Any, a: Any, b: Any) -> Any:
    """g·b·aᵇ⁻¹. Where b = 0 it is g·b/a, as a⁻¹ may overflow; and 0 where a = 0 too."""
    flat = xp.equal(b, 0.0)
    lowered = g * b * xp.power(a, xp.where(flat, 1.0, b - 1.0))
    return xp.where(flat, xp.divide(g * b, _nonzero(xp, a)), lowered)


def _log_of_base(xp: Any, a: Any, b: Any) -> Any:
    """log a; 0 where a = 0 and b ≥ 0, as 0**b does not change with b there."""
    flat = xp.logical_and(xp.equal(a, 0.0), xp.greater_equal(b, 0.0))
    return xp.log(xp.where(flat, 1.0, a))


power = row(
    "power",
    lambda xp, g, y, a, b: _base_slope(xp, g, a, b),
    lambda xp, g, y, a, b: g * y * _log_of_base(xp, a, b),
)

# -- roots, exponentials, logarithms ---------------------------------------------------------------

sqrt = row("sqrt", lambda xp, g, y, x: xp.divide(g, 2.0 * y))
cbrt = row("cbrt", lambda xp, g, y, x: xp.divide(g, 3.0 * xp.square(y)))
exp = row("exp", lambda xp, g, y, x: g * y)
exp2 = row("exp2", lambda xp, g, y, x: g * (math.log(2.0) * y))
expm1 = row("expm1", lambda xp, g, y, x: g * xp.exp(x))
log = row("log", lambda xp, g, y, x: xp.divide(g, x))
log1p = row("log1p", lambda xp, g, y, x: xp.divide(g, 1.0 + x))
log2 = row("log2", lambda xp, g, y, x: xp.divide(g, math.log(2.0) * x))
log10 = row("log10", lambda xp, g, y, x: xp.divide(g, math.log(10.0) * x))
logaddexp = row(
    "logaddexp",
    lambda xp, g, y, a, b: g * xp.sigmoid(a - b),
    lambda xp, g, y, a, b: g * xp.sigmoid(b - a),
)


def _log_unless_zero(xp: Any, x: Any, y: Any) -> Any:
    """log y; 0 where x = 0 and y ≤ 0, as x·log y is 0 all along there."""
    flat = xp.logical_and(xp.equal(x, 0.0), xp.less_equal(y, 0.0))
    return xp.log(xp.where(flat, 1.0, y))


xlogy = row(
    "xlogy",
    lambda xp, g, z, x, y: g * _log_unless_zero(xp, x, y),
    lambda xp, g, z, x, y: xp.divide(g * x, y),
)

# -- circular and hyperbolic functions -------------------------------------------------------------

sin = row("sin", lambda xp, g, y, x: g * xp.cos(x))
cos = row("cos", lambda xp, g, y, x: -g * xp.sin(x))
tan = row("tan", lambda xp, g, y, x: g * (1.0 + xp.square(y)))
arcsin = row("arcsin", lambda xp, g, y, x: xp.divide(g, xp.sqrt((1.0 - x) * (1.0 + x))))
arccos = row("arccos", lambda xp, g, y, x: -xp.divide(g, xp.sqrt((1.0 - x) * (1.0 + x))))
arctan = row("arctan", lambda xp, g, y, x: xp.divide(g, 1.0 + xp.square(x)))
sinh = row("sinh", lambda xp, g, y, x: g * xp.cosh(x))
cosh = row("cosh", lambda xp, g, y, x: g * xp.sinh(x))
tanh = row("tanh", lambda xp, g, y, x: (g + g * y) * (1.0 - y))
arcsinh = row("arcsinh", lambda xp, g, y, x: xp.divide(g, xp.hypot(x, 1.0)))
arccosh = row("arccosh", lambda xp, g, y, x: xp.divide(g, xp.sqrt(x - 1.0) * xp.sqrt(x + 1.0)))
arctanh = row("arctanh", lambda xp, g, y, x: xp.divide(g, (1.0 - x) * (1.0 + x)))


def _over_square(xp: Any, t: Any, a: Any, b: Any) -> Any:
    """t/(a² + b²), in two divisions because the squares overflow."""
    r = _nonzero(xp, xp.hypot(a, b))
    return xp.divide(xp.divide(t, r), r)


arctan2 = row(
    "arctan2",
    lambda xp, g, y, a, b: g * _over_square(xp, b, a, b),
    lambda xp, g, y, a, b: -g * _over_square(xp, a, a, b),
)
hypot = row(
    "hypot",
    lambda xp, g, y, a, b: g * xp.divide(a, _nonzero(xp, y)),
    lambda xp, g, y, a, b: g * xp.divide(b, _nonzero(xp, y)),
)


def _sinc_slope(xp: Any, y: Any, x: Any) -> Any:
    """(cos πx - y)/x; its Taylor polynomial near 0, where the difference cancels."""
    near = xp.less(xp.abs(x), 0.25)
    inside, outside = xp.where(near, x, 0.0), xp.where(near, 1.0, x)
    square, series = xp.square(inside), 0.0
    for k in range(10, 0, -1):
        series = series * square + (-1) ** k * 2 * k * math.pi ** (2 * k) / math.factorial(
            2 * k + 1
        )
    far = xp.divide(xp.cos(math.pi * outside) - xp.where(near, -1.0, y), outside)
    return xp.where(near, series * inside, far)


sinc = row("sinc", lambda xp, g, y, x: g * _sinc_slope(xp, y, x))

# -- the error function and what is made of it -----------------------------------------------------


def _bell(xp: Any, x: Any) -> Any:
    """The slope of erf: 2/√π · e^(-x²)."""
    return 2.0 / math.sqrt(math.pi) * xp.exp(-xp.square(x))


erf = row("erf", lambda xp, g, y, x: g * _bell(xp, x))
erfc = row("erfc", lambda xp, g, y, x: -g * _bell(xp, x))


def _normal_cdf(xp: Any, x: Any) -> Any:
    """Φ(x), by erfc because 1 + erf loses the left tail."""
    return 0.5 * xp.erfc(-math.sqrt(0.5) * x)


def _normal_pdf(xp: Any, x: Any) -> Any:
    return 1.0 / math.sqrt(2.0 * math.pi) * xp.exp(-0.5 * xp.square(x))


gelu = row(
    "gelu",
    lambda xp, g, y, x: g * (_normal_cdf(xp, x) + x * _normal_pdf(xp, x)),
    forward=lambda xp, x: x * _normal_cdf(xp, x),
)

# -- activations -----------------------------------------------------------------------------------


def _below(xp: Any, x: Any) -> Any:
    """x where it is ≤ 0, else 0: keeps the exponential of a branch not taken from overflowing."""
    return xp.where(xp.less_equal(x, 0.0), x, 0.0)


sigmoid = row("sigmoid", lambda xp, g, y, x: g * y * (1.0 - y))
log_sigmoid = row(
    "log_sigmoid",
    lambda xp, g, y, x: g * xp.sigmoid(-x),
    forward=lambda xp, x: -xp.logaddexp(0.0, -x),
)
softplus = row(
    "softplus",
    lambda xp, g, y, x: g * xp.sigmoid(x),
    forward=lambda xp, x: xp.logaddexp(0.0, x),
)
silu = row(
    "silu",
    lambda xp, g, y, x: g * (xp.sigmoid(x) * (1.0 + x * xp.sigmoid(-x))),
    forward=lambda xp, x: x * xp.sigmoid(x),
)
softsign = row(
    "softsign",
    lambda xp, g, y, x: xp.divide(g, xp.square(1.0 + xp.abs(x))),
    forward=lambda xp, x: xp.divide(x, 1.0 + xp.abs(x)),
)
relu = row(
    "relu",
    lambda xp, g, y, x: xp.where(xp.less_equal(x, 0.0), 0.0, g),
    forward=lambda xp, x: xp.where(xp.less_equal(x, 0.0), 0.0, x),
)
leaky_relu = row(
    "leaky_relu",
    lambda xp, g, y, x, slope: xp.where(xp.less_equal(x, 0.0), g * slope, g),
    lambda xp, g, y, x, slope: g * _below(xp, x),
    forward=lambda xp, x, slope=0.01: xp.where(xp.less_equal(x, 0.0), slope * x, x),
)


def _elu(xp: Any, x: Any, alpha: Any = 1.0) -> Any:
    return xp.where(xp.less_equal(x, 0.0), alpha * xp.expm1(_below(xp, x)), x)


def _elu_slope(xp: Any, g: Any, x: Any, alpha: Any) -> Any:
    return xp.where(xp.less_equal(x, 0.0), g * (alpha * xp.exp(_below(xp, x))), g)


elu = row(
    "elu",
    lambda xp, g, y, x, alpha: _elu_slope(xp, g, x, alpha),
    lambda xp, g, y, x, alpha: g * xp.expm1(_below(xp, x)),
    forward=_elu,
)
# Klambauer et al., Self-Normalizing Neural Networks (2017), appendix: the fixed point's constants
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
selu = row(
    "selu",
    lambda xp, g, y, x: SELU_SCALE * _elu_slope(xp, g, x, SELU_ALPHA),
    forward=lambda xp, x: SELU_SCALE * _elu(xp, x, SELU_ALPHA),
)

# -- steps, choices, remainders --------------------------------------------------------------------


def _flat(xp: Any, g: Any, y: Any, x: Any, *others: Any) -> Any:
    return xp.zeros_like(x)


sign = row("sign", _flat)
floor = row("floor", _flat)
ceil = row("ceil", _flat)
floor_divide = row("floor_divide", _flat, lambda xp, g, y, a, b: xp.zeros_like(b))
abs = row("abs", lambda xp, g, y, x: g * xp.sign(x))


def _share(xp: Any, g: Any, loses: Any, ties: Any) -> Any:
    """g to the winner, half of it at a tie; a nan, which neither loses nor ties, gets g."""
    return xp.where(loses, 0.0, xp.where(ties, 0.5 * g, g))


maximum = row(
    "maximum",
    lambda xp, g, y, a, b: _share(xp, g, xp.less(a, b), xp.equal(a, b)),
    lambda xp, g, y, a, b: _share(xp, g, xp.less(b, a), xp.equal(a, b)),
)
minimum = row(
    "minimum",
    lambda xp, g, y, a, b: _share(xp, g, xp.greater(a, b), xp.equal(a, b)),
    lambda xp, g, y, a, b: _share(xp, g, xp.greater(b, a), xp.equal(a, b)),
)
# The bounds are numbers here; `functions.clip` is maximum and minimum where a bound is a node.
clip = row(
    "clip",
    lambda xp, g, y, x, low, high: xp.where(
        xp.logical_or(xp.less_equal(x, low), xp.greater_equal(x, high)), 0.0, g
    ),
    None,
    None,
)
where = row(
    "where",
    None,
    lambda xp, g, y, condition, a, b: xp.where(condition, g, 0.0),
    lambda xp, g, y, condition, a, b: xp.where(condition, 0.0, g),
)


# floor(a/b) would be one too large where a/b rounds up to a whole number: 1/0.1 is 10 in floats,
# but 0.1 is a little more than a tenth and fits into 1 only nine times.
def _truncated_quotient(xp: Any, a: Any, b: Any) -> Any:
    return xp.sign(xp.divide(a, b)) * xp.floor_divide(xp.abs(a), xp.abs(b))


fmod = row(
    "fmod",
    lambda xp, g, y, a, b: g,
    lambda xp, g, y, a, b: -g * _truncated_quotient(xp, a, b),
)
remainder = row(
    "remainder",
    lambda xp, g, y, a, b: g,
    lambda xp, g, y, a, b: -g * xp.floor_divide(a, b),
)

# -- any number of operands ------------------------------------------------------------------------


def _added(terms: list[Any]) -> Any:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


sum = row(
    "sum",
    joint=lambda xp, needed, g, y, *terms: [g] * len(terms),
    jvp=lambda xp, tangents, y, *terms: _added([t for t in tangents if t is not None]),
)


def _dot_joint(xp: Any, needed: list[bool], g: Any, y: Any, *operands: Any) -> list[Any]:
    n = len(operands) // 2
    w, x, bias = operands[:n], operands[n : 2 * n], operands[2 * n :]
    factors = (*x, *w)
    cotangents = [g * factor if need else None for factor, need in zip(factors, needed)]
    return cotangents + [g for _ in bias]


def _dot_jvp(xp: Any, tangents: list[Any], y: Any, *operands: Any) -> Any:
    partials = _dot_joint(xp, [t is not None for t in tangents], 1.0, y, *operands)
    terms = [p * t for p, t in zip(partials, tangents) if t is not None]
    return _added(terms)


# w₁x₁ + … + wₙxₙ (+ b) of w₁ … wₙ, x₁ … xₙ (, b): a neuron's sum as a single node
dot = row("dot", joint=_dot_joint, jvp=_dot_jvp, pairs=multiply)
