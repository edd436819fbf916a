"""A compiled function as a file of Python that needs nothing else.

    as_file(program, (5.0, 3.0, 2.0))

The file has the function of value and gradients, the few words of the float vocabulary that it
calls, and, run as a program, checks its own gradients by finite differences.
"""

from __future__ import annotations

import inspect
import math
import operator
import re
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from .. import floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .programs import Program

# Words that Python's math has since 3.11, for a file that is run by an older one.
_OLD = {
    "cbrt": "math.copysign(math.pow(abs(x), 1.0 / 3.0), x)",
    "exp2": "math.pow(2.0, x)",
}
_OLDER = """\
try:
    {0}
except ImportError:  # Python 3.10

    def {1}(x):
        return {2}
"""

_FILE = '''\
"""{name}({arguments}) and its gradients, as Python that needs nothing else.

    python {name}.py        # checks the gradients by finite differences
"""

from __future__ import annotations

import math
{imports}
inf, nan = math.inf, math.nan

{helpers}
{function}

def other_way(*numbers):
    raise ValueError(f"at {{numbers}} the function takes another way than the one written here")


def check(*at, step=1e-6):
    """Print each gradient beside differences; return whether they agree.

    At a kink it agrees if it lies between the slopes to the left and to the right.
    """
    value, gradients = {name}(*at)
    print("value", value)
    agree = True
    for i, (argument, gradient) in enumerate(zip({names}, gradients)):
        h = step * max(1.0, abs(at[i]))
        up, down = ({name}(*at[:i], at[i] + side, *at[i + 1 :])[0] for side in (h, -h))
        left, right = (value - down) / h, (up - value) / h
        print(f"d/d{{argument}} = {{gradient:.12g}}, by differences {{(left + right) / 2:.9g}}")
        if not math.isfinite(left + right):
            print("  there are no differences here: check(...) elsewhere")
            continue
        loose = 1e-4 * max(1.0, abs(gradient))
        agree = agree and min(left, right) - loose <= gradient <= max(left, right) + loose
    return agree


if __name__ == "__main__":
    raise SystemExit(0 if check({at}) else "the gradients disagree with the differences")
'''


def as_file(program: Program, at: Sequence[float]) -> str:
    """Return the file of a program, which checks itself at these arguments.

    Captured Values become arguments with the numbers that they have now. Raises TypeError for a
    function with a rule of the user's own, which cannot be written down.
    """
    if program.own:
        raise TypeError(
            f"cannot write {', '.join(program.own)}() into a file, as its rule is code of your own;"
            " write it out of autodiff's operations"
        )
    function = program.text(comments=True, parameters_as_arguments=True, defaults=True)
    imports, helpers = _helpers(_called(function))
    name = program.function
    return _FILE.format(
        name=name,
        arguments=", ".join(program.arguments),
        names=repr(tuple(program.arguments)),
        imports="".join(f"{line}\n" for line in imports),
        helpers="".join(f"\n{source}\n" for source in helpers),
        function=f"\n{function}",
        at=", ".join(map(repr, at)),
    )


def _helpers(words: set[str]) -> tuple[list[str], list[str]]:
    """Return the imports and the sources of the words of the float vocabulary among these."""
    imports, sources, waiting, done = [], [], sorted(words), set(words)
    while waiting:
        word = waiting.pop()
        thing: Any = vars(floats).get(word)
        if thing is None or word in ("inf", "nan", "math", "abs") or not callable(thing):
            continue
        own = str(getattr(thing, "__name__", word))
        for module in (math, operator):
            if getattr(module, own, None) is thing:
                line = f"from {module.__name__} import {own} as {word}"
                imports.append(_OLDER.format(line, word, _OLD[own]) if own in _OLD else line)
                break
        else:
            source = dedent(inspect.getsource(thing))  # Python 3.10's cbrt stands in an except
            sources.append(source)
            more = _called(source) - done
            done |= more
            waiting += sorted(more)
    return sorted(imports), sources


def _called(text: str) -> set[str]:
    """Return the names that are called in a text."""
    return set(re.findall(r"\b([A-Za-z_]\w*)\(", text))
