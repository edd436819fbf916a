"""Files are whole or not there."""

from __future__ import annotations

import pytest

from visualize.files import write_file


def test_a_file_is_written_whole_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "J.svg"
    path.write_bytes(b"old")
    write_file(path, b"new")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("J.svg", b"new")]


def test_where_it_cannot_be_written_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="make it or correct the path"):
        write_file(tmp_path / "no" / "J.svg", b"")
    with pytest.raises(IsADirectoryError, match="add a file's name"):
        write_file(tmp_path, b"")
