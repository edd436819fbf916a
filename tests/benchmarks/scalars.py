"""S1, the expression of micrograd's README; S4, chains of up to a million operations."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from autodiff import Value
from autodiff.compiler import Compiled, compile

from .timing import interleaved, table


def readme_expression(value: Callable[[float], Any]) -> tuple[Any, Any, Any]:
    """Build micrograd's README expression from two numbers; return them and the result."""
    a, b = value(-4.0), value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return a, b, g


def _by_hand() -> tuple[float, float]:
    """Write the same out, forward and backward, as somebody without an engine would."""
    a, b = -4.0, 2.0
    c0 = a + b
    d0 = a * b + b**3
    c1 = c0 + c0 + 1.0
    c2 = c1 + 1.0 + c1 - a
    sum_, difference = b + a, b - a
    r1 = sum_ if sum_ > 0.0 else 0.0
    d1 = d0 + d0 * 2.0 + r1
    r2 = difference if difference > 0.0 else 0.0
    d2 = d1 + 3.0 * d1 + r2
    e = c2 - d2
    f = e * e
    df = 0.5 - 10.0 / (f * f)
    de = df * 2.0 * e
    dd2 = -de
    dd1 = 4.0 * dd2
    dd0 = 3.0 * dd1
    dr1 = dd1 if sum_ > 0.0 else 0.0
    dr2 = dd2 if difference > 0.0 else 0.0
    dc0 = 4.0 * de
    da = -de + dr1 - dr2 + dc0 + dd0 * b
    db = dr1 + dr2 + dc0 + dd0 * a + dd0 * 3.0 * b * b
    return da, db


def _gradients(value: Callable[[float], Any]) -> tuple[float, float]:
    a, b, g = readme_expression(value)
    g.backward()
    return a.grad, b.grad


def _compiled() -> Compiled:
    def expression(a: Any, b: Any) -> Any:
        numbers = iter((a, b))
        return readme_expression(lambda number: next(numbers))[2]

    return compile(expression)


def s1(smoke: bool) -> None:
    """Time the README expression, built and swept, against micrograd and hand-written Python."""
    compiled = _compiled()
    compiled(-4.0, 2.0)
    value_and_grad = compiled.value_and_grad  # the generated function, as it is after a call
    contestants: dict[str, Callable[[], tuple[float, float]]] = {
        "autodiff": lambda: _gradients(Value),
        "autodiff, compiled": lambda: value_and_grad(-4.0, 2.0)[1],
        "by hand": _by_hand,
    }
    try:
        from micrograd.engine import Value as Micrograd
    except ImportError:
        print("S1: micrograd is not installed, and left out")
    else:
        contestants["micrograd"] = lambda: _gradients(Micrograd)
    expected = _by_hand()
    for name, run in contestants.items():
        got = run()
        if any(abs(x - y) > 1e-12 * abs(y) for x, y in zip(got, expected)):
            raise AssertionError(f"S1: {name} computes {got}, by hand it is {expected}")
    medians = interleaved(
        contestants,
        rounds=2 if smoke else 41,
        repeats=dict.fromkeys(contestants, 10 if smoke else 500),
    )
    table("S1  micrograd's README expression, built and swept", medians, "micrograd")


_CHAIN = """
import sys, time
from autodiff import Value

def resident():
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096
    except OSError:
        return None

count = int(sys.argv[1])
before = resident()
start = time.perf_counter()
x = leaf = Value(1.0)
for _ in range(count // 2):
    x = x * 1.0000001 + 0.5
built = time.perf_counter()
x.backward()
swept = time.perf_counter()
after = resident()
del x
freed = time.perf_counter()
size = "" if before is None else (after - before) / count
print(leaf.grad, built - start, swept - built, freed - swept, size)
"""


def s4(smoke: bool) -> None:
    """Time chains of 10³ to 10⁶ operations, and measure what stays resident of them."""
    print("\nS4  x = x·1.0000001 + 0.5 over and over: µs and bytes an operation")
    print("     operations      build    sweep     free      all    bytes")
    for count in (1_000, 10_000) if smoke else (1_000, 10_000, 100_000, 1_000_000):
        printed = subprocess.run(
            [sys.executable, "-c", _CHAIN, str(count)], capture_output=True, text=True, check=True
        ).stdout.split()
        grad, build, sweep, free = map(float, printed[:4])
        expected = 1.0000001 ** (count // 2)
        if abs(grad - expected) > 1e-9 * expected:
            raise AssertionError(f"S4: the gradient is {grad}; expected {expected}")
        times = "".join(
            f"{t / count * 1e6:9.3f}" for t in (build, sweep, free, build + sweep + free)
        )
        size = f"{float(printed[4]):9.1f}" if len(printed) > 4 else "        –"
        print(f"  {count:13,}  {times}{size}")
    _peers_on_chains()


def _peers_on_chains() -> None:
    try:
        from micrograd.engine import Value as Micrograd
    except ImportError:
        print("S4: micrograd is not installed, and left out")
        return
    x = Micrograd(1.0)
    for _ in range(500):
        x = x * 1.0000001 + 0.5
    gc.collect()
    start = time.perf_counter()
    try:
        x.backward()
    except RecursionError:
        print("  micrograd, 1,000 operations: RecursionError")
    else:
        print(f"  micrograd, 1,000 operations: sweep {time.perf_counter() - start:.4f} µs")
