"""A line and its points: what the model says, what it misses by, and how it swings into place."""

from __future__ import annotations

import numpy as np
import pytest

import autodiff
from autodiff import Value, nn
from tests.visualize.plotting import artists, color, titles
from visualize.plots import FRAMES, regression
from visualize.style import LIGHT

X, Y = [1.0, 2.0, 4.0], [8.0, 12.0, 17.0]


def line(x):
    return 3 * x + 5


def test_the_blue_line_is_what_the_model_says_and_the_points_are_what_is_wanted():
    axes = regression(line, X, Y).figure().axes[0]
    (drawn,), (points,) = artists(axes, "line"), artists(axes, "points")
    xs, ys = drawn.get_data()
    assert np.allclose(ys, line(xs))
    assert xs[0] < 1.0 < 4.0 < xs[-1]
    assert color(drawn) == LIGHT.value
    assert points.get_xydata().tolist() == [list(pair) for pair in zip(X, Y)]


def test_dots_lead_from_each_point_to_the_line():
    (misses,) = artists(regression(line, X, Y).figure(), "misses")
    ends = [path.tolist() for path in misses.get_segments()]
    assert ends == [[[x, y], [x, line(x)]] for x, y in zip(X, Y)]


def test_of_several_models_the_last_is_drawn_strongly_and_those_before_are_pale():
    models = {f"after {i}": lambda x, i=i: i * x for i in range(50)}
    figure = regression(models, X, Y).figure()
    assert titles(figure) == ["after 49"]
    assert 1 < len(artists(figure, "before")) <= 6
    assert artists(figure, "line")[0].get_ydata()[-1] == pytest.approx(49 * 4.18)


def test_a_film_shows_the_first_and_the_last_in_one_view():
    models = {f"after {i}": lambda x, i=i: i * x for i in range(50)}
    frames = list(regression(models, X, Y).frames())
    assert len(frames) == FRAMES
    assert titles(frames[0][0]) == ["after 0"]
    assert titles(frames[-1][0]) == ["after 49"]
    assert len({figure.axes[0].get_ylim() for figure, _ in frames}) == 1


def test_a_line_far_from_all_points_does_not_flatten_them():
    axes = regression(lambda x: 1e6 * x, X, Y).figure().axes[0]
    assert axes.get_ylim()[1] < 50.0


def test_modules_get_columns_and_neurons_and_tensors_agree():
    autodiff.seed(0)
    model = nn.MLP(1, [3, 1], activation="tanh")
    own, twin = (regression(each, X, Y).answers[""] for each in (model, model.to_tensor()))
    assert np.allclose(own, twin)
    assert own[-1] == pytest.approx(model([4.0]).data)


def test_points_may_be_values():
    plot = regression(line, [Value(x) for x in X], [[y] for y in Y])
    assert plot.ys.tolist() == Y


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ((line, X, [1.0]), ValueError, "got 3 X and 1 y; expected as many"),
        ((line, [], []), ValueError, "got 0 X and 0 y"),
        ((3.0, X, Y), TypeError, "got 3.0, a float; expected a model"),
        (({}, X, Y), TypeError, "expected a model"),
        ((lambda x: 1.0, X, Y), ValueError, r"outputs of shape \(\) for 203 inputs"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        regression(*arguments)


def test_a_view_that_does_not_grow_is_refused():
    with pytest.raises(ValueError, match=r"got view=\(1.0, 1.0\); expected \(left, right\)"):
        regression(line, X, Y, view=(1.0, 1.0))
