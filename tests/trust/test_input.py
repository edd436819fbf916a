"""Input: what this adds to `test_expressions` and `test_main`.

Those have their examples by hand and by Hypothesis. Here is a fuzzer with a fixed seed (`fuzz`,
`strings`): some thousand formulas by the grammar, the same with mistakes in them, noise and a list
of hostile strings, through the parser, the command line and finite differences, in a process of its
own that hears whatever Python executes, imports or opens. Then words of a command line that are no
formulas: values, rates, counts, conditions and names of files.

    python -m tests.trust.fuzz 100000 [seed]      all of it, for some minutes
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autodiff import Value
from autodiff.__main__ import main
from autodiff.expressions import parse

from .. import long
from . import fuzz, strings
from .labels import UNSEEN

ROOT = Path(__file__).resolve().parents[2]
STRINGS = 25_000 if long.ALL else 2_000


# -- the fuzzer ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_string_has_a_value_or_one_error_with_its_column_and_nothing_is_executed():
    words = [sys.executable, "-m", "tests.trust.fuzz", str(STRINGS), "7", "10"]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "\n0 faults in " in run.stdout
    counts = {what.strip(): int(n) for n, what in (
        line.split(maxsplit=1) for line in run.stdout.splitlines() if line[:8].strip().isdigit()
    )}  # fmt: skip
    assert counts["answer"] + counts["error"] == STRINGS + len(strings.HOSTILE)
    assert counts["grammar: answer"] > 0.3 * STRINGS
    assert counts["edited: error"] > 0.2 * STRINGS
    assert counts["differences"] > 0.05 * STRINGS


def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


@pytest.mark.parametrize("bad, words", [
    (lambda source: eval("1 + 1"), "executed: exec"),
    (lambda source: __import__("nturl2path"), "executed: import"),
    (lambda source: open(os.devnull).close(), "executed: open"),
    (lambda source: os.system("true"), "executed: os.system"),
    (lambda source: {}[source], "KeyError"),
    (lambda source: sys.exit(3), "SystemExit"),
    (lambda source: busy(0.6), " s, "),
])  # fmt: skip
def test_the_fuzzer_finds_a_parser_that_does_what_it_must_not(monkeypatch, bad, words):
    def bad_parse(source):
        bad(source)
        return parse(source)

    monkeypatch.setattr(fuzz, "parse", bad_parse)
    run = fuzz.Fuzz()
    run.test("grammar", "a + b")
    assert words in " ".join(run.faults)


@pytest.mark.parametrize("text, words", [
    ("what?", "no column"),
    ("what at column 70: that\n  a\n  ^", "column 70 of 5"),
    ("what at column 1: that", "no caret"),
    ("what at column 1: \x1b[31m\n  a\n  ^", "unfit"),
    ("what at column 1: " + "a" * 999 + "\n  a\n  ^", "unfit"),
])  # fmt: skip
def test_the_fuzzer_finds_an_error_that_a_reader_cannot_use(monkeypatch, text, words):
    def bad_parse(source):
        raise fuzz.ExpressionError(text)

    monkeypatch.setattr(fuzz, "parse", bad_parse)
    run = fuzz.Fuzz()
    run.test("edited", "a + b")
    assert words in " ".join(run.faults)


def test_the_fuzzer_finds_a_wrong_gradient(monkeypatch):
    assert fuzz.fault_of_gradient("a*b + sin(a)") == ""
    assert fuzz.fault_of_gradient("1/(a - a)") is None

    def bad_backward(self):
        for node in fuzz.topological_order(self):
            node.grad = 1.0

    monkeypatch.setattr(Value, "backward", bad_backward)
    assert "differences have" in fuzz.fault_of_gradient("a*b + sin(a)")


def test_strings_are_those_of_their_seed():
    import random

    first, second = ([strings.string(random.Random(3)) for _ in range(5)] for _ in range(2))
    assert first == second


# -- other words of a command line -----------------------------------------------------------------

BAD_NUMBERS = [
    "", " ", "\x1b[31m", "1\x1b]0;title\x07", "\0", "1\n2", "\u202e1", "\udcff", "²", "½", "0x10",
    "1j", "__import__('os')", "(" * 10_000, "1" + "+" * 10_000, "x" * 100_000, "%s", "{0}", "a",
    "[1]", "(1,", "1)(2", "sin()", "1e", "--", "nan nan", "1;2", "٣½", "⁹",
]  # fmt: skip
GOOD_NUMBERS = [
    "9**9**9",
    "1e999",
    "-1e999",
    "nan",
    "1e-999",
    "9" * 100_000,
    "1_0",
    " 3 ",
    "-(2)",
    "٣",
]


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Run the command in an empty folder; check the form of what it prints, return its status."""
    monkeypatch.chdir(tmp_path)

    def run_(*words):
        start = time.process_time()
        status = main(words)
        assert time.process_time() - start < 2.0
        out, err = capsys.readouterr()
        assert not UNSEEN.search(out + err)
        assert all(len(line) <= 1000 for line in err.split("\n"))
        if status == 2:
            assert err.startswith("autodiff: ")
            assert err.count("\n") in (1, 3)
        else:
            assert not err
        return status

    return run_


