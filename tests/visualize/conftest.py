"""What the tests of pictures share: the graph of J = 3 (a + b c), browsers, pretended machines."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from autodiff import Value
from tests.long import ALL

from .browsers import BROWSERS, asker


@pytest.fixture
def J():
    """J = 3 (a + b c) after backward, labelled."""
    a, b, c = Value(5.0, label="a"), Value(3.0, label="b"), Value(2.0, label="c")
    u = b * c
    v = a + u
    result = 3 * v
    u.label, v.label, result.label = "u", "v", "J"
    result.backward()
    return result


@pytest.fixture(scope="module", params=["chromium", "firefox"] if ALL else ["chromium"])
def ask(tmp_path_factory, request):
    """Run JavaScript in a page, in a browser."""
    if not BROWSERS[request.param]:
        pytest.skip(f"{request.param} is not installed")
    return asker(request.param, lambda: tmp_path_factory.mktemp("page"))


class Machine:
    """A pretended machine: folders for scripts and PATH, and ways to put programs there."""

    def __init__(self, root: Path) -> None:
        self.scripts, self.path = root / "scripts", root / "path"
        self.scripts.mkdir()
        self.path.mkdir()

    def install(self, folder: Path, name: str, body: str = "") -> Path:
        """Put a shell script there that by default writes who it is and how it was called."""
        program = folder / name
        body = body or f"/bin/cat >/dev/null; echo '{name}' \"$@\""
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return program


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with no engine at all."""
    (tmp_path / "machine").mkdir()
    machine = Machine(tmp_path / "machine")
    monkeypatch.setenv("PATH", str(machine.path))
    monkeypatch.delenv("AUTODIFF_DOT", raising=False)
    monkeypatch.setattr("sysconfig.get_path", lambda *_: str(machine.scripts))
    monkeypatch.setattr("visualize.layout.find_spec", lambda name: None)
    return machine
