"""Steps: a primitive's rules as a few lines of Python for the float sweep.

A step adds to each input's `.grad` its share of the output's. It is printed from the rules by the
symbol vocabulary, once, when a sweep first meets the primitive. That of multiply:

    def step(node):
        a, b = node.inputs
        g = node.grad
        if type(b) is float:
            a.grad += g*b
        elif type(a) is float:
            b.grad += g*a
        else:
            a.grad += g*b.data
            b.grad += g*a.data

One call for a node, and only what this rule needs: that is what makes the sweep fast.
"""

from __future__ import annotations

from . import floats, symbols

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .primitive import Primitive

_UNARY = """\
def step(node):
    (a,) = node.inputs
    g = node.grad
    {}
"""
_BINARY = """\
def step(node):
    a, b = node.inputs
    g = node.grad
    if type(b) is float:
        {}
    elif type(a) is float:
        {}
    else:
        {}
        {}
"""


def step_of(primitive: Primitive) -> Callable[[Any], None]:
    """Return the step of a primitive of one or two inputs; one that calls the rules for others."""
    arity = 0 if primitive.joint else len(primitive.vjps)
    if arity not in (1, 2):
        return lambda node: _general_step(primitive, node)
    if arity == 1:
        source = _UNARY.format(_line(primitive, 0, "a.data"))
    else:
        source = _BINARY.format(
            _line(primitive, 0, "a.data", "b"),
            _line(primitive, 1, "a", "b.data"),
            _line(primitive, 0, "a.data", "b.data"),
            _line(primitive, 1, "a.data", "b.data"),
        )
    step: Callable[[Any], None] = on_floats(source, "step")
    return step


def _line(primitive: Primitive, argnum: int, *args: str) -> str:
    rule = primitive.vjps[argnum]
    if rule is None:
        return "pass"
    g, y = symbols.name("g"), symbols.name("node.data")
    share = rule(symbols, g, y, *map(symbols.name, args))
    return f"{'ab'[argnum]}.grad += {share.python()}"


def _general_step(primitive: Primitive, node: Any) -> None:
    needed = [type(x) is not float for x in node.inputs]
    args = [x.data if need else x for x, need in zip(node.inputs, needed)]
    shares = primitive.cotangents(floats, needed, node.grad, node.data, *args)
    for x, need, share in zip(node.inputs, needed, shares):
        if need and share is not None:
            x.grad += share


def on_floats(source: str, name: str) -> Any:
    """Run Python that symbols printed, over the float vocabulary; return what it names."""
    namespace = dict(vars(floats))
    exec(compile(source, f"<{name}>", "exec"), namespace)  # noqa: S102  (printed from our own rows)
    return namespace[name]
