"""Make the small MNIST that ships inside the package, from the full one.

    AUTODIFF_DATA=<folder of the four files> python tools/make_small_mnist.py

It takes 500 training and 100 test images of each digit, evenly spread over all of that digit, and
leaves them in their order. (The first 100 would not do: the first half of the test images was
written by other people, more tidily, than the second.) Nothing is drawn at random and gzip gets no
time, so the same files come out each time.
"""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path

import numpy as np

from autodiff.data import load_mnist

TARGET = Path(__file__).resolve().parents[1] / "autodiff" / "data" / "mnist_small"
PER_DIGIT = {"train": 500, "t10k": 100}


def chosen(labels: np.ndarray, per_digit: int) -> np.ndarray:
    """Return, in order, the places of `per_digit` samples of each class, evenly spread."""
    places = [np.flatnonzero(labels == digit) for digit in range(10)]
    spread = [place[np.arange(per_digit) * len(place) // per_digit] for place in places]
    return np.sort(np.concatenate(spread))


def idx_bytes(array: np.ndarray) -> bytes:
    """Return an array of bytes as an idx file."""
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def small() -> dict[str, bytes]:
    """Return the contents of the four files, not packed yet, by their names."""
    train, test = load_mnist(normalize=False, flatten=False)
    contents = {}
    for name, (images, labels) in (("train", train), ("t10k", test)):
        places = chosen(labels, PER_DIGIT[name])
        contents[f"{name}-images-idx3-ubyte"] = idx_bytes(images[places, 0])
        contents[f"{name}-labels-idx1-ubyte"] = idx_bytes(labels[places])
    return contents


def main() -> int:
    """Write the files, and say how long they are."""
    TARGET.mkdir(exist_ok=True)
    for name, content in small().items():
        path = TARGET / f"{name}.gz"
        with (
            path.open("wb") as file,
            gzip.GzipFile("", "wb", 9, fileobj=file, mtime=0) as packed,
        ):
            packed.write(content)
        print(f"{path.name}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
