"""The idx format, in which MNIST and its relatives come: a few bytes of header, then the numbers.

    >>> from autodiff.data import read_idx
    >>> read_idx("train-labels-idx1-ubyte.gz")[:5]              # doctest: +SKIP
    array([5, 0, 4, 1, 9], dtype=uint8)

The first two bytes are 0, the third names the type of the numbers, the fourth says how many
dimensions there are. Their sizes follow, four bytes each, then the numbers, row by row; all with
the most significant byte first. So the labels above begin with 00 00 08 01, 00 00 ea 60: bytes, one
dimension, 60,000 of them. A header tells exactly how long its file must be, and nothing in the
format can be executed: that is why the data come as idx and never as pickle.
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}

# Read piece by piece, so that a header that promises terabytes costs only what is really there.
_PIECE = 1 << 18

# What a gzip unpacks to is believed up to a gigabyte, and beyond that up to a hundred times its
# size: digits shrink to a fifth, and only what is nearly nothing to a hundredth.
_BELIEVED, _RATIO = 1 << 30, 100


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Return the array of an idx file, gzip'd or not, in the shape and type of its header.

    The types are uint8, int8, int16, int32, float32 and float64, in this machine's byte order. The
    first bytes tell whether the file is gzip'd; its name says nothing.

    Raises ValueError for anything that is not exactly one whole idx array: another format, an
    unknown type, too few bytes or too many, a damaged gzip. At most one byte more than the header
    promises is unpacked, and nothing of a gzip that promises more than a gigabyte and more than a
    hundred times its size. OSError if the file cannot be opened.

    A gzip has a checksum of its numbers. Plain idx has none: a bit of it that flipped among the
    numbers, or made the type another of the same length, is not noticed.
    """
    return read_with_bytes(path)[1]


def read_with_bytes(
    path: str | os.PathLike[str], most: float = math.inf
) -> tuple[bytearray, NDArray[Any]]:
    """Return the unpacked bytes of an idx file, to check their digest, and its array.

    Refuses a file that says it has more than `most` bytes, before unpacking it.
    """
    name = os.fspath(path)
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not zipped:
            return _read(file, name, most, size, zipped=False)
        try:
            with gzip.GzipFile(fileobj=file) as unzipped:
                return _read(unzipped, name, most, size, zipped=True)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ValueError(
                f"{name}: the gzip is damaged or cut short: {error}; fetch it again"
            ) from error


def _read(
    file: IO[bytes] | gzip.GzipFile, name: str, most: float, size: int, zipped: bool
) -> tuple[bytearray, NDArray[Any]]:
    """Return the bytes and the array of an unpacked idx file."""
    content = bytearray(file.read(4))
    dtype, dimensions = _type_and_dimensions(content, name)
    content += file.read(4 * dimensions)
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise ValueError(f"{name}: got {len(content)} bytes, expected {start} of header alone")
    shape = tuple(np.frombuffer(content, ">u4", offset=4).tolist())
    whole = start + math.prod(shape) * dtype.itemsize  # Python's integers do not overflow
    described = f"for shape {shape} of {dtype.name}"
    if whole > most:
        raise ValueError(f"{name}: promises {whole} bytes, {described}, expected {most} at most")
    if zipped and whole > max(_BELIEVED, _RATIO * size):
        raise ValueError(
            f"{name}: promises {whole} bytes, {described}, in a gzip of {size}; not unpacked:"
            " expected no such bomb, or that you unpack by hand what you trust"
        )
    if not zipped and 0 < size < whole:
        raise ValueError(f"{name}: got {size} bytes, expected {whole} {described}")
    try:
        # One byte more than there should be: it shows what is too long, and at the end of a gzip
        # it makes gzip compare the checksum.
        while piece := file.read(min(_PIECE, whole + 1 - len(content))):
            content += piece
    except MemoryError as error:
        raise ValueError(f"{name}: not enough memory for {whole} bytes, {described}") from error
    if len(content) != whole:
        got = "more" if len(content) > whole else f"{len(content)}"
        raise ValueError(f"{name}: got {got} bytes, expected {whole} {described}")
    try:
        array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    except ValueError as error:  # more than 64 dimensions, or a 0 beside sizes that overflow
        raise ValueError(f"{name}: NumPy has no arrays of shape {shape}: {error}") from error
    return content, array.astype(dtype.newbyteorder("="), copy=False)


def _type_and_dimensions(magic: bytearray, name: str) -> tuple[np.dtype[Any], int]:
    """Return what the first four bytes of an idx file say."""
    if not magic:
        raise ValueError(f"{name}: the file is empty, expected an idx file")
    if magic[:2] != b"\0\0" or len(magic) < 4:
        raise ValueError(
            f"{name}: got the first bytes {magic.hex(' ')} ({bytes(magic)!r}), expected an idx "
            "file: 00 00, a byte for the type, and one for the number of dimensions"
        )
    if magic[2] not in TYPES:
        known = ", ".join(f"{code:#04x} {np.dtype(t).name}" for code, t in TYPES.items())
        raise ValueError(f"{name}: got the type {magic[2]:#04x}, expected one of {known}")
    return np.dtype(TYPES[magic[2]]), magic[3]
