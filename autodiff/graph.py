"""Nodes, and how they are recorded.

Every operation on a node makes a new node that remembers its inputs and its primitive. Nothing else
is recorded, nothing is global: a graph is its nodes, and goes when they go.

    J = 3 * (a + b * c)         J  -> (3.0, v)      primitive multiply
                                v  -> (a, u)        primitive add
                                u  -> (b, c)        primitive multiply

A plain number among the inputs costs no node. This file knows neither Value nor Tensor, only what
both of them are; `sweep.py` walks what is recorded here.
"""

from __future__ import annotations

import os
from threading import local

from . import floats
from .primitive import Primitive
from .sources import Source, here
from .steps import ABSENT, MANY, NODES

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, ClassVar, TypeVar

    Function = TypeVar("Function", bound=Callable[..., Any])

# What `.grad` holds before any backward. It reads 0.0 and adds like 0.0, but it is this very
# object, so that a picture can tell "no gradient yet" from a gradient that is zero.
UNSET = float("0")


def _forget(node: Node, *_: Any) -> None:
    node.grad = node.blank


# The primitive of a node that needs no gradient: detached, or made under no_grad. In a sweep it
# comes after all its uses, and its step throws away what they gave it.
CONSTANT = Primitive("constant", home=(__name__, "CONSTANT"))
CONSTANT.step = CONSTANT.array_step = _forget


NO_PARAMS: dict[str, Any] = {}


class Node:
    """A number or array together with the operation that made it.

    `data` is the value, `grad` the derivative of the last root with respect to it, `inputs` the
    operands in order (nodes and plain numbers), `primitive` the operation (None for a leaf),
    `label` a name for pictures, `source` the line that made it, if `record_source` was on.

    The operands lie in `left`, `right` and `many`, as `steps.py` says.
    """

    __slots__ = ("_label", "_source", "data", "grad", "left", "many", "primitive", "right")

    data: Any
    grad: Any
    left: Any
    right: Any
    many: tuple[Any, ...]
    primitive: Primitive | None
    _source: Source

    vocabulary: ClassVar[Any]  # what computes on `data`
    blank: ClassVar[Any] = UNSET  # what `grad` is before any backward
    params: dict[str, Any] = NO_PARAMS  # of the operation, as the axes of a sum

    stale = False  # whether numbers that its derivative needs have changed since

    @staticmethod
    def fitted(share: Any, node: Node) -> Any:
        """Return a share of a gradient in the shape of the node that it is for."""
        return share

    @staticmethod
    def filled(tangent: Any, node: Node) -> Any:
        """Return the tangent of a node in its own shape."""
        return tangent

    @staticmethod
    def record(data: Any, inputs: tuple[Any, ...], primitive: Primitive | None) -> Node:
        """Return a new node of this class's kind."""
        raise NotImplementedError

    @staticmethod
    def operand(x: Any, role: str) -> Any:
        """Return x as a node of this kind or as a plain number; raise TypeError for the rest."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """A name for pictures and messages, empty unless set."""
        try:
            return self._label
        except AttributeError:  # most nodes never get one, and are made faster for it
            return ""

    @label.setter
    def label(self, text: str) -> None:
        self._label = text

    @property
    def source(self) -> Source | None:
        """The line of your program that made this node; None unless `record_source` was on."""
        try:
            return self._source if self._source.known else None
        except AttributeError:
            return None

    @property
    def exits(self) -> tuple[Source, ...]:
        """The lines at which its number left the graph by float(), .item() and the like.

        The last three of them, and of those under `record_source` alone.
        """
        try:
            return self._source.exits
        except AttributeError:
            return ()

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The operands in order, nodes and plain numbers; empty for a leaf."""
        right = self.right
        if right is ABSENT:
            return () if self.left is ABSENT else (self.left,)
        return self.many if right is MANY or right is NODES else (self.left, right)

    @inputs.setter
    def inputs(self, inputs: tuple[Any, ...]) -> None:
        self.left = self.right = ABSENT
        if len(inputs) == 2:
            self.left, self.right = inputs
        elif len(inputs) == 1:
            self.left = inputs[0]
        elif inputs:
            self.right, self.many = MANY, inputs

    @property
    def parents(self) -> tuple[Node, ...]:
        """The nodes among the inputs, in order; a node used twice is there twice."""
        return tuple(x for x in self.inputs if isinstance(x, Node))

    @property
    def is_leaf(self) -> bool:
        """Whether no operation made this node."""
        return self.right is ABSENT and self.left is ABSENT

    @property
    def requires_grad(self) -> bool:
        """Whether backward computes a gradient for this node."""
        return self.primitive is not CONSTANT

    @property
    def has_grad(self) -> bool:
        """Whether a backward has reached this node since it was made or zeroed."""
        return self.grad is not UNSET and self.grad is not None


