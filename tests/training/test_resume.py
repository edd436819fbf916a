"""A training that was killed goes on to the same numbers, bit for bit."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import autodiff
from autodiff import data, fit, optim
from autodiff.nn import MLP, Linear, cross_entropy, mse
from autodiff.training import Callback, Checkpoint, KeepBest
from autodiff.training.run import print_of

from .networks import EPOCHS, ROOT, TEST, numbers, setup, train


class Killed(BaseException):
    """What ends a process at once."""


class KillAt(Callback):
    """End the training in one of its updates, before anything of it is saved, or in validation."""

    def __init__(self, step=None, epoch=None):
        self.step, self.epoch = step, epoch

    def on_step_end(self, run):
        if run.step == self.step:
            raise Killed

    def on_epoch_end(self, run):
        if run.epoch == self.epoch:
            raise Killed


def interrupted(tmp_path, kills, every, **options):
    """Train with a new process's worth of objects after each kill; return the numbers."""
    for kill in [*kills, KillAt()]:
        parts = setup(**options)
        try:
            history = train(parts, kill, Checkpoint(tmp_path / "run", every=every), resume=True)
        except Killed:
            continue
        return numbers(parts, history)
    raise AssertionError("the last one was killed too")


@pytest.mark.parametrize("kind", [pytest.param("tensors", marks=pytest.mark.slow), "values"])
@pytest.mark.parametrize("every", [None, 1, 3])
def test_it_goes_on_exactly_wherever_it_was_killed(tmp_path, kind, every):
    parts = setup(kind)
    whole = numbers(parts, train(parts))
    steps = parts.optimizer.steps
    assert steps == 4 * EPOCHS
    rng = random.Random(every or 0)
    cuts = range(1, steps + 1) if kind == "tensors" else rng.sample(range(1, steps + 1), 3)
    for cut in cuts:
        folder = tmp_path / str(cut)
        folder.mkdir()
        assert interrupted(folder, [KillAt(cut)], every, kind=kind) == whole, cut


