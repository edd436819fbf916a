"""Training a classifier on the bundled part of MNIST, and its command."""

import csv
import os
import random
import re
import signal

import numpy as np
import pytest

import autodiff
from autodiff import Value, fit, serialization, training
from autodiff.__main__ import main
from autodiff.data import DataLoader, load_mnist_small
from autodiff.nn import MLP, Linear, ReLU, Sequential, cross_entropy, he
from autodiff.optim import SGD, Adam


@pytest.fixture(scope="module")
def digits():
    return load_mnist_small()


def classifier(seed=0):
    autodiff.seed(seed)
    return Sequential(Linear(784, 50, init=he), ReLU(), Linear(50, 10, init=he))


def test_a_network_learns_to_read_digits(digits):
    (x, y), test = digits
    model = classifier()
    loader = DataLoader(x, y, batch_size=100, shuffle=True, seed=0)
    optimizer = Adam(model.parameters(), lr=0.003)
    history = fit(model, loader, cross_entropy, optimizer, 4, validation=test)
    assert history["epoch"] == [1, 2, 3, 4]
    assert history["validation_accuracy"][-1] > 0.9
    assert history["train_loss"][-1] < history["train_loss"][0] / 3
    assert model.training
    loss, accuracy = training.evaluate(model, *test, batch_size=300)
    assert accuracy == history["validation_accuracy"][-1]
    assert loss == pytest.approx(history["validation_loss"][-1], rel=1e-5)


def test_a_seeded_training_repeats_to_the_bit(digits):
    (x, y), _ = digits
    runs = []
    for _ in range(2):
        model = classifier(3)
        loader = DataLoader(x[:1000], y[:1000], shuffle=True, seed=5)
        history = fit(model, loader, cross_entropy, SGD(model.parameters(), 0.1), 2)
        runs.append(history.steps + [w.data.sum() for w in model.parameters()])
    assert runs[0] == runs[1]


def test_a_loss_that_is_no_number_stops_the_training_with_its_step(digits):
    (x, y), _ = digits
    model = classifier()
    x = x[:300].copy()
    x[250] = np.nan
    loader = DataLoader(x, y[:300])
    with pytest.raises(training.Diverged, match=r"nan at step 3.*first nan at \[250, 0\] of"):
        fit(model, loader, cross_entropy, SGD(model.parameters(), 0.1), 1)
    before = model.state_dict()
    assert all(np.isfinite(w).all() for w in before.values())


class Narrow(random.Random):
    """Weights from (-0.3, 0.3): 64 inputs would saturate neurons with weights from (-1, 1)."""

    def uniform(self, a, b):
        return 0.3 * super().uniform(a, b)


def test_the_same_network_reads_small_digits_in_scalars(digits):
    """Digits of 8 x 8 and an MLP of Values; its tensor twin gives the same gradients."""
    (x, y), _ = digits
    inner = x[:40].reshape(40, 28, 28)[:, 2:26, 2:26]
    small = inner.reshape(40, 8, 3, 8, 3).mean((2, 4)).reshape(40, 64).astype(float)
    labels = y[:40]
    autodiff.seed(1)
    model = MLP(64, [12, 10], activation="tanh", rng=Narrow(1))
    twin = model.to_tensor()
    optimizer = Adam(model.parameters(), lr=0.02)
    losses = []
    for step in range(25):
        loss = cross_entropy(model(small), labels)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            expected = cross_entropy(twin(small), labels)
            expected.backward()
            assert isinstance(loss, Value)
            assert loss.data == pytest.approx(expected.item(), rel=1e-12)
            grads = [[w.grad for w in n.w] for n in model.layers[0].neurons]
            np.testing.assert_allclose(grads, twin[0].weight.grad, rtol=1e-9, atol=1e-15)
        optimizer.step()
        losses.append(loss.data)
    assert losses[-1] < 0.3 * losses[0]


# -- the command -----------------------------------------------------------------------------------


