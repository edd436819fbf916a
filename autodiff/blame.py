"""Whose fault is a wrong derivative? Each operation's own rule is held against differences.

    >>> blame(lambda x: tanh(wrong_square(x)), (0.3,))
    '  the first wrong rule is that of wrong_square(0.3) in its operand 0: it says ...'

The operations of a function's graph are asked in their order: is each rule right in value, and if
all are, is each right when differentiated itself? On arrays a random direction must do.
"""

from __future__ import annotations

import math

from . import array_functions, floats, functions
from .graph import Node, apply, topological_order
from .primitive import HandWritten, Primitive
from .transforms import flat, grad
from .value import Value

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from .differences import Comparison


def blame(f: Callable[..., Any], args: tuple[Any, ...]) -> str:
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


def compare(f: Callable[[float], float], x: float, derivative: float) -> Comparison:
    """Hold a derivative against differences of f at x."""
    from .differences import compare  # when it is wanted, as it loads typing

    return compare(f, x, derivative)


# -- operations on numbers -------------------------------------------------------------------------


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
            judged = compare(along, args[i], said)
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
            judged = compare(along, args[j], float(slope))
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


# -- operations on arrays --------------------------------------------------------------------------


def random_array(shape: tuple[int, ...], seed: int) -> Any:
    """Return an array of about unit length, the same for the same seed."""
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
    weights = random_array(node.shape, 1)
    share = primitive.cotangents(xp, needed, weights, y, *given, **node.params)[i]
    if share is None:
        return 0.0
    return array_functions.sum(node.fitted(share, node.inputs[i]) * random_array(given[i].shape, 2))


def _first_order_on_arrays(node: Any) -> Iterator[str]:
    args = [x.data if isinstance(x, Node) else x for x in node.inputs]
    weights = random_array(node.shape, 1)
    for i, x in enumerate(node.inputs):
        if not isinstance(x, Node) or not x.requires_grad:
            continue

        def along(t: float, i: int = i) -> float:
            moved = [*args[:i], args[i] + t * random_array(args[i].shape, 2), *args[i + 1 :]]
            y = node.primitive.compute(node.vocabulary, *moved, **node.params)
            return float((weights * y).sum())

        said = float(_rule_on_arrays(node, i, args))
        judged = compare(along, 0.0, said)
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
            d = random_array(args[j].shape, 3)

            def along(t: float, i: int = i, j: int = j, d: Any = d) -> float:
                moved = [*args[:j], args[j] + t * d, *args[j + 1 :]]
                return float(_rule_on_arrays(node, i, moved))

            def rule(x: Any, i: int = i, j: int = j) -> Any:
                return _rule_on_arrays(node, i, [*args[:j], x, *args[j + 1 :]])

            said = float((grad(rule)(args[j]) * d).sum())
            judged = compare(along, 0.0, said)
            if not judged.agrees:
                yield (
                    f"the first wrong rule is that of {_call_on_arrays(node)} in its operand {i}:"
                    f" right in value, but its own derivative in operand {j} along a random"
                    f" direction is {said!r}, differences say {judged.difference!r}"
                )


def _call_on_arrays(node: Any) -> str:
    shown = (f"shape {x.shape}" if isinstance(x, Node) else repr(x) for x in node.inputs)  # type: ignore[attr-defined]
    return f"{node.primitive.name}({', '.join(shown)})"
