"""Activations: the value, and the slope that the engine finds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autodiff import sigmoid, tanh, where
from autodiff.nn import ACTIVATIONS
from tests.visualize.plotting import artists, color, said, titles
from visualize.plots import activations
from visualize.style import LIGHT


def lines(axes):
    (value,), (slope,) = artists(axes, "value"), artists(axes, "slope")
    return value, slope


def test_blue_is_the_value_and_orange_the_slope():
    value, slope = lines(activations("sigmoid").figure().axes[0])
    x, y = value.get_data()
    assert np.allclose(y, 1.0 / (1.0 + np.exp(-np.asarray(x))))
    assert np.allclose(slope.get_ydata(), np.asarray(y) * (1.0 - np.asarray(y)))
    assert (color(value), color(slope)) == (LIGHT.value, LIGHT.gradient)
    assert slope.is_dashed()
    assert not value.is_dashed()


def test_every_activation_can_be_drawn_and_all_panels_have_one_scale():
    figure = activations(*ACTIVATIONS).figure()
    assert titles(figure) == [name.replace("_", " ") for name in ACTIVATIONS]
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in figure.axes}) == 1


def test_functions_may_be_names_functions_and_dicts():
    figure = activations("relu", tanh, {"swish": lambda x: x * sigmoid(x)}).figure()
    assert titles(figure) == ["relu", "tanh", "swish"]
    assert len(activations().figure().axes) == 8


def test_the_lines_are_named_once():
    words = said(activations("relu", "tanh").figure()).split("\n")
    assert words.count("value") == words.count("slope") == 1


def test_a_line_is_broken_where_it_jumps_and_only_there():
    figure = activations("relu", "sigmoid", {"step": lambda x: where(x > 0.0, 1.0, 0.0)}).figure()
    gaps = [
        [sum(map(math.isnan, line.get_ydata())) for line in lines(axes)] for axes in figure.axes
    ]
    assert gaps == [[0, 1], [0, 0], [1, 0]]


def test_the_view_may_be_asked_for():
    axes = activations({"cube": lambda x: x**3}, view=(-2, 2)).figure().axes[0]
    assert axes.get_xlim() == (-2.0, 2.0)
    assert axes.get_ylim()[1] > 12.0


@pytest.mark.parametrize(
    "function, error, words",
    [
        ("rleu", ValueError, "got 'rleu'; expected one of linear, relu"),
        (3.0, TypeError, "got 3.0, a float; expected the name of an activation, or a function"),
        ({"a": 1}, TypeError, "expected the name of an activation, or a function"),
    ],
)
def test_what_is_no_function_is_refused(function, error, words):
    with pytest.raises(error, match=words):
        activations(function)


@pytest.mark.parametrize("view", [(1.0, 1.0), (2.0, 1.0), (0.0, math.inf)])
def test_a_view_that_does_not_grow_is_refused(view):
    with pytest.raises(ValueError, match=r"got view=.*expected \(left, right\), growing"):
        activations("relu", view=view)