def test_the_command_trains_saves_and_tells(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["mnist", "--small", "--epochs", "2", "--hidden", "32", "--lr", "0.003"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "784-32-10, relu, adam at 0.003, 5,000 images in batches of 100" in printed
    accuracy = float(re.findall(r"test accuracy ([\d.]+)", printed)[-1])
    assert accuracy > 0.85
    with open("mnist.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[-1]["test_accuracy"]) == pytest.approx(accuracy, abs=1e-4)
    model = Sequential(Linear(784, 32), ReLU(), Linear(32, 10))
    serialization.load(model, "mnist.safetensors")
    _, test = load_mnist_small()
    assert training.evaluate(model, *test)[1] == pytest.approx(accuracy, abs=1e-4)
    assert (tmp_path / "mnist.png").stat().st_size > 5000


@pytest.mark.parametrize(
    "output, expected", [("a.csv", "a"), ("d/", "d/mnist"), ("d", "d/mnist"), ("./b", "b")]
)
def test_files_are_named_after_what_is_asked_for(tmp_path, monkeypatch, output, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    assert main(["mnist", "--small", "--epochs", "1", "--hidden", "4", "-o", output]) == 0
    for ending in ("safetensors", "csv", "png"):
        assert (tmp_path / f"{expected}.{ending}").is_file()


@pytest.mark.parametrize(
    "optimizer", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adamw"]
)
def test_every_optimizer_of_the_command_learns(tmp_path, monkeypatch, capsys, optimizer):
    monkeypatch.chdir(tmp_path)
    words = ["mnist", "--small", "--epochs", "1", "--hidden", "16", "--optimizer", optimizer]
    assert main([*words, "--schedule", "cosine", "--activation", "tanh", "-o", "a"]) == 0
    assert float(re.findall(r"test accuracy ([\d.]+)", capsys.readouterr().out)[-1]) > 0.5
    assert {path.name for path in tmp_path.iterdir()} == {"a.safetensors", "a.csv", "a.png"}


def test_a_rate_that_is_too_large_is_told_and_earlier_files_stay(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("mnist.safetensors", "mnist.csv", "mnist.png"):
        (tmp_path / name).write_text("earlier")
    words = ["mnist", "--small", "--optimizer", "sgd", "--lr", "1e30", "--hidden", "16"]
    assert main(words) == 1
    printed = capsys.readouterr().out
    assert re.search(
        r"stopped: the loss is (nan|inf) at step \d+, in epoch 1: .*try a smaller", printed
    )
    assert "no epoch is finished, so mnist.safetensors is not written" in printed
    assert {path.read_text() for path in tmp_path.iterdir()} == {"earlier"}


def test_a_training_that_diverges_late_leaves_the_weights_of_its_best_epoch(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    keep = training.KeepBest.on_epoch_end
    accuracies = []

    def spoiling(best, run):
        keep(best, run)
        accuracies.append(run.history["validation_accuracy"][-1])
        if run.epoch == 3:
            best.best_epoch, best.weights = 2, {k: x * 0 for k, x in best.weights.items()}
            run.model.layers[0].weight.data = run.model.layers[0].weight.data * 1e38

    monkeypatch.setattr(training.KeepBest, "on_epoch_end", spoiling)
    assert main(["mnist", "--small", "--epochs", "4", "--hidden", "8"]) == 1
    printed = capsys.readouterr().out
    assert re.search(r"stopped: the loss is .* in epoch 4", printed)
    assert "the weights are those of epoch 2, the best" in printed
    assert f"test accuracy {accuracies[1]:.4f}" in printed
    arrays, _ = serialization.read("mnist.safetensors")
    assert all(not x.any() for x in arrays.values())  # what was kept, by name
    assert not (tmp_path / "mnist.checkpoint.safetensors").exists()


class Killed(BaseException):
    """What ends a process at once."""


def test_what_was_stopped_is_gone_on_with_to_the_same_numbers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["mnist", "--small", "--epochs", "3", "--hidden", "8", "--seed", "3"]
    assert main([*words, "-o", "whole"]) == 0
    capsys.readouterr()
    evaluate = training.loop.evaluate
    calls = []

    def killed(*args, **options):
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        return evaluate(*args, **options)

    monkeypatch.setattr(training.loop, "evaluate", killed)
    with pytest.raises(Killed):
        main([*words, "-o", "part"])
    assert {path.name for path in tmp_path.glob("part*")} == {"part.checkpoint.safetensors"}
    capsys.readouterr()
    assert main([*words, "-o", "part", "--resume"]) == 0
    printed = capsys.readouterr().out
    assert re.findall(r"^ +(\d) ", printed, re.M) == ["2", "3"]
    ends = [(tmp_path / f"{name}.safetensors").read_bytes() for name in ("whole", "part")]
    assert ends[0] == ends[1]
    assert not (tmp_path / "part.checkpoint.safetensors").exists()
    assert main([*words[:3], "1", *words[4:], "-o", "part", "--resume"]) == 0
    printed = capsys.readouterr().out
    assert "there is no part.checkpoint.safetensors to go on from, so this starts anew" in printed


def test_ctrl_c_keeps_the_best_weights_and_a_checkpoint(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    evaluate = training.loop.evaluate
    calls = []

    def interrupted(*args, **options):
        calls.append(1)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        return evaluate(*args, **options)

    monkeypatch.setattr(training.loop, "evaluate", interrupted)
    words = ["mnist", "--small", "--epochs", "5", "--hidden", "8"]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "stopped by hand in epoch 3; to go on, say --resume" in printed
    assert "the weights are those of epoch 2, the best" in printed
    model = Sequential(Linear(784, 8), ReLU(), Linear(8, 10))
    serialization.load(model, "mnist.safetensors")
    accuracy = training.evaluate(model, *load_mnist_small()[1])[1]
    assert f"test accuracy {accuracy:.4f}" in printed
    assert (tmp_path / "mnist.checkpoint.safetensors").exists()
    assert main([*words[:-1], "9", "--resume"]) == 2
    assert "does not fit: it is of another training" not in (error := capsys.readouterr().err)
    assert "layer1.weight has shape (8, 784); expected (9, 784)" in error
    main(words)
    assert "this starts anew: with --resume it would go on from" in capsys.readouterr().out


@pytest.mark.parametrize("epoch, words", [(1, "is nothing to go on from"), (2, "say --resume")])
def test_ctrl_c_twice_ends_it_with_a_word(tmp_path, monkeypatch, capsys, epoch, words):
    monkeypatch.chdir(tmp_path)
    evaluate = training.loop.evaluate
    calls = []

    def interrupted(*args, **options):
        calls.append(1)
        if len(calls) == epoch:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return evaluate(*args, **options)

    monkeypatch.setattr(training.loop, "evaluate", interrupted)
    main(["mnist", "--small", "--epochs", "3", "--hidden", "8"])
    printed = capsys.readouterr().out
    assert f"stopped by hand in epoch {epoch}; " in printed
    assert words in printed
    assert ("mnist.safetensors is not written" in printed) == (epoch == 1)


def test_ctrl_c_while_the_picture_is_drawn_says_what_is_written(tmp_path, monkeypatch, capsys):
    from matplotlib.figure import Figure

    def drawing(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Figure, "savefig", drawing)
    assert main(["mnist", "--small", "--epochs", "1", "--hidden", "8"]) == 130
    printed = capsys.readouterr().out
    assert "stopped while drawing mnist.png, which is not written" in printed
    assert "wrote mnist.safetensors, mnist.csv\n" in printed
    assert sorted(os.listdir(tmp_path)) == ["mnist.csv", "mnist.safetensors"]


def test_a_full_disk_ends_it_in_words(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["mnist", "--small", "--epochs", "2", "--hidden", "4"]) == 1
    printed = capsys.readouterr().out
    assert "stopped: the checkpoint mnist.checkpoint.safetensors of step 50 cannot be" in printed
    assert "No space left on device" in printed
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "words, message",
    [
        (["--hidden", "a"], "got 'a'; expected a whole number, 1 to 999999"),
        (["--epochs", "0"], "got '0'; expected a whole number, 1 to 999999"),
        (["--lr", "-1"], "expected"),
        (["--optimizer", "magic"], "invalid choice"),
        (["--data", "/no/such/folder"], "there is no such folder"),
        (["extra"], "unrecognized arguments: extra"),
        (["--small", "--data", "."], "--small and --data exclude each other"),
        (["--small", "-o", "no/such/name"], "the folder 'no/such', which is not there"),
        (["--hidden", "100000000000"], "expected a whole number, 1 to 999999"),
        (["--lr", "inf"], "expected a finite number above 0"),
    ],
)
def test_what_is_misused_is_told_in_words(capsys, words, message):
    assert main(["mnist", *words]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.startswith("autodiff: ")
    assert "Traceback" not in printed.err


def test_without_the_whole_of_mnist_it_trains_on_the_part_and_says_so(
    tmp_path, monkeypatch, capsys
):
    from autodiff import data

    def nowhere(root=None):
        raise FileNotFoundError("load_mnist() found MNIST nowhere")

    monkeypatch.setattr(data, "load_mnist", nowhere)
    monkeypatch.delenv("AUTODIFF_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["mnist", "--epochs", "1", "--hidden", "8"]) == 0
    printed = capsys.readouterr().out
    assert "found MNIST nowhere" in printed
    assert "So this trains on the part of MNIST inside the package, 5,000 images." in printed
