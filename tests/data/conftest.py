"""No test of the data reads this machine's data, its cache, or the network."""

from __future__ import annotations

import gzip
import hashlib
import struct

import numpy as np
import pooch
import pytest

from autodiff.data import mirrors

CODES = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}


def idx(array: np.ndarray) -> bytes:
    """Return an array as an idx file, written from the format's description."""
    array = np.asarray(array)
    header = struct.pack(">HBB", 0, CODES[array.dtype.name], array.ndim)
    sizes = b"".join(struct.pack(">I", size) for size in array.shape)
    return header + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


def digits(seed: int = 1, train: int = 12, test: int = 5) -> dict[str, bytes]:
    """Return four files in MNIST's form, small, and of noise."""
    rng = np.random.default_rng(seed)
    files = {}
    for part, n in (("train", train), ("t10k", test)):
        images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        images[0, 0, :2] = 0, 255
        files[f"{part}-images-idx3-ubyte"] = idx(images)
        files[f"{part}-labels-idx1-ubyte"] = idx(np.arange(n, dtype=np.uint8) % 10)
    return files


def put(folder, files: dict[str, bytes], zipped: bool = False, dots: bool = False):
    """Write files into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        name = name.replace("-idx", ".idx") if dots else name
        path = folder / (f"{name}.gz" if zipped else name)
        path.write_bytes(gzip.compress(content) if zipped else content)
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of one's own, empty, which does not exist yet; no mirrors; AUTODIFF_DATA not set."""
    folder = tmp_path / "caches" / "autodiff"
    monkeypatch.setattr(pooch, "os_cache", lambda project: folder.with_name(project))
    monkeypatch.setattr(mirrors, "MIRRORS", ())
    monkeypatch.delenv("AUTODIFF_DATA", raising=False)
    return folder


@pytest.fixture
def mnist(monkeypatch):
    """Four small files, which are what the table of digests says."""
    files = digits()
    known = {
        name: mirrors.Known(
            len(content), hashlib.md5(content).hexdigest(), hashlib.sha256(content).hexdigest()
        )
        for name, content in files.items()
    }
    monkeypatch.setattr(mirrors, "FILES", known)
    return files
