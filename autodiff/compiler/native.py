"""Native: columns by the same lines in machine code, on all cores, where numba is installed.

    g = compile(f, target="numba")
    g.value_and_grad(np.linspace(-3, 3, 1_000_000))     # the first call compiles, for seconds

    def kernel(size, x_, value, dx):
        for i in prange(size):
            x = x_[i]
            J = tanh(x)                     # the lines of the program
            dJ_dx = (1.0 + J)*(1.0 - J)
            value[i] = J
            dx[i] = dJ_dx
        return ()

The words are those of `floats`, without what catches Python's exceptions: numba's arithmetic does
what IEEE 754 says by itself.
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
from typing import TYPE_CHECKING, Any

from .. import floats
from .programs import words_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from .programs import Program

# What numba does by NumPy's name alone, or by math's in another way.
_BY_NUMPY = {"floor": 1, "ceil": 1, "cbrt": 1, "exp2": 1, "log2": 1, "fmod": 2}


_NOT_IN_LINES = ("evaluate", "sum", "dot", "_sum", "_dot", "_exp2", "_is_odd")


def numba() -> Any:
    """Return the package, or raise ImportError that says how to have it."""
    try:
        import numba
    except ImportError as error:
        raise ImportError(
            'target="numba" needs the package numba, which is not installed: pip install numba, or'
            " leave the target out"
        ) from error
    return numba


class _WithoutTry(ast.NodeTransformer):
    """Take the body of a `try`, whose exceptions are not raised here, and types away."""

    def visit_Try(self, node: ast.Try) -> Any:
        return node.body

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.returns = None
        for argument in node.args.args:
            argument.annotation = None
        self.generic_visit(node)
        return node


@functools.cache
def _words() -> dict[str, Any]:
    """Return the words of the float vocabulary, compiled when they are first called."""
    nb = numba()
    import numpy as np

    jit = functools.partial(nb.njit, error_model="numpy")
    space: dict[str, Any] = {"math": math, "inf": math.inf, "nan": math.nan}
    for name, word in vars(floats).items():
        if name in _BY_NUMPY:
            operands = ", ".join("ab"[: _BY_NUMPY[name]])
            text = f"lambda {operands}: np.{name}({operands})"
            space[name] = jit(eval(text, {"np": np}))  # noqa: S307  (our own words)
        elif inspect.isfunction(word) and name not in _NOT_IN_LINES:
            tree = _WithoutTry().visit(ast.parse(inspect.getsource(word)))
            exec(compile(ast.fix_missing_locations(tree), f"<{name}>", "exec"), space)  # noqa: S102
            space[name] = jit(space[name])
        elif callable(word) and getattr(math, getattr(word, "__name__", ""), None) is word:
            space[name] = word
    space["abs"] = abs
    return space


FEWEST = 4096  # rows that are worth waking the other cores for


def kernel(
    program: Program, wide: list[bool], backward: bool, parallel: bool
) -> Callable[..., tuple[float, ...]]:
    """Return a function of the size, arguments, parameters, and the columns that it fills.

    These are the value's and, with `backward`, the derivatives of those arguments that are columns;
    it returns the sums, over all rows, of the derivatives of the others and of the parameters.
    """
    nb = numba()
    if program.own:
        raise TypeError(
            f"{program.function} calls {', '.join(program.own)}, with a rule of your own, which is"
            ' not known to numba: leave target="numba" out'
        )
    given = [f"{name}_" if many else name for name, many in zip(program.arguments, wide)]
    lines = [f"{name} = {name}_[i]" for name, many in zip(program.arguments, wide) if many]
    lines += [line for line, _ in program.forward if not line.startswith("if ")]
    filled, sums = ["value_"], []
    ends = [f"value_[i] = {program.result}"]
    if backward:
        lines += [line for line, _ in program.backward]
        for name, many in (
            *zip(program.arguments, wide), *((name, False) for name in program.parameters),
        ):  # fmt: skip
            gradient = program.gradients.get(name, "0.0")
            if many:
                filled.append(f"gradient_{name}_")
                ends.append(f"gradient_{name}_[i] = {gradient}")
            else:
                sums.append(f"sum_{name}_")
                ends.append(f"sum_{name}_ += {gradient}")
    head = ", ".join(["size_", *given, *program.parameters, *filled])
    text = [f"def kernel({head}):", *(f"    {name} = 0.0" for name in sums)]
    text.append("    for i in prange(size_):")
    text += [f"        {line}" for line in (*lines, *ends)]
    text.append(f"    return ({''.join(f'{name}, ' for name in sums)})")
    source = "\n".join(text)
    names = words_in(source)
    space = {name: word for name, word in _words().items() if name in names}
    space["prange"] = nb.prange
    exec(compile(source, f"<{program.function}, native>", "exec"), space)  # noqa: S102  (our rows)
    made: Callable[..., tuple[float, ...]] = nb.njit(
        space["kernel"], parallel=parallel, error_model="numpy"
    )
    return made
