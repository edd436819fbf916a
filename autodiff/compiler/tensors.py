"""Tensors: a function of them as a program of NumPy, forward and backward, with kept buffers.

    loss = compile(lambda x, y: nn.cross_entropy(model(x), y))
    for x, y in loader:
        optimizer.zero_grad()
        loss.backward(x, y)         # adds to the .grad of the model's parameters
        optimizer.step()

The lines are what the rows of the table do when their vocabulary is the recorder (`recorder`), so
that there is no second set of rules. A program is made for the shapes and dtypes of its arguments,
and another for others, as those of the last batch of an epoch.
"""

from __future__ import annotations

import keyword
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import arrays, floats, structural
from ..graph import Node, topological_order
from ..naming import known
from ..tensor import Tensor
from ..wording import a_kind, shown
from .buffers import placed
from .following import Computed, TensorTrace, follow, order, roots_of
from .programs import free, identifier
from .recorder import Array, Recorder, arrays_in
from .tracing import COMPARISONS_HOME, ELSEWHERE, namespaces

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from .compiled import Compiled
    from .recorder import Line

_MANY = 16  # programs of a function that are made without a word
_MOST = 64  # programs that are kept
_OPERATORS = {"add": "+", "subtract": "-", "multiply": "*"}
_TAKEN = {"np", "pool", "keep", "other_way", "buffers", "give"}


class Text(NamedTuple):
    """The text of a function, arrays like the buffers that it wants, and what it calls."""

    source: str
    buffers: list[Any]
    words: dict[str, Any]


