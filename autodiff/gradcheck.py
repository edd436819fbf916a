"""`check_grads`: are a function's derivatives right, and if not, whose fault is it?

    >>> check_grads(lambda x, y: sin(x) * y**2, (0.5, 3.0), order=2)

says nothing if all is well. Reverse mode, forward mode, differences and, where the function is made
of analytic operations, the complex step must agree in every number of the arguments; for higher
orders the same is asked of the gradient along a fixed direction. Of an array of many numbers a few
random directions must do. Else GradientError tells the numbers, and names the first operation whose
own rule disagrees with differences of its own value.
"""

from __future__ import annotations

import math

from . import array_functions, floats, functions
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
_EACH = 50  # an array of more numbers is moved along random directions, not along each of them
_DIRECTIONS = 3


class GradientError(AssertionError):
    """A derivative is wrong; the message says which, by how much, and whose rule is to blame."""


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 1,
    modes: Sequence[str] = MODES,
) -> None:
    """Raise GradientError unless the derivatives of f at args are right, up to the given order.

    f takes numbers and ndarrays, or lists, tuples and dicts of them, and returns one number; of
    ndarrays it gets Tensors of float64. `modes` are "rev" and "fwd". At a kink any slope between
    the one-sided slopes passes, as does what differences cannot settle (a pole, an infinite slope).
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
    on_arrays = any(hasattr(leaf, "shape") for leaf in flat(list(args))[0])
    check_order = _check_order_on_arrays if on_arrays else _check_order
    for n in range(1, order + 1):
        check_order(function, f, tuple(args), n, modes, name)
        function = _slope(function, len(args))


def _slope(f: Callable[..., Any], count: int) -> Callable[..., Any]:
    """Return the derivative of f along a fixed direction, in which each number weighs its own."""
    gradient = grad(f, tuple(range(count)))

    def slope(*args: Any) -> Any:
        parts, _ = flat(gradient(*args))
        return functions.sum([_weighed(part, i) for i, part in enumerate(parts)])

    return slope


def _weighed(part: Any, i: int) -> Any:
    """Return a number, or the sum of an array, in which each number weighs its own."""
    shape = tuple(getattr(part, "shape", ()))
    if not shape:
        return part * (1.0 + 0.37 * i)
    import numpy as np

    weights = 1.0 + 0.37 * (i + np.arange(math.prod(shape)) % 7)
    return array_functions.sum(part * weights.reshape(shape))


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


# -- functions of arrays ---------------------------------------------------------------------------


def _check_order_on_arrays(
    f: Callable[..., Any],
    original: Callable[..., Any],
    args: tuple[Any, ...],
    order: int,
    modes: Sequence[str],
    name: str,
) -> None:
    import numpy as np

    from .tensor import Tensor

    leaves, rebuild = flat(list(args))
    arrays = [np.array(leaf.data if isinstance(leaf, Node) else leaf, float) for leaf in leaves]
    at = rebuild(arrays)
    reverse, _ = flat(grad(f, tuple(range(len(args))))(*at))
    for i, x in enumerate(arrays):
        for place, direction in _directions(x.shape, seed=i):

            def along(t: float, i: int = i, d: Any = direction) -> float:
                moved = [*arrays[:i], arrays[i] + t * d, *arrays[i + 1 :]]
                return float(f(*rebuild([Tensor(x, requires_grad=True) for x in moved])))

            found = {}
            if "rev" in modes:
                found["reverse mode"] = float((np.asarray(reverse[i]) * direction).sum())
            if "fwd" in modes:
                still = [np.zeros(other.shape) for other in arrays]
                tangents = rebuild([*still[:i], direction, *still[i + 1 :]])
                found["forward mode"] = float(jvp(f, at, tangents)[1])
            for mode, derivative in found.items():
                judged = _compare(along, 0.0, derivative)
                if not judged.agrees:
                    raise GradientError(
                        f"derivative {order} of {name} {place} of array {i} of its arguments, of"
                        f" shape {x.shape}, is {derivative!r} by {mode}, but"
                        f" {judged.difference!r} by differences ({judged.words})\n"
                        f"{_blame(original, tuple(at))}"
                    )


def _directions(shape: tuple[int, ...], seed: int) -> Iterator[tuple[str, Any]]:
    """Yield what to call it and an array for each direction in which to move an array."""
    import numpy as np

    if math.prod(shape) > _EACH:
        for n in range(_DIRECTIONS):
            yield f"along random direction {n}", _random(shape, 100 * seed + n)
        return
    for index in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[index] = 1.0
        yield f"in element {index}", unit


def _random(shape: tuple[int, ...], seed: int) -> Any:
    import numpy as np

    return np.random.default_rng(seed).normal(size=shape) / math.sqrt(max(1, math.prod(shape)))


def _rule_on_arrays(node: Any, i: int, given: Sequence[Any]) -> Any:
    """Return what the rule of a node says of ∂(w·y)/∂xᵢ along a direction, w and it random.

    `given` stands for the operands: arrays, or Tensors, of which the result is one.
    """
    primitive = node.primitive
    needed = [j == i for j in range(len(given))]
    recorded = any(isinstance(x, Node) for x in given)
    y = (
        apply(primitive, *given, **node.params)
        if recorded
        else primitive.compute(node.vocabulary, *given, **node.params)
    )
    xp = functions if recorded else node.vocabulary
    weights = _random(node.shape, 1)
    share = primitive.cotangents(xp, needed, weights, y, *given, **node.params)[i]
    if share is None:
        return 0.0
    return array_functions.sum(node.fitted(share, node.inputs[i]) * _random(given[i].shape, 2))


def _first_order_on_arrays(node: Any) -> Iterator[str]:
    args = [x.data if isinstance(x, Node) else x for x in node.inputs]
    weights = _random(node.shape, 1)
    for i, x in enumerate(node.inputs):
        if not isinstance(x, Node) or not x.requires_grad:
            continue

        def along(t: float, i: int = i) -> float:
            moved = [*args[:i], args[i] + t * _random(args[i].shape, 2), *args[i + 1 :]]
            y = node.primitive.compute(node.vocabulary, *moved, **node.params)
            return float((weights * y).sum())

        said = float(_rule_on_arrays(node, i, args))
        judged = _compare(along, 0.0, said)
        if not judged.agrees:
            yield (
                f"the first wrong rule is that of {_call_on_arrays(node)} in its operand {i}: along"
                f" a random direction it says {said!r}, differences say {judged.difference!r}"
            )


def _second_order_on_arrays(node: Any) -> Iterator[str]:
    args = [x.data if isinstance(x, Node) else x for x in node.inputs]
    moving = [j for j, x in enumerate(node.inputs) if isinstance(x, Node) and x.requires_grad]
    for i in moving:
        for j in moving:
            d = _random(args[j].shape, 3)

            def along(t: float, i: int = i, j: int = j, d: Any = d) -> float:
                moved = [*args[:j], args[j] + t * d, *args[j + 1 :]]
                return float(_rule_on_arrays(node, i, moved))

            def rule(x: Any, i: int = i, j: int = j) -> Any:
                return _rule_on_arrays(node, i, [*args[:j], x, *args[j + 1 :]])

            said = float((grad(rule)(args[j]) * d).sum())
            judged = _compare(along, 0.0, said)
            if not judged.agrees:
                yield (
                    f"the first wrong rule is that of {_call_on_arrays(node)} in its operand {i}:"
                    f" right in value, but its own derivative in operand {j} along a random"
                    f" direction is {said!r}, differences say {judged.difference!r}"
                )


def _call_on_arrays(node: Any) -> str:
    shown = (f"shape {x.shape}" if isinstance(x, Node) else repr(x) for x in node.inputs)  # type: ignore[attr-defined]
    return f"{node.primitive.name}({', '.join(shown)})"


# -- whose fault -----------------------------------------------------------------------------------


def _blame(f: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """Name the first operation of f whose rule is wrong, at order one or else two."""
    numbers, rebuild = flat(list(args))
    judges = (_first_order, _second_order)
    leaves: list[Any] = []
    if any(hasattr(x, "shape") for x in numbers):
        from .tensor import Tensor

        judges = (_first_order_on_arrays, _second_order_on_arrays)
        leaves = [Tensor(x, requires_grad=True) for x in numbers]
    root = f(*rebuild(leaves or [Value(x) for x in numbers]))
    roots = [root] if isinstance(root, Node) else []
    nodes = [node for node in topological_order(*roots) if node.inputs]
    for judge in judges:
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
