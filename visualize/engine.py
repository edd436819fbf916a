"""The layout engines: which are on this machine, and how to run one without being hung by it.

Nobody needs a system package: `graphviz-pure` comes with this one.

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
import sysconfig
from typing import NamedTuple

VARIABLE = "AUTODIFF_DOT"
PURE = "graphviz-pure"
PURE_FORMATS = frozenset(
    {"canon", "dot", "dot_json", "gv", "jpe", "jpeg", "jpg", "json", "json0", "plain", "plain-ext"}
    | {"png", "svg", "xdot", "xdot1.2", "xdot1.4", "xdot_json"}
)


class RenderError(RuntimeError):
    """No picture could be made: the message says what was found and what would help."""


class Engine(NamedTuple):
    """A program that turns DOT into pictures, where it is, and its version if it was asked."""

    name: str
    path: str
    version: str = ""

    def makes(self, format: str) -> bool:
        """Return whether it is worth asking for this format."""
        return format in PURE_FORMATS or not self.is_pure()

    def is_pure(self) -> bool:
        """Return whether this is graphviz-pure, which measures text with fonts of its own."""
        return os.path.basename(self.path).startswith(PURE)

    def __repr__(self) -> str:
        formats = "(svg, png, jpg)" if self.is_pure() else "(svg, png, jpg, pdf)"
        return " ".join(filter(None, [self.name, self.version, formats, "at", self.path]))


def engines() -> list[Engine]:
    """List the layout engines that are here, with versions, in the order in which they are asked.

    Raises RenderError if the environment variable AUTODIFF_DOT names no program.
    """
    return [engine._replace(version=_version(engine)) for engine in found()]


def found() -> list[Engine]:
    """List them without asking for versions."""
    engines = [_named_by_user(), _pure(), _on_path("dot")]
    return [engine for engine in engines if engine]


def _version(engine: Engine) -> str:
    try:
        _, said = talk([engine.path, "-V"], b"", timeout=5.0)
    except (OSError, subprocess.SubprocessError):
        return ""
    found = re.search(rb"version (\d[\w.]*)", b"".join(said))
    return found[1].decode() if found else ""


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


def talk(command: list[str], text: bytes, timeout: float) -> tuple[int, tuple[bytes, bytes]]:
    """Run a command on a text and return its status and what it wrote; end it if it takes long."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Its own group, so that all it has started can be ended with it.
        start_new_session=os.name == "posix",
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    ) as process:
        try:
            said = process.communicate(text, timeout=timeout)
        except BaseException:  # Ctrl-C, too, must leave no process behind
            if os.name == "posix":
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            raise
    return process.returncode, said
