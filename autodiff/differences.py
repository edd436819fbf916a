"""Slopes from differences, to hold derivatives against.

The quotient (f(x + h) - f(x - h))/2h is off by multiples of h², h⁴, ... and by what rounding
leaves, ε|f|/h. Richardson's extrapolation takes out one power after the other by halving h. Of all
the estimates the surest is kept, by how much it moved from the two that it was made of:

    >>> import math
    >>> through, left, right = slopes(math.sin, 1.0)
    >>> abs(through.value - math.cos(1.0)) < 1e-11, through.error < 1e-9
    (True, True)

The slopes to the left and to the right are found likewise; where they differ there is a kink:

    >>> compare(abs, 0.0, 0.5).words
    'kink, slopes -1 and 1'
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

Function = Callable[[float], float]

_LEVELS = 15  # h from 1/8 down to 8e-6, times the size of x
_POWERS = 5  # of h to take out: more gain nothing in double precision
_EPSILON = 2.0**-52
_GOLDEN = 0.5 * (math.sqrt(5.0) - 1.0)  # as far from all simple fractions as a number can be
_SURE = 1e-7  # relative: an estimate that moved by less needs no other
_TOLERANCE = 1e-6  # relative: a wrong rule is off by far more, and rounding by far less


class Slope(NamedTuple):
    """A slope found by differences, and by how much it may be off; nan where none settles."""

    value: float
    error: float


class Comparison(NamedTuple):
    """How a gradient compares with differences: `words` say it, `agrees` is False on a mismatch."""

    difference: float
    relative: float
    agrees: bool
    words: str


def compare(f: Function, x: float, gradient: float) -> Comparison:
    """Hold `gradient` against the slopes of f at x.

    At a kink any slope between the one to the left and the one to the right is right. Where the
    differences settle nowhere (a jump, a pole, an infinite slope, a wave too short for the steps)
    there is nothing to compare with.
    """
    found = _judged(f, x, gradient, 1.0)
    if found.agrees:
        return found
    # A wave may look straight to steps that happen to fit it: other steps must see the same slope.
    again = _judged(f, x, gradient, _GOLDEN)
    sizes = map(abs, (found.difference, again.difference, gradient))
    if again.agrees or not abs(again.difference - found.difference) <= 1e-3 * max(sizes):
        return _NOTHING
    return found


def _judged(f: Function, x: float, gradient: float, shrink: float) -> Comparison:
    through, left, right = slopes(f, x, shrink)
    slack = 1e-8 * abs(f(x)) / max(1.0, abs(x))
    sides = math.isfinite(left.value) and math.isfinite(right.value)
    if sides and not _close(left.value, right.value, slack + 4 * (left.error + right.error)):
        low, high = sorted([left, right])
        margin = slack + 4 * max(left.error, right.error)
        inside = low.value <= gradient <= high.value or any(
            _close(gradient, side.value, margin) for side in (left, right)
        )
        words = f"kink, slopes {left.value:.6g} and {right.value:.6g}"
        relative = 0.0 if inside else _relative(gradient, through.value)
        return Comparison(
            through.value, relative, inside, words if inside else f"mismatch at a {words}"
        )
    for slope, side in ((through, ""), (left, " to the left"), (right, " to the right")):
        if math.isfinite(slope.value):
            agrees = _close(gradient, slope.value, slack + 4 * slope.error)
            words = f"{'ok' if agrees else 'mismatch'}{side}"
            return Comparison(slope.value, _relative(gradient, slope.value), agrees, words)
    return _NOTHING


_NOTHING = Comparison(math.nan, math.nan, True, "not compared: differences settle nowhere")


def _close(a: float, b: float, slack: float) -> bool:
    return abs(a - b) <= _TOLERANCE * max(abs(a), abs(b)) + slack


def _relative(a: float, b: float) -> float:
    return abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0


def slopes(f: Function, x: float, shrink: float = 1.0) -> tuple[Slope, Slope, Slope]:
    """Return the slope of f at x, and those to its left and right alone.

    `shrink` makes all steps so much shorter.
    """
    here = f(x)

    def quotient(low: float, high: float) -> tuple[float, float]:
        below, above = here if low == x else f(low), here if high == x else f(high)
        if not (math.isfinite(below) and math.isfinite(above) and low < high):
            return math.nan, math.nan
        return (above - below) / (high - low), _EPSILON * max(abs(below), abs(above)) / (high - low)

    return (
        _extrapolated(lambda h: quotient(x - h * shrink, x + h * shrink), x, 4),
        _extrapolated(lambda h: quotient(x - h * shrink, x), x, 2),
        _extrapolated(lambda h: quotient(x, x + h * shrink), x, 2),
    )


def _extrapolated(quotient: Callable[[float], tuple[float, float]], x: float, ratio: int) -> Slope:
    """Return the limit of quotient(h) at h = 0; it errs by powers of h² (ratio 4) or of h (2)."""
    # Steps of the size of x come first, since 1 is far away from a Planck constant. Steps of the
    # size of 1 are for an x that is small beside what is added to it.
    estimates = [_surest(quotient, size, ratio) for size in dict.fromkeys([abs(x) or 1.0, 1.0])]
    for slope in estimates:
        if slope.error <= _SURE * abs(slope.value):
            return slope
    return min(estimates, key=lambda slope: slope.error)


def _surest(quotient: Callable[[float], tuple[float, float]], size: float, ratio: int) -> Slope:
    """Return the estimate of the least error; nan if that is not sure to a thousandth."""
    least, surest, first = math.inf, math.nan, math.nan
    last = last_rounding = math.nan
    row: list[float] = []
    for level in range(_LEVELS):
        slope, rounding = quotient(size * 2.0 ** -(level + 3))
        if not math.isfinite(slope):  # too far out: f has no value there
            row = []
            continue
        last, last_rounding = slope, rounding
        first = abs(slope) + 2.0**30 * rounding if math.isnan(first) else first
        above, row = row[:_POWERS], [slope]
        for power, coarser in enumerate(above, 1):
            finer = row[-1]
            row.append(finer + (finer - coarser) / (ratio**power - 1))
            error = max(abs(row[-1] - finer), abs(row[-1] - coarser)) + rounding
            if error < least:
                least, surest = error, row[-1]
    # Estimates may agree by chance while h is too long to see a wave: the shortest h must concur.
    scale = max(abs(surest), first)
    sure = least <= 1e-3 * scale and abs(surest - last) <= 1e-2 * scale + 4 * last_rounding
    return Slope(surest if sure else math.nan, least)
