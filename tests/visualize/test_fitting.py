"""Every machine draws text into the room that was made for it."""

from __future__ import annotations

import pytest

from visualize.fitting import fitted, width


def text(content, attributes=""):
    return f'<text x="1"{attributes} font-size="10.00">{content}</text>'


def test_a_width_is_that_of_helvetica():
    assert width("33", 12.0) == pytest.approx(2 * 0.556 * 12)
    assert width("il", 10.0) == pytest.approx(4.44)
    assert width("J", 10.0, bold=True) == pytest.approx(5.56)


def test_wide_characters_are_as_wide_as_the_font_is_high():
    assert width("输入", 10.0) == 20.0


def test_an_unknown_character_has_no_width():
    assert width("ŷ", 10.0) is None


def test_a_text_gets_the_width_that_it_was_measured_with():
    assert fitted(text("33")) == (
        '<text x="1" font-size="10.00" textLength="11.1" lengthAdjust="spacingAndGlyphs">33</text>'
    )


def test_a_bold_text_is_measured_bold():
    assert 'textLength="11.7"' in fitted(text("ab", ' font-weight="bold"'))
    assert 'textLength="11.1"' in fitted(text("ab"))


def test_entities_count_as_the_characters_that_they_are():
    assert 'textLength="11.7"' in fitted(text("&lt;&gt;"))
    assert 'textLength="13.9"' in fitted(text("&#160;ab"))


@pytest.mark.parametrize("content", ["J", " ", "", "ŷ₂", "& broken ŷ"])
def test_other_texts_stay_as_they_are(content):
    assert fitted(text(content)) == text(content)