class TensorProgram:
    """A trace as lines of NumPy: `text` says what of it is wanted.

    `parameters` are the Tensors that the function found outside itself, by name.
    """

    def __init__(
        self, trace: TensorTrace, function: str, arguments: Sequence[str], names: dict[int, str]
    ) -> None:
        self.trace = trace
        used = {*vars(arrays.raw), *keyword.kwlist, *_TAKEN}
        self.arguments = [free(name, used) for name in arguments]
        self.function = free(function, used)
        self._used = used
        self._wanted_names = names
        self.xp = Recorder()
        self.arrays: dict[int, Array] = {}
        self.parameters: dict[str, Any] = {}
        self._forward()
        self.result = self.arrays[id(trace.root)]
        self.guards = [(self.arrays[id(node)], truth) for node, truth in trace.guards]
        self.effects = [
            (function, tuple(self._operand(x) for x in inputs))
            for function, inputs in trace.effects
        ]
        self.gradients: dict[int, Array] = {}  # by the id of the leaf
        self.scalar = trace.root.array.size == 1
        self._count = len(self.xp.lines)  # lines from here on are the backward ones
        if self.scalar:
            self._backward()

    # -- recording ---------------------------------------------------------------------------------

    def _operand(self, x: Any) -> Any:
        if isinstance(x, Node):
            return self.arrays[id(x)]
        return tuple(map(self._operand, x)) if type(x) is tuple else x

    def _forward(self) -> None:
        for leaf, name in zip(self.trace.inputs, self.arguments):
            if isinstance(leaf, Tensor):
                self.arrays[id(leaf)] = self.xp.given(name, leaf.array)
        for node in order(*roots_of(self.trace)):
            if id(node) in self.arrays:
                continue
            primitive = node.primitive
            operands = tuple(self._operand(x) for x in node.inputs)
            params = {name: self._operand(x) for name, x in node.params.items()}
            if isinstance(primitive, Computed):
                made = self.xp.say(
                    primitive.name,
                    primitive.function,
                    *operands,
                    fresh=primitive.fresh,
                    result=node.array,
                )
            elif node.is_leaf:
                made = self._leaf(node)
            else:
                made = self._said(primitive, operands, params)
            self.arrays[id(node)] = made
            wanted = self._wanted_names.get(id(node), "J" if node is self.trace.root else "")
            if wanted and not made.name and not made.fixed:
                made.name = free(identifier(wanted), self._used)
        self.numbered = 0  # of what has no other name
        for line in self.xp.lines:
            if not line.result.name:
                self.numbered += 1
                line.result.name = free(f"t{self.numbered}", self._used)

    def _leaf(self, node: Any) -> Array:
        if id(node) in self.trace.fixed:
            return self.xp.fixed(node.array.copy())  # which may share memory with the user's
        name = self._wanted_names.get(id(node)) or f"w{len(self.parameters) + 1}"
        name = free(identifier(name), self._used)
        self.parameters[name] = node
        return self.xp.given(name, node.array)

    def _said(self, primitive: Any, operands: tuple[Any, ...], params: dict[str, Any]) -> Array:
        xp = self.xp
        if not _is_a_row(primitive):
            made: Array = xp.say(
                primitive.name,
                lambda *args, **params: primitive.on_arrays(*args, **params),
                *operands,
                **params,
            )
            return made
        word = getattr(arrays.raw, primitive.name, None)
        if word is None or (primitive.forward is not None and not _is_of_table(primitive)):
            made = primitive.forward(xp, *operands)
        else:
            made = xp.say(primitive.name, word, *operands, **params)
        return made

    def _backward(self) -> None:
        xp, root = self.xp, self.trace.root
        given = [x for x in self.trace.inputs if isinstance(x, Node)]
        leaves = [x for x in (*given, *self.parameters.values()) if x.primitive is None]
        useful = set(leaves)
        listed = order(root)
        for node in listed:
            if node not in self.trace.stopped and any(x in useful for x in node.parents):
                useful.add(node)
        if root not in useful:
            return
        shares: dict[int, Array] = {id(root): xp.fixed(np.ones(root.shape, root.dtype))}
        for node in reversed(topological_order(root)):
            g = shares.get(id(node))
            if g is None or node.is_leaf:
                continue
            self._name_gradient(g, node)
            needed = [isinstance(x, Node) and x in useful for x in node.inputs]
            if any(needed):
                for x, share in zip(node.inputs, self._shares(node, needed, g)):
                    if isinstance(x, Node) and share is not None and x in useful:
                        share = self._fitted(share, x)
                        before = shares.get(id(x))
                        shares[id(x)] = share if before is None else xp.add(before, share)
        for leaf in leaves:
            if id(leaf) in shares:
                self._name_gradient(shares[id(leaf)], leaf)
                self.gradients[id(leaf)] = shares[id(leaf)]

    def _name_gradient(self, g: Array, node: Any) -> None:
        of = self.arrays[id(node)].name
        if of and not g.name and not g.fixed:
            g.name = free(f"d{self.result.name}_d{of}", self._used)

    def _shares(self, node: Any, needed: list[bool], g: Array) -> list[Any]:
        """Return what comes back to each operand, as the rules of the row say."""
        primitive, xp = node.primitive, self.xp
        if isinstance(primitive, Computed):
            return [None] * len(needed)
        operands = [self._operand(x) for x in node.inputs]
        params = {name: self._operand(x) for name, x in node.params.items()}
        y = self.arrays[id(node)]
        if not _is_a_row(primitive):
            return [
                self._share_of_own(primitive, i, g, y, operands, params) if need else None
                for i, need in enumerate(needed)
            ]
        if (
            primitive.elementwise
        ):  # numbers take the type of the arrays: NumPy's where gives them none
            dtype = np.result_type(*(x.numbers for x in operands if isinstance(x, Array)))
            if dtype.kind == "f":
                operands = [
                    xp.fixed(np.asarray(x, dtype)) if type(x) is float else x for x in operands
                ]
        found: list[Any] = primitive.cotangents(xp, needed, g, y, *operands, **params)
        return found

    def _share_of_own(
        self, primitive: Any, i: int, g: Array, y: Array, operands: list[Any], params: Any
    ) -> Any:
        """Return the share of one operand of an operation with a user's rule."""
        needed = [place == i for place in range(len(operands))]

        def share(g: Any, y: Any, *args: Any) -> Any:
            found = primitive.cotangents(arrays.raw, needed, g, y, *args, **params)[i]
            return np.zeros_like(args[i]) if found is None else found

        return self.xp.say(f"{primitive.name}_vjp", share, g, y, *operands)

    def _fitted(self, share: Any, x: Any) -> Array:
        """Return a share in the shape and dtype of what it is for."""
        xp = self.xp
        if not isinstance(share, Array):
            share = xp.fixed(np.asarray(share, x.dtype))
        if share.shape != x.shape:
            wide = np.broadcast_shapes(share.shape, x.shape)
            if wide != share.shape:
                share = xp.broadcast_to(share, shape=wide)
            share = structural.added_up(xp, share, x.shape)
        fitted: Array = share if share.dtype == x.dtype else xp.astype(share, dtype=x.dtype)
        return fitted

    # -- printing ----------------------------------------------------------------------------------

    def text(self, what: str, *, comments: bool = False, descent: Descent | None = None) -> Text:
        """Return a function of the arguments, arrays like its buffers, and what it calls.

        `what` is "value", "value_and_grad", "backward" or "step", as the methods of a compiled
        function; a step takes the descent that it is to end with.
        """
        outputs, held = [self.result], []
        if what == "value_and_grad":
            outputs += [x for x in map(self._gradient_of, self.trace.inputs) if x is not None]
        elif what == "backward":
            outputs += [
                x for x in map(self._gradient_of, self.parameters.values()) if x is not None
            ]
        elif descent is not None:
            held = [self.gradients[id(leaf)] for leaf in descent.leaves]
        outputs += arrays_in([inputs for _, inputs in self.effects])  # which may be kept
        lines = self._needed([*outputs, *held])
        place, buffers = placed(lines, outputs, held)
        writer = _Writer(self, lines, place, comments)
        body = list(writer.lines(what, descent))
        given = ", ".join(self.arguments)
        text = "\n".join(f"    {line}" for line in body)
        return Text(f"def {self.function}({given}):\n{text}\n", buffers, writer.words)

    def forget(self) -> None:
        """Let go of the numbers that all was recorded with."""
        for line in self.xp.lines:
            line.result.forget()
        leaves = [x for x in (*self.trace.inputs, *self.parameters.values()) if isinstance(x, Node)]
        self.arrays = {id(leaf): self.arrays[id(leaf)] for leaf in leaves}
        for x in self.arrays.values():
            x.forget()
        for leaf in self.trace.inputs:
            if isinstance(leaf, Tensor):
                leaf.array = self.arrays[id(leaf)].numbers
        self.trace.root, self.trace.guards, self.trace.effects = None, [], []
        self.trace.kept = {}
        self._wanted_names = {}

    def _gradient_of(self, leaf: Any) -> Array | None:
        return self.gradients.get(id(leaf))

    def _needed(self, outputs: list[Array]) -> list[Line]:
        """Return the lines that outputs, guards and effects need, in order."""
        needed = {id(x) for x in (*outputs, *(x for x, _ in self.guards))}
        kept = []
        for line in reversed(self.xp.lines):
            if id(line.result) in needed:
                kept.append(line)
                needed.update(id(x) for x in line.uses())
        return kept[::-1]


