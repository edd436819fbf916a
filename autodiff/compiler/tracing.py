"""Tracing: a function is run once on Values, and what it asks of them is noted.

    trace = record(f, (5.0, 3.0))
    trace.root          # the graph of what f returned
    trace.guards        # the comparisons that it branched on, and what they said
    trace.names         # what f calls its values: {id(node): "u", ...}

While it runs, a comparison of Values is a node like any other. An `if` takes its truth, which is
noted as a guard: the program that is made of the trace holds only where all guards say the same.
`where(x > 0, a, b)` takes the node itself, and needs no guard.
"""

from __future__ import annotations

import random
import sys
from time import sleep
from typing import TYPE_CHECKING, Any

from ..graph import UNSET, Node, altered, apply, modes, topological_order
from ..naming import known
from ..nn import Module
from ..primitive import Primitive
from ..value import Value
from ..wording import a_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Comparisons have no derivative. They are no rows of the table, as eager code has no such nodes.
_WORDS = (
    "less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and",
    "logical_or", "bitwise_and", "bitwise_or", "bitwise_xor", "invert",
)  # fmt: skip
COMPARISONS_HOME = __name__
COMPARISONS = {word: Primitive(word, None, None, home=(__name__, "COMPARISONS")) for word in _WORDS}


ELSEWHERE = object()  # what a program answers to numbers that do not take its way


class Condition(Value):
    """A comparison of Values in a traced function; its truth, asked by an `if`, is a guard."""

    __slots__ = ()

    def __bool__(self) -> bool:
        truth = self.data != 0.0
        return truth if modes.trace is None else branched(modes.trace, self, truth)

    def __and__(self, other: Any) -> Condition:
        return compared("logical_and", self, other)

    def __or__(self, other: Any) -> Condition:
        return compared("logical_or", self, other)


def compared(word: str, a: Value, b: Any) -> Condition:
    """Return a comparison, or two conditions joined, as a node."""
    other = Value.operand(b, word)
    primitive = COMPARISONS[word]
    numbers = (a.data, other.data if isinstance(other, Node) else other)
    node = object.__new__(Condition)
    node.data = float(bool(primitive.on_floats(*numbers)))
    node.grad = UNSET
    node.inputs = (a, other)
    node.primitive = primitive
    return node


def branched(trace: Any, condition: Any, truth: bool) -> bool:
    """Note that a branch depends on a condition, and return which one is to be taken.

    A run that follows another (`forced`) takes its branches, whatever its own numbers say.
    """
    if trace.forced is not None:
        if len(trace.guards) >= len(trace.forced):
            trace.refuse("something that differs from run to run, such as random numbers,")
        truth = trace.forced[len(trace.guards)]
    trace.guards.append((condition, truth))
    return truth


def _watched(name: str) -> Callable[..., Any]:
    method = getattr(float, name)

    def ask(self: float, *others: Any) -> Any:
        trace = modes.trace
        if trace is not None and not _is_ours(sys._getframe(1)):
            trace.refuse("a decision by the number in x.data")
        return method(self, *others)

    return ask


def _is_ours(frame: Any) -> bool:
    """Return whether this package's own code is asking."""
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0] == __name__.partition(".")[0]


# The number of a Value that depends on an argument, while a function is traced. Who computes on
# with it leaves a constant that differs from run to run; but a decision by it, `x.data > 0`, would
# leave nothing to see.
Followed = type(
    "Followed",
    (float,),
    {
        "__slots__": (),
        "__hash__": float.__hash__,
        **{
            name: _watched(name)
            for name in (
                "__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__", "__bool__", "__int__",
                "__round__", "__trunc__", "__floor__", "__ceil__", "__floordiv__", "__mod__",
            )
        },
    },
)  # fmt: skip


