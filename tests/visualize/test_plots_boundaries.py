"""The boundary: where the model says so, for neurons, layers and functions alike, as it forms."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

import autodiff
from autodiff import Tensor, Value, data, nn, sigmoid
from tests.visualize.plotting import artists, color, titles
from visualize.plots import FRAMES, boundary
from visualize.style import LIGHT

CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
AND = [0, 0, 0, 1]


def plane(points):
    return points @ np.array([0.5, 0.5]) - 0.7


def line_of(plot):
    """Return the points of the ink line."""
    (line,) = artists(plot.figure(), "line")
    return np.concatenate([path.vertices for path in line.get_paths()])


def test_the_ink_line_is_where_a_score_is_0():
    assert abs(plane(line_of(boundary(plane, CORNERS, AND)))).max() < 1e-9


def test_the_ink_line_of_probabilities_is_where_they_are_one_half():
    drawn = line_of(boundary(lambda points: sigmoid(plane(points)), CORNERS, AND))
    assert abs(plane(drawn)).max() < 1e-3


def test_the_line_may_be_asked_for():
    assert abs(plane(line_of(boundary(plane, CORNERS, AND, line=0.25))) - 0.25).max() < 1e-9


def test_of_two_scores_the_second_less_the_first_counts():
    drawn = line_of(boundary(lambda p: np.stack([0 * p[:, 0], plane(p)], 1), CORNERS, AND))
    assert abs(plane(drawn)).max() < 1e-9


def test_blue_is_below_the_line_and_orange_above():
    figure = boundary(plane, CORNERS, AND).figure()
    (bands,) = artists(figure, "plane")
    first, last = (to_hex(bands.get_facecolor()[i]) for i in (0, -1))
    assert int(first[5:], 16) > int(first[1:3], 16)
    assert int(last[5:], 16) < int(last[1:3], 16)
    zeros, ones = artists(figure, "points")
    assert zeros.get_xydata().tolist() == CORNERS[:3]
    assert ones.get_xydata().tolist() == CORNERS[3:]
    assert (color(zeros), color(ones)) == (LIGHT.value, LIGHT.gradient)
    assert zeros.get_marker() != ones.get_marker()


def test_a_network_of_neurons_has_the_boundary_of_its_twin_of_tensors():
    autodiff.seed(3)
    X, y = data.moons(30, seed=1)
    model = nn.MLP(2, [4, 1])
    own = boundary(lambda points: model(points), X, y)  # called as it is, neuron by neuron
    for other in (model, model.to_tensor()):
        assert np.allclose(boundary(other, X, y).fields[0], own.fields[0], rtol=1e-12)


def test_neurons_of_somebodys_own_are_called_as_they_are():
    class Twice(nn.Neuron):
        def __call__(self, x):
            return 2.0 * x[0] - 1.0

    model = nn.MLP(2, [1])
    model.layers[0].neurons = [Twice(2)]
    assert boundary(model, CORNERS, AND).fields[0].max() > 1.0


@pytest.mark.parametrize("kinds", [(0, 1), (-1, 1), (3.0, 7.0), (False, True)])
def test_classes_may_be_any_two_numbers(kinds):
    plot = boundary(plane, CORNERS, [kinds[c] for c in AND])
    assert plot.marks.tolist() == [False, False, False, True]


def test_several_models_are_panels_that_say_how_much_is_right():
    models = {"before": lambda p: 0 * p[:, 0] - 1.0, "after": plane}
    assert titles(boundary(models, CORNERS, AND).figure()) == [
        "before: 75% right",
        "after: 100% right",
    ]
    assert titles(boundary(models, CORNERS).figure()) == ["before", "after"]


def test_of_many_models_a_still_shows_four_and_a_film_forty_the_last_among_them():
    models = {str(i): lambda p, i=i: plane(p) + 0.01 * i for i in range(100)}
    plot = boundary(models, CORNERS)
    assert titles(plot.figure()) == ["0", "33", "66", "99"]
    frames = list(plot.frames())
    assert len(frames) == FRAMES
    assert titles(frames[-1][0]) == ["99"]
    assert frames[-1][1] > frames[0][1]


def test_all_pictures_of_a_film_have_one_view_and_one_scale():
    plot = boundary({"a": plane, "b": lambda p: 10.0 * plane(p)}, CORNERS)
    figures = [figure for figure, _ in plot.frames()]
    assert len({figure.axes[0].get_xlim() for figure in figures}) == 1
    levels = [artists(figure, "plane")[0].levels.tolist() for figure in figures]
    assert levels[0] == levels[1]


def test_the_view_may_be_asked_for():
    axes = boundary(plane, CORNERS, view=((-1.0, 2.0), (0.0, 0.5))).figure().axes[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((-1.0, 2.0), (0.0, 0.5))


@pytest.mark.parametrize("X", [Tensor(CORNERS), [[Value(v) for v in row] for row in CORNERS]])
def test_points_may_be_tensors_and_values(X):
    assert boundary(plane, X, AND).points.tolist() == CORNERS


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ((plane, [1.0, 2.0]), ValueError, r"X of shape \(2,\); expected \(n, 2\)"),
        ((plane, CORNERS, [0, 1]), ValueError, "2 classes y for 4 points; expected as many"),
        ((plane, CORNERS, [0, 1, 2, 3]), ValueError, "4 classes; expected two.*pass y == 3"),
        ((lambda p: p, CORNERS[:1] * 3), None, ""),
        ((lambda p: p[:5], CORNERS), ValueError, r"outputs of shape \(5, 2\) .* expected a number"),
        ((lambda p: p[:, 0] / 0.0, CORNERS), ValueError, "nan or infinite from the model"),
        ((3.0, CORNERS), TypeError, "got 3.0, a float; expected a model"),
        (({}, CORNERS), TypeError, r"got \{\}, a dict; expected a model"),
        ((lambda p: "x", CORNERS), TypeError, "got the outputs of the model='x', a str"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_does_not_fit_is_refused(arguments, error, words):
    if error is None:
        assert boundary(*arguments).figure()
        return
    with pytest.raises(error, match=words):
        boundary(*arguments)


def test_a_view_that_does_not_grow_is_refused():
    with pytest.raises(ValueError, match=r"view=.*expected \(\(left, right\), \(bottom, top\)\)"):
        boundary(plane, CORNERS, view=((1.0, 0.0), (0.0, 1.0)))