class Descent:
    """What an optimiser does to the parameters at the end of a step, as lines.

    A rule that needs neither memory nor scratch is written out; any other is called. Either may
    write into the gradients, which are copied first where something else looks at them.
    """

    def __init__(self, optimizer: Any, program: TensorProgram) -> None:
        self.optimizer = optimizer
        self._known = list(map(id, optimizer.parameters))
        names = {id(leaf): name for name, leaf in program.parameters.items()}
        self.parameters = [
            (i, leaf, names[id(leaf)])
            for i, leaf in enumerate(optimizer.parameters)
            if id(leaf) in names and id(leaf) in program.gradients
        ]
        self.leaves = [leaf for _, leaf, _ in self.parameters]
        self.update = self._update()

    def _update(self) -> Any:
        return self.optimizer.update_for(arrays, spent=not self.optimizer.remembers)

    def fits(self, optimizer: Any) -> bool:
        """Return whether it is still what this optimiser does."""
        same = optimizer is self.optimizer and self._known == list(map(id, optimizer.parameters))
        return same and self._update() is self.update

    def lines(self, writer: _Writer) -> Iterator[str]:
        """Yield them."""
        gradients = [writer.program.gradients[id(leaf)] for leaf in self.leaves]
        shares = yield from writer.owned(gradients, [writer.program.result])
        writer.words["optimizer"] = self.optimizer
        yield "rate = optimizer.lr"
        if writer.comments:
            yield "# update"
        written_out = self.update is not None and not self.update.scratch
        for (i, _, name), share in zip(self.parameters, shares):
            if not written_out or self.optimizer.remembers:
                writer.words["change"] = self.optimizer.change
                yield f"change({i}, {name}_, rate, {share})"
                continue
            places = {"x": name, "g": share}
            for word, operands, out in self.update.lines:
                writer.words[word] = getattr(arrays.raw, word)
                inner = ", ".join(places.get(x, x) for x in (*operands, f"out={places[out]}"))
                yield f"{word}({inner})"


