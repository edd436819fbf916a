"""What an operation is: a name, its value, and its derivative rules.

A rule takes `(xp, g, y, *args)`: a vocabulary, the cotangent of the output, the output, the inputs.
It returns the cotangent of one input, g · ∂y/∂x. What `xp` is decides what the rule computes:

    xp = floats      numbers            Value.backward()
    xp = arrays      ndarrays           Tensor.backward()
    xp = functions   nodes              derivatives of derivatives
    xp = symbols     formulas           text, and the fast steps of the float sweep

So a primitive is written once and read four times:

    >>> from autodiff.primitive import Primitive
    >>> tanh = Primitive("tanh", lambda xp, g, y, x: (g + g * y) * (1.0 - y))
    >>> print(tanh.formula("x"), "has the derivative", tanh.derivative(0, "x"))
    tanh(x) has the derivative (1 + tanh(x)) × (1 - tanh(x))
"""

from __future__ import annotations

from . import floats, symbols
from .steps import array_step_of, on_floats, step_of
from .symbols import Formula

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    Rule = Callable[..., Any]


class Primitive:
    """An operation with its derivative rules.

    `vjps` has one rule for each input, None where the mathematics has no derivative (a condition).
    An operation of any number of inputs, or whose inputs' cotangents share work, has one joint rule
    instead: `joint(xp, needed, g, y, *args)` returns the sequence of all cotangents, and may leave
    None where `needed` is False.

    Forward mode needs no second table. A function of numbers multiplies tangents by the same
    derivatives as cotangents, so its vjps serve. One that is `linear` in all of its inputs is its
    own derivative; one that is `multilinear`, linear in each alone, is so for each in turn. Others
    write `jvp(xp, tangents, y, *args)`.

    Operations on arrays may have parameters, as an axis, which rules get by name.

    `pairs` names the primitive of two numbers whose results a joint one adds up, over pairs of its
    inputs and a last one by itself (dot: the products): the float sweep then goes pair by pair.
    Its rules must not use the output, as each pair has one of its own.

    `forward(xp, *args)` computes the value from other words of the vocabulary; without it the value
    is `xp.<name>(*args)`.
    """

    __slots__ = (
        "array_step", "forward", "home", "joint", "jvp", "linear", "multilinear", "name",
        "on_arrays", "on_floats", "pairs", "step", "vjps",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        *vjps: Rule | None,
        forward: Rule | None = None,
        joint: Rule | None = None,
        jvp: Rule | None = None,
        pairs: Primitive | None = None,
        linear: bool = False,
        multilinear: bool = False,
        home: tuple[str, str] | None = None,
    ) -> None:
        self.name = name
        self.vjps = vjps
        self.forward = forward
        self.joint = joint
        self.jvp = jvp
        self.pairs = pairs
        self.linear = linear
        self.multilinear = multilinear
        self.home = home or (f"{__package__}.elementwise", name)  # where pickle finds it again

    def __getattr__(self, attribute: str) -> Any:
        """Make what the fast paths run at its first use; then it is found without asking."""
        if attribute == "step":
            self.step = step_of(self)
            return self.step
        if attribute == "on_arrays":
            self.on_arrays = self._on_arrays()
            return self.on_arrays
        if attribute == "array_step":
            self.array_step = array_step_of(self)
            return self.array_step
        if attribute == "on_floats":
            self.on_floats = self._on_floats()
            return self.on_floats
        raise AttributeError(f"a primitive has no attribute {attribute!r}")

    @property
    def elementwise(self) -> bool:
        """Whether it is an operation on numbers, which arrays do element by element."""
        return self.home[0] == f"{__package__}.elementwise"

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        try:
            found = _find(*self.home)
        except (ImportError, AttributeError):
            found = None
        if found is not self:
            from pickle import PicklingError

            raise PicklingError(
                f"cannot pickle the primitive {self.name!r}: it would not be found again as"
                f" {'.'.join(self.home)}; define it at the top of a module, under its own name"
            )
        return _find, self.home

    def __deepcopy__(self, memo: dict[int, Any]) -> Primitive:
        return self  # as deepcopy keeps functions

    def compute(self, xp: Any, *args: Any, **params: Any) -> Any:
        """Return the value of the operation in the vocabulary xp."""
        if xp is floats:
            return self.on_floats(*args)
        if self.forward is None:
            word = getattr(xp, self.name)
            return word(*args, **params) if params else xp.evaluate(word, *args)
        return xp.evaluate(lambda *args: self.forward(xp, *args), *args)

    def _on_floats(self) -> Callable[..., float]:
        """Return the operation on floats alone, without a detour through the vocabulary."""
        forward = self.forward
        if forward is None:
            function: Callable[..., float] = getattr(floats, self.name)
            return function
        if not self.vjps:  # a user's function, which knows nothing of symbols
            return lambda *args: forward(floats, *args)
        names = [f"x{i}" for i in range(len(self.vjps))]
        formula = forward(symbols, *map(symbols.name, names))
        return on_floats(f"result = lambda {', '.join(names)}: {formula.python()}", "result")

    def _on_arrays(self) -> Callable[..., Any]:
        """Return the operation on ndarrays alone, by NumPy's own words where there is one."""
        from . import arrays

        forward, raw, enter, quietly = self.forward, arrays.raw, arrays.enter, arrays.quietly
        ours = self.home[0] in (f"{__package__}.elementwise", f"{__package__}.structural")
        word = getattr(raw, self.name, None) if ours or forward is None else None
        if word is None:  # perhaps a user's, in which anything may happen
            return lambda *args: quietly(forward, raw, *args)  # type: ignore[arg-type]

        def compute(*args: Any, **params: Any) -> Any:
            try:
                return enter(word, *args, **params)
            except RuntimeError:
                return quietly(word, *args, **params)

        return compute

    def cotangents(
        self, xp: Any, needed: list[bool], g: Any, y: Any, *args: Any, **params: Any
    ) -> list[Any]:
        """Return g · ∂y/∂x for each needed input x, None for the others."""

        def rules(g: Any, y: Any, *args: Any) -> list[Any]:
            if self.joint is not None:
                return list(self.joint(xp, needed, g, y, *args, **params))
            return [
                rule(xp, g, y, *args, **params) if rule is not None and need else None
                for rule, need in zip(self.vjps, needed)
            ]

        cotangents: list[Any] = xp.evaluate(rules, g, y, *args)
        return cotangents

    def tangent(self, xp: Any, tangents: list[Any], y: Any, *args: Any, **params: Any) -> Any:
        """Return Σ ∂y/∂x · ẋ over the inputs x, None for a tangent ẋ being zero."""

        def rules(y: Any, *args: Any) -> Any:
            if self.jvp is not None:
                return self.jvp(xp, tangents, y, *args, **params)
            if self.linear:
                moved = [xp.zeros_like(x) if t is None else t for t, x in zip(tangents, args)]
                return getattr(xp, self.name)(*moved, **params)
            total = None
            for i, (rule, t) in enumerate(zip(self.vjps, tangents)):
                if rule is None or t is None:
                    continue
                if self.multilinear:
                    term = getattr(xp, self.name)(*args[:i], t, *args[i + 1 :], **params)
                else:
                    term = rule(xp, t, y, *args, **params)
                total = term if total is None else total + term
            return total

        return xp.evaluate(rules, y, *args)

    def formula(self, *args: str | float | Formula) -> Formula:
        """Return the operation on these names and numbers, e.g. a + u."""
        return self._written(tuple(_symbol(arg) for arg in args))

    def _written(self, operands: tuple[Formula, ...]) -> Formula:
        build = _SPELT_OUT.get(self.name) or symbols.operation(self.name)
        return build(*operands)

    def derivative(
        self, index: int, *args: str | float | Formula, output: str | Formula | None = None
    ) -> Formula:
        """Return ∂y/∂x of the input at `index`: its rule at g = 1, simplified.

        `output` is what stands for y; without it the operation itself does.
        """
        operands = tuple(_symbol(arg) for arg in args)
        y = self._written(operands) if output is None else _symbol(output)
        needed = [i == index for i in range(len(operands))]
        partial = self.cotangents(symbols, needed, symbols.number(1.0), y, *operands)[index]
        return symbols.number(0.0) if partial is None else _symbol(partial).simplified()


class HandWritten(Primitive):
    """The primitive of a node whose `_backward` its maker wrote; its derivatives are not known."""

    __slots__ = ()

    def __init__(self, name: str, step: Callable[[Any], None] = lambda node: None) -> None:
        super().__init__(name, joint=lambda xp, needed, g, y, *args: [None] * len(args))
        self.step = step

    def __deepcopy__(self, memo: dict[int, Any]) -> Primitive:
        self.__reduce__()
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            f"cannot copy or pickle a graph with a hand-written _backward (of {self.name!r}): it"
            " refers to the nodes that it was written for; use @custom_vjp instead"
        )


# rows that print as the operations that they stand for
_SPELT_OUT = {"dot": symbols.dot, "sum": symbols.sum}


def _symbol(arg: str | float | Formula) -> Formula:
    if isinstance(arg, Formula):
        return arg
    return symbols.name(arg) if isinstance(arg, str) else symbols.number(arg)


def _find(module: str, path: str) -> Any:
    """Return the object at module.path: how a pickled primitive is found again."""
    import importlib

    found: ModuleType | Any = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return found
