"""`autodiff mnist --predict three.png`: what the network that was trained says of a picture.

    3 (98.2 %), then 8 (1.1 %) or 5 (0.4 %): three.png

and under it, in characters, the picture as the network saw it, which tells why when it errs.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .nn import Sequential

# name -> class in `nn`
ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "sigmoid": "Sigmoid", "gelu": "GELU"}
_SHADES = " .:-=+*#%@"


def predict(paths: Sequence[str], weights: str, activation: str, say: Callable[[str], None]) -> int:
    """Print which digit each image shows, in the eyes of the network in a safetensors file.

    The activation is the one that the file names, or else this one. Raises ValueError or
    FileNotFoundError, before anything is printed, for what cannot be read.
    """
    from .graph import no_grad
    from .handwriting import read_digit

    model = network(weights, activation)
    images = [read_digit(path) for path in paths]
    with no_grad():
        rows = [model(image.reshape(1, -1)).softmax(axis=1).numpy()[0] for image in images]
    if not all(math.isfinite(row.sum()) for row in rows):
        raise ValueError(
            f"the network in '{weights}' gives nan, as one whose training diverged; expected"
            " probabilities: train it again, with a smaller --lr"
        )
    for path, image, odds in zip(paths, images, rows):
        best, *others = [f"{i} ({100 * odds[i]:.1f} %)" for i in odds.argsort()[:-4:-1]]
        say(f"{best}, then {' or '.join(others)}: {path}")
        say(in_characters(image))
    return 0


def network(path: str, activation: str) -> Sequential:
    """Return the network that `autodiff mnist` saved, its widths read off the weights."""
    from . import nn, serialization

    try:
        arrays, metadata = serialization.read(path)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"there are no weights in '{path}': train a network first, by autodiff mnist, or name"
            " another file by --weights"
        ) from None
    except OSError as error:
        raise ValueError(f"cannot read the weights '{path}': {error.strerror}") from None
    activation = metadata.get("activation", activation)
    found = sorted(int(m[1]) for name in arrays if (m := re.fullmatch(r"layer(\d+)\.weight", name)))
    shapes = [arrays[f"layer{number}.weight"].shape for number in found]
    widths = [shape[-1] if shape else 0 for shape in shapes] + [10]
    fits = (
        [shape[::-1] for shape in shapes] == list(pairwise(widths))
        and found == list(range(1, 2 * len(found), 2))
        and widths[0] == 784
        and activation in ACTIVATIONS
    )
    if not fits:
        raise ValueError(
            f"'{path}' has the arrays {', '.join(sorted(arrays)[:6])} and the activation"
            f" {activation!r}; expected a network that autodiff mnist saved, from 784 pixels to 10"
            " digits"
        )
    model = perceptron(widths, activation, nn.zeros)
    model.load_state_dict(arrays)
    return model


def perceptron(widths: Sequence[int], activation: str, init: Any) -> Sequential:
    """Return Linear layers of these widths, from the first to the last, an activation between."""
    from . import nn

    layers: list[Any] = []
    for nin, nout in pairwise(widths):
        layers += [nn.Linear(nin, nout, init=init), getattr(nn, ACTIVATIONS[activation])()]
    return nn.Sequential(*layers[:-1])


def in_characters(image: Any) -> str:
    """Return a picture of numbers from 0 to 1 as text, two rows of it in a line."""
    rows = (image[0::2] + image[1::2]) / 2
    last = len(_SHADES) - 1
    lines = ("".join(_SHADES[round(last * float(x))] for x in row).rstrip() for row in rows)
    return "\n".join(lines)
