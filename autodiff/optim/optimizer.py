"""`Optimizer`: the parameters, the learning rate, and a step that tells of forgotten gradients.

    class Descent(Optimizer):
        def rule(self, xp, rate, x, g):
            x -= rate * g
            return (x,)

`rule` gets the vocabulary, the learning rate, a parameter x, its gradient g, and what it remembered
of this parameter at the step before (zeros at the first), in the order of `remembers`; it returns
the new x and what to remember. Written with +=, one formula serves floats and, in place, arrays.
"""

from __future__ import annotations

from .. import floats
from ..graph import Node
from ..wording import clipped, shown

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from .updates import Update

    Rate = float | Callable[[int], float]


_OURS = f"{__package__}.rules"

# The attributes on which no rule depends.
NO_SETTINGS = {"accumulate", "memory", "parameters", "remembers", "steps"}


class _Used(float):
    """A gradient that a step has used, so that the next one sees whether more came on top of it."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        total = float.__add__(self, other)
        return total if total is NotImplemented else _Mixed(total)

    __radd__ = __add__


class _Mixed(_Used):
    """The sum of a gradient that was used and of others: zero_grad() was not called in between."""

    __slots__ = ()

    def __mul__(self, other: Any) -> Any:  # scaled, as clipping does, it still is one
        product = float.__mul__(self, other)
        return product if product is NotImplemented else _Mixed(product)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        quotient = float.__truediv__(self, other)
        return quotient if quotient is NotImplemented else _Mixed(quotient)


class Optimizer:
    """The base of optimisers: parameters, their gradients, the learning rate.

    `parameters` are leaves that need gradients, as `model.parameters()` returns them. `lr` is a
    number, or a function of the number of steps taken (`schedules`). Gradients that still hold what
    an earlier step has used are what one gets by forgetting `zero_grad()`: a step warns of them,
    once, unless `accumulate=True` says that they are meant.
    """

    remembers: tuple[str, ...] = ()

    def __init__(self, parameters: Iterable[Any], lr: Rate, *, accumulate: bool = False) -> None:
        self.parameters = check_leaves(parameters, type(self).__name__)
        self.lr = lr
        self.accumulate = accumulate
        self.steps = 0
        self.memory: list[tuple[Any, ...]] = [
            tuple(_start(name, p) for name in self.remembers) for p in self.parameters
        ]
        for p in self.parameters:
            if p.vocabulary is not floats:
                p.vocabulary.keep_freed_memory()
                break
        self._graphs: list[Any] = [None] * len(self.parameters)  # gradients that were graphs
        self._warned = False
        self._lines: dict[bool, Any] = {}  # settings, their names, and our rule as lines with them
        self._plans: dict[int, Any] = {}  # how they run on each array

    @property
    def lr(self) -> float:
        """The learning rate of the next step. Assign a number, or a function of steps taken."""
        if not callable(self._lr):
            return self._lr
        return check_number(type(self).__name__, f"lr of step {self.steps}", self._lr(self.steps))

    @lr.setter
    def lr(self, lr: Rate) -> None:
        self._lr = lr if callable(lr) else check_number(type(self).__name__, "lr", lr)

    @property
    def scheduled(self) -> bool:
        """Whether the learning rate is a function of the step."""
        return callable(self._lr)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters:
            p.zero_grad()

    def step(self) -> None:
        """Take one step: change every parameter that has a gradient."""
        rate, mixed, moved = self.lr, False, False
        changed: list[Any] = []
        arrays = heard = None
        try:
            for i, p in enumerate(self.parameters):
                g = p.grad
                if g is None or g is p.blank:
                    continue
                moved = True
                if isinstance(g, Node):  # of backward(create_graph=True)
                    mixed = mixed or any(x is self._graphs[i] for x in g.inputs)
                    self._graphs[i], g = g, g.data
                elif self._graphs[i] is not None:
                    self._graphs[i] = None
                if p.vocabulary is floats:
                    mixed = mixed or type(g) is _Mixed
                    p.data, *memory = self.rule(floats, rate, p.data, float(g), *self.memory[i])
                    self.memory[i] = tuple(memory)
                    if not isinstance(p.grad, Node):
                        p.grad = _Used(g)
                    continue
                if arrays is None:
                    arrays = p.vocabulary
                    heard = arrays.heard()
                    arrays.hush()
                    p.touch()  # before it is changed, for Ctrl-C may come in between
                    now = p.time
                p.time = now
                self.change(i, p, rate, g)
                mixed, p.use = mixed or p.use == 2, 1
                changed.append(p)
        finally:
            if heard is not None:
                arrays.unhush(heard)  # type: ignore[union-attr]
        self.stepped(changed)
        if not moved or (mixed and not self.accumulate):
            self._warn(mixed)

    def stepped(self, changed: list[Any]) -> None:
        """Note a step, and the arrays that it has changed."""
        if changed:  # all at one time, as one look at the clock will do
            changed[0].touch()
            for p in changed:
                p.time = changed[0].time
        self.steps += 1

    def change(self, i: int, p: Any, rate: float, g: Any) -> None:
        """Change an array in place, by lines of NumPy if there are such of the rule."""
        x, memory, arrays = p.array, self.memory[i], p.vocabulary
        update = self.update_for(arrays)
        if g.strides != x.strides:
            g = arrays.like(g, x)
        if update is not None and g.dtype == x.dtype:
            from .updates import Plan

            plan = self._plans.get(i)
            if plan is None or not plan.fits(update, x, memory):
                plan = self._plans[i] = Plan(update, x, memory, arrays.np)
            numbers = plan.run(rate, g, [m for m in memory if type(m) is float])
        else:
            after = _kept(self.rule(arrays.raw, rate, x, g, *memory), x, memory)
            numbers = tuple(new for new, old in zip(after, memory) if type(old) is float)
        if numbers:  # arrays have changed in place; what is a number is a new one
            new = iter(numbers)
            self.memory[i] = tuple(next(new) if type(m) is float else m for m in memory)

    def update_for(self, arrays: Any, spent: bool = False) -> Update | None:
        """Return our own rules as lines of NumPy (`updates`); None for a rule of the user's.

        Where gradients are `spent`, the lines may write into them.
        """
        if type(self).__module__ != _OURS:
            return None
        mine = vars(self)
        known = self._lines.get(spent)
        if known is None or known[0] != [mine[name] for name in known[1]]:
            from .updates import Update

            names = [name for name in mine if name[0] != "_" and name not in NO_SETTINGS]
            lines = Update(self.rule, arrays.raw, self.remembers, spent)
            known = self._lines[spent] = ([mine[name] for name in names], names, lines)
        return known[2]

    def _warn(self, mixed: bool) -> None:
        """Say, once, that gradients were left from before, or that there were none."""
        from warnings import warn

        name = type(self).__name__
        if mixed:
            words = (
                f"{name}.step() got gradients that still hold those of the step before: call"
                f" optimizer.zero_grad() before backward(), or {name}(..., accumulate=True) if the"
                " sum is meant"
            )
        else:
            words = (
                f"{name}.step() found no gradient: call backward() on a loss made from these"
                " parameters, after zero_grad() and before step()"
            )
        if not self._warned:
            self._warned = True
            warn(words, RuntimeWarning, stacklevel=3)

    def rule(self, xp: Any, rate: float, x: Any, g: Any, *memory: Any) -> tuple[Any, ...]:
        """Return the new x, and what to remember."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """Return what the next steps depend on: kind, steps, settings, memory; copies."""
        from .state import state_of

        return state_of(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the steps, the memory and the learning rate of a `state_dict`.

        A learning rate that is a function has to give what it gave there, and is kept. Raises
        ValueError that names what differs: the kind, a setting, the shape of a memory; nothing is
        changed then.
        """
        from .state import restore

        restore(self, state)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy needs; how the rule runs on these arrays is found out anew."""
        return {**vars(self), "_lines": {}, "_plans": {}}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.parameters)} parameters, lr={self.lr:g})"


# -- what can be wrong -----------------------------------------------------------------------------


def check_leaves(parameters: Iterable[Any], name: str) -> list[Any]:
    """Return parameters as a list; raise unless they are leaves that need gradients, each once."""
    if isinstance(parameters, Node) or not hasattr(parameters, "__iter__"):
        hint = "model.parameters()" if hasattr(parameters, "parameters") else "[w, b]"
        raise TypeError(
            f"{name} got {shown(parameters)}; expected a list of"
            f" parameters: write {name}({hint}, ...)"
        )
    leaves = list(parameters)
    if not leaves:
        raise ValueError(f"{name} got no parameters; expected at least one")
    for index, leaf in enumerate(leaves):
        if not isinstance(leaf, Node):
            raise TypeError(
                f"{name} got {shown(leaf)}, as parameter {index}; expected Values"
                " or Tensors that need gradients: Value(0.5) is one"
            )
        if not leaf.is_leaf or not leaf.requires_grad:
            why = "made by an operation" if not leaf.is_leaf else "a constant"
            raise ValueError(
                f"{name} got {clipped(leaf)} as parameter {index}, which is {why}; expected a leaf,"
                " to which gradients come and whose numbers can be changed"
            )
    if len(set(leaves)) < len(leaves):
        raise ValueError(f"{name} got a parameter twice; expected each once")
    return leaves


def _kept(after: tuple[Any, ...], x: Any, memory: Any) -> tuple[Any, ...]:
    """Return what a rule remembers, with all arrays written where they were."""
    new, *after = after  # type: ignore[assignment]
    if new is not x:  # not made in place
        x[...] = new
    for old, new in zip(memory, after):
        if new is not old and type(old) is not float:
            old[...] = new
    return after


def _start(name: str, p: Any) -> Any:
    """Return what is remembered before the first step: no steps, or zeros like the parameter."""
    return 0.0 if name == "count" else p.vocabulary.zeros_like(p.data)


def check_number(name: str, what: str, number: Any) -> float:
    """Return it as a float; raise unless it is a finite number of at least 0."""
    if isinstance(number, (bool, str, Node)) or not hasattr(number, "__float__"):
        raise TypeError(f"{name} got {what}={number!r}; expected a number")
    if not 0.0 <= number < float("inf"):
        raise ValueError(f"{name} got {what}={number!r}; expected a finite number of at least 0")
    return float(number)


def check_fraction(name: str, what: str, number: Any) -> float:
    """Return it as a float; raise unless it is a number of at least 0 and below 1."""
    fraction = check_number(name, what, number)
    if not fraction < 1.0:
        raise ValueError(f"{name} got {what}={number!r}; expected a number below 1")
    return fraction