_PLAIN = {float, int, bool}


def node_within(x: Any) -> bool:
    """Whether there is an array of a graph in these nested lists: NumPy would lose its gradient."""
    if isinstance(x, (list, tuple)):
        return not set(map(type, x)) <= _PLAIN and any(map(node_within, x))
    return isinstance(x, Node) and hasattr(x, "shape")


# -- the modes of a thread -------------------------------------------------------------------------


class _Modes(local):
    recording = True
    checking: errstate | None = None
    transforms = 0  # how many transforms are calling their functions just now
    rule: str | None = None  # the name of a user's rule that is being differentiated
    trace: Any = None  # what notes all that a function does, while that is being compiled
    sources = False  # whether each node notes the line that made it


modes = _Modes()

# One entry for each mode that some thread has changed. While it is empty, as nearly always, the
# operators of Value need not ask for their own thread's modes, which costs more than an addition.
altered: list[str] = []

if os.environ.get("AUTODIFF_DEBUG", "0") not in ("", "0"):  # for all threads, from the start
    _Modes.sources = True
    altered.append("sources")


class _Saved(local):
    """What a mode found on entering: for each thread, as a decorated function may run in many."""

    def __init__(self) -> None:
        self.settings: list[Any] = []


class _Mode:
    """A context manager, also usable as a decorator, that changes one mode of this thread."""

    _name: ClassVar[str]

    def __init__(self) -> None:
        self._saved = _Saved()

    def _setting(self) -> Any:
        raise NotImplementedError

    def __enter__(self) -> _Mode:
        settings, setting, mine = self._saved.settings, self._setting(), modes.__dict__
        before = getattr(modes, self._name)
        # Python raises KeyboardInterrupt where something is called: from here on nothing is, so
        # that it finds all of this done or none.
        settings[:0] = (before,)
        altered[:0] = (self._name,)
        mine[self._name] = setting
        return self

    def __exit__(self, *exception: object) -> None:
        settings, mine = self._saved.settings, modes.__dict__
        mine[self._name] = settings[0]
        del settings[0]
        altered.remove(self._name)  # not the first one, which another thread may have added

    def __call__(self, function: Function) -> Function:
        from functools import wraps
        from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR

        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        if flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR):
            raise TypeError(
                f"@{type(self).__name__} got {function.__name__}, a generator or coroutine, whose"
                f" body runs after the call; write `with {type(self).__name__}(...):` inside it"
            )

        @wraps(function)
        def under_mode(*args: Any, **kwargs: Any) -> Any:
            setting, mine = self._setting(), modes.__dict__
            before = getattr(modes, self._name)
            altered[:0] = (self._name,)
            try:  # not `with`: Ctrl-C may be the first thing to happen in an __exit__
                mine[self._name] = setting
                return function(*args, **kwargs)
            finally:
                mine[self._name] = before
                altered.remove(self._name)

        of_its_kind: Any = under_mode
        return of_its_kind


class no_grad(_Mode):
    """Record nothing: results are constants, without inputs.

    >>> with no_grad():
    ...     a = a - 0.1 * a.grad
    """

    _name = "recording"

    def __init__(self, function: Any = None) -> None:
        super().__init__()
        if function is not None:
            raise TypeError(f"no_grad() got {function!r}; expected nothing: write @no_grad()")

    def _setting(self) -> bool:
        return False


