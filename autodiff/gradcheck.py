"""`check_grads`: are a function's derivatives right, and if not, whose fault is it?

    >>> check_grads(lambda x, y: sin(x) * y**2, (0.5, 3.0), order=2)

says nothing if all is well. Reverse mode, forward mode, differences and, where the function is made
of analytic operations, the complex step must agree in every number of the arguments; for higher
orders the same is asked of the gradient along a fixed direction. Else GradientError tells the
numbers, and names the first operation whose own rule disagrees with differences of its own value.
"""

from __future__ import annotations

import math

from . import floats, functions
from .graph import Node, apply, topological_order
from .primitive import HandWritten, Primitive
from .transforms import flat, grad, jvp
from .value import Value

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from .differences import Comparison

MODES = ("rev", "fwd")

# Operations that NumPy has for complex numbers, and that are analytic there.
ANALYTIC = {
    "add", "subtract", "multiply", "divide", "negative", "reciprocal", "square", "power", "sqrt",
    "exp", "exp2", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "arcsin",
    "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "alias",
}  # fmt: skip
_STEP = 1e-30  # squared it vanishes, so that the complex step has no error of its own
_CLOSE = 1e-9  # relative: what reverse, forward and complex step may differ by


class GradientError(AssertionError):
    """A derivative is wrong; the message says which, by how much, and whose rule is to blame."""


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 1,
    modes: Sequence[str] = MODES,
) -> None:
    """Raise GradientError unless the derivatives of f at args are right, up to the given order.

    f takes numbers, or lists, tuples and dicts of them, and returns one number. `modes` are "rev"
    and "fwd". At a kink any slope between the one-sided slopes passes, as does what differences
    cannot settle (a pole, an infinite slope).
    """
    modes = (modes,) if isinstance(modes, str) else modes
    if not isinstance(args, (tuple, list)):
        raise TypeError(
            f"check_grads got args={args!r}; expected a tuple with one for each argument of the"
            " function, as in check_grads(f, (2.0,))"
        )
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown or not modes:
        raise ValueError(f"check_grads got modes={tuple(modes)}; expected some of {MODES}")
    if type(order) is not int or order < 1:
        raise ValueError(f"check_grads got order={order!r}; expected 1, 2, …")
    name = getattr(f, "__name__", type(f).__name__)
    function = f
    for n in range(1, order + 1):
        _check_order(function, f, tuple(args), n, modes, name)
        function = _slope(function, len(args))


def _slope(f: Callable[..., Any], count: int) -> Callable[..., Any]:
    """Return the derivative of f along a fixed direction, in which each number weighs its own."""
    gradient = grad(f, tuple(range(count)))

    def slope(*args: Any) -> Any:
        parts, _ = flat(gradient(*args))
        return functions.sum([part * (1.0 + 0.37 * i) for i, part in enumerate(parts)])

    return slope


def _check_order(
    f: Callable[..., Any],
    original: Callable[..., Any],
    args: tuple[Any, ...],
    order: int,
    modes: Sequence[str],
    name: str,
) -> None:
    numbers, rebuild = flat(list(args))
    reverse, _ = flat(grad(f, tuple(range(len(args))))(*args))
    for i, x in enumerate(numbers):

        def along(t: float, i: int = i) -> float:
            moved = [*numbers[:i], t, *numbers[i + 1 :]]
            return float(f(*rebuild([Value(x) for x in moved])))  # 1/x of a float 0 would raise

        unit = rebuild([float(j == i) for j in range(len(numbers))])
        found = {}
        if "rev" in modes:
            found["reverse mode"] = reverse[i]
        if "fwd" in modes:
            found["forward mode"] = jvp(f, args, unit)[1]
        exact = _complex_step(f, rebuild, numbers, i) if order == 1 else None
        for mode, derivative in found.items():
            judged = _compare(along, float(x), float(derivative))
            if (
                exact is not None
                and math.isfinite(derivative)
                and not _agree(float(derivative), exact)
            ):
                words = "mismatch with the complex step"
                judged = judged._replace(difference=exact, agrees=False, words=words)
            if not judged.agrees:
                raise GradientError(
                    f"derivative {order} of {name} in number {i} of its arguments, {x!r}, is"
                    f" {float(derivative)!r} by {mode}, but {judged.difference!r} by differences"
                    f" ({judged.words})\n{_blame(original, args)}"
                )


def _compare(f: Callable[[float], float], x: float, derivative: float) -> Comparison:
    from .differences import compare  # when it is wanted, as it loads typing

    return compare(f, x, derivative)


def _agree(a: float, b: float) -> bool:
    return a == b or math.isclose(a, b, rel_tol=_CLOSE, abs_tol=_CLOSE) or math.isnan(a + b)


