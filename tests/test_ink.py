"""Ink is told from paper, be it light or dark, and from shadows, specks and the paper's edge."""

import numpy as np
import pytest

from autodiff.ink import NoInk, ink

pytest.importorskip("PIL", reason="needs Pillow")


def bar(paper=0.9, pen=0.2):
    grey = np.full((200, 160), paper)
    grey[60:140, 75:85] = pen
    return grey


def box(strokes):
    """Return the first and last row and column with ink."""
    rows, columns = (np.flatnonzero((strokes > 0.5).any(axis)) for axis in (1, 0))
    return rows[0], rows[-1], columns[0], columns[-1]


BAR = (60, 139, 75, 84)


@pytest.mark.parametrize("paper, pen", [(0.9, 0.2), (0.1, 0.9), (0.9, 0.7), (1.0, 0.0), (0.0, 1.0)])
def test_ink_may_be_dark_or_light(paper, pen):
    strokes = ink(bar(paper, pen))
    assert box(strokes) == BAR
    assert strokes.max() == 1.0
    assert strokes.sum() == pytest.approx(800, rel=0.02)


@pytest.mark.parametrize("paper, pen", [(0.9, 0.2), (0.1, 0.9)])
def test_light_from_a_side_counts_as_paper(paper, pen):
    light = np.linspace(0.4, 1.0, 160)
    assert box(ink(bar(paper, pen) * light)) == BAR
    assert box(ink(bar(paper, pen) * light[::-1])) == BAR


def test_a_broad_shadow_counts_as_paper():
    shadow = np.where(np.arange(160) > 100, 0.6, 1.0)
    assert box(ink(bar() * shadow)) == BAR


def test_a_loop_is_not_taken_for_light_ink():
    y, x = np.mgrid[:200, :160]
    distance = np.hypot(y - 100, x - 80)
    ring = (distance > 40) & (distance < 55)
    strokes = ink(np.where(ring, 0.2, 0.9))
    assert ((strokes > 0.5) == ring).mean() > 0.99


@pytest.mark.parametrize("grey", [np.full((9, 9), 0.5), np.zeros((1, 1)), np.ones((50, 3))])
def test_a_picture_without_ink_is_refused(grey):
    with pytest.raises(NoInk, match="no digit to be seen; expected dark ink on light paper"):
        ink(grey)


def test_specks_and_the_edge_of_the_paper_are_no_part_of_the_digit():
    grey = bar()
    grey[20, 30], grey[170:172, 150:152] = 0.2, 0.2
    grey[:, :12] = 0.1
    assert box(ink(grey)) == BAR


def test_what_touches_the_margin_is_the_digit_if_there_is_nothing_else():
    grey = bar()
    grey[:60, 75:85] = 0.2
    assert box(ink(grey)) == (0, 139, 75, 84)
