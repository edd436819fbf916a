"""MNIST: 70,000 handwritten digits, 28 × 28 grey values each; and a small part that is always here.

    >>> from autodiff.data import load_mnist_small
    >>> (x_train, y_train), (x_test, y_test) = load_mnist_small()
    >>> x_train.shape, y_train[:5].tolist(), x_test.shape
    ((5000, 784), [5, 0, 4, 1, 9], (1000, 784))

`load_mnist` gives all of them in the same form, from files if there are any, else by downloading.
Any other data set in these four files, Fashion-MNIST for one, loads the same way: name its folder.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import mirrors
from .idx import read_idx
from .labels import one_hot

Pair = tuple[NDArray[Any], NDArray[Any]]

_SMALL = os.path.join(os.path.dirname(__file__), "mnist_small")  # made by tools/make_small_mnist.py
_WHAT_TO_DO = (
    "Put the files ({}; also with .idx for -idx, and gzip'd with .gz) into a folder, and call "
    "load_mnist(folder) or set the environment variable AUTODIFF_DATA to it; or call "
    "load_mnist_small(), which is real MNIST, smaller, and inside the package."
)


def load_mnist(
    root: str | os.PathLike[str] | None = None,
    normalize: bool = True,
    flatten: bool = True,
    one_hot_label: bool = False,
) -> tuple[Pair, Pair]:
    """Return MNIST as (x_train, y_train), (x_test, y_test): 60,000 and 10,000 images and labels.

    Images: float32 in [0, 1], or with normalize=False uint8 in 0..255; of shape (n, 784), or with
    flatten=False (n, 1, 28, 28), channels first. Labels: int64 of shape (n,), or with one_hot_label
    float32 of shape (n, 10).

    The four idx files, gzip'd or not, are looked for in `root`, and nowhere else if it is given;
    else in the folder that the environment variable AUTODIFF_DATA names, or its subfolder mnist;
    else in the user's cache; else they are downloaded into it. Downloads and cache are checked
    against known digests, while your own folders may hold another data set of the same form.

    Raises FileNotFoundError that says what is missing and where it looked, ValueError for a file
    that is not a whole idx file or does not match the others.
    """
    names = list(mirrors.FILES)
    folder: str | None
    if root is not None:
        folder = os.path.expanduser(os.fspath(root))
        if missing := _missing(folder, names):
            raise FileNotFoundError(
                f"load_mnist() got root={folder!r}, which lacks {_listed(folder, missing)}. "
                + _WHAT_TO_DO.format(", ".join(names))
            )
    else:
        folder = _named_by_the_environment(names)
    if folder is None:
        where, arrays = "the cache: ", _from_cache(names)
    else:
        paths = [mirrors.spellings(folder, name)[0] for name in names]
        where, arrays = f"{folder}: ", [read_idx(path) for path in paths]
    train, test = (arrays[0], arrays[1]), (arrays[2], arrays[3])
    for images, labels in (train, test):
        _check(images, labels, where)
    # As many classes for the test as for the training labels; ten, if only some digits are there.
    classes = max(10, *(1 + int(labels.max(initial=0)) for _, labels in (train, test)))
    return (
        (_images(train[0], normalize, flatten), _labels(train[1], one_hot_label, classes)),
        (_images(test[0], normalize, flatten), _labels(test[1], one_hot_label, classes)),
    )


def load_mnist_small(
    normalize: bool = True, flatten: bool = True, one_hot_label: bool = False
) -> tuple[Pair, Pair]:
    """Return a part of MNIST that ships inside the package: 5,000 training and 1,000 test images.

    They are real ones, 500 and 100 of each digit, spread evenly over the full set. The options, and
    shapes and types, are those of `load_mnist`.
    """
    return load_mnist(_SMALL, normalize, flatten, one_hot_label)


def _missing(folder: str, names: list[str]) -> list[str]:
    """Return the names that no file in a folder goes by."""
    return [name for name in names if not mirrors.spellings(folder, name)]


def _listed(folder: str, missing: list[str]) -> str:
    """Return what a folder lacks, in words."""
    return ", ".join(missing) if os.path.isdir(folder) else "everything: there is no such folder"


def _named_by_the_environment(names: list[str]) -> str | None:
    """Return the folder of AUTODIFF_DATA that has all four files, if there is one."""
    named = os.environ.get("AUTODIFF_DATA")
    if not named:
        return None
    named = os.path.expanduser(named)
    folders = [named, os.path.join(named, "mnist")]
    for folder in folders:
        if not _missing(folder, names):
            return folder
    for folder in folders:
        missing = _missing(folder, names)
        if len(missing) < len(names):  # some are there: not what somebody meant
            warnings.warn(
                f"AUTODIFF_DATA: {folder} is passed over, since it lacks {', '.join(missing)}",
                stacklevel=3,
            )
    return None


def _from_cache(names: list[str]) -> list[NDArray[Any]]:
    """Return the four arrays from the cache, downloading what it lacks."""
    cache = mirrors.cache_folder()
    sources, complaints = list(mirrors.MIRRORS), list[str]()
    try:
        return [mirrors.fetch(name, cache, sources, complaints) for name in names]
    except OSError as error:
        named = os.environ.get("AUTODIFF_DATA")
        looked = [
            f"AUTODIFF_DATA: {named}, and mnist in it" if named else "AUTODIFF_DATA: not set",
            f"the cache: {cache}",
            *complaints,
        ]
        raise FileNotFoundError(
            "load_mnist() found no MNIST. It looked in\n  "
            + "\n  ".join(looked)
            + f"\n{_WHAT_TO_DO.format(', '.join(names))}"
        ) from error


def _check(images: NDArray[Any], labels: NDArray[Any], where: str) -> None:
    """Raise ValueError unless there are images of bytes and a label for each."""
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"{where}got images of {images.dtype} and shape {images.shape}, expected uint8 and "
            "(n, rows, columns); read_idx() reads any idx file"
        )
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{where}got labels of {labels.dtype} and shape {labels.shape}, expected whole numbers "
            "and (n,); read_idx() reads any idx file"
        )
    if len(images) != len(labels):
        raise ValueError(f"{where}got {len(images)} images and {len(labels)} labels")


def _images(images: NDArray[Any], normalize: bool, flatten: bool) -> NDArray[Any]:
    """Return images in the form that was asked for."""
    n, rows, columns = images.shape
    images = images.reshape((n, rows * columns) if flatten else (n, 1, rows, columns))
    # In one pass: x.astype(float32) / 255 would need the memory twice.
    return np.divide(images, np.float32(255), dtype=np.float32) if normalize else images


def _labels(labels: NDArray[Any], hot: bool, classes: int) -> NDArray[Any]:
    """Return labels as numbers that one can calculate with: uint8 would give 3 - 5 = 254."""
    labels = labels.astype(np.int64)
    return one_hot(labels, classes) if hot else labels
