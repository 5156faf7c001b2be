"""Damaged npz files are one kind of error, and are closed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neucocore.files.npz import read_npz


@pytest.fixture
def file(tmp_path: Path) -> Path:
    np.savez_compressed(tmp_path / "a.npz", a=np.arange(2000), b=np.ones(3))
    return tmp_path / "a.npz"


def test_all_arrays_are_read(file: Path) -> None:
    arrays = read_npz(file)
    assert sorted(arrays) == ["a", "b"]
    assert arrays["a"].sum() == 1999000


def test_files_that_are_cut_off_anywhere(file: Path) -> None:
    content = file.read_bytes()
    for length in range(0, len(content) - 1, 37):
        file.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"."):
            read_npz(file)


def test_bytes_that_are_changed(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[100:120] = b"x" * 20
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"."):
        read_npz(file)


def test_files_of_another_kind(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.arange(3))
    with pytest.raises(ValueError, match="not an npz file"):
        read_npz(tmp_path / "one.npy")
    np.savez(tmp_path / "objects.npz", a=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_npz(tmp_path / "objects.npz")
    with pytest.raises(FileNotFoundError):
        read_npz(tmp_path / "none.npz")