class errstate(_Mode):
    """Say what happens when an operation on good numbers makes a nan or an infinity.

    "ignore" (the default of the library, at no cost) computes on; "warn" warns, once for each line
    of your code; "raise" raises FloatingPointError with the operation and its operands.
    Both hold in the forward pass and in backward().

    >>> with errstate("raise"):
    ...     y = log(x - 1.0)
    """

    _name = "checking"

    def __init__(self, mode: str) -> None:
        super().__init__()
        if mode not in ("ignore", "warn", "raise"):
            raise ValueError(f"errstate got {mode!r}; expected 'ignore', 'warn' or 'raise'")
        self.mode = mode
        self._warned: set[tuple[str, int]] = set()

    def _setting(self) -> errstate | None:
        return None if self.mode == "ignore" else self

    def report(self, message: str) -> None:
        """Warn or raise, naming the line outside this package that is to blame."""
        source = here()
        line = (source.file, source.line)
        if self.mode == "raise":
            raise FloatingPointError(f"{message} (line {line[1]} of {line[0]})")
        if line not in self._warned:
            from warnings import warn_explicit

            self._warned.add(line)
            warn_explicit(message, RuntimeWarning, *line, registry={})


class record_source(_Mode):
    """Note for each node the line of your program that made it, as `node.source`.

    Then `visualize.why` and the errors of `fit` show it, with a caret below the operation, and say
    of a number that left the graph by float(), .item() or .numpy() at which line. The environment
    variable AUTODIFF_DEBUG=1 turns it on for a whole program. It costs time: a step of training on
    Values takes two to three times as long.

    >>> with record_source():
    ...     J = log(x - 1.0) * w
    >>> print(why(J, w))
    """

    _name = "sources"

    def __init__(self, function: Any = None) -> None:
        super().__init__()
        if function is not None:
            raise TypeError(
                f"record_source() got {function!r}; expected nothing: write @record_source()"
            )

    def _setting(self) -> bool:
        return True


def note_exit(node: Node) -> None:
    """Note that the number of a node leaves the graph here."""
    try:
        source = node._source
    except AttributeError:  # made before anybody noted lines
        source = node._source = Source(None, 0)
    # a number alone is told apart from others by what it is; of an array it would cost too much
    data = node.data
    single = getattr(data, "size", 1) == 1
    source.leaves(here(), float(getattr(data, "item", lambda: data)()) if single else None)


# -- recording -------------------------------------------------------------------------------------


def apply(primitive: Primitive, *inputs: Any, **params: Any) -> Any:
    """Compute the primitive on nodes and numbers, and record it: the one way a graph grows.

    (The line that it is recorded for, if any, is noted by `record` of the node's kind.)
    """
    if altered and modes.trace is not None:
        return modes.trace.apply(primitive, inputs, params)
    kind: Any = type(inputs[0]) if inputs else None
    alike, constant = kind is not None and issubclass(kind, Node), True
    for x in inputs:
        if type(x) is not kind:
            alike = False
        if type(x) is not float and constant and isinstance(x, Node):
            constant = x.primitive is CONSTANT
    if not alike:
        kind, inputs = _made_alike(primitive, inputs)
        args = [x.data if isinstance(x, Node) else x for x in inputs]
        data = primitive.compute(kind.vocabulary, *args, **params)
    elif kind.vocabulary is floats:
        args = [x.data for x in inputs]
        data = primitive.compute(floats, *args)
    else:
        args = [x.array for x in inputs]
        data = primitive.on_arrays(*args, **params)
    if altered:
        if modes.checking:
            check(kind.vocabulary, data, args, lambda: f"{_call(primitive, inputs)} is {data}")
        if not modes.recording:
            return kind.record(data, (), CONSTANT)
    if constant:
        return kind.record(data, (), CONSTANT)
    node = kind.record(data, inputs, primitive)
    if alike and node.right is MANY:
        node.right = NODES
    if params:
        node.params = params
    return node


