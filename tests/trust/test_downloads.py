"""Downloads from mirrors that are hostile or ill: a clear error in bounded time, nothing left.

Adds to tests/data/test_mirrors.py the mirrors whose answers are wrong below HTTP: that close early,
go round in circles, lie about lengths, or send a byte now and then, in the headers or in the body,
so that no read times out. Real sockets, on this machine.
"""

# ruff: noqa: F811 - a fixture is a name, and an argument of the same name

import gzip
import os
import socket
import threading
import time

import pytest

from autodiff.data import load_mnist, mirrors

from ..data.conftest import cache, mnist  # noqa: F401 - fixtures

NAME = "train-images-idx3-ubyte"
OK = b"HTTP/1.1 200 OK\r\n"


class Mirror:
    """A server that answers each request by a function of the connection and the good content."""

    def __init__(self, answer, content):
        self.answer, self.content = answer, content
        self.asked, self.over = [], threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}/"
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            if self.over.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self.serve, args=(connection,))
            self.threads.append(thread)
            thread.start()

    def serve(self, connection):
        with connection:
            try:
                request = connection.recv(4096).decode()
                self.asked.append(request.split()[1])
                self.answer(self, connection)
            except (OSError, IndexError):
                pass  # the other side had enough

    def drip(self, connection, piece):
        """Send a piece again and again, so often that no read times out, until all is over."""
        while not self.over.wait(0.03):
            connection.sendall(piece)

    def close(self):
        self.over.set()
        try:
            socket.create_connection(self.server.getsockname()).close()  # so that accept() returns
        except OSError:
            pass
        for thread in self.threads:
            thread.join()
        self.server.close()


def closes_at_once(mirror, connection):
    pass


def closes_in_the_headers(mirror, connection):
    connection.sendall(OK + b"Content-Le")


def closes_in_the_body(mirror, connection):
    length = f"Content-Length: {len(mirror.content)}\r\n\r\n".encode()
    connection.sendall(OK + length + mirror.content[:100])


def promises_more(mirror, connection):
    length = f"Content-Length: {len(mirror.content) + 1}\r\n\r\n".encode()
    connection.sendall(OK + length + mirror.content)


def promises_less(mirror, connection):
    length = f"Content-Length: {len(mirror.content) - 9}\r\n\r\n".encode()
    connection.sendall(OK + length + mirror.content)


def promises_nonsense(mirror, connection):
    connection.sendall(OK + b"Content-Length: many\r\n\r\n<html>")


def is_no_server_of_pages(mirror, connection):
    connection.sendall(b"220 ftp.example.org ready\r\n")


def goes_in_circles(mirror, connection):
    place = b"Location: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    connection.sendall(b"HTTP/1.1 302 Found\r\n" + place)


def sends_on_to_a_file(mirror, connection):
    place = b"Location: file:///etc/passwd\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    connection.sendall(b"HTTP/1.1 302 Found\r\n" + place)


def sends_a_page(mirror, connection):
    connection.sendall(OK + b"Content-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")


def is_missing(mirror, connection):
    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def breaks_its_chunks(mirror, connection):
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n<html>\r\n")


def says_it_is_packed(mirror, connection):
    connection.sendall(OK + b"Content-Encoding: gzip\r\nContent-Length: 6\r\n\r\n<html>")


def sends_a_bomb(mirror, connection):
    bomb = gzip.compress(bytes(1 << 25))
    start = f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    connection.sendall(OK + start + bomb)


def is_another_file(mirror, connection):
    other = gzip.compress(gzip.decompress(mirror.content)[:-1] + b"\x07")
    connection.sendall(OK + f"Content-Length: {len(other)}\r\n\r\n".encode() + other)


def says_nothing(mirror, connection):
    mirror.over.wait(10)


def drips_headers(mirror, connection):
    connection.sendall(OK)
    mirror.drip(connection, b"X")


def drips_the_body(mirror, connection):
    connection.sendall(OK + b"Content-Length: 9000\r\n\r\n")
    mirror.drip(connection, b"\x1f")


