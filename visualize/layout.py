"""From DOT to a picture: which engine to ask, and what to say when none can.

The chain for a picture is

    $AUTODIFF_DOT  →  graphviz-pure  →  dot on PATH  →  RenderError, which says what would help

except that a bitmap with characters outside graphviz-pure's own fonts (Chinese, emoji) asks `dot`
before it, as that reads the system's fonts. PDF is made by `dot`, or from SVG by svglib.

    svg = convert("digraph { a -> b }", "svg")
"""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from importlib.util import find_spec

from autodiff.wording import legible

from .engine import PURE, PURE_FORMATS, VARIABLE, Engine, RenderError, engines, found, talk
from .fitting import fitted

TIMEOUT = 20.0  # seconds; dot needs minutes for graphs that nobody could read

BITMAPS = {"png", "jpg", "jpeg", "jpe", "gif", "bmp", "webp"}
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


def _chain(text: str, format: str) -> list[Engine]:
    able = [engine for engine in found() if engine.makes(format)]
    if _lacking(text, format):
        able.sort(key=lambda engine: engine.name == PURE)  # the rest keep their order
    return able


def _lacking(text: str, format: str) -> str:
    """Return the characters of a bitmap that graphviz-pure would draw as boxes."""
    return "".join(dict.fromkeys(_NOT_IN_ITS_FONTS.findall(text))) if format in BITMAPS else ""


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
                raise RenderError(_explanation(format, path, failures)) from None
        else:
            if engine.is_pure():
                _warn_of_boxes(PURE, _lacking(text, format))
                # Others measure with the fonts of this machine, which the reader's has or has not.
                return fitted(picture.decode()).encode() if format == "svg" else picture
            return picture
    if format == "pdf" and find_spec("svglib"):
        return _pdf(convert(text, "svg", *arguments, quiet=quiet, path=path))
    raise RenderError(_explanation(format, path, failures))


def _warn_of_boxes(who: str, lacking: str) -> None:
    if lacking:
        warnings.warn(
            f"the fonts of {who} lack {lacking[:20]}, so the picture has boxes there; write SVG,"
            f" which shows them, or install Graphviz: {_SYSTEM_PACKAGES}",
            UserWarning,
            stacklevel=2,
        )


def _pdf(svg: bytes) -> bytes:
    """Return an SVG as PDF by svglib, which has PDF's own fonts alone: Latin, and no subscripts."""
    from io import BytesIO

    from reportlab.graphics import renderPDF
    from svglib.svglib import svg2rlg

    text = svg.decode().translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
    shown = "".join(dict.fromkeys("".join(re.findall(">([^<]+)</text>", text))))
    _warn_of_boxes("svglib", "".join(c for c in shown if not c.encode("cp1252", "ignore")))
    pdf: bytes = renderPDF.drawToString(svg2rlg(BytesIO(text.encode())))
    return pdf


# -- running one -----------------------------------------------------------------------------------


class _Failure(Exception):
    """An engine made no picture; `hopeless` if another would fare no better."""

    def __init__(self, message: str, hopeless: bool = False) -> None:
        super().__init__(message)
        self.hopeless = hopeless


def _run(engine: Engine, text: str, format: str, arguments: tuple[str, ...], quiet: bool) -> bytes:
    try:
        status, (picture, complaints) = talk(
            [engine.path, f"-T{format}", *arguments], text.encode(), TIMEOUT
        )
    except OSError as error:
        raise _Failure(f"cannot be started: {error.strerror or error}") from None
    except subprocess.TimeoutExpired:
        raise _Failure(
            f"no picture after {TIMEOUT:g} seconds, so it was stopped; draw a smaller graph",
            hopeless=True,
        ) from None
    said = _WIDTH_COMPLAINT.sub("", complaints.decode(errors="replace"))
    if status or not picture:
        raise _Failure(f"exit status {status}: {said.strip()[:500] or 'no picture'}")
    if said and not quiet:
        sys.stderr.write(said)
    return picture


# -- when there is no picture ----------------------------------------------------------------------


def _explanation(format: str, path: str, failures: list[str]) -> str:
    what = f"cannot write {legible(path, 300)}" if path else f"cannot make {format.upper()}"
    other = "DOT"
    if failures:
        lines = [
            f"{what}: the layout engine failed.",
            *(f"  {failure}" for failure in failures),
            f"  To use another Graphviz, set the environment variable {VARIABLE} to its dot.",
        ]
    else:
        here = engines()
        pure = "pip install graphviz-pure" if format in PURE_FORMATS else ""
        package = "pip install svglib" if format == "pdf" else pure
        lines = [
            f"{what}: no installed engine makes {format.upper()}.",
            *(f"  found:  {engine!r}" for engine in here),
            *["  found:  none"] * (not here),
            "  Any one of these helps:",
            *[f"    {package:<39}(no system package)"] * bool(package),
            f"    {_SYSTEM_PACKAGES}",
        ]
        other = "SVG" if here else "DOT"
    ending = other.lower()
    lines.append(f'  Or write {other} now, which needs nothing:  draw(J).save("J.{ending}")')
    return "\n".join(lines)