class _Writer:
    """The lines of one function, with names for what has none."""

    def __init__(
        self, program: TensorProgram, lines: list[Line], place: dict[int, int], comments: bool
    ) -> None:
        self.program = program
        self.place = place
        self.comments = comments
        self.needed = lines
        self.words: dict[str, Any] = {}
        self._used = set(program._used)
        self._names: dict[int, str] = {}
        self._numbered = program.numbered
        self._forward = {id(line) for line in program.xp.lines[: program._count]}

    def lines(self, what: str, descent: Descent | None) -> Iterator[str]:
        program = self.program
        for name, node in program.parameters.items():
            if any(x.name == name for x in self._looked_at(what, descent)):
                self.words[f"{name}_"] = node
                yield f"{name} = {name}_.array"
        buffers = sorted(set(self.place.values()))
        if buffers:
            names = ", ".join(f"b{i + 1}" for i in buffers)
            yield "buffers = pool.pop() if pool else keep()"
            yield f"{names}{',' if len(buffers) == 1 else ''} = buffers"
        yield from self._kept_by_words()
        if self.comments:
            yield "# forward"
        asked, back = self._asked(), False
        yield from asked(None)
        for line in self.needed:
            if self.comments and not back and id(line) not in self._forward:
                back = True
                yield "# backward"
            yield self._written(line)
            yield from asked(line.result)
        yield from self._returned(what, bool(buffers), descent)

    def _asked(self) -> Callable[[Array | None], Iterator[str]]:
        """Return what yields, after each line, the guards and then the effects that it allows.

        Effects wait for all guards, which may send the call elsewhere, where they would be done
        once more.
        """
        program = self.program
        guards, effects, done = list(program.guards), list(program.effects), set()

        def is_there(x: Any) -> bool:
            return all(each.line is None or id(each) in done for each in arrays_in(x))

        def after(made: Array | None) -> Iterator[str]:
            done.add(id(made))
            while guards and is_there(guards[0][0]):
                condition, truth = guards.pop(0)
                test = f"not {self.name(condition)}" if truth else self.name(condition)
                yield f"if {test}: return other_way({', '.join(program.arguments)})"
            while not guards and effects and is_there(effects[0][1]):
                function, inputs = effects.pop(0)
                name = self._bound(getattr(function, "__name__", "effect"), function)
                yield f"{name}({', '.join(map(self._operand, inputs))})"

        return after

    def _looked_at(self, what: str, descent: Descent | None) -> list[Array]:
        program = self.program
        found = [x for line in self.needed for x in line.uses()]
        found += [program.result, *(x for x, _ in program.guards)]
        found += arrays_in([inputs for _, inputs in program.effects])
        if what == "backward":
            found += [
                Array(program.xp, None, name=name)
                for name, leaf in program.parameters.items()
                if id(leaf) in program.gradients
            ]
        if descent is not None:
            found += [program.arrays[id(leaf)] for leaf in descent.leaves]
        return found

    def _kept_by_words(self) -> Iterator[str]:
        """Yield the dicts in which a word keeps something for its slope."""
        known: set[int] = set()
        for line in self.needed:
            for key, x in line.params.items():
                if isinstance(x, dict) and id(x) not in known:
                    known.add(id(x))
                    self._names[id(x)] = free(key, self._used)
                    yield f"{self._names[id(x)]} = {{}}"

    def _returned(self, what: str, buffered: bool, descent: Descent | None) -> Iterator[str]:
        """Yield what is done with the results: the value first, as updates may change it."""
        program = self.program
        if program.result.shape:
            (value,) = yield from self.owned([program.result], ())
        else:
            value = f"float({self.name(program.result)})"
        if what == "value_and_grad":
            found = [program.gradients.get(id(leaf)) for leaf in program.trace.inputs]
            shares = iter(
                (yield from self.owned([x for x in found if x is not None], [program.result]))
            )
            parts = []
            for leaf, gradient in zip(program.trace.inputs, found):
                if not isinstance(leaf, Node) or leaf.primitive is not None:
                    parts.append("None")
                elif gradient is None:
                    parts.append(f"np.zeros_like({self.name(program.arrays[id(leaf)])})")
                else:
                    parts.append(next(shares))
            value += f", ({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        elif what == "backward":
            yield from self._given()
        elif descent is not None:
            held = free("value", self._used)
            yield f"{held} = {value}"
            value = held
            yield from descent.lines(self)
        if buffered:
            yield "pool.append(buffers)"
        yield f"return {value}"

    def _given(self) -> Iterator[str]:
        """Yield what adds the gradients to the `.grad` of the parameters, all copies before."""
        program = self.program
        named = [
            (name, program.gradients[id(leaf)])
            for name, leaf in program.parameters.items()
            if id(leaf) in program.gradients
        ]
        shares = yield from self.owned([gradient for _, gradient in named], [program.result])
        self.words["give"] = Tensor.receive
        for (name, _), share in zip(named, shares):
            yield f"give({name}_, {name}_, {share}, True)"

    def owned(
        self, found: Sequence[Array], others: Sequence[Array]
    ) -> Generator[str, None, list[str]]:
        """Yield lines that copy those of these arrays that are not alone; return all names.

        Alone is what a line of ours has computed into new memory; what looks at that is copied
        itself, and before anything is done with these.
        """
        names = []
        for x in found:
            name, line = self.name(x), x.line
            alone = line is not None and line.ours and not line.seen and x.shape != ()
            uses = sum(y is x for y in (*found, *others))
            if not alone or uses > 1:
                copy = free(f"own_{name}", self._used)
                yield f"{copy} = np.array({name})"
                name = copy
            names.append(name)
        return names

    def name(self, x: Array) -> str:
        """Return what an array is called."""
        if x.name:
            return x.name
        if id(x) not in self._names:
            if x.fixed:
                self._names[id(x)] = self._bound("c1", x.numbers)
            else:
                self._numbered += 1
                self._names[id(x)] = free(f"t{self._numbered}", self._used)
        return self._names[id(x)]

    def _bound(self, name: str, thing: Any) -> str:
        found = free(identifier(name), self._used)
        self.words[found] = thing
        return found

    def _operand(self, x: Any) -> str:
        if isinstance(x, Array):
            return self.name(x)
        if type(x) is float:
            return repr(x)
        if type(x) is tuple and any(arrays_in(x)):
            return f"({', '.join(map(self._operand, x))}{',' if len(x) == 1 else ''})"
        return self._parameter(x)

    def _parameter(self, x: Any) -> str:
        if isinstance(x, dict):
            return self._names[id(x)]
        if _is_literal(x):
            return repr(x)
        if isinstance(x, np.dtype) and hasattr(np, x.name):
            return f"np.{x.name}"
        if id(x) not in self._names:
            self._names[id(x)] = self._bound("c1", x)
        return self._names[id(x)]

    def _written(self, line: Line) -> str:
        left = self.name(line.result)
        operands = list(map(self._operand, line.operands))
        buffer = self.place.get(id(line.result))
        if buffer is None and line.ours and line.word in _OPERATORS:
            right = f"{operands[0]} {_OPERATORS[line.word]} {operands[1]}"
        else:
            operands += [f"{name}={self._operand(x)}" for name, x in line.params.items()]
            if buffer is not None:
                operands.append(f"out=b{buffer + 1}")
            right = f"{self._called(line)}({', '.join(operands)})"
        comment = f"  # {line.result.shape}" if self.comments and _has_axes(line.result) else ""
        return f"{left} = {right}{comment}"

    def _called(self, line: Line) -> str:
        if line.ours:
            self.words[line.word] = line.function
            return line.word
        key = id(line.function)
        if key not in self._names:
            self._names[key] = self._bound(line.word, line.function)
        return self._names[key]


