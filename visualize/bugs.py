"""Find the bug: the first edge at which a wrong gradient went wrong.

    a.grad is 1, and should be 2 + 1: at the second edge into a, 1 took the place of the 2

Gradients come from the root down, so the first that is wrong, with all before it right, was made
wrong by one of the edges into it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from autodiff.graph import Node

from .comparison import gradients_by_node
from .mistakes import Share, mistake
from .reading import gradient, plain, same
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


class Check(NamedTuple):
    """The first bug in some gradients, if there is one; how many were checked, and could not be."""

    bug: Bug | None
    checked: int
    unknown: list[Node]


def checked(script: Script, grads: Mapping[Any, Any] | None) -> Check:
    """Check these gradients, or the stored ones.

    Stored ones are not, where a value has changed since: they are of what was there before.
    """
    nodes, replay = script.reading.nodes, script.replay
    given = _stored(nodes) if grads is None else _given(script, grads)
    if grads is None and replay.outdated:
        return Check(None, 0, [])
    known = {key: x for key, x in given.items() if replay.gradients.get(key) is not None}
    unknown = [node for node in nodes if id(node) in given and id(node) not in known]
    wrong = replay.differing
    if grads is not None:
        right = replay.gradients
        wrong = [n for n in nodes if id(n) in known and not _near(known[id(n)], right[id(n)])]
    if not wrong:
        return Check(None, len(known), unknown)
    # A gradient is complete after the last edge that adds to it: the first such is the cause.
    complete = {id(use.edge.parent): i for i, use in enumerate(replay.uses)}
    first = min(wrong, key=lambda n: complete.get(id(n), -1))
    step, words = _where(script, first, known[id(first)], stored=grads is None)
    bug = Bug(first, known[id(first)], step, words, len(wrong) - 1)
    return Check(bug, len(known), unknown)


def _stored(nodes: Sequence[Node]) -> dict[int, float | None]:
    return {id(node): gradient(node) for node in nodes if node.has_grad and node.requires_grad}


def _given(script: Script, grads: Mapping[Any, Any]) -> dict[int, float | None]:
    given = gradients_by_node(grads, script.reading, "explore")
    for node in script.reading.nodes:
        number, name = given.get(id(node)), script.name(node)
        if shape := getattr(number, "shape", ()):
            raise ValueError(
                f"explore() got an array of shape {shape} as the gradient of {name}; expected a"
                " number, as its values are"
            )
        if id(node) in given and not node.requires_grad:
            raise ValueError(
                f"explore() got a gradient of {name}, which is a constant: made under no_grad(),"
                " detached, or of constants alone"
            )
    return given


def _where(script: Script, node: Node, there: float | None, stored: bool) -> tuple[int, str]:
    """Return at which step a gradient went wrong, and the mistake that explains it."""
    replay, reading = script.replay, script.reading
    first = len(replay.operations) + 2  # the start, the operations, and the seed before the uses
    if node is reading.root:
        return first - 1, "backward() starts here, with 1 unless it is told."
    uses = [(i, use) for i, use in enumerate(replay.uses) if use.edge.parent is node]
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
    if stored and here is not None and there is not None and math.isfinite(there - here):
        amount = f"It is {_shown(abs(there - here))} too {'much' if there > here else 'little'}"
        why = f"{amount}: was that in .grad before, for want of a zero_grad()?"
        return first + uses[0][0], why
    return first + uses[0][0], "From here on it is another number."


def _shown(x: float) -> str:
    from .script import number

    return number(x)


def _near(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and same(a, b, _NEAR)
