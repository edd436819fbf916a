"""`autodiff mnist --predict`: a trained network says which digit a picture shows."""

import re
from pathlib import Path

import numpy as np
import pytest

from autodiff import Tensor, nn, serialization
from autodiff.__main__ import main
from autodiff.data import load_mnist_small
from autodiff.recognition import in_characters, network, perceptron

Image = pytest.importorskip("PIL.Image", reason="needs Pillow")


class Scale(nn.Module):
    """One number as a weight."""

    def __init__(self):
        self.weight = Tensor(2.0, requires_grad=True)

    def forward(self, x):
        return x * self.weight


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Weights that the command has saved."""
    name = tmp_path_factory.mktemp("trained") / "small"
    words = ["mnist", "--small", "--epochs", "2", "--hidden", "32", "--lr", "0.005"]
    assert main([*words, "--activation", "tanh", "-o", str(name)]) == 0
    return f"{name}.safetensors"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_digit(path, index):
    """Save a digit of the data set, dark on light, and return which it is."""
    _, (digits, labels) = load_mnist_small()
    grey = 255 - (digits[index].reshape(28, 28) * 200).astype(np.uint8)
    Image.fromarray(grey).resize((200, 200)).save(path)
    return labels[index]


def test_images_are_named_with_their_digits_and_shown(here, trained, capsys):
    labels = [write_digit(f"{i}.png", i) for i in range(0, 40, 4)]
    paths = [f"{i}.png" for i in range(0, 40, 4)]
    assert main(["mnist", "--predict", *paths, "--weights", trained]) == 0
    printed = capsys.readouterr().out
    number = r"(\d) \(([\d.]+) %\)"
    lines = re.findall(rf"^{number}, then {number} or {number}: (.*)$", printed, re.M)
    assert [line[-1] for line in lines] == paths
    assert sum(int(line[0]) == label for line, label in zip(lines, labels)) >= 8
    for line in lines:
        odds = [float(line[i]) for i in (1, 3, 5)]
        assert odds == sorted(odds, reverse=True)
        assert sum(odds) <= 100.2
        assert len({line[0], line[2], line[4]}) == 3
    assert "@" in printed
    assert len(printed.splitlines()) == 10 * 15


def test_the_weights_are_those_of_the_output_name(here, trained, capsys):
    write_digit("digit.png", 0)
    (here / "mnist.safetensors").write_bytes(Path(trained).read_bytes())
    assert main(["mnist", "--predict", "digit.png"]) == 0
    first = capsys.readouterr().out
    (here / "mnist.safetensors").rename(here / "other.safetensors")
    assert main(["mnist", "--predict", "digit.png", "-o", "other"]) == 0
    assert capsys.readouterr().out == first


def test_a_network_comes_back_with_its_widths_and_its_activation(trained):
    model = network(trained, "relu")
    assert repr(model) == "Sequential(Linear(784, 32), Tanh(), Linear(32, 10))"
    arrays, _ = serialization.read(trained)
    assert {name: x.tolist() for name, x in model.state_dict().items()} == {
        name: x.tolist() for name, x in arrays.items()
    }


def test_a_file_without_an_activation_has_the_one_that_is_asked_for(here):
    serialization.save(
        nn.Sequential(
            nn.Linear(784, 6), nn.GELU(), nn.Linear(6, 5), nn.GELU(), nn.Linear(5, 10)
        ),
        "a.safetensors",
    )  # fmt: skip
    assert [repr(layer) for layer in network("a.safetensors", "gelu")[1::2]] == ["GELU()"] * 2


@pytest.mark.parametrize(
    "model, activation",
    [
        (lambda: nn.Sequential(nn.Linear(20, 10)), "relu"),
        (lambda: nn.Sequential(nn.Linear(784, 9)), "relu"),
        (lambda: nn.Sequential(nn.Linear(784, 10), nn.Linear(10, 10)), "relu"),
        (lambda: nn.Sequential(nn.ReLU(), nn.ReLU()), "relu"),
        (lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Linear(784, 10)), "relu"),
        (lambda: nn.Sequential(nn.Linear(784, 10)), "swish"),
        (lambda: nn.Sequential(Scale()), "relu"),
    ],
)
def test_another_network_is_refused(here, capsys, model, activation):
    serialization.save(model(), "a.safetensors", {"activation": activation})
    write_digit("digit.png", 0)
    assert main(["mnist", "--predict", "digit.png", "-o", "a"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "autodiff: 'a.safetensors' has the arrays" in captured.err
    assert "expected a network that autodiff mnist saved, from 784 pixels to 10" in captured.err


def test_what_cannot_be_read_is_told_in_one_line_before_anything_is_said(here, trained, capsys):
    write_digit("good.png", 0)
    (here / "text.png").write_text("3")
    Image.new("L", (50, 50), 255).save("empty.png")
    with_weights = ["--weights", trained]
    for words, message in [
        (["good.png", "text.png", *with_weights], r"text\.png is not an image"),
        (["good.png", "nothing.png", *with_weights], r"nothing\.png is not there"),
        (["good.png", "empty.png", *with_weights], r"empty\.png: no digit to be seen"),
        (["good.png"], r"no weights in 'mnist\.safetensors': train a network first, by autodiff"),
        (["good.png", "--weights", "good.png"], r"good\.png, \d+ bytes, is not a whole safeten"),
        (["good.png", "--weights", "."], r"cannot read the weights '\.'"),
    ]:
        assert main(["mnist", "--predict", *words]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert re.match(f"autodiff: .*{message}", captured.err)
        assert len(captured.err.splitlines()) == 1
    assert main(["mnist", "--weights", trained]) == 2
    assert "name an image by --predict" in capsys.readouterr().err


def test_without_pillow_the_command_says_what_to_install(here, trained, capsys, monkeypatch):
    from autodiff import handwriting

    def missing(path):
        raise ModuleNotFoundError('Pillow is not installed: run pip install ".[plot]"')

    monkeypatch.setattr(handwriting, "read_digit", missing)
    assert main(["mnist", "--predict", "a.png", "--weights", trained]) == 2
    assert 'run pip install ".[plot]"' in capsys.readouterr().err


def test_a_picture_in_characters_is_light_where_numbers_are_large():
    image = np.zeros((28, 28))
    image[2:4, 3], image[6, 5] = 1.0, 1.0
    lines = in_characters(image).split("\n")
    assert (len(lines), lines[0], lines[1]) == (14, "", "   @")
    assert lines[3].strip() in ("=", "+", "-")


def test_a_network_that_diverged_says_nothing_of_a_digit(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    model = perceptron([784, 4, 10], "relu", nn.zeros)
    for layer in (model.layers[0], model.layers[2]):
        layer.weight.data = np.full(layer.weight.shape, 1e30, np.float32)
    serialization.save(model, "mnist.safetensors")
    Image.fromarray(np.uint8(np.eye(28) * 255)).save("a.png")
    assert main(["mnist", "--predict", "a.png"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "'mnist.safetensors' gives nan, as one whose training diverged" in captured.err


def test_a_training_beside_a_prediction_is_refused(capsys):
    assert main(["mnist", "--predict", "a.png", "--epochs", "3", "--small"]) == 2
    assert "--predict trains nothing, and got --epochs, --small: leave" in capsys.readouterr().err