def _has_axes(x: Array) -> bool:
    return bool(getattr(x.numbers, "shape", ()))


def _is_literal(x: Any) -> bool:
    if isinstance(x, (tuple, list)):
        return all(map(_is_literal, x))
    return (
        x is None
        or x is Ellipsis
        or type(x) in (bool, int, str)
        or (type(x) is float and x == x and abs(x) != floats.inf)
    )


def _is_a_row(primitive: Any) -> bool:
    return primitive.home[0].partition(".")[0] == __name__.partition(".")[0] and (
        _is_of_table(primitive) or bool(primitive.vjps)
    )


def _is_of_table(primitive: Any) -> bool:
    return primitive.elementwise or primitive.home[0] in (structural.__name__, COMPARISONS_HOME)


# -- running ---------------------------------------------------------------------------------------


class _Way:
    """A program, compiled, for arguments of one kind."""

    def __init__(self, compiled: Compiled, given: Sequence[Any]) -> None:
        trace = follow(compiled.function, given)
        names = known(order(*roots_of(trace)), trace.kept, *namespaces(compiled.function))
        program = TensorProgram(trace, compiled.name, compiled.arguments, names)
        self.name = compiled.name
        self.program = program
        self.modules = trace.modules
        self.parameters = program.parameters
        self.leaves = [
            (node, node.primitive, node.array.shape, node.array.dtype)
            for node in program.parameters.values()
        ]
        self.scalar = program.scalar
        self.shape = trace.root.shape
        self.differentiable = any(
            id(node) in program.gradients for node in program.parameters.values()
        )
        program.forget()
        self.functions: dict[str, Callable[..., Any]] = {}
        self.steps: dict[int, tuple[Descent, Callable[..., Any]]] = {}

    @property
    def source(self) -> str:
        """The program, as one reads it."""
        what = (
            "value" if not self.scalar else "backward" if self.differentiable else "value_and_grad"
        )
        return self.program.text(what, comments=True).source.rstrip()

    def function(self, what: str) -> Callable[..., Any]:
        """Return the function that is what a method of a compiled function does."""
        if what not in self.functions:
            self.functions[what] = _made(self.name, self.program.text(what))
        return self.functions[what]

    def step(self, optimizer: Any) -> tuple[Descent, Callable[..., Any]]:
        """Return the function of a step of training, and what is in it of the optimiser."""
        descent = Descent(optimizer, self.program)
        made = _made(self.name, self.program.text("step", descent=descent))
        if len(self.steps) > 3:  # they hold their optimisers
            self.steps.pop(next(iter(self.steps)))
        self.steps[id(optimizer)] = (descent, made)
        return descent, made

    def holds(self) -> bool:
        """Return whether what it depends on beside the arguments is as it was."""
        for module, mode in self.modules:
            if module.training is not mode:
                return False
        for leaf, primitive, shape, dtype in self.leaves:
            x = leaf.array
            if leaf.primitive is not primitive or x.shape != shape or x.dtype != dtype:
                return False
        return True


