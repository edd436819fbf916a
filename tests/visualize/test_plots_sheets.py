"""Sheets: every image in its place with its words, faults in frames, weights on one scale."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from autodiff import Tensor, nn
from tests.visualize.plotting import artists, assert_all_words_can_be_read, said
from visualize.plots import images, weights
from visualize.style import LIGHT

IMAGES = np.arange(5 * 6.0).reshape(5, 2, 3)


def pictures(plot):
    return [image.get_array().tolist() for image in artists(plot.figure(), "image")]


def captions(plot):
    return [axes.get_xlabel() for axes in plot.figure().axes]


@pytest.mark.parametrize(
    "x, options",
    [
        (IMAGES, {}),
        (IMAGES[:, None], {}),
        (IMAGES.reshape(5, 6), dict(shape=(2, 3))),
        (Tensor(IMAGES), {}),
        (IMAGES.tolist(), {}),
    ],
)
def test_every_image_is_drawn_as_it_is(x, options):
    assert pictures(images(x, **options)) == IMAGES.tolist()


def test_pixels_are_a_square_unless_said_otherwise():
    assert np.shape(pictures(images(np.zeros((1, 784))))) == (1, 28, 28)
    with pytest.raises(ValueError, match=r"6 pixels are not 2 × 2: pass shape=\(height, width\)"):
        images(IMAGES.reshape(5, 6))


def test_words_say_what_an_image_is_and_a_fault_what_it_was_taken_for():
    plot = images(IMAGES, [0, 1, 2, 3, 4], [0, 1, 7, 3, 4])
    assert captions(plot) == ["0", "1", "7 (is 2)", "3", "4"]
    frames = [to_hex(axes.spines["left"].get_edgecolor()).upper() for axes in plot.figure().axes]
    assert [frame == LIGHT.warning for frame in frames] == [False, False, True, False, False]
    assert captions(images(IMAGES, [0, 1, 2, 3, 4])) == list("01234")
    assert captions(images(IMAGES, predictions=[0, 1, 2, 3, 4])) == list("01234")


def test_predictions_may_be_scores_and_classes_may_have_names():
    scores = np.eye(3)[[0, 1, 2, 1, 0]]
    plot = images(IMAGES, [0, 1, 2, 1, 1], scores, names=["cat", "dog", "owl"])
    assert captions(plot) == ["cat", "dog", "owl", "dog", "cat (is dog)"]


def test_of_many_images_the_first_are_drawn_and_the_sheet_says_so():
    plot = images(np.zeros((1234, 4, 4)), limit=12, columns=5, title="Zeros")
    figure = plot.figure()
    assert len(figure.axes) == 12
    assert "Zeros: the first 12 of 1,234" in said(figure)
    assert len({round(axes.get_position().x0, 6) for axes in figure.axes}) == 5
    assert len({round(axes.get_position().y0, 6) for axes in figure.axes}) == 3
    assert_all_words_can_be_read(figure)


@pytest.mark.parametrize("shape", [(28, 28), (10, 30), (30, 10)])
def test_pixels_are_square_on_the_paper(shape):
    figure = images(np.zeros((7, *shape)), columns=5).figure()
    width, height = figure.get_size_inches()
    for axes in figure.axes:
        place = axes.get_position()
        assert place.height * height / (place.width * width) == pytest.approx(shape[0] / shape[1])


@pytest.mark.parametrize(
    "arguments, words",
    [
        (dict(x=np.zeros(4)), r"x of shape \(4,\); expected \(n, height, width\) or \(n, pixels\)"),
        (dict(x=np.zeros((0, 4))), r"x of shape \(0, 4\)"),
        (dict(labels=[1]), "got 1 labels for 5 images; expected as many"),
        (dict(predictions=[1, 2]), "got 2 predictions for 5 images"),
        (dict(labels=[0.5] * 5), "expected classes as whole numbers from 0"),
        (dict(labels=[-1] * 5), "expected classes as whole numbers from 0"),
        (dict(columns=0), "columns=0; expected a whole number above 0"),
        (dict(limit=2.5), "limit=2.5; expected a whole number above 0"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        images(**{"x": IMAGES, **arguments})


def test_weights_have_a_picture_for_each_neuron_and_one_scale_around_0():
    model = nn.Sequential(nn.Linear(9, 4), nn.ReLU(), nn.Linear(4, 2))
    plot = weights(model)
    assert np.allclose(pictures(plot), model.layers[0].weight.numpy().reshape(4, 3, 3))
    limits = {image.get_clim() for image in artists(plot.figure(), "image")}
    ((low, high),) = limits
    assert low == -high < 0.0


def test_weights_are_blue_below_0_and_orange_above():
    figure = weights(np.array([[-1.0, 0.0, 0.0, 1.0]])).figure()
    (image,) = artists(figure, "image")
    below, zero, _, above = (
        to_hex(color).upper() for color in image.to_rgba([-1.0, 0.0, 0.0, 1.0])
    )
    assert (below, above) == (LIGHT.value, LIGHT.gradient)
    assert all(int(zero[i : i + 2], 16) > 0xF8 for i in (1, 3, 5))
    assert figure.axes[-1].get_ylabel() == "weight"


@pytest.mark.parametrize(
    "layer", [nn.MLP(4, [3, 1]), nn.Layer(4, 3), nn.Neuron(4), nn.Linear(4, 3)], ids=str
)
def test_weights_of_neurons_and_layers_can_be_drawn(layer):
    assert np.shape(pictures(weights(layer)))[1:] == (2, 2)


def test_a_module_without_a_matrix_and_a_row_are_refused():
    with pytest.raises(ValueError, match=r"got ReLU\(\), a ReLU; expected a module with a matrix"):
        weights(nn.ReLU())
    with pytest.raises(ValueError, match=r"got shape \(4,\); expected \(neurons, inputs\)"):
        weights([1.0, 2.0, 3.0, 4.0])
    with pytest.raises(ValueError, match=r"2 pixels are not 1 × 1: pass shape"):
        weights(nn.MLP(2, [3, 1]))
