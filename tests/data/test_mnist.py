"""MNIST in the forms that lessons use, from wherever it is; and the part inside the package."""

import hashlib
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autodiff.data import load_mnist, load_mnist_small, mirrors
from autodiff.data import mnist as module
from autodiff.data.idx import read_with_bytes

from .conftest import digits, idx, put

TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS = mirrors.FILES
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("dots", [False, True])
def test_a_folder_is_read_in_every_spelling(tmp_path, zipped, dots):
    files = digits()
    (x_train, y_train), (x_test, y_test) = load_mnist(put(tmp_path / "d", files, zipped, dots))
    assert (x_train.shape, x_train.dtype) == ((12, 784), np.float32)
    assert (x_test.shape, x_test.dtype) == ((5, 784), np.float32)
    assert (y_train.shape, y_train.dtype) == ((12,), np.int64)
    assert y_test.tolist() == [0, 1, 2, 3, 4]
    raw = np.frombuffer(files[TRAIN_IMAGES], np.uint8, offset=16).reshape(12, 784)
    assert (x_train == raw.astype(np.float32) / 255.0).all()  # as the book computes it
    assert x_train[0, :2].tolist() == [0, 1]


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("hot", [False, True])
def test_the_options_are_free_of_each_other(tmp_path, normalize, flatten, hot):
    root = put(tmp_path / "d", digits())
    plain = load_mnist(root, normalize=False, flatten=True, one_hot_label=False)
    chosen = load_mnist(str(root), normalize=normalize, flatten=flatten, one_hot_label=hot)
    for (x, y), (bytes_, labels) in zip(chosen, plain):
        assert x.shape == ((len(x), 784) if flatten else (len(x), 1, 28, 28))
        assert x.dtype == (np.float32 if normalize else np.uint8)
        assert (x.reshape(len(x), 784) == (bytes_ / np.float32(255) if normalize else bytes_)).all()
        assert y.shape == ((len(y), 10) if hot else (len(y),))
        assert y.dtype == (np.float32 if hot else np.int64)
        assert ((y.argmax(1) if hot else y) == labels).all()
        for array in (x, y):
            assert array.flags.writeable
            assert array.flags.c_contiguous


def test_the_cache_is_found_without_a_mirror(mnist, cache):
    put(cache, mnist, zipped=True)
    assert load_mnist()[0][1].tolist() == [*range(10), 0, 1]


@pytest.mark.parametrize("below", ["", "mnist"])
def test_autodiff_data_names_the_folder_or_the_one_above(
    tmp_path, monkeypatch, below, mnist, cache
):
    put(cache, mnist)
    put(tmp_path / "data" / below, digits(seed=2, train=3))
    monkeypatch.setenv("AUTODIFF_DATA", str(tmp_path / "data"))
    assert len(load_mnist()[0][0]) == 3


