"""`compile`: a function as the code that one would write by hand.

    g = compile(lambda a, b, c: 3 * (a + b * c))
    g(5.0, 3.0, 2.0)                    # 33.0
    g.value_and_grad(5.0, 3.0, 2.0)     # (33.0, (3.0, 6.0, 9.0))
    print(g.source)                     # the textbook's forward and backward, line by line

The function is run once on Values (`tracing`) and printed (`programs`); then only what was printed
runs. On arrays the same lines run on whole columns (`columns`). A function of Tensors has programs
of its own (`tensors`).
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any

from .. import floats
from ..graph import Node, altered, modes, topological_order
from ..nn import Module
from ..optim import Optimizer
from ..protocols import UnknownFunction
from ..value import Value
from ..wording import a_kind, clipped, legible, shown
from .programs import Program, free, identifier
from .tracing import ELSEWHERE, Trace, captured, record

_MANY = 8  # ways through a function that are recorded without a word
_MOST = 64  # ways that are kept
_METHODS = ("step", "zero_grad")
_TARGETS = ("python", "numba")


class Compiled:
    """A function compiled by `compile`: call it, or ask for `value_and_grad`, `backward`, `source`.

    Floats go through generated Python, one or more arrays through generated NumPy. Values and
    Tensors as arguments go through the function itself, so that graphs can be built on the result.
    """

    def __init__(self, function: Callable[..., Any], target: str = "python") -> None:
        inner = function.function if isinstance(function, Compiled) else function
        self.function: Callable[..., Any] = inner
        self.target = target  # what runs on columns
        self.name = _name_of(self.function)
        self.arguments = _arguments(self.function)
        self._ways: list[dict[str, Any]] = []
        self._of_tensors: Any = None  # the `Ways` of a function that is not one of scalars
        self._instance: Any = None  # whose method it is, if it was compiled in a class
        self.__doc__ = getattr(function, "__doc__", None)
        self.__name__ = self.name

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Return the value."""
        if altered and modes.trace is not None:  # a part of what is being compiled
            return self.function(*args, **named)
        return self._value(*args, **named)

    # Until the first call; then the generated functions stand in their places, which on floats
    # cost no more than the lines in them.

    def _value(self, *args: Any, **named: Any) -> Any:
        return self._in_general("value", self._placed(args, named))

    def value_and_grad(self, *args: Any, **named: Any) -> Any:
        """Return the value and the tuple of its derivatives with respect to the arguments.

        Of columns both are columns; the derivative of an argument that is one number is the sum
        over all rows.
        """
        return self._in_general("value_and_grad", self._placed(args, named))

    def backward(self, *args: Any, **named: Any) -> Any:
        """Return the value, and add its derivatives to the `.grad` of the parameters.

        Parameters are the Values that the function uses and does not take as arguments. Of columns
        it is the derivatives of the sum over all rows.
        """
        return self._in_general("backward", self._placed(args, named))

    def step(self, optimizer: Any, *args: Any, **named: Any) -> float:
        """Take a whole step of training: return the value, and change the optimizer's parameters.

        It does what `optimizer.zero_grad()`, `backward(*args)` and `optimizer.step()` do, as one
        program: gradients stay in its buffers, and `.grad` is forgotten. Parameters that the
        optimizer has not are left alone, and so is their `.grad`.
        """
        ways = self._of_tensors
        usual = not named and len(args) == len(self.arguments)
        if ways is None or not usual or not _is_plain(optimizer):
            return self._stepped(optimizer, self._placed(args, named))
        for p in optimizer.parameters:
            p.grad = None
        value: float = ways.run("step", args, optimizer)
        return value

    def _stepped(self, optimizer: Any, args: tuple[Any, ...]) -> float:
        """Take a step in the first call, of scalars, or of an optimiser that does more."""
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{self.name}.step() got {a_kind(optimizer)} as its optimizer; expected one of"
                f" autodiff.optim before the arguments: {self.name}.step(optimizer, ...)"
            )
        self._check_count(args)
        if self._of_tensors is None and not self._ways:
            self._find_out(args)
        optimizer.zero_grad()
        value: float
        if self._of_tensors is not None and _is_plain(optimizer):
            value = self._of_tensors.run("step", args, optimizer)
            return value
        known = set(map(id, optimizer.parameters))
        others = {p: p.grad for p in self.parameters.values() if id(p) not in known}
        value = self.backward(*args)
        optimizer.step()
        optimizer.zero_grad()
        for p, grad in others.items():
            p.grad = grad
        return value

    @property
    def source(self) -> str:
        """The generated function of value and gradients, of the way that was recorded last.

        Before the first call it is traced with 1.0 for each argument.
        """
        if self._of_tensors is not None:
            lines: str = self._of_tensors.source
            return lines
        text: str = self._last()["program"].source
        return text

    def _last(self) -> dict[str, Any]:
        """Return the way that was recorded last, of a function of scalars."""
        if self._of_tensors is not None:
            raise TypeError(
                f"{self.name} is a function of Tensors, whose program is NumPy's; equations and"
                " plain Python are of functions of scalars: see .source"
            )
        if not self._ways:
            try:
                self._record((1.0,) * len(self.arguments))
            except Exception as error:
                raise TypeError(
                    f"{self.name} has not been called yet, and cannot be recorded with 1.0 for each"
                    " argument: call it first"
                ) from error
        return self._ways[0]

    @property
    def parameters(self) -> dict[str, Value]:
        """The Values or Tensors that the function uses and does not take, by their names."""
        if self._of_tensors is not None:
            return dict(self._of_tensors.parameters)
        return dict(self._ways[0]["program"].parameters) if self._ways else {}

    def latex(self) -> str:
        """Return the equations of value and gradients as one LaTeX display, `aligned`."""
        return Program(self._last()["trace"], self.name, self.arguments, "latex").equations()

    def save(self, path: str | Path) -> str:
        """Write a Python file that needs nothing but Python, and checks itself when it is run.

        It is the function of value and gradients, of the way that was recorded last; captured
        Values become arguments with the numbers that they have now.
        """
        from ..serialization import replace
        from .files import as_file

        if Path(path).suffix.lower() != ".py":
            raise ValueError(
                f"cannot write {legible(path, 300)}: it is Python; expected a name such as J.py"
            )
        way = self._last()
        replace(path, as_file(way["program"], [x.data for x in way["trace"].inputs]).encode())
        return str(path)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Return the method of an object, compiled for it: its attributes are what it captures."""
        if instance is None or self.function is None:
            return self
        method = Compiled(self.function.__get__(instance), self.target)
        method._instance = instance
        if hasattr(instance, "__dict__"):  # where it is found at once from now on
            instance.__dict__[self.name] = method
        return method

    def __reduce__(self) -> Any:
        """Copy and pickle the function alone: its copy is compiled anew, for its own parameters."""
        if self.function is None:
            raise TypeError(f"cannot copy or pickle {self!r}, which was compiled from a graph")
        if self._instance is not None:
            return getattr, (self._instance, self.name)
        return Compiled, (self.function, self.target)

    def __repr__(self) -> str:
        return f"<compiled {self.name}({', '.join(self.arguments)})>"

    # -- running -----------------------------------------------------------------------------------

    def _in_general(self, what: str, args: tuple[Any, ...]) -> Any:
        self._check_count(args)
        if what != "value" and altered and modes.trace is not None:
            modes.trace.refuse_gradients(f"{self.name}.{what}()")
        if any(isinstance(x, Node) for x in args):
            done = self._on_nodes(what, args)
            if done is not ELSEWHERE:
                return done
        if self._of_tensors is None and not self._ways:
            self._find_out(args)
        if self._of_tensors is not None:
            return self._of_tensors.run(what, args)
        if any(_has_rows(x) for x in args):
            from . import columns

            return columns.run(self, what, args)
        return self._ways[0][what](*map(self._number, args))

    def _find_out(self, args: tuple[Any, ...]) -> None:
        """Record the function on Values; one that will not have them is one of Tensors."""
        refused = None
        rows = any(map(_has_rows, args))
        words = any(x is None or type(x) is str for x in args)  # which Tensors may stand beside
        if not any(isinstance(x, Node) for x in args) and not (rows and words):
            numbers = tuple(map(self._one_number, args))
            try:
                self._record(numbers, rows)
            except Exception as error:
                if not self._may_be_of_tensors(args):
                    raise
                refused = error
            else:
                if not rows or self._is_by_rows(args):
                    return
                self._forget()
        from .tensors import Ways

        ways = Ways(self)
        try:
            ways.prepare(args)
        except Exception as error:
            raise error from refused
        self._of_tensors = ways

    def _forget(self) -> None:
        """Go back to where nothing was recorded."""
        self._ways.clear()
        for method in ("_value", "value_and_grad", "backward"):
            self.__dict__.pop(method, None)

    def _is_by_rows(self, args: tuple[Any, ...]) -> bool:
        """Return whether the function does to arrays what it does to each of their rows.

        One that adds them up, as a loss does, is one of Tensors.
        """
        from . import columns
        from .following import run_on

        shapes = {shape for x in args if (shape := columns.shape_of(x))}
        forms: list[tuple[Any, ...]] = []
        if len(shapes) == 1:  # some rows say as much as all, and others say more
            (shape,) = shapes
            forms.append(tuple(columns.some_rows(x) if _has_rows(x) else x for x in args))
            shape = tuple(range(3, 3 + len(shape)))
            forms.append(
                tuple(
                    columns.made_up(x, i, shape) if _has_rows(x) else x for i, x in enumerate(args)
                )
            )
        else:
            forms.append(args)
        for given in forms:
            try:
                whole = run_on(self.function, given)
            except UnknownFunction:  # of NumPy, which on single numbers would be something else
                raise
            except Exception:  # it is not for arrays at all, as with math's functions or an if
                continue
            if not columns.are_alike(whole, columns.run(self, "value", given)):
                return False
        return True

    def _one_number(self, x: Any) -> float:
        if not _has_rows(x):
            return self._number(x)
        from . import columns

        return columns.first(self.name, x)

    def _may_be_of_tensors(self, args: tuple[Any, ...]) -> bool:
        held = [hasattr(node, "shape") for node in captured(self.function)]
        arrays = any(_has_rows(x) or hasattr(x, "dtype") for x in args)
        return any(held) or (arrays and not held)  # what has captured Values is one of scalars

    def _on_nodes(self, what: str, args: tuple[Any, ...]) -> Any:
        of_tensors = all(hasattr(x, "shape") for x in args if isinstance(x, Node))
        if what != "value" and of_tensors and not self._ways:
            return ELSEWHERE
        if what != "value" or self.function is None:
            raise TypeError(
                f"{self.name}.{what}() got a Value; expected numbers: pass x.data, or call"
                f" {self.name}(...) on Values, which builds a graph"
            )
        return self.function(*args)

    def _placed(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        """Return the arguments in their places."""
        if not named:
            return args
        places = {name: i for i, name in enumerate(self.arguments)}
        strange = [name for name in named if places.get(name, -1) < len(args)]
        if strange or len(args) + len(named) != len(places):
            by_name = ", ".join(map(legible, named))
            raise TypeError(
                f"{self.name}() got {len(args)} arguments and {by_name} by name; expected"
                f" {', '.join(self.arguments)}, each once{self._kept_defaults()}"
            )
        return (*args, *(named[name] for name in self.arguments[len(args) :]))

    def _kept_defaults(self) -> str:
        kept = _with_defaults(self.function) if self.function is not None else []
        return f" ({', '.join(kept)} has the default for ever)" if kept else ""

    def _check_count(self, args: tuple[Any, ...]) -> None:
        if len(args) != len(self.arguments):
            raise TypeError(
                f"{self.name}() got {len(args)} arguments; expected {len(self.arguments)}:"
                f" {', '.join(self.arguments)}{self._kept_defaults()}"
            )

    def _number(self, x: Any) -> float:
        if isinstance(x, (str, bytes, complex)) or not hasattr(x, "__float__"):
            raise TypeError(f"{self.name}() got {shown(x)}; expected a number or an array of them")
        return float(x)

    # -- recording ---------------------------------------------------------------------------------

    def _record(self, numbers: tuple[float, ...], of_columns: bool = False) -> None:
        """Trace the function at these numbers, and let it be the way to try first."""
        if self.function is None:
            raise TypeError(
                f"{self.name} was compiled from a finished graph, which has one way; compile the"
                " function itself"
            )
        self._take(record(self.function, numbers, self.arguments, of_columns))

    def _take(self, trace: Trace) -> None:
        way = self._made(trace)
        if len(self._ways) == _MANY:
            warnings.warn(
                f"{self.name} has taken {_MANY + 1} different ways through its branches, and each"
                " is recorded: where(condition, a, b) needs no branch",
                stacklevel=5,
            )
        del self._ways[_MOST - 1 :]
        self._first(way)

    def _first(self, way: dict[str, Any]) -> None:
        """Let a way be tried before all others."""
        self._ways.insert(0, way)
        self.__dict__.update(
            _value=way["value"], value_and_grad=way["value_and_grad"], backward=way["backward"]
        )

    def _made(self, trace: Trace) -> dict[str, Any]:
        program = Program(trace, self.name, self.arguments)
        way: dict[str, Any] = {"program": program, "trace": trace, "try": {}}
        for what, backward in (
            ("value", "no"), ("value_and_grad", "arguments"), ("backward", "accumulate"),
        ):  # fmt: skip

            def other_way(*args: float, what: str = what) -> Any:
                return self._other_way(what, args)

            def in_general(*args: Any, what: str = what) -> Any:
                return self._in_general(what, args)

            words = {**vars(floats), "other_way": other_way, "in_general": in_general}
            words.update(program.words(floats))
            words.update({f"{name}_": node for name, node in program.parameters.items()})
            text = program.text(backward=backward, floats_only=True)
            exec(compile(text, f"<{self.name}, compiled>", "exec"), words)  # noqa: S102  (our rows)
            made = words[program.function]
            way[what] = made
            elsewhere = {**words, "other_way": lambda *args: ELSEWHERE}
            way["try"][what] = FunctionType(made.__code__, elsewhere)
        return way

    def _other_way(self, what: str, args: tuple[float, ...]) -> Any:
        """Go the recorded way whose guards hold, or record one more."""
        for place, way in enumerate(self._ways):
            result = way["try"][what](*args)
            if result is not ELSEWHERE:
                self._first(self._ways.pop(place))
                return result
        self._record(args)
        result = self._ways[0]["try"][what](*args)
        if result is ELSEWHERE:  # a guard so close to its edge that the last bit decides
            return self._as_a_graph(what, args)
        return result

    def _as_a_graph(self, what: str, args: tuple[float, ...]) -> Any:
        values = [Value(x) for x in args]
        root = self.function(*values)
        if what != "value" and isinstance(root, Value) and root.requires_grad:
            held = self._ways[0]["program"].parameters.values()
            before = [node.grad for node in held]
            root.backward()
            if what == "value_and_grad":
                for node, grad in zip(held, before):
                    node.grad = grad
                return root.data, tuple(float(x.grad) for x in values)
        return float(root)


def of_graph(
    root: Value, inputs: Sequence[Value], names: Sequence[str], name: str, target: str = "python"
) -> Compiled:
    """Return a graph that is there as a compiled function of some of its leaves."""
    made = Compiled.__new__(Compiled)
    made.target = target
    made.function = None  # type: ignore[assignment]
    made.name, made.__name__, made.__doc__ = name, name, None
    made.arguments, made._ways, made._of_tensors = list(names), [], None
    trace = Trace()
    trace.root, trace.inputs = root, list(inputs)
    trace.note = "of a graph that was there: its branches are those that were taken then"
    trace.names = {id(node): label for node, label in zip(inputs, names)}
    for node in topological_order(root):
        if node.label:
            trace.names.setdefault(id(node), node.label)
    made._take(trace)
    return made


def compile_(
    function: Callable[..., Any] | Value,
    inputs: Sequence[Value] | None = None,
    target: str = "python",
) -> Compiled:
    """Return a function as generated straight-line code, much faster than its graph.

    It returns the value; `value_and_grad` also the derivatives with respect to the arguments,
    `backward` adds those of what it captured to their `.grad`, and `step` takes a whole step of
    training. `source` is what runs, to read: every operation a line, forward and then backward.

    A function of scalars takes floats, or arrays in any argument: then every row is a call of it. A
    function of Tensors takes arrays and numbers, and returns one Tensor: an ndarray, or a float for
    one of no axes; each kind of shapes and dtypes gets a program of its own, and so does each whole
    number or text among the arguments. Which of the two it is
    shows when it is first called: it is one of Tensors if it gets some, will not have Values, or
    makes of arrays something else than of their rows, as a mean.

    It is traced at the first call, and traced anew where a later call takes another branch.
    `float()`, `math`'s functions, `x.data` and `detach()` would take a number out of the graph, and
    with it its derivative: TypeError. (It is run at two or three places to find out; of the numbers
    of captured Values it is not.) What is no Value or Tensor is fixed as it was then, and so is
    which of them are captured; of a captured one that was computed, what it was computed from is
    the parameter. Arguments with defaults keep these. Dropout draws anew in each call, BatchNorm
    keeps its running means, and `train()` and `eval()` are heeded. Values and derivatives are the
    engine's to 4 units in the last place of each operation; dot() and sum() of scalars add up one
    term after another.

    compile(J, [a, b]) of a graph that is there already makes a function of its leaves a and b; the
    branches that were taken when it was built are taken for ever.

    With `target="numba"`, where that package is installed, columns go through the same lines in
    machine code, on all cores; the first call of a kind then takes seconds. Floats and Tensors stay
    with Python and NumPy.
    """
    if target not in _TARGETS:
        raise ValueError(
            f"compile() got target={clipped(target)}; expected one of"
            f" {', '.join(map(repr, _TARGETS))}"
        )
    if target == "numba":
        from .native import numba

        numba()
    if isinstance(function, Value):
        return _of_a_graph(function, inputs, target)
    if inputs is not None:
        raise TypeError(
            f"compile() got inputs and {shown(function)}; expected a Value before them, of which"
            " they are leaves"
        )
    if not callable(function):
        raise TypeError(f"compile() got {shown(function)}; expected a function of numbers")
    return Compiled(function, target)


def _of_a_graph(root: Value, inputs: Sequence[Value] | None, target: str) -> Compiled:
    leaves = [x for x in topological_order(root) if x.is_leaf]
    wanted: list[Any] = leaves if inputs is None else list(inputs)
    strange = [x for x in wanted if not isinstance(x, Value) or not x.is_leaf]
    if len(set(map(id, wanted))) < len(wanted):
        raise ValueError("compile() got an input twice; expected each leaf once")
    if strange:
        raise TypeError(
            f"compile() got {shown(strange[0])} among the inputs; expected leaves of the graph"
        )
    used: set[str] = set()
    names = [free(identifier(x.label or f"x{i}"), used) for i, x in enumerate(wanted, 1)]
    return of_graph(root, wanted, names, identifier(root.label or "J"), target)


def _with_defaults(function: Any) -> list[str]:
    """Return the arguments that have defaults."""
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.default is not p.empty]


def _is_plain(optimizer: Any) -> bool:
    """Return whether the steps of an optimiser are its rule and nothing else."""
    methods = [getattr(getattr(optimizer, name, None), "__func__", None) for name in _METHODS]
    return methods == [Optimizer.step, Optimizer.zero_grad]


def _has_rows(x: Any) -> bool:
    return bool(getattr(x, "ndim", 0)) or isinstance(x, (list, tuple))


def _name_of(function: Any) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return identifier(name) if name.isidentifier() else "f"  # as Python spells it


def _arguments(function: Any) -> list[str]:
    if isinstance(function, Module):
        function = function.forward
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise TypeError(
            f"compile() got {a_kind(function)} whose arguments cannot be known; expected a function"
            " written in Python"
        ) from None
    wanted = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    for p in wanted:
        if p.kind not in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            star = "*" if p.kind is p.VAR_POSITIONAL else ""
            raise TypeError(
                f"compile() got a function with {star}{p.name}; expected plain arguments, of one"
                " number each"
            )
    return [p.name for p in wanted]
