"""Files, attacked and met by accident: the right numbers or a clear error, and the old file whole.

Adds to tests/test_serialization.py, tests/training/test_checkpoints.py and tests/data/test_idx.py:
every bit flipped and every cut of a small file (every day some, AUTODIFF_TESTS=all does far more);
headers that lie; bombs; a disk that fails at each call in turn; links, odd names, and several
writers.

What can be noticed: checkpoints and weights that autodiff wrote have a SHA-256 of the whole file,
and a gzip has a CRC. Weights of others, plain idx, the CSV of a History and the Python file of a
compiled function have no checksum: there a flipped digit is another number, and nobody can tell.
(The Python file checks its gradients against its own value when it is run.) No npz is read.
"""

import errno
import gzip
import io
import json
import os
import random
import stat
import subprocess
import sys
import threading
import tracemalloc
import zlib

import numpy as np
import pytest

import autodiff
from autodiff import compile as compiled
from autodiff import fit, optim, serialization
from autodiff.data import read_idx
from autodiff.nn import Linear, Sequential, mse
from autodiff.training import Checkpoint, CheckpointError, checkpoints
from autodiff.training.checkpoints import from_file, to_bytes
from visualize.files import write_file

from ..data.conftest import idx
from ..long import ALL

X = np.arange(8, dtype="f").reshape(4, 2)


def small(seed=0):
    autodiff.seed(seed)
    return Sequential(Linear(2, 1))


def train(model, *callbacks, epochs=1, **options):
    optimizer = optim.SGD(model.parameters(), lr=1e-3)
    data = (X, X[:, :1])
    return fit(model, data, mse, optimizer, epochs, callbacks=callbacks, batch_size=2, **options)


def numbers(model):
    return {name: np.array(x).tobytes() for name, x in model.state_dict().items()}


def damages(content, some=1):
    """Yield the content with a bit flipped, each in turn, and each of its cuts.

    Every day only each `some`-th of them, and of the larger files always some.
    """
    step = max(1, some // 10) if ALL else some
    for bit in range(0, 8 * len(content), step):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)
    for size in range(0, len(content), step):
        yield content[:size]


