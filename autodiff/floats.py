"""The float vocabulary: NumPy's names on Python floats.

A rule of calculus is written once, against a vocabulary `xp` (see `elementwise.py`). When `xp` is
this module, the rule computes on plain floats. Python's own `math` is nearly that vocabulary, but
it raises where IEEE 754 has an answer; here every function returns what NumPy would:

    >>> from autodiff import floats
    >>> floats.divide(1.0, 0.0), floats.log(0.0), floats.sqrt(-1.0), floats.exp(1000.0)
    (inf, -inf, nan, inf)

So an expression never dies of a ZeroDivisionError, and a number never turns complex. Arguments are
floats; nothing is checked, because these functions are the inner loop of everything.
"""

from __future__ import annotations

import math
import operator

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

inf = math.inf
nan = math.nan

# Names that `operator` has already.  (float * float overflows to inf by itself: it never raises.)
add, subtract, multiply = operator.add, operator.sub, operator.mul
negative = operator.neg
equal, not_equal = operator.eq, operator.ne
less, less_equal = operator.lt, operator.le
greater, greater_equal = operator.gt, operator.ge


def divide(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0.0 or a != a:
            return nan
        return math.copysign(inf, a) * math.copysign(1.0, b)


def reciprocal(x: float) -> float:
    return divide(1.0, x)


def square(x: float) -> float:
    return x * x


def power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except ValueError:  # a negative base under a fraction, or 0 to a negative power
        if a != 0.0:
            return nan
        return math.copysign(inf, a) if _is_odd(b) else inf
    except OverflowError:
        return -inf if a < 0.0 and _is_odd(b) else inf


def _is_odd(b: float) -> bool:
    return math.isfinite(b) and math.fmod(b, 2.0) in (1.0, -1.0)


def sqrt(x: float) -> float:
    try:
        return math.sqrt(x)
    except ValueError:
        return nan


try:
    from math import cbrt  # type: ignore[attr-defined]  # Python 3.11
    from math import exp2 as _exp2  # type: ignore[attr-defined]
except ImportError:  # pragma: no cover  (Python 3.10)

    def _exp2(x: float) -> float:
        return math.pow(2.0, x)

    def cbrt(x: float, /) -> float:
        root = math.copysign(math.pow(abs(x), 1.0 / 3.0), x)
        if root == 0.0 or not math.isfinite(root):
            return root
        # 1/3 is not a float, so the power is off by some ulps: one Newton step mends it.
        return root - (root - x / (root * root)) / 3.0


def exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return inf


def exp2(x: float) -> float:
    try:
        return _exp2(x)
    except OverflowError:
        return inf


def expm1(x: float) -> float:
    try:
        return math.expm1(x)
    except OverflowError:
        return inf


def log(x: float) -> float:
    try:
        return math.log(x)
    except ValueError:
        return -inf if x == 0.0 else nan


def log1p(x: float) -> float:
    try:
        return math.log1p(x)
    except ValueError:
        return -inf if x == -1.0 else nan


def log2(x: float) -> float:
    try:
        return math.log2(x)
    except ValueError:
        return -inf if x == 0.0 else nan


def log10(x: float) -> float:
    try:
        return math.log10(x)
    except ValueError:
        return -inf if x == 0.0 else nan


def sin(x: float) -> float:
    try:
        return math.sin(x)
    except ValueError:  # sin(inf)
        return nan


def cos(x: float) -> float:
    try:
        return math.cos(x)
    except ValueError:
        return nan


def tan(x: float) -> float:
    try:
        return math.tan(x)
    except ValueError:
        return nan


def arcsin(x: float) -> float:
    try:
        return math.asin(x)
    except ValueError:
        return nan


def arccos(x: float) -> float:
    try:
        return math.acos(x)
    except ValueError:
        return nan


def sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(inf, x)


def cosh(x: float) -> float:
    try:
        return math.cosh(x)
    except OverflowError:
        return inf


def arccosh(x: float) -> float:
    try:
        return math.acosh(x)
    except ValueError:
        return nan


def arctanh(x: float) -> float:
    try:
        return math.atanh(x)
    except ValueError:
        return math.copysign(inf, x) if abs(x) == 1.0 else nan


arctan, arctan2, arcsinh, tanh = math.atan, math.atan2, math.asinh, math.tanh
erf, erfc, hypot = math.erf, math.erfc, math.hypot
all_finite = math.isfinite
abs = abs


def sinc(x: float) -> float:
    """Return sin(πx)/(πx), and 1 at 0: NumPy's normalised sinc."""
    z = math.pi * x
    return divide(sin(z), z) if z != 0.0 else 1.0


def sigmoid(x: float) -> float:
    """Return 1/(1 + e⁻ˣ), in the branch where the exponential is at most 1."""
    e = math.exp(-abs(x))
    return (e if x < 0.0 else 1.0) / (1.0 + e)


def logaddexp(a: float, b: float) -> float:
    """Return log(eᵃ + eᵇ) without overflow."""
    if a == b:  # also two equal infinities, whose difference is nan
        return a + math.log(2.0)
    return maximum(a, b) + math.log1p(math.exp(-abs(a - b)))


def xlogy(x: float, y: float) -> float:
    """Return x·log y, and 0 where x is 0 (unless y is nan)."""
    return 0.0 if x == 0.0 and y == y else x * log(y)


def sign(x: float) -> float:
    return x if x == 0.0 or x != x else math.copysign(1.0, x)


# math's floor and ceil give integers, which forget the sign of zero: ceil(-0.5) is -0.0.
def floor(x: float) -> float:
    return math.copysign(float(math.floor(x)), x) if math.isfinite(x) else x


def ceil(x: float) -> float:
    return math.copysign(float(math.ceil(x)), x) if math.isfinite(x) else x


def fmod(a: float, b: float) -> float:
    """Return the remainder with the sign of a."""
    try:
        return math.fmod(a, b)
    except ValueError:
        return nan


def remainder(a: float, b: float) -> float:
    """Return a - b·floor(a/b), the remainder with the sign of b."""
    try:
        return a % b
    except ZeroDivisionError:
        return nan


def floor_divide(a: float, b: float) -> float:
    """Return floor(a/b), as if a/b were not rounded."""
    try:
        return a // b
    except ZeroDivisionError:
        return divide(a, b)


def maximum(a: float, b: float) -> float:
    return a if a >= b or a != a else b


def minimum(a: float, b: float) -> float:
    return a if a <= b or a != a else b


def clip(x: float, low: float, high: float) -> float:
    return minimum(maximum(x, low), high)


def where(condition: float, a: float, b: float) -> float:
    return a if condition else b


def logical_and(a: float, b: float) -> bool:
    return bool(a and b)


def logical_or(a: float, b: float) -> bool:
    return bool(a or b)


def zeros_like(x: float) -> float:
    return 0.0


def evaluate(rule: Callable[..., Any], *args: Any) -> Any:
    """Run a rule of this vocabulary. (On ndarrays there is more to do.)"""
    return rule(*args)


def sum(*terms: float) -> float:
    """Return the sum of the terms, correctly rounded, the same on every Python."""
    return _sum(terms)


def _sum(terms: Sequence[float]) -> float:
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):  # huge or infinite terms: IEEE addition, one by one
        total = 0.0
        for term in terms:
            total += term
        return total


def dot(*operands: float) -> float:
    """Return w₁x₁ + … + wₙxₙ (+ b) of the operands w₁ … wₙ, x₁ … xₙ (, b)."""
    n = len(operands) // 2
    return _dot(operands[:n], operands[n:], operands[2 * n :])


def _dot(w: Sequence[float], x: Sequence[float], more: Sequence[float]) -> float:
    return _sum([*map(multiply, w, x), *more])
