"""All plots: two themes, no word clipped, the same file twice, films of few pictures, no traces."""

from __future__ import annotations

import io
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

import autodiff
from autodiff import Tensor, Value, data, nn
from tests.long import ALL
from tests.visualize.plotting import assert_all_words_can_be_read, said
from visualize import plots
from visualize.style import DARK, LIGHT

ROOT = Path(__file__).resolve().parents[2]
HISTORY = {
    "epoch": [1, 2, 3, 4],
    "train_loss": [2.0, 1.0, 0.5, 0.25],
    "train_accuracy": [0.5, 0.75, 0.9, 0.99],
    "validation_loss": [1.8, 1.1, 0.7, 0.8],
    "validation_accuracy": [0.5, 0.7, 0.88, 0.87],
    "lr": [0.1, 0.1, 0.01, 0.01],
}
PATH = [(10.0, 10.0), (4.0, 2.0), (1.6, 0.4), (0.64, 0.08)]
IMAGES = np.linspace(0.0, 1.0, 12 * 16).reshape(12, 16)


def bowl(x, y):
    return 3 * x**2 + 4 * y**2 + 5


def square(x):
    return x * x


def network():
    autodiff.seed(0)
    model = nn.MLP(2, [4, 3, 1])
    X, y = data.moons(20, seed=1)
    loss = nn.hinge(model(X), 2 * y - 1)
    loss.backward()
    return model, loss, X, y


def flows(**options):
    model, loss, _, _ = network()
    return plots.histograms(model, loss, **options)


def border(**options):
    model, _, X, y = network()
    return plots.boundary({"a": model, "b": lambda points: points[:, 0]}, X, y, **options)


PLOTS = {
    "activations": lambda **o: plots.activations("sigmoid", "relu", **o),
    "boundary": border,
    "confusion": lambda **o: plots.confusion(
        [0, 1, 2, 1], [0, 2, 2, 1], ["cat", "dog", "owl"], **o
    ),
    "descent_contours": lambda **o: plots.descent_contours(
        bowl, {"one": PATH, "two": PATH[:2]}, **o
    ),
    "descent_curve": lambda **o: plots.descent_curve(square, lambda x: 2 * x, [2.0, 1.0, 0.5], **o),
    "descent_surface": lambda **o: plots.descent_surface(bowl, PATH, **o),
    "histograms": flows,
    "history": lambda **o: plots.history(HISTORY, **o),
    "images": lambda **o: plots.images(IMAGES, range(12), [0, *range(1, 11), 0], **o),
    "learning_rates": lambda **o: plots.learning_rates(square, 1.0, [0.1, 1.05], **o),
    "lines": lambda **o: plots.lines({"one": [1.0, 2.0], "two": [1.0, 2.01]}, x="i", **o),
    "regression": lambda **o: plots.regression(
        {"a": lambda x: 0 * x, "b": square}, [0.0, 1.0, 2.0], [0.1, 0.9, 4.2], **o
    ),
    "weights": lambda **o: plots.weights(IMAGES - 0.5, **o),
}
WITH_TITLES = sorted(set(PLOTS) - {"learning_rates"})
FILMS = ["boundary", "descent_contours", "descent_curve", "descent_surface", "regression"]

every = pytest.mark.parametrize("name", sorted(PLOTS))


def test_every_function_is_tried_here():
    makers = {name for name in plots.__all__ if name.islower()} - {"side_by_side"}
    assert set(PLOTS) == makers
    assert plots.__all__ == sorted(plots.__all__)
    assert all(hasattr(plots, name) for name in plots.__all__)


@every
@pytest.mark.parametrize("theme, colors", [("light", LIGHT), ("dark", DARK)])
def test_a_plot_stands_on_the_ground_of_its_theme_and_all_words_can_be_read(name, theme, colors):
    figure = PLOTS[name](theme=theme).figure()
    assert to_hex(figure.get_facecolor()).upper() == colors.ground
    assert_all_words_can_be_read(figure)
    assert max(figure.get_size_inches()) <= 14.0


@pytest.mark.parametrize("name", WITH_TITLES)
def test_a_title_is_written_and_can_be_read(name):
    figure = PLOTS[name](title="What one sees").figure()
    assert "What one sees" in said(figure)
    assert_all_words_can_be_read(figure)


@every
def test_another_theme_is_refused(name):
    with pytest.raises(
        ValueError, match=rf"{name}\(\) got theme='blue'; expected 'light' or 'dark'"
    ):
        PLOTS[name](theme="blue")


@every
def test_without_matplotlib_the_error_says_what_to_install(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'not installed[\s\S]*pip install "\.\[plot\]"'):
        PLOTS[name]()


