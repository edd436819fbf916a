"""Steps: a primitive's rules as a few lines of Python for the float sweep.

A step adds to each input's `.grad` its share of the output's. It is printed from the rules by the
symbol vocabulary, once, when a sweep first meets the primitive. That of multiply:

    def step(node):
        a = node.left
        b = node.right
        g = node.grad
        if type(b) is float:
            a.grad += g*b
        elif type(a) is float:
            b.grad += g*a
        else:
            a.grad += g*b.data
            b.grad += g*a.data

One call for a node, and only what this rule needs: that is what makes the sweep fast.

A node has one operand in `left`, two in `left` and `right`, more in the tuple `many`. A tuple for
every node would be as much again for Python's garbage collector to go through.
"""

from __future__ import annotations

from . import floats, symbols

TYPE_CHECKING = False  # typing is slow to import, and nothing needs it at run time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .primitive import Primitive

# What stands for an operand that a node has not; and on the right of one that has many, MANY, or
# NODES if there are no plain numbers among them. They are told by identity, and are numbers
# themselves because who looks for nodes passes numbers by.
ABSENT, MANY, NODES = float("0"), float("0"), float("0")

_UNARY = """\
def step(node):
    a = node.left
    g = node.grad
    {}
"""
_BINARY = """\
def step(node):
    a = node.left
    b = node.right
    g = node.grad
    if type(b) is float:
        {}
    elif type(a) is float:
        {}
    else:
        {}
        {}
"""

# of pairs and a last one, some of them plain numbers; in the order in which the rule gives shares
_PAIRS = """\
def step(node):
    inputs = node.inputs
    n = len(inputs) // 2
    g = node.grad
    for a, b in zip(inputs[:n], inputs[n:]):
        if type(a) is not float:
            if type(b) is float:
                {0}
            else:
                {2}
    for a, b in zip(inputs[:n], inputs[n:]):
        if type(b) is not float:
            if type(a) is float:
                {1}
            else:
                {3}
    for a in inputs[2 * n:]:
        if type(a) is not float:
            a.grad += g
"""
_LONGEST = 128  # nodes to a line-by-line step of pairs; a loop is slower, but not as long


def step_of(primitive: Primitive) -> Callable[[Any], None]:
    """Return the step of a primitive of one or two inputs, or of a sum over pairs of inputs.

    For any other it is one that calls the rules.
    """
    if primitive.pairs:
        return _step_of_pairs(primitive.pairs)
    if primitive.joint or len(primitive.vjps) not in (1, 2):
        return lambda node: _general_step(primitive, node)
    if len(primitive.vjps) == 1:
        source = _UNARY.format(_line(primitive, 0, "a.data"))
    else:
        source = _BINARY.format(*_lines_of_two(primitive))
    step: Callable[[Any], None] = on_floats(source, "step")
    return step


def _lines_of_two(primitive: Primitive) -> list[str]:
    return [
        _line(primitive, 0, "a.data", "b"),
        _line(primitive, 1, "a", "b.data"),
        _line(primitive, 0, "a.data", "b.data"),
        _line(primitive, 1, "a.data", "b.data"),
    ]


def _line(primitive: Primitive, argnum: int, *args: str) -> str:
    rule = primitive.vjps[argnum]
    if rule is None:
        return "pass"
    g, y = symbols.name("g"), symbols.name("node.data")
    share = rule(symbols, g, y, *map(symbols.name, args))
    return f"{'ab'[argnum]}.grad += {share.python()}"


def _step_of_pairs(primitive: Primitive) -> Callable[[Any], None]:
    lines = _lines_of_two(primitive)
    loop: Callable[[Any], None] = on_floats(_PAIRS.format(*lines), "step")
    by_count: dict[int, Callable[[Any], None]] = {}

    def step(node: Any) -> None:
        if node.right is not NODES or len(node.many) > _LONGEST:
            loop(node)
            return
        count = len(node.many)
        if count not in by_count:
            by_count[count] = on_floats(_line_by_line(lines[2:], count), "step")
        by_count[count](node)

    return step


def _line_by_line(both: list[str], count: int) -> str:
    """Return the source of a step for so many nodes, which needs no loop and no questions."""
    n = count // 2
    names = [f"{letter}{i}" for letter in "ab" for i in range(n)] + ["c"] * (count % 2)
    source = [f"def step(node):\n    {', '.join(names)} = node.many\n    g = node.grad\n"]
    for line in both:
        for i in range(n):
            source.append(f"    {line.replace('a.', f'a{i}.').replace('b.', f'b{i}.')}\n")
    return "".join([*source, "    c.grad += g\n" * (count % 2)])


