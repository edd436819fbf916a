"""The style "beads"."""

from __future__ import annotations

from pathlib import Path

import pytest

from autodiff import Value
from visualize import beads


def test_the_text_of_the_first_example_is_known_by_heart(J):
    """After a change that is meant, look at the picture, then write the new text there."""
    golden = Path(__file__).with_name("J_beads.gv").read_text(encoding="utf-8")
    names = {id(node): node.label for node in (J, J.inputs[1])}
    assert beads.write(J, names) == golden


def test_values_without_a_name_have_none():
    text = beads.write(Value(2.0) * 3, {})
    assert "t₁" not in text
    assert "data <FONT" in text


def test_a_constant_is_a_bead_of_its_own_as_in_micrograd():
    text = beads.write(3 * Value(2.0), {})
    assert '\tn1_0 [label="3" tooltip="3, a constant"]' in text
    assert "\tn1_0 -> n1_op" in text


@pytest.mark.parametrize("name", ["<<B>x</B>>", '"] evil [', "\\", "\\N", "x" * 99])
def test_an_operation_may_have_any_name(name):
    from visualize.render import Picture

    out = Value(4.0, (Value(2.0),), name)
    svg = Picture.of(beads.write(out, {})).pipe(format="svg", encoding="utf-8")
    assert svg.count('class="node"') == 3
    assert svg.count('class="edge"') == 2


def test_tooltips_name_what_the_beads_do_not():
    from visualize import draw_dot

    b, c = Value(3.0), Value(2.0)
    text = draw_dot(3 * (b * c)).source
    assert 'tooltip="∂t₁/∂b = c = 2"' in text
    assert "<B>b</B>" in text
    assert "<B>t₁</B>" not in text
