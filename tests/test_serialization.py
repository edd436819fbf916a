"""Weights on disk: they come back, and an accident leaves the old file whole."""

import os

import numpy as np
import pytest

import autodiff
from autodiff import serialization
from autodiff.nn import MLP, BatchNorm1d, Linear, ReLU, Sequential


def network(seed=0):
    autodiff.seed(seed)
    return Sequential(Linear(3, 4), BatchNorm1d(4), ReLU(), Linear(4, 2))


def numbers(model):
    return {name: np.array(x) for name, x in model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("make", [network, lambda seed=0: autodiff.seed(seed) or MLP(2, [3, 1])])
def test_what_was_saved_is_loaded_to_the_bit(tmp_path, make):
    model, other = make(0), make(1)
    other_type = {name: type(x) for name, x in other.state_dict().items()}
    serialization.save(model, tmp_path / "model.safetensors")
    assert not same(numbers(model), numbers(other))
    serialization.load(other, str(tmp_path / "model.safetensors"))
    assert same(numbers(model), numbers(other))
    assert {name: type(x) for name, x in other.state_dict().items()} == other_type
    assert [p.dtype for p in network().parameters()] == [np.float32] * 6
    assert os.listdir(tmp_path) == ["model.safetensors"]


@pytest.mark.parametrize("damage", [lambda b: b[:-5], lambda b: b"", lambda b: b"\xff" * 99])
def test_a_damaged_file_is_refused_and_the_model_left_as_it_was(tmp_path, damage):
    path = tmp_path / "model.safetensors"
    serialization.save(network(), path)
    path.write_bytes(damage(path.read_bytes()))
    model = network(1)
    before = numbers(model)
    with pytest.raises(ValueError, match=r"model\.safetensors, \d+ bytes, is not a whole"):
        serialization.load(model, path)
    assert same(numbers(model), before)


def test_the_weights_of_another_network_are_refused_by_name(tmp_path):
    path = tmp_path / "model.safetensors"
    serialization.save(Sequential(Linear(3, 5)), path)
    with pytest.raises(ValueError, match=r"layer1\.weight has shape \(5, 3\); expected \(4, 3\)"):
        serialization.load(network(), path)


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        serialization.load(network(), tmp_path / "nothing")


def test_an_accident_while_writing_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    serialization.save(network(), path)
    old = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        serialization.save(network(1), path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        serialization.save(network(), tmp_path / "no such folder" / "model.safetensors")


def test_metadata_goes_along_and_a_file_without_has_none(tmp_path):
    path, model = tmp_path / "model.safetensors", network()
    serialization.save(model, path)
    assert serialization.read(path)[1] == {}
    serialization.save(model, path, {"activation": "relu", "of": "ünï"})
    arrays, metadata = serialization.read(path)
    assert metadata == {"activation": "relu", "of": "ünï"}
    assert same(arrays, numbers(model))
    serialization.load(network(1), path)


def test_a_file_that_cannot_be_written_is_called_by_its_own_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such folder/w\.safetensors'$"):
        serialization.save(Linear(2, 2), tmp_path / "no such folder" / "w.safetensors")
