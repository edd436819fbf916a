"""The confusion matrix: every sample counted once, faults apart from what is right."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from autodiff import Tensor
from tests.visualize.plotting import artists, assert_all_words_can_be_read, titles
from visualize.plots import confusion
from visualize.style import LIGHT

Y, PREDICTED = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 0, 0]


def counts(plot):
    found = artists(plot.figure(), "count")
    return {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in found}


def test_cells_count_what_is_taken_for_what():
    plot = confusion(Y, PREDICTED)
    assert counts(plot) == {(0, 0): "1", (0, 1): "1", (1, 1): "1", (2, 2): "1", (2, 0): "2"}
    assert titles(plot.figure()) == ["3 of 6 right (50.0%)"]
    axes = plot.figure().axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("taken for", "is")


def test_at_the_end_of_a_row_stands_how_much_of_it_is_right():
    plot = confusion([0, 0, 2], [0, 2, 2], ["a", "b", "c"])
    assert [text.get_text() for text in artists(plot.figure(), "share")] == ["50.0%", "–", "100.0%"]


def test_predictions_may_be_scores_and_classes_one_hot():
    scores = Tensor(np.eye(3)[PREDICTED] * 0.5)
    assert counts(confusion(np.eye(3)[Y], scores)) == counts(confusion(Y, PREDICTED))


def test_the_more_often_a_fault_happens_the_stronger_is_its_colour():
    cells = artists(confusion(Y, PREDICTED).figure(), "cell")
    colors = [to_hex(cell.get_facecolor()).upper() for cell in cells]
    right, once, never, often = (colors[i] for i in (0, 1, 2, 6))
    assert right == LIGHT.value_pill
    reds = [int(color[3:5], 16) for color in (never, once, often)]
    assert reds == sorted(reds, reverse=True)
    assert len({right, once, never, often}) == 4


@pytest.mark.parametrize("count", [1, 2, 10, 26])
def test_names_long_and_short_can_be_read(count):
    names = ["a rather long name" if i % 2 else "b" for i in range(count)]
    figure = confusion(range(count), range(count), names, title="Some classes").figure()
    assert_all_words_can_be_read(figure, least=count)


@pytest.mark.parametrize(
    "arguments, words",
    [
        (([0, 1], [0]), "got 2 classes and 1 predictions; expected as many"),
        (([], []), "expected as many, and at least one"),
        ((["a"], ["b"]), "got y="),
        (([0.5], [1]), "expected classes as whole numbers from 0"),
        (([0, 1], [0, 1], ["one"]), "got 1 names for 2 classes"),
        (([0, 99], [0, 99]), "got 100 classes; expected at most 60"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, words):
    with pytest.raises((ValueError, TypeError), match=words):
        confusion(*arguments)
