"""Ctrl-C: noted, looked for between updates, and at once when it comes twice."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from autodiff.training import Callback, Checkpoint
from autodiff.training.checkpoints import from_file
from autodiff.training.interrupts import held_back

from .networks import ROOT, numbers, setup, train


def press():
    signal.raise_signal(signal.SIGINT)


class PressAt(Callback):
    """Press Ctrl-C in the middle of things, so many times."""

    def __init__(self, step, times=1):
        self.step, self.times = step, times

    def on_step_end(self, run):
        if run.step == self.step:
            for _ in range(self.times):
                press()


def test_the_first_is_noted_and_the_second_raises():
    with held_back() as pressed:
        assert not pressed()
        press()
        assert pressed()
        with pytest.raises(KeyboardInterrupt):
            press()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        press()


def test_what_somebody_else_does_with_it_is_left_to_them():
    heard = []
    handler = lambda *_: heard.append(1)
    before = signal.signal(signal.SIGINT, handler)
    try:
        with held_back() as pressed:
            press()
            assert not pressed()
            assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [1]


def test_in_another_thread_one_can_train_too():
    found = []
    thread = threading.Thread(target=lambda: found.append(train(setup(), epochs=1).epochs))
    thread.start()
    thread.join()
    assert found == [1]


def test_it_ends_the_training_with_the_best_weights_and_a_checkpoint_to_go_on_from(tmp_path):
    whole = setup()
    expected = numbers(whole, train(whole))
    parts = setup()
    history = train(parts, PressAt(14), Checkpoint(tmp_path / "run"))
    assert history.stopped == "by hand"
    assert (history.epochs, len(history.steps)) == (3, 14)
    best = {name: x.tolist() for name, x in parts.stop.weights.items()}
    assert {name: x.tolist() for name, x in parts.model.state_dict().items()} == best
    assert from_file(str(tmp_path / "run.checkpoint.safetensors"))["optimizer"]["steps"] == 14
    parts = setup()
    history = train(parts, Checkpoint(tmp_path / "run"), resume=True)
    assert history.stopped == ""
    assert numbers(parts, history) == expected


def test_without_validation_the_weights_are_the_present_ones(tmp_path):
    parts = setup()
    parts.stop = lambda run: None
    history = train(parts, PressAt(5), Checkpoint(tmp_path / "run"), validation=None)
    assert history.stopped == "by hand"
    saved = from_file(str(tmp_path / "run.checkpoint.safetensors"))["model"]
    for name, numbers_ in parts.model.state_dict().items():
        assert numbers_.tobytes() == saved[name].tobytes()


def test_a_second_one_ends_it_at_once_and_leaves_the_checkpoint_before(tmp_path):
    parts = setup()
    history = train(parts, Checkpoint(tmp_path / "run", every=1), PressAt(6, times=2))
    assert history.stopped == "by hand"
    saved = from_file(str(tmp_path / "run.checkpoint.safetensors"))
    assert saved["optimizer"]["steps"] == 5
    assert os.listdir(tmp_path) == ["run.checkpoint.safetensors"]


def test_one_while_the_last_checkpoint_is_written_leaves_the_one_before(tmp_path, monkeypatch):
    parts = setup()
    content = []

    class Hurry(Checkpoint):
        def on_end(self, run):
            with open(self.path, "rb") as file:
                content.append(file.read())
            monkeypatch.setattr(os, "fsync", lambda descriptor: press())
            super().on_end(run)

    with pytest.raises(KeyboardInterrupt):
        train(parts, PressAt(6), Hurry(tmp_path / "run"))
    assert (tmp_path / "run.checkpoint.safetensors").read_bytes() == content[0]
    assert os.listdir(tmp_path) == ["run.checkpoint.safetensors"]


PROGRAM = """
import time
from autodiff.training import Callback
from tests.training.networks import setup, train

class Slow(Callback):
    def on_step_end(self, run):
        print("step", run.step, flush=True)
        time.sleep(0.05)

print(train(setup(), Slow(), epochs=1000))
"""


def test_the_key_itself_ends_a_process_in_order():
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    for _ in range(5):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 0
    assert "stopped by hand)" in out
    assert err == ""
