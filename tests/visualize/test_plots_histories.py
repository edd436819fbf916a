"""Learning curves: a panel for each quantity, a line for each part, and the best of it marked."""

from __future__ import annotations

import math
from collections import UserDict

import pytest

from tests.visualize.plotting import artists, assert_all_words_can_be_read, color, said, titles
from visualize.plots import history
from visualize.style import LIGHT

H = {
    "epoch": [1, 2, 3, 4],
    "train_loss": [2.0, 1.0, 0.5, 0.25],
    "train_accuracy": [0.5, 0.75, 0.9, 0.99],
    "validation_loss": [1.8, 1.1, 0.7, 0.8],
    "validation_accuracy": [0.5, 0.7, 0.88, 0.87],
    "lr": [0.1, 0.1, 0.1, 0.1],
    "seconds": [3.0, 3.1, 3.0, 3.2],
}
REPORTS = [dict(zip(H, row)) for row in zip(*H.values())]


def panels(h, **options):
    return [axes.get_ylabel() for axes in history(h, **options).figure().axes]


def lines(h, panel=0, **options):
    axes = history(h, **options).figure().axes[panel]
    return [[tuple(point) for point in line.get_xydata()] for line in artists(axes, "line")]


@pytest.mark.parametrize("h", [H, REPORTS, UserDict(H)], ids=["columns", "reports", "mapping"])
def test_there_is_a_panel_for_loss_and_one_for_accuracy_with_a_line_for_each_part(h):
    assert panels(h) == ["loss", "accuracy"]
    train, validation = lines(h)
    assert train == list(zip(H["epoch"], H["train_loss"]))
    assert validation == list(zip(H["epoch"], H["validation_loss"]))


def test_lines_bear_their_names_at_their_ends_and_dashes_are_for_training():
    axes = history(H).figure().axes[0]
    assert [name.get_text() for name in artists(axes, "name")] == ["train", "validation"]
    train, validation = artists(axes, "line")
    assert train.is_dashed()
    assert not validation.is_dashed()
    assert color(validation) == LIGHT.value


def test_the_best_epoch_of_the_data_that_is_not_learnt_from_is_ringed_and_written():
    figure = history(H).figure()
    assert titles(figure) == ["lowest 0.7, epoch 3", "highest 88 %, epoch 3"]
    (ring,) = artists(figure.axes[0], "best")
    assert ring.get_xydata().tolist() == [[3.0, 0.7]]


def test_a_learning_rate_is_drawn_where_it_changes_or_is_asked_for():
    assert panels({**H, "lr": [0.4, 0.3, 0.2, 0.1]}) == ["loss", "accuracy", "learning rate"]
    assert panels(H, show=["lr"]) == ["learning rate"]


def test_a_loss_that_falls_far_gets_a_log_scale_and_the_axis_says_so():
    assert panels({"loss": [3.0, 1.0, 1e-4]}) == ["loss (log scale)"]
    assert panels({"loss": [3.0, 1.0, 0.0]}) == ["loss"]


def test_without_a_column_of_epochs_they_are_counted_from_one():
    assert lines({"train_loss": [3.0, 2.0]}) == [[(1.0, 3.0), (2.0, 2.0)]]


def test_numbers_that_are_not_there_leave_a_gap():
    (line,) = lines([{"loss": 1.0}, {"loss": None}, {"loss": 0.5}])
    assert math.isnan(line[1][1])
    (line,) = lines([{"loss": 1.0}, {"loss": 0.5}, {"other": 2.0}], show=["loss"])
    assert math.isnan(line[2][1])


def test_several_runs_are_a_line_each_of_the_data_that_they_are_judged_by():
    other = {**H, "validation_loss": [1.0, 0.9, 0.8, 0.7]}
    figure = history({"SGD": H, "Adam": other}).figure()
    assert figure.axes[0].get_ylabel() == "validation loss"
    first, second = artists(figure.axes[0], "line")
    assert second.get_ydata().tolist() == other["validation_loss"]
    assert color(first) != color(second)
    assert {"SGD", "Adam"} <= set(said(figure).split("\n"))


def test_names_of_lines_that_end_together_are_kept_apart():
    runs = {f"run {i}": {"test_loss": [2.0, 1.0 + 0.001 * i]} for i in range(7)}
    assert_all_words_can_be_read(history(runs).figure(), least=12)


@pytest.mark.parametrize("count", [1, 2, 300])
def test_a_history_of_any_length_can_be_drawn(count):
    figure = history({"train_loss": [1.0 / (i + 1) for i in range(count)]}).figure()
    assert_all_words_can_be_read(figure)
    assert all(float(tick).is_integer() for tick in figure.axes[0].get_xticks())


@pytest.mark.parametrize(
    "h, error, words",
    [
        ([], TypeError, r"got \[\], a list; expected columns by name"),
        ("text", TypeError, "got 'text', a str"),
        ({"loss": ["a"]}, TypeError, r"got loss=\['a'\], a list; expected a list of numbers"),
        ({"loss": 3.0}, TypeError, r"got loss=3.0, a float; expected a list of numbers"),
        ({"loss": [1.0], "lr": []}, ValueError, "columns of the lengths .*'lr': 0"),
        ({"epoch": [1]}, ValueError, "no column to draw"),
    ],
)
def test_what_is_no_history_is_refused(h, error, words):
    with pytest.raises(error, match=words):
        history(h)


def test_a_panel_that_there_is_none_of_is_refused():
    with pytest.raises(ValueError, match="show='speed'; expected some of loss, accuracy, lr"):
        history(H, show=["speed"])
