"""Where the cache folder is, its size, and its removal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from neucocore.runtime.cache import cache_folder, clean_cache, size_of_cache


def test_the_cache_folder_is_the_one_of_neuco_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert cache_folder() == tmp_path / "user" / "neuco"
    monkeypatch.setenv("NEUCO_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"


def test_without_settings_the_cache_is_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEUCO_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    parent = "Library/Caches" if sys.platform == "darwin" else ".cache"
    assert cache_folder() == tmp_path / parent / "neuco"


def test_removing_the_cache_returns_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEUCO_CACHE", str(tmp_path / "cache"))
    assert size_of_cache() == clean_cache() == 0
    (tmp_path / "cache" / "folder").mkdir(parents=True)
    (tmp_path / "cache" / "folder" / "file").write_bytes(b"12345")
    assert size_of_cache() == 5
    assert clean_cache() == 5
    assert not (tmp_path / "cache").exists()
