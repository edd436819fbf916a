"""Downloads: mirrors of every kind, played on this machine, and a cache that they cannot spoil."""

import errno
import gzip
import io
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import numpy as np
import pytest

from autodiff.data import load_mnist, mirrors, read_idx

from .conftest import idx, put

IMAGES = "train-images-idx3-ubyte"


class Mirror(BaseHTTPRequestHandler):
    """Answers http://127.0.0.1/HOW/FILE.gz in the way that HOW says, and notes what was asked."""

    files: ClassVar[dict[str, bytes]]
    asked: ClassVar[list[str]]
    released = threading.Event()

    def do_GET(self):
        how, name = self.path.strip("/").split("/")
        self.asked.append(f"{how} {name}")
        content = gzip.compress(self.files[name.removesuffix(".gz")])
        try:
            getattr(self, how)(content)
        except OSError:  # the other side had enough
            self.close_connection = True

    def answer(self, content, status=200, **headers):
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def good(self, content):
        self.answer(content)

    def plain(self, content):
        self.answer(gzip.decompress(content))

    def transcoded(self, content):
        self.answer(content, Content_Encoding="gzip")

    def page(self, content):
        self.answer(b"<!DOCTYPE html><title>Please log in</title>", Content_Type="text/html")

    def zipped_page(self, content):
        self.answer(gzip.compress(b"<!DOCTYPE html><title>Please log in</title>"))

    def missing(self, content):
        self.answer(b"no such file", status=404)

    def wrong(self, content):
        spoilt = bytearray(gzip.decompress(content))
        spoilt[-1] ^= 1
        self.answer(gzip.compress(spoilt))

    def cut(self, content):  # the connection breaks
        self.answer(content[: len(content) // 2], Content_Length=str(len(content)))

    def short(self, content):  # the mirror has only half
        self.answer(content[: len(content) // 2])

    def silent(self, content):
        self.released.wait(10)

    def stuck(self, content):
        self.answer(content[:10], Content_Length=str(len(content)))
        self.released.wait(10)

    def dripping(self, content):
        self.answer(b"", Content_Length="1000000")
        while not self.released.wait(0.05):  # so a chunk of 1024 bytes comes in time, but slowly
            self.wfile.write(bytes(1024))

    def endless(self, content):
        self.send_response(200)
        self.end_headers()
        while not self.released.is_set():
            self.wfile.write(bytes(1 << 16))

    def bomb(self, content):
        self.answer(content + gzip.compress(bytes(1 << 19)))

    def honest_bomb(self, content):
        self.answer(gzip.compress(idx(np.zeros(1 << 22, np.uint8))))

    def redirect(self, content):
        name = self.path.split("/")[-1]
        self.answer(b"", status=302, Location=f"/good/{name}")

    def log_message(self, *args):
        pass


BAD = {  # and what is said of it
    "page": r"got the first bytes .*b'<!DO'.*expected an idx file",
    "zipped_page": r"got the first bytes .*b'<!DO'.*expected an idx file",
    "missing": "404 Client Error",
    "wrong": "not MNIST's train-images-idx3-ubyte: got Known.*, expected Known",
    "cut": "bytes read, .* more expected",
    "short": "the gzip is damaged or cut short",
    "silent": "Read timed out",
    "stuck": "Read timed out",
    "dripping": "got less than 1e.06 bytes a second",
    "endless": "got more bytes than the file has",
    "bomb": "got more bytes, expected 9424",
    "honest_bomb": "promises 4194312 bytes, .*, expected 9424 at most",
}


# Seconds.
PATIENCE = {"silent": 0.15, "stuck": 0.15, "dripping": 0.3}


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def play(server, mnist, monkeypatch):
    """Return a function that sets the mirrors, by how they are, and returns what they are asked."""
    Mirror.released.clear()
    Mirror.files, Mirror.asked = mnist, []
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    download = mirrors._download

    def patiently(url, *rest):  # impatient with those alone that hang: this machine may be busy
        how = url.split("/")[-2]
        monkeypatch.setattr(mirrors, "TIMEOUT", PATIENCE.get(how, 10.0))
        monkeypatch.setattr(mirrors, "SLOWEST", 1e6 if how in PATIENCE else 2000.0)
        return download(url, *rest)

    monkeypatch.setattr(mirrors, "_download", patiently)

    def play(*hows):
        urls = [f"http://127.0.0.1:{server.server_port}/{how}/" for how in hows]
        monkeypatch.setattr(mirrors, "MIRRORS", tuple(urls))
        return Mirror.asked

    yield play
    Mirror.released.set()


def same(loaded, files):
    """Tell whether what was loaded, without normalizing or flattening, is what the files hold."""
    return all(
        content.endswith(array.astype(np.uint8).tobytes())
        for content, array in zip(files.values(), [*loaded[0], *loaded[1]])
    )


def load():
    return load_mnist(normalize=False, flatten=False)


@pytest.mark.parametrize("how", ["good", "plain", "transcoded", "redirect"])
def test_a_good_mirror_is_asked_once_for_each_file(play, mnist, cache, how):
    asked = play(how, "missing")
    assert same(load(), mnist)
    assert len([request for request in asked if request.startswith(how)]) == 4
    assert sorted(os.listdir(cache)) == sorted(f"{name}.gz" for name in mnist)
    asked.clear()
    assert same(load(), mnist)
    assert asked == []


@pytest.mark.parametrize("how", BAD)
def test_after_a_bad_mirror_the_next_is_tried(play, mnist, cache, how):
    asked = play(how, "good")
    assert same(load(), mnist)
    # once, not for each file: whoever hangs is not waited for again
    assert [request.split()[0] for request in asked] == [how, *["good"] * 4]
    assert sorted(os.listdir(cache)) == sorted(f"{name}.gz" for name in mnist)


@pytest.mark.parametrize("how", BAD)
def test_a_failed_download_leaves_no_file(play, cache, how):
    play(how)
    started = time.monotonic()
    with pytest.raises(FileNotFoundError, match=f"/{how}/{IMAGES}.gz: .*{BAD[how]}"):
        load_mnist()
    assert time.monotonic() - started < 5
    assert os.listdir(cache) == []


def test_the_files_that_came_before_the_failure_stay(play, mnist, cache):
    play("good")
    load()
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        (cache / name).unlink()
    asked = play("page")
    with pytest.raises(FileNotFoundError, match="t10k-images"):
        load_mnist()
    assert sorted(os.listdir(cache)) == [f"{name}.gz" for name in mnist if "train" in name]
    assert asked == ["good " + f"{name}.gz" for name in mnist] + ["page t10k-images-idx3-ubyte.gz"]


def test_a_damaged_file_of_the_cache_is_fetched_anew_and_kept_when_that_fails(play, mnist, cache):
    play("good")
    load()
    damaged = cache / f"{IMAGES}.gz"
    damaged.write_bytes(b"damaged")
    play("wrong")
    with pytest.raises(FileNotFoundError, match=r"b'dama'"):
        load_mnist()
    assert damaged.read_bytes() == b"damaged"
    assert len(os.listdir(cache)) == 4
    asked = play("good")
    asked.clear()
    assert same(load(), mnist)
    assert asked == [f"good {IMAGES}.gz"]
    assert gzip.decompress(damaged.read_bytes()) == mnist[IMAGES]


def test_other_data_in_the_cache_are_not_taken_for_mnist(play, mnist, cache):
    good = bytes(mnist[IMAGES])
    spoilt = good[:-1] + bytes([good[-1] ^ 1])
    put(cache, {**mnist, IMAGES: spoilt})
    with pytest.raises(FileNotFoundError, match="not MNIST's train-images-idx3-ubyte: got Known"):
        load_mnist()
    play("good")
    assert same(load(), mnist)
    assert (cache / IMAGES).read_bytes() == spoilt  # not ours: it stays, and is passed over
    asked = play("missing")
    asked.clear()
    assert same(load(), mnist)
    assert asked == []


@pytest.mark.parametrize("digest", ["md5", "sha256", "size"])
def test_both_digests_and_the_length_must_be_right(play, cache, mnist, monkeypatch, digest):
    known = mirrors.FILES[IMAGES]
    other = known.size + 1 if digest == "size" else "0" * len(getattr(known, digest))
    files = {**mirrors.FILES, IMAGES: known._replace(**{digest: other})}
    monkeypatch.setattr(mirrors, "FILES", files)
    play("good")
    with pytest.raises(FileNotFoundError, match="not MNIST's"):
        load_mnist()
    assert os.listdir(cache) == []


def test_a_connection_that_is_refused_counts_as_a_bad_mirror(play, mnist, monkeypatch):
    play("good")
    monkeypatch.setattr(mirrors, "MIRRORS", ("http://127.0.0.1:1/", *mirrors.MIRRORS))
    assert same(load(), mnist)


def test_an_interrupted_download_leaves_no_file(play, cache, monkeypatch):
    play("good")

    def interrupt(path, name):
        raise KeyboardInterrupt

    monkeypatch.setattr(mirrors, "_checked", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_mnist()
    assert os.listdir(cache) == []


def test_a_full_disk_leaves_no_file(play, cache, monkeypatch):
    play("good")

    def full(self, chunk):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(mirrors._Limited, "write", full)
    with pytest.raises(FileNotFoundError, match="No space left on device"):
        load_mnist()
    assert os.listdir(cache) == []


def test_a_cache_that_cannot_be_made_is_named_and_no_mirror_asked(play, cache):
    asked = play("good")
    cache.parent.write_text("a file where a folder should be")
    with pytest.raises(FileNotFoundError, match=r"the cache cannot be written: .*caches"):
        load_mnist()
    assert asked == []


def test_a_cache_without_permission_to_write_is_named_and_no_mirror_asked(play, cache, monkeypatch):
    asked = play("good")

    def refused(path, mode):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(mirrors, "open", refused, raising=False)  # for root everything is allowed
    with pytest.raises(
        FileNotFoundError, match=r"cannot be written: .*Permission denied.*autodiff"
    ):
        load_mnist()
    assert asked == []


def test_two_downloads_at_a_time_do_not_meet(play, mnist, cache):
    play("good")
    loaded = []
    threads = [threading.Thread(target=lambda: loaded.append(load())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 4
    assert all(same(each, mnist) for each in loaded)
    assert sorted(os.listdir(cache)) == sorted(f"{name}.gz" for name in mnist)


def test_somebody_who_watches_sees_a_bar(play, mnist, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    play("good")
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert same(load(), mnist)
    assert "100%" in sys.stderr.getvalue()


def test_nothing_is_printed_to_a_file(play, capsys):
    play("good")
    load()
    assert capsys.readouterr() == ("", "")


# The machine's own MNIST, if it says where; read before the fixtures hide it.
HERE = os.environ.get("AUTODIFF_DATA", "")
REAL = [HERE, os.path.join(HERE, "mnist")]


@pytest.mark.skipif(not HERE, reason="AUTODIFF_DATA is not set")
@pytest.mark.parametrize("name", list(mirrors.FILES))
def test_the_digests_are_those_of_the_real_files(name):
    path = next(path for folder in REAL for path in mirrors.spellings(folder, name))
    assert (mirrors._checked(path, name) == read_idx(path)).all()
