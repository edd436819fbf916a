"""The fuzzer of formulas: strings in; a value or an error in one line out, and nothing else.

    python -m tests.trust.fuzz 100000 [seed [traced]]

Each string is parsed, evaluated and differentiated, every twentieth goes through the command line
as well, and every tenth mild formula is compared with finite differences. `Watch` sees what Python
itself reports of execution, imports, files and sockets. CPU seconds are counted for each string,
and bytes for every so many (`traced`), as counting them makes Python ten times slower.
"""

from __future__ import annotations

import contextlib
import io
import math
import random
import re
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from autodiff import Value, topological_order
from autodiff.__main__ import main
from autodiff.expressions import ExpressionError, parse

from . import strings
from .labels import UNSEEN

SECONDS = 0.5  # of CPU for a string
BYTES = 40_000_000  # at any one time
# Errors of a formula as a whole: no column of it is to blame.
_WHOLE = re.compile(r"the expression (is empty|has \d+ characters|nests too deeply)")
_COLUMN = re.compile(r" at column (\d+): ")
# What a tree, an id and a look at an attribute raise; all else is execution, files or sockets.
HARMLESS = {"compile", "builtins.id", "object.__getattr__", "sys._getframe", "gc.get_objects"}

Report = Callable[[str, str], None]


class Watch:
    """Hears Python's audit events, while it is on; there is no way to take a hook out again."""

    def __init__(self) -> None:
        self.on = False
        self.heard: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: Any) -> None:
        if self.on and event not in HARMLESS:
            self.heard.append(f"{event} {args!r}"[:200])

    @contextlib.contextmanager
    def __call__(self) -> Iterator[list[str]]:
        self.heard = []
        self.on = True
        try:
            yield self.heard
        finally:
            self.on = False


watch = Watch()


def fault_of(error: ExpressionError, source: str) -> str:
    """Return what is wrong with an error: its line, column or caret."""
    first, *rest = str(error).split("\n")
    found = _COLUMN.search(first)
    if not found:
        return "" if _WHOLE.match(first) and not rest else f"no column: {first!r}"
    if not 1 <= int(found[1]) <= len(source) + 1:
        return f"column {found[1]} of {len(source)}"
    if len(rest) != 2 or rest[1].strip() != "^":
        return f"no caret: {rest}"
    if UNSEEN.search(str(error)) or max(map(len, (first, *rest))) > 250:
        return f"unfit for a terminal: {str(error)!r}"
    return ""


def values_of(names: tuple[str, ...]) -> dict[str, Value]:
    """Return a value for each name, none of them round."""
    return {name: Value(0.7371 + 0.3127 * i) for i, name in enumerate(names)}


def outcome(source: str) -> tuple[str, str]:
    """Return "answer" or "error", and what is wrong with it."""
    try:
        expression = parse(source)
        values = values_of(expression.variables)
        result = expression.evaluate(values)
    except ExpressionError as error:
        return "error", fault_of(error, source)
    result.backward()
    numbers = [result.data, *(value.grad for value in values.values())]
    return "answer", "" if all(type(x) is float for x in numbers) else f"no floats: {numbers}"


def through_main(source: str) -> tuple[int | str | None, str, str]:
    """Return status, stdout and stderr of `autodiff SOURCE a=… b=…`."""
    try:
        words = [f"{name}={i + 0.5}" for i, name in enumerate(parse(source).variables)]
    except ExpressionError:
        words = ["a=1.5"]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([source, *words])
    return status, out.getvalue(), err.getvalue()


def fault_of_main(source: str) -> str:
    """Return what is wrong with what the command line says to a formula."""
    if source.strip() in ("descend", "mnist") or source.startswith(("-h", "--")):
        return ""  # other commands and options
    status, out, err = through_main(source)
    if UNSEEN.search(out + err):
        return f"unfit for a terminal: {out + err!r}"
    if status == 0 and out and not err:
        return ""
    if status != 2 or out or not err.startswith("autodiff: ") or err.count("\n") not in (1, 3):
        return f"status {status}, {out!r}, {err!r}"
    return ""


def fault_of_gradient(source: str) -> str | None:
    """Compare gradients with differences; None where differences say nothing."""
    expression = parse(source)
    values = values_of(expression.variables)
    result = expression.evaluate(values)
    # Where a number on the way is large, differences are lost in its rounding.
    if any(not abs(node.data) < 1e3 for node in topological_order(result)):
        return None
    result.backward()
    numbers = {name: value.data for name, value in values.items()}
    compared = None
    for name, value in values.items():
        slopes = []
        for h in (1e-4, 3e-5, 1e-5):
            up, down = (
                expression.evaluate({**numbers, name: value.data + step}).data for step in (h, -h)
            )
            slopes += [(up - down) / (2 * h), (up - result.data) / h, (result.data - down) / h]
        size = max(1.0, *map(abs, slopes))
        if not max(slopes) - min(slopes) < 1e-2 * size:  # a kink or a pole; or nan
            continue
        if not math.isfinite(value.grad):  # such as of sqrt(a - a): by the rules, not a number
            continue
        compared = ""
        if abs(value.grad - slopes[6]) > 1e-3 * size:
            return f"∂/∂{name} is {value.grad}, differences have {slopes[6]}"
    return compared


