"""Make the pictures of visualize/README.md, one for each option of `draw` and its companions.

python tutorials/gallery.py            into tutorials/pictures/
python tutorials/gallery.py somewhere  into another directory
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from autodiff import Tensor, Value, seed
from autodiff.nn import MLP, Linear, ReLU, Sequential, cross_entropy
from visualize import draw, focus, levels, path

PICTURES = Path(__file__).resolve().parent / "pictures"


def expression(folder: Path) -> None:
    """J = 3 (a + b c) in every style."""
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    u = b * c
    v = a + u
    J = 3 * v
    J.backward()
    draw(J, legend=True, theme="auto").save(folder / "gallery_cards.svg")
    draw(J, theme="dark").save(folder / "gallery_dark.svg")
    draw(J, style="wires", theme="auto").save(folder / "gallery_wires.svg")
    draw(J, style="beads", theme="auto").save(folder / "gallery_beads.svg")
    draw(J, rankdir="TB", theme="auto").save(folder / "gallery_top_to_bottom.svg")


def shared(folder: Path) -> None:
    """A value that is used twice, and the parts of a graph."""
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    u = b * c
    K = 3 * (a + u) + u * u
    K.backward()
    draw(K, style="wires", theme="auto").save(folder / "gallery_branches.svg")
    focus(u, depth=1, theme="auto").save(folder / "gallery_focus.svg")
    path(b, K, theme="auto").save(folder / "gallery_path.svg")


def networks(folder: Path) -> None:
    """The same network at the level of neurons and of layers, and a batch through it."""
    seed(1)
    model = MLP(2, [3, 1], activation="tanh")
    loss = (model([1.0, -2.0]) - 1.0) ** 2
    loss.backward()
    draw(loss, theme="auto").save(folder / "gallery_neurons.svg")
    draw(loss, fold="layer", theme="auto").save(folder / "gallery_layers.svg")


def batch(folder: Path) -> None:
    """A hundred samples through 2-16-16-1: eight thousand values, folded by themselves."""
    seed(1)
    rng = np.random.default_rng(1)
    model = MLP(2, [16, 16, 1])
    xs, ys = rng.normal(size=(100, 2)).tolist(), rng.choice((-1.0, 1.0), 100).tolist()
    scores = model(xs)
    losses = [(1 - y * score).relu() for y, score in zip(ys, scores)]
    loss = sum(losses) / 100
    loss.backward()
    draw(loss, legend=True, theme="auto").save(folder / "gallery_batch.svg")


def digits(folder: Path) -> None:
    """A network of Tensors: a card for each layer, and one for each node."""
    seed(1)
    rng = np.random.default_rng(1)
    model = Sequential(Linear(784, 50), ReLU(), Linear(50, 10))
    images = Tensor(rng.random((64, 784), np.float32))
    loss = cross_entropy(model(images), rng.integers(0, 10, 64))
    loss.backward()
    draw(loss, legend=True, theme="auto").save(folder / "gallery_tensors.svg")
    draw(loss, fold="none", theme="auto").save(folder / "gallery_tensor_nodes.svg")


def vanishing(folder: Path) -> None:
    """Nine layers of sigmoids, in which the gradient dies away."""
    seed(1)
    model = MLP(3, [8] * 8 + [1], activation="sigmoid")
    loss = (model([0.3, 0.7, -1.0]) - 1.0) ** 2
    loss.backward()
    levels(loss, theme="auto").save(folder / "gallery_levels.svg")


def main(folder: Path) -> None:
    """Make all of them."""
    for make in (expression, shared, networks, batch, digits, vanishing):
        make(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES)