SAID = {
    closes_at_once: "Connection aborted",
    closes_in_the_headers: "Connection broken|Connection aborted|is empty|damaged",
    closes_in_the_body: "bytes read, .* more expected",
    promises_more: "bytes read, 1 more expected",
    promises_less: "the gzip is damaged or cut short",
    promises_nonsense: "expected an idx file|Content-Length",
    is_no_server_of_pages: "Connection aborted|BadStatusLine",
    goes_in_circles: "Exceeded 30 redirects",
    sends_on_to_a_file: "No connection adapters",
    sends_a_page: r"got the first bytes .*b'<htm'",
    is_missing: "404 Client Error",
    breaks_its_chunks: "InvalidChunkLength|Connection broken",
    says_it_is_packed: "gzip",
    sends_a_bomb: "got more bytes than the file has",
    is_another_file: f"not MNIST's {NAME}: got Known",
    says_nothing: "Read timed out",
    drips_headers: "got less than .* bytes a second, and gave up",
    drips_the_body: "got less than .* bytes a second, and gave up",
}
HANGS = (says_nothing, drips_headers, drips_the_body)


@pytest.fixture
def play(mnist, monkeypatch):
    """Return a function that starts a mirror for each answer and sets the list of mirrors."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    started = []

    def play(*answers):
        if set(answers) & set(HANGS):
            monkeypatch.setattr(mirrors, "TIMEOUT", 0.15)
            monkeypatch.setattr(mirrors, "_GRACE", 0.1)
        content = gzip.compress(mnist[NAME])
        started.extend(Mirror(answer, content) for answer in answers)
        monkeypatch.setattr(mirrors, "MIRRORS", tuple(mirror.url for mirror in started))
        return started

    yield play
    for mirror in started:
        mirror.close()


@pytest.mark.parametrize("answer", SAID, ids=lambda answer: answer.__name__)
def test_a_bad_mirror_is_named_with_what_it_did_and_nothing_is_left(play, cache, answer):
    [mirror] = play(answer)
    cache.mkdir(parents=True)
    old = cache / f"{NAME}.gz"
    old.write_bytes(b"what was there")
    started = time.monotonic()
    with pytest.raises(FileNotFoundError, match=SAID[answer]) as caught:
        load_mnist()
    assert time.monotonic() - started < 5
    text = str(caught.value)
    assert f"{mirror.url}{NAME}.gz: " in text
    assert "load_mnist_small()" in text
    assert old.read_bytes() == b"what was there"
    assert os.listdir(cache) == [old.name]


def test_the_error_names_all_mirrors_that_were_tried(play, cache):
    started = play(is_missing, closes_at_once, sends_a_page)
    with pytest.raises(FileNotFoundError) as caught:
        load_mnist()
    lines = str(caught.value).splitlines()
    for mirror in started:
        assert len([line for line in lines if line.strip().startswith(mirror.url)]) == 1
        assert len(mirror.asked) == 1
    assert os.listdir(cache) == []


def test_what_a_killed_download_left_is_swept_up_after_a_day(play, cache):
    play(is_missing)
    cache.mkdir(parents=True)
    left, young = (cache / f"{NAME}.gz.{letter * 16}.part" for letter in "ab")
    for path in (left, young):
        path.write_bytes(b"half")
    day_before = time.time() - 2 * 86400
    os.utime(left, (day_before, day_before))
    with pytest.raises(FileNotFoundError):
        load_mnist()
    assert os.listdir(cache) == [young.name]


@pytest.mark.parametrize("call", ["open", "write", "replace"])
def test_a_disk_that_is_full_at_any_call_leaves_the_old_file_whole(
    play, mnist, cache, monkeypatch, call
):  # fmt: skip
    def full(*args, **named):
        raise OSError(28, "No space left on device")

    def good(mirror, connection):
        length = f"Content-Length: {len(mirror.content)}\r\n\r\n".encode()
        connection.sendall(OK + length + mirror.content)

    play(good)
    cache.mkdir(parents=True)
    old = cache / f"{NAME}.gz"
    old.write_bytes(b"what was there")
    if call == "open":
        monkeypatch.setattr(mirrors, "open", full, raising=False)
    elif call == "write":
        monkeypatch.setattr(mirrors._Limited, "write", full)
    else:
        monkeypatch.setattr(mirrors.os, "replace", full)
    with pytest.raises(FileNotFoundError, match="No space left on device"):
        load_mnist()
    monkeypatch.undo()
    assert old.read_bytes() == b"what was there"
    assert os.listdir(cache) == [old.name]
