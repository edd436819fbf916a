"""What is printed for the page to compute with, without a browser; and the slots of its texts."""

from __future__ import annotations

import re

import pytest

from autodiff import Value, elementwise, exp, functions, special
from autodiff.graph import topological_order
from visualize.live import Program, _row, _vocabulary, _words
from visualize.slots import bracketed, cut_filled, filled, slot


def program(root):
    return Program(topological_order(root))


def test_the_program_of_J_is_what_the_table_says():
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    assert program(3 * (a + b * c)).text.strip() == (
        "const rows = [[(a,b) => a*b, (g,y,a,b) => [g*b,g*a]],\n"
        "[(a,b) => a + b, (g,y,a,b) => [g,g]]];\n"
        "const made = [0,0,0,[0,1,2],[1,0,3],[0,-1,4]];\n"
        "const start = {leaves: [5,3,2], constants: [3]};"
    )


@pytest.mark.parametrize("name", elementwise.TABLE)
def test_a_row_needs_only_words_that_there_are(name):
    primitive = elementwise.TABLE[name]
    row = _row(primitive, {"dot": 5, "sum": 3}.get(name) or len(primitive.vjps))
    words = _words(row)
    known = {word.split()[1] for word in words} | set("gyabc") | {f"x{i}" for i in range(9)}
    assert set(re.findall(r"(?<![.\w])[A-Za-z_]\w*", row)) <= known
    assert all(word.startswith("const ") and word.endswith(";") for word in words)


def test_a_word_comes_with_those_that_it_needs_and_the_numbers_of_the_engine():
    words = " ".join(_words("erf(a)"))
    for needed in ("const ratio =", "const horner =", "const tail =", f"{special.P_TAIL[0]!r}"):
        assert needed in words
    assert _words("tanh(a)") == ["const tanh = Math.tanh;"]


def test_every_word_of_the_file_is_used_by_a_row():
    used = set()
    for name, primitive in elementwise.TABLE.items():
        row = _row(primitive, {"dot": 5, "sum": 3}.get(name) or len(primitive.vjps))
        used |= {word.split()[1] for word in _words(row)}
    assert set(_vocabulary()) <= used


def test_what_no_row_is_cannot_be_computed():
    a = Value(2.0)
    assert program(Value(4.0, (a,), "twice") * 2.0).lack == "twice"
    assert program(Value(4.0, (a,), "exp") * 2.0).lack == "exp"  # a hand-made one, of that name
    assert program(exp(a)).lack == ""
    assert program(Value(4.0, (a,), "twice")).expression() == "null"


def test_numbers_that_json_lacks_are_javascripts():
    x = Value(float("inf"))
    y = functions.maximum(x, float("-inf")) * float("nan")
    assert "leaves: [Infinity], constants: [-Infinity,NaN]" in program(y).text


def test_slots_are_filled_and_bracketed():
    strings = {"v": ["2", "−3", "1e−5"]}
    text = f"{slot('v', 0)} × {slot('v', 1, True)} + {slot('v', 2, True)} − {slot('v', 1)}"
    assert filled(text, strings) == "2 × (−3) + 1e−5 − −3"
    assert bracketed("−inf") == "(−inf)"


def test_a_text_is_cut_by_its_numbers_and_never_within_a_slot():
    strings = {"v": ["1234.5", "−0.3333"]}
    text = " + ".join([slot("v", 0), slot("v", 1, True)] * 5)
    for width in range(1, 120):
        short = filled(cut_filled(text, width, strings), strings)
        assert len(short) <= max(width, 1)
        assert "\x02" not in short
        whole = filled(text, strings)
        assert short == whole if len(whole) <= width else whole.startswith(short[:-1].rstrip())