def _made(name: str, text: Text) -> Callable[..., Any]:
    first = tuple(map(np.empty_like, text.buffers))
    space = {
        "np": np,
        "inf": floats.inf,
        "nan": floats.nan,
        # Each call takes a set of buffers and gives it back: so calls in two threads have two.
        "pool": [first],
        "keep": lambda: tuple(map(np.empty_like, first)),
        "other_way": lambda *args: ELSEWHERE,
        **text.words,
    }
    exec(compile(text.source, f"<{name}, of Tensors>", "exec"), space)  # noqa: S102  (our rows)
    made: Callable[..., Any] = space[text.source[4 : text.source.index("(")]]
    return made


def _kind(given: Sequence[Any]) -> Any:
    """Return what a program is made for: shapes and dtypes, and what is no array as it is."""
    kind: list[Any] = []
    for x in given:
        if type(x) is np.ndarray:
            kind += (x.shape, x.dtype)
        elif x is None or type(x) in (bool, int, str):
            kind += (type(x), x)
        else:
            kind += (type(x), id(x))  # not yet what a program can be made for
    return tuple(kind)


class Ways:
    """The programs of a compiled function of Tensors, by the shapes and dtypes of its arguments."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.last: _Way | None = None
        self._ways: dict[Any, list[_Way]] = {}
        self._count = 0

    def prepare(self, args: tuple[Any, ...]) -> None:
        """Make the program for such arguments."""
        given = self._given(args)
        self.last = self._record(given)
        self._ways[_kind(given)] = [self.last]

    @property
    def source(self) -> str:
        """The program that ran last."""
        assert self.last is not None
        return self.last.source

    @property
    def parameters(self) -> dict[str, Any]:
        """The Tensors that the function found outside itself, by name."""
        assert self.last is not None
        return self.last.parameters

    def run(self, what: str, args: tuple[Any, ...], optimizer: Any = None) -> Any:
        """Return what the method of that name returns of these arguments."""
        kind = _kind(args)
        known = self._ways.get(kind)
        given: Sequence[Any] = args
        if known is None:
            given = self._given(args)
            kind = _kind(given)
            known = self._ways.setdefault(kind, [])
        for way in known:
            if way.holds():
                result = self._run(way, what, given, optimizer)
                if result is not ELSEWHERE:
                    return result
        way = self._record(given)
        self._ways.setdefault(kind, []).insert(0, way)  # which recording may have emptied
        result = self._run(way, what, given, optimizer)
        if result is ELSEWHERE:  # a guard so close to its edge that the last bit decides
            return self._as_a_graph(what, given, optimizer)
        return result

    def _as_a_graph(self, what: str, given: Sequence[Any], optimizer: Any) -> Any:
        """Do with the engine what a program would."""
        tensors = [
            Tensor(x, requires_grad=x.dtype.kind == "f") if type(x) is np.ndarray else x
            for x in given
        ]
        root = self.compiled.function(*tensors)
        value = root.item() if not root.shape else root.array.copy()
        if what == "value":
            return value
        held = {node: node.grad for node in self.parameters.values()}
        root.backward()
        if what == "value_and_grad":
            for node, grad in held.items():
                node.grad = grad
            return value, tuple(
                None if not isinstance(x, Tensor) or not x.requires_grad
                else np.zeros_like(x.array) if x.grad is None else x.grad
                for x in tensors
            )  # fmt: skip
        if optimizer is not None:
            optimizer.step()
            optimizer.zero_grad()
        return value

    def _run(self, way: _Way, what: str, given: Sequence[Any], optimizer: Any) -> Any:
        self.last = way
        if optimizer is not None:
            return self._step(way, given, optimizer)
        made = way.functions.get(what)
        if made is None:
            if what != "value":
                self._check(way, what)
            made = way.function(what)
        return arrays.quietly(made, *given)

    def _step(self, way: _Way, given: Sequence[Any], optimizer: Any) -> Any:
        known = way.steps.get(id(optimizer))
        if known is None or not known[0].fits(optimizer):
            self._check(way, "step")
            known = way.step(optimizer)
        descent, made = known
        if not descent.leaves:
            raise ValueError(
                f"{self.compiled.name}.step() got an optimizer of other parameters than the"
                " function uses; expected one of some of these"
            )
        try:
            result = arrays.quietly(made, *given)
            if result is not ELSEWHERE:
                optimizer.stepped(descent.leaves)
        except BaseException:  # some may have been changed
            for leaf in descent.leaves:
                leaf.touch()
            raise
        return result

    def _check(self, way: _Way, what: str) -> None:
        """Raise RuntimeError if there is nothing to differentiate."""
        if not way.scalar:
            raise RuntimeError(
                f"{self.compiled.name}.{what}() needs a scalar, got shape {way.shape}; let the"
                " function return a mean or a sum"
            )
        if what != "value_and_grad" and not way.differentiable:
            raise RuntimeError(
                f"{self.compiled.name}.{what}() found no Tensor that needs a gradient beside the"
                " arguments; expected parameters: those of arguments come of value_and_grad()"
            )

    def _record(self, given: Sequence[Any]) -> _Way:
        self._count += 1
        if self._count == _MANY + 1:
            warnings.warn(
                f"{self.compiled.name} was called with {_MANY + 1} kinds of arguments, and each is"
                " compiled: keep to a few shapes, as by drop_last=True, and pass numbers that"
                " change as floats",
                stacklevel=5,
            )
        if self._count % _MOST == 0:
            self._ways.clear()
        return _Way(self.compiled, given)

    def _given(self, args: tuple[Any, ...]) -> list[Any]:
        given = [x if type(x) is np.ndarray else self._plain(x) for x in args]
        if any(type(x) is float for x in given):
            kinds = [x.dtype for x in given if type(x) is np.ndarray and x.dtype.kind == "f"]
            dtype = np.result_type(*kinds) if kinds else np.dtype(float)
            given = [np.asarray(x, dtype) if type(x) is float else x for x in given]
        for x in given:
            if type(x) is np.ndarray and x.dtype.kind not in "biuf":
                raise TypeError(
                    f"{self.compiled.name}() got an array of {x.dtype}; expected real numbers"
                )
        return given

    def _plain(self, x: Any) -> Any:
        if isinstance(x, Tensor):
            if x.requires_grad:
                raise TypeError(
                    f"{self.compiled.name} got a Tensor that needs a gradient where numbers are"
                    f" expected: pass x.data, or call {self.compiled.name}(...) on Tensors, which"
                    " builds a graph"
                )
            return x.array
        if x is None or type(x) in (bool, int, str, float):
            return x
        if isinstance(x, (np.integer, np.bool_)):
            return x.item()
        if isinstance(x, Node):
            raise TypeError(
                f"{self.compiled.name}() got {a_kind(x)}; its function is one of Tensors: expected"
                " arrays or numbers"
            )
        array = np.asarray(x)
        if array.dtype == object:
            raise TypeError(
                f"{self.compiled.name}() got {shown(x)}; expected an array, a Tensor or a number"
            )
        return array