@every
def test_the_same_plot_twice_is_the_same_file_whatever_the_readers_style(tmp_path, name):
    for ending in ("png", "svg"):
        one = PLOTS[name]().save(tmp_path / f"one.{ending}")
        with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30, "figure.dpi": 33}):
            two = PLOTS[name]().save(tmp_path / f"two.{ending}")
        assert Path(one).read_bytes() == Path(two).read_bytes()
    assert xml.parse(tmp_path / "one.svg").getroot().tag.endswith("svg")
    assert len((tmp_path / "one.png").read_bytes()) < 600 * 1024


@pytest.mark.slow
@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("theme, colors", [("light", LIGHT), ("dark", DARK)][: 1 + ALL])
def test_a_film_is_small_and_stands_on_its_ground(name, theme, colors):
    plot = PLOTS[name](theme=theme)
    film = plot._film()
    assert len(film) < 600 * 1024
    assert film == PLOTS[name](theme=theme)._film()
    with Image.open(io.BytesIO(film)) as gif:
        assert 1 < gif.n_frames <= plots.FRAMES
        assert gif.info["loop"] == 0
        assert "#{:02X}{:02X}{:02X}".format(*gif.convert("RGB").getpixel((0, 0))) == colors.ground
    assert plot._repr_html_().startswith('<img alt="')
    assert len(plot.colors()) <= 3 * 256


@pytest.mark.parametrize("name", sorted(set(PLOTS) - set(FILMS)))
def test_what_does_not_move_is_no_film(tmp_path, name):
    with pytest.raises(ValueError, match=r"expected one of \.png, \.svg, e\.g"):
        PLOTS[name]().save(tmp_path / "plot.gif")


def test_looking_changes_nothing():
    autodiff.seed(1)
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    model.layers[2].eval()  # by somebody's wish
    X, y = data.moons(20, seed=1)
    loss = nn.hinge(model(X), (2 * y - 1).reshape(-1, 1))
    loss.backward()
    numbers = {name: array.copy() for name, array in model.state_dict().items()}
    gradients = [p.grad.copy() for p in model.parameters()]
    modes = [part.training for part in model.layers]
    plots.boundary(model, X, y).figure()
    plots.histograms(model, loss).figure()
    plots.weights(model, shape=(1, 2)).figure()
    assert [part.training for part in model.layers] == modes == [True, True, False, True]
    assert all(np.array_equal(p.grad, g) for p, g in zip(model.parameters(), gradients))
    assert all(np.array_equal(numbers[name], new) for name, new in model.state_dict().items())


def test_a_model_that_fails_is_back_in_training_mode():
    model = nn.Sequential(nn.Linear(3, 1), nn.Dropout(0.5))
    with pytest.raises(ValueError, match="Linear"):
        plots.boundary(model, [[0.0, 0.0], [1.0, 1.0]])
    assert model.training
    assert all(part.training for part in model.layers)


@pytest.mark.parametrize(
    "wrap",
    [list, tuple, np.asarray, Tensor, lambda x: [Value(part) for part in x]],
    ids=["list", "tuple", "ndarray", "Tensor", "Values"],
)
def test_numbers_may_come_in_anything(wrap):
    classes = [0.0, 1.0, 1.0]
    figure = plots.confusion(wrap(classes), wrap([0.0, 1.0, 0.0])).figure()
    assert "2 of 3 right" in said(figure)


def test_objects_of_values_in_an_ndarray_are_read_too():
    values = np.array([[Value(0.5), Value(-0.5)], [Value(0.25), Value(1.0)]])
    assert plots.weights(values, shape=(1, 2)).figure().axes


def test_importing_the_plots_loads_nothing_heavy():
    program = (
        "import sys; from visualize import plots\n"
        "heavy = {'matplotlib', 'PIL', 'numpy', 'graphviz'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "plots.descent_surface(lambda x, y: x * x + y * y, [(1.0, 1.0), (0.5, 0.5)]).figure()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert run.returncode == 0, run.stderr


def test_a_dollar_in_a_name_is_a_dollar(tmp_path):
    for name in ("$5 and $6", r"$\\frac$"):
        path = tmp_path / "a.svg"
        plots.lines({name: [1, 2, 3]}, title=name).save(path)
        assert path.stat().st_size > 1000
    with pytest.raises(FileNotFoundError, match="there is no directory"):
        plots.lines({"a": [1, 2]}).save(tmp_path / "no" / "a.png")
    assert repr(plots.lines({"a": [1, 2]})).startswith("<plot: .save(")