def peak(function):
    """Return the most bytes that Python had at a time while it called a function."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def one_line(caught, path):
    """Tell whether an error is one line that begins with the file, and ends with what to do."""
    text = str(caught)
    return text.startswith(str(path)) and "\n" not in text and len(text) < 400


# -- every bit and every cut -----------------------------------------------------------------------


def test_every_bit_and_every_cut_of_weights_is_noticed_or_does_no_harm(tmp_path):
    path, model = tmp_path / "w.safetensors", small()
    serialization.save(model, path, {"activation": "relu"})
    content, right = path.read_bytes(), numbers(model)
    harmless = 0
    for damaged in damages(content, some=29):
        path.write_bytes(damaged)
        try:
            serialization.load(model, path)
            harmless += 1
        except ValueError as error:
            assert one_line(error, path) or "does not fit" in str(error)  # noqa: PT017
        assert numbers(model) == right
    assert harmless < 8 * len("autodiff.sha256")  # the name of the checksum itself


def test_the_checksum_is_of_every_number_and_names_what_to_do(tmp_path):
    path = tmp_path / "w.safetensors"
    serialization.save(small(), path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"its SHA-256 is not the one in it.*put back a copy"):
        serialization.load(small(), path)


def test_the_same_weights_are_the_same_file(tmp_path):
    paths = [tmp_path / str(i) for i in range(8)]
    for path in paths:
        serialization.save(small(), path, {"z": "1", "ü": '"autodiff.sha256":"', "a": "3"})
    assert len({path.read_bytes() for path in paths}) == 1
    assert serialization.read(paths[0])[1] == {"z": "1", "ü": '"autodiff.sha256":"', "a": "3"}


def test_weights_of_others_without_a_checksum_are_read(tmp_path):
    from safetensors.numpy import save_file

    model = small(1)
    save_file({name: np.array(x) for name, x in small().state_dict().items()}, tmp_path / "w")
    serialization.load(model, tmp_path / "w")
    assert numbers(model) == numbers(small())


def test_every_bit_and_every_cut_of_a_checkpoint_are_noticed(tmp_path):
    path = tmp_path / "run.checkpoint.safetensors"
    train(small(), Checkpoint(path))
    content = path.read_bytes()
    for damaged in damages(content, some=997):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="put back a copy, or remove it to start") as caught:
            from_file(str(path))
        assert one_line(caught.value, path)


@pytest.mark.skipif(not ALL, reason="takes ten seconds; AUTODIFF_TESTS=all runs it")
def test_not_one_bit_of_a_checkpoint_is_unguarded(tmp_path):
    path = tmp_path / "run.checkpoint.safetensors"
    train(small(), Checkpoint(path))
    content = bytearray(path.read_bytes())
    assert serialization.is_sealed(bytes(content), checkpoints._MARK)
    for bit in range(8 * len(content)):
        content[bit // 8] ^= 1 << bit % 8
        assert not serialization.is_sealed(bytes(content), checkpoints._MARK), bit
        content[bit // 8] ^= 1 << bit % 8


@pytest.mark.parametrize("zipped", [False, True])
def test_every_bit_of_an_idx_is_noticed_where_there_is_a_checksum(tmp_path, zipped):
    path, array = tmp_path / "f", np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    content = gzip.compress(idx(array), mtime=0) if zipped else idx(array)
    other = 0
    for damaged in damages(content, some=5 if zipped else 1):
        path.write_bytes(damaged)
        try:
            found = read_idx(path)
        except ValueError as error:
            assert one_line(error, path)  # noqa: PT017
        else:
            other += not np.array_equal(found, array) or found.dtype != array.dtype
    # 96 bits of the numbers; and uint8 that became int8, or 3 × 4 rows that became others
    assert other == 0 if zipped else 96 <= other <= 98


def test_every_cut_of_a_python_file_is_no_program_or_one_that_says_so(tmp_path):
    def product(a, b):
        return a * b + a

    function = compiled(product)
    function(2.0, 3.0)
    path = tmp_path / "product.py"
    function.save(path)
    text, names = path.read_text(), []
    for line, _ in enumerate(text.splitlines()):
        cut = "\n".join(text.splitlines()[:line])
        namespace = {"__name__": "cut"}
        try:
            exec(compile(cut, "cut", "exec"), namespace)
        except SyntaxError:
            continue
        if "product" in namespace:  # whole, or not there
            names.append(namespace["product"](2.0, 3.0))
    assert set(map(repr, names)) <= {"(8.0, (4.0, 2.0))", "None"}
    assert names[-1]


# -- headers that lie ------------------------------------------------------------------------------


def header(text, numbers=b""):
    raw = text if isinstance(text, bytes) else json.dumps(text).encode()
    return len(raw).to_bytes(8, "little") + raw + numbers


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"a": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}}


LIES = {
    "nothing": b"",
    "2^64 bytes of header": b"\xff" * 8,
    "2^60 bytes of header": (1 << 60).to_bytes(8, "little") + b"{}",
    "2^60 numbers": header(entry(shape=(1 << 60,), offsets=(0, 1 << 62)), b"1234"),
    "2^60 numbers in four bytes": header(entry(shape=(1 << 60,)), b"1234"),
    "2^80 numbers": header(entry(shape=(1 << 40, 1 << 40)), b"1234"),
    "no numbers, and 2^62 of them": header(entry(shape=(0, 1 << 62), offsets=(0, 0))),
    "bfloat16": header(entry("BF16", (2,)), b"1234"),
    "a type of tomorrow": header(entry("F128"), b"1234"),
    "before the beginning": header(entry(offsets=(-4, 0)), b"1234"),
    "the end before the beginning": header(entry(offsets=(4, 0)), b"1234"),
    "texts for numbers": header(entry(offsets=("0", "4")), b"1234"),
    "inf": header(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,1e999]}}', b"1234"),
    "holes": header(entry(offsets=(4, 8)), b"12345678"),
    "deep": header(b"[" * 100_000 + b"]" * 100_000),
    "deep, in an entry": header(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "a list": header([1, 2]),
    "a number": header(b"1"),
    "metadata of numbers": header({"__metadata__": {"a": 1}}),
    "metadata that is a list": header({"__metadata__": [1]}),
    "the same name twice": header(
        b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
        b'"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', b"1234"
    ),
    "no text": header(b"\xff\xfe\xfd"),
    "a checksum that is none": header({"__metadata__": {"autodiff.sha256": "no"}}),
    "a checksum behind spaces": header(b'{"__metadata__": {"autodiff.sha256" :  "no"}}'),
    "more": header(entry(), b"12345"),
    "pickle": b"\x80\x04\x95" + bytes(40),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_a_clear_error_and_costs_nothing(tmp_path, lie):
    path, model = tmp_path / "w.safetensors", small()
    path.write_bytes(LIES[lie])
    before = numbers(model)

    def attempt():
        with pytest.raises(ValueError, match=r"w\.safetensors") as caught:
            serialization.load(model, path)
        assert one_line(caught.value, path) or "does not fit" in str(caught.value)
        for resume in (True, False):
            with pytest.raises((ValueError, FileExistsError), match="checkpoint of fit"):
                train(small(), Checkpoint(checkpoint), resume=resume)

    checkpoint = tmp_path / "run.checkpoint.safetensors"
    checkpoint.write_bytes(LIES[lie])
    assert peak(attempt) < 64 << 20
    assert numbers(model) == before
    assert checkpoint.read_bytes() == LIES[lie]


@pytest.mark.parametrize("begin", [b"", LIES["2^60 bytes of header"], LIES["more"]])
def test_a_file_of_ten_gigabytes_is_not_read_to_be_refused(tmp_path, begin):
    path = tmp_path / "run.checkpoint.safetensors"
    with path.open("wb") as file:
        file.write(begin)
        file.truncate(10 << 30)  # a hole, which takes no room on the disk

    def attempt():
        with pytest.raises(ValueError, match="10737418240 bytes"):
            serialization.load(small(), path)
        with pytest.raises(ValueError, match="10737418240 bytes, is no checkpoint"):
            train(small(), Checkpoint(path), resume=True)
        with pytest.raises(FileExistsError, match="is no checkpoint"):
            train(small(), Checkpoint(path))

    # A header may be of a hundred megabytes; here it is of none, or what the file begins with.
    assert peak(attempt) < 250 << 20


def test_an_idx_of_ten_gigabytes_that_promises_more_is_not_read(tmp_path):
    path = tmp_path / "f"
    with path.open("wb") as file:
        file.write(b"\0\0\x08\x02" + (1 << 31).to_bytes(4, "big") * 2)  # 2^62 bytes
        file.truncate(10 << 30)

    def attempt():
        with pytest.raises(ValueError, match="got 10737418240 bytes, expected 4611686018427387916"):
            read_idx(path)

    assert peak(attempt) < 1 << 20


def ten_gigabytes(start):
    """Return a gzip of ten gigabytes of zeros behind a start: 640 times the same block."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 24)) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08" + bytes(7) + first + 640 * block + b"\x03\0" + bytes(8)


