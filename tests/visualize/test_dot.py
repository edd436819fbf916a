"""The statements of DOT, and the noting of the dark theme's colours."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from visualize import beads, cards, dot
from visualize.dot import Markup
from visualize.reading import Reading
from visualize.style import DARK, LIGHT, THEMES


def test_a_statement_quotes_what_is_no_markup():
    assert dot.node("n0", label=Markup("<<B>a</B>>"), width=0.3) == (
        '\tn0 [label=<<B>a</B>> width="0.3"]\n'
    )
    assert dot.edge("n0", "n1", label="×2") == '\tn0 -> n1 [label="×2"]\n'


def test_a_text_that_looks_like_markup_is_none():
    assert dot.node("n0", label="<<B>a</B>>") == '\tn0 [label="<<B>a</B>>"]\n'


def test_an_edge_shows_its_share_and_warns_of_nan(J):
    reading = Reading(J, {})
    strongest = next(e for e in reading.edges if e.contribution == 9.0 and e.local == 3.0)
    assert dot.look(strongest, reading, LIGHT) == {"color": LIGHT.gradient, "penwidth": 2.8}
    for bad in (float("nan"), float("inf")):
        edge = SimpleNamespace(contribution=bad)
        assert dot.look(edge, reading, LIGHT)["color"] == LIGHT.warning
    before = SimpleNamespace(contribution=None)
    assert dot.look(before, reading, LIGHT) == {"color": LIGHT.edge, "penwidth": 0.9}


@pytest.mark.parametrize("write", [beads.write, cards.write])
def test_the_light_text_notes_what_its_colours_are_in_the_dark(J, write):
    J.label = 'color="#123456"'
    light, dark = write(J, {}, THEMES["auto"]), write(J, {}, DARK)
    both = dot.with_dark(light, dark)
    pairs = dot.in_the_dark(both)
    assert pairs["#FFFFFF"] == DARK.ground
    assert pairs["#FEFEFE"] == DARK.card
    assert pairs[LIGHT.value] == DARK.value
    assert "#123456" not in pairs
    lines = both.splitlines()
    assert "\n".join([lines[0], *lines[2:], ""]) == light


def test_other_texts_note_no_colours(J):
    assert dot.in_the_dark(cards.write(J, {})) == {}


@pytest.mark.parametrize(
    "rankdir, back", [("LR", "left"), ("RL", "right"), ("TB", "up"), ("BT", "down")]
)
def test_the_legend_says_which_way_to_multiply(J, rankdir, back):
    text = cards.write(J, {id(J): "J<"}, rankdir=rankdir, legend=True)
    assert f"multiply going {back}" in text
    assert "gradient of J&lt;" in text
    assert "gradient of" not in cards.write(J, {}, rankdir=rankdir)
