"""Learning rates: a panel for each, with the path that it takes and the height where it ends."""

from __future__ import annotations

import pytest

from tests.visualize.plotting import artists, titles
from visualize.plots import learning_rates


def f(x):
    return x**2


def test_each_panel_has_the_path_of_its_rate_and_says_where_it_ends():
    figure = learning_rates(f, 1.0, [0.4, 1.0], updates=3).figure()
    assert titles(figure) == ["rate 0.4:  f(x₃) = 6.4e−5", "rate 1:  f(x₃) = 1"]
    good, bouncing = artists(figure, "past")
    assert good.get_xdata() == pytest.approx([1.0, 0.2, 0.04, 0.008])
    assert bouncing.get_xdata() == pytest.approx([1.0, -1.0, 1.0, -1.0])


def test_a_descent_that_flies_off_is_cut_where_it_is_far_away():
    figure = learning_rates(f, 1.0, [0.1, 3.0], updates=400).figure()
    assert len(artists(figure, "past")[1].get_xdata()) < 10
    limits = {axes.get_xlim() for axes in figure.axes}
    assert len(limits) == 1
    assert max(limits)[1] < 2.0


def test_panels_stand_in_rows():
    figure = learning_rates(f, 1.0, [0.1] * 5, columns=3).figure()
    assert len({axes.get_position().y0 for axes in figure.axes}) == 2


@pytest.mark.parametrize(
    "arguments, words",
    [
        (dict(rates=[]), r"rates=\[\]; expected a finite start, and at least one rate"),
        (dict(rates=[float("inf")]), "all of them finite"),
        (dict(start=float("nan")), "got start=nan"),
        (dict(updates=0), "got updates=0; expected a whole number above 0"),
    ],
)
def test_bad_numbers_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        learning_rates(f, **{"start": 1.0, "rates": [0.1], **arguments})