@pytest.mark.parametrize("declared", [10 << 30, 1 << 60, 100])
def test_a_gzip_of_ten_gigabytes_is_refused_before_it_is_unpacked(tmp_path, declared):
    path = tmp_path / "f.gz"
    sizes = (1 << 30, declared >> 30) if declared > 100 else (declared, 1)
    start = b"\0\0\x08\x02" + b"".join(size.to_bytes(4, "big") for size in sizes)
    path.write_bytes(ten_gigabytes(start))
    words = "not unpacked: expected no such bomb" if declared > 100 else "got more bytes, expected"

    def attempt():
        with pytest.raises(ValueError, match=words) as caught:
            read_idx(path)
        assert one_line(caught.value, path)

    assert peak(attempt) < 2 << 20


def test_a_checkpoint_that_somebody_made_up_is_refused_and_nothing_changes(tmp_path):
    path = tmp_path / "run.checkpoint.safetensors"
    train(small(), Checkpoint(path))
    state = from_file(str(path))
    rng = random.Random(0)

    def made_up():
        for name in state:
            yield {key: part for key, part in state.items() if key != name}
            for other in (None, [], {}, "text", -1, [1, 2], {"array": "none"}):
                yield {**state, name: other}

    for lie in made_up():
        path.write_bytes(to_bytes(lie))
        model = small(rng.randrange(100))
        before = numbers(model)
        try:
            train(model, Checkpoint(path), resume=True)
        except ValueError as error:
            assert str(path) in str(error)  # noqa: PT017
            assert numbers(model) == before
        assert os.listdir(tmp_path) == [path.name]


