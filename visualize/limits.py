"""How large a graph may be drawn: count first, stop early, and say what to do instead.

    counted(J, most=1000)       # the number of nodes under J, or None as soon as there are more

Looking at 100 000 nodes takes a fortieth of a second and looking at a million takes one; laying out
ten thousand takes a minute, and nobody could read the picture. So a graph is counted before
anything else is done with it, and the count stops where the answer is known.
"""

from __future__ import annotations

from autodiff.graph import Node

UNFOLDED = 150  # cards that are drawn as they are; of more, those alike are folded
MOST = 1000  # cards of a picture, folded or not
FOLDABLE = 100_000  # nodes that are looked at in the hope that they fold

EDGES = 10  # to a card, at most


class TooLarge(ValueError):
    """The graph has more values than a picture of it can show."""


def counted(root: Node, most: int) -> int | None:
    """Return how many nodes the graph has, None if more than `most` or with far too many uses."""
    seen = {root}
    stack = [root]
    uses = 0
    while stack:
        inputs = stack.pop().inputs
        uses += len(inputs)
        for operand in inputs:
            if isinstance(operand, Node) and operand not in seen:
                seen.add(operand)
                stack.append(operand)
                if len(seen) > most:
                    return None
        if uses > EDGES * most + 1000:
            return None
    return len(seen)


def refusal(what: str, limit: int, function: str = "draw", folded: bool = False) -> TooLarge:
    """Return the error for a graph with more than this, with what can be done instead."""
    fold = "" if folded else "draw(J, fold='layer'), "
    return TooLarge(
        f"this graph has more than {what}; a picture of it would take minutes and could not be"
        f" read. Try {fold}focus(w, depth=2), path(w, J), levels(J) or summary(J)."
        f" {function}(J, limit={max(5, limit // 200) * 1000}) insists"
    )
