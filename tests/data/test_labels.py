"""Rows with a single 1."""

import doctest
import importlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff.data import one_hot


@given(labels=st.lists(st.integers(0, 20), min_size=1), more=st.integers(0, 5))
def test_there_is_a_single_one_at_the_label(labels, more):
    hot = one_hot(labels, max(labels) + 1 + more)
    assert hot.shape == (len(labels), max(labels) + 1 + more)
    assert hot.dtype == np.float32
    assert hot.argmax(1).tolist() == labels
    assert (hot.sum(1) == 1).all()
    assert set(hot.ravel()) <= {0, 1}


def test_shapes_and_types():
    assert one_hot(2).tolist() == [0, 0, 1]
    assert one_hot(np.array([[1], [0]], np.uint8)).tolist() == [[[0, 1]], [[1, 0]]]
    assert one_hot([], classes=3).shape == (0, 3)
    assert one_hot([1], np.int64(2), dtype=bool).tolist() == [[False, True]]
    assert one_hot(np.array([255], np.uint8)).shape == (1, 256)  # and not 0: uint8 would overflow


@pytest.mark.parametrize(
    "labels, classes, error, words",
    [
        ([0, 10], 10, ValueError, r"the label 10 at \[1\], expected 0 to 9 \(classes=10\)"),
        ([[0], [-1]], None, ValueError, r"the label -1 at \[1, 0\], expected 0 to 0"),
        ([0.0, 1.0], 2, TypeError, r"labels of float64, .*labels.astype\(int\)"),
        ([True], 2, TypeError, "labels of bool"),
        (["a"], 2, TypeError, "labels of <U1"),
        ([], None, ValueError, "needs classes="),
        ([0], 0, ValueError, "classes=0, expected a whole number, at least 1"),
        ([0], 2.0, ValueError, "classes=2.0"),
        ([0], True, ValueError, "classes=True"),
    ],
)
def test_labels_out_of_range_are_refused(labels, classes, error, words):
    with pytest.raises(error, match=words):
        one_hot(labels, classes)


@pytest.mark.parametrize(
    "name", ["idx", "labels", "loader", "mirrors", "mnist", "split", "toys", "__init__"]
)
def test_the_examples_that_the_files_open_with_are_true(name):
    module = importlib.import_module(f"autodiff.data.{name}".removesuffix(".__init__"))
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
