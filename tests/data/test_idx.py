"""idx files: what is written is read, and nothing else is."""

import gzip
import io
import pickle
import struct
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autodiff.data import read_idx

from .conftest import CODES, idx

GOOD = idx(np.arange(6, dtype=np.uint8).reshape(2, 3))


def header(code, *sizes):
    return struct.pack(f">4B{len(sizes)}I", 0, 0, code, len(sizes), *sizes)


def attempt(path):
    """Return the array of a file, or None and what the ValueError says."""
    try:
        return read_idx(path), ""
    except ValueError as error:
        return None, str(error)


@st.composite
def any_array(draw):
    shape = draw(st.lists(st.integers(0, 4), max_size=5))
    return draw(arrays.arrays(draw(st.sampled_from(list(CODES))), tuple(shape)))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(array=any_array(), zipped=st.booleans())
def test_every_type_and_shape_comes_back(tmp_path, array, zipped):
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(idx(array)) if zipped else idx(array))
    read = read_idx(path)
    assert read.dtype == array.dtype
    assert read.dtype.isnative
    assert read.shape == array.shape
    assert read.tobytes() == array.tobytes()  # bytes, so that nan equals nan
    assert read.flags.writeable


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(content=st.binary(max_size=40), prefix=st.sampled_from([b"", b"\0\0\x08", b"\x1f\x8b\x08"]))
def test_arbitrary_bytes_give_an_array_or_a_value_error(tmp_path, content, prefix):
    path = tmp_path / "file"
    path.write_bytes(prefix + content)
    read, error = attempt(path)
    assert isinstance(read, np.ndarray) or str(path) in error


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=st.integers(0), bit=st.integers(0, 7))
def test_a_bit_that_flipped_in_a_gzip_is_noticed_or_does_no_harm(tmp_path, where, bit):
    packed = bytearray(gzip.compress(GOOD, mtime=0))
    where %= len(packed)
    packed[where] ^= 1 << bit
    path = tmp_path / "file"
    path.write_bytes(packed)
    read, error = attempt(path)
    if read is not None:  # a bit that means nothing: of the time, or behind the last code
        assert read.tolist() == [[0, 1, 2], [3, 4, 5]]
    else:
        assert str(path) in error


def test_the_first_bytes_tell_a_gzip_not_the_name(tmp_path):
    for name, content in (("a.gz", GOOD), ("b-idx2-ubyte", gzip.compress(GOOD))):
        (tmp_path / name).write_bytes(content)
        assert read_idx(str(tmp_path / name)).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_gzip_in_several_members_is_one_file(tmp_path):
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(GOOD[:9]) + gzip.compress(GOOD[9:]))
    assert read_idx(path).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_the_most_significant_byte_comes_first(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\0\0\x0b\x01\0\0\0\x02\x01\x02\xff\xff")
    assert read_idx(path).tolist() == [258, -1]
    path.write_bytes(b"\0\0\x08\0\x07")
    assert read_idx(path).shape == ()
    assert read_idx(path) == 7


BAD = {
    "empty": (b"", "is empty, expected an idx file"),
    "web page": (b"<!DOCTYPE html>", r"3c 21 44 4f \(b'<!DO'\), expected an idx file"),
    "magic": (b"\0\x01\x08\x01" + GOOD[4:], "00 01 08 01"),
    "two bytes": (b"\0\0", "expected an idx file"),
    "type": (b"\0\0\x0a\x01" + GOOD[4:], "got the type 0x0a, expected one of 0x08 uint8, .*0x0e"),
    "no sizes": (GOOD[:7], "got 7 bytes, expected 12 of header"),
    "header alone": (GOOD[:12], r"got 12 bytes, expected 18 for shape \(2, 3\) of uint8"),
    "truncated": (GOOD[:-1], "got 17 bytes, expected 18"),
    "trailing": (GOOD + b"\0", "got more bytes, expected 18"),
    "half a number": (header(0x0E, 1) + b"1234567", "got 15 bytes, expected 16 .* float64"),
    "terabytes": (header(0x0E, 2**31, 2**31, 2**31) + b"1", "got 17 bytes, expected 79228162514"),
    "no numbers, too big": (header(0x08, 0, *[2**32 - 1] * 4), "NumPy has no arrays of shape"),
    "dimensions": (header(0x08, *[1] * 65) + b"1", "NumPy has no arrays of shape"),
    "pickle": (pickle.dumps([1, 2, 3]), "expected an idx file"),
    "gzip, empty": (gzip.compress(b""), "is empty, expected an idx file"),
    "gzip, cut": (gzip.compress(GOOD)[:-9], "gzip is damaged or cut short"),
    "gzip, no checksum": (gzip.compress(GOOD)[:-8], "gzip is damaged or cut short"),
    "gzip, no length": (gzip.compress(GOOD)[:-4], "gzip is damaged or cut short"),
    "gzip, header": (gzip.compress(GOOD)[:5], "gzip is damaged or cut short"),
    "gzip, magic": (b"\x1f\x8b", "gzip is damaged or cut short"),
    "gzip, checksum": (gzip.compress(GOOD)[:-8] + b"abcd" + b"\x12\0\0\0", "CRC check failed"),
    "gzip, garbage after": (gzip.compress(GOOD) + b"abcd", "gzip is damaged or cut short"),
    "gzip, truncated": (gzip.compress(GOOD[:-1]), "got 17 bytes, expected 18"),
    "gzip, trailing": (gzip.compress(GOOD + b"\0"), "got more bytes, expected 18"),
    "gzip, deflate": (gzip.compress(GOOD)[:10] + b"\xff" * 20, "gzip is damaged or cut short"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_one_whole_array_is_refused(tmp_path, case):
    content, words = BAD[case]
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as raised:
        read_idx(path)
    assert str(raised.value).startswith(f"{path}: ")


def test_every_cut_of_a_file_is_refused(tmp_path):
    path = tmp_path / "file"
    for content in (GOOD, gzip.compress(GOOD)):
        for length in range(len(content)):
            path.write_bytes(content[:length])
            with pytest.raises(ValueError, match=str(path)):
                read_idx(path)


def test_what_cannot_be_opened_raises_an_oserror_with_the_path(tmp_path):
    with pytest.raises(OSError, match=tmp_path.name):
        read_idx(tmp_path)
    with pytest.raises(FileNotFoundError, match="missing"):
        read_idx(tmp_path / "missing")


def test_a_bomb_unpacks_no_further_than_its_header(tmp_path):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as bomb:
        bomb.write(GOOD)
        for _ in range(50):
            bomb.write(bytes(1 << 20))
    path = tmp_path / "bomb.gz"
    path.write_bytes(packed.getvalue())
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="got more bytes, expected 18"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_header_that_promises_terabytes_costs_nothing(tmp_path):
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(header(0x08, 2**31, 2**12) + bytes(100)))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"promises 8796093022220 bytes.*; not unpacked"):
            read_idx(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


MEMORY = """
import resource, sys
from autodiff.data import read_idx
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (100 << 20),) * 2)
try:
    read_idx(sys.argv[1])
except ValueError as error:
    print(error)
"""
SHAPE = "for shape (1073741824,) of uint8"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits memory in Linux's way")
def test_an_honest_file_that_does_not_fit_into_memory_says_so(tmp_path):
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.write(header(0x08, 1 << 30))
        file.truncate(8 + (1 << 30))  # a hole, which takes no room on the disk
    run = subprocess.run(
        [sys.executable, "-c", MEMORY, path], capture_output=True, text=True, check=False
    )
    assert run.stdout == f"{path}: not enough memory for 1073741832 bytes, {SHAPE}\n"
