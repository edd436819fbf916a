"""The page of promises: each test that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "PROMISES.md").read_text("utf-8")


def test_every_test_that_the_page_names_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)
    assert len(named) > 20
    for file, function in named:
        text = (ROOT / file).read_text("utf-8")
        assert f"def {function or 'test_'}" in text, f"{file} has no {function}"


def test_the_oldest_versions_are_those_that_are_asked_for():
    setup = (ROOT / "setup.cfg").read_text("utf-8")
    assert "python_requires = >=3.10\n" in setup
    assert "numpy>=2.0\n" in setup
    assert "Python 3.10 to 3.13; NumPy from 2.0 on" in PAGE