@pytest.mark.parametrize("text", BAD_NUMBERS, ids=range(len(BAD_NUMBERS)))
def test_a_bad_number_is_misuse_wherever_it_stands(run, text):
    assert run("a*a", f"a={text}") == 2
    assert run("descend", "a*a", "a=1", "--until", f"a<{text}") == 2
    for option in ("--lr", "--steps", "--every"):
        assert run("descend", "a*a", "a=1", f"{option}={text}") == 2
    for option in ("--limit", "--order", "--theme", "--wrt", "--explain"):
        if (option, text) not in (("--wrt", "a"), ("--explain", "a")):
            assert run("a*a", "a=1", f"{option}={text}") == 2


@pytest.mark.parametrize("text", GOOD_NUMBERS, ids=range(len(GOOD_NUMBERS)))
def test_a_number_of_any_size_is_one(run, text):
    assert run("a*a", f"a={text}") == 0
    assert run("descend", "a*a", f"a={text}", "--steps", "2") in (0, 1)
    for option in ("--lr", "--steps"):
        if option == "--lr" or len(text) < 1000:  # so many steps would be made
            assert run("descend", "a*a", "a=0", f"{option}={text}") in (0, 1, 2)


@pytest.mark.parametrize("option", ["--epochs", "--hidden", "--optimizer", "--lr", "--predict"])
def test_two_dashes_are_no_value_of_an_option(run, option):
    assert run("mnist", f"{option}=--") == 2


@pytest.mark.parametrize(
    "word", ["\x1b[31m=1", "=1", "а=1", "a\u202e=1", "a\0=1", "a b=1", "sin=1",
             "__import__('os')=1", "x" * 100_000 + "=1", "\udcff=1", "a=b=1",
             "a;b=1", "=", "", "\n", "%s=1", "{0}=1"]
)  # fmt: skip
def test_a_value_for_what_is_no_name_of_the_formula_is_misuse(run, word):
    assert run("a*a", word) == 2


@pytest.mark.parametrize("ending", [".svg", ".html", ".py", ".dot"])
@pytest.mark.parametrize("stem, status", [
    ("J\x1b]0;title\x07", 0), ("\x1b[31mJ", 0), ("J\nK", 0), ("J\u202egvs", 0), ("J\udcff", 0),
    ("$(id)", 0), ("`id`; id", 0), ("%s{0}", 0), ("-J", 0), ("J\0", 2), ("no\x1b[31m/J", 2),
    ("no\n/J", 2), ("J" * 400, 2), ("no/" * 2000 + "J", 2), ("/dev/null/J", 2),
])  # fmt: skip
def test_the_name_of_a_file_is_a_name_and_nothing_else(run, stem, status, ending, tmp_path):
    assert run("a*a", "a=1", "-o", stem + ending) == status
    made = [path.name for path in tmp_path.iterdir()]
    assert made == ([] if status else [stem + ending])