class Trace:
    """What a run of a function recorded."""

    def __init__(self, of_columns: bool = False, forced: list[bool] | None = None) -> None:
        self.of_columns = of_columns  # whether the numbers stand for columns
        self.forced = forced  # the branches to take
        self.root: Any = None
        self.inputs: list[Value] = []
        self.guards: list[tuple[Condition, bool]] = []
        self.names: dict[int, str] = {}
        self.note = ""  # what is to be said of it in the source
        self.kept: dict[str, Any] = {}  # the variables of the function when it returned

    def apply(self, primitive: Primitive, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Compute and record, as always."""
        modes.trace = None
        try:
            node = apply(primitive, *inputs, **params)
        finally:
            modes.trace = self
        if isinstance(node, Value) and any(
            isinstance(x, Value) and type(x.data) is Followed for x in inputs
        ):
            node.data = Followed(node.data)
        return node

    def asks(self, module: Any) -> None:
        """Do nothing: modules of Values do the same in training and in evaluation."""

    def effect(self, function: Callable[..., Any], *inputs: Any) -> None:
        """Do nothing: checks of targets are no part of a function of scalars."""

    def compare(self, word: str, a: Value, b: Any) -> Condition:
        """Return a comparison as a node: what `a < b` is while this records."""
        return compared(word, a, b)

    def refuse_gradients(self, what: str) -> None:
        """Raise TypeError for a sweep or a step inside a function that is followed."""
        raise TypeError(
            f"{what} inside a function that is being compiled; expected a function that returns its"
            " value: gradients and steps are asked of the compiled function, outside of it"
        )

    def meet_array(self) -> None:
        """Raise TypeError where a column is to be one: then it is a function of Tensors."""
        if self.of_columns:
            raise TypeError(
                "compile() got an array for a function that combines it with another array, and so"
                " is one of Tensors"
            )

    def refuse(self, what: str) -> None:
        """Raise TypeError for what would take a number out of the graph."""
        raise TypeError(
            f"compile() cannot follow {what} of a Value: the number would be that of this one call."
            " Compute with the Value itself, by its methods or autodiff's functions; branch by"
            " comparisons, or by where(); draw no random numbers, and keep no count of calls: pass"
            " such numbers as arguments"
        )


def record(
    function: Callable[..., Any],
    numbers: Sequence[float],
    names: Sequence[str],
    of_columns: bool = False,
) -> Trace:
    """Run a function on new Values of these numbers.

    It is run a second and a third time, at numbers close by and on the other side of 0, through the
    same branches: where something else is computed, a number was taken out of a Value, which a
    program would keep for ever: TypeError.
    """
    trace = _run(function, numbers, of_columns)
    forced = [truth for _, truth in trace.guards]
    for moved in ([x * (1.0 + 2.0**-20) + 2.0**-30 for x in numbers], [-1.5 * x for x in numbers]):
        if moved:
            _compare(trace, _run(function, moved, of_columns, forced))
    nodes = topological_order(trace.root, *(guard for guard, _ in trace.guards))
    trace.names = known(nodes, trace.kept, *namespaces(function))
    for argument, name in zip(trace.inputs, names):
        trace.names[id(argument)] = name
    trace.kept = {}
    return trace


def _run(
    function: Callable[..., Any],
    numbers: Sequence[float],
    of_columns: bool,
    forced: list[bool] | None = None,
) -> Trace:
    trace = Trace(of_columns, forced)
    trace.inputs = [Value(number) for number in numbers]
    for leaf in trace.inputs:
        leaf.data = Followed(leaf.data)
    result = called(function, trace)
    if isinstance(result, (Condition, bool)) or not (
        isinstance(result, Value) or _is_number(result)
    ):
        raise TypeError(
            f"compile() got a function that returns {a_kind(result)}; expected one that returns one"
            " number, a Value"
        )
    trace.root = result if isinstance(result, Value) else Value(float(result))
    return trace


def called(function: Callable[..., Any], trace: Any) -> Any:
    """Return what a function returns of the inputs of a trace, which notes what it does.

    The variables that the function has when it returns are `trace.kept`.
    """
    method = vars(type(function)).get("__call__")  # of an object that is called as a function is
    code = getattr(function, "__code__", None) or getattr(method, "__code__", None)

    draws: list[str] = []  # of Python's random numbers, in this thread

    def watch(frame: Any, event: str, argument: Any) -> None:
        if event == "return" and frame.f_code is code:
            trace.kept.update(frame.f_locals)
        elif event == "c_call" and getattr(argument, "__self__", None) is generator:
            draws.append(argument.__name__)

    generator = random.random.__self__  # type: ignore[attr-defined]
    watched = sys.getprofile()  # somebody else's: then values go without their local names
    before, recording = modes.trace, modes.recording
    drawn = _random_states()
    mark = f"trace {id(trace)}"
    altered[:0] = (mark,)  # no call before `try`: that is where Ctrl-C would come
    try:
        modes.trace, modes.recording = trace, True
        if watched is None:
            _profile(watch)
        result = function(*trace.inputs)
        if not watched:
            _profile(None)  # our own look at the state is no draw
        states = _random_states()
        # Python's numbers may have been drawn in another thread, if nobody here was seen drawing.
        if states[1:] != drawn[1:] or (states != drawn and (watched or draws)):
            raise TypeError(
                "compile() got a function that draws random numbers, which would be those of this"
                " one call for ever: pass them as arguments. (Dropout draws anew in each call.)"
            )
        return result
    finally:
        modes.trace, modes.recording = before, recording
        pressed = None  # Ctrl-C may come at each call, and is heard when all is undone
        while True:
            try:
                if watched is None:
                    _profile(None)
                if mark in altered:
                    altered.remove(mark)
                break
            except KeyboardInterrupt as error:
                pressed = error
        if pressed is not None:
            raise pressed


def _profile(watch: Callable[[Any, str, Any], None] | None) -> None:
    """Set this thread's profile function, which Python refuses while another thread does so."""
    while True:
        try:
            return sys.setprofile(watch)
        except RuntimeError:
            sleep(0.0)


def _random_states() -> list[Any]:
    """Return the states of Python's random numbers and, where they are loaded, of NumPy's."""
    states: list[Any] = [random.getstate()]
    theirs = sys.modules.get("numpy.random")
    if theirs is not None:
        kind, keys, *rest = theirs.get_state()
        states += [kind, keys.tobytes(), rest]
    return states


def _compare(one: Trace, two: Trace) -> None:
    """Raise TypeError if traces differ in more than their inputs."""
    first, second = (
        topological_order(trace.root, *(guard for guard, _ in trace.guards)) for trace in (one, two)
    )
    places = [{id(x): i for i, x in enumerate(order)} for order in (first, second)]
    inputs = [list(map(id, trace.inputs)) for trace in (one, two)]

    def shape(node: Any, which: int) -> Any:
        if not isinstance(node, Node):
            return repr(node)
        return places[which].get(id(node))

    alike = len(first) == len(second)
    for a, b in zip(first, second):
        if not alike:
            break
        if a.is_leaf or b.is_leaf:  # one that both found, an input, or a number made on the way
            ours = id(a) in inputs[0] and id(b) in inputs[1]
            given = ours and inputs[0].index(id(a)) == inputs[1].index(id(b))
            alike = a is b or given or (a.is_leaf and b.is_leaf and repr(a.data) == repr(b.data))
            alike = alike and (not ours or given)
        else:
            alike = a.primitive is b.primitive and [shape(x, 0) for x in a.inputs] == [
                shape(x, 1) for x in b.inputs
            ]
    if not alike:
        one.refuse("x.data, detach(), copy() or the like")


def _is_number(x: Any) -> bool:
    return hasattr(x, "__float__") and not hasattr(x, "shape")


def namespaces(function: Any) -> list[dict[str, Any]]:
    """Return what a function refers to outside itself: its object, closures, then globals."""
    code = getattr(function, "__code__", None)
    own = getattr(function, "__self__", None if code else function)
    mine = dict(vars(own)) if hasattr(own, "__dict__") else {}
    if code is None:  # a module, or another object that is called
        return [{"model": function}, mine]
    cells = zip(code.co_freevars, getattr(function, "__closure__", None) or ())
    found = {}
    for name, cell in cells:
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not yet assigned
            continue
    known = function.__globals__
    return [found, mine, {name: known[name] for name in code.co_names if name in known}]


def captured(function: Any) -> list[Node]:
    """Return the nodes that a function refers to outside itself, as far as names lead to them."""
    found: list[Node] = []
    waiting: list[Any] = [thing for space in namespaces(function) for thing in space.values()]
    for thing in waiting:
        parts = thing if isinstance(thing, (list, tuple)) else [thing]
        for part in parts:
            if isinstance(part, Node):
                found.append(part)
            elif isinstance(part, Module):
                found += part.parameters()
    return found
