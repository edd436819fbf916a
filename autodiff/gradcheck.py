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

from . import array_functions, functions
from .blame import blame, compare, random_array
from .graph import Node, topological_order
from .transforms import flat, grad, jvp
from .value import Value

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any


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
            judged = compare(along, float(x), float(derivative))
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
                    f" ({judged.words})\n{blame(original, args)}"
                )


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
                judged = compare(along, 0.0, derivative)
                if not judged.agrees:
                    raise GradientError(
                        f"derivative {order} of {name} {place} of array {i} of its arguments, of"
                        f" shape {x.shape}, is {derivative!r} by {mode}, but"
                        f" {judged.difference!r} by differences ({judged.words})\n"
                        f"{blame(original, tuple(at))}"
                    )


def _directions(shape: tuple[int, ...], seed: int) -> Iterator[tuple[str, Any]]:
    """Yield what to call it and an array for each direction in which to move an array."""
    import numpy as np

    if math.prod(shape) > _EACH:
        for n in range(_DIRECTIONS):
            yield f"along random direction {n}", random_array(shape, 100 * seed + n)
        return
    for index in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[index] = 1.0
        yield f"in element {index}", unit
