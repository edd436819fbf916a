"""Which mistake makes a wrong gradient: the ones that everybody makes, told by their numbers.

    ∂J/∂a = 2 + 1, and somebody has 1: the share of J = t₁ + a alone, = for +=

`diff` and the page both ask here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autodiff.graph import Node

from .reading import Reading, same

TWICE = "it is twice as much: two calls of backward() without zero_grad() between?"


class Share(NamedTuple):
    """What an edge adds to a gradient: upstream × local = number."""

    child: Node
    upstream: float | None
    local: float | None
    number: float


class Mistake(NamedTuple):
    """A likely mistake in words, and which of the shares is the first to show it."""

    words: str
    share: int = 0


def mistake(
    reading: Reading,
    name: str,
    here: float | None,
    there: float | None,
    shares: Sequence[Share],
    twice: bool = True,
) -> Mistake | None:
    """Return what explains that a gradient is `there` and not `here`, the sum of its shares.

    The shares are in the order in which they are added up. `twice` says whether two calls of
    backward() are an explanation, as they are not if other leaves have what they should. None if
    nothing known explains it.
    """
    if there is None or here is None:
        return Mistake("nothing came back: is it part of that graph, and does it need a gradient?")
    if there != there and here == here:
        return Mistake("it is nan: was it 0 times an infinity there, or log or sqrt of too little?")
    if there == 0.0:
        return Mistake("it is 0: was backward() called, and is it part of that graph?")
    if _close(there, -here) and there != here:
        return Mistake("the sign is turned")
    if twice and _close(there, 2.0 * here):
        return Mistake(TWICE)
    root = reading.name(reading.nodes[-1])
    for share in shares:
        if len(shares) > 1 and _close(there, share.number):
            made = f"{reading.name(share.child)} = {reading.formula(share.child)}"
            words = f"it is the share of {made} alone: were the others overwritten (= for +=)?"
            return Mistake(words, 1)
    for i, share in enumerate(shares):
        child = reading.name(share.child)
        if len(shares) > 2 and _close(there, here - share.number):
            made = f"{child} = {reading.formula(share.child)}"
            return Mistake(f"the share of {made} is missing", i)
        for factor, other, lost in (
            (share.local, f"∂{child}/∂{name}", f"∂{root}/∂{child}"),
            (share.upstream, f"∂{root}/∂{child}", f"∂{child}/∂{name}"),
        ):
            if factor is None:
                continue
            if len(shares) == 1 and _close(there, factor):
                only = "alone" if factor is share.local else "unchanged"
                return Mistake(f"it is {other} {only}: was the factor {lost} forgotten?", i)
            if len(shares) > 1 and _close(there, here - share.number + factor):
                return Mistake(f"in the share of {child}, was the factor {lost} forgotten?", i)
    return None


def _close(a: float, b: float) -> bool:
    return same(a, b, 1e-6)
