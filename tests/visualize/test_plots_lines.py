"""Lines with names: what is given is drawn, and each line says what it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autodiff import Tensor, Value
from tests.visualize.plotting import artists, color, said
from visualize.plots import lines
from visualize.style import LIGHT


def drawn(curves, **options):
    figure = lines(curves, **options).figure()
    return [[tuple(point) for point in line.get_xydata()] for line in artists(figure, "line")]


@pytest.mark.parametrize("wrap", [list, np.asarray, Tensor, lambda x: [Value(v) for v in x]])
def test_a_line_is_of_xs_and_ys_or_of_ys_counted_from_0(wrap):
    both = {"pair": (wrap([2.0, 3.0, 5.0]), wrap([1.0, 4.0, 2.0])), "alone": wrap([7.0, 8.0, 9.0])}
    assert drawn(both) == [
        [(2.0, 1.0), (3.0, 4.0), (5.0, 2.0)],
        [(0.0, 7.0), (1.0, 8.0), (2.0, 9.0)],
    ]


def test_two_numbers_are_ys_and_not_xs_and_ys():
    assert drawn({"a": [3.0, 4.0]}) == [[(0.0, 3.0), (1.0, 4.0)]]


def test_lines_bear_their_names_in_their_colours():
    figure = lines({"one": [1.0, 2.0], "two": [1.0, 3.0]}, x="update", y="w").figure()
    names = artists(figure, "name")
    assert [name.get_text() for name in names] == ["one", "two"]
    assert [color(name) for name in names] == [color(line) for line in artists(figure, "line")]
    assert color(names[0]) == LIGHT.value
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("update", "w")


def test_a_target_is_marked_and_named():
    figure = lines({"one": [1.0, 2.0]}, target=1.25).figure()
    assert set(artists(figure, "target")[0].get_ydata()) == {1.25}
    assert "target 1.25" in said(figure)


def test_log_scales_say_so_and_leave_gaps_for_what_has_no_logarithm():
    figure = lines({"a": [1.0, 0.0, 0.01]}, log="y", y="error").figure()
    assert figure.axes[0].get_yscale() == "log"
    assert figure.axes[0].get_xscale() == "linear"
    assert figure.axes[0].get_ylabel() == "error (log scale)"
    assert np.isnan(artists(figure, "line")[0].get_ydata()).tolist() == [False, True, False]


@pytest.mark.parametrize(
    "curves, options, error, words",
    [
        ([1.0], {}, TypeError, r"got \[1.0\], a list; expected a dict of at least one line by"),
        ({}, {}, TypeError, "expected a dict of at least one line by"),
        ({"a": 3.0}, {}, ValueError, r"got a=3.0, a float; expected as many xs as ys"),
        ({"a": ([1.0, 2.0], [1.0])}, {}, ValueError, "expected as many xs as ys"),
        ({"a": []}, {}, ValueError, "expected as many xs as ys"),
        ({"a": ["x"]}, {}, TypeError, r"got a=\['x'\]"),
        ({"a": [1.0]}, dict(log="z"), ValueError, "got log='z'; expected 'x', 'y' or 'xy'"),
        ({"a": [-1.0]}, dict(log="y"), ValueError, "no point that could be drawn"),
        ({"a": [float("nan")]}, {}, ValueError, "no point that could be drawn"),
    ],
)
def test_what_is_no_line_is_refused(curves, options, error, words):
    with pytest.raises(error, match=words):
        lines(curves, **options)


def test_the_ticks_of_a_log_scale_are_words_and_not_commands(tmp_path):
    figure = lines({"a": [1e-6, 1e-3, 1.0, 100.0]}, log="y").figure()
    figure.canvas.draw()
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert {"10⁻⁶", "10⁻³", "10⁰"} & set(shown)
    text = Path(lines({"a": ([1, 10, 100], [2.0, 3.0, 4.0])}, log="xy").save(tmp_path / "a.svg"))
    assert "mathdefault" not in text.read_text("utf-8")
    figure = lines({"a": [2.0, 3.0, 4.0]}, log="y").figure()
    figure.canvas.draw()
    numbers = [label.get_text() for label in figure.axes[0].get_yticklabels(minor=True)]
    assert "3" in numbers