def test_root_goes_before_autodiff_data(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTODIFF_DATA", str(put(tmp_path / "a", digits(train=3))))
    assert len(load_mnist(put(tmp_path / "b", digits(train=4)))[0][0]) == 4


def test_a_tilde_is_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    put(tmp_path / "a", digits())
    monkeypatch.setenv("AUTODIFF_DATA", os.path.join("~", "a"))
    assert len(load_mnist()[0][0]) == len(load_mnist(os.path.join("~", "a"))[0][0]) == 12


def test_an_incomplete_autodiff_data_is_passed_over_with_a_warning(
    tmp_path, monkeypatch, mnist, cache
):
    folder = put(tmp_path / "a", digits(train=3))
    (folder / TEST_LABELS).unlink()
    monkeypatch.setenv("AUTODIFF_DATA", str(folder))
    put(cache, mnist)
    with pytest.warns(
        UserWarning, match=f"{folder} is passed over, since it lacks {TEST_LABELS}$"
    ) as caught:
        assert len(load_mnist()[0][0]) == 12
    assert caught[0].filename == __file__  # the line that called


@pytest.mark.parametrize("value", ["", "/nowhere/at/all"])
def test_an_autodiff_data_without_files_is_no_obstacle(monkeypatch, mnist, cache, value):
    monkeypatch.setenv("AUTODIFF_DATA", value)
    put(cache, mnist)
    assert len(load_mnist()[0][0]) == 12


def test_a_root_that_lacks_files_is_an_error_and_nothing_is_downloaded(
    tmp_path, mnist, cache, monkeypatch
):
    monkeypatch.setattr(mirrors, "_download", None)
    put(cache, mnist)
    folder = put(tmp_path / "a", digits())
    (folder / TRAIN_LABELS).unlink()
    (folder / TEST_LABELS).unlink()
    with pytest.raises(FileNotFoundError, match=f"lacks {TRAIN_LABELS}, {TEST_LABELS}. Put the"):
        load_mnist(folder)
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        load_mnist(tmp_path / "b")
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        load_mnist(folder / TRAIN_IMAGES)
    with pytest.raises(TypeError, match="bool"):
        load_mnist(True)


@pytest.mark.parametrize("named", ["", "/nowhere"])
def test_without_any_the_error_says_where_it_looked_and_what_to_do(monkeypatch, cache, named):
    monkeypatch.setenv("AUTODIFF_DATA", named)
    monkeypatch.setattr(mirrors, "MIRRORS", ("http://127.0.0.1:1/a/", "http://127.0.0.1:1/b/"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(FileNotFoundError) as raised:
        load_mnist()
    text = str(raised.value)
    looked = ["AUTODIFF_DATA: /nowhere, and mnist" if named else "AUTODIFF_DATA: not set"]
    looked += [f"the cache: {cache}", f"/a/{TRAIN_IMAGES}.gz: ", f"/b/{TRAIN_IMAGES}.gz: "]
    for words in [*looked, *mirrors.FILES, "load_mnist(folder)", "load_mnist_small()"]:
        assert words in text
    assert f"/a/{TEST_LABELS}.gz" not in text  # it gave up at the first file


def test_other_data_sets_load_the_same_way(tmp_path):
    files = {
        TRAIN_IMAGES: idx(np.full((4, 2, 3), 255, np.uint8)),
        TRAIN_LABELS: idx(np.array([1, 26, 0, 3], np.int32)),
        TEST_IMAGES: idx(np.zeros((0, 2, 3), np.uint8)),
        TEST_LABELS: idx(np.zeros(0, np.uint8)),
    }
    (x, y), (x_test, y_test) = load_mnist(put(tmp_path / "a", files), one_hot_label=True)
    assert (x == np.ones((4, 6))).all()
    assert y.shape == (4, 27)
    assert y.argmax(1).tolist() == [1, 26, 0, 3]
    assert (x_test.shape, y_test.shape) == ((0, 6), (0, 27))
    x = load_mnist(tmp_path / "a", flatten=False)[0][0]
    assert x.shape == (4, 1, 2, 3)


@pytest.mark.parametrize(
    "name, content, words",
    [
        (TRAIN_IMAGES, np.zeros((3, 28, 28), np.float32), "images of float32 and shape"),
        (TRAIN_IMAGES, np.zeros((3, 784), np.uint8), r"images of uint8 and shape \(3, 784\)"),
        (TRAIN_LABELS, np.zeros((12, 1), np.uint8), r"labels of uint8 and shape \(12, 1\)"),
        (TEST_LABELS, np.zeros(5), "labels of float64"),
        (TEST_LABELS, np.zeros(4, np.uint8), "got 5 images and 4 labels"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(tmp_path, name, content, words):
    root = put(tmp_path / "a", {**digits(), name: idx(content)})
    with pytest.raises(ValueError, match=words) as raised:
        load_mnist(root)
    assert str(root) in str(raised.value)


def test_a_broken_file_is_named(tmp_path):
    root = put(tmp_path / "a", {**digits(), TEST_IMAGES: b"\0\0\x08\x03"})
    with pytest.raises(ValueError, match=f"{TEST_IMAGES}: got 4 bytes, expected 16 of header"):
        load_mnist(root)


# --- the small one -------------------------------------------------------------------------------

# Of the unpacked files: what gzip makes of them depends on its version.
SHIPPED = {
    TRAIN_IMAGES: "7f2ea4c9ef8986d097eb015af6e7ac92d0220983040f6bf85e0ebdab34272774",
    TRAIN_LABELS: "3617ddc2f63a55bda5efb0ce7dfbb513cc4680c40a8ecd9a5f3a390475accf08",
    TEST_IMAGES: "08212e895b958225f959f761e33da53e35faa44cebc75e329dcaa7b477fbddc0",
    TEST_LABELS: "a8455fc3bf4f53a12fd7fac83ac10b16241e37d6ab97bdfad5c2ebdffb543bea",
}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_files_are_the_ones_that_were_made(name):
    content, _ = read_with_bytes(os.path.join(module._SMALL, f"{name}.gz"))
    assert hashlib.sha256(content).hexdigest() == SHIPPED[name]


def test_the_small_one_is_balanced_and_about_a_megabyte():
    (x_train, y_train), (x_test, y_test) = load_mnist_small()
    assert (x_train.shape, x_test.shape) == ((5000, 784), (1000, 784))
    assert np.bincount(y_train).tolist() == [500] * 10
    assert np.bincount(y_test).tolist() == [100] * 10
    assert sum(entry.stat().st_size for entry in os.scandir(module._SMALL)) < 1.1e6
    assert len({row.tobytes() for x in (x_train, x_test) for row in x}) == 6000  # none twice
    # in no order of digits: each hundred has nearly all of them
    assert min(len(set(y_train[i : i + 100])) for i in range(0, 5000, 100)) >= 9


def test_the_small_one_has_the_options_of_the_full_one():
    (x, y), (x_test, y_test) = load_mnist_small(normalize=False, flatten=False, one_hot_label=True)
    assert (x.shape, x.dtype, y.shape) == ((5000, 1, 28, 28), np.uint8, (5000, 10))
    assert (x_test.shape, y_test.shape) == ((1000, 1, 28, 28), (1000, 10))


def test_the_small_one_needs_neither_pooch_nor_network():
    program = (
        "import sys; from autodiff.data import load_mnist_small; load_mnist_small(); "
        "print([name for name in ('pooch', 'requests', 'socket') if name in sys.modules])"
    )
    python = [sys.executable, "-c", program]
    assert subprocess.run(python, capture_output=True, text=True, check=True).stdout == "[]\n"


# The machine's own MNIST, if it says where; read before the fixtures hide it.
HERE = os.environ.get("AUTODIFF_DATA")


@pytest.mark.skipif(not HERE, reason="AUTODIFF_DATA is not set")
def test_each_image_of_the_small_one_is_real_and_has_its_own_label(monkeypatch):
    monkeypatch.setenv("AUTODIFF_DATA", HERE)
    full, small = load_mnist(normalize=False), load_mnist_small(normalize=False)
    for (x, y), (x_small, y_small) in zip(full, small):
        real = {image.tobytes(): label for image, label in zip(x, y.tolist())}
        assert [real[image.tobytes()] for image in x_small] == y_small.tolist()


@pytest.mark.skipif(not HERE, reason="AUTODIFF_DATA is not set")
def test_the_script_makes_the_shipped_files_again(monkeypatch):
    monkeypatch.setenv("AUTODIFF_DATA", HERE)
    script = runpy.run_path(str(ROOT / "tools" / "make_small_mnist.py"))
    made = {
        name: hashlib.sha256(content).hexdigest() for name, content in script["small"]().items()
    }
    assert made == SHIPPED
