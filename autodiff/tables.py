"""How the command line prints its reports: aligned tables, or JSON.

    name  value  gradient
    a         5         3
    b         3         6
    c         2         9
    J        33         1

Numbers have twelve significant digits. A stream that lacks a character, as a terminal in ASCII
lacks π, gets a question mark and no exception.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Callable
from typing import Any, TextIO

from .grammar import width
from .wording import printable


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a text, with a ? for what the stream's encoding lacks, and for what terminals obey."""
    stream = stream or sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    text = "\n".join(map(printable, text.split("\n")))
    print(text.encode(encoding, "replace").decode(encoding), file=stream)


def print_json(report: dict[str, Any]) -> None:
    """Print a report as JSON, which has no nan and inf: they become strings."""

    def plain(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: plain(value) for key, value in item.items()}
        if isinstance(item, list):
            return [plain(value) for value in item]
        return str(item) if isinstance(item, float) and not math.isfinite(item) else item

    say(json.dumps(plain(report), indent=2))


def print_report(report: dict[str, Any]) -> None:
    """Print values and gradients, then second derivatives and checks, where there are any."""
    rows = [["name", "value", "gradient"]]
    for name, entry in report["inputs"].items():
        rows.append([name, number(entry["value"]), number(entry["gradient"])])
    _print_table([*rows, [report["name"], number(report["value"]), "1"]])
    if hessian := report.get("hessian"):
        say("\nsecond derivatives")
        rows = [[name, *map(number, row.values())] for name, row in hessian.items()]
        _print_table([["", *hessian], *rows])
    if checks := report.get("check"):
        say("\ncheck")
        rows = [["name", "gradient", "difference", "relative", "verdict"]]
        for name, check in checks.items():
            numbers = map(number, (check["gradient"], check["difference"]))
            rows.append([name, *numbers, f"{check['relative']:.1e}", check["words"]])
        _print_table(rows, words=(0, 4))


def number(x: float | None) -> str:
    """Write a number with twelve significant digits; None as -."""
    return "-" if x is None else f"{x:.12g}"


def _print_table(rows: list[list[str]], words: tuple[int, ...] = (0,)) -> None:
    """Print rows in columns: those in `words` are aligned to the left, numbers to the right."""
    sizes = [max(map(width, column)) for column in zip(*rows)]
    for row in rows:
        pads = [" " * (size - width(cell)) for size, cell in zip(sizes, row)]
        cells = [c + p if i in words else p + c for i, (c, p) in enumerate(zip(row, pads))]
        say("  ".join(cells).rstrip())


def descent_printer(
    name: str, inputs: list[str], wrt: list[str]
) -> Callable[[dict[str, Any]], None]:
    """Return what prints one report of a descent; gradients too, where the terminal has room."""
    titles = ["step", *inputs, name]
    slopes = [f"d{name}/d{other}" for other in wrt]
    if 5 + 18 * (len(titles) - 1 + len(slopes)) > shutil.get_terminal_size((100, 24)).columns:
        slopes = []

    def line(first: str, *others: str) -> None:
        say(first.rjust(5) + "".join("  " + " " * (16 - width(cell)) + cell for cell in others))

    def print_step(report: dict[str, Any]) -> None:
        entries = report["inputs"]
        numbers = [entry["value"] for entry in entries.values()] + [report["value"]]
        numbers += [entries[other]["gradient"] for other in wrt] if slopes else []
        line(str(report["step"]), *map(number, numbers))

    line(*titles, *slopes)
    return print_step
