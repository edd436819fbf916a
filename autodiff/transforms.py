"""Transforms: functions in, their derivatives out.

    >>> f = lambda x, y: x * x * y
    >>> grad(f, (0, 1))(3.0, 2.0)
    (12.0, 9.0)
    >>> grad(grad(f))(3.0, 2.0)
    4.0
    >>> hessian(lambda v: v[0] * v[1] ** 2)([5.0, 3.0])
    [[0.0, 6.0], [6.0, 10.0]]

Arguments are numbers, ndarrays, or lists, tuples and dicts of them, nested as you like; derivatives
come back in the same shape, as plain numbers and ndarrays. A function of ndarrays gets Tensors.
Transforms nest to any order and mix: reverse over forward mode, forward over reverse (`hvp`).
Inside another transform, or where an argument is a Value already, the results are Values, and the
outer derivative goes through them.
"""

from __future__ import annotations

import math
from threading import local

from .graph import Node, apply, modes
from .primitive import Primitive
from .sweep import pullback, pushforward
from .value import Value
from .wording import shown

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

# A variable of an inner transform is this operation on a node of the outer graph: a node of its
# own, through which the outer derivative finds its way.
ALIAS = Primitive("alias", lambda xp, g, y, x: g, forward=lambda xp, x: x, home=(__name__, "ALIAS"))


class _Running(local):
    transforms = 0  # how many transforms of this thread are calling their functions just now
    on_arrays = 0  # how many of them on Tensors, with which a Value does not mix


_running = _Running()


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0
) -> Callable[..., tuple[Any, Any]]:
    """Return the function that gives (f, ∂f/∂x) for the argument x at `argnums`.

    With several argnums the second is a tuple. `scipy.optimize.minimize(value_and_grad(f), x0,
    jac=True)` wants just this. f must return one number; TypeError otherwise.
    """

    def evaluate(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = _Call(f, args, argnums, kwargs)
        value = call.single("grad")
        return call.plain(value), call.shaped(call.cotangents(value, 1.0))

    return _named(evaluate, f, "value_and_grad")


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the function that gives ∂f/∂x for the argument x at `argnums`, by reverse mode.

    The derivative has the shape of the argument; with several argnums there is a tuple of them.
    f must return one number: TypeError otherwise (see `jacobian`).
    """
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return _named(gradient, f, "grad")


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return f(*primals) and its pullback, which takes a cotangent of the shape of the output.

    The pullback returns a tuple, for each primal the cotangent ȳ·∂f/∂x in the primal's shape.
    """
    call = _Call(f, primals, tuple(range(len(primals))), {})
    outputs, rebuild = flat(call.result)

    def pull(cotangent: Any) -> tuple[Any, ...]:
        given, _ = flat(cotangent)
        if len(given) != len(outputs):
            raise TypeError(
                f"the pullback of {_name(f)} got {len(given)} numbers; expected a cotangent of the"
                f" shape of the output, with {len(outputs)}"
            )
        for output, g in zip(outputs, given):
            if _shape(output) != _shape(g):
                raise TypeError(
                    f"the pullback of {_name(f)} got a cotangent of shape {_shape(g)}; expected"
                    f" {_shape(output)}, that of the output"
                )
        shares = [call.cotangents(output, g) for output, g in zip(outputs, given)]
        return tuple(call.shaped([_added(column) for column in zip(*shares)]))

    return rebuild([call.plain(output) for output in outputs]), pull


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return f(*primals) and its tangent Σ ∂f/∂x·ẋ, by forward mode.

    `tangents` has for each primal x its ẋ, in the same shape.
    """
    _check_tuple("jvp", "primals", primals)
    _check_tuple("jvp", "tangents", tangents)
    call = _Call(f, tuple(primals), tuple(range(len(primals))), {})
    moving, _ = flat(list(tangents))
    if len(moving) != len(call.variables):
        raise TypeError(
            f"jvp of {_name(f)} got {len(moving)} tangents for {len(call.variables)} numbers;"
            " expected tangents of the shapes of the primals"
        )
    for x, t in zip(call.variables, moving):
        if _shape(t) not in ((), _shape(x)):
            raise TypeError(
                f"jvp of {_name(f)} got a tangent of shape {_shape(t)}; expected {_shape(x)}, that"
                " of the primal"
            )
    outputs, rebuild = flat(call.result)
    values = rebuild([call.plain(output) for output in outputs])
    return values, rebuild([call.tangent(output, moving) for output in outputs])


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the function that gives all ∂fᵢ/∂xⱼ: in f's shape, with the argument's shape inside.

    It goes backward from each output, or forward from each number of the argument, whichever is
    fewer.
    """

    def matrix(*args: Any, **kwargs: Any) -> Any:
        call = _Call(f, args, argnums, kwargs)
        outputs, rebuild = flat(call.result)
        backward = sum(map(_size, outputs)) <= sum(map(_size, call.variables))
        blocks = call.rows(outputs) if backward else call.columns(outputs)
        return rebuild([call.shaped(row) for row in blocks])

    return _named(matrix, f, "jacobian")


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the function that gives all ∂²f/∂xᵢ∂xⱼ: the jacobian of the gradient."""
    return _named(jacobian(grad(f, argnums), argnums), f, "hessian")


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the product of f's Hessian with the tangents, without the Hessian.

    It is the tangent of the gradient (forward over reverse), at a few times the cost of f. Of one
    primal it has the shape; of several it is a tuple.
    """
    _check_tuple("hvp", "primals", primals)
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]


