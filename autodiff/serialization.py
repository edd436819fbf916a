"""Weights on disk: safetensors files, which hold arrays by name and nothing that could run.

    >>> save(model, "digits.safetensors")
    >>> load(model, "digits.safetensors")

A file is written aside and then renamed, so that a full disk or a killed process leaves the old one
whole. The format has no checksum: `save` adds one to the metadata, a SHA-256 of the whole file, so
that a bit which flipped is noticed; in the files of others it cannot be. Nothing here is ever
unpickled, and no more is read than a file has or than its header promises.
"""

from __future__ import annotations

import errno
import json
import os
import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from .nn import Module

_KEY = "autodiff.sha256"  # in the metadata
_MARK = f'"{_KEY}":"'.encode()
_BLANK = b"0" * 64  # what stands for the digest while it is computed
_LONGEST_HEADER = 100_000_000  # bytes; safetensors has the same limit


def save(model: Module, path: str | Path, metadata: Mapping[str, str] | None = None) -> None:
    """Write the `state_dict` of a model as a safetensors file; OSError if it cannot be written.

    `metadata`, texts by name, is what else should be known of it: {"activation": "relu"}.
    """
    import numpy as np
    from safetensors.numpy import save as to_bytes

    arrays = {name: np.asarray(x, order="C") for name, x in model.state_dict().items()}
    content = to_bytes(arrays, {**(metadata or {}), _KEY: _BLANK.decode()})
    # The order of the metadata is any, there; here the same weights shall be the same file.
    length = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    replace(path, sealed(len(text).to_bytes(8, "little") + text + content[length:], _MARK))


def load(model: Module, path: str | Path) -> None:
    """Read the numbers of a model from a safetensors file.

    Raises FileNotFoundError, ValueError for a file that is no safetensors file or not whole, and
    ValueError that names what does not fit the model, which is then left as it was.
    """
    arrays, _ = read(path)
    try:
        model.load_state_dict({name: x if x.shape else x.item() for name, x in arrays.items()})
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)} does not fit: {error}") from None


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what is in a safetensors file: arrays by name, and its metadata.

    Raises FileNotFoundError, and ValueError for a file that is no safetensors file, not whole, or,
    if `save` wrote it, not as it was written.
    """
    return parsed(content_of(path), path)


def content_of(path: str | Path) -> bytes:
    """Return the bytes of a safetensors file, at most one more than its header promises."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(8)
        length = int.from_bytes(content, "little")
        content += file.read(min(length, size)) if length <= _LONGEST_HEADER else b""
        return content + file.read(min(1 + _promised(content), size))


def _promised(head: bytes) -> int:
    """Return how many bytes of numbers follow by what the header says; 0 if it says nothing."""
    try:
        entries = [entry for name, entry in json.loads(head[8:]).items() if name != "__metadata__"]
        return max([0, *(int(entry["data_offsets"][1]) for entry in entries)])
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
        return 0


def parsed(content: bytes, path: str | Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what `read` does, of the bytes of the file at a path."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    size = os.path.getsize(path) if os.path.exists(path) else len(content)
    name = f"{os.fspath(path)}, {size} bytes,"
    try:
        arrays = from_bytes(content)
    except SafetensorError as error:
        reason = " ".join(str(error).split())[:160]
        raise ValueError(
            f"{name} is not a whole safetensors file: {reason}; save it again"
        ) from None
    except (KeyError, TypeError, ValueError, OverflowError) as error:  # bfloat16, for one
        raise ValueError(
            f"{name} has an array that NumPy has no type or shape for: {error}; expected numbers"
            " such as float32: save it again as such"
        ) from None
    # The file begins with the length of its header in eight bytes, and the header is JSON.
    length = 8 + int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8:length]).get("__metadata__", {})
    if metadata.pop(_KEY, None) is not None and not is_sealed(content, _MARK):
        raise ValueError(
            f"{name} is not as it was written: its SHA-256 is not the one in it, as of a file that"
            " was changed; put back a copy, or save it again"
        )
    return arrays, metadata


# -- whole or not at all ---------------------------------------------------------------------------


def sealed(content: bytes, mark: bytes) -> bytes:
    """Return bytes with their SHA-256 behind a mark, where 64 zeros stand for it."""
    import hashlib

    start = content.index(mark) + len(mark)
    digest = hashlib.sha256(content).hexdigest().encode()
    return content[:start] + digest + content[start + 64 :]


def is_sealed(content: bytes, mark: bytes) -> bool:
    """Return whether bytes are as `sealed` returned them."""
    start = content.find(mark) + len(mark)
    blank = content[:start] + _BLANK + content[start + 64 :]
    return mark in content and sealed(blank, mark) == content


def replace(path: str | Path, content: bytes) -> None:
    """Write a file so that there is the old one or the new one, whole, at every moment.

    A link stays one, and what it leads to is replaced. What may not be written is not, and the new
    file may be read and written by whom the old one could. OSError that names the file.
    """
    import secrets
    import shutil

    target = os.path.realpath(os.fspath(path))
    folder, name = os.path.split(target)
    # A name of its own for each writer, no longer than names may be.
    aside = os.path.join(folder, f"{name[:50]}.{os.getpid()}-{secrets.token_hex(4)}.part")
    exists = os.path.exists(target)
    try:
        if exists and not os.path.isfile(target) and not os.path.isdir(target):  # as /dev/null
            with open(target, "wb") as file:
                file.write(content)
            return
        if exists and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only")
        with open(aside, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if exists:
            shutil.copymode(target, aside)
        os.replace(aside, target)
    except BaseException as error:
        try:
            os.remove(aside)
        except OSError:
            pass  # it was not made, or nothing can be done about it here
        if not isinstance(error, OSError):
            raise
        old = "the old file is whole; " if exists else ""
        reason = f"{error.strerror or error} ({old}mend that, or name another place)"
        raise OSError(error.errno, reason, os.fspath(path)) from error


def sweep(path: str | Path) -> None:
    """Remove what processes that were killed have left aside when they wrote a file."""
    folder, name = os.path.split(os.path.realpath(os.fspath(path)))
    ours = re.compile(re.escape(name[:50]) + r"\.(\d+)(-[0-9a-f]{8})?\.part")
    for entry in os.listdir(folder):
        match = ours.fullmatch(entry)
        left = os.path.join(folder, entry)
        try:
            # No process writes for an hour: it was another one that had the number.
            if match and (not _runs(int(match[1])) or time.time() - os.stat(left).st_mtime > 3600):
                os.remove(left)
        except OSError:
            pass  # somebody else was faster, or it must stay


def _runs(process: int) -> bool:
    """Return whether there may be a process of a number."""
    if os.name != "posix":
        return True  # to ask would end it there
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass
    return True
