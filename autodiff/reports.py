"""What the command line computes: reports, which are dicts of plain numbers.

    {"name": "J", "value": 33.0, "inputs": {"a": {"value": 5.0, "gradient": 3.0}, ...}}

Everything starts from an Expression and the numbers of its variables; `wrt` lists the inputs to
differentiate with respect to, and the gradient of any other is None. Nothing is printed here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

from .differences import compare
from .expressions import Expression
from .value import Value

Numbers = dict[str, float]
Report = dict[str, Any]

_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def result_name(expression: Expression) -> str:
    """Return the name of the result: its own, or one that no input has."""
    name = expression.name or "result"
    while name in expression.names:
        name += "_"
    return name


def gradients(expression: Expression, numbers: Numbers, wrt: list[str]) -> tuple[Value, Report]:
    """Return the result with its graph, and the report of all values and gradients."""
    values = _values(numbers, wrt)
    result = expression.evaluate(values)
    if result.requires_grad:
        result.backward()
    inputs = {
        name: {"value": value.data, "gradient": value.grad if name in wrt else None}
        for name, value in values.items()
    }
    return result, {"name": result_name(expression), "value": result.data, "inputs": inputs}


def _values(numbers: Numbers, wrt: list[str]) -> dict[str, Value]:
    values = {}
    for name, number in numbers.items():
        values[name] = Value(number) if name in wrt else Value(number).detach()
        values[name].label = name
    return values


def hessian(expression: Expression, numbers: Numbers, wrt: list[str]) -> dict[str, Numbers]:
    """Return the second derivatives ∂²f/∂x∂y as {x: {y: ...}}: the gradients of every gradient."""
    values = _values(numbers, wrt)
    result = expression.evaluate(values)
    if result.requires_grad:
        result.backward(create_graph=True)
    slopes = {name: values[name].grad for name in wrt}
    rows = {}
    for name, slope in slopes.items():
        for value in values.values():
            value.zero_grad()
        if isinstance(slope, Value) and slope.requires_grad:
            slope.backward()
        rows[name] = {other: float(values[other].grad) for other in wrt}
    return rows


def checks(expression: Expression, numbers: Numbers, wrt: list[str]) -> dict[str, Report]:
    """Compare each gradient with differences of the value; `agrees` is False on a mismatch."""
    _, report = gradients(expression, numbers, wrt)
    compared = {}
    for name in wrt:

        def along(x: float, name: str = name) -> float:
            return expression.evaluate({**numbers, name: x}).data

        gradient = report["inputs"][name]["gradient"]
        compared[name] = {"gradient": gradient}
        compared[name] |= compare(along, numbers[name], gradient)._asdict()
    return compared


# -- descent ---------------------------------------------------------------------------------------


class Until(NamedTuple):
    """A condition on a report, such as J<0.1."""

    name: str
    sign: str
    bound: float

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.bound:.12g}"

    def holds(self, report: Report) -> bool:
        """Tell whether the value or input of that name in the report fulfils the condition."""
        entry = report if self.name == report["name"] else report["inputs"][self.name]
        return bool(_COMPARISONS[self.sign](entry["value"], self.bound))


def descent(
    expression: Expression,
    numbers: Numbers,
    wrt: list[str],
    lr: float,
    steps: int,
    until: Until | None = None,
) -> Iterator[Report]:
    """Yield a report before and after each step x ← x - lr·∂f/∂x.

    The last one has the "ending", a sentence, and whether that is "ok": `until` is reached, or
    nothing was to be reached in so many steps. A value or gradient that is not finite ends all.
    """
    for step in count():
        _, report = gradients(expression, numbers, wrt)
        report = {"step": step, **report, **_ending(report, step, steps, until)}
        yield report
        if "ending" in report:
            return
        moved = {name: numbers[name] - lr * report["inputs"][name]["gradient"] for name in wrt}
        numbers = {**numbers, **moved}


def _ending(report: Report, step: int, steps: int, until: Until | None) -> Report:
    after = f"after {step} step{'s' * (step != 1)}"
    if until and until.holds(report):
        return {"ending": f"{until} {after}", "ok": True}
    name, bad = _first_bad(report)
    if name:
        advice = "try a smaller --lr" if step else "start elsewhere"
        return {"ending": f"stopped {after}, as {name} is {bad}: {advice}", "ok": False}
    if step < steps:
        return {}
    if until:
        return {"ending": f"not {until} {after}: try more --steps, another --lr", "ok": False}
    return {"ending": f"stopped {after}", "ok": True}


def _first_bad(report: Report) -> tuple[str, float]:
    """Return the first of the numbers that a further step needs that is not finite."""
    needed = {report["name"]: report["value"]}
    for name, entry in report["inputs"].items():
        if entry["gradient"] is not None:
            needed[f"the gradient of {name}"] = entry["gradient"]
    return next(((n, x) for n, x in needed.items() if not math.isfinite(x)), ("", 0.0))