def warm_up() -> None:
    """Have the engine import and print what it does at the first use of a function, once.

    Its steps are code, printed from the rows of the table (`autodiff.steps`): no text of a formula
    can reach them, as none of them is printed for one that comes later.
    """
    calls = [
        f"{name}({', '.join(operands)})"
        for name, (least, most) in strings.ARITIES.items()
        for count in range(least, most + 1)
        for operands in (["a"] * count, ["2", *["a"] * (count - 1)], ["a", *["2"] * (count - 1)])
    ]
    signs = [f"{left} {sign} {right}" for sign in ("+", "-", "*", "/", "%", "**")
             for left, right in ("aa", "a2", "2a")]  # fmt: skip
    others = ["-a", "where(a < 1, a, a)", "where(a < 1, 2, a)", "where(a < 1, a, 2)"]
    others += ["sum([a, a])", "sum(a, a, a)", "sum(a, 2)", "sum(2, a, 2)"]
    others += [
        f"dot([{x}], [{y}]{z})" for x in ("a", "2", "a, a", "a, a, a", "a, 2, a")
        for y in (x, x.replace("2", "a")) for z in ("", ", a", ", 2")
    ]  # fmt: skip
    for source in [*calls, *signs, *others, "sinn(a)", "a b", "sin(a"]:
        outcome(source)
    for source in ("J = a*b", "sinn(a)", "a b", ""):
        fault_of_main(source)


class Fuzz:
    """Runs over strings: `faults`, `counts`, the slowest string and the most bytes."""

    def __init__(self, seed: int = 1) -> None:
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self.slowest = (0.0, "")
        self.largest = (0, "")
        self._rng = random.Random(seed)

    def run(self, count: int, traced: int = 1) -> Fuzz:
        """Test so many strings, and all hostile ones."""
        warm_up()
        for number in range(count):
            kind, source = strings.string(self._rng)
            self.test(kind, source, whole=number % 20 == 0, traced=number % traced == 0)
            if number % 10 == 0:
                self.differences()
        for source in strings.HOSTILE.values():
            self.test("hostile", source, whole=True, traced=True)
        return self

    def test(self, kind: str, source: str, whole: bool = False, traced: bool = False) -> None:
        """Do all that is done to one string; a whole one goes through the command line too."""
        if traced:
            tracemalloc.start()
        start = time.process_time()
        with watch() as heard:
            result, fault = self._safely(outcome, source)
        seconds = time.process_time() - start
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        if kind == "grammar" and result == "error":
            fault = fault or "the grammar has it, the parser has not"
        if whole:
            with watch() as also:
                fault = fault or self._safely(fault_of_main, source)
            heard = heard + also
            self.counts["command lines"] += 1
        if heard:
            fault = fault or f"executed: {heard[0]}"
        if seconds > SECONDS or size > BYTES:
            fault = fault or f"{seconds:.2f} s, {size:,} bytes"
        self.counts[result] += 1
        self.counts[f"{kind}: {result}"] += 1
        self.slowest = max(self.slowest, (seconds, source[:60]))
        self.largest = max(self.largest, (size, source[:60]))
        self._note(source, fault)

    def differences(self) -> None:
        """Compare the gradients of a formula with differences."""
        source = strings.formula(self._rng, self._rng.randrange(2, 7), mild=True)
        fault = self._safely(fault_of_gradient, source)
        self.counts["differences" if fault is not None else "no differences"] += 1
        self._note(source, fault or "")

    def _note(self, source: str, fault: str) -> None:
        if fault:
            self.faults.append(f"{source[:200]!r}: {fault}")

    @staticmethod
    def _safely(function: Any, source: str) -> Any:
        try:
            return function(source)
        except BaseException as error:
            fault = f"{type(error).__name__}: {error}"[:300]
            return ("traceback", fault) if function is outcome else fault


def _main(words: list[str]) -> int:
    count, seed, traced = [*map(int, words), *(10_000, 1, 1)[len(words) :]]
    start = time.perf_counter()
    run = Fuzz(seed).run(count, traced)
    for fault in run.faults[:40]:
        print(ascii(fault))
    print(*(f"{n:8} {what}" for what, n in sorted(run.counts.items())), sep="\n")
    print(f"slowest {run.slowest[0]:.3f} s, {run.slowest[1]!a}")
    print(f"largest {run.largest[0]:,} bytes, {run.largest[1]!a}")
    print(f"{len(run.faults)} faults in {time.perf_counter() - start:.0f} s, seed {seed}")
    return int(bool(run.faults))


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