def _complex_step(
    f: Callable[..., Any], rebuild: Callable[[list[Any]], Any], numbers: list[Any], i: int
) -> float | None:
    """Return Im f(x + ih)/h by replaying f's graph; None where an operation is not analytic.

    (Squire and Trapp, Using complex variables to estimate derivatives of real functions, 1998.)
    """
    import numpy as np

    leaves = [Value(x) for x in numbers]
    root = f(*rebuild(leaves))
    if not isinstance(root, Node):
        return None
    values: dict[Node, complex] = {leaf: complex(leaf.data) for leaf in leaves}
    values[leaves[i]] += _STEP * 1j
    for node in topological_order(root):
        if node in values:
            continue
        if node.is_leaf:
            values[node] = complex(node.data)
            continue
        name = node.primitive.name if node.primitive else ""
        args = [values[x] if isinstance(x, Node) else complex(x) for x in node.inputs]
        if name not in ANALYTIC or not all(isinstance(x, (Node, float)) for x in node.inputs):
            return None
        with np.errstate(all="ignore"):
            moved = args[0] if name == "alias" else complex(getattr(np, name)(*args))
        # On a branch cut, as for the root of a negative number, the replay leaves the real numbers.
        if not math.isclose(moved.real, node.data, rel_tol=1e-9, abs_tol=1e-12):
            return None
        values[node] = moved
    slope = values[root].imag / _STEP
    return slope if math.isfinite(slope) and slope != 0.0 else None


# -- whose fault -----------------------------------------------------------------------------------


def _blame(f: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """Name the first operation of f whose rule is wrong, at order one or else two."""
    numbers, rebuild = flat(list(args))
    root = f(*rebuild([Value(x) for x in numbers]))
    roots = [root] if isinstance(root, Node) else []
    nodes = [node for node in topological_order(*roots) if node.inputs]
    for judge in (_first_order, _second_order):
        for node in nodes:
            for complaint in judge(node):
                return f"  {complaint}"
    return (
        "  every operation's own rule agrees with differences: look for a number that leaves the"
        " graph between them (float(x), x.data, math's functions)"
    )


def _first_order(node: Node) -> Iterator[str]:
    primitive, args = _known(node)
    if primitive is None:
        yield f"{node!r} has a hand-written _backward, which cannot be checked: use @custom_vjp"
        return
    needed = [isinstance(x, Node) for x in node.inputs]
    locals_ = primitive.cotangents(floats, needed, 1.0, node.data, *args)
    for i, local in enumerate(locals_):
        if needed[i]:

            def along(t: float, i: int = i) -> float:
                return _value(primitive, args, i, t)

            said = 0.0 if local is None else float(local)
            judged = _compare(along, args[i], said)
            if not judged.agrees:
                yield (
                    f"the first wrong rule is that of {_call(primitive, args)} in its operand {i}:"
                    f" it says {said if local is not None else None!r}, differences say"
                    f" {judged.difference!r}"
                )


def _second_order(node: Node) -> Iterator[str]:
    """Differentiate the rule itself, as a graph, and compare with differences of the rule."""
    primitive, args = _known(node)
    if primitive is None:
        return
    needed = [isinstance(x, Node) for x in node.inputs]

    def rule(i: int, *xs: Any) -> Any:
        y = apply(primitive, *xs) if any(isinstance(x, Node) for x in xs) else None
        xp = floats if y is None else functions
        value = primitive.compute(floats, *xs) if y is None else y
        return primitive.cotangents(xp, needed, 1.0, value, *xs)[i]

    for i, need in enumerate(needed):
        for j in range(len(args)):
            if not need or not needed[j] or rule(i, *args) is None:
                continue

            def along(t: Any, i: int = i, j: int = j) -> Any:
                return rule(i, *args[:j], t, *args[j + 1 :])

            slope = grad(along)(args[j])
            judged = _compare(along, args[j], float(slope))
            if not judged.agrees:
                yield (
                    f"the first wrong rule is that of {_call(primitive, args)} in its operand {i}:"
                    f" right in value, but its own derivative in operand {j} is {float(slope)!r},"
                    f" differences say {judged.difference!r}; does it leave the graph by float()?"
                )


def _known(node: Node) -> tuple[Primitive | None, list[float]]:
    args = [x.data if isinstance(x, Node) else x for x in node.inputs]
    return None if isinstance(node.primitive, HandWritten) else node.primitive, args


def _value(primitive: Primitive, args: list[float], i: int, t: float) -> float:
    return float(primitive.compute(floats, *args[:i], t, *args[i + 1 :]))


def _call(primitive: Primitive, args: list[float]) -> str:
    return f"{primitive.name}({', '.join(map(repr, args))})"
