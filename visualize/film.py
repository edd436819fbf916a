"""`Film`: the numbers of each step of training, for a page with a second slider.

    film = Film()
    for _ in range(50):
        loss = mse(model(x), y)
        film.add(loss)                  # before the optimiser changes the weights
        optimizer.zero_grad(); loss.backward(); optimizer.step()
    explore(film).save("training.html") # weights, gradients and the loss move together

Only what a step starts from is kept, its leaves and the plain numbers in it: the page computes the
rest, as it does where the reader moves an input.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from autodiff.graph import Node, topological_order
from autodiff.typeset import javascript_number

from .drawing import check_node
from .limits import MOST, counted, refusal
from .live import Program, numbers_of
from .reading import Reading
from .replay import is_outdated


class Film:
    """A run of training, step by step; `add` takes the loss of each. `losses` are the numbers.

    All steps must be the same graph with other numbers, as those of one model on batches of one
    size are; a `if` that went another way makes another graph.
    """

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.steps: list[int] = []
        self._frames: list[list[float]] = []  # leaves, then constants
        self._shape: list[Any] = []
        self._root: Node | None = None
        self._latest: Node | None = None

    def __len__(self) -> int:
        return len(self.losses)

    def __repr__(self) -> str:
        return f"<film of {len(self)} steps: explore(film).save('training.html') writes it>"

    @property
    def root(self) -> Node:
        """The loss of the first step."""
        if self._root is None:
            raise ValueError(
                "explore() got a film without steps; call film.add(loss) at each step of training"
            )
        return self._root

    @property
    def latest(self) -> Node:
        """The loss of the last step, which a variable of the user's may still be called by."""
        return self.root if self._latest is None else self._latest

    def add(self, loss: Node, step: int | None = None) -> None:
        """Keep the numbers of a step; `step` is its number, by itself the next one.

        Call it before the optimiser's step, which changes the weights that the loss was made from.
        Raises TypeError for what is no Value, ValueError for a graph of another shape than the
        first, after the optimiser's step, or with an operation that no row of the table is.
        """
        check_node(loss, "film.add")
        if hasattr(loss, "shape"):
            raise TypeError(
                f"film.add() got a Tensor of shape {loss.shape}; expected a Value: explore() shows"
                " numbers, and model.to_scalar()(x) is of Values"
            )
        if counted(loss, MOST) is None:
            raise refusal(f"{MOST:,} values", MOST, "film.add")
        nodes = topological_order(loss)
        shape = list(_shape(nodes))
        if self._root is None:
            if lack := Program(nodes).lack:
                raise ValueError(
                    f"film.add() got a loss made by {lack}, which is no row of the table; the page"
                    " could not compute it"
                )
            self._root, self._shape = loss, shape
        elif shape != self._shape:
            raise ValueError(f"film.add() got a loss of another shape: {self._parting(shape)}")
        if any(is_outdated(node) for node in nodes if not node.is_leaf):
            raise ValueError(
                "film.add() got a loss whose weights have changed since; call it before the"
                " optimiser's step"
            )
        self._latest = loss
        leaves, constants = numbers_of(nodes)
        self._frames.append(leaves + constants)
        self.losses.append(float(loss.data))
        self.steps.append((self.steps[-1] + 1 if self.steps else 0) if step is None else int(step))

    def _parting(self, shape: Sequence[Any]) -> str:
        at = next((i for i, (a, b) in enumerate(zip(shape, self._shape)) if a != b), None)
        if at is None:
            return f"{len(shape)} values, where the first step had {len(self._shape)}"
        here, there = (names[at][0] or "a leaf" for names in (shape, self._shape))
        if here == there:
            there += " of other operands"
        return f"its value {at + 1} is made by {here}, and that of the first step by {there}"

    def first(self, names: dict[int, str]) -> tuple[Reading, dict[int, str], dict[int, Node]]:
        """Return the graph of the first step with its own numbers, and names for its nodes.

        Its leaves are the model's, which has learnt since: so this is a copy. The third is the copy
        of each node by its id.
        """
        ours, theirs = topological_order(self.root), topological_order(copy.deepcopy(self.root))
        numbers = iter(self._frames[0])
        for node in theirs:
            if node.is_leaf:
                node.data = next(numbers)
                node.grad = node.blank
        reading = Reading(theirs[-1], {})
        copies = {id(a): b for a, b in zip(ours, theirs)}
        return reading, {id(b): names[id(a)] for a, b in zip(ours, theirs)}, copies

    def expression(self) -> str:
        """Return the film as JavaScript: the numbers that move, at each step."""
        columns = list(zip(*self._frames))
        moving = [j for j, column in enumerate(columns) if any(x != column[0] for x in column)]
        leaves = sum(name == "" for name, *_ in self._shape)
        places = [[0, j] if j < leaves else [1, j - leaves] for j in moving]
        frames = (_list([frame[j] for j in moving]) for frame in self._frames)
        return (
            f"{{loss: {_list(self.losses)}, steps: {json.dumps(self.steps)}, moving:"
            f" {json.dumps(places)}, frames: [{','.join(frames)}]}}"
        )


def _list(numbers: Sequence[float]) -> str:
    return f"[{','.join(map(javascript_number, numbers))}]"


def _shape(nodes: Sequence[Node]) -> Iterator[tuple[Any, ...]]:
    """Yield how each node is made: by which operation, of which nodes; ~0 for a plain number."""
    places: dict[int, int] = {}
    for node in nodes:
        places[id(node)] = len(places)
        name = "" if node.is_leaf or node.primitive is None else node.primitive.name
        yield name, *(places[id(x)] if isinstance(x, Node) else ~0 for x in node.inputs)
