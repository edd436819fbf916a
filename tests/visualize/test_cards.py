"""The style "cards"."""

from __future__ import annotations

import math
from pathlib import Path

from autodiff import Value, topological_order
from visualize import cards
from visualize.names import name_all
from visualize.style import DARK, LIGHT


def write(root, theme=LIGHT, **names):
    return cards.write(root, name_all(topological_order(root), names), theme)


def statements(text, start):
    """Return the statements that start so, each on one line."""
    lines = text.replace("\n\t\t", "").replace("\n\t</", "</").splitlines()
    return [line for line in lines if line.startswith(f"\t{start}")]


def test_the_text_of_the_first_example_is_known_by_heart(J):
    """After a change that is meant, look at the picture, then write the new text there."""
    golden = Path(__file__).with_name("J_cards.gv").read_text(encoding="utf-8")
    assert write(J) == golden


def test_a_card_has_name_formula_value_and_gradient(J):
    card = statements(write(J), "n3 ")[0]
    for part in ("<B>u</B>", "= b × c", ">value<", "<B>6</B>", ">grad<", "<B>3</B>"):
        assert part in card


def test_leaves_say_their_kind(J):
    assert "  input<" in statements(write(J), "n0 ")[0]
    x = Value(2.0, label="x").detach()
    assert "constant<" in write(x)


def test_an_edge_has_its_local_derivative_negative_ones_in_brackets(J):
    assert "<×2<BR/>" in statements(write(J), "n1:card -> n3:card")[0]
    x = Value(1.0)
    assert "<×(-0.7)<BR/>" in write(x * -0.7)


def test_before_backward_gradients_are_dashes_without_tint():
    text = write(Value(2.0) * 3)
    assert text.count("<B>–</B>") == 2
    assert LIGHT.strongest_pill not in text
    assert LIGHT.gradient not in text


def test_the_largest_gradient_has_the_full_tint_and_a_zero_has_none():
    a, b = Value(2.0, label="a"), Value(0.0, label="b")
    J = a * b * 100.0
    J.backward()
    text = write(J)
    assert f'BGCOLOR="{LIGHT.strongest_pill}"' in statements(text, "n1 ")[0]
    zero = statements(text, "n0 ")[0]
    assert "<B>0</B>" in zero
    assert zero.count("BGCOLOR") == 2  # of the header and the card


def test_nan_and_inf_are_words_on_a_warning_ground():
    z = Value(0.0, label="z")
    J = (1 / z) * 0.0
    J.backward()
    for theme in (LIGHT, DARK):
        text = write(J, theme)
        assert "<B>inf</B>" in text
        assert "<B>nan</B>" in text
        assert text.count(f'BGCOLOR="{theme.warning_pill}"') == 3
        assert f'color="{theme.warning}"' in text
    assert math.isnan(J.data)


def test_a_value_used_twice_has_two_edges():
    a = Value(3.0)
    assert len(statements(write(a * a), "n0:card -> n1:card")) == 2


def test_a_long_name_and_a_long_formula_are_cut_and_whole_in_the_tooltip():
    x = Value(1.0, label="x" * 60)
    y = x * x
    card = statements(write(y), "n0 ")[0]
    assert f"<B>{'x' * 24}… </B>" in card
    assert f'tooltip="{"x" * 60}\\n' in card
    assert f"= {'x' * 32}… <" in statements(write(y), "n1 ")[0]


def test_an_edge_without_a_local_derivative_has_no_label():
    a = Value(2.0)
    out = Value(4.0, (a,), "f")
    assert 'label=""' in statements(write(out), "n0:card -> n1:card")[0]


def test_every_theme_uses_its_own_colours_only(J):
    light, dark = write(J, LIGHT), write(J, DARK)
    for theme, other in ((LIGHT, dark), (DARK, light)):
        for color in (theme.ground, theme.value, theme.kinds["input"].ink):
            assert color not in other