def _made_alike(
    primitive: Primitive, inputs: tuple[Any, ...]
) -> tuple[type[Node], tuple[Any, ...]]:
    """Return the kind of the nodes among the inputs, and all inputs as such nodes or as floats."""
    kinds: set[Any] = set(map(type, inputs))
    kinds.discard(float)
    if len(kinds) == 1 and issubclass(kind := kinds.pop(), Node):
        return kind, inputs
    for x in inputs:
        if isinstance(x, Node):
            return type(x), tuple(x.operand(each, primitive.name) for each in inputs)
    raise TypeError(
        f"apply({primitive.name}) got plain numbers only; expected a node among them, or use"
        f" the function {primitive.name}()"
    )


def check(xp: Any, result: Any, args: list[Any], message: Callable[[], str]) -> None:
    """Report, as errstate asks, a result that is not finite though all arguments are."""
    if modes.checking and not xp.all_finite(result) and all(map(xp.all_finite, args)):
        modes.checking.report(message())


def _call(primitive: Primitive, operands: tuple[Any, ...]) -> str:
    shown = (
        (f"{x.label}=" if x.label else "") + repr(x.data) if isinstance(x, Node) else repr(x)
        for x in operands
    )
    return f"{primitive.name}({', '.join(shown)})"


# -- reading a graph -------------------------------------------------------------------------------


def topological_order(*roots: Node, stop: Iterable[Node] = ()) -> list[Node]:
    """List the roots and all that they were made from, parents before children.

    At the nodes in `stop` the search goes no further; they are not listed.

    Left operands come before right ones. Every sweep goes through this order backwards, so that all
    of them add up gradients in the same order, and agree to the last bit.
    """
    seen: set[Node] = set(stop)
    order: list[Node] = []
    stack: list[Node | None] = list(reversed(roots))
    while stack:
        node = stack.pop()
        if node is None:  # the mark above a node whose parents are all listed
            order.append(stack.pop())  # type: ignore[arg-type]
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            stack += [x for x in reversed(node.inputs) if isinstance(x, Node) and x not in seen]
    return order


class Edge:
    """A use of `parent` as input number `argnum` (from 0) of `child`.

    `local` is ∂child/∂parent along this edge alone; `contribution` is what the edge adds to
    parent.grad, child.grad · local, or None before a backward. Both are None where the child has a
    hand-written `_backward`, which says nothing of its parts, or the parent needs no gradient.
    """

    __slots__ = ("argnum", "child", "contribution", "local", "parent")

    def __init__(self, child: Node, parent: Node, argnum: int, local: Any, contribution: Any):
        self.child = child
        self.parent = parent
        self.argnum = argnum
        self.local = local
        self.contribution = contribution

    def __repr__(self) -> str:
        return (
            f"Edge(child={self.child!r}, parent={self.parent!r}, argnum={self.argnum},"
            f" local={self.local!r}, contribution={self.contribution!r})"
        )


def edges(root: Node) -> Iterator[Edge]:
    """Yield every edge under the root, in the order in which backpropagation uses them."""
    for child in reversed(topological_order(root)):
        yield from edges_into(child)


def edges_into(child: Node) -> Iterator[Edge]:
    """Yield the edges from the operands of one node to it, in their order."""
    if child.primitive is None or not child.inputs:
        return
    needed = [isinstance(x, Node) and x.requires_grad for x in child.inputs]
    args = [x.data if isinstance(x, Node) else x for x in child.inputs]
    xp, rules = child.vocabulary, child.primitive.cotangents
    one, params = child.fitted(1.0, child), child.params
    locals_ = rules(xp, needed, one, child.data, *args, **params)
    contributions = [None] * len(args)
    if child.has_grad:
        g = child.grad.data if isinstance(child.grad, Node) else child.grad
        contributions = rules(xp, needed, g, child.data, *args, **params)
    for argnum, parent in enumerate(child.inputs):
        if isinstance(parent, Node):
            parts = (locals_[argnum], contributions[argnum])
            fitted = (None if x is None else child.fitted(x, parent) for x in parts)
            yield Edge(child, parent, argnum, *fitted)
