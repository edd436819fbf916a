"""The style "wires": values on the lines between operations."""

from __future__ import annotations

from autodiff import Value, tanh
from visualize import draw


def test_names_and_values_stand_above_a_wire_and_gradients_below(J):
    text = draw(J, style="wires").source
    assert text.count('PORT="wire"') == 6
    above, below = text.split("n0 [")[1].split("n1 [")[0].split('PORT="wire"')
    assert "<B>a</B>" in above
    assert "<B>5</B>" in above
    assert "<B>3</B>" in below


def test_operations_are_circles_with_their_constants_in_them(J):
    text = draw(J, style="wires").source
    for symbol in ("+", "×", "3 ×"):
        assert f'label="{symbol}" ' in text
    x = Value(2.0)
    text = draw(tanh(x**2) - 1.0 + (2.0 - x) / (-3.0), style="wires").source
    for symbol in ("^2", "tanh", "- 1", "2 -", "/ (-3)"):
        assert f'label="{symbol}" ' in text


def test_a_wire_that_branches_says_what_comes_back_on_each_branch():
    x = Value(3.0)
    y = x * x + 2.0 * x
    y.backward()
    text = draw(y, style="wires").source
    assert text.count('label=" 3 "') == 2
    assert text.count('label=" 2 "') == 1


def test_the_legend_of_wires_speaks_of_wires_and_not_of_local_derivatives(J):
    text = draw(J, style="wires", legend=True).source
    assert "below a wire: gradient of J" in text
    assert "×n" not in text


def test_unnamed_values_have_no_number_and_no_gradient_is_a_dash():
    a = Value(1.0)
    J = (a + 1.0) * 2.0
    text = draw(J, style="wires").source
    assert "<B>t₁</B>" not in text
    assert text.count("<B>–</B>") == 3
