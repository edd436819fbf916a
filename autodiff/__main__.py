"""The command `autodiff`: a formula in; its value, gradients and picture out.

    autodiff "J = 3*(a + b*c)" a=5 b=3 c=2 -o J.svg
    autodiff descend "f = 3*x**2 + 4*x + 5" x=10 --lr 0.1 --steps 10
    autodiff mnist --epochs 5 --hidden 128 --optimizer adam

Here is what reads the words of the command; `reports` computes and `tables` prints. What was
misused is told in a line or three on stderr, with exit status 2; exit status 1 means that a check
or a descent failed.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from . import reports, tables
from .elementwise import TABLE
from .expressions import Expression, ExpressionError, parse
from .grammar import is_name, normal, short
from .graph import topological_order
from .value import Value
from .wording import printable

_PICTURES = (".svg", ".png", ".jpg", ".pdf", ".dot", ".html")
_UNTIL = re.compile(r"\s*(\w+)\s*(<=|>=|<|>)\s*(\S.*)")


class _Misuse(ValueError):
    """What the user got wrong, and what to write instead."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 if a check or a descent failed, or 2 if it was misused."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        commands = {"descend": _descend, "mnist": _mnist}
        command = commands.get(words[0]) if words else None
        status = command(words[1:]) if command else _differentiate(words)
        sys.stdout.flush()
        return status
    except (ExpressionError, _Misuse) as error:
        tables.say(f"autodiff: {error}", sys.stderr)
        return 2
    except SystemExit as stop:  # argparse has printed its help
        return int(stop.code or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `autodiff ... | head` has read enough, and nothing is left to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:  # a full disk behind `autodiff ... > file`
        tables.say(f"autodiff: cannot print: {error.strerror or error}", sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _differentiate(words: list[str]) -> int:
    """Do `autodiff EXPR name=value ...`."""
    options = _options(_differentiate_parser(), words)
    if options.version:
        tables.say(f"autodiff {_version()}")
        return 0
    options.output = [_unshielded(path) for path in options.output]
    for path in options.output:
        if Path(path).suffix.lower() not in (*_PICTURES, ".py"):
            raise _Misuse(
                f"cannot write '{short(path)}': a picture is {', '.join(_PICTURES)}; the gradients"
                " as Python are .py"
            )
        if "\0" in path:
            raise _Misuse(f"cannot write '{short(path)}': no file has a NUL in its name")
    expression, numbers = _read(options.words)
    wrt = _wrt(options.wrt, numbers)
    result, report = reports.gradients(expression, numbers, wrt)
    if options.order == 2:
        report["hessian"] = reports.hessian(expression, numbers, wrt)
    if options.check:
        report["check"] = reports.checks(expression, numbers, wrt)
    if options.explain is not None:
        report["explanations"] = _explanations(result, report["name"], options.explain, numbers)
    if not options.json:
        tables.print_report(report)
        for account in report.get("explanations", {}).values():
            tables.say(f"\n{account}")
    for path in options.output:
        if Path(path).suffix.lower() == ".py":
            _write_python(result, report["name"], path, wrt)
        else:
            _draw(result, report["name"], path, options.theme, options.limit)
        if not options.json:
            tables.say(f"wrote {printable(path)}")
    if options.json:
        tables.print_json(report | ({"wrote": options.output} if options.output else {}))
    return int(not all(check["agrees"] for check in report.get("check", {}).values()))


def _explanations(
    result: Value, name: str, wanted: str, numbers: reports.Numbers
) -> dict[str, str]:
    """Return how the gradients of these inputs come about, by their names."""
    from visualize import explain

    names = {name: result}
    chosen = _chosen("--explain", wanted, numbers)
    inside = {node.label for node in topological_order(result)}
    for one in chosen:
        if one not in inside:
            raise _Misuse(f"--explain got '{short(one)}', on which the result does not depend")
    return {one: str(explain(result, one, names=names)) for one in chosen}


def _draw(result: Value, name: str, path: str, theme: str, limit: int | None) -> None:
    from visualize import RenderError, draw, explore
    from visualize.limits import MOST, TooLarge

    show = explore if Path(path).suffix.lower() == ".html" else draw
    try:
        show(result, theme=theme, names={name: result}, limit=limit).save(path)
    except (RenderError, OSError) as error:  # no engine; no place
        raise _Misuse(short(str(error), 500)) from None
    except TooLarge:
        raise _Misuse(
            f"the graph has more than {limit or MOST} values that do not fold, and its picture"
            f" would be hard to read: insist with --limit {10 * (limit or MOST)}"
        ) from None


def _write_python(result: Value, name: str, path: str, wrt: list[str]) -> None:
    from .compiler.compiled import of_graph
    from .compiler.programs import free, identifier

    leaves = {
        x.label: x
        for x in topological_order(result)
        if isinstance(x, Value) and x.is_leaf and x.label in wrt
    }  # the others are constants, which the file has as arguments with defaults
    used: set[str] = set()
    names = [free(identifier(label), used) for label in leaves]
    try:
        of_graph(result, list(leaves.values()), names, identifier(name)).save(path)
    except OSError as error:
        raise _Misuse(f"cannot write '{short(path)}': {error.strerror or error}") from None


def _descend(words: list[str]) -> int:
    """Do `autodiff descend EXPR name=value ...`."""
    options = _options(_descend_parser(), words)
    expression, numbers = _read(options.words)
    wrt = _wrt(options.wrt, numbers)
    expression.evaluate({name: Value(number) for name, number in numbers.items()})
    if not wrt:
        raise _Misuse("nothing to descend along: give the expression a variable, such as x=1")
    name = reports.result_name(expression)
    until = _until(options.until, [name, *numbers])
    steps = options.steps if options.steps is not None else 10_000 if until else 10
    shown: list[reports.Report] = []
    show = shown.append if options.json else tables.descent_printer(name, list(numbers), wrt)
    last: reports.Report = {}
    for last in reports.descent(expression, numbers, wrt, options.lr, steps, until):
        if last["step"] % options.every == 0 or "ending" in last:
            show(last)
    if options.json:
        steps_alone = [{key: row[key] for key in ("step", "value", "inputs")} for row in shown]
        ending = {"ending": last["ending"], "ok": last["ok"]}
        tables.print_json({"name": name, "steps": steps_alone, **ending})
    elif until or not last["ok"]:
        tables.say(last["ending"])
    return int(not last["ok"])


def _mnist(words: list[str]) -> int:
    """Do `autodiff mnist`."""
    from . import digits

    parser = _Parser(
        prog="autodiff mnist",
        description="Train a network that reads digits, and save it.",
        epilog="examples:\n  autodiff mnist --epochs 5 --hidden 256,128 --optimizer adam\n"
        "  autodiff mnist --predict photo.jpg",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    digits.add_options(parser)
    options = parser.parse_args(words)
    try:
        return digits.run(options, tables.say)
    except (FileNotFoundError, ModuleNotFoundError, ValueError) as error:  # no data, or bad files
        raise _Misuse(str(error)) from None


# -- options ---------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        message = message.replace("' -", "'-")  # unshielded
        raise _Misuse(f"{short(message, 200)} (see {self.prog} --help)")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        for word in args or ():
            if word.startswith("--") and word.endswith("=--"):  # argparse would make a list of it
                self.error(f"argument {word[:-3]}: got '--'; expected a value")
        return super().parse_known_args(args, namespace)


def _options(parser: _Parser, words: list[str]) -> argparse.Namespace:
    return parser.parse_intermixed_args([_shielded(word) for word in words])


def _shielded(word: str) -> str:
    """Put a space before a formula such as -x**2, which argparse would take for an option."""
    is_option = word in ("-h", "-o") or word.startswith("--")
    is_picture = word.startswith("-o") and Path(word).suffix.lower() in (*_PICTURES, ".py")
    return f" {word}" if word.startswith("-") and not (is_option or is_picture) else word


def _unshielded(word: str) -> str:
    return word[1:] if word.startswith(" -") else word


def _parser(prog: str, description: str, epilog: str) -> _Parser:
    parser = _Parser(
        prog=prog,
        usage=f"{prog} EXPR name=value ... [options]",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("words", nargs="*", help=argparse.SUPPRESS)
    add("--wrt", metavar="a,b", help="differentiate with respect to these inputs only")
    add("--json", action="store_true", help='print one JSON object, with "nan", "inf", "-inf"')
    return parser


def _differentiate_parser() -> _Parser:
    parser = _parser(
        "autodiff", "Compute a formula and its gradients, and draw its graph.", _epilog()
    )
    add = parser.add_argument
    add("-o", dest="output", metavar="FILE", action="append", default=[],
        help="write the picture as .svg, .png, .jpg, .pdf or .dot, or as .html, a page that steps"
        " through it; or the gradients as Python, .py; may be repeated")  # fmt: skip
    add("--theme", choices=("light", "dark", "auto"), default="light", help="the picture's colours")
    add("--limit", type=_interval, metavar="N", help="draw at most N cards (1000)")
    add("--order", type=int, choices=(1, 2), default=1, help="2: second derivatives as well")
    add(
        "--explain", metavar="a,b", help="write the chain rule of these gradients, with its numbers"
    )
    add(
        "--check", action="store_true", help="compare with differences; exit status 1 on a mismatch"
    )
    add("--version", action="store_true", help="print the version")
    return parser


def _epilog() -> str:
    names = textwrap.fill(", ".join(sorted(TABLE)), 78, initial_indent="  ", subsequent_indent="  ")
    return f"""examples:
  autodiff "J = 3*(a + b*c)" a=5 b=3 c=2 -o J.svg
  autodiff "J = 3*(a + b*c)" a=5 b=3 c=2 --explain b
  autodiff descend "J = 3*(a + b*c)" a=5 b=3 c=2 --until "J<0.1"    (see autodiff descend --help)
  autodiff mnist --small --epochs 2    (see autodiff mnist --help)

A formula has numbers, names, pi, e, + - * / ** %, where(x < 0, a, b) and these functions:
{names}"""


def _descend_parser() -> _Parser:
    example = 'example:\n  autodiff descend "f = 3*x**2 + 4*x + 5" x=10 --lr 0.1 --steps 10'
    parser = _parser("autodiff descend", "Step downhill: x becomes x - lr * gradient.", example)
    add = parser.add_argument
    add("--lr", type=_rate, default=0.1, help="the learning rate (0.1)")
    add("--steps", type=_count, help="at most so many steps (10, and 10000 with --until)")
    add("--until", metavar="'J<0.1'", help="stop when this holds; exit status 1 if it never does")
    add("--every", type=_interval, default=1, metavar="K", help="print every Kth step")
    return parser


def _rate(text: str) -> float:
    try:
        if math.isfinite(rate := float(text)):
            return rate
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"got '{text}'; expected a finite number, such as 0.1")


def _count(text: str) -> int:
    return _whole(text, least=0)


def _interval(text: str) -> int:
    return _whole(text, least=1)


def _whole(text: str, least: int) -> int:
    if text.strip().isdecimal() and int(text[:20]) >= least:
        return int(text[:20])
    raise argparse.ArgumentTypeError(f"got '{text}'; expected a whole number from {least} on")


def _until(text: str | None, names: list[str]) -> reports.Until | None:
    if text is None:
        return None
    match = _UNTIL.fullmatch(text)
    name, sign, bound = match.groups() if match else ("", "", "")
    if normal(name) not in names:
        one_of = short(" or ".join(names), 200)
        raise _Misuse(f"--until got '{short(text)}': write NAME<NUMBER with the name {one_of}")
    return reports.Until(normal(name), sign, _number(name, bound))


# -- the expression and its numbers ----------------------------------------------------------------


def _read(words: list[str]) -> tuple[Expression, reports.Numbers]:
    """Read EXPR and the values, which come in the order of the expression."""
    if not words:
        raise _Misuse('no expression: write one, as in autodiff "J = 3*(a + b*c)" a=5 b=3 c=2')
    source = _unshielded(words[0])
    expression = parse(source)
    numbers: reports.Numbers = {}
    for word in words[1:]:
        name, text = _assignment(word.strip())
        if name in numbers:
            raise _Misuse(f"'{short(name)}' is given twice: give it one value")
        if name not in expression.names:
            names = ", ".join(expression.names) or "no names"
            raise _Misuse(
                f"'{short(name)}' is given, but the expression '{short(source, 60)}' has"
                f" {short(names, 200)}: leave it out, or use it{_hint(expression, words[1:])}"
            )
        numbers[name] = _number(name, text)
    return expression, {name: numbers[name] for name in expression.names if name in numbers}


def _hint(expression: Expression, values: list[str]) -> str:
    """Guess what was meant by an expression that leaves a given value out."""
    source = expression.source
    given = {word.partition("=")[0].strip() for word in values}
    for name in expression.variables:
        if name not in given and len(name) > 1 and given.issuperset(name):
            return f"; if '{short(name)}' is a product, write {short('*'.join(name))}"
    if re.fullmatch(r"\s*\w+\s*=[^=]*", source) and not expression.names:
        return "; the expression comes first, the values behind it"
    if source.isidentifier():
        return "; for a descent write: autodiff descend EXPR name=value"
    return ""


def _assignment(word: str) -> tuple[str, str]:
    name, _, text = word.partition("=")
    name = normal(name.strip())
    if not is_name(name):
        advice = "write name=value, such as a=3, and quote an expression that has spaces"
        raise _Misuse(f"'{short(word)}' does not begin with a name: {advice}")
    if name in TABLE:
        raise _Misuse(f"'{name}' is a function: give the value another name")
    if not text.strip():
        raise _Misuse(f"'{short(word)}' has no value: write {short(name)}=1.0")
    return name, text


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(parse(f"({text})").evaluate({}))
    except ExpressionError:
        advice = f"write {short(name)}=1.0, or 1e-3, inf, pi/2"
        raise _Misuse(f"'{short(text)}' is not a number: {advice}") from None


def _wrt(text: str | None, numbers: reports.Numbers) -> list[str]:
    if text is None:
        return list(numbers)
    return _chosen("--wrt", text, numbers)


def _chosen(option: str, text: str, numbers: reports.Numbers) -> list[str]:
    """Return the names of an option, each once; they must be inputs."""
    chosen = [normal(name.strip()) for name in text.split(",")]
    for name in chosen:
        if name not in numbers:
            names = short(", ".join(numbers), 200) or "nothing"
            raise _Misuse(f"{option} got '{short(name)}': choose among {names}")
    return list(dict.fromkeys(chosen))


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("autodiff-visualize")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