def test_it_goes_on_exactly_after_many_kills(tmp_path):
    parts = setup(accumulate=3)
    whole = numbers(parts, train(parts))
    steps = range(1, parts.optimizer.steps + 1)
    kills = [kill for step in steps for kill in (KillAt(step), KillAt(epoch=step // 3))]
    assert interrupted(tmp_path, kills, 1, accumulate=3) == whole


def test_a_training_that_stopped_early_stays_stopped(tmp_path):
    parts = setup(patience=1)
    history = train(parts)
    assert history.epochs < EPOCHS
    assert history.stopped.startswith("as validation_accuracy was not better than")
    kills = [KillAt(3), KillAt(epoch=2)]
    assert interrupted(tmp_path, kills, 1, patience=1) == numbers(parts, history)
    again = setup(patience=1)
    gone_on = train(again, Checkpoint(tmp_path / "run"), resume=True)
    assert numbers(again, gone_on) == numbers(parts, history)
    assert gone_on.stopped == history.stopped


def test_a_finished_training_can_be_made_longer(tmp_path):
    def run(epochs, resume):
        autodiff.seed(1)
        model = Linear(3, 1)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        x = np.random.default_rng(0).normal(size=(20, 3)).astype("f")
        fit(model, (x, x[:, :1]), mse, optimizer, epochs, batch_size=4,
            callbacks=[Checkpoint(tmp_path / "run")], resume=resume)  # fmt: skip
        return model.weight.data.tobytes()

    whole = run(5, resume=False)
    run(2, resume=False)
    assert run(5, resume=True) == whole


def test_a_loader_that_draws_random_numbers_goes_on_exactly(tmp_path):
    class Noisy(data.DataLoader):
        def _batches(self, order):
            scale = 1.0 + random.random()
            for x, y in super()._batches(order):
                yield (x * scale + random.gauss(0.0, 0.1)).astype("f"), y

    def run(kill):
        autodiff.seed(2)
        model = Linear(2, 2)
        optimizer = optim.RMSProp(model.parameters())
        x, y = data.moons(30, seed=3)
        loader = Noisy(x, y, batch_size=4, shuffle=True)
        history = fit(model, loader, cross_entropy, optimizer, 3, resume=True,
                      callbacks=[kill, Checkpoint(tmp_path / "run", every=1)])  # fmt: skip
        return history.steps

    whole = run(KillAt())
    os.remove(tmp_path / "run.checkpoint.safetensors")
    for cut in (3, 8, 9, 15):
        with pytest.raises(Killed):
            run(KillAt(cut))
    assert run(KillAt()) == whole


# -- a real process, really killed -----------------------------------------------------------------

PROGRAM = """
import sys
from autodiff.training import Callback, Checkpoint
from tests.training.networks import numbers, setup, train
import hashlib, time

class Slow(Callback):
    def on_step_end(self, run):
        time.sleep({pause})

parts = setup()
print("ready", flush=True)
history = train(parts, Slow(), Checkpoint(sys.argv[1], every=1), resume=True)
text = repr(sorted(numbers(parts, history).items()))
print("digest", hashlib.sha256(text.encode()).hexdigest(), flush=True)
"""


def start(path, pause):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(pause=pause), str(path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def kill_until_done(path, rng, kills, pause=0.02, longest=0.5):
    """Start and kill so many times at random moments; then let it end. Return digest and kills."""
    done = 0
    for number in range(kills + 1):
        process = start(path, pause)
        assert process.stdout.readline() == "ready\n"
        if number < kills:
            time.sleep(rng.uniform(0.0, longest))
            process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.stdout.close()
        done += process.wait() == -signal.SIGKILL
        if rest.startswith("digest"):
            return rest.split()[1], done
    raise AssertionError("it ended without its numbers")


@pytest.mark.slow
def test_a_process_killed_at_random_moments_ends_with_the_same_numbers(tmp_path):
    parts = setup()
    text = repr(sorted(numbers(parts, train(parts)).items()))
    whole = hashlib.sha256(text.encode()).hexdigest()
    digest, kills = kill_until_done(tmp_path / "run", random.Random(5), kills=6, longest=0.2)
    assert kills >= 3
    assert digest == whole
    assert os.listdir(tmp_path) == ["run.checkpoint.safetensors"]


# -- what does not fit -----------------------------------------------------------------------------


def test_without_a_file_it_starts_and_without_a_checkpoint_it_is_refused(tmp_path):
    parts = setup()
    assert train(parts, Checkpoint(tmp_path / "run"), resume=True).epochs == EPOCHS
    with pytest.raises(ValueError, match="got resume=True and 0 Checkpoints; expected one"):
        train(setup(), resume=True)


def others():
    def model(parts):
        parts.model.layers[2] = autodiff.nn.Tanh()

    def width(parts):
        parts.model = MLP(2, [3, 2])
        parts.optimizer = optim.Adam(parts.model.parameters())

    def optimizer(parts):
        parts.optimizer = optim.SGD(parts.model.parameters(), 0.1)

    def held_out(parts):
        parts.options["validation"] = TEST[0][::-1], TEST[1]

    def rate(parts):
        parts.optimizer.lr = 0.1

    def betas(parts):
        parts.optimizer.betas = (0.8, 0.999)

    def callbacks(parts):
        parts.stop = KeepBest()

    def monitor(parts):
        parts.stop.monitor = "train_loss"

    return [
        (model, {}, r"layer3 is ReLU there; expected Tanh"),
        (width, {}, r"the model is Sequential there; expected MLP"),
        (optimizer, {}, "optimizer is Adam there; expected SGD"),
        (rate, {}, r"lr at the start is a function of the step there; expected 0.1"),
        (held_out, {}, r"validation is .* there; expected .* CRC"),
        (betas, {}, r"betas is \(0.9, 0.999\) in the state; expected \(0.8, 0.999\)"),
        (callbacks, {}, "its callbacks are EarlyStopping; expected KeepBest"),
        (monitor, {}, "one that watches validation_accuracy; expected train_loss"),
        (None, {"batch_size": 5}, "batch_size is 8 there; expected 5"),
        (None, {"clip_norm": None}, "clip_norm is 1.0 there; expected None"),
        (None, {"accumulate": 1}, "accumulate is 2 there; expected 1"),
    ]


@pytest.mark.parametrize("change, options, message", others())
def test_a_checkpoint_of_another_training_is_refused_and_nothing_changes(
    tmp_path, change, options, message
):
    train(setup(), Checkpoint(tmp_path / "run"))
    content = (tmp_path / "run.checkpoint.safetensors").read_bytes()
    parts = setup()
    if change:
        change(parts)
    before = repr((parts.model.state_dict(), parts.optimizer.state_dict(), parts.stop.state_dict()))
    with pytest.raises(ValueError, match=r"run\.checkpoint\.safetensors does not fit: ") as caught:
        train(parts, Checkpoint(tmp_path / "run"), resume=True, **options)
    assert caught.match(message)
    assert "without resume=True" in str(caught.value)
    after = repr((parts.model.state_dict(), parts.optimizer.state_dict(), parts.stop.state_dict()))
    assert after == before
    assert (tmp_path / "run.checkpoint.safetensors").read_bytes() == content


def test_other_numbers_of_the_same_shape_are_other_data(tmp_path):
    x, y = np.arange(12.0).reshape(6, 2), np.arange(6.0).reshape(6, 1)

    def go_on(x, y):
        model = autodiff.nn.Sequential(autodiff.nn.Linear(2, 1, init=autodiff.nn.zeros))
        optimizer = optim.SGD(model.parameters(), 1e-4)
        checkpoint = Checkpoint(tmp_path / "run")
        fit(model, (x, y), autodiff.nn.mse, optimizer, 2, callbacks=[checkpoint], resume=True)

    go_on(x, y)
    go_on(x.copy(), y.copy())
    y[3] += 1e-12
    with pytest.raises(ValueError, match=r"it is of another training:\n  data is \['float64 .*CRC"):
        go_on(x, y)


@pytest.mark.parametrize("killed_at", [4, 6, 9])
def test_a_rate_that_a_callback_changes_goes_on_as_it_was(tmp_path, killed_at):
    def begin(**options):
        parts = setup()
        parts.optimizer = optim.Adam(parts.model.parameters(), lr=0.05)

        def halve(run):
            run.optimizer.lr *= 0.5

        return parts, lambda *callbacks: train(parts, halve, *callbacks, **options)

    whole, go = begin()
    expected = numbers(whole, go())

    def kill(run):
        if run.step >= killed_at:
            raise SystemExit

    _, go = begin()
    killer = autodiff.training.Callback()
    killer.on_step_end = kill
    with pytest.raises(SystemExit):
        go(Checkpoint(tmp_path / "run", every=1), killer)
    parts, go = begin(resume=True)
    assert numbers(parts, go(Checkpoint(tmp_path / "run", every=1))) == expected


def test_another_rate_at_the_start_is_told_with_the_way_to_have_one(tmp_path):
    def begin(rate):
        parts = setup()
        parts.optimizer = optim.Adam(parts.model.parameters(), lr=rate)
        return train(parts, Checkpoint(tmp_path / "run"), resume=True)

    begin(0.05)
    with pytest.raises(
        ValueError, match=r"lr at the start is 0\.05 there; expected 0\.01"
    ) as caught:
        begin(0.01)
    assert "let a callback set run.optimizer.lr in on_epoch_start" in str(caught.value)


@pytest.mark.parametrize(
    "array",
    [
        np.array(["2026-11-25", "2026-11-26"], "datetime64[D]"),
        np.array(["a", "b"]),
        np.zeros((0, 3)),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    ],
)
def test_data_of_every_type_have_a_checksum_of_their_numbers(array):
    found = print_of(array)
    assert found == print_of(array.copy())
    if array.size:
        assert found != print_of(array[::-1])