def _check_tuple(transform: str, what: str, given: Any) -> None:
    if not isinstance(given, (tuple, list)):
        raise TypeError(
            f"{transform} got {what}={shown(given)}; expected a tuple with one for each argument"
            f" of the function, as in {transform}(f, (x,), (t,))"
        )


# -- how it works ----------------------------------------------------------------------------------


class _Call:
    """A call of f on fresh variables in place of the chosen arguments, and what came of it."""

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        argnums: int | Sequence[int],
        kwargs: dict[str, Any],
    ) -> None:
        self.f = f
        self.one = isinstance(argnums, int)
        chosen = [argnums] if isinstance(argnums, int) else list(argnums)
        self.variables: list[Node] = []
        self.shapes: list[Callable[[Sequence[Any]], Any]] = []
        self.counts: list[int] = []
        fresh = list(args)
        chosen_leaves: list[list[Any]] = []
        for argnum in chosen:
            if not -len(args) <= argnum < len(args):
                raise TypeError(
                    f"argnum {argnum} of {_name(f)}, which got {len(args)} arguments; expected one"
                    f" from 0 to {len(args) - 1}"
                )
            leaves, rebuild = flat(args[argnum])
            chosen_leaves.append(leaves)
            self.shapes.append(rebuild)
            self.counts.append(len(leaves))
        everything = [leaf for leaves in chosen_leaves for leaf in leaves]
        outer = any(isinstance(leaf, Node) for leaf in everything)
        arrays = (
            any(_is_array(leaf) for leaf in everything)
            or any(map(_is_tensor, args))
            or _running.on_arrays > 0
        )
        make: Any = _array_variable if arrays else _variable
        for argnum, leaves, rebuild in zip(chosen, chosen_leaves, self.shapes):
            variables = [make(leaf, _name(f)) for leaf in leaves]
            self.variables += variables
            fresh[argnum] = rebuild(list(variables))
        self.numbers = [not _is_array(leaf) for leaf in everything]  # which are plain numbers
        # Inside another transform the outer graph may come in by an argument, or through a closure;
        # not so Values into a graph of Tensors.
        self.inner = outer or (_running.on_arrays if arrays else modes.transforms) > 0
        before, modes.recording = modes.recording, True  # no_grad around a transform is not for it
        modes.transforms += 1
        _running.on_arrays += arrays
        try:
            self.result = f(*fresh, **kwargs)
        finally:
            modes.transforms -= 1
            _running.on_arrays -= arrays
            modes.recording = before

    def single(self, transform: str) -> Any:
        """Return the result, if it is one number."""
        one = not isinstance(self.result, (list, tuple, dict)) and hasattr(self.result, "__float__")
        if not one or _shape(self.result):
            raise TypeError(
                f"{transform} of {_name(self.f)}, which returned {shown(self.result)}; expected"
                " one number: use jacobian for several, or add them up"
            )
        return self.result

    def plain(self, x: Any) -> Any:
        """Return a number or ndarray outside all transforms; inside one it stays what it is."""
        return x if self.inner or not isinstance(x, Node) else _number(x.data)

    def cotangents(self, output: Any, g: Any) -> list[Any]:
        """Return g · ∂output/∂x for each variable x; 0 where there is no way from it."""
        found: dict[Node, Any] = {}
        if isinstance(output, Node):
            g = output.filled(g, output)
            found = pullback(output, g, create_graph=self.inner, wrt=self.variables)
        grads = [found[x] if x in found else x.filled(0.0, x) for x in self.variables]
        return [_number(g) if plain else g for g, plain in zip(grads, self.numbers)]

    def tangent(self, output: Any, tangents: Sequence[Any]) -> Any:
        """Return Σ ∂output/∂x · ẋ over the variables x."""
        if not isinstance(output, Node):
            return _nothing_like(output)
        moving = {x: x.filled(t, x) for x, t in zip(self.variables, tangents) if not _is_zero(t)}
        return _number(output.filled(pushforward(output, moving, self.inner), output))

    def rows(self, outputs: Sequence[Any]) -> list[list[Any]]:
        """Return the derivative of each output in each variable, backward from its numbers."""
        blocks = []
        for output in outputs:
            grads = [self.cotangents(output, unit) for unit in _units(output)]
            shapes = [_shape(output) + _shape(x) for x in self.variables]
            blocks.append([_block(column, 0, s) for column, s in zip(zip(*grads), shapes)])
        return blocks

    def columns(self, outputs: Sequence[Any]) -> list[list[Any]]:
        """Return the same, going forward from each number of the variables."""
        blocks: list[list[Any]] = [[] for _ in outputs]
        for i, x in enumerate(self.variables):
            still = [v.filled(0.0, v) for v in self.variables]
            moved = [[*still[:i], unit, *still[i + 1 :]] for unit in _units(x)]
            for row, output in zip(blocks, outputs):
                column = [self.tangent(output, tangents) for tangents in moved]
                row.append(_block(column, -1, _shape(output) + _shape(x)))
        return blocks

    def shaped(self, flat: list[Any]) -> Any:
        """Return flat derivatives in the shape of the chosen arguments."""
        parts = []
        for rebuild, count in zip(self.shapes, self.counts):
            parts.append(rebuild(flat[:count]))
            flat = flat[count:]
        return parts[0] if self.one else tuple(parts)