# -- the disk --------------------------------------------------------------------------------------


class Failing:
    """Lets the k-th call of all that writing a file needs fail, for k = 0, 1, 2 ..."""

    CALLS = ("open", "write", "flush", "fsync", "chmod", "replace")

    def __init__(self, monkeypatch, module, k):
        self.k, self.calls = k, []
        for name in ("fsync", "chmod", "replace"):
            monkeypatch.setattr(os, name, self.counted(name, getattr(os, name)))
        monkeypatch.setattr(module, "open", self.opened, raising=False)

    def counted(self, name, function):
        def call(*args, **named):
            self.calls.append(name)
            if len(self.calls) - 1 == self.k:
                raise OSError(errno.ENOSPC, "No space left on device")
            return function(*args, **named)

        return call

    def opened(self, path, mode="r"):
        if "r" in mode:
            return open(path, mode)
        failing, file = self, self.counted("open", io.open)(path, mode)

        class File:
            def write(self, content):
                file.write(content[: len(content) // 2])  # half is written when it fails
                failing.counted("write", file.write)(content[len(content) // 2 :])

            def flush(self):
                failing.counted("flush", file.flush)()

            def fileno(self):
                return file.fileno()

            def __enter__(self):
                return self

            def __exit__(self, *args):
                file.close()

        return File()


@pytest.mark.parametrize("k", range(len(Failing.CALLS)))
def test_a_disk_that_fails_at_any_call_leaves_the_old_file_whole_and_no_other(
    tmp_path, monkeypatch, k
):
    path, run = tmp_path / "w.safetensors", tmp_path / "run.checkpoint.safetensors"
    table = tmp_path / "h.csv"
    history = train(small(), Checkpoint(run))
    serialization.save(small(), path)
    history.save_csv(table)
    old = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    for write in (
        lambda: serialization.save(small(1), path),
        lambda: history.save_csv(table, "test"),
        lambda: train(small(), Checkpoint(run), epochs=2, resume=True),
    ):
        with monkeypatch.context() as patch:
            failing = Failing(patch, serialization, k)
            with pytest.raises(OSError, match="No space left on device") as caught:
                write()
        assert failing.calls == list(Failing.CALLS[: k + 1])
        assert caught.value.errno == errno.ENOSPC
        assert "whole" in str(caught.value)
        assert "mend that" in str(caught.value)
        assert str(tmp_path) in str(caught.value)
        assert "\n" not in str(caught.value)
        assert "part" not in str(caught.value)
        assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == old


def test_a_disk_that_is_really_full_is_told_by_the_file_that_was_meant(tmp_path):
    path = tmp_path / "w.safetensors"
    if os.geteuid() or subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", tmp_path], capture_output=True,
        check=False,
    ).returncode:  # fmt: skip
        pytest.skip("no small disk can be had here")
    try:
        serialization.save(small(), path)
        old = path.read_bytes()
        with pytest.raises(OSError, match=r"No space left on device \(the old file is whole"):
            serialization.save(Sequential(Linear(200, 200)), path)
        assert path.read_bytes() == old
        assert os.listdir(tmp_path) == [path.name]
        with pytest.raises(OSError, match=r"cannot write .*J\.svg: No space left on device"):
            write_file(tmp_path / "J.svg", bytes(1 << 17))
        assert os.listdir(tmp_path) == [path.name]
    finally:
        subprocess.run(["umount", tmp_path], check=True)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_read_only_is_left_as_it_is(tmp_path, monkeypatch, what):
    path = tmp_path / "w"
    path.write_bytes(b"old")
    real = os.access
    if what == "file":
        closed = path
    else:
        closed = tmp_path
        monkeypatch.setattr(serialization, "open", refused, raising=False)
    # The user who runs the tests may be root, who may write anywhere.
    monkeypatch.setattr(os, "access", lambda p, mode: str(p) != str(closed) and real(p, mode))
    with pytest.raises(PermissionError, match=r"the old file is whole; mend that.*/w'"):
        serialization.replace(path, b"new")
    if what == "file":
        with pytest.raises(PermissionError, match=r"cannot write .*/w: it is read-only; choose"):
            write_file(path, b"new")
        run = tmp_path / "run.checkpoint.safetensors"
        train(small(), Checkpoint(run))
        content, closed = run.read_bytes(), run
        with pytest.raises(PermissionError, match="which is read-only; expected a file that can"):
            train(small(), Checkpoint(run))
        assert run.read_bytes() == content
        run.unlink()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["w"]


def refused(*args):
    raise PermissionError(errno.EACCES, "Permission denied")


# -- names and links -------------------------------------------------------------------------------


WRITERS = [
    serialization.replace,
    pytest.param(lambda path, content: write_file(path, content), id="write_file"),
]


@pytest.mark.parametrize("write", WRITERS)
def test_a_link_stays_a_link_and_what_it_leads_to_is_written(tmp_path, write):
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "w", tmp_path / "link"
    link.symlink_to(target)
    for content in (b"first", b"second"):
        write(link, content)
        assert link.is_symlink()
        assert target.read_bytes() == content
    assert os.listdir(tmp_path / "there") == ["w"]


@pytest.mark.parametrize("write", WRITERS)
def test_who_may_read_the_old_file_may_read_the_new_one_and_nobody_else(tmp_path, write):
    path = tmp_path / "secret"
    path.write_bytes(b"old")
    path.chmod(0o600)
    write(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("write", WRITERS)
def test_a_device_is_written_to_and_stays_one(tmp_path, write):
    pipe = tmp_path / "pipe"  # stands for /dev/null, which a test must not put at risk
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(pipe, b"content")
        assert os.read(reader, 100) == b"content"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


NAMES = [
    "a b",
    "ünï-日本",
    "[a]*?",
    "-rf",
    "$HOME;`x`",
    "a\nb",
    "%s{}",
    "'\"",
    "n" * 200,
    "日" * 70,
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_odd_names_are_names(tmp_path, name):
    run = tmp_path / name
    train(small(), Checkpoint(run))
    train(small(), Checkpoint(run, best=True))
    history = train(small(), Checkpoint(run), epochs=2, resume=True)
    assert history.epochs == 2
    kinds = [f"{name}.{kind}.safetensors" for kind in ("before", "best", "checkpoint")]
    assert sorted(os.listdir(tmp_path)) == kinds
    write_file(tmp_path / name, b"content")
    assert (tmp_path / name).read_bytes() == b"content"


# -- several at a time -----------------------------------------------------------------------------


def test_many_writers_of_one_file_leave_one_of_theirs_whole(tmp_path):
    path, wrong = tmp_path / "f", []
    contents = [bytes([i]) * 50_000 for i in range(6)]

    def write(content):
        for _ in range(15):
            try:
                serialization.replace(path, content)
                if path.read_bytes() not in contents:
                    wrong.append("half a file")
            except BaseException as error:
                wrong.append(repr(error))

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert os.listdir(tmp_path) == ["f"]


def test_a_training_does_not_sweep_away_what_another_is_writing(tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        writing = tmp_path / f"run.checkpoint.safetensors.{other.pid}-0123abcd.part"
        writing.write_bytes(b"half")
        train(small(), Checkpoint(tmp_path / "run"))
        assert writing.exists()
        old = tmp_path / f"run.best.safetensors.{other.pid}-0123abce.part"
        old.write_bytes(b"half")  # by a process that once had the same number
        os.utime(old, (0, 0))
        train(small(), Checkpoint(tmp_path / "run"), resume=True)
        assert not old.exists()
        other.communicate(b"\n")
    train(small(), Checkpoint(tmp_path / "run"), resume=True)
    assert os.listdir(tmp_path) == ["run.checkpoint.safetensors"]


def test_what_is_not_ours_is_not_swept_away(tmp_path):
    theirs = ["run.checkpoint.safetensors.part", "run.checkpoint.safetensors.mine.part", "x.1.part"]
    for name in theirs:
        (tmp_path / name).write_bytes(b"theirs")
    train(small(), Checkpoint(tmp_path / "run"))
    assert sorted(os.listdir(tmp_path)) == sorted([*theirs, "run.checkpoint.safetensors"])


def test_a_checkpoint_error_says_of_which_file_and_keeps_its_number(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(CheckpointError, match=r"run\.checkpoint\.safetensors of step 2") as caught:
        train(small(), Checkpoint(tmp_path / "run"))
    assert caught.value.errno == errno.EACCES
    assert os.listdir(tmp_path) == []
