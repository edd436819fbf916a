"""Text from outside is harmless and fits."""

from __future__ import annotations

import pytest

from visualize.text import clean, cut, markup, quoted, room


@pytest.mark.parametrize("unseen", "\x00\t\n\r\x1b\x7f\x85\u2028\u202e\u2066\ud800\uffff")
def test_what_cannot_be_seen_becomes_a_space(unseen):
    assert clean(f"a{unseen}b") == "a b"


def test_clean_text_stays_as_it_is():
    for text in ("a", "ŷ", "输入", "🧠", "∂J/∂a", "<b>&amp;", r"\N", "naïve"):
        assert clean(text) == text


def test_a_long_text_is_cut_and_says_so():
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcdef…"
    assert cut("abc defg", 4) == "abc…"


def test_a_chinese_character_takes_two_places():
    assert cut("输入层", 6) == "输入层"
    assert cut("输入层次", 6) == "输入层…"
    assert room("输入层") == "  "
    assert room("abc…") == " "
    assert room("abc") == ""


def test_markup_has_no_brackets_quotes_or_live_backslashes():
    assert markup('<a href="x">&\\N') == "&lt;a href=&quot;x&quot;&gt;&amp;\\\\N"


def test_quotes_are_escaped_and_backslashes_doubled_as_often_as_graphviz_undoes_them():
    assert quoted('say "b"') == r'"say \"b\""'
    assert quoted(r"\N") == r'"\\N"'
    assert quoted(r"\N", tooltip=True) == r'"\\\\N"'
    assert quoted("a\nb", tooltip=True) == r'"a\nb"'
    assert quoted("&lt;") == '"&amp;lt;"'