def _general_step(primitive: Primitive, node: Any) -> None:
    needed = [type(x) is not float for x in node.inputs]
    args = [x.data if need else x for x, need in zip(node.inputs, needed)]
    shares = primitive.cotangents(floats, needed, node.grad, node.data, *args)
    for x, need, share in zip(node.inputs, needed, shares):
        if need and share is not None:
            x.grad += share


# -- on arrays -------------------------------------------------------------------------------------

_ARRAY_UNARY = """\
def step(node, give, constant):
    a = node.left
    x = a.array
    y = node.array
    g = node.grad
{}
"""
_ARRAY_BINARY = """\
def step(node, give, constant):
    a = node.left
    b = node.right
    y = node.array
    g = node.grad
    if type(b) is float:
        x, z = a.array, {number}
{}
    elif type(a) is float:
        x, z = {other}, b.array
{}
    else:
        x, z = a.array, b.array
        if a.primitive is not constant:
{}
        if b.primitive is not constant:
{}
"""
# What `give` does in the usual case, written out: the first share that comes to what an operation
# made, and fits as it is. Beside a plain number nothing was broadcast.
_SHARE = """\
share = {share}
if {fits}share.dtype is {x}.dtype and type({a}.grad) is float:
    {a}.grad = share
else:
    give(node, {a}, share, {fresh})
"""


def array_step_of(primitive: Primitive) -> Callable[[Any, Any, Any], None]:
    """Return the step of a primitive on arrays, which hands each operand its share by `give`.

    Like those on floats it is printed from the rows, where these are of one or two numbers. What
    has the primitive `constant` needs nothing.
    """
    from . import arrays

    raw = arrays.raw
    if primitive.joint or not primitive.elementwise or len(primitive.vjps) not in (1, 2):
        return _array_step_of_rules(primitive, raw)
    words = {**vars(raw), "inf": floats.inf, "nan": floats.nan, "asarray": raw.np.asarray}
    if len(primitive.vjps) == 1:
        source = _ARRAY_UNARY.format(_array_share(primitive, 0, 4))
    else:
        shares = [
            _array_share(primitive, 0, 8),
            _array_share(primitive, 1, 8),
            _array_share(primitive, 0, 12, "share.shape == x.shape and "),
            _array_share(primitive, 1, 12, "share.shape == z.shape and "),
        ]
        # NumPy's where takes a plain number for a float64
        typed = any("where(" in share for share in shares)
        number = "asarray(b, a.array.dtype)" if typed else "b"
        other = "asarray(a, b.array.dtype)" if typed else "a"
        source = _ARRAY_BINARY.format(*shares, number=number, other=other)
    exec(compile(source, "<array step>", "exec"), words)  # noqa: S102  (printed from our own rows)
    step: Callable[[Any, Any, Any], None] = words["step"]
    return step


def _array_share(primitive: Primitive, argnum: int, margin: int, fits: str = "") -> str:
    from textwrap import indent

    rule = primitive.vjps[argnum]
    if rule is None:
        return " " * margin + "pass"
    g, y, *operands = map(symbols.name, "gyxz"[: 2 + len(primitive.vjps)])
    share, x = rule(symbols, g, y, *operands).arrays(), "xz"[argnum]
    if share == "0.0":  # a slope that is flat everywhere
        share = f"zeros_like({x})"
    fresh = share != "g"  # of numbers that nobody else has
    text = _SHARE.format(share=share, fits=fits, a="ab"[argnum], x=x, fresh=fresh)
    return indent(text, " " * margin).rstrip()


def _array_step_of_rules(primitive: Primitive, raw: Any) -> Callable[[Any, Any, Any], None]:
    """Return a step that calls the rules."""
    joint, vjps = primitive.joint, primitive.vjps
    if not joint and len(vjps) == 1:
        (rule,) = vjps

        def step_of_one(node: Any, give: Any, constant: Any) -> None:
            x = node.left
            if rule:
                give(node, x, rule(raw, node.grad, node.array, x.array, **node.params))

        return step_of_one

    def step(node: Any, give: Any, constant: Any) -> None:
        inputs, g, y = node.inputs, node.grad, node.array
        needed = [type(x) is not float and x.primitive is not constant for x in inputs]
        args = [x if type(x) is float else x.array for x in inputs]
        if joint:
            shares = joint(raw, needed, g, y, *args, **node.params)
        else:
            shares = [
                rule(raw, g, y, *args, **node.params) if need and rule else None
                for rule, need in zip(vjps, needed)
            ]
        for x, need, share in zip(inputs, needed, shares):
            if need and share is not None:
                give(node, x, share)

    return step


def on_floats(source: str, name: str) -> Any:
    """Run Python that symbols printed, over the float vocabulary; return what it names."""
    namespace = dict(vars(floats))
    exec(compile(source, f"<{name}>", "exec"), namespace)  # noqa: S102  (printed from our own rows)
    return namespace[name]
