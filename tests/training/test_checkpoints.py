"""The file of a checkpoint: whole or refused, and never lost."""

import errno
import os
import random
import resource

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import serialization
from autodiff.nn import cross_entropy
from autodiff.training import Checkpoint, CheckpointError, evaluate
from autodiff.training.checkpoints import from_file, to_bytes

from .networks import TEST, numbers, setup, train


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A checkpoint of a small training: its content."""
    path = tmp_path_factory.mktemp("written") / "run"
    train(setup(), Checkpoint(path), epochs=1)
    return path.with_name("run.checkpoint.safetensors").read_bytes()


# -- what is in it ---------------------------------------------------------------------------------

FLOATS = st.floats(width=64)
TREES = st.recursive(
    st.one_of(FLOATS, st.integers(), st.text(), st.booleans(), st.none()),
    lambda parts: st.one_of(
        st.lists(parts, max_size=4), st.dictionaries(st.text(), parts, max_size=4)
    ),
    max_leaves=12,
)


@given(TREES)
def test_every_number_and_text_comes_back_to_the_bit(tmp_path_factory, tree):
    path = str(tmp_path_factory.mktemp("tree") / "f")
    with open(path, "wb") as file:
        file.write(to_bytes({"tree": tree, "array": np.zeros(2)}))
    assert repr(from_file(path)["tree"]) == repr(tree)


@pytest.mark.parametrize(
    "array",
    [
        np.array([np.nan, np.inf, -0.0, 5e-324]),
        np.float32(3.5),
        np.zeros((0, 3), np.float32),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(5, dtype=np.uint32),
        np.array([True, False]),
    ],
)
def test_every_array_comes_back_to_the_bit(tmp_path, array):
    (tmp_path / "f").write_bytes(to_bytes({"a": [array, {"a": array}], "a[0]": array}))
    back = from_file(str(tmp_path / "f"))
    for found in (back["a"][0], back["a"][1]["a"], back["a[0]"]):
        assert found.dtype == array.dtype
        assert found.shape == array.shape
        assert found.tobytes() == array.tobytes()


def test_the_same_state_is_the_same_file(tmp_path):
    contents = set()
    for name in "ab":
        parts = setup()
        train(parts, Checkpoint(tmp_path / name), epochs=1)
        state = from_file(str(tmp_path / f"{name}.checkpoint.safetensors"))
        state["history"]["columns"]["seconds"] = [0.0]
        contents.add(to_bytes(state))
    assert len(contents) == 1


def test_any_reader_of_safetensors_reads_it(tmp_path, written):
    (tmp_path / "f").write_bytes(written)
    arrays, metadata = serialization.read(tmp_path / "f")
    assert arrays["model/layer1.weight"].shape == (8, 2)
    assert '"lr"' in metadata["checkpoint"]


def test_the_best_weights_are_a_file_of_their_own(tmp_path):
    parts = setup()
    history = train(parts, Checkpoint(tmp_path / "run.checkpoint.safetensors", best=True))
    assert sorted(os.listdir(tmp_path)) == ["run.best.safetensors", "run.checkpoint.safetensors"]
    serialization.load(parts.model, tmp_path / "run.best.safetensors")
    loss, _ = evaluate(parts.model, np.float64(TEST[0]), TEST[1], loss=cross_entropy)
    assert loss == min(history["validation_loss"])


# -- damage ----------------------------------------------------------------------------------------


def refused(path, content, words):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as caught:
        from_file(str(path))
    assert "remove it to start anew" in str(caught.value)


def test_a_bit_that_flipped_anywhere_is_noticed(tmp_path, written):
    rng = random.Random(0)
    bits = [rng.randrange(8 * len(written)) for _ in range(300)]
    header = range(8 * 200)  # lengths, the mark and the digest
    for bit in [*bits, *header]:
        content = bytearray(written)
        content[bit // 8] ^= 1 << bit % 8
        refused(tmp_path / "f", content, "is not as it was written|is no checkpoint of fit")


def test_a_file_that_was_cut_short_or_made_longer_is_noticed(tmp_path, written):
    for size in [0, 1, 7, 8, 40, 100, 150, len(written) // 2, len(written) - 1]:
        refused(tmp_path / "f", written[:size], r"f, \d+ bytes, is no")
    refused(tmp_path / "f", written + b"\0", "is not as it was written")


def test_another_file_is_no_checkpoint(tmp_path):
    serialization.save(setup().model, tmp_path / "f")
    refused(tmp_path / "f", (tmp_path / "f").read_bytes(), "is no checkpoint of fit")
    refused(tmp_path / "f", b"what is this", "is no checkpoint of fit")


def test_a_training_refuses_a_damaged_file_and_changes_nothing(tmp_path, written):
    path = tmp_path / "run.checkpoint.safetensors"
    path.write_bytes(written[:-3])
    parts = setup()
    before = repr((parts.model.state_dict(), parts.optimizer.state_dict()))
    with pytest.raises(ValueError, match="is not as it was written"):
        train(parts, Checkpoint(path), resume=True)
    assert repr((parts.model.state_dict(), parts.optimizer.state_dict())) == before
    assert path.read_bytes() == written[:-3]


def test_a_checkpoint_of_another_version_says_so(tmp_path, written):
    path = tmp_path / "run.checkpoint.safetensors"
    path.write_bytes(written)
    path.write_bytes(to_bytes({**from_file(str(path)), "version": 99}))
    with pytest.raises(ValueError, match="it is of version 99; expected 2"):
        train(setup(), Checkpoint(path), resume=True)


# -- no place --------------------------------------------------------------------------------------


def fail_at_step(path, parts, step, breaking):
    """Train with a disk that breaks after so many updates; return the error."""

    def on_step_end(run):
        if run.step == step:
            breaking()

    checkpoint = Checkpoint(path, every=1)
    save = checkpoint.on_step_end
    checkpoint.on_step_end = lambda run: (on_step_end(run), save(run))
    with pytest.raises(CheckpointError) as caught:
        train(parts, checkpoint)
    return caught.value


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
def test_a_full_disk_is_told_and_the_one_before_is_whole(tmp_path, monkeypatch, call):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = []

    def breaking():
        before.append((tmp_path / "run.checkpoint.safetensors").read_bytes())
        if call == "open":
            monkeypatch.setattr(serialization, "open", full, raising=False)
        else:
            monkeypatch.setattr(os, call, full)

    error = fail_at_step(tmp_path / "run", setup(), 5, breaking)
    monkeypatch.undo()
    assert error.errno == errno.ENOSPC
    assert (
        "run.checkpoint.safetensors of step 5 cannot be written (No space left on device)"
        in str(error)
    )
    assert "the one before is whole: mend that, and go on with resume=True" in str(error)
    assert os.listdir(tmp_path) == ["run.checkpoint.safetensors"]
    assert (tmp_path / "run.checkpoint.safetensors").read_bytes() == before[0]
    assert from_file(str(tmp_path / "run.checkpoint.safetensors"))["optimizer"]["steps"] == 4
    whole = setup()
    expected = numbers(whole, train(whole))
    parts = setup()
    assert numbers(parts, train(parts, Checkpoint(tmp_path / "run"), resume=True)) == expected


def test_a_file_that_may_not_grow_is_told_by_the_system_itself(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def breaking():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))

    try:
        error = fail_at_step(tmp_path / "run", setup(), 3, breaking)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.errno == errno.EFBIG
    assert os.listdir(tmp_path) == ["run.checkpoint.safetensors"]
    assert from_file(str(tmp_path / "run.checkpoint.safetensors"))["optimizer"]["steps"] == 2


def test_the_first_checkpoint_that_cannot_be_written_says_that_there_is_none(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match=r"of step 4 cannot .* there is none before: mend"):
        train(setup(), Checkpoint(tmp_path / "run"))


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_of_that_name_is_told_before_the_training(tmp_path, resume):
    (tmp_path / "run.checkpoint.safetensors").mkdir()
    parts = setup()
    with pytest.raises(IsADirectoryError, match="which is a folder; expected the name of a file"):
        train(parts, Checkpoint(tmp_path / "run"), resume=resume)
    assert parts.optimizer.steps == 0


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_that_may_not_be_read_is_told_before_the_training(tmp_path, monkeypatch, resume):
    def closed(*args):
        raise PermissionError(errno.EACCES, "Permission denied")  # root may read anything

    (tmp_path / "run.checkpoint.safetensors").write_bytes(b"closed")
    monkeypatch.setattr(serialization, "open", closed, raising=False)
    parts = setup()
    with pytest.raises(PermissionError, match=r"safetensors cannot be read: Permission denied"):
        train(parts, Checkpoint(tmp_path / "run"), resume=resume)
    assert parts.optimizer.steps == 0


def test_what_is_no_checkpoint_is_never_overwritten(tmp_path):
    parts = setup()
    path = tmp_path / "run.checkpoint.safetensors"
    serialization.save(parts.model, path)
    content = path.read_bytes()
    with pytest.raises(
        FileExistsError, match=r"run\.checkpoint\.safetensors, a file that is no ch"
    ):
        train(parts, Checkpoint(tmp_path / "run"))
    assert path.read_bytes() == content
    assert parts.optimizer.steps == 0


def test_weights_of_the_same_name_and_the_checkpoint_before_are_kept(tmp_path):
    parts = setup()
    serialization.save(parts.model, tmp_path / "run.safetensors")
    weights = (tmp_path / "run.safetensors").read_bytes()
    train(parts, Checkpoint(tmp_path / "run"), epochs=1)
    earlier = (tmp_path / "run.checkpoint.safetensors").read_bytes()
    train(setup(), Checkpoint(tmp_path / "run"), epochs=2)
    assert (tmp_path / "run.safetensors").read_bytes() == weights
    assert (tmp_path / "run.before.safetensors").read_bytes() == earlier
    assert from_file(str(tmp_path / "run.checkpoint.safetensors"))["finished"] == 2
    train(setup(), Checkpoint(tmp_path / "run"), resume=True)  # goes on, and replaces no other
    assert (tmp_path / "run.before.safetensors").read_bytes() == earlier


@pytest.mark.parametrize("name", ["a", "a.safetensors", "a.checkpoint", "a.checkpoint.safetensors"])
def test_the_file_is_named_so_that_it_is_no_other(name):
    assert Checkpoint(name).path == "a.checkpoint.safetensors"


def test_a_folder_that_is_not_there_or_cannot_be_written_is_told_before_the_training(
    tmp_path, monkeypatch
):
    parts = setup()
    with pytest.raises(FileNotFoundError, match=r"whose folder is not there: .*no such folder"):
        train(parts, Checkpoint(tmp_path / "no such folder" / "run"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(PermissionError, match="whose folder cannot be written"):
        train(parts, Checkpoint(tmp_path / "run"))
    assert parts.optimizer.steps == 0
    assert os.listdir(tmp_path) == []


def test_what_a_killed_process_left_aside_is_swept_up(tmp_path):
    (tmp_path / "run.checkpoint.safetensors.123.part").write_bytes(b"half")
    (tmp_path / "other.checkpoint.safetensors.123.part").write_bytes(b"not ours")
    train(setup(), Checkpoint(tmp_path / "run"), epochs=1)
    assert sorted(os.listdir(tmp_path)) == [
        "other.checkpoint.safetensors.123.part",
        "run.checkpoint.safetensors",
    ]


@pytest.mark.parametrize("every", [0, -1, True, 1.5, "10"])
def test_an_interval_is_a_whole_number(every):
    with pytest.raises(ValueError, match=r"Checkpoint got every=.*; expected a whole number"):
        Checkpoint("run", every=every)
