"""Classes as numbers, and as rows with a single 1.

>>> from autodiff.data import one_hot
>>> one_hot([2, 0], classes=3)
array([[0., 0., 1.],
       [1., 0., 0.]], dtype=float32)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray


def one_hot(
    labels: ArrayLike, classes: int | None = None, dtype: DTypeLike = np.float32
) -> NDArray[Any]:
    """Return an array with a 1 at each label's place, else 0, of shape labels.shape + (classes,).

    Labels are whole numbers from 0 to classes - 1, in any shape; without `classes` there are as
    many as the highest label asks for. Raises TypeError for labels that are no integers, ValueError
    for one out of range.
    """
    array = np.asarray(labels)
    if array.size == 0 and array.dtype == float:  # what NumPy makes of []
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"one_hot() got labels of {array.dtype}, expected whole numbers; "
            "if they are whole, write labels.astype(int)"
        )
    if classes is None:
        if array.size == 0:
            raise ValueError("one_hot() got no labels, so it needs classes=")
        classes = max(1, 1 + int(array.max()))
    if isinstance(classes, bool) or not isinstance(classes, (int, np.integer)) or classes < 1:
        raise ValueError(f"one_hot() got classes={classes!r}, expected a whole number, at least 1")
    outside = (array < 0) | (array >= classes)
    if outside.any():
        place = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(
            f"one_hot() got the label {array[place]} at {list(place)}, "
            f"expected 0 to {classes - 1} (classes={classes})"
        )
    hot = np.zeros((array.size, classes), dtype)
    hot[np.arange(array.size), array.ravel()] = 1
    return hot.reshape(*array.shape, classes)