def _variable(leaf: Any, name: str) -> Node:
    if isinstance(leaf, Node):
        return apply(ALIAS, leaf) if leaf.requires_grad else Value(leaf.data)
    if isinstance(leaf, (str, bytes, complex)) or not hasattr(leaf, "__float__"):
        raise TypeError(
            f"a derivative of {name} was asked for in {shown(leaf)}; expected a number, or a list,"
            " tuple or dict of them: choose the arguments with argnums"
        )
    return Value(leaf)


def _array_variable(leaf: Any, name: str) -> Node:
    from .tensor import Tensor

    if isinstance(leaf, Node):
        if leaf.requires_grad:
            return apply(ALIAS, leaf)
        leaf = leaf.data
    constant = Tensor(leaf)  # which refuses what is no real number
    if constant.dtype.kind == "f":
        constant.requires_grad = True
        return constant
    return Tensor(constant.data.astype(float), requires_grad=True)


def flat(tree: Any) -> tuple[list[Any], Callable[[Sequence[Any]], Any]]:
    """Return the leaves of nested lists, tuples and dicts, and what puts others in their place.

    An ndarray or a Tensor is one leaf; an array of Values is as many as it has.
    """
    if isinstance(tree, dict):
        keys, children = list(tree), list(tree.values())
        leaves, build = flat(children)
        return leaves, lambda new: dict(zip(keys, build(new)))
    if isinstance(tree, (list, tuple)):
        parts = [flat(child) for child in tree]
        kind = type(tree)

        def rebuild(new: Sequence[Any]) -> Any:
            rest = iter(new)
            items = [build([next(rest) for _ in leaves]) for leaves, build in parts]
            return kind(*items) if hasattr(kind, "_fields") else kind(items)  # a namedtuple, or not

        return [leaf for leaves, _ in parts for leaf in leaves], rebuild
    if getattr(tree, "ndim", 0) and tree.dtype == object:
        shape = tree.shape
        return tree.ravel().tolist(), lambda new: _array(new, shape)
    return [tree], lambda new: new[0]


def _array(items: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Return an ndarray of numbers, or of Values if there are any among the items."""
    import numpy as np

    kind = object if any(isinstance(item, Node) for item in items) else float
    return np.array(items, kind).reshape(shape)


def _is_array(x: Any) -> bool:
    """Whether it is an ndarray or a Tensor. (NumPy's single numbers are numbers.)"""
    return hasattr(x, "shape") and (isinstance(x, Node) or type(x).__name__ == "ndarray")


def _is_tensor(x: Any) -> bool:
    """Whether it is a Tensor, with which a Value does not mix."""
    return isinstance(x, Node) and hasattr(x, "shape")


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(getattr(x, "shape", ()))


def _size(x: Any) -> int:
    return math.prod(_shape(x))


def _number(x: Any) -> Any:
    """Return an ndarray of no axes as a float; all else as it is."""
    return x.item() if type(x).__name__ == "ndarray" and not x.shape else x


def _units(x: Any) -> list[Any]:
    """Return for each number of x an array like x that is 1 there and 0 elsewhere."""
    shape = _shape(x)
    if not shape:
        return [1.0]
    import numpy as np

    return [unit.reshape(shape) for unit in np.eye(_size(x))]


def _block(parts: Sequence[Any], axis: int, shape: tuple[int, ...]) -> Any:
    """Return the parts of a jacobian, one for each number of output or input, as one array."""
    if not shape:
        return parts[0]
    from .array_functions import reshape, stack

    return reshape(stack(parts, axis), shape)


def _is_zero(t: Any) -> bool:
    """Whether a tangent is 0 throughout: then there is no way from there, not even 0·inf."""
    if isinstance(t, Node):
        return False
    return not t.any() if _shape(t) else float(t) == 0.0


def _nothing_like(output: Any) -> Any:
    """Return 0, in the shape of an output that is no node."""
    if not _shape(output):
        return 0.0
    import numpy as np

    kind = output.dtype if getattr(output.dtype, "kind", "") == "f" else float
    return np.zeros(_shape(output), kind)


def _added(terms: Sequence[Any]) -> Any:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def _named(function: Callable[..., Any], f: Callable[..., Any], transform: str) -> Any:
    function.__name__ = function.__qualname__ = f"{transform}({_name(f)})"
    function.__doc__ = f.__doc__
    function.__wrapped__ = f  # type: ignore[attr-defined]  # whose arguments it has, as inspect knows
    return function


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", type(f).__name__)
