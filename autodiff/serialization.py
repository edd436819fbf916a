"""Weights on disk: safetensors files, which hold arrays by name and nothing that could run.

    >>> save(model, "digits.safetensors")
    >>> load(model, "digits.safetensors")

A file is written aside and then renamed, so that a full disk or a killed process leaves the old one
whole. Nothing here is ever unpickled.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from .nn import Module


def save(model: Module, path: str | Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write the `state_dict` of a model as a safetensors file; OSError if it cannot be written.

    `metadata`, texts by name, is what else should be known of it: {"activation": "relu"}.
    """
    import numpy as np
    from safetensors.numpy import save as to_bytes

    arrays = {name: np.asarray(x, order="C") for name, x in model.state_dict().items()}
    replace(path, to_bytes(arrays, dict(metadata) if metadata else None))


def load(model: Module, path: str | Path) -> None:
    """Read the numbers of a model from a safetensors file.

    Raises FileNotFoundError, ValueError for a file that is no safetensors file or not whole, and
    ValueError that names what does not fit the model, which is then left as it was.
    """
    arrays, _ = read(path)
    model.load_state_dict({name: x if x.shape else x.item() for name, x in arrays.items()})


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what is in a safetensors file: arrays by name, and its metadata.

    Raises FileNotFoundError, and ValueError for a file that is no safetensors file or not whole.
    """
    import json

    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    with open(path, "rb") as file:
        content = file.read()
    try:
        arrays = from_bytes(content)
    except SafetensorError as error:
        raise ValueError(
            f"{os.fspath(path)}, {len(content)} bytes, is not a whole safetensors file: {error};"
            " save it again"
        ) from None
    # The file begins with the length of its header in eight bytes, and the header is JSON.
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return arrays, header.get("__metadata__", {})


def replace(path: str | Path, content: bytes) -> None:
    """Write a file so that there is the old one or the new one, whole, at every moment."""
    target = os.path.abspath(os.fspath(path))
    aside = f"{target}.{os.getpid()}.part"
    try:
        with open(aside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, target)
    except BaseException as error:
        if os.path.exists(aside):
            os.remove(aside)
        if isinstance(error, OSError) and error.filename == aside:
            error.filename = target  # which is what the user knows of
        raise
