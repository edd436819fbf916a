"""Following: a function of Tensors is run once, and all that it does with them is noted.

    trace = follow(loss, [images, classes])
    trace.root          # the graph of what the function returned, constants and comparisons too
    trace.guards        # what it branched on, and how it went

What leaves the graph on purpose has a node as well: what is drawn anew in each call (`drawn`), what
is computed without a derivative (`computed`), what is only done, as running means are kept and
classes are checked (`effect`). While this runs such things are noted, not done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import arrays
from ..graph import CONSTANT, Node, apply, modes, no_grad
from ..primitive import Primitive
from ..tensor import Tensor
from ..wording import a_kind
from .tracing import COMPARISONS, branched, called, captured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

GIVEN = Primitive("given", home=(__name__, "GIVEN"))  # whole numbers and bools among the arguments


class Computed(Primitive):
    """What a function of ndarrays computes, without a derivative; drawn anew, if it is `fresh`."""

    __slots__ = ("fresh", "function")

    def __init__(self, function: Callable[..., Any], fresh: bool = False) -> None:
        super().__init__(getattr(function, "__name__", "function"), home=(__name__, "Computed"))
        self.function = function
        self.fresh = fresh


class TensorTrace:
    """What a run of a function of Tensors recorded."""

    def __init__(self, forced: list[bool] | None = None) -> None:
        self.forced = forced  # the branches to take
        self.stopped: set[Node] = set()  # what was made under no_grad, which sends nothing back
        self.root: Any = None
        self.inputs: list[Any] = []  # Tensors; what is no array, as it is
        self.guards: list[tuple[Node, bool]] = []
        self.draws: list[Any] = []  # in the order in which they are to be drawn
        self.effects: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self.fixed: set[int] = set()  # the ids of constants that were made on the way
        self.modules: list[tuple[Any, bool]] = []
        self.kept: dict[str, Any] = {}  # the variables of the function when it returned

    def apply(self, primitive: Primitive, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute and record, constants too; parameters may be nodes, as indices are."""
        recording = modes.recording
        with _paused(self):
            node = apply(primitive, *inputs, **{name: _numbers(x) for name, x in params.items()})
        if not isinstance(node, Tensor):
            return node
        noted = self._noted(node, inputs, primitive, params)
        if not recording:
            self.stopped.add(noted)
        return noted

    def _noted(
        self,
        node: Tensor,
        inputs: tuple[Any, ...],
        primitive: Primitive,
        params: dict[str, Any] | None = None,
    ) -> Tensor:
        operands = tuple(
            x if type(x) is float else Tensor.operand(x, primitive.name) for x in inputs
        )
        made: Tensor = Tensor.record(node.array, operands, primitive)
        if params:
            made.params = params
        return made

    def compare(self, word: str, *operands: Any) -> Any:
        """Return a comparison, or conditions joined, as a node."""
        return self.apply(COMPARISONS[word], operands, {})

    def truth(self, node: Tensor) -> bool:
        """Return whether it holds, and note that a branch depends on it."""
        if any(isinstance(x.primitive, Computed) and x.primitive.fresh for x in order(node)):
            self.refuse("a branch on what is drawn at random, as by dropout,")
        return branched(self, node, bool(node.array))

    def computed(self, function: Callable[..., Any], *inputs: Any) -> Any:
        """Return as a node what a function makes of the numbers of these: it has no derivative."""
        numbers = [_numbers(x) for x in inputs]
        node: Tensor = Tensor.record(arrays.quietly(function, *numbers), (), CONSTANT)
        return self._noted(node, inputs, Computed(function))

    def drawn(self, function: Callable[[], Any], shape: tuple[int, ...], dtype: Any) -> Any:
        """Return as a node what is to be drawn anew in each call: ones, as long as this records."""
        node: Tensor = Tensor.record(np.ones(shape, dtype), (), CONSTANT)
        self.draws.append(self._noted(node, (), Computed(function, fresh=True)))
        return self.draws[-1]

    def effect(self, function: Callable[..., Any], *inputs: Any) -> None:
        """Note that a function is to be called with the numbers of these in each call."""
        self.effects.append((function, inputs))

    def asks(self, module: Any) -> None:
        """Note that what a module does may depend on whether it is in training."""
        self.modules.append((module, module.training))

    def meet_array(self) -> None:
        """Do nothing: here an array may meet anything."""

    def refuse(self, what: str) -> None:
        """Raise TypeError for what would take numbers out of the graph."""
        raise TypeError(
            f"compile() cannot follow {what} of a Tensor: the numbers would be those of this one"
            " call. Compute with the Tensor itself, by its methods or autodiff's functions; choose"
            " by where(), or branch by a comparison of single numbers. Pass what is drawn at random"
            " or counted from call to call as an argument"
        )

    def refuse_gradients(self, what: str) -> None:
        """Raise TypeError for a sweep or a step inside a function that is followed."""
        raise TypeError(
            f"{what} inside a function that is being compiled; expected a function that returns the"
            " loss: g = compile(loss), and g.backward(x, y) and optimizer.step() outside of it"
        )


class _paused:
    """A context in which nothing is noted, but recorded as usual."""

    def __init__(self, trace: TensorTrace) -> None:
        self.trace = trace

    def __enter__(self) -> None:
        modes.trace = None

    def __exit__(self, *exception: object) -> None:
        modes.trace = self.trace


