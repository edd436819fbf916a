"""The layout engines: which are here, which to ask, and how to run one without being hung by it.

Nobody needs a system package: `graphviz-pure` comes with this one. The chain for a picture is

    $AUTODIFF_DOT  →  graphviz-pure  →  dot on PATH  →  RenderError, which says what would help

except that a bitmap with characters outside graphviz-pure's own fonts (Chinese, emoji) asks `dot`
before it, as that reads the system's fonts. PDF is made by `dot`, or from SVG by svglib.

    >>> from visualize import engines
    >>> engines()
    [graphviz-pure 0.2.2 (svg, png, jpg) at .../bin/graphviz-pure]
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from .fitting import fitted

VARIABLE = "AUTODIFF_DOT"
PURE = "graphviz-pure"
TIMEOUT = 20.0  # seconds; dot needs minutes for graphs that nobody could read

_BITMAPS = {"png", "jpg", "jpeg", "jpe", "gif", "bmp", "webp"}
_PURE_FORMATS = frozenset(
    {"canon", "dot", "dot_json", "gv", "jpe", "jpeg", "jpg", "json", "json0", "plain", "plain-ext"}
    | {"png", "svg", "xdot", "xdot1.2", "xdot1.4", "xdot_json"}
)

# What the fonts in graphviz-pure 0.2.2 lack: found by drawing one character after another.
_NOT_IN_ITS_FONTS = re.compile(
    "[^\x00-\u052f\u0591-\u05f4\u1d00-\u1df5\u1dfb-\u20be\u20f0-\u214f"
    "\u2190-\u2195\u2202\u2206\u220f\u2211\u2212\u221a\u221e\u222b\u2248\u2260\u2264\u2265]"
)

# It has no width for them either, and says so once for each byte: the one complaint to swallow.
_WIDTH_COMPLAINT = re.compile(
    r"^(Warning: )+no value for width of non-ASCII character \d+\..*\n?", re.MULTILINE
)


_SYSTEM_PACKAGES = (
    "sudo apt install graphviz   |   brew install graphviz   |   winget install graphviz"
)


class RenderError(RuntimeError):
    """No picture could be made: the message says what was found and what would help."""


@dataclass(frozen=True)
class Engine:
    """A program that turns DOT into pictures, and where it is."""

    name: str
    path: str

    def makes(self, format: str) -> bool:
        """Return whether it is worth asking for this format."""
        return format in _PURE_FORMATS or not self.is_pure()

    def version(self) -> str:
        """Ask the program for its version; the empty text if it does not answer."""
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            answer = subprocess.run([self.path, "-V"], capture_output=True, text=True, timeout=5)
            found = re.search(r"version (\d[\w.]*)", answer.stdout + answer.stderr)
            return found[1] if found else ""
        return ""

    def is_pure(self) -> bool:
        """Return whether this is graphviz-pure, which measures text with fonts of its own."""
        return os.path.basename(self.path).startswith(PURE)

    def __repr__(self) -> str:
        formats = "svg, png, jpg" if self.is_pure() else "svg, png, jpg, pdf"
        return " ".join(filter(None, [self.name, self.version(), f"({formats}) at {self.path}"]))


def engines() -> list[Engine]:
    """List the layout engines that are here, in the order in which they are asked.

    Raises RenderError if the environment variable AUTODIFF_DOT names no program.
    """
    found = [_named_by_user(), _pure(), _on_path("dot")]
    return [engine for engine in found if engine]


def _named_by_user() -> Engine | None:
    name = os.environ.get(VARIABLE, "")
    if not name:
        return None
    path = shutil.which(os.path.expanduser(name))
    if path is None:
        raise RenderError(
            f"the environment variable {VARIABLE} is {name!r}, which is no program that can be run;"
            " expected the path of a Graphviz dot: correct it or unset it"
        )
    return Engine(VARIABLE, path)


def _pure() -> Engine | None:
    # A notebook's kernel in a virtual environment that is not activated has the scripts of that
    # environment beside it but not on PATH.
    for scheme in (sysconfig.get_default_scheme(), f"{os.name}_user"):
        path = shutil.which(PURE, path=sysconfig.get_path("scripts", scheme))
        if path:
            return Engine(PURE, path)
    return _on_path(PURE)


def _on_path(name: str) -> Engine | None:
    path = shutil.which(name)
    return Engine(name, path) if path else None


def _chain(text: str, format: str) -> list[Engine]:
    able = [engine for engine in engines() if engine.makes(format)]
    if format in _BITMAPS and _NOT_IN_ITS_FONTS.search(text):
        able.sort(key=lambda engine: engine.name == PURE)  # the rest keep their order
    return able


def convert(text: str, format: str, *arguments: str, quiet: bool = False, path: str = "") -> bytes:
    """Return the picture of a DOT text in a format.

    `arguments` are passed to the engine; `path` is where the picture will go, for messages; `quiet`
    keeps back what the engine says on stderr. Raises RenderError.
    """
    failures = []
    for engine in _chain(text, format):
        try:
            picture = _run(engine, text, format, arguments, quiet)
        except _Failure as failure:
            failures.append(f"{engine.name} at {engine.path}: {failure}")
            if failure.hopeless:
                break
        else:
            # Others measure with the fonts of this machine, which the reader's has or has not.
            pure = format == "svg" and engine.is_pure()
            return fitted(picture.decode()).encode() if pure else picture
    if format == "pdf" and not failures and find_spec("svglib"):
        return _pdf(convert(text, "svg", *arguments, quiet=quiet, path=path))
    raise RenderError(_explanation(format, path, failures))


def _pdf(svg: bytes) -> bytes:
    from io import BytesIO

    from reportlab.graphics import renderPDF
    from svglib.svglib import svg2rlg

    pdf: bytes = renderPDF.drawToString(svg2rlg(BytesIO(svg)))
    return pdf


class _Failure(Exception):
    """An engine made no picture; `hopeless` if another would fare no better."""

    def __init__(self, message: str, hopeless: bool = False) -> None:
        super().__init__(message)
        self.hopeless = hopeless


def _run(engine: Engine, text: str, format: str, arguments: tuple[str, ...], quiet: bool) -> bytes:
    command = [engine.path, f"-T{format}", *arguments]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Its own group, so that all it has started can be ended with it.
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise _Failure(f"cannot be started: {error.strerror or error}") from None
    with process:
        try:
            picture, complaints = process.communicate(text.encode(), timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            _end(process)
            raise _Failure(
                f"no picture after {TIMEOUT:g} seconds, so it was stopped; draw a smaller graph",
                hopeless=True,
            ) from None
        except BaseException:  # Ctrl-C, too, must leave no process behind
            _end(process)
            raise
    said = _WIDTH_COMPLAINT.sub("", complaints.decode(errors="replace"))
    if process.returncode or not picture:
        raise _Failure(f"exit status {process.returncode}: {said.strip()[:500] or 'no picture'}")
    if said and not quiet:
        sys.stderr.write(said)
    return picture


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _explanation(format: str, path: str, failures: list[str]) -> str:
    """Return what to say when there is no picture."""
    lines = list(_lines(format, path, failures))
    return "\n".join(lines)


def _lines(format: str, path: str, failures: list[str]) -> Iterator[str]:
    what = f"cannot write {path}" if path else f"cannot make {format.upper()}"
    if failures:
        yield f"{what}: the layout engine failed."
        yield from (f"  {failure}" for failure in failures)
        yield f"  To use another Graphviz, set the environment variable {VARIABLE} to its dot."
    else:
        yield f"{what}: no installed engine makes {format.upper()}."
        found = engines()
        yield from (f"  found:  {engine!r}" for engine in found)
        if not found:
            yield "  found:  none"
        yield "  Any one of these helps:"
        if format == "pdf":
            yield "    pip install svglib                     (SVG to PDF, no system package)"
        elif format in _PURE_FORMATS:
            yield "    pip install graphviz-pure              (no system package)"
        yield f"    {_SYSTEM_PACKAGES}"
    able = next((f for f in ("svg", "dot") if f == "dot" or (f != format and _chain("", f))), "dot")
    yield f'  Or write {able.upper()} now, which needs nothing:  draw(J).save("J.{able}")'
