"""Find the bug: the first edge at which a wrong gradient went wrong.

    a.grad is 1, and should be 2 + 1: at the second edge into a, 1 took the place of the 2

Gradients come from the root down, so the first that is wrong, with all before it right, was made
wrong by one of the edges into it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from autodiff.graph import Node

from .comparison import gradients_by_node
from .mistakes import Share, mistake
from .reading import gradient, plain
from .text import cut

if TYPE_CHECKING:
    from .script import Script

_NEAR = 1e-4  # relative: the page, and who copies from it, has four digits


class Bug(NamedTuple):
    """A wrong gradient: whose, what it is, and the step of the page at which it went wrong."""

    node: Node
    number: float | None
    step: int
    words: str
    others: int  # that are wrong too


def checked(script: Script, grads: Mapping[Any, Any] | None) -> tuple[Bug | None, int]:
    """Return the first bug in these gradients, or in the stored ones, and how many were checked."""
    nodes, totals = script.reading.nodes, script.replay.gradients
    if grads is None:
        differing = {id(node) for node in script.replay.differing}
        given = {id(n): gradient(n) for n in nodes if n.has_grad and totals.get(id(n)) is not None}
        wrong = [n for n in nodes if id(n) in differing]
    else:
        given = gradients_by_node(grads, script.reading, "explore")
        wrong = [n for n in nodes if id(n) in given and not _near(given[id(n)], totals[id(n)])]
    if not wrong:
        return None, len(given)
    # A gradient is complete after the last edge that adds to it: the first such is the cause.
    complete = {id(use.edge.parent): i for i, use in enumerate(script.replay.uses)}
    first = min(wrong, key=lambda n: complete.get(id(n), -1))
    step, words = _where(script, first, given[id(first)], stored=grads is None)
    return Bug(first, given[id(first)], step, words, len(wrong) - 1), len(given)


def _where(script: Script, node: Node, there: float | None, stored: bool) -> tuple[int, str]:
    """Return at which step a gradient went wrong, and the mistake that explains it."""
    replay, reading = script.replay, script.reading
    first = len(replay.operations) + 2  # the start, the operations, and the seed before the uses
    if node is reading.root:
        return first - 1, "backward() starts here, with 1 unless it is told."
    uses = [(i, use) for i, use in enumerate(replay.uses) if use.edge.parent is node]
    if not uses:
        return first + len(replay.uses), "No edge leads to it."
    here = replay.gradients[id(node)]
    shares = [
        Share(edge.child, use.upstream, plain(edge.local), plain(edge.contribution) or 0.0)
        for _, use in uses
        for edge in [use.edge]
    ]
    found = mistake(reading, cut(reading.name(node), 40), here, there, shares)
    if found is not None:
        words = found.words[0].upper() + found.words[1:]
        return first + uses[found.share][0], words + "." * (words[-1] not in "?.")
    if stored and here is not None and there is not None:
        return first + uses[0][0], (
            f"It is {_shown(there - here)} too much: was that in .grad before, for want of a"
            " zero_grad()?"
        )
    return first + uses[0][0], "From here on it is another number."


def _shown(x: float) -> str:
    from .script import number

    return number(x)


def _near(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    same = a == b or (math.isnan(a) and math.isnan(b))
    return same or math.isclose(a, b, rel_tol=_NEAR, abs_tol=1e-12)
