"""Two parts of the data, of which the second is kept back."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import seed
from autodiff.data import train_test_split


@settings(max_examples=100, deadline=None)
@given(
    labels=st.lists(st.integers(0, 3), min_size=2, max_size=60),
    share=st.floats(0.01, 0.99),
    number=st.integers(0),
    stratified=st.booleans(),
)
def test_the_parts_are_all_samples_once_and_stay_in_step(labels, share, number, stratified):
    n = len(labels)
    x, y = np.arange(n), np.array(labels)
    count = int(np.ceil(round(share * n, 9)))
    if count == n:
        return
    x_train, x_test, y_train, y_test = train_test_split(
        x, y, test_size=share, seed=number, stratify=y if stratified else None
    )
    assert len(x_test) == count
    assert sorted([*x_train, *x_test]) == list(range(n))
    assert (y[x_train] == y_train).all()
    assert (y[x_test] == y_test).all()
    if stratified:
        for label in set(labels):
            assert abs((y_test == label).sum() - (y == label).sum() * count / n) < 1


def test_one_fifth_by_default_in_scikit_learns_order():
    x_train, x_test, y_train, y_test = train_test_split(np.zeros((10, 3)), list("abcdefghij"))
    assert (x_train.shape, x_test.shape) == ((8, 3), (2, 3))
    assert (len(y_train), len(y_test)) == (8, 2)
    parts = train_test_split(range(10), range(10), range(10), test_size=3)
    assert [len(part) for part in parts] == [7, 3] * 3
    assert len(train_test_split(range(30), test_size=0.1)[1]) == 3


def test_classes_with_names_may_be_stratified():
    labels = np.array(["no"] * 90 + ["yes"] * 10)
    _, test = train_test_split(labels, test_size=0.3, stratify=labels, seed=4)
    assert (test == "yes").sum() == 3
    assert test.tolist() != sorted(test)  # mixed, not class by class


def test_parts_come_from_a_seed_or_from_the_common_one():
    def split(number=None):
        return train_test_split(range(50), seed=number)[1].tolist()

    random.seed(1)
    expected = random.random()
    random.seed(1)
    assert split(1) == split(1) != split(2)
    assert random.random() == expected
    seed(7)
    first = split()
    second = split()
    seed(7)
    assert split() == first != second


@pytest.mark.parametrize(
    "arrays, options, words",
    [
        (([1, 2, 3], [1, 2]), {}, "got arrays of 3, 2 samples"),
        ((), {}, "got no array"),
        (([1, 2], 0.5), {}, "write test_size=0.2"),
        (([1, 2],), {"test_size": 1.0}, "test_size=1.0, expected a share between 0 and 1"),
        (([1, 2],), {"test_size": 0.0}, "test_size=0.0"),
        (([1, 2],), {"test_size": float("nan")}, "test_size=nan"),
        (([1, 2],), {"test_size": True}, "test_size=True"),
        (([1, 2],), {"test_size": "a"}, "test_size='a'"),
        (([1, 2],), {"test_size": 0}, "test_size=0 of 2 samples, which leaves 2 to train and 0"),
        (([1, 2],), {"test_size": 3}, "leaves 0 to train and 3 to test"),
        (([1],), {}, "leaves 0 to train and 1 to test"),
        (([],), {}, "leaves 0 to train and 0 to test"),
        (([1, 2],), {"stratify": [1]}, r"stratify of shape \(1,\), expected .*\(2,\)"),
        (([1, 2],), {"stratify": True}, r"stratify of shape \(\)"),
    ],
)
def test_what_cannot_be_split_is_refused(arrays, options, words):
    with pytest.raises(ValueError, match=words):
        train_test_split(*arrays, **options)
