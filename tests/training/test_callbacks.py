"""Callbacks: when they are called, early stopping, the bar."""

import io
import sys

import numpy as np
import pytest

from autodiff import fit, optim
from autodiff.nn import Linear, cross_entropy, mse
from autodiff.training import Callback, Checkpoint, EarlyStopping, KeepBest, ProgressBar

from .networks import EPOCHS, setup, train


class Recorder(Callback):
    def __init__(self):
        self.heard = []

    def on_start(self, run):
        self.heard.append("start")

    def on_epoch_start(self, run):
        self.heard.append(f"epoch {run.epoch}")

    def on_step_end(self, run):
        self.heard.append(run.step)

    def on_epoch_end(self, run):
        self.heard.append(f"loss {run.loss == run.history['train_loss'][-1]}")

    def on_end(self, run):
        self.heard.append("end")

    def close(self, run):
        self.heard.append("close")


def test_each_is_called_in_its_time():
    recorder = Recorder()
    train(setup(), recorder, epochs=2)
    assert recorder.heard == [
        "start", "epoch 1", 1, 2, 3, 4, "loss True", "epoch 2", 5, 6, 7, 8, "loss True", "end",
        "close",
    ]  # fmt: skip


def test_after_an_error_they_are_closed():
    class Broken(Recorder):
        def on_step_end(self, run):
            raise OSError("broken")

    broken = Broken()
    with pytest.raises(OSError, match="broken"):
        train(setup(), broken)
    assert broken.heard == ["start", "epoch 1", "close"]


def test_a_function_is_called_after_each_epoch():
    seen = []
    train(setup(), lambda run: seen.append(run.epoch))
    assert seen == list(range(1, EPOCHS + 1))


@pytest.mark.parametrize("thing", [EarlyStopping, "stop", 3])
def test_anything_else_is_no_callback(thing):
    with pytest.raises(TypeError, match="among the callbacks; expected a Callback, or a function"):
        train(setup(), thing)


def test_one_that_is_not_in_a_list_is_told():
    parts = setup()
    with pytest.raises(TypeError, match="for callbacks; expected a list of them"):
        train(parts, callbacks=parts.stop)


def test_a_callback_may_stop_after_an_update_or_an_epoch():
    def after(run):
        if run.epoch == 2:
            run.stop("as it is enough")

    parts = setup()
    history = train(parts, after)
    assert (history.epochs, history.stopped) == (2, "as it is enough")

    class Soon(Callback):
        def on_step_end(self, run):
            if run.step == 6:
                run.stop("soon")

    parts = setup()
    history = train(parts, Soon())
    assert (history.epochs, len(history.steps), history.stopped) == (1, 6, "soon")


class Script:
    """A training of which the validation loss is written down before."""

    def __init__(self, monkeypatch, losses):
        from autodiff.training import loop

        losses = iter(losses)
        monkeypatch.setattr(loop, "evaluate", lambda *_, **__: (next(losses), 0.5))

    def fit(self, *callbacks):
        model = Linear(1, 1)
        optimizer, weights = optim.SGD(model.parameters(), 0.1), []
        history = fit(
            model, (np.ones((4, 1), "f"), np.zeros((4, 1))), mse, optimizer, 8,
            validation=([[1.0]], [[0.0]]),
            callbacks=[*callbacks, lambda run: weights.append(model.weight.item())],
        )  # fmt: skip
        return history, weights, model.weight.item()


LOSSES = [1.0, 0.5, 0.6, 0.45, 0.7, 0.7, 0.7, 0.7]


def test_it_stops_when_nothing_got_better_and_gives_the_best_weights_back(monkeypatch):
    stop = EarlyStopping(patience=2)
    history, weights, last = Script(monkeypatch, LOSSES).fit(stop)
    assert history.epochs == 6
    assert history.stopped == "as validation_loss was not better than 0.45 for 2 epochs"
    assert (stop.best, stop.best_epoch) == (0.45, 4)
    assert last == weights[3] != weights[5]


