"""What a plot is given: numbers, whatever they come in, as ndarrays; models, which are left alone.

    numbers("confusion", "y", [Value(1.0), 2.0])            # array([1., 2.])
    outputs("boundary", model, points)                      # in evaluation, recording nothing

Every error says which argument of which function it was, what was got and what was expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from autodiff.graph import Node, no_grad
from autodiff.nn import MLP, Module
from autodiff.wording import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray


def numbers(function: str, name: str, x: Any) -> NDArray[Any]:
    """Return x as an array of floats: an ndarray, a Tensor, a Value, a number, or a list of them.

    Raises TypeError for what has no numbers in it, ValueError for rows of several lengths.
    """
    import numpy as np

    wanted = "expected an array, a Tensor, or a list of numbers or Values"
    try:
        array = np.asarray(_plain(x))
    except ValueError:
        raise ValueError(
            f"{function}() got rows of several lengths as {name}; {wanted}, all rows alike"
        ) from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{function}() got {name}={shown(x)}; {wanted}")
    return array.astype(float)


def _plain(x: Any) -> Any:
    """Return x with plain numbers in place of its nodes."""
    if isinstance(x, Node):
        return x.data
    if isinstance(x, (list, tuple)):
        return [_plain(part) for part in x]
    if getattr(getattr(x, "dtype", None), "kind", "") == "O":
        return [_plain(part) for part in x.tolist()]
    return x


def classes(function: str, name: str, x: Any) -> NDArray[Any]:
    """Return classes as integers from 0, of shape (n,): from those, from scores or one-hot rows."""
    array = numbers(function, name, x)
    if array.ndim == 2 and array.shape[1] > 1:
        array = array.argmax(1).astype(float)
    flat = array.reshape(-1)
    if array.size != len(array) or (flat != flat.astype(int)).any() or (flat < 0).any():
        raise ValueError(
            f"{function}() got {name} of shape {array.shape}, {shown(array)}; expected classes as"
            " whole numbers from 0, or a row of scores for each sample"
        )
    return flat.astype(int)


def outputs(function: str, model: Any, points: Any) -> NDArray[Any]:
    """Return what a model or function makes of an array of samples, without a trace of it."""
    if type(model) is MLP:  # as Tensors it gives the same, a hundred times faster
        try:
            model = model.to_tensor()
        except (TypeError, ValueError):  # with somebody's own layers in it
            pass
    with undisturbed(model), no_grad():
        return numbers(function, "the outputs of the model", model(points))


@contextmanager
def undisturbed(model: Any) -> Iterator[None]:
    """Put a module into evaluation for a while, and each part back into the mode it was in."""
    parts = (
        [part for _, part in Module._named_parts(model) if isinstance(part, Module)]
        if isinstance(model, Module)
        else []
    )
    modes = [part.training for part in parts]
    try:
        for part in parts:
            part.training = False
        yield
    finally:
        for part, mode in zip(parts, modes):
            part.training = mode
