"""Batches: each sample once an epoch, in an order that comes from a seed."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autodiff
from autodiff.data import DataLoader
from autodiff.data.loader import permutation


@settings(max_examples=100, deadline=None)
@given(
    n=st.integers(0, 40),
    batch_size=st.integers(1, 45),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    seed=st.integers(0),
)
def test_an_epoch_is_each_sample_once(n, batch_size, shuffle, drop_last, seed):
    x, y = np.arange(3.0 * n).reshape(n, 3), np.arange(n)
    loader = DataLoader(
        x, y, batch_size=batch_size, shuffle=shuffle, seed=seed, drop_last=drop_last
    )
    batches = list(loader)
    assert len(batches) == len(loader)
    assert all(len(b) == batch_size for _, b in batches[: -1 if not drop_last else None])
    seen = [int(i) for _, b in batches for i in b]
    if drop_last:
        assert len(seen) == n - n % batch_size
        assert len(set(seen)) == len(seen)
    else:
        assert sorted(seen) == list(range(n))
    if not shuffle:
        assert seen == list(range(len(seen)))
    for a, b in batches:
        assert a.shape == (len(b), 3)
        assert (a == x[b]).all()


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0), resumed=st.integers(0, 5))
def test_orders_come_from_seed_and_epoch_alone(seed, resumed):
    def loader():
        return DataLoader(range(50), batch_size=7, shuffle=True, seed=seed)

    def epoch(loader):
        return np.concatenate(list(loader)).tolist()

    first = loader()
    orders = [epoch(first) for _ in range(6)]
    assert len(set(map(tuple, orders))) == 6
    assert first.epoch == 6
    other = loader()
    other.set_epoch(resumed)
    assert epoch(other) == orders[resumed]
    assert other.epoch == resumed + 1


def test_orders_are_the_same_for_ever():
    assert permutation(10, random.Random(1)).tolist() == FIRST
    assert permutation(10, random.Random(1), epoch=1).tolist() == SECOND


FIRST = [6, 9, 0, 7, 4, 5, 8, 3, 2, 1]
SECOND = [0, 4, 9, 8, 5, 7, 3, 2, 6, 1]


def test_orders_are_fair():
    rng = random.Random(5)
    counts = np.zeros((6, 6))
    for _ in range(3000):
        counts[np.arange(6), permutation(6, rng)] += 1
    assert abs(counts - 500).max() < 100  # five standard deviations


def test_without_a_seed_the_order_comes_from_the_common_one():
    loaders = []
    for number in (7, 7, 8):
        autodiff.seed(number)
        loaders.append(DataLoader(range(30), batch_size=30, shuffle=True))
    first, again, other = (next(iter(loader)).tolist() for loader in loaders)
    assert first == again != other
    # what was drawn can be had again
    copy = DataLoader(range(30), batch_size=30, shuffle=True, seed=loaders[2].seed)
    assert next(iter(copy)).tolist() == other


def test_a_loader_with_a_seed_or_without_an_order_leaves_pythons_random_alone():
    random.seed(1)
    expected = random.random()
    random.seed(1)
    list(DataLoader(range(5), shuffle=True, seed=3))
    list(DataLoader(range(5)))
    assert random.random() == expected


def test_who_leaves_early_gets_a_new_order_next_time():
    loader = DataLoader(range(100), batch_size=100, shuffle=True, seed=1)
    first = next(iter(loader))
    (second,) = loader
    assert first.tolist() != second.tolist()


def test_two_iterations_at_a_time_do_not_disturb_each_other():
    loader = DataLoader(range(20), batch_size=5, shuffle=True, seed=1)
    a, b = zip(*zip(loader, loader))
    assert sorted(np.concatenate(a)) == sorted(np.concatenate(b)) == list(range(20))
    assert np.concatenate(a).tolist() != np.concatenate(b).tolist()


def test_any_number_of_arrays():
    x = np.arange(4)
    assert [batch.tolist() for batch in DataLoader(x, batch_size=3)] == [[0, 1, 2], [3]]
    ((a, b, c),) = DataLoader(x, [1.5, 2.5, 3.5, 4.5], ["a", "b", "c", "d"])
    assert (a.tolist(), b.tolist(), c.tolist()) == (
        [0, 1, 2, 3],
        [1.5, 2.5, 3.5, 4.5],
        ["a", "b", "c", "d"],
    )


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_are_copies(shuffle):
    x = np.arange(6.0)
    for batch in DataLoader(x, batch_size=2, shuffle=shuffle, seed=1):
        batch -= 100
    assert x.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int64"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_types_and_shapes_stay(dtype, shuffle):
    x = np.zeros((5, 1, 28, 28), dtype)
    for batch in DataLoader(x, batch_size=2, shuffle=shuffle):
        assert batch.dtype == dtype
        assert batch.shape[1:] == (1, 28, 28)
        assert batch.flags.c_contiguous


@pytest.mark.parametrize(
    "arrays, options, words",
    [
        (([1, 2, 3], [1, 2]), {}, r"DataLoader\(\) got arrays of 3, 2 samples, expected equal"),
        ((), {}, "got no array"),
        (([1, 2], 32), {}, r"got array\(32\), expected an array of samples; write batch_size=100"),
        (([1],), {"batch_size": 0}, "batch_size is 0, expected a whole number, at least 1"),
        (([1],), {"batch_size": 2.5}, "batch_size is 2.5"),
        (([1],), {"batch_size": True}, "batch_size is True"),
        (([1],), {"seed": -1}, "seed is -1"),
        (([1],), {"seed": "a"}, "seed is 'a'"),
    ],
)
def test_what_cannot_be_loaded_is_refused(arrays, options, words):
    with pytest.raises(ValueError, match=words):
        DataLoader(*arrays, **options)


@pytest.mark.parametrize("number", [-1, 1.5, None])
def test_an_epoch_is_a_whole_number(number):
    with pytest.raises(ValueError, match=f"epoch is {number}, expected a whole number, at least 0"):
        DataLoader([1]).set_epoch(number)


def test_numpys_whole_numbers_are_whole_numbers():
    loader = DataLoader(range(9), batch_size=np.int64(2), shuffle=True, seed=np.int64(3))
    loader.set_epoch(np.uint8(4))
    assert len(list(loader)) == len(loader) == 5
    assert repr(loader) == "DataLoader((9,), batch_size=2, epoch=5)"