def _numbers(x: Any) -> Any:
    """Return Tensors as their numbers, in tuples too."""
    if isinstance(x, Tensor):
        return x.array
    return tuple(map(_numbers, x)) if type(x) is tuple else x


def nodes_in(x: Any) -> Iterable[Node]:
    """Yield the nodes in nested tuples."""
    if isinstance(x, Node):
        yield x
    elif type(x) is tuple:
        for part in x:
            yield from nodes_in(part)


def uses(node: Any) -> list[Any]:
    """List the nodes that one was made from, those in its parameters too."""
    return [*nodes_in(node.inputs), *nodes_in(tuple(node.params.values()))]


def order(*roots: Any) -> list[Any]:
    """List the roots and all that they were made from, what is used before what uses it."""
    seen: set[Node] = set()
    listed: list[Any] = []
    stack: list[tuple[Any, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, complete = stack.pop()
        if complete:
            listed.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(x, False) for x in reversed(uses(node)) if x not in seen]
    return listed


def roots_of(trace: TensorTrace) -> list[Any]:
    """List what a trace is for: guards, draws, what effects look at, and the result.

    Guards come first, so that nothing is drawn or done in a call that they send elsewhere.
    """
    looked_at = [x for _, inputs in trace.effects for x in nodes_in(inputs)]
    return [*(node for node, _ in trace.guards), *trace.draws, *looked_at, trace.root]


def follow(function: Callable[..., Any], given: Sequence[Any]) -> TensorTrace:
    """Run a function on Tensors of these arrays.

    It is run a second time on others: in the opposite order, and floats a little smaller.
    Where something else is computed through the same branches, numbers were taken out of a Tensor,
    which a program would keep for ever: TypeError.
    """
    trace = _run(function, given)
    forced = [truth for _, truth in trace.guards]
    _compare(trace, _run(function, list(map(_moved, given)), forced))
    return trace


def _moved(x: Any) -> Any:
    if type(x) is not np.ndarray:
        return x
    if x.dtype.kind != "f":
        return np.flip(x)
    return np.asarray(np.flip(x) * np.asarray(1.0 - 2.0**-10, x.dtype))


def _run(
    function: Callable[..., Any], given: Sequence[Any], forced: list[bool] | None = None
) -> TensorTrace:
    trace = TensorTrace(forced)
    for numbers in given:
        if type(numbers) is not np.ndarray:
            trace.inputs.append(numbers)
            continue
        leaf = Tensor(numbers, copy=False)
        leaf.primitive = None if numbers.dtype.kind == "f" else GIVEN
        trace.inputs.append(leaf)
    result = called(function, trace)
    if not isinstance(result, Tensor):
        if isinstance(result, (bool, str, tuple, list, dict, type(None))):
            raise TypeError(
                f"compile() got a function that returns {a_kind(result)}; expected one that returns"
                " one Tensor"
            )
        result = Tensor.operand(result, "compile()")
        if type(result) is float:
            result = Tensor(result)
    trace.root = result
    return trace


def _compare(one: TensorTrace, two: TensorTrace) -> None:
    """Raise TypeError if traces differ in more than their inputs."""
    orders = [order(*roots_of(trace)) for trace in (one, two)]
    places = [{id(x): i for i, x in enumerate(listed)} for listed in orders]
    inputs = [
        {id(x): i for i, x in enumerate(trace.inputs) if isinstance(x, Node)}
        for trace in (one, two)
    ]

    def alike(a: Any, b: Any) -> bool:
        if isinstance(a, Node) or isinstance(b, Node):
            return places[0].get(id(a)) == places[1].get(id(b))
        if type(a) is tuple and type(b) is tuple:
            return len(a) == len(b) and all(map(alike, a, b))
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        return isinstance(a, dict) or repr(a) == repr(b)

    def same(a: Any, b: Any) -> bool:
        if a is b:
            return True
        if id(a) in inputs[0] or id(b) in inputs[1]:
            return inputs[0].get(id(a)) == inputs[1].get(id(b))
        if a.is_leaf and b.is_leaf and not isinstance(a.primitive, Computed):
            one.fixed.add(id(a))
            return alike(a.array, b.array)
        kinds = isinstance(a.primitive, Computed) and isinstance(b.primitive, Computed)
        if a.primitive is not b.primitive and not (kinds and a.primitive.name == b.primitive.name):
            return False
        if a.params.keys() != b.params.keys():
            return False
        pairs = zip((*a.inputs, *a.params.values()), (*b.inputs, *b.params.values()))
        return len(a.inputs) == len(b.inputs) and all(alike(x, y) for x, y in pairs)

    if len(orders[0]) != len(orders[1]) or not all(map(same, *orders)):
        one.refuse("x.data, x.numpy(), detach(), random numbers or the like")


def run_on(function: Callable[..., Any], args: Sequence[Any]) -> Any:
    """Return the numbers of what a function returns of whole arrays, without a graph.

    They are Tensors, or ndarrays if the function has Values of its own. None for what does not
    depend on them.
    """
    own = any(not hasattr(node, "shape") for node in captured(function))
    kind: Any = np.asarray if own else Tensor
    given = [float(x) if not np.ndim(x) else kind(np.asarray(x, float)) for x in args]
    result = no_grad()(arrays.quietly)(function, *given)
    if isinstance(result, Tensor):
        return result.array
    if own and not isinstance(result, (float, int)):
        return np.vectorize(float, otypes=[float])(np.asarray(result, object))
    return None
