"""Descents on surfaces: the path lies on f, and on its map; films walk all of it."""

from __future__ import annotations

import numpy as np
import pytest

from autodiff import Value
from tests.visualize.plotting import artists, said, titles
from visualize.plots import FRAMES, descent_contours, descent_surface

PATH = [(10.0, 10.0), (4.0, 2.0), (1.6, 0.4), (0.64, 0.08)]


def f(x, y):
    return 3 * x**2 + 4 * y**2 + 5


def test_the_path_lies_on_the_surface_and_on_the_map():
    figure = descent_surface(f, PATH).figure()
    surface, plane = artists(figure, "path")
    x, y, z = surface.get_data_3d()
    assert list(zip(x, y)) == PATH
    assert [float(up) for up in z] == [f(*point) for point in PATH]
    assert [tuple(point) for point in plane.get_xydata()] == PATH
    assert [tuple(point) for point in artists(figure, "point")[1].get_xydata()] == PATH[-1:]


def test_after_some_updates_there_is_that_much_of_the_path_and_the_words_say_so():
    figure = descent_surface(f, PATH, z="cost").figure(1)
    assert len(artists(figure, "path")[1].get_xydata()) == 2
    assert "after 1 update:  cost = 69" in said(figure)
    assert "the start:  cost = 705" in said(descent_surface(f, PATH, z="cost").figure(0))


def test_axes_are_named():
    space, plane = descent_surface(f, PATH, x="w", y="b", z="cost").figure().axes
    assert (space.get_xlabel(), space.get_ylabel(), space.get_zlabel()) == ("w", "b", "cost")
    assert (plane.get_xlabel(), plane.get_ylabel()) == ("w", "b")


def test_the_map_has_the_heights_of_f_and_the_valley_in_its_middle():
    ground = descent_surface(f, PATH).ground
    assert ground.heights[3, 5] == f(ground.xs[5], ground.ys[3])
    for ends, (first, last) in zip((ground.xs, ground.ys), zip(PATH[0], PATH[-1])):
        assert ends[0] < last < first < ends[-1]
        assert np.isclose(ends[[0, -1]].mean(), last)
    assert ground.levels[0] == ground.heights.min()
    assert ground.levels[-1] == pytest.approx(ground.heights.max())


def test_a_path_that_stays_in_one_place_can_be_drawn():
    assert descent_surface(f, [(1.0, 1.0)]).figure()
    assert descent_surface(lambda x, y: 2.0, [(0.0, 1.0), (0.0, 2.0)]).figure()


@pytest.mark.parametrize("updates", [1, 39, 40, 1000])
def test_a_film_walks_from_the_start_to_the_end_in_at_most_forty_pictures(updates):
    path = [(10.0 * 0.9**i, 10.0 * 0.8**i) for i in range(updates + 1)]
    ends = []
    for figure, _ in descent_surface(f, path).frames():
        ends.append(len(artists(figure, "path")[1].get_xydata()))
    assert len(ends) == min(FRAMES, updates + 1)
    assert (ends[0], ends[-1]) == (1, updates + 1)
    assert ends == sorted(ends)


def test_several_paths_are_panels_on_the_same_map():
    figure = descent_contours(f, {"slow": PATH, "fast": PATH[:2]}).figure()
    assert titles(figure) == ["slow", "fast"]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    slow, fast = artists(figure, "path")
    assert (len(slow.get_xydata()), len(fast.get_xydata())) == (4, 2)
    assert "after 3 updates" in said(figure)


def test_seven_paths_stand_in_two_rows():
    figure = descent_contours(f, {str(i): PATH for i in range(7)}).figure()
    assert titles(figure) == list("0123456")
    assert [bool(axes.get_ylabel()) for axes in figure.axes] == [
        True,
        *3 * [False],
        True,
        False,
        False,
    ]


def test_one_path_without_a_name_says_where_it_ends():
    assert titles(descent_contours(f, PATH).figure()) == ["ends at 6.254"]


def test_panels_of_a_film_do_not_move():
    plot = descent_contours(f, {"slow": PATH, "fast": PATH[:2]}, title="T")
    places = {tuple(figure.axes[0].get_position().bounds) for figure, _ in plot.frames()}
    assert len(places) == 1


def test_f_may_give_values_and_a_path_may_be_of_values():
    path = [(Value(x), Value(y)) for x, y in PATH]
    plot = descent_surface(lambda x, y: Value(x) ** 2 + y**2, path)
    assert plot.ground.heights.min() >= 0.0


@pytest.mark.parametrize("path", [[], [1.0, 2.0], [(1.0, 2.0, 3.0)], [(1.0, float("nan"))]])
@pytest.mark.parametrize("plot", [descent_surface, descent_contours])
def test_what_is_no_path_is_refused(plot, path):
    with pytest.raises(
        ValueError, match=rf"{plot.__name__}\(\) got path=.*expected a list of points"
    ):
        plot(f, path)


def test_no_path_at_all_and_a_bad_view_and_bad_heights_are_refused():
    with pytest.raises(ValueError, match="got no path"):
        descent_contours(f, {})
    with pytest.raises(ValueError, match=r"got view=.*both growing"):
        descent_surface(f, PATH, view=((1.0, 0.0), (0.0, 1.0)))
    with pytest.raises(ValueError, match="f is nan or infinite somewhere in the view"):
        descent_surface(lambda x, y: float("inf"), PATH)
