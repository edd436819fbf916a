"""Fetch MNIST's four files into a cache, from the first mirror that has the right bytes.

    >>> from autodiff.data import mirrors
    >>> mirrors.FILES["t10k-labels-idx1-ubyte"].size           # 10,000 labels and 8 bytes of header
    10008

A mirror is not trusted: it may hang, send a web page, half a file, or no end of one. Its answer
goes into a file beside the place where it belongs. Only when the unpacked bytes have both the
digests below is that file renamed into place, in one step. Whatever goes wrong, and when, what was
in the cache stays as it was. The digests are of the unpacked bytes, since mirrors pack differently.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import threading
import time
from typing import IO, Any, NamedTuple

from numpy.typing import NDArray

from .idx import read_with_bytes


class Known(NamedTuple):
    """What is known of a file: how many bytes it has unpacked, and two digests of them."""

    size: int
    md5: str
    sha256: str


FILES = {
    "train-images-idx3-ubyte": Known(
        47_040_016,
        "6bbc9ace898e44ae57da46a324031adb",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": Known(
        60_008,
        "a25bea736e30d166cdddb491f175f624",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": Known(
        7_840_016,
        "2646ac647ad5339dbf082846283269ea",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": Known(
        10_008,
        "27ae3e4e09519cfbb04c329615203637",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

TIMEOUT = 10.0  # seconds without a byte
_GRACE = 0.5  # seconds
SLOWEST = 2000.0  # bytes a second, on the average: a mirror that drips hangs as well


def spellings(folder: str, name: str) -> list[str]:
    """Return the paths of the files in a folder that go by a name, in any of its four spellings."""
    names = [
        spelling + ending
        for spelling in (name, name.replace("-idx", ".idx"))
        for ending in ("", ".gz")
    ]
    paths = [os.path.join(folder, name) for name in names]
    return [path for path in paths if os.path.isfile(path)]


def cache_folder() -> str:
    """Return the folder where this system keeps what can be downloaded again."""
    import pooch

    return str(pooch.os_cache("autodiff"))


def fetch(name: str, cache: str, mirrors: list[str], complaints: list[str]) -> NDArray[Any]:
    """Return the array of one of FILES from the cache, first downloading it if it must be.

    A mirror that fails goes to the end of the list, so that the next file does not wait for it
    again. Raises OSError when nothing helps; what went wrong is then in `complaints`, a line each.
    """
    for path in spellings(cache, name):
        try:
            return _checked(path, name)
        except (OSError, ValueError) as error:
            complaints.append(str(error))
    target = os.path.join(cache, f"{name}.gz")
    _sweep(target)
    # A name of its own, so that two programs that download at a time do not meet.
    part = f"{target}.{secrets.token_hex(8)}.part"
    try:
        os.makedirs(cache, exist_ok=True)
        open(part, "xb").close()  # before any mirror is asked
    except OSError as error:
        complaints.append(f"the cache cannot be written: {error}")
        raise
    try:
        for mirror in list(mirrors):
            url = f"{mirror}{name}.gz"
            try:
                return _download(url, name, part, target)
            except (OSError, ValueError) as error:  # of requests' errors, all are OSErrors
                complaints.append(f"{url}: {error}")
                mirrors.remove(mirror)
                mirrors.append(mirror)
    finally:
        if os.path.exists(part):
            os.unlink(part)
    raise OSError(f"no mirror has {name}.gz")


def _sweep(target: str) -> None:
    """Remove what a download that was killed, a day ago or more, has left beside its place."""
    folder, name = os.path.split(target)
    try:
        for entry in os.listdir(folder):
            left = os.path.join(folder, entry)
            ours = entry.startswith(f"{name}.") and entry.endswith(".part")
            if ours and time.time() - os.stat(left).st_mtime > 86400:
                os.unlink(left)
    except OSError:
        pass  # there is no such folder yet, or somebody else was faster


def _download(url: str, name: str, part: str, target: str) -> NDArray[Any]:
    """Download a file to `part`, check it, rename it to `target`, and return its array."""
    import pooch

    bar = sys.stderr is not None and sys.stderr.isatty()
    downloader = pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT)
    with open(part, "wb") as file:
        limited = _Limited(file, name)
        # Beside this thread, which looks at the clock: a mirror that sends a byte now and then
        # never lets a read time out, and its headers may be as slow.
        end: list[BaseException | None] = []

        def download() -> None:
            try:
                downloader(url, limited, None)
                end.append(None)
            except BaseException as error:
                end.append(error)

        thread = threading.Thread(target=download, daemon=True)
        thread.start()
        try:
            # A connection that breaks or hangs says so itself, in better words: a little later.
            while thread.is_alive() and limited.left_to_wait() > -_GRACE:
                thread.join(max(0.0, limited.left_to_wait()) + _GRACE)
        finally:
            limited.closed = True  # whatever comes now, comes too late
        if thread.is_alive():
            raise limited.too_slow()
        error = end.pop()  # and nothing keeps it and its connection alive in a circle
        try:
            if error is not None:
                raise error
        finally:
            del error
    array = _checked(part, name)
    os.replace(part, target)
    return array


def _checked(path: str, name: str) -> NDArray[Any]:
    """Return the array of an idx file; raise ValueError if it is not MNIST's of that name."""
    known = FILES[name]
    content, array = read_with_bytes(path, known.size)
    got = Known(
        len(content),
        hashlib.md5(content, usedforsecurity=False).hexdigest(),
        hashlib.sha256(content).hexdigest(),
    )
    if got != known:
        raise ValueError(f"{path}: not MNIST's {name}: got {got}, expected {known}")
    return array


class _Limited:
    """A file to write to, with an end to size and patience."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.file = file
        self.left = FILES[name].size * 1.01 + 1000  # a gzip is hardly longer than what is in it
        self.deadline = time.monotonic() + TIMEOUT
        self.closed = False

    def left_to_wait(self) -> float:
        """Return in how many seconds a mirror that sends nothing more is too slow."""
        return self.deadline - time.monotonic()

    def too_slow(self) -> TimeoutError:
        """Return the error of a mirror that is too slow."""
        return TimeoutError(f"got less than {SLOWEST:g} bytes a second, and gave up")

    def write(self, chunk: bytes) -> None:
        """Write a chunk, unless it is too much or too late."""
        self.left -= len(chunk)
        if self.left < 0:
            raise ValueError("got more bytes than the file has, and stopped")
        self.deadline += len(chunk) / SLOWEST
        if self.closed or self.left_to_wait() < 0.0:
            raise self.too_slow()
        self.file.write(chunk)

    def flush(self) -> None:
        """Do nothing: pooch asks for it after each chunk, and closing the file will do."""