def test_what_is_better_by_less_than_min_delta_does_not_count(monkeypatch):
    stop = EarlyStopping(patience=2, min_delta=0.1)
    history, weights, last = Script(monkeypatch, LOSSES).fit(stop)
    assert (history.epochs, stop.best_epoch) == (4, 2)
    assert last == weights[1]


def test_an_accuracy_is_better_when_it_is_larger(monkeypatch):
    stop = EarlyStopping("validation_accuracy", patience=3)
    history, _, _ = Script(monkeypatch, LOSSES).fit(stop)
    assert history.epochs == 4
    stop = EarlyStopping(patience=1, mode="max", restore=False)
    history, weights, last = Script(monkeypatch, [1.0, 2.0, 3.0, 2.0]).fit(stop)
    assert (history.epochs, stop.best_epoch) == (4, 3)
    assert last == weights[3]


def test_nan_is_never_the_best(monkeypatch):
    nan = float("nan")
    stop = EarlyStopping(patience=3)
    history, _, _ = Script(monkeypatch, [nan, 1.0, nan, nan, nan]).fit(stop)
    assert (history.epochs, stop.best_epoch) == (5, 2)


def test_used_again_it_begins_anew(monkeypatch):
    stop = EarlyStopping(patience=2)
    Script(monkeypatch, LOSSES).fit(stop)
    history, _, _ = Script(monkeypatch, [9.0, 8.0, 8.0, 8.0]).fit(stop)
    assert (history.epochs, stop.best) == (4, 8.0)


def test_without_early_stopping_the_weights_are_the_last(monkeypatch):
    _, weights, last = Script(monkeypatch, LOSSES).fit()
    assert last == weights[-1]
    _, weights, last = Script(monkeypatch, LOSSES).fit(KeepBest(restore=True))
    assert last == weights[3]


def test_what_there_is_nothing_to_watch_of_is_told_before_the_training(tmp_path):
    model = Linear(2, 2)
    arguments = model, (np.zeros((4, 2), "f"), np.zeros(4, int)), cross_entropy
    optimizer = optim.SGD(model.parameters(), 0.1)
    with pytest.raises(ValueError, match=r"EarlyStopping watches validation_loss, which there is"):
        fit(*arguments, optimizer, 3, callbacks=[EarlyStopping(), Checkpoint(tmp_path / "run")])
    assert optimizer.steps == 0
    with pytest.raises(
        ValueError, match="EarlyStopping got monitor='val_loss'; expected one of tr"
    ):
        EarlyStopping("val_loss")


def test_an_accuracy_that_there_is_not_is_told_by_who_watches_it():
    model = Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), 0.1)
    with pytest.raises(ValueError, match=r"KeepBest watches train_accuracy, which .* for this lo"):
        fit(
            model, (np.zeros((4, 2), "f"), np.zeros((4, 1), "f")), mse, optimizer, 3,
            callbacks=[KeepBest("train_accuracy")],
        )  # fmt: skip


@pytest.mark.parametrize(
    "options, words",
    [
        ({"patience": 0}, "got patience=0; expected a whole number of at least 1"),
        ({"patience": 1.5}, r"got patience=1\.5"),
        ({"min_delta": -1.0}, r"got min_delta=-1\.0; expected a number of at least 0"),
        ({"mode": "best"}, "got mode='best'; expected 'min', 'max' or 'auto'"),
    ],
)
def test_settings_that_make_no_sense_are_told(options, words):
    with pytest.raises(ValueError, match=f"EarlyStopping {words}"):
        EarlyStopping(**options)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_there_is_a_bar_with_loss_and_accuracy(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    history = train(setup(), epochs=2)
    last = screen.getvalue().split("\r")[-1]
    assert "epoch 2/2: 100%" in last
    for name, label in [
        ("train_loss", "loss"),
        ("train_accuracy", "accuracy"),
        ("validation_loss", "validation_loss"),
        ("validation_accuracy", "validation_accuracy"),
    ]:
        assert f"{label}={history[name][-1]:.4f}" in last


def test_elsewhere_nothing_is_written(capsys):
    train(setup(), ProgressBar(keep=False), epochs=1)
    assert capsys.readouterr() == ("", "")
