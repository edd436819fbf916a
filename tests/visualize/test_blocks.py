"""Cards for many numbers."""

from __future__ import annotations

import math

import pytest

from visualize.blocks import Block, Link, Numbers, link, rough, size_of, statement
from visualize.spread import BARS, spread_of
from visualize.style import DARK, LIGHT


def block(*rows):
    return Block("n0", "layer1", "= relu(x·Wᵀ + b)", "operation", rows, "tooltip")


def numbers(values, gradients=None, word="weight"):
    found = None if gradients is None else spread_of(gradients)
    return Numbers(word, "2 × 2", spread_of(values), found)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_block_of_one_row_has_a_line_for_each_number(theme):
    text = statement(block(numbers([1.0, 2.0], [3.0, 4.0], "shape")), 5.0, theme)
    for words in ("shape", "2 × 2", "mean", "<B>1.5</B>", "deviation", "<B>0.5</B>", "<B>5</B>"):
        assert words in text
    assert theme.strongest_pill in text


def test_a_block_of_several_rows_is_a_table_with_the_result_below_a_line():
    text = statement(block(numbers([1.0, 2.0]), numbers([3.0], word="after relu")), 0.0, LIGHT)
    assert "mean ± deviation" in text
    assert text.index("<HR/>") < text.index("after relu")
    assert "1.5 ± 0.5" in text
    assert text.count("<B>–</B>") == 2  # before any backward


def test_a_histogram_has_its_bars_and_one_number_has_none():
    assert statement(block(numbers([1.0, 2.0])), 0.0, LIGHT).count('HEIGHT="14"') >= 2
    many = statement(block(numbers([float(i) for i in range(BARS)])), 0.0, LIGHT)
    assert many.count('HEIGHT="14" BGCOLOR') == BARS
    assert "FIXEDSIZE" not in statement(block(numbers([1.0])), 0.0, LIGHT)


def test_nan_and_inf_are_counted_with_a_warning():
    text = statement(block(numbers([1.0, math.nan], [math.inf, 1.0])), 1.0, LIGHT)
    assert text.count("1 nan or inf") == 2
    assert text.count(LIGHT.warning_pill) == 2
    assert math.isnan(size_of(spread_of([math.inf])))
    assert size_of(None) is None


def test_a_link_bears_the_norm_of_what_comes_that_way():
    text = link(Link("n0", "n1", 0.25, "t"), 0.25, LIGHT)
    assert 'label=" 0.25 "' in text
    assert 'penwidth="2.8"' in text
    assert 'label=""' in link(Link("n0", "n1", None), 1.0, LIGHT)
    assert LIGHT.warning in link(Link("n0", "n1", math.nan), 1.0, LIGHT)


def test_three_digits_are_enough_for_a_mean():
    assert [rough(x) for x in (0.123456, -1234.5, 1e-7, 0.0)] == ["0.123", "-1230", "1e-7", "0"]
